"""The kernel: all that depends on draws, and nothing that a reader may change.

It is frozen. Its money is already in one currency and one price year. Arrays have one entry per draw, in the order in which
the synthesis drew them, and are read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.errors import UsageError, nearest

STANDARD, HEALTH = 0, 1
DISCOUNT_GROUPS = ("standard", "health")


@dataclass(frozen=True, eq=False)
class BenefitLine:
    """One active pathway.

    Attributes
    ----------
    pathway_id, name : str
    construct : str or None
        Construct whose difference in risk drives it; None for a quantity per family.
    per_child : bool
        True if an event is counted per child and not per family.
    value : ndarray, shape (n,)
        Money per further event (or per family offered), signed so that positive is a benefit: per year where `years` is
        set, once otherwise. Holds the share of events that carry the value.
    years : ndarray, shape (n,), or None
        For how many years an event's value runs.
    onset_years : int
        Events arise evenly over this many years, the first being year 0.
    lost : ndarray, shape (n,), or None
        Share of events undone within `lost_years`, at a constant rate.
    lost_years : float
    cashable : ndarray, shape (n,), or None
        Share that is cashable, the rest being cost avoided; None where `cash_class` holds for all of it.
    cash_class : {"cashable", "avoided", "wider"} or None
    payer : str
    discount : int
        0 for the standard schedule, 1 for that of health effects.
    societal, budget : bool
        Whether it counts in society's total and in the payer's budget.
    controlled : bool
        Whether the effect was seen against a comparison group; only otherwise may deadweight be taken off.
    """

    pathway_id: str
    name: str
    construct: str | None
    per_child: bool
    value: np.ndarray
    years: np.ndarray | None
    onset_years: int
    lost: np.ndarray | None
    lost_years: float
    cashable: np.ndarray | None
    cash_class: str | None
    payer: str
    discount: int
    societal: bool
    budget: bool
    controlled: bool = True


@dataclass(frozen=True, eq=False)
class CostLine:
    """One cost of the programme per family offered.

    Attributes
    ----------
    pathway_id, name, payer : str
    value : ndarray, shape (n,)
        Money per year where `years` is set, once in year 0 otherwise.
    years : ndarray, shape (n,), or None
    societal, budget : bool
    """

    pathway_id: str
    name: str
    payer: str
    value: np.ndarray
    years: np.ndarray | None
    societal: bool
    budget: bool


@dataclass(frozen=True, eq=False)
class YardstickLine:
    """A comparison that stands beside the cost and in no total.

    Attributes
    ----------
    pathway_id, name : str
    unit_value : ndarray, shape (n,), or None
        Money per event: how many events would repay the cost?
    effect : ndarray, shape (n,), or None
        Benefit per family in units of the outcome: what does a unit cost?
    unit : str
        Unit of the event or of the effect.
    ceiling : bool
        True where `unit_value` is an upper bound.
    """

    pathway_id: str
    name: str
    unit_value: np.ndarray | None
    effect: np.ndarray | None
    unit: str
    ceiling: bool


@dataclass(frozen=True, eq=False)
class Kernel:
    """All that depends on draws.

    Attributes
    ----------
    count, seed : int
    currency : str
    price_year : int
    theta : mapping of construct to ndarray, shape (n,)
        Log odds ratio in the printed direction of the construct, as drawn for a new area.
    logit_p0 : mapping of construct to ndarray, shape (n,)
        Logit of the risk without the programme.
    benefits : tuple of BenefitLine
    costs : tuple of CostLine
    yardsticks : tuple of YardstickLine
    """

    count: int
    seed: int
    currency: str
    price_year: int
    theta: Mapping[str, np.ndarray]
    logit_p0: Mapping[str, np.ndarray]
    benefits: tuple[BenefitLine, ...]
    costs: tuple[CostLine, ...]
    yardsticks: tuple[YardstickLine, ...] = ()

    def __post_init__(self) -> None:
        for name in ("theta", "logit_p0"):
            object.__setattr__(self, name, MappingProxyType({key: read_only(value) for key, value in getattr(self, name).items()}))
        for line in (*self.benefits, *self.costs, *self.yardsticks):
            for attribute, value in vars(line).items():
                if isinstance(value, np.ndarray):
                    object.__setattr__(line, attribute, read_only(value))

    @property
    def budget_holders(self) -> tuple[str, ...]:
        """Payers of the programme's cost in the payer's budget."""
        return tuple(dict.fromkeys(line.payer for line in self.costs if line.budget))

    def single(self) -> Kernel:
        """Return the kernel with every array rounded to single precision, so that a copy in half the space is the same kernel."""
        names = ("benefits", "costs", "yardsticks")
        lines = {name: tuple(_rounded(line) for line in getattr(self, name)) for name in names}
        shared = {name: {key: _to_single(value) for key, value in getattr(self, name).items()} for name in ("theta", "logit_p0")}
        return replace(self, **lines, **shared)

    def with_theta(self, theta: Mapping[str, np.ndarray]) -> Kernel:
        """Return the kernel with the effects on some constructs exchanged, as for another prior.

        Parameters
        ----------
        theta : mapping of construct to ndarray, shape (n,)
            Log odds ratios in printed direction.

        Raises
        ------
        UsageError
            If a construct drives no pathway, or the number of draws differs.
        """
        problems = [f"no pathway is driven by {name!r}; {nearest(name, self.theta) or 'there are ' + ', '.join(self.theta)}" for name in theta if name not in self.theta]
        problems += [f"theta of {name!r} has shape {np.shape(value)}, must be ({self.count},)" for name, value in theta.items() if np.shape(value) != (self.count,)]
        if problems:
            raise UsageError("\n".join(problems))
        return replace(self, theta={**self.theta, **theta})


def read_only(array: Any) -> np.ndarray:
    """A float64 copy that cannot be written to; the array itself where nobody can write to it."""
    if isinstance(array, np.ndarray) and array.dtype == float and array.base is None and not array.flags.writeable:
        return array
    copy = np.array(array, dtype=float)
    copy.flags.writeable = False
    return copy


def _to_single(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, dtype=np.float32).astype(float)


def _rounded(line: Any) -> Any:
    return replace(line, **{name: _to_single(value) for name, value in vars(line).items() if isinstance(value, np.ndarray)})
