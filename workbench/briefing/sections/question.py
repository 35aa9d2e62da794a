"""Section 1: the question, the programme, the place and its official figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.briefing.context import Context, row_name
from workbench.briefing.findings import Basis
from workbench.briefing.sections.checks import share_sentence
from workbench.briefing.tables import Column, Details, Facts, Paragraph, Table, cell, line
from workbench.briefing.text import Text, quoted, text

_MONEY_UNITS = ("pounds",)


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the section's blocks: the question first, then what, where, when and how it was checked."""
    phrases, row = ctx.phrases, ctx.programme
    question = quoted(row["question"]) or phrases("question.default", programme=quoted(ctx.name), place=quoted(ctx.place.name))
    facts = [
        (phrases("question.place"), quoted(ctx.place.name)),
        (phrases("question.edition"), quoted(written_date(ctx.edition), "date")),
        (phrases("question.checked"), share_sentence(ctx, ctx.main)),
    ]
    found = [Paragraph(question, "question")]
    if row["description"]:
        found.append(Paragraph(quoted(row["description"])))
    found.append(Facts(tuple(facts), "brief"))
    table = area_table(ctx)
    pending = phrases("pending.text")
    later = Facts(((phrases("question.eligible"), pending), (phrases("question.neighbours"), pending)), "brief")
    inside = (table, Paragraph(phrases("question.figures_note"), "note"), later) if table else (Paragraph(pending, "pending"), later)
    return (*found, Details(_figures_heading(ctx), inside))


def _figures_heading(ctx: Context) -> Text:
    if ctx.place.is_country:
        return ctx.phrases("question.figures", place=quoted(ctx.place.name))
    return ctx.phrases("question.figures_with", place=quoted(ctx.place.name), country=quoted(ctx.place.country))


def written_date(day: Any) -> str:
    """Write a date as a reader says it, e.g. ``22 November 2026``; nothing where there is none."""
    return "" if day is None else f"{day.day} {day:%B %Y}"


def area_table(ctx: Context) -> Table | None:
    """Return the latest official figures of the place, with the country's beside them; None where no measure is shown."""
    measures = sorted(ctx.evidence["area_measures"].where(shown=True), key=lambda row: (row["order"] is None, row["order"] or 0, row["measure"]))
    found = [(measure, latest(ctx, measure["measure"], ctx.place.code), latest(ctx, measure["measure"], ctx.place.country_code)) for measure in measures]
    lines = [_line(ctx, *item) for item in found if item[1] is not None]
    if not lines:
        return None
    phrases = ctx.phrases
    columns = [Column(phrases("question.measure")), Column(quoted(ctx.place.name), numeric=True)]
    if not ctx.place.is_country:
        columns.append(Column(quoted(ctx.place.country), numeric=True))
    columns += [Column(phrases("question.period")), Column(phrases("question.publisher"))]
    return Table("area-figures", _figures_heading(ctx), tuple(columns), tuple(lines), hidden_caption=True)


def latest(ctx: Context, measure: str, code: str) -> Any | None:
    """Return the newest row of ``areas.csv`` for a measure in an area, or None."""
    rows = ctx.evidence["areas"].where(gss_code=code, measure=measure)
    return max(rows, key=lambda row: row["period_end"], default=None)


def _line(ctx: Context, measure: Mapping[str, Any], here: Any, country: Any) -> Any:
    name = cell(quoted(measure["name"]), quoted(measure["unit"]))
    cells = [name, cell(_figure(ctx, here))]
    if not ctx.place.is_country:
        cells.append(cell(_figure(ctx, country)))
    return line(*cells, cell(quoted(here["period"], "date")), cell(quoted(here["publisher"])))


def _figure(ctx: Context, row: Any) -> Text:
    """The figure, or that the publisher withheld it."""
    if row is None:
        return ctx.phrases("question.no_figure")
    if row["value"] is None:
        symbol = row["value_note"]
        return ctx.phrases("question.suppressed", symbol=quoted(symbol)) if symbol else ctx.phrases("question.suppressed_plain")
    style = "money" if row["unit"].startswith(_MONEY_UNITS) else "number"
    basis = Basis("table", (row_name(row),), "official figure as published")
    return text(ctx.ledger.number(f"areas/{row['gss_code']}/{row['measure']}", row["value"], style, basis, unit=row["unit"]))
