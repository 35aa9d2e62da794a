"""The compare page: programmes side by side, for one outcome or one level of need, never in a league."""

from __future__ import annotations

from workbench.briefing.compare.page import Comparison, build_compare, render_compare

__all__ = ["Comparison", "build_compare", "render_compare"]
