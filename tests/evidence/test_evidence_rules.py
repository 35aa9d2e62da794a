"""Every rule, broken once or more: the whole message is the contract, and nothing else is reported beside it."""

from __future__ import annotations

import pytest
from agreement_cases import CASES as AGREEMENT
from certainty_cases import CASES as CERTAINTY
from economic_cases import CASES as ECONOMIC
from local_cases import CASES as LOCAL
from money_cases import CASES as MONEY
from money_cases import REFUSED

from workbench.evidence.rules import RULES

# rule, changes to the minimal workspace (method, table, row, cells), every problem that must come
CASES = [
    ("events-within-arm", [("change", "effects", 0, {"events_treat": "120"})], [
        "evidence/effects.csv line 2 (ash2010.home): events_treat = '120', must not exceed n_treat (100); check whether events and arm size were swapped, or belong to different analyses",
    ]),
    ("limits-in-order", [("change", "effects", 1, {"ci_low": "-0.1", "ci_high": "-0.5"})], [
        "evidence/effects.csv line 3 (ash2010.score): ci_low = '-0.1', must not exceed ci_high (-0.5); swap the limits, or check them against the source",
    ]),
    ("estimate-within-interval", [("change", "effects", 1, {"estimate": "-0.6", "p": "", "p_relation": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): estimate = '-0.6', must lie within its interval, -0.5 to -0.1; check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-complete", [("change", "effects", 1, {"ci_level": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): ci_level = '', must not be empty where the row has ci_low; fill in what is missing (ci_level is 0.95 for a 95 % interval), or keep a lone limit in derivation",
    ]),
    ("interval-complete", [("change", "effects", 1, {"ci_low": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): ci_low = '', must not be empty where the row has ci_high; fill in what is missing (ci_level is 0.95 for a 95 % interval), or keep a lone limit in derivation",
    ]),
    ("interval-complete", [("change", "effects", 1, {"ci_high": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): ci_high = '', must not be empty where the row has ci_low; fill in what is missing (ci_level is 0.95 for a 95 % interval), or keep a lone limit in derivation",
    ]),
    ("ratio-positive", [("change", "effects", 2, {"ci_low": "0"})], [
        "evidence/effects.csv line 4 (elm2015.home): ci_low = '0', must be greater than 0, because measure is OR; check the figure: a log ratio must be put back on the natural scale; a limit printed as 0 for want of digits is left out, with p or se in its place",
    ]),
    ("ratio-positive", [("change", "effects", 2, {"estimate": "-0.4", "ci_low": "", "ci_high": "", "ci_level": ""})], [
        "evidence/effects.csv line 4 (elm2015.home): estimate = '-0.4', must be greater than 0, because measure is OR; check the figure: a log ratio must be put back on the natural scale; a limit printed as 0 for want of digits is left out, with p or se in its place",
    ]),
    ("risk-difference-share", [("change", "effects", 1, {"measure": "RD", "ci_low": "", "ci_high": "", "ci_level": "", "p": "", "p_relation": "", "estimate": "-5"})], [
        "evidence/effects.csv line 3 (ash2010.score): estimate = '-5', a risk difference is a share between -1 and 1; divide percentage points by 100",
    ]),
    ("spread-positive", [("change", "effects", 1, {"se": "0"})], [
        "evidence/effects.csv line 3 (ash2010.score): se = '0', must be greater than 0; leave the cell empty if it was not printed",
    ]),
    ("p-value", [("change", "effects", 1, {"p": "0", "p_relation": "<"})], [
        "evidence/effects.csv line 3 (ash2010.score): p = '0', must be greater than 0; write a p printed as 0.000 as 0.001 with p_relation <",
    ]),
    ("p-value", [("change", "effects", 1, {"p_relation": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): p_relation = '', must not be empty where p is given; say whether p is exact (=) or a bound (< or >)",
    ]),
    ("p-value", [("change", "effects", 2, {"p_relation": "<"})], [
        "evidence/effects.csv line 4 (elm2015.home): p_relation = '<', must be empty where there is no p; fill in p, or empty the cell",
    ]),
    ("percentages-and-counts", [("change", "effects", 0, {"pct_treat": "42"})], [
        "evidence/effects.csv line 2 (ash2010.home): pct_treat = '42', must agree with 40 of 100, which is 40.0 per cent; check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent, or keep the weaker of the two in derivation",
    ]),
    ("data-type", [("change", "effects", 0, {"data_type": "percentages", "pct_treat": "40"})], [
        "evidence/effects.csv line 2 (ash2010.home): pct_control = '', must not be empty, because data_type is percentages; fill them in, or name in data_type what the row's numbers are (none if they cannot be computed from)",
    ]),
    ("data-type", [("change", "effects", 1, {"measure": ""})], [
        "evidence/effects.csv line 3 (ash2010.score): measure = '', must not be empty, because data_type is estimate; fill them in, or name in data_type what the row's numbers are (none if they cannot be computed from)",
    ]),
    ("interval-and-p", [("change", "effects", 2, {"p": "0.4", "p_relation": "="})], [
        "evidence/effects.csv line 4 (elm2015.home): p = '0.4', must agree with the interval 1.05 to 2.14, which implies a p about 0.026; look at ci_level and p_relation, and check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-and-p", [("change", "effects", 2, {"p": "0.2", "p_relation": ">"})], [
        "evidence/effects.csv line 4 (elm2015.home): p = '> 0.2', must agree with the interval 1.05 to 2.14, which implies a p about 0.026; look at ci_level and p_relation, and check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-and-p", [("change", "effects", 2, {"p": "0.001", "p_relation": "<"})], [
        "evidence/effects.csv line 4 (elm2015.home): p = '< 0.001', must agree with the interval 1.05 to 2.14, which implies a p about 0.026; look at ci_level and p_relation, and check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-and-p", [("change", "effects", 1, {"estimate": "-0.35", "ci_low": "-0.6", "ci_level": "0.8"})], [
        "evidence/effects.csv line 3 (ash2010.score): p = '0.003', must agree with the interval -0.6 to -0.1, which implies a p about 0.073; look at ci_level and p_relation, and check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-and-se", [("change", "effects", 2, {"se": "0.28"})], [
        "evidence/effects.csv line 4 (elm2015.home): se = '0.28', must agree with the interval 1.05 to 2.14, which implies about 0.18; the se of a ratio is that of its log, and an SD is no SE; check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("direction", [("change", "effects", 0, {"direction": "lower_is_better"})], [
        "evidence/effects.csv line 2 (ash2010.home): direction = 'lower_is_better', must be higher_is_better, the direction of construct home-event-record; if the row prints the opposite of its construct, turn its sign round (invert a ratio) and say so in derivation",
    ]),
    ("outcome-of-construct", [("change", "effects", 0, {"outcome_id": "behaviour"})], [
        "evidence/effects.csv line 2 (ash2010.home): outcome_id = 'behaviour', must be home, the outcome of construct home-event-record; correct outcome_id or construct",
    ]),
    ("known-null-arms", [("change", "effects", 0, {"role": "known_null", "data_type": "none", "events_treat": "", "n_treat": "100", "events_control": "", "n_control": ""})], [
        "evidence/effects.csv line 2 (ash2010.home): n_control = '', must be greater than 0, because role is known_null; give n_treat and n_control as analysed, or file the row as direction_only",
    ]),
    ("estimate-has-numbers", [("change", "effects", 0, {"data_type": "none", "events_treat": "", "events_control": ""})], [
        "evidence/effects.csv line 2 (ash2010.home): role = 'estimate', a row whose role is estimate must carry a result in numbers; fill in what the source prints, or file the row as known_null or direction_only",
    ]),
    ("exclusion-reason", [("change", "effects", 0, {"exclusion": "subgroup"})], [
        "evidence/effects.csv line 2 (ash2010.home): exclusion_reason = '', must not be empty, because exclusion is subgroup; say why in exclusion_reason",
    ]),
    ("superseded", [("change", "effects", 0, {"superseded_by": "ash2010.home"})], [
        "evidence/effects.csv line 2 (ash2010.home): superseded_by = 'ash2010.home', must not be the row itself; name the effect_id of the better-checked row of the same result",
    ]),
    ("superseded", [("change", "effects", 0, {"superseded_by": "elm2015.home"})], [
        "evidence/effects.csv line 2 (ash2010.home): superseded_by = 'elm2015.home', must be a row of the same study or overlap group, not of study elm2015; name the effect_id of the better-checked row of the same result",
    ]),
    ("superseded", [("change", "effects", 0, {"superseded_by": "ash2010.score"})], [
        "evidence/effects.csv line 2 (ash2010.home): superseded_by = 'ash2010.score', must be a row of the same construct (home-event-record), not of behaviour-score-parent; name the effect_id of the better-checked row of the same result",
    ]),
    ("superseded", [("change", "effects", 2, {"overlap_group": "ash.home", "superseded_by": "ash2010.home"}), ("change", "effects", 0, {"superseded_by": "elm2015.home"})], [
        "evidence/effects.csv line 2 (ash2010.home): superseded_by = 'elm2015.home', must not lead back to the row itself; one row of the circle must stand: empty its superseded_by",
        "evidence/effects.csv line 4 (elm2015.home): superseded_by = 'ash2010.home', must not lead back to the row itself; one row of the circle must stand: empty its superseded_by",
    ]),
    ("duplicate-rows", [("add", "effects", 0, {"effect_id": "ash2010.home.b"})], [
        "evidence/effects.csv line 5 (ash2010.home.b): effect_id = 'ash2010.home.b', repeats line 2 (ash2010.home): same study, construct, time point and numbers; delete one of them, or name the better-checked row in the other's superseded_by",
    ]),
    ("contained-in", [("change", "studies", 0, {"contained_in": "ash2010; elm2016"})], [
        "evidence/studies.csv line 2 (ash2010): contained_in = 'elm2016', is not in evidence/studies.csv; did you mean 'elm2015'?",
    ]),
    ("cite-known", [("change", "studies", 0, {"cite": "ash2011"})], [
        "evidence/studies.csv line 2 (ash2010): cite = 'ash2011', is not in bibliography.bib; did you mean 'ash2010'?",
    ]),
    ("cite-known", [("change", "programmes", 0, {"cite": "ash2010; offise2025"})], [
        "evidence/programmes.csv line 2 (oak): cite = 'offise2025', is not in bibliography.bib; did you mean 'office2025'?",
    ]),
    ("locator-given", [("change", "effects", 0, {"locator": ""})], [
        "evidence/effects.csv line 2 (ash2010.home): locator = '', must not be empty, because checked is abstract; say where the figure stands, or set checked to unverified, which keeps it out of the headline",
    ]),
    ("locator-given", [("change", "unit_costs", 0, {"locator": ""})], [
        "evidence/unit_costs.csv line 2 (week): locator = '', must not be empty, because checked is full_text; say where the figure stands, or set checked to unverified, which keeps it out of the headline",
    ]),
    ("price-year", [("change", "unit_costs", 0, {"price_year": ""})], [
        "evidence/unit_costs.csv line 2 (week): price_year = '', must not be empty, because price_year_basis is stated; state the year and its basis; 'none' leaves the row unvalued",
    ]),
    ("price-year", [("change", "unit_costs", 0, {"price_year_basis": "note_range", "price_year_high": "2016"})], [
        "evidence/unit_costs.csv line 2 (week): price_year_low = '', must not be empty, because price_year_basis is note_range; state the year and its basis; 'none' leaves the row unvalued",
    ]),
    ("price-year", [("change", "unit_costs", 0, {"price_year_basis": "note_range", "price_year_low": "2018", "price_year_high": "2016"})], [
        "evidence/unit_costs.csv line 2 (week): price_year_low = '2018', must not exceed price_year_high (2016); swap the two years",
    ]),
    ("price-year", [("change", "unit_costs", 0, {"price_year_basis": "none"}), ("change", "pathways", 0, {"active": "false"})], [
        "evidence/unit_costs.csv line 2 (week): price_year = '2024', must be empty, because price_year_basis is none; name the basis of the year, or empty the cell",
    ]),
    ("distribution", [("change", "unit_costs", 0, {"low": ""})], [
        "evidence/unit_costs.csv line 2 (week): low = '', must not be empty, because distribution is normal; fill in what the source prints, or choose the distribution that the figures allow",
    ]),
    ("distribution", [("change", "unit_costs", 0, {"low": "900"})], [
        "evidence/unit_costs.csv line 2 (week): low = '900', must be below high (800); swap them; a value without a range is 'fixed'",
    ]),
    ("distribution", [("change", "unit_costs", 0, {"value": "900"})], [
        "evidence/unit_costs.csv line 2 (week): value = '900', must lie between low and high (600 to 800); check the three figures against the source",
    ]),
    ("distribution", [("change", "unit_costs", 0, {"low": "-5", "distribution": "lognormal"})], [
        "evidence/unit_costs.csv line 2 (week): distribution = 'lognormal', a lognormal value and its range must be greater than 0; use normal where the range reaches 0",
    ]),
    ("distribution", [("change", "parameters", 2, {"value": "60", "low": "40", "high": "80"})], [
        "evidence/parameters.csv line 4 (share): distribution = 'beta', beta is for shares: value, low and high must lie between 0 and 1; write 0.25 for 25 per cent",
    ]),
    ("pathway-references", [("change", "pathways", 0, {"unit_cost_id": ""})], [
        "evidence/pathways.csv line 2 (oak.care): unit_cost_id = '', must not be empty, because the pathway is active and its kind is event; fill in the reference, or set active to false and give the reason",
    ]),
    ("pathway-references", [("change", "pathways", 0, {"cash_class": ""})], [
        "evidence/pathways.csv line 2 (oak.care): cash_class = '', must not be empty where an active pathway has no cashable_id; say whether the value is cashable, avoided or wider",
    ]),
    ("break-even-pathway", [("change", "pathways", 0, {"break_even": "true"})], [
        "evidence/pathways.csv line 2 (oak.care): active = 'true', must be false, because a break-even pathway is in no total; set active or break_even to false",
    ]),
    ("break-even-pathway", [("change", "pathways", 0, {"break_even": "true", "active": "false", "construct": "", "unit_cost_id": ""})], [
        "evidence/pathways.csv line 2 (oak.care): unit_cost_id = '', must not be empty where a break-even pathway has no construct; name the value that would repay the cost, or the construct",
    ]),
    ("pathway-price", [("change", "unit_costs", 0, {"price_year": "", "price_year_basis": "none"})], [
        "evidence/pathways.csv line 2 (oak.care): unit_cost_id = 'week', must lead to a price with a year; unit_costs.csv line 2 has price_year_basis none; find the price year of that row, or set active to false and give the reason",
    ]),
    ("pathway-price", [("change", "programme_costs", 0, {"value": ""})], [
        "evidence/pathways.csv line 3 (oak.cost): cost_id = 'oak.gross', must lead to a price with a value; programme_costs.csv line 2 has none; find the price year of that row, or set active to false and give the reason",
        "evidence/programme_costs.csv line 2 (oak.gross): value = '', must not be empty, because distribution is fixed; fill in what the source prints, or choose the distribution that the figures allow",
    ]),
    ("exclusive-group", [("add", "pathways", 0, {"pathway_id": "oak.care-2"})], [
        "evidence/pathways.csv line 4 (oak.care-2): exclusive_group = 'care', one pathway of the group may be active in a total, but oak.care is active too; set all but one to inactive with the reason, or keep them in different perspectives",
    ]),
    ("discount-schedule", [("change", "parameters", 1, {"year_from": "40"})], [
        "evidence/parameters.csv line 3 (discount.2): year_from = '40', leaves a gap after year 30, where discount.1 ends; each row begins in the year after the one before; only the last may be without year_to",
    ]),
    ("discount-schedule", [("change", "parameters", 1, {"year_from": "30"})], [
        "evidence/parameters.csv line 3 (discount.2): year_from = '30', overlaps discount.1 (0 to 30); each row begins in the year after the one before; only the last may be without year_to",
    ]),
    ("discount-schedule", [("change", "parameters", 1, {"year_to": "20"})], [
        "evidence/parameters.csv line 3 (discount.2): year_to = '20', must not be before year_from (31); swap the two years",
    ]),
    ("discount-schedule", [("change", "parameters", 1, {"schedule": ""})], [
        "evidence/parameters.csv line 3 (discount.2): schedule = '', must not be empty in a discount row; name the schedule and the years that the rate covers",
    ]),
    ("discount-schedule", [("change", "parameters", 0, {"year_to": ""})], [
        "evidence/parameters.csv line 3 (discount.2): year_from = '31', overlaps discount.1 (0 without end); each row begins in the year after the one before; only the last may be without year_to",
    ]),
    ("discount-schedule", [("change", "parameters", 0, {"year_from": "5"})], [
        "evidence/parameters.csv line 2 (discount.1): year_from = '5', a schedule must begin in year 0 or 1; add the row for the first years",
    ]),
    ("parent-cycle", [("change", "programmes", 0, {"parent_id": "oak"})], [
        "evidence/programmes.csv line 2 (oak): parent_id = 'oak', a programme must not be its own ancestor; correct parent_id",
    ]),
    ("parent-cycle", [("change", "programmes", 0, {"parent_id": "oak-group"})], [
        "evidence/programmes.csv line 2 (oak): parent_id = 'oak-group', a programme must not be its own ancestor; correct parent_id",
        "evidence/programmes.csv line 3 (oak-group): parent_id = 'oak', a programme must not be its own ancestor; correct parent_id",
    ]),
    ("lead-constructs", [("change", "programmes", 0, {"lead_constructs": "home-event-record;home-event-recrd"})], [
        "evidence/programmes.csv line 2 (oak): lead_constructs = 'home-event-recrd', is not in evidence/outcomes.csv; did you mean 'home-event-record'?",
    ]),
    ("default-construct", [("change", "outcomes", 0, {"default_construct": "false"})], [
        "evidence/outcomes.csv line 2 (behaviour-score-parent): default_construct = 'false', outcome behaviour has no default construct; set default_construct to true in one row of the outcome and to false in the others",
    ]),
    ("default-construct", [("add", "outcomes", 0, {"construct": "behaviour-2"})], [
        "evidence/outcomes.csv line 4 (behaviour-2): default_construct = 'true', outcome behaviour has another default construct on line 2; set default_construct to true in one row of the outcome and to false in the others",
    ]),
    ("baseline-kind", [("change", "baselines", 0, {"n": ""})], [
        "evidence/baselines.csv line 2 (home): n = '', must not be empty, because kind is events; fill them in, or correct kind",
    ]),
    ("baseline-kind", [("change", "baselines", 0, {"events": "250"})], [
        "evidence/baselines.csv line 2 (home): events = '250', must not exceed n (100); check the two figures against the source",
    ]),
    ("baseline-kind", [("change", "baselines", 0, {"kind": "range", "low": "0.4", "high": "0.2"})], [
        "evidence/baselines.csv line 2 (home): low = '0.4', must be below high (0.2); swap them, or check them against the source",
    ]),
    ("baseline-area-measure", [("change", "baselines", 0, {"area_measure": "treez"})], [
        "evidence/baselines.csv line 2 (home): area_measure = 'treez', is not in evidence/area_measures.csv; did you mean 'trees'?",
    ]),
    ("word-scale", [("change", "vocabulary", 0, {"from": "0.6"})], [
        "evidence/vocabulary.csv line 2 (likely): from = '0.6', leaves a gap after 'unlikely', which ends at 0.5; let each word begin where the one before ends",
    ]),
    ("word-scale", [("change", "vocabulary", 0, {"from": "0.4"})], [
        "evidence/vocabulary.csv line 2 (likely): from = '0.4', overlaps 'unlikely', which ends at 0.5; let each word begin where the one before ends",
    ]),
    ("word-scale", [("change", "vocabulary", 1, {"from": "0.1"})], [
        "evidence/vocabulary.csv line 3 (unlikely): from = '0.1', the scale must begin at 0; let each word begin where the one before ends",
    ]),
    ("word-scale", [("change", "vocabulary", 0, {"to": "0.9"})], [
        "evidence/vocabulary.csv line 2 (likely): to = '0.9', the scale must end at 1; let each word begin where the one before ends",
    ]),
    ("word-scale", [("change", "vocabulary", 0, {"to": ""})], [
        "evidence/vocabulary.csv line 2 (likely): to = '', must not be empty on a scale that probabilities select from; give the probability, or empty from and to of the whole scale",
    ]),
    ("word-scale", [("change", "vocabulary", 1, {"rank": "1"})], [
        "evidence/vocabulary.csv line 3 (unlikely): rank = '1', must differ within scale benefit; line 2 has it too; number the words in order",
    ]),
    ("word-cap", [("change", "vocabulary", 0, {"cap": "true"}), ("change", "vocabulary", 1, {"cap": "true"})], [
        "evidence/vocabulary.csv line 3 (unlikely): cap = 'true', one word of scale benefit may be its cap; line 2 is it already; set cap to false in the other rows",
    ]),
    ("dimension-order", [("change", "dimensions", 1, {"dimension": "2"})], [
        "evidence/dimensions.csv line 3 (2): dimension = '2', must be 1 on this line: dimensions count 0, 1, 2, ... in the order of the file; add new names at the end with the next number; never delete, reuse or move a line: that would change every later draw",
    ]),
    ("area-measure", [("change", "areas", 0, {"measure": "tree"})], [
        "evidence/areas.csv line 2 (E06000001/tree/31 March 2025): measure = 'tree', is not in evidence/area_measures.csv; did you mean 'trees'?",
    ]),
    ("area-value", [("change", "areas", 0, {"value_note": ""})], [
        "evidence/areas.csv line 2 (E06000001/trees/31 March 2025): value_note = '', must not be empty where value is; put the publisher's symbol or the reason into value_note",
    ]),
    ("area-region", [("change", "areas", 0, {"region": ""})], [
        "evidence/areas.csv line 2 (E06000001/trees/31 March 2025): region = '', must not be empty for a local authority; name the region as in the region's own rows",
    ]),
    ("area-name", [("add", "areas", 1, {"area": "Britain", "period": "2024", "period_end": "2024-12-31"})], [
        "evidence/areas.csv line 4 (E92000001/trees/2024): area = 'Britain', must be 'England', the name of E92000001 on line 3; use one spelling for the area",
    ]),
    ("period-end", [("change", "areas", 0, {"period_end": "2024-03-31"})], [
        "evidence/areas.csv line 2 (E06000001/trees/31 March 2025): period_end = '2024-03-31', must be 2025-03-31 for the period '31 March 2025'; correct period or period_end",
    ]),
    ("period-end", [("change", "areas", 0, {"period": "2024/25 academic year"})], [
        "evidence/areas.csv line 2 (E06000001/trees/2024/25 academic year): period_end = '2025-03-31', must be between 2025-07-01 and 2025-08-31 for the period '2024/25 academic year'; correct period or period_end",
    ]),
]


CASES += AGREEMENT + CERTAINTY + ECONOMIC + LOCAL + MONEY


@pytest.mark.parametrize(("rule", "changes", "expected"), CASES, ids=[f"{place}-{case[0]}" for place, case in enumerate(CASES)])
def test_broken_rule_gives_its_message_and_no_other(workspace, rule, changes, expected):
    for method, table, row, cells in changes:
        getattr(workspace, method)(table, row, **cells)
    assert workspace.problems() == expected


def test_every_rule_has_a_case():
    assert {case[0] for case in CASES} == {rule.name for rule in RULES}


def test_rule_names_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_no_rule_speaks_of_a_column_that_the_schema_lacks(workspace):
    for rule in RULES:
        for table in workspace.columns if rule.tables == ("*",) else rule.tables:
            if rule.tables != ("*",):
                assert set(rule.columns) <= set(workspace.columns[table]), rule.name


@pytest.mark.parametrize("changes", [
    {"pct_treat": "40", "pct_control": "25"},
    {"n_treat": "99", "pct_treat": "40.4"},
    {"n_treat": "99", "pct_treat": "40"},
    {"exclusion": "printed_inconsistent", "exclusion_reason": "the table and the text differ", "pct_treat": "60"},
    {"checked": "unverified", "locator": ""},
], ids=["agree", "one decimal", "whole per cent", "kept as printed", "unverified"])
def test_counts_row_that_is_right_gives_no_problem(workspace, changes):
    assert workspace.change("effects", **changes).problems() == []


@pytest.mark.parametrize("changes", [
    {"p": "0.03", "p_relation": "="},
    {"p": "0.026", "p_relation": "="},
    {"p": "0.05", "p_relation": "<"},
    {"p": "0.01", "p_relation": ">"},
    {"se": "0.18"},
    {"p": "0.4", "p_relation": "=", "exclusion": "printed_inconsistent", "exclusion_reason": "as printed"},
])
def test_interval_allows_for_rounding(workspace, changes):
    # log(2.14 / 1.05) / (2 x 1.96) = 0.182 and log(1.5) / 0.182 = 2.23, hence p = 0.026
    assert workspace.change("effects", 2, **changes).problems() == []


def test_interval_of_another_level_is_read_at_its_level(workspace):
    # The same standard error, 0.182, at 97.5 per cent: exp(log(1.5) -+ 2.2414 x 0.182) = 1.00 to 2.26
    workspace.change("effects", 2, ci_low="1.00", ci_high="2.26", ci_level="0.975", p="0.026", p_relation="=")
    assert workspace.problems() == []
    workspace.change("effects", 2, ci_level="0.95", p="0.009")
    assert len(workspace.problems()) == 1


def test_superseded_row_may_hold_the_same_numbers(workspace):
    workspace.add("effects", 0, effect_id="ash2010.home.b", superseded_by="ash2010.home")
    assert workspace.problems() == []


def test_two_instruments_with_the_same_arms_are_no_duplicates(workspace):
    empty = {"role": "known_null", "data_type": "none", "events_treat": "", "events_control": ""}
    workspace.change("effects", **empty)
    workspace.add("effects", 0, effect_id="ash2010.other", outcome_measure="another instrument")
    assert workspace.problems() == []


def test_one_group_may_be_active_once_in_each_total(workspace):
    workspace.change("pathways", perspective="societal").add("pathways", 0, pathway_id="oak.care-2", perspective="payer_budget")
    assert workspace.problems() == []


def test_refused_pathway_needs_no_references(workspace):
    workspace.add("pathways", 0, pathway_id="oak.other", active="false", construct="", unit_cost_id="", cash_class="")
    assert workspace.problems() == []


def test_rule_that_names_a_series_needs_no_value(workspace):
    workspace.add("parameters", 2, parameter_id="rule.schedule", group="rule", schedule="standard", distribution="fixed", value="", low="", high="")
    assert workspace.problems() == []


def test_discount_schedules_of_two_dates_stand_side_by_side(workspace):
    workspace.add("parameters", 0, parameter_id="discount.new", valid_from="2027-01-01", year_to="")
    assert workspace.problems() == []


def test_one_row_may_break_several_rules_and_all_are_told(workspace):
    workspace.change("effects", events_treat="120", direction="lower_is_better", locator="", n_control="many", study_id="elm2016")
    columns = [problem.split("= ")[0].split()[-1] for problem in workspace.problems()]
    assert sorted(columns) == ["direction", "events_treat", "locator", "n_control", "study_id"]


@pytest.mark.parametrize(("table", "column", "value"), REFUSED, ids=lambda each: str(each))
def test_what_the_schema_refuses_is_said_with_the_way_out(workspace, table, column, value):
    words = REFUSED[table, column, value]
    assert any(words in problem for problem in workspace.change(table, 0, **{column: value}).problems())


def test_money_s_problems_all_come_at_once(workspace):
    workspace.change("unit_costs", 0, payer="counci", value="-5", low="-9", high="-1").change("programme_costs", 0, value="-1")
    workspace.change("parameters", 1, year_from="40", value="3.5").change("parameters", 2, value="2").change("baselines", 0, construct="nothing")
    found = "\n".join(workspace.problems())
    for words in ("payer = 'counci'", "value = '-5'", "oak.gross): value = '-1'", "leaves a gap", "value = '3.5'", "share): ", "construct = 'nothing'"):
        assert words in found
