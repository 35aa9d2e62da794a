"""A causal map for a phone: each box with what it leads to below it, as a list whose lines have the patterns of the drawing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from workbench.briefing.figures.svg import tag
from workbench.briefing.marking import runs_left

if TYPE_CHECKING:
    from workbench.briefing.figures.causal import CausalMap, MapLink

FORWARD, BACK = "\N{RIGHTWARDS ARROW}", "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}"
_DIGIT = re.compile(r"\d")


def draw_chain(figure: CausalMap) -> Markup:
    """Draw the map as a list: boxes from the start to the end, their links numbered as in the table, feedback by a sign of its own."""
    layers = {box.id: box.layer for box in figure.boxes}
    labels = {box.id: box.label for box in figure.boxes}
    items = []
    for box in sorted(figure.boxes, key=lambda box: box.layer):
        links = [link for link in figure.links if link.start == box.id]
        steps = [_step(figure, link, labels[link.end], back=layers[link.end] < layers[link.start]) for link in links]
        items.append(tag("li", _name("b", box.label), *([tag("ol", *steps)] if steps else []), class_=box.kind))
    keys = tag("ul", *(tag("li", words, class_=status) for status, words in figure.keys), tag("li", figure.chain_signs, class_="signs"), class_="key")
    return tag("ul", *items, class_="chain") + keys


def _step(figure: CausalMap, link: MapLink, label: str, back: bool) -> Markup:
    """One link: its number, where it leads, more or less of that, when, and what a test showed."""
    sign, way = BACK if back else FORWARD, figure.ways[0 if link.more else 1]
    delay = [" (", _name("span", link.delay), ")"] if link.delay else []
    mark = f" {link.mark}" if link.mark else ""
    return tag("li", f"{sign} {way}: ", _name("span", label), *delay, mark, value=link.number, class_=link.status)


def _name(element: str, words: str) -> Markup | str:
    """Words of a table: marked where they hold a numeral, kept apart where they are written from right to left."""
    source = "table" if _DIGIT.search(words) else None
    inside: Markup | str = tag("bdi", words) if runs_left(words) else words
    return inside if element == "span" and source is None else tag(element, inside, data_source=source)
