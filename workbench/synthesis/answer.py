"""From the rows of one construct to the answer that a briefing prints, by the binding rules of the method.

The chain: rows -> admissible -> sized -> one per overlap group -> stronger design -> review or primaries -> model with
class bias and non-UK shift -> the effect to expect in a new area -> words. Each step is one short function; each row
that drops out keeps its reason; each alternative that a sceptic would ask for is fitted beside the headline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from workbench.baselines import Z_95, BaselineRisk, baseline_risk
from workbench.draws import Draws
from workbench.effects import select
from workbench.effects.select import LeftOut
from workbench.effects.conversions import LOGISTIC
from workbench.effects.measures import RATIOS
from workbench.effects.routes import size
from workbench.effects.sizes import EffectSizes, orientation
from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis import priors
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist import Pooled, pool
from workbench.synthesis.result import Synthesis
from workbench.synthesis.words import Word, choose_word

BIAS_TERMS = ("bias_quasi_experiment", "bias_trial")
SHIFT_TERM = "shift_non_uk"


#: A row of effects.csv, its study and its Size.
Part = tuple[Mapping[str, Any], Mapping[str, Any], Any]


@dataclass(frozen=True)
class Interval:
    """A median with a central 95 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Used:
    """One row in the model: its effect, its share of the weight and what it is shrunken to."""

    row: Mapping[str, Any]
    study: Mapping[str, Any]
    size: Any  # as printed; y is oriented
    y: float
    se: float
    weight: float
    shrunken: Interval
    kind: str  # study | review | null_at_zero
    classes: tuple[str, ...]

    @property
    def route(self) -> Any:
        """How the effect was computed from what the source prints."""
        return self.size.route


@dataclass(frozen=True)
class Probabilities:
    """Posterior probabilities of the new-area effect against the minimal difference; the first three sum to 1."""

    benefit: float
    within: float
    harm: float
    any_benefit: float


@dataclass(frozen=True)
class Removed:
    """What the check filter kept out, and the word that the headline would have if it had not."""

    rows: tuple[Mapping[str, Any], ...]
    null_or_adverse: int
    word_if_added: Word | None


@dataclass(frozen=True)
class NaturalFrequency:
    """Risks as shares between 0 and 1: without the programme, with it, and the difference, draw by draw."""

    p0: Interval
    p1: Interval
    difference: Interval
    baseline: BaselineRisk


