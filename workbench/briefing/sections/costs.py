"""The prices behind the money: what the programme costs as published, and comparisons that stand beside the cost."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, words_or_code
from workbench.briefing.findings import Basis
from workbench.briefing.sections import sums
from workbench.briefing.tables import Bullets, Column, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, link, quoted, text


def costs_table(ctx: Context) -> Table | Paragraph:
    """Return every cost on file for the programme, as published and in the price year, those counted first."""
    phrases, appraisal = ctx.phrases, ctx.appraisal
    carried = {priced.row["cost_id"]: priced for priced in appraisal.costs}
    rows = ctx.evidence["programme_costs"].where(programme_id=ctx.programme["programme_id"])
    if not rows:
        return Paragraph(phrases("money.no_costs"), "pending")
    counted = {row["cost_id"] for found in appraisal.used.values() for row in found if row.table == "programme_costs"}
    year = sums.setting(ctx, "price_year", appraisal.kernel.price_year)
    columns = [Column(phrases("money.cost_row")), Column(phrases("money.original"), numeric=True)]
    columns += [Column(phrases("money.in_price_year", price_year=year), numeric=True), Column(phrases("forest.checked")), Column(phrases("money.role"))]
    ordered = sorted(rows, key=lambda row: row["cost_id"] not in counted)
    lines = (_line(ctx, row, carried.get(row["cost_id"]), row["cost_id"] in counted) for row in ordered)
    return Table("costs-used", phrases("money.costs"), tuple(columns), tuple(lines))


def _line(ctx: Context, row: Any, carried: Any, counted: bool) -> Line:
    phrases = ctx.phrases
    return line(
        cell(quoted(row["name"]), quoted(row["unit"]), reference(ctx, row["cite"])),
        cell(published(ctx, row)),
        cell(_carried(ctx, row, carried)),
        words_or_code(phrases, "checked", row["checked"]),
        phrases("money.used" if counted else "money.not_used"),
        id=f"row-{row['cost_id']}",
    )


def _carried(ctx: Context, row: Any, carried: Any) -> Text:
    """The central figure in the price year; that there is none where no price year is known."""
    if carried is None:
        return ctx.phrases("money.no_price_year")
    basis = Basis("exact", (f"programme_costs/{row['cost_id']}",), "carried to the price year by deflator, then by parity")
    return text(ctx.ledger.number(f"programme_costs/{row['cost_id']}/in_price_year", carried.central, "money", basis, unit=row["unit"]))


def published(ctx: Context, row: Any) -> Text:
    """Write a price as it was published: value or range, currency and price year."""
    phrases = ctx.phrases
    style = "money" if row["currency"] == "GBP" else "number"
    currency = None if style == "money" else quoted(f"{row['currency']} ")
    value = None if row["value"] is None else text(currency, ctx.cell(row, "value", style))
    ends = None
    if row["low"] is not None and row["high"] is not None:
        ends = phrases("number.range", low=ctx.cell(row, "low", style), high=ctx.cell(row, "high", style))
        ends = text(currency, ends) if value is None else text(" (", ends, ")")
    year = None if row["price_year"] is None else text(", ", ctx.cell(row, "price_year", "year"))
    return text(value, ends, year)


def reference(ctx: Context, cite: str | None) -> Text:
    """Write a link to a reference; nothing where there is none."""
    if not cite or cite not in ctx.evidence.references:
        return ()
    return text(link(quoted(ctx.evidence.references[cite].short, "reference"), f"#ref-{cite}"))


def yardsticks(ctx: Context) -> list[Any]:
    """Comparisons beside the cost: events that would repay it, or the cost of one unit of the outcome."""
    found = [item for item in getattr(ctx.appraisal.evaluation, "yardsticks", ()) if item.value is not None]
    if not found:
        return []
    return [Heading(ctx.phrases("money.yardsticks"), "money-yardsticks"), Bullets(tuple(_yardstick(ctx, item) for item in found))]


def _yardstick(ctx: Context, item: Any) -> Text:
    phrases = ctx.phrases
    pathway = ctx.evidence["pathways"][item.pathway_id]
    rows = tuple(dict.fromkeys((*sums.pathway_rows(ctx, pathway), *sums.behind(ctx), *sums.effects_behind(ctx, pathway["construct"]))))
    path = f"money/yardstick/{item.pathway_id}"
    if item.kind == "events":
        basis = Basis("draws", rows, "mean cost over mean value of one event")
        per = ctx.ledger.number(f"{path}/per_hundred", 100 * item.value, "number", basis, unit="events per 100 families offered")
        worth = ctx.ledger.interval(f"{path}/unit_value", item.unit_value.mean, item.unit_value.low, item.unit_value.high, "money", basis, centre="mean")
        hundred = ctx.ledger.number(f"{path}/denominator", 100, "count", Basis("exact", (), "round number chosen for reading"))
        sentence = phrases("money.yardstick_events", name=quoted(item.name), n=per, denominator=hundred, unit=quoted(item.unit), value=worth.median)
        return joined((sentence, phrases("money.ceiling") if item.ceiling else ()), " ")
    basis = Basis("draws", rows, "mean cost over mean effect")
    value = ctx.ledger.number(f"{path}/cost_per_unit", item.value, "money", basis, unit=f"GBP per {item.unit}")
    if item.by_draw is None:
        return phrases("money.yardstick_unit", name=quoted(item.name), unit=quoted(item.unit), value=value)
    ends = ctx.ledger.interval(f"{path}/cost_per_unit_range", item.by_draw.median, item.by_draw.low, item.by_draw.high, "money", basis)
    interval = phrases("number.range", low=ends.low, high=ends.high)
    return phrases("money.yardstick_unit_range", name=quoted(item.name), unit=quoted(item.unit), value=value, interval=interval)
