"""The exact engines: posteriors by deterministic quadrature over one or two spreads, with their own error estimate."""
