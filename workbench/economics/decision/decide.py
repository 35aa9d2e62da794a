"""Everything that bears on a decision about one programme: what drives it, how sure, what to study next, who gains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import Any

import numpy as np

from workbench.draws import registered
from workbench.economics.decision.acceptability import Acceptability, programme_acceptability
from workbench.economics.decision.equity import Weighted, equity_scenarios, weighted
from workbench.economics.decision.inputs import Input, appraisal_inputs, fix
from workbench.economics.decision.sensitivity import Tornado, tornado
from workbench.economics.decision.settle import Settled, Unknown, settle_first
from workbench.economics.decision.study import Proposals, propose
from workbench.economics.decision.terms import StudyTerms, control_ranges, families_behind, families_within, follow_up_months, multiples, study_terms
from workbench.economics.decision.voi import DrawSet, InformationValue, draw_set, value_of_information
from workbench.economics.evaluate import evaluate

READ_AT = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)  # quantiles of an effect at which its break-even cost is read


@dataclass(frozen=True)
class Threshold:
    """One point of the line between paying and not paying.

    Attributes
    ----------
    construct : str
    theta : float
        Log odds ratio in printed direction, the same in every draw.
    difference : float
        Mean difference in risk that it means.
    cost : float
        Present value of cost per family at which the mean net present value is zero; negative where benefits are.
    """

    construct: str
    theta: float
    difference: float
    cost: float


@dataclass(frozen=True, eq=False)
class Decision:
    """What bears on a decision; where nothing can be valued, only `first` is there.

    Attributes
    ----------
    tornado : Tornado or None
    acceptability : Acceptability or None
        Against multiples of what benefits are worth.
    thresholds : tuple of Threshold
        Effect against cost, by construct.
    information : InformationValue or None
    proposals : Proposals or None
        Trials on outcomes that move money; None where nobody laid down the terms of a study.
    terms : StudyTerms or None
    families : object or None
        Who could benefit in a year, as given.
    equity : tuple of Weighted
    first : Settled or None
        The unknown to settle first by rule, where no study can be valued.
    """

    tornado: Tornado | None = None
    acceptability: Acceptability | None = None
    thresholds: tuple[Threshold, ...] = ()
    information: InformationValue | None = None
    proposals: Proposals | None = None
    terms: StudyTerms | None = None
    families: Any = None
    equity: tuple[Weighted, ...] = ()
    first: Settled | None = None

    @property
    def valued(self) -> bool:
        """Whether there is a net present value."""
        return self.tornado is not None

    def __repr__(self) -> str:
        if not self.valued:
            return f"Decision(not valued; settle first: {self.first.unknown.name if self.first else 'nothing'})"
        return f"Decision({self.tornado!r}; {self.information!r}; {self.proposals!r})"

    def _repr_html_(self) -> str:
        parts = [each._repr_html_() for each in (self.tornado, self.acceptability, self.information, self.proposals, *self.equity) if each is not None]
        return "".join(parts) or f"<p><code>{escape(repr(self))}</code></p>"


def decide(evidence: Any, appraisal: Any, others: Iterable[Any] = (), families: Any = None, unknowns: Sequence[Unknown] = ()) -> Decision:
    """Work out everything that bears on a decision.

    Parameters
    ----------
    evidence : EvidenceBase
    appraisal : Appraisal
    others : iterable of Appraisal
        The same from other scrambles of the draws; seven or more, so that simulation errors come from eight sets. Each is used
        up before the next is asked for.
    families : Eligible, optional
        Families for whom the decision would be taken, in all the places that a study would serve.
    unknowns : sequence of Unknown
        Main outcomes, for the rule that names what to settle where no study can be valued.

    Returns
    -------
    Decision
    """
    first = settle_first(unknowns)
    if appraisal.evaluation.npv is None:
        return Decision(first=first)
    kernel, controls = appraisal.kernel, appraisal.controls
    inputs = appraisal_inputs(evidence, appraisal)
    sets = [_set(evidence, each) for each in chain((appraisal,), others)]
    terms = study_terms(evidence, kernel)
    proposals = None if terms is None else _proposals(evidence, sets, terms, families)
    grid = multiples(evidence)
    return Decision(
        tornado(kernel, controls, inputs, control_ranges(evidence, kernel, controls)),
        programme_acceptability(appraisal.evaluation, grid) if grid else None,
        tuple(point for item in inputs if item.group == "effects" for point in _thresholds(appraisal, item)),
        value_of_information(sets), proposals, terms, families,
        tuple(weighted(appraisal.evaluation, scenario) for scenario in equity_scenarios(evidence)),
        None if proposals is not None and proposals.each else first,
    )  # fmt: skip


def _set(evidence: Any, appraisal: Any) -> DrawSet:
    return draw_set(appraisal.kernel, appraisal.controls, appraisal.draws, appraisal_inputs(evidence, appraisal))


def _thresholds(appraisal: Any, item: Input) -> list[Threshold]:
    """The break-even cost at several quantiles of an effect."""
    found = []
    for theta in np.quantile(item.draws, READ_AT):
        at = evaluate(fix(appraisal.kernel, item, theta), appraisal.controls)
        found.append(Threshold(str(item.construct), float(theta), at.differences[item.construct].mean, at.benefit.mean))
    return found


def _proposals(evidence: Any, sets: Sequence[DrawSet], terms: StudyTerms, families: Any) -> Proposals:
    """Studies of each size: trials on each outcome that moves society's money, and of figures that an earlier study measured."""
    first = sets[0]
    population, most = None, np.inf
    if families is not None and families.median is not None:
        stock, drawn = families.period != "year", families.draws(first.kernel.count, first.kernel.seed)
        population = terms.population(drawn, stock, first.controls.schedule[0])
        most = families_within(terms.delay, drawn, stock)
    studies: list[Any] = []
    for item in first.inputs:
        behind = families_behind(evidence, item.row)
        if item.group == "effects":
            studies += terms.trials(str(item.construct), follow_up_months(evidence, str(item.construct)), most)
        elif behind is not None:
            studies += terms.remeasurements(item.name, behind, most)
    return propose(sets, studies, registered(evidence), terms.cost, population)
