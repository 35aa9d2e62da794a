"""An area's picture in an analysis and on the page: families, own prices, similar areas, other analyses."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest

import workbench as wb
from workbench.briefing import check_numbers
from workbench.economics.local import local_prices
from workbench.eligibility import eligible
from workbench.errors import UsageError

KIRKLEES = "E08000034"


@pytest.fixture(scope="module")
def national(evidence):
    return wb.analyse(evidence, "fdac", "Kirklees", draws=1024)


@pytest.fixture(scope="module")
def own(evidence):
    return wb.analyse(evidence, "fdac", "Kirklees", draws=1024, local_prices=True)


@pytest.fixture(scope="module")
def page(national):
    return str(wb.briefing.write(national)._repr_html_())


def words(page: str) -> str:
    body = re.sub(r"(?s)<(template|script|style).*?</\1>", " ", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_ten_similar_areas_each_with_its_own_estimate(evidence, national):
    near = national.local.neighbours
    assert [item.rank for item in near] == list(range(1, 11))
    first = near[0]
    assert first.eligible.median == eligible(evidence, "fdac", first.area["gss_code"]).median
    # No official figure shifts this programme's baseline, so that only prices can make similar areas differ.
    assert {item.npv.mean for item in near} == {national.appraisal.evaluation.npv.mean}
    assert len({item.npv_own.mean for item in near if item.npv_own is not None}) > 5


def test_the_option_swaps_the_price_and_is_the_same_as_the_figure_shown_beside(national, own):
    assert not national.local.uses_prices and own.local.uses_prices
    assert own.appraisal.evaluation.npv.mean == national.local.with_prices.evaluation.npv.mean
    assert own.appraisal.evaluation.benefit.mean / national.appraisal.evaluation.benefit.mean == pytest.approx(690 / 765, rel=0.03)
    assert np.array_equal(own.appraisal.evaluation.cost.draws, national.appraisal.evaluation.cost.draws)


def test_a_country_has_no_similar_areas(evidence):
    assert wb.analyse(evidence, "pup", draws=256).local.neighbours == ()


def test_the_page_prints_the_estimate_its_chain_and_the_range_of_similar_areas(page, national):
    said = words(page)
    assert re.search(r"Families who could take part about \d+ \(\d+ to \d+\) a year In similar areas the estimates run from \d+ to \d+", said)
    for step in national.local.eligible.steps:
        assert step.row["name"] in said
    assert "our own judgement" in said and "official figure as published" in said
    assert "times the estimate" in said


def test_the_page_prints_the_areas_own_price_with_period_source_and_range(page):
    said = words(page)
    assert "£690 in Kirklees ( 2024-25 , Department for Education); the national price is £765" in said
    assert "The money above uses the national price" in said and "At the area's own price the net present value for one family would be" in said


def test_the_page_prints_other_analyses_with_ours_and_why(page, national):
    said = words(page)
    assert "Other analyses of the same programme" in said
    for item in national.local.comparisons:
        assert item.result["name"] in said and " ".join(item.row["reason"].split()) in said
    assert "−8,170" in said and "−1.26" in said


def test_every_number_on_the_page_is_a_finding(page):
    assert check_numbers(page) == []


def test_a_withheld_price_keeps_the_national_one(furnished):
    furnished.put("local_prices", unit_cost_id="week", area_measure="trees", low="1", high="99", price_year="2024", period="31 March 2025")
    evidence = wb.load(furnished.root)
    found = local_prices(evidence, "E06000001")
    assert found.found[0].status == "hidden" and "withheld" in found.kept[0] and not found.rows
    assert local_prices(evidence, "E92000001").rows["week"]["value"] == 12


def test_local_prices_need_their_table(evidence):
    from dataclasses import replace

    from workbench.runs.local import stand_ins

    without = replace(evidence, tables={name: table for name, table in evidence.tables.items() if name != "local_prices"})
    with pytest.raises(UsageError, match="no table evidence/local_prices.csv"):
        stand_ins(without, KIRKLEES, {"local_prices": True})
    assert stand_ins(without, KIRKLEES, {}) is None


def test_the_checks_notebook_object_prints_itself(evidence):
    from workbench.runs.checks import published_checks

    checks = published_checks(evidence, "pup", draws=256)
    assert list(checks.frame()["programme"].unique()) == ["pup"] and len(checks.accounts()) == len(checks.comparisons)
    assert "43,885" in checks._repr_html_() and "repeated from their own inputs" in repr(checks)
