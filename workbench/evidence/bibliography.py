"""``bibliography.bib`` into references: read by bibtexparser, checked, and set as plain citations."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Problem
from workbench.evidence.reader import read_text
from workbench.evidence.workspace import BIBLIOGRAPHY

_KEY = re.compile(r"@?\s*\w+\s*\{\s*([^,\s}]+)")
_YEAR = re.compile(r"\d{4}[a-z]?(-\d{2,4})?|n\.d\.|in press")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_ADDRESS = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_CONTAINERS = ("journal", "journaltitle", "booktitle", "institution", "organization", "school", "publisher", "howpublished")
_LISTED_AUTHORS = 6
OTHERS = "others"


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography.

    Attributes
    ----------
    key : str
        Key by which the tables cite it.
    kind : str
        BibTeX type, lower case, e.g. ``article``.
    authors : tuple of str
        ``Family, Given``, or the name of a body; the last may be ``others``.
    year, title, container, doi, url : str
        Plain text; empty where the entry has none. ``container`` is the journal, book, institution or publisher.
    details : str
        Volume, number and pages, e.g. ``387(10014), 146-155``.
    bodies : tuple of bool
        For each author, whether it is a body rather than a person.
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    year: str
    title: str
    container: str = ""
    doi: str = ""
    url: str = ""
    details: str = ""
    bodies: tuple[bool, ...] = ()

    @property
    def short(self) -> str:
        """In-text form, e.g. ``Harwin et al. 2014``."""
        names = [name if body else name.split(",")[0] for name, body in zip(self.authors, self.bodies, strict=True)]
        if len(names) == 2 and names[1] != OTHERS:
            who = f"{names[0]} and {names[1]}"
        else:
            who = names[0] + (" et al." if len(names) > 1 else "") if names else self.key
        return f"{who} {self.year}".strip()

    @property
    def text(self) -> str:
        """One plain citation: authors (year). Title. Container, details. doi or address."""
        named = [name if body else _initials(name) for name, body in zip(self.authors, self.bodies, strict=True) if name != OTHERS]
        who = ", ".join(named[:_LISTED_AUTHORS])
        if len(named) > _LISTED_AUTHORS or OTHERS in self.authors:
            who += ", et al."
        place = ", ".join(part for part in (self.container, self.details) if part)
        link = f"doi:{self.doi}" if self.doi else self.url
        stop = "" if self.title.endswith((".", "?", "!")) else "."
        return " ".join(part for part in (f"{who} ({self.year}).", self.title + stop, place and place + ".", link) if part)


def read_bibliography(root: Path) -> tuple[dict[str, Reference] | None, list[Problem]]:
    """Read and check the workspace's bibliography.

    Parameters
    ----------
    root : pathlib.Path
        The workspace.

    Returns
    -------
    dict of str to Reference, or None
        By key, in file order; None if the file cannot be read. An entry that has problems still stands under its key, so
        that citing it is no further problem.
    list of Problem
        All of them.
    """
    text, problems = read_text(root, BIBLIOGRAPHY)
    if text is None:
        return None, problems
    return parse_bibliography(text)


def parse_bibliography(text: str) -> tuple[dict[str, Reference], list[Problem]]:
    """Parse and check BibTeX; as `read_bibliography`, from text."""
    problems: list[Problem] = []
    references: dict[str, Reference] = {}
    lines: dict[str, int] = {}
    for block in blocks(text):
        kind, line = type(block).__name__, (block.start_line or 0) + 1
        if kind == "Entry":
            references[block.key] = _reference(block)
            lines[block.key] = line
            problems += _entry_problems(block, references[block.key], line)
        elif kind in ("String", "Preamble", "ExplicitComment"):
            continue
        elif kind != "ImplicitComment" or "@" in block.raw or "{" in block.raw:
            problems.append(_block_problem(block, kind, line, lines))
            lost = _KEY.search(block.raw or "")
            if lost and lost[1] not in references:
                references[lost[1]] = Reference(lost[1], "", (), "", "")
    return references, problems


def blocks(text: str) -> list[Any]:
    """Parse BibTeX with bibtexparser, in file order; its own log lines are kept quiet because we report the same."""
    import bibtexparser

    logger = logging.getLogger("bibtexparser")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        return list(bibtexparser.parse_string(text).blocks)
    finally:
        logger.setLevel(level)


def _block_problem(block: Any, kind: str, line: int, lines: Mapping[str, int]) -> Problem:
    if kind == "DuplicateBlockKeyBlock":
        return Problem(BIBLIOGRAPHY, line, row=block.key, value="the key is given twice", rule="each key must stand once",
                       way_out=f"it stands already on line {lines.get(block.key, 0)}; delete one entry or rename it (a, b)")
    if kind == "DuplicateFieldKeyBlock":
        repeated = ", ".join(sorted(block.duplicate_keys))
        key = block.ignore_error_block.key
        return Problem(BIBLIOGRAPHY, line, repeated, key, "given twice", "each field must stand once in its entry", "delete one of the two")
    key = _KEY.search(block.raw or "")
    start = " ".join((block.raw or "").split())[:60]
    return Problem(BIBLIOGRAPHY, line, row=key[1] if key else "", value=start, rule="must be a complete BibTeX entry",
                   way_out="check that it begins with @ and a type, and that every brace and quotation mark is closed")


def _reference(block: Any) -> Reference:
    fields = {field.key.lower(): plain(str(field.value)) for field in block.fields}
    raw = {field.key.lower(): str(field.value) for field in block.fields}
    people = list(_people(raw.get("author") or raw.get("editor") or ""))
    year = fields.get("year") or fields.get("date", "")[:4]
    number = f"({fields['number']})" if fields.get("number") else ""
    pages = re.sub(r"\s*[-\u2013]+\s*", "-", fields.get("pages", ""))
    details = ", ".join(part for part in (fields.get("volume", "") + number, pages) if part)
    return Reference(
        key=block.key, kind=block.entry_type.lower(), authors=tuple(name for name, _ in people), bodies=tuple(body for _, body in people),
        year=year, title=fields.get("title", ""), container=next((fields[name] for name in _CONTAINERS if fields.get(name)), ""),
        doi=_DOI_ADDRESS.sub("", fields.get("doi", "")), url=fields.get("url", ""), details=details,
    )


def _people(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each name as ``Family, Given`` or as a body's name, and whether it is a body."""
    from bibtexparser.middlewares.names import split_multiple_persons_names

    for name in split_multiple_persons_names(" ".join(text.split())):
        if name.startswith("{") and name.endswith("}"):
            yield plain(name), True
        elif name.lower() == OTHERS:
            yield OTHERS, True
        elif name:
            written = plain(name)
            given, _, family = written.rpartition(" ")
            yield (written if "," in written or not given else f"{family}, {given}"), False


