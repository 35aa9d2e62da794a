"""Every rule on certainty and causal maps, broken; see test_evidence_rules.py for how to read a case."""

from __future__ import annotations

_RULE = {"judgement": "true", "checked": "unverified", "framework": "GRADE"}
SCALE = _RULE | {"rule_id": "scale.serious", "domain": "each", "kind": "scale", "codes": "serious", "levels": "-1"}
FINE = _RULE | {"rule_id": "scale.fine", "domain": "each", "kind": "scale", "codes": "not_serious", "levels": "0"}
LOWER = _RULE | {"rule_id": "few", "domain": "imprecision", "kind": "lower", "rule": "few", "signal": "families", "at_most": "400", "basis": "all", "levels": "-1"}
JUDGED = {"judgement_id": "one", "programme_id": "oak", "construct": "home-event-record", "framework": "GRADE", "domain": "imprecision", "drafted": "serious",
          "decision": "overrule", "rating": "not_serious", "reason": "The trial was large enough.", "name": "A. Reviewer", "date": "2026-03-01"}  # fmt: skip
BOX = {"programme_id": "oak", "kind": "change", "layer": "1"}
LINK = {"programme_id": "oak", "from_id": "oak.visit", "to_id": "oak.trust", "sign": "increases", "status": "claimed", "finding": "They say so.",
        "cite": "ash2010", "checked": "abstract", "locator": "page 2"}  # fmt: skip


def rules(*rows: dict[str, str]) -> list:
    return [("put", "certainty_rules", 0, row) for row in (SCALE, FINE, *rows)]


def judged(**cells: str) -> list:
    return [*rules(LOWER), ("put", "judgements", 0, JUDGED | cells)]


def drawn(*links: dict[str, str]) -> list:
    names = ("visit", "trust", "home")
    boxes = [("put", "causal_nodes", 0, BOX | {"node_id": f"oak.{name}", "name": name, "layer": str(layer)}) for layer, name in enumerate(names)]
    return [*boxes, *(("put", "causal_links", 0, LINK | {"link_id": f"link.{number}"} | link) for number, link in enumerate(links))]


BACK = {"from_id": "oak.trust", "to_id": "oak.visit", "loop": "round", "loop_type": "reinforcing"}
THERE = {"loop": "round", "loop_type": "reinforcing"}
_LOOP = "an even number of links that decrease makes it reinforcing, an odd number balancing"
_DRAFT = "name a programme with a briefing, one of its lead constructs (none for EMMIE) and a domain of certainty_rules.csv"
_KIND = "a rule names itself, its signal, a limit and its levels; a scale its code and level; a floor its levels"

CASES = [
    ("certainty-rule", rules(LOWER | {"at_most": ""}), [
        "evidence/certainty_rules.csv line 4 (few): at_least = '', must not be empty where at_most is too; give the limit that the signal must keep",
    ]),
    ("certainty-rule", rules(LOWER | {"at_least": "500"}), [
        "evidence/certainty_rules.csv line 4 (few): at_least = '500', must not exceed at_most (400); swap them",
    ]),
    ("certainty-rule", rules(LOWER | {"signal": ""}), [
        f"evidence/certainty_rules.csv line 4 (few): signal = '', must not be empty, because kind is lower; {_KIND}",
    ]),
    ("certainty-direction", rules(LOWER | {"levels": "1"}), [
        "evidence/certainty_rules.csv line 4 (few): levels = '1', must be below 0, because kind is lower; a lower takes levels (-1), a raise gives them (1)",
    ]),
    ("certainty-conjunction", rules(LOWER, LOWER | {"rule_id": "few.2", "signal": "results", "levels": "-2"}), [
        "evidence/certainty_rules.csv line 5 (few.2): levels = '-2', must be -1, as in line 4, the first row of the rule; give them the same levels and basis, or another rule name",
    ]),
    ("judgement-draft", judged(domain="imprecission"), [
        "evidence/judgements.csv line 2 (one): domain = 'imprecission', is not drafted under GRADE; did you mean 'imprecision'?",
    ]),
    ("judgement-draft", judged(construct="behaviour-score-parent"), [
        f"evidence/judgements.csv line 2 (one): construct = 'behaviour-score-parent', must be a lead construct of oak; {_DRAFT}",
    ]),
    ("judgement-rating", judged(rating="mild"), [
        "evidence/judgements.csv line 2 (one): rating = 'mild', must be one of serious, not_serious; a confirmed rating is the drafted one, an overruled one is another",
    ]),
    ("judgement-rating", judged(decision="confirm"), [
        "evidence/judgements.csv line 2 (one): rating = 'not_serious', must be serious, because the draft is confirmed; to set another rating, write overrule",
    ]),
    ("judgement-rating", judged(rating="serious"), [
        "evidence/judgements.csv line 2 (one): rating = 'serious', must differ from the draft, because it is overruled; to keep the draft, write confirm",
    ]),
    ("judgement-words", judged(reason="ok"), [
        "evidence/judgements.csv line 2 (one): reason = 'ok', must hold at least 3 words; write who judged, and why",
    ]),
    ("judgement-once", [*judged(), ("put", "judgements", 0, JUDGED | {"judgement_id": "two", "name": "B. Reviewer"})], [
        "evidence/judgements.csv line 3 (two): domain = 'imprecision', is judged already, on line 2; keep the one that holds, and delete the other",
    ]),
    ("causal-name", [("put", "causal_nodes", 0, BOX | {"node_id": "oak.long", "name": "x" * 61})], [
        f"evidence/causal_nodes.csv line 2 (oak.long): name = '{'x' * 61}', a name must fit its box, 60 characters; shorten it, and put the rest into note",
    ]),
    ("causal-ends", drawn({"programme_id": "oak-group"}), [
        "evidence/causal_links.csv line 2 (link.0): from_id = 'oak.visit', belongs to the map of oak; correct the ends, or the programme",
        "evidence/causal_links.csv line 2 (link.0): to_id = 'oak.trust', belongs to the map of oak; correct the ends, or the programme",
    ]),
    ("causal-ends", drawn({"to_id": "oak.visit"}), [
        "evidence/causal_links.csv line 2 (link.0): to_id = 'oak.visit', must stand in another layer than from_id; move one of the two boxes to another column of the drawing",
    ]),
    ("causal-once", drawn({}, {}), [
        "evidence/causal_links.csv line 3 (link.1): to_id = 'oak.trust', is joined to oak.visit already, on line 2; merge the two links",
    ]),
    ("causal-result", drawn({"status": "measured"}), [
        "evidence/causal_links.csv line 2 (link.0): result = '', must not be empty, because status is measured; fill in result for a measured link, not_seen where it was not read; empty it for others",
    ]),
    ("causal-source", drawn({"cite": ""}), [
        "evidence/causal_links.csv line 2 (link.0): cite = '', must not be empty; cite the source; a mechanism without one is not drawn",
    ]),
    ("causal-source", drawn({"checked": "unverified"}), [
        "evidence/causal_links.csv line 2 (link.0): checked = 'unverified', must not be unverified: a remembered mechanism is not drawn; read the source, or delete the link",
    ]),
    ("causal-loop", drawn(THERE), [
        "evidence/causal_links.csv line 2 (link.0): loop = 'round', the links of round do not close one circle; add the missing link, or take one out",
    ]),
    ("causal-loop", drawn(THERE, BACK | {"sign": "decreases"}), [
        f"evidence/causal_links.csv line {line} (link.{line - 2}): loop_type = 'reinforcing', must be balancing, by the signs of its links; {_LOOP}" for line in (2, 3)
    ]),
]
