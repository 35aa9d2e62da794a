"""The risk without the programme: Beta, logit-normal, several arms, and an area's shift."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from workbench.baselines import BaselineRisk, baseline_risk, fixed_risk, from_rows


def arm(events, n, **changes):
    return {"kind": "events", "events": events, "n": n, "low": None, "high": None, "family": None, "setting": "uk", "area_measure": None, "construct": "c", **changes}


def test_one_arm_is_a_beta_with_jeffreys_half_counts():
    risk = from_rows("c", [arm(27, 746)])
    u = np.array([0.01, 0.25, 0.5, 0.99])
    np.testing.assert_allclose(risk.ppf(u), stats.beta(27.5, 719.5).ppf(u), rtol=1e-12)


def test_a_stated_range_is_its_central_95_per_cent():
    risk = from_rows("c", [{**arm(None, None), "kind": "range", "low": 0.125, "high": 0.25}])
    np.testing.assert_allclose(risk.ppf(np.array([0.025, 0.975])), [0.125, 0.25], rtol=1e-12)


def test_several_arms_give_the_spread_between_them():
    rows = [arm(10, 100), arm(30, 100), arm(20, 100)]
    risk = from_rows("c", rows)
    low, middle, high = risk.ppf(np.array([0.025, 0.5, 0.975]))
    assert low < 0.10 < middle < 0.30 < high
    alike = from_rows("c", [arm(20, 100)] * 3)  # no spread: the pooled arm's own uncertainty
    assert alike.b == pytest.approx((1 / (3 / (1 / 20.5 + 1 / 80.5))) ** 0.5, rel=1e-12)


def test_quantiles_are_a_fair_sample():
    risk = from_rows("c", [arm(27, 746)])
    assert risk.quantiles().mean() == pytest.approx(27.5 / 747, rel=1e-3)
    assert fixed_risk("c", 0.3).quantiles().tolist() == [0.3] * 400


class Tables(dict):
    def where(self, **wanted):
        return tuple(row for row in self["rows"] if all(row[name] == value for name, value in wanted.items()))


def tables(baselines, areas=()):
    return {"baselines": Tables(rows=baselines), "areas": Tables(rows=areas)}


def test_the_familys_own_uk_arm_comes_first_and_a_scale_is_no_risk():
    own, any_, abroad = arm(1, 10, family="f"), arm(2, 10), arm(3, 10, family="f", setting="non_uk")
    scale = {**arm(None, None), "kind": "scale"}
    assert baseline_risk(tables([abroad, any_, own, scale]), "c", "f").rows == (own,)
    assert baseline_risk(tables([abroad, any_]), "c", "f").rows == (any_,)
    assert baseline_risk(tables([abroad]), "c", "f").rows == (abroad,)
    assert baseline_risk(tables([scale]), "c", "f") is None


def place(code, level, value, year=2025):
    return {"gss_code": code, "level": level, "measure": "m", "value": value, "unit": "percent", "period": str(year), "period_end": datetime.date(year, 3, 31)}


def test_an_area_shifts_the_risk_by_an_unknown_share_of_its_difference():
    england, here = place("E92", "country", 50.0), place("E08", "local_authority", 60.0)
    evidence = tables([arm(100, 200, area_measure="m")], [england, here, place("E08", "local_authority", 90.0, 2020)])
    risk = baseline_risk(evidence, "c", None, here)
    assert risk.shift == pytest.approx(logit(0.6))
    u = np.array([0.5, 0.5])
    np.testing.assert_allclose(risk.at(u, np.array([0.0, 1.0])), expit(logit(risk.ppf(u)) + np.array([0.0, 1.0]) * logit(0.6)))
    assert baseline_risk(evidence, "c", None, england).shift == 0.0
    assert baseline_risk(tables([arm(100, 200)], [england, here]), "c", None, here).shift == 0.0


def test_a_suppressed_rate_shifts_nothing():
    evidence = tables([arm(100, 200, area_measure="m")], [place("E92", "country", 50.0), place("E08", "local_authority", None)])
    assert baseline_risk(evidence, "c", None, place("E08", "local_authority", None)).shift == 0.0


def test_a_readers_own_figure_does_not_vary():
    assert np.all(BaselineRisk("c", "fixed", 0.2, 0.0).at(np.array([0.1, 0.9]), np.array([0.1, 0.9])) == 0.2)
