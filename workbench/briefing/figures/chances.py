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
    parts, x = [], 0.0
    for share in (figure.better, figure.little, figure.worse):
        parts.append(tag("rect", x=_percent(x), width=_percent(share)))
        x += share
    return tag("svg", *parts, class_="chart chances", aria_hidden="true")


def _percent(share: float) -> str:
    return f"{100 * max(share, 0.0):.1f}%".replace(".0%", "%")
