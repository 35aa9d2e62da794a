"""Certainty, causal maps, harms, voices and disputes as a page prints them, on an invented programme and on the real ones."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from test_sections import page

from workbench.briefing.figures import CausalMap, MapBox, MapLink, draw
from workbench.briefing.figures.causal import PATTERNS
from workbench.briefing.figures.layers import _crossings, _pairs, arrange

NS = "{http://www.w3.org/2000/svg}"
LINK = {"programme_id": "oak", "sign": "increases", "finding": "Some say so <i>.", "cite": "ash2010", "checked": "abstract", "locator": "p"}


def mapped(furnished, *kinds, **cells):
    """Give the invented programme a map: visits lead to trust, trust to home and back, visits to whatever else is named."""
    boxes = {"visit": ("activity", 0), "trust": ("change", 1), "home": ("outcome", 2)} | {kind: (kind, 3) for kind in kinds}
    furnished.rows["causal_nodes"] = [
        {"node_id": f"oak.{name}", "programme_id": "oak", "name": f"The {name}", "kind": kind, "layer": str(layer)} for name, (kind, layer) in boxes.items()
    ]
    loop = {"loop": "oak.round", "loop_type": "balancing"}
    ends = [("visit", "trust", {"status": "claimed"}), ("trust", "home", {"status": "measured", "result": "not_supported"} | loop),
            ("home", "trust", {"status": "observed", "sign": "decreases", "delay": "a year"} | loop)]  # fmt: skip
    ends += [("visit", kind, {"status": "untested"} | cells) for kind in kinds]
    furnished.rows["causal_links"] = [LINK | {"link_id": f"oak.{a}.{b}", "from_id": f"oak.{a}", "to_id": f"oak.{b}"} | more for a, b, more in ends]
    return furnished.save()


def test_links_that_pass_a_column_get_a_lane_there():
    found = arrange({"a": 0, "b": 1, "c": 3}, [("a", "b"), ("a", "c"), ("c", "a")])
    assert [len(column) for column in found.columns] == [1, 3, 1]  # empty columns close up
    assert found.routes[1] == ((0, "a"), (1, 1), (2, "c")) and found.routes[2] == ((2, "c"), (1, 2), (0, "a"))


def test_the_order_with_fewer_crossings_is_found_and_is_always_the_same():
    layers, links = {"a": 0, "b": 0, "c": 1, "d": 1}, [("a", "d"), ("b", "c")]
    found = arrange(layers, links)
    assert _crossings([["a", "b"], ["c", "d"]], _pairs(found.routes, 2)) == 1
    assert _crossings(found.columns, _pairs(found.routes, 2)) == 0
    assert found == arrange(layers, links)


def causal(*statuses):
    boxes = tuple(MapBox(name, f"Box {name} & <co>", "change", index) for index, name in enumerate("abcde"[: len(statuses) + 1]))
    links = tuple(MapLink(boxes[i].id, boxes[i + 1].id, str(i + 1), i % 2 == 0, status, "~" if i else "") for i, status in enumerate(statuses))
    return CausalMap("map", "A map", "Boxes and lines", boxes, links, tuple((status, status) for status in statuses), "signs")


def test_the_pattern_of_a_line_shows_how_far_it_was_tested_without_colour():
    svg = ElementTree.fromstring(str(draw(causal(*PATTERNS))))
    lines = [path for path in svg.iter(f"{NS}path") if path.get("class") == "link"]
    assert len(lines) == 8 and len({(line.get("stroke-dasharray"), line.get("stroke-width")) for line in lines}) == 4  # four links and their key
    words = ["".join(text.itertext()) for text in svg.iter(f"{NS}text")]
    assert "1+" in words and "2\N{MINUS SIGN}~" in words and "Box a & <co>" in " ".join(words)
    assert svg.find(f"{NS}title").text == "A map" and svg.get("role") == "img"


def test_boxes_of_a_column_do_not_overlap_and_stay_in_the_drawing():
    boxes = tuple(MapBox(str(n), "A box with rather many words that must be broken", "change", n % 3) for n in range(9))
    links = tuple(MapLink(str(n), str(n + 1), "1", True, "claimed") for n in range(8))
    svg = ElementTree.fromstring(str(draw(CausalMap("map", "t", "d", boxes, links, (), ""))))
    width, height = map(float, svg.get("viewBox").split()[2:])
    rects = [[float(rect.get(name)) for name in ("x", "y", "width", "height")] for g in svg.iter(f"{NS}g") if (g.get("class") or "").startswith("box") for rect in g.iter(f"{NS}rect")]
    assert len(rects) == 9
    for place, (x, y, w, h) in enumerate(rects):
        assert 0 <= x and x + w <= width and 0 <= y and y + h <= height
        assert all(x2 >= x + w or x >= x2 + w2 or y2 >= y + h or y >= y2 + h2 for x2, y2, w2, h2 in rects[place + 1 :])


def test_on_a_phone_each_box_stands_above_what_it_leads_to(furnished):
    furnished = mapped(furnished, "unintended")
    furnished.rows["causal_nodes"][0]["name"] = "The <i>visit"
    furnished.save()
    html = page(furnished).html
    chain = html.split("</style>")[1].split("narrow-only")[1].split("figcaption")[0]
    lines = [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in re.split(r"<li\b", chain)[1:]]
    lines = [re.sub(r"^[^>]*> ?", "", line) for line in lines]
    table = html.split("</style>")[1].split("causal-table")[1].split("</table>")[0]
    assert lines[0] == "The &lt;i&gt;visit" and "→ more: The trust" in lines and "→ more: The home ×" in lines
    assert "↺ less: The trust (a year)" in lines and lines.index("The home") < lines.index("↺ less: The trust (a year)")
    places = re.findall(r"value=\"?(\d+)\"?", chain)
    assert sorted(places) == ["1", "2", "3", "4"] and len(re.findall(r"<tr\b", table)) - 1 == len(places)
    assert lines[-1].startswith("→ leads to, ↺ leads back")


def test_a_map_is_drawn_and_told_with_its_loop_and_each_source(furnished):
    assert "No map of how this programme works is on file." in page(furnished).fit
    said = page(mapped(furnished))
    assert 'class="chart causal wide"' in said.html and "The visit → more: The trust" in said.fit and "The home → less: The trust" in said.fit
    assert "Measured in a controlled study: not borne out." in said.fit and "When: a year" in said.fit
    assert re.search(r"Links 2 and 3 hold each other back", said.fit)
    assert "href=#ref-ash2010" in said.html.split("id=causal-table")[1].split("</table>")[0] and "id=ref-ash2010" in said.html
    assert "Some say so &lt;i&gt;." in said.html


def test_what_nobody_looked_for_is_said_kind_by_kind(furnished):
    before = page(furnished).risks
    assert "Displacement to other services" in before and "No study on file looked for it." in before
    said = page(mapped(furnished, "unintended", status="measured", result="mixed")).risks
    assert re.search(r"Unintended effects The unintended Measured in controlled studies: mixed\.", said)
    assert re.search(r"Work that moves to another service None named by a source on file No study on file looked for it\.", said)
    assert "None named" not in page(mapped(furnished, "unintended", "displacement")).risks


def test_the_certainty_names_its_start_what_lowers_it_and_that_nobody_confirmed_it(furnished):
    said = page(furnished)
    assert re.search(r"Our certainty is (very )?low", said.answer)
    assert "It starts high, because families were allocated by chance." in said.answer and "drafted by rule, not yet confirmed by a reviewer" in said.answer
    assert re.search(r"Too little information (very )?serious doubt .*Only 200 families or participants stand behind it\.", said.outcomes)
    found = said.made.finding("oak/E92000001/home-event-record/certainty/imprecision/families")
    assert found.value == 200 and "certainty_rules/grade.imprecision.size" in found.rows and "studies/ash2010" in found.rows


def test_a_reviewers_reason_and_name_are_printed_and_change_the_word(furnished):
    drafted = re.search(r"Our certainty is ([a-z ]+?) \.", page(furnished).answer)[1]
    assert drafted != "moderate"
    furnished.rows["judgements"] = [{
        "judgement_id": "one", "programme_id": "oak", "construct": "home-event-record", "framework": "GRADE", "domain": "certainty", "drafted": drafted.replace(" ", "_"),
        "decision": "overrule", "rating": "moderate", "reason": "The trial was read <b>in full</b>.", "name": "A. Reviewer", "date": "2026-03-01",
    }]  # fmt: skip
    said = page(furnished.save())
    assert "Our certainty is moderate" in said.answer and "judged by a named reviewer" in said.answer
    assert "Overruled by A. Reviewer" in said.outcomes and "&lt;b&gt;in full&lt;/b&gt;" in said.html and f"drafted “ {drafted} ”".replace("“ ", "“").replace(" ”", "”") in said.outcomes


def test_without_rules_the_answer_is_not_rated(furnished):
    furnished.rows["certainty_rules"] = []
    said = page(furnished.save())
    assert re.search(r"Our certainty is not rated ?\.", said.answer) and "Not rated" not in said.answer and "What is known beyond the effect" not in said.outcomes


def test_voices_say_how_many_were_asked_and_whose_are_missing(furnished):
    row = {"account_id": "oak.one", "programme_id": "oak", "whose": "parents", "said": "The worker listened.", "method": "Interviews", "people": "12", "checked": "secondary", "locator": "p", "cite": "ash2010"}
    furnished.rows["accounts"] = [row]
    said = page(furnished.save()).unknowns
    assert "The worker listened." in said and re.search(r"Interviews Asked: 12", said) and "No account by children themselves was found" in said
    furnished.rows["accounts"] = [row, row | {"account_id": "oak.two", "whose": "children", "said": "It helped mum."}]
    said = page(furnished.save()).unknowns
    assert "No account by children" not in said and said.index("It helped mum.") < said.index("The worker listened.")


def test_the_main_disputes_stand_open_and_the_rest_behind(furnished):
    row = {"programme_id": "oak", "one_side": "One", "other_side": "Other", "why": "Why", "cite": "ash2010", "checked": "secondary", "locator": "p", "main": "false"}
    furnished.rows["disputes"] = [row | {"dispute_id": "oak.a", "one_side": "A detail"}, row | {"dispute_id": "oak.b", "one_side": "The heart of it", "main": "true"}]
    html = page(furnished.save()).html.split("<section id=disputes")[1]
    assert html.index("The heart of it") < html.index("<details") < html.index("A detail")


def test_every_briefing_programme_has_a_map_with_feedback_and_voices(evidence):
    for programme in evidence["programmes"].where(briefing=True):
        links = evidence["causal_links"].where(programme_id=programme["programme_id"])
        assert len(links) >= 8 and any(row["loop"] for row in links) and any(row["status"] != "measured" for row in links), programme.key
        assert any(row["programme_id"] == programme["programme_id"] for row in evidence["accounts"].rows)
        assert {row["main"] for row in evidence["disputes"].where(programme_id=programme["programme_id"])} >= {True}


@pytest.mark.parametrize("table", ["causal_links", "accounts"])
def test_nothing_remembered_is_told(evidence, table):
    assert all(row["checked"] != "unverified" and row["locator"] for row in evidence[table].rows)
