"""Costs against effects of several options: who is dominated, and what each further unit costs along the frontier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from workbench.economics.decision.acceptability import _names
from workbench.errors import AnalysisError

if TYPE_CHECKING:
    import pandas

ON_FRONTIER, DOMINATED, EXTENDED = "frontier", "dominated", "extended_dominated"


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes
    ----------
    name : str
    cost, effect : float
    status : {"frontier", "dominated", "extended_dominated"}
        Dominated: another costs no more and gains no less, one of the two strictly. Extended dominated: a mix of two others does.
    incremental_cost, incremental_effect, icer : float or None
        Against the option before it on the frontier; None off the frontier and for its first option.
    """

    name: str
    cost: float
    effect: float
    status: str
    incremental_cost: float | None = None
    incremental_effect: float | None = None
    icer: float | None = None


@dataclass(frozen=True)
class CostEffectiveness:
    """The table: options on the frontier from the cheapest up, then extended dominated, then dominated ones by cost."""

    options: tuple[Option, ...]

    @property
    def frontier(self) -> tuple[Option, ...]:
        """Options on the frontier, the cheapest first."""
        return tuple(option for option in self.options if option.status == ON_FRONTIER)

    def best(self, worth: float) -> Option:
        """The option with the highest net benefit where a unit of effect is worth `worth`; the cheaper of two that are equal."""
        return max(self.frontier, key=lambda option: (worth * option.effect - option.cost, -option.cost))

    def frame(self) -> pandas.DataFrame:
        """The table as a data frame."""
        import pandas

        return pandas.DataFrame([asdict(option) for option in self.options]).set_index("name")

    def __repr__(self) -> str:
        steps = [option.name if option.icer is None else f"{option.name} at {option.icer:,.6g} a unit" for option in self.frontier]
        return f"CostEffectiveness({' -> '.join(steps)}; {len(self.options) - len(steps)} off the frontier)"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(na_rep='')}"


def cost_effectiveness(costs: Sequence[float], effects: Sequence[float], names: Sequence[str] | None = None) -> CostEffectiveness:
    """Build the cost-effectiveness table with dominance, extended dominance and incremental ratios.

    Parameters
    ----------
    costs, effects : array_like, shape (options,) or (n, options)
        Of each option; by draw, their means are used.
    names : sequence of str, optional

    Returns
    -------
    CostEffectiveness
    """
    cost, effect = (np.asarray(values, dtype=float) for values in (costs, effects))
    cost, effect = (values.mean(axis=0) if values.ndim == 2 else values for values in (cost, effect))
    if cost.ndim != 1 or cost.shape != effect.shape or not cost.size or not np.all(np.isfinite([cost, effect])):
        raise AnalysisError(f"costs and effects must be finite, one for each option, have shapes {np.shape(costs)} and {np.shape(effects)}")
    options = [Option(name, float(c), float(e), DOMINATED) for name, c, e in zip(_names(names, len(cost)), cost, effect, strict=True)]
    standing = _undominated(sorted(options, key=lambda option: (option.cost, -option.effect)))
    hull = _steepening(standing)
    kept = {option.name for option in hull}
    extended = [replace(option, status=EXTENDED) for option in standing if option.name not in kept]
    gone = {option.name for option in standing}
    dominated = sorted((option for option in options if option.name not in gone), key=lambda option: (option.cost, -option.effect))
    return CostEffectiveness((*_with_ratios(hull), *extended, *dominated))


def _undominated(by_cost: list[Option]) -> list[Option]:
    """Options with more effect than every cheaper one; of two alike, the first named."""
    kept: list[Option] = []
    for option in by_cost:
        if not kept or option.effect > kept[-1].effect:
            kept.append(option)
    return kept


def _steepening(options: list[Option]) -> list[Option]:
    """The convex part: each further unit of effect costs more than the one before.

    An option on the straight line between two others stays: no mix of them is better.
    """
    hull: list[Option] = []
    for option in options:
        while len(hull) > 1 and _ratio(hull[-2], hull[-1]) > _ratio(hull[-1], option):
            hull.pop()
        hull.append(option)
    return hull


def _ratio(lower: Option, upper: Option) -> float:
    return (upper.cost - lower.cost) / (upper.effect - lower.effect)


def _with_ratios(hull: list[Option]) -> list[Option]:
    found = [replace(hull[0], status=ON_FRONTIER)]
    for lower, upper in zip(hull, hull[1:], strict=False):
        steps = {"incremental_cost": upper.cost - lower.cost, "incremental_effect": upper.effect - lower.effect, "icer": _ratio(lower, upper)}
        found.append(replace(upper, status=ON_FRONTIER, **steps))
    return found
