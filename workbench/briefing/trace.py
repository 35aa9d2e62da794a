"""From a printed number back to its rows from the HTML file alone, and from an effect row forward to its effect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.briefing.context import parts_of
from workbench.briefing.provenance import derivation_lines, figure_lines, figures_of, row_lines, sized
from workbench.briefing.reading import Carried, carried
from workbench.errors import UsageError, nearest

_KINDS = {"exact": "exact, no simulation error", "draws": "from simulated draws", "table": "figure of a table"}


def trace(path: Path | str, name: str) -> str:
    """Say what a finding is: its value, how it is printed, its method, and every row that it rests on.

    For each row: the figures as printed and, for an effect row, the way from them to the effect; then the citation,
    where exactly the figures stand, and how they were checked.

    Parameters
    ----------
    path : path
        A briefing or an evidence map.
    name : str
        Id of a finding, or its number in a ``data-f`` attribute; the end of an id, from a stroke on, is enough
        where no other id ends so.

    Raises
    ------
    UsageError
        If the file cannot be read, is no such page, or has no such finding.
    """
    page = read_page(path)
    name = _whole(path, name, page)
    if name not in page.findings:
        way = nearest(name, page.findings) or f"numbers run from 0 to {len(page.findings) - 1}; ids are paths, such as {next(iter(page.findings))}"
        raise UsageError(f"{path}: there is no finding {name!r}; {way}")
    found = page.findings[name]
    lines = [found.id, f"  printed  {found.text}", f"  value    {found.value!r} ({_KINDS[found.kind]})"]
    lines += [f"  unit     {found.unit}"] if found.unit else []
    lines += [f"  method   {found.method}", f"  rows     {len(found.rows)}"]
    for row in found.rows:
        lines += [f"    {row}", *row_lines(_source_lines(page.sources[row]), "      ")]
    return "\n".join(lines)


def _whole(path: Path | str, name: str, page: Carried) -> str:
    """Return the id that a short one stands for.

    Raises
    ------
    UsageError
        If several ids end so.
    """
    if not name.startswith("/"):
        return page.finding_id(name)
    found = [other for other in page.findings if other.endswith(name)]
    if len(found) > 1:
        raise UsageError(f"{path}: {len(found)} findings end in {name!r}; the id begins with a path, such as {found[0]}")
    return found[0] if found else name


def read_page(path: Path | str) -> Carried:
    """Read what a page carries.

    Raises
    ------
    UsageError
        If the file cannot be read or is no page of this kind.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is no HTML page in UTF-8, so it is no briefing") from None
    try:
        return carried(text)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def trace_effect(evidence: Any, name: str) -> str:
    """Say how a row of ``effects.csv`` becomes an effect: figures as printed, route, formulas, y and se, and the source.

    Parameters
    ----------
    evidence : EvidenceBase
    name : str
        Id of the row.

    Raises
    ------
    UsageError
        If there is no such row, with the nearest that exists.
    """
    table = evidence["effects"]
    if name not in table:
        raise UsageError(f"{table.file} has no row {name!r}; {nearest(name, (row['effect_id'] for row in table.rows)) or 'name a row of that table, or a page and a finding'}")
    row = table[name]
    study, construct = evidence["studies"][row["study_id"]], evidence["outcomes"][row["construct"]]
    state = f"replaced by {row['superseded_by']}" if row["superseded_by"] else f"excluded: {row['exclusion']}" if row["exclusion"] else row["role"]
    about = [
        ("study", f"{study['label']} ({row['study_id']}): {study['design']}, {study['country']}"),
        ("measured", f"{row['outcome_measure']} ({row['construct']})"),
        ("programme", row["programme_id"]),
        ("use", state),
    ]
    known = [evidence.references[key].text for key in parts_of(study["cite"]) if key in evidence.references]
    source = {
        "figures": figures_of(table, row), "size": sized(row, construct, study), "derived": row["derivation"] or "",
        "cite": known, "locator": row["locator"] or "", "checked": row["checked"],
    }  # fmt: skip
    return "\n".join([f"{name} ({table.file} line {row.line})", *row_lines(about, "  "), *row_lines(_source_lines(source), "  ")])


def _source_lines(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, words) of where a row comes from and what became of its figures."""
    if not any(source.values()):
        return [("source", "not carried by this page; trace the same id in the briefing itself")]
    found = [("printed", line) for line in figure_lines(source.get("figures", {}))]
    if source.get("derived"):
        found.append(("curator", source["derived"]))
    if source.get("size"):
        found += derivation_lines(source.get("figures", {}), source["size"])
    found += [("cite", citation) for citation in source.get("cite", ())]
    return found + [(name, source[name]) for name in ("locator", "checked") if source.get(name)]
