"""Section 4: for each outcome the forest plot, the same results as a table, and those left out with the reason."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context, country_words, measure_words, row_name, words_or_code
from workbench.briefing.figures import Scale, Sides, Strip
from workbench.briefing.findings import Basis, Finding, IntervalFindings
from workbench.briefing.printed import effect, fit_basis, printed_interval, spread, style
from workbench.briefing.sections.leaving import left_columns, left_line, listed, reason_heading, reason_words
from workbench.briefing.sections.plot import Apart, Layout, Z, apart, forest_plot, layout, seen, side_words, ticks
from workbench.briefing.sections.quality import lights, quality
from workbench.briefing.tables import Column, Details, Forest, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, capital, link, quoted, text

_FACTS = 6  # columns before the drawing


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return plots of every outcome that has an answer, then the rows of those that have none.

    Outcomes that rest on one result each and do not lead stand together: a plot of one line says little.
    """
    found: list[Any] = []
    single = [item for item in ctx.measured if item.k == 1 and item not in ctx.leads and not item.beneath and not apart(ctx, item)]
    single = single if len(single) > 1 else []
    for headline in ctx.measured:
        if headline not in single:
            found += _outcome(ctx, headline)
    found += singles(ctx, single) if single else ()
    found = found or [Paragraph(ctx.phrases("forest.none"), "pending")]
    return (*found, *_unusable(ctx, single), *quality(ctx))


def _unusable(ctx: Context, single: list[Any]) -> tuple[Any, ...]:
    """Every row of the outcomes that have studies and no usable result, and those beside a lone result, in one table."""
    phrases = ctx.phrases
    headlines = [item for item in ctx.headlines if (item.status not in MEASURED or item in single) and item.left_out]
    if not headlines:
        return ()
    lines: list[Line] = []
    for headline in headlines:
        shown = [item for item in headline.left_out if item.reason != "superseded"] or list(headline.left_out)
        lines.append(line(quoted(headline.construct["name"]), group=True))
        lines += [left_line(ctx, item) for item in shown]
    rows = [row_name(item.row) for headline in headlines for item in headline.left_out]
    count = ctx.count("evidence/unusable/rows", len(rows), rows, "results of outcomes without a usable one", "results")
    summary = text(phrases("forest.unusable_summary"), ": ", phrases.counted("studies", count))
    table = Table("unusable", phrases("forest.unusable"), left_columns(ctx), tuple(lines), hidden_caption=True)
    return Heading(phrases("forest.unusable"), "no-usable-result"), Details(summary, (table,))


def _heading(headline: Any) -> Heading:
    return Heading(quoted(headline.construct["name"]), f"studies-{headline.construct['construct']}")


def _outcome(ctx: Context, headline: Any) -> list[Any]:
    phrases = ctx.phrases
    mu, new = effect(ctx, headline, "mu"), effect(ctx, headline)
    words = phrases("forest.average", measure=measure_words(phrases, headline.measure), mu=phrases.interval(mu), new=phrases.interval(new))
    tau = phrases("forest.between", tau=phrases.interval(spread(ctx, headline)))
    made = layout(ctx, headline)
    picture = forest_plot(ctx, headline, made) if headline is ctx.main else None
    caption = phrases("forest.caption" if headline is ctx.main else "forest.caption_short")
    said = text(words, " ", tau) if headline in ctx.leads else tau if headline.k > 1 else ()
    found = [_heading(headline), *([Paragraph(said)] if said else [])]
    found.append(Forest(seen(ctx, headline), forest_table(ctx, headline, made), caption, picture, phrases("forest.picture")))
    drawn = {item.row["effect_id"] for item, _ in (*made.apart, *made.beneath)}
    rest = [item for item in headline.left_out if item.row["effect_id"] not in drawn]
    return [*found, _left_out(ctx, headline, rest)] if rest else found


