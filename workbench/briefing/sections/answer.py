"""Section 2: the short answer. Effect, certainty and value stand side by side and are never added up."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context, rows_behind, word_for
from workbench.briefing.figures import ChanceBar
from workbench.briefing.printed import Frequencies, chance, effect, is_ratio
from workbench.briefing.sections.checks import removed_sentence, verdict
from workbench.briefing.sections.value import value_axis
from workbench.briefing.tables import Answer, Axis, Bullets, Paragraph
from workbench.briefing.text import Text, joined, link, quoted, strong, text

PROBABILITY, CERTAINTY = "probability", "certainty"


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the three axes, the other main outcomes, safety, and how the answer was checked."""
    found: list[Any] = [Answer((effect_axis(ctx), certainty_axis(ctx), value_axis(ctx)))]
    others = [item for item in ctx.leads if item is not ctx.main]
    if others:
        found.append(Paragraph(text(strong(ctx.phrases.words("answer.others"))), "list-heading"))
        found.append(Bullets(tuple(_other(ctx, item) for item in others)))
    found.append(Paragraph(safety(ctx)))
    if ctx.main is not None:
        found.append(Paragraph(removed_sentence(ctx, ctx.main), "note"))
    found.append(Paragraph(text(ctx.phrases("page.curated"), " ", ctx.phrases("page.judgement")), "note"))
    return tuple(found)


def effect_axis(ctx: Context) -> Axis:
    """Say what the programme does to the first main outcome, in the vocabulary's words."""
    phrases, main = ctx.phrases, ctx.main
    heading = phrases("axis.effect")
    if main is None:
        return Axis("effect", heading, phrases("answer.nothing", strong=strong(phrases.words("answer.not_measured_word"))))
    if main.status not in MEASURED:
        return Axis("effect", heading, _no_answer(ctx, main), phrases("answer.outcome", name=quoted(main.construct["name"])))
    legend = phrases("answer.legend", **{name: chance(ctx, main, name) for name in ("benefit", "within", "harm")})
    return Axis("effect", heading, claim_sentence(ctx, main), natural_sentence(ctx, main), chance_bar(ctx, main), legend)


def _no_answer(ctx: Context, headline: Any) -> Text:
    phrases = ctx.phrases
    if headline.status == "not_measured":
        return phrases("answer.not_measured", strong=strong(phrases.words("answer.not_measured_word")), programme=quoted(ctx.name))
    return phrases("answer.no_pooled", strong=strong(phrases.words("answer.no_pooled_word")))


def claim_sentence(ctx: Context, headline: Any) -> Text:
    """Write the claim with its word; where no claim is as likely as not, that nothing is settled."""
    word = headline.word
    column = "harm_phrase" if word.claim == "harm" else "benefit_phrase"
    return ctx.phrases(
        f"answer.{word.claim}",
        word=strong(word.words),
        programme=quoted(ctx.name),
        outcome=quoted(headline.construct["name"]),
        claim=quoted(headline.construct[column]) or ctx.phrases(f"answer.claim_{column}"),
        unsettled=strong(ctx.phrases.words("answer.unsettled")),
    )


def natural_sentence(ctx: Context, headline: Any) -> Text:
    """Say the effect in numbers of people; on its own scale where there is no baseline risk."""
    phrases = ctx.phrases
    if headline.natural is None:
        return scale_sentence(ctx, headline)
    found = Frequencies(ctx, headline)
    same = found.with_.median.text == found.without.median.text
    return phrases(
        "natural.sentence_same" if same else "natural.sentence",
        denominator=found.denominator,
        units=quoted(headline.construct["unit_phrase"]) or phrases("natural.units"),
        event=quoted(headline.construct["event_phrase"]) or phrases("natural.event"),
        without=found.without.median,
        treated=phrases.interval(found.with_),
    )


def scale_sentence(ctx: Context, headline: Any) -> Text:
    """Say the effect on its own scale, and in points of a named instrument where its spread is on file."""
    found = effect(ctx, headline)
    if is_ratio(headline):
        return ctx.phrases("natural.ratio", effect=ctx.phrases.interval(found))
    return ctx.phrases("natural.smd", effect=ctx.phrases.interval(found))


