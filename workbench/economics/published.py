"""Other analyses beside ours: their figure in our prices, their own arithmetic repeated with our model, and ours.

Nothing is tuned to agree. Where their inputs are printed, a kernel of those inputs alone goes through `evaluate`, the same function that
computes our money, so that a difference in arithmetic cannot hide behind a difference in evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.draws import registered, uniforms
from workbench.economics.controls import Controls
from workbench.economics.distributions import central, is_uncertain, quantiles
from workbench.economics.evaluate import evaluate
from workbench.economics.evaluation import Evaluation
from workbench.economics.kernel import BenefitLine, CostLine, Kernel
from workbench.economics.prices import Prices, possible_years
from workbench.economics.settings import default

MONEY = ("benefit", "net_benefit", "cost_per_outcome")
_THEIRS, _NO_PAYER = "theirs", "not_stated"


@dataclass(frozen=True, eq=False)
class Comparison:
    """One published result beside ours.

    Attributes
    ----------
    row : Row
        Of ``comparisons.csv``: what is compared, and why the two differ.
    result : Row
        Of ``published_results.csv``: their figure in their terms.
    theirs : float or None
        For one family; money in our currency and price year.
    ours : float or None
        Ours in the same terms; None where we have no such figure.
    repeated : float or None
        Their figure in their own terms, worked out again from their own inputs.
    printed : float or None
        Their figure as printed, in their own terms.
    valued : bool
        False where their money has no price year or no parity and so cannot be carried to ours.
    """

    row: Any
    result: Any
    theirs: float | None
    ours: float | None
    repeated: float | None
    printed: float | None
    valued: bool

    @property
    def difference(self) -> float | None:
        """Ours less theirs; None where one is missing."""
        return None if self.ours is None or self.theirs is None else self.ours - self.theirs

    @property
    def ratio(self) -> float | None:
        """Ours over theirs, where both are above zero."""
        return self.ours / self.theirs if self.ours is not None and self.theirs is not None and self.ours > 0 < self.theirs else None

    @property
    def misfit(self) -> float | None:
        """What repeating their arithmetic leaves over, as a share of the printed figure."""
        return None if self.repeated is None or not self.printed else (self.repeated - self.printed) / abs(self.printed)


def compare(evidence: Any, appraisal: Any, count: int | None = None, seed: int | None = None) -> tuple[Comparison, ...]:
    """Set every comparable published result beside an appraisal.

    Parameters
    ----------
    evidence : EvidenceBase
    appraisal : Appraisal
    count, seed : int, optional
        Of the draws for what their inputs state with an interval; the tables' defaults unless given.

    Returns
    -------
    tuple of Comparison
        Empty where the workspace has no table ``comparisons``, or no row for the programme.
    """
    if "comparisons" not in evidence.tables:
        return ()
    count = int(default(evidence, "rule.draws")) if count is None else count
    seed = int(default(evidence, "rule.seed")) if seed is None else seed
    prices = Prices.from_rows(evidence["parameters"], lambda row: np.array([central(row)]))
    return tuple(_compare(evidence, appraisal, row, prices, count, seed) for row in evidence["comparisons"].where(programme_id=appraisal.programme_id))


def _compare(evidence: Any, appraisal: Any, row: Any, prices: Prices, count: int, seed: int) -> Comparison:
    result = evidence["published_results"][row["result_id"]]
    printed = _printed(result)
    theirs, valued = printed, True
    if printed is not None and result["kind"] in MONEY:
        factor = _factor(prices, result, appraisal.kernel.currency, appraisal.kernel.price_year)
        theirs, valued = (None, False) if factor is None else (printed * factor / row["per"], True)
    return Comparison(row, result, theirs, our_figure(appraisal.evaluation, row["ours"]), repeat(evidence, row, count, seed), printed, valued)


def _printed(result: Any) -> float | None:
    """The printed figure, or the middle of the printed range."""
    if result["value"] is not None:
        return float(result["value"])
    ends = [result[name] for name in ("low", "high") if result[name] is not None]
    return float(np.mean(ends)) if ends else None


def _factor(prices: Prices, result: Any, currency: str, price_year: int) -> float | None:
    """Own deflator to the price year, then parity once; the mean over the years where only a range of years is known."""
    years = possible_years(result)
    if not years or result["currency"] is None:
        return None
    return float(np.mean([prices.convert(result["currency"], year, currency, price_year) for year in years]))


def our_figure(evaluation: Evaluation, name: str) -> float | None:
    """Our figure of the kind that a comparison names, per family offered; None where there is none."""
    if name == "net_ratio":
        return None if evaluation.bcr is None else evaluation.bcr - 1
    found = {"ratio": evaluation.bcr, "probability": evaluation.p_npv_positive, "benefit": evaluation.benefit, "net_benefit": evaluation.npv}.get(name)
    return getattr(found, "mean", found)


# -- their own arithmetic ----------------------------------------------------------------------------------------------------
def repeat(evidence: Any, row: Any, count: int, seed: int) -> float | None:
    """Work out a published result again from its own inputs; None where the table names none.

    Parameters
    ----------
    evidence : EvidenceBase
    row : Row
        Of ``comparisons.csv``.
    count, seed : int
        Of the draws.

    Returns
    -------
    float or None
        In the terms in which the result is printed.
    """
    if row["cost_input"] is None:
        return None
    cost = _input(evidence, row["cost_input"], count, seed)
    if row["ours"] == "cost_per_outcome":
        return float(np.mean(cost)) / row["factor"]
    benefit = np.full(count, 1.0 if row["factor"] is None else row["factor"])
    for column in ("benefit_input", "quantity_input"):
        if row[column] is not None:
            benefit = benefit * _input(evidence, row[column], count, seed)
    evaluation = evaluate(one_off_kernel(benefit, cost, seed), _plain_controls())
    found = our_figure(evaluation, row["ours"])
    return found if found is None or row["ours"] not in MONEY else found * row["per"]


def _input(evidence: Any, name: str, count: int, seed: int) -> np.ndarray:
    """Draws, shape (n,), of a row named table/key, from its own points."""
    table, _, key = name.partition("/")
    row = evidence[table][key]
    if not is_stated(row):
        return np.full(count, float(row["value"]))
    points = uniforms([f"{_POINTS.get(table, table)}/{key}"], count, seed, registered(evidence))[:, 0]
    return quantiles(row, points)


#: Names under which the Sobol dimensions of a table's rows are registered.
_POINTS = {"programme_costs": "cost", "unit_costs": "price", "parameters": "parameter"}


def is_stated(row: Any) -> bool:
    """True if a row states how its figure varies and has a central value to vary about."""
    return "distribution" in row and row["distribution"] == "normal" and is_uncertain(row)


def one_off_kernel(benefit: np.ndarray, cost: np.ndarray, seed: int) -> Kernel:
    """A kernel of one benefit and one cost that both fall in year 0: present values as others print them, shape (n,) each."""
    line = BenefitLine(pathway_id=_THEIRS, name=_THEIRS, construct=None, per_child=False, value=benefit, years=None, onset_years=1, lost=None, lost_years=1.0,
                       cashable=None, cash_class="wider", payer=_NO_PAYER, discount=0, societal=True, budget=True)  # fmt: skip
    spent = CostLine(_THEIRS, _THEIRS, _NO_PAYER, cost, None, societal=True, budget=True)
    return Kernel(len(benefit), seed, "", 0, {}, {}, (line,), (spent,))


def _plain_controls() -> Controls:
    """One family, one year, no discounting."""
    return Controls(families=1.0, take_up=1.0, children_per_family=1.0, horizon=1, schedule=np.zeros((2, 1)))
