"""What drives the answer: the tornado and its table, how good it must be at which cost, multiples of worth, and weights by income."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.figures import TornadoBar, TornadoChart
from workbench.briefing.findings import Basis, Finding, IntervalFindings
from workbench.briefing.formatting import narrower_side
from workbench.briefing.sections import sums
from workbench.briefing.tables import Bullets, Column, Details, Figure, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, plain, quoted, text

DRAWN = 10  # widest inputs in the chart; the table holds all
_MONEY = ("prices", "costs")
_PER_CENT = "share per year"
_SHARE = "share"


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the blocks; nothing where there is no net present value whose drivers could be asked for."""
    decision = ctx.decision
    if decision is None or not decision.valued:
        return ()
    phrases = ctx.phrases
    found: list[Any] = [Heading(phrases("drivers.heading"), "drivers"), Paragraph(_lead(ctx)), _figure(ctx)]
    found.append(Paragraph(phrases("drivers.method"), "note"))
    if decision.thresholds:
        found.append(Details(phrases("drivers.thresholds"), (_thresholds(ctx),)))
    if decision.acceptability is not None:
        found.append(Details(phrases("drivers.acceptability"), (Paragraph(phrases("drivers.acceptability_note"), "note"), _acceptability(ctx))))
    if decision.equity:
        found += [Heading(phrases("drivers.equity"), "weights"), *_equity(ctx)]
    return tuple(found)


# -- tornado -----------------------------------------------------------------------------------------------------------------
def _lead(ctx: Context) -> Text:
    """Name the widest input, and every input that alone would turn the answer."""
    bars = ctx.decision.tornado.bars
    if not bars:
        return ctx.phrases("drivers.nothing")
    turning = [bar for bar in bars if bar.turns]
    if turning == [bars[0]]:
        turns = ctx.phrases("drivers.turns_itself")
    else:
        turns = ctx.phrases("drivers.turns", names=joined((_name(ctx, bar) for bar in turning), "; ")) if turning else ctx.phrases("drivers.turns_none")
    return joined((ctx.phrases("drivers.widest", name=_name(ctx, bars[0])), turns), " ")


def _name(ctx: Context, bar: Any) -> Text:
    """An input in words: what it is, for effects and risks without the programme, and its own name."""
    key = f"drivers.of_{bar.group}"
    named = ctx.phrases(f"drivers.control_{bar.name}") if bar.group == "controls" else quoted(bar.label)
    return ctx.phrases(key, name=named) if key in ctx.phrases else named


def _figure(ctx: Context) -> Figure:
    phrases, tornado = ctx.phrases, ctx.decision.tornado
    bars = tuple(TornadoBar(plain(_name(ctx, bar)), bar.npv_low, bar.npv_high) for bar in tornado.bars[:DRAWN])
    labels = {f"{name}_label": phrases.words(f"drivers.chart_{name}") for name in ("low", "high", "base", "zero", "axis")}
    drawing = TornadoChart("tornado", phrases.words("drivers.chart_title"), phrases.words("drivers.chart_description"), tornado.base, bars, **labels)
    return Figure(drawing, phrases("drivers.chart_caption"), _table(ctx))


def _table(ctx: Context) -> Table:
    phrases = ctx.phrases
    columns = (Column(phrases("drivers.input")), *(Column(phrases(f"drivers.{name}"), numeric=True) for name in ("range", "at_low", "at_high")))
    side = sums.npv(ctx).median.side
    lines = []
    for bar in ctx.decision.tornado.bars:
        ends = [_npv(ctx, bar, end, amount, side) for end, amount in (("low", bar.npv_low), ("high", bar.npv_high))]
        lines.append(line(_name(ctx, bar), cell(_range(ctx, bar), _unit(ctx, bar)), *(text(end) for end in ends)))
    return Table("tornado-table", phrases("drivers.table_caption"), columns, tuple(lines))


def _npv(ctx: Context, bar: Any, end: str, amount: float, side: float | None) -> Finding:
    basis = sums.basis(ctx, "mean net present value with this input at one end of its range in every draw, all else as drawn")
    return ctx.ledger.number(f"money/drivers/{bar.name}/npv_{end}", amount, "money", basis, unit=sums.unit(ctx), side=side)


def _range(ctx: Context, bar: Any) -> Text:
    """The ends of the range, in the terms in which a reader meets the input."""
    if bar.low is None or bar.high is None:
        known = _end(ctx, bar, "low", bar.low) if bar.low is not None else _end(ctx, bar, "high", bar.high)
        return ctx.phrases(f"drivers.open_{bar.name}", end=known)
    return ctx.phrases("number.range", low=_end(ctx, bar, "low", bar.low), high=_end(ctx, bar, "high", bar.high))


def _end(ctx: Context, bar: Any, end: str, value: float) -> Finding:
    shown, style = _shown(bar, value)
    rows = (bar.row,) if bar.row else sums.behind(ctx)
    method = "end of the range of the table" if bar.group == "controls" else "2.5 or 97.5 per cent quantile of the draws"
    basis = Basis("table" if bar.group == "controls" else "draws", rows, method)
    return ctx.ledger.number(f"money/drivers/{bar.name}/{end}", shown, style, basis, unit=_plain_unit(bar))


