"""One way to write each cell and each table: the form that `workbench validate --fix` brings files to.

A cell is rewritten only where both spellings mean the same without any doubt: blanks round a value, the letter case of a boolean, a
number whose plain form reads back as the very same double, a date whose order of year, month and day is plain. Everything
else stays as it is, for the curator to decide. Nothing is ever rounded.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from workbench.evidence.cells import NUMBER
from workbench.evidence.schema import Field, Resource

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_MINUS = "\u2212"
_LONGEST_NUMBER = 25
# A spreadsheet runs a cell that begins with one of these; see `as_text`.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def cell(text: str, field: Field) -> str:
    """Return the canonical spelling of one cell.

    Parameters
    ----------
    text : str
        The cell as it stands in the file.
    field : Field
        Its column.

    Returns
    -------
    str
        The same value; the text without surrounding blanks where no safe spelling is known.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    write = {"number": number, "integer": _integer, "boolean": _boolean, "date": _date}.get(field.kind)
    return write(text, field) if write and text else text


def number(text: str, field: Field | None = None) -> str:
    """Return a number in plain digits, if that reads back as the same double; else the text as it is."""
    if not NUMBER.fullmatch(plain := text.replace(_MINUS, "-")):
        return text
    digits = format(Decimal(plain), "f")
    if "." in digits:
        digits = digits.rstrip("0").removesuffix(".")
    # The plain form of 1e300 helps nobody; the sign of zero is kept with everything else that repr shows.
    safe = len(digits) <= _LONGEST_NUMBER and repr(float(digits)) == repr(float(plain))
    return digits if safe else plain


def _integer(text: str, field: Field) -> str:
    plain = number(text)
    return str(int(plain)) if re.fullmatch(r"-?[0-9]+", plain) else text


def _boolean(text: str, field: Field) -> str:
    known = (*field.true_values, *field.false_values)
    return next((word for word in known if word.casefold() == text.casefold() and text not in known), text)


def _date(text: str, field: Field) -> str:
    found = _DAY.fullmatch(text)
    if not found:
        return text
    try:
        return datetime.date(*map(int, found.groups())).isoformat()
    except ValueError:
        return text


def as_text(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula.

    Text that begins with ``= + - @`` gets an apostrophe in front, the spreadsheets' own mark of text; a plain number stays.
    """
    return "'" + text if _FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def render(resource: Resource, rows: Iterable[Mapping[str, str]]) -> str:
    """Return a table as canonical CSV: schema order of columns, minimal quoting, LF.

    Parameters
    ----------
    resource : Resource
        Schema of the table.
    rows : iterable of mapping
        Cells by column, in the order wanted; a missing column is empty.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(resource.names)
    writer.writerows([row.get(name, "") for name in resource.names] for row in rows)
    return out.getvalue()


def in_order(resource: Resource, rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return rows sorted by primary key, whole numbers by size; equal keys keep their order."""
    whole = {field.name for field in resource.fields if field.kind == "integer"}

    def place(row: Mapping[str, str]) -> list[tuple[int, str]]:
        return [(int(row[name]), "") if name in whole and re.fullmatch(r"-?[0-9]+", row[name]) else (0, row[name]) for name in resource.key]

    return sorted(rows, key=place)