@dataclass(frozen=True)
class Scenario:
    """The same question under another defensible choice."""

    name: str
    fit: Synthesis
    probabilities: Probabilities
    word: Word
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Headline:
    """The answer for one programme and one construct, with everything that it rests on.

    ``status`` is ``pooled`` (two or more results), ``single`` (one), ``no_pooled_estimate`` (rows, but none that may be
    pooled) or ``not_measured`` (no row at all). ``fit`` and what follows from it are None in the last two.
    Effects are oriented so that positive is a benefit, on the analysis scale (log for ratios).
    """

    programme_id: str
    construct: Mapping[str, Any]
    measure: str | None
    status: str
    basis: str | None = None
    effects: EffectSizes | None = None
    fit: Synthesis | None = None
    target: str | None = None
    used: tuple[Used, ...] = ()
    beneath: tuple[Used, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    probabilities: Probabilities | None = None
    word: Word | None = None
    removed: Removed = field(default_factory=lambda: Removed((), 0, None))
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    twin: Pooled | None = None
    natural: NaturalFrequency | None = None
    minimal: str = ""
    thresholds: tuple[np.ndarray, np.ndarray] | None = None
    draws: Draws | None = None

    @property
    def direction(self) -> str:
        """The construct's printed direction: ``higher_is_better`` or ``lower_is_better``."""
        return self.construct["direction"]

    @property
    def k(self) -> int:
        """Number of results in the model."""
        return len(self.used)

    @property
    def families(self) -> int:
        """Families (or participants) behind the results used."""
        return sum(select.families_in(item.row, item.study) for item in self.used)

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the results used, in order of weight."""
        ordered = sorted(self.used, key=lambda item: -item.weight)
        return tuple(dict.fromkeys(item.study["country"] for item in ordered))

    @property
    def check_shares(self) -> dict[str, float]:
        """Share of the weight that rests on each check level."""
        shares: dict[str, float] = {}
        for item in self.used:
            shares[item.row["checked"]] = shares.get(item.row["checked"], 0.0) + item.weight
        return shares

    def _scenario(self, name: str) -> Synthesis | None:
        found = self.scenarios.get(name)
        return found.fit if found else None

    @property
    def unadjusted(self) -> Synthesis | None:
        """Without the design-bias terms."""
        return self._scenario("unadjusted")

    @property
    def doubled(self) -> Synthesis | None:
        """With the judged bias and shift at twice their size."""
        return self._scenario("judgement_doubled")

    @property
    def wide(self) -> Synthesis | None:
        """With the wide priors."""
        return self._scenario("wide_priors")

    @property
    def numbers_only(self) -> Synthesis | None:
        """Without the nulls that enter at zero; None where there are none."""
        return self._scenario("numbers_only")

    @property
    def with_unverified(self) -> Synthesis | None:
        """With rows that are not yet checked; None where there are none."""
        return self._scenario("with_unverified")

    @cached_property
    def specifications(self) -> Any:
        """Every combination of the defensible choices behind the headline (`workbench.synthesis.multiverse`)."""
        from workbench.synthesis.specifications import multiverse

        return multiverse(self)

    @cached_property
    def nulls_exact(self) -> Scenario | None:
        """The nulls without a figure by the exact probability of not being significant, in place of zeros (rule 10).

        None where there is no such null, or where every result is one: then nothing places the mean.
        """
        hidden = [item.kind == "null_at_zero" for item in self.used]
        if not any(hidden) or all(hidden):
            return None
        fitted = self.fit
        result = fit(
            fitted.effects, mu=fitted.mu_prior, tau=fitted.tau_prior, terms=dict(fitted.terms), target=fitted.target,
            nulls="exact", censored=hidden,
        )  # fmt: skip
        probabilities = _beyond(result, *self.thresholds)
        word = choose_word(fitted.effects.evidence, probabilities, self.word.reasons)
        return Scenario("nulls_exact", result, probabilities, word, tuple((item.row, item.study, item.size) for item in self.used))

    @cached_property
    def small_study(self) -> Any:
        """Tests of small-study effects on the rows of the model, or why none is made (`workbench.synthesis.small_study`)."""
        from workbench.synthesis.smallstudy import small_study

        return small_study(self.effects, averaging=False)

    def compare(self) -> Any:
        """Return the headline and every alternative side by side.

        Returns
        -------
        DataFrame
            Index: headline and scenario names; columns: k, median, lower, upper of the new-area effect (benefit positive),
            the probabilities of benefit, within and harm, and the words.
        """
        import pandas as pd

        if self.fit is None:
            return pd.DataFrame()
        lines = {"headline": (self.fit, self.probabilities, self.word)}
        lines |= {name: (item.fit, item.probabilities, item.word) for name, item in self.scenarios.items()}
        records = {}
        for name, (result, chances, word) in lines.items():
            low, high = result.interval("theta_new")
            records[name] = {
                "k": result.effects.k, "median": result.median("theta_new"), "lower": low, "upper": high,
                "benefit": chances.benefit, "within": chances.within, "harm": chances.harm, "words": word.sentence_words,
            }  # fmt: skip
        return pd.DataFrame.from_dict(records, orient="index")

    def rows_left_out(self) -> Any:
        """Return every row that is not in the model, as a DataFrame: effect_id, the code of the reason, and the reason in words."""
        import pandas as pd

        beneath = [(item.row["effect_id"], "other_design", select.REASONS["other_design"]) for item in self.beneath]
        others = [(item.row["effect_id"], item.reason, item.words) for item in self.left_out]
        return pd.DataFrame([*beneath, *others], columns=["effect_id", "reason", "words"])

    def __repr__(self) -> str:
        name = f"{self.programme_id}, {self.construct['name']}"
        if self.fit is None:
            return f"<Headline {name}: {self.status.replace('_', ' ')}>"
        return f"<Headline {name}: {self.word.sentence_words}; k = {self.k}; {self.fit!r}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>" + (self.fit._repr_html_() if self.fit is not None else "")


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
    question = _Question(evidence, programme, outcome, prior, engine, draws, seed)
    rows = select.rows_on(evidence, question.programmes, outcome["construct"])
    if not rows:
        return Headline(programme, outcome, outcome["measure"], "not_measured")
    pile = _collect(question, rows, include_unverified)
    if not pile.used:
        return Headline(
            programme, outcome, outcome["measure"], "no_pooled_estimate", left_out=pile.left_out,
            removed=_removed(question, rows, pile, baseline, None) if not include_unverified else Removed((), 0, None),
        )  # fmt: skip
    return _answer(question, rows, pile, include_unverified, baseline)


@dataclass(frozen=True)
class _Question:
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
        return select.family_of(self.evidence, self.programme)

    @property
    def measure(self) -> str | None:
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
        return {row["name"]: row["dimension"] for row in self.evidence["dimensions"].rows}


@dataclass(frozen=True)
class _Pile:
    """Rows sorted into those used, those beneath and those left out."""

    basis: str | None
    used: tuple[Any, ...]
    beneath: tuple[Any, ...]
    left_out: tuple[LeftOut, ...]
    sizes: Mapping[str, Any]  # effect_id -> Size, in the printed direction


def _collect(question: _Question, rows: Sequence[Any], include_unverified: bool) -> _Pile:
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
    return _Pile(basis if used else None, used, beneath, (*out, *overlapping, *contained), sizes)


def _classes(study: Mapping[str, Any]) -> tuple[str, ...]:
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
    classes = [_classes(study) for study in studies]
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


def _effects(question: _Question, pile: _Pile) -> EffectSizes:
    return assemble(question.evidence, question.outcome, question.programme, _parts(question, pile))


def _parts(question: _Question, pile: _Pile) -> tuple[Part, ...]:
    studies = question.evidence["studies"]
    return tuple((row, studies[row["study_id"]], pile.sizes[row["effect_id"]]) for row in pile.used)


def _target(question: _Question, rows: Sequence[Any]) -> int | None:
    """Index of the multi-site UK trial of this very programme, if one carries the headline (rule 14)."""
    for index, row in enumerate(rows):
        study = question.evidence["studies"][row["study_id"]]
        same = row["programme_id"] == question.programme and row["role"] == "estimate"
        if same and select.is_randomised(study) and study["setting"] == "uk" and study["multi_site"]:
            return index
    return None


def _fit(question: _Question, effects: EffectSizes, target: int | None, engine: str = "exact", *, prior_set: str | None = None,
         without: Sequence[str] = (), factor: float = 1.0) -> Synthesis:  # fmt: skip
    """Fit the model with some additive terms left out, or all of them at `factor` times their judged size."""
    chosen = question.priors(prior_set)
    kept = [index for index, name in enumerate(effects.design_names) if name not in without]
    names = tuple(effects.design_names[index] for index in kept)
    effects = replace(effects, design=effects.design[:, kept], design_names=names)
    terms = {name: priors.Normal(chosen[name].mean * factor, chosen[name].sd * factor) for name in names}
    return fit(effects, mu=chosen["mu"], tau=chosen["tau"], engine=engine, terms=terms, target=target)


def _answer(question: _Question, rows: Sequence[Any], pile: _Pile, include_unverified: bool,
            baseline: BaselineRisk | None) -> Headline:  # fmt: skip
    evidence, outcome = question.evidence, question.outcome
    effects = _effects(question, pile)
    target = _target(question, pile.used)
    main = _fit(question, effects, target, question.engine)
    baseline = baseline or baseline_risk(evidence, outcome["construct"], evidence["programmes"][question.programme]["family"])
    probabilities, minimal = _probabilities(main, question, baseline)
    edges = thresholds(outcome, question.measure, baseline, question.default_smd)
    reasons = _cap_reasons(evidence, pile, target)
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
        natural=_natural(drawn, outcome, baseline, question),
        minimal=minimal,
        thresholds=edges[:2],
        draws=drawn,
    )


def _probabilities(result: Synthesis, question: _Question, baseline: BaselineRisk | None) -> tuple[Probabilities, str]:
    """P(benefit), P(within) and P(harm) beyond the minimal difference, exactly given the baseline's quantiles (rule 16).

    A difference in shares becomes a threshold on the log odds at each baseline risk, and the probabilities are averaged
    over the baseline. Without a baseline the standardised default is carried to the log odds scale.
    """
    low, high, described = thresholds(question.outcome, question.measure, baseline, question.default_smd)
    return _beyond(result, low, high), described


def _beyond(result: Synthesis, low: np.ndarray, high: np.ndarray) -> Probabilities:
    """Probabilities beyond the thresholds of harm and benefit, averaged over them."""
    benefit = float(np.mean(1.0 - _cdf(result, high)))
    harm = float(np.mean(_cdf(result, low)))
    return Probabilities(benefit, max(0.0, 1.0 - benefit - harm), harm, result.probability("theta_new", above=0.0))


def _cdf(result: Synthesis, x: np.ndarray) -> np.ndarray:
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
    upwards = _logit(np.minimum(p0 + minimal, 1.0)) - _logit(p0)
    downwards = _logit(p0) - _logit(np.maximum(p0 - minimal, 0.0))
    if outcome["direction"] == "higher_is_better":
        return -downwards, upwards, "share"
    return -upwards, downwards, "share"


def _logit(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def _cap_reasons(evidence: Any, pile: _Pile, target: int | None) -> tuple[str, ...]:
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


def _used(evidence: Any, rows: Sequence[Any], sizes: Mapping[str, Any], result: Synthesis) -> tuple[Used, ...]:
    shrinkage, weights = result.shrinkage(), result.weights()
    items = []
    for index, row in enumerate(rows):
        study, found = evidence["studies"][row["study_id"]], sizes[row["effect_id"]]
        line = shrinkage.iloc[index]
        kind = {"review": "review", "known_null": "null_at_zero"}.get(row["role"], "study")
        shrunken = Interval(float(line["mean"]), float(line["lower"]), float(line["upper"]))
        items.append(Used(row, study, found, orientation(row["direction"]) * found.y, found.se, float(weights[index]), shrunken, kind, _classes(study)))
    return tuple(items)


def _beneath(evidence: Any, pile: _Pile) -> tuple[Used, ...]:
    """Evidence of the other design: shown, with its own interval, and of no weight in the headline."""
    items = []
    for row in pile.beneath:
        study, found = evidence["studies"][row["study_id"]], pile.sizes[row["effect_id"]]
        y = orientation(row["direction"]) * found.y
        own = Interval(y, y - Z_95 * found.se, y + Z_95 * found.se)
        kind = {"review": "review", "known_null": "null_at_zero"}.get(row["role"], "study")
        items.append(Used(row, study, found, y, found.se, 0.0, own, kind, _classes(study)))
    return tuple(items)


def _removed(question: _Question, rows: Sequence[Any], pile: _Pile, baseline: BaselineRisk | None,
             current: Probabilities | None) -> Removed:  # fmt: skip
    """What the check filter removed (rule 4), and the word if those rows were added."""
    gone = tuple(item.row for item in pile.left_out if item.reason == "unverified")
    null_or_adverse = sum(row["reported_result"] in ("not_significant", "harm") for row in gone)
    if not gone:
        return Removed((), 0, None)
    wider = _collect(question, rows, include_unverified=True)
    if not wider.used:
        return Removed(gone, null_or_adverse, None)
    effects, target = _effects(question, wider), _target(question, wider.used)
    baseline = baseline or baseline_risk(question.evidence, question.outcome["construct"], question.evidence["programmes"][question.programme]["family"])
    probabilities, _ = _probabilities(_fit(question, effects, target), question, baseline)
    word = choose_word(question.evidence, probabilities, _cap_reasons(question.evidence, wider, target))
    now = None if current is None else choose_word(question.evidence, current, _cap_reasons(question.evidence, pile, _target(question, pile.used)))
    return Removed(gone, null_or_adverse, None if now is not None and word.sentence_words == now.sentence_words else word)


def _scenarios(question: _Question, pile: _Pile, effects: EffectSizes, target: int | None, baseline: BaselineRisk | None,
               rows: Sequence[Any], include_unverified: bool) -> dict[str, Scenario]:  # fmt: skip
    """The alternatives that stand beside the headline, each a fit of its own."""
    fits: dict[str, tuple[Synthesis, _Pile, int | None]] = {}
    if any(name in effects.design_names for name in BIAS_TERMS):
        fits["unadjusted"] = _fit(question, effects, target, without=BIAS_TERMS), pile, target
    if effects.design_names:
        fits["judgement_zero"] = _fit(question, effects, target, without=effects.design_names), pile, target
        fits["judgement_doubled"] = _fit(question, effects, target, factor=2.0), pile, target
    if question.prior != "wide":
        fits["wide_priors"] = _fit(question, effects, target, prior_set="wide"), pile, target
    figures = [row for row in pile.used if row["role"] != "known_null"]
    if figures and len(figures) < len(pile.used):
        smaller = _Pile(pile.basis, tuple(figures), pile.beneath, pile.left_out, pile.sizes)
        fits["numbers_only"] = _fit(question, _effects(question, smaller), _target(question, figures)), smaller, _target(question, figures)
    if not include_unverified and any(item.reason == "unverified" for item in pile.left_out):
        wider = _collect(question, rows, include_unverified=True)
        if {row["effect_id"] for row in wider.used} != {row["effect_id"] for row in pile.used}:
            place = _target(question, wider.used)
            fits["with_unverified"] = _fit(question, _effects(question, wider), place), wider, place
    return {name: _scenario(question, name, *found, baseline) for name, found in fits.items()}


def _scenario(question: _Question, name: str, result: Synthesis, pile: _Pile, target: int | None, baseline: BaselineRisk | None) -> Scenario:
    probabilities, _ = _probabilities(result, question, baseline)
    word = choose_word(question.evidence, probabilities, _cap_reasons(question.evidence, pile, target))
    return Scenario(name, result, probabilities, word, _parts(question, pile))


def _twin(effects: EffectSizes) -> Pooled | None:
    """REML with the safeguarded Knapp-Hartung interval, where at least two studies inform the spread between places."""
    if effects.k < 2 or not np.all(effects.informs_tau):
        return None
    return pool(effects, method="REML", knapp_hartung="safeguarded")


def _natural(drawn: Draws, outcome: Any, baseline: BaselineRisk | None, question: _Question) -> NaturalFrequency | None:
    """Natural frequencies by draw: p1 = expit(logit p0 + theta) (rule 18)."""
    if baseline is None or question.measure != "OR":
        return None
    p0 = baseline.draws(question.draws, question.seed, question.dimensions)
    p1 = 1.0 / (1.0 + np.exp(-(_logit(p0) + drawn.raw)))
    return NaturalFrequency(_interval(p0), _interval(p1), _interval(p1 - p0), baseline)


def _interval(values: np.ndarray) -> Interval:
    low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
    return Interval(float(median), float(low), float(high))
