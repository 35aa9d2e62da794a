"""Section 2: the short answer. Effect, certainty and value stand side by side and are never added up."""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbench.briefing.context import MEASURED, Context, country_words, measure_words, row_name, rows_behind
from workbench.briefing.figures import ChanceBar
from workbench.briefing.findings import rows_of
from workbench.briefing.printed import Frequencies, chance, effect, fit_basis, is_ratio, printed_interval
from workbench.briefing.sections.certainty import rated_word, why
from workbench.briefing.sections.checks import removed_sentence, verdict
from workbench.briefing.sections.deciding import decision
from workbench.briefing.sections.people import people
from workbench.briefing.sections.value import value_axis
from workbench.briefing.tables import Answer, Axis, Bullets, Paragraph
from workbench.briefing.text import Text, joined, link, quoted, strong, text

#: What a source reports -> how it is counted up front.
TOLD = {"benefit": "benefit", "not_significant": "null", "harm": "harm"}
PROBABILITY, CERTAINTY = "probability", "certainty"


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the three axes, the answer in people, the other main outcomes, safety, how it was checked, and what a decision turns on."""
    found: list[Any] = [Answer((effect_axis(ctx), certainty_axis(ctx), value_axis(ctx))), *people(ctx)]
    others = [item for item in ctx.leads if item is not ctx.main]
    if others:
        found.append(Paragraph(text(strong(ctx.phrases.words("answer.others"))), "list-heading"))
        found.append(Bullets(tuple(_other(ctx, item) for item in others)))
    found.append(Paragraph(joined((safety(ctx), tally(ctx)), " ")))
    if ctx.main is not None:
        found.append(Paragraph(removed_sentence(ctx, ctx.main), "note"))
    found.append(Paragraph(text(ctx.phrases("page.curated"), " ", ctx.phrases("page.judgement")), "note"))
    return (*found, *decision(ctx))


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
        return ctx.phrases("natural.ratio", effect=ctx.phrases.interval(found), measure=measure_words(ctx.phrases, headline.measure, capital=False))
    side = "higher" if headline.direction == "higher_is_better" else "lower"
    shift = ctx.phrases("natural.smd", effect=ctx.phrases.interval(found), direction=ctx.phrases.words(f"outcome.direction_{side}"))
    scales = ctx.evidence["baselines"].where(construct=headline.construct["construct"], kind="scale")
    return joined((shift, *(_points(ctx, headline, row) for row in scales)), " ")


def _points(ctx: Context, headline: Any, row: Any) -> Text:
    """Say a standardised effect in points of a named scale whose standard deviation is on file."""
    if row["scale_sd"] is None or headline.measure != "SMD":
        return ()
    low, high = headline.fit.interval("theta_new")
    values = (row["scale_sd"] * value for value in printed_interval(headline, headline.fit.median("theta_new"), low, high))
    basis = fit_basis(headline, headline.fit, (row_name(row),))
    path = f"{headline.construct['construct']}/theta_new_points.{row['baseline_id']}"
    found = ctx.ledger.interval(path, *values, "difference", basis, unit=f"points on {row['scale_name']}")
    return ctx.phrases("natural.points", scale=quoted(row["scale_name"]), points=ctx.phrases.interval(found))


def chance_bar(ctx: Context, headline: Any) -> ChanceBar:
    """Return the bar of the three probabilities."""
    found = headline.probabilities
    return ChanceBar(ctx.phrases.words("outcome.bar_title"), found.benefit, found.within, found.harm)


def certainty_axis(ctx: Context) -> Axis:
    """Say how certain the answer is, what it rests on, and why no stronger word is used."""
    phrases, main = ctx.phrases, ctx.main
    heading = phrases("axis.certainty")
    if main is None or main.status not in MEASURED:
        return Axis("certainty", heading, phrases("certainty.none", strong=strong(phrases.words("certainty.none_opening"))))
    sentence = phrases("certainty.sentence", word=strong(certainty_word(ctx, main)))
    return Axis("certainty", heading, sentence, certainty_support(ctx, main))


def certainty_support(ctx: Context, headline: Any, own: Text = ()) -> Text:
    """Say what the certainty rests on; `own` stands before the one sentence that a reader's own prior moves."""
    spread = joined((own, spread_sentence(ctx, headline)), " ")
    return joined((why(ctx, headline), rests_on(ctx, headline), spread, cap_sentence(ctx, headline)), " ")


def certainty_word(ctx: Context, headline: Any) -> str:
    """Return the word for the certainty of an answer: drafted by rule, or as a reviewer set it."""
    return rated_word(ctx, headline)


def rests_on(ctx: Context, headline: Any) -> Text:
    """Say how many results, families and countries stand behind a headline."""
    phrases, path, rows = ctx.phrases, headline.construct["construct"], rows_behind(headline)
    studies = phrases.counted("studies", ctx.count(f"{path}/evidence/results", headline.k, rows, "results in the model", "results"))
    countries = joined((country_words(phrases, name) for name in headline.countries), ", ", " and ")
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
    measure = measure_words(ctx.phrases, headline.measure, capital=False)
    return ctx.phrases("certainty.spread", low=found.low, high=found.high, measure=measure)


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


def tally(ctx: Context) -> Text:
    """Count what every result on file reports, used or not, so that nulls and harms stand up front."""
    rows = {item.row["effect_id"]: item.row for headline in ctx.headlines for item in (*headline.used, *headline.beneath, *headline.left_out)}
    if not rows:
        return ()
    told = Counter(TOLD.get(row["reported_result"], "other") for row in rows.values())
    names = rows_of("effects", rows)
    told["all"] = len(rows)
    method = "results on file, by what the source reports"
    counts = {name: ctx.count(f"evidence/reported/{name}", told[name], names, method, "results") for name in ("all", "benefit", "null", "harm", "other")}
    return ctx.phrases("tally.sentence", **counts)


def safety(ctx: Context) -> Text:
    """Say whether children's safety was measured at all, and how to read money beside it."""
    care = ctx.phrases("safety.care") if ctx.appraisal is not None and ctx.appraisal.status == "valued" else ()
    measured = [item for item in ctx.measured if item.construct["safety"]]
    if not measured:
        return joined((ctx.phrases("safety.none"), care), " ")
    names = joined((text(link(quoted(item.construct["name"]), f"#outcome-{item.construct['construct']}")) for item in measured), "; ")
    return joined((ctx.phrases("safety.some", names=names), care), " ")
