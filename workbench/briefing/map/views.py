"""Cells, results and systems in words and findings, ready for a template to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.briefing.context import Context, country_words, row_name, words_or_code
from workbench.briefing.findings import Finding
from workbench.briefing.formatting import format_number
from workbench.briefing.map import marks
from workbench.briefing.map.content import CHECKS, DIRECTIONS, RATED, REPORTED, Cell, Outcome, Programme, Result
from workbench.briefing.map.order import sentence_case
from workbench.briefing.printed import chance
from workbench.briefing.sections.checks import verdict
from workbench.briefing.text import Text, capital, joined, link, quoted, strong, text


@dataclass(frozen=True)
class Mark:
    """A shape: its path, the direction that colours it, and its veil (0 solid to 3 nearly white; ``open``; ``weak``)."""

    path: str
    direction: str
    veil: str


@dataclass(frozen=True)
class ResultView:
    """One row of the list behind a mark. `tokens`: what the filters look at; none for a row that was replaced."""

    text: tuple[Text, ...]
    tokens: Mapping[str, str]


@dataclass(frozen=True)
class OutcomeView:
    """One outcome of the list behind a mark."""

    name: Text
    summary: Text
    results: tuple[ResultView, ...]


@dataclass(frozen=True)
class CellView:
    """One mark with all that is said of it."""

    id: str
    domain: Text
    mark: Mark
    words: Text
    size: Text
    short: Text
    certainty: Text
    direction: Text
    families: Text
    studies: Finding
    told: Text
    checked: Text
    outcomes: tuple[OutcomeView, ...]


def cell_id(programme: str, slug: str) -> str:
    """Return the id of the list of a programme's results in one domain."""
    return f"cell-{programme}--{slug}"


def cell_view(ctx: Context, programme: Programme, cell: Cell, slug: str, scale: Sequence[Any]) -> CellView:
    """Describe one cell; `scale` is the vocabulary's scale of certainty, lowest first."""
    phrases, rows = ctx.phrases, [row_name(item.row) for item in cell.results]
    direction, certainty = phrases(f"map.direction.{cell.direction}"), certainty_words(ctx, cell.basis, cell.certainty)
    count = ctx.count(f"{slug}/families", cell.families, rows, "families or participants behind the results on file, each overlap group, study and cohort counted once", "families")
    known = cell.families > 0
    return CellView(
        id=cell_id(programme.id, slug),
        domain=quoted(sentence_case(cell.domain)),
        mark=mark(cell.direction, cell.basis, cell.certainty, cell.families, scale),
        words=phrases("map.cell.words", direction=direction, certainty=certainty),
        size=phrases.counted("families", count) if known else phrases("map.cell.no_families"),
        short=text(count) if known else phrases("map.cell.unknown"),
        certainty=certainty,
        direction=direction,
        families=text(count) if known else phrases("map.cell.not_stated"),
        studies=ctx.count(f"{slug}/studies", len(cell.studies), rows, "studies with a result on file", "studies"),
        told=_counts(ctx, f"{slug}/reported", cell.told, DIRECTIONS, "map.direction", rows, "results by what the source reports, one for each overlap group"),
        checked=_counts(ctx, f"{slug}/checked", cell.checked, CHECKS, "map.check", rows, "rows on file by check level"),
        outcomes=tuple(_outcome_view(ctx, outcome) for outcome in cell.outcomes),
    )


def mark(direction: str, basis: str, certainty: Any, families: int, scale: Sequence[Any]) -> Mark:
    """Return the mark of a direction, a certainty and a number of families."""
    veil = {"not_rated": "open", "weak": "weak"}.get(basis) or str(min(3, len(scale) - 1 - list(scale).index(certainty)))
    return Mark(marks.outline(direction, marks.radius(families)), direction, veil)


def certainty_words(ctx: Context, basis: str, certainty: Any) -> Text:
    """Say how certain a cell or an outcome is, or why it is not rated."""
    if basis == RATED:
        return ctx.phrases("map.certainty.rated", word=certainty["words"])
    return ctx.phrases(f"map.certainty.{basis}")


def _counts(ctx: Context, path: str, found: Mapping[str, int], order: Sequence[str], words: str, rows: Sequence[str], method: str) -> Text:
    """Write counts in a fixed order, what does not occur left out: ``better 3, worse 1``."""
    counts = [(name, ctx.count(f"{path}/{name}", found[name], rows, method, "results")) for name in order if found[name]]
    return joined((ctx.phrases("map.cell.count", name=ctx.phrases(f"{words}.{name}"), n=count) for name, count in counts), ", ")


