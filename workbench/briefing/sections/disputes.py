"""Section 9: conflicting analyses side by side, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.briefing.context import Context, parts_of, rows_about
from workbench.briefing.sections.fit import listed
from workbench.briefing.sections.others import other_analyses
from workbench.briefing.tables import Cell, Column, Details, Line, Paragraph, Table
from workbench.briefing.text import Text, joined, quoted


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the disputes on file for the programme and its variants, the main ones first; or that none is."""
    rows = rows_about(ctx, "disputes")
    if not rows:
        told = ctx.programme["disputes"]
        return (listed(ctx, told) if told else Paragraph(ctx.phrases("disputes.none")), *other_analyses(ctx))
    main = [row for row in rows if row["main"]] or [row for row in rows if row["programme_id"] == ctx.programme["programme_id"]] or list(rows)
    rest = [row for row in rows if row not in main]
    more = (Details(ctx.phrases("dispute_list.more"), (_table(ctx, rest, "disputes-more", ctx.phrases("dispute_list.more_caption")),)),) if rest else ()
    return (_table(ctx, main, "disputes-table", ctx.phrases("disputes.caption")), *more, *other_analyses(ctx))


def _table(ctx: Context, rows: Sequence[Any], name: str, caption: Text) -> Table:
    phrases = ctx.phrases
    columns = tuple(Column(phrases(f"disputes.{heading}")) for heading in ("one_side", "other_side", "why", "sources"))
    lines = tuple(
        Line((*(Cell((quoted(row[heading]),)) for heading in ("one_side", "other_side", "why")), Cell((_sources(ctx, row),))), id=f"dispute-{row.key}")
        for row in rows
    )
    return Table(name, caption, columns, lines)


def _sources(ctx: Context, row: Any) -> Text:
    """The short citations of a row."""
    known = ctx.evidence.references
    return joined((quoted(known[name].short, "reference") for name in parts_of(row["cite"]) if name in known), "; ")
