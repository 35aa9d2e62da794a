"""A file from elsewhere as a sheet: named columns, rows of text, and the line on which each row stands."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import EvidenceError, Problem, UsageError
from workbench.evidence.reader import read_text

_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class SheetRow:
    """One row: the line it begins on, and its cells by column; empty cells are left out."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """What a file holds, before anything is mapped.

    Attributes
    ----------
    file : str
        Name of the file, for messages.
    format : str
        ``csv``, ``ris``, ``bibtex`` or ``revman``.
    columns : tuple of str
        Column names, RIS tags, BibTeX fields or RevMan attributes, in order of first appearance.
    rows : tuple of SheetRow
        At least one.
    notes : tuple of str
        What was left out on purpose, for the curator to know.
    """

    file: str
    format: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...] = ()


def refused(file: str, line: int, value: str, rule: str, way_out: str) -> EvidenceError:
    """Return the error of a file that cannot be taken in."""
    return EvidenceError([Problem(file, line, value=value, rule=rule, way_out=way_out)])


def sheet_of(file: str, form: str, rows: list[SheetRow], notes: tuple[str, ...] = ()) -> Sheet:
    """Return rows as a sheet; an empty file is refused."""
    if not rows:
        raise refused(file, 0, "there is nothing in the file", "it must hold at least one row or record", "export it again, with the records selected")
    columns = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    return Sheet(file, form, columns, tuple(rows), notes)


def read_sheet(path: str | os.PathLike) -> Sheet:
    """Read a RIS, BibTeX, RevMan 5 or CSV file.

    Parameters
    ----------
    path : str or path-like
        The file; what it is follows from its ending.

    Returns
    -------
    Sheet

    Raises
    ------
    UsageError
        If there is no such file or its ending is not known.
    EvidenceError
        If it is not text in UTF-8, is broken, or holds nothing.
    """
    place = Path(path).expanduser()
    if not place.is_file():
        raise UsageError(f"{path}: there is no such file")
    reader = _reader(place.suffix.lower())
    if reader is None:
        raise UsageError(f"{place.name}: what this file is does not show from its ending; known endings are .ris, .bib, .csv, .tsv and .rm5")
    text, problems = read_text(place.parent, place.name)
    if text is None:
        raise EvidenceError(problems)
    return reader(text, place.name)


def _reader(ending: str) -> Callable[[str, str], Sheet] | None:
    if ending in (".csv", ".tsv"):
        return read_csv
    if ending == ".ris":
        from workbench.evidence.curation.ris import read_ris

        return read_ris
    if ending in (".bib", ".bibtex"):
        from workbench.evidence.curation.bibtex import read_bibtex

        return read_bibtex
    if ending == ".rm5":
        from workbench.evidence.curation.revman import read_revman

        return read_revman
    return None


def read_csv(text: str, file: str) -> Sheet:
    """Read a CSV file of any column names, separated by commas, semicolons, tabs or bars, whichever its first line has most of."""
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[SheetRow] = []
    header: list[str] = []
    begins = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if not header:
                header = _checked_header(cells, file)
            elif any(cells):
                if len(cells) != len(header):
                    raise refused(file, begins, f"{len(cells)} cells", f"must have {len(header)}, as the header has",
                                  "put quotation marks round cells that hold the separator")
                rows.append(SheetRow(begins, {name: cell for name, cell in zip(header, cells, strict=True) if name and cell}))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise refused(file, begins, str(error), "must be a complete CSV file", "look for a quotation mark that is not closed") from None
    sheet = sheet_of(file, "csv", rows)
    return Sheet(file, "csv", tuple(name for name in header if name), sheet.rows)


def _checked_header(cells: list[str], file: str) -> list[str]:
    twice = [name for name, count in Counter(cells).items() if count > 1 and name]
    if twice:
        raise refused(file, 1, twice[0], "must stand once in the header", "rename one of the two columns")
    if not any(cells):
        raise refused(file, 1, "the first line is empty", "it must name the columns", "put the column names into the first line")
    return cells
