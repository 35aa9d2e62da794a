"""What the real tables say of the programmes that have briefings, against figures worked out elsewhere."""

import numpy as np
import pytest
from scipy.special import ndtri

from workbench.draws import Draws, registered, uniforms
from workbench.economics import appraise
from workbench.economics.distributions import central, quantiles
from workbench.economics.prices import Prices, possible_years


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


PRICED = ("programme_costs", "unit_costs")


@pytest.fixture(scope="module")
def appraisals(evidence):
    """Every programme with a pathway, under effects of the measure and direction that its constructs have."""
    found = {}
    for programme in dict.fromkeys(row["programme_id"] for row in evidence["pathways"]):
        draws = {}
        for row in evidence["pathways"].where(programme_id=programme):
            outcome = evidence["outcomes"][row["construct"]] if row["construct"] else None
            if outcome is not None and outcome["measure"] in ("OR", "SMD"):
                draws |= drawn(evidence, outcome["outcome_id"], outcome["construct"], outcome["measure"], outcome["direction"], 0.2, 0.2)
        found[programme] = appraise(evidence, programme, draws=draws)
    return found


def test_every_price_in_every_result_walks_back_to_a_row_with_its_source_and_price_year(evidence, appraisals):
    walked = 0
    for programme, result in appraisals.items():
        for line in (*result.kernel.benefits, *result.kernel.costs, *(each for each in result.kernel.yardsticks if each.unit_value is not None)):
            prices = [row for row in result.used[line.pathway_id] if row.table in PRICED]
            assert len(prices) == 1, (programme, line.pathway_id)
            (row,) = prices
            assert possible_years(row) and row["price_year_basis"] in ("stated", "publication_year", "note_range")
            assert row["cite"] in evidence.references and (row["locator"] or row["checked"] == "unverified")
            carried = {each["year_from"] for each in result.used[line.pathway_id] if each.table == "parameters" and each["group"] == "deflator" and each["schedule"] == row["currency"]}
            reach = [*possible_years(row), result.kernel.price_year]
            assert carried == set(range(min(reach) + 1, max(reach) + 1)), row.key
            if row["currency"] != "GBP":
                assert {each["schedule"] for each in result.used[line.pathway_id] if each.table == "parameters" and each["group"] == "parity"} == {"GBP", row["currency"]}
            walked += 1
        for priced in (*result.prices, *result.costs):
            assert priced.row.table in PRICED and evidence[priced.row.table][priced.row.key] is priced.row
            assert np.isfinite(priced.draws).all() and possible_years(priced.row)
    assert walked >= 9


def test_a_line_s_value_is_the_product_of_its_rows(evidence, appraisals):
    known = registered(evidence)
    for result in appraisals.values():
        for line in result.kernel.benefits:
            pathway = evidence["pathways"][line.pathway_id]
            value = next(each for each in result.prices if each.row.key == pathway["unit_cost_id"]).draws
            for row in (evidence["parameters"][pathway[column]] for column in ("share_id", "quantity_id") if pathway[column]):
                value = value * quantiles(row, uniforms([f"parameter/{row.key}"], 4096, 1, known)[:, 0])
            weeks = 365.25 / 7 if evidence["unit_costs"][pathway["unit_cost_id"]]["unit"].endswith("per week") else 1.0
            assert line.value == pytest.approx((1 if pathway["event_sign"] == "saving" else -1) * weeks * value, rel=1e-6)


def test_every_figure_with_a_range_varies_from_draw_to_draw(evidence, appraisals):
    checked = 0
    for result in appraisals.values():
        rows = {row.key: row for used in result.used.values() for row in used if row.table in (*PRICED, "parameters")}
        for row in rows.values():
            if row["low"] is not None and row["high"] is not None:
                assert row["distribution"] != "fixed", row.key
                checked += 1
        for line in result.kernel.benefits:
            assert np.ptp(line.value) > 0 or all(evidence["parameters"][row.key]["distribution"] == "fixed" for row in result.used[line.pathway_id] if row.table == "parameters")
    assert checked >= 8


def test_judgements_in_use_are_shown_at_zero_and_at_twice_their_size(evidence, appraisals):
    shown = {(row["parameter_id"], row["figure"]) for row in evidence["scenarios"] if row["acts_on"] == "parameter"}
    in_use = {row.key for result in appraisals.values() for used in result.used.values() for row in used if row.table == "parameters" and row["judgement"] and row["unit"] == "share"}
    assert in_use and {(key, figure) for key in in_use for figure in ("zero", "twice")} == shown
    court = appraisals["fdac"]
    by_id = {scenario.row.key: scenario.evaluation for scenario in court.scenarios()}
    assert by_id["fdac.share-in-care.zero"].benefit.mean == 0.0
    assert by_id["care.return.zero"].npv.mean > court.evaluation.npv.mean > by_id["care.return.twice"].npv.mean


