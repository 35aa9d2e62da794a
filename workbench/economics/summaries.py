"""What a result hands to its readers: amounts with their draws, and rows of the yearly table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.errors import UsageError

LEVELS = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class Amount:
    """A quantity by draw, with its mean, median and central 95 % interval.

    Attributes
    ----------
    draws : ndarray, shape (n,)
        Read-only, in the order of the draws that produced it.
    """

    draws: np.ndarray

    def __post_init__(self) -> None:
        draws = np.array(self.draws, dtype=float)
        draws.flags.writeable = False
        object.__setattr__(self, "draws", draws)

    @cached_property
    def mean(self) -> float:
        """Mean over draws."""
        return float(np.mean(self.draws))

    @cached_property
    def _quantiles(self) -> np.ndarray:
        return np.quantile(self.draws, [LEVELS[0], 0.5, LEVELS[1]])

    @property
    def low(self) -> float:
        """2.5 % quantile."""
        return float(self._quantiles[0])

    @property
    def median(self) -> float:
        """Median."""
        return float(self._quantiles[1])

    @property
    def high(self) -> float:
        """97.5 % quantile."""
        return float(self._quantiles[2])

    def probability(self, above: float) -> float:
        """Share of draws above a value."""
        return float(np.mean(self.draws > above))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.draws, dtype=dtype)

    def _repr_html_(self) -> str:
        return f"<p>{self.mean:,.4g} (95 % interval {self.low:,.4g} to {self.high:,.4g})</p>"

    def __repr__(self) -> str:
        return f"Amount(mean {self.mean:,.4g}, median {self.median:,.4g}, 95 % {self.low:,.4g} to {self.high:,.4g})"


@dataclass(frozen=True)
class YearAmount:
    """Mean over draws of what falls to one payer in one year, per family offered, undiscounted.

    Attributes
    ----------
    year : int
        0 is the year in which the programme is offered.
    payer : str
    cash_class : {"cost", "cashable", "avoided", "wider"}
        ``cost`` is what the programme costs; the other three are benefits.
    amount : float
    """

    year: int
    payer: str
    cash_class: str
    amount: float


def shifted(rows: Sequence[YearAmount], families: float, cohorts: int) -> tuple[YearAmount, ...]:
    """Return the yearly table of `families` families, offered a programme again in each of `cohorts` years.

    Raises
    ------
    UsageError
        If `cohorts` is not a whole number of 1 or more.
    """
    if not isinstance(cohorts, (int, np.integer)) or isinstance(cohorts, bool) or cohorts < 1:
        raise UsageError(f"cohorts = {cohorts!r}: must be a whole number of yearly groups, 1 or more")
    streams = list(dict.fromkeys((row.payer, row.cash_class) for row in rows))
    years = max((row.year for row in rows), default=-1) + 1
    yearly = {stream: np.zeros(years + cohorts - 1) for stream in streams}
    for row in rows:
        yearly[row.payer, row.cash_class][row.year : row.year + cohorts] += row.amount * families
    return tuple(YearAmount(year, *stream, float(yearly[stream][year])) for year in range(years + cohorts - 1 if rows else 0) for stream in streams)


@dataclass(frozen=True)
class BreakEven:
    """The effect at which the mean net present value is zero, the same in every draw.

    Attributes
    ----------
    construct : str
    theta : float
        Log odds ratio in the construct's printed direction.
    difference : float
        Mean difference in risk that it means.
    """

    construct: str
    theta: float
    difference: float

    @property
    def odds_ratio(self) -> float:
        """The effect as an odds ratio."""
        return float(np.exp(self.theta))


@dataclass(frozen=True, eq=False)
class Yardstick:
    """A comparison beside the cost, in no total.

    Attributes
    ----------
    pathway_id, name : str
    kind : {"events", "per_unit"}
        ``events``: events per family offered whose value would repay the cost. ``per_unit``: cost per unit of the outcome.
    value : float or None
        Ratio of means; None where the mean effect is not a benefit.
    by_draw : Amount or None
        The ratio by draw; None where the effect may be zero or worse, since the ratio then has no useful spread.
    unit_value : Amount or None
        Money per event, in the price year.
    effect : Amount or None
        Benefit per family in units of the outcome.
    unit : str
    ceiling : bool
        True if the money per event is an upper bound, so that more events than this are needed.
    """

    pathway_id: str
    name: str
    kind: str
    value: float | None
    by_draw: Amount | None
    unit_value: Amount | None
    effect: Amount | None
    unit: str
    ceiling: bool
