"""From the tables and headlines to the evidence map: one self-contained page with a small script that only hides rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.briefing.build import sources_of
from workbench.briefing.context import Context, Place, parts_of, row_name, word_for, words_or_code
from workbench.briefing.findings import Finding, Ledger
from workbench.briefing.map import gaps, marks
from workbench.briefing.map.content import CHECKS, DIRECTIONS, RATED, Programme, programmes
from workbench.briefing.map.order import domains_of, families_of_programmes, family_name, sentence_case
from workbench.briefing.map.views import CellView, Mark, cell_id, cell_view, mark
from workbench.briefing.marking import css_text
from workbench.briefing.reading import FINDINGS_ID, packed
from workbench.briefing.render import render_template
from workbench.briefing.sections.answer import CERTAINTY, PROBABILITY, certainty_word
from workbench.briefing.sections.question import written_date
from workbench.briefing.sentences import Phrases, load_phrases
from workbench.briefing.text import Number, Text, link, plain, quoted, text

PAGE, STYLE, SCRIPT = "map.html.jinja", "map.css", "map.js"
_EVEN = 0.5  # a claim no likelier than its opposite points nowhere


@dataclass(frozen=True)
class Domain:
    """A column: an area of outcomes, and how many programmes have a result in it."""

    slug: str
    name: Text
    programmes: Finding


@dataclass(frozen=True)
class Line:
    """A row: one programme, with a cell or None for each domain. `tokens`: what the filters look at."""

    id: str
    name: Text
    short: Text
    href: str
    depth: int
    tokens: Mapping[str, str]
    cells: tuple[CellView | None, ...]

    @property
    def filled(self) -> tuple[CellView, ...]:
        """The cells that hold something."""
        return tuple(cell for cell in self.cells if cell)


@dataclass(frozen=True)
class Group:
    """A family of programmes, or those that have none of their own."""

    name: Text
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class SystemView:
    """One service model of the source documents."""

    id: str
    cells: Mapping[str, tuple[Text, ...]]
    tokens: Mapping[str, str]


@dataclass(frozen=True)
class Gaps:
    """The gap view: totals, claims by evidence on file, and every system."""

    total: Finding
    columns: tuple[Finding, ...]
    lines: tuple[tuple[Text, tuple[Finding, ...], Finding], ...]
    systems: tuple[SystemView, ...]


@dataclass(frozen=True)
class Filter:
    """One filter: its name and its choices, each a value with its words."""

    name: str
    label: Text
    choices: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class EvidenceMap:
    """The map as data: nothing in it depends on how it is printed."""

    edition: str
    totals: Mapping[str, Finding]
    domains: tuple[Domain, ...]
    groups: tuple[Group, ...]
    gaps: Gaps | None
    filters: tuple[Filter, ...]
    key: Mapping[str, tuple[tuple[Mark, Text], ...]]
    findings: tuple[Finding, ...]
    sources: Mapping[str, Any]
    citations: Mapping[str, str]
    phrases: Phrases

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every row, in order."""
        return tuple(line for group in self.groups for line in group.lines)

    def __repr__(self) -> str:
        return f"<EvidenceMap {self.edition}: {len(self.lines)} programmes, {len(self.domains)} domains, {len(self.findings)} findings>"