def test_every_payer_of_the_schema_has_words(root, evidence):
    import tomllib

    words = tomllib.loads((root / "templates" / "sentences.toml").read_text(encoding="utf-8"))["payer"]
    schema = {payer for table in (*PRICED, "pathways") for field in evidence[table].fields if field.name == "payer" for payer in field.enum}
    assert schema and schema | {"other_funders"} <= set(words)


def test_every_uncertain_quantity_that_an_appraisal_draws_has_its_own_dimension(evidence):
    known = registered(evidence)
    columns = ("unit_cost_id", "cost_id", "quantity_id", "share_id", "duration_id", "decay_id", "cashable_id")
    reached = {row[column] for row in evidence["pathways"] for column in columns} | {row.key for row in evidence["programme_costs"] if row["use"]}
    uncertain = [f"parameter/{row.key}" for row in evidence["parameters"] if row["distribution"] != "fixed" and row["group"] != "scenario"]
    for kind, table in (("price", "unit_costs"), ("cost", "programme_costs")):
        rows = [row for row in evidence[table] if row.key in reached]
        uncertain += [f"{kind}/{row.key}" for row in rows] + [f"price-year/{row.key}" for row in rows if row["price_year_basis"] == "note_range"]
    uncertain += [f"baseline/{row['construct']}" for row in evidence["baselines"] if row["kind"] != "scale"]
    assert [name for name in uncertain if name not in known] == []
    assert sorted(known.values()) == list(range(len(known)))


# Figures as their sources print them, with the price year or the years between which it lies.
PRINTED = [
    ("programme_costs", "nfp.net-wsipp-2022", 13925, None, None, "USD", 2022, (2022,)),  # wsipp.wa.gov, programme 35
    ("programme_costs", "triple-p-group.net-wsipp-2016", -560, None, None, "USD", 2016, (2016,)),  # wsipp.wa.gov, programme 81: a saving
    ("programme_costs", "nfp.cost-full-programme-2008", None, 10000, 12000, "USD", 2008, (2008,)),  # GiveWell, July 2008
    ("programme_costs", "incredible-years.cost-wales-group-of-8", 1934, None, None, "GBP", 2003, tuple(range(2003, 2008))),  # Edwards et al. 2007
    ("programme_costs", "pup.cost-australia-in-pounds", 4880, None, None, "GBP", 2013, (2013,)),  # Dalziel et al. 2015
    ("unit_costs", "lac-childrens-home-place-year-2023", 318400, None, None, "GBP", 2023, (2023,)),  # National Audit Office 2025
    ("unit_costs", "conduct-problems-to-age-28-incremental", 16707, 6594, 28149, "GBP", 1998, (1998,)),  # Scott et al. 2001
    ("unit_costs", "us-lifetime-cost-maltreatment-nonfatal", 210012, None, None, "USD", 2010, (2010,)),  # Fang et al. 2012
    ("unit_costs", "wellby", 13000, 10000, 16000, "GBP", 2019, (2019,)),  # HM Treasury 2021, wellbeing guidance
    ("unit_costs", "kinship-informal-saving-year", None, 23500, 56000, "GBP", 2012, (2012,)),  # Selwyn et al. 2013
    ("published_results", "wsipp-family-treatment-court-2022-bcr", -1.26, None, None, "USD", 2022, (2022,)),  # wsipp.wa.gov, programme 760
    ("published_results", "mst-uk-net-benefit", 1222, -5838, 8283, "GBP", 2008, tuple(range(2008, 2014))),  # Cary et al. 2013
    ("published_results", "pup-au-cost-per-case-prevented", 43975, None, None, "AUD", 2013, (2013,)),  # Dalziel et al. 2015
]


@pytest.mark.parametrize(("table", "key", "value", "low", "high", "currency", "year", "years"), PRINTED, ids=[case[1] for case in PRINTED])
def test_figures_are_those_of_their_sources(evidence, table, key, value, low, high, currency, year, years):
    row = evidence[table][key]
    assert (row["value"], row["low"], row["high"], row["currency"], row["price_year"]) == (value, low, high, currency, year)
    assert possible_years(row) == years


@pytest.fixture(scope="module")
def prices(evidence):
    return Prices.from_rows(evidence["parameters"], lambda row: np.array([central(row)]))


