"""From other people's column names to ours: a proposal, which a curator can override."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import UsageError, nearest
from workbench.evidence.cells import NUMBER
from workbench.evidence.curation import canonical
from workbench.evidence.curation.sheets import Sheet
from workbench.evidence.schema import Package

REFERENCE_FIELDS = ("kind", "author", "title", "year", "container", "volume", "number", "pages", "first_page", "last_page", "doi", "url")
# Not columns, but what other tables have in one cell: both limits, and a subgroup's name.
_EXTRA = ("effects.interval", "effects.subgroup")
_DERIVED = ("effects.effect_id", "effects.superseded_by", "effects.checked", "effects.recorded", "effects.overlap_group")
_DOI = re.compile(r"(https?://(dx\.)?doi\.org/|doi:\s*)?10\.\d{4,9}/\S+", re.IGNORECASE)
_TABLES = ("references", "studies", "effects")


@dataclass(frozen=True)
class Pair:
    """One column of theirs, one of ours, and why."""

    theirs: str
    ours: str
    why: str


@dataclass(frozen=True)
class Mapping:
    """Which column becomes which.

    Attributes
    ----------
    pairs : tuple of Pair
        Their columns in the order of the file; several may lead to one of ours, where the first that is filled counts.
    unmapped : tuple of str
        Their columns that lead nowhere.
    constants : mapping of str to str
        Our columns that have one value for the whole file.
    """

    pairs: tuple[Pair, ...]
    unmapped: tuple[str, ...]
    constants: Names[str, str]

    def __str__(self) -> str:
        width = max((len(pair.theirs) for pair in self.pairs), default=0)
        lines = [f"  {pair.theirs:<{width}}  ->  {pair.ours}" + (f"   ({pair.why})" if pair.why else "") for pair in self.pairs]
        lines += [f"  {name:<{width}}  ->  (not taken)" for name in self.unmapped]
        lines += [f"  {'=':>{width}}  {ours} = {value}" for ours, value in self.constants.items()]
        return "\n".join(lines)


@cache
def knowledge() -> dict[str, Any]:
    """Return ``import.toml``: formats, synonyms, words, defaults and thresholds."""
    return tomllib.loads(Path(__file__).with_name("import.toml").read_text(encoding="utf-8"))


def propose(sheet: Sheet, package: Package, overrides: Names[str, str] | None = None, constants: Names[str, str] | None = None) -> Mapping:
    """Propose what each column of a sheet becomes.

    Parameters
    ----------
    sheet : Sheet
        The file.
    package : Package
        Our schema.
    overrides : mapping of str to str, optional
        Their column to ours, as the curator says; an empty text leaves the column out.
    constants : mapping of str to str, optional
        Our column to one value for the whole file.

    Returns
    -------
    Mapping

    Raises
    ------
    UsageError
        If an override names a column that does not exist, here or there.
    """
    targets = known_targets(package)
    stated = {_theirs(name, sheet): target(ours, targets) if ours else "" for name, ours in (overrides or {}).items()}
    fixed = {target(ours, targets): value for ours, value in (constants or {}).items()}
    found = {name: Pair(name, ours, "as you say") for name, ours in stated.items() if ours}
    open_columns = [name for name in sheet.columns if name not in stated]
    if sheet.format == "csv":
        taken = {pair.ours for pair in found.values()} | set(fixed)
        found |= {pair.theirs: pair for pair in _by_likeness(sheet, open_columns, package, taken)}
    else:
        known = knowledge()["formats"][sheet.format]
        found |= {name: Pair(name, known[name], "") for name in open_columns if name in known}
    order = list(knowledge()["formats"].get(sheet.format, sheet.columns))
    place = {name: number for number, name in enumerate(order)}
    pairs = sorted(found.values(), key=lambda pair: place.get(pair.theirs, -1))
    return Mapping(tuple(pairs), tuple(name for name in sheet.columns if name not in found), fixed)


def known_targets(package: Package) -> tuple[str, ...]:
    """Return every column that an import may fill, as ``table.column``."""
    columns = [f"{table}.{name}" for table in ("studies", "effects") for name in package[table].names]
    return (*(f"references.{name}" for name in REFERENCE_FIELDS), *(name for name in columns if name not in _DERIVED), *_EXTRA)


def target(name: str, targets: Iterable[str]) -> str:
    """Return a column of ours in full; a bare name means the first table that has it."""
    targets = tuple(targets)
    if name in targets:
        return name
    for table in _TABLES:
        if f"{table}.{name}" in targets:
            return f"{table}.{name}"
    hint = nearest(name, [*targets, *(each.partition(".")[2] for each in targets)])
    raise UsageError(f"there is no column {name!r} that an import could fill" + (f"; {hint}" if hint else ""))


def _theirs(name: str, sheet: Sheet) -> str:
    if name not in sheet.columns:
        hint = nearest(name, sheet.columns)
        raise UsageError(f"{sheet.file} has no column {name!r}; " + (hint or "it has " + ", ".join(sheet.columns)))
    return name


def _by_likeness(sheet: Sheet, columns: list[str], package: Package, taken: set[str]) -> Iterator[Pair]:
    """Yield the best pairs first: equal names before similar ones, and only where the contents fit."""
    limits = knowledge()["thresholds"]
    scores = []
    for place, theirs in enumerate(columns):
        values = [row.cells[theirs] for row in sheet.rows if theirs in row.cells]
        for ours, names in _names(package).items():
            alike, name = max((likeness(theirs, each), each) for each in names)
            share = fitting(values, ours, package)
            if ours == "references.doi" and values and share >= limits["name"]:
                alike, name = max(alike, limits["name"]), name if alike >= limits["name"] else "its contents"
            if alike >= limits["name"] and share >= limits["content"]:
                scores.append((-alike, -share, place, theirs, ours, name))
    done: set[str] = set()
    for alike, _, _, theirs, ours, name in sorted(scores):
        if theirs not in done and ours not in taken:
            done.add(theirs)
            taken.add(ours)
            yield Pair(theirs, ours, "" if alike == -1 else f"like {name!r}")


@cache
def _names_of(targets: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    names = {ours: tuple(listed) for ours, listed in knowledge()["synonyms"].items()}
    said = {each for listed in names.values() for each in listed}
    for ours in targets:
        own = tidy(ours.partition(".")[2])
        # A name that our tables share, such as year or note, means what the list of synonyms says, or the first table.
        if own not in said:
            said.add(own)
            names[ours] = (*names.get(ours, ()), own)
        names[ours] = (*names.get(ours, ()), tidy(ours))
    return names


def _names(package: Package) -> dict[str, tuple[str, ...]]:
    return _names_of(known_targets(package))


def tidy(name: str) -> str:
    """Return a name in lower case with one blank for whatever is not a letter or digit."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, 0 to 1; the order of words does not matter."""
    one, other = tidy(one), tidy(other)
    if one == other:
        return 1.0
    if sorted(one.split()) == sorted(other.split()):
        return 0.99
    # Short names are alike by chance: p and t, n1 and n2.
    return 0.98 * SequenceMatcher(None, one, other, autojunk=False).ratio() if min(len(one), len(other)) > 5 else 0.0


