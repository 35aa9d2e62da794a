"""Section 9: conflicting analyses side by side, and why they differ."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, parts_of, rows_about
from workbench.briefing.sections.fit import listed
from workbench.briefing.tables import Cell, Column, Line, Paragraph, Table
from workbench.briefing.text import Text, joined, quoted


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the disputes on file for the programme and its variants, or that none is."""
    rows = rows_about(ctx, "disputes")
    if rows:
        return (_table(ctx, rows),)
    told = ctx.programme["disputes"]
    return (listed(ctx, told),) if told else (Paragraph(ctx.phrases("disputes.none")),)


def _table(ctx: Context, rows: tuple[Any, ...]) -> Table:
    phrases = ctx.phrases
    columns = tuple(Column(phrases(f"disputes.{name}")) for name in ("one_side", "other_side", "why", "sources"))
    lines = tuple(
        Line((*(Cell((quoted(row[name]),)) for name in ("one_side", "other_side", "why")), Cell((_sources(ctx, row),))), id=f"dispute-{row.key}")
        for row in rows
    )
    return Table("disputes-table", phrases("disputes.caption"), columns, lines)


def _sources(ctx: Context, row: Any) -> Text:
    """The short citations of a row."""
    known = ctx.evidence.references
    return joined((quoted(known[name].short, "reference") for name in parts_of(row["cite"]) if name in known), "; ")
