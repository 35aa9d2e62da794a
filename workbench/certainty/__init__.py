"""How certain an answer is, drafted by rules that stand in a table and confirmed or overruled by named reviewers.

GRADE rates each outcome: a start by design, levels lost by domain, levels gained by a large effect. EMMIE rates what is
known of a programme: effect, mechanism, moderators, implementation, economics. Every lost level names the rule, the
figure that met it and the rows behind that figure.
"""

from __future__ import annotations

from workbench.certainty.emmie import PROGRAMME_SIGNALS, EmmieHeading, emmie
from workbench.certainty.judgements import Judgement, Standing
from workbench.certainty.rating import Certainty, Domain, rate
from workbench.certainty.rules import Condition, Fired, Rule, RuleBook, read_rules
from workbench.certainty.signals import SIGNALS, Signal

__all__ = [
    "PROGRAMME_SIGNALS", "SIGNALS", "Certainty", "Condition", "Domain", "EmmieHeading", "Fired", "Judgement", "Rule", "RuleBook", "Signal", "Standing",
    "emmie", "rate", "read_rules",
]  # fmt: skip
