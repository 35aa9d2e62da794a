"""What the real tables say of the programmes that have briefings, against figures worked out elsewhere."""

import numpy as np
import pytest
from scipy.special import ndtri

from workbench.draws import Draws, registered, uniforms
from workbench.economics import appraise


def drawn(evidence, outcome, construct, measure, direction, centre, sd):
    points = uniforms([f"effect/{outcome}/new"], 4096, 1, registered(evidence))[:, 0]
    values = centre + sd * ndtri(points)
    return {outcome: Draws(values, values, np.zeros(4096), outcome, construct, measure, direction, 1)}


@pytest.fixture(scope="module")
def court(evidence):
    return appraise(evidence, "fdac", "England", draws=drawn(evidence, "reunification", "reunification-event-record", "OR", "higher_is_better", np.log(1.35), 0.35))


def test_the_court_costs_more_than_it_saves_at_an_odds_ratio_of_1_35(court):
    assert court.status == "valued"
    assert court.evaluation.npv.mean < 0 and court.evaluation.npv.median < 0
    assert court.evaluation.cost.mean == pytest.approx(12000 * 100 / 77.33, rel=2e-3)  # printed UK index, 2014 and 2023
    assert any(flag.startswith("Scenario") for flag in court.flags)


def test_the_court_s_saving_by_hand(court):
    # children x difference x share in care x weekly price in 2023 x weeks x about 2.9 years net of returns and discounting
    difference = court.evaluation.differences["reunification-event-record"].mean
    by_hand = 122 / 90 * difference * 0.62 * 736 * 52.18 * 2.73
    assert court.evaluation.benefit.mean == pytest.approx(by_hand, rel=0.05)
    cashable = court.evaluation.benefit_by["local_authority", "cashable"].mean
    assert cashable / court.evaluation.benefit.mean == pytest.approx(38690 / 81770, rel=1e-3)


def test_duration_is_stock_over_starts_without_unaccompanied_children(evidence):
    assert evidence["parameters"]["care.duration"]["value"] == pytest.approx((81770 - 6540) / (32270 - 6950), abs=1e-4)


def test_only_agreed_pathways_are_active(evidence):
    active = {row.key for row in evidence["pathways"] if row["active"]}
    assert active == {
        "fdac.cost", "fdac.reunification-fostering", "fnp.net-nhs-cost", "fnp.gross-cost", "fnp.maternal-qaly", "fnp.care-entry-fostering",
        "triple-p.cost", "pup.cost",
    }  # fmt: skip
    assert all(row["reason"] for row in evidence["pathways"])


def test_net_and_gross_cost_of_the_nurses_never_meet(evidence):
    draws = drawn(evidence, "care-entry", "care-entry-event-record", "OR", "lower_is_better", 0.09, 0.28)
    result = appraise(evidence, "fnp", draws=draws).evaluation
    assert result.cost.mean == pytest.approx(1812 * 100 / 80.84, rel=2e-3)
    assert result.budget_cost.mean == pytest.approx(3200 * 100 / 77.84 * 2.375, rel=0.05)
    care = result.benefit_by["local_authority", "cashable"]
    assert care.low < 0 < care.high
    assert ("families", "wider") not in result.budget_benefit_by


def test_programmes_that_cannot_be_priced(evidence):
    pup = appraise(evidence, "pup")
    assert pup.status == "not_valued" and pup.reason.endswith(".")
    assert pup.evaluation.cost.mean == pytest.approx(5685, abs=1)
    assert pup.evaluation.yardsticks[0].ceiling and 0.04 < pup.evaluation.yardsticks[0].value < 0.06
    draws = drawn(evidence, "child-behaviour", "child-behaviour-score-parent", "SMD", "lower_is_better", 0.25, 0.08)
    triple = appraise(evidence, "triple-p", draws=draws)
    assert triple.status == "not_valued"
    assert triple.costs[0].draws.min() > 1368 - 1 and triple.costs[0].draws.max() < 2986 + 1
    assert triple.evaluation.yardsticks[0].value == pytest.approx(triple.evaluation.cost.mean / (0.25 * 28.2), rel=1e-2)


def test_every_price_used_leads_to_a_row_with_a_source(court):
    for rows in court.used.values():
        for row in rows:
            assert row["checked"] == "unverified" or (row["cite"] and row["locator"])


def test_every_uncertain_quantity_has_its_own_dimension(evidence):
    known = registered(evidence)
    uncertain = [f"parameter/{row.key}" for row in evidence["parameters"] if row["distribution"] != "fixed"]
    uncertain += [f"price/{row.key}" for row in evidence["unit_costs"]] + [f"cost/{row.key}" for row in evidence["programme_costs"]]
    uncertain += [f"baseline/{row['construct']}" for row in evidence["baselines"] if row["kind"] != "scale"]
    assert [name for name in uncertain if name not in known] == []
    assert sorted(known.values()) == list(range(len(known)))
