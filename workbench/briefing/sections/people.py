"""The main outcome told in people: two groups of a hundred, one by one, and how many the programme does not reach."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import MEASURED, Context
from workbench.briefing.figures import People
from workbench.briefing.figures.people import PEOPLE
from workbench.briefing.findings import Basis
from workbench.briefing.printed import Frequencies
from workbench.briefing.tables import Icons, Paragraph
from workbench.briefing.text import Text, joined, quoted


def people(ctx: Context) -> list[Any]:
    """Return the arrays for the main outcome; words alone where it is too rare for a hundred, nothing where it is no event."""
    main = ctx.main
    if main is None or main.status not in MEASURED or main.natural is None:
        return []
    found = Frequencies(ctx, main)
    if found.out_of != PEOPLE:  # a rarer event cannot be drawn in the array
        return [Paragraph(residual(ctx, main))]
    without, treated = round(found.without.median.value), round(found.with_.median.value)
    phrases = ctx.phrases
    lines = (
        (People(phrases.words("people.without_title"), without), phrases("people.without", n=found.without.median, denominator=found.denominator)),
        (
            People(phrases.words("people.with_title"), min(without, treated), max(treated - without, 0), max(without - treated, 0)),
            phrases("people.with", interval=phrases.interval(found.with_), denominator=found.denominator),
        ),
    )
    return [Icons(lines, joined((phrases("people.key"), residual(ctx, main)), " "))]


def residual(ctx: Context, headline: Any) -> Text:
    """Say how many would still be worse off with the programme; nothing where the outcome is no event."""
    if headline is None or headline.natural is None:
        return ()
    found, phrases = Frequencies(ctx, headline), ctx.phrases
    units = quoted(headline.construct["unit_phrase"]) or phrases("natural.units")
    if headline.direction == "lower_is_better":
        event = quoted(headline.construct["event_phrase"]) or phrases("natural.event")
        return phrases("people.still", n=found.with_.median, denominator=found.denominator, units=units, event=event)
    path = f"{headline.construct['construct']}/risk_with/rest"
    median = found.with_.median
    basis = Basis(median.kind, median.rows, "those who do not have the event, with the programme")
    rest = ctx.ledger.number(path, found.out_of - median.value, "frequency", basis, unit=median.unit)
    return phrases("people.rest", n=rest, denominator=found.denominator, units=units)
