"""What a reader may add or take away, each against arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
from economic_builders import controls, kernel, line
from scipy.special import logit

from workbench.draws import Draws
from workbench.economics import appraise, evaluate
from workbench.effects import EffectSizes
from workbench.errors import UsageError


def timed(value=1000.0, years=3.0, **more):
    return line(np.full(2, value), years=np.full(2, years), **more)


def test_benefits_fade_by_half_life_read_at_mid_year():
    result = evaluate(kernel([timed(years=3.0)], cost=10.0), controls(horizon=5, half_life=2.0))
    by_hand = 1000 * (0.5**0.25 + 0.5**0.75 + 0.5**1.25)
    assert result.benefit.draws == pytest.approx([by_hand, by_hand])
    assert [row.amount for row in result.by_year if row.cash_class == "cashable"] == pytest.approx([1000 * 0.5**0.25, 1000 * 0.5**0.75, 1000 * 0.5**1.25, 0, 0])
    assert result.cost.mean == 10.0  # costs do not fade


def test_a_value_that_falls_once_and_one_spread_over_onset_fade_too():
    once = evaluate(kernel([line(np.full(2, 100.0))], cost=1.0), controls(half_life=0.5))
    assert once.benefit.mean == pytest.approx(50.0)
    spread = evaluate(kernel([line(np.full(2, 100.0), onset_years=2)], cost=1.0), controls(half_life=1.0))
    assert spread.benefit.mean == pytest.approx(50 * 0.5**0.5 + 50 * 0.5**1.5)


def test_a_very_long_half_life_changes_nothing():
    plain, slow = (evaluate(kernel([timed()], cost=1.0), controls(half_life=years)) for years in (None, 1e12))
    assert slow.benefit.draws == pytest.approx(plain.benefit.draws, rel=1e-10)


def test_deadweight_acts_on_uncontrolled_benefits_alone():
    lines = [line(np.full(2, 100.0)), line(np.full(2, 40.0), controlled=False, cash_class="avoided")]
    result = evaluate(kernel(lines, cost=1.0), controls(deadweight=0.25))
    assert result.benefit_by["council", "cashable"].mean == 100.0
    assert result.benefit_by["council", "avoided"].mean == pytest.approx(30.0)


def test_other_funders_pay_their_share_in_the_budget_and_society_pays_all():
    result = evaluate(kernel([line(np.full(2, 500.0))], cost=400.0), controls(payer_share=0.25))
    assert result.cost.mean == 400.0 and result.npv.mean == 100.0
    assert result.budget_cost.mean == pytest.approx(100.0)
    first = {(row.payer, row.cash_class): row.amount for row in result.budget_by_year if row.year == 0}
    assert first == {("council", "cashable"): 500.0, ("council", "cost"): 100.0, ("other_funders", "cost"): 300.0}
    assert {row.payer for row in result.by_year} == {"council"}
    assert result.cashable.mean == 500.0 and result.budget_npv.mean == pytest.approx(400.0)


def test_the_budget_s_net_cash_is_what_the_chance_is_of():
    result = evaluate(kernel([line(np.array([500.0, 100.0])), line(np.full(2, 1e6), cash_class="avoided")], cost=300.0), controls())
    assert result.budget_npv.draws == pytest.approx([200.0, -200.0])
    assert result.p_cashable_exceeds_cost == 0.5
    assert evaluate(kernel([], cost=5.0, n=2), controls()).budget_npv is None


def test_costs_of_the_whole_area_are_shared_by_the_families_of_a_year():
    own = controls(families=50, take_up=0.8, set_up_cost=20_000.0, set_up_years=4, training_cost=8_000.0, staff_turnover=0.15, supervision_cost=3_000.0, optimism_bias=0.1)
    result = evaluate(kernel([line(np.full(2, 900.0))], cost=100.0), own)
    per_family = (20_000 / 4 + 8_000 * (1 / 4 + 0.15) + 3_000) / 40
    assert result.cost.draws == pytest.approx(np.full(2, 1.1 * (100 + per_family)))
    assert result.budget_cost.mean == pytest.approx(result.cost.mean)
    assert {row.payer for row in result.by_year if row.cash_class == "cost"} == {"council"}


def test_support_afterwards_is_paid_in_the_years_after_the_programme_and_discounted():
    result = evaluate(kernel([line(np.full(2, 900.0))], cost=100.0), controls(rate=0.05, support_cost=60.0, support_years=3))
    assert result.cost.mean == pytest.approx(100 + 60 * (1 / 1.05 + 1 / 1.05**2 + 1 / 1.05**3))
    assert [row.amount for row in result.by_year if row.cash_class == "cost"][:5] == pytest.approx([100, 60, 60, 60, 0])
    short = evaluate(kernel([line(np.full(2, 900.0))], cost=100.0), controls(horizon=2, support_cost=60.0, support_years=3))
    assert short.cost.mean == pytest.approx(160.0)


def test_added_costs_come_on_top_of_a_reader_s_own_figure():
    result = evaluate(kernel([line(np.full(2, 900.0))], cost=100.0), controls(cost_per_family=70.0, supervision_cost=1000.0))
    assert result.cost.mean == pytest.approx(80.0)


def test_a_cost_of_the_whole_area_needs_families():
    with pytest.raises(UsageError, match="cannot be spread over no family"):
        controls(families=0, supervision_cost=1.0)
    with pytest.raises(UsageError, match="cannot be spread over no family"):
        controls(take_up=0.0, set_up_cost=1.0)
    assert controls(families=0).whole_area_cost == 0


def test_the_new_controls_are_checked_all_at_once():
    with pytest.raises(UsageError) as caught:
        controls(half_life=0.0, deadweight=1.2, payer_share=-0.1, set_up_cost=-1, set_up_years=0, training_cost=np.nan, staff_turnover=-0.2,
                 supervision_cost=np.inf, support_cost=-5, support_years=1.5, families=None)  # fmt: skip
    assert len(str(caught.value).splitlines()) == 11
    with pytest.raises(UsageError, match="horizon = 2.5: must be a whole number"):
        replace(controls(), horizon=2.5)


def test_single_precision_is_the_same_kernel_in_half_the_space():
    theta = {"home": np.array([0.1, 0.2])}
    before = kernel([line(np.array([1 / 3, 2 / 3]), "home", cashable=np.full(2, 0.4), cash_class=None)], cost=0.1, theta=theta, logit_p0={"home": np.array([-1.1, -1.2])})
    single = before.single()
    arrays = [single.theta["home"], single.logit_p0["home"], single.benefits[0].value, single.benefits[0].cashable, single.costs[0].value]
    assert all(array.dtype == np.float64 and (array == array.astype(np.float32)).all() for array in arrays)
    assert single.single().theta["home"].tobytes() == single.theta["home"].tobytes()
    assert evaluate(single, controls()).npv.draws == pytest.approx(evaluate(before, controls()).npv.draws, rel=1e-5)
    assert single.benefits[0].payer == "council" and single.count == before.count


def test_an_effect_can_be_exchanged():
    before = kernel([line(np.full(2, 1000.0), "home")], cost=0.0, theta={"home": np.zeros(2)}, logit_p0={"home": np.full(2, logit(0.2))})
    after = before.with_theta({"home": np.full(2, logit(0.5) - logit(0.2))})
    assert evaluate(before, controls()).benefit.mean == 0.0
    assert evaluate(after, controls()).benefit.mean == pytest.approx(300.0)
    assert evaluate(before, controls()).benefit.mean == 0.0  # the first kernel is as it was
    with pytest.raises(UsageError) as caught:
        before.with_theta({"hom": np.zeros(2), "home": np.zeros(3)})
    assert "did you mean 'home'" in str(caught.value) and "must be (2,)" in str(caught.value)


# -- in an appraisal ---------------------------------------------------------------------------------------------------
class Fit:
    """What an appraisal reads of a synthesis: the rows behind its effect."""

    def __init__(self, study):
        self.effects = EffectSizes.from_arrays([0.4], [0.2], measure="OR", rows=({"study_id": study},))


def with_studies(workspace):
    from conftest import KEYS, SCHEMA, Workspace

    assert KEYS["studies"] == "study_id" and "design" in SCHEMA["studies"]
    rows = [{"study_id": "trial", "cite": "trial", "design": "rct"}, {"study_id": "series", "cite": "series", "design": "before_after"}]
    return Workspace({**workspace.tables, "studies": rows})


def drawn(values, study):
    return {"home": Draws(values.values, values.centre, values.tau, "home", "home-event", "OR", "higher_is_better", 1, Fit(study))}


def test_deadweight_is_refused_where_every_effect_is_already_net_of_it(workspace, home_draws):
    ready = with_studies(workspace)
    for draws in ({"home": home_draws}, drawn(home_draws, "trial")):
        with pytest.raises(UsageError, match="deadweight = 0.2: every effect here was seen against a comparison group"):
            appraise(ready, "demo", draws=draws, deadweight=0.2)
    result = appraise(ready, "demo", draws=drawn(home_draws, "trial"))
    with pytest.raises(UsageError, match="comparison group"):
        result.with_controls(deadweight=0.1)


def test_deadweight_is_taken_off_an_effect_without_a_comparison_group(workspace, home_draws):
    ready = with_studies(workspace)
    plain = appraise(ready, "demo", draws=drawn(home_draws, "series")).evaluation
    less = appraise(ready, "demo", draws=drawn(home_draws, "series"), deadweight=0.2).evaluation
    assert less.benefit_by["council", "cashable"].draws == pytest.approx(0.8 * plain.benefit_by["council", "cashable"].draws)
    assert less.benefit_by["families", "wider"].mean == plain.benefit_by["families", "wider"].mean
    quantity = ready.change("parameters", "qaly", cite="series")
    assert appraise(quantity, "demo", deadweight=0.5).evaluation.benefit.mean == pytest.approx(300.0)


def test_settings_become_controls_of_the_same_name(workspace, home_draws):
    given = dict(half_life=4.0, payer_share=0.5, set_up_cost=10.0, set_up_years=2.0, training_cost=3.0, staff_turnover=0.1, supervision_cost=7.0, support_cost=1.0, support_years=2)
    own = appraise(workspace, "demo", draws={"home": home_draws}, **given).controls
    assert {name: getattr(own, name) for name in given} == given
    assert appraise(workspace, "demo").controls.set_up_years == 5  # the table's


def test_added_costs_need_a_cost_to_be_added_to(workspace):
    with pytest.raises(UsageError, match="set_up_cost, support_cost: the cost of the programme itself is not known"):
        appraise(workspace, "empty", set_up_cost=5.0, support_cost=1.0)
    assert appraise(workspace, "empty", set_up_cost=50.0, cost_per_family=5.0).evaluation.cost.mean == pytest.approx(5 + 50 / 5 / 10)


def test_neutral_controls_leave_every_figure_as_it_was(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    neutral = result.with_controls(half_life=None, deadweight=0.0, payer_share=1.0, set_up_cost=0.0, training_cost=0.0, supervision_cost=0.0, support_cost=0.0)
    assert neutral.npv.draws.tobytes() == result.evaluation.npv.draws.tobytes() and neutral.budget_by_year == result.evaluation.budget_by_year


def test_the_appraisal_holds_the_single_precision_kernel(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    assert evaluate(result.kernel.single(), result.controls).npv.draws.tobytes() == result.evaluation.npv.draws.tobytes()