def chance_bar(ctx: Context, headline: Any) -> ChanceBar:
    """Return the bar of the three probabilities."""
    found = headline.probabilities
    return ChanceBar(ctx.phrases.words("outcome.bar_title"), found.benefit, found.within, found.harm)


def certainty_axis(ctx: Context) -> Axis:
    """Say how certain the answer is, what it rests on, and why no stronger word is used."""
    phrases, main = ctx.phrases, ctx.main
    heading = phrases("axis.certainty")
    if main is None or main.status not in MEASURED:
        return Axis("certainty", heading, phrases("certainty.none", strong=strong(phrases.words("certainty.none_word"))))
    sentence = phrases("certainty.sentence", word=strong(certainty_word(ctx, main)))
    return Axis("certainty", heading, sentence, joined((rests_on(ctx, main), spread_sentence(ctx, main), cap_sentence(ctx, main)), " "))


def certainty_word(ctx: Context, headline: Any) -> str:
    """Return the word for certainty: that of the claim's probability, lowered where a reason for caution holds.

    A reason lowers it to the word of the probability at which the capped claim word begins, so that the two axes cannot
    contradict each other.
    """
    scale = ctx.scale(CERTAINTY)
    found = word_for(scale, headline.word.probability)
    if headline.word.capped:
        start = next(row["from"] for row in ctx.scale(PROBABILITY) if row["words"] == headline.word.words)
        found = min(found, word_for(scale, start), key=lambda row: row["from"])
    return found["words"]


def rests_on(ctx: Context, headline: Any) -> Text:
    """Say how many results, families and countries stand behind a headline."""
    phrases, path, rows = ctx.phrases, headline.construct["construct"], rows_behind(headline)
    studies = phrases.counted("studies", ctx.count(f"{path}/evidence/results", headline.k, rows, "results in the model", "results"))
    countries = joined((quoted(name) for name in headline.countries), ", ", " and ")
    if not headline.families:
        return phrases("certainty.no_families", studies=studies, countries=countries)
    families = phrases.counted("families", families_finding(ctx, headline))
    return phrases("certainty.support", studies=studies, families=families, countries=countries)


def families_finding(ctx: Context, headline: Any) -> Any:
    """Record the number of families behind a headline."""
    path = headline.construct["construct"]
    return ctx.count(f"{path}/evidence/families", headline.families, rows_behind(headline), "families or participants in the results used", "families")


def spread_sentence(ctx: Context, headline: Any) -> Text:
    """Say how far the effect in a new area could lie from the average; or that this is assumed."""
    if headline.k == 1:
        return ctx.phrases("certainty.spread_assumed")
    found = effect(ctx, headline)
    return ctx.phrases("certainty.spread" if is_ratio(headline) else "certainty.spread_smd", low=found.low, high=found.high)


def cap_sentence(ctx: Context, headline: Any) -> Text:
    """Say why no stronger word is used, where a reason holds."""
    reasons = headline.word.reasons
    if not reasons:
        return ()
    return ctx.phrases("certainty.capped", reasons=joined((ctx.phrases(f"reason.{name}") for name in reasons), "; ", "; and "))


def _other(ctx: Context, headline: Any) -> Text:
    said = verdict(ctx, headline.word, headline.status)
    if headline.status in MEASURED and headline.word.claim != "unclear":
        name = {"little_difference": "within"}.get(headline.word.claim, headline.word.claim)
        said = ctx.phrases("verdict.with_chance", verdict=said, chance=chance(ctx, headline, name))
    return ctx.phrases("answer.other", name=quoted(headline.construct["name"]), verdict=said)


def safety(ctx: Context) -> Text:
    """Say whether children's safety was measured at all."""
    measured = [item for item in ctx.measured if item.construct["safety"]]
    if not measured:
        return text(ctx.phrases("safety.none"), " ", ctx.phrases("safety.care"))
    names = joined((text(link(quoted(item.construct["name"]), f"#outcome-{item.construct['construct']}")) for item in measured), "; ")
    return text(ctx.phrases("safety.some", names=names), " ", ctx.phrases("safety.care"))
