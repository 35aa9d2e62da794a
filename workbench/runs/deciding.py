"""What bears on a decision about one analysis: other scrambles of its draws, the families of the country, its main unknowns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.economics import appraise
from workbench.economics.decision import Decision, Unknown, decide
from workbench.eligibility import NOT_ESTIMATED, eligible

SCRAMBLES = 8  # sets of draws behind a simulation error, the analysis' own among them
HOME = "uk"  # the setting of studies that count as found at home
MEASURED = ("pooled", "single")
SD_PER_LOG_ODDS = np.sqrt(3) / np.pi  # of the standard logistic distribution: puts a log odds ratio on the scale of standard deviations


def decision_of(analysis: Any) -> Decision:
    """Work out what bears on a decision about an analysis.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    Decision
        Simulation errors come from `SCRAMBLES` scrambles where every effect can be drawn again, and from a formula otherwise.
    """
    evidence = analysis.evidence
    found = eligible(evidence, analysis.programme)  # in the whole country: a study serves every place in it
    families = None if found.status == NOT_ESTIMATED else found
    others = () if analysis.appraisal.evaluation.npv is None else other_scrambles(analysis)
    return decide(evidence, analysis.appraisal, others, families, unknowns_of(analysis))


def other_scrambles(analysis: Any) -> Iterator[Any]:
    """Yield appraisals of the same question with other scrambles of every draw; none where an effect cannot be drawn again as it was."""
    kernel = analysis.appraisal.kernel
    own = {name: draws for name, draws in analysis.appraisal.draws.items() if draws.construct in kernel.theta or name in kernel.theta}
    subjects = {name: _subject(analysis.evidence, draws) for name, draws in own.items()}
    if any(not _same(_again(analysis, draws, kernel.seed, subjects[name]), draws) for name, draws in own.items()):
        return
    for step in range(1, SCRAMBLES):
        drawn = {name: _again(analysis, draws, kernel.seed + step, subjects[name]) for name, draws in own.items()}
        settings = {**analysis.money, **({} if drawn else {"count": kernel.count, "seed": kernel.seed + step})}
        place = analysis.area["gss_code"]
        yield appraise(analysis.evidence, analysis.programme, area=place, draws=drawn, baselines=analysis.baselines, prices=analysis.prices, **settings)


def _subject(evidence: Any, draws: Any) -> str:
    """Name of an effect's own dimensions, as the synthesis gives it: the outcome for its default construct."""
    row = evidence["outcomes"][draws.construct]
    return row["outcome_id"] if row["default_construct"] else draws.construct


def _again(analysis: Any, draws: Any, seed: int, subject: str) -> Any:
    return draws.parent.draws(len(draws), seed, name=subject)


def _same(found: Any, draws: Any) -> bool:
    return all(np.array_equal(getattr(found, name), getattr(draws, name)) for name in ("values", "centre", "tau"))


def unknowns_of(analysis: Any) -> tuple[Unknown, ...]:
    """What is known of each outcome, those of the short answer first."""
    leads = {part.strip() for part in (analysis.evidence["programmes"][analysis.programme]["lead_constructs"] or "").split(";")}
    return tuple(_unknown(item, item.construct["construct"] in leads) for item in analysis.headlines)


def _unknown(item: Any, lead: bool) -> Unknown:
    row, measured = item.construct, item.status in MEASURED
    home = any(used.study["setting"] == HOME for used in item.used)
    width = None
    if measured and item.draws is not None:
        low, high = item.fit.interval("theta_new")
        width = float(high - low) * (1.0 if item.measure == "SMD" else SD_PER_LOG_ODDS)
    return Unknown(row["construct"], row["name"], bool(row["safety"]), lead, measured, home, width)
