"""The terms on which studies and ranges are judged, read from the tables: nothing here is a figure of the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.draws import registered, uniforms
from workbench.economics.controls import Controls
from workbench.economics.decision.population import Population, StudyCost
from workbench.economics.decision.sensitivity import Range
from workbench.economics.decision.study import MONTHS
from workbench.economics.decision.trial import Remeasurement, Trial
from workbench.economics.distributions import central, is_uncertain, quantiles
from workbench.economics.kernel import Kernel
from workbench.economics.prices import Prices, price_years
from workbench.errors import AnalysisError

STUDY_ROWS = ("study.families", "study.share", "study.design-effect", "study.loss", "study.sites", "study.delay", "study.years")
COST_ROWS = ("study-fixed", "study-per-family")
BEHIND = "study.behind."
MULTIPLES = "range.benefit-multiple"
_CONTROL_ROWS = {"optimism_bias": "bias.cost", "horizon": "range.horizon", "take_up": "range.take-up", "half_life": "range.half-life"}
_COST, _RATE = "range.cost", "range.discount"
_POINTS = 6  # of the grid of multiples, its ends among them


@dataclass(frozen=True, eq=False)
class StudyTerms:
    """What a proposed study is judged on.

    Attributes
    ----------
    families : tuple of float
        Sizes considered, each twice the one before.
    share, design_effect, loss : float
    sites : tuple of float
        Numbers of places considered.
    delay, years : ndarray, shape (n,)
    cost : StudyCost
    rows : tuple of str
        ``<table>/<key>`` of every row behind them.
    """

    families: tuple[float, ...]
    share: float
    design_effect: float
    loss: float
    sites: tuple[float, ...]
    delay: np.ndarray
    years: np.ndarray
    cost: StudyCost
    rows: tuple[str, ...]

    def trials(self, construct: str, follow_up_months: float, most: float = np.inf) -> tuple[Trial, ...]:
        """One trial of each size and number of places on an outcome, none of more than `most` families."""
        sizes = [size for size in self.families if size <= most]
        return tuple(Trial(construct, size, self.share, self.design_effect, follow_up_months, self.loss, sites) for sites in self.sites for size in sizes)

    def remeasurements(self, subject: str, behind: Mapping[str, Any], most: float = np.inf) -> tuple[Remeasurement, ...]:
        """A study of each size that measures a figure again; `behind` is the row that holds the families behind it."""
        sizes = [size for size in self.families if size <= most]
        months = MONTHS * float(behind["year_to"] or 0)
        return tuple(Remeasurement(subject, size, float(behind["value"]), self.share, self.loss, months, max(self.sites)) for size in sizes)

    def population(self, families: np.ndarray, stock: bool, rates: np.ndarray) -> Population:
        """Families who could benefit, before any follow-up is added to the delay."""
        return Population(families, self.delay, self.years, rates, stock)


def study_terms(evidence: Any, kernel: Kernel) -> StudyTerms | None:
    """Read the terms; None where the workspace has no cost of a study on file.

    Raises
    ------
    AnalysisError
        If only some of the rows are there.
    """
    parameters, costs = evidence["parameters"], evidence["unit_costs"]
    if all(costs.get(key) is None for key in COST_ROWS):
        return None
    missing = [f"parameters.csv ({key})" for key in STUDY_ROWS if parameters.get(key) is None]
    missing += [f"unit_costs.csv ({key})" for key in COST_ROWS if costs.get(key) is None]
    if missing:
        raise AnalysisError(f"evidence: to value a proposed study these rows are needed too: {', '.join(missing)}")
    row = {key: parameters[key] for key in STUDY_ROWS}
    fixed, per_family = (_priced(evidence, kernel, costs[key]) for key in COST_ROWS)
    rows = tuple(f"parameters/{key}" for key in STUDY_ROWS) + tuple(f"unit_costs/{key}" for key in COST_ROWS)
    one = {key: float(central(row[f"study.{key}"])) for key in ("share", "design-effect", "loss")}
    sites = tuple(sorted({float(row["study.sites"][end]) for end in ("low", "value")}))
    varied = {key: _draws(evidence, kernel, f"parameter/study.{key}", row[f"study.{key}"]) for key in ("delay", "years")}
    return StudyTerms(_doublings(row["study.families"]), one["share"], one["design-effect"], one["loss"], sites, varied["delay"], varied["years"],
                      StudyCost(fixed, per_family), rows)  # fmt: skip


def _doublings(row: Mapping[str, Any]) -> tuple[float, ...]:
    low, high = float(row["low"]), float(row["high"])
    return tuple(low * 2.0**step for step in range(int(np.floor(np.log2(high / low) + 1e-9)) + 1))


def _draws(evidence: Any, kernel: Kernel, name: str, row: Mapping[str, Any]) -> np.ndarray:
    if not is_uncertain(row):
        return np.full(kernel.count, central(row))
    return quantiles(row, uniforms([name], kernel.count, kernel.seed, registered(evidence))[:, 0])


def _priced(evidence: Any, kernel: Kernel, row: Any) -> np.ndarray:
    """A price's draws in the kernel's currency and price year."""
    prices = Prices.from_rows(evidence["parameters"], lambda each: np.array([central(each)]))
    years = price_years(row, uniforms([f"price-year/{row.key}"], kernel.count, kernel.seed, registered(evidence))[:, 0])
    factors = {year: float(prices.convert(row["currency"], int(year), kernel.currency, kernel.price_year)[0]) for year in set(years.tolist())}
    return _draws(evidence, kernel, f"price/{row.key}", row) * np.array([factors[year] for year in years.tolist()])


def multiples(evidence: Any) -> tuple[float, ...]:
    """Multiples of the benefit's value at which acceptability is read; empty where the table has no such row."""
    row = evidence["parameters"].get(MULTIPLES)
    return () if row is None else tuple(float(value) for value in np.linspace(row["low"], row["high"], _POINTS))