def study_interval(ctx: Context, headline: Any, item: Any) -> IntervalFindings:
    """Record a study's own estimate and interval, on the printed scale."""
    values = printed_interval(headline, item.y, item.y - Z * item.se, item.y + Z * item.se)
    path = f"{headline.construct['construct']}/study.{item.row['effect_id']}"
    basis = Basis("exact", (row_name(item.row),), f"route {item.route.name}")
    return ctx.ledger.interval(path, *values, style(headline), basis, unit=f"{headline.measure}, printed direction")


def weight(ctx: Context, headline: Any, item: Any) -> Finding:
    """Record a result's share of the weight in the average."""
    path = f"{headline.construct['construct']}/study.{item.row['effect_id']}/weight"
    return ctx.ledger.number(path, item.weight, "share", fit_basis(headline, headline.fit), unit="share of the weight")


def months(ctx: Context, row: Any) -> Text:
    """Write a row's follow-up: its months, or the event at which it was read; that it is not stated, where neither is on file."""
    basis = row["timepoint_basis"]
    if row["timepoint_months"] is None:
        when = f"months.when_{basis}"
        return ctx.phrases(when if when in ctx.phrases else "forest.not_stated")
    if row["timepoint_months"] == 0 and basis == "child_age":
        return ctx.phrases("months.birth")
    name = f"months.{basis}"
    return ctx.phrases(name if name in ctx.phrases else "months.since_baseline", n=ctx.cell(row, "timepoint_months", path=f"{row['construct']}/study.{row['effect_id']}/months"))


def families(ctx: Context, item: Any) -> Text:
    """Write how many families or participants stand behind a result: both arms of the row, else the study."""
    from workbench.effects.select import families_in

    number = families_in(item.row, item.study)
    if not number:
        return ctx.phrases("forest.not_stated")
    own = item.row["n_treat"] is not None and item.row["n_control"] is not None
    row, method = (row_name(item.row), "both arms") if own else (row_name(item.study), "of the study")
    return text(ctx.count(f"{item.row['construct']}/study.{item.row['effect_id']}/families", number, [row], method, "families or participants"))


def forest_table(ctx: Context, headline: Any, made: Layout) -> Table:
    """The forest plot: one row a result with its facts, its drawing, its numbers and its weight."""
    phrases = ctx.phrases
    scale = Scale(made.ticks, made.limits, phrases.words("forest.null"), side_words(ctx, headline, "harm"), side_words(ctx, headline, "benefit"))
    lines: list[Line] = []
    for name, items in made.groups:
        lines += [line(name, group=True), *(_study_line(ctx, headline, item, row, made.limits) for item, row in items)]
    lines += [_summary_line(row, made.limits) for row in made.summaries]
    for name, items in (("group_beneath", made.beneath), ("group_apart", made.apart)):
        lines += [line(phrases(f"forest.{name}"), group=True, style="apart")] if items else []
        lines += [_study_line(ctx, headline, item, row, made.limits, used=False) for item, row in items]
    name = headline.construct["construct"]
    caption = phrases("forest.table", outcome=quoted(headline.construct["name"]))
    return _forest(ctx, f"forest-table-{name}", caption, headline.measure, scale, lines)


def _forest(ctx: Context, name: str, caption: Text, measure: str, scale: Scale, lines: list[Line]) -> Table:
    phrases = ctx.phrases
    facts = [Column(phrases(f"forest.{fact}"), numeric=fact == "families") for fact in ("study", "families", "follow", "compared_with", "by_whom", "bias")]
    plot = Column((), style="plot", chart=Sides(scale.worse_label, scale.better_label))
    columns = (*facts, plot, Column(text(measure_words(phrases, measure)), numeric=True), Column(phrases("forest.weight"), numeric=True))
    axis = line(cell(phrases("forest.scale"), span=_FACTS), cell(chart=scale), (), (), style="scale-row")
    return Table(name, caption, columns, (*lines, axis), hidden_caption=True)


