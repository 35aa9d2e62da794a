"""What a programme means for one area: families who could take part, the area's own prices, similar areas, other analyses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.baselines import baseline_risk
from workbench.economics import appraise
from workbench.economics.local import LocalPrices, local_prices
from workbench.economics.published import Comparison, compare
from workbench.eligibility import Eligible, eligible
from workbench.errors import UsageError

LOCAL_PRICES = "local_prices"


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A similar area: the same programme with that area's figures.

    Attributes
    ----------
    area : Row
        Any row of ``areas.csv`` for it.
    rank : int
        1 for the most similar.
    eligible : Eligible
    npv : Amount or None
        Net present value per family offered with that area's baselines, at the prices that the briefing uses; None where the programme has none.
    npv_own : Amount or None
        The same at that area's own prices; None where none of them counts.
    prices : LocalPrices
    """

    area: Any
    rank: int
    eligible: Eligible
    npv: Any
    npv_own: Any
    prices: LocalPrices


@dataclass(frozen=True, eq=False)
class Local:
    """The area's picture.

    Attributes
    ----------
    eligible : Eligible
    prices : LocalPrices
    uses_prices : bool
        True if the money above counts the area's own prices.
    with_prices : Appraisal or None
        The appraisal at the area's own prices, where it has some that count; also where the money above does not use them.
    neighbours : tuple of Neighbour
        Nearest first; empty for a region or the country.
    comparisons : tuple of Comparison
    """

    eligible: Eligible
    prices: LocalPrices
    uses_prices: bool
    with_prices: Any
    neighbours: tuple[Neighbour, ...]
    comparisons: tuple[Comparison, ...]


def local_picture(analysis: Any) -> Local:
    """Work out the area's picture from an analysis; nothing is fitted again.

    Parameters
    ----------
    analysis : Analysis
    """
    evidence, code = analysis.evidence, analysis.area["gss_code"]
    prices = local_prices(evidence, code)
    priced = {row["unit_cost_id"] for row in analysis.appraisal.pathways}
    relevant = replace(prices, found=tuple(price for price in prices.found if price.unit_cost.key in priced))
    uses, own = bool(analysis.parameters.get(LOCAL_PRICES)), None
    if relevant.rows:
        own = analysis.appraisal if uses else appraise_again(analysis, analysis.baselines, prices.rows)
    return Local(eligible(evidence, analysis.programme, code), relevant, uses, own, _neighbours(analysis, uses), compare(evidence, analysis.appraisal))


def appraise_again(analysis: Any, baselines: Mapping[str, Any], prices: Mapping[str, Any] | None) -> Any:
    """Appraise with the same draws and settings, but other baselines or prices."""
    return appraise(analysis.evidence, analysis.programme, area=analysis.area["gss_code"], draws=analysis.appraisal.draws, baselines=baselines, prices=prices, **analysis.money)


def _neighbours(analysis: Any, uses_prices: bool) -> tuple[Neighbour, ...]:
    """The area's statistical neighbours, each with its own baselines (and prices, where the area's own are used)."""
    evidence = analysis.evidence
    if "neighbours" not in evidence.tables:
        return ()
    rows = sorted(evidence["neighbours"].where(gss_code=analysis.area["gss_code"]), key=lambda row: row["rank"])
    places = {row["gss_code"]: row for row in reversed(evidence["areas"].rows)}
    return tuple(_neighbour(analysis, places[row["neighbour_code"]], row["rank"], uses_prices) for row in rows if row["neighbour_code"] in places)


def _neighbour(analysis: Any, place: Any, rank: int, uses_prices: bool) -> Neighbour:
    evidence, prices = analysis.evidence, local_prices(analysis.evidence, place)
    shifted = {name: baseline_for(analysis, name, place) or risk for name, risk in analysis.baselines.items()}
    counted = {row["unit_cost_id"] for row in analysis.appraisal.pathways} & set(prices.rows)
    own = _npv(analysis, shifted, prices.rows) if counted else None
    npv = own if uses_prices and counted else _npv(analysis, shifted, None)
    return Neighbour(place, rank, eligible(evidence, analysis.programme, place), npv, own, prices)


def _npv(analysis: Any, baselines: Mapping[str, Any], prices: Mapping[str, Any] | None) -> Any:
    """Net present value with other baselines and prices; None where the programme has none."""
    return appraise_again(analysis, baselines, prices).evaluation.npv if analysis.appraisal.status == "valued" else None


def baseline_for(analysis: Any, construct: str, place: Any) -> Any:
    """The risk without the programme in another place; the reader's own figure where one was set."""
    if analysis.baselines[construct].kind == "fixed":
        return None
    return baseline_risk(analysis.evidence, construct, analysis.evidence["programmes"][analysis.programme]["family"], place)


def stand_ins(evidence: Any, place: Any, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the prices that the settings ask for in place of the national ones; None where they ask for none.

    Raises
    ------
    UsageError
        If they are asked for where the workspace has no table of them.
    """
    if not settings.get(LOCAL_PRICES):
        return None
    if "local_prices" not in evidence.tables:
        raise UsageError("local_prices=true: the workspace has no table evidence/local_prices.csv, which says what an area's own figures may replace")
    return local_prices(evidence, place).rows
