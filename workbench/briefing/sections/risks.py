"""Section 7: unintended effects, displacement, results for the worse, and the chance of harm by outcome."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.printed import chance
from workbench.briefing.sections.fit import listed
from workbench.briefing.tables import Bullets, Heading, Paragraph
from workbench.briefing.text import link, quoted, text


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return what is reported, what is not studied, and what the numbers allow."""
    phrases, told = ctx.phrases, ctx.programme["unintended"]
    found: list[Any] = [Heading(phrases("risks.unintended"), "unintended")]
    found.append(listed(ctx, told) if told else Paragraph(phrases("risks.not_studied")))
    found += [Heading(phrases("risks.adverse"), "adverse"), _adverse(ctx)]
    if ctx.measured:
        links = ((link(quoted(item.construct["name"]), f"#outcome-{item.construct['construct']}"), item) for item in ctx.measured)
        items = (phrases("risks.worse_item", name=text(name), chance=chance(ctx, item, "harm")) for name, item in links)
        found += [Heading(phrases("risks.worse_chance"), "chance-of-worse"), Bullets(tuple(items))]
    found += [Heading(phrases("risks.displacement"), "displacement"), Paragraph(phrases("pending.text"), "pending")]
    return tuple(found)


def _adverse(ctx: Context) -> Any:
    """Every row on file for this briefing's outcomes that reports a result for the worse, used or not."""
    rows = {}
    for headline in ctx.headlines:
        for item in (*headline.used, *headline.beneath, *headline.left_out):
            if item.row["reported_result"] == "harm":
                rows[item.row["effect_id"]] = item.row
    if not rows:
        return Paragraph(ctx.phrases("risks.adverse_none"))
    studies = ctx.evidence["studies"]
    return Bullets(
        tuple(
            ctx.phrases("risks.adverse_item", study=quoted(studies[row["study_id"]]["label"]), measured=quoted(row["outcome_measure"])) for row in rows.values()
        )
    )
