"""The frequentist twin against metafor on sixteen data sets, and its own rules."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.effects import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis.frequentist import heterogeneity
from workbench.synthesis.frequentist.twin import METHODS, pool

CASES = json.loads((Path(__file__).parent.parent / "references" / "meta.json").read_text())["cases"]
CLOSED = ("FE", "DL", "HE", "HS", "SJ")
ITERATIVE = {
    "REML": heterogeneity.reml_score,
    "ML": heterogeneity.ml_score,
    "PM": heterogeneity.pm_score,
    "EB": heterogeneity.pm_score,
}
case = pytest.mark.parametrize("case", CASES, ids=[entry["name"] for entry in CASES])


def effects(entry):
    return EffectSizes.from_arrays(entry["yi"], np.sqrt(entry["vi"]))


BCG = effects(CASES[0])


def test_all_cases_are_there():
    assert len(CASES) == 16 and all(method in entry for entry in CASES for method in METHODS)


@case
@pytest.mark.parametrize("method", CLOSED)
def test_closed_forms(case, method):
    found, reference = pool(effects(case), method, knapp_hartung=False), case[method]
    assert found.estimate == pytest.approx(reference["mu"], abs=1e-9)
    assert found.se == pytest.approx(reference["se"], abs=1e-9)
    assert found.tau2 == pytest.approx(reference["tau2"], abs=1e-9)
    assert found.interval == pytest.approx(reference["ci"], abs=1e-9)
    assert found.i2 == pytest.approx(reference["I2"], abs=1e-8)
    assert found.q == pytest.approx(reference["Q"], rel=1e-9)
    assert found.q_p == pytest.approx(reference["Qp"], rel=1e-6, abs=1e-12)


@case
@pytest.mark.parametrize("method", ITERATIVE)
def test_iterative_estimators(case, method):
    given, reference = effects(case), case[method]
    found = pool(given, method, knapp_hartung=False)
    score = ITERATIVE[method](found.tau2, given.y, given.se**2, np.ones(given.k))
    assert abs(score) < 1e-10 if found.tau2 > 0 else score <= 0
    assert found.estimate == pytest.approx(reference["mu"], abs=2e-4)
    assert found.se == pytest.approx(reference["se"], abs=2e-4)
    assert found.tau2 == pytest.approx(reference["tau2"], abs=5e-5)


@case
def test_knapp_hartung(case):
    found, reference = pool(effects(case)), case["REML_HKSJ"]
    assert found.test == "knapp-hartung" and found.prediction_kind == "t(k-1)"
    assert found.se == pytest.approx(reference["se"], abs=2e-4)
    assert found.interval == pytest.approx(reference["ci"], abs=2e-4)
    assert found.prediction == pytest.approx(reference["pi"], abs=5e-4)


@case
@pytest.mark.parametrize("restricted", [True, False])
def test_likelihood_is_highest_at_the_estimate(case, restricted):
    given = effects(case)
    at = pool(given, "REML" if restricted else "ML").tau2
    u = np.ones(given.k)
    best = heterogeneity.log_likelihood(at, given.y, given.se**2, u, restricted)
    for tau2 in np.concatenate([[0.0], np.geomspace(1e-8, 1e3, 400)]):
        assert heterogeneity.log_likelihood(tau2, given.y, given.se**2, u, restricted) <= best + 1e-9


def test_two_peaks_are_told_apart():
    """The score is negative at zero, so a search from there would stay; the higher peak lies beyond."""
    y = np.array([0.0, -2.0, 0.0, -1.8, 1.0, -0.2])
    v = np.array([2.41, 0.3, 0.81, 0.17, 1.46, 1.78]) ** 2
    u = np.ones(6)
    assert heterogeneity.reml_score(0.0, y, v, u) < 0
    found = heterogeneity.estimate_tau2(y, np.sqrt(v), "REML")
    assert found > 0 and abs(heterogeneity.reml_score(found, y, v, u)) < 1e-10
    gain = heterogeneity.log_likelihood(found, y, v, u, True) - heterogeneity.log_likelihood(0.0, y, v, u, True)
    assert gain > 0.5


def test_published_tau2_of_bcg():
    # metafor with a tight threshold; Paule-Mandel and empirical Bayes coincide
    published = dict(DL=0.30876026, HE=0.32856386, HS=0.22836286, SJ=0.34551570, ML=0.28002814)
    published |= dict(REML=0.31324326, EB=0.31806845, PM=0.31806845)
    for method, value in published.items():
        assert pool(BCG, method).tau2 == pytest.approx(value, abs=1e-8)


def test_three_prediction_intervals_by_name():
    # Viechtbauer's metafor for the normal and t(k-1) forms; Higgins, Thompson & Spiegelhalter's t(k-2)
    for hartung, kind, limits in [
        (False, "normal", (-1.866692, 0.437628)),
        (True, "t(k-1)", (-1.996017, 0.566952)),
        (False, "t(k-2)", (-2.00838, 0.57931)),
    ]:
        found = pool(BCG, knapp_hartung=hartung, prediction=kind)
        assert found.prediction == pytest.approx(limits, abs=1e-5) and found.prediction_kind == kind
    assert pool(BCG, knapp_hartung=False).prediction_kind == "normal"
    assert pool(BCG, "FE").prediction is None and pool(BCG, "FE").prediction_kind == ""


def test_q_profile_of_bcg():
    # metafor's confint: tau2 0.1197 to 1.1115
    assert pool(BCG, "DL").tau2_interval == pytest.approx((0.1197, 1.1115), abs=5e-5)


def test_safeguard():
    agreeing = EffectSizes.from_arrays([0.10, 0.11, 0.12], [0.2, 0.2, 0.2])
    plain, safe = pool(agreeing), pool(agreeing, knapp_hartung="safeguarded")
    wald = pool(agreeing, knapp_hartung=False)
    assert plain.se < wald.se == pytest.approx(safe.se)
    assert safe.interval[0] < wald.interval[0] and "safeguarded" in safe.test
    assert safe.tau2 == 0 and safe.tau2_interval[0] == 0
    # where the effects disagree, the safeguard does nothing
    assert pool(BCG, knapp_hartung="safeguarded").interval == pool(BCG).interval


numbers = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=2, max_size=9)


@settings(max_examples=40, deadline=None)
@given(rows=numbers)
def test_properties(rows):
    y, se = np.array(rows).T
    given = EffectSizes.from_arrays(y, se)
    for method in ("DL", "REML", "PM", "SJ"):
        found = pool(given, method, knapp_hartung="safeguarded")
        wald = pool(given, method, knapp_hartung=False)
        assert y.min() - 1e-9 <= found.estimate <= y.max() + 1e-9
        assert found.interval[0] <= wald.interval[0] + 1e-12 and found.interval[1] >= wald.interval[1] - 1e-12
        assert found.tau2 >= 0 and found.tau2_interval[0] <= found.tau2_interval[1]
        mirrored = pool(EffectSizes.from_arrays(-y[::-1], se[::-1]), method)
        assert mirrored.estimate == pytest.approx(-found.estimate, abs=1e-7)
        assert mirrored.tau2 == pytest.approx(found.tau2, rel=1e-5, abs=1e-9)
    assert pool(given, "PM").tau2 <= pool(given, "PM").tau2_interval[1] + 1e-9


@settings(deadline=None)
@given(rows=numbers, factor=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_scale_and_origin(rows, factor, shift):
    y, se = np.array(rows).T
    found = pool(EffectSizes.from_arrays(y, se), "PM", knapp_hartung=False)
    moved = pool(EffectSizes.from_arrays(factor * y + shift, factor * se), "PM", knapp_hartung=False)
    assert moved.estimate == pytest.approx(factor * found.estimate + shift, abs=1e-6)
    assert moved.tau2 == pytest.approx(factor**2 * found.tau2, rel=1e-5, abs=1e-7)
    assert moved.q == pytest.approx(found.q, rel=1e-6, abs=1e-8)


def test_q_does_not_depend_on_the_order_of_large_numbers():
    # differences of 1e-6 on values of 1e6: a textbook Q by sums of squares would lose every digit
    y = 1e6 + np.array([1.0, 2.0, 4.0, 3.0]) * 1e-6
    se = np.full(4, 1e-6)
    expected = 5.0  # sum of squared deviations of 1, 2, 4, 3
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        assert pool(EffectSizes.from_arrays(y[order], se), "FE").q == pytest.approx(expected, rel=1e-3)


def test_rows_that_inform_mu_alone():
    y, se = np.array([0.1, 0.5, 0.9, 0.3]), np.array([0.1, 0.2, 0.2, 0.05])
    given = EffectSizes.from_arrays(y, se, informs_tau=[True, True, True, False])
    u = np.array([1.0, 1.0, 1.0, 0.0])
    for method, score in ITERATIVE.items():
        found = pool(given, method, knapp_hartung=False)
        assert found.tau2 > 0 and abs(score(found.tau2, y, se**2, u)) < 1e-10
        weights = 1 / (se**2 + u * found.tau2)
        assert found.estimate == pytest.approx((weights * y).sum() / weights.sum(), abs=1e-12)
    # moments: tau2 such that Q equals its expectation under the model, checked by its trace formula
    w, q = 1 / se**2, pool(given, "FE").q
    projection = np.diag(w) - np.outer(w, w) / w.sum()
    expected = (q - np.trace(projection @ np.diag(se**2))) / np.trace(projection @ np.diag(u))
    assert pool(given, "DL").tau2 == pytest.approx(expected, rel=1e-9)
    with pytest.raises(AnalysisError, match="SJ has no form"):
        pool(given, "SJ")
    with pytest.raises(AnalysisError, match="no row informs tau"):
        pool(EffectSizes.from_arrays(y, se, informs_tau=np.zeros(4, bool)), "DL")
    # a review and a trial far apart: no tau of the other rows makes Q small, and the limit says so
    apart = EffectSizes.from_arrays([0.0, 3.0, 1.0], [0.05, 0.05, 0.2], informs_tau=[False, False, True])
    assert pool(apart, "DL").tau2_interval[1] == np.inf


def test_none_one_and_two():
    nothing, one = EffectSizes.from_arrays([], []), EffectSizes.from_arrays([0.3], [0.1])
    with pytest.raises(AnalysisError, match="k = 0"):
        pool(nothing)
    with pytest.raises(AnalysisError, match="k = 1: heterogeneity cannot be estimated"):
        pool(one)
    alone = pool(one, "FE")
    assert (alone.estimate, alone.se) == pytest.approx((0.3, 0.1)) and alone.test == "z"
    assert alone.interval == pytest.approx((0.3 - 0.1959964, 0.3 + 0.1959964), abs=1e-6)
    assert (alone.q, alone.q_p, alone.i2, alone.h2, alone.tau2_interval) == (0.0, 1.0, 0.0, 1.0, None)
    two = pool(EffectSizes.from_arrays([0.1, 0.9], [0.1, 0.1]))
    assert two.k == 2 and two.prediction is not None
    assert pool(EffectSizes.from_arrays([0.1, 0.9], [0.1, 0.1]), prediction="t(k-2)").prediction is None
    same = pool(EffectSizes.from_arrays([0.3, 0.3], [0.1, 0.1]))
    assert same.se == 0 and same.interval == (0.3, 0.3) and same.p == 0  # the plain form at its worst


def test_wrong_options():
    for given, words in [
        ({"method": "reml"}, "must be one of FE.*did you mean 'REML'"),
        ({"knapp_hartung": "yes"}, "True, False or 'safeguarded'"),
        ({"level": 95}, "between 0 and 1"),
        ({"prediction": "t"}, "must be one of normal"),
    ]:
        with pytest.raises(UsageError, match=words):
            pool(BCG, **given)


def test_level_and_p():
    from scipy.special import ndtri

    found = pool(BCG, "DL", knapp_hartung=False, level=0.9)
    assert found.interval[1] - found.estimate == pytest.approx(float(ndtri(0.95)) * found.se)
    assert pool(BCG, "DL", knapp_hartung=False).p == pytest.approx(6.5e-5, rel=0.1)  # z = -3.995


def test_words():
    found = pool(BCG, knapp_hartung="safeguarded")
    for part in ("REML", "k=13", "knapp-hartung, safeguarded", "t(k-1)", "Q-profile", "I2 92.2 %"):
        assert part in repr(found)
    page = found._repr_html_()
    assert page.startswith("<table><caption>REML") and 'scope="row"' in page
