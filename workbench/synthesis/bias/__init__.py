"""Small-study effects and publication bias: tests, what may be missing, selection models, and averages over models."""
