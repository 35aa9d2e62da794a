"""How certain the answers are: the GRADE rating of each leading outcome and what is known under each EMMIE heading."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.findings import Basis, Finding
from workbench.briefing.tables import Column, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, link, quoted, strong, text
from workbench.certainty import Certainty, Domain, EmmieHeading, Fired, Signal, Standing, emmie, rate

SCALE = "certainty"
ANCHOR = "certainty"
#: How a signal is printed; those not named are counts.
_STYLES = {
    **dict.fromkeys(("risk_share", "selection_share", "unreported", "heterogeneity", "setting_share", "comparator_share", "other_programme_share",
                     "evaluator_share", "unprinted_share", "secondary_share"), "share"),
    "q_p": "probability", "asymmetry_p": "probability", "ratio": "ratio", "concerns": "number",
}  # fmt: skip


def certainty_blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the certainty of the leading outcomes with its reasons, and the EMMIE summary; nothing where no rules are on file."""
    rated = [(item, rate(item, ctx.evidence)) for item in ctx.leads]
    rated = [(item, found) for item, found in rated if found is not None]
    headings = emmie(ctx.evidence, ctx.programme, ctx.leads)
    found: list[Any] = []
    if rated:
        found += [Heading(ctx.phrases("grade.heading"), ANCHOR), Paragraph(ctx.phrases("grade.intro")), _grade_table(ctx, rated)]
    if headings:
        found += [Heading(ctx.phrases("emmie.heading"), "emmie"), Paragraph(ctx.phrases("emmie.intro")), _emmie_table(ctx, headings)]
    return tuple(found)


def word_of(ctx: Context, level: int) -> str:
    """Return the vocabulary's word for a level of certainty."""
    return next(row["words"] for row in ctx.scale(SCALE) if row["rank"] == level)


def rated_word(ctx: Context, headline: Any) -> str:
    """Return the word for the certainty of an answer, by the rules and reviewers; that it is not rated where there are no rules."""
    found = rate(headline, ctx.evidence)
    return ctx.phrases.words("certainty.none_word") if found is None else word_of(ctx, found.level)


def why(ctx: Context, headline: Any) -> Text:
    """Say in one sentence where the certainty comes from: its start, what lowers it, and who stands behind it."""
    found = rate(headline, ctx.evidence)
    if found is None:
        return ()
    start = ctx.phrases("grade.start_at", word=word_of(ctx, found.start), design=ctx.phrases(f"grade.design.{found.start_rule.rule.basis}"))
    lowered = [ctx.phrases(f"grade.domain.{item.name}") for item in found.domains if item.level]
    names = ctx.phrases("grade.lowered", domains=joined(lowered, ", ", " and ")) if lowered else ctx.phrases("grade.not_lowered")
    return joined((start, names, ctx.phrases("grade.state_sentence", state=link(_state(ctx, found), f"#{ANCHOR}"))), " ")


def _state(ctx: Context, found: Certainty) -> Text:
    return ctx.phrases(f"grade.state.{found.judged}")


def _grade_table(ctx: Context, rated: list[tuple[Any, Certainty]]) -> Table:
    columns = tuple(Column(ctx.phrases(f"grade.{name}")) for name in ("domain_column", "rating", "why"))
    lines = [made for item, found in rated for made in _outcome(ctx, item, found)]
    return Table("certainty-table", ctx.phrases("grade.caption"), columns, tuple(lines))


def _outcome(ctx: Context, headline: Any, found: Certainty) -> list[Line]:
    """The lines of one outcome: its certainty, the domains that lower it, and in one line those that do not."""
    name = headline.construct["construct"]
    head = ctx.phrases("grade.outcome", name=quoted(headline.construct["name"]), word=strong(word_of(ctx, found.level)), state=_state(ctx, found))
    start = ctx.phrases("grade.start_line", design=ctx.phrases(f"grade.design.{found.start_rule.rule.basis}"))
    lines = [line(head, group=True, id=f"certainty-{name}"), line(start, text(word_of(ctx, found.start)), ())]
    kept = [item for item in found.domains if not item.level and not item.standing.judged]
    lines += [_domain(ctx, name, item) for item in found.domains if item not in kept]
    if kept:
        first, *others = kept
        names = joined((_domain_name(ctx, first.name), *(ctx.phrases(f"grade.domain.{item.name}") for item in others)), ", ")
        lines.append(line(names, ctx.phrases("grade.rating_words.not_serious"), _unjudged(ctx, kept)))
    lines += [line(ctx.phrases("grade.domain.effect_size"), ctx.phrases("grade.raised"), _reason(ctx, name, item)) for item in found.raised]
    if found.capped:
        lines.append(line(ctx.phrases("grade.ceiling"), text(word_of(ctx, found.ceiling or 0)), ctx.phrases("grade.ceiling_why")))
    if found.standing.judgement is not None:
        lines.append(line(ctx.phrases("grade.whole"), text(word_of(ctx, found.level)), _judgement(ctx, found.standing, SCALE)))
    return lines


