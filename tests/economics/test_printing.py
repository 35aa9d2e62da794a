"""What a researcher sees of the results in a notebook: figures that are those of the result, text from tables as text."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from economic_builders import controls, kernel, line

from workbench import plots
from workbench.economics import appraise, evaluate
from workbench.economics.summaries import Amount


def cells(html):
    """Rows of every table as lists of texts."""
    return [[re.sub("<[^>]+>", "", cell).replace("\u2003", "") for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_an_appraisal_prints_its_parts_by_kind_and_payer_and_what_is_not_valued(workspace, home_draws):
    result = appraise(workspace.change("pathways", "demo.refused", name="<b>Refused</b>"), "demo", draws={"home": home_draws}, set_up_cost=500.0)
    html = result._repr_html_()
    rows = {row[0]: row[1:] for row in cells(html)}
    assert rows["Benefits that can be counted"][0] == f"{result.evaluation.benefit.mean:,.0f}"
    assert rows["wider value"] == rows["families"] == ["600", ""]
    assert rows["cashable saving"][0] == f"{result.evaluation.benefit_by['council', 'cashable'].mean:,.0f}"
    assert rows["P(net present value &gt; 0)"][0] == f"{result.evaluation.p_npv_positive:.3f}"
    assert rows["Placement"] == ["GBP 10,000", "2021", "10,500", "abstract"]
    assert "&lt;b&gt;Refused&lt;/b&gt;: Twice." in html and "<b>Refused" not in html
    assert "The reader added costs of setting up" in html and "Break-even take-up" in html


def test_what_is_not_valued_says_so(workspace):
    html = appraise(workspace, "bare")._repr_html_()
    rows = {row[0]: row[1:] for row in cells(html)}
    assert rows["Net present value"] == ["not valued", ""] and "Nothing measured has a price." in html
    assert rows["Repay"] == ["0.00442 events", ""]


def test_controls_print_what_is_set(workspace):
    own = appraise(workspace, "demo", half_life=4.0, baseline_risk={"home": 0.3}).controls
    rows = {row[0]: row[1:] for row in cells(own._repr_html_())}
    assert rows["half_life"] == ["4"] and rows["cost_per_family"] == ["not set"] and rows["baseline_risk"] == ["home-event 0.3"]
    assert rows["schedule"] == ["1 to 3 % a year"]
    assert "half_life=4" in repr(own) and "deadweight" not in repr(own)


def test_evaluations_and_amounts_print_themselves():
    result = evaluate(kernel([line(np.array([100.0, 300.0]))], cost=50.0), controls())
    assert "<table>" in result._repr_html_() and "200" in result._repr_html_()
    assert Amount(np.array([1.0, 3.0]))._repr_html_().startswith("<p>2 (95 %")


def test_the_budget_is_drawn_for_every_yearly_group(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    figure = plots.budget(result, cohorts=3)
    spent = next(trace for trace in figure.data if trace.name.endswith("cost"))
    assert list(spent.y[:4]) == [-10_000.0, -10_000.0, -10_000.0, 0.0] and "for 3 years" in figure.layout.title.text
    assert plots.money(result).data[0].y[0] == pytest.approx(result.evaluation.by_year[0].amount)


def test_draws_of_the_net_value_are_drawn_or_the_reason_stands_there(workspace, home_draws):
    result = appraise(workspace, "demo", draws={"home": home_draws})
    assert plots.net_value(result).data[0].x == pytest.approx(result.evaluation.npv.draws)
    empty = plots.net_value(appraise(workspace, "bare"))
    assert not empty.data and empty.layout.title.text == "Nothing measured has a price."


def test_a_tornado_starts_from_the_base_and_reaches_both_ends():
    bars = (SimpleNamespace(label="<A>", npv_low=-50.0, npv_high=80.0), SimpleNamespace(label="B", npv_low=20.0, npv_high=10.0))
    figure = plots.tornado(SimpleNamespace(base=15.0, bars=bars))
    low, high = figure.data
    assert [15.0 + width for width in low.x] == [-50.0, 20.0] and [15.0 + width for width in high.x] == [80.0, 10.0]
    assert list(low.y) == ["&lt;A&gt;", "B"] and low.base == 15.0
    assert not plots.tornado(None).data


def test_acceptability_draws_every_option_and_the_frontier():
    found = SimpleNamespace(names=("nothing", "programme"), grid=np.array([0.5, 1.0]), grid_name="multiple", probability=np.array([[0.7, 0.3], [0.4, 0.6]]), frontier=np.array([0.7, 0.6]))
    figure = plots.acceptability(found)
    assert [list(trace.y) for trace in figure.data] == [[0.7, 0.4], [0.3, 0.6], [0.7, 0.6]]
    assert not plots.acceptability(None).data