def build_map(evidence: Any, headlines: Mapping[tuple[str, str], Any], templates: Path | str | None = None, briefings: Mapping[str, str] | None = None) -> EvidenceMap:
    """Assemble the evidence map of a workspace.

    Parameters
    ----------
    evidence : EvidenceBase
    headlines : mapping of (programme id, construct) to Headline
        Those that could be made; what lacks one is shown by what its studies report.
    templates : path, optional
        Folder with ``sentences.toml``; that of the workspace unless given.
    briefings : mapping of programme id to address, optional
        Briefings beside the map.
    """
    phrases = load_phrases(templates if templates is not None else evidence.root / "templates")
    contexts = _Contexts(evidence, phrases)
    everything = contexts("all")
    scale = everything.scale(CERTAINTY)
    found = programmes(evidence, headlines, lambda headline: rate(everything, headline))
    domains = domains_of(found)
    groups = tuple(
        Group(quoted(family_name(name, members, found)) or phrases("map.others"), tuple(_line(contexts(item.id), item, domains, scale, (briefings or {}).get(item.id, "")) for item in members))
        for name, members in families_of_programmes(found)
    )  # fmt: skip
    columns = tuple(_domain(everything, name, slug, found) for name, slug in domains.items())
    gap_view = _gaps(contexts("systems"), evidence, found)
    totals = _totals(everything, found, columns)
    findings = contexts.findings()
    sources, citations = sources_of(evidence, findings)
    edition = evidence.edition_date
    return EvidenceMap(
        written_date(edition) if isinstance(edition, datetime.date) else "", totals, columns, groups, gap_view, _filters(everything, found),
        _key(everything, scale), findings, sources, citations, phrases,
    )  # fmt: skip


def render_map(made: EvidenceMap, template_dir: Path | str, index: str = "") -> str:
    """Return the map as one HTML document; `index` is the address of the page that lists the briefings, if there is one.

    Raises
    ------
    UsageError
        If a template is missing, is broken, or asks for something that does not exist.
    """
    # how each row was sized is left to `trace` on the row itself: it would take up a tenth of the page
    sources = {name: replace(source, size={}, derived="") for name, source in made.sources.items()}
    payload = packed({"map": True}, made.findings, sources, made.citations)
    helpers = {"plain": plain, "number": Number, "dated": lambda date: quoted(date, "date")}
    return render_template(
        PAGE, template_dir, findings=made.findings, styles=(STYLE,), rules=_rules(made.phrases), script=SCRIPT, map=made, phrases=made.phrases, index=index, payload=payload, findings_id=FINDINGS_ID, **helpers
    )


_TABLES = {
    "cells": ("map.table", ("programme", "domain", "direction", "certainty", "families", "studies", "told", "checked")),
    "systems": ("map.gap", ("name", "claim", "target", "evidence", "source")),
}  # columns of the tables whose rows a phone shows as cards


def _rules(phrases: Phrases) -> str:
    """Return the style rules that repeat each column's heading beside its cells on a small screen."""
    rules = (
        f"#{table} td:nth-child({place}):not(.empty)::before{{content:{css_text(phrases.words(f'{group}.{name}'))}}}"
        for table, (group, names) in _TABLES.items()
        for place, name in enumerate(names, start=1)
        if place > 1
    )
    return f"@media screen and (max-width: 44rem) {{{''.join(rules)}}}"


class _Contexts:
    """One context for each first part of an id: a programme, ``all`` or ``systems``."""

    def __init__(self, evidence: Any, phrases: Phrases):
        self.evidence, self.phrases, self.made = evidence, phrases, {}

    def __call__(self, name: str) -> Context:
        if name not in self.made:
            nowhere = Place("", "", "", "")
            self.made[name] = Context(self.evidence, {}, nowhere, (), None, {}, None, self.phrases, Ledger("map", name))
        return self.made[name]

    def findings(self) -> tuple[Finding, ...]:
        return tuple(item for context in self.made.values() for item in context.ledger.all())


def cell_addresses(evidence: Any, page: str) -> dict[tuple[str, str], str]:
    """Return where the map, at the address `page`, lists the results of each programme (its id) in each domain that it has any in."""
    found = programmes(evidence, {}, lambda _: ("none", None))
    return {(item.id, name): f"{page}#{cell_id(item.id, slug)}" for name, slug in domains_of(found).items() for item in found if name in item.cells}


