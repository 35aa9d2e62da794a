"""From F, chi-square and p to an effect, with and without a printed estimate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.effects import measures, size
from workbench.effects.events import events_from_chi_square
from workbench.effects.uncertainty import sign_of
from workbench.errors import AnalysisError

ARMS = {"n_treat": 100, "n_control": 120}
BENEFIT = {"reported_result": "benefit", "direction": "lower_is_better"}


def row(**given):
    return {"effect_id": "demo.row", "role": "estimate", "data_type": "none", **given}


def test_f_and_chi_square_with_an_estimate():
    for column in ("f", "chi2"):
        found = size(row(measure="OR", estimate=0.5, **{column: 6.25}), "OR")
        assert found.y == pytest.approx(np.log(0.5)) and found.se == pytest.approx(abs(np.log(0.5)) / 2.5)
        assert found.route.name == column and found.route.inputs[column] == 6.25
        with pytest.raises(AnalysisError, match=f"{column} = 0 with an effect"):
            size(row(measure="OR", estimate=0.5, **{column: 0.0}), "OR")
    assert size(row(measure="MD", estimate=-3.0, f=4.0), "MD").se == 1.5


def test_f_t_and_p_are_three_ways_to_one_difference():
    by_t = size(row(t=-2.0, **ARMS), "SMD")
    by_f = size(row(f=4.0, **ARMS, **BENEFIT), "SMD")
    from scipy.special import stdtr

    by_p = size(row(p=float(2 * stdtr(218, -2.0)), p_relation="=", **ARMS, **BENEFIT), "SMD")
    for found in (by_f, by_p):
        assert (found.y, found.se) == pytest.approx((by_t.y, by_t.se), rel=1e-9)
        assert "from the reported result" in found.route.note
    assert by_t.y == pytest.approx(-2 * np.sqrt(1 / 100 + 1 / 120) * (1 - 3 / (4 * 218 - 1)), rel=1e-5)


def test_chi_square_finds_its_table():
    # 30 of 100 against 20 of 120, by Pearson's formula
    a, n1, c, n2 = 30, 100, 20, 120
    total, events = n1 + n2, a + c
    chi2 = total * (a * (n2 - c) - (n1 - a) * c) ** 2 / (n1 * n2 * events * (total - events))
    harm = {"reported_result": "harm", "direction": "lower_is_better"}
    found = size(row(chi2=chi2, events_control=20, **ARMS, **harm), "OR")
    y, v = measures.log_odds_ratio(a, n1, c, n2)
    assert (found.y, found.se) == pytest.approx((float(y), float(np.sqrt(v))), rel=1e-9)
    assert found.route.name == "chi_square" and "without continuity correction" in found.route.note
    by_share = size(row(chi2=chi2, pct_control=100 * 20 / 120, **ARMS, **harm), "RR")
    assert by_share.y == pytest.approx(float(measures.log_risk_ratio(a, n1, c, n2)[0]), rel=1e-9)


@settings(deadline=None)
@given(a=st.integers(1, 99), c=st.integers(1, 119))
def test_chi_square_there_and_back(a, c):
    n1, n2 = 100, 120
    total, events = n1 + n2, a + c
    chi2 = total * (a * (n2 - c) - (n1 - a) * c) ** 2 / (n1 * n2 * events * (total - events))
    sign = np.sign(a / n1 - c / n2)
    assume(sign != 0)
    assert events_from_chi_square(chi2, n1, c, n2, sign) == pytest.approx(a, rel=1e-6)


def test_the_sign_is_the_rows_own():
    assert sign_of({"mean_treat": 3.0, "mean_control": 5.0, "reported_result": "benefit", "direction": "higher_is_better"}) == -1
    assert sign_of({"pct_treat": 30.0, "pct_control": 20.0}) == 1
    assert sign_of({"reported_result": "harm", "direction": "higher_is_better"}) == -1
    assert sign_of({"reported_result": "mixed", "direction": "higher_is_better"}) is None
    assert sign_of({"reported_result": "benefit"}) is None


@pytest.mark.parametrize(
    ("figures", "measure", "words"),
    [
        ({"f": 4.0, **ARMS}, "SMD", "F has no sign: reported_result must say benefit or harm"),
        ({"p": 0.03, "p_relation": "=", **ARMS}, "SMD", "p has no sign"),
        ({"p": 0.05, "p_relation": "<", **ARMS, **BENEFIT}, "SMD", "p is only a bound, which gives no estimate"),
        ({"f": 4.0, "n_treat": 20, **BENEFIT}, "SMD", "f lacks n_control"),
        ({"chi2": 4.0, "n_treat": 20, "n_control": 20, **BENEFIT}, "OR", "chi2 lacks events_control"),
        ({"chi2": 4.0, "events_control": 5, "n_treat": 20, "n_control": 20}, "OR", "chi2 has no sign"),
        ({"chi2": 400.0, "events_control": 5, "n_treat": 20, "n_control": 20, **BENEFIT}, "OR", "no table with these arms has a chi-square of 400"),
        ({"f": -4.0, **ARMS, **BENEFIT}, "SMD", "must not be below 0"),
    ],
)
def test_what_a_statistic_alone_cannot_say(figures, measure, words):
    with pytest.raises(AnalysisError, match=words):
        size(row(**figures), measure)
