"""Two-dimensional quadrature that adapts to a density given by its logarithm: panels along each axis, all pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis.numerics.quadrature import NODES, PANEL_WIDTH, Panels, legendre, place

NEGLIGIBLE = -34.0  # log of a density ratio below which a panel at an end carries nothing
TOLERANCE = 1e-8  # of the last coefficients; the integral itself is then good to about its square
DEEPEST = 24  # rounds of halving
LARGEST = 4_000_000  # nodes


@dataclass(frozen=True, eq=False)
class Axis:
    """Panels along one axis: ``left`` and ``right`` (P,), Gauss-Legendre nodes ``count`` each."""

    left: np.ndarray
    right: np.ndarray
    count: int = NODES

    @cached_property
    def x(self) -> np.ndarray:
        """Nodes, (P * count,)."""
        return place(self.left, self.right, self.count).ravel()

    @cached_property
    def log_weight(self) -> np.ndarray:
        """Log of the quadrature weights, (P * count,)."""
        return (np.log(legendre(self.count)[1]) + np.log((self.right - self.left) / 2)[:, None]).ravel()

    def keep(self, alive: np.ndarray) -> tuple[Axis, slice]:
        """From the first to the last living panel, one more at each side; and the nodes that stay."""
        first, last = np.flatnonzero(alive)[[0, -1]]
        first, last = max(first - 1, 0), min(last + 2, len(self.left))
        return Axis(self.left[first:last], self.right[first:last], self.count), slice(first * self.count, last * self.count)

    def halve(self, split: np.ndarray) -> Axis:
        """With the panels at ``split`` (P,) halved."""
        middle = (self.left + self.right)[split] / 2
        left = np.sort(np.concatenate([self.left, middle]))
        right = np.sort(np.concatenate([self.right, middle]))
        return Axis(left, right, self.count)


def axis(low: float, high: float) -> Axis:
    """Panels of the usual width on (low, high)."""
    edges = np.linspace(low, high, max(2, int(np.ceil((high - low) / PANEL_WIDTH)) + 1))
    return Axis(edges[:-1], edges[1:])


@dataclass(frozen=True, eq=False)
class Grid:
    """A density on all pairs of nodes.

    Attributes
    ----------
    first, second : Axis
    log_density : (n, t) array
        Log density (not normalised) at the nodes of ``first`` by those of ``second``.
    """

    first: Axis
    second: Axis
    log_density: np.ndarray

    @cached_property
    def log_weight(self) -> np.ndarray:
        """Log of quadrature weight times density, (n, t)."""
        return self.log_density + self.first.log_weight[:, None] + self.second.log_weight

    @cached_property
    def weight(self) -> np.ndarray:
        """Normalised weights, (n, t); they sum to 1."""
        relative = np.exp(self.log_weight - self.log_weight.max())
        return relative / relative.sum()

    @cached_property
    def log_total(self) -> float:
        """Log of the integral."""
        top = self.log_weight.max()
        return float(top + np.log(np.exp(self.log_weight - top).sum()))

    def marginal(self, which: int) -> Panels:
        """Density along one axis, the other integrated out."""
        own, other = (self.first, self.second) if which == 0 else (self.second, self.first)
        table = self.log_density if which == 0 else self.log_density.T
        top = table.max()
        with np.errstate(divide="ignore"):
            values = top + np.log(np.exp(table - top) @ np.exp(other.log_weight))
        return Panels(own.left, own.right, np.maximum(values, top - 700).reshape(len(own.left), own.count))

    def finer(self, log_density: Callable, count: int) -> Grid:
        """The same panels with ``count`` nodes each."""
        first, second = (Axis(part.left, part.right, count) for part in (self.first, self.second))
        return Grid(first, second, log_density(first.x, second.x))


def adapt(
    log_density: Callable[[np.ndarray, np.ndarray], np.ndarray],
    first: Axis,
    second: Axis,
    log_sizes: tuple[Callable, Callable],
    powers: tuple[tuple[int, ...], tuple[int, ...]],
) -> Grid:
    """Panels along both axes that resolve a density and its moments.

    Parameters
    ----------
    log_density : callable
        (x (n,), y (t,)) -> log density (n, t).
    first, second : Axis
        Where to start; ends without mass are cut off.
    log_sizes : pair of callable
        Log of the variable of each axis whose moments must be resolved too.
    powers : pair of tuple of int
        Moments of each to resolve, 0 among them.
    """
    for _ in range(DEEPEST):
        if first.x.size * second.x.size > LARGEST:
            break
        values = log_density(first.x, second.x)
        sizes = [values] + [values + p * log_sizes[0](first.x)[:, None] for p in powers[0] if p]
        sizes += [values + p * log_sizes[1](second.x) for p in powers[1] if p]
        (first, rows), (second, columns) = (part.keep(_alive(sizes, which, part)) for which, part in enumerate((first, second)))
        grid = Grid(first, second, values[rows, columns])
        sizes = [size[rows, columns] for size in sizes]
        split = [_unresolved(sizes, which, grid) for which in (0, 1)]
        if not any(part.any() for part in split):
            return grid
        first, second = first.halve(split[0]), second.halve(split[1])
    raise AnalysisError("the quadrature over two variance components did not converge; check the scales of y, se and the priors")


def _alive(sizes: list[np.ndarray], which: int, part: Axis) -> np.ndarray:
    alive = np.zeros(len(part.left), bool)
    for size in sizes:
        profile = size.max(axis=1 - which).reshape(len(part.left), part.count)
        alive |= profile.max(axis=1) - size.max() > NEGLIGIBLE
    return alive


def _unresolved(sizes: list[np.ndarray], which: int, grid: Grid) -> np.ndarray:
    """Panels along one axis where the last Legendre coefficients still matter."""
    own, other = (grid.first, grid.second) if which == 0 else (grid.second, grid.first)
    to_coefficients = legendre(own.count)[2][:, -2:]
    half = (own.right - own.left) / 2
    tolerance = max(TOLERANCE, 50 * np.finfo(float).eps * abs(grid.log_density.max()))
    found = np.zeros(len(own.left), bool)
    for size in sizes:
        table = np.exp((size if which == 0 else size.T) - size.max()) * np.exp(other.log_weight)
        total = np.exp(own.log_weight) @ table.sum(axis=1)
        tail = abs(np.einsum("pno,nc->pco", table.reshape(len(half), own.count, -1), to_coefficients, optimize=True)).sum(-1).max(-1)
        found |= tail * half > tolerance * total
    return found
