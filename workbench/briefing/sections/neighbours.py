"""The areas most like this one, by the publisher's own model, and the range of their official figures."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.text import Text, joined, quoted


def neighbours(ctx: Context) -> tuple[str, ...]:
    """Return the codes of the place's statistical neighbours, nearest first; none for a country or a region."""
    if "neighbours" not in ctx.evidence.tables:
        return ()
    rows = ctx.evidence["neighbours"].where(gss_code=ctx.place.code)
    return tuple(row["neighbour_code"] for row in sorted(rows, key=lambda row: row["rank"]))


def names(ctx: Context) -> Text:
    """Name the neighbours; say that there are none for a place of this kind."""
    codes = neighbours(ctx)
    if not codes:
        return ctx.phrases("question.neighbours_none")
    known = {row["gss_code"]: row["area"] for row in ctx.evidence["areas"].rows}
    return joined((quoted(known[code]) for code in codes if code in known), ", ", " and ")


def ends(ctx: Context, here: Any) -> tuple[Any, Any] | None:
    """Return the neighbours' rows with the lowest and the highest figure of the same measure and period; None without two."""
    wanted = set(neighbours(ctx))
    rows = [
        row
        for row in ctx.evidence["areas"].where(measure=here["measure"], period=here["period"])
        if row["gss_code"] in wanted and row["value"] is not None
    ]
    if len(rows) < 2:
        return None
    ordered = sorted(rows, key=lambda row: (row["value"], row["gss_code"]))
    return ordered[0], ordered[-1]
