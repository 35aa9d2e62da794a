"""Discount schedules and present values.

A schedule is an array of annual rates by year: entry t is the rate between year t - 1 and year t, and entry 0 is 0,
because year 0 is not discounted. Bands are chained, not restarted: year 31 stands on the factor of year 30.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.errors import AnalysisError, UsageError, nearest


def discount_factors(rates: np.ndarray) -> np.ndarray:
    """Return the factor of each year from the annual rates.

    Parameters
    ----------
    rates : array_like, shape (..., years)
        Annual rates as shares; the first entry of the last axis belongs to year 0.

    Returns
    -------
    ndarray, shape (..., years)
        prod over s <= t of 1 / (1 + rates[s]).

    References
    ----------
    HM Treasury, The Green Book (2022), annex 6.
    """
    return np.cumprod(1.0 / (1.0 + np.asarray(rates, dtype=float)), axis=-1)


def annual_rates(rows: Iterable[Mapping[str, Any]], schedule: str, years: int, on: datetime.date | None = None) -> np.ndarray:
    """Return the annual rates of a named schedule.

    Parameters
    ----------
    rows : iterable of Row
        Rows of ``parameters.csv``; those of group ``discount`` are used.
    schedule : str
        Name of the schedule.
    years : int
        Number of years, year 0 included.
    on : date, optional
        Day on which the schedule must be in force; the latest edition of each band otherwise.

    Returns
    -------
    ndarray, shape (years,)

    Raises
    ------
    UsageError
        If there is no such schedule.
    AnalysisError
        If no band covers a year, or no edition was in force on the day.
    """
    bands = bands_in_force(rows, schedule, on)
    rates, problems = np.zeros(years), []
    for year in range(1, years):
        band = [row for row in bands if row["year_from"] <= year <= last_year(row)]
        if len(band) == 1:
            rates[year] = band[0]["value"]
        else:
            problems.append((year, len(band)))
    if problems:
        words = "; ".join(f"{count or 'no'} rows cover {_spell([year for year, each in problems if each == count])}" for count in sorted({count for _, count in problems}))
        raise AnalysisError(f"discount schedule {schedule!r}: {words}, must be one for each year; see evidence/parameters.csv")
    return rates


def last_year(row: Mapping[str, Any]) -> float:
    """Last year of a band; without end where the row names none."""
    return np.inf if row["year_to"] is None else row["year_to"]


def _spell(years: list[int]) -> str:
    return f"year {years[0]}" if len(years) == 1 else f"years {years[0]} to {years[-1]}"


def bands_in_force(rows: Iterable[Mapping[str, Any]], schedule: str, on: datetime.date | None = None) -> list[Mapping[str, Any]]:
    """The rows of a schedule's latest edition that had begun by the day; errors as in `annual_rates`."""
    known = [row for row in rows if row["group"] == "discount"]
    names = sorted({row["schedule"] for row in known})
    if schedule not in names:
        raise UsageError(f"there is no discount schedule {schedule!r}; {nearest(schedule, names) or 'there are ' + ', '.join(names)}")
    begun = [row for row in known if row["schedule"] == schedule and (on is None or row["valid_from"] is None or row["valid_from"] <= on)]
    if not begun:
        raise AnalysisError(f"discount schedule {schedule!r}: no row is in force on {on}; see valid_from in evidence/parameters.csv")
    starts = [row["valid_from"] or datetime.date.min for row in begun]
    return [row for row, start in zip(begun, starts, strict=True) if start == max(starts)]


def present_value(flows: np.ndarray, rates: np.ndarray) -> float:
    """Sum of yearly flows times their discount factors; both of shape (years,), year 0 first."""
    return float(np.dot(np.asarray(flows, dtype=float), discount_factors(rates)))


def internal_rate_of_return(flows: np.ndarray, low: float = -0.99, high: float = 10.0) -> float | None:
    """Return the constant annual rate at which the flows are worth nothing, or None.

    Parameters
    ----------
    flows : array_like, shape (years,)
        Yearly flows, year 0 first.
    low, high : float
        Rates between which a root is sought; None is returned unless the present value changes sign between them.
    """
    flows = np.asarray(flows, dtype=float)
    years = np.arange(len(flows))

    def value(rate: float) -> float:
        return float(np.sum(flows / (1 + rate) ** years))

    return bisect(value, low, high)


def bisect(function: Any, low: float, high: float, steps: int = 200) -> float | None:
    """Root of a continuous function between two points by bisection; None unless its sign changes between them."""
    at_low, at_high = function(low), function(high)
    if at_low == 0.0 or at_high == 0.0:
        return low if at_low == 0.0 else high
    if (at_low > 0) == (at_high > 0) or not (np.isfinite(at_low) and np.isfinite(at_high)):
        return None
    for _ in range(steps):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def crossing(function: Any, low: float, high: float, tolerance: float = 1e-13, steps: int = 100) -> float | None:
    """Return where a continuous function is zero between two points, or None unless its sign changes between them.

    Inverse quadratic interpolation inside a bracket that always holds the root, halved where interpolation is not safe.

    Parameters
    ----------
    function : callable
        Float to float.
    low, high : float
    tolerance : float
        Half width of the last bracket, relative to 1 + |root|.
    steps : int
        The most steps to take.

    References
    ----------
    Chandrupatla 1997, doi 10.1016/S0965-9978(96)00051-8.
    """
    a, b = high, low
    at_a, at_b = function(a), function(b)
    if at_a == 0.0 or at_b == 0.0:
        return a if at_a == 0.0 else b
    if (at_a > 0) == (at_b > 0) or not (np.isfinite(at_a) and np.isfinite(at_b)):
        return None
    share, c, at_c = 0.5, b, at_b
    for _ in range(steps):
        x = a + share * (b - a)
        at_x = function(x)
        if (at_x > 0) == (at_a > 0):
            c, at_c, a, at_a = a, at_a, x, at_x
        else:
            c, b, a, at_c, at_b, at_a = b, a, x, at_b, at_a, at_x
        best = a if abs(at_a) < abs(at_b) else b
        least = tolerance * (1 + abs(best)) / abs(b - a)
        if least > 0.5 or at_x == 0.0:
            return best
        share = min(max(_step(a, b, c, at_a, at_b, at_c), least), 1 - least)
    return best


def _step(a: float, b: float, c: float, at_a: float, at_b: float, at_c: float) -> float:
    """Share of the way from a to b for the next point: by inverse quadratic interpolation where that is safe, else half."""
    xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (phi**2 < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    return at_a / (at_b - at_a) * at_c / (at_b - at_c) + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
