"""Section 3: every outcome in natural units, with its chances, its effect and what stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.briefing.context import MEASURED, Context, rows_behind
from workbench.briefing.findings import Basis, rows_of
from workbench.briefing.printed import Frequencies, chance
from workbench.briefing.sections.answer import certainty_word, chance_bar, families_finding, natural_sentence
from workbench.briefing.sections.certainty import certainty_blocks
from workbench.briefing.sections.checks import removed_sentence, share_sentence
from workbench.briefing.tables import Cell, Column, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, link, quoted, strong, text


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the outcomes table, outcomes of safety and wellbeing first."""
    phrases = ctx.phrases
    if not ctx.headlines:
        return (Paragraph(phrases("pending.text"), "pending"),)
    columns = tuple(Column(phrases(f"outcome.{name}")) for name in ("column", "chances", "evidence", "certainty"))
    safety = [item for item in ctx.headlines if item.construct["safety"]]
    others = [item for item in ctx.headlines if not item.construct["safety"]]
    lines = [*_group(ctx, "outcome.group_safety", safety), *_group(ctx, "outcome.group_other", others)]
    found: list[Any] = [Table("outcomes-table", phrases("outcome.caption"), columns, tuple(lines))] if lines else []
    found.append(Paragraph(phrases("outcome.note", level=ctx.level()), "note"))
    found += certainty_blocks(ctx)
    rest = [item for item in ctx.headlines if item.status not in MEASURED and item not in ctx.leads]
    if rest:
        names = joined((quoted(item.construct["name"]) for item in rest), "; ")
        found.append(Paragraph(text(strong(phrases.words("outcome.rest")), " ", names, ". ", link(phrases("outcome.rest_link"), "#no-usable-result"))))
    return tuple(found)


def _group(ctx: Context, name: str, headlines: Sequence[Any]) -> list[Line]:
    headlines = [item for item in headlines if item.status in MEASURED or item in ctx.leads]
    if not headlines:
        return []
    ordered = sorted(headlines, key=lambda item: item.status not in MEASURED)  # stable: leads stay first
    return [line(ctx.phrases(name), group=True), *(_line(ctx, item) for item in ordered)]


def _line(ctx: Context, headline: Any) -> Line:
    name = text(strong_quoted(headline.construct["name"]))
    row_id = f"outcome-{headline.construct['construct']}"
    if headline.status not in MEASURED:
        why = ctx.phrases("outcome.none_measured" if headline.status == "not_measured" else "outcome.none_pooled")
        removed = removed_sentence(ctx, headline) if headline.removed.rows else ()
        return line(cell(name), cell(why), cell(removed), cell(ctx.phrases("certainty.none_word")), id=row_id)
    return line(
        cell(name, natural_sentence(ctx, headline), risks(ctx, headline) if headline in ctx.leads else ()),
        _chances(ctx, headline),
        _evidence(ctx, headline),
        cell(text(strong(certainty_word(ctx, headline)))),
        id=row_id,
    )


def risks(ctx: Context, headline: Any) -> Text:
    """Say the risk without the programme and the difference, each with its interval; nothing where there is no baseline."""
    if headline.natural is None:
        return ()
    found = Frequencies(ctx, headline)
    return ctx.phrases(
        "natural.risks",
        denominator=found.denominator,
        without=ctx.phrases.interval(found.without),
        difference=ctx.phrases.interval(found.difference),
    )


def strong_quoted(value: str) -> Any:
    """Return a table's text as the part that heads a row."""
    return quoted(value)[0]


def _chances(ctx: Context, headline: Any) -> Cell:
    phrases = ctx.phrases
    return cell(
        phrases("outcome.better", chance=chance(ctx, headline, "benefit")),
        phrases("outcome.little", chance=chance(ctx, headline, "within")),
        phrases("outcome.worse", chance=chance(ctx, headline, "harm")),
        minimal(ctx, headline) if headline in ctx.leads else (),
        chart=chance_bar(ctx, headline),
    )


def minimal(ctx: Context, headline: Any) -> Text:
    """Say what counts as little difference."""
    construct = headline.construct
    path = f"{construct['construct']}/minimal_difference"
    basis = Basis("table", rows_of("outcomes", [construct["construct"]]), "smallest difference that matters")
    if headline.natural is not None and construct["minimal_difference_unit"] == "share":
        found = Frequencies(ctx, headline)
        value = construct["minimal_difference"] * found.out_of
        number = ctx.ledger.number(path, value, "number", basis, unit=f"of {found.out_of}")
        return ctx.phrases("outcome.minimal_share", minimal=number, denominator=found.denominator)
    if construct["minimal_difference_unit"] == "SMD":
        return ctx.phrases("outcome.minimal_smd", minimal=ctx.ledger.number(path, construct["minimal_difference"], "number", basis, unit="SMD"))
    return ()


def _evidence(ctx: Context, headline: Any) -> Cell:
    phrases, path = ctx.phrases, headline.construct["construct"]
    rows = rows_behind(headline)
    studies = phrases.counted("studies", ctx.count(f"{path}/evidence/results", headline.k, rows, "results in the model", "results"))
    lines = [text(link(studies, f"#studies-{path}"))]
    if headline.families:
        lines.append(phrases.counted("families", families_finding(ctx, headline)))
    lines.append(follow_up(ctx, headline))
    if headline in ctx.leads:
        lines.append(share_sentence(ctx, headline))
    if headline.removed.rows:
        lines.append(removed_sentence(ctx, headline))
    return cell(*lines)


def follow_up(ctx: Context, headline: Any) -> Text:
    """Say over how many months the results used followed families."""
    phrases, path = ctx.phrases, headline.construct["construct"]
    found = [(item.row["timepoint_months"], item.row["effect_id"]) for item in headline.used if item.row["timepoint_months"] is not None]
    if not found:
        whens = {f"months.when_{item.row['timepoint_basis']}" for item in headline.used}
        when = next(iter(whens)) if len(whens) == 1 else ""
        return phrases("outcome.follow_up", months=phrases(when)) if when in phrases else phrases("outcome.follow_up_none")
    (low, first), (high, last) = min(found), max(found)
    shortest = ctx.ledger.number(f"{path}/follow_up/shortest", low, "number", Basis("table", rows_of("effects", [first]), "as recorded"), unit="months")
    longest = ctx.ledger.number(f"{path}/follow_up/longest", high, "number", Basis("table", rows_of("effects", [last]), "as recorded"), unit="months")
    if high == 0:
        return phrases("outcome.follow_up", months=phrases("months.birth"))
    n = text(longest) if low == high else phrases("number.range", low=shortest, high=longest)
    bases = {item.row["timepoint_basis"] for item in headline.used if item.row["timepoint_months"] is not None}
    basis = f"months.{next(iter(bases))}" if len(bases) == 1 else ""
    return phrases("outcome.follow_up", months=phrases(basis if basis in phrases else "months.since_baseline", n=n))
