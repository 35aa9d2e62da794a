"""The methods paragraph says what was done, and nothing that was not."""

from __future__ import annotations

import workbench as wb
from workbench.synthesis import methods_text


def test_a_pool_of_trials_with_nulls(evidence):
    headline = wb.headline(evidence, "triple-p", "child-behaviour")
    said = methods_text(headline)
    nulls = sum(item.kind == "null_at_zero" for item in headline.used)
    assert said.startswith(f"We pooled {headline.k} results") and f"{headline.families:,} families" in said
    assert f"{nulls} results reported as not significant" in said
    assert "Röver 2020" in said and "bias common to their class: trials Normal" in said
    assert f"{headline.twin.estimate:.2f} (" in said
    assert "independent review" not in said and "centred on" not in said


def test_a_review_is_told_and_a_twin_that_is_not_there_is_not(evidence):
    said = methods_text(wb.headline(evidence, "fdac", "reunification"))
    assert "An independent review enters once" in said and "quasi experiments Normal" in said
    assert "Knapp-Hartung" not in said


def test_the_trial_that_a_new_area_is_centred_on_is_named(evidence):
    said = methods_text(wb.headline(evidence, "fnp", "child-in-need"))
    assert "We pooled 1 result on" in said and "(Robling 2022)" in said and "shift" not in said


def test_nothing_pooled_has_no_methods(evidence):
    assert methods_text(wb.headline(evidence, "pup", "school-readiness")) == ""
