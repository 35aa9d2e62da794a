"""Known nulls by their exact likelihood term: rows of which only "not significant" is known.

Given tau, all that such rows ask about is eta = mu + d . b, the mean of their estimates (d: their design row; where they
differ in it see `unlike`). The other rows and the priors make eta normal; the windows (`windows`) cut it; it is integrated
on its own nodes, and mu, the terms and each study's effect are linear in it. tau is integrated as in `exact`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.exact import random_effects
from workbench.synthesis.numerics.conditional import Data, given_tau, mu_rule
from workbench.synthesis.numerics.cutnormal import normal_part
from workbench.synthesis.numerics.quadrature import NODES, Panels, adapt, legendre, place
from workbench.synthesis.numerics.spread import ERROR_LIMIT, LogScale, TauScale, check_tau_prior, farthest, held
from workbench.synthesis.numerics.tails import Tail, tail_of
from workbench.synthesis.numerics.windows import LIMIT, Smooth, log_window, window_slopes
from workbench.synthesis.result import Estimates

DEPTH = 36.0  # fall of the log density at the ends of eta's interval
ETA_NODES = 64
INNER = 12  # nodes for a hidden estimate within its window


def hidden_rows(effects: Any, censored: Any = None) -> np.ndarray:
    """Which rows are known only as not significant, (k,): those given, else those whose route is a known null."""
    k = len(effects.y)
    if censored is None:
        return np.array([route.name == "known_null" for route in effects.routes] or [False] * k, bool)
    hidden = np.asarray(censored)
    if hidden.dtype != bool or hidden.shape != (k,):
        raise AnalysisError(f"censored must hold true or false for each of the {k} rows; it has shape {hidden.shape} and type {hidden.dtype}")
    return hidden


class Joint(NamedTuple):
    """At each tau (n,): mu and the terms z are normal, eta is cut.

    ``mean`` (n, 1 + m) and ``cov`` of z without the hidden rows; ``load`` (n, 1 + m) the slope of z in eta, ``rest`` its
    covariance given eta; ``centre`` (n,) the mean of eta without them; ``low``, ``high`` (n,), ``height`` (n, c) eta's
    cut density at its nodes; ``log_height`` (n,) the marginal likelihood.
    """

    mean: np.ndarray
    load: np.ndarray
    rest: np.ndarray
    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray
    height: np.ndarray
    log_height: np.ndarray


def joint(data: Data, hidden: np.ndarray, mu_prior, tau: np.ndarray, nodes: int = ETA_NODES) -> Joint:
    """Everything about mu, the terms and eta at each tau (n,)."""
    mean, cov, log_weight = normal_part(data, hidden, mu_prior, tau)
    direction = np.concatenate([[1.0], data.design[hidden][0]])
    centre, across = mean @ direction, cov @ direction
    variance = across @ direction
    load = across / variance[:, None]
    rest = cov - load[:, :, None] * across[:, None, :]
    low, high = _interval(data, hidden, tau, centre, variance)
    half = (high - low) / 2
    eta = (low + half)[:, None] + half[:, None] * legendre(nodes)[0]
    log_cut = _log_cut(data, hidden, tau, centre, variance, eta)
    top = log_cut.max(-1)
    height = np.exp(log_cut - top[:, None])
    mass = (height @ legendre(nodes)[1]) * half
    log_height = log_weight + top + np.log(mass) - 0.5 * np.log(2 * np.pi * variance)
    return Joint(mean, load, rest, centre, low, high, height, log_height)


def _windows(data: Data, hidden: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors (h,) of the hidden rows and SDs (n, h) of their estimates around eta."""
    variance = data.variance[hidden]
    return np.sqrt(variance), np.sqrt(variance + data.informs[hidden] * (tau * tau)[:, None])


def _log_cut(data: Data, hidden: np.ndarray, tau, centre, variance, eta: np.ndarray) -> np.ndarray:
    """Log density of eta (n, c) up to the normal constant: its normal part times the windows."""
    s, r = _windows(data, hidden, tau)
    total = -0.5 * (eta - centre[:, None]) ** 2 / variance[:, None]
    for j in range(len(s)):
        total = total + log_window(eta, s[j], r[:, [j]])
    return total


