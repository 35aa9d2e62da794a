"""What "not significant" says about an effect, and distributions that it makes no longer normal.

A study known only as not significant tells that its estimate fell between -1.96 s and 1.96 s. Given the mean eta of that
estimate and its SD r this has probability Phi((1.96 s - eta) / r) - Phi((-1.96 s - eta) / r) (compare Copas 2014,
doi 10.1093/biostatistics/kxt046). Its logarithm is concave in eta.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr

from workbench.synthesis.numerics.mixture import invert, phi
from workbench.synthesis.numerics.quadrature import legendre

LIMIT = 1.96  # standard errors within which an estimate is not significant
HERMITE, HERMITE_WEIGHT = np.polynomial.hermite_e.hermegauss(40)
HERMITE_WEIGHT = HERMITE_WEIGHT / HERMITE_WEIGHT.sum()
SHARP = 1 / 40  # of an interval: normal noise below this is averaged over, above it the nodes suffice


def log_window(eta: np.ndarray, s: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Log probability that an estimate with mean eta and SD r is not significant given its standard error s."""
    near, far = (LIMIT * s - abs(eta)) / r, (-LIMIT * s - abs(eta)) / r
    return log_ndtr(near) + np.log1p(-np.exp(log_ndtr(far) - log_ndtr(near)))


def window_slopes(eta: np.ndarray, s: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First derivative of `log_window` in eta, and minus the second."""
    size, sign = abs(eta), np.sign(eta)
    near, far = (LIMIT * s - size) / r, (-LIMIT * s - size) / r
    log_mass = log_window(eta, s, r)
    heights = [np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_mass) for z in (near, far)]
    slope = (heights[1] - heights[0]) / r
    curvature = slope**2 + (heights[0] * near - heights[1] * far) / r**2
    return sign * slope, curvature


@dataclass(frozen=True, eq=False)
class Smooth:
    """A mixture of alpha + beta eta + gamma e: e standard normal, eta with a density on nodes of its own interval.

    Attributes
    ----------
    weight, alpha, beta, gamma, low, high : (n,) arrays
        Components; they sum to 1 in weight. eta lies between ``low`` and ``high``.
    height : (n, c) array
        Density of eta at the Gauss-Legendre nodes of its interval, of any size.
    """

    weight: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray
    low: np.ndarray
    high: np.ndarray
    height: np.ndarray

    def __post_init__(self):
        count = self.height.shape[1]
        node, node_weight, to_coefficients = legendre(count)
        half = (self.high - self.low) / 2
        mass = self.height * node_weight * half[:, None]
        total = mass.sum(-1, keepdims=True)
        series = (self.height / total) @ to_coefficients
        scaled = series / (2 * np.arange(count) + 1) * half[:, None]
        integral = np.zeros((len(half), count + 1))
        integral[:, 1:] += scaled
        integral[:, : count - 1] -= scaled[:, 1:]
        integral[:, 0] += scaled[:, 0]
        eta = (self.low + half)[:, None] + half[:, None] * node
        for name, value in (("mass", mass / total), ("series", series), ("integral", integral), ("eta", eta), ("half", half)):
            object.__setattr__(self, name, value)

    def moments(self) -> tuple[float, float]:
        """Mean and SD."""
        inner = self.alpha[:, None] + self.beta[:, None] * self.eta
        share = self.weight[:, None] * self.mass
        mean = (share * inner).sum()
        return float(mean), float(np.sqrt((share * ((inner - mean) ** 2 + self.gamma[:, None] ** 2)).sum()))

    def own(self, x: np.ndarray, index: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Each component's (or that of ``index``) distribution function and density at its own x (n,)."""
        index = np.arange(len(self.alpha)) if index is None else index
        sharp = self.gamma[index] < SHARP * abs(self.beta[index]) * 2 * self.half[index]
        share, density = np.empty(len(index)), np.empty(len(index))
        for which, method in ((~sharp, self._by_nodes), (sharp, self._by_series)):
            if which.any():
                share[which], density[which] = method(x[which], index[which])
        return np.clip(share, 0, 1), np.maximum(density, 0)

    def _by_nodes(self, x, index):
        gamma = self.gamma[index, None]
        z = (x[:, None] - self.alpha[index, None] - self.beta[index, None] * self.eta[index]) / gamma
        mass = self.mass[index]
        return (mass * ndtr(z)).sum(-1), (mass * phi(z) / gamma).sum(-1)

    def _by_series(self, x, index):
        still = not self.gamma[index].any()
        noise, noise_weight = (np.zeros(1), np.ones(1)) if still else (HERMITE, HERMITE_WEIGHT)
        beta = self.beta[index, None]
        place = (x[:, None] - self.alpha[index, None] - self.gamma[index, None] * noise) / beta
        t = np.clip((place - self.low[index, None]) / self.half[index, None] - 1, -1, 1)
        table = np.polynomial.legendre.legvander(t, self.series.shape[1])
        share = np.einsum("nhc,nc->nh", table, self.integral[index])
        height = np.einsum("nhc,nc->nh", table[..., :-1], self.series[index]) * (abs(t) < 1)
        share = np.where(beta > 0, share, 1 - share)
        return share @ noise_weight, (height / abs(beta)) @ noise_weight

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(X <= x) for x (n,)."""
        return self._both(x)[0]

    def pdf(self, x: np.ndarray) -> np.ndarray:
        """Density at x (n,)."""
        return self._both(x)[1]

    def _both(self, x):
        found = [self.own(np.full(len(self.alpha), np.clip(point, -1e300, 1e300))) for point in x]
        return tuple(np.array([self.weight @ part[i] for part in found]) for i in (0, 1))

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function."""
        live = self.pruned()
        ends = np.array([live.alpha + live.beta * end + side * 12 * live.gamma for end in (live.low, live.high) for side in (-1, 1)])
        mean, sd = live.moments()

        def tail(x, upper, index):
            share, density = live._both(x)
            return np.where(upper, 1 - share, share), density

        inside = np.clip(p, 1e-14, 1 - 1e-14)
        x = invert(tail, inside, np.full(p.shape, ends.min()), np.full(p.shape, ends.max()), np.full(p.shape, mean) + sd * (2 * inside - 1))
        return np.where(p <= 0, -np.inf, np.where(p >= 1, np.inf, x))

    def own_quantile(self, p: np.ndarray) -> np.ndarray:
        """Each component's own quantile at its p (n,)."""
        ends = np.array([self.alpha + self.beta * end + side * 12 * self.gamma for end in (self.low, self.high) for side in (-1, 1)])

        def tail(x, upper, index):
            share, density = self.own(x, index)
            return np.where(upper, 1 - share, share), density

        return invert(tail, p, ends.min(0), ends.max(0), ends.mean(0))

    def pruned(self, least: float = 1e-13) -> Smooth:
        """Without the components that carry nothing."""
        keep = self.weight > least
        return Smooth(self.weight[keep], *(part[keep] for part in (self.alpha, self.beta, self.gamma, self.low, self.high, self.height)))