def _shown(bar: Any, value: float) -> tuple[float, str]:
    """The value as printed, and its style: effects as odds ratios, money, shares, and numbers."""
    import math

    if bar.group == "effects":
        return math.exp(value), "ratio"
    if bar.group in _MONEY:
        return value, "money"
    if bar.unit == _PER_CENT:
        return 100 * value, "number"
    return value, "share" if bar.group == "baselines" or bar.unit.startswith(_SHARE) else "number"


def _plain_unit(bar: Any) -> str:
    return "odds ratio" if bar.group == "effects" else "per cent a year" if bar.unit == _PER_CENT else bar.unit


def _unit(ctx: Context, bar: Any) -> Text:
    if bar.group == "effects":
        return ctx.phrases("drivers.odds_ratio")
    if bar.unit == _PER_CENT:
        return ctx.phrases("drivers.per_cent")
    said = bar.group == "baselines" or bar.unit.startswith(_SHARE) or bar.low is None or bar.high is None
    return () if said else quoted(bar.unit)


# -- thresholds and multiples ------------------------------------------------------------------------------------------------
def _thresholds(ctx: Context) -> Table:
    phrases = ctx.phrases
    columns = (Column(phrases("drivers.effect")), Column(phrases("drivers.ratio"), numeric=True), Column(phrases("drivers.difference"), numeric=True),
               Column(phrases("drivers.cost"), numeric=True))  # fmt: skip
    side = sums.npv(ctx).median.side
    lines = [_threshold(ctx, index, point, side) for index, point in enumerate(ctx.decision.thresholds)]
    return Table("thresholds", phrases("drivers.thresholds_caption"), columns, tuple(lines))


def _threshold(ctx: Context, index: int, point: Any, side: float | None) -> Line:
    import math

    path = f"money/drivers/threshold/{point.construct}/{index}"
    basis = sums.basis(ctx, "mean benefit with this effect in every draw, all else as drawn")
    ratio = ctx.ledger.number(f"{path}/odds_ratio", math.exp(point.theta), "ratio", basis, unit="odds ratio")
    drawn = ctx.appraisal.evaluation.differences[point.construct]
    per_hundred = narrower_side(*(100 * amount for amount in (drawn.median, drawn.low, drawn.high)))
    difference = ctx.ledger.number(f"{path}/per_hundred", 100 * point.difference, "number", basis, unit="of 100", side=per_hundred)
    cost = ctx.phrases("drivers.no_cost")
    if point.cost > 0:
        cost = text(ctx.ledger.number(f"{path}/cost", point.cost, "money", basis, unit=sums.unit(ctx), side=side))
    return line(quoted(ctx.evidence["outcomes"][point.construct]["name"]), text(ratio), text(difference), cost)


def _acceptability(ctx: Context) -> Table:
    phrases, curve = ctx.phrases, ctx.decision.acceptability
    columns = (Column(phrases("drivers.multiple")), Column(phrases("money.p_npv"), numeric=True))
    basis = sums.basis(ctx, "share of draws in which the multiple of the benefit is above the cost; draws in which they are equal count half")
    lines = []
    for multiple, chance in zip(curve.grid, curve.of("programme"), strict=True):
        path = f"money/drivers/multiple/{multiple:g}"
        given = Basis("table", ("parameters/range.benefit-multiple",), "point of the range of the table")
        times = ctx.ledger.number(f"{path}/multiple", multiple, "number", given)
        found = ctx.ledger.number(f"{path}/probability", chance, "probability", basis, unit="probability")
        lines.append(line(phrases("drivers.times", n=times), text(found)))
    return Table("acceptability", phrases("drivers.acceptability_caption"), columns, tuple(lines))


# -- weights -----------------------------------------------------------------------------------------------------------------
def _equity(ctx: Context) -> list[Any]:
    phrases, found = ctx.phrases, ctx.decision.equity
    weighted = [item for item in found if item.to_families is not None]
    if not weighted:
        return [Paragraph(phrases("drivers.equity_none"))]
    columns = (Column(phrases("drivers.scenario")), Column(phrases("money.npv"), numeric=True))
    lines = [line(phrases("drivers.unweighted"), phrases.interval(sums.npv(ctx)))]
    lines += [line(phrases("drivers.weighted", name=quoted(item.scenario.name)), phrases.interval(_weighted(ctx, item))) for item in weighted]
    points = tuple(phrases("drivers.weight", name=quoted(item.scenario.name), weight=_weight(ctx, item.scenario)) for item in weighted)
    table = Table("weights-table", phrases("drivers.equity_caption"), columns, tuple(lines))
    return [Paragraph(phrases("drivers.equity_note")), table, Bullets(points)]


def _path(scenario: Any) -> str:
    return f"money/weights/{scenario.rows[0].rpartition('/')[2]}"


def _weighted(ctx: Context, item: Any) -> IntervalFindings:
    """The weighted net present value."""
    rows = tuple(dict.fromkeys((*item.scenario.rows, *sums.behind(ctx))))
    basis = Basis("draws", rows, "what falls to families times the weight, all else once, by draw")
    found = item.weighted
    return ctx.ledger.interval(f"{_path(item.scenario)}/npv", found.mean, found.low, found.high, "money", basis, unit=sums.unit(ctx), centre="mean")


def _weight(ctx: Context, scenario: Any) -> Finding:
    """What a pound to these families counts for."""
    basis = Basis("exact", scenario.rows, "(median income / income of the group) ^ elasticity")
    return ctx.ledger.number(f"{_path(scenario)}/weight", scenario.weight, "ratio", basis)
