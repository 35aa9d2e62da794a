"""Money, computed in one place: from a kernel and controls to an `Evaluation`.

A pathway's benefit in a draw is children x (p1 - p0) x value x the years for which it runs, each year times its discount
factor; p1 = expit(logit p0 + theta). Effects of controlled studies are already net of what would have happened anyway and of
families who leave early, so that nothing is taken off for either. Costs are per family offered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.economics.controls import Controls
from workbench.economics.evaluation import Evaluation
from workbench.economics.flows import COST, OTHER_FUNDERS, Flow, benefit_flow, cost_flows, factors, logit_baselines, risk_differences, year_weights
from workbench.economics.kernel import Kernel, YardstickLine
from workbench.economics.summaries import Amount, YearAmount, Yardstick

__all__ = ["Evaluation", "evaluate", "year_weights"]


def evaluate(kernel: Kernel, controls: Controls) -> Evaluation:
    """Compute costs, benefits and their differences.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls

    Returns
    -------
    Evaluation
        The same kernel and controls give the same bytes.
    """
    differences = risk_differences(kernel, logit_baselines(kernel, controls))
    benefits = [benefit_flow(line, controls, differences) for line in kernel.benefits]
    flows = benefits + cost_flows(kernel, controls)
    society, budget = [[flow for flow in flows if getattr(flow, name)] for name in ("societal", "budget")]
    cost, benefit = _total(society, kernel, of_cost=True), _total(society, kernel, of_cost=False)
    valued = cost is not None and benefit is not None
    return Evaluation(
        kernel, controls, valued, cost, benefit, Amount(benefit.draws - cost.draws) if valued else None,
        benefit_by=_by_class(society), budget_cost=_total(_own(budget), kernel, of_cost=True), cashable=_cashable(_own(budget), kernel),
        budget_benefit_by=_by_class(budget), by_year=_by_year(society, controls.horizon), budget_by_year=_by_year(budget, controls.horizon),
        differences={name: Amount(values) for name, values in differences.items()},
        yardsticks=tuple(_yardstick(line, cost) for line in kernel.yardsticks) if cost is not None else (),
        net_by_year=_net_by_year(society, factors(controls)), slopes=tuple(flow.slope for flow in benefits),
    )  # fmt: skip


def _own(flows: Sequence[Flow]) -> list[Flow]:
    """Without what other funders pay."""
    return [flow for flow in flows if flow.payer != OTHER_FUNDERS]


def _total(flows: Sequence[Flow], kernel: Kernel, of_cost: bool) -> Amount | None:
    """Sum of costs, or of benefits, by draw; None where there is none."""
    found = [present for flow in flows for name, present, _ in flow.parts if (name == COST) == of_cost]
    return Amount(sum(found) * np.ones(kernel.count)) if found else None


def _cashable(flows: Sequence[Flow], kernel: Kernel) -> Amount | None:
    """Cash released to those who pay for the programme; None where there is no such payer, zero where nothing is released."""
    payers = {flow.payer for flow in flows for name, _, _ in flow.parts if name == COST}
    if not payers:
        return None
    found = [present for flow in flows if flow.payer in payers for name, present, _ in flow.parts if name == "cashable"]
    return Amount(sum(found) * np.ones(kernel.count))


def _by_class(flows: Sequence[Flow]) -> dict[tuple[str, str], Amount]:
    """Benefits by payer and cash class."""
    sums: dict[tuple[str, str], np.ndarray] = {}
    for flow in flows:
        for name, present, _ in flow.parts:
            if name != COST:
                sums[flow.payer, name] = sums.get((flow.payer, name), 0.0) + present
    return {key: Amount(values) for key, values in sums.items()}


def _by_year(flows: Sequence[Flow], horizon: int) -> tuple[YearAmount, ...]:
    sums: dict[tuple[str, str], np.ndarray] = {}
    for flow in flows:
        for name, _, by_year in flow.parts:
            sums[flow.payer, name] = sums.get((flow.payer, name), 0.0) + by_year
    return tuple(YearAmount(year, payer, name, float(sums[payer, name][year])) for year in range(horizon) for payer, name in sums)


def _net_by_year(flows: Sequence[Flow], discount: np.ndarray) -> np.ndarray:
    """Mean discounted benefit less cost by year, shape (horizon,)."""
    net = np.zeros(discount.shape[1])
    for flow in flows:
        for name, _, by_year in flow.parts:
            net += (-1.0 if name == COST else 1.0) * by_year * discount[flow.discount]
    return net


def _yardstick(line: YardstickLine, cost: Amount) -> Yardstick:
    if line.unit_value is not None:
        value = Amount(line.unit_value)
        return Yardstick(line.pathway_id, line.name, "events", cost.mean / value.mean, Amount(cost.draws / value.draws), value, None, line.unit, line.ceiling)
    effect = Amount(line.effect)
    ratio = cost.mean / effect.mean if effect.mean > 0 else None
    by_draw = Amount(cost.draws / effect.draws) if effect.low > 0 else None
    return Yardstick(line.pathway_id, line.name, "per_unit", ratio, by_draw, None, effect, line.unit, line.ceiling)
