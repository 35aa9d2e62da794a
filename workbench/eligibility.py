"""How many families of an area could be eligible for a programme: a chain of factors from ``eligibility.csv``.

A chain begins with a count of the area's residents or events and multiplies it by rates, shares and conversions, each with its
source or marked as a judgement with a range. Where an area's figure is missing or hidden, its region's or the country's
rate is put on the area's own population, and the step says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from workbench.draws import registered, uniforms
from workbench.economics.distributions import central, quantiles
from workbench.economics.settings import default

ESTIMATED, NOT_ESTIMATED = "estimated", "not_estimated"
LEVELS = ("area", "region", "country")
TOWARDS = "towards"
_NO_CHAIN = "No source was found from which the number of families could be worked out."
LOWER, UPPER = 0.025, 0.975


@dataclass(frozen=True, eq=False)
class Step:
    """One factor of a chain for one area.

    Attributes
    ----------
    row : Row
        Of ``eligibility.csv``.
    median, low, high : float or None
        The factor: a count, rate, share or ratio, with its central 95 % range; after a ``towards`` step the share that it leads to.
    running : float or None
        Median of the count after the step; None for a figure that stands beside.
    basis : {"area", "region", "country"} or None
        Whose official figures were used; None where the step uses none.
    figures : tuple of Row
        Those figures, rows of ``areas.csv``.
    """

    row: Any
    median: float | None
    low: float | None
    high: float | None
    running: float | None = None
    basis: str | None = None
    figures: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Eligible:
    """Families of an area who could be eligible for a programme.

    Attributes
    ----------
    programme_id, area : str
        The area by its GSS code.
    status : {"estimated", "at_most", "at_least", "not_estimated"}
        Whether the chain is an estimate or a bound.
    period : {"year", "moment"} or None
        Families newly eligible in a year, or at any one time.
    median, low, high : float or None
        With the central 95 % range.
    reason : str or None
        Why there is no figure, as a sentence.
    steps, beside : tuple of Step
        The chain in order; figures that stand beside it.
    """

    programme_id: str
    area: str
    status: str
    period: str | None
    median: float | None
    low: float | None
    high: float | None
    reason: str | None
    steps: tuple[Step, ...]
    beside: tuple[Step, ...]
    _dimensions: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> tuple[str, ...]:
        """Rows on which the figure rests, each as ``<table>/<key>``."""
        found = [f"eligibility/{step.row.key}" for step in self.steps]
        found += ["areas/" + "/".join(map(str, row.key)) for step in self.steps for row in step.figures]
        return tuple(dict.fromkeys(found))

    def draws(self, count: int = 4096, seed: int = 1) -> np.ndarray:
        """Families at the Sobol points of the chain's own dimensions, shape (count,); nan where there is no estimate."""
        if self.status == NOT_ESTIMATED:
            return np.full(count, np.nan)
        running = np.ones(count)
        for _, running in _walk(self.steps, count, seed, self._dimensions):
            pass
        return running

    def __repr__(self) -> str:
        if self.status == NOT_ESTIMATED:
            return f"Eligible({self.programme_id}, {self.area}: {self.reason})"
        return f"Eligible({self.programme_id}, {self.area}: {self.status} {self.median:,.0f} families ({self.low:,.0f} to {self.high:,.0f}) a {self.period})"


def eligible(evidence: Any, programme: str, area: Any = None, count: int | None = None, seed: int | None = None) -> Eligible:
    """Estimate how many families of an area could be eligible.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str
        Row of ``programmes.csv``.
    area : str or Row, optional
        GSS code, or any row of ``areas.csv``; the country unless given.
    count, seed : int, optional
        Of the draws behind median and range; the tables' defaults unless given.

    Returns
    -------
    Eligible

    Raises
    ------
    UsageError
        If there is no such programme.
    """
    evidence["programmes"][programme]  # a message with the nearest name where there is none
    place = _place(evidence, area)
    rows = _chain(evidence, programme)
    code, known = place["gss_code"], registered(evidence)
    if not rows:
        return Eligible(programme, code, NOT_ESTIMATED, None, None, None, None, _NO_CHAIN, (), (), known)
    figures = [_figures(evidence, place, row) for row in rows]
    missing = [row for row, (basis, _) in zip(rows, figures) if basis is None and row["area_measure"] and row["kind"] != "beside"]
    if missing:
        reason = f"No figure on “{missing[0]['name']}” is published for this area, its region or the country."
        return Eligible(programme, code, NOT_ESTIMATED, None, None, None, None, reason, (), (), known)
    count = int(default(evidence, "rule.draws")) if count is None else count
    seed = int(default(evidence, "rule.seed")) if seed is None else seed
    bare = [Step(row, None, None, None, None, *found) for row, found in zip(rows, figures)]
    chain = [step for step in bare if step.row["kind"] != "beside"]
    walked = list(_walk(chain, count, seed, known))
    steps = tuple(_summed(step, factor, running) for step, (factor, running) in zip(chain, walked))
    beside = tuple(_beside(step) for step in bare if step.row["kind"] == "beside")
    low, median, high = np.quantile(walked[-1][1], [LOWER, 0.5, UPPER])
    bounds = {row["bound"] for row in rows} - {None}
    status = bounds.pop() if len(bounds) == 1 else ESTIMATED
    return Eligible(programme, code, status, rows[0]["period"], float(median), float(low), float(high), None, steps, beside, known)


