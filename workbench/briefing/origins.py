"""Where each printed figure comes from: entries that a reader reaches from a number, without a script.

A figure of a table leads to the row that it stands in. Any other figure leads to an entry for its basis: the method and
the rows, shared by all figures that rest on the same. Entries stand by topic, so that one link a paragraph or a table row
reaches all that a reader without a pointing device needs.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.briefing.context import Context, parts_of, words_or_code
from workbench.briefing.entries import Topic, label_of, of_one_row, row_of, topics_of
from workbench.briefing.findings import Finding
from workbench.briefing.formatting import format_number
from workbench.briefing.tables import References
from workbench.briefing.text import Text, quoted, text

_UNSAID = ("order", "rank", "horizon_months", "year_from", "year_to")  # numbers of a row that are no figures of a source


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

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands, but for numbers such as a year; no other row shares the place of one that says nothing of it."""
        return (self.cite, re.sub(r"\d+", "", self.locator), self.checked) if self.locator else (self.id,)


@dataclass(frozen=True)
class Shelf:
    """Rows that stand in the same place of the same work, and what their locators begin with."""

    rows: tuple[RowEntry, ...]
    locator: str

    def rest(self, row: RowEntry) -> str:
        """What a row's locator says beyond that."""
        return row.locator.removeprefix(self.locator).strip(" ,;:")


@dataclass(frozen=True)
class RowGroup:
    """The rows of one table."""

    id: str
    name: Text
    entries: tuple[RowEntry, ...]

    @property
    def shelves(self) -> tuple[Shelf, ...]:
        """The rows by where they stand, in the order of the first of each."""
        found: dict[tuple[Any, ...], list[RowEntry]] = {}
        for row in self.entries:
            found.setdefault(row.place, []).append(row)
        return tuple(Shelf(tuple(rows), _shared([row.locator for row in rows])) for rows in found.values())


@dataclass(frozen=True)
class Origins:
    """All entries, and for each finding the address of its own and of its topic; `words`: how a link to a topic is called."""

    words: str = ""
    topics: tuple[Topic, ...] = ()
    groups: tuple[RowGroup, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
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
    works = _works(ctx, sections, findings)
    names = list(dict.fromkeys(row for item in findings if item.id not in works for row in _shown_rows(item)))
    row_ids = {name: f"s{index}" for index, name in enumerate(names, start=1)}
    topics, addresses, homes = topics_of(ctx, sections, findings, row_ids)
    own = {name: [] for name in names}
    for item in findings:
        if item.id in works:
            addresses[item.id], homes[item.id] = works[item.id], "#references"
        elif of_one_row(item):
            name = item.rows[0]
            addresses[item.id], homes[item.id] = f"#{row_ids[name]}", f"#rows-{name.partition('/')[0]}"
            if item.kind != "table" and "/study." in item.id and item.method not in own[name]:
                own[name].append(item.method)
    anchors = {f"#row-{name.partition('/')[2]}": f"#{row_ids[name]}" for name in names if name.startswith("effects/")}
    return Origins(ctx.phrases.words("origin.link"), topics, _groups(ctx, names, row_ids, own), addresses, homes, anchors)


def _works(ctx: Context, sections: Sequence[Any], findings: Sequence[Finding]) -> dict[str, str]:
    """Return for official figures the published table itself: measure, period and publisher stand beside the figure already."""
    listed = {anchor for section in sections for block in section.blocks if isinstance(block, References) for anchor, _ in block.items}
    found = {}
    for item in findings:
        if of_one_row(item) and item.rows[0].startswith("areas/") and (row := row_of(ctx, item.rows[0])) is not None:
            works = [f"ref-{key}" for key in _cited(ctx, row, "areas")]
            found |= {item.id: f"#{works[0]}"} if works and works[0] in listed else {}
    return found


def _shown_rows(item: Finding) -> tuple[str, ...]:
    """Return the rows of a finding that have an entry of their own; a count of rows gives none to those that nothing else rests on."""
    return item.rows if item.kind != "table" or len(item.rows) == 1 else ()


def _groups(ctx: Context, names: Iterable[str], row_ids: Mapping[str, str], own: Mapping[str, list[str]]) -> tuple[RowGroup, ...]:
    by_table: dict[str, list[RowEntry]] = {}
    for name in names:
        by_table.setdefault(name.partition("/")[0], []).append(_row_entry(ctx, name, row_ids[name], tuple(own[name])))
    return tuple(RowGroup(f"rows-{table}", _table_name(ctx, table), tuple(entries)) for table, entries in by_table.items())


def _shared(locators: Sequence[str]) -> str:
    """Return the whole words that all locators begin with."""
    return " ".join(os.path.commonprefix([locator.split(" ") for locator in locators])).rstrip(" ,;:")


def _table_name(ctx: Context, table: str) -> Text:
    name = f"origin.table.{table}"
    return ctx.phrases(name) if name in ctx.phrases else quoted(table.replace("_", " ").capitalize())


def _row_entry(ctx: Context, name: str, anchor: str, how: tuple[str, ...]) -> RowEntry:
    row, table = row_of(ctx, name), name.partition("/")[0]
    if row is None:
        return RowEntry(anchor, name, name, (), how, (), "", (), ())
    label = label_of(ctx, name) + (f": {row['outcome_measure']}" if table == "effects" else f", {row['period']}" if table == "areas" else "")
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
