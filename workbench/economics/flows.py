"""Each line of a kernel as money over the years, under a reader's controls; the arithmetic that `evaluate` adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from workbench.economics.controls import Controls
from workbench.economics.discounting import discount_factors
from workbench.economics.kernel import STANDARD, BenefitLine, CostLine, Kernel

COST = "cost"
CASH_CLASSES = ("cashable", "avoided", "wider")
NOT_STATED, OTHER_FUNDERS = "not_stated", "other_funders"  # payers that no cost row names


def year_weights(
    horizon: int, years: np.ndarray | None = None, onset_years: int = 1, lost: np.ndarray | None = None, lost_years: float = 1.0
) -> np.ndarray:
    """Return how much of an event's yearly value falls in each year.

    Parameters
    ----------
    horizon : int
        Number of years, year 0 included.
    years : ndarray, shape (n,), optional
        Years for which the value runs from the event on; None: it falls once, in the year of the event.
    onset_years : int
        Events arise evenly over this many years.
    lost : ndarray, shape (n,), optional
        Share of events undone within `lost_years`, at a constant rate read at mid-year and none after.
    lost_years : float

    Returns
    -------
    ndarray, shape (n, horizon), or (1, horizon) where nothing varies by draw
    """
    found = running(horizon, years, lost, lost_years)
    return found @ spread(horizon, onset_years)[: found.shape[1]]


def running(horizon: int, years: np.ndarray | None = None, lost: np.ndarray | None = None, lost_years: float = 1.0) -> np.ndarray:
    """Return how much of its yearly value an event of year 0 still has in each year, up to the last that any draw reaches.

    Parameters and errors as in `year_weights`; shape (n or 1, reached).
    """
    reached = 1 if years is None else min(max(int(np.ceil(np.max(years))), 1), horizon)
    weights = np.ones((1, 1)) if years is None else np.clip(years[:, None] - np.arange(reached), 0.0, 1.0)
    return weights if lost is None else weights * remaining(reached, lost, lost_years)


def spread(horizon: int, onset_years: int) -> np.ndarray:
    """Where a year of an event falls if events arise evenly over the years of onset, shape (horizon, horizon)."""
    later = np.arange(horizon)[None, :] - np.arange(horizon)[:, None]
    return ((later >= 0) & (later < onset_years)) / onset_years


def remaining(years: int, lost: np.ndarray, lost_years: float) -> np.ndarray:
    """Share of events not yet undone by year, shape (n, years)."""
    share = np.broadcast_to((1.0 - lost)[:, None], (len(lost), years)).copy()
    until = min(int(np.ceil(lost_years)), years)
    share[:, :until] = np.exp(np.log1p(-lost)[:, None] * np.minimum((np.arange(until) + 0.5) / lost_years, 1.0))
    return share


def fading(controls: Controls) -> np.ndarray:
    """Share of a benefit that is left in each year, read at mid-year, shape (horizon,)."""
    if controls.half_life is None:
        return np.ones(controls.horizon)
    return 0.5 ** ((np.arange(controls.horizon) + 0.5) / controls.half_life)


def factors(controls: Controls) -> np.ndarray:
    """Discount factors by year, standard and health, shape (2, horizon)."""
    return discount_factors(controls.schedule[:, : controls.horizon])


def logit_baselines(kernel: Kernel, controls: Controls) -> dict[str, np.ndarray]:
    """Logit of p0 by construct: the reader's figure where there is one."""
    own = controls.baseline_risk
    return {name: np.full(kernel.count, logit(own[name])) if name in own else kernel.logit_p0[name] for name in kernel.theta}


