"""From a mapped sheet to drafts: study, effect and reference rows that belong together, with keys and what follows from other cells."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbench.errors import EvidenceError, Problem, UsageError
from workbench.evidence.base import EvidenceBase
from workbench.evidence.curation import entries, values
from workbench.evidence.curation.mapping import Mapping as Mapped
from workbench.evidence.curation.mapping import knowledge
from workbench.evidence.curation.sheets import Sheet
from workbench.evidence.schema import Package

Cells = dict[str, str]
_NOT_A_RESULT = {"comparator", "subgroup", "note", "locator", "programme_id", "construct", "outcome_id"}


@dataclass(frozen=True)
class Drafts:
    """New rows, not yet part of the tables.

    Attributes
    ----------
    rows : mapping of str to tuple of dict
        ``studies`` and ``effects``: cells by column.
    references : tuple of (str, str)
        Key and BibTeX entry.
    notes : tuple of str
        What the curator should know: keys given, defaults taken, texts kept from running as formulas.
    """

    rows: Mapping[str, tuple[Cells, ...]]
    references: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = {"references": len(self.references)} | {table: len(rows) for table, rows in self.rows.items()}
        return ", ".join(f"{count} {name if count != 1 else _SINGULAR[name]}" for name, count in counts.items())


_SINGULAR = {"references": "reference", "studies": "study", "effects": "effect"}


@dataclass
class _Source:
    """One study of the file: everything that its rows say about it."""

    identity: str
    line: int
    reference: Cells = field(default_factory=dict)
    study: Cells = field(default_factory=dict)
    effects: list[tuple[int, Cells]] = field(default_factory=list)
    key: str = ""
    existing_reference: bool = False
    existing_study: str = ""


def draft(sheet: Sheet, mapping: Mapped, evidence: EvidenceBase, package: Package, date: datetime.date | None = None, reuse: bool = False) -> Drafts:
    """Turn a mapped sheet into drafts.

    Parameters
    ----------
    sheet, mapping : Sheet, Mapping
        The file, and what its columns become.
    evidence : EvidenceBase
        The tables that the drafts are to join.
    package : Package
        Schema of the tables.
    date : datetime.date, optional
        Day recorded in the new rows; that of the newest row on file unless given.
    reuse : bool
        Let rows whose DOI or title is on file belong to the existing reference and study, instead of refusing them.

    Returns
    -------
    Drafts

    Raises
    ------
    EvidenceError
        If a source is on file already or stands twice in the file, or its rows contradict each other; every case is listed.
    """
    day = date or evidence.edition_date
    if day is None:
        raise UsageError("the tables hold no dated row yet; say on which day these rows are recorded: --date 2026-01-31")
    sources, problems = _sources(sheet, mapping)
    problems += list(_on_file(sheet.file, sources, evidence, reuse))
    if problems:
        raise EvidenceError(problems)
    _give_keys(sources, evidence)
    studies = [_study(source, package) for source in sources if not source.existing_study]
    effects = _effects(sheet, sources, evidence, package, day)
    references = tuple((source.key, entries.bibtex(source.key, source.reference)) for source in sources if not source.existing_reference)
    rows = {"studies": tuple(studies), "effects": tuple(effects)}
    return Drafts(rows, references, tuple(_notes(sheet, sources, rows)))


def _sources(sheet: Sheet, mapping: Mapped) -> tuple[list[_Source], list[Problem]]:
    """Gather the rows of each study; RIS and BibTeX records are a study each."""
    found: dict[str, _Source] = {}
    problems: list[Problem] = []
    for row in sheet.rows:
        tables: dict[str, Cells] = defaultdict(dict)
        for ours, text in [*mapping.constants.items(), *((pair.ours, row.cells[pair.theirs]) for pair in mapping.pairs if pair.theirs in row.cells)]:
            table, _, column = ours.partition(".")
            tables[table].setdefault(column, text)
        reference, study = _reference(tables["references"], tables["studies"], sheet.format), tables["studies"]
        source = found.setdefault(identity := _identity(reference, study), _Source(identity, row.line))
        if source.line != row.line and sheet.format in ("ris", "bibtex"):
            problems.append(Problem(sheet.file, row.line, value=reference.get("doi") or reference.get("title", ""), rule="each source must stand once",
                                    way_out=f"it stands already on line {source.line}; delete one of the two records"))
            continue
        problems += [*_merged(sheet.file, row.line, source, source.reference, reference), *_merged(sheet.file, row.line, source, source.study, study)]
        # A constant says something of every result; it does not make one.
        said = {column for column in tables["effects"] if f"effects.{column}" not in mapping.constants}
        if said - _NOT_A_RESULT:
            source.effects.append((row.line, tables["effects"]))
    return list(found.values()), problems + _split_titles(sheet.file, found.values())


def _reference(cells: Cells, study: Cells, form: str) -> Cells:
    """Bring the cells of a reference to the form that BibTeX takes; a study's label gives what is missing."""
    out = dict(cells)
    who, when = entries.split_label(study.get("label", ""))
    out["author"] = entries.authors(cells.get("author") or who, form)
    out["year"] = entries.year(cells.get("year") or study.get("year") or when)
    out["doi"] = entries.doi(cells.get("doi", ""))
    return {name: text for name, text in out.items() if text}


