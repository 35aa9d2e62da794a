"""Every rule on prices, shares and durations, broken; see test_evidence_rules.py for how to read a case."""

from __future__ import annotations

# What tells the currency and the year of results, so that prices have somewhere to go.
RULE = {"group": "rule", "distribution": "fixed", "checked": "unverified", "judgement": "true", "unit": "x", "cite": "", "locator": "", "year_from": "", "year_to": "", "value": "", "schedule": ""}
CURRENCY = ("add", "parameters", 0, {**RULE, "parameter_id": "rule.currency", "name": "Currency", "schedule": "GBP"})
YEAR = ("add", "parameters", 0, {**RULE, "parameter_id": "rule.price-year", "name": "Price year", "value": "2021"})


def series(group, currency, years):
    """Rows of a deflator or of parities."""
    return [("add", "parameters", 0, {"parameter_id": f"{group}.{currency.lower()}.{year}", "group": group, "name": "x", "schedule": currency, "year_from": str(year), "year_to": "", "value": "1"}) for year in years]


TARGET = [CURRENCY, YEAR, *series("deflator", "GBP", range(2021, 2025))]
WAY_OUT_PRICE = "add the rows to parameters.csv (groups deflator and parity, schedule the currency), or set price_year_basis to none, which leaves the row unvalued"
WAY_OUT_SHARE = "correct the row of parameters.csv: write 0.25 for 25 per cent, and give a share a distribution that stays within 0 and 1"
CASES = [
    ("price-not-negative", [("change", "programme_costs", 0, {"value": "-5"})], [
        "evidence/programme_costs.csv line 2 (oak.gross): value = '-5', a price must be 0 or more; check the sign; only a net cost (role net) may be a saving",
    ]),
    ("price-not-negative", [("change", "unit_costs", 0, {"value": "0", "low": "-10"})], [
        "evidence/unit_costs.csv line 2 (week): low = '-10', a price must be 0 or more; check the sign; only a net cost (role net) may be a saving",
    ]),
    ("price-conversion", [CURRENCY, YEAR, *series("deflator", "GBP", (2021, 2023, 2024))], [
        f"evidence/unit_costs.csv line 2 (week): price_year = '2024', must be a year from which prices in GBP can be carried to 2021; no deflator for 2022; {WAY_OUT_PRICE}",
    ]),
    ("price-conversion", [*TARGET, *series("deflator", "USD", (2021,)), *series("parity", "GBP", (2021,)), ("change", "programme_costs", 0, {"currency": "USD"})], [
        f"evidence/programme_costs.csv line 2 (oak.gross): currency = 'USD', must have a purchasing-power parity in 2021; there is none for USD; {WAY_OUT_PRICE}",
    ]),
    ("pathway-shares", [("change", "parameters", 2, {"value": "47", "low": "", "high": "", "distribution": "fixed"})], [
        f"evidence/pathways.csv line 2 (oak.care): share_id = 'share', must lead to a share between 0 and 1; parameters.csv line 4 holds 47; {WAY_OUT_SHARE}",
    ]),
    ("pathway-shares", [("change", "parameters", 2, {"distribution": "normal"})], [
        f"evidence/pathways.csv line 2 (oak.care): share_id = 'share', must lead to a share between 0 and 1; parameters.csv line 4 has the distribution normal, which leaves that range; {WAY_OUT_SHARE}",
    ]),
    ("pathway-shares", [("add", "parameters", 2, {"parameter_id": "years", "value": "-2", "low": "", "high": "", "distribution": "fixed"}), ("change", "pathways", 0, {"duration_id": "years"})], [
        "evidence/pathways.csv line 2 (oak.care): duration_id = 'years', must lead to years of 0 or more; parameters.csv line 5 holds -2; correct the figure",
    ]),
    ("pathway-evidence", [("drop", "effects", 2, {}), ("drop", "effects", 0, {}), ("change", "baselines", 0, {"effect_id": ""})], [
        "evidence/pathways.csv line 2 (oak.care): construct = 'home-event-record', must be an outcome that a study of the programme or of its family (oak) measured; add the effect to effects.csv, or set active to false and give the reason",
    ]),
    ("scenario-figure", [("put", "scenarios", 0, {"scenario_id": "s", "name": "S", "acts_on": "cost", "parameter_id": "discount.1", "figure": "high"})], [
        "evidence/scenarios.csv line 2 (s): figure = 'high', must lead to a figure; high of parameters.csv line 2 is empty; name a row and column of parameters.csv that holds one",
    ]),
    ("scenario-figure", [("put", "scenarios", 0, {"scenario_id": "s", "name": "S", "acts_on": "parameter", "parameter_id": "discount.1", "figure": "zero"})], [
        "evidence/scenarios.csv line 2 (s): parameter_id = 'discount.1', must be a row of the group pathway, because acts_on is parameter; parameters.csv line 2 is of the group discount; name a row and column of parameters.csv that holds one",
    ]),
    ("discount-schedule", [("change", "parameters", 1, {"value": "3.5"})], [
        "evidence/parameters.csv line 3 (discount.2): value = '3.5', a discount rate is a share of 0 or more and below 1; write 0.035 for 3.5 per cent",
    ]),
    ("discount-schedule", [("change", "parameters", 0, {"value": "-0.01"})], [
        "evidence/parameters.csv line 2 (discount.1): value = '-0.01', a discount rate is a share of 0 or more and below 1; write 0.035 for 3.5 per cent",
    ]),
]

#: Cells that the schema alone refuses, and what is said of them.
REFUSED = {
    ("unit_costs", "payer", "counci"): "payer = 'counci', must be one of: local_authority",
    ("programme_costs", "payer", "nhss"): "did you mean 'nhs'",
    ("pathways", "payer", "the state"): "payer = 'the state', must be one of: local_authority",
    ("unit_costs", "value", "nan"): "value = 'nan', must be",
    ("parameters", "value", "inf"): "value = 'inf', must be",
    ("baselines", "construct", "nothing"): "construct = 'nothing', ",
}
