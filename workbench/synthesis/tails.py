"""Which posteriors and moments exist, decided by how fast the posterior of tau dies off.

A quadrature returns a number for any integral, also for one that diverges; only the exponents tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.conditional import Data


@dataclass(frozen=True)
class Tail:
    """How the posterior of tau dies off: like tau ** -exponent, or faster than any power (``inf``).

    Attributes
    ----------
    exponent : float
        Tail exponent: that of the prior, plus one for each row that informs tau, less one where those
        rows also have to find a flat mu.
    mu_df : float
        Degrees of freedom of mu's prior (``inf`` for light tails).
    mu_follows : bool
        Whether mu spreads out with tau, because no row with fixed variance holds it.
    flat : bool
        Whether the prior of mu is flat.
    k : int
        Number of rows.
    """

    exponent: float
    mu_df: float
    mu_follows: bool
    flat: bool
    k: int

    def tau_moment(self, order: int) -> bool:
        """Whether E(tau ** order) is finite."""
        return self.exponent - order > 1

    def mu_moment(self, order: int) -> bool:
        """Whether E(|mu| ** order) is finite."""
        if self.k == 0:
            return self.mu_df > order
        if not self.mu_follows:
            return True
        # Given tau, mu reaches as far as tau under a flat prior, and as far as its own tail lets it else.
        growth = order if self.flat else max(0.0, order - self.mu_df)
        return self.exponent - growth > 1


def tail_of(data: Data, mu_prior, tau_prior) -> Tail:
    """Tail of the posterior of tau; raises `AnalysisError` if the posterior is improper."""
    k, informing = data.y.size, int(data.informs.sum())
    flat = isinstance(mu_prior, priors.Flat)
    if flat and k == 0:
        raise AnalysisError("k = 0 with mu ~ Flat(): there is nothing to know mu from; give mu a proper prior")
    mu_follows = informing == k
    power = 0.0 if isinstance(tau_prior, priors.Flat) else getattr(tau_prior, "df", np.inf) + 1
    exponent = power + informing - (flat and mu_follows)
    if exponent <= 1:
        least = 3 if flat and mu_follows else 2
        raise AnalysisError(
            f"tau ~ Flat() with mu ~ {mu_prior!r} and {informing} row{'s' if informing != 1 else ''} that inform tau: the posterior "
            f"is improper; it needs at least {least} such rows, or a proper prior for tau such as HalfNormal(0.5)"
        )
    mu_df = mu_prior.df if isinstance(mu_prior, priors.StudentT) else np.inf
    return Tail(exponent, mu_df, mu_follows, flat, k)