def _identity(reference: Cells, study: Cells) -> str:
    """What tells one source from another: an id of ours, the DOI, or author, year and title."""
    for name in ("study_id", "cite"):
        if study.get(name):
            return f"{name}:{study[name]}"
    if reference.get("doi"):
        return f"doi:{reference['doi']}"
    return "/".join([entries.base_key(reference.get("author", ""), reference.get("year", "")), entries.same_title(reference.get("title") or study.get("label", ""))])


def _merged(file: str, line: int, source: _Source, known: Cells, new: Cells) -> Iterator[Problem]:
    for column, text in new.items():
        if known.setdefault(column, text) != text:
            yield Problem(file, line, column, source.identity, text, f"contradicts line {source.line}, which has {known[column]!r} for the same study",
                          "correct one of the two, or give each study its own label or DOI")


def _split_titles(file: str, sources: Iterator[_Source]) -> list[Problem]:
    """Two sources of one title within the file are one source with two DOIs, or one without."""
    first: dict[str, _Source] = {}
    problems = []
    for source in sources:
        title = entries.same_title(source.reference.get("title", ""))
        other = first.setdefault(title, source) if title else source
        if other is not source and other.reference.get("year") == source.reference.get("year"):
            problems.append(Problem(file, source.line, value=source.reference["title"], rule="each source must stand once",
                                    way_out=f"line {other.line} has the same title and year; delete one, or give both the same DOI"))
    return problems


def _on_file(file: str, sources: list[_Source], evidence: EvidenceBase, reuse: bool) -> Iterator[Problem]:
    """Find what is on file already; mark it for reuse, or refuse it with the key that it has."""
    by_doi = {entries.doi(reference.doi): key for key, reference in evidence.references.items() if reference.doi}
    by_title = {(entries.same_title(reference.title), reference.year): key for key, reference in evidence.references.items()}
    for source in sources:
        stated = source.study.get("study_id", "")
        if stated in evidence["studies"]:
            source.existing_study, source.existing_reference, source.key = stated, True, evidence["studies"][stated]["cite"]
            continue
        cited = source.study.get("cite", "")
        key = cited if cited in evidence.references else by_doi.get(source.reference.get("doi", ""))
        key = key or by_title.get((entries.same_title(source.reference.get("title", "")), source.reference.get("year", "")))
        if key is None:
            continue
        source.key, source.existing_reference = key, True
        reference = evidence.references[key]
        source.reference = {"author": " and ".join(reference.authors[:1]), "year": reference.year} | source.reference
        source.existing_study = next((row.key for row in evidence["studies"] if row["cite"] == key), "")
        if not reuse and key != cited:
            what = source.reference.get("doi") or source.reference.get("title", "")
            yield Problem(file, source.line, value=what, rule=f"is on file already, as {key!r}",
                          way_out="take it out of the file, or say --reuse to let its rows belong to that reference")


def _give_keys(sources: list[_Source], evidence: EvidenceBase) -> None:
    new = {source.identity: entries.base_key(source.reference.get("author", ""), source.reference.get("year", "")) for source in sources if not source.key}
    taken = {*evidence.references, *(row.key for row in evidence["studies"])}
    given = entries.keys(new, taken)
    for source in sources:
        source.key = source.key or given[source.identity]


def _study(source: _Source, package: Package) -> Cells:
    cells = values.spelt("studies", source.study, package)
    year = cells.get("year") or source.reference.get("year", "")
    derived = {
        "study_id": source.key, "cite": source.key, "year": year,
        "label": cells.get("label") or _label(source, year),
        "setting": values.setting(cells.get("country", "")),
    }
    return _defaults("studies") | {name: text for name, text in derived.items() if text} | cells | {"study_id": source.key, "cite": source.key}


