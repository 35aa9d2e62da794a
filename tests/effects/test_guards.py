"""Doubtful and impossible rows where they are sized."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.effects import doubts, size
from workbench.effects.guards import refuse_impossible, sd_looks_like_se
from workbench.errors import AnalysisError

CONTINUOUS = json.loads((Path(__file__).parent.parent / "references" / "multilevel_and_effect_sizes.json").read_text())["escalc_cont"]
SOUND = {"mean_treat": 53.0, "sd_treat": 10.0, "n_treat": 100, "mean_control": 50.0, "sd_control": 10.0, "n_control": 100}
WRONG = SOUND | {"sd_treat": 1.0, "sd_control": 1.0}


def row(**given):
    return {"effect_id": "demo.row", "role": "estimate", "data_type": "estimate", **given}


def test_standard_errors_entered_as_standard_deviations_are_noticed():
    # true SDs of 10 on 100 an arm, a difference of 3: z = 2.12, p = .034, SE = 1.414
    sound, wrong = tuple(SOUND.values()), tuple(WRONG.values())
    assert sd_looks_like_se(*sound) is None
    assert sd_looks_like_se(*sound, p=0.034) is None
    assert sd_looks_like_se(*sound, se=1.414) is None
    assert "not if they are standard deviations" in sd_looks_like_se(*wrong, p=0.034)
    assert "printed standard error of 1.414" in sd_looks_like_se(*wrong, se=1.414)
    assert sd_looks_like_se(*wrong) is None  # 3.0 at once is possible; without p or SE it is not doubted
    assert "suggests standard errors" in sd_looks_like_se(55.0, 1.0, 100, 50.0, 1.0, 100)
    # nine published comparisons with large differences: none is doubted
    assert not any(sd_looks_like_se(*figures) for figures in zip(*(CONTINUOUS[name] for name in ("m1", "sd1", "n1", "m2", "sd2", "n2")), strict=True))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (WRONG | {"p": 0.034, "p_relation": "="}, "not if they are standard deviations"),
        (WRONG | {"measure": "MD", "estimate": 3.0, "ci_low": 0.23, "ci_high": 5.77, "ci_level": 0.95}, "printed standard error of 1.41"),
        (WRONG | {"measure": "MD", "estimate": 3.0, "se": 1.41}, "printed standard error of 1.41"),
        ({"measure": "SMD", "estimate": -4.2, "se": 0.3}, "a standardised difference of -4.2"),
        ({"measure": "OR", "estimate": 2.0, "ci_low": 1.2, "ci_high": 3.3, "ci_level": 0.95, "p": 0.6, "p_relation": "="}, "p must agree with the interval"),
        ({"measure": "OR", "estimate": 2.0, "ci_low": 1.2, "ci_high": 3.3, "ci_level": 95, "p": 0.6, "p_relation": "="}, "p must agree with the interval"),
        ({"measure": "OR", "estimate": 2.0, "ci_low": 1.2, "ci_high": 3.3, "ci_level": 0.95, "se": 1.9}, "se must agree with the interval"),
        ({"data_type": "counts", "events_treat": 30, "n_treat": 100, "pct_treat": 80.0, "events_control": 20, "n_control": 100}, "must agree with 30 of 100"),
        ({"data_type": "counts", "events_treat": 30, "n_treat": 100, "events_control": 20, "n_control": 100, "measure": "OR", "estimate": 5.0,
          "ci_low": 0.5, "ci_high": 2.0, "ci_level": 0.95}, "must lie within its interval"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_noted_and_does_not_stop_the_row(figures, words):
    given = row(**figures)
    assert any(words in doubt for doubt in doubts(given))
    kind = "OR" if figures.get("measure") == "OR" or "events_treat" in figures else "SMD"
    assert "check: " in size(given, kind).route.note and words in size(given, kind).route.note


def test_sound_rows_and_known_contradictions_raise_no_doubt():
    assert doubts(row(**SOUND, p=0.034, p_relation="=")) == ()
    assert doubts(row(measure="OR", estimate=2.0, ci_low=1.2, ci_high=3.3, ci_level=0.95, p=0.007, p_relation="=")) == ()
    assert doubts(row()) == ()
    known = row(measure="OR", estimate=2.0, ci_low=1.2, ci_high=3.3, ci_level=0.95, p=0.6, p_relation="=", exclusion="printed_inconsistent")
    assert doubts(known) == ()


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"events_treat": 31, "n_treat": 30}, "events_treat = 31: events must lie between 0 and the arm's size"),
        ({"events_control": -1}, "events_control = -1"),
        ({"n_control": 0}, "n_control = 0: must be above 0"),
        ({"pct_treat": 101.0}, "pct_treat = 101: must lie between 0 and 100"),
        ({"sd_control": 0.0}, "sd_control = 0: each standard deviation must be above 0"),
    ],
)
def test_impossible_rows_are_refused_whatever_route_they_take(figures, words):
    with pytest.raises(AnalysisError, match=words):
        refuse_impossible(figures)
    with pytest.raises(AnalysisError, match=f"demo.row: {words}"):
        size(row(measure="OR", estimate=0.8, se=0.2, **figures), "OR")


def test_an_interval_that_does_not_hold_its_estimate_gives_no_standard_error():
    with pytest.raises(AnalysisError, match=r"demo\.row: the interval 0\.5 to 2 does not hold its estimate 5"):
        size(row(measure="OR", estimate=5.0, ci_low=0.5, ci_high=2.0, ci_level=0.95), "OR")
