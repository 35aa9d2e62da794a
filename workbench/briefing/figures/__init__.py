"""Charts as inline SVG: a figure is plain data, :func:`draw` writes it as escaped markup."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from workbench.briefing.figures.budget import BudgetChart, Series, draw_budget
from workbench.briefing.figures.causal import CausalMap, MapBox, MapLink, draw_causal
from workbench.briefing.figures.chances import ChanceBar, draw_chances
from workbench.briefing.figures.forest import ForestPlot, ForestRow, Tick, draw_forest
from workbench.briefing.figures.people import People, draw_people
from workbench.briefing.figures.strip import Lights, Scale, Sides, Strip, draw_lights, draw_scale, draw_sides, draw_strip
from workbench.briefing.figures.tornado import TornadoBar, TornadoChart, draw_tornado

__all__ = ["BudgetChart", "CausalMap", "ChanceBar", "ForestPlot", "ForestRow", "Lights", "MapBox", "MapLink", "People", "Scale", "Series", "Sides", "Strip", "Tick", "TornadoBar", "TornadoChart", "draw"]

_DRAWERS = {
    "forest": draw_forest, "budget": draw_budget, "chances": draw_chances, "people": draw_people,
    "strip": draw_strip, "scale": draw_scale, "sides": draw_sides, "lights": draw_lights, "causal": draw_causal, "tornado": draw_tornado,
}  # fmt: skip


def draw(figure: Any, narrow: bool = False) -> Markup:
    """Return a figure as one ``svg`` element (risk-of-bias signs as text).

    Parameters
    ----------
    figure : ForestPlot, BudgetChart, ChanceBar, People, Strip, Scale, Lights, CausalMap or TornadoChart
    narrow : bool
        Laid out for a phone instead of a page.
    """
    return _DRAWERS[figure.kind](figure, narrow)