def rate(ctx: Context, headline: Any) -> tuple[str, Any]:
    """Return the direction and the certainty (a row of the vocabulary; None if not rated) of a headline that has an answer.

    A claim counts as better or worse only where its word says more than even chances.
    """
    words = certainty_word(ctx, headline)
    certainty = next((row for row in ctx.scale(CERTAINTY) if row["words"] == words), None)
    scale = ctx.scale(PROBABILITY)
    said = next(row for row in scale if row["words"] == headline.word.words)
    points = headline.word.claim in ("benefit", "harm") and said["from"] > word_for(scale, _EVEN)["from"]
    return headline.word.claim if points else "none", certainty


def _line(ctx: Context, item: Programme, domains: Mapping[str, str], scale: Sequence[Any], href: str) -> Line:
    cells = tuple(cell_view(ctx, item, item.cells[name], slug, scale) if name in item.cells else None for name, slug in domains.items())
    tokens = {"family": item.row["family"], "need": item.row["level_of_need"] or "", "evidence": item.evidence}
    return Line(item.id, quoted(item.row["name"]), quoted(item.row["short_name"]), href, min(item.depth, 2), tokens, cells)


def _domain(ctx: Context, name: str, slug: str, found: Sequence[Programme]) -> Domain:
    rows = [row_name(result.row) for item in found if name in item.cells for result in item.cells[name].results]
    number = ctx.count(f"{slug}/programmes", sum(name in item.cells for item in found), rows, "programmes with a result in this area", "programmes")
    return Domain(slug, quoted(sentence_case(name)), number)


def _totals(ctx: Context, found: Sequence[Programme], columns: Sequence[Domain]) -> dict[str, Finding]:
    """Counts of the whole map; together with what was replaced they equal the tables."""
    results = [result for item in found for cell in item.cells.values() for result in cell.results]
    effects = ctx.evidence["effects"].rows
    rows = [row_name(row) for row in effects]
    names = [row_name(item.row) for item in found]
    replaced = [row_name(row) for row in effects if row["superseded_by"]]
    return {
        "programmes": ctx.count("programmes", len(found), names, "programmes on file", "programmes"),
        "studied": ctx.count("programmes_studied", sum(bool(item.cells) for item in found), names, "programmes with a result on file", "programmes"),
        "domains": ctx.count("domains", len(columns), (), "areas of outcomes with a result on file", "areas"),
        "results": ctx.count("results", len(results), rows, "rows of the effects table that nothing replaces", "results"),
        "studies": ctx.count("studies", len({result.row["study_id"] for result in results}), rows, "studies with a result on file", "studies"),
        "replaced": ctx.count("results_replaced", len(replaced), replaced, "rows replaced by a better-checked one", "results"),
    }


def _gaps(ctx: Context, evidence: Any, found: Sequence[Programme]) -> Gaps | None:
    rows = gaps.systems_of(evidence)
    if rows is None:
        return None
    counts = gaps.crossed(rows)
    names = [row_name(row) for row in rows]

    def count(path: str, number: int) -> Finding:
        return ctx.count(path, number, names, "service models by how the claim is put and the best evidence on file", "service models")

    lines = tuple(
        (ctx.phrases(f"map.strength.{strength}"), tuple(count(f"{strength}/{name}", counts[strength, name]) for name in gaps.EVIDENCE),
         count(f"{strength}/all", sum(counts[strength, name] for name in gaps.EVIDENCE)))
        for strength in gaps.STRENGTHS
    )  # fmt: skip
    columns = tuple(count(f"all/{name}", sum(counts[strength, name] for strength in gaps.STRENGTHS)) for name in gaps.EVIDENCE)
    families = {item.id: item.row for item in found}
    return Gaps(count("all/all", len(rows)), columns, lines, tuple(_system(ctx, row, families) for row in gaps.ordered(rows)))


