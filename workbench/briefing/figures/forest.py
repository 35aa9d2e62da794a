"""The forest plot: each study's result, what they say together, and what to expect in a new area.

Better is always on the right, whichever way the outcome is printed; the axis shows the printed scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from workbench.briefing.figures.svg import chart, spans, tag, wrapped
from workbench.briefing.text import Quoted, Text, Words, plain


@dataclass(frozen=True)
class ForestRow:
    """One line of the plot.

    ``kind`` is ``study``, ``review``, ``null_at_zero``, ``beneath``, ``pooled``, ``prediction`` or ``group`` (a heading
    without a result). ``point``, ``low`` and ``high`` are on the analysis scale, benefit positive.
    """

    kind: str
    label: Text
    notes: tuple[Text, ...] = ()
    point: float = 0.0
    low: float = 0.0
    high: float = 0.0
    weight: float = 0.0
    effect: Text = ()
    share: Text = ()
    href: str = ""


@dataclass(frozen=True)
class Tick:
    """A mark on the axis: where (analysis scale) and what is printed."""

    at: float
    text: str


@dataclass(frozen=True)
class ForestPlot:
    """All that the plot needs, as plain data."""

    id: str
    title: str
    description: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    limits: tuple[float, float]
    null_label: str
    better_label: str
    worse_label: str
    axis_label: str
    headings: tuple[str, str, str]  # over the labels, the effects and the weights
    kind: str = "forest"


@dataclass(frozen=True)
class _Frame:
    """Where things stand in one layout; lengths in the viewBox's units."""

    narrow: bool
    width: float
    left: float  # the plot's left and right edge
    right: float
    characters: int  # that fit in a label line
    limits: tuple[float, float]
    line: float = 17.0
    top: float = 46.0

    def x(self, value: float) -> float:
        low, high = self.limits
        return self.left + (min(max(value, low), high) - low) / (high - low) * (self.right - self.left)


_WIDE = _Frame(False, 910.0, 356.0, 656.0, 56, (0.0, 1.0))
_NARROW = _Frame(True, 360.0, 10.0, 350.0, 54, (0.0, 1.0))


def draw_forest(figure: ForestPlot, narrow: bool = False) -> Markup:
    """Draw the plot, wide for a page or narrow for a phone."""
    frame = replace(_NARROW if narrow else _WIDE, limits=figure.limits)
    y, drawn = frame.top, []
    for row in figure.rows:
        markup, height = _row(frame, row, y)
        drawn.append(markup)
        y += height
    axis = _axis(frame, figure, y + 4)
    height = y + 4 + 62
    return chart(
        "forest", figure.id, frame.width, height, figure.title, figure.description,
        _head(frame, figure), _null_line(frame, frame.top - 6, frame.top if frame.narrow else y + 4), *drawn, axis, narrow=narrow,
    )  # fmt: skip


def _head(frame: _Frame, figure: ForestPlot) -> Markup:
    """Column headings (on a page) and the words over the line of no difference."""
    label = tag("text", figure.null_label, x=frame.x(0.0), y=frame.top - 12, text_anchor=_anchor(frame, 0.0), class_="head null-label")
    if frame.narrow:
        return label
    first, effect, weight = figure.headings
    heads = [
        tag("text", first, x=0.0, y=frame.top - 12, class_="head"),
        tag("text", effect, x=frame.right + 16, y=frame.top - 12, class_="head"),
        tag("text", weight, x=frame.width, y=frame.top - 12, text_anchor="end", class_="head"),
    ]
    rule = tag("line", x1=0.0, x2=frame.width, y1=frame.top - 4, y2=frame.top - 4, class_="rule")
    return tag("g", label, *heads, rule)


def _anchor(frame: _Frame, value: float) -> str:
    share = (frame.x(value) - frame.left) / (frame.right - frame.left)
    return "start" if share < 0.2 else "end" if share > 0.8 else "middle"


def _null_line(frame: _Frame, top: float, bottom: float) -> Markup:
    """The line of no difference; on a phone one piece a row, so that it crosses no words."""
    x = frame.x(0.0)
    return tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="null")


def _row(frame: _Frame, row: ForestRow, y: float) -> tuple[Markup, float]:
    """Draw one row from `y` downwards and return it with its height."""
    if row.kind == "group":
        return tag("text", spans(row.label), x=0.0, y=y + 24, class_="group"), 36.0
    lines = _label_lines(frame, row)
    text_height = frame.line * len(lines)
    bar = y + text_height + 16 if frame.narrow else y + 8 + text_height / 2
    labels = [tag("text", content, x=0.0, y=y + 20 + frame.line * index, class_=style) for index, (content, style) in enumerate(lines)]
    parts = [*labels, *([_null_line(frame, bar - 13, bar + 13)] if frame.narrow else []), _mark(frame, row, bar)]
    if not frame.narrow:
        parts.append(tag("text", spans(row.effect), x=frame.right + 16, y=bar + 5, class_="effect"))
        parts.append(tag("text", spans(row.share), x=frame.width, y=bar + 5, text_anchor="end", class_="effect"))
    return tag("g", *parts, class_=f"row {row.kind}"), text_height + (34.0 if frame.narrow else 16.0)


