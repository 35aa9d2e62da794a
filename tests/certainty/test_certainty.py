"""Certainty by rule: signals on invented results, levels by GRADE's own arithmetic, and reviewers' judgements laid over them."""

from __future__ import annotations

import json
from types import SimpleNamespace as Thing

import numpy as np
import pytest

import workbench as wb
from workbench.certainty import SIGNALS, emmie, rate, read_rules
from workbench.certainty.emmie import PROGRAMME_SIGNALS
from workbench.certainty.judgements import Judgement, standing
from workbench.certainty.rating import bounded, lost
from workbench.certainty.rules import Condition
from workbench.certainty.signals import Facts, inside, weighted
from workbench.synthesis import headline


class Fit:
    """A model whose intervals are given."""

    def __init__(self, mu, new):
        self.intervals = {"mu": mu, "theta_new": new}

    def interval(self, name):
        return self.intervals[name]


def result(name="one", weight=1.0, **study):
    known = {"study_id": name, "setting": "uk", "comparator_class": "usual_services", "evaluator": "independent", "primary_result": "benefit"} | study
    row = {"effect_id": f"{name}.e", "programme_id": study.get("programme_id", "oak"), "primary_outcome": True}
    return Thing(row=row, study=known, weight=weight, y=0.5, se=0.1, kind=study.get("kind", "study"))


def answer(*used, mu=(0.3, 0.7), new=(0.25, 0.75), basis="randomised", families=1000, twin=None, measure="OR", kind="official_record", reasons=(), limits=(-0.1, 0.1)):
    return Thing(
        fit=Fit(mu, new), used=used, k=len(used), basis=basis, families=families, twin=twin, measure=measure, scenarios={}, programme_id="oak",
        construct={"construct": "home-event-record", "source_kind": kind}, word=Thing(reasons=reasons), small_study=Thing(tested=False),
        thresholds=tuple(np.array([limit, limit]) for limit in limits),
    )  # fmt: skip


def seen(name, found, evidence, codes=(), **facts):
    return SIGNALS[name](Facts(found, evidence, **facts), codes)


@pytest.fixture
def tables(furnished):
    """The real rules over an invented workspace."""
    return wb.load(furnished.root)


def test_shares_are_shares_of_the_weight(tables):
    found = answer(result(weight=0.75, setting="non_uk", evaluator="developer_led"), result("two", 0.25))
    assert seen("setting_share", found, tables, ("uk",)).value == pytest.approx(0.25)
    assert seen("evaluator_share", found, tables, ("developer_led",)).value == pytest.approx(0.75)
    assert seen("evaluator_share", found, tables, ("developer_led",)).rows == ("studies/one",)
    assert weighted((), float) == 0.0


def test_a_single_study_has_its_own_interval_and_the_average_is_read_before_judged_adjustments(tables):
    alone = answer(result())
    assert seen("thresholds_inside", alone, tables).value == 0  # 0.5 +- 0.196 lies beyond 0.1
    assert seen("spread_beyond", alone, tables) is None
    two = answer(result(), result("two"), mu=(-0.3, 0.3))
    assert seen("thresholds_inside", two, tables).value == 2
    two.scenarios["judgement_zero"] = Thing(fit=Fit((0.2, 0.4), (-0.2, 0.8)))
    assert seen("thresholds_inside", two, tables).value == 0 and seen("spread_beyond", two, tables).value == 2


def test_a_limit_on_the_edge_is_not_inside():
    assert inside((0.1, 0.5), (-0.1, 0.1)) == 0 and inside((0.0, 0.5), (-0.1, 0.1)) == 1 and inside((-0.2, 0.5), (-0.1, 0.1)) == 2


def test_risk_of_bias_counts_domains_but_not_those_counted_elsewhere(furnished):
    row = {"tool": "ROBINS-I", "checked": "abstract", "locator": "p", "cite": "ash2010", "study_id": "ash2010"}
    domains = {"Confounding": "serious", "Missing data": "moderate", "Selection of participants": "not reported"}
    furnished.rows["quality"] = [row | {"quality_id": f"ash2010.{n}", "domain": domain, "judgement": said} for n, (domain, said) in enumerate(domains.items())]
    evidence = wb.load(furnished.save().root)
    found = answer(result("ash2010", 0.6), result("elm2015", 0.4), basis="quasi_experimental")
    assert seen("risk_share", found, evidence, ("serious",)).value == pytest.approx(0.6)
    assert seen("risk_share", found, evidence, ("serious",), set_aside=("Confounding",)).value == 0
    assert seen("concerns", found, evidence, ("moderate", "serious")).value == pytest.approx(1.2)
    # two thirds of what is left is known of the first, nothing of the second, which nobody assessed
    assert seen("unreported", found, evidence, set_aside=("Confounding",)).value == pytest.approx(0.6 * 0.5 + 0.4)
    assert seen("unreported", found, evidence).value == pytest.approx(0.6 / 3 + 0.4)


