"""How results of the economics print themselves in a notebook: plain HTML tables, text from tables escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import Any

from workbench.economics.flows import CASH_CLASSES

_CLASS_WORDS = {"cashable": "cashable saving", "avoided": "cost avoided", "wider": "wider value"}
_RIGHT = ' style="text-align:right"'
_LEFT = ' style="text-align:left"'


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is text and whose others are figures; every cell is escaped."""
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(f"<{tag}{_RIGHT if place else _LEFT}>{escape(str(cell))}</{tag}>" for place, cell in enumerate(row))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def bullets(title: str, items: Iterable[str]) -> str:
    """Return a titled list; nothing where there are no items."""
    lines = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<p><b>{escape(title)}</b></p><ul>{lines}</ul>" if lines else ""


def amount_cells(amount: Any) -> tuple[str, str]:
    """Mean and central 95 % interval of an amount of money."""
    if amount is None:
        return "not valued", ""
    same = amount.low == amount.high
    return f"{amount.mean:,.0f}", "" if same else f"{amount.low:,.0f} to {amount.high:,.0f}"


def evaluation_html(found: Any) -> str:
    """Return the figures of an evaluation: totals with their parts by kind and payer, chances, break-evens."""
    kernel = found.kernel
    caption = f"{kernel.currency} per family offered, prices of {kernel.price_year}, {found.controls.horizon} years, {kernel.count:,} draws"
    return html_table(caption, ("", "mean", "95 % interval"), (*_society(found), *_budget(found), *_break_evens(found), *_yardsticks(found)))


def _society(found: Any) -> list[tuple[str, str, str]]:
    rows = [("Cost", *amount_cells(found.cost)), ("Benefits that can be counted", *amount_cells(found.benefit))]
    for kind in (name for name in CASH_CLASSES if name in found.benefit_by_class):
        rows.append((f"\u2003{_CLASS_WORDS[kind]}", *amount_cells(found.benefit_by_class[kind])))
        payers = [(payer, amount) for (payer, name), amount in found.benefit_by.items() if name == kind]
        rows += [(f"\u2003\u2003{_plain(payer)}", *amount_cells(amount)) for payer, amount in payers]
    rows.append(("Net present value", *amount_cells(found.npv)))
    if found.npv is not None:
        rows.append(("Net present value per 100 children", *amount_cells(found.per_100_children)))
        rows.append(("P(net present value > 0)", f"{found.p_npv_positive:.3f}", ""))
        rows.append(("Benefits per pound of cost", "withheld: the cost is not above 0" if found.bcr is None else f"{found.bcr:.2f}", ""))
        rows.append(("Paid back in year", "not within the horizon" if found.payback_year is None else f"{found.payback_year}", ""))
    return rows


def _budget(found: Any) -> list[tuple[str, str, str]]:
    rows = [("Cost to the budget of those who pay", *amount_cells(found.budget_cost))]
    if found.budget_npv is not None:
        rows.append(("Cashable saving of those who pay", *amount_cells(found.cashable)))
        rows.append(("P(cashable saving > that cost)", f"{found.p_cashable_exceeds_cost:.3f}", ""))
    return rows


def _break_evens(found: Any) -> list[tuple[str, str, str]]:
    if not found.valued:
        return []
    rows = [("Break-even cost", f"{found.break_even_cost:,.0f}", "")]
    for effect in found.break_even_effects.values():
        rows.append((f"Break-even effect on {effect.construct}", f"odds ratio {effect.odds_ratio:.2f}", f"difference in risk {effect.difference:.3f}"))
    years, share = found.break_even_years, found.break_even_take_up
    rows.append(("Break-even duration", "none within the horizon" if years is None else f"{years:.2f} times as long", ""))
    return rows if share is None else [*rows, ("Break-even take-up", f"{share:.2f}", "")]


def _yardsticks(found: Any) -> list[tuple[str, str, str]]:
    shown = [each for each in found.yardsticks if each.value is not None]
    return [(each.name, f"{each.value:.3g} events" if each.kind == "events" else f"{each.value:,.0f} per {each.unit}", "") for each in shown]


def controls_html(controls: Any) -> str:
    """Return what a reader may change, as it stands."""
    rows = []
    for each in fields(controls):
        value = getattr(controls, each.name)
        if each.name == "schedule":
            rates = value[:, 1 : controls.horizon]
            value = f"{100 * rates.min():.2g} to {100 * rates.max():.2g} % a year" if rates.size else "one year only"
        elif each.name == "baseline_risk":
            value = ", ".join(f"{name} {risk:g}" for name, risk in value.items()) or "as drawn"
        elif value is None:
            value = "not set"
        elif isinstance(value, float):
            value = f"{value:,.6g}"
        rows.append((each.name, str(value)))
    return html_table("Controls", ("", "value"), rows)


def appraisal_html(appraisal: Any) -> str:
    """Return the figures, the prices behind them, what is not valued and why, and the flags."""
    where = f", {appraisal.area}" if appraisal.area else ""
    title = f"<p><b>{escape(appraisal.programme_id + where)}</b>" + (f": {escape(appraisal.reason)}" if appraisal.reason else "") + "</p>"
    prices = [_price(each) for each in (*appraisal.costs, *appraisal.prices)]
    head = ("", "as published", "price year", f"{appraisal.kernel.currency} {appraisal.kernel.price_year}", "checked")
    table = html_table("Prices behind the money, and costs that stand beside", head, prices) if prices else ""
    missing = [f"{row['name']}: {reason}" for row, reason in appraisal.unvalued] + [f"{row['name']}: {row['reason']}" for row in appraisal.refused]
    return title + evaluation_html(appraisal.evaluation) + table + bullets("Not counted, and why", missing) + bullets("Read the money with these cautions", appraisal.flags)


def _price(each: Any) -> tuple[str, ...]:
    """A price as published and as carried to the price year."""
    row = each.row
    return row["name"], f"{row['currency']} {_printed(row)}", str(row["price_year"]), f"{each.central:,.0f}", row["checked"]


def _printed(row: Any) -> str:
    if row["value"] is not None:
        return f"{row['value']:,.6g}"
    return f"{row['low']:,.6g} to {row['high']:,.6g}"


def _plain(code: str) -> str:
    return code.replace("_", " ")


def scenarios_html(base: Any, scenarios: Iterable[Any]) -> str:
    """Return the net present value as it is and under each scenario, one at a time."""
    rows = [(name, *amount_cells(each.npv), f"{each.p_npv_positive:.3f}") for name, each in (("as it is", base), *((one.name, one.evaluation) for one in scenarios))]
    return html_table("Net present value, one other assumption at a time", ("", "mean", "95 % interval", "P(NPV > 0)"), rows)
