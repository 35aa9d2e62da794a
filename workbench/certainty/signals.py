"""The figures that rules of certainty look at: each a small function of a headline and the evidence tables.

A signal is a number with the rows that it rests on, or None where the tables do not allow it to be judged. Shares are
shares of the weight in the model, between 0 and 1. Which codes of a table count is stated by the rules, not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.baselines import Z_95

NOT_REPORTED = "not reported"
RATIO_MEASURES = ("OR", "RR", "HR", "IRR")
Codes = tuple[str, ...]


@dataclass(frozen=True)
class Signal:
    """One figure that a rule looks at.

    Attributes
    ----------
    value : float
    rows : tuple of str
        Rows on which it rests, each as ``<table>/<key>``.
    """

    value: float
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the signals of one headline are computed from.

    Attributes
    ----------
    headline : Headline
    evidence : EvidenceBase
    set_aside : tuple of str
        Domains of a risk-of-bias tool that are counted elsewhere: by the start, or under reporting.
    lost : int
        Levels lost so far, for the rules that may only raise an answer that has lost none.
    """

    headline: Any
    evidence: Any
    set_aside: Codes = ()
    lost: int = 0


def weighted(used: Sequence[Any], value: Callable[[Any], float]) -> float:
    """Return the mean of a value over the results used, weighted by their share of the model's weight."""
    total = sum(item.weight for item in used)
    return sum(item.weight * value(item) for item in used) / total if total else 0.0


def study_rows(used: Iterable[Any]) -> tuple[str, ...]:
    """Name the studies of results used."""
    return tuple(dict.fromkeys(f"studies/{item.study['study_id']}" for item in used))


def effect_rows(used: Iterable[Any]) -> tuple[str, ...]:
    """Name the rows of results used."""
    return tuple(dict.fromkeys(f"effects/{item.row['effect_id']}" for item in used))


def _share(facts: Facts, holds: Callable[[Any], bool], rows: Callable[[Iterable[Any]], tuple[str, ...]] = study_rows) -> Signal:
    """Share of the weight that rests on results for which something holds; the rows are those of these results."""
    used = facts.headline.used
    matching = [item for item in used if holds(item)]
    return Signal(weighted(used, lambda item: float(holds(item))), rows(matching or used))


def _randomised(facts: Facts, codes: Codes) -> Signal:
    return Signal(float(facts.headline.basis in codes), study_rows(facts.headline.used))


def _count(facts: Facts, codes: Codes) -> Signal:
    """Results that speak of the spread between places: a review speaks of the average alone."""
    own = [item for item in facts.headline.used if item.kind != "review"]
    return Signal(float(len(own)), effect_rows(own))


def _families(facts: Facts, codes: Codes) -> Signal | None:
    families = facts.headline.families
    return Signal(float(families), study_rows(facts.headline.used)) if families else None


def _assessed(facts: Facts, only: Codes = ()) -> dict[str, list[Any]]:
    """Domains assessed for each study used, without those set aside; or only those named."""
    if "quality" not in facts.evidence.tables:
        return {}
    found: dict[str, list[Any]] = {}
    wanted = {item.study["study_id"] for item in facts.headline.used}
    for row in facts.evidence["quality"].rows:
        counts = row["domain"] in only if only else row["domain"] not in facts.set_aside
        if row["study_id"] in wanted and counts:
            found.setdefault(row["study_id"], []).append(row)
    return found


def _domains(facts: Facts, codes: Codes, value: Callable[[int], float], only: Codes = ()) -> Signal | None:
    """Weighted mean of a value of the number of domains judged with one of the codes; the rows are those domains."""
    assessed = _assessed(facts, only)
    if not assessed:
        return None
    hits = {study: [row for row in rows if row["judgement"] in codes] for study, rows in assessed.items()}
    used = facts.headline.used
    rows = tuple(f"quality/{row['quality_id']}" for found in hits.values() for row in found)
    return Signal(weighted(used, lambda item: value(len(hits.get(item.study["study_id"], ())))), rows or study_rows(used))


def _risk_share(facts: Facts, codes: Codes) -> Signal | None:
    return _domains(facts, codes, lambda hits: float(hits > 0))


def _selection_share(facts: Facts, codes: Codes) -> Signal | None:
    """Share of the weight at risk in the domains set aside for reporting; the last code is the domain's name."""
    *judgements, domain = codes
    return _domains(facts, tuple(judgements), lambda hits: float(hits > 0), (domain,))


def _concerns(facts: Facts, codes: Codes) -> Signal | None:
    return _domains(facts, codes, float)


def _unreported(facts: Facts, codes: Codes) -> Signal:
    """Weighted mean share of domains without a judgement; a study without any assessment counts as wholly unreported."""
    assessed = _assessed(facts)

    def share(item: Any) -> float:
        rows = assessed.get(item.study["study_id"], [])
        return sum(row["judgement"] == NOT_REPORTED for row in rows) / len(rows) if rows else 1.0

    return Signal(weighted(facts.headline.used, share), study_rows(facts.headline.used))


