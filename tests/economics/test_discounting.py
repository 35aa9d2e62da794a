import datetime

import numpy as np
import pytest
from economic_builders import controls, kernel, line

from workbench.economics import Controls, annual_rates, appraise, discount_factors, evaluate, internal_rate_of_return, present_value
from workbench.errors import AnalysisError, UsageError


def test_green_book_factors_from_the_table(evidence, reference):
    factors = discount_factors(annual_rates(evidence["parameters"], "green-book", 126))
    expected = reference["green_book_discount_factors"]
    for year in (1, 10, 30, 31, 75, 76, 125):
        assert factors[year] == pytest.approx(expected[f"y{year}"], abs=5e-7)
    assert factors[0] == 1.0
    assert factors[1:31].sum() == pytest.approx(expected["sum_y1_y30"], abs=5e-7)


def test_bands_are_chained_not_restarted(evidence):
    factors = discount_factors(annual_rates(evidence["parameters"], "green-book", 126))
    assert factors[31] / factors[30] == pytest.approx(1 / 1.03, rel=1e-14)
    assert factors[30] / factors[29] == pytest.approx(1 / 1.035, rel=1e-14)


def test_worked_present_value(reference):
    case = reference["wsipp_worked_npv"]
    rates = np.r_[0.0, np.full(20, 0.03)]
    benefits, costs = np.r_[0.0, np.full(20, 500.0)], np.r_[0.0, 3000.0, np.zeros(19)]
    gain, spent = present_value(benefits, rates), present_value(costs, rates)
    assert gain == pytest.approx(case["pv_benefits"], abs=0.005)
    assert spent == pytest.approx(case["pv_costs"], abs=0.005)
    assert gain - spent == pytest.approx(case["npv"], abs=0.005)
    assert gain / spent == pytest.approx(case["bcr"], abs=5e-7)
    assert internal_rate_of_return(benefits - costs) == pytest.approx(case["irr"], abs=5e-7)


def test_no_rate_of_return_without_a_change_of_sign():
    assert internal_rate_of_return(np.array([1.0, 1.0])) is None


def test_unknown_schedule_names_the_nearest(workspace):
    with pytest.raises(UsageError, match="did you mean 'flat'"):
        annual_rates(workspace["parameters"], "flatt", 3)


def test_a_gap_is_refused(workspace):
    gap = workspace.change("parameters", "discount.flat", year_to=2)
    with pytest.raises(AnalysisError, match="no rows cover year"):
        annual_rates(gap["parameters"], "flat", 5)


def test_the_edition_in_force_on_the_day_is_used(workspace):
    dated = workspace.change("parameters", "discount.flat", valid_from=datetime.date(2010, 1, 1)).add(
        "parameters", parameter_id="discount.flat.new", group="discount", schedule="flat", valid_from=datetime.date(2027, 1, 1), year_from=1, year_to=100, value=0.02)  # fmt: skip
    assert annual_rates(dated["parameters"], "flat", 2, datetime.date(2026, 6, 1))[1] == 0.03
    assert annual_rates(dated["parameters"], "flat", 2, datetime.date(2027, 1, 1))[1] == 0.02
    with pytest.raises(AnalysisError, match="no row is in force"):
        annual_rates(dated["parameters"], "flat", 2, datetime.date(2001, 1, 1))


def test_the_worked_case_in_the_one_place_where_money_is_computed(reference):
    # The same cost and benefits a year earlier, since year 0 is not discounted: the ratio is the same, the net value larger by 3 per cent.
    case = reference["wsipp_worked_npv"]
    result = evaluate(kernel([line(np.full(2, 500.0), years=np.full(2, 20.0))], cost=3000.0), controls(horizon=20, rate=0.03))
    assert result.bcr == pytest.approx(case["bcr"], abs=5e-7)
    assert result.npv.mean / 1.03 == pytest.approx(case["npv"], abs=0.005)


def test_the_green_book_schedule_in_the_one_place_where_money_is_computed(evidence, reference):
    rates = annual_rates(evidence["parameters"], "green-book", 126)
    expected = reference["green_book_discount_factors"]
    one = kernel([line(np.ones(2), years=np.full(2, 200.0))], cost=0.0)
    to = {years: evaluate(one, Controls(1, 1, 1, years, rates)).benefit.mean for years in (1, 31, 125, 126)}
    assert to[31] - to[1] == pytest.approx(expected["sum_y1_y30"], abs=5e-7)
    assert to[126] - to[125] == pytest.approx(expected["y125"], abs=5e-7)


def test_a_schedule_without_end_reaches_every_year(workspace):
    endless = workspace.change("parameters", "discount.flat", year_to=None).change("parameters", "discount.low", year_to=None)
    assert annual_rates(endless["parameters"], "flat", 400)[399] == 0.03
    assert appraise(endless, "demo", horizon=120).controls.schedule.shape[1] >= 120


def test_overlapping_bands_are_refused_with_every_year(workspace):
    twice = workspace.add("parameters", parameter_id="discount.flat.2", group="discount", schedule="flat", year_from=3, year_to=4, value=0.02)
    with pytest.raises(AnalysisError, match="2 rows cover years 3 to 4"):
        annual_rates(twice["parameters"], "flat", 8)
