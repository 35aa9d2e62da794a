"""From the rows of one construct to the answer that a briefing prints, by the binding rules of the method.

The chain: rows -> admissible -> sized -> one per overlap group -> stronger design -> review or primaries -> model with
class bias and non-UK shift -> the effect to expect in a new area -> words. Each step is one short function; each row
that drops out keeps its reason; each alternative that a sceptic would ask for is fitted beside the headline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.baselines import Z_95, BaselineRisk, baseline_risk
from workbench.draws import Draws
from workbench.effects import select
from workbench.effects.sizes import EffectSizes, orientation
from workbench.errors import UsageError, nearest
from workbench.synthesis import priors
from workbench.synthesis.answers.headlines import Headline, Interval, NaturalFrequency, Removed, Scenario, Used
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist.twin import Pooled, pool
from workbench.synthesis.answers.pooling import (
    BIAS_TERMS, SHIFT_TERM, Part, Pile, Question, assemble, classes_of, collect, effects_of, parts_of, target_of,
)  # fmt: skip
from workbench.synthesis.answers.verdicts import Probabilities, cap_reasons, logit, probabilities_of, thresholds
from workbench.synthesis.answers.words import choose_word
from workbench.synthesis.result import Synthesis

__all__ = [
    "BIAS_TERMS", "SHIFT_TERM", "Headline", "Interval", "NaturalFrequency", "Part", "Probabilities", "Removed", "Scenario", "Used",
    "assemble", "headline", "thresholds",
]  # fmt: skip


def headline(
    evidence: Any,
    programme: str,
    construct: str,
    *,
    prior: str = "default",
    include_unverified: bool = False,
    engine: str = "exact",
    draws: int = 4096,
    seed: int = 1,
    baseline: BaselineRisk | None = None,
) -> Headline:
    """Answer one question: what does `programme` do to `construct`, for families in a new area?

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str
        A programme id; the model pools its whole family.
    construct : str
        A construct of ``outcomes.csv``, or an outcome, which then means its default construct.
    prior : str
        Name of a set in ``priors.csv``.
    include_unverified : bool
        Let rows that are not yet checked into the headline.
    engine : {"exact", "pymc"}
        Engine of the headline itself; its alternatives always use the exact one.
    draws, seed : int
        Number (a power of two) and seed of the draws that money and natural frequencies use.
    baseline : BaselineRisk, optional
        Risk without the programme, if not that of ``baselines.csv``.

    Returns
    -------
    Headline

    Raises
    ------
    UsageError
        If the programme, construct or prior set does not exist.
    """
    outcome = select.resolve_construct(evidence, construct)
    known = {row["set"] for row in evidence["priors"].rows}
    if prior not in known:
        raise UsageError(f"there is no set of priors {prior!r}; {nearest(prior, known) or 'there are ' + ', '.join(sorted(known))}")
    question = Question(evidence, programme, outcome, prior, engine, draws, seed)
    rows = select.rows_on(evidence, question.programmes, outcome["construct"])
    if not rows:
        return Headline(programme, outcome, outcome["measure"], "not_measured")
    pile = collect(question, rows, include_unverified)
    if not pile.used:
        return Headline(
            programme, outcome, outcome["measure"], "no_pooled_estimate", left_out=pile.left_out,
            removed=_removed(question, rows, pile, baseline, None) if not include_unverified else Removed((), 0, None),
        )  # fmt: skip
    return _answer(question, rows, pile, include_unverified, baseline)


def _fit(question: Question, effects: EffectSizes, target: int | None, engine: str = "exact", *, prior_set: str | None = None,
         without: Sequence[str] = (), factor: float = 1.0) -> Synthesis:  # fmt: skip
    """Fit the model with some additive terms left out, or all of them at `factor` times their judged size."""
    chosen = question.priors(prior_set)
    kept = [index for index, name in enumerate(effects.design_names) if name not in without]
    names = tuple(effects.design_names[index] for index in kept)
    effects = replace(effects, design=effects.design[:, kept], design_names=names)
    terms = {name: priors.Normal(chosen[name].mean * factor, chosen[name].sd * factor) for name in names}
    return fit(effects, mu=chosen["mu"], tau=chosen["tau"], engine=engine, terms=terms, target=target)


def _answer(question: Question, rows: Sequence[Any], pile: Pile, include_unverified: bool,
            baseline: BaselineRisk | None) -> Headline:  # fmt: skip
    evidence, outcome = question.evidence, question.outcome
    effects = effects_of(question, pile)
    target = target_of(question, pile.used)
    main = _fit(question, effects, target, question.engine)
    baseline = baseline or baseline_risk(evidence, outcome["construct"], evidence["programmes"][question.programme]["family"])
    probabilities, minimal = probabilities_of(main, question, baseline)
    edges = thresholds(outcome, question.measure, baseline, question.default_smd)
    reasons = cap_reasons(evidence, pile, target)
    drawn = main.draws(question.draws, question.seed, question.dimensions, name=question.quantity)
    return Headline(
        programme_id=question.programme,
        construct=outcome,
        measure=question.measure,
        status="pooled" if effects.k > 1 else "single",
        basis=pile.basis,
        effects=effects,
        fit=main,
        target=None if target is None else pile.used[target]["study_id"],
        used=_used(evidence, pile.used, pile.sizes, main),
        beneath=_beneath(evidence, pile),
        left_out=pile.left_out,
        probabilities=probabilities,
        word=choose_word(evidence, probabilities, reasons),
        removed=Removed((), 0, None) if include_unverified else _removed(question, rows, pile, baseline, probabilities),
        scenarios=_scenarios(question, pile, effects, target, baseline, rows, include_unverified),
        twin=_twin(effects),
        natural=natural_frequency(drawn, outcome, baseline, question),
        minimal=minimal,
        thresholds=edges[:2],
        draws=drawn,
    )


def _used(evidence: Any, rows: Sequence[Any], sizes: Mapping[str, Any], result: Synthesis) -> tuple[Used, ...]:
    shrinkage, weights = result.shrinkage(), result.weights()
    items = []
    for index, row in enumerate(rows):
        study, found = evidence["studies"][row["study_id"]], sizes[row["effect_id"]]
        line = shrinkage.iloc[index]
        kind = {"review": "review", "known_null": "null_at_zero"}.get(row["role"], "study")
        shrunken = Interval(float(line["mean"]), float(line["lower"]), float(line["upper"]))
        items.append(Used(row, study, found, orientation(row["direction"]) * found.y, found.se, float(weights[index]), shrunken, kind, classes_of(study)))
    return tuple(items)


def _beneath(evidence: Any, pile: Pile) -> tuple[Used, ...]:
    """Evidence of the other design: shown, with its own interval, and of no weight in the headline."""
    items = []
    for row in pile.beneath:
        study, found = evidence["studies"][row["study_id"]], pile.sizes[row["effect_id"]]
        y = orientation(row["direction"]) * found.y
        own = Interval(y, y - Z_95 * found.se, y + Z_95 * found.se)
        kind = {"review": "review", "known_null": "null_at_zero"}.get(row["role"], "study")
        items.append(Used(row, study, found, y, found.se, 0.0, own, kind, classes_of(study)))
    return tuple(items)


def _removed(question: Question, rows: Sequence[Any], pile: Pile, baseline: BaselineRisk | None,
             current: Probabilities | None) -> Removed:  # fmt: skip
    """What the check filter removed (rule 4), and the word if those rows were added."""
    gone = tuple(item.row for item in pile.left_out if item.reason == "unverified")
    null_or_adverse = sum(row["reported_result"] in ("not_significant", "harm") for row in gone)
    if not gone:
        return Removed((), 0, None)
    wider = collect(question, rows, include_unverified=True)
    if not wider.used:
        return Removed(gone, null_or_adverse, None)
    effects, target = effects_of(question, wider), target_of(question, wider.used)
    baseline = baseline or baseline_risk(question.evidence, question.outcome["construct"], question.evidence["programmes"][question.programme]["family"])
    probabilities, _ = probabilities_of(_fit(question, effects, target), question, baseline)
    word = choose_word(question.evidence, probabilities, cap_reasons(question.evidence, wider, target))
    now = None if current is None else choose_word(question.evidence, current, cap_reasons(question.evidence, pile, target_of(question, pile.used)))
    return Removed(gone, null_or_adverse, None if now is not None and word.sentence_words == now.sentence_words else word)


def _scenarios(question: Question, pile: Pile, effects: EffectSizes, target: int | None, baseline: BaselineRisk | None,
               rows: Sequence[Any], include_unverified: bool) -> dict[str, Scenario]:  # fmt: skip
    """The alternatives that stand beside the headline, each a fit of its own."""
    fits: dict[str, tuple[Synthesis, Pile, int | None]] = {}
    if any(name in effects.design_names for name in BIAS_TERMS):
        fits["unadjusted"] = _fit(question, effects, target, without=BIAS_TERMS), pile, target
    if effects.design_names:
        fits["judgement_zero"] = _fit(question, effects, target, without=effects.design_names), pile, target
        fits["judgement_doubled"] = _fit(question, effects, target, factor=2.0), pile, target
    if question.prior != "wide":
        fits["wide_priors"] = _fit(question, effects, target, prior_set="wide"), pile, target
    figures = [row for row in pile.used if row["role"] != "known_null"]
    if figures and len(figures) < len(pile.used):
        smaller = Pile(pile.basis, tuple(figures), pile.beneath, pile.left_out, pile.sizes)
        fits["numbers_only"] = _fit(question, effects_of(question, smaller), target_of(question, figures)), smaller, target_of(question, figures)
    if not include_unverified and any(item.reason == "unverified" for item in pile.left_out):
        wider = collect(question, rows, include_unverified=True)
        if {row["effect_id"] for row in wider.used} != {row["effect_id"] for row in pile.used}:
            place = target_of(question, wider.used)
            fits["with_unverified"] = _fit(question, effects_of(question, wider), place), wider, place
    return {name: _scenario(question, name, *found, baseline) for name, found in fits.items()}


def _scenario(question: Question, name: str, result: Synthesis, pile: Pile, target: int | None, baseline: BaselineRisk | None) -> Scenario:
    probabilities, _ = probabilities_of(result, question, baseline)
    word = choose_word(question.evidence, probabilities, cap_reasons(question.evidence, pile, target))
    return Scenario(name, result, probabilities, word, parts_of(question, pile))


def _twin(effects: EffectSizes) -> Pooled | None:
    """REML with the safeguarded Knapp-Hartung interval, where at least two studies inform the spread between places."""
    if effects.k < 2 or not np.all(effects.informs_tau):
        return None
    return pool(effects, method="REML", knapp_hartung="safeguarded")


def natural_frequency(drawn: Draws, outcome: Any, baseline: BaselineRisk | None, question: Question) -> NaturalFrequency | None:
    """Natural frequencies by draw: p1 = expit(logit p0 + theta) (rule 18)."""
    if baseline is None or question.measure != "OR":
        return None
    p0 = baseline.draws(question.draws, question.seed, question.dimensions)
    p1 = 1.0 / (1.0 + np.exp(-(logit(p0) + drawn.raw)))
    return NaturalFrequency(_interval(p0), _interval(p1), _interval(p1 - p0), baseline)


def _interval(values: np.ndarray) -> Interval:
    low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
    return Interval(float(median), float(low), float(high))
