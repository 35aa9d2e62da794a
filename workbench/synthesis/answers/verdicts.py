"""From a posterior to chances: benefit, no difference that matters and harm, and what caps the word for them (rules 16 and 17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.baselines import BaselineRisk
from workbench.effects import select
from workbench.effects.conversions import LOGISTIC
from workbench.effects.measures import RATIOS
from workbench.synthesis.answers.pooling import Pile, Question
from workbench.synthesis.result import Synthesis


@dataclass(frozen=True)
class Probabilities:
    """Posterior probabilities of the new-area effect against the minimal difference; the first three sum to 1."""

    benefit: float
    within: float
    harm: float
    any_benefit: float


def probabilities_of(result: Synthesis, question: Question, baseline: BaselineRisk | None) -> tuple[Probabilities, str]:
    """P(benefit), P(within) and P(harm) beyond the minimal difference, exactly given the baseline's quantiles (rule 16).

    A difference in shares becomes a threshold on the log odds at each baseline risk, and the probabilities are averaged
    over the baseline. Without a baseline the standardised default is carried to the log odds scale.
    """
    low, high, described = thresholds(question.outcome, question.measure, baseline, question.default_smd)
    return beyond(result, low, high), described


def beyond(result: Synthesis, low: np.ndarray, high: np.ndarray) -> Probabilities:
    """Probabilities beyond the thresholds of harm and benefit, averaged over them."""
    benefit = float(np.mean(1.0 - new_area_cdf(result, high)))
    harm = float(np.mean(new_area_cdf(result, low)))
    return Probabilities(benefit, max(0.0, 1.0 - benefit - harm), harm, result.probability("theta_new", above=0.0))


def new_area_cdf(result: Synthesis, x: np.ndarray) -> np.ndarray:
    """P(theta_new <= x) at each x, infinite ones among them."""
    finite = np.isfinite(x)
    out = np.where(x > 0, 1.0, 0.0)
    if finite.any():
        out[finite] = result.cdf("theta_new", x[finite])
    return out


def thresholds(
    outcome: Any, measure: str, baseline: BaselineRisk | None, default_smd: float
) -> tuple[np.ndarray, np.ndarray, str]:
    """Effects (benefit positive) below which harm, and above which benefit, exceeds the minimal difference.

    Parameters
    ----------
    outcome : Row
        Of ``outcomes.csv``.
    measure : str
    baseline : BaselineRisk or None
    default_smd : float
        Standardised minimal difference for events whose baseline risk is not known.

    Returns
    -------
    low, high : (m,) arrays
        One threshold per baseline quantile; infinite where the risk leaves no room for such a change.
    described : str
        ``share`` where the minimal difference is a share of families at the baseline risk, ``SMD`` otherwise.
    """
    minimal = outcome["minimal_difference"]
    if outcome["minimal_difference_unit"] == "SMD" or baseline is None or measure != "OR":
        smd = minimal if outcome["minimal_difference_unit"] == "SMD" else default_smd
        edge = smd if measure not in RATIOS else smd * LOGISTIC
        return np.array([-edge]), np.array([edge]), "SMD"
    p0 = baseline.quantiles()
    upwards = logit(np.minimum(p0 + minimal, 1.0)) - logit(p0)
    downwards = logit(p0) - logit(np.maximum(p0 - minimal, 0.0))
    if outcome["direction"] == "higher_is_better":
        return -downwards, upwards, "share"
    return -upwards, downwards, "share"


def logit(p: np.ndarray) -> np.ndarray:
    """Log odds; infinite at 0 and 1."""
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def cap_reasons(evidence: Any, pile: Pile, target: int | None) -> tuple[str, ...]:
    """Reasons of rule 17 for which no word stronger than the cap may be used."""
    studies = [evidence["studies"][row["study_id"]] for row in pile.used]
    leading = [pile.used[target]] if target is not None else list(pile.used)
    reasons = []
    if pile.basis == "quasi_experimental":
        reasons.append("only_quasi_experiments")
    if all(study["evaluator"] == "developer_led" for study in studies):
        reasons.append("only_developer_led")
    if all(row["informant"] in ("self_report", "parent_report") for row in pile.used):
        reasons.append("only_self_report")
    if len(pile.used) == 1 and select.families_in(pile.used[0], studies[0]) < 400:
        reasons.append("one_small_study")
    secondary = [row["primary_outcome"] is not True and evidence["studies"][row["study_id"]]["primary_result"] == "null" for row in leading]
    if all(secondary):
        reasons.append("secondary_of_null")
    return tuple(reasons)