def _place(evidence: Any, area: Any) -> Any:
    """Any row of ``areas.csv`` for the area."""
    if area is not None and not isinstance(area, str):
        return area
    rows = evidence["areas"].rows
    found = next((row for row in rows if (row["level"] == "country" if area is None else row["gss_code"] == area)), None)
    return found if found is not None else {"gss_code": area, "region": None, "area": area, "level": None}


def _chain(evidence: Any, programme: str) -> list[Any]:
    """The programme's rows in order; none where the workspace has no such table."""
    if "eligibility" not in evidence.tables:
        return []
    return sorted(evidence["eligibility"].where(programme_id=programme), key=lambda row: row["order"])


# -- official figures --------------------------------------------------------------------------------------------------------
def measures_of(row: Any) -> tuple[str, ...]:
    """Every measure of ``area_measures.csv`` that a row takes."""
    named = [part.strip() for part in (row["area_measure"] or "").split(";") if part.strip()]
    return tuple(named + ([row["base_measure"]] if row["base_measure"] else []))


def _figures(evidence: Any, place: Any, row: Any) -> tuple[str | None, tuple[Any, ...]]:
    """The newest figures of the area, else of its region, else of the country, all of one place and period; a count has no stand-in."""
    wanted = measures_of(row)
    if not wanted:
        return None, ()
    own_only = row["kind"] in ("population", "area_count", "beside")
    for level in LEVELS[:1] if own_only else LEVELS:
        found = _newest(evidence, place, level, wanted)
        if found:
            return level, found
    return None, ()


def _newest(evidence: Any, place: Any, level: str, wanted: tuple[str, ...]) -> tuple[Any, ...]:
    """The newest period in which every measure wanted has a figure at a level; empty where there is none."""
    by_period: dict[Any, dict[str, Any]] = {}
    for measure in wanted:
        for row in evidence["areas"].where(measure=measure):
            if row["value"] is not None and _stands_for(row, place, level):
                by_period.setdefault((row["period_end"], row["period"]), {})[measure] = row
    full = [period for period, rows in by_period.items() if len(rows) == len(set(wanted))]
    return tuple(by_period[max(full)][measure] for measure in wanted) if full else ()


def _stands_for(row: Any, place: Any, level: str) -> bool:
    if level == "area":
        return row["gss_code"] == place["gss_code"]
    return row["level"] == level and (level == "country" or (place["region"] is not None and row["area"] == place["region"]))


# -- arithmetic --------------------------------------------------------------------------------------------------------------
def _walk(steps: Any, count: int, seed: int, dimensions: Mapping[str, int]):
    """Yield each step's factor and the running count after it, both (count,)."""
    running = whole = np.ones(count)
    factor = np.ones(count)
    for step in steps:
        points = uniforms([f"eligibility/{step.row.key}"], count, seed, dimensions)[:, 0]
        if step.row["kind"] == TOWARDS:
            # It changes the share of the step before, so that the count stays within the group of which that is a share.
            factor = factor + points * (step.row["value"] - factor)
        else:
            whole = running
            factor = _factor(step.row, [row["value"] for row in step.figures], points, running)
        running = whole * factor
        yield factor, running


def _factor(row: Any, values: list[float], points: np.ndarray, running: np.ndarray) -> np.ndarray:
    """A step's factor at each point, shape (n,)."""
    kind = row["kind"]
    if kind == "population":
        return np.full(len(points), float(values[0]))
    if kind == "area_count":
        return by_chance(values[0], points)
    if kind == "area_rate":
        expected = float(np.median(running)) * values[0] / row["per"]
        return values[0] / row["per"] * (by_chance(expected, points) / expected if expected > 0 else np.ones(len(points)))
    if kind == "area_share":
        low, high = overlap(values[:-1], values[-1])
        return low + points * (high - low)
    return quantiles(row, points)


def by_chance(events: float, points: np.ndarray) -> np.ndarray:
    """Yearly events to expect, given one year's count: Gamma(events + 1/2, 1), the posterior of a Poisson rate under Jeffreys' prior."""
    return gammaincinv(events + 0.5, points)


def overlap(counts: list[float], base: float) -> tuple[float, float]:
    """Lowest and highest share with at least one of several features: full overlap, and none (Fréchet's bounds)."""
    if base <= 0:
        return 0.0, 0.0
    return max(counts) / base, min(sum(counts) / base, 1.0)


def _summed(step: Step, factor: np.ndarray, running: np.ndarray) -> Step:
    low, median, high = np.quantile(factor, [LOWER, 0.5, UPPER])
    return Step(step.row, float(median), float(low), float(high), float(np.median(running)), step.basis, step.figures)


def _beside(step: Step) -> Step:
    """A figure that stands beside: the area's own, or the row's."""
    if step.figures:
        return Step(step.row, float(step.figures[0]["value"]), None, None, None, step.basis, step.figures)
    median = None if step.row["value"] is None and step.row["low"] is None else central(step.row)
    return Step(step.row, median, step.row["low"], step.row["high"])
