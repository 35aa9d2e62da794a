"""What is pooled with what: the rows of one construct sorted by the binding rules, and the arrays of the model.

Rows -> admissible -> sized -> one per overlap group -> stronger design -> review or primaries -> additive terms of the
design classes. Each row that drops out keeps its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.effects import select
from workbench.effects.routes import size
from workbench.effects.select import LeftOut
from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import priors

BIAS_TERMS = ("bias_quasi_experiment", "bias_trial")
SHIFT_TERM = "shift_non_uk"

#: A row of effects.csv, its study and its Size.
Part = tuple[Mapping[str, Any], Mapping[str, Any], Any]


@dataclass(frozen=True)
class Question:
    """What was asked, with what follows from it alone."""

    evidence: Any
    programme: str
    outcome: Any
    prior: str
    engine: str
    draws: int
    seed: int

    @cached_property
    def programmes(self) -> tuple[str, ...]:
        """The programme's family, itself among them."""
        return select.family_of(self.evidence, self.programme)

    @property
    def measure(self) -> str | None:
        """Measure on which the construct is pooled; None where it is not."""
        return self.outcome["measure"]

    def priors(self, prior_set: str | None = None) -> dict[str, Any]:
        """Priors by purpose: those of the set asked for, and the default ones for what it does not name."""
        chosen = prior_set or self.prior
        named = self.evidence["priors"].where(set=chosen, measure=self.measure)
        return priors.default_set(self.evidence, self.measure) | (priors.default_set(self.evidence, self.measure, chosen) if named else {})

    @property
    def quantity(self) -> str:
        """Name of the effect's own dimensions: the outcome for its default construct, so that no two constructs share one."""
        return self.outcome["outcome_id"] if self.outcome["default_construct"] else self.outcome["construct"]

    @property
    def default_smd(self) -> float:
        """The standardised minimal difference for events without a baseline risk."""
        return self.evidence["parameters"]["rule.minimal-difference-smd"]["value"]

    @cached_property
    def dimensions(self) -> dict[str, int]:
        """Registered dimensions of the draws, by name."""
        return {row["name"]: row["dimension"] for row in self.evidence["dimensions"].rows}


@dataclass(frozen=True)
class Pile:
    """Rows sorted into those used, those beneath and those left out."""

    basis: str | None
    used: tuple[Any, ...]
    beneath: tuple[Any, ...]
    left_out: tuple[LeftOut, ...]
    sizes: Mapping[str, Any]  # effect_id -> Size, in the printed direction


def collect(question: Question, rows: Sequence[Any], include_unverified: bool) -> Pile:
    """Sort rows by the rules 2 and 6 to 9."""
    studies = question.evidence["studies"]
    out: list[LeftOut] = []
    admissible, sizes = [], {}
    for row in rows:
        refused = select.refusal(row, studies[row["study_id"]], include_unverified)
        if refused is None and question.measure is None:
            refused = select.left_out(row, "not_poolable", "this construct is not pooled: its scales differ between studies")
        if refused is not None:
            out.append(refused)
            continue
        try:
            sizes[row["effect_id"]] = size(row, question.measure, study=studies[row["study_id"]], iccs=select.iccs_of(question.evidence))
        except AnalysisError as error:
            out.append(select.left_out(row, "not_poolable", f"{select.REASONS['not_poolable']}: {error}"))
            continue
        admissible.append(row)
    chosen, overlapping = select.one_per_group(admissible, question.outcome["horizon_months"])
    basis, used, beneath = select.stronger_design(question.evidence, chosen)
    used, contained = select.with_review(question.evidence, used)
    return Pile(basis if used else None, used, beneath, (*out, *overlapping, *contained), sizes)


def classes_of(study: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the additive terms that act on a study (rules 13 and 14)."""
    names = []
    if not select.is_randomised(study):
        names.append("bias_quasi_experiment")
    elif study["evaluator"] == "developer_led" or study["comparator_class"] == "wait_list":
        names.append("bias_trial")
    if study["setting"] != "uk":
        names.append(SHIFT_TERM)
    return tuple(names)


def assemble(evidence: Any, outcome: Mapping[str, Any], programme: str, parts: Sequence[Part]) -> EffectSizes:
    """Build the arrays of the model, with one column per additive term that acts on some row.

    Parameters
    ----------
    evidence : EvidenceBase
    outcome : Row
        The construct's row of ``outcomes.csv``.
    programme : str
    parts : sequence of (row, study, size)
    """
    rows, studies, sizes = zip(*parts, strict=True)
    classes = [classes_of(study) for study in studies]
    names = tuple(name for name in (*BIAS_TERMS, SHIFT_TERM) if any(name in group for group in classes))
    design = np.array([[float(name in group) for name in names] for group in classes]).reshape(len(rows), len(names))
    return EffectSizes.from_sizes(
        rows,
        sizes,
        outcome["measure"],
        labels=[study["label"] for study in studies],
        informs_tau=[row["role"] != "review" for row in rows],
        design=design,
        design_names=names,
        outcome=outcome["outcome_id"],
        construct=outcome["construct"],
        programme=programme,
        direction=outcome["direction"],
        evidence=evidence,
    )


def effects_of(question: Question, pile: Pile) -> EffectSizes:
    """The arrays of the model for the rows used."""
    return assemble(question.evidence, question.outcome, question.programme, parts_of(question, pile))


def parts_of(question: Question, pile: Pile) -> tuple[Part, ...]:
    """Each row used, with its study and its size."""
    studies = question.evidence["studies"]
    return tuple((row, studies[row["study_id"]], pile.sizes[row["effect_id"]]) for row in pile.used)


def target_of(question: Question, rows: Sequence[Any]) -> int | None:
    """Index of the multi-site UK trial of this very programme, if one carries the headline (rule 14)."""
    for index, row in enumerate(rows):
        study = question.evidence["studies"][row["study_id"]]
        same = row["programme_id"] == question.programme and row["role"] == "estimate"
        if same and select.is_randomised(study) and study["setting"] == "uk" and study["multi_site"]:
            return index
    return None
