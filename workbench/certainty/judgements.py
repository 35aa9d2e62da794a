"""Reviewers' judgements: a draft is confirmed or overruled by name and with a reason, or it stays a draft."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

TABLE = "judgements"


@dataclass(frozen=True)
class Judgement:
    """One row of ``judgements.csv``: what a named reviewer made of one drafted rating."""

    key: str
    domain: str
    drafted: str
    decision: str  # confirm | overrule
    rating: str
    reason: str
    name: str
    date: datetime.date | None


@dataclass(frozen=True)
class Standing:
    """What a rating stands on.

    Attributes
    ----------
    state : str
        ``draft`` (nobody has judged it), ``confirmed``, ``overruled``, or ``stale``: it was judged, but the draft has
        changed since, so that the judgement no longer speaks of it.
    rating : str
        Code of the rating that holds: the reviewer's if overruled, else the draft.
    judgement : Judgement or None
    """

    state: str
    rating: str
    judgement: Judgement | None = None

    @property
    def judged(self) -> bool:
        """Whether a reviewer stands behind the rating."""
        return self.state in ("confirmed", "overruled")


def read_judgements(evidence: Any, programme: str, framework: str, construct: str | None = None) -> dict[str, Judgement]:
    """Return the judgements on one programme's rating by domain; none where the workspace has no such table."""
    if TABLE not in evidence.tables:
        return {}
    rows = [row for row in evidence[TABLE].where(programme_id=programme, framework=framework) if row["construct"] == construct]
    return {row["domain"]: _judgement(row) for row in rows}


def _judgement(row: Any) -> Judgement:
    return Judgement(row["judgement_id"], row["domain"], row["drafted"], row["decision"], row["rating"], row["reason"], row["name"], row["date"])


def standing(drafted: str, judgement: Judgement | None) -> Standing:
    """Lay a judgement over a draft; one that was made of another draft changes nothing."""
    if judgement is None:
        return Standing("draft", drafted)
    if judgement.drafted != drafted:
        return Standing("stale", drafted, judgement)
    return Standing("overruled" if judgement.decision == "overrule" else "confirmed", judgement.rating, judgement)
