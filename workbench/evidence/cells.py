"""One cell: from text to a typed value, or a refusal that says what would be right.

Stricter than the Table Schema in one respect: a number must be finite and written with plain digits.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from typing import Any

from workbench.errors import nearest
from workbench.evidence.schema import Field

Value = str | int | float | bool | datetime.date

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ABSENT = {"na", "n/a", "nan", "null", "none", "-", ".", "missing", "nr", "inf", "-inf"}
_BOUND = re.compile(r"\s*[<>=~≤≥]")


class Refusal(ValueError):
    """A cell that breaks its column's type or constraint.

    Attributes
    ----------
    rule, way_out : str
        As in `workbench.errors.Problem`.
    """

    def __init__(self, rule: str, way_out: str = ""):
        super().__init__(rule)
        self.rule = rule
        self.way_out = way_out


def converter(field: Field) -> Callable[[str], Any]:
    """Return the function that turns one non-empty cell of a column into its value.

    Parameters
    ----------
    field : Field
        The column.

    Returns
    -------
    callable
        ``convert(text)`` gives str, int, float, bool or datetime.date, and raises `Refusal`.
    """
    parse = {"string": _string, "integer": _integer, "number": _number, "boolean": _boolean, "date": _date}[field.kind]
    pattern = re.compile(field.pattern) if field.pattern else None
    allowed = frozenset(field.enum)

    def convert(text: str) -> Any:
        value = parse(text, field)
        if allowed and value not in allowed:
            raise Refusal("must be one of: " + ", ".join(field.enum), nearest(text, field.enum))
        if pattern and not pattern.fullmatch(text):
            raise Refusal(f"must match the pattern {field.pattern}", _pattern_hint(text))
        if field.minimum is not None and value < field.minimum:
            raise Refusal(f"must be at least {field.minimum:g}", "check the figure, its sign and its column against the source")
        if field.maximum is not None and value > field.maximum:
            raise Refusal(f"must be at most {field.maximum:g}", "check the figure, its unit and its column against the source")
        return value

    return convert


def _string(text: str, field: Field) -> str:
    if text.isspace():
        raise Refusal("must not hold only spaces", "fill it in, or leave it empty where that is allowed")
    return text


def _number(text: str, field: Field) -> float:
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise Refusal("must be a number", _number_hint(text))
    return value


def _integer(text: str, field: Field) -> int:
    if not _INTEGER.fullmatch(text):
        whole = NUMBER.fullmatch(text)
        raise Refusal("must be a whole number", "write it without a decimal point" if whole else _number_hint(text))
    return int(text)


def _boolean(text: str, field: Field) -> bool:
    if text in field.true_values:
        return True
    if text in field.false_values:
        return False
    words = " or ".join((*field.true_values, *field.false_values))
    raise Refusal(f"must be {words}", f"write {words} in just these letters, or leave the cell empty where it is not known")


def _date(text: str, field: Field) -> datetime.date:
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        raise Refusal("must be a day that exists", "check month and day") from None
    raise Refusal("must be a date", "write year-month-day, as in 2025-03-31")


def _number_hint(text: str) -> str:
    """Say what is in the way of reading ``text`` as a number."""
    if text.strip().lower() in _ABSENT:
        return "leave the cell empty if the value is missing"
    if "%" in text:
        return "leave out the per cent sign"
    if "\u2212" in text or "\u2013" in text:
        return "write minus as a plain hyphen"
    if "," in text:
        return "write a point for the decimal mark and nothing between thousands"
    if _BOUND.match(text):
        return "write the digits only; a bound goes into the column for it"
    return "write digits only, with a point for the decimal mark"


def _pattern_hint(text: str) -> str:
    """Offer the value in the form that keys have."""
    tidy = re.sub(r"[^a-z0-9.-]+", "-", text.strip().lower()).strip("-.")
    return f"perhaps {tidy!r}" if tidy and tidy != text else ""
