"""Entries on where computed figures come from: how figures came about, the rows that they rest on, and where they are used.

What several entries have in common is said once: one that rests on nearly the rows of an earlier one names that one, and
figures that came about in the same way, each on a row of its own, share an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import count
from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.findings import Finding
from workbench.briefing.tables import Axis, Heading, Line, Table
from workbench.briefing.text import Number, Text, quoted

_WORTH_NAMING = 3  # rows that naming an earlier entry in their place must save
_PLACES = 1  # of the places where a basis is used, the first one is named
_FREE = "settings"


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
class Case:
    """Some of the figures of an entry: the rows on which they alone rest."""

    id: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    """Figures that rest on the same rows: the ways they came about, the rows, and where the figures are used.

    Figures that came about in one and the same way, each on some rows of its own, are the `cases` of one entry.
    """

    ways: tuple[Way, ...]
    rows: tuple[tuple[str, str], ...]  # (address, label)
    like: str  # the address of an earlier entry that names these rows, or all but those in `rows`
    without: tuple[tuple[str, str], ...]  # rows of that entry on which this one does not rest
    others: bool  # whether rows are counted that nothing else rests on
    places: tuple[Place, ...]
    cases: tuple[Case, ...] = ()

    @property
    def by_kind(self) -> tuple[tuple[Way, ...], ...]:
        """The ways, those of one kind together."""
        kinds = list(dict.fromkeys(way.kind for way in self.ways))
        return tuple(tuple(way for way in self.ways if way.kind == kind) for kind in kinds)


@dataclass(frozen=True)
class Topic:
    """The entries of one outcome, or of the money, or of another part of the briefing."""

    id: str
    name: Text
    entries: tuple[Entry, ...]


@dataclass
class _Book:
    """What the entries of a page share while they are written."""

    ctx: Context
    row_ids: Mapping[str, str]
    printed: Mapping[str, list[Place]]
    addresses: dict[str, str] = field(default_factory=dict)
    first: dict[tuple[str, ...], str] = field(default_factory=dict)  # the earlier entry that names these rows
    numbers: Iterable[int] = field(default_factory=lambda: count(1))

    def id(self) -> str:
        return f"f{next(self.numbers)}"

    def named(self, rows: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return address and label of the rows that have an entry of their own."""
        return tuple((f"#{self.row_ids[row]}", label_of(self.ctx, row)) for row in rows if row in self.row_ids)

    def way(self, method: str, kind: str) -> Way:
        return Way(self.id(), method[:1].upper() + method[1:], self.ctx.phrases(f"origin.kind.{kind}"))

    def entry(self, rows: tuple[str, ...], ways: Sequence[Way], items: Sequence[Finding], cases: tuple[Case, ...] = ()) -> Entry:
        """Return an entry, with the rows of an earlier one in the place of its own where that is shorter."""
        near = _nearest(rows, self.first, self.row_ids)
        like = self.first[near] if near else ""
        self.first.setdefault(rows, f"#{ways[0].id}")
        rest, without = [row for row in rows if row not in near], [row for row in near if row not in rows]
        return Entry(tuple(ways), self.named(rest), like, self.named(without), any(row not in self.row_ids for row in rest), _places(items, self.printed), cases)


def topics_of(
    ctx: Context, sections: Sequence[Any], findings: Sequence[Finding], row_ids: Mapping[str, str]
) -> tuple[tuple[Topic, ...], dict[str, str], dict[str, str]]:
    """Return the topics with their entries; and for the figures that have one, its address and that of its topic.

    Parameters
    ----------
    ctx : Context
    sections : sequence of Section
        With all of their blocks, to find out where each figure is printed.
    findings : sequence of Finding
    row_ids : mapping of row to the id of its own entry
    """
    found: dict[str, dict[tuple[str, ...], list[Finding]]] = {}
    for item in findings:
        if not of_one_row(item):
            found.setdefault(item.id.split("/")[2] if item.rows else _FREE, {}).setdefault(_told(ctx, item.rows), []).append(item)
    book, topics, homes = _Book(ctx, row_ids, _printed(sections)), [], {}
    for index, (name, by_rows) in enumerate(found.items(), start=1):
        homes |= {item.id: f"#t{index}" for items in by_rows.values() for item in items if item.rows}
        topics.append(Topic(f"t{index}", _topic_name(ctx, name), tuple(_entries(book, by_rows))))
    return tuple(topics), book.addresses, homes


def of_one_row(item: Finding) -> bool:
    """Whether a figure is that of one row, so that it leads to the row itself."""
    return len(item.rows) == 1 and item.kind != "draws"


def _entries(book: _Book, by_rows: Mapping[tuple[str, ...], list[Finding]]) -> Iterable[Entry]:
    """Yield the entries of a topic, in the order in which they are first needed."""
    batches: dict[tuple[Any, ...], dict[tuple[str, ...], list[Finding]]] = {}
    for rows, items in by_rows.items():
        ways = tuple(dict.fromkeys((item.method, item.kind) for item in items))
        alone = len(ways) > 1 or not rows or any(row not in book.row_ids for row in rows)
        batches.setdefault((ways, rows) if alone else (ways,), {})[rows] = items
    for (ways, *_), batch in batches.items():
        yield _together(book, *ways[0], batch) if len(batch) > 1 else _one(book, ways, *next(iter(batch.items())))


def _one(book: _Book, ways: Sequence[tuple[str, str]], rows: tuple[str, ...], items: Sequence[Finding]) -> Entry:
    """Return the entry of figures that rest on the same rows."""
    made = {(method, kind): book.way(method, kind) for method, kind in ways}
    book.addresses.update((item.id, f"#{made[item.method, item.kind].id}") for item in items)
    return book.entry(rows, tuple(made.values()), items)


def _together(book: _Book, method: str, kind: str, batch: Mapping[tuple[str, ...], list[Finding]]) -> Entry:
    """Return one entry for figures that came about in the same way: the rows of all, then those of each."""
    head, common, cases = book.way(method, kind), tuple(row for row in next(iter(batch)) if all(row in rows for rows in batch)), []
    for rows, items in batch.items():
        cases.append(Case(book.id(), book.named(row for row in rows if row not in common)))
        book.addresses.update((item.id, f"#{cases[-1].id}") for item in items)
    return book.entry(common, (head,), [item for items in batch.values() for item in items], tuple(cases))


def _nearest(rows: tuple[str, ...], known: Iterable[tuple[str, ...]], row_ids: Mapping[str, str]) -> tuple[str, ...]:
    """Return the rows of the earlier entry that are most nearly these; none where naming it, and what it has too many, would save little."""
    own, saved, found = frozenset(rows), 0, ()
    for other in known:
        surplus = [row for row in other if row not in own]
        saving = len(other) - 2 * len(surplus)  # rows that need no name, less those that need one only here
        if saving > saved and all(row in row_ids for row in surplus):
            saved, found = saving, other
    return found if saved >= _WORTH_NAMING or own == frozenset(found) else ()


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


def row_of(ctx: Context, name: str) -> Any | None:
    """Return the row that a finding names as ``<table>/<key>``; None where the tables no longer have it."""
    table, _, key = name.partition("/")
    return ctx.evidence[table].get(tuple(key.split("/", 2)) if table == "areas" else key)


def label_of(ctx: Context, name: str) -> str:
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
