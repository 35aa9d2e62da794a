from dataclasses import replace

import numpy as np
import pytest
from economic_builders import controls, kernel, line
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from workbench.economics import Controls, evaluate, year_weights
from workbench.errors import UsageError


def two_draws():
    """Two draws whose arithmetic fits on the back of an envelope: p 0.2 -> 0.5 and 0.2 -> 0.2."""
    theta = {"home": np.array([logit(0.5) - logit(0.2), 0.0])}
    benefit = line(np.array([1000.0, 1000.0]), "home", per_child=True, years=np.array([2.5, 2.5]), cashable=np.array([0.4, 0.4]), cash_class=None)
    return kernel([benefit], cost=300.0, theta=theta, logit_p0={"home": np.full(2, logit(0.2))})


def test_worked_example():
    result = evaluate(two_draws(), controls(horizon=5, rate=0.0, children_per_family=2.0))
    assert result.benefit.draws == pytest.approx([2 * 0.3 * 1000 * 2.5, 0.0])
    assert result.npv.draws == pytest.approx([1200.0, -300.0])
    assert result.npv.mean == pytest.approx(450.0)
    assert result.bcr == pytest.approx(2.5)
    assert result.p_npv_positive == 0.5
    assert result.cashable.draws == pytest.approx([600.0, 0.0])
    assert result.p_cashable_exceeds_cost == 0.5
    assert result.break_even_cost == pytest.approx(750.0)
    assert result.per_100_children.mean == pytest.approx(100 * 450 / 2)
    assert result.payback_year == 0  # mean benefit of year 0 is 300, as much as the cost


def test_worked_example_discounted():
    result = evaluate(two_draws(), controls(horizon=5, rate=0.1, children_per_family=2.0))
    assert result.benefit.draws[0] == pytest.approx(600 * (1 + 1 / 1.1 + 0.5 / 1.21))
    dear = evaluate(two_draws(), controls(horizon=5, rate=0.1, children_per_family=2.0, cost_per_family=500.0))
    assert dear.payback_year == 1
    assert evaluate(two_draws(), controls(horizon=5, cost_per_family=5000.0)).payback_year is None


def test_a_horizon_cuts_what_comes_later():
    assert evaluate(two_draws(), controls(horizon=1)).benefit.draws[0] == pytest.approx(300.0)


def test_break_even_effect_brings_the_mean_to_zero():
    own = controls(horizon=5, rate=0.03, children_per_family=2.0)
    before = two_draws()
    found = evaluate(before, own).break_even_effect
    at = evaluate(replace(before, theta={"home": np.full(2, found.theta)}), own)
    assert at.npv.mean == pytest.approx(0.0, abs=1e-9)
    assert at.differences["home"].mean == pytest.approx(found.difference, abs=1e-12)
    assert evaluate(before, replace(own, cost_per_family=1e9)).break_even_effect is None


def test_a_reader_s_baseline_replaces_the_drawn_one():
    result = evaluate(two_draws(), controls(baseline_risk={"home": 0.4}))
    theta = logit(0.5) - logit(0.2)
    assert result.differences["home"].draws == pytest.approx([expit(logit(0.4) + theta) - 0.4, 0.0])


def test_optimism_bias_and_a_reader_s_cost():
    assert evaluate(two_draws(), controls(optimism_bias=0.4)).cost.mean == pytest.approx(420.0)
    assert evaluate(two_draws(), controls(cost_per_family=200.0, optimism_bias=0.5)).cost.draws == pytest.approx([300.0, 300.0])


def test_ratio_is_withheld_unless_cost_is_above_zero():
    assert evaluate(kernel([line(np.ones(2))], cost=0.0), controls()).bcr is None
    assert evaluate(kernel([line(np.ones(2))], cost=-5.0), controls()).bcr is None


def test_no_net_value_without_a_cost_or_without_a_benefit():
    for each in (kernel([line(np.ones(2))], cost=None), kernel([], cost=5.0, n=2)):
        result = evaluate(each, controls())
        assert not result.valued
        assert result.npv is None and result.bcr is None and result.p_npv_positive is None and result.payback_year is None
        assert result.p_cashable_exceeds_cost is None and result.break_even_cost is None and result.total_npv is None


def test_cash_of_another_payer_does_not_count_as_the_payer_s_saving():
    result = evaluate(kernel([line(np.full(2, 900.0), payer="nhs")], cost=300.0), controls())
    assert result.cashable.draws == pytest.approx([0.0, 0.0])
    assert result.p_cashable_exceeds_cost == 0.0


