"""From a printed number back to figures, formulas and sources: from the file alone, and from an effect row."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest

import workbench as wb
from workbench.briefing.trace import trace, trace_effect
from workbench.errors import UsageError
from workbench.runs.analysis import analyse

FINDING = "oak/E92000001/home-event-record/theta_new/median"


@pytest.fixture
def page(furnished, tmp_path):
    """A briefing in a folder that holds nothing else."""
    path = tmp_path / "alone" / "page.html"
    path.parent.mkdir()
    path.write_text(wb.briefing.write(analyse(wb.load(furnished.root), "oak")).html, encoding="utf-8")
    return path


def run(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "workbench", "trace", *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


def test_a_number_walks_back_to_figures_formulas_and_sources_from_the_file_alone(page):
    done = run(page, FINDING, cwd=page.parent)
    assert done.returncode == 0, done.stderr
    for words in (
        "effects/ash2010.home", "events_treat = 40", "n_control = 100", "route    counts", "log(a d / (b c))", "locator  doi:10.1234/tree.2010, Table 2",
        "checked  abstract", "cite     Ash A, Birch B (2010)",
    ):  # fmt: skip
        assert words in done.stdout, words
    y, se = math.log(40 * 75 / (60 * 25)), math.sqrt(1 / 40 + 1 / 60 + 1 / 25 + 1 / 75)
    shown = re.search(r"y = ([-\d.e]+), se = ([-\d.e]+)", done.stdout)
    assert (float(shown[1]), float(shown[2])) == (pytest.approx(y), pytest.approx(se))


def test_every_finding_of_a_briefing_can_be_traced(page):
    from workbench.briefing.reading import carried

    for name in carried(page.read_text(encoding="utf-8")).findings:
        said = trace(page, name)
        assert said.startswith(name) and "this version of the workbench" not in said


def test_figures_changed_in_the_file_are_noticed(page):
    from workbench.briefing.reading import squeezed, unsqueezed

    text = page.read_text(encoding="utf-8")
    held = re.search(r"<template id=findings[^>]*>(.*?)</template>", text, re.DOTALL)[1]
    plain = unsqueezed(held)
    assert plain.count(",40.0,") >= 1
    page.write_text(text.replace(held, squeezed(plain.replace(",40.0,", ",41.0,", 1))), encoding="utf-8")
    assert "does not come to the same effect" in trace(page, FINDING)


def test_the_number_that_an_element_says_is_as_good_as_the_id(page):
    from workbench.briefing.reading import carried

    html = page.read_text(encoding="utf-8")
    number = list(carried(html).findings).index(FINDING) + 1
    assert re.search(rf'data-f="?{number}\b', html)
    assert trace(page, str(number)) == trace(page, FINDING)
    done = run(page, "99999", cwd=page.parent)
    assert done.returncode == 2 and "there is no finding '99999'" in done.stderr


def test_the_end_of_an_id_is_enough_where_only_one_ends_so(page):
    assert trace(page, FINDING.removeprefix("oak/E92000001")) == trace(page, FINDING)
    done = run(page, "/median", cwd=page.parent)
    assert done.returncode == 2 and "begins with a path" in done.stderr


def test_an_unknown_finding_suggests_the_nearest(page):
    done = run(page, FINDING.replace("median", "medien"), cwd=page.parent)
    assert done.returncode == 2 and f"did you mean '{FINDING}'?" in done.stderr and "Traceback" not in done.stderr


def test_a_page_without_a_finding_named_is_told_what_to_name(page):
    done = run(page, cwd=page.parent)
    assert done.returncode == 2 and "name the number to trace" in done.stderr and "such as oak/" in done.stderr


@pytest.mark.parametrize("content", [b"<p>no briefing</p>", b"\xff\xfe\x00", b"", b'<template id="findings">{"sources":{},"rows":[],"columns":["id"],"findings":[["x"]]}</template>'])
def test_a_file_that_is_no_briefing_is_said_so(tmp_path, content):
    path = tmp_path / "page.html"
    path.write_bytes(content)
    done = run(path, "x/y", cwd=tmp_path)
    assert done.returncode == 2 and "no briefing" in done.stderr and "page.html" in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    for name in ("none.html", "."):
        done = run(name, "x", cwd=tmp_path)
        assert done.returncode == 2 and "cannot be read" in done.stderr and "Traceback" not in done.stderr


def test_an_effect_row_is_told_from_figures_to_effect(furnished):
    done = run("ash2010.score", cwd=furnished.root)
    assert done.returncode == 0, done.stderr
    for words in ("evidence/effects.csv line 3", "estimate = -0.3, ci_low = -0.5", "route    interval", "step", "(SMD, as printed: lower_is_better)", "locator  doi:10.1234/tree.2010", "checked  abstract"):
        assert words in done.stdout, words
    se = 0.4 / (2 * 1.959963984540054)
    assert f"y = -0.3, se = {se:.10g}" in done.stdout


def test_a_row_without_usable_figures_says_what_is_missing(furnished):
    furnished.change("effects", 0, role="direction_only", data_type="none", events_treat="", n_treat="", events_control="", n_control="")
    said = trace_effect(wb.load(furnished.root), "ash2010.home")
    assert "effect   none: no OR can be had from the figures given" in said and "route" not in said


def test_an_unknown_row_suggests_the_nearest(furnished):
    done = run("ash2010.hone", cwd=furnished.root)
    assert done.returncode == 2 and "did you mean 'ash2010.home'?" in done.stderr
    with pytest.raises(UsageError, match="effects.csv has no row"):
        trace_effect(wb.load(furnished.root), "zzz")


def test_a_row_name_without_a_workspace_is_refused(tmp_path):
    done = run("ash2010.home", cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_every_row_of_the_real_tables_can_be_traced(evidence):
    for row in evidence["effects"].rows:
        said = trace_effect(evidence, row["effect_id"])
        assert ("\n  route " in said) != ("effect   none" in said) and f"checked  {row['checked']}" in said
        assert "this version of the workbench" not in said
