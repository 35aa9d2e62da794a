"""Where each figure comes from: every figure leads to an entry that names its rows and its method, and back."""

from __future__ import annotations

import re

import pytest
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import build, check_numbers, render
from workbench.briefing.marking import common_path, css_text, is_plain, led
from workbench.briefing.reading import carried, squeezed, unsqueezed
from workbench.briefing.text import Words, text
from workbench.runs.analysis import analyse


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    furnished = furnish(Workspace(tmp_path_factory.mktemp("workspace")))
    found = analyse(wb.load(furnished.root), "oak")
    return build(found.evidence, "oak", found.area["gss_code"], found.headlines, found.appraisal, found.parameters), furnished.root / "templates"


@pytest.fixture(scope="module")
def html(made):
    return render(*made)


def entry(html, anchor):
    """The text of the list item that holds an anchor."""
    items = re.findall(r"<li[^>]*>.*?</li>", html, re.DOTALL)
    return next(re.sub(r"<[^>]+>", "", item) for item in items if f'id="{anchor}"' in item)


def test_every_figure_leads_to_an_entry_that_is_there(made):
    briefing = made[0]
    ids = {way.id for topic in briefing.origins.topics for item in topic.entries for way in item.ways}
    ids |= {row.id for group in briefing.origins.groups for row in group.entries}
    ids |= {anchor for section in briefing.sections for block in section.blocks if block.kind == "references" for anchor, _ in block.items}
    for finding in briefing.findings:
        assert briefing.origins.addresses[finding.id].removeprefix("#") in ids, finding.id


def test_an_entry_names_the_method_the_rows_and_the_way_back(made, html):
    briefing = made[0]
    finding = next(item for item in briefing.findings if item.id.endswith("home-event-record/theta_new/median"))
    said = entry(html, briefing.origins.addresses[finding.id].removeprefix("#"))
    assert finding.method[1:] in said and "Ash 2010" in said and "Used in section" in said


def test_a_row_tells_its_figures_its_work_where_it_stands_and_how_it_was_checked(made, html):
    row = next(row for group in made[0].origins.groups for row in group.entries if row.name == "effects/ash2010.home")
    said = entry(html, row.id)
    for words in ("Ash 2010", "events with the programme 40", "number without it 100", "Ash and Birch 2010", "doi:10.1234/tree.2010, Table 2", "summary"):
        assert words in said, words


def test_figures_of_a_table_lead_to_the_row_itself(made):
    briefing = made[0]
    rows = {row.name: row.id for group in briefing.origins.groups for row in group.entries}
    for finding in briefing.findings:
        if finding.kind == "table" and len(finding.rows) == 1 and not finding.rows[0].startswith("areas/"):
            assert briefing.origins.addresses[finding.id] == f"#{rows[finding.rows[0]]}"


def test_a_digit_changed_in_a_rows_figures_is_caught(html):
    place = re.search(r'data-row="effects/ash2010\.home">[^<]*?with the programme 4', html)
    changed = html[: place.end() - 1] + "5" + html[place.end() :]
    assert check_numbers(html) == []
    assert any("effects/ash2010.home: prints" in problem for problem in check_numbers(changed))


def test_numbers_are_out_of_the_way_of_the_keyboard_and_each_passage_has_one_link_that_is_not(html):
    links = re.findall(r"<a ([^>]*)>(?=[^<]*\d|<span data-finding)", html.split('<section id="origins"')[0])
    figures = [attributes for attributes in links if 'href="#f' in attributes or "tabindex" in attributes]
    assert len(figures) > 50 and all("tabindex=-1" in attributes for attributes in figures)
    reachable = re.findall(r'<a class="from" href="#(t\d+|rows-\w+|references)" aria-label="[^"]+"></a>', html)
    assert 10 < len(reachable) < len(figures) / 2
    assert all(f'id="{name}"' in html for name in reachable)


def test_an_interval_is_one_link_and_its_bracket_belongs_to_it(made):
    briefing = made[0]
    median, low, high = (briefing.finding(f"oak/E92000001/home-event-record/theta_new/{name}") for name in ("median", "low", "high"))
    found = led(text(median, " (", low, " to ", high, ") in a new area"), briefing.origins.addresses)
    assert [part.kind for part in found] == ["led", "words"] and found[1] == Words(" in a new area")
    assert [part.kind for part in found[0].parts] == ["number", "words", "kin", "words", "kin", "words"]


@pytest.mark.parametrize("planted", ['<td data-finding="/theta_new/median">9</td>', '<a href="#f1"><span data-finding="oak/E92000001/home-event-record/theta_new/median">{m}</span> <span data-finding="./low">99</span></a>'])
def test_a_short_id_stands_for_the_whole_one_and_is_checked_like_it(made, html, planted):
    row = '<table><tr data-findings="oak/E92000001/home-event-record">' + planted.replace("{m}", made[0].finding("oak/E92000001/home-event-record/theta_new/median").text) + "</tr></table>"
    problems = check_numbers(html.replace("</main>", row + "</main>"))
    assert len(problems) == 1 and problems[0].startswith("oak/E92000001/home-event-record/theta_new/")


def test_what_a_page_carries_survives_its_squeezing(made, html):
    assert unsqueezed(squeezed("£1 ✓ <&>")) == "£1 ✓ <&>"
    assert carried(html).findings.keys() == {item.id for item in made[0].findings}
    with pytest.raises(ValueError):
        unsqueezed("not base64!")


def test_the_common_path_of_a_row_and_words_of_a_style_sheet(made):
    findings = [item for item in made[0].findings if "/home-event-record/theta_new/" in item.id]
    assert common_path(text(*findings)) == "oak/E92000001/home-event-record/theta_new" and common_path(()) == ""
    assert css_text('a "b"} </style>') == '"a \\22 b\\22 \\7d  \\3c \\2f style\\3e "'
    assert is_plain("plain words") and not is_plain("in 2010") and not is_plain("מקום")