def fitting(values: list[str], ours: str, package: Package) -> float:
    """Return the share of cells that could stand in a column of ours; 1 for an empty column."""
    return sum(_fits(value, ours, package) for value in values) / len(values) if values else 1.0


def _fits(value: str, ours: str, package: Package) -> bool:
    table, _, column = ours.partition(".")
    if ours == "references.doi":
        return bool(_DOI.fullmatch(value))
    if ours == "references.year":
        return bool(re.search(r"(?<!\d)(1[89]|20)\d\d(?!\d)", value))
    if ours == "effects.interval":
        return len(re.findall(r"\d+\.?\d*|\.\d+", value)) >= 2
    if ours == "effects.measure":
        return from_words(ours, value) is not None or value in _field(package, ours).enum
    if table == "references" or ours in _EXTRA:
        return True
    field = _field(package, ours)
    if field.kind in ("number", "integer"):
        return bool(NUMBER.fullmatch(canonical.number(re.sub(r"^\s*p?\s*[<>=]\s*|\s*%$", "", value))))
    return True


def _field(package: Package, ours: str) -> Any:
    table, _, column = ours.partition(".")
    return next(field for field in package[table].fields if field.name == column)


def from_words(ours: str, value: str) -> str | None:
    """Return our value for somebody's word in an enumerated column; None if the word is not known."""
    said = tidy(value)
    return next((own for own, words in knowledge()["words"].get(ours, {}).items() if said == tidy(own) or said in words), None)
