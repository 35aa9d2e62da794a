"""What every section is built from, and the ways of asking it for findings."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.briefing.findings import Basis, Finding, Ledger, rows_of
from workbench.briefing.sentences import Phrases
from workbench.briefing.text import Text, quoted, text
from workbench.errors import UsageError

MEASURED = ("pooled", "single")
LEVEL = 0.95  # of every interval that the results carry


@dataclass(frozen=True)
class Place:
    """The area that a briefing is about, and the country that it is compared with."""

    code: str
    name: str
    country_code: str
    country: str

    @property
    def is_country(self) -> bool:
        """Whether the briefing is about the whole country."""
        return self.code == self.country_code


@dataclass(frozen=True)
class Context:
    """Inputs of the sections: results, tables, phrases, and the ledger that collects findings."""

    evidence: Any
    programme: Mapping[str, Any]
    place: Place
    headlines: tuple[Any, ...]
    appraisal: Any
    parameters: Mapping[str, Any]
    edition: datetime.date | None
    phrases: Phrases
    ledger: Ledger
    local: Any = None
    decision: Any = None

    @property
    def name(self) -> str:
        """The programme as running text names it."""
        return self.programme["short_name"]

    @cached_property
    def leads(self) -> tuple[Any, ...]:
        """Headlines of the short answer, most important first; the first of all where the table names none."""
        wanted = parts_of(self.programme["lead_constructs"])
        found = [item for name in wanted for item in self.headlines if item.construct["construct"] == name]
        return tuple(found) or self.headlines[:1]

    @cached_property
    def measured(self) -> tuple[Any, ...]:
        """Headlines that have an answer."""
        return tuple(item for item in self.headlines if item.status in MEASURED)

    @cached_property
    def main(self) -> Any | None:
        """The headline that the short answer opens with: the first lead with an answer, else the first lead."""
        return next((item for item in self.leads if item.status in MEASURED), self.leads[0] if self.leads else None)

    def latest_figures(self, code: str) -> dict[str, Any]:
        """Return the newest row of ``areas.csv`` for each measure of an area."""
        found: dict[str, Any] = {}
        for row in self.evidence["areas"].where(gss_code=code):
            known = found.get(row["measure"])
            if known is None or row["period_end"] > known["period_end"]:
                found[row["measure"]] = row
        return found

    def count(self, path: str, value: float, rows: Iterable[str] = (), method: str = "counted", unit: str = "") -> Finding:
        """Record a count of rows or families."""
        return self.ledger.number(path, value, "count", Basis("table", tuple(rows), method), unit=unit)

    def level(self) -> Finding:
        """The level of every interval."""
        return self.ledger.number("method/interval/level", LEVEL, "share", Basis("exact", (), "level of every interval shown"), unit="probability")

    def cell(self, row: Any, column: str, style: str = "number", path: str = "") -> Finding:
        """Record a figure of a table's row as a finding."""
        name = path or f"{row.table}/{_key(row)}/{column}"
        return self.ledger.number(name, row[column], style, Basis("table", (row_name(row),), f"column {column} of the table {row.table}"))

    def scale(self, name: str) -> list[Mapping[str, Any]]:
        """Return the rows of a scale of the vocabulary, from the lowest probability up.

        Raises
        ------
        UsageError
            If the vocabulary has no such scale.
        """
        rows = sorted(self.evidence["vocabulary"].where(scale=name), key=lambda row: row["from"])
        if not rows:
            raise UsageError(f"evidence/vocabulary.csv has no scale {name!r}; add its words with the probabilities from which they apply")
        return rows


def word_for(scale: Iterable[Mapping[str, Any]], probability: float) -> Mapping[str, Any]:
    """Return the row of an ordered scale that holds `probability`; the lowest row where none does."""
    rows = list(scale)
    return ([row for row in rows if row["from"] <= probability] or rows[:1])[-1]


def row_name(row: Any) -> str:
    """Name a row as findings do: ``<table>/<key>``."""
    return f"{row.table}/{_key(row)}"


def _key(row: Any) -> str:
    return "/".join(map(str, row.key)) if isinstance(row.key, tuple) else str(row.key)


def rows_about(ctx: Context, table: str) -> tuple[Any, ...]:
    """Return the rows of an optional table on the programme or one of its variants; none where the workspace has no such table."""
    if table not in ctx.evidence.tables:
        return ()
    own = {ctx.programme["programme_id"]}
    own |= {row["programme_id"] for row in ctx.evidence["programmes"].rows if row["parent_id"] in own}
    return tuple(row for row in ctx.evidence[table].rows if row["programme_id"] in own)


def parts_of(cell: str | None) -> list[str]:
    """Split a cell that lists several things with semicolons."""
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def words_or_code(phrases: Phrases, group: str, code: str | None) -> Text:
    """Return the words for a code of a table; the code itself, as table text, where the phrases have none."""
    if not code:
        return ()
    name = f"{group}.{code}"
    return text(phrases.words(name)) if name in phrases else quoted(code.replace("_", " "))


def country_words(phrases: Phrases, country: str) -> Text:
    """Return a country as running text names it; the phrases hold those that need an article or are no country."""
    name = f"country.{country.lower().replace(' ', '_')}"
    return text(phrases.words(name)) if name in phrases else quoted(country)


def measure_words(phrases: Phrases, measure: str, capital: bool = True) -> str:
    """Return the name of an effect measure, for a heading or for running text."""
    words = phrases.words(f"measure.{measure}")
    return words[:1].upper() + words[1:] if capital else words


def rows_behind(headline: Any) -> tuple[str, ...]:
    """Return the effect rows and studies on which a headline's fit rests."""
    return (*rows_of("effects", headline.fit.effects.row_ids), *rows_of("studies", (item.study["study_id"] for item in headline.used)))
