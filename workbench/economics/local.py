"""An area's own prices: rows that stand in for national unit costs, from official figures on the area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workbench.evidence.tables import Row

_PUBLISHED, _MISSING, _HIDDEN, _IMPLAUSIBLE = "published", "missing", "hidden", "implausible"


@dataclass(frozen=True, eq=False)
class LocalPrice:
    """What an area's figures say of one unit cost.

    Attributes
    ----------
    unit_cost : Row
        The national row.
    figure : Row or None
        The area's figure, of ``areas.csv``.
    status : {"published", "missing", "hidden", "implausible"}
        Only ``published`` can stand in for the national price.
    row : Row or None
        The row that stands in; None where the national price is kept.
    """

    unit_cost: Any
    figure: Any
    status: str
    row: Any


@dataclass(frozen=True, eq=False)
class LocalPrices:
    """An area's own prices.

    Attributes
    ----------
    area : str
        GSS code.
    found : tuple of LocalPrice
        One for each unit cost that an area's figure may replace.
    """

    area: str
    found: tuple[LocalPrice, ...]

    @property
    def rows(self) -> Mapping[str, Any]:
        """Rows that stand in, by unit cost; only those that can."""
        return MappingProxyType({price.unit_cost.key: price.row for price in self.found if price.row is not None})

    @property
    def kept(self) -> tuple[str, ...]:
        """Why a national price is kept, one sentence each; for those whose area figure cannot stand in."""
        return tuple(_WORDS[price.status].format(name=price.unit_cost["name"]) for price in self.found if price.row is None)


_WORDS = {
    _MISSING: "No figure of this area's own is published for “{name}”; the national price is used.",
    _HIDDEN: "This area's own figure for “{name}” is withheld by its publisher; the national price is used.",
    _IMPLAUSIBLE: "This area's own figure for “{name}” is too far from other areas' to be believed; the national price is used.",
}


def local_prices(evidence: Any, area: Any) -> LocalPrices:
    """Find the prices that an area's own figures can replace.

    Parameters
    ----------
    evidence : EvidenceBase
    area : str or Row
        GSS code, or any row of ``areas.csv`` for the area.

    Returns
    -------
    LocalPrices
        Empty where the workspace has no table ``local_prices``.
    """
    code = area if isinstance(area, str) else area["gss_code"]
    links = evidence["local_prices"].rows if "local_prices" in evidence.tables else ()
    return LocalPrices(code, tuple(_price(evidence, code, link) for link in links))


def _price(evidence: Any, code: str, link: Any) -> LocalPrice:
    national = evidence["unit_costs"][link["unit_cost_id"]]
    rows = evidence["areas"].where(gss_code=code, measure=link["area_measure"], period=link["period"])
    if not rows:
        return LocalPrice(national, None, _MISSING, None)
    figure = rows[0]
    if figure["value"] is None:
        return LocalPrice(national, figure, _HIDDEN, None)
    if not link["low"] <= figure["value"] <= link["high"]:
        return LocalPrice(national, figure, _IMPLAUSIBLE, None)
    return LocalPrice(national, figure, _PUBLISHED, _stand_in(evidence, national, figure, link))


def _stand_in(evidence: Any, national: Any, figure: Any, link: Any) -> Row:
    """The national row with the area's own figure, which is known and so does not vary; it keeps the area row's table and key."""
    measure = evidence["area_measures"].get(figure["measure"])
    values = dict(national) | {
        "name": f"{national['name']}, {figure['area']}", "value": figure["value"], "low": None, "high": None, "distribution": "fixed",
        "price_year": link["price_year"], "price_year_basis": "stated", "price_year_low": None, "price_year_high": None,
        "cite": measure["cite"] if measure is not None else national["cite"], "locator": f"evidence/areas.csv, {figure['measure']}, {figure['period']}",
        "judgement": False, "note": link["note"],
    }  # fmt: skip
    return Row(figure.table, figure.line, figure.key, values)
