"""Section 5: cost, benefits by payer and kind, net present value, break-even, the budget by year, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.briefing.context import Context, words_or_code
from workbench.briefing.figures import BudgetChart, Series
from workbench.briefing.findings import Basis, Finding
from workbench.briefing.sections import drivers, sums, whatif
from workbench.briefing.sections.answer import safety
from workbench.briefing.sections.costs import costs_table, yardsticks
from workbench.briefing.sections.neighbours import price_blocks
from workbench.briefing.sections.value import not_valued
from workbench.briefing.tables import Bullets, Column, Figure, Line, Notice, Paragraph, Table, cell, line
from workbench.briefing.text import Text, quoted, strong, text

CLASSES = ("cashable", "avoided", "wider")


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the section's blocks, with the sentence that says why where there is no net present value."""
    phrases, appraisal = ctx.phrases, ctx.appraisal
    if appraisal is None:
        return (Paragraph(phrases("money.none"), "pending"),)
    found: list[Any] = [Paragraph(horizon_sentence(ctx)), figures_table(ctx)]
    found += yardsticks(ctx)
    if appraisal.evaluation.benefit_by:
        found += [benefits_table(ctx), Paragraph(phrases("money.classes_note"), "note"), Paragraph(safety(ctx), "note")]
    found += _figures(ctx)
    found += whatif.blocks(ctx)
    found += _rows(ctx)
    found += price_blocks(ctx)
    if appraisal.flags:
        found.append(Notice(phrases("money.flags"), (Bullets(tuple(quoted(flag) for flag in appraisal.flags)),)))
    found += drivers.blocks(ctx)
    return tuple(found)


def horizon_sentence(ctx: Context) -> Text:
    """Say over how many years and in which prices money is counted."""
    evaluation = ctx.appraisal.evaluation
    return ctx.phrases(
        "money.horizon",
        horizon=sums.setting(ctx, "horizon", evaluation.controls.horizon),
        price_year=sums.setting(ctx, "price_year", evaluation.kernel.price_year),
    )


def figures_table(ctx: Context) -> Table:
    """The summary: cost, benefit, net present value, chances and break-evens."""
    phrases = ctx.phrases
    columns = (Column(phrases("money.figure")), Column(phrases("money.amount"), numeric=True))
    lines = [line(phrases("money.cost"), _interval(ctx, sums.cost(ctx)))]
    budget = sums.budget_cost(ctx)
    if budget is not None:
        lines.append(line(phrases("money.budget_cost"), _interval(ctx, budget)))
    lines += _valued(ctx) if ctx.appraisal.status == "valued" else [line(text(strong(phrases.words("money.npv_withheld"))), not_valued(ctx))]
    return Table("money-figures", phrases("money.figures"), columns, tuple(lines))


def _interval(ctx: Context, found: Any) -> Text:
    if found is None:
        return ctx.phrases("money.no_costs")
    return text(found.median) if found.low.text == found.high.text else ctx.phrases.interval(found)


def _valued(ctx: Context) -> list[Line]:
    phrases, evaluation = ctx.phrases, ctx.appraisal.evaluation
    lines = [
        line(phrases("money.benefit"), _interval(ctx, sums.benefit(ctx))),
        *(_of_which(ctx, name, value) for name, value in evaluation.benefit_by_class.items()),
        line(phrases("money.npv"), _interval(ctx, sums.npv(ctx)), total=True),
        *_per_children(ctx),
        line(phrases("money.p_npv"), text(sums.p_npv(ctx))),
    ]
    cashable = sums.p_cashable(ctx)
    if cashable is not None:
        balance = sums.amount(ctx, "budget_npv", evaluation.budget_npv, "cashable savings of those who pay less their cost, discounted")
        lines += [line(phrases("money.budget_npv"), _interval(ctx, balance)), line(phrases("money.p_cashable"), text(cashable))]
    if evaluation.bcr is not None:
        lines.append(line(phrases("money.bcr"), text(sums.single(ctx, "bcr", evaluation.bcr, "pence", "ratio of means", "GBP per GBP spent"))))
    return [*lines, *_break_even(ctx)]


def _of_which(ctx: Context, name: str, value: Any) -> Line:
    found = sums.amount(ctx, f"benefit_by_class/{name}", value, "benefits of this kind, discounted")
    return line(ctx.phrases("money.of_which", kind=ctx.phrases(f"money.class_{name}")), _interval(ctx, found))


