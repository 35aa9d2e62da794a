"""Where each printed figure comes from: entries that a reader reaches from a number, without a script.

A figure of a table leads to the row that it stands in. Any other figure leads to an entry for its basis: the method and
the rows, shared by all figures that rest on the same. Entries stand by topic, so that one link a paragraph or a table row
reaches all that a reader without a pointing device needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from workbench.briefing.context import Context, parts_of, words_or_code
from workbench.briefing.findings import Finding
from workbench.briefing.formatting import format_number
from workbench.briefing.tables import Axis, Heading, Line, References, Table
from workbench.briefing.text import Number, Text, quoted, text

_WORTH_NAMING = 5  # rows that an entry must share with an earlier one to name it in their place
_PLACES = 1  # of the places where a basis is used, the first one is named
_FREE = "settings"
_UNSAID = ("order", "rank", "horizon_months", "year_from", "year_to")  # numbers of a row that are no figures of a source


@dataclass(frozen=True)
class Place:
    """Somewhere in the page: a link back, and the section that it stands in."""

    href: str
    section: int


@dataclass(frozen=True)
class Way:
    """One way in which figures came about: its method, and whether it is exact, from draws or a table's."""

    id: str
    method: str
    kind: Text


@dataclass(frozen=True)
class Entry:
    """Figures that rest on the same rows: the ways they came about, the rows, and where the figures are used."""

    ways: tuple[Way, ...]
    rows: tuple[tuple[str, str], ...]  # (address, label)
    like: str  # the address of an earlier entry that names these rows, or all but those in `rows`
    others: bool  # whether rows are counted that nothing else rests on
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Topic:
    """The entries of one outcome, or of the money, or of another part of the briefing."""

    id: str
    name: Text
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class RowEntry:
    """One row of a table: what it says, its figures, the work that it cites, where they stand, and how it was checked."""

    id: str
    name: str
    label: str
    figures: Text
    how: tuple[str, ...]
    cite: tuple[tuple[str, str], ...]  # (key, short citation)
    locator: str
    checked: Text
    notes: tuple[str, ...]
    like_last: bool = False  # whether it stands in the same place as the row before, but for a number such as a year


@dataclass(frozen=True)
class RowGroup:
    """The rows of one table."""

    id: str
    name: Text
    entries: tuple[RowEntry, ...]


