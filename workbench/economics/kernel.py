"""What `evaluate` works on: the kernel (all that depends on draws) and the controls (all that a reader may change).

Both are frozen. The kernel's money is already in one currency and one price year. Arrays have one entry per draw, in the
order in which the synthesis drew them, and are read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from workbench.errors import UsageError

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


def read_only(array: np.ndarray) -> np.ndarray:
    """A float64 copy that cannot be written to."""
    copy = np.array(array, dtype=float)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class Controls:
    """What a reader may change.

    Attributes
    ----------
    families : float
        Families offered the programme.
    take_up : float
        Share of them who start; scales totals only, since effects and costs are per family offered.
    children_per_family : float
    horizon : int
        Number of years counted, year 0 being the first.
    schedule : ndarray, shape (2, years) or (years,), years >= horizon
        Annual discount rates by year: standard, then health effects (one row serves for both).
    cost_per_family : float or None
        Cost per family offered, paid in year 0, in place of the kernel's cost lines.
    optimism_bias : float
        Share added to cost.
    baseline_risk : mapping of construct to float
        Risk without the programme, in place of the kernel's.

    Raises
    ------
    UsageError
        Naming every value that is out of range.
    """

    families: float
    take_up: float
    children_per_family: float
    horizon: int
    schedule: np.ndarray
    cost_per_family: float | None = None
    optimism_bias: float = 0.0
    baseline_risk: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rates = np.array(self.schedule, dtype=float)
        object.__setattr__(self, "schedule", read_only(np.vstack([rates, rates]) if rates.ndim == 1 else rates))
        object.__setattr__(self, "baseline_risk", MappingProxyType(dict(self.baseline_risk)))
        problems = _out_of_range(self)
        if problems:
            raise UsageError("\n".join(problems))


def _out_of_range(controls: Controls) -> list[str]:
    """Every control that cannot be, with the rule it breaks."""
    problems = []
    for name, low, high in (
        ("families", 0, np.inf), ("take_up", 0, 1), ("children_per_family", 0, np.inf), ("cost_per_family", 0, np.inf),
        ("optimism_bias", 0, np.inf),
    ):  # fmt: skip
        value = getattr(controls, name)
        if value is not None and not (np.isfinite(value) and low <= value <= high):
            problems.append(f"{name} = {value}: must lie between {low} and {high}" if np.isfinite(high) else f"{name} = {value}: must be {low} or more")
    for construct, risk in controls.baseline_risk.items():
        if not 0 < risk < 1:
            problems.append(f"baseline_risk.{construct} = {risk}: must lie between 0 and 1")
    rates = controls.schedule
    if not (isinstance(controls.horizon, (int, np.integer)) and controls.horizon >= 1):
        problems.append(f"horizon = {controls.horizon}: must be a whole number of years, 1 or more")
    elif rates.ndim != 2 or rates.shape[0] != len(DISCOUNT_GROUPS) or rates.shape[1] < controls.horizon:
        problems.append(f"schedule: must hold {len(DISCOUNT_GROUPS)} rows of at least {controls.horizon} annual rates, has shape {rates.shape}")
    elif not np.all(np.isfinite(rates)) or np.any(rates <= -1) or np.any(rates[:, 0] != 0):
        problems.append("schedule: rates must be finite and above -1, and year 0 is not discounted, so that its rate must be 0")
    return problems
