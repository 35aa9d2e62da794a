"""The text of ``workbench list``: counts that equal what the tables hold."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.runs.parameters import PARAMETERS, Parameter


def text(what: str, workspace: Path) -> str:
    """Return the listing of `what` (programmes, outcomes, areas or parameters) as aligned columns."""
    if what == "parameters":
        return _parameters(workspace)
    from workbench.evidence import load

    evidence = load(workspace)
    return {"programmes": _programmes, "outcomes": _outcomes, "areas": _areas}[what](evidence)


def _parameters(workspace: Path) -> str:
    defaults = _defaults(workspace)
    lines = [("parameter", "type", "range", "default", "example", "")]
    for item in PARAMETERS:
        span = f"{_plain(item, item.minimum)} to {_plain(item, item.maximum)}" if item.maximum is not None else ""
        found = item.default or defaults.get(item.rule, f"row {item.rule}")
        lines.append((item.placeholder, item.kind, span, found, item.example, item.help + (f" ({item.unit})" if item.unit else "")))
    return _columns(lines)


def _plain(item: Parameter, number: float | None) -> str:
    """A figure with thousands marked, except in a year."""
    return f"{number:.12g}" if item.unit == "year" else f"{number:,.12g}"


def _defaults(workspace: Path) -> dict[str, str]:
    """Defaults by row of the workspace's ``parameters.csv``, as written there; empty outside a workspace."""
    from workbench.errors import UsageError
    from workbench.evidence.workspace import find_workspace

    try:
        table = find_workspace(workspace) / "evidence" / "parameters.csv"
    except UsageError:
        return {}
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        return {row["parameter_id"]: row["value"] or row["schedule"] for row in csv.DictReader(file)}


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