def _system(ctx: Context, row: Any, families: Mapping[str, Any]) -> SystemView:
    phrases, programme = ctx.phrases, families.get(row["programme_id"])
    claim = (
        quoted(row["claim"]) or phrases("map.gap.no_claim"),
        phrases("map.gap.put", strength=phrases(f"map.strength.{row['claim_strength']}"), direction=phrases(f"map.claimed.{row['claim_direction']}")),
    )
    known = [key for key in parts_of(row["cite"]) if key in ctx.evidence.references]
    source = [quoted(row["locator"]) or quoted("; ".join(ctx.evidence.references[key].short for key in known), "reference"), words_or_code(phrases, "checked", row["checked"])]
    cells = {
        "name": (quoted(row["name"]), quoted(row["what"])),
        "claim": claim,
        "target": (quoted(row["target_population"]), quoted(row["target_outcome"]), words_or_code(phrases, "need", row["level_of_need"])),
        "evidence": (phrases(f"map.evidence.{row['evidence_on_file']}"), text(link(quoted(programme["short_name"]), f"#programme-{programme['programme_id']}")) if programme is not None else ()),
        "source": (*source, quoted(row["note"])),
    }
    tokens = {
        "family": programme["family"] if programme is not None else "",
        "need": row["level_of_need"] or (programme["level_of_need"] or "" if programme is not None else ""),
        "evidence": row["evidence_on_file"],
    }
    return SystemView(row["system_id"], {name: tuple(part for part in parts if part) for name, parts in cells.items()}, tokens)


def _filters(ctx: Context, found: Sequence[Programme]) -> tuple[Filter, ...]:
    """Return the filters with the choices that occur."""
    phrases, evidence = ctx.phrases, ctx.evidence
    results = [result for item in found for cell in item.cells.values() for result in cell.results]
    rows = [*evidence["programmes"].rows, *(gaps.systems_of(evidence) or ())]
    members: dict[str, list[Programme]] = {}
    for item in found:
        members.setdefault(item.row["family"], []).append(item)
    offered = {
        "family": sorted(((name, quoted(family_name(name, items, found))) for name, items in members.items()), key=lambda choice: plain(choice[1]).casefold()),
        "need": _choices(phrases, "need", {row["level_of_need"] for row in rows}),
        "setting": _choices(phrases, "map.setting", {item.study["setting"] for item in results}),
        "design": _choices(phrases, "design", {item.study["design"] for item in results}),
        "checked": _choices(phrases, "map.check", {item.row["checked"] for item in results}, CHECKS),
        "direction": _choices(phrases, "map.direction", set(DIRECTIONS), DIRECTIONS),
        "evidence": _choices(phrases, "map.evidence", set(gaps.EVIDENCE), gaps.EVIDENCE),
    }
    return tuple(Filter(name, phrases(f"map.filter.{name}"), tuple(choices)) for name, choices in offered.items())


def _choices(phrases: Phrases, group: str, values: set[str | None], order: Iterable[str] = ()) -> list[tuple[str, Text]]:
    """Return the values that occur with their words: in the given order, else in that of the phrases."""
    order = list(order) or [name.removeprefix(f"{group}.") for name in phrases.table if name.startswith(f"{group}.")]
    known = {value for value in values if value}
    chosen = [value for value in order if value in known] + sorted(known - set(order))
    return [(value, words_or_code(phrases, group, value)) for value in chosen]


def _key(ctx: Context, scale: Sequence[Any]) -> dict[str, tuple[tuple[Mark, Text], ...]]:
    """Return the key: shapes, fillings and sizes, each with its words."""
    phrases, middle = ctx.phrases, marks.KEY[2]
    shapes = tuple((mark(name, RATED, scale[-1], middle, scale), phrases(f"map.direction_long.{name}")) for name in DIRECTIONS)
    rated = [(mark("benefit", RATED, row, middle, scale), phrases("map.certainty.key", word=row["words"])) for row in reversed(scale)]
    others = [(mark("benefit", basis, None, middle, scale), phrases(f"map.certainty.{basis}")) for basis in ("not_rated", "weak")]
    sizes = tuple((mark("none", "not_rated", None, number, scale), quoted(f"{number:,}", "axis")) for number in marks.KEY)
    return {"shapes": shapes, "fillings": (*rated, *others), "sizes": sizes}