def _label(source: _Source, year: str) -> str:
    first = source.reference.get("author", "").split(" and ")[0]
    return f"{(first.strip('{}') if first.startswith('{') else first.partition(',')[0]) or source.key} {year}".strip()


def _defaults(table: str) -> Cells:
    return {ours.partition(".")[2]: text for ours, text in knowledge()["defaults"].items() if ours.startswith(f"{table}.")}


def _effects(sheet: Sheet, sources: list[_Source], evidence: EvidenceBase, package: Package, day: datetime.date) -> list[Cells]:
    rows = []
    taken = {row.key for row in evidence["effects"]}
    for source in sources:
        for line, cells in source.effects:
            row = _effect(source, cells, evidence, package) | {"recorded": day.isoformat(), "checked": "unverified"}
            row["note"] = " ".join(part for part in (row.get("note", ""), f"Drafted from {sheet.file}, line {line}.") if part)
            row["effect_id"] = _effect_id(row, taken)
            taken.add(row["effect_id"])
            rows.append(row)
    return rows


def _effect(source: _Source, cells: Cells, evidence: EvidenceBase, package: Package) -> Cells:
    row = values.spelt("effects", cells, package)
    row["study_id"] = source.existing_study or source.key
    if "programme_id" in row:
        row["programme_id"] = values.named(row["programme_id"], "programmes", evidence)
    row["construct"] = values.named(row.get("construct") or row.get("outcome_id") or row.get("outcome_measure", ""), "outcomes", evidence)
    construct = evidence["outcomes"].get(row["construct"])
    if construct is not None:
        row = {"outcome_id": construct["outcome_id"], "direction": construct["direction"], "outcome_measure": construct["name"]} | row
        if row["outcome_id"] not in {each["outcome_id"] for each in evidence["outcomes"]}:
            row["outcome_id"] = construct["outcome_id"]
    elif not (cells.get("construct") or cells.get("outcome_id")):
        # An instrument's name that is no construct of ours: the cell is for the curator to fill.
        row["construct"] = ""
    row.setdefault("data_type", values.kind_of_data(row))
    numbers = any(row.get(name) for name in ("estimate", "events_treat", "pct_treat", "mean_treat", "p", "t", "se", "ci_low"))
    defaults = _defaults("effects") | {"role": "estimate" if numbers else "direction_only", "overlap_group": f"{row['study_id']}.{row['construct'] or 'unassigned'}"}
    if not (row.get("ci_low") and row.get("ci_high")):
        defaults.pop("ci_level", None)
    if cells.get("subgroup"):
        defaults |= {"scope": "subgroup", "exclusion": "subgroup", "exclusion_reason": f"Subgroup: {cells['subgroup']}"}
    return defaults | {name: text for name, text in row.items() if text}


def _effect_id(row: Cells, taken: set[str]) -> str:
    """Return study, outcome and months, as the ids on file have them; a number tells results apart that share all three."""
    months = row.get("timepoint_months", "")
    what = re.sub(r"[^a-z0-9]+", "-", (row.get("outcome_id") or row.get("outcome_measure", "result")).lower()).strip("-")[:40] or "result"
    base = ".".join([row["study_id"], what, *([f"{months}m".replace(".", "-")] if re.fullmatch(r"[0-9.]+", months) else [])])
    names = iter([base, *(f"{base}.{number}" for number in range(2, len(taken) + 3))])
    return next(name for name in names if name not in taken)


def _notes(sheet: Sheet, sources: list[_Source], rows: Mapping[str, tuple[Cells, ...]]) -> Iterator[str]:
    yield from sheet.notes
    for source in sources:
        if source.existing_reference:
            yield f"line {source.line}: belongs to {source.key}, which is on file"
    for table, drafted in rows.items():
        stated = knowledge()["defaults"]
        for ours, text in stated.items():
            column = ours.partition(".")[2]
            count = sum(row.get(column) == text for row in drafted) if ours.startswith(f"{table}.") else 0
            if count:
                yield f"{table}: {column} is {text!r} in {count} of {len(drafted)} rows: check it"
        for row in drafted:
            for column, text in row.items():
                if text.startswith("'") and len(text) > 1 and text[1] in "=+-@":
                    yield f"{table} {row.get('effect_id') or row['study_id']}: {column} begins like a formula; it is kept as text, with an apostrophe in front"
