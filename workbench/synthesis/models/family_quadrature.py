"""The family model by deterministic quadrature over its two spreads; everything else is in closed form (`latent`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics import grid as grids
from workbench.synthesis.numerics import latent
from workbench.synthesis.numerics.mixture import Mixture
from workbench.synthesis.numerics.spread import ERROR_LIMIT, LogScale, TauScale, held, tail_power, variable
from workbench.synthesis.result import Estimates

if TYPE_CHECKING:
    from workbench.synthesis.models.families import FamilyModel

NEGLIGIBLE = 1e-15  # weight of a node that is left out
FINER = 24  # nodes on each panel when the error is estimated


@dataclass(frozen=True, eq=False)
class ExactFamily:
    """The posterior on pairs of nodes of tau and omega; satisfies `result.Posterior`."""

    family: FamilyModel
    grid: grids.Grid
    scales: tuple[TauScale | LogScale, TauScale | LogScale]
    health: Mapping[str, float]

    engine = "exact"

    @property
    def model(self) -> str:
        """The model in a few words."""
        return self.family.words

    @property
    def further_priors(self) -> dict[str, Any]:
        """Priors besides those of mu, tau and the terms."""
        return {"omega": self.family.omega_prior}

    @property
    def quantities(self) -> tuple[str, ...]:
        """What can be asked about."""
        return (*self.family.wanted, "tau", "omega", "theta_new")

    @property
    def summarised(self) -> tuple[str, ...]:
        """What a summary shows."""
        return ("mu", "tau", "omega", "theta_new", *(name for name in self.family.wanted if name.startswith("mu[")))

    @property
    def log_marginal(self) -> float:
        """Log marginal likelihood."""
        return self.grid.log_total

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """tau, omega and weight of the nodes that matter, (N,)."""
        live = self.grid.weight > NEGLIGIBLE
        tau, omega = np.meshgrid(self.scales[0].tau(self.grid.first.x), self.scales[1].tau(self.grid.second.x), indexing="ij")
        return tau[live], omega[live], self.grid.weight[live] / self.grid.weight[live].sum()

    @cached_property
    def _given(self) -> latent.Given:
        tau, omega, _ = self._nodes
        return latent.solved(self.family.layers, self.family.variance(tau, omega), self.family.quantities)

    @cached_property
    def _mixtures(self) -> dict[str, Mixture]:
        (tau, _, weight), given = self._nodes, self._given
        sd = np.sqrt(given.variance)
        found = {name: Mixture(weight, given.mean[:, i], sd[:, i]) for i, name in enumerate(self.family.wanted)}
        centre = found["centre"]
        return found | {"theta_new": Mixture(weight, centre.mean, np.hypot(centre.sd, tau))}

    def _margin(self, quantity: str):
        which = ("tau", "omega").index(quantity)
        return self.grid.marginal(which), self.scales[which], (self.family.tau_prior, self.family.omega_prior)[which]

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD; nan where the moment does not exist."""
        if quantity in ("tau", "omega"):
            panels, scale, _ = self._margin(quantity)
            values = scale.tau(panels.x)
            mean = float(panels.weight @ values)
            sd = float(np.sqrt(panels.weight @ (values - mean) ** 2))
        else:
            mean, sd = (float(part) for part in self._mixtures["centre" if quantity == "theta_new" else quantity].moments())
        if quantity == "theta_new":  # from the margin: nodes of next to no weight may carry much of a heavy tail's square
            panels, scale, _ = self._margin("tau")
            sd = float(np.sqrt(sd**2 + panels.weight @ scale.tau(panels.x) ** 2))
        finite = self.family.finite.get(quantity, (True, True))
        return (mean if finite[0] else np.nan), (sd if finite[1] else np.nan)

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity <= x)."""
        return self._share(quantity, x, False) if quantity in ("tau", "omega") else self._mixtures[quantity].pruned().cdf(x)

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity > x)."""
        return self._share(quantity, x, True) if quantity in ("tau", "omega") else self._mixtures[quantity].pruned().sf(x)

    def _share(self, quantity: str, x: np.ndarray, upper: bool) -> np.ndarray:
        panels, scale, _ = self._margin(quantity)
        inside = (panels.sf if upper else panels.cdf)(scale.x(np.maximum(x, 0)))
        first, last = scale.tau(panels.left[0]), scale.tau(panels.right[-1])
        return np.where(x <= first, float(upper), np.where(x >= last, 1.0 - upper, inside))

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function."""
        if quantity not in ("tau", "omega"):
            return self._mixtures[quantity].quantile(p)
        panels, scale, prior = self._margin(quantity)
        low, high = (prior.low, prior.high) if isinstance(prior, priors.Uniform) else (0.0, np.inf)
        return np.where(p <= 0, low, np.where(p >= 1, high, scale.tau(panels.quantile(p))))

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Posterior density."""
        if quantity not in ("tau", "omega"):
            return self._mixtures[quantity].pruned().pdf(x)
        inside = (x >= 0) & np.isfinite(x)
        which = ("tau", "omega").index(quantity)
        own = self.scales[which].x(np.where(inside, x, 1.0))
        nodes = [self.grid.first.x, self.grid.second.x]
        nodes[which] = own
        table = _log_density(self.family, self.scales, *nodes)
        table, other = (table, self.grid.second) if which == 0 else (table.T, self.grid.first)
        found = np.exp(table - self.log_marginal + other.log_weight).sum(-1) * np.exp(-self.scales[which].log_slope(own))
        return np.where(inside, found, 0.0)

    def _estimates(self, columns: slice, level: float) -> Estimates:
        given, weight = self._given, self._nodes[2]
        mean, sd = given.mean[:, columns].T, np.sqrt(given.variance[:, columns]).T
        if mean.shape[0] == 0:
            return Estimates(*np.zeros((4, 0)))
        mixture = Mixture(np.broadcast_to(weight, mean.shape), mean, sd).pruned()
        tails = [mixture.quantile(np.full(mean.shape[0], p)) for p in ((1 - level) / 2, (1 + level) / 2)]
        return Estimates(*mixture.moments(), *tails)

    def studies(self, level: float) -> Estimates:
        """Each row's own effect, without terms and shrunken, (k,)."""
        first = len(self.family.wanted)
        return self._estimates(slice(first, first + len(self.family.layers.y)), level)

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient, (m,)."""
        return self._estimates(slice(len(self.family.wanted) + len(self.family.layers.y), None), level)

    def weights(self) -> np.ndarray:
        """Share of each row in the mean of the family's mu, (k,)."""
        return self.family.shares(*self._nodes)

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws of tau, centre and theta_new at ``points`` (n, 3); the first chooses a node, in the order of tau."""
        tau, _, weight = self._nodes
        order = np.argsort(tau, kind="stable")
        cumulative = np.cumsum(weight[order])
        node = order[np.minimum(np.searchsorted(cumulative, points[:, 0] * cumulative[-1]), order.size - 1)]
        own = self._mixtures["centre"]
        centre = own.mean[node] + own.sd[node] * ndtri(points[:, 1])
        return tau[node], centre, centre + tau[node] * ndtri(points[:, 2])


def _log_density(family: FamilyModel, scales: tuple[TauScale | LogScale, TauScale | LogScale], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Log of priors times marginal likelihood times slopes of the variables, (n, t)."""
    tau, omega = np.meshgrid(scales[0].tau(x), scales[1].tau(y), indexing="ij")
    values = latent.likelihood(family.layers, family.variance(tau.ravel(), omega.ravel())).reshape(tau.shape)
    own = ((family.tau_prior, scales[0], x), (family.omega_prior, scales[1], y))
    sides = [scale.log_prior(prior, z) for prior, scale, z in own]
    return values + sides[0][:, None] + sides[1]


