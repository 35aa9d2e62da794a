"""Charts as inline SVG: a figure is plain data, :func:`draw` writes it as escaped markup."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from workbench.briefing.figures.budget import BudgetChart, Series, draw_budget
from workbench.briefing.figures.chances import ChanceBar, draw_chances
from workbench.briefing.figures.forest import ForestPlot, ForestRow, Tick, draw_forest

__all__ = ["BudgetChart", "ChanceBar", "ForestPlot", "ForestRow", "Series", "Tick", "draw"]

_DRAWERS = {"forest": draw_forest, "budget": draw_budget, "chances": draw_chances}


def draw(figure: Any, narrow: bool = False) -> Markup:
    """Return a figure as one ``svg`` element.

    Parameters
    ----------
    figure : ForestPlot, BudgetChart or ChanceBar
    narrow : bool
        Laid out for a phone instead of a page.
    """
    return _DRAWERS[figure.kind](figure, narrow)
