"""Where each figure comes from: every figure leads to an entry that names its rows and its method, and back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import build, check_numbers, render
from workbench.briefing.entries import _nearest
from workbench.briefing.marking import css_text, is_plain, led
from workbench.briefing.origins import RowEntry, RowGroup
from workbench.briefing.formatting import format_number
from workbench.briefing.reading import _brief, carried, numbered, rows_named, said, squeezed, unsqueezed
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
    """The text of the list item that holds an anchor; of rows that stand in one place, the place too."""
    items = re.split(r"<li(?=[ >])", html.split("<template")[0])
    at = next(index for index, item in enumerate(items) if re.search(rf"\bid={anchor}>", item))
    shelf = next((item for item in reversed(items[:at]) if "<ul>" in item), "") if "<ul>" in "".join(items[at - 1 : at]).split("</ul>")[-1] else ""
    return re.sub(r"<[^>]*>|^ ?[^<]*>", "", f"{shelf} {items[at]}")


def test_every_figure_leads_to_an_entry_that_is_there(made):
    briefing = made[0]
    ids = {way.id for topic in briefing.origins.topics for item in topic.entries for way in (*item.ways, *item.cases)}
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


def test_a_digit_changed_in_a_rows_figures_is_caught(made, html):
    number = numbered(rows_named(made[0].findings))["effects/ash2010.home"]
    place = re.search(rf"data-row={number}>[^<]*?with the programme 4", html)
    changed = html[: place.end() - 1] + "5" + html[place.end() :]
    assert check_numbers(html) == []
    assert any("effects/ash2010.home: prints" in problem for problem in check_numbers(changed))


def test_numbers_are_out_of_the_way_of_the_keyboard_and_each_passage_has_one_link_that_is_not(html):
    links = re.findall(r"<a ([^>]*)>(?=[^<]*\d|<span data-f)", html.split("<section id=origins")[0])
    figures = [attributes for attributes in links if "href=#f" in attributes or "tabindex" in attributes]
    assert len(figures) > 50 and all("tabindex=-1" in attributes for attributes in figures)
    reachable = re.findall(r"<a class=from href=#(t\d+|rows-\w+|references) aria-label=\w+></a>", html)
    assert 10 < len(reachable) < len(figures) / 2
    assert all(f"id={name}" in html for name in reachable)


def test_an_interval_is_one_link_and_its_bracket_belongs_to_it(made):
    briefing = made[0]
    median, low, high = (briefing.finding(f"oak/E92000001/home-event-record/theta_new/{name}") for name in ("median", "low", "high"))
    found = led(text(median, " (", low, " to ", high, ") in a new area"), briefing.origins.addresses)
    assert [part.kind for part in found] == ["led", "words"] and found[1] == Words(" in a new area")
    assert [part.kind for part in found[0].parts] == ["number", "words", "number", "words", "number", "words"]
    assert found[0].findings == (median, low, high) and found[0].as_one


def test_figures_that_a_browser_could_break_in_two_keep_an_element_each(made):
    found = next(item for item in made[0].findings if item.text.startswith("£"))
    below, spaced = replace(found, text=f"\N{MINUS SIGN}{found.text}"), replace(found, text="£1 million")
    known = {found.id: "#f1"}
    assert led(text(found, " to ", found), known)[0].as_one and led(text(below), known)[0].as_one
    assert not led(text(found, " to ", below), known)[0].as_one and not led(text(found, " to ", spaced), known)[0].as_one


@pytest.mark.parametrize(
    ("names", "words"),
    [("{m}", "9"), ("{m}-{h}", "[m] ([l] to 99)"), ("{m}-{h}", "[m] ([l])"), ("{m}-{l}", "[m] ([l] to [h])"), ("oak/E92000001/home-event-record/theta_new/median", "9"), ("{m} {l} {h}", "[m] ([l] to 99)"), ("{m} {l} {h}", "[m] ([h] to [l])"), ("{m} {l} {h}", "[m] (1[l] to [h])"),
     ("{m} {l} {h}", "[m] ([l] to \N{MINUS SIGN}[h])"), ("{m} {l} {h}", "[m] ([l] to [h]) 7"), ("{m} {l}", "[m] ([l] to [h])"), ("{m} {l} {h}", "[m]% ([l] to [h])")],
)  # fmt: skip
def test_numbers_of_findings_stand_for_their_ids_and_every_figure_of_an_interval_is_checked(made, html, names, words):
    known = numbered(item.id for item in made[0].findings)
    for letter, name in (("m", "median"), ("l", "low"), ("h", "high")):
        item = made[0].finding(f"oak/E92000001/home-event-record/theta_new/{name}")
        names, words = names.replace(f"{{{letter}}}", known[item.id]), words.replace(f"[{letter}]", item.text)
    problems = check_numbers(html.replace("</main>", f'<p data-f="{names}">{words}</p></main>'))
    assert len(problems) == 1 and problems[0].startswith("oak/E92000001/home-event-record/theta_new/median")


def test_findings_that_follow_one_another_are_said_by_the_first_and_the_last(made, html):
    known = numbered(item.id for item in made[0].findings)
    names = [f"oak/E92000001/home-event-record/theta_new/{name}" for name in ("median", "low", "high")]
    assert said([known[name] for name in names]) == f"{known[names[0]]}-{known[names[2]]}"
    assert said(["7"]) == "7" and said(["7", "9"]) == "7 9" and said(["8", "7"]) == "8 7"
    page = carried(html)
    assert page.finding_ids(f"{known[names[0]]}-{known[names[2]]}") == names == page.finding_ids(" ".join(known[name] for name in names))
    assert page.finding_ids(names[0]) == names[:1]


def test_a_number_beyond_those_carried_is_no_finding(html):
    for name in ("0", "99999", "9-7", "99998-99999"):
        assert any("carries no such finding" in problem for problem in check_numbers(html.replace("</main>", f"<p data-f={name}>1</p></main>")))


def test_cells_rows_and_items_without_an_end_are_told_apart(made, html):
    item = made[0].finding("oak/E92000001/home-event-record/theta_new/median")
    number = numbered(found.id for found in made[0].findings)[item.id]
    sound, loose = f"<table><tbody><tr><td data-f={number}>{item.text}<td>words<tr><td>words</table>", f"<table><tr><td data-f={number}>{item.text}<td>5<tr><td>words</table>"
    assert check_numbers(html.replace("</main>", sound + "</main>")) == []
    assert any("a number without a finding" in problem for problem in check_numbers(html.replace("</main>", loose + "</main>")))


def test_an_earlier_entry_is_named_where_that_is_shorter():
    known, ids = [("a", "b", "c", "d"), ("a",), ("x", "y", "z")], dict.fromkeys("abcdxyz", "s")
    assert _nearest(("a", "b", "c", "d", "e"), known, ids) == ("a", "b", "c", "d")
    assert _nearest(("b", "c", "d", "e"), known, ids) == ()  # of four rows named, one would have to be taken back
    assert _nearest(("x", "y", "z", "q"), known, {}) == ("x", "y", "z") and _nearest((), known, ids) == ()
    assert _nearest(("a",), known, ids) == ("a",)


def test_rows_of_one_place_stand_together_and_keep_what_their_locators_add():
    def row(name, locator, checked=("full",)):
        return RowEntry(name, f"parameters/{name}", name, (), (), (("key", "Key 2020"),), locator, checked, ())

    rows = (row("s1", "table 3, year 2018"), row("s2", "doi:1"), row("s3", "table 3, year 2019"), row("s4", "table 3, year 2019", ("other",)), row("s5", ""), row("s6", ""))
    shelves = RowGroup("rows-parameters", (), rows).shelves
    assert [[row.id for row in shelf.rows] for shelf in shelves] == [["s1", "s3"], ["s2"], ["s4"], ["s5"], ["s6"]]
    assert shelves[0].locator == "table 3, year" and [shelves[0].rest(row) for row in shelves[0].rows] == ["2018", "2019"]
    assert shelves[1].locator == "doi:1" and shelves[1].rest(rows[1]) == ""


def test_what_a_page_carries_survives_its_squeezing(made, html):
    assert unsqueezed(squeezed("£1 ✓ <&>")) == "£1 ✓ <&>"
    assert not set("&<>\"'") & set(squeezed("".join(map(chr, range(32, 3000)))))
    assert carried(html).findings.keys() == {item.id for item in made[0].findings}
    with pytest.raises(ValueError):
        unsqueezed("not base64!")


def test_works_cited_are_read_from_the_list_of_references(made, html):
    found = carried(html).sources["effects/ash2010.home"]["cite"]
    assert found == [made[0].citations[key] for key in made[0].sources["effects/ash2010.home"].cite]
    assert found[0] not in unsqueezed(re.search(r"<template id=findings[^>]*>(.*?)</template>", html)[1])


def test_values_are_carried_to_ten_digits_unless_they_would_read_otherwise(made, html):
    for item, found in zip(made[0].findings, carried(html).findings.values(), strict=True):
        assert found.value == pytest.approx(item.value, rel=1e-9, nan_ok=True) and (found.text, found.unit, found.rows, found.method) == (item.text, item.unit, item.rows, item.method)
    item = replace(next(found for found in made[0].findings if found.style == "difference"), value=-0.42499999999999, text="\N{MINUS SIGN}0.42", side=0.31)
    assert _brief(item) == (item.value, 0.31)
    assert _brief(replace(item, value=1 / 3, side=0.314159, text=format_number(1 / 3, item.style, item.side))) == (0.3333333333, 0.31)


def test_words_of_a_style_sheet():
    assert css_text('a "b"} </style>') == '"a \\22 b\\22 \\7d  \\3c \\2f style\\3e "'
    assert is_plain("plain words") and not is_plain("in 2010") and not is_plain("מקום")