def control_ranges(evidence: Any, kernel: Kernel, controls: Controls) -> tuple[Range, ...]:
    """Controls to vary, with the ranges of the table; those without a row are left out."""
    table = evidence["parameters"]
    found = []
    for name, key in _CONTROL_ROWS.items():
        row = table.get(key)
        if row is not None:
            ends = [_typed(name, row[end]) for end in ("low", "high")]
            at = [(kernel, _with(controls, name, end)) for end in ends]
            found.append(Range(name, row["name"], *ends, *at, f"parameters/{key}", row["unit"]))
    if table.get(_RATE) is not None:
        row = table[_RATE]
        at = [(kernel, replace(controls, schedule=_flat(controls.schedule, row[end]))) for end in ("low", "high")]
        found.append(Range("discount", row["name"], row["low"], row["high"], *at, f"parameters/{_RATE}", row["unit"]))
    if table.get(_COST) is not None:
        row = table[_COST]
        at = [_scaled(kernel, controls, row[end]) for end in ("low", "high")]
        found.append(Range("cost", row["name"], row["low"], row["high"], *at, f"parameters/{_COST}", row["unit"]))
    return tuple(found)


def _typed(name: str, value: float | None) -> Any:
    return int(value) if name == "horizon" and value is not None else value


def _with(controls: Controls, name: str, value: Any) -> Controls:
    """The controls with one changed; a longer horizon goes as far as the schedule is laid down."""
    return replace(controls, **{name: min(value, controls.schedule.shape[1]) if name == "horizon" else value})


def _flat(schedule: np.ndarray, rate: float) -> np.ndarray:
    """The schedule with one rate for money in every year after year 0; that of health effects stays."""
    standard = np.full(schedule.shape[1], float(rate))
    standard[0] = 0.0
    return np.vstack([standard, schedule[1]])


def _scaled(kernel: Kernel, controls: Controls, factor: float) -> tuple[Kernel, Controls]:
    """Kernel and controls with the programme's cost times a factor."""
    costs = tuple(replace(line, value=line.value * factor) for line in kernel.costs)
    own = None if controls.cost_per_family is None else controls.cost_per_family * factor
    return replace(kernel, costs=costs), replace(controls, cost_per_family=own)


def follow_up_months(evidence: Any, construct: str) -> float:
    """Follow-up at which a construct is read."""
    return float(evidence["outcomes"][construct]["horizon_months"])


def families_behind(evidence: Any, row: str | None) -> Any:
    """The parameter row that says how many families are behind a figure of another row, ``<table>/<key>``; None where there is none."""
    return None if row is None else evidence["parameters"].get(BEHIND + row.partition("/")[2])


def families_within(delay: np.ndarray, families: np.ndarray, stock: bool) -> float:
    """Families whom a study could enrol before it reports: the most that a proposed trial may have."""
    return float(np.mean(families) * (1.0 if stock else np.mean(delay)))
