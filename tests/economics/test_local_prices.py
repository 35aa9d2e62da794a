"""An area's own weekly price in place of the national one: when it stands in, and what it changes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.draws import Draws
from workbench.economics import appraise
from workbench.economics.local import local_prices

KIRKLEES, LEEDS, DERBY = "E08000034", "E08000035", "E06000015"
CONSTRUCT = "reunification-event-record"


def drawn(n=1024):
    zero = np.zeros(n)
    return {CONSTRUCT: Draws(zero + 0.3, zero + 0.3, zero, construct=CONSTRUCT, measure="OR", direction="higher_is_better", seed=1)}


def value_of(appraisal):
    return next(line for line in appraisal.kernel.benefits if line.construct == CONSTRUCT).value


def test_an_areas_figure_stands_in_with_its_own_place_period_and_source(evidence):
    row = local_prices(evidence, KIRKLEES).rows["fostering-week"]
    assert (row["value"], row["distribution"], row["price_year"]) == (690, "fixed", 2024)
    assert (row.table, row.key) == ("areas", (KIRKLEES, "s251_unit_cost_fostering_weekly", "2024-25"))
    assert row["unit"] == evidence["unit_costs"]["fostering-week"]["unit"]


@pytest.mark.parametrize(("code", "status", "words"), [(LEEDS, "implausible", "too far from other areas"), ("E06000002", "missing", "No figure of this area's own")])
def test_a_figure_that_cannot_be_used_keeps_the_national_price_and_says_why(evidence, code, status, words):
    found = local_prices(evidence, code)
    assert found.found[0].status == status and not found.rows and words in found.kept[0]


def test_the_swap_changes_the_price_and_nothing_else(evidence):
    prices = local_prices(evidence, KIRKLEES).rows
    national, own = appraise(evidence, "fdac", KIRKLEES, drawn()), appraise(evidence, "fdac", KIRKLEES, drawn(), prices=prices)
    share = next(row for row in evidence["parameters"].rows if row["parameter_id"] == "fdac.share-in-care")
    growth = next(row for row in evidence["parameters"].rows if row["group"] == "deflator" and row["schedule"] == "GBP" and row["year_from"] == 2024)["value"]
    carried = value_of(own) / (690 * 365.25 / 7)  # share in care over one year's growth of prices
    assert np.median(carried) == pytest.approx((share["low"] ** 0.5 * share["high"] ** 0.5) / (1 + growth / 100), rel=0.12)
    assert np.std(np.log(value_of(own))) < np.std(np.log(value_of(national)))
    assert own.evaluation.cost.mean == national.evaluation.cost.mean
    assert np.array_equal(own.kernel.theta[CONSTRUCT], national.kernel.theta[CONSTRUCT])
    # Fostering benefit is proportional to the price: 690 over the national mean of 765, with the price's own spread averaged out.
    assert own.evaluation.benefit.mean / national.evaluation.benefit.mean == pytest.approx(690 / 765, rel=0.02)


def test_the_result_can_be_walked_back_to_the_areas_row(evidence):
    own = appraise(evidence, "fdac", KIRKLEES, drawn(), prices=local_prices(evidence, KIRKLEES).rows)
    used = [row for row in own.used["fdac.reunification-fostering"] if row.table == "areas"]
    assert [row.key[0] for row in used] == [KIRKLEES] and not any(row.key == "fostering-week" for row in own.used["fdac.reunification-fostering"])
    assert [priced.row.table for priced in own.prices] == ["areas"]


def test_without_the_option_the_national_price_is_used(evidence):
    assert [priced.row.key for priced in appraise(evidence, "fdac", DERBY, drawn()).prices] == ["fostering-week"]
