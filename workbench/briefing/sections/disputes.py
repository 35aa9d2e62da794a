"""Section 9: conflicting analyses side by side, and why they differ."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.sections.fit import listed
from workbench.briefing.tables import Paragraph


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the disputes on file, or that none is."""
    told = ctx.programme["disputes"]
    return (listed(ctx, told),) if told else (Paragraph(ctx.phrases("disputes.none")),)
