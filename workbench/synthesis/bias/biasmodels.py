"""The models of publication bias that are averaged over, and what each does to the likelihood at given mu and tau.

Every kernel takes tau (T,) and mu (T, M) and returns log likelihoods (T, M), its own parameters integrated out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from scipy.special import betaln, gammaincc, gammainccinv, gammaln, ndtr, ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.bias.readings import table
from workbench.synthesis.numerics.quadrature import legendre

KINDS = ("one-sided", "two-sided", "slope")
_LOG_2PI = float(np.log(2 * np.pi))
_NODES = {"slope": (40,), "steps": (80, 28, 14, 8)}  # along a slope; along each weight if there are 1, 2, 3, 4 or more
_CROWD = 3        # power that crowds the nodes of a weight towards 0, where strong selection puts its mass
_BLOCK = 16       # weights multiplied before a logarithm is taken: far from underflow
_CHUNK = 2**21    # numbers held at once
_REACH = 50.0     # twice the fall in log density at which a slope's range ends


@dataclass(frozen=True)
class InverseGamma:
    """1 / Gamma(shape, rate = scale): density proportional to ``x**(-shape - 1) exp(-scale / x)``."""

    shape: float
    scale: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        if not (isfinite(self.shape) and self.shape > 0 and isfinite(self.scale) and self.scale > 0):
            raise AnalysisError(f"{self!r}: shape and scale must be finite numbers above 0")

    def logpdf(self, x):
        """Log density at ``x``."""
        x = np.asarray(x, float)
        safe = np.where(x > 0, x, 1.0)
        inside = self.shape * np.log(self.scale) - gammaln(self.shape) - (self.shape + 1) * np.log(safe) - self.scale / safe
        return np.where(x > 0, inside, -np.inf)

    def cdf(self, x):
        """P(X <= x)."""
        x = np.asarray(x, float)
        return np.where(x > 0, gammaincc(self.shape, self.scale / np.where(x > 0, x, 1.0)), 0.0)

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.scale / gammainccinv(self.shape, np.asarray(p, float))


@dataclass(frozen=True)
class Bias:
    """A model of publication bias.

    Attributes
    ----------
    name : str
    kind : str
        ``one-sided`` or ``two-sided`` (a step function of p with weights that do not rise), or ``slope`` (effects rise
        with a power of the standard error: 1 is PET, 2 is PEESE).
    share : float
        Of the prior probability of bias, relative to the other models.
    steps, alpha : tuple of float
        Ends of the intervals of p below 1, and the Dirichlet parameters of the weights' increments, from the last interval
        (highest p) to the first.
    power : int
    slope : prior or None
        Prior of the slope, on the positive line.
    """

    name: str
    kind: str
    share: float = 1.0
    steps: tuple[float, ...] = ()
    alpha: tuple[float, ...] = ()
    power: int = 0
    slope: Any = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise AnalysisError(f"bias {self.name!r}: kind = {self.kind!r} must be one of {', '.join(KINDS)}")
        if self.kind == "slope":
            if self.power not in (1, 2) or self.slope is None:
                raise AnalysisError(f"bias {self.name!r}: a slope needs power 1 or 2 and a prior")
        elif len(self.alpha) != len(self.steps) + 1 or min(self.alpha) < 1 or list(self.steps) != sorted({*self.steps} & {s for s in self.steps if 0 < s < 1}):
            raise AnalysisError(f"bias {self.name!r}: steps must ascend between 0 and 1, with one more alpha, each 1 or more")


def prior_from(row: Mapping[str, Any], scale: float) -> Any:
    """The prior that a row of ``biastests.toml`` states, stretched by `scale`."""
    if row["distribution"] == "InverseGamma":
        return InverseGamma(row["shape"], row["scale"] * scale)
    return priors.Normal(row["mean"] * scale, row["sd"] * scale)


def bias_models(scale: float = 1.0) -> tuple[Bias, ...]:
    """The eight bias models of PSMA; PEESE's slope has the unit of one over an effect, so it shrinks as effects stretch."""
    found = []
    for row in table("biastests")["averaging"]["bias"]:
        slope = priors.HalfCauchy(row["scale"] * scale ** (1 - row["power"])) if row["kind"] == "slope" else None
        found.append(Bias(row["name"], row["kind"], row["share"], tuple(row.get("steps", ())), tuple(row.get("alpha", ())), row.get("power", 0), slope))
    return tuple(found)


@dataclass(frozen=True)
class Studies:
    """Effects, standard errors, the precision that slopes regress on, and where p reaches a level (each (k,))."""

    y: np.ndarray
    se: np.ndarray
    x: np.ndarray
    critical: Callable[[np.ndarray], np.ndarray] | None = None

    @cached_property
    def v(self) -> np.ndarray:
        """Sampling variances."""
        return self.se**2

    def cuts(self, upper_tail: np.ndarray) -> np.ndarray:
        """Effects (m, k) with these upper-tail probabilities (m,)."""
        if self.critical is not None:
            return np.asarray(self.critical(upper_tail), float)
        return -ndtri(upper_tail)[:, None] * self.se