def _domain_name(ctx: Context, name: str) -> Text:
    words = ctx.phrases.words(f"grade.domain.{name}")
    return text(words[:1].upper() + words[1:])


def _domain(ctx: Context, construct: str, domain: Domain) -> Line:
    reasons = [_reason(ctx, construct, item) for item in domain.reasons]
    return line(
        _domain_name(ctx, domain.name),
        cell(ctx.phrases(f"grade.rating_words.{domain.standing.rating or 'not_serious'}")),
        cell(joined(reasons, " "), _judgement(ctx, domain.standing, "rating_words")),
    )


def _reason(ctx: Context, construct: str, fired: Fired) -> Text:
    """The reason of one rule, with the figures that met it; the rule's own note where the phrases have no words for it."""
    rule = fired.rule
    name = f"grade.reason.{rule.domain}.{rule.name.replace('-', '_')}"
    if name not in ctx.phrases:
        return joined((quoted(ctx.evidence["certainty_rules"][condition.row]["note"]) for condition, _ in fired.signals), " ")
    words = ctx.phrases.words(name)
    printed = [(condition, signal) for condition, signal in fired.signals if f"{{{condition.signal}}}" in words]
    filling = {condition.signal: _figure(ctx, construct, rule.domain, condition, signal) for condition, signal in printed}
    return ctx.phrases(name, **filling)


def _figure(ctx: Context, construct: str, domain: str, condition: Any, signal: Signal) -> Finding:
    """The figure of a signal; it rests on the rows counted and on the row of the rule that it met."""
    rows = (*signal.rows, f"certainty_rules/{condition.row}")
    basis = Basis("exact", rows, f"signal {condition.signal} of the rule {condition.row}")
    style = _STYLES.get(condition.signal, "count")
    path = f"{construct}/certainty/{domain}/{condition.signal}"
    return ctx.ledger.number(path, signal.value, style, basis, unit=condition.signal.replace("_", " "))


def _unjudged(ctx: Context, domains: list[Domain]) -> Text:
    """Say what could not be judged in domains that take no level."""
    names = dict.fromkeys(name for item in domains for name in item.unjudged if f"grade.unjudged.{name}" in ctx.phrases)
    return joined((ctx.phrases(f"grade.unjudged.{name}") for name in names), " ")


def _judgement(ctx: Context, standing: Standing, words: str) -> Text:
    """Say who confirmed or overruled a draft, and why; nothing for a draft."""
    made = standing.judgement
    if made is None:
        return ()
    drafted = text(_rating_words(ctx, made.drafted, words))
    return ctx.phrases(f"grade.judged.{standing.state}", name=quoted(made.name), drafted=drafted, date=quoted(made.date, "date"), reason=quoted(made.reason))


def _rating_words(ctx: Context, code: str, words: str) -> str:
    return code.replace("_", " ") if words == SCALE else ctx.phrases.words(f"{'emmie' if words == 'level' else 'grade'}.{words}.{code}")


def _emmie_table(ctx: Context, headings: tuple[EmmieHeading, ...]) -> Table:
    columns = tuple(Column(ctx.phrases(f"emmie.{name}")) for name in ("heading_column", "known", "what"))
    state = "all" if all(item.standing.judged for item in headings) else "part" if any(item.standing.judged for item in headings) else "none"
    caption = text(ctx.phrases("emmie.caption"), " ", ctx.phrases(f"grade.state.{state}"), ".")
    return Table("emmie-table", caption, columns, tuple(_emmie_line(ctx, item) for item in headings))


def _emmie_line(ctx: Context, heading: EmmieHeading) -> Line:
    known = ctx.phrases(f"emmie.level.{heading.standing.rating}") if heading.standing.rating else ()
    judged = _judgement(ctx, heading.standing, "level")
    said = () if not heading.level and not any(signal.value for signal in heading.signals.values()) else _emmie_said(ctx, heading)
    return line(ctx.phrases(f"emmie.name.{heading.name}"), cell(known), cell(said or ctx.phrases("emmie.nothing"), judged))


def _emmie_said(ctx: Context, heading: EmmieHeading) -> Text:
    filling: dict[str, Any] = {}
    for name, signal in heading.signals.items():
        if name == SCALE:  # said as a word
            filling[name] = word_of(ctx, int(signal.value)) if signal.value else ctx.phrases("certainty.none_word")
            continue
        basis = Basis("table", signal.rows, f"signal {name} of EMMIE")
        filling[name] = ctx.ledger.number(f"emmie/{heading.name}/{name}", signal.value, "count", basis, unit=name.replace("_", " "))
    name = f"emmie.said.{heading.name}"
    return ctx.phrases(name, **filling) if name in ctx.phrases else ()
