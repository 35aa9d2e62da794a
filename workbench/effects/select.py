"""Which effect rows may be pooled, and which one stands for its families.

Every row that is not used is kept with the reason, so that a reader can see what was left out and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import AnalysisError, UsageError, nearest

#: Reason codes for rows that are left out, and what a reader is told.
REASONS: Mapping[str, str] = {
    "superseded": "replaced by a better-checked row of the same result",
    "check": "a published pooled result, used only to check ours",
    "sign_unknown": "the source prints the size without its sign",
    "uncontrolled": "no comparison group",
    "conditional_on_return": "only among families already reunited, so the arms are no longer comparable",
    "subgroup": "a subgroup only",
    "per_protocol": "only those who completed the programme",
    "area_rate": "rates of whole areas, not results of families",
    "composite": "a composite, not comparable with its parts",
    "printed_inconsistent": "the printed figures cannot all be right",
    "not_comparable": "another comparison, which answers another question",
    "no_figure": "reported in words only",
    "unverified": "remembered, not yet checked against the source",
    "not_poolable": "the printed figures do not allow a standard error",
    "overlap": "the same families are already represented by another row",
    "in_review": "already contained in the independent review that is used",
    "smaller_review": "a review that covers fewer families than the studies on file",
    "other_design": "weaker design than the evidence used; shown beneath",
}

_ANALYSES = ("intention_to_treat", "not_stated", "as_treated", "per_protocol")
_INFORMANTS = (
    ("official_record", "blinded_observation", "test"),
    ("unblinded_observation",),
    ("teacher_report",),
    ("self_report", "parent_report", "not_stated"),
)
_TIERS = ("A", "B", None, "C", "D")
_RANDOMISED = ("rct", "cluster_rct")


@dataclass(frozen=True)
class LeftOut:
    """A row that is not used.

    Attributes
    ----------
    row : Row
        The row of ``effects.csv``.
    reason : str
        A key of `REASONS`.
    words : str
        The reason in words; the curator's own where the table has one.
    """

    row: Mapping[str, Any]
    reason: str
    words: str


def left_out(row: Mapping[str, Any], reason: str, words: str | None = None) -> LeftOut:
    """Return `row` as left out for `reason`, with the curator's own words where there are any."""
    return LeftOut(row, reason, words or REASONS[reason])


def family_of(evidence: Any, programme: str) -> tuple[str, ...]:
    """Return the ids of all programmes that share a family with `programme`, itself first."""
    family = evidence["programmes"][programme]["family"]  # UsageError with the nearest id if there is no such programme
    others = [row["programme_id"] for row in evidence["programmes"].where(family=family)]
    return (programme, *(name for name in others if name != programme))


def variants_of(evidence: Any, programme: str) -> tuple[str, ...]:
    """Return `programme` and every programme that names it, directly or not, as its parent."""
    found = [programme]
    for name in found:
        found += [row["programme_id"] for row in evidence["programmes"].where(parent_id=name)]
    return tuple(found)


def rows_on(evidence: Any, programmes: Iterable[str], construct: str) -> tuple[Any, ...]:
    """Return the effect rows of `construct` for any of `programmes`, in table order."""
    wanted = set(programmes)
    return tuple(row for row in evidence["effects"].where(construct=construct) if row["programme_id"] in wanted)


def refusal(row: Mapping[str, Any], study: Mapping[str, Any], include_unverified: bool) -> LeftOut | None:
    """Return why `row` may never be pooled, or None if it may.

    The order matters: a row counts as removed by the check filter only if nothing else stands against it.
    """
    if row["superseded_by"]:
        return left_out(row, "superseded")
    if row["role"] == "check":
        return left_out(row, "check")
    if row["exclusion"]:
        return left_out(row, row["exclusion"], row["exclusion_reason"])
    if study["design"] == "before_after":
        return left_out(row, "uncontrolled")
    if row["checked"] == "unverified" and not include_unverified:
        return left_out(row, "unverified")
    if row["role"] == "direction_only":
        return left_out(row, "no_figure")
    return None


def is_randomised(study: Mapping[str, Any]) -> bool:
    """Return whether the study allocated families, or groups of them, at random."""
    return study["design"] in _RANDOMISED or study.get("pooled_designs") == "randomised"


def preference(row: Mapping[str, Any], horizon: float) -> tuple:
    """Sort key of rule 8: the first row of an overlap group under this key represents it.

    Stated primary outcome; whole sample; intention to treat; official or blinded before self-report; printed adjusted
    estimate before counts; time nearest the construct's horizon; tier; row id. Never size or significance.
    """
    informant = next(rank for rank, group in enumerate(_INFORMANTS) if row["informant"] in group)
    months = row["timepoint_months"]
    return (
        row["primary_outcome"] is not True,
        row["scope"] != "whole_sample",
        _ANALYSES.index(row["analysis"]),
        informant,
        not (row["adjusted"] and row["data_type"] == "estimate"),
        abs(months - horizon) if months is not None else float("inf"),
        _TIERS.index(row["tier"]),
        row["effect_id"],
    )


def one_per_group(rows: Sequence[Any], horizon: float) -> tuple[tuple[Any, ...], tuple[LeftOut, ...]]:
    """Keep the preferred row of each overlap group.

    Parameters
    ----------
    rows : sequence of Row
        Admissible rows of one construct.
    horizon : float
        The construct's declared horizon in months.

    Returns
    -------
    kept, others : tuple of Row, tuple of LeftOut
    """
    best: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: preference(row, horizon)):
        best.setdefault(row["overlap_group"], row)
    kept = tuple(row for row in rows if best[row["overlap_group"]] is row)
    others = tuple(left_out(row, "overlap") for row in rows if best[row["overlap_group"]] is not row)
    return kept, others


