"""Money, computed in one place: from a kernel and controls to an `Evaluation`.

A pathway's benefit in a draw is children x (p1 - p0) x value x the years for which it runs, each year times its discount
factor; p1 = expit(logit p0 + theta). Effects of controlled studies are already net of what would have happened anyway and of
families who leave early, so that nothing is taken off for either. Costs are per family offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from workbench.economics.discounting import bisect, discount_factors
from workbench.economics.kernel import STANDARD, BenefitLine, Controls, CostLine, Kernel, YardstickLine
from workbench.economics.summaries import Amount, BreakEven, YearAmount, Yardstick

if TYPE_CHECKING:
    import pandas

COST = "cost"
WIDEST_LOG_ODDS = 12.0  # beyond it a risk is 0 or 1 to five decimals: a search for a break-even effect goes no further


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
    year = np.arange(horizon)
    weights = (year == 0)[None, :].astype(float) if years is None else np.clip(years[:, None] - year, 0.0, 1.0)
    if lost is not None:
        weights = weights * np.exp(np.log1p(-lost)[:, None] * np.minimum((year + 0.5) / lost_years, 1.0))
    if onset_years == 1:
        return weights
    total = np.cumsum(weights, axis=1)
    total[:, onset_years:] -= total[:, :-onset_years].copy()
    return total / onset_years


@dataclass(frozen=True, eq=False)
class _Flow:
    """One line's money: present value by draw and mean by year, split by cash class."""

    payer: str
    societal: bool
    budget: bool
    discount: int
    parts: tuple[tuple[str, np.ndarray, np.ndarray], ...]  # cash class, present value (n,), mean by year (horizon,)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Money per family offered over the horizon, in the kernel's price year; nothing here is recomputed elsewhere.

    Attributes
    ----------
    kernel : Kernel
    controls : Controls
    valued : bool
        True if there is both a cost and at least one benefit in money; net figures are None otherwise.
    cost, benefit, npv : Amount or None
        Present values per family offered for society's total; ``benefit`` sums cashable, avoided and wider value.
    benefit_by : mapping of (payer, cash class) to Amount
        Its parts, which add up to ``benefit``.
    budget_cost : Amount or None
        Present value of what the programme costs its payer.
    cashable : Amount or None
        Present value of what becomes cash for that same payer.
    budget_benefit_by : mapping of (payer, cash class) to Amount
        The parts that count in the payer's budget.
    by_year, budget_by_year : tuple of YearAmount
        Means by year, undiscounted, for society's total and for the payer's budget.
    differences : mapping of construct to Amount
        p1 - p0.
    break_even_effects : mapping of construct to BreakEven
        Only constructs for which some effect brings the mean net present value to zero.
    yardsticks : tuple of Yardstick
    """

    kernel: Kernel
    controls: Controls
    valued: bool
    cost: Amount | None
    benefit: Amount | None
    npv: Amount | None
    benefit_by: Mapping[tuple[str, str], Amount]
    budget_cost: Amount | None
    cashable: Amount | None
    budget_benefit_by: Mapping[tuple[str, str], Amount]
    by_year: tuple[YearAmount, ...]
    budget_by_year: tuple[YearAmount, ...]
    differences: Mapping[str, Amount]
    break_even_effects: Mapping[str, BreakEven]
    yardsticks: tuple[Yardstick, ...]
    net_by_year: np.ndarray

    @property
    def families_offered(self) -> float:
        """Families counted in totals: families times take-up."""
        return self.controls.families * self.controls.take_up

    @property
    def p_npv_positive(self) -> float | None:
        """P(NPV > 0) over draws."""
        return None if self.npv is None else self.npv.probability(above=0.0)

    @cached_property
    def p_cashable_exceeds_cost(self) -> float | None:
        """P(cashable saving > cost) for the payer of the programme."""
        if not self.valued or self.cashable is None or self.budget_cost is None:
            return None
        return float(np.mean(self.cashable.draws > self.budget_cost.draws))

    @property
    def bcr(self) -> float | None:
        """Benefit-cost ratio, a ratio of means; withheld where the mean cost is not above zero."""
        if self.npv is None or self.cost is None or self.benefit is None or self.cost.mean <= 0:
            return None
        return self.benefit.mean / self.cost.mean

    @property
    def payback_year(self) -> int | None:
        """First year by whose end the discounted mean benefits so far cover the costs so far, and do so from then on."""
        if not self.valued:
            return None
        covered = np.cumsum(self.net_by_year) >= 0
        if not covered[-1]:
            return None
        short = np.flatnonzero(~covered)
        return int(short[-1]) + 1 if len(short) else 0

    @property
    def break_even_cost(self) -> float | None:
        """Present value of cost per family at which the mean net present value is zero."""
        return self.benefit.mean if self.valued and self.benefit is not None else None

    @property
    def break_even_effect(self) -> BreakEven | None:
        """The break-even effect of the first construct that has one."""
        return next(iter(self.break_even_effects.values()), None)

    @property
    def npv_per_100_children(self) -> float | None:
        """Mean net present value per 100 children."""
        if self.npv is None or self.controls.children_per_family == 0:
            return None
        return 100 * self.npv.mean / self.controls.children_per_family

    @property
    def total_npv(self) -> float | None:
        """Mean net present value of all families offered the programme."""
        return None if self.npv is None else self.npv.mean * self.families_offered

    def budget_impact(self) -> tuple[YearAmount, ...]:
        """The payer's-budget table for all families offered the programme."""
        return tuple(YearAmount(row.year, row.payer, row.cash_class, row.amount * self.families_offered) for row in self.budget_by_year)

    def frame(self) -> pandas.DataFrame:
        """The yearly table of society's total as a data frame."""
        import pandas

        return pandas.DataFrame([vars(row) for row in self.by_year], columns=["year", "payer", "cash_class", "amount"])

    def __repr__(self) -> str:
        money = f"{self.kernel.currency} {self.kernel.price_year}"
        if self.npv is None:
            return f"Evaluation(not valued; cost {self.cost}, {money})"
        return f"Evaluation(NPV per family {self.npv}, P(NPV > 0) {self.p_npv_positive:.3f}, {self.controls.horizon} years, {money})"


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
    factors = discount_factors(controls.schedule[:, : controls.horizon])
    baselines = _logit_baselines(kernel, controls)
    differences = {name: expit(base + kernel.theta[name]) - expit(base) for name, base in baselines.items()}
    runs = [_run(line, controls, factors) for line in kernel.benefits]
    benefits = [_benefit(run, differences) for run in runs]
    costs = _costs(kernel, controls, factors)
    society, budget = [[flow for flow in benefits + costs if getattr(flow, name)] for name in ("societal", "budget")]
    cost, benefit = _total(society, kernel, of_cost=True), _total(society, kernel, of_cost=False)
    valued = cost is not None and benefit is not None
    npv = benefit.draws - cost.draws if valued else None
    return Evaluation(
        kernel, controls, valued, cost, benefit, Amount(npv) if valued else None,
        benefit_by=_by_class(society), budget_cost=_total(budget, kernel, of_cost=True), cashable=_cashable(budget, kernel),
        budget_benefit_by=_by_class(budget), by_year=_by_year(society, controls.horizon), budget_by_year=_by_year(budget, controls.horizon),
        differences={name: Amount(values) for name, values in differences.items()},
        break_even_effects=_break_even(baselines, differences, runs, npv) if valued else {},
        yardsticks=tuple(_yardstick(line, cost) for line in kernel.yardsticks) if cost is not None else (),
        net_by_year=_net_by_year(society, factors),
    )  # fmt: skip


