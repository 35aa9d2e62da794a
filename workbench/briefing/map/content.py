"""What the map shows, as plain data: results, outcomes and cells of each programme.

The direction of an outcome is the claim of its headline where one was fitted with a result of the programme's own, and
otherwise what its results report. The certainty of a cell is that of its least certain rated outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.briefing.map.families import studied
from workbench.effects import select

#: What a source reports -> direction on the map.
REPORTED = {"benefit": "benefit", "harm": "harm", "not_significant": "none", "mixed": "mixed", "not_stated": "not_stated"}
DIRECTIONS = ("benefit", "mixed", "none", "harm", "not_stated")
CHECKS = ("full_text", "abstract", "secondary", "unverified")
RATED = "rated"
Rate = Callable[[Any], tuple[str, Any]]


@dataclass(frozen=True)
class Result:
    """One row of the effects table. `stands`: it speaks for its overlap group; `reason`: why no model uses it."""

    row: Any
    study: Any
    stands: bool
    used: bool
    reason: str

    @property
    def superseded(self) -> bool:
        """Whether a better-checked row replaced it; such a row is listed and never counted."""
        return bool(self.row["superseded_by"])


@dataclass(frozen=True)
class Outcome:
    """All results of one programme on one construct.

    Attributes
    ----------
    construct : Row
    results : tuple of Result
    direction : str
        A member of `DIRECTIONS`.
    basis : str
        ``rated`` (a headline rests on the programme's own results), ``not_rated`` or ``weak`` (no comparison group, or
        not yet checked).
    certainty : Row or None
        Of the vocabulary, where rated.
    headline : Headline or None
        Where rated.
    """

    construct: Any
    results: tuple[Result, ...]
    direction: str
    basis: str
    certainty: Any = None
    headline: Any = None


@dataclass(frozen=True)
class Cell:
    """One programme in one domain."""

    programme_id: str
    domain: str
    outcomes: tuple[Outcome, ...]
    families: int

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Every row on file that is not superseded."""
        return tuple(item for outcome in self.outcomes for item in outcome.results if not item.superseded)

    @property
    def studies(self) -> tuple[str, ...]:
        """Ids of the studies behind it."""
        return tuple(dict.fromkeys(item.row["study_id"] for item in self.results))

    @property
    def direction(self) -> str:
        """The direction that all its outcomes share; mixed where they differ."""
        return combined(outcome.direction for outcome in self.outcomes)

    @property
    def basis(self) -> str:
        """The best basis of its outcomes."""
        return min((outcome.basis for outcome in self.outcomes), key=_BASES.index)

    @property
    def certainty(self) -> Any:
        """The lowest certainty of its rated outcomes, or None."""
        return min((outcome.certainty for outcome in self.outcomes if outcome.certainty), key=lambda row: row["from"], default=None)

    @property
    def told(self) -> Counter:
        """What its results report, one for each overlap group."""
        return Counter(REPORTED[item.row["reported_result"]] for item in self.results if item.stands)

    @property
    def checked(self) -> Counter:
        """Its rows by check level."""
        return Counter(item.row["checked"] for item in self.results)


@dataclass(frozen=True)
class Programme:
    """One programme with its cells by domain. `depth`: how many parents stand above it in its family."""

    row: Any
    depth: int
    cells: Mapping[str, Cell]
    evidence: str  # controlled | uncontrolled | none

    @property
    def id(self) -> str:
        """Its id."""
        return self.row["programme_id"]


_BASES = (RATED, "not_rated", "weak")


def combined(directions: Iterable[str]) -> str:
    """Return the one direction of several; ``mixed`` where they differ. What is not stated says nothing either way."""
    found = set(directions) - {"not_stated"}
    return "not_stated" if not found else found.pop() if len(found) == 1 else "mixed"


def programmes(evidence: Any, headlines: Mapping[tuple[str, str], Any], rate: Rate) -> tuple[Programme, ...]:
    """Return every programme of the tables with what is on file for it.

    Parameters
    ----------
    evidence : EvidenceBase
    headlines : mapping of (programme id, construct) to Headline
    rate : callable
        From a headline with an answer to its direction on the map and its certainty (a row of the vocabulary).
    """
    by_programme: dict[str, list[Any]] = {}
    for row in evidence["effects"].rows:
        by_programme.setdefault(row["programme_id"], []).append(row)
    return tuple(
        Programme(row, _depth(evidence, row), _cells(evidence, row["programme_id"], rows, headlines, rate), evidence_of(evidence, rows))
        for row in evidence["programmes"].rows
        for rows in (by_programme.get(row["programme_id"], []),)
    )


