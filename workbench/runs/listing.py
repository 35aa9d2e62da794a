"""The text of ``workbench list``: counts that equal what the tables hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.runs.parameters import PARAMETERS


def text(what: str, workspace: Path) -> str:
    """Return the listing of `what` (programmes, outcomes, areas or parameters) as aligned columns."""
    if what == "parameters":
        return _parameters()
    from workbench.evidence import load

    evidence = load(workspace)
    return {"programmes": _programmes, "outcomes": _outcomes, "areas": _areas}[what](evidence)


def _parameters() -> str:
    lines = [("parameter", "type", "range", "example", "")]
    for item in PARAMETERS:
        name = f"{item.name}.OUTCOME" if item.by_outcome else item.name
        span = f"{item.minimum:,.12g} to {item.maximum:,.12g}" if item.maximum is not None else ""
        lines.append((name, item.kind, span, item.example, item.help + (f" ({item.unit})" if item.unit else "")))
    return _columns(lines)


def _programmes(evidence: object) -> str:
    levels, counts = _by_level(evidence, "programme_id")
    lines = [("programme", "briefing", "rows", *levels, "name")]
    for row in evidence["programmes"].rows:
        found = counts.get(row["programme_id"], Counter())
        lines.append((row["programme_id"], "yes" if row["briefing"] else "", found.total(), *(found[level] for level in levels), row["name"]))
    return _columns(lines)


def _by_level(evidence: object, column: str) -> tuple[tuple[str, ...], dict[str, Counter]]:
    """Return the check levels, best first as the schema lists them, and the number of effect rows at each, by a column."""
    levels = next(field.enum for field in evidence["effects"].fields if field.name == "checked")
    counts: dict[str, Counter] = {}
    for row in evidence["effects"].rows:
        counts.setdefault(row[column], Counter())[row["checked"]] += 1
    return levels, counts


def _outcomes(evidence: object) -> str:
    levels, counts = _by_level(evidence, "construct")
    lines = [("outcome", "construct", "measure", "rows", *levels, "name")]
    for row in evidence["outcomes"].rows:
        found = counts.get(row["construct"], Counter())
        lines.append((row["outcome_id"], row["construct"], row["measure"] or "not pooled", found.total(), *(found[level] for level in levels), row["name"]))
    return _columns(lines)


def _areas(evidence: object) -> str:
    seen = {row["gss_code"]: (row["gss_code"], row["level"], row["area"], row["region"] or "") for row in evidence["areas"].rows}
    return _columns([("code", "level", "name", "region"), *sorted(seen.values(), key=lambda item: (item[1], item[2]))])


def _columns(lines: Iterable[Sequence[object]]) -> str:
    """Align columns: numbers to the right, text to the left."""
    table = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(line[index]) for line in table) for index in range(len(table[0]))]
    out = []
    for line in table:
        cells = [cell.rjust(width) if cell.isdigit() else cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)
