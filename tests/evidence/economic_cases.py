"""Every rule on published results and neighbours, broken; see test_evidence_rules.py for how to read a case."""

from __future__ import annotations

CASES = [
    ("price-year", [("change", "published_results", 0, {"price_year": ""})], [
        "evidence/published_results.csv line 2 (oak.ratio): price_year = '', must not be empty, because price_year_basis is stated; state the year and its basis; 'none' leaves the row unvalued",
    ]),
    ("price-before-source", [("change", "published_results", 0, {"price_year": "2026"})], [
        "evidence/published_results.csv line 2 (oak.ratio): price_year = '2026', must not be after 2025, the year of office2025; check the price year and the reference",
    ]),
    ("published-figure", [("change", "published_results", 0, {"value": ""})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '', must not be empty where there is neither low nor high; give the figure, or the range where only a range is printed",
    ]),
    ("published-figure", [("change", "published_results", 0, {"low": "3", "high": "2.5", "value": ""})], [
        "evidence/published_results.csv line 2 (oak.ratio): low = '3', must not exceed high (2.5); swap them",
    ]),
    ("published-figure", [("change", "published_results", 0, {"low": "2", "high": "3"})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '1.5', must lie between low and high (2 to 3); check the figures and the kind against the source",
    ]),
    ("published-figure", [("change", "published_results", 0, {"currency": ""})], [
        "evidence/published_results.csv line 2 (oak.ratio): currency = '', must not be empty, because kind is ratio; name the currency, also of a ratio",
    ]),
    ("published-figure", [("change", "published_results", 0, {"kind": "probability", "currency": "", "price_year": "", "price_year_basis": "none"})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '1.5', must lie between 0 and 1, because kind is probability; write 0.25 for 25 per cent",
    ]),
    ("published-not-input", [("change", "published_results", 0, {"kind": "benefit", "value": "700"})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '700', is the figure of unit_costs.csv line 2, which the active pathway oak.care counts; delete the row: a figure that goes in cannot check what comes out",
    ]),
    ("published-not-input", [("change", "published_results", 0, {"kind": "net_benefit", "value": "1000"})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '1000', is the figure of programme_costs.csv line 2, which the active pathway oak.cost counts; delete the row: a figure that goes in cannot check what comes out",
    ]),
    ("figure-and-locator", [("change", "published_results", 0, {"value": "15", "locator": "page 6; the figure 1.5"})], [
        "evidence/published_results.csv line 2 (oak.ratio): value = '15', must be 1.5, the figure that the locator says to look for; check the figure against the source, then correct the cell or the locator",
    ]),
    ("figure-and-locator", [("change", "unit_costs", 0, {"low": "60", "locator": "page 4; the range 600 to 800"})], [
        "evidence/unit_costs.csv line 2 (week): low = '60', must be 600, the figure that the locator says to look for; check the figure against the source, then correct the cell or the locator",
    ]),
    ("neighbour-authority", [("surround", "neighbours", 0, {}), ("change", "neighbours", 9, {"neighbour_code": "E12000001"})], [
        "evidence/neighbours.csv line 11 (E06000001/10): neighbour_code = 'E12000001', each code must be a local authority in evidence/areas.csv; correct the code; neighbours are for authorities, not for regions or abolished councils",
    ]),
    ("neighbour-other", [("surround", "neighbours", 0, {}), ("change", "neighbours", 0, {"neighbour_code": "E06000001"})], [
        "evidence/neighbours.csv line 2 (E06000001/1): neighbour_code = 'E06000001', must not be the authority itself; check the codes against the publisher's table",
    ]),
    ("neighbour-other", [("surround", "neighbours", 0, {}), ("change", "neighbours", 1, {"neighbour_code": "E06000002"})], [
        "evidence/neighbours.csv line 3 (E06000001/2): neighbour_code = 'E06000002', is a neighbour of E06000001 already, on line 2; check the codes against the publisher's table",
    ]),
    ("neighbour-ranks", [("surround", "neighbours", 0, {}), ("drop", "neighbours", 3, {})], [
        "evidence/neighbours.csv line 2 (E06000001/1): rank = '1', E06000001 lacks rank 4; add the missing rows from the publisher's table",
    ]),
    ("neighbour-ranks", [("surround", "neighbours", 0, {}), ("add", "areas", 0, {"gss_code": "E06000099", "area": "Far Wood"})], [
        "evidence/neighbours.csv: gss_code = 'E06000099', each local authority in evidence/areas.csv needs its neighbours; add the missing rows from the publisher's table",
    ]),
]
