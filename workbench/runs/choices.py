"""What a page needs so that its reader may choose for herself: the kernel at each stop between sceptic and enthusiast, and the discount schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.economics import appraise
from workbench.economics.breakeven import WIDEST_LOG_ODDS
from workbench.economics.discounting import annual_rates, bands_in_force
from workbench.economics.flows import CASH_CLASSES, COST, NOT_STATED, OTHER_FUNDERS
from workbench.economics.settings import default
from workbench.economics.summaries import LEVELS
from workbench.errors import AnalysisError
from workbench.runs.parameters import PARAMETERS
from workbench.synthesis.answers.stances import chances, under
from workbench.synthesis.answers.words import EVEN_ODDS

#: What `evaluate` knows and a page must be told: the limits of intervals and searches, and the codes of payers and classes.
CONSTANTS: Mapping[str, Any] = {
    "levels": LEVELS, "widest": WIDEST_LOG_ODDS,
    "codes": {"cost": COST, "not_stated": NOT_STATED, "other_funders": OTHER_FUNDERS, **{name: name for name in CASH_CLASSES}},
}  # fmt: skip
OWN = "own"  # the stop of an analysis whose set of priors is none of the stops


@dataclass(frozen=True, eq=False)
class Stop:
    """The analysis under one set of priors.

    Attributes
    ----------
    name : str
        Set of ``priors.csv``.
    headlines : mapping of construct to Headline
        The short answer's outcomes and those that drive money, as far as they have an answer.
    kernel : Kernel
    """

    name: str
    headlines: Mapping[str, Any]
    kernel: Any


@dataclass(frozen=True, eq=False)
class Choices:
    """Stops in order, the one that the analysis itself used, and annual rates by schedule.

    Attributes
    ----------
    stops : tuple of Stop
    start : str
        Name of the analysis' own stop.
    schedules : mapping of str to ndarray, shape (2, years)
        Standard and health rates; years as far as both are laid down.
    schedule : str
        The analysis' own schedule.
    command : str
        The command line that built the briefing, without what was set.
    chances : callable
        Probabilities of benefit and harm of a headline at some known risks.
    even_odds : float
        Probability from which a claim is made.
    constants : mapping
    limits : mapping of str to (float, float)
        Lowest and highest value that the command line takes, by parameter.
    """

    stops: tuple[Stop, ...]
    start: str
    schedules: Mapping[str, np.ndarray]
    schedule: str
    command: str
    chances: Callable[[Any, np.ndarray], tuple[np.ndarray, np.ndarray]] = chances
    even_odds: float = EVEN_ODDS
    constants: Mapping[str, Any] = field(default_factory=lambda: CONSTANTS)
    limits: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {item.name: (item.minimum, item.maximum) for item in PARAMETERS if item.minimum is not None and item.maximum is not None}
    )


def choices(analysis: Any, stops: Sequence[str], years: int) -> Choices:
    """Refit an analysis at every stop and read the discount schedules.

    Parameters
    ----------
    analysis : Analysis
    stops : sequence of str
        Sets of ``priors.csv`` from sceptic to enthusiast; one that the table does not hold is left out.
    years : int
        The longest horizon that a reader may ask for.
    """
    known = {row["set"] for row in analysis.evidence["priors"].rows}
    own = analysis.parameters.get("prior", "default")
    names = [name for name in stops if name in known]
    start = own if own in names else OWN
    wanted = _constructs(analysis)
    found = [_own_stop(analysis, wanted, start) if name == start else _stop(analysis, wanted, name) for name in names]
    if start == OWN:
        found.insert(0, _own_stop(analysis, wanted, start))
    used = analysis.parameters.get("schedule") or default(analysis.evidence, "rule.schedule.standard", "schedule")
    command = f"workbench brief {analysis.programme} --area {analysis.area['gss_code']}"
    return Choices(tuple(found), start, _schedules(analysis, used, years), used, command)


def _constructs(analysis: Any) -> set[str]:
    """Constructs of the short answer and of the money."""
    leads = (analysis.evidence["programmes"][analysis.programme]["lead_constructs"] or "").split(";")
    pathways = analysis.evidence["pathways"].where(programme_id=analysis.programme)
    return {part.strip() for part in leads} | {row["construct"] for row in pathways if row["construct"]}


def _own_stop(analysis: Any, wanted: set[str], name: str) -> Stop:
    found = {item.construct["construct"]: item for item in analysis.headlines if item.fit is not None}
    return Stop(name, {key: item for key, item in found.items() if key in wanted}, analysis.appraisal.kernel)


def _stop(analysis: Any, wanted: set[str], name: str) -> Stop:
    own = {item.construct["construct"]: item for item in analysis.headlines if item.draws is not None}
    moved = {key: under(item, name) for key, item in own.items() if key in wanted}
    drawn = {key: moved.get(key, item).draws for key, item in own.items()}
    place = analysis.area["gss_code"]
    money = appraise(analysis.evidence, analysis.programme, area=place, draws=drawn, baselines=analysis.baselines, prices=analysis.prices, **analysis.money)
    return Stop(name, moved, money.kernel)


def _schedules(analysis: Any, own: str, years: int) -> dict[str, np.ndarray]:
    """Rates of every schedule for money, each beside that for health, as far as both are laid down and `years` at most."""
    evidence, on = analysis.evidence, analysis.parameters.get("edition_date") or analysis.evidence.edition_date
    health = default(evidence, "rule.schedule.health", "schedule")
    names = {row["schedule"] for row in evidence["parameters"].rows if row["group"] == "discount"} - {health} | {own}
    found = {}
    for name in sorted(names, key=lambda item: (item != own, item)):
        try:
            bands = [bands_in_force(evidence["parameters"].rows, each, on) for each in (name, health)]
        except AnalysisError:  # laid down for later than the edition
            continue
        last = min(years, *(max(row["year_to"] for row in rows) + 1 for rows in bands))
        found[name] = np.vstack([annual_rates(rows, rows[0]["schedule"], last) for rows in bands])
    return found
