"""``workbench validate --fix``: tables in their canonical form, with every value meaning what it meant."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.errors import EvidenceError, Problem
from workbench.evidence.curation import canonical
from workbench.evidence.curation.files import replace_all
from workbench.evidence.reader import RawTable, read_table
from workbench.evidence.schema import Resource, read_package
from workbench.evidence.typed import header_problems, ragged
from workbench.evidence.workspace import FOLDER, find_workspace

_BOM = b"\xef\xbb\xbf"
_SHOWN = 10


@dataclass(frozen=True)
class Fix:
    """What was changed in one file.

    Attributes
    ----------
    file : str
        Path relative to the workspace.
    layout : tuple of str
        Changes of the file as a whole, in words, e.g. ``rows sorted by effect_id``.
    cells : tuple of (int, str, str, str)
        Line in the file as it was, column, old spelling, new spelling.
    """

    file: str
    layout: tuple[str, ...]
    cells: tuple[tuple[int, str, str, str], ...]

    def __str__(self) -> str:
        parts = [*self.layout]
        if self.cells:
            parts.append(f"{len(self.cells)} cell{'s' if len(self.cells) > 1 else ''} respelt")
        lines = [f"{self.file}: {', '.join(parts)}"]
        lines += [f"  line {line}, {column}: {old!r} -> {new!r}" for line, column, old, new in self.cells[:_SHOWN]]
        if len(self.cells) > _SHOWN:
            lines.append(f"  and {len(self.cells) - _SHOWN} more")
        return "\n".join(lines)


def fix(path: str | os.PathLike = ".") -> tuple[Fix, ...]:
    """Bring every table of a workspace to its canonical form.

    UTF-8 without byte order mark, LF, minimal quoting, columns in schema order, rows sorted by primary key (unless the order of the
    table means something), no blanks round values, one spelling of booleans, numbers and dates. A second run changes nothing.

    Parameters
    ----------
    path : str or path-like
        Where to start looking for the workspace.

    Returns
    -------
    tuple of Fix
        One for each file that was changed.

    Raises
    ------
    EvidenceError
        If any file cannot be read as a table; then no file is changed.
    UsageError
        If there is no workspace.
    """
    root = find_workspace(path)
    package, problems = read_package(root)
    if package is None:
        raise EvidenceError(problems)
    files = frozenset(resource.path for resource in package.resources)
    fixes, new, old = [], {}, {}
    for resource in package.resources:
        raw, found = _readable(root, resource, files)
        problems += found
        if raw is None or found:
            continue
        place = root / FOLDER / resource.path
        old[place] = place.read_bytes()
        new[place], change = rewrite(resource, raw, old[place])
        if change is not None:
            fixes.append(change)
    if problems:
        raise EvidenceError(problems)
    replace_all({place: content for place, content in new.items() if content != old[place]}, old)
    return tuple(fixes)


def rewrite(resource: Resource, raw: RawTable, before: bytes) -> tuple[bytes, Fix | None]:
    """Return the canonical bytes of one table, and what differs from the file; None if nothing does.

    Parameters
    ----------
    resource : Resource
        Schema of the table.
    raw : RawTable
        Its header and records as they stand.
    before : bytes
        The file as it stands.
    """
    rows, cells = [], []
    for line, record in raw.records:
        found = dict(zip(raw.header, record, strict=True))
        written = {field.name: canonical.cell(found[field.name], field) for field in resource.fields}
        rows.append(written)
        cells += [(line, name, found[name], text) for name, text in written.items() if text != found[name]]
    ordered = rows if resource.name in keeps_order() else canonical.in_order(resource, rows)
    after = canonical.render(resource, ordered).encode()
    if after == before:
        return after, None
    layout = [*_layout(resource, raw, before), *([f"rows sorted by {', '.join(resource.key)}"] if ordered != rows else [])]
    if not layout and not cells:
        layout = ["quotation marks only where they are needed"]
    return after, Fix(f"{FOLDER}/{resource.path}", tuple(layout), tuple(cells))


@cache
def keeps_order() -> frozenset[str]:
    """Return the names of the tables in which the order of rows means something."""
    stated = tomllib.loads(Path(__file__).with_name("canonical.toml").read_text(encoding="utf-8"))
    return frozenset(stated["keep_order"])


def _readable(root: Path, resource: Resource, files: frozenset[str]) -> tuple[RawTable | None, list[Problem]]:
    """Read one table; every fault that leaves a doubt as to which cell is which is a problem."""
    raw, problems = read_table(root, resource, files)
    if raw is None:
        return None, problems
    file = f"{FOLDER}/{resource.path}"
    faults = list(header_problems(resource, raw.header, file)) if sorted(raw.header) != sorted(resource.names) else []
    faults += [ragged(file, line, len(record), len(raw.header)) for line, record in raw.records if len(record) != len(raw.header)]
    # Empty lines, the only other thing that the reader reports with a table, are what --fix takes out.
    return raw, faults


def _layout(resource: Resource, raw: RawTable, before: bytes) -> Iterator[str]:
    if before.startswith(_BOM):
        yield "byte order mark taken out"
    if b"\r" in before:
        yield "line ends made LF"
    elif not before.endswith(b"\n"):
        yield "line end added to the last line"
    if raw.header != resource.names:
        yield "columns put into the order of the schema"
    if _empty_lines(before, raw):
        yield "empty lines taken out"


def _empty_lines(before: bytes, raw: RawTable) -> bool:
    import csv
    import io

    return sum(1 for _ in csv.reader(io.StringIO(before.decode("utf-8-sig"), newline=""))) > len(raw.records) + 1
