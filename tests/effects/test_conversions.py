"""Conversions between measures: round trips, and figures that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.effects import conversions, measures
from workbench.errors import AnalysisError

effect = st.floats(-1.5, 1.5)
variance = st.floats(0.001, 2)
risk = st.floats(0.02, 0.95)
PAIRS = [
    (conversions.rr_from_or, conversions.or_from_rr),
    (conversions.rd_from_or, conversions.or_from_rd),
    (conversions.hr_from_or, conversions.or_from_hr),
]


@pytest.mark.parametrize(("there", "back"), PAIRS)
@settings(deadline=None)
@given(y=effect, v=variance, p0=risk)
def test_round_trips_by_risk(there, back, y, v, p0):
    again_y, again_v = back(*there(y, v, p0), p0)
    assert again_y == pytest.approx(y, abs=1e-9)
    assert again_v == pytest.approx(v, rel=1e-8)


@settings(deadline=None)
@given(y=effect, v=variance)
def test_round_trip_by_the_logistic(y, v):
    again_y, again_v = conversions.smd_from_or(*conversions.or_from_smd(y, v))
    assert again_y == pytest.approx(y, abs=1e-12)
    assert again_v == pytest.approx(v, rel=1e-12)


@pytest.mark.parametrize(("there", "back"), PAIRS)
@settings(deadline=None)
@given(y=effect, p0=risk)
def test_variance_follows_the_derivative(there, back, y, p0):
    start = float(there(y, 1.0, p0)[0])
    step = 1e-6
    slope = (back(start + step, 1.0, p0)[0] - back(start - step, 1.0, p0)[0]) / (2 * step)
    assert back(start, 1.0, p0)[1] == pytest.approx(slope**2, rel=1e-4)


def test_by_hand():
    # risks of 0.2 and 0.4: RR 2, RD 0.2, OR (0.4/0.6)/(0.2/0.8) = 8/3, HR log(0.6)/log(0.8)
    target = np.log(8 / 3)
    assert conversions.or_from_rr(np.log(2), 0.1, 0.2)[0] == pytest.approx(target)
    assert conversions.or_from_rd(0.2, 0.1, 0.2)[0] == pytest.approx(target)
    assert conversions.or_from_hr(np.log(np.log(0.6) / np.log(0.8)), 0.1, 0.2)[0] == pytest.approx(target)
    assert conversions.or_from_smd(1, 1)[0] == pytest.approx(1.8138, abs=1e-4)  # Chinn 2000: 1.81


def test_rare_events_leave_the_ratio_as_it_is():
    y, v = conversions.or_from_rr(0.3, 0.04, 1e-6)
    assert y == pytest.approx(0.3, abs=1e-5)
    assert v == pytest.approx(0.04, rel=1e-5)


def test_mean_difference_through_t():
    y, v = measures.mean_difference(12, 4, 60, 10, 4, 60)
    smd, smd_v = conversions.smd_from_md(y, v, 60, 60)
    direct, direct_v = measures.hedges_g(12, 4, 60, 10, 4, 60)
    assert smd == pytest.approx(float(direct), rel=1e-12)
    assert smd_v == pytest.approx(float(direct_v), rel=1e-12)


def test_impossible_risks_are_refused():
    with pytest.raises(AnalysisError, match="leave the range"):
        conversions.or_from_rr(np.log(2), 0.1, 0.6)
    with pytest.raises(AnalysisError, match="leave the range"):
        conversions.or_from_rd(-0.3, 0.1, 0.2)
    with pytest.raises(AnalysisError, match="control risk"):
        conversions.or_from_rr(0.1, 0.1, 0.0)


def test_every_name_converts_and_says_how():
    assert conversions.OWN_FIGURES == {"RR->OR", "HR->OR", "RD->OR", "MD->SMD"}  # nothing is assumed by default
    assert conversions.ASSUMING == {"SMD->OR", "OR->SMD"} and not conversions.ASSUMING & conversions.OWN_FIGURES
    for name, entry in conversions.CONVERSIONS.items():
        y, v = conversions.convert(name, 0.1, 0.02, control_risk=0.3, n1=50, n2=50)
        assert np.isfinite(y) and v > 0
        assert entry.name == name and entry.formula and entry.source
        assert bool(entry.assumes) == (name in conversions.ASSUMING)


@settings(deadline=None)
@given(y=st.floats(-0.2, 0.2), v=variance, p0=st.floats(0.25, 0.7), name=st.sampled_from([n for n, e in conversions.CONVERSIONS.items() if e.back]))
def test_there_and_back_by_name(name, y, v, p0):
    there = conversions.convert(name, y, v, control_risk=p0)
    again = conversions.convert(conversions.CONVERSIONS[name].back, *there, control_risk=p0)
    assert again[0] == pytest.approx(y, abs=1e-9) and again[1] == pytest.approx(v, rel=1e-8)


@settings(deadline=None)
@given(y=st.floats(-0.5, 0.5), p0=st.floats(0.05, 0.5))
def test_no_effect_stays_no_effect_and_signs_stay(y, p0):
    for name in conversions.CONVERSIONS:
        scaled = y * p0 if name.startswith("RD") else y
        found, _ = conversions.convert(name, scaled, 0.1, control_risk=p0, n1=80, n2=90)
        assert np.sign(found) == np.sign(scaled) or abs(found) < 1e-12


def test_published_formulas_agree_with_the_counts():
    # 12 of 40 against 8 of 50: each measure of the same table must lead to the same odds ratio
    cells, p0 = (12, 40, 8, 50), 8 / 50
    target = float(measures.log_odds_ratio(*cells)[0])
    for name, compute in (("RR->OR", measures.log_risk_ratio), ("RD->OR", measures.risk_difference)):
        y, v = compute(*cells)
        assert conversions.convert(name, y, v, control_risk=p0)[0] == pytest.approx(target, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: conversions.convert("RR->XX", 0.1, 0.1), r"conversion 'RR->XX': must be one of RR->OR.*did you mean 'RR->OR'"),
        (lambda: conversions.convert("RR->OR", 0.1, 0.1), "RR->OR needs the control risk"),
        (lambda: conversions.convert("MD->SMD", 0.1, 0.1, n1=20), "MD->SMD needs both arm sizes"),
        (lambda: conversions.allowed({"IRR->OR"}), "conversion 'IRR->OR'"),
    ],
)
def test_what_cannot_be_converted_is_refused(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()
