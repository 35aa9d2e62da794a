"""Which programmes stand side by side: those that measured one outcome, and those for one level of need.

Programmes stand in the order of the alphabet. Those whose answer rests on the very same results (variants of one programme,
say) share one line, since a second line would look like a second piece of evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.briefing.context import MEASURED, parts_of
from workbench.effects import select

FEWEST = 2  # lines of a comparison
MOST_OUTCOMES = 4  # of one programme under a level of need; the rest are in its briefing or on the map


@dataclass(frozen=True)
class Member:
    """One line: a programme's answer on an outcome, and the other programmes that rest on the same results."""

    programme: Any
    headline: Any
    others: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Group:
    """Programmes compared on one outcome."""

    construct: Any
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Need:
    """Programmes for one level of need, each with its outcomes; `without` have no outcome with an answer."""

    code: str
    members: tuple[tuple[Any, tuple[Any, ...]], ...]
    without: tuple[Any, ...]


def by_outcome(evidence: Any, headlines: Mapping[tuple[str, str], Any]) -> tuple[Group, ...]:
    """Return the outcomes on which two or more bodies of evidence stand, safety first, then by domain and name."""
    found: dict[str, list[tuple[Any, Any]]] = {}
    for (programme, construct), headline in headlines.items():
        if headline.status in MEASURED:
            found.setdefault(construct, []).append((evidence["programmes"][programme], headline))
    groups = (Group(evidence["outcomes"][construct], _members(pairs)) for construct, pairs in found.items())
    kept = [group for group in groups if len(group.members) >= FEWEST]
    return tuple(sorted(kept, key=lambda group: (not group.construct["safety"], group.construct["domain"], group.construct["name"].casefold())))


def _members(pairs: Iterable[tuple[Any, Any]]) -> tuple[Member, ...]:
    """One line for each set of results; a programme stands for its variants, else the first of the alphabet for the others."""
    shared: dict[frozenset[str], list[tuple[Any, Any]]] = {}
    for programme, headline in pairs:
        shared.setdefault(frozenset(headline.fit.effects.row_ids), []).append((programme, headline))
    found = []
    for alike in shared.values():
        ids = {programme["programme_id"] for programme, _ in alike}
        alike.sort(key=lambda pair: (pair[0]["parent_id"] in ids, _name(pair[0])))
        (programme, headline), *others = alike
        found.append(Member(programme, headline, tuple(other for other, _ in others)))
    return tuple(sorted(found, key=lambda member: _name(member.programme)))


def by_need(evidence: Any, headlines: Mapping[tuple[str, str], Any]) -> tuple[Need, ...]:
    """Return the levels of need in the order of the alphabet, each with its programmes and their outcomes."""
    found: dict[str, list[Any]] = {}
    for row in evidence["programmes"].rows:
        if row["level_of_need"]:
            found.setdefault(row["level_of_need"], []).append(row)
    return tuple(_need(code, sorted(rows, key=_name), headlines) for code, rows in sorted(found.items()))


def _need(code: str, rows: Iterable[Any], headlines: Mapping[tuple[str, str], Any]) -> Need:
    told = [(row, outcomes_of(row, headlines)) for row in rows]
    return Need(code, tuple((row, outcomes) for row, outcomes in told if outcomes), tuple(row for row, outcomes in told if not outcomes))


def outcomes_of(programme: Any, headlines: Mapping[tuple[str, str], Any]) -> tuple[Any, ...]:
    """Return the answers that stand for a programme: its main outcomes, then those that most families inform, safety first.

    Never by size or direction of the effect.
    """
    own = {construct: item for (name, construct), item in headlines.items() if name == programme["programme_id"] and item.status in MEASURED}
    leads = [own[name] for name in parts_of(programme["lead_constructs"]) if name in own]
    rest = sorted((item for item in own.values() if item not in leads), key=lambda item: (not item.construct["safety"], -(item.families or 0), item.construct["construct"]))
    return tuple([*leads, *rest][:MOST_OUTCOMES])


def _name(row: Any) -> str:
    return row["name"].casefold()


def is_tested(evidence: Any, programme: Any, headline: Any) -> bool:
    """Whether any result behind an answer is of the programme itself or a variant of it, and not of its relatives alone."""
    own = set(select.variants_of(evidence, programme["programme_id"]))
    return any(item.row["programme_id"] in own for item in headline.used)
