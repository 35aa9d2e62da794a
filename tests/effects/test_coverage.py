"""Counts from file to use: they add up, and they are those of the tables and of the selection."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from workbench.effects import coverage, effect_sizes
from workbench.evidence import load


@pytest.fixture(scope="module")
def counted(evidence):
    return coverage.counts(evidence)


def test_every_row_has_one_fate(evidence):
    assert set(coverage.fates(evidence)) == {row["effect_id"] for row in evidence["effects"]}


def test_the_steps_add_up(counted, evidence):
    assert counted.on_file == len(evidence["effects"])
    assert counted.on_file - sum(counted.set_aside.values()) == counted.poolable
    assert counted.poolable - sum(counted.represented.values()) == counted.used
    assert sum(rows for step, rows in counted.steps if not step.startswith("rows that") and not step.startswith("rows used")) == counted.used


def test_the_counts_are_those_of_the_table(counted, evidence):
    rows = evidence["effects"].rows
    assert counted.set_aside["superseded"] == sum(row["superseded_by"] is not None for row in rows)
    assert counted.set_aside["check"] == sum(row["role"] == "check" and row["superseded_by"] is None for row in rows)
    fate = coverage.fates(evidence)
    for row in rows:
        if row["exclusion"] and row["role"] != "check" and not row["superseded_by"]:
            assert fate[row["effect_id"]] == row["exclusion"]


def test_what_is_used_is_what_effect_sizes_uses(evidence):
    fate = coverage.fates(evidence)
    for programme, construct in (("fdac", "reunification-event-record"), ("pup", "maltreatment-risk-score-self")):
        used = effect_sizes(evidence, programme, construct).row_ids
        for row in evidence["effects"].where(programme_id=programme, construct=construct):
            assert (row["effect_id"] in used) == (fate[row["effect_id"]] == "used")


def test_unverified_rows_move_only_when_they_are_let_in(workspace):
    workspace.change("effects", 2, checked="unverified", locator="")
    evidence = load(workspace.root)
    shut, let_in = coverage.counts(evidence), coverage.counts(evidence, include_unverified=True)
    assert (shut.set_aside, shut.used, let_in.set_aside, let_in.used) == ({"unverified": 1}, 2, {}, 3)
    assert list(coverage.outstanding(evidence).index) == ["elm2015.home"]


def test_a_second_row_of_the_same_families_is_represented(workspace):
    workspace.add("effects", 0, effect_id="ash2010.home.18m", timepoint_months="18", events_treat="41")
    counted = coverage.counts(load(workspace.root))
    assert (counted.poolable, counted.represented, counted.used, counted.studies, counted.programmes) == (4, {"overlap": 1}, 3, 2, 1)


def test_it_says_that_no_search_was_done(counted):
    assert str(counted).startswith("No search was done.")
    assert "No search was done." in counted._repr_html_()
    assert counted.frame()["rows"].iloc[0] == counted.on_file


def test_coverage_and_gaps_are_those_of_the_tables(evidence):
    table = coverage.by_domain(evidence)
    assert table.to_numpy().sum() == sum(row["superseded_by"] is None for row in evidence["effects"])
    tally = Counter(row["evidence_on_file"] for row in evidence["systems"])
    assert len(coverage.gaps(evidence)) == len(evidence["systems"]) - tally["controlled"]


def test_the_notebook_shows_them(root):
    cells = json.loads((root / "notebooks" / "evidence.ipynb").read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for call in ("coverage.counts(evidence)", "coverage.by_domain(evidence)", "coverage.gaps(evidence)", "coverage.outstanding(evidence)"):
        assert call in source
