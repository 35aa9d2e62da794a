"""From an appraisal of the small workspace to everything that bears on a decision, and the weights by income."""

from types import SimpleNamespace

import numpy as np
import pytest
from economic_builders import controls, kernel, line

from workbench.draws import Draws
from workbench.economics import appraise, decide, equity_scenarios, evaluate, weighted
from workbench.economics.decision import Unknown
from workbench.economics.decision.terms import control_ranges, multiples, study_terms
from workbench.errors import AnalysisError


def parameter(workspace, name, **cells):
    return workspace.add("parameters", parameter_id=name, group="scenario", name=name, distribution="fixed", checked="unverified", unit="", **cells)


@pytest.fixture
def terms(workspace):
    """The small workspace with the terms of a study, the ranges of controls, weights, and uncertain prices."""
    found = workspace
    for name, cells in {
        "study.families": dict(value=100, low=100, high=400), "study.share": dict(value=0.5), "study.design-effect": dict(value=1.0),
        "study.loss": dict(value=0.1), "study.sites": dict(value=10, low=1), "study.delay": dict(value=2), "study.years": dict(value=10),
        "range.horizon": dict(value=5, low=2, high=8), "range.half-life": dict(value=5, low=3), "range.discount": dict(value=0.03, low=0.0, high=0.1),
        "range.cost": dict(value=1, low=0.5, high=2), "range.benefit-multiple": dict(value=1, low=0, high=5),
        "weight.elasticity": dict(value=1.3), "weight.income.median": dict(value=30_000), "weight.income.poor": dict(value=15_000),
    }.items():  # fmt: skip
        found = parameter(found, name, **cells)
    found = found.add("parameters", parameter_id="rule.weight-payer", group="rule", name="payer", distribution="fixed", checked="unverified", schedule="families")
    price = {"distribution": "fixed", "currency": "GBP", "price_year": 2021, "price_year_basis": "stated", "checked": "abstract", "payer": "x", "country": "England", "ceiling": False}
    found = found.add("unit_costs", unit_cost_id="study-fixed", name="Trial", value=1000, unit="per study", **price)
    found = found.add("unit_costs", unit_cost_id="study-per-family", name="Family", value=10, unit="per family", **price)
    outcomes = [{**row, "horizon_months": 12} for row in found.tables["outcomes"]]
    found.tables["outcomes"] = outcomes
    return found.change("unit_costs", "placement", distribution="uniform", low=8000, high=12_000)


def places(n=256, seed=1, centre=0.2):
    rng = np.random.default_rng(seed)
    middle, tau = centre + 0.3 * rng.standard_normal(n), np.abs(0.2 * rng.standard_normal(n))
    return Draws(middle + tau * rng.standard_normal(n), middle, tau, "home", "home-event", "OR", "higher_is_better", seed)


def families(a_year=500.0, period="year"):
    return SimpleNamespace(median=a_year, low=a_year, high=a_year, period=period, rows=(), draws=lambda count, seed: np.full(count, a_year))


def appraised(evidence, seed=1, **settings):
    return appraise(evidence, "demo", draws={"home": places(seed=seed)}, cost_per_family=1800, **settings)


def test_everything_at_once(terms):
    found = decide(terms, appraised(terms), [appraised(terms, seed) for seed in range(2, 9)], families())
    assert found.valued and found.information.evpi.sets == 8
    assert {bar.name for bar in found.tornado.bars} >= {"effects/home-event", "prices/placement", "discount", "half_life", "cost", "optimism_bias"}
    assert found.acceptability.of("programme")[0] == 0.0  # worth nothing, it never pays
    assert [point.cost for point in found.thresholds] == sorted(point.cost for point in found.thresholds)
    assert {each.study.sites for each in found.proposals.each} == {1, 10} and {each.study.families for each in found.proposals.each} == {100, 200, 400}
    one = found.proposals.each[0]
    assert one.net.spent.mean == pytest.approx(1.05 * (1000 + 10 * 100) + 50 * abs(np.mean([each for each in [mean_of(terms, seed) for seed in range(1, 9)]])), rel=1e-6)
    assert found.first is None and found.equity[0].to_families is not None


def mean_of(evidence, seed):
    from workbench.economics import averaged_kernel

    result = appraised(evidence, seed)
    return evaluate(averaged_kernel(result.kernel, result.draws), result.controls).npv.mean


def test_the_same_call_gives_the_same_figures(terms):
    first, second = (decide(terms, appraised(terms), (), families()) for _ in range(2))
    assert first.information == second.information and first.tornado == second.tornado
    assert [each.evsi for each in first.proposals.each] == [each.evsi for each in second.proposals.each]


