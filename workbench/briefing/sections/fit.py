"""Section 6: for whom the programme is, where its evidence was found, what it does not address, what it depends on."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from workbench.briefing.context import MEASURED, Context, country_words, parts_of, rows_behind, words_or_code
from workbench.briefing.sections.causal import causal_blocks
from workbench.briefing.sections.question import area_table, figures_heading
from workbench.briefing.tables import Bullets, Facts, Heading, Paragraph
from workbench.briefing.text import Text, joined, quoted, text

MOST_POPULATIONS = 4  # studies whose families are named; the rest stand with the studies


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the fit of the programme, as its row and the results used say it."""
    phrases, row = ctx.phrases, ctx.programme
    missing = phrases("fit.not_recorded")
    facts = (
        (phrases("fit.need"), words_or_code(phrases, "need", row["level_of_need"]) or missing),
        (phrases("fit.age"), quoted(row["age_range"]) or missing),
        (phrases("fit.harm"), joined(quoted(part) for part in parts_of(row["harm_types"])) or missing),
        (phrases("fit.engagement"), words_or_code(phrases, "engagement", row["engagement"]) or missing),
        (phrases("fit.population"), quoted(row["target_population"]) or missing),
        (phrases("fit.studied"), _countries(ctx)),
        (phrases("fit.match"), _match(ctx)),
        (phrases("fitness.studied_in"), _populations(ctx)),
    )
    return (
        Facts(facts),
        Paragraph(phrases("fitness.outside"), "note"),
        Heading(phrases("fit.does_not"), "does-not-address"),
        Paragraph(phrases("fit.sufficient")),
        listed(ctx, row["does_not_address"]),
        Heading(phrases("fit.depends"), "depends-on"),
        listed(ctx, row["depends_on"]),
        *causal_blocks(ctx),
        *_official_figures(ctx),
    )


def _official_figures(ctx: Context) -> tuple[Any, ...]:
    """The place's official figures, which say something of need, and nothing of the programme."""
    table = area_table(ctx)
    heading = Heading(figures_heading(ctx), "official-figures")
    if table is None:
        return heading, Paragraph(ctx.phrases("pending.text"), "pending")
    return heading, Paragraph(ctx.phrases("question.figures_note"), "note"), table


def listed(ctx: Context, value: str | None) -> Any:
    """Return a cell as a paragraph, as points where it numbers them, or as not recorded where it is empty."""
    if not value:
        return Paragraph(ctx.phrases("fit.not_recorded"), "pending")
    points = numbered(value)
    return Paragraph(quoted(value)) if len(points) == 1 else Bullets(tuple(quoted(point) for point in points))


def numbered(value: str) -> list[str]:
    """Split ``1. this 2. that`` into its points; a text that does not number its points is one point."""
    points, rest, number = [], value.strip(), 1
    while True:
        found = re.search(rf"(?:^|\s){number}\.\s", rest)
        if found is None or (number == 1 and found.start() != 0):
            break
        points, rest, number = [*points, rest[: found.start()].strip()], rest[found.end() :], number + 1
    return [point for point in (*points, rest.strip()) if point]


def _match(ctx: Context) -> Text:
    """Say how many of the results behind the short answer were found at home."""
    phrases, main = ctx.phrases, ctx.main
    if main is None or main.status not in MEASURED:
        return phrases("fit.studied_none")
    path, rows = main.construct["construct"], rows_behind(main)
    home = sum(item.study["setting"] == "uk" for item in main.used)
    n = ctx.count(f"{path}/evidence/results_home", home, rows, "results used that were found in the United Kingdom", "results")
    k = ctx.count(f"{path}/evidence/results", main.k, rows, "results in the model", "results")
    return phrases("fit.match_some", n=n, k=k) if home else phrases("fit.match_none")


def _populations(ctx: Context) -> Text:
    """Whom the results behind the short answer studied, in the words of the studies, those with the most weight first."""
    used = sorted((item for headline in ctx.leads for item in headline.used), key=lambda item: -item.weight)
    told = dict.fromkeys(item.study["population"] for item in used if item.study["population"])
    shown = [quoted(words) for words in list(told)[:MOST_POPULATIONS]]
    more = ctx.phrases("fitness.more") if len(told) > MOST_POPULATIONS else ()
    return text(joined(shown, "; "), more) if told else ctx.phrases("fit.studied_none")


def _countries(ctx: Context) -> Text:
    """Countries of the results used in any answer, each with the number of its results."""
    phrases = ctx.phrases
    used = {item.row["effect_id"]: item for headline in ctx.measured for item in headline.used}
    if not used:
        return phrases("fit.studied_none")
    counts = Counter(item.study["country"] for item in used.values())
    rows = tuple(dict.fromkeys(row for headline in ctx.measured for row in rows_behind(headline)))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    paths = {country: f"evidence/country.{country.lower().replace(' ', '-')}" for country in counts}
    numbers = {country: ctx.count(paths[country], n, rows, "results used", "results") for country, n in ordered}
    return joined(phrases("fit.studied_by", country=country_words(phrases, country), n=number) for country, number in numbers.items())
