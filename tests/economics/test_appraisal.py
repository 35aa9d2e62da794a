import numpy as np
import pytest
from scipy.special import betaincinv, expit, logit

from workbench.draws import Draws, uniforms
from workbench.economics import appraise, evaluate
from workbench.errors import AnalysisError, UsageError


def test_worked_from_the_rows(workspace, home_draws):
    result = appraise(workspace, "demo", "Anyshire", draws={"home": home_draws})
    p0 = betaincinv(20.5, 80.5, uniforms(["baseline/home-event"], 256, 1, {"baseline/home-event": 0})[:, 0])
    difference = expit(logit(p0) + home_draws.values) - p0
    years = 1 + 1 / 1.03 + 0.5 / 1.03**2
    home = 2 * difference * 0.5 * 10000 * 1.05 * years  # children x difference x share x price of 2022 x years
    assert result.status == "valued" and result.area == "Anyshire"
    # A kernel's arrays are in single precision: 6e-8 of log odds near 1, times 2 children x 5,250 x 2.9 years, is under a penny.
    single = dict(rel=1e-6, abs=0.01)
    assert result.evaluation.benefit_by["council", "cashable"].draws == pytest.approx(0.4 * home, **single)
    assert result.evaluation.benefit_by["council", "avoided"].draws == pytest.approx(0.6 * home, **single)
    assert result.evaluation.benefit_by["families", "wider"].draws == pytest.approx(np.full(256, 600.0), **single)
    assert result.evaluation.npv.draws == pytest.approx(home + 600 - 1000, **single)
    assert result.evaluation.budget_cost.mean == 1000
    assert [row.key for row in result.refused] == ["demo.refused"]


def test_effects_enter_unchanged_and_in_order(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home-event": home_draws})
    assert result.draws["home-event"] is home_draws
    assert result.kernel.theta["home-event"].tobytes() == home_draws.raw.astype(np.float32).astype(float).tobytes()


def test_a_lower_is_better_outcome_keeps_its_printed_direction(workspace, home_draws):
    worse = Draws(home_draws.values, home_draws.centre, home_draws.tau, "home", "home-event", "OR", "lower_is_better", 1)
    flipped = workspace.change("pathways", "demo.home", event_sign="cost")
    assert appraise(flipped, "demo", draws={"home": worse}).evaluation.benefit_by["council", "cashable"].mean > 0
    assert appraise(workspace, "demo", draws={"home": worse}).evaluation.benefit_by["council", "cashable"].mean < 0


def test_the_same_call_gives_the_same_bytes(workspace, home_draws):
    first, second = (appraise(workspace, "demo", draws={"home": home_draws}) for _ in range(2))
    assert first.evaluation.npv.draws.tobytes() == second.evaluation.npv.draws.tobytes()
    assert first.flags == second.flags


def test_appraise_itself_calls_evaluate(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws}, horizon=3)
    assert evaluate(result.kernel, result.controls).npv.draws.tobytes() == result.evaluation.npv.draws.tobytes()
    assert result.with_controls(horizon=5).benefit.mean == pytest.approx(appraise(workspace, "demo", draws={"home": home_draws}).evaluation.benefit.mean)


def test_nothing_priced_gives_the_reason_the_cost_and_a_yardstick(workspace):
    result = appraise(workspace, "bare")
    cost = 500 * 1.02 * 1.04 * 0.7 / 1.4
    assert result.status == "not_valued" and result.reason == "Nothing measured has a price."
    assert result.evaluation.cost.mean == pytest.approx(cost)
    yardstick = result.evaluation.yardsticks[0]
    assert yardstick.kind == "events" and yardstick.ceiling and yardstick.value == pytest.approx(cost / 60000)
    assert result.evaluation.npv is None and "upper bound" in " ".join(result.flags)


def test_a_programme_without_any_pathway(workspace):
    result = appraise(workspace, "empty")
    assert result.status == "not_valued" and result.reason and result.evaluation.cost is None


