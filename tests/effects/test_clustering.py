"""Design effects: the formula, where the figures come from, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.effects import default_icc, design_effect, size
from workbench.errors import AnalysisError

COUNTS = {"effect_id": "demo.row", "role": "estimate", "data_type": "counts", "events_treat": 30, "n_treat": 100, "events_control": 20, "n_control": 120}
PLAIN = size(COUNTS, "OR")
TABLE = (
    {"icc_id": "school.any", "cluster_unit": "school", "report": "any", "icc": 0.031},
    {"icc_id": "school.parent", "cluster_unit": "school", "report": "parent", "icc": 0.035},
    {"icc_id": "school.old", "cluster_unit": "school", "report": "teacher", "icc": 0.2, "default": False},
    {"icc_id": "group.any", "cluster_unit": "group", "report": "any", "icc": None},
)
CLUSTER = {"design": "cluster_rct"}


def test_published_design_effects():
    # Killip et al. 2004 (Annals of Family Medicine): 1 + (m - 1) rho; Ip et al. 2011: 100 patients a clinic and 0.04 take about five times as many
    assert design_effect(0.04, 100) == pytest.approx(4.96)
    assert design_effect(0.05, 7) == pytest.approx(1.3)  # a published calculation: inflation by 1.3
    assert design_effect(0.05, 1675 / 56) == pytest.approx(2.45, abs=5e-3)
    assert design_effect(0.02, 20, cv=0.5) == pytest.approx(1 + (1.25 * 20 - 1) * 0.02)


@given(icc=st.floats(0, 1), size=st.floats(1, 500), cv=st.floats(0, 2))
def test_design_effects_never_narrow(icc, size, cv):
    assert design_effect(icc, size, cv) >= design_effect(icc, size) >= 1
    assert design_effect(icc, 1) == 1 and design_effect(0, size, cv) == 1 and design_effect(1, size) == pytest.approx(size)


def test_the_rows_own_figures():
    stated = size(COUNTS | {"design_effect": 1.5}, "OR")
    assert stated.y == PLAIN.y and stated.se == pytest.approx(PLAIN.se * np.sqrt(1.5))
    worked = size(COUNTS | {"icc": 0.05, "cluster_size": 11}, "OR", study=CLUSTER)
    assert worked.se == pytest.approx(stated.se) and not worked.route.ignores_clustering
    assert dict(worked.route.inputs)["design_effect"] == pytest.approx(1.5) and worked.route.inputs["icc"] == 0.05
    assert "0.05, 11 to a cluster" in worked.route.note
    # a stated design effect comes before the parts it may have been made of
    assert size(COUNTS | {"design_effect": 1.5, "icc": 0.9, "cluster_size": 30}, "OR").se == pytest.approx(stated.se)


def test_the_callers_figures_come_first():
    found = size(COUNTS | {"design_effect": 9.0}, "OR", icc=0.05, cluster_size=11)
    assert found.se == pytest.approx(PLAIN.se * np.sqrt(1.5))
    assert size(COUNTS | {"cluster_size": 11}, "OR", icc=0.05).se == pytest.approx(found.se)


def test_several_children_of_a_family_are_a_cluster():
    found = size(COUNTS | {"icc": 0.4, "cluster_size": 1.5}, "OR", study={"design": "rct"})
    assert found.se == pytest.approx(PLAIN.se * np.sqrt(1.2))


def test_defaults_from_a_table():
    assert default_icc(TABLE, "school", "parent_report")["icc_id"] == "school.parent"
    assert default_icc(TABLE, "school", "teacher_report")["icc_id"] == "school.any"  # the teachers' row is no default
    assert default_icc(TABLE, "school")["icc_id"] == "school.any"
    assert default_icc(TABLE, "group") is None and default_icc(TABLE, "ward") is None
    found = size(COUNTS | {"cluster_size": 30, "cluster_unit": "school", "informant": "parent_report"}, "OR", study=CLUSTER, iccs=TABLE)
    assert found.se == pytest.approx(PLAIN.se * np.sqrt(1 + 29 * 0.035))
    assert "default intraclass correlation school.parent 0.035" in found.route.note


def test_cluster_trials_that_ignore_clustering_are_flagged():
    flagged = size(COUNTS, "OR", study=CLUSTER)
    assert flagged.route.ignores_clustering and "ignore the clustering" in flagged.route.note and flagged.se == PLAIN.se
    printed = size({"effect_id": "p", "role": "estimate", "data_type": "estimate", "measure": "OR", "estimate": 0.8, "se": 0.2}, "OR", study=CLUSTER)
    assert not printed.route.ignores_clustering and "taken to allow for the clustering" in printed.route.note
    assert not PLAIN.route.ignores_clustering
    null = size({"effect_id": "n", "role": "known_null", "n_treat": 100, "n_control": 100}, "SMD", study=CLUSTER)
    assert null.route.ignores_clustering


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: design_effect(1.2, 10), "icc = 1.2: must lie between 0 and 1"),
        (lambda: design_effect(0.1, 0.5), "cluster_size = 0.5: must be at least 1"),
        (lambda: design_effect(0.1, 10, -1), "must not be below 0"),
        (lambda: size(COUNTS | {"design_effect": 0.5}, "OR"), r"demo\.row: design_effect = 0.5: must be at least 1"),
        (lambda: size(COUNTS | {"icc": 0.05}, "OR"), "icc = 0.05 without cluster_size"),
        (lambda: size(COUNTS | {"cluster_size": 20}, "OR"), "cluster_size = 20 without icc, and without cluster_unit"),
        (lambda: size(COUNTS | {"cluster_size": 20, "cluster_unit": "ward"}, "OR", iccs=TABLE), "no default for cluster_unit 'ward'"),
    ],
)
def test_half_a_design_effect_is_refused(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()
