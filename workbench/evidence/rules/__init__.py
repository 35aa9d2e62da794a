"""Cross-field rules: what the schema alone cannot say. Each is a small function in a registry; `RULES` lists them all."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import Problem
from workbench.evidence.bibliography import Reference
from workbench.evidence.rules import agreement, catalogue, causal, certainty, effects, local, located, money, neighbours, numbers, published, sources
from workbench.evidence.rules.registry import Breach, Context, Rule, apply
from workbench.evidence.tables import Table

RULES: tuple[Rule, ...] = (*numbers.RULES, *effects.RULES, *agreement.RULES, *sources.RULES, *money.RULES, *catalogue.RULES,
                            *published.RULES, *neighbours.RULES, *located.RULES, *local.RULES,
                            *certainty.RULES, *causal.RULES)

__all__ = ["RULES", "Breach", "Context", "Rule", "apply", "check_rules"]


def check_rules(tables: Mapping[str, Table], references: Mapping[str, Reference] | None) -> list[Problem]:
    """Apply every rule to the tables that could be read.

    Parameters
    ----------
    tables : mapping of str to Table
        By name.
    references : mapping of str to Reference, or None
        None if the bibliography could not be read; citations are then not checked.

    Returns
    -------
    list of Problem
    """
    context = Context(tables, references)
    return [problem for rule in RULES for problem in apply(rule, context)]
