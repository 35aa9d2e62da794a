"""Which posteriors and moments exist, decided by how fast the posterior of tau dies off.

A quadrature returns a number for any integral, also for one that diverges; only the exponents tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics.conditional import Data
from workbench.synthesis.numerics.spread import converges, falls_by_log, tail_power


@dataclass(frozen=True)
class Tail:
    """How the posterior of tau dies off: like tau ** -exponent, or faster than any power (``inf``).

    Attributes
    ----------
    exponent : float
        Tail exponent: that of the prior, plus one for each row that informs tau, less one where those
        rows also have to find a flat mu or a flat coefficient.
    mu_df : float
        Degrees of freedom of mu's prior (``inf`` for light tails).
    mu_follows : bool
        Whether mu spreads out with tau, because no row with fixed variance holds it.
    flat : bool
        Whether the prior of mu is flat.
    k : int
        Number of rows.
    loose : tuple of bool
        For each design term: whether its prior is flat and no row with fixed variance holds it.
    by_log : bool
        Whether a log-t prior adds a power of log tau to the tail.
    """

    exponent: float
    mu_df: float
    mu_follows: bool
    flat: bool
    k: int
    loose: tuple[bool, ...] = ()
    by_log: bool = False

    def tau_moment(self, order: int) -> bool:
        """Whether E(tau ** order) is finite."""
        return converges(self.exponent - order, self.by_log)

    def mu_moment(self, order: int) -> bool:
        """Whether E(|mu| ** order) is finite."""
        if self.k == 0:
            return self.mu_df > order
        if not self.mu_follows:
            return True
        # Given tau, mu reaches as far as tau under a flat prior, and as far as its own tail lets it else.
        growth = order if self.flat else max(0.0, order - self.mu_df)
        return converges(self.exponent - growth, self.by_log)

    def term_moments(self, order: int) -> np.ndarray:
        """Whether E(|b| ** order) of each design term's coefficient is finite, (m,)."""
        return ~np.array(self.loose, bool) | converges(self.exponent - order, self.by_log)


def free(data: Data, flat_mu: bool) -> tuple[int, bool, tuple[bool, ...]]:
    """Directions of flat priors that only rows with unknown variance hold: how many, whether mu, which terms."""
    flat = data.term_precision == 0
    design = np.column_stack([np.ones(data.y.size), data.design[:, flat]])
    fixed = design[data.informs == 0]
    if not flat.any():
        return int(flat_mu and not len(fixed)), not len(fixed), (False,) * flat.size
    held = fixed if flat_mu else fixed[:, 1:]  # a proper prior holds mu by itself
    units = np.eye(design.shape[1])
    loose = np.zeros(flat.size, bool)
    loose[flat] = [_adds(held, unit[-held.shape[1] :]) for unit in units[1:]]
    return held.shape[1] - _rank(held), _adds(fixed, units[0]), tuple(loose.tolist())


def _rank(rows: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(rows)) if rows.size else 0


def _adds(rows: np.ndarray, direction: np.ndarray) -> bool:
    """Whether a direction lies outside what the rows span."""
    return _rank(np.vstack([rows, direction])) > _rank(rows)


def tail_of(data: Data, mu_prior, tau_prior) -> Tail:
    """Tail of the posterior of tau; raises `AnalysisError` if the posterior is improper."""
    k, informing = data.y.size, int(data.informs.sum())
    flat = isinstance(mu_prior, priors.Flat)
    if flat and k == 0:
        raise AnalysisError("k = 0 with mu ~ Flat(): there is nothing to know mu from; give mu a proper prior")
    unheld, mu_follows, loose = free(data, flat)
    exponent, by_log = tail_power(tau_prior) + informing - unheld, falls_by_log(tau_prior)
    if not converges(exponent, by_log):
        least = 2 + unheld
        raise AnalysisError(
            f"tau ~ {tau_prior!r} with mu ~ {mu_prior!r} and {informing} {'row that informs' if informing == 1 else 'rows that inform'} tau: the posterior "
            f"is improper; it needs at least {least} such rows, or a proper prior for tau such as HalfNormal(0.5)"
        )
    mu_df = mu_prior.df if isinstance(mu_prior, priors.StudentT) else np.inf
    return Tail(exponent, mu_df, mu_follows, flat, k, loose, by_log)
