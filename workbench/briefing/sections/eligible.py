"""Families who could take part: the figure, the chain behind it step by step, and what stands beside it."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, parts_of, row_name, words_or_code
from workbench.briefing.findings import Basis, IntervalFindings
from workbench.briefing.formatting import narrower_side
from workbench.briefing.sections.costs import reference
from workbench.briefing.tables import Column, Details, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, quoted, text

_METHOD = "product of the chain's factors over draws: count of the area, rates, shares and conversions"
_PLAIN = ("population", "area_rate", "area_count")
FEW = 10  # below it a second significant digit would be a part of a family


def families_sentence(ctx: Context) -> Text:
    """Say how many families could take part, or why that is not known."""
    if ctx.local is None:
        return ctx.phrases("pending.text")
    found = ctx.local.eligible
    if found.status == "not_estimated":
        return quoted(found.reason)
    return ctx.phrases(f"local.{found.status}_{found.period}", families=ctx.phrases.interval(families(ctx, found, "eligible")))


def families(ctx: Context, found: Any, path: str) -> IntervalFindings:
    """Record the families of an area who could take part."""
    basis = Basis("draws", found.rows, _METHOD)
    # Families come whole: rounded to the interval's digits only where those are tens or more.
    side = narrower_side(found.median, found.low, found.high)
    style = "number" if side is not None and side >= FEW else "count"
    return ctx.ledger.interval(path, found.median, found.low, found.high, style, basis, unit=f"families, per {found.period}")


def chain_details(ctx: Context) -> tuple[Any, ...]:
    """Return the chain as a table that a reader may open; nothing where there is none."""
    if ctx.local is None or not ctx.local.eligible.steps:
        return ()
    phrases, found = ctx.phrases, ctx.local.eligible
    columns = (Column(phrases("local.step")), Column(phrases("local.factor"), numeric=True), Column(phrases("local.running"), numeric=True),
               Column(phrases("local.source")), Column(phrases("forest.checked")))  # fmt: skip
    table = Table("eligible-chain", phrases("local.chain_caption"), columns, tuple(_line(ctx, found, step) for step in found.steps))
    blocks: list[Any] = [Paragraph(phrases("local.chain_note"), "note"), table]
    if found.beside:
        blocks.append(_beside(ctx, found))
    scale = _scale(ctx, found)
    return (Details(phrases("local.chain"), (*blocks, *scale)),)


def _line(ctx: Context, found: Any, step: Any) -> Line:
    row = step.row
    running = ctx.ledger.number(f"eligible/running/{row.key}", step.running, "count", Basis("draws", found.rows, "median of the running product"), unit=row["unit"])
    return line(
        cell(quoted(row["name"]), quoted(row["note"])),
        cell(_factor(ctx, step), _stand_in(ctx, step)),
        cell(text(running), quoted(row["unit"])),
        cell(_sources(ctx, row), _periods(step)),
        how_checked(ctx, row),
    )


def how_checked(ctx: Context, row: Any) -> Text:
    """How a step was checked, or that it is our judgement."""
    if row["area_measure"]:
        return ctx.phrases("local.official")
    checked = words_or_code(ctx.phrases, "checked", row["checked"])
    return joined((ctx.phrases("local.judgement") if row["judgement"] else (), () if row["checked"] == "unverified" and row["judgement"] else checked), "; ")


def _factor(ctx: Context, step: Any) -> Text:
    """The factor: an area's figures as published; else its median and range."""
    row = step.row
    if row["kind"] in _PLAIN:
        return joined((_figure(ctx, figure) for figure in step.figures), ", ")
    rows = (f"eligibility/{row.key}", *(row_name(figure) for figure in step.figures))
    style = "number"
    if step.low is None or step.high is None or step.low == step.high:
        return text(ctx.ledger.number(f"eligible/step/{row.key}", step.median, style, Basis("table", rows[:1], "factor of the chain"), unit=row["unit"]))
    basis = Basis("draws", rows, "median and central 95 per cent range of the factor")
    return ctx.phrases.interval(ctx.ledger.interval(f"eligible/step/{row.key}", step.median, step.low, step.high, style, basis, unit=row["unit"]))


def _figure(ctx: Context, row: Any) -> Text:
    basis = Basis("table", (row_name(row),), "official figure as published")
    return text(ctx.ledger.number(f"areas/{row['gss_code']}/{row['measure']}", row["value"], "number", basis, unit=row["unit"]), " ", quoted(row["unit"]))


def _stand_in(ctx: Context, step: Any) -> Text:
    """Say whose figure was used where the area's own is missing or withheld."""
    if step.basis in (None, "area"):
        return ()
    return ctx.phrases("local.stand_in", place=quoted(step.figures[0]["area"]))


def _periods(step: Any) -> Text:
    return joined((quoted(period, "date") for period in dict.fromkeys(row["period"] for row in step.figures)), ", ")


def _sources(ctx: Context, row: Any) -> Text:
    return joined((reference(ctx, key) for key in parts_of(row["cite"])), "; ")


def _beside(ctx: Context, found: Any) -> Table:
    """Figures that are in no product."""
    phrases = ctx.phrases
    columns = (Column(phrases("local.beside_figure")), Column(phrases("local.factor"), numeric=True), Column(phrases("local.source")), Column(phrases("forest.checked")))
    lines = tuple(
        line(
            cell(quoted(step.row["name"]), quoted(step.row["note"])),
            _figure(ctx, step.figures[0]) if step.figures else _factor_of_row(ctx, step),
            cell(_sources(ctx, step.row), _periods(step)),
            how_checked(ctx, step.row),
        )
        for step in found.beside
    )
    return Table("eligible-beside", phrases("local.beside_caption"), columns, lines)


def _factor_of_row(ctx: Context, step: Any) -> Text:
    """The row's own figure, or the end of a range of which only one end is printed."""
    column = next((name for name in ("value", "high", "low") if step.row[name] is not None), None)
    return ctx.phrases("question.no_figure") if column is None else text(ctx.cell(step.row, column))


def _scale(ctx: Context, found: Any) -> tuple[Any, ...]:
    """Say how the families for which the money is added up compare with the estimate."""
    if ctx.appraisal is None or not found.median or found.median < 1:
        return ()
    offered = ctx.appraisal.evaluation.controls.families
    here = ctx.ledger.number("eligible/families_set", offered, "count", Basis("table", (), "setting of the appraisal"), unit="families")
    basis = Basis("draws", found.rows, "families set over the median estimate")
    times = ctx.ledger.number("eligible/families_set_ratio", offered / found.median, "number", basis, unit="times the estimate")
    return (Paragraph(ctx.phrases("local.scale", families=here, times=times), "note"),)
