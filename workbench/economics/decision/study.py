"""The study most worth funding next: proposed studies of what moves money, of several sizes, by value less cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logit, ndtri

from workbench.draws import uniforms
from workbench.economics.conditional import conditional_means
from workbench.economics.decision.population import NetBenefitOfSampling, Population, StudyCost
from workbench.economics.decision.trial import Remeasurement, Trial, evsi, evsi_of_report, report_moments, trial_estimates
from workbench.economics.decision.voi import DrawSet
from workbench.economics.information import Estimate, evppi, over_sets
from workbench.errors import UsageError

if TYPE_CHECKING:
    import pandas

Study = Trial | Remeasurement
MONTHS = 12
PLACE, ERROR = "study/place", "study/error"  # a trial's own points: its place, and its sampling error


@dataclass(frozen=True, eq=False)
class Proposal:
    """One proposed study and what it would be worth.

    Attributes
    ----------
    study : Trial or Remeasurement
    evsi : Estimate
        Per family for whom a decision follows.
    net : NetBenefitOfSampling or None
        None where nobody knows how many families there are.
    """

    study: Study
    evsi: Estimate
    net: NetBenefitOfSampling | None

    @property
    def sort(self) -> tuple[str, float]:
        """Subject and number of places: what proposals that differ in size alone have in common."""
        return self.study.subject, self.study.sites

    @property
    def balance(self) -> float:
        """Mean net benefit of sampling; value per family where the number of families is not known."""
        return self.evsi.value if self.net is None else self.net.enbs.mean

    def __repr__(self) -> str:
        worth = f"worth {self.evsi.value:,.4g} per family" if self.net is None else f"value {self.net.value.mean:,.0f}, cost {self.net.spent.mean:,.0f}"
        return f"Proposal({self.study.subject}, {self.study.families:,.0f} families in {self.study.sites:,.0f} places: {worth})"


@dataclass(frozen=True, eq=False)
class Proposals:
    """All studies considered.

    Attributes
    ----------
    each : tuple of Proposal
    population : Population or None
        Before any follow-up; None where the number of families is not known.
    """

    each: tuple[Proposal, ...]
    population: Population | None

    @cached_property
    def best(self) -> Proposal | None:
        """The study with the highest mean net benefit of sampling; by value per family where the number of families is not known."""
        if not self.each:
            return None
        return max(self.each, key=lambda item: (item.balance, -item.study.families))

    @property
    def shortlist(self) -> tuple[Proposal, ...]:
        """Every size of the best kind of study, and of each other kind (subject and number of places) the size that comes nearest to paying."""
        if self.best is None:
            return ()
        nearest: dict[tuple[str, float], Proposal] = {}
        for item in self.each:
            known = nearest.setdefault(item.sort, item)
            nearest[item.sort] = item if item.balance > known.balance else known
        return tuple(item for item in self.each if item.sort == self.best.sort or item is nearest[item.sort])

    @property
    def pays(self) -> bool | None:
        """Whether the best study is worth more than it costs; None where the number of families is not known."""
        return None if self.best is None or self.best.net is None else self.best.net.enbs.mean > 0

    def frame(self) -> pandas.DataFrame:
        """A data frame: one row a study."""
        import pandas

        def row(item: Proposal) -> list[Any]:
            money = [None] * 3 if item.net is None else [item.net.value.mean, item.net.spent.mean, item.net.enbs.mean]
            return [item.study.subject, item.study.families, item.study.sites, item.evsi.value, item.evsi.se, *money]

        return pandas.DataFrame([row(item) for item in self.each], columns=["subject", "families", "sites", "evsi", "se", "value", "cost", "enbs"])

    def __repr__(self) -> str:
        return f"Proposals({len(self.each)} studies; best: {self.best!r}; pays: {self.pays})"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(float_format='{:,.4g}'.format, na_rep='')}"


@dataclass(frozen=True, eq=False)
class _Effect:
    """What one set of draws says of one outcome: all that the value of a trial on it depends on."""

    centre: np.ndarray  # (n,) average effect, in printed direction
    tau: np.ndarray  # (n,) spread between places
    logit_p0: np.ndarray  # (n,)
    given: np.ndarray  # (n,) mean net benefit given these three
    ceiling: float  # value of knowing average effect and spread
    source: DrawSet

    def moments(self, study: Trial) -> tuple[np.ndarray, np.ndarray]:
        return report_moments(study, self.centre, self.tau, self.logit_p0)

    def reports(self, study: Trial, points: np.ndarray) -> np.ndarray:
        return trial_estimates(study, self.centre, self.tau, self.logit_p0, points[:, 0], points[:, 1])


@dataclass(frozen=True, eq=False)
class _Figure:
    """What one set of draws says of one figure that can be measured again."""

    draws: np.ndarray  # (n,)
    given: np.ndarray  # (n,) mean net benefit given the figure
    ceiling: float
    source: DrawSet

    def moments(self, study: Remeasurement) -> tuple[np.ndarray, np.ndarray]:
        return self.draws, np.full(len(self.draws), study.sd(self.draws))

    def reports(self, study: Remeasurement, points: np.ndarray) -> np.ndarray:
        return self.draws + study.sd(self.draws) * ndtri(points[:, 1])


def _subject(item: DrawSet, name: str) -> Any:
    found = {each.name: each for each in item.inputs}
    if name not in found:
        raise UsageError(f"a study of {name!r} moves no money here; what does: {', '.join(found) or 'nothing'}")
    each = found[name]
    known = item.columns(each)
    ceiling = evppi(item.net_benefit, known)
    if each.construct is None:
        return _Figure(each.draws, _given(item, known), ceiling, item)
    own = item.controls.baseline_risk
    base = np.full(item.kernel.count, logit(own[each.construct])) if each.construct in own else item.kernel.logit_p0[each.construct]
    return _Effect(known[:, 0], known[:, 1], base, _given(item, np.column_stack([known, base])), ceiling, item)


def _given(item: DrawSet, known: np.ndarray) -> np.ndarray:
    return conditional_means(item.net_benefit[:, None], known)[:, 0]


def value_of_study(sets: Sequence[DrawSet], study: Study, dimensions: Mapping[str, int] | None = None) -> Estimate:
    """Expected value of a study's result, per family, over one or several sets of draws.

    Parameters
    ----------
    sets : sequence of DrawSet
        Of one question.
    study : Trial or Remeasurement
        Of one of their inputs.
    dimensions : mapping of str to int, optional
        Registered Sobol dimensions; used only for the error of a single set, which simulates the study's reports.

    Returns
    -------
    Estimate
        Between 0 and the value of knowing the subject exactly (an effect by its average and spread), in each set.

    Raises
    ------
    UsageError
        If the subject is no input.
    """
    return _over([_subject(each, study.subject) for each in sets], study, dimensions or {})


def _over(subjects: Sequence[Any], study: Study, dimensions: Mapping[str, int]) -> Estimate:
    found = [0.0 if each.ceiling == 0.0 else min(evsi_of_report(each.given, *each.moments(study)), each.ceiling) for each in subjects]
    if len(found) > 1:
        return over_sets(found)
    first = subjects[0]
    points = uniforms([PLACE, ERROR], first.source.kernel.count, first.source.kernel.seed, dimensions)
    return Estimate(found[0], evsi(first.source.net_benefit, first.reports(study, points)).se)


def propose(sets: Sequence[DrawSet], studies: Sequence[Study], dimensions: Mapping[str, int], cost: StudyCost, population: Population | None) -> Proposals:
    """Value each study and set it against its cost.

    Parameters
    ----------
    sets : sequence of DrawSet
    studies : sequence of Trial or Remeasurement
    dimensions : mapping of str to int
    cost : StudyCost
        Its `forgone` is set here: the mean net benefit that families in the arm that looks worse today do without.
    population : Population or None
        With the delay before follow-up; each study's own follow-up is added. None where the number of families is not known.

    Returns
    -------
    Proposals
    """
    mean = float(np.mean([each.net_benefit.mean() for each in sets]))
    cost = replace(cost, forgone=abs(mean))
    subjects = {name: [_subject(each, name) for each in sets] for name in dict.fromkeys(study.subject for study in studies)}
    found = []
    for study in studies:
        worth = _over(subjects[study.subject], study, dimensions)
        net = None
        if population is not None:
            later = replace(population, delay=population.delay + study.follow_up_months / MONTHS)
            worse = study.arms[0] if mean < 0 else study.arms[1]
            net = NetBenefitOfSampling(worth, later.discounted, cost.total(study.families, worse))
        found.append(Proposal(study, worth, net))
    return Proposals(tuple(found), population)
