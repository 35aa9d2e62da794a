"""Arithmetic that the exact engines share: quadrature, closed forms given the spreads, mixtures, tails; arrays in, arrays out."""
