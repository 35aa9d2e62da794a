"""The evidence map: programmes by areas of outcomes, what was found in each, and where nobody has looked.

A mark sums up one programme in one area. Everything is counted from the tables or read from results; nothing is fitted here.
"""

from __future__ import annotations

from workbench.briefing.map.page import EvidenceMap, build_map, cell_addresses, render_map

__all__ = ["EvidenceMap", "build_map", "cell_addresses", "render_map"]