def iccs_of(evidence: Any) -> tuple[Any, ...]:
    """Return the published intraclass correlations; none where the workspace has no such table."""
    return evidence["iccs"].rows if "iccs" in evidence.tables else ()


def families_in(row: Mapping[str, Any], study: Mapping[str, Any]) -> int:
    """Return the number of families (or participants) behind a row; 0 where the source does not say."""
    if row["n_treat"] is not None and row["n_control"] is not None:
        return int(row["n_treat"] + row["n_control"])
    return int(study["families"] or 0)


def with_review(evidence: Any, rows: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[LeftOut, ...]]:
    """Decide between an independent review and the primaries that it contains (rule 9).

    A review enters once, with only those primaries that it cannot contain, if it covers more families than the
    admissible primaries together; otherwise it is left out.
    """
    studies = evidence["studies"]
    reviews = [row for row in rows if row["role"] == "review"]
    primaries = [row for row in rows if row["role"] != "review"]
    if not reviews:
        return tuple(rows), ()
    review = max(reviews, key=lambda row: (families_in(row, studies[row["study_id"]]), row["effect_id"]))
    covered = sum(families_in(row, studies[row["study_id"]]) for row in primaries)
    others = tuple(left_out(row, "smaller_review") for row in reviews if row is not review)
    if families_in(review, studies[review["study_id"]]) <= covered:
        return tuple(primaries), (*others, left_out(review, "smaller_review"))
    inside = [row for row in primaries if review["study_id"] in _contained_in(studies[row["study_id"]])]
    kept = tuple(row for row in rows if row is review or (row in primaries and row not in inside))
    return kept, (*others, *(left_out(row, "in_review") for row in inside))


def _contained_in(study: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(part.strip() for part in (study["contained_in"] or "").split(";") if part.strip())


def stronger_design(evidence: Any, rows: Sequence[Any]) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    """Split rows into the design that carries the headline and the rest (rule 7).

    Randomised evidence if there is one UK trial or two elsewhere, else quasi-experiments; a single foreign trial
    carries it only where there is nothing else.

    Returns
    -------
    basis : str
        ``randomised`` or ``quasi_experimental``.
    used, beneath : tuple of Row
    """
    studies = evidence["studies"]
    trials = tuple(row for row in rows if is_randomised(studies[row["study_id"]]))
    others = tuple(row for row in rows if not is_randomised(studies[row["study_id"]]))
    uk_trials = [row for row in trials if studies[row["study_id"]]["setting"] == "uk"]
    if uk_trials or len(trials) >= 2 or (trials and not others):
        return "randomised", trials, others
    return "quasi_experimental", others, trials


def effect_sizes(
    evidence: Any,
    programme: str,
    outcome: str,
    measure: str | None = None,
    include_unverified: bool = False,
    family: bool = False,
) -> Any:
    """Return the effect sizes of one programme and outcome, one row per group of overlapping families.

    Every row with usable figures enters, whatever its design; a larger independent review enters in place of the primaries
    that it contains. What a headline makes of designs is decided in `workbench.headline`.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str
        Programme id; its variants are included.
    outcome : str
        An outcome, which means its default construct, or a construct.
    measure : str, optional
        Measure of the result; that of the construct unless given.
    include_unverified : bool
        Let in rows that are not yet checked.
    family : bool
        Let in the related programmes of the same family.

    Returns
    -------
    EffectSizes
        Benefit positive; ``left_out`` holds every row that is not used, with the reason.

    Raises
    ------
    UsageError
        If the programme or outcome does not exist.
    AnalysisError
        If the construct has no measure and none is given.
    """
    from workbench.effects.routes import size
    from workbench.effects.sizes import EffectSizes

    construct = resolve_construct(evidence, outcome)
    measure = measure or construct["measure"]
    if measure is None:
        raise AnalysisError(f"{construct['name']} is not pooled by default, because its scales differ; name a measure")
    programmes = family_of(evidence, programme) if family else variants_of(evidence, programme)
    kept, sizes, out = [], {}, []
    for row in rows_on(evidence, programmes, construct["construct"]):
        study = evidence["studies"][row["study_id"]]
        refused = refusal(row, study, include_unverified)
        if refused is None:
            try:
                sizes[row["effect_id"]] = size(row, measure, study=study, iccs=iccs_of(evidence))
                kept.append(row)
            except AnalysisError as error:
                refused = left_out(row, "not_poolable", f"{REASONS['not_poolable']}: {error}")
        if refused is not None:
            out.append(refused)
    chosen, overlapping = one_per_group(kept, construct["horizon_months"])
    rows, contained = with_review(evidence, chosen)
    return EffectSizes.from_sizes(
        rows,
        [sizes[row["effect_id"]] for row in rows],
        measure,
        labels=[evidence["studies"][row["study_id"]]["label"] for row in rows],
        informs_tau=[row["role"] != "review" for row in rows],
        left_out=(*out, *overlapping, *contained),
        outcome=construct["outcome_id"],
        construct=construct["construct"],
        programme=programme,
        direction=construct["direction"],
        evidence=evidence,
    )


def resolve_construct(evidence: Any, name: str) -> Any:
    """Return the row of ``outcomes.csv`` for a construct, or for an outcome's default construct.

    Raises
    ------
    UsageError
        If there is neither, with the nearest name that exists.
    """
    outcomes = evidence["outcomes"]
    if name in outcomes:
        return outcomes[name]
    defaults = [row for row in outcomes.where(outcome_id=name) if row["default_construct"]]
    if defaults:
        return defaults[0]
    known = {row["outcome_id"] for row in outcomes.rows} | {row["construct"] for row in outcomes.rows}
    raise UsageError(f"there is no outcome {name!r}; {nearest(name, known) or 'see: workbench list outcomes'}")