def plain(text: str) -> str:
    """Drop BibTeX's protecting braces and decode what LaTeX there is."""
    text = " ".join(text.split())
    if "\\" in text and "://" not in text:
        text = _decoded(text)
    return text.replace("{", "").replace("}", "").strip()


def _decoded(text: str) -> str:
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Entry, Field

    # A bare per cent sign would begin a LaTeX comment and swallow the rest of a title.
    whole = Entry("misc", "x", [Field("text", re.sub(r"(?<!\\)%", r"\\%", text))])
    return str(LatexDecodingMiddleware().transform_entry(whole, None).fields_dict["text"].value)


def _initials(name: str) -> str:
    family, _, given = name.partition(",")
    return f"{family} {''.join(part[0] for part in re.split(r'[ .-]+', given) if part)}".strip()


def _entry_problems(block: Any, reference: Reference, line: int) -> Iterator[Problem]:
    def problem(column: str, value: str, rule: str, way_out: str) -> Problem:
        return Problem(BIBLIOGRAPHY, line, column, reference.key, value, rule, way_out)

    if re.search(r"[;\s]", reference.key):
        yield problem("key", reference.key, "must hold neither spaces nor semicolons", "the tables separate keys by semicolons")
    if not reference.authors:
        yield problem("author", "", "must not be empty", "name the authors; put a body into double braces, as in {{Department for Education}}")
    if not reference.title:
        yield problem("title", "", "must not be empty", "give the title, or what the page is called")
    if not reference.year:
        yield problem("year", "", "must not be empty", "give the year; write n.d. where the source has none")
    elif not _YEAR.fullmatch(reference.year):
        yield problem("year", reference.year, "must be a year of four digits, n.d. or in press", "keep months and days out of it")
    if reference.doi and not _DOI.fullmatch(reference.doi):
        yield problem("doi", reference.doi, "must begin with 10. and hold no spaces", "copy it from the article's page")
    if reference.url and not re.fullmatch(r"https?://\S+", reference.url):
        yield problem("url", reference.url, "must be a web address that begins with http:// or https://", "copy it from the browser")
