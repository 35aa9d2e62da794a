"""The service models that the source documents name, with what was claimed and what kind of study is on file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TABLE = "systems"
EVIDENCE = ("controlled", "uncontrolled", "none")
#: How firmly a source puts a claim, the firmest first.
STRENGTHS = ("cites_evaluation", "own_figures", "asserted", "hedged", "named_only")


def systems_of(evidence: Any) -> tuple[Any, ...] | None:
    """Return the rows of the systems table; None in a workspace that has no such table."""
    return tuple(evidence[TABLE].rows) if TABLE in evidence.tables else None


def crossed(rows: Iterable[Mapping[str, Any]]) -> Counter:
    """Count systems by strength of the claim and evidence on file; the keys are pairs."""
    return Counter((row["claim_strength"], row["evidence_on_file"]) for row in rows)


def ordered(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return systems with the widest gap first: a firm claim with no study, down to a mere name with a controlled one."""
    return sorted(rows, key=lambda row: (-EVIDENCE.index(row["evidence_on_file"]), STRENGTHS.index(row["claim_strength"]), row["name"].casefold(), row["system_id"]))
