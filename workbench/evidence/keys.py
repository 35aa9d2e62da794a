"""Primary keys, unique columns and foreign keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from workbench.errors import Problem, nearest
from workbench.evidence.schema import ForeignKey, Package
from workbench.evidence.tables import Row, Table
from workbench.evidence.typed import key_text


def check_keys(package: Package, tables: Mapping[str, Table]) -> list[Problem]:
    """Check every key of the package over the tables that could be read.

    Parameters
    ----------
    package : Package
        The schema.
    tables : mapping of str to Table
        Tables that could be read; keys into the others are not checked, because their own problem is reported.

    Returns
    -------
    list of Problem
    """
    problems: list[Problem] = []
    for resource in package.resources:
        table = tables.get(resource.name)
        if table is None:
            continue
        problems += _repeats(table, resource.key, "the key must be given once")
        for field in resource.fields:
            if field.unique and (field.name,) != resource.key:
                problems += _repeats(table, (field.name,), "must be given once in its column")
        for key in resource.foreign_keys:
            if key.resource in tables:
                problems += _unknown(table, key, tables[key.resource])
    return problems


def _readable(table: Table, columns: Iterable[str]) -> Iterator[tuple[Row, tuple]]:
    """Yield the rows whose columns were all read, with their values."""
    columns = tuple(columns)
    for row in table.rows:
        if row.unread.isdisjoint(columns):
            yield row, tuple(row[column] for column in columns)


def _repeats(table: Table, columns: tuple[str, ...], rule: str) -> Iterator[Problem]:
    first: dict[tuple, int] = {}
    for row, values in _readable(table, columns):
        if None in values:
            continue
        if values in first:
            yield Problem(table.file, row.line, ", ".join(columns), key_text(row), "/".join(map(str, values)), rule,
                          f"it stands already on line {first[values]}")
        else:
            first[values] = row.line


def _unknown(table: Table, key: ForeignKey, target: Table) -> Iterator[Problem]:
    known = {values for _, values in _readable(target, key.reference)}
    for row, values in _readable(table, key.fields):
        if None in values or values in known:
            continue
        found = "/".join(map(str, values))
        hint = nearest(found, sorted("/".join(map(str, each)) for each in known if None not in each))
        yield Problem(table.file, row.line, ", ".join(key.fields), key_text(row), found, f"is not in {target.file}",
                      hint or "add the row there, or correct the name")
