"""Effect sizes from arm summaries: pure functions on arrays.

Every function takes scalars or arrays that broadcast, programme arm first, and returns ``(y, v)``: the effect
(programme minus comparison, on the log scale for ratios) and its sampling variance.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, ndtri, stdtrit

from workbench.effects.registry import MEASURES, RATIOS
from workbench.errors import AnalysisError

Pair = tuple[np.ndarray, np.ndarray]


def to_analysis_scale(estimate: float, measure: str) -> float:
    """Return `estimate` as it is analysed: its log for ratios, itself otherwise.

    Raises
    ------
    AnalysisError
        If a ratio is not above zero.
    """
    if measure not in RATIOS:
        return float(estimate)
    if not estimate > 0:
        raise AnalysisError(f"{measure} = {estimate:g} has no logarithm: a ratio must be above 0")
    return float(np.log(estimate))


def _require(valid: np.ndarray, rule: str) -> None:
    """Raise with the 1-based positions at which `rule` does not hold."""
    bad = np.flatnonzero(~np.atleast_1d(valid))
    if bad.size:
        where = ", ".join(str(i + 1) for i in bad[:5]) + (" ..." if bad.size > 5 else "")
        raise AnalysisError(f"{rule} (position {where})")


def _floats(*values) -> tuple[np.ndarray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values)))


def needs_correction(a, n1, c, n2) -> np.ndarray:
    """Return where a 2x2 table has an empty cell, so that 1/2 is added to all four."""
    a, n1, c, n2 = _floats(a, n1, c, n2)
    return (a == 0) | (c == 0) | (a == n1) | (c == n2)


def _cells(a, n1, c, n2, both_empty: str = "refuse") -> tuple[np.ndarray, ...]:
    """Return the four cells (events and non-events by arm), with 1/2 added only where one of them is empty."""
    if both_empty not in ("refuse", "correct"):
        raise AnalysisError(f"both_empty = {both_empty!r}: must be 'refuse' or 'correct'")
    a, n1, c, n2 = _floats(a, n1, c, n2)
    _require((n1 > 0) & (n2 > 0), "each arm needs a size above 0")
    _require((a >= 0) & (c >= 0) & (a <= n1) & (c <= n2), "events must lie between 0 and the arm's size")
    if both_empty == "refuse":
        _require(~((a == 0) & (c == 0)), "no events in either arm: the counts say nothing about their ratio")
        _require(~((a == n1) & (c == n2)), "everyone in both arms had the event: the counts say nothing about their ratio")
    half = 0.5 * needs_correction(a, n1, c, n2)
    return a + half, n1 - a + half, c + half, n2 - c + half


def log_odds_ratio(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Log odds ratio from events and arm sizes.

    Parameters
    ----------
    a, n1, c, n2 : array_like
        Events and size of the programme arm, then of the comparison arm. Events need not be whole (a percentage of n).
    both_empty : {"refuse", "correct"}
        What to do with a table in which nobody, or everybody, had the event: refuse it, since it says nothing about the
        ratio, or add 1/2 as to any other table (metafor's default in ``escalc``).

    Returns
    -------
    y, v : ndarray
        ``log(ad / bc)`` and ``1/a + 1/b + 1/c + 1/d`` (Woolf 1955), with 1/2 added to all four cells of a table that
        has an empty one.

    Raises
    ------
    AnalysisError
        If events exceed an arm, or both arms have no events, or no non-events (unless corrected).
    """
    a, b, c, d = _cells(a, n1, c, n2, both_empty)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def log_risk_ratio(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Log risk ratio from events and arm sizes; arguments, correction and errors as `log_odds_ratio`.

    The variance is ``1/a - 1/n1 + 1/c - 1/n2`` (Katz et al. 1978).
    """
    a, b, c, d = _cells(a, n1, c, n2, both_empty)
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def risk_difference(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Risk difference from events and arm sizes; arguments, correction and errors as `log_odds_ratio`.

    The variance is ``p1 (1 - p1) / n1 + p2 (1 - p2) / n2``. The correction keeps it above zero for an empty cell.
    """
    a, b, c, d = _cells(a, n1, c, n2, both_empty)
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def hedges_correction(df) -> np.ndarray:
    """Exact small-sample factor J of Hedges (1981): ``gamma(m/2) / (sqrt(m/2) gamma((m-1)/2))`` with m = `df`."""
    df = np.asarray(df, dtype=float)
    _require(df > 1, "a standardised mean difference needs more than 3 people in all")
    return np.exp(gammaln(df / 2) - gammaln((df - 1) / 2) - 0.5 * np.log(df / 2))


def smd_variance(g, n1, n2, variance: str = "LS") -> np.ndarray:
    """Sampling variance of a standardised mean difference.

    Parameters
    ----------
    g, n1, n2 : array_like
        The (bias-corrected) difference and the two arm sizes.
    variance : {"LS", "UB"}
        Large-sample ``1/n1 + 1/n2 + g^2 / (2 (n1 + n2))``, or the unbiased
        ``1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) g^2`` with m = n1 + n2 - 2 (Hedges 1983).
    """
    g, n1, n2 = _floats(g, n1, n2)
    _require((n1 > 0) & (n2 > 0), "each arm needs a size above 0")
    if variance == "LS":
        return 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))
    if variance == "UB":
        df = n1 + n2 - 2
        return 1 / n1 + 1 / n2 + (1 - (df - 2) / (df * hedges_correction(df) ** 2)) * g**2
    raise AnalysisError(f"variance = {variance!r}: must be 'LS' (large sample) or 'UB' (unbiased)")


