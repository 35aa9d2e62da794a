"""How the evidence was checked, and what the check filter kept out: said on the first page and beside each outcome."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context, rows_behind
from workbench.briefing.findings import Basis, Finding, rows_of
from workbench.briefing.text import Text, joined, strong

ORDER = ("full_text", "abstract", "secondary", "unverified")


def share_sentence(ctx: Context, headline: Any) -> Text:
    """Say what share of the weight of a headline rests on which check level."""
    if headline is None or headline.status not in MEASURED:
        return ctx.phrases("checked.none")
    shares = headline.check_shares
    return joined(
        ctx.phrases("checked.share", share=share(ctx, headline, level, shares[level]), level=ctx.phrases.words(f"checked.{level}"))
        for level in ORDER
        if level in shares
    )


def share(ctx: Context, headline: Any, level: str, value: float) -> Finding:
    """Record the share of the weight at one check level."""
    basis = Basis("exact", rows_behind(headline), "sum of the weights in the average")
    return ctx.ledger.number(f"{headline.construct['construct']}/checked/{level}", min(value, 1.0), "share", basis, unit="share of the weight")


def removed_sentence(ctx: Context, headline: Any) -> Text:
    """Say how many results the check filter removed, how many were null or adverse, and whether the word would change."""
    phrases, removed = ctx.phrases, headline.removed
    if ctx.parameters.get("include_unverified"):
        return phrases("checked.included")
    count = len(removed.rows)
    if not count:
        return phrases("checked.removed_none")
    path, rows = headline.construct["construct"], rows_of("effects", (row["effect_id"] for row in removed.rows))
    n = ctx.count(f"{path}/removed/rows", count, rows, "results left out because they are not yet checked", "results")
    if count == 1:
        said = phrases("checked.removed_was_null" if removed.null_or_adverse else "checked.removed_not_null")
        return joined((phrases("checked.removed_one", n=n), said, _word_after(ctx, headline)), " ")
    null = ctx.count(f"{path}/removed/null_or_adverse", removed.null_or_adverse, rows, "of these, not significant or harmful", "results")
    return joined((phrases("checked.removed_other", n=n), phrases("checked.removed_null", null=null), _word_after(ctx, headline)), " ")


def _word_after(ctx: Context, headline: Any) -> Text:
    if headline.status not in MEASURED:
        added = headline.removed.word_if_added
        return () if added is None else ctx.phrases("checked.word_changes", added=verdict(ctx, added), now=verdict(ctx, None, headline.status))
    if headline.removed.word_if_added is None:
        return ctx.phrases("checked.word_same")
    return ctx.phrases("checked.word_changes", added=verdict(ctx, headline.removed.word_if_added), now=verdict(ctx, headline.word))


def verdict(ctx: Context, word: Any, status: str = "pooled") -> Text:
    """Write a claim with its word, e.g. ``a change for the better is likely``."""
    if status not in MEASURED or word is None:
        return ctx.phrases(f"verdict.{status}")
    return ctx.phrases(f"verdict.{word.claim}", word=strong(word.words))
