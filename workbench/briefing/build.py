"""From results to a `Briefing`: every section as plain data, every number a finding."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.briefing.context import Context, Place, parts_of
from workbench.briefing.findings import Finding, Ledger
from workbench.briefing.origins import Origins, origins_of
from workbench.briefing.provenance import figures_of, sized
from workbench.briefing.sections import SECTIONS
from workbench.briefing.sections.question import written_date
from workbench.briefing.sentences import Phrases, load_phrases
from workbench.briefing.tables import Axis
from workbench.briefing.text import Text, plain, quoted
from workbench.errors import UsageError, nearest


@dataclass(frozen=True)
class Section:
    """One section: its number, its anchor, its heading and its blocks in order."""

    number: int
    id: str
    heading: str
    blocks: tuple[Any, ...]


@dataclass(frozen=True)
class Briefing:
    """A briefing as data: nothing in it depends on how it is printed.

    Attributes
    ----------
    programme_id, programme : str
        Id and name.
    place : Place
    edition : date or None
    title : Text
    lead : str
        Construct of the short answer's first sentence; empty where there is none.
    axes : tuple of Axis
        The short answer.
    sections : tuple of Section
        All ten, in order.
    findings : tuple of Finding
        Every number printed.
    sources : mapping of str to Source
        What a reader needs of each row that a finding names.
    citations : mapping of str to str
        The works that those rows cite, by key.
    phrases : Phrases
    origins : Origins
        The entries that printed figures lead to.
    """

    programme_id: str
    programme: str
    place: Place
    edition: datetime.date | None
    title: Text
    lead: str
    axes: tuple[Axis, ...]
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]
    sources: Mapping[str, Source]
    citations: Mapping[str, str]
    phrases: Phrases
    origins: Origins = field(default_factory=Origins)

    @property
    def date(self) -> str:
        """The edition's date as a reader says it."""
        return written_date(self.edition)

    def finding(self, name: str) -> Finding:
        """Return one finding by its id.

        Raises
        ------
        UsageError
            If there is no such finding.
        """
        found = {item.id: item for item in self.findings}
        if name not in found:
            raise UsageError(f"there is no finding {name!r}; {nearest(name, found)}".rstrip("; "))
        return found[name]

    def __repr__(self) -> str:
        axes = " ".join(plain(axis.sentence) for axis in self.axes)
        return f"<Briefing {self.programme_id}, {self.place.name}, {self.date}: {len(self.findings)} findings. {axes}>"


@dataclass(frozen=True)
class Source:
    """Where a row's figures come from, in the words of the tables; for an effect row also how it was derived and sized."""

    table: str
    key: str
    cite: tuple[str, ...] = ()
    locator: str = ""
    checked: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    derived: str = ""
    size: Mapping[str, Any] = field(default_factory=dict)


def build(
    evidence: Any,
    programme_id: str,
    area_code: str,
    headlines: Sequence[Any],
    appraisal: Any,
    parameters: Mapping[str, Any] | None = None,
    templates: Path | str | None = None,
    local: Any = None,
    decision: Any = None,
) -> Briefing:
    """Assemble the briefing on one programme in one area.

    Parameters
    ----------
    evidence : EvidenceBase
    programme_id : str
    area_code : str
        GSS code.
    headlines : sequence of Headline
        One per construct; those of the short answer first.
    appraisal : Appraisal or None
        The money; None where none was run.
    parameters : mapping, optional
        What was set for this briefing.
    templates : path, optional
        Folder with ``sentences.toml``; that of the workspace unless given.
    local : Local, optional
        What the programme means for the area: families who could take part, its own prices, similar areas, other analyses.
    decision : Decision, optional
        What drives the money, what information is worth, the study to fund next, distributional weights.

    Returns
    -------
    Briefing

    Raises
    ------
    UsageError
        For an unknown programme or area, or a phrase that is missing.
    """
    programme = evidence["programmes"][programme_id]
    place = find_place(evidence, area_code)
    settings = dict(parameters or {})
    phrases = load_phrases(templates if templates is not None else evidence.root / "templates")
    edition = settings.get("edition_date") or evidence.edition_date
    ctx = Context(evidence, programme, place, tuple(headlines), appraisal, settings, edition, phrases, Ledger(programme_id, place.code), local, decision)
    sections = tuple(Section(number, name, phrases.words(f"heading.{name}"), blocks(ctx)) for number, (name, blocks) in enumerate(SECTIONS, start=1))
    axes = next(block.axes for block in sections[1].blocks if block.kind == "answer")
    findings = ctx.ledger.all()
    title = phrases("page.title", programme=quoted(programme["name"]), place=quoted(place.name))
    lead = ctx.main.construct["construct"] if ctx.main is not None else ""
    sources, citations = sources_of(evidence, findings)
    return Briefing(
        programme_id, programme["name"], place, edition, title, lead, axes, sections, findings, sources, citations, phrases,
        origins_of(ctx, sections, findings),
    )  # fmt: skip


def find_place(evidence: Any, code: str) -> Place:
    """Return the place of a GSS code with the country that it is compared with.

    Raises
    ------
    UsageError
        If the areas table has no such code, or no country.
    """
    rows = evidence["areas"].rows
    names = {row["gss_code"]: row["area"] for row in rows}
    country = next((row for row in rows if row["level"] == "country"), None)
    if code not in names:
        raise UsageError(f"evidence/areas.csv has no area {code!r}; {nearest(code, names)}".rstrip("; "))
    if country is None:
        raise UsageError("evidence/areas.csv has no row with level 'country', which every area is compared with")
    return Place(code, names[code], country["gss_code"], country["area"])


def sources_of(evidence: Any, findings: Sequence[Finding]) -> tuple[dict[str, Source], dict[str, str]]:
    """Describe every row that a finding names, and the works that those rows cite, by key."""
    wanted = dict.fromkeys(row for finding in findings for row in finding.rows)
    sources = {name: _source(evidence, name) for name in wanted}
    return sources, {key: evidence.references[key].text for key in sorted({key for source in sources.values() for key in source.cite})}


def _source(evidence: Any, name: str) -> Source:
    table, _, key = name.partition("/")
    row = evidence[table].get(tuple(key.split("/", 2)) if table == "areas" else key)
    if row is None:
        return Source(table, key)
    cite = row.get("cite") or (evidence["studies"][row["study_id"]]["cite"] if table == "effects" else None)
    if cite is None and table == "areas":
        cite = evidence["area_measures"][row["measure"]]["cite"]
    known = tuple(part for part in parts_of(cite) if part in evidence.references)
    derived, size = "", {}
    if table == "effects":
        derived, size = row["derivation"] or "", sized(row, evidence["outcomes"][row["construct"]], evidence["studies"][row["study_id"]])
    locator = row.get("locator") or row.get("publisher") or ""
    return Source(table, key, known, locator, row.get("checked") or "", figures_of(evidence[table], row), derived, size)
