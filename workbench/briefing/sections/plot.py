"""From a headline to the plain data of its forest plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from workbench.briefing.context import Context, country_words, measure_words, row_name, words_or_code
from workbench.briefing.figures import ForestPlot, ForestRow, Tick
from workbench.briefing.figures.svg import nice_step
from workbench.briefing.formatting import format_number
from workbench.briefing.printed import effect, is_ratio, sign
from workbench.briefing.text import Text, joined, quoted, text
from workbench.errors import AnalysisError

Z = 1.959963984540054  # a study's own 95 % interval: estimate and this many standard errors
_RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_CLOSE_TICKS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_MARGIN = 1.15  # room beyond the average and the prediction before a study's line is cut


@dataclass(frozen=True)
class Apart:
    """A result that is not used although its figures give an effect: drawn beneath the answer, with the reason."""

    row: Any
    study: Any
    y: float
    se: float
    route: Any
    reason: str
    words: str
    weight: float = 0.0
    kind: str = "left_out"


@dataclass(frozen=True)
class Layout:
    """All rows of a plot with the results behind them, in groups, and the scale that they share."""

    groups: tuple[tuple[Text, tuple[tuple[Any, ForestRow], ...]], ...]  # heading (empty: none) and results in the answer
    summaries: tuple[ForestRow, ...]
    beneath: tuple[tuple[Any, ForestRow], ...]
    apart: tuple[tuple[Apart, ForestRow], ...]
    limits: tuple[float, float]
    ticks: tuple[Tick, ...]


def layout(ctx: Context, headline: Any) -> Layout:
    """Arrange a headline's results: by variant of the programme where there are several, else by design."""
    groups = tuple((name, tuple((item, _study_row(ctx, headline, item)) for item in items)) for name, items in _groups(ctx, headline))
    summaries = (_summary_row(ctx, headline, "mu", "pooled"), _summary_row(ctx, headline, "theta_new", "prediction"))
    beneath = tuple((item, _study_row(ctx, headline, item, "beneath")) for item in headline.beneath)
    others = tuple((item, _study_row(ctx, headline, item, "left_out")) for item in apart(ctx, headline))
    limits = _limits([*(row for _, items in groups for _, row in items), *summaries, *(row for _, row in beneath)])
    return Layout(groups, summaries, beneath, others, limits, ticks(headline, limits))


def _groups(ctx: Context, headline: Any) -> list[tuple[Text, list[Any]]]:
    by_variant = len({item.row["programme_id"] for item in headline.used}) > 1
    found: dict[str, list[Any]] = {}
    for item in headline.used:
        found.setdefault(item.row["programme_id"] if by_variant else item.study["design"], []).append(item)
    if by_variant:
        return [(quoted(ctx.evidence["programmes"][name]["name"]), items) for name, items in found.items()]
    return [(words_or_code(ctx.phrases, "design", name), items) for name, items in found.items()]


def apart(ctx: Context, headline: Any) -> tuple[Apart, ...]:
    """Return the results left out whose figures give an effect; those that a better-checked row replaced are not shown twice."""
    shown = {item.row["effect_id"] for item in (*headline.used, *headline.beneath)}
    found = (_apart(ctx, headline, item) for item in headline.left_out if item.reason != "superseded" and item.row["effect_id"] not in shown)
    return tuple(item for item in found if item is not None)


def _apart(ctx: Context, headline: Any, item: Any) -> Apart | None:
    from workbench.effects import orientation, size

    study = ctx.evidence["studies"][item.row["study_id"]]
    try:
        found = size(item.row, headline.measure, study=study)
    except AnalysisError:
        return None
    if not (math.isfinite(found.y) and math.isfinite(found.se) and found.se > 0):
        return None
    return Apart(item.row, study, orientation(item.row["direction"]) * found.y, found.se, found.route, item.reason, item.words)


