"""Another centre's workspace: other programmes, harm, nothing to pool, nothing to price, hostile text."""

from __future__ import annotations

import subprocess
import sys

import pytest

import workbench as wb
from workbench.briefing.check import check_numbers
from workbench.runs.analysis import analyse

PAGES = ["compare.html", "evidence-map.html", "index.html", "oak--england", "oak--england.html", "oak--england.interactive.html"]  # the folder holds exports
COUNTS = {"events_treat": "", "n_treat": "", "events_control": "", "n_control": ""}


def page(workspace, programme="oak", **parameters):
    html = wb.briefing.write(analyse(wb.load(workspace.root), programme, **parameters)).html
    assert check_numbers(html) == []
    return html


def answer(workspace, **parameters):
    """The short answer as a reader sees it."""
    import re

    html = page(workspace, **parameters)
    section = html.split("<section id=answer")[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def test_a_sound_briefing_on_a_programme_that_the_code_has_never_heard_of(furnished):
    said = answer(furnished)
    assert "Oak" in said and "How sure are we?" in said


def test_a_harmful_effect_is_called_harm(furnished):
    furnished.change("effects", 0, events_treat="3", reported_result="harm")
    headline = wb.headline(wb.load(furnished.root), "oak", "home")
    assert headline.word.claim == "harm" and headline.probabilities.harm > 0.7
    assert "worse" in answer(furnished)


def test_no_usable_row_gives_no_pooled_estimate(furnished):
    for index in (0, 2):
        furnished.change("effects", index, **COUNTS, role="direction_only", data_type="none", measure="", estimate="", ci_low="", ci_high="", ci_level="")
    headline = wb.headline(wb.load(furnished.root), "oak", "home")
    assert headline.status == "no_pooled_estimate"
    assert "no pooled estimate" in answer(furnished).lower()


def test_an_outcome_that_nobody_measured_says_so(furnished):
    furnished.rows["effects"] = [row for row in furnished.rows["effects"] if row["construct"] != "home-event-record"]
    furnished.change("pathways", active="false").change("baselines", effect_id="")
    assert wb.headline(wb.load(furnished.root), "oak", "home").status == "not_measured"
    assert "not measured" in answer(furnished).lower()


def test_one_study_says_that_the_spread_between_places_is_assumed(furnished):
    headline = wb.headline(wb.load(furnished.root), "oak", "home")
    assert headline.status == "single" and headline.basis == "randomised" and len(headline.beneath) == 1
    assert "is assumed" in answer(furnished)


def test_two_studies_are_pooled(furnished):
    furnished.change("studies", 1, design="rct")
    assert wb.headline(wb.load(furnished.root), "oak", "home").status == "pooled"
    page(furnished)


def test_nothing_to_price_is_said_where_the_value_would_have_been(furnished):
    furnished.change("pathways", 0, active="false", reason="nobody knows its price")
    furnished.change("pathways", 1, reason="No net value is given because nothing measured has a price.")
    assert "nothing measured has a price" in answer(furnished)


def test_text_from_tables_is_text(furnished):
    hostile = "<script>alert('x')</script>"
    furnished.change("studies", 0, label=hostile, population=f"{hostile} & \"quotes\"", country="England")
    furnished.change("programmes", 0, short_name="Oak <b>bold</b>", does_not_address="{{ 7 * 7 }} {% raw %}")
    html = page(furnished)
    assert "<script" not in html and "<b>bold" not in html
    assert "&lt;script&gt;" in html and "{{ 7 * 7 }}" in html


def test_long_names_emoji_and_right_to_left_text_do_no_harm(furnished):
    furnished.change("studies", 0, label="W" * 300, place="🌳 מקום")
    furnished.change("programmes", 0, name="Ö" * 300)
    assert "Ö" * 300 in page(furnished)


def brief(workspace, *arguments):
    return subprocess.run([sys.executable, "-m", "workbench", "brief", *arguments], capture_output=True, text=True, cwd=workspace.root)


def test_the_whole_chain_through_papermill_and_a_second_run_that_builds_nothing(furnished):
    done = brief(furnished)
    assert done.returncode == 0, done.stderr
    folder = furnished.root / "briefings"
    assert sorted(path.name for path in folder.iterdir()) == PAGES
    first = (folder / "oak--england.html").read_bytes()
    assert "built" in done.stdout and "index.html" in done.stdout
    assert brief(furnished).stdout.count("unchanged") == 1
    again = brief(furnished, "--force")
    assert again.stdout.count("built") == 1 and (folder / "oak--england.html").read_bytes() == first
    direct = page(furnished)
    assert first.decode() == direct  # the notebook adds nothing to what the package renders


def test_a_failure_leaves_nothing_half_written_and_does_not_stop_the_rest(furnished):
    furnished.add("programmes", 0, programme_id="elm", name="Elm programme", short_name="Elm", family="elm", lead_constructs="home-event-record")
    notebook = furnished.root / "notebooks" / "briefing.ipynb"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace('"wb.briefing.write(analysis)"', '"assert programme != \'elm\', \'elm is broken\'\\n",\n    "wb.briefing.write(analysis)"'), encoding="utf-8")
    done = brief(furnished)
    assert done.returncode == 1
    assert "elm is broken" in done.stderr and "1 of 2 briefings are ready" in done.stdout
    assert sorted(path.name for path in (furnished.root / "briefings").iterdir()) == PAGES
    assert not list((furnished.root / ".workbench").rglob("*.part"))


def test_a_parameter_reaches_the_page(furnished):
    base, changed = (wb.briefing.write(analyse(wb.load(furnished.root), "oak", **given)) for given in ({}, {"cost_per_family": 50.0}))
    assert base.html != changed.html


@pytest.mark.parametrize("given", [{"famlies": 2}, {"horizon": "ten"}, {"baseline_risk": {"hom": 0.2}}])
def test_a_notebook_refuses_wrong_parameters_too(furnished, given):
    from workbench.errors import UsageError

    with pytest.raises(UsageError):
        analyse(wb.load(furnished.root), "oak", **given)
