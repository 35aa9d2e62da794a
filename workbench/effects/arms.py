"""Routes from what is printed of each arm: counts, percentages, means, and a chi-square with one arm's events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from workbench.effects import measures
from workbench.effects.derivation import Raw, Step, by_registry, native
from workbench.effects.events import events_from_chi_square
from workbench.effects.uncertainty import has, lacks, sign_of, take

Row = Mapping[str, Any]

_COMPUTE = {"OR": measures.log_odds_ratio, "RR": measures.log_risk_ratio, "RD": measures.risk_difference}
_EVENTS = ("OR", "RR", "RD")


def _from_cells(row: Row, measure: str, events: tuple[float, float], name: str, inputs: dict, before: tuple[Step, ...] = ()) -> Raw:
    cells = {"a": events[0], "n1": row["n_treat"], "c": events[1], "n2": row["n_control"]}
    y, v = _COMPUTE[measure](*cells.values())
    notes: tuple[str, ...] = ()
    if measures.needs_correction(*cells.values()):
        notes = ("an empty cell: 1/2 added to all four",)
        before = (*before, Step("an empty cell: 1/2 added to a, b, c and d before the formulas"))
    return Raw(measure, float(y), float(v), name, inputs, notes, steps=(*before, *by_registry(measure, y, v, cells)))


def counts(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """Events and arm sizes to OR, RR or RD."""
    columns = ("events_treat", "n_treat", "events_control", "n_control")
    found = native(_EVENTS, measure, risk, convert)
    if found is None:
        return None
    if not has(row, *columns):
        lacking.append(f"counts lack {lacks(row, columns)}")
        return None
    return _from_cells(row, found, (row["events_treat"], row["events_control"]), "counts", take(row, *columns))


def percentages(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """Percentages and arm sizes to OR, RR or RD, by the events that they imply."""
    columns = ("pct_treat", "n_treat", "pct_control", "n_control")
    found = native(_EVENTS, measure, risk, convert)
    if found is None:
        return None
    if not has(row, *columns):
        lacking.append(f"percentages lack {lacks(row, columns)}")
        return None
    # not rounded to whole people: weighted or adjusted percentages have no whole count behind them
    events = (row["pct_treat"] / 100 * row["n_treat"], row["pct_control"] / 100 * row["n_control"])
    before = tuple(
        Step(cell, "pct / 100 x n", (("pct", row[f"pct_{arm}"]), ("n", row[f"n_{arm}"])), value)
        for cell, arm, value in zip("ac", ("treat", "control"), events, strict=True)
    )
    return _from_cells(row, found, events, "percentages", take(row, *columns), before)


def means(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """Means and standard deviations to SMD or MD."""
    columns = ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control")
    found = native(("SMD", "MD") if measure != "SMD" else ("SMD",), measure, risk, convert)
    if found is None:
        return None
    if not has(row, *columns):
        lacking.append(f"means lack {lacks(row, columns)}")
        return None
    figures = dict(zip(("m1", "sd1", "n1", "m2", "sd2", "n2"), (row[column] for column in columns), strict=True))
    y, v = (measures.hedges_g if found == "SMD" else measures.mean_difference)(*figures.values())
    variance = "1/n1 + 1/n2 + y^2 / (2 (n1 + n2))" if found == "SMD" else None
    return Raw(found, float(y), float(v), "means", take(row, *columns), steps=by_registry(found, y, v, figures, variance))


def chi_square(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """A chi-square on 1 df with the arm sizes and the comparison arm's events: the table that has it."""
    found = native(_EVENTS, measure, risk, convert)
    if found is None or not has(row, "chi2"):
        return None
    if not has(row, "n_treat", "n_control") or not (has(row, "events_control") or has(row, "pct_control")):
        lacking.append(f"chi2 lacks {lacks(row, ('n_treat', 'events_control', 'n_control'))}")
        return None
    sign = sign_of(row)
    if sign is None:
        lacking.append("chi2 has no sign: reported_result must say benefit or harm")
        return None
    n1, n2 = row["n_treat"], row["n_control"]
    c = row["events_control"] if has(row, "events_control") else row["pct_control"] / 100 * n2
    a = events_from_chi_square(row["chi2"], n1, c, n2, sign)
    columns = ("chi2", "n_treat", "events_control" if has(row, "events_control") else "pct_control", "n_control")
    step = Step("a", "the root of N (a n2 - c n1)^2 = chi2 n1 n2 (a + c)(N - a - c) on the side reported", (("chi2", row["chi2"]), ("c", c), ("n1", n1), ("n2", n2)), a)
    raw = _from_cells(row, found, (a, c), "chi_square", take(row, *columns), (step,))
    return raw.with_notes("events of the programme arm from Pearson's chi-square without continuity correction")
