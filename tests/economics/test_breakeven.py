"""At every break-even the mean net present value, worked out anew, is nought."""

from dataclasses import replace

import numpy as np
import pytest
from economic_builders import controls, kernel, line
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from test_evaluate import cases

from workbench.economics import evaluate
from workbench.economics.discounting import bisect, crossing


def stretched(before, times):
    """The kernel with every benefit lasting so many times as long."""
    return replace(before, benefits=tuple(replace(each, years=None if each.years is None else times * each.years) for each in before.benefits))


def test_duration_by_hand():
    # 100 a year for 2 years against a cost of 350: 3.5 years are needed, 1.75 times as long
    result = evaluate(kernel([line(np.full(2, 100.0), years=np.full(2, 2.0))], cost=350.0), controls())
    assert result.break_even_years == pytest.approx(1.75)


def test_no_duration_where_none_is_enough_or_nothing_lasts():
    assert evaluate(kernel([line(np.full(2, 100.0), years=np.full(2, 2.0))], cost=1e6), controls()).break_even_years is None
    assert evaluate(kernel([line(np.full(2, 100.0))], cost=50.0), controls()).break_even_years is None
    assert evaluate(kernel([], cost=50.0, n=2), controls()).break_even_years is None


@settings(max_examples=60, deadline=None)
@given(cases(), st.sampled_from([None, 3.0]))
def test_at_the_break_even_duration_the_mean_is_nought(case, half_life):
    before, own = case[0], replace(case[1], half_life=half_life)
    result = evaluate(before, own)
    if result.break_even_years is not None:
        at = evaluate(stretched(before, result.break_even_years), own)
        scale = sum(abs(amount.mean) for amount in result.benefit_by.values()) + result.cost.mean
        assert at.npv.mean == pytest.approx(0.0, abs=1e-9 * (1 + scale))


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from([None, 3.0]))
def test_at_the_break_even_effect_the_mean_is_nought(case, half_life):
    before, own = case[0], replace(case[1], half_life=half_life)
    result = evaluate(before, own)
    for name, found in result.break_even_effects.items():
        at = evaluate(before.with_theta({name: np.full(before.count, found.theta)}), own)
        scale = sum(float(np.abs(amount.draws).mean()) for amount in result.benefit_by.values()) + result.cost.mean
        assert at.npv.mean == pytest.approx(0.0, abs=1e-8 * (1 + scale))


def test_deadweight_and_fading_move_the_break_even_effect():
    base = dict(theta={"home": np.full(2, 0.5)}, logit_p0={"home": np.full(2, logit(0.2))})
    before = kernel([line(np.full(2, 1000.0), "home", years=np.full(2, 3.0), controlled=False)], cost=100.0, **base)
    plain, taken, faded = (evaluate(before, controls(**more)).break_even_effect.theta for more in ({}, {"deadweight": 0.5}, {"half_life": 1.0}))
    assert taken > plain and faded > plain


def test_take_up_spreads_the_costs_of_the_whole_area():
    own = controls(families=100, take_up=0.5, set_up_cost=5000.0, set_up_years=5, optimism_bias=0.2)
    before = kernel([line(np.full(2, 300.0))], cost=100.0)
    result = evaluate(before, own)
    assert result.break_even_take_up == pytest.approx(1.2 * 1000 / 100 / (300 - 120))
    assert evaluate(before, replace(own, take_up=result.break_even_take_up)).npv.mean == pytest.approx(0.0, abs=1e-9)


def test_take_up_does_not_decide_without_such_costs_or_where_they_are_never_covered():
    before = kernel([line(np.full(2, 300.0))], cost=100.0)
    assert evaluate(before, controls()).break_even_take_up is None
    assert evaluate(before, controls(cost_per_family=400.0, supervision_cost=10.0)).break_even_take_up is None
    assert evaluate(before, controls(families=1, supervision_cost=1e6)).break_even_take_up is None


FUNCTIONS = {
    "line": (lambda x: 3 * x - 1, -5.0, 9.0, 1 / 3),
    "cubic": (lambda x: (x - 0.2) ** 3, -1.0, 2.0, 0.2),
    "steep": (lambda x: np.tanh(50 * (x - 1.5)), -12.0, 12.0, 1.5),
    "kink": (lambda x: max(x - 1, 0.0) - 0.25, 0.0, 100.0, 1.25),
    "falling": (lambda x: np.exp(-x) - 0.5, -3.0, 30.0, np.log(2)),
}


@pytest.mark.parametrize(("function", "low", "high", "root"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_crossing_is_found(function, low, high, root):
    # a triple root is flat for 1e-5 on either side in double precision: (1e-5) ** 3 = 1e-15
    tolerance = 1e-5 if root == 0.2 else 1e-12
    assert crossing(function, low, high) == pytest.approx(root, abs=tolerance)
    assert crossing(lambda x: -function(x), low, high) == pytest.approx(root, abs=tolerance)


@settings(max_examples=100, deadline=None)
@given(st.floats(-5, 5), st.floats(0.01, 100), st.floats(-11, 11))
def test_a_crossing_is_where_bisection_finds_it(shift, scale, root):
    def function(x):
        return np.arctan(scale * (x - root)) * (1 + np.exp(shift))

    assert crossing(function, -12.0, 12.0) == pytest.approx(bisect(function, -12.0, 12.0), abs=1e-11)


def test_no_crossing_is_none_and_an_end_may_be_the_root():
    assert crossing(lambda x: x**2 + 1, -1.0, 1.0) is None
    assert crossing(lambda x: np.inf, -1.0, 1.0) is None
    assert crossing(lambda x: x, 0.0, 1.0) == 0.0
    assert crossing(lambda x: x - 1, 0.0, 1.0) == 1.0
