"""An appraisal made again: assumptions, scenarios and scrambles."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtri

from workbench.draws import Draws, uniforms
from workbench.economics import appraise
from workbench.economics.scenarios import scenario_value
from workbench.errors import AnalysisError, UsageError


class Drawable:
    """A normal effect that can be drawn again, as a synthesis can."""

    effects = SimpleNamespace(rows=())

    def __init__(self, sd=0.3):
        self.sd = sd

    def draws(self, count, seed, name):
        values = np.log(1.5) + self.sd * ndtri(uniforms([f"effect/{name}/new"], count, seed, {})[:, 0])
        return Draws(values, values, np.zeros(count), name, "home-event", "OR", "higher_is_better", seed, self)


@pytest.fixture
def ready(workspace):
    workspace.tables["outcomes"][0]["default_construct"] = True
    return workspace


@pytest.fixture
def result(ready):
    return appraise(ready, "demo", draws={"home": Drawable().draws(256, 1, "home")})


def test_an_assumption_takes_the_place_of_the_table_s_figure(ready, result):
    doubled = appraise(ready, "demo", draws=result.draws, assume={"share": 1.0})
    assert doubled.evaluation.benefit_by["council", "avoided"].draws == pytest.approx(2 * result.evaluation.benefit_by["council", "avoided"].draws)
    assert any("“share” is the reader's own figure, 1" in flag for flag in doubled.flags)
    same = doubled.again(assume={})
    assert same.evaluation.npv.draws.tobytes() == result.evaluation.npv.draws.tobytes()


def test_assumptions_are_checked_all_at_once(ready):
    shares = ready.change("parameters", "share", unit="share").change("parameters", "years", unit="years")
    with pytest.raises(UsageError) as caught:
        appraise(shares, "demo", assume={"shar": 0.2, "share": 1.5, "years": -1.0})
    text = str(caught.value)
    assert "did you mean 'share'" in text and "assume.share = 1.5: must be a share" in text and "assume.years = -1: must be 0 years or more" in text
    for wrong in (0.3, {"share": "x"}, {"share": np.nan}):
        with pytest.raises(UsageError, match="assume"):
            appraise(ready, "demo", assume=wrong)


def test_an_appraisal_made_again_keeps_what_is_not_changed(ready):
    first = appraise(ready, "demo", "Anyshire", draws={"home": Drawable().draws(256, 1, "home")}, horizon=3, baseline_risk={"home": 0.3})
    again = first.again(cost_per_family=10.0)
    assert (again.area, again.controls.horizon, again.controls.baseline_risk["home-event"]) == ("Anyshire", 3, 0.3)
    assert again.evaluation.cost.mean == 10.0 and first.evaluation.cost.mean == 1000.0
    with pytest.raises(UsageError, match="horizn"):
        first.again(horizn=2)


def test_simulation_errors_are_the_spread_between_scrambles(result):
    errors = result.scramble_errors()
    assert errors.seeds == tuple(range(1, 9))
    assert errors.values["npv"][0] == result.evaluation.npv.mean
    npvs = [appraise(result.source.evidence, "demo", draws={"home": Drawable().draws(256, seed, "home")}).evaluation.npv.mean for seed in errors.seeds]
    assert errors.values["npv"] == pytest.approx(npvs)
    assert errors.error("npv") == pytest.approx(np.std(npvs, ddof=1))
    assert errors.error("cost") == 0.0 and errors.error("nothing") is None
    assert list(errors.frame().columns) == ["printed", "mean_of_scrambles", "standard_error"]
    assert "8 scrambles" in repr(errors) and "<table" in errors._repr_html_()


def test_the_spread_is_far_below_that_of_plain_random_draws(result):
    # The same number of independent draws would give the SD of the draws over the root of their number.
    npv = result.evaluation.npv
    assert 0 < result.scramble_errors().error("npv") < 0.5 * npv.draws.std() / np.sqrt(len(npv.draws))


def test_more_scrambles_can_be_asked_for_and_the_same_call_gives_the_same(result):
    assert len(result.scramble_errors(10).seeds) == 10
    assert result.scrambles is result.scrambles
    assert result.scramble_errors(10).values["npv"].tobytes() == result.scramble_errors(10).values["npv"].tobytes()


def test_an_effect_that_cannot_be_drawn_again_gives_no_error(ready, home_draws):
    assert appraise(ready, "demo", draws={"home": home_draws}).scramble_errors() is None


def test_prices_alone_are_drawn_again_where_no_effect_counts(ready):
    varied = ready.change("programme_costs", "demo-cost", low=500, high=1500, distribution="uniform")
    errors = appraise(varied, "demo").scramble_errors()
    assert errors.error("cost") > 0 and len(set(errors.values["cost"])) == 8


def with_scenarios(workspace, *rows):
    from conftest import KEYS, SCHEMA, Workspace

    assert KEYS["scenarios"] == "scenario_id" and "acts_on" in SCHEMA["scenarios"]
    named = [{"scenario_id": f"s{number}", "name": f"S{number}", **dict(zip(("acts_on", "parameter_id", "figure"), row, strict=True))} for number, row in enumerate(rows)]
    return Workspace({**workspace.tables, "scenarios": named})


def test_scenarios_are_worked_out_one_at_a_time(ready, home_draws):
    table = with_scenarios(ready, ("parameter", "share", "zero"), ("parameter", "share", "twice"), ("cost", "bias.cost", "high"), ("benefit", "cash", "value"), ("parameter", "return", "zero"))
    table = table.change("parameters", "share", unit="share", value=0.7)
    result = appraise(table, "demo", draws={"home": home_draws})
    zero, twice, cost, benefit = result.scenarios()  # no counted pathway uses "return"
    assert set(zero.evaluation.benefit_by["council", "avoided"].draws) == {0.0}
    assert twice.value == 1.0
    assert twice.evaluation.benefit_by["council", "avoided"].mean == pytest.approx(result.evaluation.benefit_by["council", "avoided"].mean / 0.7)
    assert cost.evaluation.cost.mean == pytest.approx(1400.0) and cost.evaluation.benefit.mean == result.evaluation.benefit.mean
    assert benefit.evaluation.benefit.mean == pytest.approx(1.4 * result.evaluation.benefit.mean)
    assert "S0" in zero._repr_html_() and "share = 0" in repr(zero)


def test_a_scenario_keeps_the_reader_s_own_assumptions(ready, home_draws):
    table = with_scenarios(ready, ("parameter", "share", "zero"))
    result = appraise(table, "demo", draws={"home": home_draws}, assume={"years": 1.0})
    assert result.scenarios()[0].evaluation.benefit.mean == pytest.approx(600.0, rel=1e-6)
    plain = appraise(table, "demo", draws={"home": home_draws})
    assert result.evaluation.benefit.mean < plain.evaluation.benefit.mean


def test_no_scenario_without_a_table_or_without_a_value(ready, home_draws):
    assert not appraise(ready, "demo", draws={"home": home_draws}).scenarios()
    assert appraise(with_scenarios(ready, ("cost", "bias.cost", "high")), "bare").scenarios().each == ()


def test_twice_a_quantity_that_is_no_share_is_twice():
    row, parameter = {"figure": "twice"}, {"value": 3.0, "unit": "years", "distribution": "fixed"}
    assert scenario_value(row, parameter) == 6.0


def test_an_appraisal_without_its_source_says_so(result):
    from dataclasses import replace

    alone = replace(result, source=None)
    assert alone.scramble_errors() is None and not alone.scenarios()
    with pytest.raises(AnalysisError, match="call appraise again"):
        alone.again()
