"""From rows to a kernel: which pathways are valued, with which draws, at which prices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import logit

from workbench.baselines import BaselineRisk, baseline_risk
from workbench.draws import registered, uniforms
from workbench.economics.distributions import central, is_uncertain, quantiles
from workbench.economics.kernel import DISCOUNT_GROUPS, BenefitLine, CostLine, Kernel, YardstickLine
from workbench.economics.prices import Prices, possible_years, price_years
from workbench.errors import AnalysisError

DAYS_A_YEAR = 365.25
_PERIODS = {"week": DAYS_A_YEAR / 7, "month": 12.0, "day": DAYS_A_YEAR, "year": 1.0}  # the calendar: periods in a year
OR = "OR"
_UNCONTROLLED = "before_after"  # the design of a study without a comparison group


class Unvalued(Exception):
    """A pathway that cannot be valued, with the reason as a sentence; caught where the kernel is assembled."""


@dataclass(frozen=True, eq=False)
class Priced:
    """A price row carried to the price year.

    Attributes
    ----------
    row : Row
        Of ``unit_costs.csv`` or ``programme_costs.csv``.
    draws : ndarray, shape (n,)
        In the kernel's currency and price year, per the row's own unit.
    central : float
        The printed figure (or the middle of the printed range) carried there in the row's own price year.
    """

    row: Any
    draws: np.ndarray
    central: float


@dataclass(eq=False)
class Builder:
    """Assembles a kernel and remembers which rows each pathway used.

    Attributes
    ----------
    evidence : EvidenceBase
    programme : Row
    draws : mapping of outcome or construct to Draws
    count, seed, price_year : int
    currency : str
    own_risks : mapping of construct to float
    baselines : mapping of construct to BaselineRisk
        In place of the table's.
    stand_ins : mapping of unit_cost_id to Row
        Prices used in place of the national ones, such as the area's own.
    assumed : mapping of parameter_id to float
        The reader's figures in place of the table's, the same in every draw.
    used : mapping of pathway to list of Row
    """

    evidence: Any
    programme: Any
    draws: Mapping[str, Any]
    count: int
    seed: int
    price_year: int
    currency: str
    own_risks: Mapping[str, float]
    baselines: Mapping[str, BaselineRisk]
    stand_ins: Mapping[str, Any] = field(default_factory=dict)
    assumed: Mapping[str, float] = field(default_factory=dict)
    used: dict[str, list[Any]] = field(default_factory=dict)
    priced: dict[str, Priced] = field(default_factory=dict)
    _points: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dimensions = registered(self.evidence)
        self.prices = Prices.from_rows(self.evidence["parameters"], self.quantity)

    # -- quantities ------------------------------------------------------------------------------------------------------
    def points(self, name: str) -> np.ndarray:
        """This quantity's own points in (0, 1), shape (n,)."""
        if name not in self._points:
            self._points[name] = uniforms([name], self.count, self.seed, self.dimensions)[:, 0]
        return self._points[name]

    def quantity(self, row: Mapping[str, Any]) -> np.ndarray:
        """A parameter's draws, shape (n,), or (1,) where it does not vary."""
        if row["parameter_id"] in self.assumed:
            return np.array([float(self.assumed[row["parameter_id"]])])
        if not is_uncertain(row):
            return np.array([central(row)])
        return quantiles(row, self.points(f"parameter/{row['parameter_id']}"))

    def parameter(self, pathway: Any, column: str) -> np.ndarray | None:
        """Draws, shape (n,), of the parameter that a pathway names in a column; None where it names none."""
        if pathway[column] is None:
            return None
        row = self.evidence["parameters"][pathway[column]]
        self.used[pathway["pathway_id"]].append(row)
        return np.broadcast_to(self.quantity(row), (self.count,))

    def price(self, pathway: Any, row: Any, kind: str) -> np.ndarray:
        """A price's draws in the target currency and year, shape (n,).

        Raises
        ------
        Unvalued
            If the row has neither a price year nor a stated way to one.
        """
        years = possible_years(row)
        if not years:
            raise Unvalued(f"“{row['name']}” has no price year and no stated way to one, so that it is not valued.")
        used = self.used[pathway["pathway_id"]]
        used.append(row)
        for year in years:
            used += [each for each in self.prices.rows_used(row["currency"], year, self.currency, self.price_year) if each not in used]
        if row.key not in self.priced:
            self.priced[row.key] = self.carry(row, kind, years)
        return self.priced[row.key].draws

    def carry(self, row: Any, kind: str, years: Sequence[int]) -> Priced:
        """A price row's draws in the target currency and year, given the price years that it may have."""
        figure = quantiles(row, self.points(f"{kind}/{row.key}")) if is_uncertain(row) else np.array([central(row)])
        factors = np.array([np.broadcast_to(self.prices.convert(row["currency"], year, self.currency, self.price_year), (self.count,)) for year in years])
        picked = price_years(row, self.points(f"price-year/{row.key}")) if len(years) > 1 else np.array(years)
        draws = figure * factors[np.broadcast_to(picked - years[0], (self.count,)), np.arange(self.count)]
        own = years.index(row["price_year"]) if row["price_year"] in years else 0
        return Priced(row, draws, central(row) * float(np.mean(factors[own])))

    # -- effects and baselines -------------------------------------------------------------------------------------------
    def outcome_of(self, construct: str) -> Any:
        """Row of ``outcomes.csv``."""
        return self.evidence["outcomes"][construct]

    def drawn(self, construct: str) -> Any:
        """The synthesis' draws for a construct, found by construct or by outcome; None where there are none."""
        outcome = self.outcome_of(construct)["outcome_id"]
        found = self.draws.get(construct, self.draws.get(outcome))
        named = getattr(found, "construct", None)
        return None if found is None or named not in (None, construct) else found

    def theta(self, pathway: Any) -> np.ndarray:
        """Log odds ratio in printed direction, in the order drawn."""
        construct = pathway["construct"]
        found = self.drawn(construct)
        if found is None:
            raise Unvalued(f"No effect on “{self.outcome_of(construct)['name']}” was estimated, so that “{pathway['name']}” is not valued.")
        if found.measure != OR:
            raise AnalysisError(f"pathway {pathway['pathway_id']!r} needs log odds ratios for {construct!r}; the draws are {found.measure}")
        theta = np.asarray(found.raw, dtype=float)
        if not np.isfinite(theta).all():
            raise AnalysisError(f"pathway {pathway['pathway_id']!r}: {int((~np.isfinite(theta)).sum())} of the {theta.size} draws for {construct!r} are not finite numbers")
        return theta

    def controlled(self, pathway: Any) -> bool:
        """False if a study behind a pathway's effect had no comparison group."""
        if pathway["kind"] == "event":
            effects = getattr(getattr(self.drawn(pathway["construct"]), "parent", None), "effects", None)
            studies = [self.evidence["studies"][row["study_id"]] for row in getattr(effects, "rows", ())]
        else:
            cite = self.evidence["parameters"][_named(pathway, "quantity_id")]["cite"]
            studies = [] if cite is None else list(self.evidence["studies"].where(cite=cite))
        return all(study["design"] != _UNCONTROLLED for study in studies)

    def logit_p0(self, pathway: Any) -> np.ndarray:
        """Logit of the risk without the programme, shape (n,)."""
        construct = pathway["construct"]
        if construct in self.own_risks:
            return np.full(self.count, logit(self.own_risks[construct]))
        risk = self.baselines.get(construct) or baseline_risk(self.evidence, construct, self.programme["family"])
        if risk is None:
            raise Unvalued(f"No risk without the programme is known for “{self.outcome_of(construct)['name']}”, so that “{pathway['name']}” is not valued.")
        self.used[pathway["pathway_id"]] += list(risk.rows)
        return logit(risk.draws(self.count, self.seed, self.dimensions))

    # -- lines -----------------------------------------------------------------------------------------------------------
    def begin(self, pathway: Any) -> dict[str, Any]:
        """What every line takes from its pathway."""
        self.used[pathway["pathway_id"]] = []
        perspective = pathway["perspective"]
        return {
            "pathway_id": pathway["pathway_id"], "name": pathway["name"], "payer": pathway["payer"],
            "societal": perspective in ("societal", "both"), "budget": perspective in ("payer_budget", "both"),
        }  # fmt: skip

    def benefit(self, pathway: Any) -> BenefitLine:
        """An active event or quantity pathway as a line of the kernel."""
        common = self.begin(pathway)
        named = _named(pathway, "unit_cost_id")
        row = self.stand_ins.get(named) or self.evidence["unit_costs"][named]
        value = self.price(pathway, row, "price")
        years = self.parameter(pathway, "duration_id")
        periods = periods_a_year(row["unit"])
        if (periods is None) != (years is None):
            raise AnalysisError(f"evidence/pathways.csv ({pathway['pathway_id']}): a value {row['unit']!r} and duration_id {pathway['duration_id']!r} do not go together")
        share = self.parameter(pathway, "share_id")
        quantity = self.parameter(pathway, "quantity_id")
        sign = 1.0 if pathway["event_sign"] == "saving" else -1.0
        for factor in (share, quantity):
            value = value if factor is None else value * factor
        lost = self.parameter(pathway, "decay_id")
        return BenefitLine(
            **common, construct=pathway["construct"] if pathway["kind"] == "event" else None, per_child=pathway["per"] == "child",
            value=sign * value * (periods or 1.0), years=years, onset_years=int(pathway["onset_years"] or 1), lost=lost,
            lost_years=1.0 if lost is None else float(self.evidence["parameters"][pathway["decay_id"]]["year_to"]),
            cashable=self.parameter(pathway, "cashable_id"), cash_class=None if pathway["cashable_id"] else _named(pathway, "cash_class"),
            discount=DISCOUNT_GROUPS.index(pathway["discount"]), controlled=self.controlled(pathway),
        )  # fmt: skip

    def cost(self, pathway: Any) -> CostLine:
        """An active cost pathway as a line of the kernel; its payer is that of the cost row."""
        common = self.begin(pathway)
        row = self.evidence["programme_costs"][_named(pathway, "cost_id")]
        value = self.price(pathway, row, "cost")
        years = self.parameter(pathway, "duration_id")
        if row["years"] is None and years is not None:
            raise AnalysisError(f"evidence/pathways.csv ({pathway['pathway_id']}): duration_id needs a cost by the year; fill years in programme_costs.csv ({row.key})")
        if row["years"] is not None:
            value = value / row["years"]
            years = np.full(self.count, float(row["years"])) if years is None else years
        return CostLine(**{**common, "payer": row["payer"]}, value=value, years=years)

    def yardstick(self, pathway: Any) -> YardstickLine:
        """A break-even pathway: events that would repay the cost, or cost per unit of an outcome."""
        self.begin(pathway)
        if pathway["unit_cost_id"] is not None:
            row = self.evidence["unit_costs"][pathway["unit_cost_id"]]
            return YardstickLine(pathway["pathway_id"], pathway["name"], self.price(pathway, row, "price"), None, row["unit"], bool(row["ceiling"]))
        construct = _named(pathway, "construct")
        found = self.drawn(construct)
        if found is None:
            raise Unvalued(f"No effect on “{self.outcome_of(construct)['name']}” was estimated, so that there is no cost per unit of it.")
        scales = [row for row in self.evidence["baselines"].where(construct=construct, kind="scale") if row["family"] in (None, self.programme["family"])]
        if not scales or found.measure != "SMD":
            return YardstickLine(pathway["pathway_id"], pathway["name"], None, np.asarray(found.values), found.measure, False)
        self.used[pathway["pathway_id"]].append(scales[0])
        return YardstickLine(pathway["pathway_id"], pathway["name"], None, np.asarray(found.values) * scales[0]["scale_sd"], scales[0]["scale_name"], False)


