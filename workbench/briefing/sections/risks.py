"""Section 7: unintended effects, displacement, results for the worse, and the chance of harm by outcome."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, rows_about, words_or_code
from workbench.briefing.printed import chance
from workbench.briefing.sections.causal import risk_table
from workbench.briefing.sections.costs import reference
from workbench.briefing.sections.fit import listed
from workbench.briefing.tables import Bullets, Heading, Paragraph
from workbench.briefing.text import Text, joined, link, quoted, text

KINDS = ("unintended", "displacement")


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return what is reported, what is not studied, and what the numbers allow."""
    phrases = ctx.phrases
    found: list[Any] = [*_unintended(ctx), Heading(phrases("risks.adverse"), "adverse"), _adverse(ctx)]
    if ctx.measured:
        links = ((link(quoted(item.construct["name"]), f"#outcome-{item.construct['construct']}"), item) for item in ctx.measured)
        items = (phrases("risks.worse_item", name=text(name), chance=chance(ctx, item, "harm")) for name, item in links)
        found += [Heading(phrases("risks.worse_chance"), "chance-of-worse"), Bullets(tuple(items))]
    return tuple(found)


def _unintended(ctx: Context) -> list[Any]:
    """Unintended effects and displacement: each with what was found and where, or that nobody looked."""
    phrases, told = ctx.phrases, ctx.programme["unintended"]
    heading = Heading(phrases("risks.unintended"), "unintended")
    if rows_about(ctx, "causal_nodes"):
        return [heading, *([listed(ctx, told)] if told else []), risk_table(ctx, KINDS), Paragraph(phrases("harms.note"), "note")]
    said = listed(ctx, told) if told else Paragraph(phrases("risks.not_studied"))
    return [heading, said, Heading(phrases("risks.displacement"), "displacement"), Paragraph(phrases("harms.not_studied"))]


def _adverse(ctx: Context) -> Any:
    """Every row on file for this briefing's outcomes that reports a result for the worse, used or not."""
    rows = {}
    for headline in ctx.headlines:
        for item in (*headline.used, *headline.beneath, *headline.left_out):
            if item.row["reported_result"] == "harm":
                rows[item.row["effect_id"]] = item.row
    return Bullets(tuple(_adverse_item(ctx, row) for row in rows.values())) if rows else Paragraph(ctx.phrases("risks.adverse_none"))


def _adverse_item(ctx: Context, row: Any) -> Text:
    study = ctx.evidence["studies"][row["study_id"]]
    said = ctx.phrases("risks.adverse_item", study=quoted(study["label"]), measured=quoted(row["outcome_measure"]))
    source = joined((reference(ctx, study["cite"]), words_or_code(ctx.phrases, "checked", row["checked"])), ", ")
    return text(said, " (", source, ")")
