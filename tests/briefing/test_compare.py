"""The compare page: who stands beside whom, nobody ranked, and the same numbers as in the briefings."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.briefing import check_numbers
from workbench.briefing.build import find_place
from workbench.briefing.compare import build_compare, render_compare
from workbench.briefing.compare.content import by_need, by_outcome, is_tested, outcomes_of
from workbench.briefing.map import cell_addresses
from workbench.briefing.reading import carried
from workbench.errors import UsageError
from workbench.runs.analysis import analyse
from workbench.runs.build import compare
from workbench.runs.comparing import appraisals
from workbench.runs.mapping import country, map_headlines


@pytest.fixture
def page(compared):
    return compared


def test_lines_stand_in_the_order_of_the_alphabet_and_each_rests_on_results_of_its_own(evidence, headlines):
    groups = by_outcome(evidence, headlines)
    assert {group.construct["construct"] for group in groups} == {"reunification-event-record", "care-entry-event-record", "re-report-event-record"}
    for group in groups:
        names = [member.programme["name"].casefold() for member in group.members]
        assert names == sorted(names) and len(names) >= 2
        sets = [frozenset(member.headline.fit.effects.row_ids) for member in group.members]
        assert len(set(sets)) == len(sets)
        told = [row["programme_id"] for member in group.members for row in (member.programme, *member.others)]
        assert len(told) == len(set(told))


def test_no_number_ranks_a_programme(page):
    text = re.sub(r"<[^>]+>", " ", page[1].split("<main")[1].split("</main>")[0])
    assert not re.search(r"\b(rank(ed|ing)?|best|winner|top \d|score of)\b", text, re.IGNORECASE)
    assert "not of merit" in text


def test_every_number_is_a_finding_with_the_value_and_id_of_its_briefing(page, evidence):
    assert check_numbers(page[1]) == []
    here = carried(page[1]).findings
    there = {item.id: item for item in wb.briefing.build(evidence, "fdac", country(evidence)["gss_code"], *_parts(analyse(evidence, "fdac"))).findings}
    shared = {name for name in here if name in there and "/reunification-event-record/" in name}
    assert len(shared) > 8
    assert all(here[name].value == pytest.approx(there[name].value, rel=1e-9) and here[name].text == there[name].text for name in shared)


def _parts(found):
    return found.headlines, found.appraisal, found.parameters


def test_an_answer_that_rests_on_relatives_alone_says_so(evidence, headlines, page):
    member = next(member for group in by_outcome(evidence, headlines) for member in group.members if member.programme["programme_id"] == "fdac")
    assert not is_tested(evidence, member.programme, member.headline)  # every result used is of courts in the United States, or a review of them
    assert "None of these results is of this programme itself" in page[1]


def test_every_line_leads_to_the_rows_behind_it_on_the_map(page, evidence, headlines):
    addresses = cell_addresses(evidence, "evidence-map.html")
    for group in by_outcome(evidence, headlines):
        part = next(part for part in page[0].outcomes if part.id == f"outcome-{group.construct['construct']}")
        for member, shown in zip(group.members, part.blocks[0].lines, strict=True):
            used = {item.row["programme_id"] for item in member.headline.used}
            hrefs = [item.href for text in shown.cells[3].lines for item in text if item.kind == "link"]
            assert hrefs and set(hrefs) == {addresses[name, group.construct["domain"]] for name in used}


def test_levels_of_need_hold_every_programme_once_with_main_outcomes_first(evidence, headlines):
    needs = by_need(evidence, headlines)
    rows = [row["programme_id"] for need in needs for row in (*(who for who, _ in need.members), *need.without)]
    assert sorted(rows) == sorted(row["programme_id"] for row in evidence["programmes"].rows if row["level_of_need"])
    fdac = outcomes_of(evidence["programmes"]["fdac"], headlines)
    assert fdac[0].construct["construct"] == "reunification-event-record"


def test_nothing_is_fetched_and_the_page_is_sound(page):
    html = page[1]
    assert "<script" not in html and "default-src 'none'" in html.replace("&#39;", "'")
    ids = re.findall(r"""\bid="?([^"\s>]+)""", html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"""href="?#([^"\s>]+)""", html)) <= set(ids)


def test_the_same_inputs_give_the_same_bytes(page, evidence, headlines):
    made = build_compare(evidence, find_place(evidence, country(evidence)["gss_code"]), headlines, appraisals(evidence, country(evidence), headlines), evidence_map="evidence-map.html")
    assert render_compare(made, evidence.root / "templates", "index.html", "evidence-map.html") == page[1]


def test_one_programme_alone_is_not_compared(furnished):
    built = compare(None, furnished.root / "out", furnished.root)
    assert built.state == "built", built.message
    assert built.path.name == "compare.html" and "No outcome was measured for two programmes or more." in built.path.read_text(encoding="utf-8")
    assert compare(None, furnished.root / "out", furnished.root).state == "unchanged"
    with pytest.raises(UsageError):
        compare("Nowhere", furnished.root / "out", furnished.root)


def test_headlines_of_the_map_and_of_the_page_are_the_same_run(furnished):
    evidence = wb.load(furnished.root)
    assert map_headlines(evidence).keys() == map_headlines(evidence, country(evidence)).keys()
