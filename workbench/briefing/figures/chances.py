"""A bar of three parts: the chances of a change for the better, of little difference, and of a change for the worse."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.svg import tag


@dataclass(frozen=True)
class ChanceBar:
    """Three probabilities that sum to one; the numbers stand beside the bar as text."""

    title: str
    better: float
    little: float
    worse: float
    kind: str = "chances"


def draw_chances(figure: ChanceBar, narrow: bool = False) -> Markup:
    """Draw the bar for the eye: solid, plain and hatched parts, so that it can be read without colour; the same stands beside it in words."""
    return tag("svg", *(tag("rect", x=x, width=width) for x, width in places(figure)), class_="chart chances", aria_hidden="true")


def places(figure: ChanceBar) -> list[tuple[str, str]]:
    """Return where each part begins and how wide it is."""
    found, x = [], 0.0
    for share in (figure.better, figure.little, figure.worse):
        found.append((_percent(x), _percent(share)))
        x += share
    return found


def _percent(share: float) -> str:
    return f"{100 * max(share, 0.0):.1f}%".replace(".0%", "%")