def test_what_was_never_assessed_is_unjudged_not_fine(tables):
    assert seen("risk_share", answer(result()), tables, ("high",)) is None
    assert seen("unreported", answer(result()), tables).value == 1


def test_a_large_effect_is_read_at_the_limit_nearest_to_no_difference(tables):
    found = answer(result(), result("two"), mu=(np.log(2.1), 3.0))
    assert seen("ratio", found, tables).value == pytest.approx(2.1)
    assert seen("ratio", answer(result(), result("two"), mu=(-0.2, 3.0)), tables).value == 1
    assert seen("ratio", answer(result(), measure="SMD"), tables) is None


# Start and steps as GRADE's table of methods prints them (BMJ Open, highwire markup 254995): randomised high, observational
# low; serious -1, very serious -2; four categories from very low to high.
@pytest.mark.parametrize(("start", "steps", "expected"), [(4, (), 4), (4, (-1,), 3), (4, (-1, -2), 1), (4, (-2, -2), 1), (2, (-1,), 1), (2, (1,), 3), (2, (1, 1), 4)])
def test_levels_add_up_and_stay_on_the_scale(start, steps, expected):
    assert bounded(start + sum(steps), 1, 4, None) == expected
    assert bounded(start + sum(steps), 1, 4, 2) == min(expected, 2)


def test_a_domain_takes_no_more_than_its_floor():
    taken = [Thing(levels=-1)] * 3
    assert lost(taken, -2) == -2 and lost(taken, None) == -3 and lost([], -2) == 0


def test_limits_of_a_condition_are_inclusive():
    assert Condition("r", "s", 0.5, None).holds(0.5) and not Condition("r", "s", 0.5, None).holds(0.49)
    assert Condition("r", "s", None, 399.0).holds(399) and not Condition("r", "s", None, 399.0).holds(400)


def test_randomised_starts_high_and_other_evidence_low_with_its_reasons_named(tables):
    trial = rate(answer(result(), result("two", setting="non_uk"), families=399), tables)
    assert trial.start == 4 and trial.start_rule.rule.basis == "randomised"
    found = {item.name: [fired.rule.name for fired in item.reasons] for item in trial.domains}
    assert found["imprecision"] == ["size"] and found["indirectness"] == ["country"] and found["risk_of_bias"] == ["unreported"]
    assert trial.drafted == trial.level == 1 and trial.standing.state == "draft" and trial.judged == "none"
    assert rate(answer(result(), basis="quasi_experimental"), tables).start == 2


def test_a_reason_for_caution_is_a_ceiling(furnished):
    furnished.rows["certainty_rules"] = [row for row in furnished.rows["certainty_rules"] if row["kind"] != "lower" or row["rule"] == "size"]
    evidence = wb.load(furnished.save().root)
    assert rate(answer(result()), evidence).level == 4
    capped = rate(answer(result(), reasons=("only_self_report",)), evidence)
    assert capped.level == 2 and capped.ceiling == 2 and capped.capped


def test_only_an_unblemished_comparison_is_raised(furnished):
    furnished.rows["certainty_rules"] = [row for row in furnished.rows["certainty_rules"] if row["kind"] != "lower" or row["rule"] == "size"]
    evidence = wb.load(furnished.save().root)
    strong = {"mu": (np.log(2.5), 2.0), "new": (0.8, 2.2), "basis": "quasi_experimental"}
    assert rate(answer(result(), result("two"), **strong), evidence).level == 3
    assert rate(answer(result(), result("two"), **strong, families=100), evidence).level == 1
    assert rate(answer(result(), result("two"), mu=strong["mu"], new=strong["new"]), evidence).level == 4  # a trial is not raised beyond high


def test_without_rules_or_answer_nothing_is_rated(furnished, tables):
    assert rate(Thing(fit=None), tables) is None
    furnished.rows["certainty_rules"] = []
    assert rate(answer(result()), wb.load(furnished.save().root)) is None


JUDGED = {"judgement_id": "one", "programme_id": "oak", "construct": "home-event-record", "framework": "GRADE", "domain": "risk_of_bias", "drafted": "serious",
          "decision": "overrule", "rating": "not_serious", "reason": "The full report was read.", "name": "A. Reviewer", "date": "2026-03-01"}  # fmt: skip


