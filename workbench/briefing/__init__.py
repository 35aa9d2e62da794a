"""Briefings: from results to findings, sentences, tables and charts, and to one HTML file that anyone can open.

Nothing is computed here that a result does not already say; every number passes through one formatter and carries the
id of its finding.
"""

from __future__ import annotations

from workbench.briefing.build import Briefing, Section, build
from workbench.briefing.check import check_numbers
from workbench.briefing.findings import Finding
from workbench.briefing.index import read_entry, render_index
from workbench.briefing.render import Page, render, write
from workbench.briefing.trace import trace

__all__ = ["Briefing", "Finding", "Page", "Section", "build", "check_numbers", "read_entry", "render", "render_index", "trace", "write"]
