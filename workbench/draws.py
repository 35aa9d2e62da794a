"""Draws: where synthesis and economics meet, and the points that they are made from.

Every uncertain quantity has a name and, once registered, its own Sobol dimension, so that a new row,
prior or parameter never moves the draws of another quantity.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from workbench.errors import AnalysisError

# Dimensions generated whatever is asked for: a scramble depends on how many there are, so this number never changes.
CAPACITY = 512
BITS = 30  # of each Sobol point; also the most draws, 2 ** 30


def uniforms(names: Sequence[str], count: int, seed: int, dimensions: Mapping[str, int]) -> np.ndarray:
    """Points in (0, 1), one column for each name.

    Parameters
    ----------
    names : sequence of str
        Quantities.
    count : int
        Number of points, a power of two (a Sobol sequence is balanced only there).
    seed : int
        Seed of the scramble.
    dimensions : mapping of str to int
        Registered Sobol dimensions. A name that is not registered gets its own stratified points.

    Returns
    -------
    (count, len(names)) array

    Raises
    ------
    AnalysisError
        If ``count`` is not a power of two, the seed is negative or a dimension lies beyond the capacity.
    """
    _check_count(count)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise AnalysisError(f"seed = {seed!r} must be a whole number, 0 or more")
    points = np.empty((count, len(names)))
    for column, name in enumerate(names):
        if name in dimensions:
            points[:, column] = _sobol(int(count), int(seed))[:, _dimension(name, dimensions[name])]
        else:
            points[:, column] = _stratified(name, int(count), int(seed))
    return points


def _check_count(count: int) -> None:
    whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
    if not whole or count < 1 or count & (count - 1) or count > 2**BITS:
        raise AnalysisError(f"draws: count = {count!r} must be a power of two, e.g. 1024, 4096 or 16384")


def _dimension(name: str, dimension: int) -> int:
    if not 0 <= dimension < CAPACITY:
        raise AnalysisError(f"dimension {dimension} of {name!r} is outside 0 to {CAPACITY - 1}; register a free one")
    return dimension


@lru_cache(maxsize=2)
def _sobol(count: int, seed: int) -> np.ndarray:
    """The whole scrambled sequence (count, CAPACITY), kept because every outcome and price asks for a column of it."""
    from scipy.stats import qmc

    generator = np.random.default_rng(seed)
    try:
        sequence = qmc.Sobol(CAPACITY, scramble=True, bits=BITS, rng=generator)
    except TypeError:  # scipy 1.14 calls it seed
        sequence = qmc.Sobol(CAPACITY, scramble=True, bits=BITS, seed=generator)
    points = sequence.random(count)
    points += 2.0 ** -(BITS + 1)  # the middle of each cell: neither 0 nor 1 can occur
    points.setflags(write=False)
    return points


def _stratified(name: str, count: int, seed: int) -> np.ndarray:
    """A Latin hypercube in one dimension, seeded from the name and the seed alone."""
    digest = hashlib.sha256(f"{name}|{seed}".encode()).digest()
    generator = np.random.default_rng(int.from_bytes(digest[:16], "little"))
    points = (generator.permutation(count) + generator.random(count)) / count
    return np.clip(points, 2.0**-54, 1 - 2.0**-53)


@dataclass(frozen=True, repr=False, eq=False)
class Draws:
    """Joint draws of the effect in a new area.

    ``values`` given ``centre`` and ``tau`` is Normal(centre, tau squared). All are on the analysis
    scale (log for ratios), oriented so that positive is a benefit.

    Attributes
    ----------
    values, centre, tau : (n,) arrays
        Effect in a new area; what it is centred on; SD between areas.
    outcome, construct, measure, direction : str or None
        What the effect is on, its effect measure and ``higher_is_better`` or ``lower_is_better``.
    seed : int
        Seed of the points.
    parent : Synthesis
        The fit that was drawn from.
    """

    values: np.ndarray
    centre: np.ndarray
    tau: np.ndarray
    outcome: str | None = None
    construct: str | None = None
    measure: str = "GEN"
    direction: str | None = None
    seed: int = 1
    parent: Any = field(default=None)

    def __post_init__(self):
        arrays = [np.array(getattr(self, name), float) for name in ("values", "centre", "tau")]
        if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
            raise AnalysisError("draws: values, centre and tau must be one-dimensional and of one length")
        for name, array in zip(("values", "centre", "tau"), arrays):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def raw(self) -> np.ndarray:
        """``values`` in the printed direction of the outcome: negative where a lower outcome is the benefit."""
        return -self.values if self.direction == "lower_is_better" else self.values

    def __len__(self) -> int:
        return len(self.values)

    def _line(self) -> str:
        low, median, high = np.quantile(self.values, [0.025, 0.5, 0.975])
        what = self.outcome or self.construct or "effect"
        return f"{len(self)} draws of {what} in a new area, {self.measure}: {median:.3g} (central 95 % {low:.3g} to {high:.3g}), seed {self.seed}"

    def __repr__(self) -> str:
        return f"<Draws {self._line()}>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self._line())}</p>"


def draw(synthesis, count: int = 4096, seed: int = 1, dimensions: Mapping[str, int] | None = None, name: str | None = None) -> Draws:
    """Draws from a synthesis; see `Synthesis.draws`."""
    effects = synthesis.effects
    subject = name or getattr(effects, "outcome", None) or _fingerprint(effects)
    names = [f"effect/{subject}/{part}" for part in ("tau", "centre", "new")]
    known = registered(getattr(effects, "evidence", None)) if dimensions is None else dimensions
    tau, centre, values = synthesis.posterior.draw(uniforms(names, count, seed, known))
    described = {key: getattr(effects, key, None) for key in ("outcome", "construct", "direction")}
    return Draws(values, centre, tau, **described, measure=effects.measure, seed=int(seed), parent=synthesis)


def registered(evidence) -> dict[str, int]:
    """The dimensions table of an evidence base, name to dimension; empty without one."""
    if evidence is None:
        return {}
    return {row["name"]: row["dimension"] for row in evidence["dimensions"].rows}


def _fingerprint(effects) -> str:
    """A name for rows that carry no outcome, so that two sets of rows never share points."""
    content = np.concatenate([np.asarray(effects.y, float), np.asarray(effects.se, float)]).tobytes()
    return "rows-" + hashlib.sha256(content).hexdigest()[:16]