def gauss(studies: Studies, tau: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Normal log likelihood (T, M) of the effects, without selection."""
    total = studies.v + tau[:, None] ** 2
    w = 1 / total
    weight = w.sum(axis=1)
    centre = (w @ studies.y) / weight
    spread = (w * (studies.y - centre[:, None]) ** 2).sum(axis=1)
    constant = -0.5 * (np.log(total).sum(axis=1) + spread + studies.y.size * _LOG_2PI)
    return constant[:, None] - 0.5 * weight[:, None] * (mu - centre[:, None]) ** 2


def sloped(studies: Studies, bias: Bias, tau: np.ndarray, mu: np.ndarray, nodes: int) -> np.ndarray:
    """Log likelihood (T, M) with an effect of precision, its slope b >= 0 integrated over the slope's prior.

    Given mu and tau the likelihood in b is normal; the rule covers it from 0 to where it has died away.
    """
    x = studies.x**bias.power
    w = 1 / (studies.v + tau[:, None] ** 2)
    sxx = (w @ x**2)[:, None]
    at = ((w @ (x * studies.y))[:, None] - mu * (w @ x)[:, None]) / sxx
    reach = np.sqrt(_REACH / sxx)
    peak = np.maximum(at, 0.0)
    low, high = np.maximum(at - reach, 0.0), at + np.sqrt((peak - at) ** 2 + reach**2)
    node, weight, _ = legendre(nodes)
    # crowded at 0, where the prior's own peak is
    share = ((node + 1) / 2) ** 2
    b = low[..., None] + (high - low)[..., None] * share
    log_density = -0.5 * sxx[..., None] * ((b - at[..., None]) ** 2 - (peak - at)[..., None] ** 2) + bias.slope.logpdf(b)
    measure = weight * (node + 1) / 2 * (high - low)[..., None]
    inside = np.log((np.exp(log_density) * measure).sum(axis=-1))
    # at b = 0 the normal likelihood is gauss; up to the peak it gains
    return gauss(studies, tau, mu) + 0.5 * sxx * (at**2 - (peak - at) ** 2) + inside


@lru_cache(maxsize=32)
def weights_rule(alpha: tuple[float, ...], nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (R, J) of the publication weights and the logs (R,) of their prior masses.

    The weights are running sums of a Dirichlet(alpha), so each is the next one times a Beta variable. The first column, for
    the smallest p, is 1.
    """
    node, weight, _ = legendre(nodes)
    place, measure = ((node + 1) / 2) ** _CROWD, weight / 2 * _CROWD * ((node + 1) / 2) ** (_CROWD - 1)
    columns, mass = [np.ones(1)], np.zeros(1)
    for j in range(len(alpha) - 1, 0, -1):
        a, b = sum(alpha[:j]), alpha[j]
        log_mass = np.log(measure) + (a - 1) * np.log(place) + (b - 1) * np.log1p(-place) - betaln(a, b)
        repeated = [np.repeat(column, nodes) for column in columns]
        columns = [*repeated, repeated[-1] * np.tile(place, columns[-1].size)]
        mass = np.repeat(mass, nodes) + np.tile(log_mass, mass.size)
    return np.stack(columns, axis=1), mass


def weighted(studies: Studies, bias: Bias, tau: np.ndarray, mu: np.ndarray, nodes: int) -> np.ndarray:
    """Log likelihood (T, M) under selection by p, the publication weights integrated over their prior."""
    omega, log_mass = weights_rule(bias.alpha, nodes)
    share, counts = _shares(studies, bias, tau, mu)
    log_gain = log_mass + np.log(omega) @ counts
    k, levels = studies.y.size, omega.shape[1]
    flat = share.reshape(-1, k, levels)
    size = max(1, _CHUNK // (k * omega.shape[0]))
    parts = [_log_mean(flat[i : i + size], omega, log_gain) for i in range(0, flat.shape[0], size)]
    return gauss(studies, tau, mu) + np.concatenate(parts).reshape(mu.shape)


def _shares(studies: Studies, bias: Bias, tau: np.ndarray, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability (T, M, k, J) that an effect falls in each interval of p, and how many did (J,)."""
    two = bias.kind == "two-sided"
    cuts = studies.cuts(np.asarray(bias.steps) / (2 if two else 1))
    s = np.sqrt(studies.v + tau[:, None] ** 2)[:, None, :]
    reached = [ndtr((mu[..., None] - cut) / s) for cut in cuts]
    if two:
        reached = [high + ndtr((-cut - mu[..., None]) / s) for high, cut in zip(reached, cuts, strict=True)]
    edges = [np.zeros_like(reached[0]), *reached, np.ones_like(reached[0])]
    share = np.stack([np.maximum(b - a, 0.0) for a, b in zip(edges, edges[1:], strict=False)], axis=-1)
    seen = np.abs(studies.y) if two else studies.y
    interval = (seen < cuts).sum(axis=0)
    return share, np.bincount(interval, minlength=len(bias.alpha)).astype(float)


def _log_mean(share: np.ndarray, omega: np.ndarray, log_gain: np.ndarray) -> np.ndarray:
    """Log of the sum over weights of their gain over the chance that each effect is seen, (N,)."""
    chance = share @ omega.T
    log_chance = np.zeros((chance.shape[0], chance.shape[2]))
    for i in range(0, chance.shape[1], _BLOCK):
        log_chance += np.log(np.multiply.reduce(chance[:, i : i + _BLOCK], axis=1))
    exponent = log_gain - log_chance
    top = exponent.max(axis=1)
    return top + np.log(np.exp(exponent - top[:, None]).sum(axis=1))


def kernel(studies: Studies, bias: Bias | None, fineness: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Log likelihood as a function of tau (T,) and mu (T, M), for one bias model; fineness 1 is the full rule."""
    if bias is None:
        return lambda tau, mu: gauss(studies, tau, mu)
    if bias.kind == "slope":
        return lambda tau, mu: sloped(studies, bias, tau, mu, round(fineness * _NODES["slope"][0]))
    nodes = max(4, round(fineness * _NODES["steps"][min(len(bias.steps), 4) - 1]))
    return lambda tau, mu: weighted(studies, bias, tau, mu, nodes)
