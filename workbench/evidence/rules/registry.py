"""The registry of cross-field rules: each is a small function with a name, its columns, its words and a way out.

A rule of one row takes ``(row, context)``; a rule of a whole table takes ``(table, context)``. Both yield `Breach`. A rule does
not see a row in which one of its columns could not be read: that problem is reported already. A ``partial`` rule judges
column by column and does see such a row, with None for what could not be read.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import Problem
from workbench.evidence.bibliography import Reference
from workbench.evidence.tables import Row, Table
from workbench.evidence.typed import key_text


@dataclass(frozen=True)
class Breach:
    """One place where a rule does not hold.

    Attributes
    ----------
    column : str
        Column to point at.
    rule, way_out : str
        Words for this case; empty takes the rule's own.
    value : Any
        What was found; None takes the row's value in ``column``.
    row : Row or None
        The row; rules of one row leave it out.
    """

    column: str
    rule: str = ""
    way_out: str = ""
    value: Any = None
    row: Row | None = None


@dataclass(frozen=True)
class Context:
    """What a rule may look up.

    Attributes
    ----------
    tables : mapping of str to Table
        Tables that could be read.
    references : mapping of str to Reference, or None
        None if the bibliography could not be read.
    """

    tables: Mapping[str, Table]
    references: Mapping[str, Reference] | None

    def row(self, table: str, key: Any) -> Row | None:
        """Return a row of another table, or None if there is none (a foreign key reports that)."""
        return self.tables[table].get(key) if table in self.tables and key is not None else None


Check = Callable[[Any, Context], Iterable[Breach]]


@dataclass(frozen=True)
class Rule:
    """One rule as data.

    Attributes
    ----------
    name : str
        Short name, unique.
    tables : tuple of str
        Tables that it governs; ``"*"`` means every table that has its columns.
    columns : tuple of str
        Columns that it reads.
    words, way_out : str
        What must hold, and what a curator can do about it.
    whole : bool
        True if it takes a table, False if it takes a row.
    partial : bool
        True if it judges column by column, so that one unread column leaves the rest to be judged.
    check : callable
    """

    name: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    words: str
    way_out: str
    whole: bool
    partial: bool
    check: Check


def rule(name: str, tables: str, columns: str, words: str, way_out: str, *, whole: bool = False, partial: bool = False) -> Callable[[Check], Rule]:
    """Turn a function into a `Rule` (``tables`` and ``columns`` are separated by spaces)."""
    def make(function: Check) -> Rule:
        return Rule(name, tuple(tables.split()), tuple(columns.split()), words, way_out, whole, partial, function)

    return make


def governed(each: Rule, tables: Mapping[str, Table]) -> Iterator[Table]:
    """Yield the readable tables that a rule governs."""
    for name, table in tables.items():
        named = name in each.tables if each.tables != ("*",) else set(each.columns) <= set(table.columns)
        if named and set(each.columns) <= set(table.columns):
            yield table


def apply(each: Rule, context: Context) -> Iterator[Problem]:
    """Yield every problem that one rule finds."""
    for table in governed(each, context.tables):
        rows = tuple(row for row in table.rows if each.partial or row.unread.isdisjoint(each.columns))
        if each.whole:
            for breach in each.check(replace(table, rows=rows), context):
                yield _problem(each, table, breach, breach.row)
        else:
            for row in rows:
                for breach in each.check(row, context):
                    if breach.column not in row.unread:
                        yield _problem(each, table, breach, row)


def _problem(each: Rule, table: Table, breach: Breach, row: Row | None) -> Problem:
    value = breach.value if breach.value is not None or row is None else row[breach.column]
    return Problem(table.file, row.line if row else 0, breach.column, key_text(row) if row else "", shown(value),
                   breach.rule or each.words, breach.way_out or each.way_out)


def shown(value: Any) -> str:
    """Return a typed value as a curator would write it in the file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".15g")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def listed(text: str | None) -> list[str]:
    """Split a cell that holds several names separated by semicolons."""
    return [part.strip() for part in (text or "").split(";") if part.strip()]