def _label_lines(frame: _Frame, row: ForestRow) -> list[tuple[Markup, str]]:
    """The lines to the left of (or above) a bar: its label, its notes and, on a phone, its numbers."""
    lines = [(_like(row.label, piece), "label") for piece in wrapped(plain(row.label), frame.characters - 8)]
    for note in row.notes:
        if any(part.kind == "number" for part in note) or not frame.narrow and len(plain(note)) <= frame.characters + 4:
            lines.append((spans(note), "note"))
        else:
            lines += [(_like(note, piece), "note") for piece in wrapped(plain(note), frame.characters + 4)]
    if frame.narrow:
        gap = Words("  ·  ") if row.share else Words("")
        lines.append((spans((*row.effect, gap, *row.share)), "effect"))
    return lines


def _like(parts: Text, piece: str) -> Markup:
    """Write a wrapped piece with the source of the text that it comes from."""
    source = next((part.source for part in parts if isinstance(part, Quoted)), None)
    return spans((Quoted(piece, source),) if source else (Words(piece),))


def _mark(frame: _Frame, row: ForestRow, y: float) -> Markup:
    if row.kind == "pooled":
        return _diamond(frame, row, y)
    if row.kind == "prediction":
        return _band(frame, row, y)
    return _study(frame, row, y)


def _study(frame: _Frame, row: ForestRow, y: float) -> Markup:
    """A line for the interval and a mark for the estimate; its area grows with the weight."""
    low, high = frame.limits
    line = tag("line", x1=frame.x(row.low), x2=frame.x(row.high), y1=y, y2=y, class_="interval")
    arrows = [_arrow(frame.x(edge), y, side) for edge, side, beyond in ((low, -1, row.low < low), (high, 1, row.high > high)) if beyond]
    x, half = frame.x(row.point), 3.5 + 6.5 * max(row.weight, 0.0) ** 0.5
    if row.kind == "null_at_zero":
        mark = tag("circle", cx=x, cy=y, r=5.0, class_="mark open")
    elif row.kind == "review":
        mark = tag("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, class_="mark review", transform=f"rotate(45 {x:.1f} {y:.1f})")
    else:
        mark = tag("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, class_="mark open" if row.kind == "beneath" else "mark")
    return tag("g", line, *arrows, mark)


def _arrow(x: float, y: float, side: int) -> Markup:
    return tag("path", d=f"M{x:.1f} {y:.1f}l{-7 * side} -4v8z", class_="arrow")


def _diamond(frame: _Frame, row: ForestRow, y: float) -> Markup:
    low, middle, high = frame.x(row.low), frame.x(row.point), frame.x(row.high)
    return tag("path", d=f"M{low:.1f} {y:.1f}L{middle:.1f} {y - 8:.1f}L{high:.1f} {y:.1f}L{middle:.1f} {y + 8:.1f}z", class_="diamond")


def _band(frame: _Frame, row: ForestRow, y: float) -> Markup:
    low, middle, high = frame.x(row.low), frame.x(row.point), frame.x(row.high)
    band = tag("rect", x=low, y=y - 6, width=max(high - low, 1.0), height=12.0, class_="band", fill="url(#hatch-soft)")
    return tag("g", band, tag("line", x1=middle, x2=middle, y1=y - 9, y2=y + 9, class_="middle"))


def _axis(frame: _Frame, figure: ForestPlot, y: float) -> Markup:
    """The scale, and in words which side is which."""
    parts = [tag("line", x1=frame.left, x2=frame.right, y1=y, y2=y, class_="rule")]
    for tick in figure.ticks:
        x = frame.x(tick.at)
        parts.append(tag("line", x1=x, x2=x, y1=y, y2=y + 5, class_="rule"))
        parts.append(tag("text", tick.text, x=x, y=y + 19, text_anchor="middle", class_="tick", data_source="axis"))
    worse, better, null = f"← {figure.worse_label}", f"{figure.better_label} →", frame.x(0.0)
    if frame.narrow:  # two lines, each against its own edge
        parts.append(tag("text", worse, x=0.0, y=y + 38, class_="side"))
        parts.append(tag("text", better, x=frame.width, y=y + 55, text_anchor="end", class_="side"))
        return tag("g", *parts)
    parts.append(tag("text", worse, x=null - 9, y=y + 39, text_anchor="end", class_="side"))
    parts.append(tag("text", better, x=null + 9, y=y + 39, class_="side"))
    parts.append(tag("text", figure.axis_label, x=frame.right + 16, y=y + 19, class_="tick"))
    return tag("g", *parts)
