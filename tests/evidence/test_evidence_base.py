"""The evidence base as an object: access, equality, digest, frames, discovery, speed and laziness."""

from __future__ import annotations

import copy
import datetime
import pickle
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workspace import Workspace

from workbench.errors import EvidenceError, UsageError
from workbench.evidence import Reference, Row, Table, check, load


@pytest.fixture
def base(workspace):
    return load(workspace.root)


def test_minimal_workspace_has_no_problem(workspace):
    assert workspace.problems() == []


def test_values_are_typed(base):
    row = base["effects"]["ash2010.score"]
    assert (row["estimate"], row["recorded"], row["exclusion"], row["p_relation"]) == (-0.3, datetime.date(2026, 2, 28), None, "=")
    assert base["studies"]["ash2010"]["year"] == 2010
    assert base["programmes"]["oak"]["briefing"] is True
    assert (row.line, row.table, row.key, row.unread) == (3, "effects", "ash2010.score", frozenset())


def test_composite_and_integer_keys(base):
    assert base["areas"][("E92000001", "trees", "31 March 2025")]["value"] == 12
    assert base["dimensions"][1]["name"] == "price/week"


def test_table_access(base):
    effects = base["effects"]
    assert isinstance(effects, Table)
    assert (effects.name, effects.file, len(effects)) == ("effects", "evidence/effects.csv", 3)
    assert [row.key for row in effects.where(study_id="ash2010", construct="home-event-record")] == ["ash2010.home"]
    assert [row.key for row in effects.where(measure=None)] == ["ash2010.home"]
    assert "ash2010.home" in effects
    assert "ash2010" not in effects
    assert effects.get("ash2010") is None
    assert [row.key for row in effects] == ["ash2010.home", "ash2010.score", "elm2015.home"]


def test_unknown_names_are_usage_errors_with_the_nearest(base):
    with pytest.raises(UsageError, match="no row 'ash2010.hom'; did you mean 'ash2010.home'"):
        base["effects"]["ash2010.hom"]
    with pytest.raises(UsageError, match="no table 'effect'; did you mean 'effects'"):
        base["effect"]
    with pytest.raises(UsageError, match="no column 'study'; did you mean 'study_id'"):
        base["effects"].where(study="ash2010")
    with pytest.raises(KeyError, match="did you mean 'estimate'"):
        base["effects"]["ash2010.home"]["estimat"]


def test_everything_is_frozen(base):
    row = base["effects"]["ash2010.home"]
    for change in (lambda: setattr(row, "line", 9), lambda: row.__setitem__("p", 1.0), lambda: setattr(base["effects"], "rows", ()),
                   lambda: base.tables.__setitem__("x", 1), lambda: setattr(base.tables, "x", 1), lambda: setattr(base.references["ash2010"], "year", "2011")):
        with pytest.raises((AttributeError, TypeError)):
            change()


def test_row_is_a_mapping_of_every_column(base, workspace):
    row = base["effects"]["ash2010.home"]
    assert isinstance(row, Row)
    assert list(row) == workspace.columns["effects"]
    assert len(row) == len(workspace.columns["effects"])
    assert dict(row)["n_treat"] == 100
    assert "estimate" in row
    assert row.get("no such column") is None


def test_rows_are_equal_by_content_wherever_they_stand(workspace, base):
    workspace.rows["effects"].reverse()
    other = load(workspace.save().root)
    row, moved = base["effects"]["ash2010.home"], other["effects"]["ash2010.home"]
    assert row.line != moved.line
    assert row == moved
    assert hash(row) == hash(moved)
    assert row != base["effects"]["elm2015.home"]


def test_pickle_and_copy_keep_everything(base):
    again = pickle.loads(pickle.dumps(base))
    assert again["effects"].rows == base["effects"].rows
    assert again.digest == base.digest
    assert copy.deepcopy(base).references == base.references


def test_edition_date_is_the_newest_recorded(base, workspace):
    assert base.edition_date == datetime.date(2026, 2, 28)
    workspace.rows["effects"].clear()
    workspace.change("pathways", active="false").change("baselines", effect_id="")
    assert load(workspace.root).edition_date is None


