"""The areas most like this one, by the publisher's own model: their official figures, the programme there, and weekly prices."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, row_name
from workbench.briefing.findings import Basis
from workbench.briefing.sections import sums
from workbench.briefing.sections.eligible import families
from workbench.briefing.tables import Column, Details, Heading, Line, Paragraph, Table, line
from workbench.briefing.text import Text, joined, quoted, text


def neighbours(ctx: Context) -> tuple[str, ...]:
    """Return the codes of the place's statistical neighbours, nearest first; none for a country or a region."""
    if "neighbours" not in ctx.evidence.tables:
        return ()
    rows = ctx.evidence["neighbours"].where(gss_code=ctx.place.code)
    return tuple(row["neighbour_code"] for row in sorted(rows, key=lambda row: row["rank"]))


def names(ctx: Context) -> Text:
    """Name the neighbours; say that there are none for a place of this kind."""
    codes = neighbours(ctx)
    if not codes:
        return ctx.phrases("question.neighbours_none")
    known = {row["gss_code"]: row["area"] for row in ctx.evidence["areas"].rows}
    return joined((quoted(known[code]) for code in codes if code in known), ", ", " and ")


def ends(ctx: Context, here: Any) -> tuple[Any, Any] | None:
    """Return the neighbours' rows with the lowest and the highest figure of the same measure and period; None without two."""
    wanted = set(neighbours(ctx))
    rows = [
        row
        for row in ctx.evidence["areas"].where(measure=here["measure"], period=here["period"])
        if row["gss_code"] in wanted and row["value"] is not None
    ]
    if len(rows) < 2:
        return None
    ordered = sorted(rows, key=lambda row: (row["value"], row["gss_code"]))
    return ordered[0], ordered[-1]


def similar_details(ctx: Context) -> tuple[Any, ...]:
    """Return the programme in similar areas, a table that a reader may open; nothing where the place has none."""
    if ctx.local is None or not ctx.local.neighbours:
        return ()
    phrases, found = ctx.phrases, ctx.local.neighbours
    has_npv, has_price = any(item.npv is not None for item in found), any(price.row is not None for item in found for price in item.prices.found)
    priced = has_price and bool(ctx.local.prices.found)
    columns = [Column(phrases("local.similar_area")), Column(phrases("local.families"), numeric=True)]
    columns += [Column(phrases("local.weekly_price"), numeric=True)] if priced else []
    varies = has_npv and len({item.npv.mean for item in found}) > 1
    own = not ctx.local.uses_prices and any(item.npv_own is not None for item in found)
    columns += [Column(phrases("money.npv"), numeric=True)] if varies else []
    columns += [Column(phrases("local.npv_own"), numeric=True)] if own else []
    lines = tuple(_similar(ctx, item, priced, varies, own) for item in found)
    table = Table("similar-areas", phrases("local.similar_caption"), tuple(columns), lines)
    note = phrases("local.similar_note_prices" if ctx.local.uses_prices else "local.similar_note")
    same = (Paragraph(phrases("local.npv_same"), "note"),) if has_npv and not varies else ()
    return (Details(phrases("local.similar"), (Paragraph(note, "note"), *same, table)),)


def _similar(ctx: Context, item: Any, priced: bool, varies: bool, own: bool) -> Line:
    code = item.area["gss_code"]
    cells: list[Any] = [quoted(item.area["area"])]
    if item.eligible.status == "not_estimated":
        cells.append(quoted(item.eligible.reason))
    else:
        cells.append(ctx.phrases.interval(families(ctx, item.eligible, f"neighbours/{code}/eligible")))
    if priced:
        cells.append(joined((_price(ctx, price) for price in item.prices.found), ", "))
    if varies:
        cells.append(_npv(ctx, f"neighbours/{code}/npv", item.npv, (), "as for this place, with that area's own rates in the risk without the programme"))
    if own:
        cells.append(_at_own_prices(ctx, item))
    return line(*cells)


