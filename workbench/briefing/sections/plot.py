"""From a headline to the plain data of its forest plot."""

from __future__ import annotations

import math
from typing import Any

from workbench.briefing.context import Context, country_words, measure_words, words_or_code
from workbench.briefing.figures import ForestPlot, ForestRow, Tick
from workbench.briefing.figures.svg import nice_step
from workbench.briefing.formatting import format_number
from workbench.briefing.printed import effect, is_ratio, sign
from workbench.briefing.text import Text, joined, quoted, text

_RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_CLOSE_TICKS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_MARGIN = 1.15  # room beyond the average and the prediction before a study's line is cut


def forest_plot(ctx: Context, headline: Any) -> ForestPlot:
    """Return the plot of a headline: results used, the average, the new area, and what is shown beneath."""
    phrases, fit = ctx.phrases, headline.fit
    rows = [_study_row(ctx, headline, item) for item in headline.used]
    rows += [_summary_row(ctx, headline, "mu", "pooled"), _summary_row(ctx, headline, "theta_new", "prediction")]
    if headline.beneath:
        rows.append(ForestRow("group", phrases("forest.group_beneath")))
        rows += [_study_row(ctx, headline, item, "beneath") for item in headline.beneath]
    limits = _limits(rows)
    low, high = fit.interval("theta_new")
    crosses = phrases.words("forest.crosses" if low < 0 < high else "forest.crosses_not")
    direction = phrases.words("forest.pooled_right" if fit.median("mu") > 0 else "forest.pooled_left")
    filling = {"direction": direction, "crosses": crosses}
    return ForestPlot(
        id=f"forest-{headline.construct['construct']}",
        title=phrases.words("forest.title").replace("{outcome}", numberless(headline.construct["name"])),
        description=phrases.words("forest.description").format(**filling),
        rows=tuple(rows),
        ticks=_ticks(headline, limits),
        limits=limits,
        null_label=phrases.words("forest.null"),
        better_label=phrases.words("forest.better"),
        worse_label=phrases.words("forest.worse"),
        axis_label=measure_words(phrases, headline.measure),
        headings=(phrases.words("forest.study"), measure_words(phrases, headline.measure), phrases.words("forest.weight")),
    )


def numberless(words: str) -> str:
    """Return a name without its numerals, for the text alternative of a chart, which can hold no finding."""
    return " ".join("".join(letter for letter in words if not letter.isdigit()).split())


def _study_row(ctx: Context, headline: Any, item: Any, kind: str = "") -> ForestRow:
    from workbench.briefing.sections.studies import _Z, study_interval, weight

    return ForestRow(
        kind=kind or item.kind,
        label=quoted(item.study["label"]),
        notes=_notes(ctx, item),
        point=item.y,
        low=item.y - _Z * item.se,
        high=item.y + _Z * item.se,
        weight=item.weight,
        effect=ctx.phrases.interval(study_interval(ctx, headline, item)),
        share=() if kind == "beneath" else text(weight(ctx, headline, item)),
        href=f"#row-{item.row['effect_id']}",
    )


def _notes(ctx: Context, item: Any) -> tuple[Text, ...]:
    """Design, country and follow-up; then comparator and evaluator; then whether it is a null without a figure."""
    from workbench.briefing.sections.studies import months

    phrases, study = ctx.phrases, item.study
    first = joined((words_or_code(phrases, "design", study["design"]), country_words(phrases, study["country"]), months(ctx, item.row)), " · ")
    compared = phrases("forest.compared", comparator=words_or_code(phrases, "comparator_class", study["comparator_class"]))
    second = joined((compared, words_or_code(phrases, "evaluator", study["evaluator"])), " · ")
    notes = [first, second]
    if item.kind == "null_at_zero":
        notes.append(phrases("forest.null_at_zero"))
    return tuple(notes)


def _summary_row(ctx: Context, headline: Any, quantity: str, kind: str) -> ForestRow:
    phrases, fit = ctx.phrases, headline.fit
    low, high = fit.interval(quantity)
    if kind == "prediction":
        note = phrases("forest.target_note") if headline.target else phrases("forest.prediction_note")
    else:
        note = phrases("forest.pooled_note" if fit.terms else "forest.pooled_note_plain")
    return ForestRow(
        kind, phrases(f"forest.{kind}"), (note,), fit.median(quantity), low, high,
        effect=phrases.interval(effect(ctx, headline, quantity)),
    )  # fmt: skip


def _limits(rows: list[ForestRow]) -> tuple[float, float]:
    """Ends of the axis: the line of no difference, every estimate and the summaries whole; long study lines are cut."""
    points = [row.point for row in rows if row.kind != "group"]
    summaries = [edge for row in rows if row.kind in ("pooled", "prediction") for edge in (row.low, row.high)]
    low, high = min([0.0, *points, *summaries]), max([0.0, *points, *summaries])
    pad = 0.06 * (high - low or 1.0)
    wide_low, wide_high = min(low, *(row.low for row in rows)), max(high, *(row.high for row in rows))
    return max(wide_low, _MARGIN * low if low < 0 else -pad) - pad, min(wide_high, _MARGIN * high if high > 0 else pad) + pad


def _ticks(headline: Any, limits: tuple[float, float]) -> tuple[Tick, ...]:
    """Marks on the axis, at round numbers of the printed scale."""
    low, high = limits
    direction = sign(headline)
    if is_ratio(headline):
        values = _CLOSE_TICKS if high - low < math.log(8) else _RATIO_TICKS
        found = [(direction * math.log(value), value) for value in values]
        return tuple(Tick(at, format_number(value, "number")) for at, value in sorted(found) if low <= at <= high)
    step = nice_step(high - low, 6)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(Tick(index * step, format_number(round(direction * index * step, 6), "number")) for index in range(first, last + 1))
