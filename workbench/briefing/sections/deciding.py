"""The sentence that a decision turns on: what the programme must achieve to pay for itself, and what the evidence says of that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.briefing.context import MEASURED, Context, words_or_code
from workbench.briefing.findings import Basis, Finding
from workbench.briefing.formatting import denominator
from workbench.briefing.sections import sums
from workbench.briefing.tables import Paragraph
from workbench.briefing.text import Text, joined, quoted, strong, text


def decision(ctx: Context) -> list[Any]:
    """Return the closing paragraph of the short answer; nothing where no appraisal was run."""
    if ctx.appraisal is None:
        return []
    said = _valued(ctx) if ctx.appraisal.status == "valued" else _unvalued(ctx)
    return [Paragraph(joined((text(strong(ctx.phrases.words("decision.heading"))), said, _unsafe(ctx)), " "), "decision")]


def _unsafe(ctx: Context) -> Text:
    """Say in the same breath that safety was not measured, where it was not."""
    return () if any(item.construct["safety"] for item in ctx.measured) else ctx.phrases("decision.safety_not_measured")


def _valued(ctx: Context) -> Text:
    effects = ctx.appraisal.evaluation.break_even_effects
    said = [_must(ctx, found) for found in effects.values()] or [ctx.phrases("decision.out_of_reach", programme=quoted(ctx.name), horizon=_horizon(ctx))]
    return joined((*said, _chances(ctx)), " ")


def _horizon(ctx: Context) -> Finding:
    return sums.setting(ctx, "horizon", ctx.appraisal.evaluation.controls.horizon)


def _must(ctx: Context, found: Any) -> Text:
    """Say how many events more or fewer would pay, and how many the evidence says there are."""
    phrases, evaluation = ctx.phrases, ctx.appraisal.evaluation
    row, seen = ctx.evidence["outcomes"][found.construct], evaluation.differences[found.construct]
    people = _people(found.difference)
    sign, way = (1.0, "more") if found.difference >= 0 else (-1.0, "fewer")
    path = f"decision/{found.construct}"
    needed = sums.single(ctx, f"{path}/needed", people * abs(found.difference), "number", "effect at which the mean net present value is nought", f"of {people}")
    ends = sorted((sign * people * seen.low, sign * people * seen.high))
    basis = sums.basis(ctx, f"risk with the programme less risk without it, by draw, as {way}")
    evidence = ctx.ledger.interval(f"money/{path}/found", sign * people * seen.median, *ends, "frequency", basis, unit=f"of {people}")
    must = phrases(
        f"decision.must_{way}",
        programme=quoted(ctx.name),
        horizon=_horizon(ctx),
        denominator=sums.single(ctx, f"{path}/denominator", people, "count", "round number chosen for reading", "people"),
        units=quoted(row["unit_phrase"]) or phrases("natural.units"),
        needed=needed,
        event=quoted(row["event_phrase"]) or phrases("natural.event"),
    )
    minus = "_minus" if evidence.low.value < 0 else ""
    return joined((must, phrases(f"decision.found_{way}{minus}", found=phrases.interval(evidence))), " ")


def _people(difference: float) -> int:
    """Return the round number of people out of which a difference is told: the smallest in which it is five people or more."""
    return denominator(abs(difference))


def _chances(ctx: Context) -> Text:
    """Say the chance that it pays, and that in the budget of those who pay."""
    phrases, evaluation = ctx.phrases, ctx.appraisal.evaluation
    found = phrases("decision.chance", chance=sums.p_npv(ctx))
    budget = getattr(evaluation, "budget_npv", None)
    holders = evaluation.kernel.budget_holders
    if budget is None or not holders:
        return found
    method = "share of draws in which what comes back to the payers' budget exceeds what they pay"
    chance = sums.single(ctx, "decision/budget_chance", budget.probability(above=0.0), "probability", method, "probability")
    payers = joined((_small(words_or_code(phrases, "payer", name.replace(" ", "_"))) for name in holders), ", ", " and ")
    return joined((found, phrases("decision.budget", payers=payers, chance=chance)), " ")


def _small(parts: Text) -> Text:
    """Write a payer's name as running text has it: no capital where only the first word has one."""
    return tuple(replace(part, text=part.text.lower()) if part.text == part.text.capitalize() else part for part in parts)


def _unvalued(ctx: Context) -> Text:
    """What can be said where there is no net present value: events that would repay the cost, or the price of one more unit."""
    found = [item for item in getattr(ctx.appraisal.evaluation, "yardsticks", ()) if item.value is not None]
    return joined((_yardstick(ctx, item) for item in found), " ") or ctx.phrases("decision.nothing")


def _yardstick(ctx: Context, item: Any) -> Text:
    phrases, pathway = ctx.phrases, ctx.evidence["pathways"][item.pathway_id]
    rows = tuple(dict.fromkeys((*sums.pathway_rows(ctx, pathway), *sums.behind(ctx), *sums.effects_behind(ctx, pathway["construct"]))))
    path = f"money/yardstick/{item.pathway_id}"
    if item.kind == "events":
        basis = Basis("draws", rows, "mean cost over mean value of one event")
        per = ctx.ledger.number(f"{path}/per_hundred", 100 * item.value, "number", basis, unit="events per 100 families offered")
        hundred = ctx.ledger.number(f"{path}/denominator", 100, "count", Basis("exact", (), "round number chosen for reading"))
        said = phrases("decision.events", n=per, denominator=hundred, name=quoted(item.name), programme=quoted(ctx.name))
        measured = any(other.construct["construct"] == pathway["construct"] and other.status in MEASURED for other in ctx.headlines)
        return joined((said, phrases("money.ceiling") if item.ceiling else (), () if measured else phrases("decision.events_unmeasured")), " ")
    basis = Basis("draws", rows, "mean cost over mean effect")
    value = ctx.ledger.number(f"{path}/cost_per_unit", item.value, "money", basis, unit=f"GBP per {item.unit}")
    return phrases("decision.unit", value=value, unit=quoted(item.unit))