def _npv(ctx: Context, path: str, found: Any, more: tuple[str, ...], method: str) -> Text:
    basis = Basis("draws", (*sums.behind(ctx), *more), method)
    return ctx.phrases.interval(ctx.ledger.interval(path, found.mean, found.low, found.high, "money", basis, unit=sums.unit(ctx), centre="mean"))


def _at_own_prices(ctx: Context, item: Any) -> Text:
    """A similar area's net present value at its own prices, where it has some that count."""
    if item.npv_own is None:
        return ctx.phrases("question.no_figure")
    rows = tuple(row_name(price.figure) for price in item.prices.found if price.row is not None)
    return _npv(ctx, f"neighbours/{item.area['gss_code']}/npv_own_prices", item.npv_own, rows, "as for this place, with that area's own rates and weekly price")


def _price(ctx: Context, price: Any) -> Text:
    """An area's own weekly price, or why it has none."""
    if price.status in ("missing", "hidden"):
        return ctx.phrases("question.no_figure")
    row = price.figure
    found = _own_figure(ctx, row)
    return found if price.status == "published" else text(found, " (", ctx.phrases("local.not_believed"), ")")


def families_range(ctx: Context) -> Text:
    """Say between which figures the estimates of similar areas lie; nothing where there are none."""
    found = [item for item in (ctx.local.neighbours if ctx.local is not None else ()) if item.eligible.status != "not_estimated"]
    if len(found) < 2:
        return ()
    ordered = sorted(found, key=lambda item: (item.eligible.median, item.area["gss_code"]))
    ends_ = [families(ctx, item.eligible, f"neighbours/{item.area['gss_code']}/eligible").median for item in (ordered[0], ordered[-1])]
    return ctx.phrases("local.similar_range", low=ends_[0], high=ends_[1])


def price_blocks(ctx: Context) -> tuple[Any, ...]:
    """Return what the area's own prices are and what the money would be at them; nothing where no price of theirs counts."""
    if ctx.local is None or not ctx.local.prices.found or ctx.place.is_country:
        return ()
    blocks: list[Any] = [Heading(ctx.phrases("local.prices"), "local-prices")]
    for price in ctx.local.prices.found:
        blocks.append(Paragraph(_price_sentence(ctx, price)))
    blocks += [Paragraph(quoted(reason), "note") for reason in ctx.local.prices.kept]
    own = ctx.local.with_prices
    if own is not None and own.evaluation.npv is not None and not ctx.local.uses_prices:
        rows = tuple(row_name(price.figure) for price in ctx.local.prices.found if price.row is not None)
        npv = _npv(ctx, "local_prices/npv", own.evaluation.npv, rows, "as the money above, at the area's own prices")
        blocks.append(Paragraph(ctx.phrases("local.npv_at_own", npv=npv)))
    return tuple(blocks)


def _price_sentence(ctx: Context, price: Any) -> Text:
    """The area's price, its period and source, the national one, and the range of similar areas."""
    national = ctx.cell(price.unit_cost, "value", "money")
    if price.figure is None or price.figure["value"] is None:
        return ctx.phrases("local.price_none", name=quoted(price.unit_cost["name"]), national=national)
    near = ends(ctx, price.figure)
    between = () if near is None else ctx.phrases("local.price_similar", low=_own_figure(ctx, near[0]), high=_own_figure(ctx, near[1]))
    used = ctx.phrases("local.price_used" if ctx.local.uses_prices and price.row is not None else "local.price_shown")
    measure = ctx.evidence["area_measures"][price.figure["measure"]]["name"]
    said = ctx.phrases("local.price", measure=quoted(measure), place=quoted(ctx.place.name), price=_own_figure(ctx, price.figure), period=quoted(price.figure["period"], "date"),
                       publisher=quoted(price.figure["publisher"]), national=national)  # fmt: skip
    return joined((said, between, used), " ")


def _own_figure(ctx: Context, row: Any) -> Text:
    basis = Basis("table", (row_name(row),), "official figure as published")
    return text(ctx.ledger.number(f"areas/{row['gss_code']}/{row['measure']}", row["value"], "money", basis, unit=row["unit"]))