def evidence_of(evidence: Any, rows: Iterable[Any]) -> str:
    """Return ``controlled``, ``uncontrolled`` or ``none``: the best that rows of one programme offer."""
    studies = [evidence["studies"][row["study_id"]] for row in rows if not row["superseded_by"]]
    if not studies:
        return "none"
    return "controlled" if any(is_controlled(study) for study in studies) else "uncontrolled"


def is_controlled(study: Mapping[str, Any]) -> bool:
    """Return whether a study compares families with others."""
    return study["design"] != "before_after" and study["comparator_class"] != "none"


def _depth(evidence: Any, row: Any) -> int:
    depth, known = 0, {row["programme_id"]}
    while row["parent_id"] and row["parent_id"] not in known and row["parent_id"] in evidence["programmes"]:
        row = evidence["programmes"][row["parent_id"]]
        known.add(row["programme_id"])
        depth += 1
    return depth


def _cells(evidence: Any, programme: str, rows: Sequence[Any], headlines: Mapping[tuple[str, str], Any], rate: Rate) -> dict[str, Cell]:
    by_construct: dict[str, list[Any]] = {}
    for row in rows:
        by_construct.setdefault(row["construct"], []).append(row)
    by_domain: dict[str, list[Outcome]] = {}
    for name, found in sorted(by_construct.items()):
        construct = evidence["outcomes"][name]
        outcome = _outcome(evidence, construct, found, headlines.get((programme, name)), rate)
        by_domain.setdefault(construct["domain"], []).append(outcome)
    cells = (Cell(programme, domain, tuple(outcomes), _families(evidence, outcomes)) for domain, outcomes in by_domain.items())
    return {cell.domain: cell for cell in cells if cell.results}


def _families(evidence: Any, outcomes: Sequence[Outcome]) -> int:
    """Families behind the checked rows; behind all of them where none is checked."""
    rows = [item.row for outcome in outcomes for item in outcome.results if not item.superseded]
    checked = [row for row in rows if row["checked"] != "unverified"]
    return studied(checked or rows, evidence["studies"])


def _outcome(evidence: Any, construct: Any, rows: Sequence[Any], headline: Any, rate: Rate) -> Outcome:
    results = _results(evidence, construct, rows, headline)
    if headline is not None and headline.fit is not None and any(item.used for item in results):
        direction, certainty = rate(headline)
        return Outcome(construct, results, direction, RATED if certainty is not None else "not_rated", certainty, headline)
    speaking, basis = spokesmen(results)
    direction = combined(REPORTED[item.row["reported_result"]] for item in speaking)
    return Outcome(construct, results, direction, basis)


def _results(evidence: Any, construct: Any, rows: Sequence[Any], headline: Any) -> tuple[Result, ...]:
    studies = evidence["studies"]
    used = {item.row["effect_id"] for item in headline.used} if headline is not None else set()
    reasons = {item.row["effect_id"]: _reason(item) for item in headline.left_out} if headline is not None else {}
    if headline is not None:
        reasons |= {item.row["effect_id"]: select.REASONS["other_design"] for item in headline.beneath}
    valid = [row for row in rows if not row["superseded_by"]]
    # a row in use speaks for its group; else one that is checked and comparable; else the preferred one
    speakers = sorted(valid, key=lambda row: (row["effect_id"] not in used, _standing(row, studies[row["study_id"]]), select.preference(row, construct["horizon_months"])))
    stands: dict[str, str] = {}
    for row in speakers:
        stands.setdefault(row["overlap_group"], row["effect_id"])
    chosen = set(stands.values())
    return tuple(
        Result(row, studies[row["study_id"]], row["effect_id"] in chosen, row["effect_id"] in used, reasons.get(row["effect_id"], ""))
        for row in rows
    )  # fmt: skip


def _reason(item: Any) -> str:
    """Return why a row is left out; which figures a row lacks is for `workbench trace` to say."""
    return select.REASONS[item.reason] if item.reason == "not_poolable" else item.words


def _standing(row: Mapping[str, Any], study: Mapping[str, Any]) -> int:
    """Rank what a row is worth as a report of what was found: 0 is best."""
    if row["checked"] == "unverified":
        return 4
    if not is_controlled(study) or row["exclusion"] == "uncontrolled":
        return 3
    if row["role"] == "check":
        return 2
    return 1 if row["exclusion"] else 0


def spokesmen(results: Sequence[Result]) -> tuple[tuple[Result, ...], str]:
    """Return the results that give an outcome its direction where no headline does, and their basis.

    The best rank that occurs speaks alone: comparable results; then parts of samples and the like; then published
    pooled results; then results without a comparison group; then what is not yet checked.
    """
    valid = [item for item in results if item.stands and not item.superseded]
    if not valid:
        return (), "weak"
    rank = min(_standing(item.row, item.study) for item in valid)
    return tuple(item for item in valid if _standing(item.row, item.study) == rank), "weak" if rank >= 3 else "not_rated"
