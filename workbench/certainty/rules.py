"""Rules of certainty as data: rows of ``certainty_rules.csv`` that share a name must all hold for the rule to act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.certainty.signals import Signal

TABLE = "certainty_rules"


@dataclass(frozen=True)
class Condition:
    """One row of a rule: a signal and the limits that it must keep, both inclusive.

    ``codes`` are those of the tables' columns that the signal counts.
    """

    row: str
    signal: str
    at_least: float | None
    at_most: float | None
    codes: tuple[str, ...] = ()

    def holds(self, value: float) -> bool:
        """Whether a value keeps both limits."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class Rule:
    """One rule: its conditions, all of which must hold, and what it then does to the level.

    ``kind`` is ``start`` (sets the level), ``lower``, ``raise`` (both add `levels`) or ``level`` (a heading's level).
    ``basis`` is ``all``, ``randomised`` or ``non_randomised``: to which evidence the rule applies; of a start, which it is.
    """

    framework: str
    domain: str
    name: str
    kind: str
    basis: str
    levels: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Fired:
    """A rule that acts, with the value of each of its signals."""

    rule: Rule
    signals: tuple[tuple[Condition, Signal], ...]

    @property
    def levels(self) -> int:
        """What the rule does to the level."""
        return self.rule.levels


@dataclass(frozen=True)
class RuleBook:
    """The rules of one framework.

    Attributes
    ----------
    rules : tuple of Rule
    floors : mapping of str to int
        The most levels that a domain may lose.
    scales : mapping of str to mapping of str to int
        For each domain, ``each`` for those not named, the codes of its ratings and their levels.
    set_aside : mapping of str to tuple of str
        For a basis, ``all`` for both: domains of risk-of-bias tools that are counted elsewhere.
    domains : tuple of str
        Domains in the order of the table.
    """

    rules: tuple[Rule, ...]
    floors: Mapping[str, int]
    scales: Mapping[str, Mapping[str, int]]
    set_aside: Mapping[str, tuple[str, ...]]
    domains: tuple[str, ...]

    def of(self, kind: str, domain: str | None = None) -> tuple[Rule, ...]:
        """Return the rules of a kind, of one domain if named."""
        return tuple(rule for rule in self.rules if rule.kind == kind and domain in (None, rule.domain))

    def scale(self, domain: str) -> Mapping[str, int]:
        """Return the codes of a domain's ratings with their levels."""
        return self.scales.get(domain) or self.scales.get("each", {})

    def aside(self, basis: str) -> tuple[str, ...]:
        """Return the domains of risk-of-bias tools that are not counted again on a basis."""
        return (*self.set_aside.get("all", ()), *self.set_aside.get(basis, ()))

    def code(self, domain: str, level: int) -> str:
        """Return the code of a level on a domain's scale; empty where the scale has none."""
        return next((code for code, known in self.scale(domain).items() if known == level), "")


def read_rules(evidence: Any, framework: str) -> RuleBook:
    """Read the rules of a framework; a book without rules where the workspace has none."""
    rows = evidence[TABLE].where(framework=framework) if TABLE in evidence.tables else ()
    groups: dict[tuple[str, str, str], list[Any]] = {}
    floors: dict[str, int] = {}
    scales: dict[str, dict[str, int]] = {}
    aside: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row["kind"] == "floor":
            floors[row["domain"]] = row["levels"]
        elif row["kind"] == "scale":
            scales.setdefault(row["domain"], {})[row["codes"]] = row["levels"]
        elif row["kind"] == "set_aside":
            aside[row["basis"]] = (*aside.get(row["basis"], ()), *listed(row["codes"]))
        else:
            groups.setdefault((row["domain"], row["rule"], row["kind"]), []).append(row)
    rules = tuple(_rule(framework, key, found) for key, found in groups.items())
    domains = dict.fromkeys(rule.domain for rule in rules if rule.kind in ("lower", "level"))
    return RuleBook(rules, floors, scales, aside, tuple(domains))


def listed(cell: str | None) -> tuple[str, ...]:
    """Split a cell that holds several codes separated by semicolons."""
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def _rule(framework: str, key: tuple[str, str, str], rows: list[Any]) -> Rule:
    domain, name, kind = key
    conditions = tuple(Condition(row["rule_id"], row["signal"], row["at_least"], row["at_most"], listed(row["codes"])) for row in rows)
    return Rule(framework, domain, name, kind, rows[0]["basis"] or "all", rows[0]["levels"], conditions)


def fire(rules: Iterable[Rule], compute: Callable[[Condition], Signal | None], basis: str = "") -> tuple[list[Fired], list[str]]:
    """Apply rules.

    Parameters
    ----------
    rules : iterable of Rule
    compute : callable
        From a condition to its signal; None where it cannot be judged.
    basis : str
        ``randomised`` or ``non_randomised``: rules for the other basis are passed over; empty applies all.

    Returns
    -------
    list of Fired
        The rules whose conditions all hold.
    list of str
        Names of signals that could not be judged.
    """
    fired: list[Fired] = []
    unjudged: dict[str, None] = {}
    for rule in rules:
        if basis and rule.basis not in ("all", basis):
            continue
        found = [(condition, compute(condition)) for condition in rule.conditions]
        unjudged |= dict.fromkeys(condition.signal for condition, signal in found if signal is None)
        known = [(condition, signal) for condition, signal in found if signal is not None]
        if len(known) == len(found) and all(condition.holds(signal.value) for condition, signal in known):
            fired.append(Fired(rule, tuple(known)))
    return fired, list(unjudged)