def _axis(prior: Any, family: FamilyModel, informative: int, powers: tuple[int, ...]) -> tuple[TauScale | LogScale, grids.Axis]:
    """Variable of integration of one spread, and the panels to start from."""
    y, error = family.layers.y, np.sqrt(np.diag(family.layers.noise))
    far = float(100 * max(error.max(), np.ptp(y), abs(y - family.layers.mean[0]).max()))
    scale, low, high = variable(prior, float(error.min()), far, tail_power(prior) + informative, powers[-1])
    return held(scale, float(error.min()), far), grids.axis(low, high)


def solve(family: FamilyModel) -> ExactFamily:
    """The posterior of a family model by quadrature.

    Raises
    ------
    AnalysisError
        If the quadrature does not converge.
    """
    held = int(family.layers.H[:, family.fixed.size : family.fixed.size + len(family.names)].any(0).sum())
    ranges, powers = [], []
    for name, prior, informative in (("tau", family.tau_prior, int(family.informs.sum())), ("omega", family.omega_prior, held)):
        powers.append((0, *(order for order, exists in zip((1, 2), family.finite[name]) if exists)))
        ranges.append(_axis(prior, family, informative, powers[-1]))
    scales = (ranges[0][0], ranges[1][0])

    def log_density(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _log_density(family, scales, x, y)

    sizes = tuple(lambda x, scale=scale: np.log(scale.tau(x)) for scale in scales)
    found = grids.adapt(log_density, ranges[0][1], ranges[1][1], sizes, tuple(powers))
    posterior = ExactFamily(family, found, scales, {})
    error = _change(posterior, ExactFamily(family, found.finer(log_density, FINER), scales, {}))
    if not error < ERROR_LIMIT:
        raise AnalysisError(f"the quadrature over tau and omega did not converge (error {error:.1e}); check the scales of y, se and the priors")
    return replace(posterior, health={"quadrature_error": error, "nodes": float(found.log_density.size)})


def _change(posterior: ExactFamily, finer: ExactFamily) -> float:
    """Largest change with half as many nodes again: log marginal likelihood, and moments in units of the spread."""
    changes = [abs(finer.log_marginal - posterior.log_marginal)]
    for name in ("mu", "tau", "omega", "theta_new"):
        old, new = np.array(posterior.moments(name)), np.array(finer.moments(name))
        spread = new[1] if np.isfinite(new[1]) else np.ptp(posterior.quantile(name, np.array([0.25, 0.75])))
        changes += list(abs(new - old)[np.isfinite(new)] / spread)
    return float(max(changes))
