"""GRADE by rule: a start by design, levels lost by domain, levels gained, a ceiling, and reviewers' judgements over it.

The domains and the start follow GRADE (Guyatt and others 2008, 2011); every threshold is a row of ``certainty_rules.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from workbench.certainty.judgements import Judgement, Standing, read_judgements, standing
from workbench.certainty.rules import Condition, Fired, RuleBook, fire, read_rules
from workbench.certainty.signals import SIGNALS, Facts, Signal

FRAMEWORK = "GRADE"
OVERALL = "certainty"


@dataclass(frozen=True)
class Domain:
    """One domain: the rules that act, the levels they take, and what stands.

    Attributes
    ----------
    name : str
        Code of the domain.
    drafted : int
        Levels lost by rule (0 or below), not beyond the domain's floor.
    level : int
        Levels lost as it stands, a reviewer's rating included.
    reasons : tuple of Fired
    unjudged : tuple of str
        Signals that the tables do not allow to be judged.
    standing : Standing
    """

    name: str
    drafted: int
    level: int
    reasons: tuple[Fired, ...]
    unjudged: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True)
class Certainty:
    """The certainty of one answer.

    Attributes
    ----------
    start : int
        Level by design.
    start_rule : Fired
    domains : tuple of Domain
    raised : tuple of Fired
        Rules that raise it.
    ceiling : int or None
        Highest level where a reason for caution caps the answer's word.
    drafted : int
        Level by rule alone.
    level : int
        Level as it stands.
    standing : Standing
        Of the level as a whole.
    """

    start: int
    start_rule: Fired
    domains: tuple[Domain, ...]
    raised: tuple[Fired, ...]
    ceiling: int | None
    drafted: int
    level: int
    standing: Standing

    @property
    def capped(self) -> bool:
        """Whether the ceiling lowers the level that the domains alone would give."""
        return self.ceiling is not None and self.start + sum(item.level for item in self.domains) + sum(item.levels for item in self.raised) > self.ceiling

    @property
    def judged(self) -> str:
        """``all`` where a reviewer stands behind the whole or behind every domain, ``part`` behind some, else ``none``."""
        if self.standing.judged or all(item.standing.judged for item in self.domains):
            return "all"
        return "part" if any(item.standing.judged for item in self.domains) else "none"


def rate(headline: Any, evidence: Any) -> Certainty | None:
    """Rate one answer.

    Parameters
    ----------
    headline : Headline
        With a fit; one without has nothing to be certain of.
    evidence : EvidenceBase
        With ``certainty_rules``, and ``quality``, ``vocabulary`` and ``judgements`` where the workspace has them.

    Returns
    -------
    Certainty or None
        None where there is no answer, or no rules.
    """
    book = read_rules(evidence, FRAMEWORK)
    if headline.fit is None or not book.rules:
        return None
    facts = Facts(headline, evidence)
    starts, _ = fire(book.of("start"), partial(_signal, facts))
    if not starts:
        return None
    start = min(starts, key=lambda item: item.levels)
    basis = start.rule.basis
    facts = replace(facts, set_aside=book.aside(basis))
    judged = read_judgements(evidence, headline.programme_id, FRAMEWORK, headline.construct["construct"])
    domains = tuple(_domain(book, name, facts, basis, judged.get(name)) for name in book.domains)
    return _whole(book, start, domains, facts, basis, judged.get(OVERALL))


def _signal(facts: Facts, condition: Condition) -> Signal | None:
    return SIGNALS[condition.signal](facts, condition.codes)


def _domain(book: RuleBook, name: str, facts: Facts, basis: str, judgement: Judgement | None) -> Domain:
    fired, unjudged = fire(book.of("lower", name), partial(_signal, facts), basis)
    drafted = lost(fired, book.floors.get(name))
    stands = standing(book.code(name, drafted), judgement)
    return Domain(name, drafted, book.scale(name).get(stands.rating, drafted), tuple(fired), tuple(unjudged), stands)


def lost(fired: Sequence[Fired], floor: int | None) -> int:
    """Return the levels that rules take together, not beyond a floor."""
    taken = sum(item.levels for item in fired)
    return taken if floor is None else max(taken, floor)


def _whole(book: RuleBook, start: Fired, domains: tuple[Domain, ...], facts: Facts, basis: str, judgement: Judgement | None) -> Certainty:
    taken = [sum(domain.drafted for domain in domains), sum(domain.level for domain in domains)]
    raised, _ = fire(book.of("raise"), partial(_signal, replace(facts, lost=-taken[1])), basis)
    gained = sum(item.levels for item in raised)
    levels = book.scale(OVERALL).values()
    ceiling = ceiling_of(facts.headline, facts.evidence)
    drafted, level = (bounded(start.levels + part + gained, min(levels), max(levels), ceiling) for part in taken)
    # A reviewer of the whole judges what the domains as they stand give.
    stands = standing(book.code(OVERALL, level), judgement)
    return Certainty(start.levels, start, domains, tuple(raised), ceiling, drafted, book.scale(OVERALL).get(stands.rating, level), stands)


def bounded(level: int, lowest: int, highest: int, ceiling: int | None) -> int:
    """Keep a level on its scale and under its ceiling."""
    return max(lowest, min(level, highest, highest if ceiling is None else ceiling))


def ceiling_of(headline: Any, evidence: Any) -> int | None:
    """Return the rank of the highest certainty where a reason caps the word of the claim; None where none does.

    It is the certainty that the vocabulary gives the probability at which the strongest allowed word begins, so that the
    word for certainty is never bolder than the claim's own.
    """
    if headline.word is None or not headline.word.reasons:
        return None
    rows = evidence["vocabulary"].rows
    start = next((row["from"] for row in rows if row["cap"]), None)
    allowed = [row["rank"] for row in rows if row["scale"] == OVERALL and start is not None and row["from"] <= start]
    return max(allowed, default=None)

