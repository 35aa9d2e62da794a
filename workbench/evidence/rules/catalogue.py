"""Rules on programmes, outcomes, baselines, words, dimensions and areas."""

from __future__ import annotations

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Iterator

from workbench.errors import nearest
from workbench.evidence.rules.registry import Breach, Context, listed, rule, shown
from workbench.evidence.tables import Row, Table

_BASELINE_NEEDS = {"events": ("events", "n"), "range": ("low", "high"), "scale": ("scale_name", "scale_sd")}
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}


@rule("parent-cycle", "programmes", "programme_id parent_id", "a programme must not be its own ancestor", "correct parent_id", whole=True)
def parent_cycle(table: Table, context: Context) -> Iterator[Breach]:
    parent = {row["programme_id"]: row["parent_id"] for row in table.rows}
    for row in table.rows:
        seen: set[str] = set()
        step = row["parent_id"]
        while step is not None and step not in seen and step != row["programme_id"]:
            seen.add(step)
            step = parent.get(step)
        if step is not None and step == row["programme_id"]:
            yield Breach("parent_id", row=row)


@rule("lead-constructs", "programmes", "lead_constructs", "each name must be a construct in evidence/outcomes.csv",
      "correct the name, or add the construct to outcomes.csv")
def lead_constructs(row: Row, context: Context) -> Iterator[Breach]:
    yield from _unknown(row, "lead_constructs", "outcomes", "construct", context)


@rule("default-construct", "outcomes", "outcome_id default_construct", "each outcome must have one default construct",
      "set default_construct to true in one row of the outcome and to false in the others", whole=True)
def default_construct(table: Table, context: Context) -> Iterator[Breach]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        rows[row["outcome_id"]].append(row)
    for outcome, group in rows.items():
        defaults = [row for row in group if row["default_construct"]]
        if not defaults:
            yield Breach("default_construct", f"outcome {outcome} has no default construct", row=group[0])
        for row in defaults[1:]:
            yield Breach("default_construct", f"outcome {outcome} has another default construct on line {defaults[0].line}", row=row)


@rule("baseline-kind", "baselines", "kind events n low high scale_name scale_sd", "the columns of the stated kind must be filled",
      "fill them in, or correct kind", partial=True)
def baseline_kind(row: Row, context: Context) -> Iterator[Breach]:
    for column in _BASELINE_NEEDS.get(row["kind"], ()):
        if row[column] is None:
            yield Breach(column, f"must not be empty, because kind is {row['kind']}")
    if row["events"] is not None and row["n"] is not None and row["events"] > row["n"]:
        yield Breach("events", f"must not exceed n ({shown(row['n'])})", "check the two figures against the source")
    if row["low"] is not None and row["high"] is not None and not row["low"] < row["high"]:
        yield Breach("low", f"must be below high ({shown(row['high'])})", "swap them, or check them against the source")


@rule("baseline-area-measure", "baselines", "area_measure", "must be a measure in evidence/area_measures.csv", "correct the name, or empty the cell")
def baseline_area_measure(row: Row, context: Context) -> Iterator[Breach]:
    yield from _unknown(row, "area_measure", "area_measures", "measure", context)


@rule("word-scale", "vocabulary", "scale from to rank", "the words of a scale must cover 0 to 1 without gap or overlap",
      "let each word begin where the one before ends", whole=True)
def word_scale(table: Table, context: Context) -> Iterator[Breach]:
    scales: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        scales[row["scale"]].append(row)
    for scale, rows in scales.items():
        yield from _repeated_rank(scale, rows)
        # A scale of words that no probability selects has neither from nor to.
        if any(row["from"] is not None or row["to"] is not None for row in rows):
            yield from _uncovered(rows)


def _uncovered(rows: list[Row]) -> Iterator[Breach]:
    for row in rows:
        for column in ("from", "to"):
            if row[column] is None:
                yield Breach(column, "must not be empty on a scale that probabilities select from",
                             "give the probability, or empty from and to of the whole scale", row=row)
    if any(None in (row["from"], row["to"]) for row in rows):
        return
    rows = sorted(rows, key=lambda row: row["from"])
    if rows[0]["from"] != 0:
        yield Breach("from", "the scale must begin at 0", row=rows[0])
    for before, row in zip(rows, rows[1:], strict=False):
        if row["from"] != before["to"]:
            fault = "leaves a gap after" if row["from"] > before["to"] else "overlaps"
            yield Breach("from", f"{fault} {before.key!r}, which ends at {shown(before['to'])}", row=row)
    if rows[-1]["to"] != 1:
        yield Breach("to", "the scale must end at 1", row=rows[-1])
    for row in rows:
        if row["from"] >= row["to"]:
            yield Breach("from", f"must be below to ({shown(row['to'])})", "swap the two", row=row)


