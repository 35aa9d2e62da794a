"""Running text as data: words of ours, numbers with their findings, and text that comes from a table.

Templates print each part in its own way, so that no number can reach a reader without its finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench.briefing.findings import Finding

#: Kinds of text that may hold numerals without being findings; the drift checker knows no others.
SOURCES = ("table", "date", "section", "reference", "axis")


@dataclass(frozen=True)
class Words:
    """Words of the briefing's own; they hold no numerals."""

    text: str
    strong: bool = False
    kind: str = "words"


@dataclass(frozen=True)
class Number:
    """A printed finding."""

    finding: Finding
    kind: str = "number"


@dataclass(frozen=True)
class Quoted:
    """Text of a table's row, a date, a section number, a reference or a mark on a scale: numerals are as recorded."""

    text: str
    source: str = "table"
    kind: str = "quoted"


@dataclass(frozen=True)
class Link:
    """A link to a place in the page, another page of the edition, or a reference."""

    parts: tuple[Part, ...]
    href: str
    kind: str = "link"


Part = Words | Number | Quoted | Link
Text = tuple[Part, ...]


def text(*pieces: object) -> Text:
    """Join pieces: strings become words, findings become numbers, tuples are spliced in, None vanishes."""
    parts: list[Part] = []
    for piece in pieces:
        if piece is None or piece == "":
            continue
        if isinstance(piece, str):
            parts.append(Words(piece))
        elif isinstance(piece, Finding):
            parts.append(Number(piece))
        elif isinstance(piece, tuple):
            parts.extend(text(*piece))
        else:
            parts.append(piece)  # already a part
    return tuple(parts)


def quoted(value: object, source: str = "table") -> Text:
    """Return text of a table as parts; nothing for an empty cell."""
    return () if value is None or value == "" else (Quoted(str(value), source),)


def strong(words: str) -> Words:
    """Return words that carry the weight of a sentence."""
    return Words(words, strong=True)


def link(pieces: object, href: str) -> Link:
    """Return a link around pieces."""
    return Link(text(pieces), href)


def joined(items: Iterable[Text], separator: str = ", ", last: str | None = None) -> Text:
    """Join texts with a separator, and another one before the last."""
    items = [item for item in items if item]
    out: list[object] = []
    for index, item in enumerate(items):
        if index:
            out.append(last if last is not None and index == len(items) - 1 else separator)
        out.append(item)
    return text(*out)


def capital(parts: Text) -> Text:
    """Begin a text with a capital letter, whoever wrote it."""
    if not parts or not isinstance(parts[0], Words | Quoted) or not parts[0].text:
        return parts
    first = parts[0]
    return (replace(first, text=first.text[:1].upper() + first.text[1:]), *parts[1:])


def plain(parts: Text) -> str:
    """Return the text as a reader sees it."""
    return "".join(_plain(part) for part in parts)


def _plain(part: Part) -> str:
    if isinstance(part, Number):
        return part.finding.text
    return plain(part.parts) if isinstance(part, Link) else part.text
