"""From what a row prints to an effect size, route by route."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.effects import conversions, measures, size
from workbench.effects.routes import Route
from workbench.errors import AnalysisError


def row(**given):
    """A row with only what is given; everything else is missing."""
    return {"effect_id": "demo.row", "role": "estimate", "data_type": "estimate", **given}


ARMS = {"n_treat": 100, "n_control": 120}


def test_counts():
    found = size(row(data_type="counts", events_treat=30, events_control=20, **ARMS), "OR")
    y, v = measures.log_odds_ratio(30, 100, 20, 120)
    assert (found.y, found.se) == pytest.approx((float(y), float(np.sqrt(v))))
    assert found.route.name == "counts" and found.route.note == "" and not found.route.converted
    assert dict(found.route.inputs) == {"events_treat": 30, "n_treat": 100, "events_control": 20, "n_control": 120}


def test_an_empty_cell_is_said():
    found = size(row(data_type="counts", events_treat=0, events_control=20, **ARMS), "OR")
    assert "1/2 added" in found.route.note
    with pytest.raises(AnalysisError, match=r"demo\.row: no events in either arm"):
        size(row(data_type="counts", events_treat=0, events_control=0, **ARMS), "OR")


def test_percentages_are_counts_without_rounding():
    found = size(row(data_type="percentages", pct_treat=30.5, pct_control=20, **ARMS), "RR")
    y, _ = measures.log_risk_ratio(30.5, 100, 24, 120)
    assert found.y == pytest.approx(float(y)) and found.route.name == "percentages"


def test_means_and_the_guard():
    figures = {"mean_treat": 12.0, "sd_treat": 4.0, "mean_control": 10.0, "sd_control": 5.0}
    found = size(row(data_type="means", **figures, **ARMS), "SMD")
    assert found.y == pytest.approx(float(measures.hedges_g(12, 4, 100, 10, 5, 120)[0]))
    assert found.route.name == "means" and found.route.note == ""
    assert size(row(data_type="means", **figures, **ARMS), "MD").y == 2.0
    doubtful = figures | {"sd_treat": 0.4, "sd_control": 0.5}
    assert "check:" in size(row(data_type="means", **doubtful, **ARMS), "SMD").route.note
    with pytest.raises(AnalysisError, match="standard deviation must be above 0"):
        size(row(data_type="means", **(figures | {"sd_treat": -4.0}), **ARMS), "SMD")


@pytest.mark.parametrize("level", [0.95, 95, 0.975, 0.9])
def test_interval_of_any_level_on_the_log_scale(level):
    z = measures.z_of_level(level)
    low, high = np.exp(0.4 - z * 0.2), np.exp(0.4 + z * 0.2)
    found = size(row(measure="OR", estimate=float(np.exp(0.4)), ci_low=low, ci_high=high, ci_level=level), "OR")
    assert (found.y, found.se) == pytest.approx((0.4, 0.2))
    assert found.route.name == "interval" and found.route.note == ""


def test_asymmetry_and_impossible_intervals():
    lopsided = row(measure="OR", estimate=1.2, ci_low=1.0, ci_high=4.0, ci_level=0.95)
    assert "off the middle" in size(lopsided, "OR").route.note
    with pytest.raises(AnalysisError, match="does not hold its estimate"):
        size(row(measure="OR", estimate=5.0, ci_low=1.0, ci_high=4.0, ci_level=0.95), "OR")
    with pytest.raises(AnalysisError, match="no logarithm"):
        size(row(measure="OR", estimate=1.0, ci_low=0.0, ci_high=4.0, ci_level=0.95), "OR")


def test_standard_error_first():
    found = size(row(measure="SMD", estimate=0.3, se=0.1, ci_low=0.0, ci_high=0.7, ci_level=0.95, **ARMS), "SMD")
    assert found.se == 0.1 and found.route.name == "se"
    with pytest.raises(AnalysisError, match="se = 0"):
        size(row(measure="SMD", estimate=0.3, se=0.0), "SMD")


def test_p_exact_and_bounds():
    exact = size(row(measure="OR", estimate=2.0, p=0.05, p_relation="="), "OR")
    assert exact.se == pytest.approx(np.log(2) / 1.959964, rel=1e-6)
    assert exact.route.name == "p" and not exact.route.bound and exact.route.note == ""
    below = size(row(measure="OR", estimate=2.0, p=0.05, p_relation="<"), "OR")
    assert below.route.bound and below.se == exact.se and "largest" in below.route.note
    above = size(row(measure="OR", estimate=2.0, p=0.05, p_relation=">"), "OR")
    assert above.route.bound and "smallest" in above.route.note
    assert "one half" in size(row(measure="OR", estimate=1.05, p=0.8, p_relation="="), "OR").route.note


def test_t_with_and_without_an_estimate():
    found = size(row(measure="MD", estimate=-3.0, t=-2.0), "MD")
    assert found.se == 1.5 and found.route.name == "t"
    alone = size(row(data_type="none", t=-2.0, **ARMS), "SMD")
    assert alone.y == pytest.approx(float(measures.smd_from_t(-2.0, 100, 120)[0]))
    with pytest.raises(AnalysisError, match="same sign"):
        size(row(measure="MD", estimate=-3.0, t=2.0), "MD")


def test_d_with_arm_sizes_before_a_rounded_p():
    found = size(row(measure="SMD", estimate=0.02, p=0.9, p_relation="=", **ARMS), "SMD")
    assert found.route.name == "d_and_n"
    assert found.se == pytest.approx(np.sqrt(1 / 100 + 1 / 120 + 0.02**2 / 440))


def test_adjusted_estimates_before_counts():
    both = row(
        data_type="counts", events_treat=30, events_control=20, **ARMS,
        measure="OR", estimate=1.9, ci_low=1.0, ci_high=3.61, ci_level=0.95,
    )  # fmt: skip
    assert size(both, "OR").route.name == "counts"
    assert size(both | {"adjusted": True}, "OR").route.name == "interval"


def test_clustering():
    plain = size(row(data_type="counts", events_treat=30, events_control=20, **ARMS), "OR")
    found = size(row(data_type="counts", events_treat=30, events_control=20, design_effect=1.5, **ARMS), "OR")
    assert found.se == pytest.approx(plain.se * np.sqrt(1.5)) and found.y == plain.y
    assert "1.5" in found.route.note and found.route.inputs["design_effect"] == 1.5
    study = {"design": "cluster_rct"}
    noted = size(row(data_type="counts", events_treat=30, events_control=20, **ARMS), "OR", study=study)
    assert "ignore the clustering" in noted.route.note
    with pytest.raises(AnalysisError, match="at least 1"):
        size(row(measure="SMD", estimate=0.2, se=0.1, design_effect=0.5), "SMD")


def test_risk_ratio_becomes_odds_ratio_by_the_own_control_risk():
    printed = row(measure="RR", estimate=2.0, se=0.1, pct_control=20.0)
    found = size(printed, "OR")
    assert found.y == pytest.approx(np.log(8 / 3)) and found.se == pytest.approx(0.1 / 0.6)
    assert found.route.converted == "RR->OR" and "0.2" in found.route.note
    assert size(printed, "OR", control_risk=0.3).y == pytest.approx(float(conversions.or_from_rr(np.log(2), 1, 0.3)[0]))
    with pytest.raises(AnalysisError, match="RR->OR is not a conversion that is made here"):
        size(printed, "OR", convert=())
    with pytest.raises(AnalysisError, match="RR->OR needs the control risk"):
        size(row(measure="RR", estimate=2.0, se=0.1), "OR")
    # count and event are different constructs: never converted
    with pytest.raises(AnalysisError, match="IRR->OR is not a conversion"):
        size(row(measure="IRR", estimate=2.0, se=0.1, pct_control=20.0), "OR")


def test_assuming_conversions_only_on_request():
    printed = row(measure="OR", estimate=2.0, se=0.1)
    with pytest.raises(AnalysisError, match="OR->SMD is not"):
        size(printed, "SMD")
    found = size(printed, "SMD", convert=conversions.ASSUMING)
    assert found.y == pytest.approx(np.log(2) * np.sqrt(3) / np.pi) and found.route.converted == "OR->SMD"


def test_mean_difference_becomes_standardised_through_t():
    found = size(row(measure="MD", estimate=-2.25, se=0.786, n_treat=111, n_control=98), "SMD")
    assert found.route.converted == "MD->SMD"
    assert found.y == pytest.approx(-2.25 / 0.786 * np.sqrt(1 / 111 + 1 / 98) * (1 - 3 / (4 * 207 - 1)), rel=1e-5)
    with pytest.raises(AnalysisError, match="MD->SMD lacks n_treat, n_control"):
        size(row(measure="MD", estimate=-2.25, se=0.786), "SMD")


def null(**given):
    return row(role="known_null", data_type="none", **given)


def test_known_nulls():
    found = size(null(**ARMS, design_effect=2.0), "SMD")
    assert found.y == 0 and found.se == pytest.approx(np.sqrt(2 * (1 / 100 + 1 / 120)))
    assert found.route.name == "known_null"
    by_risk = size(null(**ARMS, pct_control=20.0), "OR")
    assert by_risk.se == pytest.approx(np.sqrt((1 / 100 + 1 / 120) / 0.16)) and "control risk" in by_risk.route.note
    pooled = size(null(**ARMS, pct_treat=31.0, pct_control=20.0), "OR")
    assert pooled.route.inputs["pooled_risk"] == pytest.approx(0.25)
    unknown = size(null(**ARMS), "OR")
    assert unknown.se == pytest.approx(2 * np.sqrt(1 / 100 + 1 / 120))  # 1 / sqrt(p (1 - p)) is least at one half
    assert "one half" in unknown.route.note
    rate = size(null(events_treat=20, events_control=25), "HR")
    assert rate.se == pytest.approx(np.sqrt(1 / 20 + 1 / 25))
    assert size(null(**ARMS, sd_treat=10.0, sd_control=12.0), "MD").se == pytest.approx(np.sqrt(1 + 1.2))
    for measure, given, words in [
        ("SMD", {"n_treat": 100}, "arm sizes; lacking n_control"),
        ("RR", ARMS, "needs the risk"),
        ("HR", ARMS, "needs events"),
        ("MD", ARMS, "standard deviations; lacking sd_treat, sd_control"),
    ]:
        with pytest.raises(AnalysisError, match=words):
            size(null(**given), measure)


def test_what_is_missing_is_named():
    with pytest.raises(AnalysisError) as caught:
        size(row(data_type="counts", events_treat=3, n_treat=20, n_control=20), "OR")
    message = str(caught.value)
    assert "demo.row" in message and "counts lack events_control" in message and "estimate lacks estimate" in message
    with pytest.raises(AnalysisError, match="estimate lacks an interval"):
        size(row(measure="OR", estimate=2.0), "OR")
    with pytest.raises(AnalysisError, match="is not one of OR"):
        size(row(measure="OR", estimate=2.0, se=0.1), "odds")


@settings(deadline=None)
@given(y=st.floats(-1, 1), se=st.floats(0.05, 1), measure=st.sampled_from(["OR", "RR", "HR", "IRR", "SMD", "MD", "RD"]))
def test_interval_and_standard_error_are_two_ways_to_one_place(y, se, measure):
    scale = np.exp if measure in measures.RATIOS else float
    by_se = size(row(measure=measure, estimate=float(scale(y)), se=se), measure)
    limits = {"ci_low": float(scale(y - 1.96 * se)), "ci_high": float(scale(y + 1.96 * se)), "ci_level": 0.95}
    by_interval = size(row(measure=measure, estimate=float(scale(y)), **limits), measure)
    assert by_interval.y == pytest.approx(by_se.y, abs=1e-9) == pytest.approx(y, abs=1e-9)
    assert by_interval.se == pytest.approx(by_se.se, rel=1e-4)


def test_a_route_is_frozen_and_travels():
    route = Route("counts", {"n_treat": 10})
    with pytest.raises(TypeError):
        route.inputs["n_treat"] = 11
    assert pickle.loads(pickle.dumps(route)) == route
    assert hash(route) == hash(Route("counts", {"n_treat": 10}))