def _logit_baselines(kernel: Kernel, controls: Controls) -> dict[str, np.ndarray]:
    """Logit of p0 by construct: the reader's figure where there is one."""
    own = controls.baseline_risk
    return {name: np.full(kernel.count, logit(own[name])) if name in own else kernel.logit_p0[name] for name in kernel.theta}


@dataclass(frozen=True, eq=False)
class _Run:
    """A benefit line's timing, worked out once."""

    line: BenefitLine
    weights: np.ndarray  # (n or 1, horizon)
    per_event: np.ndarray  # (n,) money of one further event per child (or family), per family and year
    discounted: np.ndarray  # (n or 1,) years, each times its discount factor


def _run(line: BenefitLine, controls: Controls, factors: np.ndarray) -> _Run:
    weights = year_weights(controls.horizon, line.years, line.onset_years, line.lost, line.lost_years)
    units = controls.children_per_family if line.per_child else 1.0
    return _Run(line, weights, units * line.value, weights @ factors[line.discount])


def _benefit(run: _Run, differences: Mapping[str, np.ndarray]) -> _Flow:
    line = run.line
    amount = run.per_event * (1.0 if line.construct is None else differences[line.construct])
    shares = [(line.cash_class, 1.0)] if line.cashable is None else [("cashable", line.cashable), ("avoided", 1 - line.cashable)]
    parts = tuple((name, amount * share * run.discounted, _yearly(amount * share, run.weights)) for name, share in shares)
    return _Flow(line.payer, line.societal, line.budget, line.discount, parts)


