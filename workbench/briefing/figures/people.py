"""Icon arrays: a hundred people, those with an event marked by shape as well as colour."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.svg import tag

_ACROSS, _STEP = 20, 16
PEOPLE = 100


@dataclass(frozen=True)
class People:
    """A hundred people: how many have the event with or without the programme, and how many more (or fewer) with it.

    `event`: of a hundred, those who have it either way; `gained`: those who have it only with the programme; `lost`: those
    who have it only without.
    """

    title: str
    event: int
    gained: int = 0
    lost: int = 0
    kind: str = "people"


def draw_people(figure: People, narrow: bool = False) -> Markup:
    """Draw the array: a full circle with the event, a square where the programme adds it, a cross where it takes it away, a dot for the rest.

    Circles and dots are strokes without length and with round ends, which a path writes in a few letters.
    """
    kinds = ["yes"] * figure.event + ["more"] * figure.gained + ["less"] * figure.lost
    kinds = (kinds + ["no"] * PEOPLE)[:PEOPLE]
    paths = {name: "".join(path(*_place(index)) for index, kind in enumerate(kinds) if kind == name) for name, path in _PATHS.items()}
    width, height = _ACROSS * _STEP, -(-PEOPLE // _ACROSS) * _STEP
    return tag(
        "svg", *(tag("path", d=path, class_=f"person {name}") for name, path in paths.items() if path),
        class_="chart people", role="img", aria_label=figure.title, viewBox=f"0 0 {width} {height}", xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def _place(index: int) -> tuple[int, int]:
    return (index % _ACROSS) * _STEP + _STEP // 2, (index // _ACROSS) * _STEP + _STEP // 2


_PATHS = {
    "yes": lambda x, y: f"M{x} {y}h0",
    "more": lambda x, y: f"M{x - 5} {y - 5}h10v10h-10z",
    "less": lambda x, y: f"M{x - 5} {y - 5}l10 10m0-10l-10 10",
    "no": lambda x, y: f"M{x} {y}h0",
}
