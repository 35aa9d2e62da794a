"""Which rows enter, and which row stands for its families: the rules of the method, one by one."""

from __future__ import annotations

import pytest

from workbench.effects import select


class FakeTable(dict):
    """As much of a table as selection needs."""

    def where(self, **wanted):
        return tuple(row for row in self.values() if all(row[name] == value for name, value in wanted.items()))


ROW = {
    "effect_id": "a", "study_id": "s", "superseded_by": None, "role": "estimate", "exclusion": None, "exclusion_reason": None,
    "checked": "abstract", "primary_outcome": None, "scope": "whole_sample", "analysis": "intention_to_treat", "informant": "official_record",
    "adjusted": None, "data_type": "counts", "timepoint_months": 12.0, "tier": "A", "overlap_group": "g", "n_treat": 100.0, "n_control": 100.0,
}  # fmt: skip
STUDY = {"study_id": "s", "design": "rct", "setting": "uk", "families": 200, "contained_in": None}


def row(**changes):
    return {**ROW, **changes}


def study(**changes):
    return {**STUDY, **changes}


def evidence(*studies):
    return {"studies": FakeTable({item["study_id"]: item for item in studies})}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"superseded_by": "b", "exclusion": "subgroup"}, "superseded"),
        ({"role": "check"}, "check"),
        ({"exclusion": "sign_unknown"}, "sign_unknown"),
        ({"checked": "unverified"}, "unverified"),
        ({"role": "direction_only"}, "no_figure"),
        # counted as removed by the check filter, whatever it reports
        ({"role": "direction_only", "checked": "unverified"}, "unverified"),
    ],
)
def test_a_refused_row_keeps_its_reason(changes, reason):
    assert select.refusal(row(**changes), study(), include_unverified=False).reason == reason


def test_unverified_rows_can_be_switched_on():
    assert select.refusal(row(checked="unverified"), study(), include_unverified=True) is None


def test_the_curators_words_come_before_ours():
    refused = select.refusal(row(exclusion="subgroup", exclusion_reason="fathers only"), study(), False)
    assert refused.words == "fathers only"


def test_before_and_after_studies_are_uncontrolled():
    assert select.refusal(row(), study(design="before_after"), False).reason == "uncontrolled"


# each pair: the better row first, equal in all that comes before
PAIRS = [
    ({"primary_outcome": True, "scope": "subgroup"}, {"primary_outcome": False, "scope": "whole_sample"}),
    ({"scope": "whole_sample", "analysis": "per_protocol"}, {"scope": "subgroup"}),
    ({"analysis": "intention_to_treat", "informant": "self_report"}, {"analysis": "as_treated"}),
    ({"informant": "official_record"}, {"informant": "self_report", "adjusted": True, "data_type": "estimate"}),
    ({"informant": "blinded_observation"}, {"informant": "parent_report"}),
    ({"adjusted": True, "data_type": "estimate", "timepoint_months": 60.0}, {"adjusted": None}),
    ({"timepoint_months": 10.0, "tier": "C"}, {"timepoint_months": 18.0}),
    ({"timepoint_months": 24.0}, {"timepoint_months": None}),
    ({"tier": "A"}, {"tier": "B"}),
    ({"tier": "C"}, {"tier": "D"}),
]


@pytest.mark.parametrize(("better", "worse"), PAIRS)
def test_the_order_of_preference(better, worse):
    rows = [row(effect_id="b", **better), row(effect_id="a", **worse)]
    for ordered in (rows, rows[::-1]):
        kept, others = select.one_per_group(ordered, horizon=12.0)
        assert [item["effect_id"] for item in kept] == ["b"]
        assert [(item.row["effect_id"], item.reason) for item in others] == [("a", "overlap")]


def test_the_size_of_an_effect_never_decides():
    small, large = row(effect_id="a", estimate=0.1, p=0.9), row(effect_id="b", estimate=3.0, p=0.001)
    kept, _ = select.one_per_group([large, small], 12.0)
    assert kept == (small,)  # by row id, the last criterion


def test_groups_are_independent():
    rows = [row(effect_id="a", overlap_group="g"), row(effect_id="b", overlap_group="h")]
    assert select.one_per_group(rows, 12.0) == (tuple(rows), ())


@pytest.mark.parametrize(
    ("designs", "basis", "used"),
    [
        ([("rct", "uk"), ("quasi_experiment", "uk")], "randomised", [0]),
        ([("rct", "non_uk"), ("quasi_experiment", "uk")], "quasi_experimental", [1]),
        ([("rct", "non_uk"), ("cluster_rct", "non_uk"), ("quasi_experiment", "uk")], "randomised", [0, 1]),
        ([("rct", "non_uk")], "randomised", [0]),
        ([("quasi_experiment", "uk"), ("cohort", "uk")], "quasi_experimental", [0, 1]),
    ],
)
def test_the_stronger_design_carries_the_headline(designs, basis, used):
    studies = [study(study_id=f"s{i}", design=design, setting=setting) for i, (design, setting) in enumerate(designs)]
    rows = [row(effect_id=f"r{i}", study_id=f"s{i}") for i in range(len(designs))]
    found, kept, beneath = select.stronger_design(evidence(*studies), rows)
    assert found == basis
    assert [rows.index(item) for item in kept] == used
    assert len(kept) + len(beneath) == len(rows)


def review_case(review_families):
    studies = [
        study(study_id="review", design="meta_analysis", families=review_families),
        study(study_id="inside", contained_in="review; other"),
        study(study_id="new"),
    ]
    rows = [
        row(effect_id="r", study_id="review", role="review", n_treat=None, n_control=None),
        row(effect_id="i", study_id="inside"),
        row(effect_id="n", study_id="new"),
    ]
    return select.with_review(evidence(*studies), rows)


def test_a_larger_review_enters_once_with_what_it_cannot_contain():
    kept, others = review_case(7085)
    assert [item["effect_id"] for item in kept] == ["r", "n"]
    assert [(item.row["effect_id"], item.reason) for item in others] == [("i", "in_review")]


def test_a_smaller_review_is_left_out():
    kept, others = review_case(300)
    assert [item["effect_id"] for item in kept] == ["i", "n"]
    assert [(item.row["effect_id"], item.reason) for item in others] == [("r", "smaller_review")]


def test_families_of_a_programme_and_its_variants():
    programmes = FakeTable(
        {
            name: {"programme_id": name, "parent_id": parent, "family": family}
            for name, parent, family in [("p", None, "f"), ("p-one", "p", "f"), ("p-two", "p-one", "f"), ("q", None, "f"), ("z", None, "other")]
        }
    )
    assert select.family_of({"programmes": programmes}, "q") == ("q", "p", "p-one", "p-two")
    assert select.variants_of({"programmes": programmes}, "p") == ("p", "p-one", "p-two")


def test_every_exclusion_of_the_schema_has_words(root):
    import json

    package = json.loads((root / "evidence" / "datapackage.json").read_text(encoding="utf-8"))
    fields = next(item for item in package["resources"] if item["name"] == "effects")["schema"]["fields"]
    codes = next(field for field in fields if field["name"] == "exclusion")["constraints"]["enum"]
    assert set(codes) <= set(select.REASONS)
