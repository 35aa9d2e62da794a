"""Mantel-Haenszel and Peto: published results, and what pooling of counts must do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench.effects as effects_package
from workbench.effects import EffectSizes, arm_counts, mantel_haenszel, measures, peto, size
from workbench.errors import AnalysisError

HERE = Path(__file__).parent.parent / "references"
BINARY = json.loads((HERE / "multilevel_and_effect_sizes.json").read_text())["escalc_bin"]
SPARSE = tuple(np.array(BINARY[name], float) for name in ("a", "n1", "c", "n2"))
# Colditz et al. 1994 (metadat's dat.bcg): with and without tuberculosis among the vaccinated, then the others
BCG = np.array([
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761), (180, 1361, 372, 1079),
    (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197),
    (5, 2493, 3, 2338), (27, 16886, 29, 17825),
])  # fmt: skip
VACCINE = (BCG[:, 0], BCG[:, 0] + BCG[:, 1], BCG[:, 2], BCG[:, 2] + BCG[:, 3])


def test_the_counts_are_those_of_the_reference():
    case = next(case for case in json.loads((HERE / "meta.json").read_text())["cases"] if case["name"] == "bcg_or")
    y, v = measures.log_odds_ratio(*VACCINE)
    np.testing.assert_allclose(y, case["yi"], atol=1e-11)
    np.testing.assert_allclose(v, case["vi"], atol=1e-11)


@pytest.mark.parametrize(
    ("measure", "estimate", "low", "high", "z", "q"),
    [
        ("RR", -0.4537, -0.5308, -0.3766, -11.5338, 152.5676),
        ("OR", -0.4734, -0.5538, -0.3930, -11.5444, 163.9426),
        ("RD", -0.0033, -0.0039, -0.0027, -11.4708, 386.7759),
    ],
)
def test_mantel_haenszel_agrees_with_metafor(measure, estimate, low, high, z, q):
    """Figures of metafor's test of rma.mh against Stata's metan; the SE of RD is that of Sato et al. 1989."""
    found = mantel_haenszel(*VACCINE, measure=measure)
    assert (found.estimate, *found.interval) == pytest.approx((estimate, low, high), abs=5.1e-5)
    assert found.estimate / found.se == pytest.approx(z, abs=5.1e-5)
    assert found.q == pytest.approx(q, abs=5.1e-5) and found.q_df == 12 and found.q_p < 1e-20 and found.p < 1e-20


def test_peto_agrees_with_metafor():
    found = peto(*VACCINE)
    assert (found.estimate, *found.interval) == pytest.approx((-0.4744, -0.5541, -0.3948), abs=5.1e-5)
    assert found.estimate / found.se == pytest.approx(-11.6689, abs=5.1e-5) and found.q == pytest.approx(167.7302, abs=5.1e-5)
    assert found.printed == pytest.approx((0.6222, 0.5746, 0.6738), abs=5.1e-5)


def test_sparse_tables_agree_with_metafor():
    """dat.nielweise2007: nine of eighteen tables have an empty cell and one has no event."""
    found, other = mantel_haenszel(*SPARSE), peto(*SPARSE)
    assert (found.estimate, found.se) == pytest.approx((BINARY["MH_OR"]["mu"], BINARY["MH_OR"]["se"]), abs=1e-10)
    assert (other.estimate, other.se) == pytest.approx((BINARY["PETO_OR"]["mu"], BINARY["PETO_OR"]["se"]), abs=1e-10)
    for result in (found, other):
        assert list(np.flatnonzero(~result.informative)) == [14] and result.weights[14] == 0 and result.q_df == 16
        assert result.weights.sum() == pytest.approx(1)


cells = st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=1, max_size=6)


@settings(deadline=None, max_examples=60)
@given(tables=cells, measure=st.sampled_from(["OR", "RR", "RD", "PETO"]))
def test_swapping_arms_and_order(tables, measure):
    def pooled(a, n1, c, n2):
        return peto(a, n1, c, n2) if measure == "PETO" else mantel_haenszel(a, n1, c, n2, measure)

    a, b, c, d = np.array(tables).T
    found, swapped, backwards = pooled(a, a + b, c, c + d), pooled(c, c + d, a, a + b), pooled(a[::-1], (a + b)[::-1], c[::-1], (c + d)[::-1])
    assert swapped.estimate == pytest.approx(-found.estimate, abs=1e-10) and swapped.se == pytest.approx(found.se, rel=1e-9)
    assert swapped.q == pytest.approx(found.q, rel=1e-7, abs=1e-9)
    assert (backwards.estimate, backwards.se) == pytest.approx((found.estimate, found.se), rel=1e-10)


@settings(deadline=None, max_examples=40)
@given(table=st.tuples(*[st.integers(1, 200)] * 4))
def test_one_trial_pools_to_itself(table):
    a, b, c, d = table
    for measure, single in (("OR", measures.log_odds_ratio), ("RR", measures.log_risk_ratio), ("RD", measures.risk_difference)):
        y, v = single(a, a + b, c, c + d)
        found = mantel_haenszel(a, a + b, c, c + d, measure)
        assert found.estimate == pytest.approx(float(y), abs=1e-12) and found.q == pytest.approx(0, abs=1e-12) and np.isnan(found.q_p)
        if measure != "RD":  # the variance of Sato et al. is another estimate of the same thing
            assert found.se == pytest.approx(float(np.sqrt(v)), rel=1e-10)


def test_a_trial_without_events_changes_no_ratio():
    with_empty = tuple(np.append(part, extra) for part, extra in zip(VACCINE, (0, 500, 0, 500), strict=True))
    for measure in ("OR", "RR"):
        assert mantel_haenszel(*with_empty, measure=measure).estimate == pytest.approx(mantel_haenszel(*VACCINE, measure=measure).estimate, abs=1e-12)
    assert abs(mantel_haenszel(*with_empty, measure="RD").estimate) < abs(mantel_haenszel(*VACCINE, measure="RD").estimate)
    assert peto(*with_empty).estimate == pytest.approx(peto(*VACCINE).estimate, abs=1e-12)


def test_counts_of_effects_are_oriented():
    def row(name, direction, **given):
        return {"effect_id": name, "role": "estimate", "data_type": "counts", "direction": direction, **given}

    rows = [
        row("fewer", "lower_is_better", events_treat=3, n_treat=50, events_control=9, n_control=60),
        row("more", "higher_is_better", data_type_note=None, events_treat=20, n_treat=40, events_control=15, n_control=45),
    ]
    rows[1] = {**rows[1], "data_type": "percentages", "events_treat": None, "events_control": None, "pct_treat": 50.0, "pct_control": 100 / 3}
    found = EffectSizes.from_sizes(rows, [size(item, "OR") for item in rows], "OR")
    arms = arm_counts(found)
    assert [list(arms[name]) for name in ("a", "n1", "c", "n2")] == [[9, 20], [60, 40], [3, pytest.approx(15)], [50, 45]]
    y, _ = measures.log_odds_ratio(**arms)
    np.testing.assert_allclose(y, found.y)  # the same orientation as everywhere else
    assert mantel_haenszel(**arms).estimate > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mantel_haenszel(1, 10, 2, 10, measure="HR"), "pools OR, RR, RD, not 'HR'"),
        (lambda: mantel_haenszel([0, 0], [10, 10], [0, 0], [10, 10]), "no trial has both events and non-events"),
        (lambda: peto([10], [10], [10], [10]), "no trial has both events and non-events"),
        (lambda: mantel_haenszel([0, 0], [10, 10], [2, 1], [10, 10]), "pooled ratio is 0 or infinite"),
        (lambda: mantel_haenszel([0, 0], [10, 10], [2, 1], [10, 10], "RR"), "pooled ratio is 0 or infinite"),
        (lambda: mantel_haenszel([11], [10], [2], [10]), "between 0 and the arm's size"),
        (lambda: mantel_haenszel([[1]], [[10]], [[2]], [[10]]), "one list for each"),
        (lambda: mantel_haenszel(1, 10, 2, 10, level=0).interval, "interval level"),
        (lambda: arm_counts(EffectSizes.from_arrays([0.1], [0.1])), "do not come from counts"),
    ],
)
def test_what_cannot_be_pooled_is_refused(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()


def test_rows_that_are_not_counts_are_named():
    plain = {"effect_id": "printed", "role": "estimate", "data_type": "estimate", "direction": "lower_is_better", "measure": "OR", "estimate": 0.8, "se": 0.2}
    counted = {"effect_id": "clustered", "role": "estimate", "data_type": "counts", "direction": "lower_is_better",
               "events_treat": 3, "n_treat": 50, "events_control": 9, "n_control": 60, "design_effect": 1.4}  # fmt: skip
    for row, words in ((plain, "do not come from counts: printed"), (counted, "enlarged for clustering.*: clustered")):
        with pytest.raises(AnalysisError, match=words):
            arm_counts(EffectSizes.from_sizes([row], [size(row, "OR")], "OR"))


def test_names_are_at_hand():
    for name in ("mantel_haenszel", "peto", "escalc", "REGISTRY", "CONVERSIONS", "design_effect", "doubts"):
        assert getattr(effects_package, name) is not None and name in effects_package.__all__