def singles(ctx: Context, headlines: list[Any]) -> list[Any]:
    """Outcomes with one result each, one plot for each scale."""
    phrases = ctx.phrases
    found: list[Any] = [Heading(phrases("forest.singles"), "outcomes-with-one-result")]
    for measure in dict.fromkeys(item.measure for item in headlines):
        rows = [(item, layout(ctx, item)) for item in headlines if item.measure == measure]
        limits = (min(made.limits[0] for _, made in rows), max(made.limits[1] for _, made in rows))
        scale = Scale(ticks(rows[0][0], limits), limits, phrases.words("forest.null"), phrases.words("forest.worse"), phrases.words("forest.better"))
        lines: list[Line] = []
        for headline, made in rows:
            (_, ((item, row),)), = made.groups
            lines.append(line(quoted(headline.construct["name"]), group=True, id=f"studies-{headline.construct['construct']}"))
            lines += [_study_line(ctx, headline, item, row, limits), _summary_line(made.summaries[1], limits)]
        caption = phrases("forest.singles_table", measure=measure_words(phrases, measure, capital=False))
        table = _forest(ctx, f"forest-table-one-{measure.lower()}", caption, measure, scale, lines)
        found.append(Forest(phrases("forest.singles_said"), table, phrases("forest.caption_short")))
    return found


def _summary_line(row: Any, limits: tuple[float, float]) -> Line:
    return line(cell(row.label, *row.notes, span=_FACTS), cell(chart=Strip(row, limits)), row.effect, (), total=True, style=row.kind)


def _study_line(ctx: Context, headline: Any, item: Any, row: Any, limits: tuple[float, float], used: bool = True) -> Line:
    phrases, study = ctx.phrases, item.study
    label = [text(link(quoted(study["label"]), f"#row-{item.row['effect_id']}")), quoted(item.row["outcome_measure"])]
    if item.kind == "null_at_zero":
        label.append(phrases("forest.null_at_zero"))
    numbers = (cell(chart=Strip(row, limits)), phrases.interval(study_interval(ctx, headline, item)))
    if isinstance(item, Apart):
        return line(cell(*label, capital(reason_words(ctx, item)), span=_FACTS), *numbers, phrases("forest.not_in_answer"), style="apart")
    comparator = phrases("forest.compared", comparator=words_or_code(phrases, "comparator_class", study["comparator_class"]))
    return line(
        cell(*label),
        families(ctx, item),
        months(ctx, item.row),
        cell(capital(country_words(phrases, study["country"])), comparator),
        cell(capital(words_or_code(phrases, "evaluator", study["evaluator"])), capital(words_or_code(phrases, "map.check", item.row["checked"]))),
        cell(chart=lights(ctx, study["study_id"])),
        *numbers,
        text(weight(ctx, headline, item)) if used else phrases("forest.not_in_answer"),
        style="" if used else "apart",
    )


def _left_out(ctx: Context, headline: Any, items: list[Any]) -> Details:
    """Rows without an effect to draw, grouped by the reason for which they are left out."""
    phrases, name = ctx.phrases, headline.construct["construct"]
    items, replaced = listed(ctx, items)
    caption = phrases("forest.left_out", outcome=quoted(headline.construct["name"]))
    count = ctx.count(f"{name}/left_out/rows", len(items), [row_name(item.row) for item in items], "results left out and not drawn", "results")
    summary = text(phrases("forest.left_out_summary"), ": ", phrases.counted("studies", count))
    lines: list[Line] = []
    for reason in sorted({item.reason for item in items}):
        lines.append(line(capital(reason_heading(ctx, reason)), group=True))
        lines += [left_line(ctx, item, grouped=True) for item in items if item.reason == reason]
    table = Table(f"left-out-{name}", caption, left_columns(ctx, grouped=True), tuple(lines), hidden_caption=True)
    return Details(summary, ((table,) if lines else ()) + ((Paragraph(replaced, "note"),) if replaced else ()))
