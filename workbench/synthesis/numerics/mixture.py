"""Mixtures of normal distributions, plain or conditioned on mu lying in an interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

SQRT_2PI = np.sqrt(2 * np.pi)
STEPS = 200
PRECISION = 1e-13
BLOCK = 2**20  # numbers held at once


def phi(z: np.ndarray) -> np.ndarray:
    """Standard normal density."""
    return np.exp(-0.5 * z * z) / SQRT_2PI


def invert(
    tail: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    p: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Solve cdf(x) = p for every element at once.

    Newton's method on the probit scale, where a mixture of normals is nearly straight; a step that
    leaves its bracket, or does not halve the distance, is replaced by bisection.

    Parameters
    ----------
    tail : callable
        (x, upper, index) -> (cdf, or sf where ``upper``; density) of the distributions ``index`` at x.
        The smaller tail is asked for, so that nothing cancels far out.
    p : (n,) array
        Probabilities in (0, 1).
    low, high : (n,) arrays
        Brackets: cdf(low) <= p <= cdf(high).
    start : (n,) array
        First guesses.
    """
    low, high, x = (np.array(np.broadcast_to(part, p.shape), float) for part in (low, high, start))
    x = np.clip(x, low, high)
    sign = np.where(p > 0.5, -1.0, 1.0)
    target = np.where(p > 0.5, -ndtri(1 - p), ndtri(p))
    previous = np.full(p.shape, np.inf)
    index = np.arange(p.size)
    for _ in range(STEPS):
        old = x[index]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share, density = tail(old, sign[index] < 0, index)
            z = sign[index] * ndtri(share)
            gap = target[index] - z
            width = phi(z) / density  # one SD, were it normal
            new = old + gap * width
        low[index] = np.where(gap >= 0, old, low[index])
        high[index] = np.where(gap <= 0, old, high[index])
        least, most = low[index], high[index]
        newton = (new >= least) & (new <= most) & (abs(gap) <= 0.5 * previous[index])
        new = np.where(newton, new, least + (most - least) / 2)
        previous[index] = np.where(newton, abs(gap), np.inf)
        tolerance = PRECISION * (abs(new) + np.where(np.isfinite(width), width, 0))
        x[index] = new
        index = index[(abs(new - old) > tolerance) & (most - least > tolerance)]
        if index.size == 0:
            break
    return x


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of N normal components, or one mixture for each of several rows.

    Attributes
    ----------
    weight : (N,) or (rows, N) array
        Sums to 1 along the last axis.
    mean, sd : (N,) or (rows, N) arrays
        Components.
    """

    weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    NODES: ClassVar[int] = 1  # that each component needs

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and SD (a value for each row)."""
        mean, variance = self._component_moments()
        centre = (self.weight * mean).sum(-1)
        return centre, np.sqrt((self.weight * (variance + (mean - centre[..., None]) ** 2)).sum(-1))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(X <= x) for x (n,)."""
        return self._tail(x, np.zeros(x.shape, bool))[0]

    def sf(self, x: np.ndarray) -> np.ndarray:
        """P(X > x) for x (n,)."""
        return self._tail(x, np.ones(x.shape, bool))[0]

    def pdf(self, x: np.ndarray) -> np.ndarray:
        """Density at x (n,)."""
        return self._tail(x, np.zeros(x.shape, bool))[1]

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function at p (n,)."""
        live = self.pruned()
        # A mixture's quantile lies between the least and the greatest of its components'.
        low, high = live._component_limits(ndtri(p)[:, None])
        slack = 1e-14 * (abs(low).max(-1) + abs(high).max(-1))  # rounding must not leave the root outside
        start = _weighted_median(low + (high - low) / 2, live.weight)
        by_row = live.mean.ndim > 1

        def tail(x, upper, index):
            return (live._rows(index) if by_row else live)._tail(x, upper)

        x = invert(tail, p, low.min(-1) - slack, high.max(-1) + slack, start)
        return np.where(p <= 0, -np.inf, np.where(p >= 1, np.inf, x))

    def pruned(self) -> "Mixture":
        """Without the components that carry nothing (one weight vector only)."""
        if self.weight.ndim > 1:
            return self
        return self._take(self.weight > 1e-17)

    def _tail(self, x: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(X > x) where ``upper``, else P(X <= x); and the density."""
        share, density = np.empty(x.shape), np.empty(x.shape)
        step = max(1, BLOCK // (self.mean.shape[-1] * self.NODES))
        for start in range(0, x.size, step):
            block = slice(start, start + step)
            live = self if self.mean.ndim == 1 else self._rows(block)
            z = (x[block, None] - live.mean) / live.sd
            parts = live._component_tail(z, upper[block, None])
            share[block], density[block] = (_average(live.weight, part) for part in parts)
        return share, density

    def _take(self, keep: np.ndarray) -> "Mixture":
        return Mixture(self.weight[keep], self.mean[..., keep], self.sd[..., keep])

    def _rows(self, index: np.ndarray) -> "Mixture":
        weight = self.weight if self.weight.ndim == 1 else self.weight[index]
        return Mixture(weight, self.mean[index], self.sd[index])

    def _component_moments(self):
        return self.mean, self.sd**2

    def _component_tail(self, z, upper):
        return ndtr(np.where(upper, -z, z)), phi(z) / self.sd

    def _component_limits(self, z):
        limit = self.mean + self.sd * z
        return limit, limit


def _average(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values @ weight if weight.ndim == 1 else (values * weight).sum(-1)


def _weighted_median(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Median along the last axis."""
    order = np.argsort(values, axis=-1)
    cumulative = np.cumsum(np.take_along_axis(np.broadcast_to(weight, values.shape), order, -1), -1)
    middle = (cumulative < 0.5 * cumulative[:, -1:]).sum(-1, keepdims=True)
    return np.take_along_axis(values, np.take_along_axis(order, middle, -1), -1)[:, 0]


GAUSS, GAUSS_WEIGHT = np.polynomial.legendre.leggauss(64)


def _slice(low: np.ndarray, high: np.ndarray, mode: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes of a slice of the standard normal: its middle, offsets from it and masses relative to the mode's density."""
    # Beyond this reach the density has fallen by e^-40 or more.
    reach = np.minimum(10.0, 40.0 / np.maximum(abs(mode), 1e-300))
    low, high = np.clip(low, mode - reach, mode + reach), np.clip(high, mode - reach, mode + reach)
    half = np.maximum(high - low, 0) / 2
    middle = low + half
    offset = half[..., None] * GAUSS  # from the middle, so that narrow slices keep their digits
    height = np.exp(-0.5 * ((middle[..., None] + offset) ** 2 - mode[..., None] ** 2))
    return middle, offset, height * GAUSS_WEIGHT * half[..., None]


@dataclass(frozen=True, eq=False)
class Truncated:
    """A standard normal restricted to (alpha, beta), by quadrature outwards from its mode.

    The textbook differences of distribution functions cancel when the interval is narrow or far out;
    this does not. All arrays have one shape; ``mass`` is relative to the density at the mode.
    """

    alpha: np.ndarray
    beta: np.ndarray
    mode: np.ndarray
    mass: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    @property
    def log_mass(self) -> np.ndarray:
        """Log of the probability between alpha and beta."""
        return np.log(self.mass / SQRT_2PI) - 0.5 * self.mode**2

    def take(self, keep) -> "Truncated":
        """The same at some of the places, by any numpy index."""
        return Truncated(*(getattr(self, name)[keep] for name in ("alpha", "beta", "mode", "mass", "mean", "variance")))

    def share(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """P(low < T < high)."""
        limits = np.clip(low, self.alpha, self.beta), np.clip(high, self.alpha, self.beta)
        return _slice(*limits, np.broadcast_to(self.mode, limits[0].shape))[2].sum(-1) / self.mass

    def blurred(self, threshold: np.ndarray, width: np.ndarray) -> np.ndarray:
        """P(T + width e < threshold), e standard normal, ``width`` > 0."""
        # Below the first cut e cannot matter, above the second T + width e is too large: quadrature lies between.
        cuts = [np.clip(threshold + side * 9 * width, self.alpha, self.beta) for side in (-1, 1)]
        middle, offset, mass = _slice(*cuts, np.broadcast_to(self.mode, cuts[0].shape))
        inside = (mass * ndtr(((threshold - middle)[..., None] - offset) / width[..., None])).sum(-1)
        return self.share(self.alpha, cuts[0]) + inside / self.mass


def truncated(alpha: np.ndarray, beta: np.ndarray) -> Truncated:
    """The standard normal between ``alpha`` < ``beta`` (arrays of one shape)."""
    mode = np.clip(0.0, alpha, beta)
    middle, offset, mass = _slice(alpha, beta, mode)
    total = mass.sum(-1)
    shift = (mass * offset).sum(-1) / total
    variance = (mass * (offset - shift[..., None]) ** 2).sum(-1) / total
    return Truncated(alpha, beta, mode, total, middle + shift, variance)


@dataclass(frozen=True, eq=False)
class BoundedMixture(Mixture):
    """A mixture of mean + through T + rest e: e standard normal, T standard normal within bounds.

    ``sd`` is the root of the squares of ``through`` and ``rest``: the SD without the bounds.

    Attributes
    ----------
    through, rest : arrays like ``mean``
        What mu's own uncertainty (T, in SDs of mu) and everything else contribute.
    inside : Truncated
        T of each component, like ``weight``.
    """

    through: np.ndarray
    rest: np.ndarray
    inside: Truncated

    NODES: ClassVar[int] = GAUSS.size

    def _take(self, keep):
        parts = (part[..., keep] for part in (self.mean, self.sd, self.through, self.rest))
        mean, sd, through, rest = parts
        return BoundedMixture(self.weight[keep], mean, sd, through, rest, self.inside.take(keep))

    def _rows(self, index):
        mean, sd, through, rest = (part[index] for part in (self.mean, self.sd, self.through, self.rest))
        shared = self.weight.ndim == 1
        weight, inside = (self.weight, self.inside) if shared else (self.weight[index], self.inside.take(index))
        return BoundedMixture(weight, mean, sd, through, rest, inside)

    def _component_moments(self):
        return self.mean + self.through * self.inside.mean, self.rest**2 + self.through**2 * self.inside.variance

    def _component_tail(self, z, upper):
        # Turned round where needed, so that small T lies on the side that is asked for.
        turn = np.where((self.through < 0) ^ upper, -1.0, 1.0)
        return self._share(z, turn), self._height(z)

    def _share(self, z, turn):
        inside = self.inside
        still = self.through == 0
        through = np.where(still, 1.0, self.through)
        threshold, width = z * self.sd / through, self.rest / abs(through)
        low, high = np.where(turn > 0, inside.alpha, -inside.beta), np.where(turn > 0, inside.beta, -inside.alpha)
        turned = Truncated(low, high, turn * inside.mode, inside.mass, inside.mean, inside.variance)
        sharp = width <= 0
        if sharp.all():
            share = turned.share(low, turn * threshold)
        else:
            share = turned.blurred(turn * threshold, np.where(sharp, 1e-100, width))
        return np.where(still, ndtr(turn * z), np.clip(share, 0, 1))

    def _height(self, z):
        x = z * self.sd
        ratio = self.through / self.sd
        root = self.rest / self.sd
        with np.errstate(divide="ignore", invalid="ignore"):
            first, last = ((end - ratio * z) / root for end in (self.inside.alpha, self.inside.beta))
        flip = np.where(first > 0, -1.0, 1.0)  # difference of the smaller tails
        seen = abs(ndtr(flip * last) - ndtr(flip * first))
        t = x / np.where(self.through == 0, 1.0, self.through)
        seen = np.where(root > 0, seen, (t >= self.inside.alpha) & (t <= self.inside.beta))
        return np.exp(-0.5 * (z * z - self.inside.mode**2)) * seen / self.inside.mass / self.sd

    def _component_limits(self, z):
        # Given mu at an end of its interval, the rest is normal: that brackets each component.
        ends = [self.mean + self.through * end + self.rest * z for end in (self.inside.alpha, self.inside.beta)]
        return np.minimum(*ends), np.maximum(*ends)
