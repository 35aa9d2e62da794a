"""How templates mark up plain data: figures that lead to their entries, text of tables kept apart, headings for small screens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from workbench.briefing.findings import Finding
from workbench.briefing.tables import Cell, Column, Line, Table
from workbench.briefing.text import Link, Number, Part, Quoted, Text, Words, plain

_JOINT = 5  # characters of the words that may stand within one interval, such as " to "
_DIGIT = re.compile(r"\d")
#: What may stand between the figures of one element: nothing that could belong to a figure.
BETWEEN = re.compile(r"[a-z (),]*")
_UNBROKEN = re.compile(r"\W?\d[\d.,]*%?")  # browsers break a line between two signs, or at a blank
_RIGHT_TO_LEFT = ("R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI")


@dataclass(frozen=True)
class Led:
    """A figure, or a whole interval, that leads to the entry on where it comes from."""

    parts: tuple[Part, ...]
    href: str
    kind: str = "led"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that it prints, in order."""
        return tuple(part.finding for part in self.parts if isinstance(part, Number))

    @property
    def as_one(self) -> bool:
        """Whether one element names all findings: there is one, or no figure could be broken between two lines."""
        return len(self.parts) == 1 or all(BETWEEN.fullmatch(part.text) if isinstance(part, Words) else _UNBROKEN.fullmatch(part.finding.text) for part in self.parts)


def led(parts: Text, addresses: Mapping[str, str]) -> tuple[Any, ...]:
    """Gather the figures of a text into links to their entries, one link an interval.

    Parameters
    ----------
    parts : Text
    addresses : mapping of finding id to address
        Figures without one stay as they are.
    """
    found: list[Any] = []
    for part in parts:
        href = addresses.get(part.finding.id) if isinstance(part, Number) else None
        if href is None:
            found.append(part)
            continue
        before = found[-1] if found else None
        joint = found[-2] if len(found) > 1 else None
        if isinstance(before, Words) and not before.strong and len(before.text) <= _JOINT and isinstance(joint, Led) and joint.href == href:
            found[-2:] = [Led((*joint.parts, before, part), href)]
        else:
            found.append(Led((part,), href))
    return tuple(_closed(found))


def _closed(parts: list[Any]) -> Iterator[Any]:
    """Take the bracket that closes an interval into its link."""
    waiting = None
    for part in parts:
        if waiting is not None and isinstance(part, Words) and not part.strong and part.text.startswith(")"):
            yield Led((*waiting.parts, Words(")")), waiting.href)
            waiting, rest = None, part.text[1:]
            if rest:
                yield Words(rest)
            continue
        if waiting is not None:
            yield waiting
            waiting = None
        if isinstance(part, Led) and any(isinstance(item, Words) and "(" in item.text for item in part.parts):
            waiting = part
        else:
            yield part
    if waiting is not None:
        yield waiting


def homes(things: Any, known: Mapping[str, str]) -> list[str]:
    """Return the addresses of the topics of all figures within plain data, each once, in order; lists of rows come last."""
    found = dict.fromkeys(known[number.finding.id] for number in numbers(things) if number.finding.id in known)
    return sorted(found, key=lambda address: address.startswith("#rows-"))


def numbers(thing: Any) -> Iterator[Number]:
    """Walk plain data and yield every number in it."""
    if isinstance(thing, Number):
        yield thing
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from numbers(item)
    elif is_dataclass(thing) and not isinstance(thing, Finding):
        for item in fields(thing):
            yield from numbers(getattr(thing, item.name))


def is_plain(words: str) -> bool:
    """Whether text of a table needs no mark of its own: no numeral, and nothing that is written from right to left."""
    return not _DIGIT.search(words) and not runs_left(words)


def sole(parts: Text) -> Quoted | None:
    """Return the text of a table that is all there is, where it needs a mark: the element around it can carry it."""
    only = parts[0] if len(parts) == 1 and isinstance(parts[0], Quoted) else None
    return only if only is not None and not is_plain(only.text) and not runs_left(only.text) else None


def runs_left(words: str) -> bool:
    """Whether a text holds anything written from right to left, so that it must not turn its surroundings round."""
    return not words.isascii() and any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in words)


def tables_in(thing: Any) -> Iterator[Table]:
    """Walk plain data and yield every table in it, in order."""
    if isinstance(thing, Table):
        yield thing
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from tables_in(item)
    elif is_dataclass(thing) and not isinstance(thing, Finding | Cell | Line | Column):
        for item in fields(thing):
            yield from tables_in(getattr(thing, item.name))


def has_label(column: Column) -> bool:
    """Whether a column's heading can stand in the style sheet, where nothing is checked: it holds no numeral."""
    return not _DIGIT.search(plain(column.heading)) and not any(isinstance(part, Number | Link) for part in column.heading)


def heading_classes(things: Any) -> dict[tuple[Any, ...], str]:
    """Return a class for each set of columns that tables have: short, and the same for tables that share it."""
    found: dict[tuple[Any, ...], str] = {}
    for table in tables_in(things):
        found.setdefault(_columns(table), f"h{len(found) + 1}")
    return found


def heading_class(table: Table, known: Mapping[tuple[Any, ...], str]) -> str:
    """Return the class of a table with these columns; nothing where the page has no rules for it."""
    return known.get(_columns(table), "")


def _columns(table: Table) -> tuple[Any, ...]:
    return table.layout, *((column.label, column.numeric, column.style) for column in table.columns)


def label_rules(things: Any) -> str:
    """Return the style rules of columns: figures flush right, and on small screens each column's heading beside its cells.

    A row whose cells take up several columns goes without.
    """
    right: dict[int, list[str]] = {}
    where: dict[str, list[str]] = {}
    known: dict[str, Table] = {}
    classes = heading_classes(things)
    for table in tables_in(things):
        known.setdefault(heading_class(table, classes), table)
    for name, table in known.items():
        for place, column in enumerate(table.columns, start=1):
            if column.numeric:
                right.setdefault(place, []).append(f".{name}")
            if table.layout == "stack" and place > 1 and column.label and has_label(column) and not column.style:
                where.setdefault(css_text(column.label), []).append(f".{name} td:nth-child({place})::before")
    labels = "".join(f"{','.join(selectors)}{{content:{label}}}\n" for label, selectors in where.items())
    numeric = ",".join(f":is({','.join(names)}) tr:not(.spans)>:nth-child({place})" for place, names in right.items())
    rules = f"@media print, (min-width: 44.01rem) {{\n{numeric}{{text-align:right}}\n}}\n" if right else ""
    return f"{rules}@media screen and (max-width: 44rem) {{\n{labels}.spans td::before{{content:none!important}}\n}}\n" if labels or rules else ""


def css_text(words: str) -> str:
    """Write words as a string of a style sheet; whatever is no letter, digit or blank is escaped."""
    return '"' + "".join(letter if letter.isascii() and (letter.isalnum() or letter == " ") else f"\\{ord(letter):x} " for letter in words) + '"'