def test_digest_follows_content_and_nothing_else(workspace, base):
    workspace.file("effects").write_bytes(b"\xef\xbb\xbf" + workspace.text("effects").replace("\n", "\r\n").replace(",-0.3,", ",-.30,").encode())
    assert load(workspace.root).digest == base.digest
    workspace.change("effects", events_treat="41")
    moved = load(workspace.root).digest
    assert moved != base.digest
    workspace.bibliography.write_text(workspace.bibliography.read_text().replace("Counting trees", "Counting all trees"))
    assert load(workspace.root).digest != moved


def test_frame(base):
    frame = base["effects"].frame()
    assert frame.shape == (3, len(base["effects"].fields))
    assert frame.dtypes["estimate"] == "float64"
    assert frame["recorded"].max().date() == base.edition_date
    assert frame["exclusion"].tolist() == [None, None, None]
    assert base["studies"].frame()["year"].sum() == 4025


def test_references(base):
    assert isinstance(base.references["ash2010"], Reference)
    assert base.references["ash2010"].short == "Ash and Birch 2010"


def test_repr_is_one_line(base):
    for each in (base, base["effects"], base["effects"].rows[0], base.tables):
        assert "\n" not in repr(each)
    assert "3 effects" in repr(base)


def test_load_raises_with_every_problem(workspace):
    workspace.change("effects", events_treat="120").change("studies", cite="ash2011")
    with pytest.raises(EvidenceError) as caught:
        load(workspace.root)
    assert caught.value.problems == check(workspace.root)
    assert str(caught.value).startswith("2 problems in the evidence\n")


def test_workspace_is_found_upwards(workspace, monkeypatch):
    below = workspace.root / "notebooks" / "deep"
    below.mkdir(parents=True)
    assert load(below).root == workspace.root.resolve()
    assert load(workspace.file("effects")).root == workspace.root.resolve()
    monkeypatch.chdir(below)
    assert load().root == workspace.root.resolve()


def test_a_folder_that_happens_to_be_called_evidence_is_passed_by(workspace):
    below = workspace.root / "package"
    (below / "evidence").mkdir(parents=True)
    assert load(below).root == workspace.root.resolve()


def test_no_workspace_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="is not in a workspace: neither it nor a folder above it has evidence/datapackage.json"):
        check(tmp_path)
    with pytest.raises(UsageError, match="there is no such folder"):
        load(tmp_path / "nowhere")


def test_importing_and_checking_load_no_numeric_library(workspace):
    code = f"import sys, workbench.evidence as e; assert not e.check({str(workspace.root)!r}); print([m for m in ('numpy', 'pandas', 'scipy', 'pymc', 'plotly', 'jinja2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_six_thousand_area_rows_are_checked_in_two_seconds(workspace):
    area = workspace.rows["areas"][1]
    workspace.rows["areas"] = [area | {"gss_code": f"E{number:08d}", "area": f"Area {number}"} for number in range(6000)]
    workspace.save()
    begin = time.perf_counter()
    assert check(workspace.root) == ()
    assert time.perf_counter() - begin < 2


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(note=TEXT, estimate=st.floats(allow_nan=False, allow_infinity=False, width=64), date=st.dates(datetime.date(2010, 1, 1)))
def test_what_is_written_is_read_back(tmp_path_factory, note, estimate, date):
    root = tmp_path_factory.mktemp("round-trip")
    workspace = Workspace(root)
    figures = {"estimate": repr(estimate), "ci_low": "", "ci_high": "", "ci_level": "", "p": "", "p_relation": "", "measure": "MD", "reported_result": "not_stated"}
    workspace.change("effects", 1, note=note if not note.isspace() else "", recorded=date.isoformat(), **figures)
    row = load(root)["effects"]["ash2010.score"]
    assert row["note"] == (note if note and not note.isspace() else None)
    assert (row["estimate"], row["recorded"]) == (estimate, date)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_no_bytes_make_it_crash(tmp_path_factory, data):
    workspace = Workspace(tmp_path_factory.mktemp("bytes"))
    workspace.file("priors").write_bytes(data)
    workspace.bibliography.write_bytes(workspace.bibliography.read_bytes() + data)
    problems = check(workspace.root)
    assert all(problem.rule and problem.file for problem in problems)
    assert problems