def _per_children(ctx: Context) -> list[Line]:
    """The net present value for a hundred children, where the number of children is known."""
    found = ctx.appraisal.evaluation.per_100_children
    if found is None:
        return []
    hundred = ctx.ledger.number("money/per_100_children/denominator", 100, "count", Basis("exact", (), "round number chosen for reading"))
    amount = sums.amount(ctx, "per_100_children", found, "net present value for children, not families")
    return [line(ctx.phrases("money.per_children", n=hundred), _interval(ctx, amount))]


def _break_even(ctx: Context) -> list[Line]:
    phrases, evaluation = ctx.phrases, ctx.appraisal.evaluation
    if evaluation.payback_year is None:
        payback = phrases("money.payback_never", horizon=sums.setting(ctx, "horizon", evaluation.controls.horizon))
    else:
        payback = text(sums.single(ctx, "payback_year", evaluation.payback_year, "year", "first year whose end is covered", "year"))
    lines = [line(phrases("money.payback"), payback)]
    if evaluation.break_even_cost is not None:
        lines.append(line(phrases("money.break_even_cost"), text(sums.break_even_cost(ctx))))
    effects = getattr(evaluation, "break_even_effects", {})
    reached = [_break_even_effect(ctx, found) for found in effects.values()] or [phrases("money.break_even_none")]
    return [*lines, line(phrases("money.break_even_effect"), cell(*reached)), *_break_even_reach(ctx)]


def _break_even_reach(ctx: Context) -> list[Line]:
    """How long benefits must last, and how many must start, where either decides."""
    phrases, evaluation, found = ctx.phrases, ctx.appraisal.evaluation, []
    if evaluation.break_even_years is not None:
        times = sums.single(ctx, "break_even/years", evaluation.break_even_years, "number", "multiple of every duration at which the mean net present value is nought", "times")
        found.append(line(phrases("money.break_even_years"), phrases("money.break_even_years_words", n=times)))
    elif any(item.years is not None for item in evaluation.kernel.benefits):
        horizon = sums.setting(ctx, "horizon", evaluation.controls.horizon)
        found.append(line(phrases("money.break_even_years"), phrases("money.break_even_years_none", horizon=horizon)))
    if evaluation.break_even_take_up is not None:
        share = sums.single(ctx, "break_even/take_up", evaluation.break_even_take_up, "share", "take-up at which the mean net present value is nought", "share")
        found.append(line(phrases("money.break_even_take_up"), text(share)))
    return found


def _break_even_effect(ctx: Context, found: Any) -> Text:
    name = ctx.evidence["outcomes"][found.construct]["name"]
    ratio = _effect_finding(ctx, f"{found.construct}/odds_ratio", found.odds_ratio, "ratio", "odds ratio")
    hundred = _effect_finding(ctx, f"{found.construct}/per_hundred", 100 * found.difference, "number", "of 100")
    return ctx.phrases("money.break_even_words", outcome=quoted(name), ratio=ratio, difference=hundred, denominator=_hundred(ctx))


def _hundred(ctx: Context) -> Finding:
    return sums.single(ctx, "break_even/denominator", 100, "count", "round number chosen for reading", "people")


def _effect_finding(ctx: Context, path: str, value: float, style: str, unit: str) -> Finding:
    return sums.single(ctx, f"break_even/{path}", value, style, "effect at which the mean net present value is nought", unit)


def benefits_table(ctx: Context) -> Table:
    """Benefits by payer and cash class, which are never added across classes."""
    phrases = ctx.phrases
    columns = (Column(phrases("money.payer")), Column(phrases("money.kind")), Column(phrases("money.amount"), numeric=True))
    found = sorted(ctx.appraisal.evaluation.benefit_by.items(), key=lambda item: (CLASSES.index(item[0][1]), item[0][0]))
    lines = [
        line(
            words_or_code(phrases, "payer", payer),
            phrases(f"money.class_{name}"),
            _interval(ctx, sums.amount(ctx, f"benefit/{payer}/{name}", value, "benefit to this payer of this kind, discounted")),
        )
        for (payer, name), value in found
    ]
    return Table("money-benefits", phrases("money.by_payer"), columns, tuple(lines))


