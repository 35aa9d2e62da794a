"""Known nulls: controlled results reported as not significant without a figure enter at 0, as wide as their arms make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.effects import measures
from workbench.effects.derivation import Raw, Step
from workbench.effects.uncertainty import has, lacks, take
from workbench.errors import AnalysisError

Row = Mapping[str, Any]

_NOTE = "reported as not significant without a figure: entered at 0"
_AT_ZERO = Step("y", "0, the value of no difference", (), 0.0)
_COMMON = {"OR": "(1/n1 + 1/n2) / (p (1 - p))", "RR": "(1/n1 + 1/n2) (1 - p) / p", "RD": "(1/n1 + 1/n2) p (1 - p)"}


def known_null(row: Row, measure: str, risk: float | None) -> Raw:
    """Return zero with the standard error that the arm sizes give.

    SMD: ``sqrt(1/n1 + 1/n2)``. OR, RR, RD: from the risk common to both arms. An OR without any printed risk takes a
    risk of one half, which gives the smallest standard error that any risk allows, and its route says so. HR, IRR:
    ``sqrt(1/events1 + 1/events2)``.

    Raises
    ------
    AnalysisError
        If a figure that it needs is missing, with the figure named.
    """
    if measure in ("HR", "IRR"):
        columns = ("events_treat", "events_control")
        if not has(row, *columns) or not all(row[column] > 0 for column in columns):
            raise AnalysisError(f"a known null on the {measure} needs events above 0 in both arms")
        return _null(row, measure, sum(1 / row[column] for column in columns), columns, "1/events_treat + 1/events_control")
    columns = ("n_treat", "n_control")
    if not has(row, *columns):
        raise AnalysisError(f"a known null needs its arm sizes; lacking {lacks(row, columns)}")
    if measure == "SMD":
        return _null(row, measure, float(measures.null_smd_se(row["n_treat"], row["n_control"])) ** 2, columns, "1/n_treat + 1/n_control")
    if measure == "MD":
        return _null_means(row)
    return _null_events(row, measure, risk)


def _null(row: Row, measure: str, v: float, columns: tuple[str, ...], formula: str, extra: tuple[tuple[str, Any], ...] = (), note: str = "") -> Raw:
    figures = take(row, *columns)
    inputs = figures | dict(extra)
    steps = (_AT_ZERO, Step("v", formula, tuple(inputs.items()), v))
    notes = (_NOTE, note) if note else (_NOTE,)
    return Raw(measure, 0.0, v, "known_null", inputs, notes, steps=steps)


def _null_events(row: Row, measure: str, risk: float | None) -> Raw:
    columns, n1, n2 = ("n_treat", "n_control"), row["n_treat"], row["n_control"]
    common, which = _pooled_risk(row, risk)
    if common is not None and 0 < common < 1:
        v = float(measures.null_event_se(measure, n1, n2, common)) ** 2
        return _null(row, measure, v, columns, f"{_COMMON[measure]}, p the {which} risk", ((f"{which}_risk", common),), f"standard error at the {which} risk")
    if measure != "OR":
        raise AnalysisError(f"a known null on the {measure} needs the risk in the comparison arm")
    v = float(measures.null_event_se(measure, n1, n2, 0.5)) ** 2
    return _null(row, "OR", v, columns, "4 (1/n1 + 1/n2)", (), "no risk printed: standard error at a risk of one half, the smallest that any risk allows")


def _pooled_risk(row: Row, risk: float | None) -> tuple[float | None, str]:
    """Return the risk common to both arms of a null: pooled over the arms if both are printed, else the control's."""
    n1, n2 = row["n_treat"], row["n_control"]
    if has(row, "events_treat", "events_control"):
        return (row["events_treat"] + row["events_control"]) / (n1 + n2), "pooled"
    if has(row, "pct_treat", "pct_control"):
        return (row["pct_treat"] * n1 + row["pct_control"] * n2) / (100 * (n1 + n2)), "pooled"
    return risk, "control"


def _null_means(row: Row) -> Raw:
    columns = ("sd_treat", "sd_control")
    if not has(row, *columns):
        raise AnalysisError(f"a known null on the MD needs both standard deviations; lacking {lacks(row, columns)}")
    v = row["sd_treat"] ** 2 / row["n_treat"] + row["sd_control"] ** 2 / row["n_control"]
    return _null(row, "MD", v, ("n_treat", "n_control", *columns), "sd_treat^2 / n_treat + sd_control^2 / n_control")
