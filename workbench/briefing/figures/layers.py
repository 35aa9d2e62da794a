"""A layered layout: boxes in columns, links as smooth lines that run between the boxes of the columns they pass.

A link that passes a column gets a lane there of its own, so that no line runs behind a box. Columns are ordered by the mean
place of their neighbours (Sugiyama, Tagawa and Toda 1981); of all orders tried the one with the fewest crossings stands, so
the same map always gives the same drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 12

#: A box, or the lane of a link (its number) in a column that it passes.
Item = str | int
Pair = tuple[Item, Item]


@dataclass(frozen=True)
class Layout:
    """Where things stand.

    Attributes
    ----------
    columns : tuple of tuple of Item
        Boxes and lanes of each column, from the top.
    routes : tuple of tuple of (int, Item)
        For each link the columns and items that it runs through, from its start to its end.
    """

    columns: tuple[tuple[Item, ...], ...]
    routes: tuple[tuple[tuple[int, Item], ...], ...]


def arrange(layers: Mapping[str, int], links: Sequence[tuple[str, str]]) -> Layout:
    """Arrange boxes and links.

    Parameters
    ----------
    layers : mapping of str to int
        Column of each box, by its id, in the order in which they are to be tried first.
    links : sequence of (str, str)
        Start and end of each link; they stand in different columns.
    """
    used = sorted(set(layers.values()))
    place = {layer: index for index, layer in enumerate(used)}
    columns: list[list[Item]] = [[] for _ in used]
    for name, layer in layers.items():
        columns[place[layer]].append(name)
    routes = []
    for number, (start, end) in enumerate(links):
        first, last = place[layers[start]], place[layers[end]]
        step = 1 if last > first else -1
        between = list(range(first + step, last, step))
        for column in between:
            columns[column].append(number)
        routes.append(((first, start), *((column, number) for column in between), (last, end)))
    return Layout(_ordered(columns, _pairs(routes, len(columns))), tuple(routes))


def _pairs(routes: Sequence[Sequence[tuple[int, Item]]], columns: int) -> list[list[Pair]]:
    """Items of neighbouring columns that a link joins, by the left column."""
    pairs: list[list[Pair]] = [[] for _ in range(columns)]
    for route in routes:
        for (column, item), (other, next_item) in zip(route, route[1:], strict=False):
            pairs[min(column, other)].append((item, next_item) if other > column else (next_item, item))
    return pairs


def _ordered(columns: list[list[Item]], pairs: list[list[Pair]]) -> tuple[tuple[Item, ...], ...]:
    """Try orders by sweeping to and fro, and return the one with the fewest crossings; the first of those that tie."""
    best, fewest = [list(column) for column in columns], _crossings(columns, pairs)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for index in range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1):
            near = columns[index - 1] if forward else columns[index + 1]
            joined = pairs[index - 1] if forward else pairs[index]
            columns[index] = _by_neighbours(columns[index], near, joined, forward)
        crossings = _crossings(columns, pairs)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return tuple(map(tuple, best))


def _by_neighbours(column: list[Item], near: list[Item], pairs: list[Pair], forward: bool) -> list[Item]:
    """Sort a column by the mean place of each item's neighbours; an item without any keeps its place."""
    at = {item: index for index, item in enumerate(near)}
    places: dict[Item, list[int]] = {}
    for left, right in pairs:
        item, other = (right, left) if forward else (left, right)
        places.setdefault(item, []).append(at[other])
    scale = max(len(near) - 1, 1) / max(len(column) - 1, 1)
    keys = {item: sum(places[item]) / len(places[item]) if item in places else index * scale for index, item in enumerate(column)}
    return sorted(column, key=lambda item: keys[item])  # stable: ties keep their order


def _crossings(columns: Sequence[Sequence[Item]], pairs: Sequence[Sequence[Pair]]) -> int:
    total = 0
    for index, joined in enumerate(pairs[:-1]):
        left = {item: place for place, item in enumerate(columns[index])}
        right = {item: place for place, item in enumerate(columns[index + 1])}
        ends = [(left[a], right[b]) for a, b in joined]
        total += sum((a - c) * (b - d) < 0 for place, (a, b) in enumerate(ends) for c, d in ends[place + 1 :])
    return total