def _repeated_rank(scale: str, rows: list[Row]) -> Iterator[Breach]:
    first: dict[int, Row] = {}
    for row in rows:
        other = first.setdefault(row["rank"], row)
        if other is not row:
            yield Breach("rank", f"must differ within scale {scale}; line {other.line} has it too", "number the words in order", row=row)


@rule("word-cap", "vocabulary", "scale cap", "one word of a scale may be its cap", "set cap to false in the other rows", whole=True)
def word_cap(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[str, Row] = {}
    for row in table.rows:
        if row["cap"] and first.setdefault(row["scale"], row) is not row:
            yield Breach("cap", f"one word of scale {row['scale']} may be its cap; line {first[row['scale']].line} is it already", row=row)


@rule("dimension-order", "dimensions", "dimension", "dimensions must count 0, 1, 2, ... in the order of the file",
      "add new names at the end with the next number; never delete, reuse or move a line: that would change every later draw", whole=True)
def dimension_order(table: Table, context: Context) -> Iterator[Breach]:
    for expected, row in enumerate(table.rows):
        if row["dimension"] != expected:
            yield Breach("dimension", f"must be {expected} on this line: dimensions count 0, 1, 2, ... in the order of the file", row=row)
            # One slip would be repeated on every later line.
            return


@rule("area-measure", "areas", "measure", "must be a measure in evidence/area_measures.csv", "correct the name, or describe the measure there")
def area_measure(row: Row, context: Context) -> Iterator[Breach]:
    yield from _unknown(row, "measure", "area_measures", "measure", context)


@rule("area-value", "areas", "value value_note", "a missing value must say why", "put the publisher's symbol or the reason into value_note")
def area_value(row: Row, context: Context) -> Iterator[Breach]:
    if row["value"] is None and row["value_note"] is None:
        yield Breach("value_note", "must not be empty where value is")


@rule("area-region", "areas", "level region", "a local authority needs its region", "name the region as in the region's own rows")
def area_region(row: Row, context: Context) -> Iterator[Breach]:
    if row["level"] == "local_authority" and row["region"] is None:
        yield Breach("region", "must not be empty for a local authority")


@rule("area-name", "areas", "gss_code area", "one code must have one name", "use one spelling for the area", whole=True)
def area_name(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[str, Row] = {}
    for row in table.rows:
        other = first.setdefault(row["gss_code"], row)
        if other["area"] != row["area"]:
            yield Breach("area", f"must be {other['area']!r}, the name of {row['gss_code']} on line {other.line}", row=row)


@rule("period-end", "areas", "period period_end", "must be the last day of its period", "correct period or period_end")
def period_end(row: Row, context: Context) -> Iterator[Breach]:
    first, last = _period_ends(row["period"])
    if first is not None and not first <= row["period_end"] <= last:
        expected = last.isoformat() if first == last else f"between {first.isoformat()} and {last.isoformat()}"
        yield Breach("period_end", f"must be {expected} for the period {row['period']!r}")


def _period_ends(period: str) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the earliest and latest day on which a period as published can end; None for a form not known here."""
    day = datetime.date
    if found := re.fullmatch(r"(\d{1,2}) (\w+) (\d{4})", period):
        month, year = _MONTHS.get(found[2]), int(found[3])
        if month and 1 <= int(found[1]) <= calendar.monthrange(year, month)[1]:
            return (day(year, month, int(found[1])),) * 2
    elif found := re.fullmatch(r"(\w+) (\d{4})", period):
        month, year = _MONTHS.get(found[1]), int(found[2])
        if month:
            return (day(year, month, calendar.monthrange(year, month)[1]),) * 2
    elif found := re.fullmatch(r"(\d{4})-(\d{2})", period):
        return (day(int(found[1]) + 1, 3, 31),) * 2
    elif found := re.fullmatch(r"(\d{4})/(\d{2}) academic year", period):
        return day(int(found[1]) + 1, 7, 1), day(int(found[1]) + 1, 8, 31)
    elif found := re.fullmatch(r"mid-(\d{4})", period):
        return (day(int(found[1]), 6, 30),) * 2
    elif found := re.fullmatch(r"(\d{4})", period):
        return day(int(found[1]), 1, 1), day(int(found[1]), 12, 31)
    return None, None


def _unknown(row: Row, column: str, table: str, key: str, context: Context) -> Iterator[Breach]:
    """Yield each of a cell's names that is no key of another table."""
    if row[column] is None or table not in context.tables:
        return
    for name in listed(row[column]):
        if name not in context.tables[table]:
            known = [str(each[key]) for each in context.tables[table]]
            yield Breach(column, f"is not in evidence/{table}.csv", nearest(name, known), name)


RULES = (parent_cycle, lead_constructs, default_construct, baseline_kind, baseline_area_measure, word_scale, word_cap, dimension_order,
         area_measure, area_value, area_region, area_name, period_end)