def risk_differences(kernel: Kernel, baselines: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """p1 - p0 by construct, with p1 = expit(logit p0 + theta)."""
    return {name: expit(base + kernel.theta[name]) - expit(base) for name, base in baselines.items()}


@dataclass(frozen=True, eq=False)
class Flow:
    """One line's money: present value by draw and mean by year, split by cash class.

    `slope` is the present value of one further event per child (or family), shape (n,) or (1,); None for a cost.
    """

    payer: str
    societal: bool
    budget: bool
    discount: int
    parts: tuple[tuple[str, np.ndarray, np.ndarray], ...]  # cash class, present value (n,), undiscounted mean by year (horizon,)
    slope: np.ndarray | None = None


def money_per_event(line: BenefitLine, controls: Controls) -> np.ndarray:
    """Money of one further event per child (or family), per family offered and year, shape (n,)."""
    units = controls.children_per_family if line.per_child else 1.0
    net = 1.0 if line.controlled else 1.0 - controls.deadweight
    return units * net * line.value


def benefit_flow(line: BenefitLine, controls: Controls, differences: Mapping[str, np.ndarray]) -> Flow:
    """A benefit line's money."""
    runs = running(controls.horizon, line.years, line.lost, line.lost_years)
    falls = spread(controls.horizon, line.onset_years)[: runs.shape[1]] * fading(controls)
    each, events = money_per_event(line, controls), 1.0 if line.construct is None else differences[line.construct]
    amount, slope = each * events, each * (runs @ (falls @ factors(controls)[line.discount]))
    present = slope * events
    if line.cashable is None:
        parts = [(line.cash_class, present, _yearly(amount, runs) @ falls)]
    else:
        cash, whole = _yearly(amount * line.cashable, runs) @ falls, _yearly(amount, runs) @ falls
        parts = [("cashable", present * line.cashable, cash), ("avoided", present * (1 - line.cashable), whole - cash)]
    return Flow(line.payer, line.societal, line.budget, line.discount, tuple(parts), slope)


def _yearly(amount: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over draws by year, undiscounted, of a yearly amount under weights of shape (n or 1, years)."""
    return np.mean(amount) * weights[0] if len(weights) == 1 else amount @ weights / len(amount)


def cost_flows(kernel: Kernel, controls: Controls) -> list[Flow]:
    """The kernel's costs, or the reader's own figure in their place, and what the reader adds; with optimism bias."""
    holder = kernel.budget_holders[0] if kernel.budget_holders else NOT_STATED
    lines = kernel.costs
    if controls.cost_per_family is not None:
        lines = (CostLine("own", "own figure", holder, np.array([controls.cost_per_family]), None, societal=True, budget=True),)
    flows = [cost_flow(line, controls) for line in lines]
    for amount, weights in added_costs(controls):
        flows.append(cost_flow(CostLine("added", "added by the reader", holder, np.array([amount]), None, True, True), controls, weights))
    return [part for flow in flows for part in _shared(flow, holder, controls.payer_share)]


def added_costs(controls: Controls) -> list[tuple[float, np.ndarray]]:
    """Costs per family offered that a reader adds, each with its weights by year, shape (1, horizon); before optimism bias."""
    year, found = np.arange(controls.horizon), []
    if controls.whole_area_cost > 0:
        found.append((controls.whole_area_cost / controls.families_offered, (year == 0)[None, :].astype(float)))
    if controls.support_cost > 0 and controls.support_years > 0:
        found.append((controls.support_cost, ((year >= 1) & (year <= controls.support_years))[None, :].astype(float)))
    return found


def cost_flow(line: CostLine, controls: Controls, weights: np.ndarray | None = None) -> Flow:
    """A cost's money, with optimism bias; `weights` by year, shape (1 or n, horizon), where they are not those of its years."""
    weights = year_weights(controls.horizon, line.years) if weights is None else weights
    amount = (1.0 + controls.optimism_bias) * line.value
    part = (COST, amount * (weights @ factors(controls)[STANDARD]), _yearly(amount, weights))
    return Flow(line.payer, line.societal, line.budget, STANDARD, (part,))


def _shared(flow: Flow, holder: str, own: float) -> list[Flow]:
    """A cost as it is, or as three flows where others pay a share of what falls to the first budget holder."""
    if own == 1.0 or not flow.budget or flow.payer != holder:
        return [flow]
    name, present, by_year = flow.parts[0]
    society = Flow(flow.payer, flow.societal, False, flow.discount, flow.parts)
    shares = ((holder, own), (OTHER_FUNDERS, 1.0 - own))
    return [society, *(Flow(payer, False, True, flow.discount, ((name, share * present, share * by_year),)) for payer, share in shares)]


def flow_size(flow: Flow) -> float:
    """Absolute mean present value."""
    return abs(float(np.mean(sum(present for _, present, _ in flow.parts))))
