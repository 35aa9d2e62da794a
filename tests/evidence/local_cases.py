"""Every rule on chains of eligible families, local prices and comparisons, broken; see test_evidence_rules.py for how to read a case."""

from __future__ import annotations

_ROW = {"programme_id": "oak", "distribution": "fixed", "unit": "children", "checked": "full_text", "locator": "page 7", "judgement": "false", "cite": "office2025"}
FIRST = _ROW | {"eligibility_id": "oak.1", "order": "1", "name": "Trees", "kind": "population", "area_measure": "trees", "period": "year"}
SHARE = _ROW | {"eligibility_id": "oak.2", "order": "2", "name": "Share that are tall", "kind": "share", "value": "0.4", "low": "0.3", "high": "0.5", "distribution": "triangular"}
TOWARDS = _ROW | {"eligibility_id": "oak.3", "order": "3", "name": "Towards the wood's edge", "kind": "towards", "value": "0.6"}
PRICE = {"unit_cost_id": "week", "area_measure": "trees", "low": "500", "high": "900", "price_year": "2024", "period": "31 March 2025"}
OTHER = {"comparison_id": "oak.other", "programme_id": "oak", "result_id": "oak.ratio", "ours": "ratio", "per": "1", "benefit_input": "unit_costs/week", "cost_input": "programme_costs/oak.gross",
         "pathways": "care", "horizon": "a year", "discounting": "none", "effect": "a trial", "reason": "other prices", "cite": "office2025", "checked": "full_text", "locator": "page 8"}  # fmt: skip


def chain(*rows: dict[str, str]) -> list:
    return [("put", "eligibility", 0, row) for row in rows]


CASES = [
    ("chain-figures", chain(FIRST, SHARE | {"value": ""}), [
        "evidence/eligibility.csv line 3 (oak.2): value = '', must not be empty, because distribution is triangular; fill in what the source prints, or mark a range of your own as judgement",
    ]),
    ("chain-figures", chain(FIRST, SHARE | {"low": "0.6"}), [
        "evidence/eligibility.csv line 3 (oak.2): low = '0.6', must be below high (0.5); swap them; a value without a range is 'fixed'",
    ]),
    ("chain-figures", chain(FIRST, SHARE | {"value": "40", "low": "30", "high": "50"}), [
        "evidence/eligibility.csv line 3 (oak.2): high = '50', must not exceed 1, because kind is share; write 0.25 for 25 per cent",
        "evidence/eligibility.csv line 3 (oak.2): low = '30', must not exceed 1, because kind is share; write 0.25 for 25 per cent",
        "evidence/eligibility.csv line 3 (oak.2): value = '40', must not exceed 1, because kind is share; write 0.25 for 25 per cent",
    ]),
    ("chain-area", chain(FIRST | {"area_measure": "trres"}), [
        "evidence/eligibility.csv line 2 (oak.1): area_measure = 'trres', must be a measure of evidence/area_measures.csv; did you mean 'trees'?",
    ]),
    ("chain-area", chain(FIRST, _ROW | {"eligibility_id": "oak.2", "order": "2", "name": "Rate", "kind": "area_rate", "area_measure": "trees"}), [
        "evidence/eligibility.csv line 3 (oak.2): per = '', must not be empty, because kind is area_rate; give the number for which the rate is published, e.g. 10000",
    ]),
    ("chain-order", chain(FIRST, SHARE | {"order": "3"}), [
        "evidence/eligibility.csv line 3 (oak.2): order = '3', must be 2: the places of a chain follow one another; number the steps 1, 2, 3 and so on; give period on the first alone",
    ]),
    ("chain-order", chain(FIRST | {"period": ""}), [
        "evidence/eligibility.csv line 2 (oak.1): period = '', must not be empty on the first step; say year or moment",
    ]),
    ("chain-order", chain(FIRST, TOWARDS | {"order": "2"}), [
        "evidence/eligibility.csv line 3 (oak.3): kind = 'towards', towards must follow a share; number the steps 1, 2, 3 and so on; give period on the first alone",
    ]),
    ("chain-judgement", chain(FIRST, SHARE | {"checked": "unverified", "locator": ""}), [
        "evidence/eligibility.csv line 3 (oak.2): judgement = 'false', must be true where checked is unverified; find a source, or set judgement to true and give low and high",
    ]),
    ("chain-judgement", chain(FIRST, SHARE | {"judgement": "true", "distribution": "fixed", "low": "", "high": ""}), [
        "evidence/eligibility.csv line 3 (oak.2): distribution = 'fixed', must not be fixed where judgement is true; give low and high",
    ]),
    ("local-price-limits", [("put", "local_prices", 0, PRICE | {"low": "900", "high": "500"})], [
        "evidence/local_prices.csv line 2 (week): low = '900', must be above 0 and below high (500); swap the limits",
    ]),
    ("comparison-inputs", [("put", "comparisons", 0, OTHER | {"cost_input": "programme_costs/oak.grass"})], [
        "evidence/comparisons.csv line 2 (oak.other): cost_input = 'programme_costs/oak.grass', must be table/key of a row with a value; name the row, or leave all inputs empty where their arithmetic cannot be repeated",
    ]),
    ("comparison-inputs", [("put", "comparisons", 0, OTHER | {"factor": "0"})], [
        "evidence/comparisons.csv line 2 (oak.other): factor = '0', must be above 0; name the row, or leave all inputs empty where their arithmetic cannot be repeated",
    ]),
]
