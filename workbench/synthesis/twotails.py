"""Which posteriors and moments exist where two variance components are unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.blocks import Blocks
from workbench.synthesis.conditional import Data
from workbench.synthesis.tails import free


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
    """

    tau: float
    omega: float
    both: float
    mu_df: float
    mu_follows: bool
    flat: bool
    loose: tuple[bool, ...]

    def least(self, name: str) -> float:
        """Exponent of the marginal tail of one component."""
        return min(self.tau if name == "tau" else self.omega, self.both)

    def moment(self, quantity: str, order: int) -> bool:
        """Whether the moment of mu, centre, tau, omega or theta_new is finite."""
        if quantity in ("tau", "omega"):
            return self.least(quantity) - order > 1
        growth = order if self.flat else max(0.0, order - self.mu_df)
        mean = not self.mu_follows or min(self.tau, self.omega, self.both) - growth > 1
        if quantity == "theta_new":
            return mean and all(self.moment(name, order) for name in ("tau", "omega"))
        return mean

    def term_moments(self, order: int) -> np.ndarray:
        """Whether each design term's moment is finite, (m,)."""
        return ~np.array(self.loose, bool) | (min(self.tau, self.omega, self.both) - order > 1)


def two_tails(data: Data, blocks: Blocks, mu_prior, tau_prior, omega_prior) -> TwoTails:
    """Tails of the posterior; raises `AnalysisError` if it is improper."""
    flat = isinstance(mu_prior, priors.Flat)
    unheld, mu_follows, loose = free(data, flat)
    rows, clusters = int(data.informs.sum()), int(blocks.informs[blocks.start].sum())
    powers = [0.0 if isinstance(prior, priors.Flat) else getattr(prior, "df", np.inf) + 1 for prior in (tau_prior, omega_prior)]
    tau = powers[0] + clusters - max(unheld - _found_within(blocks), 0)
    omega = powers[1] + rows - unheld
    both = powers[0] + powers[1] + rows - unheld - 1
    if min(tau, omega, both) <= 1:
        raise AnalysisError(
            f"tau ~ {tau_prior!r}, omega ~ {omega_prior!r} and mu ~ {mu_prior!r} with {clusters} clusters of {rows} rows: the posterior is "
            "improper; give tau and omega proper priors such as HalfNormal(0.5)"
        )
    mu_df = mu_prior.df if isinstance(mu_prior, priors.StudentT) else np.inf
    return TwoTails(tau, omega, both, mu_df, mu_follows, flat, loose)


def _found_within(blocks: Blocks) -> int:
    """How many flat coefficients the differences within clusters find, however large tau is."""
    design = blocks.columns[:, :-2][:, blocks.term_precision == 0]
    if design.shape[1] == 0:
        return 0
    size = np.diff(np.append(blocks.start, len(design)))
    means = np.add.reduceat(design, blocks.start, axis=0) / size[:, None]
    return int(np.linalg.matrix_rank(design - means[blocks.member]))
