"""How a table's figure varies: quantiles of the distributions that the tables name.

A row states ``value``, ``low``, ``high`` and ``distribution``; the meaning of the three depends on the last, as written in
the schema. Every function maps points in (0, 1) to values, so that a quantity keeps its own Sobol dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, expit, logit, ndtri

from workbench.errors import AnalysisError

Z_95 = 1.959963984540054
_NEEDS = {
    "fixed": ("value",),
    "normal": ("value", "low", "high"),
    "lognormal": ("value", "low", "high"),
    "uniform": ("low", "high"),
    "beta": ("low", "high"),
    "logit_normal": ("low", "high"),
    "triangular": ("low", "value", "high"),
}


def is_uncertain(row: Mapping[str, Any]) -> bool:
    """True if the row's figure varies from draw to draw."""
    return row["distribution"] != "fixed"


def central(row: Mapping[str, Any]) -> float:
    """The row's printed figure; the median of its distribution where only a range was printed."""
    value = row["value"]
    return float(value) if value is not None else float(quantiles(row, np.array([0.5]))[0])


def quantiles(row: Mapping[str, Any], u: np.ndarray) -> np.ndarray:
    """Return the row's quantiles.

    Parameters
    ----------
    row : Row
        With ``value``, ``low``, ``high`` and ``distribution``.
    u : ndarray, shape (n,)
        Points in (0, 1).

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    AnalysisError
        If a figure that the distribution needs is missing, or the three are out of order.
    """
    kind = row["distribution"]
    figures = {name: row[name] for name in _NEEDS[kind]}
    missing = [name for name, figure in figures.items() if figure is None]
    if missing:
        raise AnalysisError(f"{_place(row)}: distribution {kind!r} needs {', '.join(missing)}; fill the column or choose another distribution")
    ordered = [figures[name] for name in ("low", "value", "high") if name in figures]
    if sorted(ordered) != ordered:
        raise AnalysisError(f"{_place(row)}: low, value and high must be in order, got {ordered}")
    return _QUANTILES[kind](np.asarray(u, dtype=float), **figures)


def _place(row: Mapping[str, Any]) -> str:
    table, key = getattr(row, "table", "row"), getattr(row, "key", "")
    return f"evidence/{table}.csv ({key})"


def _fixed(u: np.ndarray, value: float) -> np.ndarray:
    return np.full(u.shape, float(value))


def _normal(u: np.ndarray, value: float, low: float, high: float) -> np.ndarray:
    return value + ndtri(u) * (high - low) / (2 * Z_95)


def _lognormal(u: np.ndarray, value: float, low: float, high: float) -> np.ndarray:
    """Mean `value`; the log's SD from the ratio of the limits."""
    if low <= 0:
        raise AnalysisError(f"a lognormal figure must be above 0, got low = {low}")
    sd = np.log(high / low) / (2 * Z_95)
    return np.exp(np.log(value) - sd**2 / 2 + sd * ndtri(u))


def _uniform(u: np.ndarray, low: float, high: float) -> np.ndarray:
    return low + u * (high - low)


def _logit_normal(u: np.ndarray, low: float, high: float) -> np.ndarray:
    a, b = logit(low), logit(high)
    return expit((a + b) / 2 + ndtri(u) * (b - a) / (2 * Z_95))


def _triangular(u: np.ndarray, low: float, value: float, high: float) -> np.ndarray:
    if high == low:
        return np.full(u.shape, float(low))
    turn = (value - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (value - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - value))
    return np.where(u < turn, rising, falling)


def _beta(u: np.ndarray, low: float, high: float) -> np.ndarray:
    return betaincinv(*beta_from_range(low, high), u)


def beta_from_range(low: float, high: float) -> tuple[float, float]:
    """The two counts of the Beta distribution whose 2.5 % and 97.5 % points are `low` and `high`, each in (0, 1)."""
    from scipy.optimize import root

    if not 0 < low < high < 1:
        raise AnalysisError(f"a beta range must lie inside 0 and 1, got {low} to {high}")
    centre = expit((logit(low) + logit(high)) / 2)
    sd = (high - low) / (2 * Z_95)
    size = max(centre * (1 - centre) / sd**2 - 1, 0.5)

    def misfit(logs: np.ndarray) -> np.ndarray:
        a, b = np.exp(logs)
        return np.array([logit(betainc(a, b, low)) - logit(0.025), logit(betainc(a, b, high)) - logit(0.975)])

    solution = root(misfit, np.log([centre * size, (1 - centre) * size]), tol=1e-12)
    if not solution.success:
        raise AnalysisError(f"no beta distribution has 95 % of its mass between {low} and {high}")
    a, b = np.exp(solution.x)
    return float(a), float(b)


_QUANTILES = {
    "fixed": _fixed, "normal": _normal, "lognormal": _lognormal, "uniform": _uniform, "beta": _beta,
    "logit_normal": _logit_normal, "triangular": _triangular,
}  # fmt: skip
