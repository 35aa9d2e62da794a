from dataclasses import replace

import numpy as np
import pytest
from economic_builders import controls, kernel, line
from scipy.special import expit, logit

from workbench.economics import appraise, evaluate, kernel_inputs, threshold_curve, tornado
from workbench.economics.conditional import conditional_means
from workbench.economics.decision.inputs import appraisal_inputs, fix
from workbench.economics.decision.sensitivity import Range
from workbench.errors import AnalysisError, UsageError


def drawn(n=4000, seed=1):
    """One effect on placements that last for some years, with every array uncertain."""
    rng = np.random.default_rng(seed)
    benefit = line(rng.normal(10_000, 1500, n), "home", per_child=True, years=rng.uniform(2, 4, n), lost=rng.uniform(0.1, 0.3, n), lost_years=5.0,
                   cashable=rng.uniform(0.3, 0.5, n), cash_class=None)  # fmt: skip
    made = kernel([benefit], theta={"home": rng.normal(0.4, 0.4, n)}, logit_p0={"home": logit(rng.beta(20, 80, n))}, n=n)
    return replace(made, costs=(replace(kernel([benefit], cost=1.0, n=n).costs[0], value=rng.normal(2500, 300, n)),))


OWN = controls(horizon=8, rate=0.035)


def test_every_varying_array_is_an_input_and_money_alone_is_read():
    names = {item.name for item in kernel_inputs(drawn(), OWN)}
    assert names == {"effects/home", "baselines/home", "prices/p.value", "durations/p.years", "shares/p.lost", "shares/p.cashable", "costs/c.value"}
    assert "baselines/home" not in {item.name for item in kernel_inputs(drawn(), replace(OWN, baseline_risk={"home": 0.3}))}
    assert "costs/c.value" not in {item.name for item in kernel_inputs(drawn(), replace(OWN, cost_per_family=1.0))}


def test_a_bar_is_the_mean_with_that_input_fixed_by_hand():
    before = drawn()
    found = {bar.name: bar for bar in tornado(before, OWN).bars}
    low, high = np.quantile(before.costs[0].value, [0.025, 0.975])
    base = evaluate(before, OWN)
    assert found["costs/c.value"].npv_low == pytest.approx(base.benefit.mean - low)
    assert found["costs/c.value"].npv_high == pytest.approx(base.benefit.mean - high)
    theta = np.quantile(before.theta["home"], 0.025)
    difference = expit(before.logit_p0["home"] + theta) - expit(before.logit_p0["home"])
    years = base.benefit.draws / base.differences["home"].draws
    assert found["effects/home"].npv_low == pytest.approx(np.mean(difference * years) - base.cost.mean)


def test_bars_agree_with_the_regression_on_the_input():
    # inputs are independent, so that the mean with one fixed is the mean given it
    before = drawn(20_000)
    npv = evaluate(before, OWN).npv.draws
    for item in kernel_inputs(before, OWN):
        bar = next((bar for bar in tornado(before, OWN, [item]).bars), None)
        fitted = conditional_means(npv[:, None], item.draws[:, None])[:, 0]
        near = [np.abs(item.draws - end) < 0.15 * item.draws.std() for end in np.quantile(item.draws, [0.025, 0.975])]
        assert [fitted[part].mean() for part in near] == pytest.approx([bar.npv_low, bar.npv_high] if bar else [npv.mean()] * 2, abs=0.15 * npv.std())


def test_bars_stand_by_swing_and_what_makes_no_difference_is_left_out():
    found = tornado(drawn(), OWN)
    swings = [bar.swing for bar in found.bars]
    assert swings == sorted(swings, reverse=True) and found.bars[0].name == "effects/home" and found.bars[0].turns
    assert "shares/p.cashable" not in {bar.name for bar in found.bars}  # it only parts the benefit
    assert found.base == pytest.approx(evaluate(drawn(), OWN).npv.mean)


def test_controls_are_varied_as_given():
    before = drawn()
    ends = [(before, replace(OWN, horizon=years)) for years in (2, 8)]
    bar = next(bar for bar in tornado(before, OWN, [], [Range("horizon", "Years", 2, 8, *ends)]).bars)
    assert bar.group == "controls" and bar.npv_low == evaluate(*ends[0]).npv.mean and bar.npv_high == pytest.approx(tornado(before, OWN).base)


def test_fixing_an_input_at_its_own_draws_changes_nothing():
    before = drawn()
    for item in kernel_inputs(before, OWN):
        assert evaluate(fix(before, item, item.draws), OWN).npv.draws == pytest.approx(evaluate(before, OWN).npv.draws, rel=1e-9, abs=1e-6)


