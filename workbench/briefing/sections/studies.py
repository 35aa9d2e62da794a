"""Section 4: for each outcome the forest plot, the same results as a table, and those left out with the reason."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context, country_words, measure_words, row_name, words_or_code
from workbench.briefing.findings import Basis, Finding, IntervalFindings
from workbench.briefing.printed import effect, fit_basis, printed_interval, spread, style
from workbench.briefing.sections.plot import forest_plot
from workbench.briefing.sections.quality import quality
from workbench.briefing.tables import Column, Details, Figure, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, link, quoted, text

_Z = 1.959963984540054  # a study's own 95 % interval: estimate and this many standard errors


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return plots and tables of every outcome that has an answer, then the rows of those that have none."""
    found: list[Any] = []
    for headline in ctx.headlines:
        if headline.status in MEASURED:
            found += _outcome(ctx, headline)
    found = found or [Paragraph(ctx.phrases("forest.none"), "pending")]
    return (*found, *_unusable(ctx), *quality(ctx))


def _unusable(ctx: Context) -> tuple[Any, ...]:
    """Every row of the outcomes that have studies and no usable result, in one table."""
    phrases = ctx.phrases
    headlines = [item for item in ctx.headlines if item.status not in MEASURED and item.left_out]
    if not headlines:
        return ()
    lines: list[Line] = []
    for headline in headlines:
        lines.append(line(quoted(headline.construct["name"]), group=True))
        lines += [_left_line(ctx, item) for item in headline.left_out]
    rows = [row_name(item.row) for headline in headlines for item in headline.left_out]
    count = ctx.count("evidence/unusable/rows", len(rows), rows, "results of outcomes without a usable one", "results")
    summary = text(phrases("forest.unusable_summary"), ": ", phrases.counted("studies", count))
    table = Table("unusable", phrases("forest.unusable"), _left_columns(ctx), tuple(lines), hidden_caption=True)
    return Heading(phrases("forest.unusable"), "no-usable-result"), Details(summary, (table,))


def _left_columns(ctx: Context) -> tuple[Column, ...]:
    return tuple(Column(ctx.phrases(f"forest.{name}")) for name in ("study", "measured", "said", "checked", "reason"))


def _heading(headline: Any) -> Heading:
    return Heading(quoted(headline.construct["name"]), f"studies-{headline.construct['construct']}")


def _outcome(ctx: Context, headline: Any) -> list[Any]:
    phrases = ctx.phrases
    mu, new = effect(ctx, headline, "mu"), effect(ctx, headline)
    words = phrases("forest.average", measure=measure_words(phrases, headline.measure), mu=phrases.interval(mu), new=phrases.interval(new))
    tau = phrases("forest.between", tau=phrases.interval(spread(ctx, headline)))
    figure = Figure(forest_plot(ctx, headline), phrases("forest.caption"), _table(ctx, headline), both=headline in ctx.leads)
    found = [_heading(headline), Paragraph(text(words, " ", tau)), figure]
    if headline.left_out:
        found.append(_left_out(ctx, headline))
    return found


def study_interval(ctx: Context, headline: Any, item: Any) -> IntervalFindings:
    """Record a study's own estimate and interval, on the printed scale."""
    values = printed_interval(headline, item.y, item.y - _Z * item.se, item.y + _Z * item.se)
    path = f"{headline.construct['construct']}/study.{item.row['effect_id']}"
    basis = Basis("exact", (row_name(item.row),), f"route {item.route.name}")
    return ctx.ledger.interval(path, *values, style(headline), basis, unit=f"{headline.measure}, printed direction")


def weight(ctx: Context, headline: Any, item: Any) -> Finding:
    """Record a result's share of the weight in the average."""
    path = f"{headline.construct['construct']}/study.{item.row['effect_id']}/weight"
    return ctx.ledger.number(path, item.weight, "share", fit_basis(headline, headline.fit), unit="share of the weight")


def months(ctx: Context, row: Any) -> Text:
    """Write a row's follow-up, or that it is not stated."""
    if row["timepoint_months"] is None:
        return ctx.phrases("forest.follow_up_none")
    if row["timepoint_months"] == 0 and row["timepoint_basis"] == "child_age":
        return ctx.phrases("months.birth")
    basis = f"months.{row['timepoint_basis']}"
    return ctx.phrases(basis if basis in ctx.phrases else "months.since_baseline", n=ctx.cell(row, "timepoint_months"))


def _table(ctx: Context, headline: Any) -> Table:
    """The forest plot as a table."""
    phrases = ctx.phrases
    heads = [phrases(f"forest.{name}") for name in ("study", "design", "country", "comparator", "follow", "evaluator", "checked")]
    numeric = [text(measure_words(phrases, headline.measure)), phrases("forest.weight")]
    columns = (*map(Column, heads), *(Column(head, numeric=True) for head in numeric))
    lines = [_study_line(ctx, headline, item) for item in headline.used]
    if headline.beneath:
        lines.append(line(phrases("forest.group_beneath"), group=True))
        lines += [_study_line(ctx, headline, item, used=False) for item in headline.beneath]
    blank = [()] * 6
    lines.append(line(phrases("forest.pooled"), *blank, phrases.interval(effect(ctx, headline, "mu")), (), total=True))
    lines.append(line(phrases("forest.prediction"), *blank, phrases.interval(effect(ctx, headline)), (), total=True))
    name = headline.construct["construct"]
    return Table(f"forest-table-{name}", phrases("forest.table", outcome=quoted(headline.construct["name"])), columns, tuple(lines))


def _study_line(ctx: Context, headline: Any, item: Any, used: bool = True) -> Line:
    phrases, row, study = ctx.phrases, item.row, item.study
    label = [text(link(quoted(study["label"]), f"#row-{row['effect_id']}")), quoted(row["outcome_measure"])]
    if item.kind == "null_at_zero":
        label.append(phrases("forest.null_at_zero"))
    return line(
        cell(*label),
        words_or_code(phrases, "design", study["design"]),
        joined((quoted(study["place"]), country_words(phrases, study["country"]))),
        quoted(row["comparator"] or study["comparator"]) or words_or_code(phrases, "comparator_class", study["comparator_class"]),
        months(ctx, row),
        words_or_code(phrases, "evaluator", study["evaluator"]),
        words_or_code(phrases, "checked", row["checked"]),
        phrases.interval(study_interval(ctx, headline, item)),
        text(weight(ctx, headline, item)) if used else phrases("forest.not_in_answer"),
    )


def _left_out(ctx: Context, headline: Any) -> Details:
    """Rows that are not used, unverified ones among them, with the reason."""
    phrases = ctx.phrases
    columns = _left_columns(ctx)
    lines = tuple(_left_line(ctx, item) for item in headline.left_out)
    name = headline.construct["construct"]
    caption = phrases("forest.left_out", outcome=quoted(headline.construct["name"]))
    count = ctx.count(f"{name}/left_out/rows", len(lines), [row_name(item.row) for item in headline.left_out], "results left out", "results")
    summary = text(phrases("forest.left_out_summary"), ": ", phrases.counted("studies", count))
    return Details(summary, (Table(f"left-out-{name}", caption, columns, lines, hidden_caption=True),))


def _left_line(ctx: Context, item: Any) -> Line:
    row, phrases = item.row, ctx.phrases
    study = ctx.evidence["studies"][row["study_id"]]
    return line(
        cell(quoted(study["label"]), quoted(row["effect_id"])),
        quoted(row["outcome_measure"]),
        words_or_code(phrases, "said", row["reported_result"]),
        words_or_code(phrases, "checked", row["checked"]),
        quoted(item.words),
    )