def test_no_trial_is_larger_than_the_families_there_are(terms):
    found = decide(terms, appraised(terms), (), families(60.0))
    assert {each.study.families for each in found.proposals.each} == {100}  # two years of sixty
    stock = decide(terms, appraised(terms), (), families(250.0, "moment"))
    assert {each.study.families for each in stock.proposals.each} == {100, 200}


def test_figures_with_families_behind_them_may_be_measured_again(terms):
    evidence = terms.change("parameters", "qaly", distribution="normal", low=-0.02, high=0.04)
    evidence = parameter(evidence, "study.behind.qaly", value=300, year_from=0, year_to=2)
    found = decide(evidence, appraised(evidence), (), families())
    again = [each for each in found.proposals.each if each.study.subject == "shares/qaly"]
    assert [each.study.families for each in again] == [100, 200, 400] and again[0].study.behind == 300 and again[0].study.follow_up_months == 24
    assert again[0].evsi.value < again[-1].evsi.value


def test_where_nothing_is_valued_the_rule_names_the_unknown(terms):
    blank = Unknown("home-event", "Children at home", True, True, False, False, None)
    found = decide(terms, appraise(terms, "bare"), (), families(), [blank])
    assert not found.valued and found.first.unknown == blank and found.proposals is None
    assert "Children at home" in repr(found) and "<p>" in found._repr_html_()


def test_without_the_table_s_terms_no_study_is_made_up(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    blank = Unknown("home-event", "Children at home", True, True, True, True, 1.0)
    found = decide(workspace, result, (), families(), [blank])
    assert found.proposals is None and found.acceptability is None and found.first.unknown == blank
    assert study_terms(workspace, result.kernel) is None and multiples(workspace) == ()


def test_half_of_the_terms_is_an_error(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    half = parameter(workspace, "study.share", value=0.5)
    assert study_terms(half, result.kernel) is None
    with pytest.raises(AnalysisError, match=r"study\.families.*study-per-family"):
        study_terms(half.add("unit_costs", unit_cost_id="study-fixed", name="Trial", value=1.0), result.kernel)


def test_ranges_act_on_their_own_control_alone(terms):
    result = appraised(terms)
    found = {each.name: each for each in control_ranges(terms, result.kernel, result.controls)}
    assert found["horizon"].at_low[1].horizon == 2 and found["horizon"].at_high[1].horizon == 8
    assert found["half_life"].at_low[1].half_life == 3 and found["half_life"].at_high[1].half_life is None
    assert np.all(found["discount"].at_high[1].schedule[0, 1:] == 0.1) and np.all(found["discount"].at_high[1].schedule[1] == result.controls.schedule[1])
    assert found["cost"].at_high[1].cost_per_family == 3600 and found["optimism_bias"].at_high[1].optimism_bias == 0.4


# -- weights -----------------------------------------------------------------------------------------------------------------
def test_a_pound_to_half_the_middle_income_counts_for_two_to_the_elasticity(terms):
    scenario = equity_scenarios(terms)[0]
    assert scenario.weight == pytest.approx(2**1.3) and scenario.payers == ("families",)
    found = weighted(appraised(terms).evaluation, scenario)
    assert found.to_families.mean == pytest.approx(600)
    assert found.weighted.draws - found.unweighted.draws == pytest.approx((2**1.3 - 1) * 600)
    assert "weight 2.46" in repr(found)


def test_public_money_counts_once(terms):
    result = evaluate(kernel([line(np.full(4, 100.0), payer="council")], cost=50.0), controls(horizon=1))
    found = weighted(result, equity_scenarios(terms)[0])
    assert found.to_families is None and found.weighted.mean == found.unweighted.mean == 50


def test_weights_are_refused_where_they_mean_nothing(terms, workspace):
    scenario = equity_scenarios(terms)[0]
    with pytest.raises(AnalysisError, match="no net present value"):
        weighted(evaluate(kernel([line(np.ones(2))], cost=None), controls()), scenario)
    with pytest.raises(AnalysisError, match="families pay"):
        weighted(evaluate(kernel([line(np.ones(2))], cost=1.0, payer="families"), controls()), scenario)
    assert equity_scenarios(workspace) == ()
    with pytest.raises(AnalysisError, match=r"weight\.elasticity, weight\.income\.median"):
        equity_scenarios(parameter(workspace, "weight.income.poor", value=1.0))
