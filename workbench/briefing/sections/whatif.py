"""What stands beside the money: one other assumption at a time, the budget of all families by payer, and simulation error."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, row_name, words_or_code
from workbench.briefing.findings import Basis
from workbench.briefing.sections import sums
from workbench.briefing.tables import Column, Details, Line, Paragraph, Table, line
from workbench.briefing.text import Text, plain, quoted, text

_NONE = 0.005  # pounds: an error that is printed as nothing is none


def blocks(ctx: Context) -> list[Any]:
    """Return the table of scenarios, the budget of all families and the note on simulation error, as far as there are any."""
    found: list[Any] = []
    if ctx.appraisal.scenarios():
        found.append(scenarios_table(ctx))
    if ctx.appraisal.evaluation.budget_by_year:
        found.append(Details(ctx.phrases("money.impact"), (impact_table(ctx),)))
    note = simulation_sentence(ctx)
    return [*found, Paragraph(note, "note"), *_simulation_details(ctx)] if note else found


def scenarios_table(ctx: Context) -> Table:
    """The net present value as it is, and under one other assumption at a time."""
    phrases = ctx.phrases
    columns = (Column(phrases("money.scenario")), Column(phrases("money.npv"), numeric=True), Column(phrases("money.p_npv"), numeric=True))
    base = line(phrases("money.scenario_base"), ctx.phrases.interval(sums.npv(ctx)), text(sums.p_npv(ctx)), total=True)
    return Table("money-scenarios", phrases("money.scenarios"), columns, (base, *(_scenario(ctx, item) for item in ctx.appraisal.scenarios())))


def _scenario(ctx: Context, item: Any) -> Line:
    rows = tuple(dict.fromkeys((row_name(item.row), row_name(item.parameter), *sums.behind(ctx))))
    path, npv = f"money/scenario/{item.row.key}", item.evaluation.npv
    basis = Basis("draws", rows, "the appraisal again with this one figure changed")
    amount = ctx.ledger.interval(f"{path}/npv", npv.mean, npv.low, npv.high, "money", basis, unit=sums.unit(ctx), centre="mean")
    chance = ctx.ledger.number(f"{path}/probability_positive", item.evaluation.p_npv_positive, "probability", basis, unit="probability")
    return line(quoted(item.name), ctx.phrases.interval(amount), text(chance), id=f"row-{item.row.key}")


def impact_table(ctx: Context) -> Table:
    """The payer's budget for all families offered the programme: one column for each payer and kind of money."""
    phrases, evaluation = ctx.phrases, ctx.appraisal.evaluation
    rows = evaluation.budget_impact()
    streams = list(dict.fromkeys((row.payer, row.cash_class) for row in rows))
    heads = (phrases("money.impact_column", payer=quoted(plain(words_or_code(phrases, "payer", payer))), kind=_kind(ctx, name)) for payer, name in streams)
    columns = (Column(phrases("money.year")), *(Column(head, numeric=True) for head in heads))
    amounts = {(row.year, row.payer, row.cash_class): row.amount for row in rows}
    last = max((row.year for row in rows if row.amount), default=0)  # later years are nought for everybody
    years = sorted({row.year for row in rows if row.year <= last})
    lines = (line(quoted(year, "axis"), *(text(_amount(ctx, year, *stream, amounts[year, *stream])) for stream in streams)) for year in years)
    families = sums.setting(ctx, "families_offered", evaluation.families_offered, "count")
    return Table("money-impact", phrases("money.impact_caption", families=families), columns, tuple(lines), layout="scroll")


def _kind(ctx: Context, name: str) -> Text:
    return ctx.phrases("money.chart_spent" if name == "cost" else f"money.class_{name}")


def _amount(ctx: Context, year: int, payer: str, name: str, value: float) -> Any:
    path = f"budget_impact/{year}/{payer}/{name}"
    return sums.single(ctx, path, value, "money", "mean over draws times families offered, not discounted", "GBP for all families offered, not discounted")


def simulation_sentence(ctx: Context) -> Text:
    """Say how far the printed money may be off because it was drawn; nothing where effects cannot be drawn again."""
    errors = ctx.appraisal.scramble_errors()
    if errors is None:
        return ()
    found = {name: errors.error(name) for name in ("npv", "p_npv_positive", "cost")}
    basis = sums.basis(ctx, "standard deviation over scrambles of the draws")
    known = {
        "draws": sums.setting(ctx, "draws", ctx.appraisal.kernel.count, "count"),
        "scrambles": sums.setting(ctx, "scrambles", len(errors.seeds), "count"),
    }
    if found["npv"] is None:
        if not found["cost"] or found["cost"] < _NONE:
            return ()
        cost = ctx.ledger.number("money/simulation_error/cost", found["cost"], "pence", basis, unit=sums.unit(ctx))
        return ctx.phrases("money.simulation_cost", cost=cost, **known)
    npv = ctx.ledger.number("money/simulation_error/npv", found["npv"], "money", basis, unit=sums.unit(ctx))
    chance = ctx.ledger.number("money/simulation_error/probability_positive", 100 * found["p_npv_positive"], "number", basis, unit="percentage points")
    return ctx.phrases("money.simulation", npv=npv, chance=chance, **known)


#: Figures with a simulation error, in the order of the summary: name, words, and how the error is written.
_SIMULATED = (
    ("cost", "money.cost", "pence"), ("budget_cost", "money.budget_cost", "pence"), ("benefit", "money.benefit", "pence"), ("npv", "money.npv", "pence"),
    ("p_npv_positive", "money.p_npv", "points"), ("budget_npv", "money.budget_npv", "pence"),
    ("p_cashable_exceeds_cost", "money.p_cashable", "points"), ("bcr", "money.bcr", "number"),
)  # fmt: skip


def _simulation_details(ctx: Context) -> list[Any]:
    """The standard error of every printed figure that was drawn, out of the way."""
    errors, phrases, lines = ctx.appraisal.scramble_errors(), ctx.phrases, []
    basis = sums.basis(ctx, "standard deviation over scrambles of the draws")
    units = {"pence": sums.unit(ctx), "points": "percentage points", "number": "GBP per GBP spent"}
    for name, words, kind in _SIMULATED:
        value = errors.error(name)
        if not value or (kind == "pence" and value < _NONE):
            continue
        shown = 100 * value if kind == "points" else value
        found = ctx.ledger.number(f"money/simulation_error/each/{name}", shown, "pence" if kind == "pence" else "number", basis, unit=units[kind])
        lines.append(line(phrases(words), phrases("money.points", n=found) if kind == "points" else text(found)))
    columns = (Column(phrases("money.figure")), Column(phrases("money.standard_error"), numeric=True))
    return [Details(phrases("money.simulation_each"), (Table("money-simulation", phrases("money.simulation_caption"), columns, tuple(lines)),))] if lines else []
