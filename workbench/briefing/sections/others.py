"""Other analyses of the same programme: their figure, the same in our prices, their arithmetic again, ours, and why they differ."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, parts_of, words_or_code
from workbench.briefing.findings import Basis, Finding
from workbench.briefing.sections import sums
from workbench.briefing.sections.costs import reference
from workbench.briefing.tables import Column, Details, Facts, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, quoted, text

_STYLES = {"ratio": "ratio", "net_ratio": "ratio", "benefit": "money", "net_benefit": "money", "cost_per_outcome": "money", "probability": "probability"}
_CARRIED = ("benefit", "net_benefit", "cost_per_outcome")


def other_analyses(ctx: Context) -> tuple[Any, ...]:
    """Return the published results beside ours, a part that a reader may open; nothing where none is on file."""
    if ctx.local is None or not ctx.local.comparisons:
        return ()
    phrases, found = ctx.phrases, ctx.local.comparisons
    names = ("result", "printed", "here", "ours", "repeated", "why")
    columns = tuple(Column(phrases(f"others.{name}"), numeric=name in ("printed", "here", "ours", "repeated")) for name in names)
    table = Table("other-analyses", phrases("others.caption"), columns, tuple(_line(ctx, item) for item in found))
    accounts = tuple(_account(ctx, item) for item in _one_each(found))
    inner = (Paragraph(phrases("others.note"), "note"), table, *accounts)
    return (Details(phrases("others.heading"), inner),)


def _line(ctx: Context, item: Any) -> Line:
    result = item.result
    return line(
        cell(quoted(result["name"]), joined((reference(ctx, key) for key in parts_of(result["cite"])), "; "), words_or_code(ctx.phrases, "checked", result["checked"])),
        cell(_printed(ctx, result), quoted(result["unit"])),
        _theirs(ctx, item),
        _ours(ctx, item),
        _repeated(ctx, item),
        cell(quoted(item.row["reason"]), quoted(item.row["note"])),
        id=f"comparison-{item.row.key}",
    )


def _printed(ctx: Context, result: Any) -> Text:
    """Their figure as printed, in its own currency and price year; the ends where only a range is printed."""
    columns = ("value",) if result["value"] is not None else ("low", "high")
    figures = joined((text(ctx.cell(result, name, "exact")) for name in columns if result[name] is not None), " – ")
    if result["kind"] not in _CARRIED:
        return figures
    year = () if result["price_year"] is None else text(", ", ctx.cell(result, "price_year", "year"))
    return text(quoted(f"{result['currency']} "), figures, year)


def _theirs(ctx: Context, item: Any) -> Text:
    """Their figure for one family in our currency and price year; ratios and chances stay as they are."""
    if not item.valued:
        return ctx.phrases("money.no_price_year")
    if item.theirs is None or item.result["kind"] not in _CARRIED:
        return ()
    rows = (f"published_results/{item.result.key}", f"comparisons/{item.row.key}")
    basis = Basis("exact", rows, "own deflator to the price year, then parity once, for one family")
    return text(ctx.ledger.number(f"others/{item.result.key}/here", item.theirs, "money", basis, unit="GBP for one family"))


def _ours(ctx: Context, item: Any) -> Text:
    """Ours in the same terms, or why there is none."""
    name = item.row["ours"]
    if item.ours is None:
        return ctx.phrases("others.none")
    return text(ctx.ledger.number(f"others/ours/{name}", item.ours, _STYLES[name], sums.basis(ctx, f"our {name.replace('_', ' ')}, mean over draws"), unit=name))


def _repeated(ctx: Context, item: Any) -> Text:
    """Their figure worked out again from their own inputs, in their own terms."""
    if item.repeated is None:
        return ctx.phrases("others.not_repeated")
    return text(_again(ctx, item))


def _again(ctx: Context, item: Any) -> Finding:
    row = item.row
    rows = tuple(row[name] for name in ("benefit_input", "cost_input", "quantity_input") if row[name])
    style = "probability" if row["ours"] == "probability" else "ratio" if row["ours"] in ("ratio", "net_ratio") else "count"
    basis = Basis("draws", (*rows, f"comparisons/{row.key}"), "their inputs through our model")
    return ctx.ledger.number(f"others/{item.result.key}/repeated", item.repeated, style, basis, unit="as printed")


def _one_each(found: tuple[Any, ...]) -> list[Any]:
    """One comparison for each analysis: those of one work say the same of pathways, horizon, rate and effect."""
    seen: dict[tuple, Any] = {}
    for item in found:
        seen.setdefault((item.row["cite"], item.row["pathways"], item.row["effect"]), item)
    return list(seen.values())


def _account(ctx: Context, item: Any) -> Facts:
    """How an analysis keeps its accounts."""
    phrases, row = ctx.phrases, item.row
    who = joined((quoted(ctx.evidence.references[key].short, "reference") for key in parts_of(row["cite"]) if key in ctx.evidence.references), "; ")
    facts = [(phrases("others.analysis"), who or quoted(item.result["name"]))]
    facts += [(phrases(f"others.{name}"), quoted(row[name])) for name in ("pathways", "horizon", "discounting", "effect")]
    return Facts(tuple(facts))
