"""One currency and one year: own deflator to the price year first, then purchasing-power parity, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import AnalysisError

Quantity = Callable[[Mapping[str, Any]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Prices:
    """Growth of prices by currency and year, and parities; from ``parameters.csv``.

    Attributes
    ----------
    growth : mapping of currency to mapping of year to Row
        Growth of the deflator in per cent over the year before.
    parity : mapping of currency to mapping of year to Row
        Units of the currency per international dollar.
    quantity : callable
        Row to its draws, shape (n,) or (1,): a remembered growth rate varies, a checked one does not.
    """

    growth: Mapping[str, Mapping[int, Mapping[str, Any]]]
    parity: Mapping[str, Mapping[int, Mapping[str, Any]]]
    quantity: Quantity

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], quantity: Quantity) -> Prices:
        """Gather the deflator and parity rows."""
        series: dict[str, dict[str, dict[int, Mapping[str, Any]]]] = {"deflator": {}, "parity": {}}
        for row in rows:
            if row["group"] in series:
                series[row["group"]].setdefault(row["schedule"], {})[row["year_from"]] = row
        return cls(series["deflator"], series["parity"], quantity)

    def deflate(self, currency: str, year: int, to: int) -> np.ndarray:
        """Factor that carries prices of `year` to prices of `to` in the same currency, shape (n,) or (1,).

        Raises
        ------
        AnalysisError
            If the growth of a year between them is not in the table.
        """
        factor = np.ones(1)
        for between in range(min(year, to) + 1, max(year, to) + 1):
            factor = factor * (1 + self.quantity(self._row(self.growth, "deflator", currency, between)) / 100)
        return factor if to >= year else 1 / factor

    def exchange(self, currency: str, to: str, year: int) -> np.ndarray:
        """Factor from one currency to another at purchasing-power parity in `year`; 1 for the same currency."""
        if currency == to:
            return np.ones(1)
        rows = [self._row(self.parity, "parity", each, year) for each in (to, currency)]
        return self.quantity(rows[0]) / self.quantity(rows[1])

    def convert(self, currency: str, year: int, to_currency: str, to_year: int) -> np.ndarray:
        """Factor that turns a price of (`currency`, `year`) into one of (`to_currency`, `to_year`), shape (n,) or (1,)."""
        return self.deflate(currency, year, to_year) * self.exchange(currency, to_currency, to_year)

    def rows_used(self, currency: str, year: int, to_currency: str, to_year: int) -> tuple[Mapping[str, Any], ...]:
        """The deflator and parity rows on which a conversion rests."""
        years = range(min(year, to_year) + 1, max(year, to_year) + 1)
        rows = [self._row(self.growth, "deflator", currency, each) for each in years]
        if currency != to_currency:
            rows += [self._row(self.parity, "parity", each, to_year) for each in (to_currency, currency)]
        return tuple(rows)

    @staticmethod
    def _row(series: Mapping[str, Mapping[int, Mapping[str, Any]]], kind: str, currency: str, year: int) -> Mapping[str, Any]:
        try:
            return series[currency][year]
        except KeyError:
            raise AnalysisError(
                f"no {kind} for {currency} in {year}: add a row to evidence/parameters.csv (group {kind}, schedule {currency}), or choose another price year"
            ) from None


def price_years(row: Mapping[str, Any], u: np.ndarray) -> np.ndarray:
    """Return the price year of each draw.

    Parameters
    ----------
    row : Row
        With ``price_year`` and, where ``price_year_basis`` is ``note_range``, ``price_year_low`` and ``price_year_high``.
    u : ndarray, shape (n,)
        Points in (0, 1) that pick a year from the range, each equally likely.

    Returns
    -------
    ndarray of int, shape (n,) for a range, (1,) otherwise
    """
    if row["price_year_basis"] != "note_range":
        return np.array([row["price_year"]], dtype=int)
    low, high = int(row["price_year_low"]), int(row["price_year_high"])
    return np.minimum(low + np.floor(u * (high - low + 1)).astype(int), high)


def possible_years(row: Mapping[str, Any]) -> tuple[int, ...]:
    """Every price year that `price_years` can return for the row; empty where the row has none."""
    if row["price_year"] is None:
        return ()
    if row["price_year_basis"] != "note_range":
        return (int(row["price_year"]),)
    return tuple(range(int(row["price_year_low"]), int(row["price_year_high"]) + 1))
