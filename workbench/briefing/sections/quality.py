"""Risk of bias of the studies behind the short answer, domain by domain, as far as the sources state it."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.figures import Lights
from workbench.briefing.tables import Column, Details, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import quoted, text

_LEVELS = {"critical": "high", "serious": "high", "high": "high", "some concerns": "some", "moderate": "some", "low": "low"}
_GRAVITY = ("high", "some", "low", "unknown")


def quality(ctx: Context) -> tuple[Any, ...]:
    """Return one table per tool for the studies of the leading outcomes; nothing where the workspace has no such table."""
    if "quality" not in ctx.evidence.tables:
        return ()
    phrases = ctx.phrases
    studies = dict.fromkeys(item.study["study_id"] for headline in ctx.leads for item in headline.used)
    rows = [row for name in studies for row in ctx.evidence["quality"].where(study_id=name)]
    heading = Heading(phrases("quality.heading"), "risk-of-bias")
    if not rows:
        return heading, Paragraph(phrases("quality.none"), "pending")
    tools = dict.fromkeys(row["tool"] for row in rows)
    tables = tuple(_table(ctx, tool, [row for row in rows if row["tool"] == tool]) for tool in tools)
    return heading, Paragraph(phrases("quality.intro")), Details(phrases("quality.summary"), tables)


def lights(ctx: Context, study: str) -> Lights | None:
    """Return one sign for each domain in which a study was assessed, the gravest first; None where it was not."""
    if "quality" not in ctx.evidence.tables:
        return None
    known = sorted(ctx.evidence["quality"].where(study_id=study), key=lambda row: (_GRAVITY.index(_level(row)), row["domain"]))
    if not known:
        return None
    words = ", ".join(ctx.phrases.words(f"quality.level_{level}") for level in dict.fromkeys(_level(row) for row in known))
    return Lights(tuple((_level(row), ctx.phrases.words(f"quality.sign_{_level(row)}")) for row in known), words)


def _level(row: Any) -> str:
    """Return which of the levels of two tools a judgement is: high (or serious), some (or moderate), low or unknown."""
    return _LEVELS.get(row["judgement"], "unknown")


def _table(ctx: Context, tool: str, rows: list[Any]) -> Table:
    """Studies by domain: the judgement, with what the source states for it."""
    domains = tuple(dict.fromkeys(row["domain"] for row in rows))
    studies = dict.fromkeys(row["study_id"] for row in rows)
    found = {(row["study_id"], row["domain"]): row for row in rows}
    columns = (Column(ctx.phrases("quality.study")), *(Column(quoted(domain)) for domain in domains))
    lines: list[Line] = []
    for name in studies:
        cells = [_cell(ctx, found.get((name, domain))) for domain in domains]
        lines.append(line(quoted(ctx.evidence["studies"][name]["label"]), *cells))
    return Table(f"quality-{tool.lower().replace(' ', '-')}", text(ctx.phrases("quality.caption"), " ", quoted(tool)), columns, tuple(lines))


def _cell(ctx: Context, row: Any) -> Any:
    if row is None or row["judgement"] == "not reported":
        return ctx.phrases("quality.not_reported")
    judgement = quoted(row["judgement"])
    return cell(judgement, quoted(row["basis"])) if row["basis"] else judgement
