"""Section 8: what is not known, and the study most worth funding next."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context
from workbench.briefing.findings import Basis, rows_of
from workbench.briefing.sections import next_study
from workbench.briefing.sections.voices import voices
from workbench.briefing.tables import Bullets, Heading, Paragraph
from workbench.briefing.text import Text, joined, quoted


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return outcomes without an answer, the longest follow-up, and voices and value of information, where assessed."""
    phrases = ctx.phrases
    gaps = [gap for gap in (_gap(ctx, name, items) for name, items in _by_gap(ctx).items()) if gap]
    found: list[Any] = [Heading(phrases("unknowns.gaps"), "gaps")]
    found.append(Bullets(tuple(gaps)) if gaps else Paragraph(phrases("unknowns.none")))
    longest = _longest(ctx)
    if longest:
        found += [Heading(phrases("unknowns.follow_up"), "longest-follow-up"), Paragraph(longest)]
    found += [Heading(phrases("unknowns.voices"), "voices"), *voices(ctx)]
    found += next_study.blocks(ctx)
    return tuple(found)


def _by_gap(ctx: Context) -> dict[str, list[Any]]:
    """Headlines by what is missing: no study, no usable result, or a second result."""
    found: dict[str, list[Any]] = {"not_measured": [], "no_pooled": [], "single": []}
    for item in ctx.headlines:
        if item.status == "not_measured":
            found["not_measured"].append(item)
        elif item.status not in MEASURED:
            found["no_pooled"].append(item)
        elif item.k == 1:
            found["single"].append(item)
    return found


def _gap(ctx: Context, name: str, headlines: list[Any]) -> Text:
    names = joined((quoted(item.construct["name"]) for item in headlines), "; ")
    return ctx.phrases(f"unknowns.gap_{name}", names=names) if headlines else ()


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