def _yearly(amount: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over draws by year, undiscounted, of a yearly amount under weights."""
    return np.mean(amount) * weights[0] if len(weights) == 1 else amount @ weights / len(amount)


def _costs(kernel: Kernel, controls: Controls, factors: np.ndarray) -> list[_Flow]:
    """The kernel's costs, or the reader's own figure in their place; with optimism bias."""
    uplift = 1.0 + controls.optimism_bias
    if controls.cost_per_family is not None:
        payer = kernel.budget_holders[0] if kernel.budget_holders else "not_stated"
        own = CostLine("own", "own figure", payer, np.full(kernel.count, controls.cost_per_family), None, societal=True, budget=True)
        return [_cost(own, uplift, controls.horizon, factors)]
    return [_cost(line, uplift, controls.horizon, factors) for line in kernel.costs]


def _cost(line: CostLine, uplift: float, horizon: int, factors: np.ndarray) -> _Flow:
    amount, weights = uplift * line.value, year_weights(horizon, line.years)
    part = (COST, amount * (weights @ factors[STANDARD]), _yearly(amount, weights))
    return _Flow(line.payer, line.societal, line.budget, STANDARD, (part,))


def _total(flows: Sequence[_Flow], kernel: Kernel, of_cost: bool) -> Amount | None:
    """Sum of costs, or of benefits, by draw; None where there is none."""
    found = [present for flow in flows for name, present, _ in flow.parts if (name == COST) == of_cost]
    return Amount(np.sum(found, axis=0) * np.ones(kernel.count)) if found else None


def _cashable(flows: Sequence[_Flow], kernel: Kernel) -> Amount | None:
    """Cash released to those who pay for the programme; None where there is no such payer, zero where nothing is released."""
    payers = {flow.payer for flow in flows for name, _, _ in flow.parts if name == COST}
    if not payers:
        return None
    found = [present for flow in flows if flow.payer in payers for name, present, _ in flow.parts if name == "cashable"]
    return Amount(np.sum(found, axis=0) if found else np.zeros(kernel.count))


def _by_class(flows: Sequence[_Flow]) -> dict[tuple[str, str], Amount]:
    """Benefits by payer and cash class."""
    sums: dict[tuple[str, str], np.ndarray] = {}
    for flow in flows:
        for name, present, _ in flow.parts:
            if name != COST:
                sums[flow.payer, name] = sums.get((flow.payer, name), 0.0) + present
    return {key: Amount(values) for key, values in sums.items()}


def _by_year(flows: Sequence[_Flow], horizon: int) -> tuple[YearAmount, ...]:
    sums: dict[tuple[str, str], np.ndarray] = {}
    for flow in flows:
        for name, _, by_year in flow.parts:
            sums[flow.payer, name] = sums.get((flow.payer, name), 0.0) + by_year
    return tuple(YearAmount(year, payer, name, float(sums[payer, name][year])) for year in range(horizon) for payer, name in sums)


def _net_by_year(flows: Sequence[_Flow], factors: np.ndarray) -> np.ndarray:
    """Mean discounted benefit less cost by year, shape (horizon,)."""
    net = np.zeros(factors.shape[1])
    for flow in flows:
        for name, _, by_year in flow.parts:
            net += (-1.0 if name == COST else 1.0) * by_year * factors[flow.discount]
    return net


def _break_even(baselines: Mapping[str, np.ndarray], differences: Mapping[str, np.ndarray], runs: Sequence[_Run],
                npv: np.ndarray) -> dict[str, BreakEven]:  # fmt: skip
    """For each construct, the common effect at which the mean NPV is zero; every other draw stays as it is."""
    found = {}
    for name, base in baselines.items():
        lines = [run.per_event * run.discounted for run in runs if run.line.construct == name and run.line.societal]
        if not lines:
            continue
        slope = np.sum(lines, axis=0)
        rest = float(np.mean(npv - slope * differences[name]))
        p0 = expit(base)
        theta = bisect(lambda x: rest + float(np.mean(slope * (expit(base + x) - p0))), -WIDEST_LOG_ODDS, WIDEST_LOG_ODDS)  # noqa: B023
        if theta is not None:
            found[name] = BreakEven(name, theta, float(np.mean(expit(base + theta) - p0)))
    return found


def _yardstick(line: YardstickLine, cost: Amount) -> Yardstick:
    if line.unit_value is not None:
        value = Amount(line.unit_value)
        return Yardstick(line.pathway_id, line.name, "events", cost.mean / value.mean, Amount(cost.draws / value.draws), value, None, line.unit, line.ceiling)
    effect = Amount(line.effect)
    ratio = cost.mean / effect.mean if effect.mean > 0 else None
    by_draw = Amount(cost.draws / effect.draws) if effect.low > 0 else None
    return Yardstick(line.pathway_id, line.name, "per_unit", ratio, by_draw, None, effect, line.unit, line.ceiling)
