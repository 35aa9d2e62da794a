"""Section 8: what is not known, and the study most worth funding next."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context
from workbench.briefing.findings import Basis, rows_of
from workbench.briefing.tables import Bullets, Heading, Paragraph
from workbench.briefing.text import Text, quoted


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return outcomes without an answer, the longest follow-up, and voices and value of information, where assessed."""
    phrases = ctx.phrases
    gaps = [gap for gap in (_gap(ctx, item) for item in ctx.headlines) if gap]
    found: list[Any] = [Heading(phrases("unknowns.gaps"), "gaps")]
    found.append(Bullets(tuple(gaps)) if gaps else Paragraph(phrases("unknowns.none")))
    longest = _longest(ctx)
    if longest:
        found += [Heading(phrases("unknowns.follow_up"), "longest-follow-up"), Paragraph(longest)]
    found.append(Paragraph(phrases("pending.voice"), "pending"))
    found += [Heading(phrases("unknowns.next"), "next-study"), Paragraph(phrases("pending.text"), "pending")]
    return tuple(found)


def _gap(ctx: Context, headline: Any) -> Text:
    name = quoted(headline.construct["name"])
    if headline.status == "not_measured":
        return ctx.phrases("unknowns.gap_not_measured", name=name)
    if headline.status not in MEASURED:
        return ctx.phrases("unknowns.gap_no_pooled", name=name)
    return ctx.phrases("unknowns.single", name=name) if headline.k == 1 else ()


def _longest(ctx: Context) -> Text:
    """The longest follow-up of any result used."""
    found = [
        (item.row["timepoint_months"], item.row["effect_id"])
        for headline in ctx.measured
        for item in headline.used
        if item.row["timepoint_months"] is not None
    ]
    if not found:
        return ()
    months, row = max(found)
    number = ctx.ledger.number("evidence/follow_up/longest", months, "number", Basis("table", rows_of("effects", [row]), "as recorded"), unit="months")
    return ctx.phrases("unknowns.long_run", months=number)
