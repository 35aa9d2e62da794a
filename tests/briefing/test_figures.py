"""Charts: well-formed, escaped, described in words, and drawn where the numbers say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from workbench.briefing.figures import BudgetChart, ChanceBar, ForestPlot, ForestRow, Series, Tick, draw
from workbench.briefing.figures.svg import nice_step, tag, wrapped
from workbench.briefing.text import quoted, text

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script> & \"Son\""


def forest(*rows, limits=(-1.0, 1.0)):
    return ForestPlot("f", "Forest plot: home", "What is seen.", rows, (Tick(0.0, "1"),), limits, "no difference", "better", "worse", "Odds ratio", ("Study", "OR", "Weight"))


def study(kind="study", label="Ash 2010", **values):
    return ForestRow(kind, quoted(label), (text("a note"),), **{"point": 0.2, "low": -0.1, "high": 0.5, "weight": 0.5, **values})


@pytest.fixture(params=[False, True], ids=["wide", "narrow"])
def narrow(request):
    return request.param


def test_a_chart_is_well_formed_and_has_a_title_and_a_description(narrow):
    svg = ElementTree.fromstring(draw(forest(study()), narrow))
    name = "f-narrow" if narrow else "f"
    assert svg.get("role") == "img" and svg.get("aria-labelledby") == f"{name}-title {name}-desc"
    assert svg.find(f"{NS}title").text == "Forest plot: home" and svg.find(f"{NS}desc").text == "What is seen."


def test_table_text_stays_text(narrow):
    markup = draw(forest(study(label=HOSTILE)), narrow)
    assert "<script" not in markup and "&lt;script&gt;" in markup
    ElementTree.fromstring(markup)


def test_better_lies_to_the_right_of_worse():
    marks = [ElementTree.fromstring(draw(forest(study(point=at)))).find(f".//{NS}rect[@class='mark']") for at in (-0.5, 0.5)]
    assert float(marks[0].get("x")) < float(marks[1].get("x"))


def test_more_weight_makes_a_larger_square_and_a_line_that_leaves_the_scale_gets_an_arrow():
    sizes = [float(ElementTree.fromstring(draw(forest(study(weight=w)))).find(f".//{NS}rect[@class='mark']").get("width")) for w in (0.1, 0.9)]
    assert sizes[0] < sizes[1]
    assert "arrow" not in draw(forest(study())) and draw(forest(study(high=5.0))).count('class="arrow"') == 1


@pytest.mark.parametrize(("kind", "sign"), [("null_at_zero", "<circle"), ("review", "mark review"), ("beneath", "mark open"), ("pooled", "diamond"), ("prediction", "band")])
def test_each_kind_of_row_has_a_mark_of_its_own(kind, sign):
    assert sign in draw(forest(study(kind)))


def test_words_stand_at_the_line_of_no_difference_and_on_both_sides(narrow):
    words = "".join(ElementTree.fromstring(draw(forest(study()), narrow)).itertext())
    assert "no difference" in words and "← worse" in words and "better →" in words


def test_forty_rows_and_a_name_of_three_hundred_letters_fit(narrow):
    svg = ElementTree.fromstring(draw(forest(*[study(label="W" * 300)] * 40), narrow))
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert all(0 <= float(node.get("y", 0)) <= height and float(node.get("x", 0)) <= width for node in svg.iter(f"{NS}text"))


def budget(*series, years=(0, 1)):
    return BudgetChart("b", "Money by year", "Bars.", years, series, "balance", "Year")


def test_spending_reaches_down_and_savings_reach_up(narrow):
    svg = ElementTree.fromstring(draw(budget(Series("spending", "cost", (-100.0, 0.0)), Series("cashable", "cashable", (0.0, 60.0))), narrow))
    zero = next(float(line.get("y1")) for line in svg.iter(f"{NS}line") if line.get("class") == "null")
    shapes = [path.get("d") for path in svg.iter(f"{NS}path") if path.get("class", "").startswith("bar")]
    down, up = ([float(found) for found in re.fullmatch(r"M[\d.]+ ([\d.]+)h[\d.]+V([\d.]+)h-[\d.]+z", shape).groups()] for shape in shapes)
    assert down[0] == pytest.approx(zero, abs=0.1) and up[1] == pytest.approx(zero, abs=0.1) and up[0] < zero < down[1]
    assert (down[1] - down[0]) / (up[1] - up[0]) == pytest.approx(100 / 60, rel=0.01)


def test_a_budget_of_noughts_is_drawn(narrow):
    ElementTree.fromstring(draw(budget(Series("spending", "cost", (0.0, 0.0))), narrow))


def test_the_bar_of_chances_is_shared_out_in_proportion():
    svg = ElementTree.fromstring(draw(ChanceBar("Chances", 0.5, 0.3, 0.2)))
    assert [part.get("width") for part in svg.iter("rect")] == ["50%", "30%", "20%"]


def test_attributes_are_escaped_and_coordinates_short():
    assert tag("a", "<", title='"&', x=1.04, y=2.0, class_="k", stop_color=None) == '<a title="&#34;&amp;" x="1" y="2" class="k">&lt;</a>'


def test_long_words_are_wrapped_and_cut():
    assert wrapped("one two three", 7) == ["one two", "three"]
    cut = wrapped("word " * 60, 20)
    assert len(cut) == 3 and cut[-1].endswith("…") and all(len(line) <= 20 for line in cut)


@pytest.mark.parametrize(("span", "most", "step"), [(10, 5, 2), (1, 4, 0.25), (30000, 6, 5000), (0.3, 6, 0.05)])
def test_steps_are_round_numbers(span, most, step):
    assert nice_step(span, most) == pytest.approx(step)
