"""The tornado, and what the briefing says of drivers, weights and the study to fund next."""

from __future__ import annotations

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import build, check_numbers
from workbench.briefing.figures import TornadoBar, TornadoChart, draw
from workbench.briefing.render import render
from workbench.runs.analysis import analyse

NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=[False, True], ids=["wide", "narrow"])
def narrow(request):
    return request.param


def tornado(*bars, base=-100.0):
    return TornadoChart("t", "What drives it", "Bars.", base, bars, "low end", "high end", "as it stands", "breaks even", "Net present value")


def parsed(figure, narrow):
    svg = ElementTree.fromstring(draw(figure, narrow))
    return svg, [node for node in svg.iter(f"{NS}rect")][2:]  # the first two are the legend's


def test_bars_reach_from_the_answer_to_its_ends_in_proportion(narrow):
    svg, (low, high) = parsed(tornado(TornadoBar("price", -300.0, 0.0)), narrow)
    assert float(low.get("width")) == pytest.approx(2 * float(high.get("width")), rel=0.01)
    assert float(low.get("x")) + float(low.get("width")) == pytest.approx(float(high.get("x")), abs=0.2)
    zero = next(line for line in svg.iter(f"{NS}line") if line.get("class") == "null")
    assert float(high.get("x")) + float(high.get("width")) == pytest.approx(float(zero.get("x1")), abs=0.2)


def test_ends_on_one_side_do_not_hide_each_other(narrow):
    _, (low, high) = parsed(tornado(TornadoBar("horizon", -300.0, -200.0)), narrow)
    assert float(low.get("y")) + float(low.get("height")) <= float(high.get("y")) + 0.1 and low.get("fill") != high.get("fill")


def test_everything_lies_within_the_picture(narrow):
    bars = [TornadoBar("W" * 200, -1e6, 2e6), TornadoBar("<b>", -5.0, 5.0), TornadoBar("none", -100.0, -100.0)]
    svg, rects = parsed(tornado(*bars), narrow)
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert all(0 <= float(node.get("x", 0)) <= width and 0 <= float(node.get("y", 0)) <= height for node in (*svg.iter(f"{NS}text"), *rects))
    words = "".join(svg.itertext())
    assert "<b>" in words and "Net present value" in words and "£0" in words


def test_lines_that_stand_close_are_named_side_by_side():
    svg, _ = parsed(tornado(TornadoBar("price", -9000.0, 9000.0), base=-50.0), False)
    anchors = {node.text: node.get("text-anchor") for node in svg.iter(f"{NS}text")}
    assert (anchors["as it stands"], anchors["breaks even"]) == ("end", "start")


# -- sections ----------------------------------------------------------------------------------------------------------------
def priced(furnished):
    """The invented programme with the two costs of a study, so that studies can be valued."""
    for key, value in (("study-fixed", "20000"), ("study-per-family", "100")):
        furnished.add("unit_costs", 0, unit_cost_id=key, name=key, value=value, low="", high="", distribution="fixed", price_year="2022", price_year_basis="stated", unit="per study")
    furnished.rows["unit_costs"].sort(key=lambda row: row["unit_cost_id"])
    return furnished.save()


def page(workspace, **decided):
    found = analyse(wb.load(workspace.root), "oak")
    decision = decided.get("decision", found.decision)
    made = build(found.evidence, "oak", found.area["gss_code"], found.headlines, found.appraisal, found.parameters, decision=decision)
    html = render(made, workspace.root / "templates")
    cut = re.split(r"<section id=(\w+)", html.split("<template")[0])
    words = {name: " ".join(re.sub(r"<[^>]+>", " ", part).split()) for name, part in zip(cut[1::2], cut[2::2], strict=True)}
    return SimpleNamespace(made=made, html=html, analysis=found, **words)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    return page(priced(furnish(Workspace(tmp_path_factory.mktemp("workspace")))))


def test_the_widest_driver_is_named_and_every_number_is_a_finding(said):
    first = said.analysis.decision.tornado.bars[0]
    assert "The answer hangs most on this:" in said.money and 'class="chart tornado wide"' in said.html
    finding = said.made.finding(f"oak/{said.made.place.code}/money/drivers/{first.name}/npv_low")
    assert finding.value == first.npv_low and finding.text in said.money
    assert check_numbers(said.html) == []


def test_multiples_thresholds_and_weights_stand_in_the_money(said):
    assert "times what is assumed" in said.money and "Highest cost at which it pays" in said.money
    assert "Counting a pound to a poorer family for more" in said.money


def test_the_study_is_told_with_its_value_and_cost(said):
    best = said.analysis.decision.proposals.best
    assert "The study most worth funding next" in said.unknowns and "What it would be worth to know" in said.unknowns
    assert ("not known, so the study cannot be set against its cost" in said.unknowns) == (best.net is None)
    assert said.analysis.decision.information.evpi.sets == 8 and "Error of the simulation" in said.unknowns


def test_without_a_cost_of_studies_the_rule_speaks(furnished):
    found = page(furnished)
    assert found.analysis.decision.proposals is None
    assert "By our rule the first thing to settle is this" in found.unknowns or "No outcome has been put" in found.unknowns


def test_a_briefing_without_a_decision_says_so(furnished):
    found = page(furnished, decision=None)
    assert "Not yet assessed" in found.unknowns and "What drives the answer" not in found.money


def test_a_programme_without_a_value_gets_the_rule_and_its_reasons(furnished):
    furnished.change("pathways", 0, active="false")
    found = page(furnished)
    assert not found.analysis.decision.valued and "What drives the answer" not in found.money
    assert "No value can be put on a study." in found.unknowns and "The rule, in order" in found.unknowns
    assert check_numbers(found.html) == []