def _interval(data: Data, hidden: np.ndarray, tau, centre, variance) -> tuple[np.ndarray, np.ndarray]:
    """Where the log density of eta has fallen by `DEPTH` on both sides; it is concave, with its top between centre and 0."""
    s, r = _windows(data, hidden, tau)
    low, high = np.minimum(centre, 0.0), np.maximum(centre, 0.0)
    for _ in range(60):
        middle = (low + high) / 2
        slope = (centre - middle) / variance + window_slopes(middle[:, None], s, r)[0].sum(-1)
        low, high = np.where(slope > 0, middle, low), np.where(slope > 0, high, middle)
    mode = (low + high) / 2
    floor = _log_cut(data, hidden, tau, centre, variance, mode[:, None])[:, 0] - DEPTH
    ends = []
    for side in (-1, 1):
        near, far = np.zeros_like(mode), np.sqrt(variance)
        for _ in range(60):
            inside = _log_cut(data, hidden, tau, centre, variance, (mode + side * far)[:, None])[:, 0] > floor
            if not inside.any():
                break
            near, far = np.where(inside, far, near), np.where(inside, 2 * far, far)
        for _ in range(12):
            middle = (near + far) / 2
            inside = _log_cut(data, hidden, tau, centre, variance, (mode + side * middle)[:, None])[:, 0] > floor
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        ends.append(mode + side * far)
    return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class CensoredPosterior:
    """The posterior with known nulls; satisfies `result.Posterior`."""

    data: Data
    hidden: np.ndarray
    mu_prior: Any
    tau_prior: Any
    target: int | None
    tail: Tail
    scale: TauScale | LogScale
    panels: Panels
    nodes: int
    health: Mapping[str, float]

    engine = "exact"

    @property
    def model(self) -> str:
        """The model in a few words."""
        return f"normal-normal random effects, {int(self.hidden.sum())} of them known only as not significant"

    @property
    def log_marginal(self) -> float:
        """Log marginal likelihood."""
        return self.panels.log_total

    @cached_property
    def tau(self) -> np.ndarray:
        """tau at the nodes, (n,)."""
        return self.scale.tau(self.panels.x)

    @cached_property
    def joint(self) -> Joint:
        """mu, the terms and eta at the nodes."""
        return joint(self.data, self.hidden, self.mu_prior, self.tau, self.nodes)

    def _smooth(self, at: Joint, weight: np.ndarray, constant, slope: np.ndarray, noise) -> Smooth:
        """The distribution of constant + slope . z + noise, slope (n, 1 + m), constant and noise variance (n,)."""
        beta = (slope * at.load).sum(-1)
        alpha = constant + (slope * at.mean).sum(-1) - beta * at.centre
        variance = np.einsum("ni,nij,nj->n", slope, at.rest, slope)
        # what is left of rounding where eta is mu itself
        variance = np.where(variance > 1e-13 * (at.high - at.low) ** 2, variance, 0.0)
        return Smooth(weight, alpha, beta, np.sqrt(variance + noise), at.low, at.high, at.height)

    def _own(self, row: int, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Constant, slope in z and noise variance of a shown row's own effect at tau (n,)."""
        share = self.data.informs[row] * tau**2 / (self.data.variance[row] + self.data.informs[row] * tau**2)
        slope = np.concatenate([(1 - share)[:, None], -share[:, None] * self.data.design[row]], axis=1)
        return share * self.data.y[row], slope, share * self.data.variance[row]

    def _centre(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self.target is not None:
            return self._own(self.target, tau)
        return np.zeros_like(tau), np.eye(1 + self.data.term_mean.size)[[0] * len(tau)], np.zeros_like(tau)

    @cached_property
    def _laws(self) -> dict[str, Smooth]:
        weight = self.panels.weight
        constant, slope, noise = self._centre(self.tau)
        unit = np.eye(slope.shape[1])[[0] * len(self.tau)]
        zero = np.zeros_like(self.tau)
        return {
            "mu": self._smooth(self.joint, weight, zero, unit, zero),
            "centre": self._smooth(self.joint, weight, constant, slope, noise),
            "theta_new": self._smooth(self.joint, weight, constant, slope, noise + self.tau**2),
        }

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD; ``nan`` where the moment does not exist."""
        if quantity == "tau":
            mean = float(self.panels.weight @ self.tau)
            sd = float(np.sqrt(self.panels.weight @ (self.tau - mean) ** 2))
        else:
            mean, sd = self._laws[quantity].moments()
        finite = [random_effects.ExactPosterior._finite(self, quantity, order) for order in (1, 2)]
        return (mean if finite[0] else np.nan), (sd if finite[1] else np.nan)

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity <= x)."""
        return random_effects.ExactPosterior._tau_share(self, self.panels.cdf, x, 0.0) if quantity == "tau" else self._laws[quantity].pruned().cdf(x)

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity > x)."""
        return random_effects.ExactPosterior._tau_share(self, self.panels.sf, x, 1.0) if quantity == "tau" else 1 - self.cdf(quantity, x)

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Posterior density."""
        if quantity != "tau":
            return self._laws[quantity].pruned().pdf(x)
        inside = (x >= 0) & np.isfinite(x)
        point = np.where(inside, x, 1.0)
        return np.where(inside, np.exp(self._tau_height(point) + self.tau_prior.logpdf(point) - self.log_marginal), 0.0)

    def _tau_height(self, tau: np.ndarray) -> np.ndarray:
        return joint(self.data, self.hidden, self.mu_prior, tau, self.nodes).log_height

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function."""
        return self._laws[quantity].quantile(p) if quantity != "tau" else random_effects.ExactPosterior.quantile(self, "tau", p)

    def studies(self, level: float) -> Estimates:
        """Each row's own effect, shrunken; a hidden row's within what its window allows."""
        found = []
        for row in range(len(self.data.y)):
            law = self._hidden_law(row) if self.hidden[row] else self._smooth(self.joint, self.panels.weight, *self._own(row, self.tau))
            found.append((*law.moments(), *law.quantile(np.array([(1 - level) / 2, (1 + level) / 2]))))
        return Estimates(*np.array(found).T)

    def _hidden_law(self, row: int) -> Smooth:
        """A hidden row's own effect mu + share (y - eta) + noise, its estimate y on nodes within its window."""
        at, tau = self.joint, self.tau
        s = np.sqrt(self.data.variance[row])
        r = np.sqrt(s**2 + self.data.informs[row] * tau**2)
        share = (r**2 - s**2) / r**2
        node, node_weight = legendre(INNER)[:2]
        half = (at.high - at.low) / 2
        eta = (at.low + half)[:, None] + half[:, None] * legendre(self.nodes)[0]
        base = at.height * np.exp(-log_window(eta, s, r[:, None]))
        inner_mass = legendre(self.nodes)[1] * half[:, None]
        total = (at.height * inner_mass).sum(-1)
        slope = np.zeros((len(tau), at.mean.shape[1]))
        slope[:, 0] = 1
        plain = self._smooth(at, self.panels.weight, np.zeros_like(tau), slope, share * s**2)
        laws = []
        for y, w in zip(LIMIT * s * node, LIMIT * s * node_weight):
            z = (y - eta) / r[:, None]
            height = base * np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * r[:, None]) * w
            weight = self.panels.weight * (height * inner_mass).sum(-1) / total
            laws.append((weight, plain.alpha + share * y, plain.beta - share, plain.gamma, at.low, at.high, height))
        weight, *rest = (np.concatenate(part) for part in zip(*laws))
        keep = weight > 1e-11
        return Smooth(weight[keep] / weight[keep].sum(), *(part[keep] for part in rest))

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient, (m,)."""
        m = self.data.term_mean.size
        if m == 0:
            return Estimates(*np.zeros((4, 0)))
        found, zero = [], np.zeros_like(self.tau)
        for j in range(m):
            law = self._smooth(self.joint, self.panels.weight, zero, np.eye(m + 1)[[j + 1] * len(self.tau)], zero)
            found.append((*law.moments(), *law.quantile(np.array([(1 - level) / 2, (1 + level) / 2]))))
        return Estimates(*np.array(found).T)

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in what is known of mu; a hidden row counts by its window's curvature."""
        at, n = self.joint, len(self.tau)
        variance = self.data.variance + self.data.informs * (self.tau**2)[:, None]
        s, r = _windows(self.data, self.hidden, self.tau)
        half = (at.high - at.low) / 2
        eta = (at.low + half)[:, None] + half[:, None] * legendre(self.nodes)[0]
        mass = at.height * legendre(self.nodes)[1]
        curvature = window_slopes(eta[..., None], s, r[:, None, :])[1]
        variance[:, self.hidden] = mass.sum(-1, keepdims=True) / (mass[..., None] * curvature).sum(1)
        wide = [np.broadcast_to(part, (n, *part.shape)) for part in (self.data.y, self.data.design)]
        rows = given_tau(Data(wide[0], variance, np.zeros_like(variance), wide[1], *self.data[4:]), np.zeros((n, 1)))
        return self.panels.weight @ (rows.carry / rows.information[..., None])[:, 0]

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """tau, centre and theta_new at ``points`` (n, 3), by the inverse Rosenblatt transformation."""
        tau = self.quantile("tau", points[:, 0])
        at = joint(self.data, self.hidden, self.mu_prior, tau, self.nodes)
        centre = self._smooth(at, np.full(len(tau), 1 / len(tau)), *self._centre(tau)).own_quantile(points[:, 1])
        return tau, centre, centre + tau * ndtri(points[:, 2])


