"""Tables as CSV and as one workbook, with every finding and source behind the page; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.briefing.exports.contents import Contents, Grid

#: A cell that begins so may be run as a formula (OWASP, CSV injection); a plain number may begin with a sign.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SHEET_NAME = 31  # the most letters that a spreadsheet takes
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_WIDEST = 60


def inert(text: str) -> str:
    """Return a cell that no spreadsheet runs: an apostrophe goes before what could be a formula."""
    return f"'{text}" if text.startswith(_RISKY) and not _NUMBER.fullmatch(text) else text


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as CSV; numbers keep every digit."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([value if isinstance(value, (int, float)) else inert(str(value)) for value in row])
    return stream.getvalue()


def grids(found: Contents) -> dict[str, Grid]:
    """Return the page's tables by id, and two more: its findings and the sources of their rows."""
    return {table.id: table for table in found.tables} | {"findings": _findings(found), "sources": _sources(found)}


def _findings(found: Contents) -> Grid:
    columns = ("finding", "printed", "value", "unit", "kind", "method", "rows")
    rows = ((item.id, item.text, item.value, item.unit, item.kind, item.method, "; ".join(item.rows)) for item in found.carried.findings.values())
    return Grid("findings", "Every number of this page, unrounded", columns, tuple(rows))


def _sources(found: Contents) -> Grid:
    columns = ("row", "checked", "locator", "cited", "figures")
    rows = tuple(
        (name, source.get("checked", ""), source.get("locator", ""), " | ".join(source.get("cite", ())), _figures(source.get("figures", {})))
        for name, source in found.carried.sources.items()
    )
    return Grid("sources", "The rows behind the numbers", columns, rows)


def _figures(figures: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {value}" for name, value in figures.items())


def workbook(tables: Mapping[str, Grid], title: str, edition: str) -> bytes:
    """Return the tables as one XLSX workbook, a sheet for each; text is never read as a formula, an address or a number.

    Parameters
    ----------
    tables : mapping of str to Grid
    title : str
    edition : str
        ISO date, which the file carries as its date of creation; empty for none.
    """
    import xlsxwriter

    stream = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True, "in_memory": True}
    book = xlsxwriter.Workbook(stream, plain)
    created = datetime.datetime.fromisoformat(edition) if edition else datetime.datetime(1980, 1, 1)
    book.set_properties({"title": title, "created": created})
    heading, wrapped = book.add_format({"bold": True, "text_wrap": True, "valign": "top"}), book.add_format({"text_wrap": True, "valign": "top"})
    taken: set[str] = set()
    for table in tables.values():
        _sheet(book.add_worksheet(sheet_name(table.id, taken)), table, heading, wrapped)
    book.close()
    return stream.getvalue()


def sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that a spreadsheet takes and that no other sheet has; it is added to `taken`."""
    base = _FORBIDDEN.sub("-", name)[:_SHEET_NAME]
    tries = (base if number == 1 else f"{base[: _SHEET_NAME - 4]}-{number}" for number in range(1, len(taken) + 2))
    found = next(each for each in tries if each.lower() not in taken)
    taken.add(found.lower())
    return found


def _sheet(sheet: Any, table: Grid, heading: Any, wrapped: Any) -> None:
    sheet.write_string(0, 0, table.caption, heading)
    for column, name in enumerate(table.columns):
        sheet.write_string(1, column, name, heading)
        longest = max([len(name), *(len(str(row[column])) for row in table.rows if column < len(row))])
        sheet.set_column(column, column, min(max(longest, 8), _WIDEST))
    for line, row in enumerate(table.rows, start=2):
        for column, value in enumerate(row):
            if isinstance(value, float):
                sheet.write_number(line, column, value, wrapped)
            else:
                sheet.write_string(line, column, str(value), wrapped)
    sheet.freeze_panes(2, 1)