def _named(pathway: Any, column: str) -> Any:
    if pathway[column] is None:
        raise AnalysisError(f"evidence/pathways.csv ({pathway['pathway_id']}): {column} is needed for an active {pathway['kind']} pathway")
    return pathway[column]


def periods_a_year(unit: str) -> float | None:
    """Periods in a year of a unit such as 'per child per week'; None for a value that falls once."""
    found = re.search(r"\bper (week|month|day|year)$", unit.strip())
    return _PERIODS[found.group(1)] if found else None


def kernel_from(builder: Builder, pathways: Sequence[Any], problems: Sequence[str] = ()) -> tuple[Kernel, tuple[tuple[Any, str], ...]]:
    """Build the kernel.

    Parameters
    ----------
    builder : Builder
    pathways : sequence of Row
        The programme's pathways.
    problems : sequence of str
        What is known to be wrong already, to be told with the rest.

    Returns
    -------
    Kernel
        In single precision, so that a briefing's own copy is the same kernel.
    tuple of (Row, str)
        Pathways that should count but cannot be valued, each with the reason as a sentence.

    Raises
    ------
    AnalysisError
        Naming what is wrong with every pathway at once.
    """
    benefits, costs, yardsticks, unvalued, wrong = [], [], [], [], list(problems)
    theta: dict[str, np.ndarray] = {}
    logit_p0: dict[str, np.ndarray] = {}
    for pathway in pathways:
        try:
            if pathway["active"] and pathway["kind"] == "cost":
                costs.append(builder.cost(pathway))
            elif pathway["active"]:
                line = builder.benefit(pathway)
                if line.construct is not None:
                    effect, base = builder.theta(pathway), builder.logit_p0(pathway)
                    theta[line.construct], logit_p0[line.construct] = effect, base
                benefits.append(line)
            elif pathway["break_even"]:
                yardsticks.append(builder.yardstick(pathway))
        except Unvalued as reason:
            builder.used.pop(pathway["pathway_id"], None)
            unvalued.append((pathway, str(reason)))
        except AnalysisError as problem:
            wrong.append(str(problem))
    if wrong:
        raise AnalysisError("\n".join(dict.fromkeys(wrong)))
    kernel = Kernel(builder.count, builder.seed, builder.currency, builder.price_year, theta, logit_p0, tuple(benefits), tuple(costs), tuple(yardsticks))
    return kernel.single(), tuple(unvalued)