def test_an_outcome_without_evidence_is_left_out_and_said(workspace):
    result = appraise(workspace, "demo")
    assert [row.key for row, _ in result.unvalued] == ["demo.home"]
    assert any("Children at home" in flag for flag in result.flags)
    assert result.evaluation.benefit.mean == pytest.approx(600)


def test_an_outcome_without_a_baseline_needs_the_reader_s(workspace, home_draws):
    workspace.tables["baselines"] = []
    draws = {"home": home_draws}
    assert [row.key for row, _ in appraise(workspace, "demo", draws=draws).unvalued] == ["demo.home"]
    assert appraise(workspace, "demo", draws=draws, baseline_risk={"home": 0.3}).unvalued == ()


def test_a_price_without_a_year_is_never_uprated(workspace, home_draws):
    undated = workspace.change("unit_costs", "placement", price_year=None, price_year_basis="none")
    result = appraise(undated, "demo", draws={"home": home_draws})
    assert [row.key for row, _ in result.unvalued] == ["demo.home"]
    assert any("no price year" in flag for flag in result.flags)


def test_unchecked_figures_are_named_with_their_share(workspace, home_draws):
    assert appraise(workspace, "demo", draws={"home": home_draws}).unverified_share == 0
    unchecked = workspace.change("unit_costs", "life", checked="unverified")
    result = appraise(unchecked, "demo", draws={"home": home_draws})
    home = result.evaluation.benefit.mean - 600
    assert result.unverified_share == pytest.approx(600 / (600 + home + 1000))
    assert any("“Life”" in flag and "not checked" in flag for flag in result.flags)


def test_missing_price_years_are_flagged(workspace, home_draws):
    for basis, words in (("publication_year", "year of publication, 2021"), ("note_range", "drawn from 2021 to 2022")):
        changed = workspace.change("unit_costs", "placement", price_year_basis=basis, price_year_low=2021, price_year_high=2022)
        assert any(words in flag for flag in appraise(changed, "demo", draws={"home": home_draws}).flags)


def test_two_pathways_for_the_same_thing_are_refused(workspace, home_draws):
    twice = workspace.change("pathways", "demo.home", exclusive_group="g").change("pathways", "demo.health", exclusive_group="g")
    with pytest.raises(AnalysisError, match="values the same thing as 'demo.home' in the societal total"):
        appraise(twice, "demo", draws={"home": home_draws})
    apart = twice.change("pathways", "demo.home", perspective="payer_budget")
    assert appraise(apart, "demo", draws={"home": home_draws}).status == "valued"


def test_net_and_gross_cost_serve_different_totals(workspace, home_draws):
    both = workspace.change("pathways", "demo.cost", perspective="societal", exclusive_group="cost").add(
        "programme_costs", **{**workspace.tables["programme_costs"][0], "cost_id": "gross", "value": 400, "years": 1}).add(
        "pathways", **{**workspace.tables["pathways"][0], "pathway_id": "demo.gross", "cost_id": "gross", "duration_id": "years", "perspective": "payer_budget", "exclusive_group": "cost"})  # fmt: skip
    result = appraise(both, "demo", draws={"home": home_draws}).evaluation
    assert result.cost.mean == pytest.approx(1000)
    assert result.budget_cost.mean == pytest.approx(400 * (1 + 1 / 1.03 + 0.5 / 1.03**2))


def test_wrong_settings_are_named_all_at_once(workspace):
    with pytest.raises(UsageError) as caught:
        appraise(workspace, "demo", horizn=3, families=-1, take_up="x", schedule="flatt", baseline_risk={"hom": 0.2}, price_year=2020.5)
    text = str(caught.value)
    for words in ("did you mean 'horizon'", "families = -1", "take_up = 'x': must be a number", "did you mean 'flat'", "did you mean 'home'", "price_year = 2020.5"):
        assert words in text