def _check_means(m1, sd1, n1, m2, sd2, n2) -> None:
    _require((sd1 > 0) & (sd2 > 0), "each standard deviation must be above 0")
    _require((n1 > 1) & (n2 > 1), "each arm needs at least 2 people")
    _require(np.isfinite(m1) & np.isfinite(m2), "each mean must be a finite number")


def hedges_g(m1, sd1, n1, m2, sd2, n2, variance: str = "LS") -> Pair:
    """Standardised mean difference with the exact small-sample correction (Hedges 1981).

    Parameters
    ----------
    m1, sd1, n1, m2, sd2, n2 : array_like
        Mean, standard deviation and size of the programme arm, then of the comparison arm.
    variance : {"LS", "UB"}
        See `smd_variance`.

    Returns
    -------
    y, v : ndarray
        ``J (m1 - m2) / pooled SD`` and its variance.
    """
    m1, sd1, n1, m2, sd2, n2 = _floats(m1, sd1, n1, m2, sd2, n2)
    _check_means(m1, sd1, n1, m2, sd2, n2)
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df)
    g = hedges_correction(df) * (m1 - m2) / pooled
    return g, smd_variance(g, n1, n2, variance)


def mean_difference(m1, sd1, n1, m2, sd2, n2) -> Pair:
    """Mean difference with variance ``sd1^2/n1 + sd2^2/n2``; arguments as `hedges_g`."""
    m1, sd1, n1, m2, sd2, n2 = _floats(m1, sd1, n1, m2, sd2, n2)
    _check_means(m1, sd1, n1, m2, sd2, n2)
    return m1 - m2, sd1**2 / n1 + sd2**2 / n2


def smd_from_t(t, n1, n2, variance: str = "LS") -> Pair:
    """Standardised mean difference ``J t sqrt(1/n1 + 1/n2)`` from an independent-groups t statistic."""
    t, n1, n2 = _floats(t, n1, n2)
    _require((n1 > 1) & (n2 > 1), "each arm needs at least 2 people")
    g = hedges_correction(n1 + n2 - 2) * t * np.sqrt(1 / n1 + 1 / n2)
    return g, smd_variance(g, n1, n2, variance)


def t_from_f(f, sign) -> np.ndarray:
    """t statistic ``sign sqrt(F)`` from an F test on 1 numerator degree of freedom; `sign` is that of the difference."""
    f, sign = _floats(f, sign)
    _require(f >= 0, "an F statistic must not be below 0")
    _require(np.abs(sign) == 1, "the sign of the difference must be +1 or -1")
    return sign * np.sqrt(f)


def t_from_p(p, df, sign) -> np.ndarray:
    """t statistic whose two-sided p value is `p` on `df` degrees of freedom; `sign` is that of the difference."""
    p, df, sign = _floats(p, df, sign)
    _require((p > 0) & (p <= 1), "a p value must lie above 0 and not above 1")
    _require(df > 0, "a t test needs degrees of freedom above 0")
    _require(np.abs(sign) == 1, "the sign of the difference must be +1 or -1")
    return -sign * stdtrit(df, p / 2)


def z_of_level(level: float) -> float:
    """Return the standard normal quantile of a central interval; 0.95 and 95 both mean 95 %."""
    share = level / 100 if level > 1 else level
    if not 0 < share < 1:
        raise AnalysisError(f"interval level = {level:g}: must lie between 0 and 1 (or 1 and 100 per cent)")
    return float(-ndtri((1 - share) / 2))


def se_from_interval(low, high, level: float = 0.95) -> np.ndarray:
    """Standard error ``width / (2 z)`` of an interval given on the analysis scale (logged for ratios)."""
    low, high = _floats(low, high)
    _require(high > low, "the upper limit must exceed the lower one")
    return (high - low) / (2 * z_of_level(level))


def se_from_p(y, p) -> np.ndarray:
    """Standard error ``|y| / z`` from an effect on the analysis scale and its two-sided p value.

    The normal quantile is used whatever the sample size; for a small trial that used t it errs on the wide side.

    Raises
    ------
    AnalysisError
        If the effect is zero or p is not strictly between 0 and 1: then p says nothing about the standard error.
    """
    y, p = _floats(y, p)
    _require((p > 0) & (p < 1), "a p value must lie strictly between 0 and 1 to give a standard error")
    _require(y != 0, "an effect of exactly zero has no standard error from its p value")
    return np.abs(y) / -ndtri(p / 2)


def null_smd_se(n1, n2) -> np.ndarray:
    """Standard error of a standardised mean difference of zero: ``sqrt(1/n1 + 1/n2)``."""
    return np.sqrt(smd_variance(0.0, n1, n2))


def null_event_se(measure: str, n1, n2, risk) -> np.ndarray:
    """Standard error under no difference when both arms have the same known `risk`.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
    n1, n2, risk : array_like
        Arm sizes and the share with the event, strictly between 0 and 1.
    """
    n1, n2, risk = _floats(n1, n2, risk)
    _require((n1 > 0) & (n2 > 0), "each arm needs a size above 0")
    _require((risk > 0) & (risk < 1), "the risk must lie strictly between 0 and 1")
    unit = {"OR": 1 / (risk * (1 - risk)), "RR": (1 - risk) / risk, "RD": risk * (1 - risk)}[measure]
    return np.sqrt(unit * (1 / n1 + 1 / n2))
