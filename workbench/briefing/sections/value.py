"""The third axis of the short answer: value for money, or the sentence that says why there is none."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context, word_for
from workbench.briefing.sections import sums
from workbench.briefing.tables import Axis
from workbench.briefing.text import Text, joined, strong


def value_axis(ctx: Context) -> Axis:
    """Say whether what can be counted is worth more than the cost."""
    phrases, appraisal = ctx.phrases, ctx.appraisal
    heading = phrases("axis.value")
    if appraisal is None:
        return Axis("value", heading, phrases("value.not_valued_plain", strong=strong(phrases.words("value.not_valued_word"))), phrases("money.none"))
    cost = cost_sentence(ctx)
    if appraisal.status != "valued":
        sentence = phrases("value.not_valued_plain", strong=strong(phrases.words("value.not_valued_word")))
        return Axis("value", heading, sentence, joined((sums.reason(ctx), cost, unchecked_sentence(ctx)), " "))
    chance = sums.p_npv(ctx)
    positive = chance.value >= 0.5
    word = word_for(ctx.scale("probability"), chance.value if positive else 1 - chance.value)["words"]
    sentence = phrases("value.positive" if positive else "value.negative", word=strong(word))
    support = phrases("value.support", chance=chance, npv=phrases.interval(sums.npv(ctx)))
    return Axis("value", heading, sentence, joined((support, cost, cashable_sentence(ctx), unchecked_sentence(ctx)), " "))


def not_valued(ctx: Context) -> Text:
    """Write the sentence that stands where the net present value would be."""
    return ctx.phrases("value.not_valued", strong=strong(ctx.phrases.words("value.not_valued_word")), reason=sums.reason(ctx))


def cost_sentence(ctx: Context) -> Text:
    """Say what one family offered the programme costs."""
    found: Any = sums.cost(ctx)
    if found is None:
        return ()
    varies = found.low.text != found.high.text
    return ctx.phrases("value.cost", cost=ctx.phrases.interval(found) if varies else found.median)


def unchecked_sentence(ctx: Context) -> Text:
    """Say what share of the money rests on figures that nobody has checked; nothing where all are checked."""
    share = ctx.appraisal.unverified_share
    if share <= 0:
        return ()
    basis = sums.basis(ctx, "share of costs and benefits, in absolute mean value, that rests in part on unchecked rows")
    found = ctx.ledger.number("money/unverified_share", share, "share", basis, unit="share of the money")
    return ctx.phrases("money.checked_share", share=found)


def cashable_sentence(ctx: Context) -> Text:
    """Say how probable it is that savings in cash cover the cost."""
    found = sums.p_cashable(ctx)
    return () if found is None else ctx.phrases("value.cashable", chance=found)