def test_a_reviewer_overrules_confirms_or_speaks_of_an_earlier_draft(furnished):
    def rated(**cells):
        furnished.rows["judgements"] = [JUDGED | cells]
        return rate(headline(wb.load(furnished.save().root), "oak", "home-event-record"), wb.load(furnished.root))

    draft = rated(programme_id="oak", domain="imprecision", drafted="very_serious", decision="confirm", rating="very_serious")
    risk = next(item for item in draft.domains if item.name == "risk_of_bias")
    assert risk.standing.state == "draft" and risk.level == -1
    changed = rated()
    risk = next(item for item in changed.domains if item.name == "risk_of_bias")
    assert (risk.standing.state, risk.level, risk.drafted) == ("overruled", 0, -1) and changed.judged == "part"
    assert changed.level >= draft.level
    stale = rated(drafted="very_serious", rating="serious")
    risk = next(item for item in stale.domains if item.name == "risk_of_bias")
    assert risk.standing.state == "stale" and risk.level == -1 and stale.judged == "none"
    code = {1: "very_low", 2: "low", 3: "moderate", 4: "high"}
    whole = rated(domain="certainty", drafted=code[draft.level], rating="moderate" if draft.level != 3 else "low")
    assert whole.level == (3 if draft.level != 3 else 2) and whole.drafted == draft.drafted and whole.judged == "all"


def test_a_judgement_of_another_draft_changes_nothing():
    made = Judgement("one", "imprecision", "serious", "overrule", "not_serious", "because", "A. Reviewer", None)
    assert standing("serious", made).rating == "not_serious" and standing("serious", made).judged
    assert standing("very_serious", made).rating == "very_serious" and not standing("very_serious", made).judged


def test_the_schema_allows_exactly_the_signals_that_are_computed(root):
    package = json.loads((root / "evidence" / "datapackage.json").read_text(encoding="utf-8"))
    fields = next(item for item in package["resources"] if item["name"] == "certainty_rules")["schema"]["fields"]
    allowed = next(item for item in fields if item["name"] == "signal")["constraints"]["enum"]
    assert set(allowed) == set(SIGNALS) | set(PROGRAMME_SIGNALS)


def test_the_real_rules_name_every_domain_and_their_scales(evidence):
    book = read_rules(evidence, "GRADE")
    assert set(book.domains) == {"risk_of_bias", "inconsistency", "indirectness", "imprecision", "reporting"} == set(book.floors)
    assert dict(book.scale("certainty")) == {"very_low": 1, "low": 2, "moderate": 3, "high": 4} and book.scale("imprecision")["very_serious"] == -2
    ranks = {row["rank"] for row in evidence["vocabulary"].where(scale="certainty")}
    assert ranks == set(book.scale("certainty").values())
    assert book.aside("randomised") == ("Selection of the reported result",) and "Confounding" in book.aside("non_randomised")
    assert read_rules(evidence, "EMMIE").domains == ("effect", "mechanism", "moderators", "implementation", "economics")


def test_no_reviewer_is_invented(evidence):
    assert evidence["judgements"].rows == ()


def test_emmie_says_what_is_not_reported(tables):
    headings = {item.name: item for item in emmie(tables, tables["programmes"]["oak"], [headline(tables, "oak", "home-event-record")])}
    assert headings["mechanism"].standing.rating == "not_reported" and headings["economics"].standing.rating == "studied"
    assert headings["effect"].standing.rating == "partly" and headings["implementation"].level == 0


def test_emmie_counts_steps_of_the_map_and_conditions_apart(furnished):
    boxes = {"visit": ("activity", 0), "trust": ("change", 1), "home": ("outcome", 2), "money": ("condition", 0)}
    furnished.rows["causal_nodes"] = [{"node_id": f"oak.{name}", "programme_id": "oak", "name": name, "kind": kind, "layer": str(layer)} for name, (kind, layer) in boxes.items()]
    link = {"programme_id": "oak", "sign": "increases", "finding": "as they say", "cite": "ash2010", "checked": "abstract", "locator": "p"}
    ends = [("visit", "trust", "claimed", ""), ("trust", "home", "measured", "mixed"), ("visit", "home", "measured", "supported"), ("money", "trust", "observed", "")]
    furnished.rows["causal_links"] = [
        link | {"link_id": f"oak.{a}.{b}", "from_id": f"oak.{a}", "to_id": f"oak.{b}", "status": status, "result": shown} for a, b, status, shown in ends
    ]
    evidence = wb.load(furnished.save().root)
    headings = {item.name: item for item in emmie(evidence, evidence["programmes"]["oak"], [])}
    assert headings["mechanism"].signals["links"].value == 2 and headings["mechanism"].signals["links_tested"].value == 1
    assert headings["mechanism"].standing.rating == "partly" and headings["moderators"].signals["moderators_seen"].value == 1
    assert headings["effect"].standing.rating == "not_reported"
