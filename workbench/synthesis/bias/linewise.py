"""Integrals over tau and mu: a rule along log tau, and for each tau a rule along mu, put where the integrand lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import logsumexp

from workbench.synthesis.bias.biasmodels import Bias, Studies, kernel
from workbench.synthesis.numerics.quadrature import legendre

NODES = (40, 28, 1.0)   # along log tau, along mu, and fineness along the bias parameters
_SCOUT = (25, 41, 0.3)  # the same, to find where the integrand lives
_COARSE = 0.7           # share of the nodes in the rule that the quadrature error is taken from
_CORE = 5.0             # fall at which the core of log tau, which takes half of its nodes, gives way to the tails
_FALL = 25.0            # fall in log integrand at which a range ends
_EDGE = 1e-10           # prior probability beyond the widest range of mu
_LEFT_OUT = 1e-6        # prior probability below the range of tau that is put at its lower end
_SPREADS = 30.0         # tau beyond this multiple of the effects' own spread is not looked at


@dataclass(frozen=True, eq=False)
class Lines:
    """Posterior of mu in one model, as lines along mu at nodes of tau.

    Attributes
    ----------
    log_marginal, error : float
        Log marginal likelihood, and its change from a rule with 0.7 times the nodes.
    left, right : ndarray, shape (T,)
        Ends of the lines.
    mass : ndarray, shape (T, M)
        Normalised masses at the Gauss-Legendre nodes of the lines.
    taus : ndarray, shape (T,)
    """

    log_marginal: float
    error: float
    left: np.ndarray
    right: np.ndarray
    mass: np.ndarray
    taus: np.ndarray

    @cached_property
    def mu(self) -> np.ndarray:
        """Nodes (T, M)."""
        return _place(self.left, self.right, self.mass.shape[1])

    @property
    def low(self) -> float:
        """Lowest end of a line."""
        return float(self.left.min())

    @property
    def high(self) -> float:
        """Highest end of a line."""
        return float(self.right.max())

    @cached_property
    def mean(self) -> float:
        """Posterior mean of mu."""
        return float((self.mass * self.mu).sum())

    @cached_property
    def square(self) -> float:
        """Posterior mean of mu squared."""
        return float((self.mass * self.mu**2).sum())

    @cached_property
    def tau(self) -> float:
        """Posterior mean of tau."""
        return float(self.mass.sum(axis=1) @ self.taus)

    @cached_property
    def _integral(self) -> np.ndarray:
        """Legendre coefficients (T, M + 1) of each line's distribution function."""
        count = self.mass.shape[1]
        _, weight, to_coefficients = legendre(count)
        return np.polynomial.legendre.legint((self.mass / weight) @ to_coefficients, axis=1, lbnd=-1)

    def cdf(self, x: float) -> float:
        """P(mu <= x)."""
        t = np.clip((2 * x - self.left - self.right) / (self.right - self.left), -1, 1)
        basis = np.polynomial.legendre.legvander(t, self.mass.shape[1])
        return float(np.clip(np.einsum("ij,ij->", basis, self._integral), 0, 1))


def _place(left: np.ndarray, right: np.ndarray, count: int) -> np.ndarray:
    return ((left + right) / 2)[:, None] + ((right - left) / 2)[:, None] * legendre(count)[0]


def solve(studies: Studies, effect: Any, heterogeneity: Any, bias: Bias | None, error: bool = True) -> Lines:
    """Marginal likelihood and posterior of mu of one model.

    Parameters
    ----------
    studies : Studies
    effect, heterogeneity : prior or None
        None fixes mu, or tau, at 0.
    bias : Bias or None
    error : bool
        Whether to work out the quadrature error.
    """
    scout = kernel(studies, bias, _SCOUT[2])
    t_range = _tau_range(studies, scout, effect, heterogeneity) if heterogeneity is not None else None
    fine = _integrate(studies, scout, bias, effect, heterogeneity, t_range, NODES)
    if not error:
        return Lines(fine[0], float("nan"), *fine[1:])
    coarse = _integrate(studies, scout, bias, effect, heterogeneity, t_range, (round(_COARSE * NODES[0]), round(_COARSE * NODES[1]), _COARSE * NODES[2]))
    return Lines(fine[0], abs(fine[0] - coarse[0]), *fine[1:])


def _log_prior(prior: Any, x: np.ndarray) -> np.ndarray:
    return prior.logpdf(x) if prior is not None else np.zeros_like(x)


