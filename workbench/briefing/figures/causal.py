"""The causal map of a programme: boxes in columns, a numbered line for each link, its pattern showing how far it was tested."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.chain import draw_chain
from workbench.briefing.figures.layers import Item, Layout, arrange
from workbench.briefing.figures.svg import chart, tag, wrapped


@dataclass(frozen=True)
class MapBox:
    """A box: its id, its words and what it is (``activity``, ``change``, ``outcome``, ``condition``, ``unintended``, ``displacement``)."""

    id: str
    label: str
    kind: str
    layer: int


@dataclass(frozen=True)
class MapLink:
    """A link: its ends, its number in the table, whether more of the first means more of the second, and how far it was tested.

    ``mark`` is a sign for what the test showed, where it did not bear the link out; ``delay`` says when the end follows.
    """

    start: str
    end: str
    number: str
    more: bool
    status: str
    mark: str = ""
    delay: str = ""


@dataclass(frozen=True)
class CausalMap:
    """All that the drawing needs, as plain data.

    Attributes
    ----------
    id, title, description : str
    boxes : tuple of MapBox
    links : tuple of MapLink
    keys : tuple of (str, str)
        Each pattern of line with its words.
    signs, chain_signs : str
        The words for the signs on the lines, of the drawing and of the list for a phone.
    ways : (str, str)
        The words for more and for less.
    """

    id: str
    title: str
    description: str
    boxes: tuple[MapBox, ...]
    links: tuple[MapLink, ...]
    keys: tuple[tuple[str, str], ...]
    signs: str
    chain_signs: str = ""
    ways: tuple[str, str] = ("", "")
    kind: str = "causal"


_WIDTH, _BOX, _LINE, _LANE, _GAP, _TOP, _KEY = 940.0, 112.0, 13.0, 20.0, 16.0, 6.0, 34.0
_CHARACTERS, _MOST_LINES = 19, 5
_PLUS, _MINUS = "+", "\N{MINUS SIGN}"
#: Pattern of each line, so that it can be told apart without colour: dash and width.
PATTERNS = {"measured": (None, 2.2), "observed": (None, 1.1), "claimed": ("6 4", 1.4), "untested": ("1.5 4", 1.4)}

Spot = tuple[float, float]


def draw_causal(figure: CausalMap, narrow: bool = False) -> Markup:
    """Draw the map; for a phone, as a list of chains."""
    if narrow:
        return draw_chain(figure)
    words = {box.id: wrapped(box.label, _CHARACTERS, _MOST_LINES) for box in figure.boxes}
    layout = arrange({box.id: box.layer for box in figure.boxes}, [(link.start, link.end) for link in figure.links])
    heights: dict[Item, float] = {name: len(lines) * _LINE + 12 for name, lines in words.items()}
    spots, height = _places(layout, heights)
    ports = _ports(layout, spots, heights)
    lines = [_link(link, number, layout, spots, ports) for number, link in enumerate(figure.links)]
    boxes = [_box(box, words[box.id], spots[_column(layout, box.id), box.id], heights[box.id]) for box in figure.boxes]
    return chart(
        "causal", figure.id, _WIDTH, height + _KEY, figure.title, figure.description, *(line for line, _ in lines), tag("g", *boxes, text_anchor="middle", data_source="table"),
        *(badge for _, badge in lines), _key(figure, height + 18)
    )  # fmt: skip


def _column(layout: Layout, item: Item) -> int:
    return next(index for index, column in enumerate(layout.columns) if item in column)


def _places(layout: Layout, heights: dict[Item, float]) -> tuple[dict[tuple[int, Item], Spot], float]:
    """Return the middle of every box and lane (x of a lane: the middle of its column), and the height of all."""
    tall = [sum(heights.get(item, _LANE) for item in column) + _GAP * (len(column) - 1) for column in layout.columns]
    most = max(tall)
    step = (_WIDTH - _BOX - 2) / max(len(layout.columns) - 1, 1)
    spots = {}
    for index, column in enumerate(layout.columns):
        # what is left over goes between and around the items, so that short columns spread over the height
        spare = (most - tall[index]) / (len(column) + 1)
        y = _TOP + spare
        for item in column:
            height = heights.get(item, _LANE)
            spots[index, item] = (1 + index * step + _BOX / 2, y + height / 2)
            y += height + _GAP + spare
    return spots, most + 2 * _TOP


def _ports(layout: Layout, spots: dict[tuple[int, Item], Spot], heights: dict[Item, float]) -> dict[tuple[int, str], float]:
    """Return the height at which each link leaves and enters its boxes, spread over a side in the order of its other ends."""
    sides: dict[tuple[Item, bool], list[tuple[float, int, str]]] = {}
    for number, route in enumerate(layout.routes):
        for (column, box), near, end in ((route[0], route[1], "start"), (route[-1], route[-2], "end")):
            sides.setdefault((box, near[0] > column), []).append((spots[near][1], number, end))
    ports = {}
    for (box, _), ends in sides.items():
        middle, height = spots[_column(layout, box), box][1], heights[box]
        for index, (_, number, end) in enumerate(sorted(ends)):
            ports[number, end] = middle + height * ((index + 1) / (len(ends) + 1) - 0.5) * 0.9
    return ports


def _joined(layout: Layout, box: Item) -> int:
    """How many links start or end at a box."""
    return sum(box in (route[0][1], route[-1][1]) for route in layout.routes)


def _link(link: MapLink, number: int, layout: Layout, spots: dict[tuple[int, Item], Spot], ports: dict[tuple[int, str], float]) -> tuple[Markup, Markup]:
    """Return one link as a smooth line with an arrowhead, and its number and sign, at its less crowded end."""
    route = layout.routes[number]
    crowded = _joined(layout, route[0][1]) > _joined(layout, route[-1][1])
    way = 1.0 if route[-1][0] > route[0][0] else -1.0
    start: Spot = (spots[route[0]][0] + way * _BOX / 2, ports[number, "start"])
    end: Spot = (spots[route[-1]][0] - way * (_BOX / 2 + 5), ports[number, "end"])
    path, points = f"M{_n(start[0])} {_n(start[1])}", [start]
    for place in route[1:-1]:
        x, y = spots[place]
        path += _curve(points[-1], (x - way * _BOX / 2, y)) + f"H{_n(x + way * _BOX / 2)}"
        points += [(x - way * _BOX / 2, y), (x + way * _BOX / 2, y)]
    path += _curve(points[-1], end)
    points.append(end)
    dash, width = PATTERNS[link.status]
    drawn = tag("path", d=path, class_="link", stroke_dasharray=dash, stroke_width=width)
    head = tag("path", d=f"M{_n(end[0] + way * 5)} {_n(end[1])}l{_n(-way * 8)} -4v8z", class_="head")
    return tag("g", drawn, head), _badge(link, points, crowded)


def _badge(link: MapLink, points: list[Spot], at_end: bool) -> Markup:
    """The number and the sign, on the middle of the first or the last stretch between two columns."""
    (x, y), (other, next_y) = points[-2:] if at_end else points[:2]
    x, y = (x + other) / 2, (y + next_y) / 2  # where a curve that leaves and arrives level passes
    if points[-1][0] < points[0][0]:
        x, y = x - 6, y + 7  # clear of the number of a link that runs the other way
    sign = (_PLUS if link.more else _MINUS) + link.mark
    half = 12.0 + 4 * len(link.mark)
    words = tag("text", tag("tspan", link.number, data_source="reference"), sign, x=x, y=y + 3.5, text_anchor="middle", class_="number")
    return Markup("").join((tag("rect", x=x - half, y=y - 7.5, width=2 * half, height=15.0, rx=7.0, class_="badge"), words))


def _curve(start: Spot, end: Spot) -> str:
    """A curve that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    return f"C{_n(middle)} {_n(start[1])} {_n(middle)} {_n(end[1])} {_n(end[0])} {_n(end[1])}"


def _n(value: float) -> str:
    return f"{value:.0f}"


def _box(box: MapBox, lines: list[str], spot: Spot, height: float) -> Markup:
    x, y = spot
    outline = tag("rect", x=x - _BOX / 2, y=y - height / 2, width=_BOX, height=height, rx=9.0 if box.kind in ("outcome", "change") else 0.0)
    words = [tag("text", words, x=x, y=y - height / 2 + 16 + index * _LINE) for index, words in enumerate(lines)]
    return tag("g", outline, *words, class_=f"box {box.kind}")


def _key(figure: CausalMap, y: float) -> Markup:
    """What the patterns and the signs mean."""
    parts, x = [], 0.0
    for status, words in figure.keys:
        dash, width = PATTERNS[status]
        parts.append(tag("path", d=f"M{_n(x)} {_n(y)}h34", class_="link", stroke_dasharray=dash, stroke_width=width))
        parts.append(tag("text", words, x=x + 40, y=y + 4))
        x += 58 + 6.1 * len(words)
    parts.append(tag("text", figure.signs, x=x, y=y + 4))
    return tag("g", *parts, class_="key")
