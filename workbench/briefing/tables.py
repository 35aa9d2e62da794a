"""Tables and the other blocks of a section, as plain data that a template prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.briefing.text import Text, plain


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether its cells hold numbers (set flush right), a style of its own, and a chart below the heading."""

    heading: Text
    numeric: bool = False
    style: str = ""
    chart: Any = None

    @property
    def label(self) -> str:
        """The heading as one string, repeated beside each cell on a narrow screen."""
        return plain(self.heading)


@dataclass(frozen=True)
class Cell:
    """A cell: lines of text, with a small chart above them if there is one; `span`: how many columns it takes up."""

    lines: tuple[Text, ...]
    chart: Any = None
    span: int = 1


@dataclass(frozen=True)
class Line:
    """A row of a table. Its first cell is its heading. A `group` line heads the rows below it; `style` is a class of its own."""

    cells: tuple[Cell, ...]
    id: str = ""
    group: bool = False
    total: bool = False
    style: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption. `layout` is ``stack`` (rows become cards on a phone) or ``scroll``."""

    id: str
    caption: Text
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    layout: str = "stack"
    hidden_caption: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is empty, ``lead``, ``note``, ``question`` or ``pending`` (not yet assessed)."""

    text: Text
    style: str = ""
    kind: str = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading below the section's own."""

    text: Text
    id: str
    level: int = 3
    kind: str = "heading"


@dataclass(frozen=True)
class Bullets:
    """A list of points."""

    items: tuple[Text, ...]
    kind: str = "bullets"


@dataclass(frozen=True)
class Facts:
    """Terms, each with what is said of it."""

    items: tuple[tuple[Text, Text], ...]
    style: str = ""
    kind: str = "facts"


@dataclass(frozen=True)
class Figure:
    """A chart and the table that says the same. `both`: also drawn for a phone; else a phone scrolls it."""

    drawing: Any
    caption: Text
    table: Table
    both: bool = True
    kind: str = "figure"


@dataclass(frozen=True)
class Forest:
    """A forest plot as a table whose rows hold their own drawings; `said`: what is seen; `picture`: the same in one chart, or None."""

    said: Text
    table: Table
    caption: Text
    picture: Any = None
    picture_words: Text = ()
    kind: str = "forest"


@dataclass(frozen=True)
class Icons:
    """Groups of people drawn one by one, each with its words."""

    items: tuple[tuple[Any, Text], ...]
    caption: Text = ()
    kind: str = "icons"


@dataclass(frozen=True)
class Details:
    """Blocks that a reader may open; printed open."""

    summary: Text
    blocks: tuple[Any, ...]
    kind: str = "details"


@dataclass(frozen=True)
class References:
    """Works cited: an anchor and a citation each."""

    items: tuple[tuple[str, Text], ...]
    kind: str = "references"


@dataclass(frozen=True)
class Notice:
    """A short passage set apart, with a heading that says why."""

    heading: Text
    blocks: tuple[Any, ...]
    kind: str = "notice"


@dataclass(frozen=True)
class Axis:
    """One axis of the short answer: a name, one sentence, and what supports it: a chart with its legend, and a line of text."""

    id: str
    question: Text
    sentence: Text
    support: Text = ()
    chart: Any = None
    legend: Text = ()


@dataclass(frozen=True)
class Answer:
    """The axes of the short answer, side by side and never added up."""

    axes: tuple[Axis, ...]
    kind: str = "answer"


def cell(*lines: Text, chart: Any = None, span: int = 1) -> Cell:
    """Return a cell from its lines; empty lines vanish."""
    return Cell(tuple(line for line in lines if line), chart, span)


def line(*cells: Cell | Text, id: str = "", group: bool = False, total: bool = False, style: str = "") -> Line:
    """Return a table line from cells or texts."""
    made = tuple(item if isinstance(item, Cell) else cell(item) for item in cells)
    return Line(made, id, group, total, style)
