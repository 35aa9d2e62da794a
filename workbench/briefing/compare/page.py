"""From headlines to the compare page: one self-contained file, no script, every number a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.briefing.build import sources_of
from workbench.briefing.compare.content import Group, Member, Need, by_need, by_outcome, is_tested
from workbench.briefing.context import Context, Place, measure_words, words_or_code
from workbench.briefing.findings import Finding, Ledger
from workbench.briefing.map import cell_addresses
from workbench.briefing.marking import css_text, heading_classes, label_rules
from workbench.briefing.printed import chance, effect
from workbench.briefing.reading import FINDINGS_ID, packed
from workbench.briefing.render import render_template
from workbench.briefing.sections.answer import certainty_word, chance_bar, natural_sentence, rests_on
from workbench.briefing.sections.checks import share_sentence, verdict
from workbench.briefing.sections.question import written_date
from workbench.briefing.sections.value import value_axis
from workbench.briefing.sentences import Phrases, load_phrases
from workbench.briefing.tables import Cell, Column, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, capital, joined, link, plain, quoted, strong, text

PAGE, STYLE = "compare.html.jinja", "compare.css"


@dataclass(frozen=True)
class Part:
    """One comparison: an anchor, a heading, and its blocks. `domain` is empty for a level of need."""

    id: str
    heading: Text
    domain: Text
    blocks: tuple[Any, ...]


@dataclass(frozen=True)
class Comparison:
    """The page as data.

    Attributes
    ----------
    edition : str
    place : str
    outcomes, needs : tuple of Part
    findings : tuple of Finding
    sources, citations : mapping
    phrases : Phrases
    """

    edition: str
    place: str
    outcomes: tuple[Part, ...]
    needs: tuple[Part, ...]
    findings: tuple[Finding, ...]
    sources: Mapping[str, Any]
    citations: Mapping[str, str]
    phrases: Phrases

    def __repr__(self) -> str:
        return f"<Comparison {self.place}, {self.edition}: {len(self.outcomes)} outcomes, {len(self.needs)} levels of need, {len(self.findings)} findings>"


def build_compare(
    evidence: Any, place: Place, headlines: Mapping[tuple[str, str], Any], appraisals: Mapping[str, Any] | None = None,
    templates: Path | str | None = None, briefings: Mapping[str, str] | None = None, evidence_map: str = "",
) -> Comparison:  # fmt: skip
    """Assemble the compare page of a place.

    Parameters
    ----------
    evidence : EvidenceBase
    place : Place
    headlines : mapping of (programme id, construct) to Headline
    appraisals : mapping of programme id to Appraisal, optional
        Of the programmes that have one.
    templates : path, optional
        Folder with ``sentences.toml``; that of the workspace unless given.
    briefings : mapping of programme id to address, optional
        Briefings beside the page.
    evidence_map : str
        Address of the evidence map, if it stands beside the page: it lists the rows behind each line.
    """
    phrases = load_phrases(templates if templates is not None else evidence.root / "templates")
    desk = _Desk(evidence, place, phrases, appraisals or {}, briefings or {}, cell_addresses(evidence, evidence_map) if evidence_map else {})
    outcomes = tuple(_outcome_part(desk, group) for group in by_outcome(evidence, headlines))
    needs = tuple(_need_part(desk, need) for need in by_need(evidence, headlines) if need.members)
    findings = desk.findings()
    sources, citations = sources_of(evidence, findings)
    return Comparison(written_date(evidence.edition_date), place.name, outcomes, needs, findings, sources, citations, phrases)


def render_compare(made: Comparison, template_dir: Path | str, index: str = "", evidence_map: str = "") -> str:
    """Return the page as one HTML document; `index` and `evidence_map` are the addresses of the pages beside it, if there are any.

    Raises
    ------
    UsageError
        If a template is missing, is broken, or asks for something that does not exist.
    """
    payload = packed({"compare": True, "place": made.place}, made.findings, made.sources, made.citations)
    parts = (*made.outcomes, *made.needs)
    return render_template(
        PAGE, template_dir, findings=made.findings, styles=(STYLE,), rules=label_rules(parts) + _foot(made), classes=heading_classes(parts),
        page=made, phrases=made.phrases, index=index, evidence_map=evidence_map, payload=payload, findings_id=FINDINGS_ID,
    )  # fmt: skip


def _foot(made: Comparison) -> str:
    """The running foot of printed pages."""
    title = f"{made.phrases.words('compare.title')}: {made.place}"
    words = made.phrases("page.running", title=title, date=made.edition) if made.edition else text(title)
    return f"@page {{ @bottom-left {{ content: {css_text(plain(words))} }} }}\n"


class _Desk:
    """A context for each programme, so that a number has the same id here as in the programme's briefing."""

    def __init__(self, evidence: Any, place: Place, phrases: Phrases, appraisals: Mapping[str, Any], briefings: Mapping[str, str], lists: Mapping[tuple[str, str], str]):
        self.evidence, self.place, self.phrases, self.appraisals, self.briefings, self.lists = evidence, place, phrases, appraisals, briefings, lists
        self.made: dict[str, Context] = {}

    def __call__(self, programme: Any) -> Context:
        name = programme["programme_id"]
        if name not in self.made:
            self.made[name] = Context(
                self.evidence, programme, self.place, (), self.appraisals.get(name), {}, self.evidence.edition_date, self.phrases, Ledger(name, self.place.code)
            )
        return self.made[name]

    def findings(self) -> tuple[Finding, ...]:
        return tuple(item for context in self.made.values() for item in context.ledger.all())

    def name(self, programme: Any) -> Text:
        """A programme's name, linked to its briefing where one stands beside the page."""
        words = quoted(programme["name"])
        address = self.briefings.get(programme["programme_id"], "")
        return text(link(words, address)) if address else words

    def rows(self, headline: Any) -> Text:
        """Where the evidence map lists the rows behind an answer: a link for each programme whose results are used."""
        names = dict.fromkeys(item.row["programme_id"] for item in headline.used)
        found = {name: self.lists.get((name, headline.construct["domain"])) for name in names}
        links = joined((text(link(quoted(self.evidence["programmes"][name]["short_name"]), address)) for name, address in found.items() if address), "; ")
        return self.phrases("compare.rows", programmes=links) if links else ()


