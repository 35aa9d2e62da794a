"""A posterior held as draws: what any sampler gives back, in the shape that `Synthesis` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from workbench.synthesis.exact.random_effects import Tail
from workbench.synthesis.numerics.conditional import Data, given_tau
from workbench.synthesis.result import Estimates


def study_draws(net: np.ndarray, data: Data, mu: np.ndarray, tau: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Draw each study's own effect from its normal conditional.

    Parameters
    ----------
    net : ndarray, shape (n, k)
        Results less the design terms, by draw.
    data : Data
    mu, tau : ndarray, shape (n,)
    normal : ndarray, shape (n, k)
        Standard normal draws.

    Returns
    -------
    ndarray, shape (n, k)
        ``Normal((se^2 mu + tau^2 y) / (se^2 + tau^2), se^2 tau^2 / (se^2 + tau^2))``; mu itself for a row that does not
        inform tau.
    """
    between = data.informs * tau[:, None] ** 2
    share = between / (data.variance + between)
    return mu[:, None] + share * (net - mu[:, None]) + np.sqrt(share * data.variance) * normal


def kernel_density(draws: np.ndarray, x: np.ndarray, positive: bool) -> np.ndarray:
    """Gaussian kernel density with Silverman's bandwidth; mirrored at zero for a quantity that is never negative."""
    quartiles = np.quantile(draws, [0.25, 0.75])
    spread = min(draws.std(), (quartiles[1] - quartiles[0]) / 1.349)
    width = 0.9 * spread * draws.size**-0.2
    centres = np.concatenate([draws, -draws]) if positive else draws
    value = np.array([np.exp(-0.5 * ((point - centres) / width) ** 2).sum() for point in x])
    value /= draws.size * width * np.sqrt(2 * np.pi)
    return np.where(x >= 0, value, 0.0) if positive else value


class Drawn:
    """What every posterior that is held as draws answers in the same way: ``values`` by name (n,), ``coefficients`` (n, m)."""

    values: Mapping[str, np.ndarray]
    coefficients: np.ndarray

    def _spread(self) -> np.ndarray:
        """SD of theta_new given centre, (n,)."""
        return self.values["tau"]

    def _positive(self, quantity: str) -> bool:
        """Whether a quantity is never negative."""
        return quantity == "tau"

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Share of draws at or below ``x``."""
        draws = np.sort(self.values[quantity])
        return np.searchsorted(draws, x, side="right") / draws.size

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Share of draws above ``x``."""
        return 1.0 - self.cdf(quantity, x)

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Empirical quantiles."""
        return np.quantile(self.values[quantity], p)

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Kernel density estimate at ``x`` (n,); that of a quantity that is never negative ends at 0."""
        return kernel_density(self.values[quantity], np.asarray(x, float), positive=self._positive(quantity))

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient, (m,)."""
        return estimates(self.coefficients, level)

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws of the spread (tau, where effects are normal), centre and theta_new at ``points`` (n, 3).

        The posterior draws are sorted by spread into equal blocks, and by centre within each; the first two columns
        choose block and place. Each pair is one that the sampler drew, and equidistributed points choose all alike.
        """
        spread, centre = self._spread(), self.values["centre"]
        count = spread.size
        blocks = next(d for d in range(int(np.sqrt(count)), 0, -1) if count % d == 0)
        order = np.argsort(spread, kind="stable").reshape(blocks, count // blocks)
        order = np.take_along_axis(order, np.argsort(centre[order], axis=1, kind="stable"), axis=1)
        row = np.minimum((points[:, 0] * blocks).astype(int), blocks - 1)
        place = np.minimum((points[:, 1] * order.shape[1]).astype(int), order.shape[1] - 1)
        chosen = order[row, place]
        return spread[chosen], centre[chosen], centre[chosen] + spread[chosen] * ndtri(points[:, 2])


@dataclass(frozen=True, eq=False)
class SampledPosterior(Drawn):
    """Draws of everything, answering what the `Posterior` protocol asks by counting and averaging them.

    Attributes
    ----------
    data : Data
        The rows as arrays.
    tail : Tail
        Which moments exist.
    target : int or None
        Row on whose own effect a new area is centred.
    values : mapping of str to ndarray, shape (n,)
        Draws of mu, tau, centre and theta_new.
    theta : ndarray, shape (n, k)
        Draws of each study's own effect.
    coefficients : ndarray, shape (n, m)
        Draws of the design terms' coefficients.
    health : mapping of str to float
    """

    data: Data
    tail: Tail
    target: int | None
    values: Mapping[str, np.ndarray]
    theta: np.ndarray
    coefficients: np.ndarray
    health: Mapping[str, float]
    engine: str = "pymc"
    log_marginal: float = float("nan")

    @classmethod
    def from_draws(
        cls,
        data: Data,
        tail: Tail,
        target: int | None,
        draws: Mapping[str, np.ndarray],
        seed: int,
        health: Mapping[str, float],
    ) -> SampledPosterior:
        """Complete draws of mu, tau and the coefficients by those of the effects, old and new.

        Parameters
        ----------
        data : Data
        tail : Tail
        target : int or None
        draws : mapping of str to ndarray
            ``mu`` and ``tau``, (n,), and ``b``, (n, m).
        seed : int
        health : mapping of str to float
        """
        rng = np.random.default_rng(seed)
        mu, tau, b = draws["mu"], draws["tau"], draws["b"]
        net = data.y - b @ data.design.T
        theta = study_draws(net, data, mu, tau, rng.standard_normal(net.shape))
        centre = mu if target is None else theta[:, target]
        new = centre + tau * rng.standard_normal(tau.size)
        values = {"mu": mu, "tau": tau, "centre": centre, "theta_new": new}
        return cls(data, tail, target, values, theta, b, dict(health))

    def moments(self, quantity: str) -> tuple[float, float]:
        """Mean and SD; nan where the posterior has none, whatever the draws say."""
        draws = self.values[quantity]
        finite = [self._finite(quantity, order) for order in (1, 2)]
        return float(draws.mean()) if finite[0] else np.nan, float(draws.std(ddof=1)) if finite[1] else np.nan

    def _finite(self, quantity: str, order: int) -> bool:
        tau, mu = self.tail.tau_moment(order), self.tail.mu_moment(order)
        # a row that informs tau keeps its own effect near its own result, however large tau is
        centre = mu or (self.target is not None and bool(self.data.informs[self.target]))
        return {"tau": tau, "mu": mu, "centre": centre, "theta_new": tau and centre}[quantity]

    def studies(self, level: float) -> Estimates:
        """Each row's own effect, (k,)."""
        found = estimates(self.theta, level)
        exists = [(self.data.informs > 0) | self.tail.mu_moment(order) for order in (1, 2)]
        return found._replace(
            mean=np.where(exists[0], found.mean, np.nan), sd=np.where(exists[1], found.sd, np.nan)
        )

    def weights(self) -> np.ndarray:
        """Share of each row in the mean of mu, (k,)."""
        if not self.data.y.size:
            return np.zeros(0)
        rows = given_tau(self.data, self.values["tau"])
        return (rows.carry / rows.information[:, None]).mean(axis=0)


def estimates(draws: np.ndarray, level: float) -> Estimates:
    """Means, SDs and central limits of draws (n, r), for each column."""
    if draws.shape[1] == 0:
        return Estimates(*(np.zeros(0) for _ in range(4)))
    lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Estimates(draws.mean(axis=0), draws.std(axis=0, ddof=1), lower, upper)
