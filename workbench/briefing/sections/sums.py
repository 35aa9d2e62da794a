"""The money's findings: amounts, chances and break-evens of an appraisal, each recorded once."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context, row_name
from workbench.briefing.findings import Basis, Finding, IntervalFindings, rows_of
from workbench.briefing.text import Text, quoted


def pathway_rows(ctx: Context, pathway: Any) -> tuple[str, ...]:
    """Name every row on which a pathway rests, itself first."""
    return (row_name(pathway), *(row_name(row) for row in ctx.appraisal.used.get(pathway["pathway_id"], ())))


def behind(ctx: Context) -> tuple[str, ...]:
    """Name the rows on which the money rests: pathways, prices, parameters, costs, and the effects that drive them."""
    rows: list[str] = []
    for pathway in ctx.appraisal.pathways:
        rows += pathway_rows(ctx, pathway)
        rows += effects_behind(ctx, pathway["construct"])
    return tuple(dict.fromkeys(rows))


def effects_behind(ctx: Context, construct: str | None) -> list[str]:
    """Name the effect and baseline rows behind a construct that drives money."""
    found: list[str] = []
    for item in ctx.headlines:
        if item.construct["construct"] == construct and item.status in MEASURED:
            found += rows_of("effects", item.fit.effects.row_ids)
            found += rows_of("baselines", (row["baseline_id"] for row in item.natural.baseline.rows)) if item.natural else ()
    return found


def basis(ctx: Context, method: str, kind: str = "draws") -> Basis:
    """Return the basis of a figure of the appraisal."""
    return Basis(kind, behind(ctx), method)


def unit(ctx: Context) -> str:
    """Currency, price year and family."""
    kernel = ctx.appraisal.kernel
    return f"{kernel.currency} per family offered, prices of {kernel.price_year}, present value"


def amount(ctx: Context, path: str, found: Any, method: str, style: str = "money") -> IntervalFindings:
    """Record the mean of an amount with its 95 % interval over draws."""
    return ctx.ledger.interval(f"money/{path}", found.mean, found.low, found.high, style, basis(ctx, method), unit=unit(ctx), centre="mean")


def cost(ctx: Context) -> IntervalFindings | None:
    """Cost per family offered; None where no cost is on file."""
    found = _evaluation(ctx)
    chosen = found and (found.cost or found.budget_cost)
    return amount(ctx, "cost", chosen, "cost of the programme, discounted") if chosen else None


def budget_cost(ctx: Context) -> IntervalFindings | None:
    """Cost to the budget of those who pay, where it is another figure than the cost to society; None where it is not."""
    found = _evaluation(ctx)
    if found.budget_cost is None or found.cost is None or found.budget_cost.mean == found.cost.mean:
        return None
    return amount(ctx, "budget_cost", found.budget_cost, "cost to the payer's budget, discounted")


def benefit(ctx: Context) -> IntervalFindings:
    """Benefits that are counted."""
    return amount(ctx, "benefit", _evaluation(ctx).benefit, "events gained times their value, discounted, by draw")


def npv(ctx: Context) -> IntervalFindings:
    """Net present value."""
    return amount(ctx, "npv", _evaluation(ctx).npv, "benefit less cost, by draw")


def p_npv(ctx: Context) -> Finding:
    """Probability that the net present value is positive."""
    return _chance(ctx, "npv/probability_positive", _evaluation(ctx).p_npv_positive, "share of draws with a positive net present value")


def p_cashable(ctx: Context) -> Finding | None:
    """Probability that cash savings of the payer exceed its cost."""
    value = _evaluation(ctx).p_cashable_exceeds_cost
    return None if value is None else _chance(ctx, "cashable/probability_exceeds_cost", value, "share of draws in which savings in cash exceed the cost")


def _chance(ctx: Context, path: str, value: float, method: str) -> Finding:
    return ctx.ledger.number(f"money/{path}", value, "probability", basis(ctx, method), unit="probability")


def single(ctx: Context, path: str, value: float, style: str, method: str, unit_words: str = "") -> Finding:
    """Record one figure of the appraisal that has no interval."""
    return ctx.ledger.number(f"money/{path}", value, style, basis(ctx, method), unit=unit_words or unit(ctx))


def break_even_cost(ctx: Context) -> Finding:
    """Cost at which the mean net present value is nought: the mean benefit, rounded as that is."""
    found = benefit(ctx).median
    value = _evaluation(ctx).break_even_cost
    return ctx.ledger.number("money/break_even/cost", value, "money", basis(ctx, "mean benefit"), unit=unit(ctx), side=found.side)


def setting(ctx: Context, name: str, value: float, style: str = "year") -> Finding:
    """Record a setting of the appraisal, such as its horizon."""
    return ctx.ledger.number(f"money/setting/{name}", value, style, Basis("table", (), "setting of the appraisal"))


def reason(ctx: Context) -> Text:
    """Say why there is no value, as the appraisal gives it."""
    words = (ctx.appraisal.reason or "").strip()
    return quoted(words if words.endswith(".") else f"{words}.")


def _evaluation(ctx: Context) -> Any:
    return ctx.appraisal.evaluation
