"""Models beyond normal-normal pooling: programme families, counts, heavy tails, several outcomes."""
