"""From text to typed rows: the header against the schema, then cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from workbench.errors import Problem, nearest
from workbench.evidence.cells import Refusal, converter
from workbench.evidence.reader import RawTable
from workbench.evidence.schema import Resource
from workbench.evidence.tables import Row, Table
from workbench.evidence.workspace import FOLDER


def type_table(resource: Resource, raw: RawTable) -> tuple[Table, list[Problem]]:
    """Turn the text of one table into typed rows.

    Parameters
    ----------
    resource : Resource
        Schema of the table.
    raw : RawTable
        Header and records as text.

    Returns
    -------
    Table
        With every row of the file. A cell that broke a rule is None and named in ``row.unread``.
    list of Problem
        All of them: header, line lengths, types and constraints.
    """
    file = f"{FOLDER}/{resource.path}"
    problems = list(header_problems(resource, raw.header, file))
    places = {name: place for place, name in reversed(list(enumerate(raw.header)))}
    convert = {field.name: converter(field) for field in resource.fields}
    rows = []
    for line, cells in raw.records:
        if len(cells) != len(raw.header):
            problems.append(ragged(file, line, len(cells), len(raw.header)))
            # Cells may have shifted from any point on: only the key is trusted, so that rows pointing here are not reported too.
            trusted = set(resource.key)
        else:
            trusted = set(resource.names)
        values, refusals = _values(resource, convert, places, cells, trusted)
        unread = frozenset(name for name in resource.names if name not in places or name not in trusted or name in refusals)
        parts = tuple(values[name] for name in resource.key)
        key = parts[0] if len(parts) == 1 else parts
        row = Row(resource.name, line, key, values, unread)
        rows.append(row)
        label = key_text(row)
        problems += [Problem(file, line, name, label, text, refusal.rule, refusal.way_out) for name, (text, refusal) in refusals.items()]
    return Table(resource.name, file, resource.fields, resource.key, tuple(rows)), problems


def key_text(row: Row) -> str:
    """Return a row's primary key as one text for messages."""
    parts = row.key if isinstance(row.key, tuple) else (row.key,)
    return "/".join(str(part) for part in parts if part is not None)


def _values(resource: Resource, convert: dict, places: dict[str, int], cells: tuple[str, ...],
            trusted: set[str]) -> tuple[dict, dict[str, tuple[str, Refusal]]]:
    """Convert the trusted cells of one record; return values and refused cells."""
    values: dict = {}
    refusals: dict[str, tuple[str, Refusal]] = {}
    for field in resource.fields:
        name, place = field.name, places.get(field.name, -1)
        values[name] = None
        if name not in trusted or not 0 <= place < len(cells):
            continue
        text = cells[place]
        if text in resource.missing:
            if field.required:
                refusals[name] = ("", Refusal("must not be empty", "fill it in: " + field.description if field.description else "fill it in"))
            continue
        try:
            values[name] = convert[name](text)
        except Refusal as refusal:
            refusals[name] = (text, refusal)
    return values, refusals


def header_problems(resource: Resource, header: tuple[str, ...], file: str) -> Iterator[Problem]:
    """Yield what is wrong with a header: columns that are unknown, missing, unnamed, repeated or out of order."""
    missing = [name for name in resource.names if name not in header]
    for place, name in enumerate(header, 1):
        if not name.strip():
            yield Problem(file, 1, value=f"column {place} has no name", rule="every column must be named", way_out="name it, or delete the column")
        elif name not in resource.names:
            hint = nearest(name, missing)
            # The misspelt name and the missing one are one fault: say it once.
            missing = [each for each in missing if f"{each!r}?" not in hint]
            yield Problem(file, 1, name, value=name, rule=f"is not a column of {resource.name}",
                          way_out=hint or "delete the column, or add it to datapackage.json")
    for name, count in Counter(header).items():
        if count > 1 and name.strip():
            yield Problem(file, 1, name, value=name, rule=f"must stand once in the header, not {count} times", way_out="delete or rename the others")
    for name in missing:
        yield Problem(file, 1, name, value="missing", rule=f"{resource.name} must have this column",
                      way_out="add it; its cells may be empty unless the schema says otherwise")
    if sorted(header) == sorted(resource.names) and header != resource.names:
        first = next(theirs for theirs, ours in zip(header, resource.names, strict=True) if theirs != ours)
        yield Problem(file, 1, first, value=first, rule="columns must stand in the order of datapackage.json",
                      way_out=f"here {resource.names[header.index(first)]!r} is expected")


def ragged(file: str, line: int, found: int, expected: int) -> Problem:
    """Return the problem of a line whose number of cells is not that of the header."""
    way_out = "put quotation marks round cells that hold a comma"
    if found < expected:
        way_out = "add the missing commas; a line break inside a cell needs quotation marks"
    return Problem(file, line, value=f"{found} cells", rule=f"must have {expected}, as the header has", way_out=way_out)
