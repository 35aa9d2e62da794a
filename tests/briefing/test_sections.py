"""What each section says, on an invented programme whose rows are changed one at a time."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import pytest

import workbench as wb
from workbench.briefing import build
from workbench.briefing.context import word_for
from workbench.briefing.printed import printed, printed_interval
from workbench.briefing.render import render
from workbench.briefing.sections.fit import numbered
from workbench.runs.analysis import analyse


def page(workspace, area=None, **parameters):
    """The page as text, section by section."""
    found = analyse(wb.load(workspace.root), "oak", area, **parameters)
    made = build(found.evidence, "oak", found.area["gss_code"], found.headlines, found.appraisal, found.parameters)
    html = render(made, workspace.root / "templates").split("<template")[0]
    cut = re.split(r"<section id=(\w+)", html)
    words = {name: " ".join(re.sub(r"<[^>]+>", " ", part).split()) for name, part in zip(cut[1::2], cut[2::2], strict=True)}
    return SimpleNamespace(made=made, html=html, **words)


def test_a_suppressed_figure_is_shown_as_such_with_the_country_beside_it(furnished):
    here = page(furnished, "Woodland")
    assert "not published (c)" in here.question and "England 12" in here.question
    assert {"England", "Woodland"} <= set(here.fit.split())
    assert "Woodland" not in page(furnished).html


def test_what_the_check_filter_removed_is_on_the_first_page(furnished):
    assert "No result was left out for not being checked" in page(furnished).answer
    furnished.add("effects", 0, effect_id="ash2010.home2", overlap_group="ash.home2", events_treat="2", checked="unverified", locator="", reported_result="harm")
    said = page(furnished).answer
    assert "1 result was left out because it is not yet checked" in said and "It reported no difference, or harm" in said
    assert re.search(r"With them the answer would (use the same word|read “)", said)
    assert "are included, because this was asked for" in page(furnished, include_unverified=True).answer


def test_the_shares_of_each_check_level_add_up(furnished):
    furnished.change("studies", 1, design="rct")
    furnished.change("effects", 2, checked="secondary")
    found = [item for item in page(furnished).made.findings if "/home-event-record/checked/" in item.id]
    assert len(found) == 2 and sum(item.value for item in found) == pytest.approx(1)


def test_the_reason_for_a_capped_word_is_given(furnished):
    said = page(furnished).answer
    assert "We use no stronger word, because" in said and "only one small study carries the answer" in said


def test_natural_frequencies_come_with_all_three_intervals(furnished):
    said = page(furnished)
    assert re.search(r"Of 100 .*, about \d+ \(\d+ to \d+\) .* instead of 2\d", said.answer)
    assert re.search(r"Out of 100 : without it 2\d \(\d+ to \d+\) , difference −?\d+ \(−?\d+ to \d+\)", said.outcomes)


def test_without_a_baseline_there_is_an_odds_ratio_and_no_natural_frequency(furnished):
    furnished.rows["baselines"] = []
    furnished.change("pathways", 0, active="false")
    said = page(furnished)
    assert "The middle estimate of the odds ratio is" in said.answer and "Of 100" not in said.answer
    assert not any("/risk_with" in item.id for item in said.made.findings)


def test_what_was_not_studied_is_said_and_disputes_stand_side_by_side(furnished):
    before = page(furnished)
    assert "Not studied." in before.risks and "No dispute" in before.disputes
    furnished.change("programmes", 0, unintended="Some wait longer.", disputes="1. One team says 5. 2. Another says none.", depends_on="Skill; time")
    after = page(furnished)
    assert "Some wait longer." in after.risks and "Not studied." not in after.risks
    assert after.html.split("<section id=disputes")[1].split("</section>")[0].count("<li>") == 2
    assert "Skill; time" in after.fit


def test_safety_is_said_to_be_unmeasured_where_it_is(furnished):
    assert "was measured: At home" in page(furnished).answer
    furnished.change("outcomes", 1, safety="false")
    assert "Children's safety was not measured" in page(furnished).answer.replace("&#39;", "'")


def test_a_known_null_is_shown_at_no_difference_and_marked(furnished):
    furnished.change("studies", 1, design="rct")
    furnished.change("effects", 2, role="known_null", data_type="none", n_treat="150", n_control="150", measure="", estimate="", ci_low="", ci_high="", ci_level="", reported_result="not_significant")
    said = page(furnished)
    assert "entered at no difference" in said.studies and 'class="mark open"' in said.html
    null = said.made.finding("oak/E92000001/home-event-record/study.elm2015.home/median")
    assert null.value == 1.0 and "Only results with a printed figure" in said.method


def test_evidence_of_the_weaker_design_is_beneath_and_what_is_left_out_has_its_reason(furnished):
    furnished.add("effects", 0, effect_id="ash2010.part", overlap_group="ash.part", events_treat="31", scope="subgroup", exclusion="subgroup", exclusion_reason="boys only, the rest unseen")
    said = page(furnished)
    assert "Shown, but not in the answer" in said.studies and "Boys only, the rest unseen" in said.studies


def test_results_for_the_worse_are_counted_up_front_and_listed(furnished):
    furnished.change("effects", 2, reported_result="harm", estimate="0.6", ci_low="0.4", ci_high="0.9")
    said = page(furnished)
    assert re.search(r"on file for these outcomes: 3 \. They report a change for the better: 2 ; no clear difference: 0 ; a change for the worse: 1 ;", said.answer)
    assert "Elm 2015 : lives at home" in said.risks


def test_money_stands_by_payer_and_kind_with_its_chances(furnished):
    said = page(furnished)
    for words in ("Net present value (benefits less cost)", "Chance that the net present value is above nought", "Break-even cost", "cost avoided", "not discounted"):
        assert words in said.money
    npv, cost, benefit = (said.made.finding(f"oak/E92000001/money/{name}/mean").value for name in ("npv", "cost", "benefit"))
    assert npv == pytest.approx(benefit - cost)
    assert said.made.finding("oak/E92000001/money/break_even/cost").text == said.made.finding("oak/E92000001/money/benefit/mean").text


def test_every_study_that_is_plotted_can_be_found_among_the_rows(furnished):
    html = page(furnished).html
    plot = html.split("<table id=forest-table-home-event-record")[1].split("</table>")[0]
    targets = re.findall(r"<div><a href=#(s\d+)", plot)
    assert targets and all(f"<li id={name}><b>" in html for name in targets)


@pytest.mark.parametrize(
    ("measure", "direction", "value", "shown"),
    [("OR", "higher_is_better", math.log(2), 2.0), ("OR", "lower_is_better", math.log(2), 0.5), ("SMD", "lower_is_better", 0.3, -0.3), ("SMD", "higher_is_better", 0.3, 0.3)],
)
def test_effects_are_printed_in_the_direction_of_their_outcome(measure, direction, value, shown):
    headline = SimpleNamespace(measure=measure, direction=direction)
    assert printed(headline, value) == pytest.approx(shown)
    median, low, high = printed_interval(headline, value, value - 1, value + 2)
    assert median == pytest.approx(shown) and low < median < high


def test_a_text_that_numbers_its_points_is_split_and_no_other():
    assert numbered("1. One says 2.30 pounds. 2. Two. 3. Three") == ["One says 2.30 pounds.", "Two.", "Three"]
    assert numbered("In 1. place 2. go") == ["In 1. place 2. go"] and numbered("Plain; text.") == ["Plain; text."]


def test_a_word_holds_from_its_lower_end():
    scale = [{"from": 0.0, "words": "low"}, {"from": 0.6, "words": "high"}]
    assert [word_for(scale, p)["words"] for p in (0.0, 0.59, 0.6, 1.0)] == ["low", "low", "high", "high"]


def test_one_event_moved_changes_only_findings_that_name_its_row(furnished):
    before = {item.id: item for item in page(furnished).made.findings}
    furnished.change("effects", 0, events_treat="41")
    after = {item.id: item for item in page(furnished).made.findings}
    changed = {name for name in before.keys() | after.keys() if name not in before or name not in after or before[name].value != after[name].value}
    traced = {name for name, item in before.items() if "effects/ash2010.home" in item.rows}
    assert changed and changed <= traced
    moved = {"theta_new/median", "mu/median", "tau/median", "probability/benefit", "risk_with/median", "unadjusted.theta_new/median"}
    assert {f"oak/E92000001/home-event-record/{name}" for name in moved} & before.keys() <= changed


def test_disputes_stand_side_by_side_with_their_sources(furnished):
    row = {"dispute_id": "oak.one", "programme_id": "oak-group", "one_side": "It <b>works</b> in 3 places.", "other_side": "It does not.", "why": "Other controls.", "cite": "ash2010", "checked": "secondary", "locator": "p"}
    furnished.rows["disputes"] = [row]
    furnished.save()
    html = page(furnished).made
    from workbench.briefing.render import render

    text = render(html, furnished.root / "templates")
    section = text.split("<section id=disputes")[1].split("</section>")[0]
    assert "It &lt;b&gt;works&lt;/b&gt; in 3 places." in section and "Other controls." in section and "Ash and Birch 2010" in section


def test_accounts_on_file_are_told_and_their_absence_too(furnished):
    assert "No account of children or parents themselves" in page(furnished).unknowns
    furnished.rows["accounts"] = [{"account_id": "oak.one", "programme_id": "oak", "whose": "parents", "said": "The worker listened.", "checked": "secondary", "locator": "p", "cite": "ash2010"}]
    furnished.save()
    assert "Parents The worker listened." in re.sub(r" Who | What they say ", " ", page(furnished).unknowns).replace("  ", " ")


def test_risk_of_bias_stands_by_study_and_domain_with_what_is_not_reported(furnished):
    row = {"study_id": "ash2010", "tool": "RoB 2", "checked": "abstract", "locator": "p", "cite": "ash2010"}
    furnished.rows["quality"] = [
        row | {"quality_id": "ash2010.one", "domain": "Randomisation process", "judgement": "low", "basis": "A computer drew 2 lists <i>"},
        row | {"quality_id": "ash2010.two", "domain": "Missing outcome data", "judgement": "not reported"},
    ]
    furnished.save()
    said = page(furnished).studies
    assert "Randomisation process" in said and "A computer drew 2 lists &lt;i&gt;" in said and "not reported" in said


def test_an_authority_stands_beside_its_statistical_neighbours(evidence):
    from workbench.briefing.check import check_numbers
    from workbench.briefing.reading import carried
    from workbench.briefing.render import write
    from workbench.runs.analysis import analyse

    html = write(analyse(evidence, "pup", "Leeds")).html
    assert check_numbers(html) == []
    codes = [row["neighbour_code"] for row in evidence["neighbours"].where(gss_code="E08000035")]
    assert len(codes) == 10
    known = {row["gss_code"]: row["area"] for row in evidence["areas"].rows}
    assert all(known[code] in html for code in codes)
    values = [row["value"] for row in evidence["areas"].where(measure="cla_31_march_rate", period="31 March 2025") if row["gss_code"] in codes]
    shown = {item.value for name, item in carried(html).findings.items() if name.endswith("/cla_31_march_rate")}
    assert len(values) == 10 and {min(values), max(values)} <= shown
