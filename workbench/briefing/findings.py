"""Findings: every number that a briefing prints, with the rows and the method that it comes from.

A finding's id is a path, not a counter: ``<programme>/<area code>/<construct or topic>/<quantity>/<statistic>``. It
survives editions, so that two editions can be compared number by number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.briefing.formatting import format_number, narrower_side

KINDS = ("exact", "draws", "table")


@dataclass(frozen=True)
class Finding:
    """One printed number.

    Attributes
    ----------
    id : str
        Path of the finding.
    value : float
        The value before rounding, in `unit`.
    text : str
        What is printed: the value under the formatter.
    unit : str
        Unit of the value, in words.
    kind : str
        ``exact`` (no simulation error), ``draws`` (from simulated draws) or ``table`` (a figure of a table).
    rows : tuple of str
        Rows on which the value rests, each as ``<table>/<key>``.
    method : str
        How the value came about, in one line.
    style, side : str, float or None
        What the formatter was told, see :mod:`workbench.briefing.formatting`.
    """

    id: str
    value: float
    text: str
    unit: str
    kind: str
    rows: tuple[str, ...]
    method: str
    style: str
    side: float | None = None


@dataclass(frozen=True)
class IntervalFindings:
    """The findings of a median, or mean, and its limits."""

    median: Finding
    low: Finding
    high: Finding


@dataclass(frozen=True)
class Basis:
    """What a group of findings has in common: kind, rows and method."""

    kind: str
    rows: tuple[str, ...]
    method: str


@dataclass
class Ledger:
    """Collects the findings of one briefing while it is built.

    Parameters
    ----------
    programme, area : str
        Programme id and area code: the first two parts of every id.
    """

    programme: str
    area: str
    _found: dict[str, Finding] = field(default_factory=dict)

    def number(self, path: str, value: float, style: str, basis: Basis, *, unit: str = "", side: float | None = None) -> Finding:
        """Record one number and return its finding; asking again for the same number returns the same finding.

        Parameters
        ----------
        path : str
            ``<construct or topic>/<quantity>/<statistic>``.
        value : float
            The value before rounding.
        style : str
            Style of the formatter.
        basis : Basis
            Kind, rows and method.
        unit : str
            Unit in words.
        side : float, optional
            Narrower side of its interval.

        Raises
        ------
        ValueError
            If the path already stands for another value.
        """
        if basis.kind not in KINDS:
            raise ValueError(f"unknown kind of finding {basis.kind!r}")
        name = f"{self.programme}/{self.area}/{path}"
        value = float(value)
        made = Finding(name, value, format_number(value, style, side), unit, basis.kind, basis.rows, basis.method, style, side)
        known = self._found.setdefault(name, made)
        if known.text != made.text or known.value != made.value and known.value == known.value:
            raise ValueError(f"finding {name!r} stands for both {known.value} and {value}")
        return known

    def interval(
        self, path: str, median: float, low: float, high: float, style: str, basis: Basis, *, unit: str = "", centre: str = "median"
    ) -> IntervalFindings:
        """Record a median (or mean: `centre`) and its limits, all rounded by the narrower side of the interval."""
        side = narrower_side(median, low, high)
        names = (centre, "low", "high")
        return IntervalFindings(
            *(self.number(f"{path}/{name}", value, style, basis, unit=unit, side=side) for name, value in zip(names, (median, low, high), strict=True))
        )

    def all(self) -> tuple[Finding, ...]:
        """Return every finding recorded, in the order in which they were first asked for."""
        return tuple(self._found.values())


def rows_of(table: str, keys: Iterable[Any]) -> tuple[str, ...]:
    """Name rows as ``<table>/<key>``, each once, in order."""
    return tuple(dict.fromkeys(f"{table}/{key}" for key in keys))