def _tau_range(studies: Studies, likelihood: Callable, effect: Any, prior: Any) -> np.ndarray:
    """Ends (4,) of the three panels of log tau: a core and its two tails, beyond which the integrand is negligible.

    Two passes, mu integrated out roughly.
    """
    spread = float(np.ptp(studies.y) + studies.se.max())
    low, high = float(prior.ppf(_EDGE)), min(float(prior.ppf(1 - _EDGE)), _SPREADS * spread)
    ends = np.log(max(low, 1e-8 * spread)), np.log(max(high, 2 * low))
    for count in (_SCOUT[0], 3 * _SCOUT[0]):
        t = np.linspace(*ends, count)
        tau = np.exp(t)
        mu, step = _first_mu(studies, tau, effect)
        inside = likelihood(tau, mu) + _log_prior(effect, mu) + np.log(step)
        value = logsumexp(inside, axis=1) + prior.logpdf(tau) + t
        ends, core = _alive(t, value), _alive(t, value, _CORE)
    return np.array([ends[0], *core, ends[1]])


def _alive(x: np.ndarray, log_value: np.ndarray, fall: float = _FALL) -> tuple[float, float]:
    """Ends of the stretch of x where a log value is near its greatest, one place wider on each side."""
    near = np.flatnonzero(log_value > log_value.max() - fall)
    return float(x[max(near[0] - 1, 0)]), float(x[min(near[-1] + 1, x.size - 1)])


def _first_mu(studies: Studies, tau: np.ndarray, effect: Any) -> tuple[np.ndarray, np.ndarray]:
    """Wide first points of mu (T, M) for each tau, crowded about the pooled mean, and their spacing."""
    if effect is None:
        return np.zeros((tau.size, 1)), np.ones((tau.size, 1))
    w = 1 / (studies.v + tau[:, None] ** 2)
    centre, unit = (w @ studies.y) / w.sum(axis=1), w.sum(axis=1) ** -0.5
    low, high = float(effect.ppf(_EDGE)), float(effect.ppf(1 - _EDGE))
    ends = [np.arcsinh((end - centre) / unit) for end in (low, high)]
    share = np.linspace(0, 1, _SCOUT[1])
    u = ends[0][:, None] + (ends[1] - ends[0])[:, None] * share
    return centre[:, None] + unit[:, None] * np.sinh(u), unit[:, None] * np.cosh(u) * (ends[1] - ends[0])[:, None]


def _mu_lines(studies: Studies, likelihood: Callable, tau: np.ndarray, effect: Any) -> tuple[np.ndarray, np.ndarray]:
    """Ends (T,) of the stretch of mu that matters at each tau; two passes."""
    mu = _first_mu(studies, tau, effect)[0]
    for _ in range(2):
        value = likelihood(tau, mu) + _log_prior(effect, mu)
        ends = np.array([_alive(row, log_value) for row, log_value in zip(mu, value, strict=True)]).T
        mu = ends[0][:, None] + (ends[1] - ends[0])[:, None] * np.linspace(0, 1, _SCOUT[1])
    return ends[0], ends[1]


def _core_and_tails(ends: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on three panels: half of the nodes on the middle one; panels without width are dropped."""
    nodes, weights = [], []
    for low, high, share in zip(ends, ends[1:], (4, 2, 4), strict=False):
        if high > low:
            node, weight, _ = legendre(count // share)
            nodes.append((low + high) / 2 + (high - low) / 2 * node)
            weights.append((high - low) / 2 * weight)
    return np.concatenate(nodes), np.concatenate(weights)


def _integrate(studies, scout, bias, effect, heterogeneity, t_range, nodes) -> tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    likelihood = kernel(studies, bias, nodes[2])
    tau, log_tau_weight = np.zeros(1), np.zeros(1)
    if heterogeneity is not None:
        t, weight = _core_and_tails(t_range, nodes[0])
        tau = np.exp(t)
        log_tau_weight = np.log(weight) + heterogeneity.logpdf(tau) + t
        below = float(heterogeneity.cdf(np.exp(t_range[0])))
        if below > _LEFT_OUT:  # a log-t prior goes on far below what any study could tell from no spread at all
            tau, log_tau_weight = np.append(np.exp(t_range[0]), tau), np.append(np.log(below), log_tau_weight)
    if effect is None:
        left = right = np.zeros(tau.size)
        mu, log_mu_weight = np.zeros((tau.size, 1)), np.zeros((tau.size, 1))
    else:
        left, right = _mu_lines(studies, scout, tau, effect)
        # a slope is held at 0 or above, which bends the density of mu; it costs little to follow
        count = nodes[1] if bias is not None and bias.kind != "slope" else 2 * nodes[1]
        mu = _place(left, right, count)
        log_mu_weight = np.log(legendre(count)[1] * ((right - left) / 2)[:, None]) + effect.logpdf(mu)
    log_mass = likelihood(tau, mu) + log_mu_weight + log_tau_weight[:, None]
    total = float(logsumexp(log_mass))
    return total, left, right, np.exp(log_mass - total), tau
