"""Effect sizes against metafor's escalc, and the properties that any effect size must have."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.effects import measures
from workbench.errors import AnalysisError

REFERENCE = json.loads((Path(__file__).parent.parent / "references" / "multilevel_and_effect_sizes.json").read_text())
BINARY, CONTINUOUS = REFERENCE["escalc_bin"], REFERENCE["escalc_cont"]
ARMS = tuple(np.array(BINARY[name], float) for name in ("a", "n1", "c", "n2"))
MEANS = tuple(np.array(CONTINUOUS[name], float) for name in ("m1", "sd1", "n1", "m2", "sd2", "n2"))
COUNTS = {
    "OR": measures.log_odds_ratio,
    "RR": measures.log_risk_ratio,
    "RD": measures.risk_difference,
}


@pytest.mark.parametrize("measure", COUNTS)
def test_counts_agree_with_escalc(measure):
    keep = (ARMS[0] > 0) | (ARMS[2] > 0)  # one table has no event at all
    assert (~keep).sum() == 1
    y, v = COUNTS[measure](*(part[keep] for part in ARMS))
    np.testing.assert_allclose(y, np.array(BINARY[measure]["yi"])[keep], rtol=0, atol=1e-10)
    np.testing.assert_allclose(v, np.array(BINARY[measure]["vi"])[keep], rtol=0, atol=1e-10)


@pytest.mark.parametrize("measure", COUNTS)
def test_tables_without_information_are_refused(measure):
    with pytest.raises(AnalysisError, match=r"no events in either arm.*position 15"):
        COUNTS[measure](*ARMS)
    with pytest.raises(AnalysisError, match="everyone in both arms"):
        COUNTS[measure](10, 10, 12, 12)
    with pytest.raises(AnalysisError, match="between 0 and the arm's size"):
        COUNTS[measure](11, 10, 3, 12)


@pytest.mark.parametrize(("name", "variance"), [("SMD", "LS"), ("SMD_UB", "UB")])
def test_standardised_means_agree_with_escalc(name, variance):
    y, v = measures.hedges_g(*MEANS, variance=variance)
    np.testing.assert_allclose(y, CONTINUOUS[name]["yi"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(v, CONTINUOUS[name]["vi"], rtol=0, atol=1e-10)


def test_mean_differences_agree_with_escalc():
    y, v = measures.mean_difference(*MEANS)
    np.testing.assert_allclose(y, CONTINUOUS["MD"]["yi"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(v, CONTINUOUS["MD"]["vi"], rtol=1e-12)


def test_correction_enters_only_where_a_cell_is_empty():
    y, v = measures.log_odds_ratio([12, 0], [40, 40], [8, 8], [50, 50])
    assert y[0] == pytest.approx(np.log(12 * 42 / (28 * 8)))
    assert v[0] == pytest.approx(1 / 12 + 1 / 28 + 1 / 8 + 1 / 42)
    assert y[1] == pytest.approx(np.log(0.5 * 42.5 / (40.5 * 8.5)))
    assert list(measures.needs_correction([12, 0, 40], 40, 8, 50)) == [False, True, True]


counts = st.tuples(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))


@pytest.mark.parametrize("measure", COUNTS)
@settings(deadline=None)
@given(cells=counts)
def test_swapping_arms_flips_the_sign_and_keeps_the_variance(measure, cells):
    a, b, c, d = cells
    y, v = COUNTS[measure](a, a + b, c, c + d)
    swapped_y, swapped_v = COUNTS[measure](c, c + d, a, a + b)
    assert swapped_y == pytest.approx(-y, abs=1e-12)
    assert swapped_v == pytest.approx(v, rel=1e-12)


@settings(deadline=None)
@given(cells=counts)
def test_counting_the_opposite_event_flips_the_odds_ratio(cells):
    a, b, c, d = cells
    y, v = measures.log_odds_ratio(a, a + b, c, c + d)
    other_y, other_v = measures.log_odds_ratio(b, a + b, d, c + d)
    assert other_y == pytest.approx(-y, abs=1e-12)
    assert other_v == pytest.approx(v, rel=1e-12)


@settings(deadline=None)
@given(cells=counts, factor=st.integers(2, 20))
def test_a_trial_so_many_times_as_large_has_that_fraction_of_the_variance(cells, factor):
    a, b, c, d = cells
    for compute in COUNTS.values():
        y, v = compute(a, a + b, c, c + d)
        larger_y, larger_v = compute(factor * a, factor * (a + b), factor * c, factor * (c + d))
        assert larger_y == pytest.approx(y, abs=1e-12)
        assert larger_v == pytest.approx(v / factor, rel=1e-10)


one_arm = (st.floats(-50, 50), st.floats(0.1, 30), st.integers(2, 500))
arms = st.tuples(*one_arm, *one_arm)


@settings(deadline=None)
@given(arms=arms, unit=st.floats(0.01, 100), shift=st.floats(-100, 100))
def test_units_do_not_matter_to_a_standardised_difference(arms, unit, shift):
    m1, s1, n1, m2, s2, n2 = arms
    y, v = measures.hedges_g(m1, s1, n1, m2, s2, n2)
    other_y, other_v = measures.hedges_g(m1 * unit + shift, s1 * unit, n1, m2 * unit + shift, s2 * unit, n2)
    assert other_y == pytest.approx(y, rel=1e-6, abs=1e-9)
    assert other_v == pytest.approx(v, rel=1e-6)
    raw_y, raw_v = measures.mean_difference(m1, s1, n1, m2, s2, n2)
    scaled_y, scaled_v = measures.mean_difference(m1 * unit, s1 * unit, n1, m2 * unit, s2 * unit, n2)
    assert scaled_y == pytest.approx(raw_y * unit, rel=1e-9, abs=1e-9)
    assert scaled_v == pytest.approx(raw_v * unit**2, rel=1e-9)


@settings(deadline=None)
@given(arms=arms)
def test_swapping_arms_of_means(arms):
    for compute in (measures.hedges_g, measures.mean_difference):
        y, v = compute(*arms)
        swapped_y, swapped_v = compute(*arms[3:], *arms[:3])
        assert swapped_y == pytest.approx(-y, abs=1e-12)
        assert swapped_v == pytest.approx(v, rel=1e-12)


def test_small_sample_factor():
    # gamma(1) / (1 * gamma(1/2)) for m = 2, and its usual approximation 1 - 3 / (4 m - 1) for large m
    assert measures.hedges_correction(2) == pytest.approx(1 / np.sqrt(np.pi), abs=1e-14)
    assert measures.hedges_correction(1000) == pytest.approx(1 - 3 / 3999, abs=1e-7)
    with pytest.raises(AnalysisError, match="more than 3 people"):
        measures.hedges_correction(1)


@settings(deadline=None)
@given(t=st.floats(-8, 8), n1=st.integers(2, 400), n2=st.integers(2, 400))
def test_t_and_means_give_the_same_difference(t, n1, n2):
    # equal SDs of 1 and this difference in means have exactly this t
    y, v = measures.smd_from_t(t, n1, n2)
    direct_y, direct_v = measures.hedges_g(t * np.sqrt(1 / n1 + 1 / n2), 1, n1, 0, 1, n2)
    assert y == pytest.approx(direct_y, abs=1e-12)
    assert v == pytest.approx(direct_v, rel=1e-12)


@settings(deadline=None)
@given(y=st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3), se=st.floats(0.01, 2), level=st.floats(0.5, 0.999))
def test_interval_and_p_give_back_the_standard_error(y, se, level):
    from scipy.special import ndtr

    half = measures.z_of_level(level) * se
    assert measures.se_from_interval(y - half, y + half, level) == pytest.approx(se, rel=1e-9)
    p = 2 * ndtr(-abs(y) / se)
    if 1e-300 < p < 0.999:
        assert measures.se_from_p(y, p) == pytest.approx(se, rel=1e-6)


def test_levels():
    assert measures.z_of_level(0.95) == measures.z_of_level(95) == pytest.approx(1.959964, abs=1e-6)
    assert measures.z_of_level(97.5) == pytest.approx(2.2414, abs=1e-4)
    for level in (0, 100, -1):
        with pytest.raises(AnalysisError, match="interval level"):
            measures.z_of_level(level)


def test_what_gives_no_standard_error_is_refused():
    with pytest.raises(AnalysisError, match="exactly zero"):
        measures.se_from_p(0, 0.5)
    with pytest.raises(AnalysisError, match="strictly between 0 and 1"):
        measures.se_from_p(0.3, 1.0)
    with pytest.raises(AnalysisError, match="upper limit must exceed"):
        measures.se_from_interval(0.4, 0.2)
    with pytest.raises(AnalysisError, match="above 0"):
        measures.to_analysis_scale(0, "OR")
    with pytest.raises(AnalysisError, match="standard deviation must be above 0"):
        measures.hedges_g(1, -2, 20, 0, 2, 20)
    with pytest.raises(AnalysisError, match="'LS'"):
        measures.smd_variance(0.1, 10, 10, "XX")


def test_null_standard_errors_are_those_of_equal_arms():
    assert measures.null_smd_se(50, 80) == pytest.approx(np.sqrt(1 / 50 + 1 / 80))
    for measure, compute in COUNTS.items():
        _, v = compute(20, 100, 20, 100)
        assert measures.null_event_se(measure, 100, 100, 0.2) == pytest.approx(np.sqrt(v), rel=1e-12)


@settings(deadline=None)
@given(t=st.floats(-8, 8).filter(lambda x: abs(x) > 1e-3), n1=st.integers(3, 300), n2=st.integers(3, 300))
def test_f_and_p_lead_back_to_their_t(t, n1, n2):
    from scipy.special import stdtr

    sign, df = (1 if t > 0 else -1), n1 + n2 - 2
    assert measures.t_from_f(t**2, sign) == pytest.approx(t, rel=1e-12)
    p = 2 * stdtr(df, -abs(t))
    if p > 1e-200:
        assert measures.t_from_p(p, df, sign) == pytest.approx(t, rel=1e-6)


def test_t_quantiles_of_a_printed_table():
    # the usual two-sided 5 % points of Student's t
    for df, point in ((10, 2.228), (20, 2.086), (60, 2.000), (120, 1.980)):
        assert measures.t_from_p(0.05, df, 1) == pytest.approx(point, abs=6e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measures.t_from_f(-1, 1), "F statistic must not be below 0"),
        (lambda: measures.t_from_f(4, 0), "sign of the difference must be"),
        (lambda: measures.t_from_p(0, 20, 1), "p value must lie above 0"),
        (lambda: measures.t_from_p(0.1, 0, 1), "degrees of freedom above 0"),
        (lambda: measures.t_from_p(0.1, 20, 2), "sign of the difference must be"),
        (lambda: measures.log_odds_ratio(0, 5, 0, 5, both_empty="drop"), "must be 'refuse' or 'correct'"),
    ],
)
def test_impossible_statistics_are_refused(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()
