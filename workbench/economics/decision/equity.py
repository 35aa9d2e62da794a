"""Distributional weights as a named scenario: a pound to a poorer family counts for more; unweighted always stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from workbench.economics.evaluation import Evaluation
from workbench.economics.summaries import Amount
from workbench.errors import AnalysisError

ELASTICITY, MEDIAN, GROUP, PAYER = "weight.elasticity", "weight.income.median", "weight.income.", "rule.weight-payer"


@dataclass(frozen=True)
class EquityScenario:
    """Weights by income.

    Attributes
    ----------
    name : str
        Group of families, in words.
    income, median : float
        Its median income and that of all households, in the same prices.
    elasticity : float
        Of the marginal utility of income.
    payers : tuple of str
        Payer codes whose flows fall to these families; all other flows count once.
    rows : tuple of str
        ``<table>/<key>`` of the rows behind it.
    """

    name: str
    income: float
    median: float
    elasticity: float
    payers: tuple[str, ...]
    rows: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """Worth of a pound to these families, in pounds to a household of median income: (median / income) ^ elasticity.

        HM Treasury, The Green Book, annex A3, practical steps for welfare weights.
        """
        return float((self.median / self.income) ** self.elasticity)


@dataclass(frozen=True, eq=False)
class Weighted:
    """A net present value without and with weights.

    Attributes
    ----------
    scenario : EquityScenario
    unweighted, weighted : Amount
        Net present value per family.
    to_families : Amount or None
        The part that is weighted; None where nothing falls to families, so that the two are the same.
    """

    scenario: EquityScenario
    unweighted: Amount
    weighted: Amount
    to_families: Amount | None

    def __repr__(self) -> str:
        sums = f"NPV {self.unweighted.mean:,.0f} unweighted, {self.weighted.mean:,.0f} weighted"
        return f"Weighted({self.scenario.name}, weight {self.scenario.weight:.2f}: {sums})"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>"


def equity_scenarios(evidence: Any) -> tuple[EquityScenario, ...]:
    """Read the scenarios of the parameters table: one for each income of a group.

    Raises
    ------
    AnalysisError
        If the elasticity, the median income or the payer is missing while there is a group.
    """
    table = evidence["parameters"]
    groups = [row for row in table.rows if row["parameter_id"].startswith(GROUP) and row["parameter_id"] != MEDIAN]
    missing = [name for name in (ELASTICITY, MEDIAN, PAYER) if table.get(name) is None]
    if groups and missing:
        raise AnalysisError(f"evidence/parameters.csv: distributional weights need the rows {', '.join(missing)}; add them")
    if not groups:
        return ()
    shared = (ELASTICITY, MEDIAN, PAYER)
    return tuple(
        EquityScenario(row["name"], row["value"], table[MEDIAN]["value"], table[ELASTICITY]["value"], (table[PAYER]["schedule"],),
                       tuple(f"parameters/{name}" for name in (row["parameter_id"], *shared)))
        for row in groups
    )  # fmt: skip


def weighted(evaluation: Evaluation, scenario: EquityScenario) -> Weighted:
    """Weight what falls to families; what falls to public budgets, the programme's cost among it, counts once.

    Parameters
    ----------
    evaluation : Evaluation
    scenario : EquityScenario

    Raises
    ------
    AnalysisError
        If there is no net present value, or families pay for the programme, which no weight here is meant for.
    """
    if evaluation.npv is None:
        raise AnalysisError("there is no net present value to weight")
    if any(line.payer in scenario.payers for line in evaluation.kernel.costs if line.societal):
        raise AnalysisError("families pay part of the programme's cost; weights of costs are not provided for")
    found = [amount.draws for (payer, _), amount in evaluation.benefit_by.items() if payer in scenario.payers]
    if not found:
        return Weighted(scenario, evaluation.npv, evaluation.npv, None)
    to_families = np.sum(found, axis=0)
    return Weighted(scenario, evaluation.npv, Amount(evaluation.npv.draws + (scenario.weight - 1) * to_families), Amount(to_families))
