"""Your numbers: the panel of a briefing's interactive page, in which a reader changes the settings and sees the answer move.

The page's script mirrors `evaluate` and nothing else. What it works on is exported here as data: the kernel at each stop
between sceptic and enthusiast, schedules, ranges, sentences with their conditions, and the rules of rounding.
"""

from __future__ import annotations

from workbench.briefing.panel.page import Panel, make_panel
from workbench.briefing.panel.settings import Offer, load_offer

__all__ = ["Offer", "Panel", "load_offer", "make_panel"]
