"""`Evaluation`: money per family offered under given controls, with what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.economics.breakeven import break_even_effects, break_even_take_up, break_even_years
from workbench.economics.controls import Controls
from workbench.economics.flows import CASH_CLASSES
from workbench.economics.kernel import Kernel
from workbench.economics.printing import evaluation_html
from workbench.economics.summaries import Amount, BreakEven, YearAmount, Yardstick, shifted

if TYPE_CHECKING:
    import pandas


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
        Present value of what the programme costs those who hold its budget, without the share of other funders.
    cashable : Amount or None
        Present value of what becomes cash for those same payers.
    budget_benefit_by : mapping of (payer, cash class) to Amount
        The parts that count in the payer's budget.
    by_year, budget_by_year : tuple of YearAmount
        Means by year, undiscounted, for society's total and for the payer's budget.
    differences : mapping of construct to Amount
        p1 - p0.
    yardsticks : tuple of Yardstick
    net_by_year : ndarray, shape (horizon,)
        Mean discounted benefit less cost by year, for society's total.
    slopes : tuple of ndarray, shape (n,)
        Present value of one further event (or of the quantity) of each of the kernel's benefit lines, per family offered.
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
    yardsticks: tuple[Yardstick, ...]
    net_by_year: np.ndarray
    slopes: tuple[np.ndarray, ...] = ()

    @property
    def families_offered(self) -> float:
        """Families counted in totals: families times take-up."""
        return self.controls.families_offered

    @cached_property
    def benefit_by_class(self) -> Mapping[str, Amount]:
        """The total of benefits, kind of money by kind: ``cashable``, ``avoided``, ``wider``; over all payers."""
        found = {}
        for name in CASH_CLASSES:
            parts = [amount.draws for (_, kind), amount in self.benefit_by.items() if kind == name]
            if parts:
                found[name] = Amount(np.sum(parts, axis=0))
        return found

    @property
    def p_npv_positive(self) -> float | None:
        """P(NPV > 0) over draws."""
        return None if self.npv is None else self.npv.probability(above=0.0)

    @cached_property
    def budget_npv(self) -> Amount | None:
        """Net cash of those who hold the budget: what becomes cash for them less what they pay; cost avoided is not in it."""
        if not self.valued or self.cashable is None or self.budget_cost is None:
            return None
        return Amount(self.cashable.draws - self.budget_cost.draws)

    @property
    def p_cashable_exceeds_cost(self) -> float | None:
        """P(cashable saving > cost) for the payer of the programme."""
        return None if self.budget_npv is None else self.budget_npv.probability(above=0.0)

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

    @cached_property
    def break_even_effects(self) -> Mapping[str, BreakEven]:
        """By construct, the effect at which the mean net present value is zero; only constructs for which there is one."""
        return {} if self.npv is None else break_even_effects(self.kernel, self.controls, self.npv.draws, self.slopes)

    @property
    def break_even_effect(self) -> BreakEven | None:
        """The break-even effect of the first construct that has one."""
        return next(iter(self.break_even_effects.values()), None)

    @cached_property
    def break_even_years(self) -> float | None:
        """How many times as long as assumed every benefit must last for a mean net present value of zero."""
        return None if self.npv is None else break_even_years(self.kernel, self.controls, self.npv.draws)

    @property
    def break_even_take_up(self) -> float | None:
        """Take-up at which the mean net present value is zero; None where take-up does not decide."""
        return None if self.npv is None else break_even_take_up(self.controls, self.npv.draws)

    @cached_property
    def per_100_children(self) -> Amount | None:
        """Net present value per 100 children."""
        children = self.controls.children_per_family
        return None if self.npv is None or children == 0 else Amount(100 * self.npv.draws / children)

    @property
    def total_npv(self) -> float | None:
        """Mean net present value of all families offered the programme."""
        return None if self.npv is None else self.npv.mean * self.families_offered

    def budget_impact(self, cohorts: int = 1) -> tuple[YearAmount, ...]:
        """Return the payer's-budget table for all families offered the programme.

        Parameters
        ----------
        cohorts : int
            How many years in a row as many families are offered it again; each group is followed over the horizon.

        Returns
        -------
        tuple of YearAmount
            Undiscounted, for the years 0 to horizon + cohorts - 2.

        Raises
        ------
        UsageError
            If `cohorts` is not a whole number of 1 or more.
        """
        return shifted(self.budget_by_year, self.families_offered, cohorts)

    def frame(self) -> pandas.DataFrame:
        """The yearly table of society's total as a data frame."""
        import pandas

        return pandas.DataFrame([vars(row) for row in self.by_year], columns=["year", "payer", "cash_class", "amount"])

    def __repr__(self) -> str:
        money = f"{self.kernel.currency} {self.kernel.price_year}"
        if self.npv is None:
            return f"Evaluation(not valued; cost {self.cost}, {money})"
        return f"Evaluation(NPV per family {self.npv}, P(NPV > 0) {self.p_npv_positive:.3f}, {self.controls.horizon} years, {money})"

    def _repr_html_(self) -> str:
        return evaluation_html(self)