def forest_plot(ctx: Context, headline: Any, made: Layout) -> ForestPlot:
    """Return the plot of a headline as one picture: results used, the average, the new area, and results of a weaker design beneath."""
    phrases = ctx.phrases
    rows: list[ForestRow] = []
    for name, items in made.groups:
        rows += [ForestRow("group", name)] if len(made.groups) > 1 else []
        rows += [row for _, row in items]
    rows += made.summaries
    if made.beneath:
        rows += [ForestRow("group", phrases("forest.group_beneath")), *(row for _, row in made.beneath)]
    return ForestPlot(
        id=f"forest-{headline.construct['construct']}",
        title=phrases.words("forest.title").replace("{outcome}", numberless(headline.construct["name"])),
        description=f"{phrases.words('forest.description')} {seen_words(ctx, headline)}",
        rows=tuple(rows),
        ticks=made.ticks,
        limits=made.limits,
        null_label=phrases.words("forest.null"),
        better_label=side_words(ctx, headline, "benefit"),
        worse_label=side_words(ctx, headline, "harm"),
        axis_label=measure_words(phrases, headline.measure),
        headings=(phrases.words("forest.study"), measure_words(phrases, headline.measure), phrases.words("forest.weight")),
    )


def side_words(ctx: Context, headline: Any, side: str) -> str:
    """Say what lies on one side of the line of no difference, in the outcome's own words."""
    words = headline.construct[f"{side}_phrase"]
    return numberless(words) if words else ctx.phrases.words("forest.better" if side == "benefit" else "forest.worse")


def seen_words(ctx: Context, headline: Any) -> str:
    """Say where the average lies and whether the range for a new area reaches across the line of no difference."""
    low, high = headline.fit.interval("theta_new")
    crosses = ctx.phrases.words("forest.crosses" if low < 0 < high else "forest.crosses_not")
    return f"{ctx.phrases.words('forest.pooled_right' if headline.fit.median('mu') > 0 else 'forest.pooled_left')} {crosses}"


def seen(ctx: Context, headline: Any) -> Text:
    """Say what the plot shows: how many results point which way, how many reach across the line, and where the average lies."""
    name, used = headline.construct["construct"], headline.used
    rows = [row_name(item.row) for item in used]
    counts = {
        "n": (len(used), "results in the model"),
        "better": (sum(item.y > 0 for item in used), "results on the better side of no difference"),
        "worse": (sum(item.y < 0 for item in used), "results on the worse side of no difference"),
        "across": (sum(abs(item.y) < Z * item.se for item in used), "results whose range reaches across no difference"),
    }
    found = {key: ctx.count(f"{name}/plot/{key}", value, rows, method, "results") for key, (value, method) in counts.items()}
    if len(used) == 1:
        side = "better" if used[0].y > 0 else "worse" if used[0].y < 0 else "neither"
        reach = "across" if counts["across"][0] else "clear"
        first = ctx.phrases(f"forest.seen_one_{side}_{reach}", n=found["n"])
    else:
        first = ctx.phrases("forest.seen", **found)
    return text(first, " ", seen_words(ctx, headline))


def numberless(words: str) -> str:
    """Return a name without its numerals, for the text alternative of a chart, which can hold no finding."""
    return " ".join("".join(letter for letter in words if not letter.isdigit()).split())


def _study_row(ctx: Context, headline: Any, item: Any, kind: str = "") -> ForestRow:
    from workbench.briefing.sections.studies import study_interval, weight

    return ForestRow(
        kind=kind or item.kind,
        label=quoted(item.study["label"]),
        notes=_notes(ctx, item),
        point=item.y,
        low=item.y - Z * item.se,
        high=item.y + Z * item.se,
        weight=item.weight,
        effect=ctx.phrases.interval(study_interval(ctx, headline, item)),
        share=() if kind else text(weight(ctx, headline, item)),
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


def ticks(headline: Any, limits: tuple[float, float]) -> tuple[Tick, ...]:
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
