"""The money chart: what is spent and what comes back, year by year, by kind of saving."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.svg import chart, nice_step, number, tag
from workbench.briefing.formatting import format_number


@dataclass(frozen=True)
class Series:
    """One kind of money: its name and one amount a year; what is spent is negative."""

    name: str
    style: str  # cost | cashable | avoided | wider
    amounts: tuple[float, ...]


@dataclass(frozen=True)
class BudgetChart:
    """Amounts by year, stacked upwards where money comes back and downwards where it is spent."""

    id: str
    title: str
    description: str
    years: tuple[int, ...]
    series: tuple[Series, ...]
    net_label: str
    axis_label: str
    kind: str = "budget"


_FILLS = {"cost": None, "cashable": None, "avoided": "url(#hatch-cool)", "wider": "url(#dots)"}


@dataclass(frozen=True)
class _Frame:
    width: float
    left: float
    top: float
    bottom: float
    low: float
    high: float
    slots: int

    def y(self, amount: float) -> float:
        return self.bottom - (amount - self.low) / (self.high - self.low) * (self.bottom - self.top)

    @property
    def slot(self) -> float:
        return (self.width - self.left) / max(self.slots, 1)

    def x(self, index: int) -> float:
        return self.left + self.slot * (index + 0.5)


def draw_budget(figure: BudgetChart, narrow: bool = False) -> Markup:
    """Draw the chart with its legend above and its years below."""
    legend, top = _legend(figure, narrow)
    step, low, high = _range(figure)
    frame = _Frame(360.0 if narrow else 880.0, 64.0 if narrow else 84.0, top, top + 240, low, high, len(figure.years))
    bars = _bars(frame, figure)
    return chart(
        "budget", figure.id, frame.width, frame.bottom + 50, figure.title, figure.description,
        legend, _grid(frame, step), *bars, _net(frame, figure), _years(frame, figure, narrow), narrow=narrow,
    )  # fmt: skip


def _range(figure: BudgetChart) -> tuple[float, float, float]:
    """Return the tick step and the ends of the scale, each a multiple of it."""
    import math

    ups = [sum(max(s.amounts[i], 0.0) for s in figure.series) for i in range(len(figure.years))]
    downs = [sum(min(s.amounts[i], 0.0) for s in figure.series) for i in range(len(figure.years))]
    low, high = min([0.0, *downs]), max([0.0, *ups])
    step = nice_step(max(high - low, 1.0), 6)
    return step, math.floor(low / step - 1e-9) * step, math.ceil(high / step + 1e-9) * step


def _legend(figure: BudgetChart, narrow: bool) -> tuple[Markup, float]:
    """Return the legend and the height below it; one entry a line on a phone."""
    parts, x, y = [], 0.0, 16.0
    for series in figure.series:
        parts.append(tag("rect", x=x, y=y - 11, width=22.0, height=13.0, class_=f"bar {series.style}", fill=_FILLS[series.style]))
        parts.append(tag("text", series.name, x=x + 30, y=y, class_="tick"))
        x, y = (0.0, y + 20) if narrow else (x + 52 + 7.2 * len(series.name), y)
        if x > 700:
            x, y = 0.0, y + 20
    parts.append(tag("path", d=f"M{x:.1f} {y - 4:.1f}h22", class_="net"))
    parts.append(tag("circle", cx=x + 11, cy=y - 4, r=4.0, class_="net-dot"))
    parts.append(tag("text", figure.net_label, x=x + 30, y=y, class_="tick"))
    return tag("g", *parts), y + 24


def _grid(frame: _Frame, step: float) -> Markup:
    words, count = [], round((frame.high - frame.low) / step)
    heights, zero = [frame.y(frame.low + index * step) for index in range(count + 1)], frame.y(0.0)
    for index in range(count + 1):
        amount, y = frame.low + index * step, heights[index]
        words.append(tag("text", format_number(round(amount, 6), "money"), x=frame.left - 8, y=y + 4))
    grid = "".join(f"M{number(frame.left)} {number(y)}H{number(frame.width)}" for y in heights)
    null = tag("line", x1=frame.left, x2=frame.width, y1=zero, y2=zero, class_="null")
    return tag("path", d=grid, class_="grid") + null + tag("g", *words, class_="ticks end", data_source="axis")


def _bars(frame: _Frame, figure: BudgetChart) -> list[Markup]:
    """Stack each year: savings upwards in the order of the series, spending downwards; the bars of one series are one path."""
    up, down = [0.0] * len(figure.years), [0.0] * len(figure.years)
    width, groups = min(frame.slot * 0.62, 56.0), []
    for series in figure.series:
        drawn = []
        for index, amount in enumerate(series.amounts):
            start = up[index] if amount >= 0 else down[index]
            top, bottom = frame.y(max(start, start + amount)), frame.y(min(start, start + amount))
            if bottom - top >= 0.05:
                drawn.append(f"M{number(frame.x(index) - width / 2)} {number(top)}h{number(width)}V{number(bottom)}h{number(-width)}z")
            (up if amount >= 0 else down)[index] += amount
        if drawn:
            groups.append(tag("path", d="".join(drawn), class_=f"bar {series.style}", fill=_FILLS[series.style]))
    return groups


def _net(frame: _Frame, figure: BudgetChart) -> Markup:
    """The balance of each year, as a line with dots."""
    points = [(frame.x(i), frame.y(sum(s.amounts[i] for s in figure.series))) for i in range(len(figure.years))]
    path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return tag("path", d=path, class_="net") + tag("g", *(tag("circle", cx=x, cy=y, r=4.0) for x, y in points), class_="net-dot")


def _years(frame: _Frame, figure: BudgetChart, narrow: bool) -> Markup:
    every = max(1, -(-len(figure.years) // (6 if narrow else 16)))
    labels = [
        tag("text", str(year), x=frame.x(i), y=frame.bottom + 20)
        for i, year in enumerate(figure.years)
        if i % every == 0
    ]
    middle = (frame.left + frame.width) / 2
    return tag("g", *labels, class_="ticks middle", data_source="axis") + tag("g", tag("text", figure.axis_label, x=middle, y=frame.bottom + 40, text_anchor="middle", class_="tick"))
