"""One row of a forest plot as a drawing of its own, for a cell of a table: it stretches with the cell, and its marks do not.

Places along the axis are shares of the width, so that the strips of a column line up with the scale below them. What all
strips have in common (the height of a line, its place halfway up) stands in the style sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.forest import ForestRow, Tick
from workbench.briefing.figures.svg import tag


@dataclass(frozen=True)
class Strip:
    """One result, an average or a prediction; `limits` are the ends of the axis, on the analysis scale."""

    row: ForestRow
    limits: tuple[float, float]
    kind: str = "strip"


@dataclass(frozen=True)
class Scale:
    """The axis: its marks, the words over the line of no difference, and which side is which."""

    ticks: tuple[Tick, ...]
    limits: tuple[float, float]
    null_label: str
    worse_label: str
    better_label: str
    kind: str = "scale"


@dataclass(frozen=True)
class Sides:
    """What lies to the left and to the right of no difference, in words over the column of drawings."""

    worse: str
    better: str
    kind: str = "sides"


@dataclass(frozen=True)
class Lights:
    """Judgements of risk of bias, one sign each; `words` tells them to those who cannot see the signs."""

    signs: tuple[tuple[str, str], ...]  # (class, sign)
    words: str
    kind: str = "lights"


def draw_strip(figure: Strip, narrow: bool = False) -> Markup:
    """Draw a result with its interval, the average's diamond, or the band for a new area."""
    row, at = figure.row, _Axis(figure.limits)
    null = tag("rect", x=at(0.0), class_="null")
    if row.kind == "pooled":
        inside = (_stretched(at, row.low, row.high, _diamond(row)),)
    elif row.kind == "prediction":
        inside = (_band(at, row),)
    else:
        inside = _result(at, row)
    return tag("svg", null, *inside, class_=f"strip {row.kind}", aria_hidden="true")


def draw_scale(figure: Scale, narrow: bool = False) -> Markup:
    """Draw the axis; its words are for the eye, the caption of the table says them too."""
    at = _Axis(figure.limits)
    null = tag("line", x1=at(0.0), x2=at(0.0), y1="0", y2="10", class_="null")
    kept = _apart(figure)
    marks = tag("g", tag("line", x1="0", x2="100%", y1="0.5", y2="0.5"), *(tag("line", x1=at(tick.at), x2=at(tick.at), y1="0", y2="5") for tick in kept), class_="rule")
    words = tag("g", *(tag("text", tick.text, x=at(tick.at), y="17") for tick in kept), class_="ticks middle", data_source="axis")
    share = at.share(0.0)
    anchor = "start" if share < 0.2 else "end" if share > 0.8 else "middle"
    label = tag("text", figure.null_label, x=at(0.0), y="33", text_anchor=anchor, class_="tick")
    return tag("svg", marks, null, words, label, class_="scale", aria_hidden="true")


def _apart(figure: Scale) -> list[Tick]:
    """Leave out marks whose numbers would touch their neighbours' or the edges of a narrow cell."""
    low, high = figure.limits
    kept: list[Tick] = []
    for tick in sorted(figure.ticks, key=lambda tick: (tick.at != 0.0, abs(tick.at))):
        share = (tick.at - low) / (high - low)
        if 0.04 <= share <= 0.96 and all(abs(tick.at - other.at) / (high - low) >= 0.11 for other in kept):
            kept.append(tick)
    return sorted(kept, key=lambda tick: tick.at)


def draw_sides(figure: Sides, narrow: bool = False) -> Markup:
    """Write the two sides, each over its own."""
    worse = tag("span", f"← {figure.worse}", class_="worse", data_source="table")
    return tag("span", worse, " ", tag("span", f"{figure.better} →", class_="better", data_source="table"), class_="sides")


def draw_lights(figure: Lights, narrow: bool = False) -> Markup:
    """Write the signs in a row, and the words for those who listen."""
    signs = Markup("").join(tag("i", sign, class_=name) for name, sign in figure.signs)
    return tag("span", signs, class_="lights", aria_hidden="true") + tag("span", figure.words, class_="hidden", data_source="table")


@dataclass(frozen=True)
class _Axis:
    limits: tuple[float, float]

    def share(self, value: float) -> float:
        low, high = self.limits
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def __call__(self, value: float) -> str:
        return f"{100 * self.share(value):.1f}%".replace(".0%", "%")


def _result(at: _Axis, row: ForestRow) -> tuple[Markup, ...]:
    """A line for the interval and a mark for the estimate; its area grows with the weight."""
    low, high = at.limits
    width = at.share(row.high) - at.share(row.low)
    line = tag("rect", x=at(row.low), width=f"{100 * width:.1f}%", class_="interval")
    arrows = [_pinned(edge, tag("path", d=f"M0 0l{-7 * side} -4v8z", class_="arrow")) for edge, side, beyond in
              (("0", -1, row.low < low), ("100%", 1, row.high > high)) if beyond]  # fmt: skip
    return (line, *arrows, _pinned(at(row.point), _mark(row)))


def _mark(row: ForestRow) -> Markup:
    half = 3.5 + 5.5 * max(row.weight, 0.0) ** 0.5
    if row.kind == "null_at_zero":
        return tag("circle", r="5", class_="mark open")
    if row.kind == "review":
        return tag("rect", width=2 * half, height=2 * half, class_="mark review")
    return tag("rect", width=2 * half, height=2 * half, class_="mark open" if row.kind in ("beneath", "left_out") else "mark")


def _pinned(x: str, drawing: Markup) -> Markup:
    """Place a drawing of fixed size at a share of the width, halfway up."""
    return tag("svg", drawing, x=x, y="50%")


def _stretched(at: _Axis, low: float, high: float, drawing: Markup) -> Markup:
    """Stretch a drawing of a hundred by sixteen between two places of the axis."""
    left, width = at.share(low), max(at.share(high) - at.share(low), 0.002)
    return tag("svg", _pinned_box(drawing, width), x=f"{100 * left:.1f}%", y="50%")


def _pinned_box(drawing: Markup, width: float) -> Markup:
    return tag("svg", drawing, y="-8", width=f"{100 * width:.1f}%", height="16", viewBox="0 0 100 16", preserveAspectRatio="none")


def _diamond(row: ForestRow) -> Markup:
    middle = 100 * (row.point - row.low) / (row.high - row.low) if row.high > row.low else 50.0
    return tag("path", d=f"M0 8L{middle:.1f} 0L100 8L{middle:.1f} 16z", class_="diamond")


def _band(at: _Axis, row: ForestRow) -> Markup:
    left, width = at.share(row.low), max(at.share(row.high) - at.share(row.low), 0.002)
    box = tag("rect", width=f"{100 * width:.1f}%", class_="band", fill="url(#hatch-soft)")
    return _pinned(f"{100 * left:.1f}%", box) + _pinned(at(row.point), tag("line", x1="0", x2="0", y1="-9", y2="9", class_="middle"))