def test_every_price_has_a_year_or_a_stated_way_to_one(evidence, prices):
    for table in ("programme_costs", "unit_costs", "published_results"):
        for row in evidence[table]:
            years = possible_years(row)
            if row["currency"] is None:
                assert row["price_year_basis"] == "none" and row["kind"] in ("probability", "break_even"), row.key
            elif not years:
                assert row["price_year_basis"] == "none" and "not valued" in row["note"], row.key
            elif table != "published_results":
                factors = np.array([prices.convert(row["currency"], year, "GBP", 2023) for year in years])
                assert (factors > 0).all(), row.key
            if row["price_year_basis"] == "note_range":
                assert row["price_year_low"] <= row["price_year"] <= row["price_year_high"] and row["note"], row.key


def test_prices_go_there_and_back(prices):
    for currency, growth in prices.growth.items():
        first, last = min(growth) - 1, max(growth)
        assert set(range(first + 1, last + 1)) == set(growth), currency
        for year in range(first, last + 1):
            assert float(prices.deflate(currency, year, 2023)[0] * prices.deflate(currency, 2023, year)[0]) == pytest.approx(1, rel=1e-12)
    for year in prices.parity["GBP"]:
        round_trip = prices.exchange("GBP", "USD", year) * prices.exchange("USD", "AUD", year) * prices.exchange("AUD", "GBP", year)
        assert float(round_trip[0]) == pytest.approx(1, rel=1e-12)


def test_deflators_and_parities_are_complete_and_those_of_the_world_bank(prices):
    assert {currency: (min(rows), max(rows)) for currency, rows in prices.growth.items()} == {"AUD": (1997, 2023), "GBP": (1997, 2024), "USD": (1997, 2023)}
    assert all(set(rows) == set(range(2000, 2025)) for rows in prices.parity.values())
    # Growth in per cent, World Development Indicators, NY.GDP.DEFL.KD.ZG
    for currency, year, printed in (("GBP", 1997, -0.146831), ("GBP", 1998, 1.283657), ("GBP", 1999, 1.380863), ("USD", 1999, 1.415098), ("AUD", 1999, 0.475366), ("USD", 2022, 7.129481)):
        assert prices.growth[currency][year]["value"] == pytest.approx(printed, abs=5e-7)


def test_discount_schedules_reach_as_far_as_the_guidance(evidence):
    bands = sorted((row["year_from"], row["value"]) for row in evidence["parameters"] if row["group"] == "discount" and row["schedule"] == "green-book")
    assert bands == [(1, 0.035), (31, 0.03), (76, 0.025), (126, 0.02), (201, 0.015), (301, 0.01)]


def test_published_results_are_checks_and_never_inputs(evidence):
    results = evidence["published_results"]
    assert {row["use"] for row in results} == {"check_only"}
    counted = [evidence[table][row[column]] for row in evidence["pathways"] if row["active"]
               for column, table in (("unit_cost_id", "unit_costs"), ("cost_id", "programme_costs"), ("quantity_id", "parameters")) if row[column]]
    inputs = {(row["cite"], row["value"]) for row in counted}
    assert inputs and [row.key for row in results if (row["cite"], row["value"]) in inputs] == []


def test_published_ratios_are_benefits_over_cost(evidence):
    # The three figures of an edition stand in two tables: a wrong digit in one of them shows.
    benefits = {row.key.removesuffix("-benefits"): row for row in evidence["published_results"] if row.key.startswith("wsipp") and row.key.endswith("-benefits")}
    costs = {(row["cite"], row["price_year"]): row["value"] for row in evidence["programme_costs"] if ".net-wsipp" in row.key}
    tested = 0
    for row in evidence["published_results"]:
        base = row.key.removesuffix("-bcr")
        cost = costs.get((row["cite"], row["price_year"]))
        if base in benefits and row["kind"] == "ratio" and cost:
            assert benefits[base]["value"] / cost == pytest.approx(row["value"], abs=0.0151), row.key
            tested += 1
    assert tested >= 15


def test_lifetime_and_model_figures_are_ceilings(evidence):
    rows = evidence["unit_costs"]
    for row in rows:
        if "lifetime" in row["name"].lower() or "model's output" in (row["note"] or ""):
            assert row["ceiling"], row.key
    assert not rows["lac-foster-week-2017"]["ceiling"] and not rows["nhs-outpatient-2016"]["ceiling"]


def test_remembered_prices_are_marked_and_out_of_use(evidence):
    for table in ("programme_costs", "unit_costs", "published_results"):
        for row in evidence[table]:
            if row["checked"] == "unverified":
                assert row["locator"] is None and "not read" in row["note"], row.key
    assert not any(row["use"] for row in evidence["programme_costs"] if row["checked"] == "unverified")
