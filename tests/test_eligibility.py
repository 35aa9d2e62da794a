"""How many families could take part: each step against arithmetic of its own, and what happens where figures are missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaincinv

import workbench as wb
from workbench.eligibility import by_chance, eligible, overlap
from workbench.errors import UsageError

LEEDS, ENGLAND, SCILLY, CITY, WEST_NORTHANTS = "E08000035", "E92000001", "E06000053", "E09000001", "E06000062"


def figure(evidence, code, measure):
    rows = [row for row in evidence["areas"].where(gss_code=code, measure=measure) if row["value"] is not None]
    return max(rows, key=lambda row: row["period_end"])["value"]


def test_overlap_runs_from_one_inside_the_other_to_none_in_common():
    assert overlap([30, 20], 100) == pytest.approx((0.3, 0.5))
    assert overlap([70, 60], 100) == pytest.approx((0.7, 1.0))
    assert overlap([0, 0], 0) == (0.0, 0.0)


def test_a_years_count_varies_as_poissons_law_has_it():
    points = (np.arange(20_000) + 0.5) / 20_000
    drawn = by_chance(40, points)
    assert drawn.mean() == pytest.approx(40.5, rel=1e-3) and drawn.std() == pytest.approx(np.sqrt(40.5), rel=1e-2)
    exact = [stats.chi2.ppf(0.025, 80) / 2, stats.chi2.ppf(0.975, 82) / 2]  # Garwood's exact limits of a Poisson mean
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert exact[0] < low < exact[0] + 1 and exact[1] - 1 < high < exact[1]


def by_hand(evidence, code, n=400_000):
    """The court chain once more, from the published figures, with ordinary random numbers."""
    random = np.random.default_rng(7)
    applications = figure(evidence, code, "population_0_17") * figure(evidence, code, "care_applications_rate") / 10_000
    drug, alcohol, assessed = (figure(evidence, code, f"assessment_factor_{name}") for name in ("drug_misuse_parent", "alcohol_misuse_parent", "any"))
    count = random.gamma(applications + 0.5, 1, n) * random.uniform(0.93, 1, n)
    share = random.uniform(max(drug, alcohol) / assessed, (drug + alcohol) / assessed, n)
    return count * (share + random.uniform(0, 1, n) * (0.62 - share))


@pytest.mark.parametrize("code", [LEEDS, ENGLAND])
def test_the_court_chain_is_the_product_of_its_published_figures(evidence, code):
    found = eligible(evidence, "fdac", code)
    low, median, high = np.quantile(by_hand(evidence, code), [0.025, 0.5, 0.975])
    assert (found.low, found.median, found.high) == pytest.approx((low, median, high), rel=0.03)
    assert (found.status, found.period) == ("estimated", "year")


def test_no_more_families_than_care_applications(evidence):
    for code in (LEEDS, ENGLAND, SCILLY):
        found = eligible(evidence, "fdac", code)
        assert np.all(found.draws(1024) <= [step for step in found.steps if step.row.key == "fdac.families"][0].running * 3 + 5)
        assert found.median <= found.steps[1].running


def test_the_rate_of_care_applications_counts_applications(evidence):
    """Cafcass received 12,791 applications in 2015-16 and published 11.0 for every 10,000 children: so the rate is of applications."""
    children_mid_2016 = 11_671_521
    assert 11.0 * children_mid_2016 / 10_000 == pytest.approx(12_791, rel=0.01)
    assert "one application may be about several children" in evidence["eligibility"]["fdac.applications"]["note"]
    assert evidence["area_measures"]["care_applications_rate"]["name"].startswith("Care applications")


def test_mothers_come_near_a_national_count_that_went_into_no_step(evidence):
    """First births under 20 in England, 2012-13 on, fell from 30,790 deliveries of all orders; about 3 per cent of births in 2020."""
    found = eligible(evidence, "fnp", ENGLAND)
    women = figure(evidence, ENGLAND, "population_0_17") * (0.065 + 0.077 + 0.09) / 3
    births = women * figure(evidence, ENGLAND, "under_18_conception_rate") / 1000 * (1 + 1.2185 + 1.45) / 3
    assert found.median == pytest.approx(births * 0.865, rel=0.03)
    assert 10_000 < found.median < 16_000


def test_a_stock_is_not_called_a_yearly_flow(evidence):
    found = eligible(evidence, "triple-p", ENGLAND)
    assert found.period == "moment" and found.low < found.median < found.high
    assert "a moment" in repr(found)


def test_a_missing_figure_is_taken_from_the_country_and_says_so(evidence):
    found = eligible(evidence, "fdac", WEST_NORTHANTS)
    step = found.steps[1]
    assert step.basis == "country" and step.figures[0]["gss_code"] == ENGLAND
    population = figure(evidence, WEST_NORTHANTS, "population_0_17")
    assert step.running == pytest.approx(gammaincinv(population * 9.1 / 10_000 + 0.5, 0.5), rel=0.01)
    assert {step.basis for step in eligible(evidence, "fdac", LEEDS).steps} == {"area", None}


def test_a_hidden_figure_is_never_mixed_with_the_areas_other_ones(evidence):
    step = next(step for step in eligible(evidence, "fdac", CITY).steps if step.row["kind"] == "area_share")
    assert step.basis == "region" and {row["area"] for row in step.figures} == {"London"}


def test_bounds_and_missing_chains_are_named_as_such(evidence):
    assert eligible(evidence, "fgc", LEEDS).status == "at_least"
    none = eligible(evidence, "mst", LEEDS)
    assert none.status == "not_estimated" and none.median is None and "No source" in none.reason and np.isnan(none.draws(4)).all()


def test_draws_are_the_same_each_time_and_agree_with_the_median(evidence):
    found = eligible(evidence, "pup", LEEDS, count=1024, seed=3)
    drawn = found.draws(1024, seed=3)
    assert np.array_equal(drawn, found.draws(1024, seed=3)) and np.median(drawn) == found.median
    assert not np.array_equal(drawn, found.draws(1024, seed=4))


def test_every_uncertain_step_has_a_sobol_dimension(evidence):
    known = {row["name"] for row in evidence["dimensions"].rows}
    for row in evidence["eligibility"].rows:
        varies = row["kind"] in ("area_rate", "area_count", "area_share", "towards") or (row["kind"] in ("share", "conversion") and row["distribution"] != "fixed")
        assert not varies or f"eligibility/{row.key}" in known


def test_an_unknown_programme_is_refused(evidence):
    with pytest.raises(UsageError, match="no row 'fdak'"):
        eligible(evidence, "fdak")


def test_a_workspace_without_the_table_says_so(furnished):
    assert eligible(wb.load(furnished.root), "oak").status == "not_estimated"
