"""A finished page as an exporter sees it: its tables, figures and opening, what it is about and what it carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.briefing.reading import Carried, carried

#: Repeated or drawn for the eye alone: never part of a cell's text.
_SILENT = ("svg", "template", "script", "style")
_FIGURE = re.compile(r'<svg class="chart [^"]*\bwide\b[^"]*"[^>]*>.*?</svg>', re.DOTALL)
_NAME = re.compile(r'aria-labelledby="([\w.-]+?)-title')
_PATTERNS = re.compile(r"<svg class=patterns.*?<defs>(.*?)</defs>", re.DOTALL)
_TAG, _VALUE = re.compile(r"<[a-z][^<>]*>"), re.compile(r'("[^"]*")|=([^\s"=<>]+)')
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_ENDS = (".", "!", "?", ":", ";", ",")


@dataclass(frozen=True)
class Grid:
    """One table as text: its id, caption, headings and rows; a row that heads a group has one cell."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Contents:
    """What a page holds.

    Attributes
    ----------
    carried : Carried
        Its findings, their sources, and what it is about.
    title : str
    tables : tuple of Grid
    figures : mapping of str to str
        Each chart's ``svg`` element, by name.
    patterns, style : str
        What the charts draw with: shared definitions and the page's style sheet.
    sections : mapping of str to element
        The page's sections by id, as lxml elements.
    """

    carried: Carried
    title: str
    tables: tuple[Grid, ...]
    figures: dict[str, str]
    patterns: str
    style: str
    sections: dict[str, Any]


def contents(html: str) -> Contents:
    """Read a page.

    Raises
    ------
    UsageError
        If the text is no page of this kind.
    """
    from lxml import html as parser

    found = carried(html)
    root = parser.document_fromstring(html)
    for element in root.xpath("//template | //script"):
        element.drop_tree()
    heading = root.find(".//h1")
    figures = {match[1]: _as_xml(svg) for svg in _FIGURE.findall(html) if (match := _NAME.search(svg))}
    return Contents(
        found,
        "" if heading is None else words(heading),
        tuple(grid(table) for table in root.xpath("//table[@id]")),
        figures,
        _as_xml("".join(_PATTERNS.findall(html))),
        "".join(_STYLE.findall(html)),
        {section.get("id"): section for section in root.xpath("//main/section[@id]")},
    )


def _as_xml(drawing: str) -> str:
    """Put back the quotes around attributes that HTML does without."""
    return _TAG.sub(lambda tag: _VALUE.sub(lambda found: found[1] or f'="{found[2]}"', tag[0]), drawing)


def grid(table: Any) -> Grid:
    """Read one table element."""
    caption = table.find("caption")
    columns = tuple(words(cell) for cell in table.xpath("./thead/tr[last()]/th"))
    rows = (tuple(words(cell) for cell in row.xpath("./th | ./td")) for row in table.xpath("./tbody/tr"))
    return Grid(table.get("id"), "" if caption is None else words(caption), columns, tuple(row for row in rows if any(row)))


def words(element: Any) -> str:
    """Return an element's text as a reader hears it; its lines are parted by semicolons."""
    lines = [line for line in (_spaced(part) for part in _lines(element)) if line]
    return "".join(line + ("" if index == len(lines) - 1 else " " if line.endswith(_ENDS) else "; ") for index, line in enumerate(lines))


def _lines(element: Any) -> Iterator[str]:
    yield from ("".join(_text(line)) for line in element.xpath("./div") or [element])


def _text(element: Any) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _SILENT or element.get("aria-hidden") == "true":
        return
    yield element.text or ""
    for child in element:
        yield from _text(child)
        yield child.tail or ""


def _spaced(text: str) -> str:
    return " ".join(text.split())
