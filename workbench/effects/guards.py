"""Doubts about a row's figures: standard errors entered as standard deviations, and figures that contradict each other.

A doubt is words for the route's note; it does not stop a row. What cannot be true of any trial (events above the arm's
size, an interval that does not hold its estimate) is refused where the figure is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from workbench.effects import measures
from workbench.effects.uncertainty import exact_p, has
from workbench.errors import AnalysisError
from workbench.evidence.rules import numbers
from workbench.evidence.rules.registry import Context

Row = Mapping[str, Any]

_MEANS = ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control")
#: Rules of the evidence tables that find contradictions; they bring their tolerances with them.
_CONTRADICTIONS = (numbers.estimate_within_interval, numbers.percentages_and_counts, numbers.interval_and_p, numbers.interval_and_se)
_ALONE = Context({}, None)
#: A standardised difference above this is not seen in trials of services; metafor warns of such figures too.
LARGEST_SMD = 3.0


def sd_looks_like_se(m1, sd1, n1, m2, sd2, n2, p: float | None = None, se: float | None = None, largest: float = LARGEST_SMD) -> str | None:
    """Say why the standard deviations of a row may be standard errors, or return None.

    Parameters
    ----------
    m1, sd1, n1, m2, sd2, n2 : float
        Arm summaries as entered.
    p : float, optional
        Exact two-sided p value printed with them. If it fits the figures read as standard errors far better than as
        standard deviations, that settles it.
    se : float, optional
        Printed standard error of the difference in means, which settles it likewise.
    largest : float
        Without either, the absolute standardised difference beyond which the entry is doubted.
    """
    as_sd, as_se = np.sqrt(sd1**2 / n1 + sd2**2 / n2), np.hypot(sd1, sd2)
    printed = se
    what = f"the printed standard error of {se:g}" if se is not None else ""
    if printed is None and p is not None and 0 < p < 1 and m1 != m2:
        printed, what = abs(m1 - m2) / -ndtri(p / 2), f"p = {p:g}"
    if printed is not None:
        if abs(np.log(as_se / printed)) < 0.5 < abs(np.log(as_sd / printed)) / 2:
            return f"{what} fits the figures if they are standard errors, not if they are standard deviations"
        return None
    g = abs(float(measures.hedges_g(m1, sd1, n1, m2, sd2, n2)[0]))
    if g > largest:
        return f"a standardised difference of {g:.1f} suggests standard errors entered as standard deviations"
    return None


def doubts(row: Row) -> tuple[str, ...]:
    """Return what is doubtful about the figures of a row, in words.

    A row that is on file as ``printed_inconsistent`` is not doubted again for what it is on file for.
    """
    return (*_spread(row), *_size(row), *_contradictions(row))


def _spread(row: Row) -> Iterator[str]:
    if not has(row, *_MEANS) or min(row["sd_treat"], row["sd_control"]) <= 0 or min(row["n_treat"], row["n_control"]) < 2:
        return
    found = sd_looks_like_se(*(row[column] for column in _MEANS), p=row["p"] if exact_p(row) else None, se=_se_of_difference(row))
    if found:
        yield found


def _se_of_difference(row: Row) -> float | None:
    """Return the standard error printed with a crude mean difference, directly or as an interval."""
    if row.get("measure") != "MD" or row.get("adjusted"):
        return None
    if has(row, "se"):
        return row["se"] if row["se"] > 0 else None
    if has(row, "ci_low", "ci_high", "ci_level") and row["ci_low"] < row["ci_high"]:
        return float(measures.se_from_interval(row["ci_low"], row["ci_high"], row["ci_level"]))
    return None


def _size(row: Row) -> Iterator[str]:
    if row.get("measure") == "SMD" and has(row, "estimate") and abs(row["estimate"]) > LARGEST_SMD:
        yield f"a standardised difference of {row['estimate']:g} is larger than trials of services find: check its unit"


class _Lenient(dict):
    """A row in which a column that is not there is empty."""

    def __missing__(self, key: str) -> None:
        return None


def _contradictions(row: Row) -> Iterator[str]:
    figures = _Lenient(row)
    level = row.get("ci_level")
    if level is not None:
        share = level / 100 if level > 1 else level  # as measures.z_of_level reads it
        figures["ci_level"] = share if 0 < share < 1 else None
    for rule in _CONTRADICTIONS:
        for breach in rule.check(figures, _ALONE):
            yield f"{breach.column} {breach.rule}"


def refuse_impossible(row: Row) -> None:
    """Refuse figures that cannot be true of any trial, whichever of them the route will use.

    Raises
    ------
    AnalysisError
        For events above their arm's size, an arm of nobody, a percentage outside 0 to 100, or a standard deviation that
        is not above 0.
    """
    for arm in ("treat", "control"):
        size, events, percent, spread = (row.get(f"{name}_{arm}") for name in ("n", "events", "pct", "sd"))
        if size is not None and not size > 0:
            raise AnalysisError(f"n_{arm} = {size:g}: must be above 0")
        if events is not None and (events < 0 or (size is not None and events > size)):
            raise AnalysisError(f"events_{arm} = {events:g}: events must lie between 0 and the arm's size")
        if percent is not None and not 0 <= percent <= 100:
            raise AnalysisError(f"pct_{arm} = {percent:g}: must lie between 0 and 100")
        if spread is not None and not spread > 0:
            raise AnalysisError(f"sd_{arm} = {spread:g}: each standard deviation must be above 0")
