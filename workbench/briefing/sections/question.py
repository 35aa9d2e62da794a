"""Section 1: the question, the programme, the place and its official figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.briefing.context import Context, row_name
from workbench.briefing.findings import Basis
from workbench.briefing.sections.checks import share_sentence
from workbench.briefing.sections.eligible import chain_details, families_sentence
from workbench.briefing.sections.neighbours import ends, families_range, names, neighbours, similar_details
from workbench.briefing.tables import Column, Details, Facts, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, link, quoted, text

_MONEY_UNITS = ("pounds",)
KEY_FIGURES = 3  # of the place, on the first page; the whole table stands in section 6


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the section's blocks, kept short so that the answer follows on the first screen."""
    phrases, row = ctx.phrases, ctx.programme
    question = quoted(row["question"]) or phrases("question.default", programme=quoted(ctx.name), place=quoted(ctx.place.name))
    facts = [
        (phrases("question.place"), quoted(ctx.place.name)),
        (phrases("question.edition"), quoted(written_date(ctx.edition), "date")),
        (phrases("question.checked"), share_sentence(ctx, ctx.main)),
        *_key_figures(ctx),
        (phrases("question.eligible"), joined((families_sentence(ctx), families_range(ctx)), " ")),
    ]
    later = Facts(((phrases("question.neighbours"), names(ctx)),))
    about = (Paragraph(quoted(row["description"])), later) if row["description"] else (later,)
    return Paragraph(question, "question"), Facts(tuple(facts), "brief"), Details(phrases("question.about"), about), *chain_details(ctx), *similar_details(ctx)


def _key_figures(ctx: Context) -> list[tuple[Text, Text]]:
    """The first official figures of the place, each with its period and the country's beside it."""
    found = []
    for measure, here, country in shown_figures(ctx)[:KEY_FIGURES]:
        beside = () if ctx.place.is_country or country is None else (quoted(ctx.place.country), " ", _figure(ctx, country), ", ")
        unit = (" ", quoted(measure["unit"])) if here["value"] is not None else ()
        found.append((quoted(measure["name"]), text(_figure(ctx, here), unit, " (", beside, quoted(here["period"], "date"), ")")))
    if found:
        found.append((ctx.phrases("question.more"), text(link(ctx.phrases("question.all_figures"), "#official-figures"))))
    return found


def shown_figures(ctx: Context) -> list[tuple[Any, Any, Any]]:
    """Return each measure that briefings show, with the newest row of the place and of the country."""
    measures = sorted(ctx.evidence["area_measures"].where(shown=True), key=lambda row: (row["order"] is None, row["order"] or 0, row["measure"]))
    here, country = ctx.latest_figures(ctx.place.code), ctx.latest_figures(ctx.place.country_code)
    return [(row, here[row["measure"]], country.get(row["measure"])) for row in measures if row["measure"] in here]


def figures_heading(ctx: Context) -> Text:
    """Return the heading of the official figures."""
    if ctx.place.is_country:
        return ctx.phrases("question.figures", place=quoted(ctx.place.name))
    return ctx.phrases("question.figures_with", place=quoted(ctx.place.name), country=quoted(ctx.place.country))


def written_date(day: Any) -> str:
    """Write a date as a reader says it, e.g. ``22 November 2026``; nothing where there is none."""
    return "" if day is None else f"{day.day} {day:%B %Y}"


def area_table(ctx: Context) -> Table | None:
    """Return the latest official figures of the place, with the country's beside them; None where no measure is shown."""
    lines = [_line(ctx, *item) for item in shown_figures(ctx)]
    if not lines:
        return None
    phrases = ctx.phrases
    columns = [Column(phrases("question.measure")), Column(quoted(ctx.place.name), numeric=True)]
    if not ctx.place.is_country:
        columns.append(Column(quoted(ctx.place.country), numeric=True))
    if neighbours(ctx):
        columns.append(Column(phrases("question.neighbours_range"), numeric=True))
    columns += [Column(phrases("question.period")), Column(phrases("question.publisher"))]
    return Table("area-figures", figures_heading(ctx), tuple(columns), tuple(lines), hidden_caption=True)


def _line(ctx: Context, measure: Mapping[str, Any], here: Any, country: Any) -> Any:
    name = cell(quoted(measure["name"]), quoted(measure["unit"]))
    cells = [name, cell(_figure(ctx, here))]
    if not ctx.place.is_country:
        cells.append(cell(_figure(ctx, country)))
    if neighbours(ctx):
        cells.append(cell(_range(ctx, here)))
    return line(*cells, cell(quoted(here["period"], "date")), cell(quoted(here["publisher"])))


def _range(ctx: Context, here: Any) -> Text:
    """The lowest and the highest figure among similar areas, in the same period."""
    found = ends(ctx, here)
    if found is None:
        return ctx.phrases("question.no_figure")
    return ctx.phrases("question.range", low=_figure(ctx, found[0]), high=_figure(ctx, found[1]))


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
