"""The frequentist twin: heterogeneity estimators, pooling, meta-regression, multilevel models and robust errors."""
