"""The references of a briefing: every work behind a row that it shows, once, in alphabetical order."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, parts_of, rows_about
from workbench.briefing.tables import Paragraph
from workbench.briefing.tables import References as ReferenceList
from workbench.briefing.text import Link, Quoted, Text, text


def cited(ctx: Context) -> list[str]:
    """Return the keys of all works cited by rows that the briefing shows."""
    keys = set(parts_of(ctx.programme["cite"]))
    keys.update(key for table in ("accounts", "causal_links") for row in rows_about(ctx, table) for key in parts_of(row["cite"]))
    studies = ctx.evidence["studies"]
    for headline in ctx.headlines:
        for item in (*headline.used, *headline.beneath, *headline.left_out):
            keys.update(parts_of(studies[item.row["study_id"]]["cite"]))
        if headline.natural is not None:
            keys.update(key for row in headline.natural.baseline.rows for key in parts_of(row["cite"]))
    keys |= _official(ctx)
    return [key for key in keys if key in ctx.evidence.references] if ctx.appraisal is None else _with_money(ctx, keys)


def _official(ctx: Context) -> set[str]:
    """Return the keys of the works behind the official figures that the sections before this one print."""
    names = {name for finding in ctx.ledger.all() for name in finding.rows if name.startswith("areas/")}
    rows = [row for name in names if (row := ctx.evidence["areas"].get(tuple(name.split("/", 3)[1:]))) is not None]
    return {key for row in rows for key in parts_of(row.get("cite") or ctx.evidence["area_measures"][row["measure"]]["cite"])}


def _with_money(ctx: Context, keys: set[str]) -> list[str]:
    appraisal = ctx.appraisal
    rows: list[Any] = [*ctx.evidence["programme_costs"].where(programme_id=ctx.programme["programme_id"]), *appraisal.pathways, *appraisal.refused]
    rows += [row for found in appraisal.used.values() for row in found]
    keys |= {key for row in rows for key in parts_of(row.get("cite"))}
    return [key for key in keys if key in ctx.evidence.references]


def bibliography(ctx: Context) -> Any:
    """Return the list of references with a link each."""
    found = sorted((ctx.evidence.references[key] for key in cited(ctx)), key=lambda item: (item.text.casefold(), item.key))
    if not found:
        return Paragraph(ctx.phrases("fit.not_recorded"), "pending")
    return ReferenceList(tuple((f"ref-{item.key}", _citation(item)) for item in found))


def _citation(reference: Any) -> Text:
    """A citation whose address at its end is a link."""
    address = f"https://doi.org/{reference.doi}" if reference.doi else reference.url
    shown = f"doi:{reference.doi}" if reference.doi else reference.url
    if not address or not address.startswith(("https://", "http://")):
        return text(Quoted(reference.text, "reference"))
    words = reference.text.removesuffix(shown).rstrip() + " "
    return text(Quoted(words, "reference"), Link((Quoted(shown, "reference"),), address))
