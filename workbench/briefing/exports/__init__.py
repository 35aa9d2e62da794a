"""Exports beside a briefing: tables, figures, the opening as a Word document, a PDF and citations.

Everything is read back from the finished page, so that an export cannot say anything that the page does not.
"""

from __future__ import annotations

from workbench.briefing.exports.folder import Exported, export

__all__ = ["Exported", "export"]