def _figures(ctx: Context) -> list[Figure]:
    """Money by year for society's total, and for the payer's budget where that is not the same."""
    evaluation = ctx.appraisal.evaluation
    found = [year_figure(ctx, "society", evaluation.by_year)] if evaluation.by_year else []
    if evaluation.budget_by_year and evaluation.budget_by_year != evaluation.by_year:
        found.append(year_figure(ctx, "budget", evaluation.budget_by_year))
    return found


def year_figure(ctx: Context, view: str, rows: Sequence[Any]) -> Figure:
    """Spending and what comes back by year, drawn and as a table; `view` is ``society`` or ``budget``."""
    phrases, years = ctx.phrases, sorted({item.year for item in rows})
    series = _series(ctx, rows, years)
    net = [sum(item.amounts[index] for item in series) for index in range(len(years))]
    shape = "money.shape_deficit" if sum(value < 0 for value in net) * 2 > len(net) else "money.shape_surplus"
    chart = BudgetChart(
        id=f"by-year-{view}",
        title=phrases.words(f"money.chart_title_{view}"),
        description=phrases.words("money.chart_description").format(shape=phrases.words(shape)),
        years=tuple(years),
        series=series,
        net_label=phrases.words("money.chart_net"),
        axis_label=phrases.words("money.chart_axis"),
    )
    return Figure(chart, phrases(f"money.chart_caption_{view}"), _year_table(ctx, view, series, years, net), both=view == "society")


def _series(ctx: Context, rows: Sequence[Any], years: Sequence[int]) -> tuple[Series, ...]:
    """One series for spending and one for each kind of benefit that occurs; all payers together."""
    found = []
    for name in ("cost", *CLASSES):
        chosen = [item for item in rows if item.cash_class == name]
        if chosen:
            signed = -1.0 if name == "cost" else 1.0
            amounts = tuple(signed * sum(item.amount for item in chosen if item.year == year) + 0.0 for year in years)
            label = ctx.phrases.words("money.chart_spent" if name == "cost" else f"money.class_{name}")
            found.append(Series(label, name, amounts))
    return tuple(found)


def _year_table(ctx: Context, view: str, series: tuple[Series, ...], years: list[int], net: list[float]) -> Table:
    phrases = ctx.phrases
    columns = (Column(phrases("money.year")), *(Column(text(item.name), numeric=True) for item in series), Column(phrases("money.total"), numeric=True))
    lines = []
    for index, year in enumerate(years):
        amounts = [text(_year_finding(ctx, view, year, item.style, item.amounts[index])) for item in series]
        lines.append(line(quoted(year, "axis"), *amounts, text(_year_finding(ctx, view, year, "balance", net[index]))))
    return Table(f"by-year-{view}-table", phrases(f"money.table_caption_{view}"), columns, tuple(lines), layout="scroll")


def _year_finding(ctx: Context, view: str, year: int, name: str, value: float) -> Finding:
    path = "by_year" if view == "society" else "budget_by_year"
    return sums.single(ctx, f"{path}/{year}/{name}", value, "money", "mean over draws, not discounted", "GBP per family offered, not discounted")


def _rows(ctx: Context) -> list[Any]:
    """Costs and pathways used, and pathways refused with the reason."""
    phrases, appraisal = ctx.phrases, ctx.appraisal
    found: list[Any] = [costs_table(ctx)]
    benefits = [row for row in appraisal.pathways if row["kind"] != "cost"]
    if benefits:
        found.append(_pathways("pathways-used", phrases("money.pathways"), ctx, benefits))
    if appraisal.unvalued:
        found.append(_unvalued(ctx))
    if appraisal.refused:
        found.append(_pathways("pathways-refused", phrases("money.refused"), ctx, appraisal.refused))
    return found


def _unvalued(ctx: Context) -> Table:
    """Pathways that should count and cannot be valued."""
    columns = (Column(ctx.phrases("money.pathway")), Column(ctx.phrases("money.reason")))
    lines = tuple(line(quoted(row["name"]), quoted(reason)) for row, reason in ctx.appraisal.unvalued)
    return Table("pathways-unvalued", ctx.phrases("money.unvalued"), columns, lines)


def _pathways(name: str, caption: Text, ctx: Context, rows: Any) -> Table:
    columns = (Column(ctx.phrases("money.pathway")), Column(ctx.phrases("money.reason")))
    lines = tuple(line(cell(quoted(row["name"])), cell(quoted(row["reason"]), quoted(row["note"])), id=f"row-{row['pathway_id']}") for row in rows)
    return Table(name, caption, columns, lines)