def _heterogeneity(facts: Facts, codes: Codes) -> Signal | None:
    twin = facts.headline.twin
    return None if twin is None or twin.k < 2 else Signal(float(twin.i2) / 100, effect_rows(facts.headline.used))


def _q_p(facts: Facts, codes: Codes) -> Signal | None:
    twin = facts.headline.twin
    return None if twin is None or twin.k < 2 else Signal(float(twin.q_p), effect_rows(facts.headline.used))


def _plain_fit(headline: Any) -> Any:
    """The model before any judged adjustment: other domains pay for design and country. The headline's own where there is none."""
    plain = headline.scenarios.get("judgement_zero")
    return headline.fit if plain is None else plain.fit


def average_interval(headline: Any) -> tuple[float, float]:
    """Return the 95 % interval of the average before any judged adjustment; of a single study, its own.

    Better is positive, on the scale of the analysis.
    """
    if headline.k == 1:
        only = headline.used[0]
        return only.y - Z_95 * only.se, only.y + Z_95 * only.se
    return _plain_fit(headline).interval("mu")


def limits_of(headline: Any) -> tuple[float, float] | None:
    """Return the minimal differences for harm (below nought) and benefit, each the mean over the draws of the baseline."""
    if headline.thresholds is None:
        return None
    low, high = headline.thresholds
    return float(low.mean()), float(high.mean())


def inside(interval: tuple[float, float], limits: tuple[float, float]) -> int:
    """Count the limits that lie strictly inside an interval."""
    return sum(interval[0] < limit < interval[1] for limit in limits)


def _thresholds_inside(facts: Facts, codes: Codes) -> Signal | None:
    limits = limits_of(facts.headline)
    return None if limits is None else Signal(float(inside(average_interval(facts.headline), limits)), effect_rows(facts.headline.used))


def _spread_beyond(facts: Facts, codes: Codes) -> Signal | None:
    """Minimal differences that a new area's interval reaches beyond and the average's does not; None for one study."""
    limits = limits_of(facts.headline)
    if limits is None or facts.headline.k == 1:
        return None
    new = _plain_fit(facts.headline).interval("theta_new")
    return Signal(float(inside(new, limits) - inside(average_interval(facts.headline), limits)), effect_rows(facts.headline.used))


def _setting(facts: Facts, codes: Codes) -> Signal:
    return _share(facts, lambda item: item.study["setting"] in codes)


def _comparator(facts: Facts, codes: Codes) -> Signal:
    return _share(facts, lambda item: item.study["comparator_class"] in codes)


def _evaluator(facts: Facts, codes: Codes) -> Signal:
    return _share(facts, lambda item: item.study["evaluator"] in codes)


def _other_programme(facts: Facts, codes: Codes) -> Signal:
    """Share of the weight from relatives: neither the programme itself nor a variant of it."""
    own = {facts.headline.programme_id}
    own |= {row["programme_id"] for row in facts.evidence["programmes"].rows if row["parent_id"] in own}
    return _share(facts, lambda item: item.row["programme_id"] not in own, effect_rows)


def _outcome_kind(facts: Facts, codes: Codes) -> Signal:
    construct = facts.headline.construct
    return Signal(float(construct["source_kind"] in codes), (f"outcomes/{construct['construct']}",))


def _unprinted(facts: Facts, codes: Codes) -> Signal:
    return _share(facts, lambda item: item.kind in codes, effect_rows)


def _secondary(facts: Facts, codes: Codes) -> Signal:
    return _share(facts, lambda item: item.row["primary_outcome"] is not True and item.study["primary_result"] in codes, effect_rows)


def _asymmetry(facts: Facts, codes: Codes) -> Signal | None:
    small = facts.headline.small_study
    return Signal(float(small.egger.p), effect_rows(facts.headline.used)) if small.tested and hasattr(small.egger, "p") else None


def _ratio(facts: Facts, codes: Codes) -> Signal | None:
    """Ratio at the limit of the average's interval that is nearest to no difference; 1 where the interval holds it."""
    if facts.headline.measure not in RATIO_MEASURES:
        return None
    low, high = average_interval(facts.headline)
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return Signal(math.exp(nearest), effect_rows(facts.headline.used))


def _lost(facts: Facts, codes: Codes) -> Signal:
    return Signal(float(facts.lost), ())


#: Name of each signal of an answer -> how it is computed from the facts and the codes that its rule counts.
SIGNALS: Mapping[str, Callable[[Facts, Codes], Signal | None]] = {
    "design": _randomised,
    "results": _count,
    "families": _families,
    "risk_share": _risk_share,
    "selection_share": _selection_share,
    "concerns": _concerns,
    "unreported": _unreported,
    "heterogeneity": _heterogeneity,
    "q_p": _q_p,
    "spread_beyond": _spread_beyond,
    "setting_share": _setting,
    "comparator_share": _comparator,
    "other_programme_share": _other_programme,
    "outcome_kind": _outcome_kind,
    "thresholds_inside": _thresholds_inside,
    "evaluator_share": _evaluator,
    "unprinted_share": _unprinted,
    "secondary_share": _secondary,
    "asymmetry_p": _asymmetry,
    "ratio": _ratio,
    "lost": _lost,
}