def test_events_spread_over_years_and_returns():
    spread = year_weights(6, np.array([2.0]), onset_years=3)
    assert spread[0] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1 / 3, 0, 0])
    lost = year_weights(6, np.array([10.0]), lost=np.array([0.2]), lost_years=5)
    assert lost[0] == pytest.approx([0.8**0.1, 0.8**0.3, 0.8**0.5, 0.8**0.7, 0.8**0.9, 0.8])
    assert year_weights(4)[0] == pytest.approx([1, 0, 0, 0])


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, horizon = 16, draw(st.integers(1, 30))
    lines = []
    for index in range(draw(st.integers(1, 4))):
        timed, split = draw(st.booleans()), draw(st.booleans())
        lines.append(line(
            rng.normal(0, 1000, n), draw(st.sampled_from([None, "a", "b"])), pathway_id=f"p{index}", per_child=draw(st.booleans()),
            years=rng.uniform(0.1, 12, n) if timed else None, onset_years=draw(st.integers(1, 6)), lost=rng.uniform(0, 0.9, n) if timed and draw(st.booleans()) else None,
            lost_years=5.0, cashable=rng.uniform(0, 1, n) if split else None, cash_class=None if split else draw(st.sampled_from(["cashable", "avoided", "wider"])),
            payer=draw(st.sampled_from(["council", "nhs", "families"])), discount=draw(st.sampled_from([0, 1])), societal=draw(st.booleans()), budget=draw(st.booleans()),
        ))  # fmt: skip
    effects = {name: rng.normal(0, 1, n) for name in ("a", "b")}
    bases = {name: rng.normal(-1, 1, n) for name in ("a", "b")}
    schedule = np.vstack([np.r_[0.0, rng.uniform(0, 0.1, horizon - 1)] for _ in range(2)])
    own = Controls(draw(st.integers(0, 500)), draw(st.floats(0, 1)), draw(st.floats(0, 4)), horizon, schedule, optimism_bias=draw(st.floats(0, 0.5)))
    return kernel(lines, cost=draw(st.floats(0, 5000)), theta=effects, logit_p0=bases), own


@settings(max_examples=60, deadline=None)
@given(cases())
def test_parts_add_up(case):
    result = evaluate(*case)
    if result.benefit is not None:
        parts = sum(amount.draws for amount in result.benefit_by.values())
        assert parts == pytest.approx(result.benefit.draws, abs=1e-6)
        assert result.npv.draws == pytest.approx(result.benefit.draws - result.cost.draws, abs=1e-6)
        assert result.net_by_year.sum() == pytest.approx(result.npv.mean, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_without_discounting_present_values_are_plain_sums(case):
    before, own = case
    result = evaluate(before, replace(own, schedule=np.zeros((2, own.horizon))))
    for amount, wanted in ((result.cost, {"cost"}), (result.benefit, {"cashable", "avoided", "wider"})):
        if amount is not None:
            assert sum(row.amount for row in result.by_year if row.cash_class in wanted) == pytest.approx(amount.mean, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(cases(), st.floats(0.1, 10))
def test_families_scale_totals_and_nothing_else(case, factor):
    before, own = case
    one, more = evaluate(before, own), evaluate(before, replace(own, families=own.families * factor))
    assert more.cost.draws.tobytes() == one.cost.draws.tobytes()
    for a, b in zip(one.budget_impact(), more.budget_impact(), strict=True):
        assert b.amount == pytest.approx(a.amount * factor, rel=1e-9, abs=1e-6)
    if one.npv is not None:
        assert more.total_npv == pytest.approx(one.total_npv * factor, rel=1e-9, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_the_same_kernel_gives_the_same_bytes(case):
    first, second = evaluate(*case), evaluate(*case)
    assert first.cost.draws.tobytes() == second.cost.draws.tobytes()
    assert first.by_year == second.by_year
    if first.npv is not None:
        assert first.npv.draws.tobytes() == second.npv.draws.tobytes()


def test_kernel_and_controls_are_frozen():
    each, own = two_draws(), controls()
    with pytest.raises(ValueError, match="read-only"):
        each.theta["home"][0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        each.benefits[0].value[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        own.schedule[0, 0] = 1.0
    with pytest.raises(TypeError):
        each.theta["home"] = np.zeros(2)


def test_impossible_controls_are_named_all_at_once():
    with pytest.raises(UsageError) as caught:
        controls(families=-1, take_up=1.5, cost_per_family=-2, baseline_risk={"home": 1.0})
    text = str(caught.value)
    assert all(name in text for name in ("families = -1", "take_up = 1.5", "cost_per_family = -2", "baseline_risk.home = 1.0"))
    with pytest.raises(UsageError, match="at least 9 annual rates"):
        replace(controls(horizon=5), horizon=9)
    with pytest.raises(UsageError, match="year 0 is not discounted"):
        Controls(1, 1, 1, 2, np.array([0.03, 0.03]))
