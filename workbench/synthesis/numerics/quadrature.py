"""One-dimensional quadrature that adapts to a density given by its logarithm.

The range is cut into panels, each with Gauss-Legendre nodes; a panel is halved until the Legendre
series of the density (and of its first moments) has died away within it. The same series gives the
distribution function between the nodes, so that quantiles are as accurate as integrals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis.numerics.mixture import invert

NODES = 16
PANEL_WIDTH = 1.25
NEGLIGIBLE = -45.0  # log of a density ratio below which a panel at an end carries nothing
TOLERANCE = 1e-12
DEEPEST = 60  # halvings


@lru_cache(maxsize=8)
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on (-1, 1), and the matrix from values to Legendre coefficients."""
    x, weight = np.polynomial.legendre.leggauss(nodes)
    vandermonde = np.polynomial.legendre.legvander(x, nodes - 1)
    to_coefficients = weight[:, None] * vandermonde * (np.arange(nodes) + 0.5)
    return x, weight, to_coefficients


@dataclass(frozen=True, eq=False)
class Panels:
    """A density on consecutive panels.

    Attributes
    ----------
    left, right : (P,) arrays
        Ends of the panels, ascending and adjoining.
    log_density : (P, n) array
        Log density (not normalised) at the Gauss-Legendre nodes of each panel.
    origin : (P,) array of int, optional
        Which panel each one was, counting all that `adapt` evaluated, in order.
    """

    left: np.ndarray
    right: np.ndarray
    log_density: np.ndarray
    origin: np.ndarray | None = None

    @property
    def half(self) -> np.ndarray:
        """Half widths (P,)."""
        return (self.right - self.left) / 2

    @cached_property
    def x(self) -> np.ndarray:
        """All nodes in order, (P * n,)."""
        return place(self.left, self.right, self.log_density.shape[1]).ravel()

    @cached_property
    def log_weight(self) -> np.ndarray:
        """Log of quadrature weight times density at all nodes, not normalised, (P * n,)."""
        weight = legendre(self.log_density.shape[1])[1]
        return (self.log_density + np.log(weight) + np.log(self.half)[:, None]).ravel()

    @cached_property
    def _relative(self) -> tuple[float, np.ndarray, float]:
        """Greatest log weight, weights relative to it, and their sum."""
        top = self.log_weight.max()
        relative = np.exp(self.log_weight - top)
        return top, relative, relative.sum()

    @cached_property
    def log_total(self) -> float:
        """Log of the integral of the density."""
        top, _, total = self._relative
        return float(top + np.log(total))

    @cached_property
    def weight(self) -> np.ndarray:
        """Normalised weights of the nodes, (P * n,); they sum to 1."""
        # Not exp(log_weight - log_total): a log likelihood in the millions has lost ten digits by then.
        _, relative, total = self._relative
        return relative / total

    @cached_property
    def _series(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Legendre coefficients of density and distribution function within each panel; mass below and above each."""
        count = self.log_density.shape[1]
        top, _, total = self._relative
        density = np.exp(self.log_density - top) / total @ legendre(count)[2]
        # The integral of P_j is (P_{j+1} - P_{j-1}) / (2j + 1); that of P_0 from -1 is P_1 + P_0.
        scaled = density / (2 * np.arange(count) + 1) * self.half[:, None]
        integral = np.zeros((len(self.left), count + 1))
        integral[:, 1:] += scaled
        integral[:, : count - 1] -= scaled[:, 1:]
        integral[:, 0] += scaled[:, 0]
        mass = 2 * scaled[:, 0]
        below = np.concatenate([[0.0], np.cumsum(mass)])
        above = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
        return density, integral, below, above

    def _within(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Panel index, and Legendre polynomials at the place in it, for x inside the range."""
        count = self.log_density.shape[1]
        panel = np.clip(np.searchsorted(self.right, x), 0, len(self.left) - 1)
        t = np.clip((x - self.left[panel]) / self.half[panel] - 1, -1, 1)
        return panel, np.polynomial.legendre.legvander(t, count)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Share of the density below ``x`` (any shape (n,))."""
        return self._tail(x, np.zeros(x.shape, bool))[0]

    def sf(self, x: np.ndarray) -> np.ndarray:
        """Share of the density above ``x``."""
        return self._tail(x, np.ones(x.shape, bool))[0]

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`cdf` at ``p`` (n,)."""
        below, above = self._series[2:]
        panel = np.where(p <= 0.5, np.searchsorted(below, p), np.searchsorted(-above, p - 1, side="right")) - 1
        panel = np.clip(panel, 0, len(self.left) - 1)
        low, high = self.left[panel], self.right[panel]
        return invert(lambda x, upper, index: self._tail(x, upper), p, low, high, (low + high) / 2)

    def _tail(self, x: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Share above ``x`` where ``upper``, else below it; and the density."""
        density, integral, below, above = self._series
        panel, polynomials = self._within(x)
        inside = np.einsum("ij,ij->i", integral[panel], polynomials)
        rest = below[panel + 1] - below[panel] - inside
        share = np.where(upper, above[panel + 1] + rest, below[panel] + inside)
        height = np.einsum("ij,ij->i", density[panel], polynomials[:, :-1])
        return np.clip(share, 0, 1), np.maximum(height, 0)


def place(left: np.ndarray, right: np.ndarray, nodes: int) -> np.ndarray:
    """Gauss-Legendre nodes of each panel, (P, nodes)."""
    return ((left + right) / 2)[:, None] + ((right - left) / 2)[:, None] * legendre(nodes)[0]


def adapt(
    log_density: Callable[[np.ndarray], np.ndarray],
    log_size: Callable[[np.ndarray], np.ndarray],
    low: float,
    high: float,
    powers: tuple[int, ...],
) -> Panels:
    """Panels on (low, high) that resolve a density and its moments.

    Parameters
    ----------
    log_density : callable
        Log density at an array of points of any shape.
    log_size : callable
        Log of the variable whose moments must be resolved too, at the same points.
    low, high : float
        Range; ends without mass are cut off.
    powers : tuple of int
        Moments to resolve; 0 is the density itself.
    """
    edges = np.linspace(low, high, max(2, int(np.ceil((high - low) / PANEL_WIDTH)) + 1))
    left, right = edges[:-1], edges[1:]
    values, sizes = _evaluate(log_density, log_size, left, right)
    if not np.isfinite(values.max()):
        raise AnalysisError("the posterior of tau has no finite density: the priors and the data exclude each other")
    evaluated = len(left)
    left, right, values, sizes, origin = _trim(left, right, values, sizes, np.arange(evaluated), powers, margin=1)
    fresh = np.ones(len(left), bool)  # only panels not yet judged resolved are judged again
    for _ in range(DEEPEST):
        split = fresh & _unresolved(left, right, values, sizes, powers)
        if not split.any():
            break
        middle = (left[split] + right[split]) / 2
        new_left = np.concatenate([left[split], middle])
        new_right = np.concatenate([middle, right[split]])
        new_values, new_sizes = _evaluate(log_density, log_size, new_left, new_right)
        origin = np.concatenate([origin[~split], evaluated + np.arange(len(new_left))])
        evaluated += len(new_left)
        left, right = np.concatenate([left[~split], new_left]), np.concatenate([right[~split], new_right])
        values, sizes = np.concatenate([values[~split], new_values]), np.concatenate([sizes[~split], new_sizes])
        fresh = np.concatenate([fresh[~split], np.ones(len(new_left), bool)])
    order = np.argsort(left)
    left, right, values, _, origin = _trim(*(part[order] for part in (left, right, values, sizes, origin)), powers, margin=0)
    return Panels(left, right, values, origin)


def _evaluate(log_density, log_size, left, right):
    x = place(left, right, NODES)
    return log_density(x), log_size(x)


def _trim(left, right, values, sizes, origin, powers, margin):
    """Cut off panels at both ends in which no moment has anything left."""
    alive = np.zeros(len(left), bool)
    for power in powers:
        size = values + power * sizes
        alive |= size.max(axis=1) - size.max() > NEGLIGIBLE
    first, last = np.flatnonzero(alive)[[0, -1]]
    keep = slice(max(first - margin, 0), last + 1 + margin)
    return left[keep], right[keep], values[keep], sizes[keep], origin[keep]


def _unresolved(left, right, values, sizes, powers) -> np.ndarray:
    """Panels where the last Legendre coefficients still matter to the integral of some moment."""
    _, weight, to_coefficients = legendre(NODES)
    half = (right - left) / 2
    # Rounding in the log density is noise that no halving removes.
    tolerance = max(TOLERANCE, 50 * np.finfo(float).eps * abs(values.max()))
    unresolved = np.zeros(len(left), bool)
    for power in powers:
        size = values + power * sizes
        density = np.exp(size - size.max())
        tail = np.abs(density @ to_coefficients[:, -2:]).max(axis=1) * half
        unresolved |= tail > tolerance * (half * (density @ weight)).sum()
    return unresolved
