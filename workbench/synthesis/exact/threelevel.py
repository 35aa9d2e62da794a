"""The exact engine with two variance components: dependent effects within clusters, clusters within a population.

Given tau (between clusters) and omega (within them) everything is in closed form (`blocks`); both are integrated on a
two-dimensional grid that adapts to the posterior (`grid`). Extends Roever 2020 (doi 10.18637/jss.v093.i06) to the
correlated-and-hierarchical model of Pustejovsky & Tipton 2022 (doi 10.1007/s11121-021-01246-3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.exact.random_effects import within
from workbench.synthesis.numerics import grid as grids
from workbench.synthesis.numerics.blocks import CHUNK, Blocks, GivenBoth, blocks_of, given_both, given_omega, inverse_diagonal, weighted_columns
from workbench.synthesis.numerics.conditional import Data, GivenTau, Linear, MuGivenTau, mixture, mixture_by_row, mu_rule, term_effects, terms_given_tau
from workbench.synthesis.numerics.mixture import Mixture
from workbench.synthesis.numerics.quadrature import Panels
from workbench.synthesis.numerics.spread import ERROR_LIMIT, LogScale, TauScale, check_tau_prior, farthest, variable
from workbench.synthesis.numerics.twotails import TwoTails, two_tails
from workbench.synthesis.result import Estimates

NEGLIGIBLE = 1e-17  # share of the posterior that a node may lack
FINER = 20  # nodes on each panel of the check


@dataclass(frozen=True, eq=False)
class ThreeLevelPosterior:
    """The posterior on its grid; satisfies `result.Posterior`, with ``omega`` as a further quantity.

    ``theta_new`` is one effect in a new cluster, Normal(mu, tau^2 + omega^2).
    """

    data: Data
    blocks: Blocks
    mu_prior: Any
    tau_prior: Any
    omega_prior: Any
    rule: Any
    tails: TwoTails
    scales: tuple[TauScale | LogScale, TauScale | LogScale]
    grid: grids.Grid
    health: Mapping[str, float]

    engine = "exact"
    quantities = ("mu", "tau", "omega", "theta_new", "centre")
    summarised = ("mu", "tau", "omega", "theta_new")

    @property
    def model(self) -> str:
        """The model in a few words."""
        words = f"three-level random effects, {len(self.blocks.start)} clusters, {len(self.blocks.se)} effects"
        return words + (f", sampling correlation {self.blocks.rho:g} within clusters" if self.blocks.rho else "")

    @property
    def further_priors(self) -> dict[str, Any]:
        """Priors besides those of mu, tau and the terms."""
        return {"omega": self.omega_prior}

    @property
    def log_marginal(self) -> float:
        """Log marginal likelihood."""
        return self.grid.log_total

    # On the nodes that matter ---------------------------------------------------------------------

    @cached_property
    def _live(self) -> np.ndarray:
        return self.grid.weight > NEGLIGIBLE

    @cached_property
    def omega(self) -> np.ndarray:
        """omega at the nodes, (N,)."""
        return np.repeat(self.scales[0].tau(self.grid.first.x), self.grid.second.x.size)[self._live.ravel()]

    @cached_property
    def tau(self) -> np.ndarray:
        """tau at the nodes, (N,)."""
        return np.tile(self.scales[1].tau(self.grid.second.x), self.grid.first.x.size)[self._live.ravel()]

    @property
    def spread(self) -> np.ndarray:
        """SD of one effect in a new cluster at the nodes, (N,)."""
        return np.hypot(self.tau, self.omega)

    @cached_property
    def rows(self) -> GivenTau:
        """Closed forms at the nodes, without what belongs to single rows."""
        x = self.grid.first.x, self.grid.second.x
        found = _given(self.blocks, self.scales, *x)
        information, estimate, height, triangle = (part[..., self._live] for part in found)
        return GivenTau(information, estimate, height, None, None, triangle)

    @cached_property
    def mu(self) -> MuGivenTau:
        """mu at the nodes, (N, L)."""
        return self.rule.given(self.rows)

    @cached_property
    def weight(self) -> np.ndarray:
        """Posterior weight of each component of mu at each node, (N, L)."""
        return self.grid.weight[self._live][:, None] * within(self.mu.log_weight)

    @cached_property
    def _mixtures(self) -> dict[str, Mixture]:
        mean = Linear(np.zeros_like(self.tau), np.ones_like(self.tau), np.zeros_like(self.tau))
        linear = {"mu": mean, "centre": mean, "theta_new": mean.spread(self.spread**2)}
        return {name: mixture(self.weight, self.mu, quantity).pruned() for name, quantity in linear.items()}

    @cached_property
    def _margins(self) -> dict[str, tuple[Panels, TauScale | LogScale]]:
        return {"omega": (self.grid.marginal(0), self.scales[0]), "tau": (self.grid.marginal(1), self.scales[1])}

    # Posterior protocol ---------------------------------------------------------------------------

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD; ``nan`` where the moment does not exist."""
        if quantity in self._margins:
            panels, scale = self._margins[quantity]
            values = scale.tau(panels.x)
            mean = float(panels.weight @ values)
            sd = float(np.sqrt(panels.weight @ (values - mean) ** 2))
        else:
            mean, sd = (float(part) for part in self._mixtures["centre"].moments())
        if quantity == "theta_new":  # from the margins: nodes of next to no weight may carry much of a heavy tail's square
            sd = float(np.sqrt(sd**2 + sum(panels.weight @ scale.tau(panels.x) ** 2 for panels, scale in self._margins.values())))
        finite = [self.tails.moment(quantity, order) for order in (1, 2)]
        return (mean if finite[0] else np.nan), (sd if finite[1] else np.nan)

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity <= x)."""
        return self._share(quantity, x, 0.0) if quantity in self._margins else self._mixtures[quantity].cdf(x)

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity > x)."""
        return self._share(quantity, x, 1.0) if quantity in self._margins else self._mixtures[quantity].sf(x)

    def _share(self, quantity: str, x: np.ndarray, below: float) -> np.ndarray:
        panels, scale = self._margins[quantity]
        inside = (panels.sf if below else panels.cdf)(scale.x(np.maximum(x, 0)))
        first, last = scale.tau(panels.left[0]), scale.tau(panels.right[-1])
        return np.where(x <= first, below, np.where(x >= last, 1 - below, inside))

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Posterior density."""
        if quantity not in self._margins:
            return self._mixtures[quantity].pdf(x)
        inside = (x >= 0) & np.isfinite(x)
        own = int(quantity == "tau")
        point = self.scales[own].x(np.where(inside, x, 1.0))
        nodes = [self.grid.first.x, self.grid.second.x]
        nodes[own] = point
        table = _log_density(self.blocks, self.rule, (self.omega_prior, self.tau_prior), self.scales, *nodes)
        other = (self.grid.second, self.grid.first)[own].log_weight
        table = table if own == 0 else table.T
        slope = self.scales[own].log_slope(point)
        return np.where(inside, np.exp(table - self.log_marginal + other).sum(-1) * np.exp(-slope), 0.0)

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function."""
        if quantity not in self._margins:
            x = self._mixtures[quantity].quantile(p)
            return np.clip(x, *self.mu.bounds) if quantity != "theta_new" and self.mu.bounds is not None else x
        panels, scale = self._margins[quantity]
        prior = self.omega_prior if quantity == "omega" else self.tau_prior
        low, high = (prior.low, prior.high) if isinstance(prior, priors.Uniform) else (0.0, np.inf)
        return np.where(p <= 0, low, np.where(p >= 1, high, scale.tau(panels.quantile(p))))

    def studies(self, level: float) -> Estimates:
        """Each row's own effect mu + u_j + w_ij, without terms and shrunken, (k,)."""
        effects = self._own()
        parts = []
        step = max(1, 4 * CHUNK // max(1, self.weight.size))
        for first in range(0, len(self.data.y), step):
            found = mixture(self.weight, self.mu, Linear(*(part[:, first : first + step] for part in effects))).pruned()
            tails = [found.quantile(np.full(found.mean.shape[0], p)) for p in ((1 - level) / 2, (1 + level) / 2)]
            parts.append((*found.moments(), *tails))
        mean, sd, lower, upper = (np.concatenate(part) for part in zip(*parts))
        held = self.data.informs > 0
        finite = [held | self.tails.moment("mu", order) for order in (1, 2)]
        return Estimates(np.where(finite[0], mean, np.nan), np.where(finite[1], sd, np.nan), lower, upper)

    def _own(self) -> Linear:
        """Every row's effect given mu at the nodes, (N, k), in the order of the data."""
        blocks, tau, omega = self.blocks, self.tau, self.omega
        parts = given_omega(blocks, omega)
        between, within = tau[:, None] ** 2 * blocks.informs, omega[:, None] ** 2 * blocks.informs

        def carried(values):  # G V^-1 values, G the covariance of the effects
            solved = weighted_columns(blocks, parts, tau, values)
            return between * blocks.sums(solved)[:, blocks.member] + within * solved, solved

        own, (held, ones) = carried(blocks.columns[:, -1])[0], carried(blocks.columns[:, -2])
        total = blocks.sums(ones)[:, blocks.member]
        diagonal = inverse_diagonal(blocks, parts, tau)
        variance = between + within - (between**2 * total + 2 * between * within * ones + within**2 * diagonal)
        variance, slope = np.maximum(variance, 0), 1 - held
        if self.data.term_mean.size:
            terms = terms_given_tau(self.rows)
            moved = np.stack([carried(column)[0] for column in blocks.columns[:, :-2].T], axis=-1)
            own = own - np.einsum("nkm,nm->nk", moved, terms.ridge)
            slope = slope + np.einsum("nkm,nm->nk", moved, terms.slope)
            variance = variance + np.einsum("nki,nij,nkj->nk", moved, terms.cov, moved)
        back = np.argsort(blocks.order)
        return Linear(own[:, back], slope[:, back], variance[:, back])

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient, (m,)."""
        if self.data.term_mean.size == 0:
            return Estimates(*np.zeros((4, 0)))
        found = mixture(self.weight, self.mu, term_effects(self.rows)).pruned()
        mean, sd = found.moments()
        lower, upper = (found.quantile(np.full(len(mean), p)) for p in ((1 - level) / 2, (1 + level) / 2))
        finite = [self.tails.term_moments(order) for order in (1, 2)]
        return Estimates(np.where(finite[0], mean, np.nan), np.where(finite[1], sd, np.nan), lower, upper)

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in the estimate of mu, (k,); it may be negative where rho is high."""
        blocks, share = self.blocks, self.weight.sum(-1)
        total = np.zeros(len(blocks.se))
        step = max(1, 4 * CHUNK // len(blocks.se))
        for first in range(0, len(share), step):
            cut = slice(first, first + step)
            parts = given_omega(blocks, self.omega[cut])
            carry = weighted_columns(blocks, parts, self.tau[cut], blocks.columns[:, -2])
            if self.data.term_mean.size:
                slope = terms_given_tau(self.rows).slope[cut]
                for j, column in enumerate(blocks.columns[:, :-2].T):
                    carry = carry - slope[:, j, None] * weighted_columns(blocks, parts, self.tau[cut], column)
            total += (share[cut] / self.rows.information[cut]) @ carry
        return total[np.argsort(blocks.order)]

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Spread of a new effect, centre and theta_new at ``points`` (n, 3).

        The first column chooses a node of the grid by its weight, in the order of the spread root(tau^2 + omega^2),
        which takes the place of tau: theta_new is Normal(centre, spread squared). The rest is drawn from its own law.
        """
        order = np.argsort(self.spread, kind="stable")
        cumulative = np.cumsum(self.weight.sum(-1)[order])
        node = order[np.minimum(np.searchsorted(cumulative, points[:, 0] * cumulative[-1]), order.size - 1)]
        mu = MuGivenTau(*(part[node] for part in self.mu[:3]), self.mu.bounds)
        zero = np.zeros(len(points))
        given = mixture_by_row(within(mu.log_weight), mu, Linear(zero, zero + 1, zero))
        single = mu.bounds is None and mu.mean.shape[-1] == 1
        centre = given.mean[:, 0] + given.sd[:, 0] * ndtri(points[:, 1]) if single else given.quantile(points[:, 1])
        spread = self.spread[node]
        return spread, centre, centre + spread * ndtri(points[:, 2])


def _given(blocks: Blocks, scales: tuple[TauScale | LogScale, TauScale | LogScale], x: np.ndarray, y: np.ndarray) -> GivenBoth:
    """Closed forms at omega(x) (n,) by tau(y) (t,), some omegas at a time."""
    omega, tau = scales[0].tau(x), scales[1].tau(y)
    step = max(1, 2 * CHUNK // blocks.columns.size)
    found = [given_both(blocks, given_omega(blocks, omega[i : i + step]), tau) for i in range(0, len(omega), step)]
    return GivenBoth(*(np.concatenate(part, axis=-2) for part in zip(*found)))


def _log_density(blocks: Blocks, rule, own_priors, scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Log of priors times marginal likelihood times slopes of the variables, (n, t)."""
    given = rule.given(_given(blocks, scales, x, y)).log_weight
    top = given.max(-1)
    values = given[..., 0] if given.shape[-1] == 1 else top + np.log(np.exp(given - top[..., None]).sum(-1))
    sides = [scale.log_prior(prior, z) for prior, scale, z in zip(own_priors, scales, (x, y))]
    return values + sides[0][:, None] + sides[1]


def _range(prior, data: Data, mu_prior, exponent: float, powers: tuple[int, ...]) -> tuple[TauScale | LogScale, grids.Axis]:
    """Variable of integration of one component and the panels to start from."""
    far = farthest(data.y, data.variance, mu_prior)
    scale, low, high = variable(prior, float(np.sqrt(data.variance.min())), far, exponent, powers[-1])
    return scale, grids.axis(low, high)


def solve(effects, data: Data, mu_prior, tau_prior, omega_prior, rho: float) -> ThreeLevelPosterior:
    """Posterior of the three-level model for one set of effects.

    Raises
    ------
    AnalysisError
        If a prior is of the wrong kind, the posterior is improper, or the quadrature does not converge.
    """
    for name, prior in (("tau", tau_prior), ("omega", omega_prior)):
        check_tau_prior(prior, name)
    blocks = blocks_of(effects, rho, data.term_mean, data.term_precision)
    tails = two_tails(data, blocks, mu_prior, tau_prior, omega_prior)
    rule = mu_rule(mu_prior, data)
    powers = tuple(tuple(order for order in (0, 1, 2) if tails.moment(name, order)) for name in ("omega", "tau"))
    ranges = [_range(*part) for part in ((omega_prior, data, mu_prior, tails.least("omega"), powers[0]), (tau_prior, data, mu_prior, tails.least("tau"), powers[1]))]
    scales = (ranges[0][0], ranges[1][0])
    own = (omega_prior, tau_prior)

    def log_density(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _log_density(blocks, rule, own, scales, x, y)

    sizes = tuple(lambda x, scale=scale: np.log(scale.tau(x)) for scale in scales)
    found = grids.adapt(log_density, ranges[0][1], ranges[1][1], sizes, powers)
    parts = (data, blocks, mu_prior, tau_prior, omega_prior, rule, tails, scales)
    posterior = ThreeLevelPosterior(*parts, found, {})
    finer = ThreeLevelPosterior(*parts, found.finer(log_density, FINER), {})
    error = _change(posterior, finer)
    if not error < ERROR_LIMIT:
        raise AnalysisError(f"the quadrature over tau and omega did not converge (error {error:.1e}); check the scales of y, se and the priors")
    return ThreeLevelPosterior(*parts, found, {"quadrature_error": error, "nodes": float(found.log_density.size)})


def _change(posterior: ThreeLevelPosterior, finer: ThreeLevelPosterior) -> float:
    """Largest change with half as many nodes again: log marginal likelihood, and moments in units of the spread."""
    changes = [abs(finer.log_marginal - posterior.log_marginal)]
    for name in posterior.summarised:
        old, new = np.array(posterior.moments(name)), np.array(finer.moments(name))
        spread = new[1] if np.isfinite(new[1]) else np.ptp(posterior.quantile(name, np.array([0.25, 0.75])))
        changes += list(abs(new - old)[np.isfinite(new)] / spread)
    return float(max(changes))