def _outcome_view(ctx: Context, outcome: Outcome) -> OutcomeView:
    """Describe one outcome: what the model makes of it, or what its results report."""
    certainty = certainty_words(ctx, outcome.basis, outcome.certainty)
    if outcome.headline is None:
        summary = ctx.phrases("map.outcome.reported", direction=ctx.phrases(f"map.direction.{outcome.direction}"), certainty=certainty)
    else:
        summary = _modelled(ctx, outcome, certainty)
    direction = outcome.direction
    return OutcomeView(quoted(outcome.construct["name"]), summary, tuple(_result_view(ctx, item, direction) for item in outcome.results))


def _modelled(ctx: Context, outcome: Outcome, certainty: Text) -> Text:
    """Say what the headline says, with its chance, and whose results it rests on."""
    headline, name = outcome.headline, outcome.construct["construct"]
    rows = [row_name(item.row) for item in headline.used]
    said = verdict(ctx, headline.word, headline.status)
    if headline.word.claim != "unclear":
        code = {"little_difference": "within"}.get(headline.word.claim, headline.word.claim)
        said = ctx.phrases("verdict.with_chance", verdict=said, chance=chance(ctx, headline, code))
    used = ctx.count(f"{name}/evidence/results", headline.k, rows, "results in the model", "results")
    own = sum(item.used for item in outcome.results)
    sentence = ctx.phrases("map.outcome.modelled", verdict=said, certainty=certainty, results=ctx.phrases.counted("studies", used))
    if own == headline.k:
        return sentence
    related = ctx.count(f"{name}/evidence/related", headline.k - own, rows, "results of related programmes in the model", "results")
    return joined((sentence, ctx.phrases("map.outcome.related", n=related)), " ")


def _result_view(ctx: Context, item: Result, direction: str) -> ResultView:
    phrases, row, study = ctx.phrases, item.row, item.study
    said = REPORTED[row["reported_result"]]
    design, country = words_or_code(phrases, "design", study["design"]), country_words(phrases, study["country"])
    facts = (design, country, _families(ctx, row, study), _months(ctx, row))
    lines = (
        phrases("map.result.head", study=text(_study_link(ctx, study)), measure=quoted(row["outcome_measure"]), said=strong(phrases.words(f"map.direction.{said}"))),
        joined(facts, "; "),
        phrases("map.result.check", checked=capital(words_or_code(phrases, "checked", row["checked"])), locator=quoted(row["locator"]) or phrases("map.result.no_locator")),
        joined((_place_in_answer(ctx, item), phrases("map.result.row", row=quoted(row["effect_id"]))), " "),
    )
    tokens = {} if item.superseded else {"setting": study["setting"], "design": study["design"], "checked": row["checked"], "direction": " ".join(sorted({said, direction}))}
    return ResultView(tuple(line for line in lines if line), tokens)


def _families(ctx: Context, row: Any, study: Any) -> Text:
    """Write how many took part, as the table has it: both arms of the row, else the study."""
    if row["exclusion"] != "area_rate" and row["n_treat"] is not None and row["n_control"] is not None:
        return ctx.phrases("map.result.arms", treat=_figure(row["n_treat"]), control=_figure(row["n_control"]))
    return ctx.phrases("map.result.families", n=_figure(study["families"])) if study["families"] else ctx.phrases("map.cell.no_families")


def _months(ctx: Context, row: Any) -> Text:
    """Write a row's follow-up as the table has it."""
    if row["timepoint_months"] is None:
        when = f"months.when_{row['timepoint_basis']}"
        return ctx.phrases(when if when in ctx.phrases else "forest.follow_up_none")
    if row["timepoint_months"] == 0 and row["timepoint_basis"] == "child_age":
        return ctx.phrases("months.birth")
    basis = f"months.{row['timepoint_basis']}"
    return ctx.phrases(basis if basis in ctx.phrases else "months.since_baseline", n=_figure(row["timepoint_months"]))


def _figure(value: float) -> Text:
    return quoted(format_number(value, "number"))


def _place_in_answer(ctx: Context, item: Result) -> Text:
    """Say what became of a row: used, replaced, or left out and why."""
    if item.superseded:
        return ctx.phrases("map.result.superseded", row=quoted(item.row["superseded_by"]))
    if item.used:
        return ctx.phrases("map.result.used")
    return ctx.phrases("map.result.left_out", reason=quoted(item.reason)) if item.reason else ()


def _study_link(ctx: Context, study: Any) -> Any:
    """Return the study's label as a link to the work, where an address is on file."""
    label = quoted(study["label"])
    reference = ctx.evidence.references[study["cite"]] if study["cite"] in ctx.evidence.references else None
    address = f"https://doi.org/{reference.doi}" if reference and reference.doi else reference.url if reference else None
    return link(label, address) if address and address.startswith(("https://", "http://")) else label
