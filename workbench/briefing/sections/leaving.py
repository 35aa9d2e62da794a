"""Results that are not used: what they report, and why they are left out, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.briefing.context import Context, parts_of, row_name, words_or_code
from workbench.briefing.tables import Column, Line, cell, line
from workbench.briefing.text import Text, link, quoted, text

_UNSIZED, _REPLACED = "not_poolable", "superseded"


def left_columns(ctx: Context, grouped: bool = False) -> tuple[Column, ...]:
    """Return the columns of a table of results left out."""
    return tuple(Column(ctx.phrases(f"forest.{name}")) for name in ("study", "said", "checked", "more" if grouped else "reason"))


def left_line(ctx: Context, item: Any, grouped: bool = False) -> Line:
    """Return one result left out; where rows stand in groups by reason, only what is said beyond it."""
    row, phrases = item.row, ctx.phrases
    study = ctx.evidence["studies"][row["study_id"]]
    works = [key for key in parts_of(study["cite"]) if key in ctx.evidence.references]
    label = text(link(quoted(study["label"]), f"#ref-{works[0]}")) if works else quoted(study["label"])
    return line(
        cell(label, quoted(row["outcome_measure"])),
        words_or_code(phrases, "said", row["reported_result"]),
        words_or_code(phrases, "map.check", row["checked"]),
        further_words(ctx, item) if grouped else reason_words(ctx, item),
    )


def listed(ctx: Context, items: Sequence[Any]) -> tuple[list[Any], Text]:
    """Return the results that are listed, and a sentence on those that are not: a better-checked row of the same result replaced them."""
    replaced = [item for item in items if item.reason == _REPLACED]
    if not replaced:
        return list(items), ()
    names = [row_name(item.row) for item in replaced]
    path = f"{replaced[0].row['construct']}/left_out/replaced"
    count = ctx.count(path, len(replaced), names, "results replaced by a better-checked row", "results")
    said = ctx.phrases("forest.superseded", n=ctx.phrases.counted("studies", count))
    return [item for item in items if item.reason != _REPLACED], said


def reason_heading(ctx: Context, reason: str) -> Text:
    """Return the reason that a group of results shares."""
    return words_or_code(ctx.phrases, "left_out", reason)


def reason_words(ctx: Context, item: Any) -> Text:
    """Say why one result is left out: the curator's own words, else what its figures lack, else the reason it shares with others."""
    return further_words(ctx, item) or reason_heading(ctx, item.reason)


def further_words(ctx: Context, item: Any) -> Text:
    """Say what is particular to one result; nothing where the reason it shares with others says it all."""
    if item.reason == _UNSIZED:
        return ctx.phrases(f"lacking.{lacking(item.row)}")
    return quoted(item.row["exclusion_reason"]) if item.row["exclusion"] == item.reason else ()


def lacking(row: Any) -> str:
    """Return what a row's figures lack for an effect with a standard error, as the name of a phrase."""

    def given(name: str) -> tuple[bool, bool]:
        return row[f"{name}_treat"] is not None, row[f"{name}_control"] is not None

    if row["estimate"] is not None:
        return "uncertainty"
    for name, lone, unsized in (("pct", "comparison", "sizes"), ("events", "comparison", "counts"), ("mean", "comparison", "spread")):
        if any(given(name)):
            return lone if not all(given(name)) else "other" if all(given("sd" if name == "mean" else "n")) else unsized
    return "figures"
