"""Markov chain Monte Carlo: compiled models, the sampler, the gate of diagnostics, and a posterior held as draws."""
