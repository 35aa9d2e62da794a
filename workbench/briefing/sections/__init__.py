"""The ten sections of a briefing, in their order: each module's ``blocks`` turns the context into plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.briefing.sections import answer, disputes, fit, method, money, outcomes, question, risks, studies, unknowns

#: Id of each section (also the name of its heading among the phrases) and what builds it.
SECTIONS: tuple[tuple[str, Callable[..., tuple[Any, ...]]], ...] = (
    ("question", question.blocks),
    ("answer", answer.blocks),
    ("outcomes", outcomes.blocks),
    ("studies", studies.blocks),
    ("money", money.blocks),
    ("fit", fit.blocks),
    ("risks", risks.blocks),
    ("unknowns", unknowns.blocks),
    ("disputes", disputes.blocks),
    ("method", method.blocks),
)