@dataclass(frozen=True)
class Origins:
    """All entries, and for each finding the address of its own and of its topic; `words`: how a link to a topic is called."""

    words: str = ""
    topics: tuple[Topic, ...] = ()
    groups: tuple[RowGroup, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    path: str = ""  # that all ids of the page begin with
    anchors: Mapping[str, str] = field(default_factory=dict)  # how other parts of a page call a row's entry -> its address


def origins_of(ctx: Context, sections: Sequence[Any], findings: Sequence[Finding]) -> Origins:
    """Return the entries behind every finding of a briefing.

    Parameters
    ----------
    ctx : Context
    sections : sequence of Section
        With all of their blocks, to find out where each figure is printed.
    findings : sequence of Finding
    """
    printed = _printed(sections)
    works = _works(ctx, sections, findings)
    names = list(dict.fromkeys(row for item in findings if item.id not in works for row in _shown_rows(item)))
    row_ids = {name: f"s{index}" for index, name in enumerate(names, start=1)}
    topics, addresses, homes = _topics(ctx, findings, row_ids, printed)
    own = {name: [] for name in names}
    for item in findings:
        if item.id in works:
            addresses[item.id], homes[item.id] = works[item.id], "#references"
        elif _of_one_row(item):
            name = item.rows[0]
            addresses[item.id], homes[item.id] = f"#{row_ids[name]}", f"#rows-{name.partition('/')[0]}"
            if item.kind != "table" and "/study." in item.id and item.method not in own[name]:
                own[name].append(item.method)
    anchors = {f"#row-{name.partition('/')[2]}": f"#{row_ids[name]}" for name in names if name.startswith("effects/")}
    return Origins(ctx.phrases.words("origin.link"), topics, _groups(ctx, names, row_ids, own), addresses, homes, f"{ctx.ledger.programme}/{ctx.ledger.area}", anchors)


def _works(ctx: Context, sections: Sequence[Any], findings: Sequence[Finding]) -> dict[str, str]:
    """Return for official figures the published table itself: measure, period and publisher stand beside the figure already."""
    listed = {anchor for section in sections for block in section.blocks if isinstance(block, References) for anchor, _ in block.items}
    found = {}
    for item in findings:
        if _of_one_row(item) and item.rows[0].startswith("areas/") and (row := row_of(ctx, item.rows[0])) is not None:
            works = [f"ref-{key}" for key in _cited(ctx, row, "areas")]
            found |= {item.id: f"#{works[0]}"} if works and works[0] in listed else {}
    return found


def _shown_rows(item: Finding) -> tuple[str, ...]:
    """Return the rows of a finding that have an entry of their own; a count of rows gives none to those that nothing else rests on."""
    return item.rows if item.kind != "table" or len(item.rows) == 1 else ()


def _of_one_row(item: Finding) -> bool:
    return len(item.rows) == 1 and item.kind != "draws"


def _topics(ctx: Context, findings: Sequence[Finding], row_ids: Mapping[str, str], printed: Mapping[str, list[Place]]) -> tuple[tuple[Topic, ...], dict, dict]:
    """Return the topics with their entries, and the addresses of the figures that have one of their own."""
    found: dict[str, dict[tuple, list[Finding]]] = {}
    for item in findings:
        if not _of_one_row(item):
            found.setdefault(item.id.split("/")[2] if item.rows else _FREE, {}).setdefault(_told(ctx, item.rows), []).append(item)
    topics, addresses, homes, first, number = [], {}, {}, {}, 0
    for index, (name, by_rows) in enumerate(found.items(), start=1):
        entries = []
        for rows, items in by_rows.items():
            ways: dict[tuple[str, str], Way] = {}
            for item in items:
                if (item.method, item.kind) not in ways:
                    number += 1
                    ways[item.method, item.kind] = Way(f"f{number}", item.method[:1].upper() + item.method[1:], ctx.phrases(f"origin.kind.{item.kind}"))
                addresses[item.id] = f"#{ways[item.method, item.kind].id}"
                homes |= {item.id: f"#t{index}"} if item.rows else {}
            like, known = _nearest(rows, first)
            first.setdefault(rows, f"#{next(iter(ways.values())).id}")
            rest = tuple(row for row in rows if row not in known)
            others = any(row not in row_ids for row in rest)
            entries.append(Entry(tuple(ways.values()), tuple((f"#{row_ids[row]}", _label(ctx, row)) for row in rest if row in row_ids), like, others, _places(items, printed)))
        topics.append(Topic(f"t{index}", _topic_name(ctx, name), tuple(entries)))
    return tuple(topics), addresses, homes


def _nearest(rows: tuple[str, ...], first: Mapping[tuple[str, ...], str]) -> tuple[str, frozenset[str]]:
    """Return the earlier entry that names most of these rows and no other, and those rows; nothing where it would save little."""
    own = frozenset(rows)
    found = max(((len(known), address, known) for known, address in first.items() if known and own.issuperset(known)), default=(0, "", ()), key=lambda each: each[0])
    size, address, known = found
    return (address, frozenset(known)) if size == len(own) > 0 or size >= _WORTH_NAMING else ("", frozenset())


def _told(ctx: Context, rows: tuple[str, ...]) -> tuple[str, ...]:
    """Return the rows that an entry names: a study is told by its results where they are among them."""
    studies = {f"studies/{row['study_id']}" for name in rows if name.startswith("effects/") and (row := row_of(ctx, name)) is not None}
    return tuple(name for name in rows if name not in studies)


def _places(items: Sequence[Finding], printed: Mapping[str, list[Place]]) -> tuple[Place, ...]:
    """Return the first places, one a section, where figures of an entry are printed."""
    by_section = {place.section: place for item in reversed(items) for place in reversed(printed.get(item.id, []))}
    return tuple(sorted(by_section.values(), key=lambda place: place.section))[:_PLACES]


def _topic_name(ctx: Context, name: str) -> Text:
    if f"origin.topic.{name}" in ctx.phrases:
        return ctx.phrases(f"origin.topic.{name}")
    row = ctx.evidence["outcomes"].get(name)
    return quoted(row["name"]) if row is not None else quoted(name.replace("-", " ").replace("_", " ").capitalize())


def _groups(ctx: Context, names: Iterable[str], row_ids: Mapping[str, str], own: Mapping[str, list[str]]) -> tuple[RowGroup, ...]:
    by_table: dict[str, list[RowEntry]] = {}
    for name in names:
        entries, made = by_table.setdefault(name.partition("/")[0], []), _row_entry(ctx, name, row_ids[name], tuple(own[name]))
        entries.append(replace(made, like_last=bool(entries) and not name.startswith("effects/") and _place(entries[-1]) == _place(made)))
    return tuple(RowGroup(f"rows-{table}", _table_name(ctx, table), tuple(entries)) for table, entries in by_table.items())


def _place(entry: RowEntry) -> tuple[Any, ...]:
    return entry.cite, re.sub(r"\d+", "", entry.locator), entry.checked


def _table_name(ctx: Context, table: str) -> Text:
    name = f"origin.table.{table}"
    return ctx.phrases(name) if name in ctx.phrases else quoted(table.replace("_", " ").capitalize())


def row_of(ctx: Context, name: str) -> Any | None:
    """Return the row that a finding names as ``<table>/<key>``; None where the tables no longer have it."""
    table, _, key = name.partition("/")
    return ctx.evidence[table].get(tuple(key.split("/", 2)) if table == "areas" else key)


def _label(ctx: Context, name: str) -> str:
    """Name a row in few words."""
    row, table = row_of(ctx, name), name.partition("/")[0]
    if row is None:
        return name
    if table == "effects":
        return ctx.evidence["studies"][row["study_id"]]["label"]
    if table == "areas":
        return f"{row['area']}, {ctx.evidence['area_measures'][row['measure']]['name']}"
    if table == "baselines":
        return row["population"] or ctx.evidence["outcomes"][row["construct"]]["name"]
    return row.get("name") or row.get("label") or row.get("words") or name.partition("/")[2]


def _row_entry(ctx: Context, name: str, anchor: str, how: tuple[str, ...]) -> RowEntry:
    row, table = row_of(ctx, name), name.partition("/")[0]
    if row is None:
        return RowEntry(anchor, name, name, (), how, (), "", (), ())
    label = _label(ctx, name) + (f": {row['outcome_measure']}" if table == "effects" else f", {row['period']}" if table == "areas" else "")
    known = tuple(key for key in _cited(ctx, row, table) if key in ctx.evidence.references)
    cite = tuple((key, ctx.evidence.references[key].short) for key in known)
    notes = (row["derivation"],) if table == "effects" and row["derivation"] else ()
    locator = row.get("locator") or row.get("publisher") or ""
    return RowEntry(anchor, name, label, figures_words(ctx, row), how, cite, locator, words_or_code(ctx.phrases, "map.check", row.get("checked")), notes)


def _cited(ctx: Context, row: Any, table: str) -> list[str]:
    cite = row.get("cite")
    if cite is None and table == "effects":
        cite = ctx.evidence["studies"][row["study_id"]]["cite"]
    if cite is None and table == "areas":
        cite = ctx.evidence["area_measures"][row["measure"]]["cite"]
    return parts_of(cite)


def figures_words(ctx: Context, row: Any) -> Text:
    """Write the numbers of a row as the source prints them: ``events with the programme 40, families with the programme 100``."""
    pieces: list[object] = []
    for name, value in numbers_of({item.name: row[item.name] for item in ctx.evidence[row.table].fields}).items():
        words = f"column.{name}"
        label = ctx.phrases.words(words) if words in ctx.phrases else name.replace("_", " ")
        pieces += [", " if pieces else "", f"{label} ", quoted(value)]
    return text(*pieces)


def numbers_of(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers among a row's figures, as they are printed, in the order of the columns."""
    return {
        name: format_number(float(value), "year" if "year" in name else "exact")
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in _UNSAID
    }


def _printed(sections: Sequence[Any]) -> dict[str, list[Place]]:
    """Return for each finding the places where it is printed, one a section."""
    found: dict[str, list[Place]] = {}
    for section in sections:
        here = section.id
        for block in section.blocks:
            here = block.id if isinstance(block, Heading) else here
            for name, anchor in _numbers(block, here):
                places = found.setdefault(name, [])
                if all(place.section != section.number for place in places):
                    places.append(Place(f"#{anchor}", section.number))
    return found


def _numbers(thing: Any, here: str) -> Iterable[tuple[str, str]]:
    """Walk plain data and yield every number's id with the nearest anchor around it."""
    if isinstance(thing, Number):
        yield thing.finding.id, here
    elif isinstance(thing, tuple):
        for item in thing:
            here = item.id if isinstance(item, Heading) else here
            yield from _numbers(item, here)
    elif is_dataclass(thing) and not isinstance(thing, Finding):
        if isinstance(thing, Axis):
            here = f"axis-{thing.id}"
        elif isinstance(thing, Table | Line) and thing.id:
            here = thing.id
        for item in fields(thing):
            yield from _numbers(getattr(thing, item.name), here)
