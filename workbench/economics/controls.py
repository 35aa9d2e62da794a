"""The controls: all that a reader may change about a kernel, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.economics.kernel import DISCOUNT_GROUPS, read_only
from workbench.errors import UsageError

# control -> lowest and highest value; None means that the control is off
_RANGES: dict[str, tuple[float, float]] = {
    "families": (0, np.inf), "take_up": (0, 1), "children_per_family": (0, np.inf), "cost_per_family": (0, np.inf), "optimism_bias": (0, np.inf),
    "deadweight": (0, 1), "payer_share": (0, 1), "set_up_cost": (0, np.inf), "training_cost": (0, np.inf), "staff_turnover": (0, np.inf),
    "supervision_cost": (0, np.inf), "support_cost": (0, np.inf),
}  # fmt: skip
_ABOVE_NOUGHT = ("half_life", "set_up_years")
_WHOLE = {"horizon": 1, "support_years": 0}  # and the fewest years
_WHOLE_AREA = ("set_up_cost", "training_cost", "supervision_cost")


@dataclass(frozen=True, eq=False)
class Controls:
    """What a reader may change; whatever is not named is neutral.

    Attributes
    ----------
    families : float
        Families offered the programme.
    take_up : float
        Share of them who start; scales totals, since effects and costs are per family offered, and spreads the costs of the whole
        area over fewer families.
    children_per_family : float
    horizon : int
        Number of years counted, year 0 being the first.
    schedule : ndarray, shape (2, years) or (years,), years >= horizon
        Annual discount rates by year: standard, then health effects (one row serves for both).
    cost_per_family : float or None
        Cost per family offered, paid in year 0, in place of the kernel's cost lines.
    optimism_bias : float
        Share added to every cost.
    baseline_risk : mapping of construct to float
        Risk without the programme, in place of the kernel's.
    half_life : float or None
        Years after which half of every benefit is left, read at mid-year; None: benefits do not fade.
    deadweight : float
        Share of a benefit that would have come about anyway; acts only where no comparison group took it off already.
    payer_share : float
        Share of the programme's cost that the first budget holder pays; others pay the rest.
    set_up_cost : float
        For the whole area, once.
    set_up_years : float
        Number of yearly groups of families who share set-up and first training.
    training_cost : float
        For the whole area, once.
    staff_turnover : float
        Share of staff replaced in a year: that share of training is paid again each year.
    supervision_cost : float
        For the whole area, a year.
    support_cost : float
        Per family offered and year, for support that goes on after the programme.
    support_years : int
        For how many years after year 0.

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
    half_life: float | None = None
    deadweight: float = 0.0
    payer_share: float = 1.0
    set_up_cost: float = 0.0
    set_up_years: float = 5.0
    training_cost: float = 0.0
    staff_turnover: float = 0.0
    supervision_cost: float = 0.0
    support_cost: float = 0.0
    support_years: int = 0

    def __post_init__(self) -> None:
        rates = np.array(self.schedule, dtype=float)
        object.__setattr__(self, "schedule", read_only(np.vstack([rates, rates]) if rates.ndim == 1 else rates))
        object.__setattr__(self, "baseline_risk", MappingProxyType(dict(self.baseline_risk)))
        problems = [*_out_of_range(self), *_schedule_problems(self)]
        if not problems and self.whole_area_cost > 0 and self.families_offered == 0:
            problems = [f"{', '.join(_WHOLE_AREA)}: a cost of the whole area cannot be spread over no family; families x take_up is 0"]
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def families_offered(self) -> float:
        """Families counted in totals: families times take-up."""
        return self.families * self.take_up

    @property
    def whole_area_cost(self) -> float:
        """Yearly cost of the whole area for set-up, training and supervision, before optimism bias."""
        again = 1 / self.set_up_years + self.staff_turnover
        return self.set_up_cost / self.set_up_years + self.training_cost * again + self.supervision_cost

    def __repr__(self) -> str:
        changed = [f"{name}={getattr(self, name):g}" for name in (*_RANGES, *_ABOVE_NOUGHT, *_WHOLE) if getattr(self, name) not in (None, 0)]
        return f"Controls({', '.join(changed)})"

    def _repr_html_(self) -> str:
        from workbench.economics.printing import controls_html

        return controls_html(self)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _out_of_range(controls: Controls) -> list[str]:
    """Every figure that cannot be, with the rule it breaks."""
    problems = []
    for name, (low, high) in _RANGES.items():
        value = getattr(controls, name)
        if value is None and name == "cost_per_family":
            continue
        if not (_is_number(value) and low <= value <= high):
            problems.append(f"{name} = {value}: must lie between {low} and {high}" if np.isfinite(high) else f"{name} = {value}: must be {low} or more")
    for name in _ABOVE_NOUGHT:
        value = getattr(controls, name)
        if not (value is None and name == "half_life") and not (_is_number(value) and value > 0):
            problems.append(f"{name} = {value}: must be more than 0 years")
    for name, fewest in _WHOLE.items():
        value = getattr(controls, name)
        if not (isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= fewest):
            problems.append(f"{name} = {value}: must be a whole number of years, {fewest} or more")
    for construct, risk in controls.baseline_risk.items():
        if not (_is_number(risk) and 0 < risk < 1):
            problems.append(f"baseline_risk.{construct} = {risk}: must lie between 0 and 1")
    return problems


def _schedule_problems(controls: Controls) -> list[str]:
    rates, horizon = controls.schedule, controls.horizon
    years = horizon if isinstance(horizon, (int, np.integer)) and horizon >= 1 else 1
    if rates.ndim != 2 or rates.shape[0] != len(DISCOUNT_GROUPS) or rates.shape[1] < years:
        return [f"schedule: must hold {len(DISCOUNT_GROUPS)} rows of at least {years} annual rates, has shape {rates.shape}"]
    if not np.all(np.isfinite(rates)) or np.any(rates <= -1) or np.any(rates[:, 0] != 0):
        return ["schedule: rates must be finite and above -1, and year 0 is not discounted, so that its rate must be 0"]
    return []
