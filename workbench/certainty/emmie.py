"""EMMIE: what is known of a programme's effect, mechanism, moderators, implementation and economics (Johnson et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.certainty.judgements import Standing, read_judgements, standing
from workbench.certainty.rating import rate
from workbench.certainty.rules import Fired, fire, read_rules
from workbench.certainty.signals import Signal

FRAMEWORK = "EMMIE"
TESTED = ("measured",)
SEEN = ("measured", "observed")
NOT_SEEN = "not_seen"


@dataclass(frozen=True)
class EmmieHeading:
    """One heading: how far it is known, by which rule, and what stands.

    ``signals`` are all figures that its rules look at, by name, whether or not a rule acts.
    """

    name: str
    level: int
    reasons: tuple[Fired, ...]
    signals: Mapping[str, Signal]
    standing: Standing


@dataclass(frozen=True)
class ProgrammeFacts:
    """What the signals of a programme are computed from."""

    evidence: Any
    programme: Mapping[str, Any]
    headlines: Sequence[Any]
    own: frozenset[str]

    def rows(self, table: str) -> list[Any]:
        """Rows of an optional table on the programme or one of its variants."""
        if table not in self.evidence.tables:
            return []
        return [row for row in self.evidence[table].rows if row["programme_id"] in self.own]


def _counted(rows: Sequence[Any]) -> Signal:
    return Signal(float(len(rows)), tuple(f"{row.table}/{row.key}" for row in rows))


def _answered(facts: ProgrammeFacts) -> Signal:
    found = [item.construct for item in facts.headlines if item.fit is not None]
    return Signal(float(len(found)), tuple(f"outcomes/{item['construct']}" for item in found))


def _of_kind(facts: ProgrammeFacts, kind: str) -> set[str]:
    return {row["node_id"] for row in facts.rows("causal_nodes") if row["kind"] == kind}


def _steps(facts: ProgrammeFacts) -> list[Any]:
    """Links of the causal map that explain how it works: those that lead to a change in people, or on from one."""
    changes, conditions = _of_kind(facts, "change"), _of_kind(facts, "condition")
    return [row for row in facts.rows("causal_links") if {row["from_id"], row["to_id"]} & changes and row["from_id"] not in conditions]


def _steps_tested(facts: ProgrammeFacts) -> list[Any]:
    """Steps on from a change that a controlled study measured, with a result that was read."""
    changes = _of_kind(facts, "change")
    return [row for row in _steps(facts) if row["from_id"] in changes and row["status"] in TESTED and row["result"] != NOT_SEEN]


def _best(facts: ProgrammeFacts) -> Signal:
    """The highest certainty of any of its answers."""
    found = [(item, rate(item, facts.evidence)) for item in facts.headlines]
    levels = [(rating.level, item.construct["construct"]) for item, rating in found if rating is not None]
    level, construct = max(levels, default=(0, ""))
    return Signal(float(level), (f"outcomes/{construct}",) if construct else ())


def _from_conditions(facts: ProgrammeFacts, *statuses: str) -> list[Any]:
    conditions = _of_kind(facts, "condition")
    return [row for row in facts.rows("causal_links") if row["from_id"] in conditions and (not statuses or row["status"] in statuses)]


def _depends(facts: ProgrammeFacts) -> Signal:
    return Signal(float(bool(facts.programme["depends_on"])), (f"programmes/{facts.programme['programme_id']}",))


def _delivery(facts: ProgrammeFacts) -> Signal:
    return _counted([row for row in facts.rows("accounts") if row["checked"] != "unverified"])


def _costs(facts: ProgrammeFacts) -> Signal:
    return _counted([row for row in facts.rows("programme_costs") if row["checked"] != "unverified"])


def _weighed(facts: ProgrammeFacts) -> Signal:
    return _counted([row for row in facts.rows("published_results") if row["checked"] != "unverified"])


#: Name of each signal of a programme -> how it is computed.
PROGRAMME_SIGNALS: Mapping[str, Callable[[ProgrammeFacts], Signal]] = {
    "answered": _answered,
    "certainty": _best,
    "links": lambda facts: _counted(_steps(facts)),
    "links_tested": lambda facts: _counted(_steps_tested(facts)),
    "moderators": lambda facts: _counted(_from_conditions(facts)),
    "moderators_seen": lambda facts: _counted(_from_conditions(facts, *SEEN)),
    "depends": _depends,
    "delivery": _delivery,
    "costs": _costs,
    "weighed": _weighed,
}


def emmie(evidence: Any, programme: Mapping[str, Any], headlines: Sequence[Any]) -> tuple[EmmieHeading, ...]:
    """Rate what is known of a programme, heading by heading.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : row of ``programmes``
    headlines : sequence of Headline

    Returns
    -------
    tuple of EmmieHeading
        In the order of the rules; empty where the workspace has none. A heading's level is the highest of the rules that
        hold, and nought where none does.
    """
    book = read_rules(evidence, FRAMEWORK)
    own = {programme["programme_id"]}
    own |= {row["programme_id"] for row in evidence["programmes"].rows if row["parent_id"] in own}
    facts = ProgrammeFacts(evidence, programme, headlines, frozenset(own))
    judged = read_judgements(evidence, programme["programme_id"], FRAMEWORK)
    found = []
    for name in book.domains:
        rules = book.of("level", name)
        fired, _ = fire(rules, lambda condition: PROGRAMME_SIGNALS[condition.signal](facts))
        drafted = max((item.levels for item in fired), default=0)
        stands = standing(book.code(name, drafted), judged.get(name))
        signals = {condition.signal: PROGRAMME_SIGNALS[condition.signal](facts) for rule in rules for condition in rule.conditions}
        found.append(EmmieHeading(name, book.scale(name).get(stands.rating, drafted), tuple(fired), signals, stands))
    return tuple(found)
