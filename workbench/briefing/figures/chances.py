"""A bar of three parts: the chances of a change for the better, of little difference, and of a change for the worse."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from workbench.briefing.figures.svg import tag

_WIDTH, _HEIGHT = 300.0, 18.0


@dataclass(frozen=True)
class ChanceBar:
    """Three probabilities that sum to one; the numbers stand beside the bar as text."""

    title: str
    better: float
    little: float
    worse: float
    kind: str = "chances"


def draw_chances(figure: ChanceBar, narrow: bool = False) -> Markup:
    """Draw the bar; solid, plain and hatched parts, so that it can be read without colour."""
    parts, x = [], 0.0
    for name, share in (("better", figure.better), ("little", figure.little), ("worse", figure.worse)):
        width = share * _WIDTH
        fill = "url(#hatch)" if name == "worse" else None
        parts.append(tag("rect", x=x, y=1.0, width=max(width, 0.0), height=_HEIGHT - 2, class_=f"part {name}", fill=fill))
        x += width
    return tag(
        "svg", tag("title", figure.title), *parts, class_="chart chances", role="img", aria_label=figure.title,
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", preserveAspectRatio="none", xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip
