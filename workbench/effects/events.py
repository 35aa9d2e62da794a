"""Further measures from events: Peto's, arcsine, probit, phi, one arm's log odds, rate ratios, and hazard ratios by log-rank.

As in `workbench.effects.measures`: pure functions on arrays, programme arm first, returning ``(y, v)``.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from workbench.effects.conversions import LOGISTIC
from workbench.effects.measures import Pair, _cells, _floats, _require, log_odds_ratio

#: log odds ratio = SMD x 1.65: the normal distribution underneath (Cox & Snell 1989).
NORMAL = 1.65


def _arms(a, n1, c, n2) -> tuple[np.ndarray, ...]:
    a, n1, c, n2 = _floats(a, n1, c, n2)
    _require((n1 > 0) & (n2 > 0), "each arm needs a size above 0")
    _require((a >= 0) & (c >= 0) & (a <= n1) & (c <= n2), "events must lie between 0 and the arm's size")
    return a, n1, c, n2


def observed_minus_expected(a, n1, c, n2) -> Pair:
    """Events in the programme arm less those expected, and their hypergeometric variance.

    Returns
    -------
    o_minus_e, variance : ndarray
        ``a - n1 m / N`` and ``n1 n2 m (N - m) / (N^2 (N - 1))`` with m events in all among N; the variance is 0 where
        nobody or everybody had the event.
    """
    a, n1, c, n2 = _arms(a, n1, c, n2)
    total, events = n1 + n2, a + c
    _require(total > 1, "the two arms together need more than one person")
    return a - n1 * events / total, n1 * n2 * events * (total - events) / (total**2 * (total - 1))


def peto_log_odds_ratio(a, n1, c, n2, correct: bool = True, both_empty: str = "refuse") -> Pair:
    """Log odds ratio of Peto's one-step method: ``(O - E) / V`` with variance ``1 / V`` (Yusuf et al. 1985).

    Good for rare events and arms of about equal size; biased for large effects.

    Parameters
    ----------
    a, n1, c, n2, both_empty
        As `measures.log_odds_ratio`.
    correct : bool
        Add 1/2 to the cells of a table with an empty one, as metafor's ``escalc`` does. The method needs no correction:
        pooling (`rare.peto`) leaves the cells as they are.

    Raises
    ------
    AnalysisError
        If nobody, or everybody, had the event (unless corrected): such a table says nothing.
    """
    if correct:
        a, b, c, d = _cells(a, n1, c, n2, both_empty)
        n1, n2 = a + b, c + d
    difference, variance = observed_minus_expected(a, n1, c, n2)
    _require(variance > 0, "nobody, or everybody, had the event: the counts say nothing about their ratio")
    return difference / variance, 1 / variance


def log_hazard_ratio(o_minus_e, v) -> Pair:
    """Log hazard ratio ``(O - E) / V`` with variance ``1 / V`` from a log-rank test (Peto & Peto 1972).

    Parameters
    ----------
    o_minus_e, v : array_like
        Events observed less expected in the programme arm, and their variance.
    """
    difference, variance = _floats(o_minus_e, v)
    _require(variance > 0, "the log-rank variance must be above 0")
    return difference / variance, 1 / variance


def log_rate_ratio(x1, t1, x2, t2) -> Pair:
    """Log incidence rate ratio from events and person-time, variance ``1/x1 + 1/x2``; 1/2 added to both where one is 0."""
    x1, t1, x2, t2 = _floats(x1, t1, x2, t2)
    _require((t1 > 0) & (t2 > 0), "person-time must be above 0")
    _require((x1 >= 0) & (x2 >= 0), "events must not be below 0")
    _require((x1 > 0) | (x2 > 0), "no events in either arm: the counts say nothing about their ratio")
    half = 0.5 * ((x1 == 0) | (x2 == 0))
    x1, x2 = x1 + half, x2 + half
    return np.log(x1 / t1) - np.log(x2 / t2), 1 / x1 + 1 / x2


def arcsine_difference(a, n1, c, n2) -> Pair:
    """Difference of ``asin(sqrt(p))`` with variance ``1/(4 n1) + 1/(4 n2)``: no correction, even with no event at all."""
    a, n1, c, n2 = _arms(a, n1, c, n2)
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def probit_difference(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Difference of normal quantiles of the two risks, a standardised difference (Sánchez-Meca et al. 2003).

    Arguments, correction and errors as `measures.log_odds_ratio`; the variance is the delta method's.
    """
    a, b, c, d = _cells(a, n1, c, n2, both_empty)
    parts = []
    for events, rest in ((a, b), (c, d)):
        size = events + rest
        risk = events / size
        quantile = ndtri(risk)
        parts.append((quantile, 2 * np.pi * risk * (1 - risk) * np.exp(quantile**2) / size))
    return parts[0][0] - parts[1][0], parts[0][1] + parts[1][1]


def smd_by_logistic(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Standardised difference from the odds ratio: log OR times sqrt(3) / pi (metafor's OR2DL)."""
    y, v = log_odds_ratio(a, n1, c, n2, both_empty)
    return y / LOGISTIC, v / LOGISTIC**2


def smd_by_normal(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Standardised difference from the odds ratio: log OR over 1.65 (metafor's OR2DN)."""
    y, v = log_odds_ratio(a, n1, c, n2, both_empty)
    return y / NORMAL, v / NORMAL**2


def phi(a, n1, c, n2, both_empty: str = "refuse") -> Pair:
    """Phi coefficient of a 2x2 table with its large-sample variance for a multinomial sample (Yule 1912)."""
    a, b, c, d = _cells(a, n1, c, n2, both_empty)
    total = a + b + c + d
    row, column = (a + b) / total, (a + c) / total
    spread_row, spread_column = row * (1 - row), column * (1 - column)
    y = (a * d - b * c) / total**2 / np.sqrt(spread_row * spread_column)
    lean_row, lean_column = 2 * row - 1, 2 * column - 1
    cross = y * (1 + y**2 / 2) * lean_row * lean_column / np.sqrt(spread_row * spread_column)
    own = 0.75 * y**2 * (lean_row**2 / spread_row + lean_column**2 / spread_column)
    return y, (1 - y**2 + cross - own) / total


def log_odds(x, n) -> Pair:
    """Log odds of one arm's events, variance ``1/x + 1/(n - x)``; 1/2 added to both cells where one is empty."""
    x, n = _floats(x, n)
    _require((n > 0) & (x >= 0) & (x <= n), "events must lie between 0 and the arm's size, which must be above 0")
    half = 0.5 * ((x == 0) | (x == n))
    events, rest = x + half, n - x + half
    return np.log(events / rest), 1 / events + 1 / rest


def events_from_chi_square(chi2: float, n1: float, c: float, n2: float, sign: float) -> float:
    """Return the events in the programme arm at which a 2x2 table has this Pearson chi-square (1 df, uncorrected).

    Solves ``N (a n2 - c n1)^2 = chi2 n1 n2 m (N - m)``, m = a + c, for a on the side of `sign`.

    Parameters
    ----------
    chi2 : float
        Not below 0.
    n1, c, n2 : float
        Size of the programme arm; events and size of the comparison arm.
    sign : float
        +1 if the event is commoner in the programme arm, -1 if rarer.

    Raises
    ------
    AnalysisError
        If no table with these margins has that chi-square.
    """
    total, weight = n1 + n2, chi2 * n1 * n2
    square = total * n2**2 + weight
    linear = -2 * total * n2 * c * n1 - weight * (total - 2 * c)
    constant = total * (c * n1) ** 2 - weight * c * (total - c)
    root = np.sqrt(max(linear**2 - 4 * square * constant, 0.0))
    a = float((-linear + sign * root) / (2 * square))
    tolerance = 1e-9 * total
    _require(np.array(-tolerance <= a <= n1 + tolerance), f"no table with these arms has a chi-square of {chi2:g}")
    return min(max(a, 0.0), float(n1))