def _check(data: Data, hidden: np.ndarray, mu_prior, target: int | None) -> None:
    if not isinstance(mu_prior, (priors.Normal, priors.Flat)):
        raise AnalysisError(f"mu ~ {mu_prior!r}: exact nulls need a Normal (or Flat) prior of mu; choose one, or let nulls enter at 0")
    if target is not None and hidden[target]:
        raise AnalysisError(f"target = {target} is known only as not significant; centre a new area on a row with a figure")
    flat = data.design[~hidden][:, data.term_precision == 0]
    unknown = np.column_stack([np.ones(len(flat)), flat]) if isinstance(mu_prior, priors.Flat) else flat
    if unknown.shape[1] and (not len(flat) or np.linalg.matrix_rank(unknown) < unknown.shape[1]):
        raise AnalysisError("the rows with figures do not determine what has a flat prior; give mu and the terms proper priors")


def solve(data: Data, hidden: np.ndarray, mu_prior, tau_prior, target: int | None = None):
    """Posterior of the model where the rows ``hidden`` (k,) are known only as not significant.

    Raises
    ------
    AnalysisError
        If a prior is of the wrong kind, the posterior is improper, or the quadrature does not converge.
    """
    if not hidden.any():
        return random_effects.solve(data, mu_prior, tau_prior, target)
    check_tau_prior(tau_prior)
    _check(data, hidden, mu_prior, target)
    if len(np.unique(data.design[hidden], axis=0)) > 1:
        from workbench.synthesis.exact import unlike

        return unlike.solve(data, hidden, mu_prior, tau_prior, target)
    tail = tail_of(data, mu_prior, tau_prior)
    scale, low, high, powers = random_effects.tau_range(data, mu_rule(mu_prior, data), mu_prior, tau_prior, tail)
    scale = held(scale, np.sqrt(data.variance.min()), farthest(data.y, data.variance, mu_prior))

    def log_density(x: np.ndarray, nodes: int = ETA_NODES) -> np.ndarray:
        tau = scale.tau(x)
        height = joint(data, hidden, mu_prior, tau.ravel(), nodes).log_height
        return height.reshape(tau.shape) + scale.log_prior(tau_prior, x)

    panels = adapt(log_density, lambda x: np.log(scale.tau(x)), low, high, powers)
    parts = (data, hidden, mu_prior, tau_prior, target, tail, scale)
    posterior = CensoredPosterior(*parts, panels, ETA_NODES, {})
    fine = log_density(place(panels.left, panels.right, 2 * NODES), 2 * ETA_NODES)
    error = _change(posterior, CensoredPosterior(*parts, Panels(panels.left, panels.right, fine), 2 * ETA_NODES, {}))
    if not error < ERROR_LIMIT:
        raise AnalysisError(f"the quadrature over tau and mu did not converge (error {error:.1e}); check the scales of y, se and the priors")
    health = {"quadrature_error": error, "nodes": float(panels.x.size * ETA_NODES)}
    return CensoredPosterior(*parts, panels, ETA_NODES, health)


def _change(posterior: CensoredPosterior, finer: CensoredPosterior) -> float:
    """Largest change on doubling all nodes: log marginal likelihood, and moments in units of the spread."""
    changes = [abs(finer.log_marginal - posterior.log_marginal)]
    for name in ("mu", "tau", "theta_new"):
        old, new = np.array(posterior.moments(name)), np.array(finer.moments(name))
        changes += list(abs(new - old)[np.isfinite(new)] / (new[1] if np.isfinite(new[1]) else 1.0))
    return float(max(changes))