def test_draws_must_fit_together(workspace, home_draws):
    with pytest.raises(UsageError, match="seed = 2"):
        appraise(workspace, "demo", draws={"home": home_draws}, seed=2)
    smd = Draws(home_draws.values, home_draws.centre, home_draws.tau, "home", "home-event", "SMD", "higher_is_better", 1)
    with pytest.raises(AnalysisError, match="needs log odds ratios"):
        appraise(workspace, "demo", draws={"home": smd})


def test_a_pathway_that_contradicts_itself_is_named(workspace, home_draws):
    with pytest.raises(AnalysisError, match="do not go together"):
        appraise(workspace.change("pathways", "demo.home", duration_id=None), "demo", draws={"home": home_draws})
    with pytest.raises(AnalysisError, match=r"demo.home\): unit_cost_id is needed"):
        appraise(workspace.change("pathways", "demo.home", unit_cost_id=None), "demo", draws={"home": home_draws})


def test_results_print_themselves(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    assert "NPV per family" in repr(result) and "\n" not in repr(result)
    assert "<table" in result._repr_html_()
    assert list(result.summary().columns) == ["mean", "median", "lower", "upper"]
    assert set(result.evaluation.frame()["cash_class"]) == {"cost", "cashable", "avoided", "wider"}


def test_baselines_given_take_the_place_of_the_table_s(workspace, home_draws):
    from workbench.baselines import fixed_risk

    given = appraise(workspace, "demo", draws={"home": home_draws}, baselines={"home-event": fixed_risk("home-event", 0.3)})
    same = appraise(workspace, "demo", draws={"home": home_draws}, baseline_risk={"home": 0.3})
    assert given.evaluation.npv.draws == pytest.approx(same.evaluation.npv.draws)
    with pytest.raises(UsageError, match="count = 512"):
        appraise(workspace, "demo", draws={"home": home_draws}, count=512)


def test_bad_input_in_the_rows_is_told_all_at_once(workspace, home_draws):
    nan = Draws(np.full(256, np.nan), home_draws.centre, home_draws.tau, "home", "home-event", "OR", "higher_is_better", 1)
    wrong = workspace.change("pathways", "demo.home", exclusive_group="g").change("pathways", "demo.health", exclusive_group="g", unit_cost_id=None)
    wrong = wrong.change("programme_costs", "demo-cost", currency="EUR")
    with pytest.raises(AnalysisError) as caught:
        appraise(wrong, "demo", draws={"home": nan})
    text = str(caught.value)
    for words in ("256 of the 256 draws for 'home-event' are not finite", "values the same thing as 'demo.home'", "unit_cost_id is needed", "no parity for EUR in 2022"):
        assert words in text


def test_a_yearly_cohort_is_followed_in_the_budget(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws}, horizon=4).evaluation
    one, three = result.budget_impact(), result.budget_impact(cohorts=3)
    amount = {(row.year, row.cash_class): row.amount for row in one}
    for row in three:
        assert row.amount == pytest.approx(sum(amount.get((row.year - start, row.cash_class), 0.0) for start in range(3)))
    assert max(row.year for row in three) == 5 and {row.amount for row in three if (row.year, row.cash_class) == (2, "cost")} == {10_000.0}
    assert sum(row.amount for row in three) == pytest.approx(3 * sum(row.amount for row in one))
    for cohorts in (0, 1.5, True):
        with pytest.raises(UsageError, match="cohorts"):
            result.budget_impact(cohorts=cohorts)


def test_per_100_children_comes_with_its_interval_and_classes_add_up(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws}).evaluation
    assert result.per_100_children.draws == pytest.approx(100 * result.npv.draws / 2)
    assert list(result.benefit_by_class) == ["cashable", "avoided", "wider"]
    assert sum(amount.mean for amount in result.benefit_by_class.values()) == pytest.approx(result.benefit.mean)
