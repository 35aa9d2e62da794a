"""Published results beside ours: their arithmetic by hand, the way to our prices, and that nothing is tuned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from workbench.economics import appraise
from workbench.economics.published import compare, our_figure, repeat


@pytest.fixture(scope="module")
def beside(evidence):
    """Comparisons of each programme, without any effect: what others printed does not depend on ours."""
    return {item.result.key: item for name in ("fdac", "fnp", "pup", "triple-p") for item in compare(evidence, appraise(evidence, name, count=4096, seed=1))}


@pytest.mark.parametrize(
    ("result", "by_hand", "printed"),
    [
        ("fdac-london-bcr", 1_290_000 / 560_000, 2.3),
        ("fdac-london-net-saving-per-family", 27_000 - 12_000, 15_850),
        ("fdac-2024-net-bcr", (74_068 - 18_000) / 18_000, 3.2),
        ("wsipp-family-treatment-court-2022-bcr", -8_170 / 6_494, -1.26),
        ("wsipp-nfp-2022-bcr", 20_495 / 13_925, 1.47),
        ("wsipp-triplep-l4-individual-2022-bcr", 7_442 / 890, 8.36),
        ("wsipp-triplep-system-2015-bcr", 1_120 / 150, 7.48),
        ("pup-au-cost-per-case-prevented", 8_777 / 0.2, 43_975),
        ("pup-au-npv-100-families", 100 * (0.2 * 200_000 - 8_777), 3_100_000),
    ],
)
def test_their_sum_from_their_inputs(beside, result, by_hand, printed):
    item = beside[result]
    assert item.repeated == pytest.approx(by_hand, rel=1e-9) and item.printed == printed
    assert abs(item.misfit) < 0.06  # rounding of the printed inputs; the largest is 15,000 for 15,850, from figures rounded to a thousand


def test_the_english_trials_acceptability_from_its_own_cost_and_qalys(beside):
    """Normal cost and QALYs from the printed 95 % intervals, independent: P(20,000 x QALY > cost); the paper prints under 20 per cent."""
    cost_sd, qaly_sd = (5_744 + 2_700) / (2 * 1.959964), (0.025 + 0.017) / (2 * 1.959964)
    by_hand = ndtr((20_000 * 0.0036 - 1_812) / math.hypot(cost_sd, 20_000 * qaly_sd))
    item = beside["bb-fnp-prob-cost-effective"]
    assert item.repeated == pytest.approx(by_hand, abs=0.01)
    assert by_hand == pytest.approx(0.21, abs=0.005) and item.printed == 0.2


def growth(evidence, currency, first, last):
    rows = {row["year_from"]: row["value"] for row in evidence["parameters"].where(group="deflator", schedule=currency)}
    return math.prod(1 + rows[year] / 100 for year in range(first + 1, last + 1))


def test_money_goes_by_its_own_price_index_and_then_once_by_parity(evidence, beside):
    assert beside["fdac-london-net-saving-per-family"].theirs == pytest.approx(15_850 * growth(evidence, "GBP", 2014, 2023), rel=1e-9)
    parity = {row["schedule"]: row["value"] for row in evidence["parameters"].where(group="parity", year_from=2023)}
    expected = 3_100_000 / 100 * growth(evidence, "AUD", 2013, 2023) * parity["GBP"] / parity["AUD"]
    assert beside["pup-au-npv-100-families"].theirs == pytest.approx(expected, rel=1e-9)


def test_ratios_and_chances_are_not_converted(beside):
    for name in ("fdac-london-bcr", "wsipp-nfp-2022-bcr", "bb-fnp-prob-cost-effective"):
        assert beside[name].theirs == beside[name].printed


def test_where_we_give_no_net_value_there_is_no_figure_of_ours(beside):
    assert all(item.ours is None and item.difference is None for name, item in beside.items() if name.startswith(("pup", "triplep", "wsipp-triplep")))


def test_ours_is_what_the_appraisal_says(evidence):
    appraisal = appraise(evidence, "fnp", count=1024, seed=1)
    for item in compare(evidence, appraisal):
        assert item.ours == our_figure(appraisal.evaluation, item.row["ours"])
        if item.ours is not None and item.theirs is not None:
            assert item.difference == pytest.approx(item.ours - item.theirs)


def test_a_result_without_a_price_year_is_not_carried(evidence):
    from workbench.economics.prices import Prices
    from workbench.economics.published import _factor

    prices = Prices.from_rows(evidence["parameters"], lambda row: np.array([row["value"] or 0.0]))
    assert _factor(prices, evidence["published_results"]["nfp-south-carolina-bcr"], "GBP", 2023) is None


def test_every_difference_is_explained(evidence):
    for row in evidence["comparisons"].rows:
        assert len(row["reason"]) > 40 and row["pathways"] and row["horizon"] and row["discounting"] and row["effect"]


def test_repeating_without_inputs_gives_nothing(evidence):
    assert repeat(evidence, evidence["comparisons"]["fdac.fdac-london-saving-per-case"], 16, 1) is None
