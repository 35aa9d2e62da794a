"""The same rows under another stance: a headline refitted with another named set of priors, and nothing else changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.baselines import BaselineRisk, baseline_risk
from workbench.synthesis.answers.answer import natural_frequency
from workbench.synthesis.answers.headlines import Headline
from workbench.synthesis.answers.pooling import Question
from workbench.synthesis.answers.verdicts import new_area_cdf, probabilities_of, thresholds
from workbench.synthesis.answers.words import choose_word
from workbench.synthesis.fitting import fit


def under(found: Headline, prior: str | None = None, baseline: BaselineRisk | None = None) -> Headline:
    """Return a headline as another set of priors, or another risk without the programme, would have it.

    Rows, additive terms, target, draws' number, seed and dimensions stay as they are, so that it equals what
    `workbench.synthesis.headline` gives with ``prior=`` and ``baseline=``; the alternatives beside it are not refitted.

    Parameters
    ----------
    found : Headline
        By the exact engine.
    prior : str, optional
        Name of a set in ``priors.csv``; purposes that it does not name keep those of the default set. The headline's own
        fit unless given.
    baseline : BaselineRisk, optional
        That of the headline unless given.

    Returns
    -------
    Headline
        `found` itself where it has no fit.
    """
    if found.fit is None:
        return found
    evidence, question = found.fit.effects.evidence, _question(found, prior or "default")
    risk = baseline or (found.natural.baseline if found.natural else _on_file(evidence, found))
    result = found.fit if prior is None else _refit(found, question.priors())
    drawn = found.draws if prior is None else result.draws(question.draws, question.seed, question.dimensions, name=question.quantity)
    probabilities, minimal = probabilities_of(result, question, risk)
    return replace(
        found, fit=result, probabilities=probabilities, minimal=minimal, draws=drawn, natural=natural_frequency(drawn, found.construct, risk, question),
        word=choose_word(evidence, probabilities, found.word.reasons),
    )  # fmt: skip


def _question(found: Headline, prior: str = "default") -> Question:
    evidence = found.fit.effects.evidence
    return Question(evidence, found.programme_id, found.construct, prior, "exact", len(found.draws), found.draws.seed)


@dataclass(frozen=True)
class _Listed:
    """Risks to be taken one by one, in the place of a distribution."""

    risks: np.ndarray

    def quantiles(self) -> np.ndarray:
        return self.risks


def chances(found: Headline, risks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of benefit and of harm beyond the minimal difference at each of some known risks.

    Parameters
    ----------
    found : Headline
        With a fit.
    risks : ndarray, shape (m,)
        Risks without the programme, between 0 and 1.

    Returns
    -------
    benefit, harm : ndarray, shape (m,)
        Each as `under` with a fixed risk would have it.
    """
    question = _question(found)
    low, high, _ = thresholds(question.outcome, question.measure, _Listed(np.asarray(risks, dtype=float)), question.default_smd)
    benefit, harm = 1.0 - new_area_cdf(found.fit, high), new_area_cdf(found.fit, low)
    return np.broadcast_to(benefit, risks.shape), np.broadcast_to(harm, risks.shape)


def _on_file(evidence: Any, found: Headline) -> BaselineRisk | None:
    return baseline_risk(evidence, found.construct["construct"], evidence["programmes"][found.programme_id]["family"])


def _refit(found: Headline, chosen: dict[str, Any]) -> Any:
    terms = {name: chosen[name] for name in found.fit.effects.design_names}
    return fit(found.fit.effects, mu=chosen["mu"], tau=chosen["tau"], terms=terms, target=found.fit.target)
