"""Rows that the rules on agreement must leave alone: what adjustment, rounding and clustering do to honest figures."""

from __future__ import annotations

import pytest

NONE = {"p": "", "p_relation": "", "ci_low": "", "ci_high": "", "ci_level": ""}


@pytest.mark.parametrize("changes", [
    {"measure": "OR", "estimate": "2"},
    {"measure": "OR", "estimate": "3.5", "adjusted": "true"},
    {"measure": "RR", "estimate": "1.6", "adjusted": "false"},
    {"measure": "RD", "estimate": "0.15", "adjusted": "false"},
    {"measure": "RD", "estimate": "0.12", "adjusted": "true"},
    {"measure": "HR", "estimate": "4"},
    {"events_treat": "25", "events_control": "25", "reported_result": "not_significant"},
    {"events_treat": "20", "reported_result": "harm"},
    {"events_treat": "20", "reported_result": "mixed"},
    {"events_treat": "20", "exclusion": "sign_unknown", "exclusion_reason": "the source gives no sign"},
    {"measure": "OR", "estimate": "0.1", "exclusion": "printed_inconsistent", "exclusion_reason": "as printed"},
], ids=str)
def test_arms(workspace, changes):
    assert workspace.change("effects", **changes).problems() == []


@pytest.mark.parametrize("changes", [
    {"n_treat": "100", "n_control": "100"},
    # arms of 200 give 0.100; clustering with a design effect of 4 doubles it
    {"n_treat": "100", "n_control": "100", **NONE, "se": "0.28"},
    {"reported_result": "not_significant", "ci_low": "-0.65", "ci_high": "0.05", "p": "0.09"},
    {"reported_result": "not_significant", **NONE, "p": "0.04", "p_relation": "="},
    {"reported_result": "harm", "estimate": "0.3", "ci_low": "0.1", "ci_high": "0.5"},
    {**NONE, "se": "0.1", "p": "0.003", "p_relation": "="},
    {**NONE, "se": "0.1", "p": "0.05", "p_relation": "<"},
    {"measure": "MD", "mean_treat": "10", "sd_treat": "4", "n_treat": "100", "mean_control": "10.2", "sd_control": "5", "n_control": "100"},
    {**NONE, "p": "0.3", "p_relation": "<"},
], ids=str)
def test_scores(workspace, changes):
    assert workspace.change("effects", 1, **changes).problems() == []


def test_a_ratio_s_interval_is_even_on_the_log_scale(workspace):
    # 0.5 / 0.1 = 2.5 / 0.5: even on the log scale, and far from even as printed
    workspace.change("effects", 2, estimate="0.5", ci_low="0.1", ci_high="2.5", reported_result="not_significant")
    assert workspace.problems() == []


def test_a_study_cited_by_another_work_keeps_its_own_year(workspace):
    assert workspace.change("studies", 1, cite="office2025").problems() == []


def test_small_areas_may_jump(workspace):
    workspace.add("areas", 1, period="31 March 2024", period_end="2024-03-31", value="2")
    assert workspace.problems() == []