def test_the_threshold_curve_is_where_the_mean_is_zero():
    before = drawn()
    effect = next(item for item in kernel_inputs(before, OWN) if item.name == "effects/home")
    found = threshold_curve(before, OWN, effect, [-0.5, 0.2, 0.8], "cost_per_family", (0, 50_000))
    assert found.points[0][1] is None
    for theta, cost in found.points[1:]:
        at = evaluate(fix(before, effect, theta), replace(OWN, cost_per_family=cost))
        assert at.npv.mean == pytest.approx(0, abs=1e-6) and cost == pytest.approx(evaluate(fix(before, effect, theta), OWN).benefit.mean)
    both = threshold_curve(before, OWN, "cost_per_family", [3000.0], effect, (-3, 3))
    assert evaluate(fix(before, effect, both.points[0][1]), replace(OWN, cost_per_family=3000.0)).npv.mean == pytest.approx(0, abs=1e-5)


def test_a_threshold_needs_a_control_that_exists():
    with pytest.raises(UsageError, match="did you mean 'cost_per_family'"):
        threshold_curve(drawn(8), OWN, "cost_a_family", [1.0], "horizon", (1, 2))
    with pytest.raises(UsageError, match="lower end"):
        threshold_curve(drawn(8), OWN, "take_up", [1.0], "cost_per_family", (2, 1))
    with pytest.raises(AnalysisError, match="no net present value"):
        tornado(kernel([line(np.ones(2))], cost=None), OWN)


def uncertain(workspace):
    """The small workspace with a price, a share and a quantity that vary; the quantity may be below nought."""
    changed = workspace.change("unit_costs", "placement", distribution="uniform", low=8000, high=12000)
    changed = changed.change("parameters", "share", distribution="uniform", low=0.3, high=0.7)
    return changed.change("parameters", "qaly", distribution="normal", low=-0.01, high=0.03)


def test_an_appraisal_s_values_come_apart_into_the_tables_figures(workspace, home_draws):
    evidence = uncertain(workspace)
    result = appraise(evidence, "demo", draws={"home": home_draws})
    found = {item.name: item for item in appraisal_inputs(evidence, result)}
    assert set(found) == {"effects/home-event", "baselines/home-event", "prices/placement", "shares/share", "shares/qaly"}
    assert found["prices/placement"].row == "unit_costs/placement" and found["prices/placement"].label == "Placement"
    assert (found["prices/placement"].draws.min(), found["prices/placement"].draws.max()) == pytest.approx((8400, 12600), rel=1e-2)
    # fixing the share at a half gives the kernel whose share was never uncertain
    sure = appraise(evidence.change("parameters", "share", distribution="fixed", low=None, high=None), "demo", draws={"home": home_draws})
    fixed = evaluate(fix(result.kernel, found["shares/share"], 0.5), result.controls)
    assert fixed.npv.draws == pytest.approx(sure.evaluation.npv.draws, rel=1e-5)
    assert evaluate(fix(result.kernel, found["shares/qaly"], 0.0), result.controls).benefit_by["families", "wider"].mean == 0


def test_a_row_behind_two_pathways_is_one_input(workspace, home_draws):
    evidence = uncertain(workspace).change("pathways", "demo.refused", active=True, construct="home-event", unit_cost_id="placement", share_id="share",
                                           duration_id="years", cash_class="avoided")  # fmt: skip
    result = appraise(evidence, "demo", draws={"home": home_draws})
    item = next(item for item in appraisal_inputs(evidence, result) if item.name == "prices/placement")
    assert {place.pathway_id for place in item.places} == {"demo.home", "demo.refused"}


def test_a_value_that_is_no_product_of_its_figures_is_refused(workspace, home_draws):
    evidence = uncertain(workspace)
    result = appraise(evidence, "demo", draws={"home": home_draws})
    bent = tuple(replace(each, value=each.value + np.arange(256.0)) if each.pathway_id == "demo.home" else each for each in result.kernel.benefits)
    with pytest.raises(AnalysisError, match="not the product of prices/placement, shares/share"):
        appraisal_inputs(evidence, replace(result, kernel=replace(result.kernel, benefits=bent)))


def test_objects_print_themselves():
    found = tornado(drawn(500), OWN)
    assert repr(found).startswith("Tornado(mean NPV") and "effects/home" in found._repr_html_()
    assert "effects/home" in repr(kernel_inputs(drawn(500))[0])
    curve = threshold_curve(drawn(50), OWN, "take_up", [0.5], "cost_per_family", (0, 1e6))
    assert "1 of 1 points" in repr(curve) and "take_up" in curve._repr_html_()
