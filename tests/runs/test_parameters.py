"""Every wrong parameter is refused before anything starts, all at once, with the way out."""

from __future__ import annotations

import datetime
import json

import pytest

from workbench.errors import UsageError
from workbench.runs.parameters import PARAMETERS, check, check_notebook, declared, parse


def test_each_example_in_the_table_is_valid():
    texts = [f"{item.name}{'.x' if item.keyed else ''}={item.example}" for item in PARAMETERS if item.example]
    assert len(parse(texts)) == len(texts)


def test_types_are_those_of_the_table():
    got = parse(["families=200", "horizon=10", "schedule=green-book", "include_unverified=TRUE", "edition_date=2026-01-31", "baseline_risk.care-entry=0.05"])
    assert got == {
        "families": 200.0, "horizon": 10, "schedule": "green-book", "include_unverified": True,
        "edition_date": datetime.date(2026, 1, 31), "baseline_risk": {"care-entry": 0.05},
    }  # fmt: skip
    assert isinstance(got["families"], float) and isinstance(got["horizon"], int)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("horizon=ten", "horizon=ten: must be a whole number, for example horizon=10"),
        ("horizon=10.5", "must be a whole number"),
        ("horizn=10", "there is no parameter 'horizn'; did you mean 'horizon'?"),
        ("zzz=1", "there is no parameter 'zzz'; see: workbench list parameters"),
        ("families", "write it as name=value"),
        ("families=-3", "must lie between 1 and 1,000,000 (families)"),
        ("families=nan", "must lie between"),
        ("take_up=1.2", "must lie between 0 and 1 (share)"),
        ("include_unverified=maybe", "must be true or false"),
        ("edition_date=31/01/2026", "must be a date such as 2026-01-31"),
        ("draws=1000", "must be a power of two, for example draws=4096"),
        ("prior=", "must be text"),
        ("baseline_risk=0.2", "is set for one outcome at a time, for example baseline_risk.reunification=0.25"),
        ("baseline_risk.reunificaton=0.2", "there is no outcome 'reunificaton'; did you mean 'reunification'?"),
        ("families.care=2", "families is one figure for the whole briefing"),
        ("baseline_risk.reunification=1", "must lie between 0.0001 and 0.9999"),
        ("assume=0.2", "is set for one row of parameters.csv at a time, for example assume.ROW=0.1"),
        ("assume.care.return=much", "assume.care.return=much: must be a number"),
        ("half_life=0", "must lie between 0.1 and 1,000 (years)"),
        ("payer_share=1.2", "must lie between 0 and 1 (share)"),
        ("deadweight=-0.1", "must lie between 0 and 1 (share)"),
        ("support_years=1.5", "must be a whole number, for example support_years=2"),
        ("set_up_cost=inf", "must lie between 0 and 1,000,000,000 (GBP)"),
        ("optimism_bias=nan", "must lie between 0 and 5 (share)"),
        ("staff_turnover=often", "must be a number, for example staff_turnover=0.15"),
    ],
)
def test_wrong_parameters_are_refused_with_the_way_out(text, words):
    with pytest.raises(UsageError) as caught:
        parse([text], outcomes=("reunification",))
    assert words in str(caught.value)


def test_all_problems_come_at_once():
    with pytest.raises(UsageError) as caught:
        parse(["horizon=ten", "famlies=2", "take_up=3"])
    assert len(str(caught.value).splitlines()) == 3


def test_python_values_are_checked_the_same_way_and_none_means_not_set():
    assert check({"families": 5, "horizon": None, "baseline_risk": {"a": 0.5}}) == {"families": 5.0, "baseline_risk": {"a": 0.5}}
    for wrong in ({"horizon": "ten"}, {"horizon": True}, {"include_unverified": 1}, {"famlies": 2}, {"edition_date": "soon"}):
        with pytest.raises(UsageError):
            check(wrong)


def notebook(tmp_path, source, tags=("parameters",)):
    path = tmp_path / "n.ipynb"
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    return path


def test_a_notebook_says_what_it_declares(tmp_path):
    assert declared(notebook(tmp_path, "a = 1\nb: str = 'x'\nc = None")) == {"a": 1, "b": "x", "c": None}


def test_a_name_that_the_notebook_does_not_declare_is_refused(tmp_path):
    path = notebook(tmp_path, "horizon = 1")
    check_notebook(path, {"horizon": 2})
    with pytest.raises(UsageError, match="n.ipynb has no parameter 'horizn'; did you mean 'horizon'"):
        check_notebook(path, {"horizn": 2})


@pytest.mark.parametrize("source", ["print(1)", "a, b = 1, 2", "import os"])
def test_a_parameters_cell_with_anything_else_is_refused(tmp_path, source):
    with pytest.raises(UsageError, match="may hold only lines such as name = value"):
        declared(notebook(tmp_path, source))


def test_a_notebook_without_the_cell_is_refused(tmp_path):
    with pytest.raises(UsageError, match="exactly one cell tagged 'parameters', has 0"):
        declared(notebook(tmp_path, "a = 1", tags=()))


def test_what_is_set_per_row_keeps_the_row_s_whole_name():
    assert parse(["assume.care.return=0.1", "assume.care.duration=2"], outcomes=("reunification",)) == {"assume": {"care.return": 0.1, "care.duration": 2.0}}
    assert check({"assume": {"care.return": 0.1}}) == {"assume": {"care.return": 0.1}}


@pytest.mark.parametrize("name", ["briefing", "cost_benefit"])
def test_every_parameter_reaches_the_notebooks(root, name):
    path = root / "notebooks" / f"{name}.ipynb"
    names = {item.name for item in PARAMETERS}
    assert names <= set(declared(path))
    source = "".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
    assert [each for each in names if f"{each}={each}," not in source] == []


def test_every_parameter_of_the_money_is_a_setting_or_control_of_it():
    import inspect

    from workbench.economics import Controls, appraise
    from workbench.runs.analysis import _LOCAL, _SYNTHESIS

    own = {item.name for item in PARAMETERS} - set(_SYNTHESIS) - set(_LOCAL)
    assert {name for name in own if name not in inspect.getdoc(appraise)} == set()
    assert set(Controls.__dataclass_fields__) <= {item.name for item in PARAMETERS}


def test_unknown_rows_schedules_and_priors_are_refused_before_anything_runs(evidence):
    from workbench.runs.lookup import check_names

    with pytest.raises(UsageError) as caught:
        check_names(evidence, {"assume": {"care.retur": 0.1, "care.return": 2.0, "care.duration": -1.0}, "schedule": "green-bok"})
    text = str(caught.value)
    for words in ("did you mean 'care.return'", "assume.care.return = 2: must be a share", "assume.care.duration = -1: must be 0 years", "did you mean 'green-book'"):
        assert words in text