def _columns(phrases: Phrases, names: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(phrases(f"compare.column.{name}")) for name in names)


def _outcome_part(desk: _Desk, group: Group) -> Part:
    phrases, construct = desk.phrases, group.construct
    name = f"outcome-{construct['construct']}"
    columns = _columns(phrases, ("programme", "effect", "chances", "evidence", "certainty", "value"))
    table = Table(f"table-{construct['construct']}", quoted(construct["name"]), columns, tuple(_line(desk, member) for member in group.members), hidden_caption=True)
    return Part(name, quoted(construct["name"]), quoted(construct["domain"]), (table, Paragraph(_caution(desk, group), "note")))


def _line(desk: _Desk, member: Member) -> Line:
    ctx, headline = desk(member.programme), member.headline
    phrases = desk.phrases
    chances = cell(
        *(phrases(f"outcome.{words}", chance=chance(ctx, headline, name)) for words, name in (("better", "benefit"), ("little", "within"), ("worse", "harm"))),
        chart=chance_bar(ctx, headline),
    )
    scale = phrases("compare.scale", measure=measure_words(phrases, headline.measure), effect=phrases.interval(effect(ctx, headline)))
    return line(
        _programme(desk, member),
        cell(natural_sentence(ctx, headline), scale if headline.natural is not None else ()),
        chances,
        cell(rests_on(ctx, headline), _relatives(desk, member.programme, headline), phrases(f"compare.basis.{headline.basis}"), share_sentence(ctx, headline), desk.rows(headline)),
        cell(text(strong(certainty_word(ctx, headline)))),
        _value(ctx),
    )


def _programme(desk: _Desk, member: Member) -> Cell:
    row = member.programme
    others = joined((desk.name(other) for other in member.others), "; ")
    return cell(
        desk.name(row),
        words_or_code(desk.phrases, "need", row["level_of_need"]),
        desk.phrases("compare.shared", others=others) if others else (),
    )


def _relatives(desk: _Desk, programme: Any, headline: Any) -> Text:
    """Say so where every result is of a related programme; a reader would not expect that."""
    return () if is_tested(desk.evidence, programme, headline) else desk.phrases("compare.relatives")


def _value(ctx: Context) -> Cell:
    """The value axis of a programme that has been appraised."""
    return cell(ctx.phrases("compare.no_value")) if ctx.appraisal is None else cell(value_axis(ctx).sentence)


def _caution(desk: _Desk, group: Group) -> Text:
    """Say what differs between the lines, so that nobody reads them as a contest."""
    headlines = [member.headline for member in group.members]
    comparators = {item.study["comparator_class"] for headline in headlines for item in headline.used if item.study["comparator_class"]}
    countries = {name for headline in headlines for name in headline.countries}
    bases = {headline.basis for headline in headlines}
    found = [name for name, several in (("comparators", len(comparators) > 1), ("countries", len(countries) > 1), ("designs", len(bases) > 1)) if several]
    differs = joined((desk.phrases(f"compare.differs.{name}") for name in found), ", ", " and ")
    return joined((desk.phrases("compare.alphabet"), desk.phrases("compare.differ", what=differs) if differs else ()), " ")


def _need_part(desk: _Desk, need: Need) -> Part:
    phrases = desk.phrases
    heading = words_or_code(phrases, "need", need.code)
    lines: list[Line] = []
    for programme, headlines in need.members:
        lines += _programme_lines(desk, programme, headlines)
    table = Table(f"table-need-{need.code}", heading, _columns(phrases, ("outcome", "verdicts", "evidence", "certainty")), tuple(lines), hidden_caption=True)
    without = joined((desk.name(row) for row in need.without), "; ")
    note = Paragraph(phrases("compare.without", programmes=without), "note") if without else None
    return Part(f"need-{need.code}", heading, (), tuple(block for block in (table, note) if block is not None))


def _programme_lines(desk: _Desk, programme: Any, headlines: Iterable[Any]) -> list[Line]:
    """A line with the programme's name, which heads one for each of its outcomes."""
    name, ages = desk.name(programme), quoted(programme["age_range"])
    head = desk.phrases("compare.aged", name=name, ages=ages) if ages else name
    return [line(head, group=True), *(_outcome_line(desk, programme, headline) for headline in headlines)]


def _outcome_line(desk: _Desk, programme: Any, headline: Any) -> Line:
    ctx, phrases = desk(programme), desk.phrases
    said = verdict(ctx, headline.word, headline.status)
    if headline.word.claim != "unclear":
        name = {"little_difference": "within"}.get(headline.word.claim, headline.word.claim)
        said = phrases("verdict.with_chance", verdict=said, chance=chance(ctx, headline, name))
    stands = cell(rests_on(ctx, headline), _relatives(desk, programme, headline), desk.rows(headline))
    return line(quoted(headline.construct["name"]), capital(said), stands, text(strong(certainty_word(ctx, headline))))
