"""Which posteriors and moments exist where two variance components are unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics.blocks import Blocks
from workbench.synthesis.numerics.conditional import Data
from workbench.synthesis.numerics.spread import converges, falls_by_log, tail_power
from workbench.synthesis.numerics.tails import free


@dataclass(frozen=True)
class TwoTails:
    """How the posterior dies off as tau, omega, or both together grow: like a power, or faster (``inf``).

    Attributes
    ----------
    tau, omega, both : float
        Exponents along each way out; ``both`` is already less the one that the plane's area adds.
    mu_df : float
        Degrees of freedom of mu's prior.
    mu_follows, flat : bool
        Whether mu spreads out with the components; whether its prior is flat.
    loose : tuple of bool
        For each design term: whether it is flat and no row with fixed variance holds it.
    by_log : pair of bool
        Whether a log-t prior of tau, and of omega, adds a power of the logarithm to the tail.
    """

    tau: float
    omega: float
    both: float
    mu_df: float
    mu_follows: bool
    flat: bool
    loose: tuple[bool, ...]
    by_log: tuple[bool, bool] = (False, False)

    def least(self, name: str) -> float:
        """Exponent of the marginal tail of one component."""
        return min(self.tau if name == "tau" else self.omega, self.both)

    def moment(self, quantity: str, order: int) -> bool:
        """Whether the moment of mu, centre, tau, omega or theta_new is finite."""
        if quantity in ("tau", "omega"):
            own = (self.tau, self.by_log[0]) if quantity == "tau" else (self.omega, self.by_log[1])
            return _converge((own, self._both), order)
        growth = order if self.flat else max(0.0, order - self.mu_df)
        mean = not self.mu_follows or _converge(self._ways, growth)
        if quantity == "theta_new":
            return mean and all(self.moment(name, order) for name in ("tau", "omega"))
        return mean

    def term_moments(self, order: int) -> np.ndarray:
        """Whether each design term's moment is finite, (m,)."""
        return ~np.array(self.loose, bool) | _converge(self._ways, order)

    @property
    def _both(self) -> tuple[float, bool]:
        return self.both, any(self.by_log)

    @property
    def _ways(self) -> tuple[tuple[float, bool], ...]:
        """Exponent along each way out, and whether a power of the logarithm goes with it."""
        return (self.tau, self.by_log[0]), (self.omega, self.by_log[1]), self._both


def _converge(ways: tuple[tuple[float, bool], ...], order: float) -> bool:
    return all(converges(exponent - order, by_log) for exponent, by_log in ways)


def two_tails(data: Data, blocks: Blocks, mu_prior, tau_prior, omega_prior) -> TwoTails:
    """Tails of the posterior; raises `AnalysisError` if it is improper."""
    flat = isinstance(mu_prior, priors.Flat)
    unheld, mu_follows, loose = free(data, flat)
    rows, clusters = int(data.informs.sum()), int(blocks.informs[blocks.start].sum())
    powers = [tail_power(prior) for prior in (tau_prior, omega_prior)]
    tau = powers[0] + clusters - max(unheld - _found_within(blocks), 0)
    omega = powers[1] + rows - unheld
    both = powers[0] + powers[1] + rows - unheld - 1
    mu_df = mu_prior.df if isinstance(mu_prior, priors.StudentT) else np.inf
    by_log = (falls_by_log(tau_prior), falls_by_log(omega_prior))
    found = TwoTails(tau, omega, both, mu_df, mu_follows, flat, loose, by_log)
    if not all(found.moment(name, 0) for name in ("tau", "omega")):
        raise AnalysisError(
            f"tau ~ {tau_prior!r}, omega ~ {omega_prior!r} and mu ~ {mu_prior!r} with {clusters} clusters of {rows} rows: the posterior is "
            "improper; give tau and omega proper priors such as HalfNormal(0.5)"
        )
    return found


def _found_within(blocks: Blocks) -> int:
    """How many flat coefficients the differences within clusters find, however large tau is."""
    design = blocks.columns[:, :-2][:, blocks.term_precision == 0]
    if design.shape[1] == 0:
        return 0
    size = np.diff(np.append(blocks.start, len(design)))
    means = np.add.reduceat(design, blocks.start, axis=0) / size[:, None]
    return int(np.linalg.matrix_rank(design - means[blocks.member]))
