"""Voices: what children, parents and staff say of a programme themselves, in our words, with how many and how they were asked."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, parts_of, rows_about, words_or_code
from workbench.briefing.sections.costs import reference
from workbench.briefing.tables import Column, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, quoted

#: Whose accounts are told first.
ORDER = ("children", "parents", "carers", "mixed", "practitioners")


def voices(ctx: Context) -> tuple[Any, ...]:
    """Return the accounts on file, children's first, and say whose were not found."""
    rows = sorted(rows_about(ctx, "accounts"), key=lambda row: ORDER.index(row["whose"]))
    if not rows:
        return (Paragraph(ctx.phrases("unknowns.voices_none")),)
    columns = tuple(Column(ctx.phrases(f"voices.{name}")) for name in ("whose", "said", "how", "source"))
    table = Table("voices-table", ctx.phrases("voices.caption"), columns, tuple(_line(ctx, row) for row in rows))
    told = {row["whose"] for row in rows}
    missing = [Paragraph(ctx.phrases(f"voices.none_{name}")) for name in ("children", "parents") if name not in told]
    return (*missing, table)


def _line(ctx: Context, row: Any) -> Line:
    how = [quoted(row["method"])]
    if row["people"] is not None:
        how.append(ctx.phrases("voices.people", n=ctx.cell(row, "people", "count")))
    how.append(quoted(row["note"]))
    who = words_or_code(ctx.phrases, "voices.whose_words", row["whose"])
    return line(who, cell(quoted(row["said"])), cell(*how), cell(told_by(ctx, row)))


def told_by(ctx: Context, row: Any) -> Text:
    """Name the works that a row cites, each with a link to the references, and how the row was checked."""
    works = joined((reference(ctx, key) for key in parts_of(row["cite"])), "; ")
    return joined((works, words_or_code(ctx.phrases, "checked", row["checked"])), ", ")
