"""From a printed number back to its rows, from the HTML file alone."""

from __future__ import annotations

from pathlib import Path

from workbench.briefing.reading import carried
from workbench.errors import UsageError, nearest

_KINDS = {"exact": "exact, no simulation error", "draws": "from simulated draws", "table": "figure of a table"}


def trace(path: Path | str, name: str) -> str:
    """Say what a finding is: its value, how it is printed, its method, and every row that it rests on.

    Parameters
    ----------
    path : path
        A briefing.
    name : str
        Id of a finding, as in a ``data-finding`` attribute.

    Raises
    ------
    UsageError
        If the file cannot be read, is no briefing, or has no such finding.
    """
    try:
        page = carried(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from None
    if name not in page.findings:
        raise UsageError(f"{path}: there is no finding {name!r}; {nearest(name, page.findings)}".rstrip("; "))
    found = page.findings[name]
    lines = [found.id, f"  printed  {found.text}", f"  value    {found.value!r} ({_KINDS[found.kind]})"]
    lines += [f"  unit     {found.unit}"] if found.unit else []
    lines += [f"  method   {found.method}", f"  rows     {len(found.rows)}"]
    for row in found.rows:
        lines.append(f"    {row}")
        source = page.sources[row]
        lines += [f"      cite     {citation}" for citation in source.pop("cite")]
        lines += [f"      {key:8} {value}" for key, value in source.items()]
    return "\n".join(lines)
