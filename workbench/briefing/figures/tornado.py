"""The tornado: one line an input, with two bars from the answer as it stands to what it would be at either end of the input's range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.svg import chart, nice_step, number, tag, wrapped
from workbench.briefing.formatting import format_number

_BAR, _GAP, _LINE = 11.0, 20.0, 15.0  # height of a bar, space between inputs, height of a line of text
_ENDS = (("low", "url(#hatch-cool)"), ("high", None))
_MOST_TICKS = {False: 7, True: 4}


@dataclass(frozen=True)
class TornadoBar:
    """One input: its name, and the mean net present value at the low and at the high end of its range."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class TornadoChart:
    """Inputs, the widest first, around the mean net present value as it stands."""

    id: str
    title: str
    description: str
    base: float
    bars: tuple[TornadoBar, ...]
    low_label: str
    high_label: str
    base_label: str
    zero_label: str
    axis_label: str
    kind: str = "tornado"


@dataclass(frozen=True)
class _Frame:
    width: float
    left: float
    low: float
    high: float
    step: float
    margin: float = 14.0

    def x(self, amount: float) -> float:
        return self.left + (amount - self.low) / (self.high - self.low) * (self.width - self.left - self.margin)


def draw_tornado(figure: TornadoChart, narrow: bool = False) -> Markup:
    """Draw the chart: names beside the bars, on a phone above them."""
    width, left = (360.0, 14.0) if narrow else (880.0, 310.0)
    frame = _frame(figure, width, left, narrow)
    legend, top = _legend(figure, narrow)
    rows, y = [], top
    for bar in figure.bars:
        row, height = _row(frame, figure, bar, y, narrow)
        rows.append(row)
        y += height
    lines = tag("g") if narrow else _lines(frame, figure, top, y)
    inputs = tag("g", *rows, text_anchor="start" if narrow else "end", data_source="table")
    return chart("tornado", figure.id, width, y + 56, figure.title, figure.description, legend, lines, inputs, _axis(frame, figure, y, narrow), narrow=narrow)


def _frame(figure: TornadoChart, width: float, left: float, narrow: bool) -> _Frame:
    """The scale holds every end, the base and nought, and ends on its own marks."""
    amounts = [0.0, figure.base, *(amount for bar in figure.bars for amount in (bar.low, bar.high))]
    step = nice_step(max(max(amounts) - min(amounts), 1.0), _MOST_TICKS[narrow])
    return _Frame(width, left, math.floor(min(amounts) / step + 1e-9) * step, math.ceil(max(amounts) / step - 1e-9) * step, step)


def _legend(figure: TornadoChart, narrow: bool) -> tuple[Markup, float]:
    parts, x, y = [], 0.0, 14.0
    for (style, fill), label in zip(_ENDS, (figure.low_label, figure.high_label), strict=True):
        parts.append(tag("rect", x=x, y=y - 10, width=22.0, height=_BAR, class_=f"bar end-{style}", fill=fill))
        parts.append(tag("text", label, x=x + 30, y=y, class_="tick"))
        x, y = (0.0, y + 20) if narrow else (x + 60 + 7.2 * len(label), y)
    return tag("g", *parts), y + (22 if narrow else 42)


def _row(frame: _Frame, figure: TornadoChart, bar: TornadoBar, y: float, narrow: bool) -> tuple[Markup, float]:
    """One input and the height that it takes."""
    names = wrapped(bar.name, 48 if narrow else 38, 2)
    above = len(names) * _LINE + 5 if narrow else max(0.0, len(names) * _LINE - 2 * _BAR) / 2
    middle = y + above + _BAR
    x = 0.0 if narrow else frame.left - 12
    first = y + _LINE - 4 if narrow else middle + 4 - (len(names) - 1) * _LINE / 2
    parts = [tag("text", name, x=x, y=first + index * _LINE, class_="label") for index, name in enumerate(names)]
    base = frame.x(figure.base)
    if narrow:  # the names stand above the bars, so that lines may only cross the bars
        parts += _standing(frame, figure, middle - _BAR - 3, middle + _BAR + 3)
    for (style, fill), amount, top in zip(_ENDS, (bar.low, bar.high), (middle - _BAR, middle), strict=True):
        end = frame.x(amount)
        if abs(end - base) >= 0.05:
            parts.append(tag("rect", x=min(base, end), y=top, width=abs(end - base), height=_BAR, class_=f"bar end-{style}", fill=fill))
    return tag("g", *parts), max(above + 2 * _BAR, len(names) * _LINE) + _GAP + (0.0 if narrow else above)


def _standing(frame: _Frame, figure: TornadoChart, top: float, bottom: float) -> list[Markup]:
    """Nought, as a full line, and the answer as it stands, as a dashed one."""
    zero, base = frame.x(0.0), frame.x(figure.base)
    return [
        tag("line", x1=zero, x2=zero, y1=top, y2=bottom, class_="null"),
        tag("line", x1=base, x2=base, y1=top, y2=bottom, class_="interval", stroke_dasharray="5 3"),
    ]


def _lines(frame: _Frame, figure: TornadoChart, top: float, bottom: float) -> Markup:
    """Grid, nought and the answer as it stands, the last two named at their heads."""
    count = round((frame.high - frame.low) / frame.step)
    marks = [frame.x(frame.low + index * frame.step) for index in range(count + 1)]
    grid = tag("path", d="".join(f"M{number(x)} {number(top - 6)}V{number(bottom)}" for x in marks), class_="grid")
    named = sorted(((figure.base, figure.base_label), (0.0, figure.zero_label)))
    near = frame.x(named[1][0]) - frame.x(named[0][0]) < 3.6 * sum(len(label) for _, label in named)
    anchors = ("end", "start") if near else ("middle", "middle")
    placed = zip(named, anchors, strict=True)
    heads = [tag("text", label, x=frame.x(amount), y=top - 12, text_anchor=anchor, class_="tick") for (amount, label), anchor in placed]
    return tag("g", grid, *_standing(frame, figure, top - 6, bottom), *heads)


def _axis(frame: _Frame, figure: TornadoChart, y: float, narrow: bool) -> Markup:
    count = round((frame.high - frame.low) / frame.step)
    marks = []
    for index in range(count + 1):
        amount = round(frame.low + index * frame.step, 6)
        anchor = "end" if index == count else "start" if index == 0 and narrow else "middle"
        marks.append(tag("text", format_number(amount, "money"), x=frame.x(amount), y=y + 16, text_anchor=anchor, class_="tick", data_source="axis"))
    middle = (frame.left + frame.width) / 2
    return tag("g", *marks, tag("text", figure.axis_label, x=middle, y=y + 38, text_anchor="middle", class_="tick"))
