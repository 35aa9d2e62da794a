"""Heterogeneity of effects: nine estimators of tau^2 and its Q-profile interval, as functions of arrays.

The model is ``y_i ~ Normal(mu, v_i + u_i tau^2)`` with ``u_i`` 1, or 0 for a row that informs mu alone (an independent
review's mean), for which every formula below is the textbook one with ``u`` carried through.
Formulas follow Viechtbauer 2005 (doi 10.3102/10769986030003261) and Viechtbauer 2010 (doi 10.18637/jss.v036.i03).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import chdtri

from workbench.errors import AnalysisError, UsageError, nearest

#: Estimators of tau^2: one common effect, by moments, by likelihood, and the rest.
METHODS = ("FE", "DL", "REML", "ML", "PM", "EB", "HE", "SJ", "HS")
_GRID = 240


def weighted(y: np.ndarray, v: np.ndarray) -> tuple[float, float, float]:
    """Return the inverse-variance mean, the sum of the weights and Cochran's Q about that mean.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Effects and their total variances.
    """
    w = 1 / v
    total = w.sum()
    # about the first effect, so that large constants with small spread lose no digits
    mean = y[0] + (w * (y - y[0])).sum() / total
    return float(mean), float(total), float((w * (y - mean) ** 2).sum())


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return where decreasing `f` crosses zero in [low, high], to the last bits that a float holds (Brent's method)."""
    from scipy.optimize import brentq

    if f(high) >= 0:
        return high
    return float(brentq(f, low, high, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=500))


def _ceiling(f: Callable[[float], float], y: np.ndarray, v: np.ndarray) -> float | None:
    """Return a tau^2 at which decreasing `f` is no longer positive; None if there is none to speak of."""
    high = float(np.ptp(y) ** 2 + v.max())
    for _ in range(200):
        if f(high) <= 0:
            return high
        high *= 4
    return None


def reml_score(tau2: float, y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    """REML estimating function ``y'PUPy / tr(PU) - 1`` (zero at the estimate), with ``P = W - W 1 1' W / 1'W1``."""
    w = 1 / (v + u * tau2)
    mean = weighted(y, 1 / w)[0]
    trace = (w * u).sum() - (w**2 * u).sum() / w.sum()
    return float((w**2 * u * (y - mean) ** 2).sum() / trace - 1)


def ml_score(tau2: float, y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    """ML estimating function ``sum w^2 u (y - mu)^2 / sum w u - 1`` (zero at the estimate)."""
    w = 1 / (v + u * tau2)
    mean = weighted(y, 1 / w)[0]
    return float((w**2 * u * (y - mean) ** 2).sum() / (w * u).sum() - 1)


def pm_score(tau2: float, y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    """Paule-Mandel estimating function ``Q(tau^2) / (k - 1) - 1`` (zero at the estimate)."""
    return weighted(y, v + u * tau2)[2] / (y.size - 1) - 1


def log_likelihood(tau2: np.ndarray, y: np.ndarray, v: np.ndarray, u: np.ndarray, restricted: bool) -> np.ndarray:
    """Profile log likelihood at each tau^2 up to a constant, same shape; the restricted one adds ``-log(sum w) / 2``."""
    total = v + u * np.asarray(tau2, dtype=float)[..., None]
    w = 1 / total
    weight = w.sum(-1)
    mean = y[0] + (w @ (y - y[0])) / weight
    q = (w * (y - mean[..., None]) ** 2).sum(-1)
    return -0.5 * (np.log(total).sum(-1) + q + (np.log(weight) if restricted else 0.0))


def _by_likelihood(y: np.ndarray, v: np.ndarray, u: np.ndarray, restricted: bool) -> float:
    """Return the tau^2 of highest (restricted) likelihood.

    The likelihood may have several peaks, so the best point of a grid is found first, and then the zero of the
    score between its neighbours; at the boundary tau^2 = 0 the score need not vanish.
    """
    score = reml_score if restricted else ml_score

    def f(tau2: float) -> float:
        return score(tau2, y, v, u)

    high = _ceiling(f, y, v)
    if high is None:
        raise AnalysisError("the likelihood of tau has no maximum for these effects")
    grid = np.concatenate([[0.0], np.geomspace(high * 1e-12, high * 4, _GRID)])
    best = int(np.argmax(log_likelihood(grid, y, v, u, restricted)))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    if f(low) <= 0:
        return 0.0 if low == 0 else float(low)
    return _root(f, float(low), float(high))


def _paule_mandel(y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    """Return the tau^2 at which Q equals its expectation; 0 if Q is already below it (EB solves the same equation)."""

    def f(tau2: float) -> float:
        return pm_score(tau2, y, v, u)

    if f(0.0) <= 0:
        return 0.0
    high = _ceiling(f, y, v)
    if high is None:
        raise AnalysisError("no tau makes Q equal its expectation: the rows that do not inform tau disagree too much")
    return _root(f, 0.0, high)


def _dersimonian_laird(y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    w = 1 / v
    q = weighted(y, v)[2]
    return max(0.0, (q - (y.size - 1)) / ((w * u).sum() - (w**2 * u).sum() / w.sum()))


def _hedges(y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    share = 1 - 1 / y.size
    return max(0.0, (((y - y.mean()) ** 2).sum() - share * v.sum()) / (share * u.sum()))


def _hunter_schmidt(y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    return max(0.0, (weighted(y, v)[2] - y.size) / (u / v).sum())


def _sidik_jonkman(y: np.ndarray, v: np.ndarray, u: np.ndarray) -> float:
    if not u.all():
        raise AnalysisError("SJ has no form for rows that inform mu alone: use another method")
    start = float(((y - y.mean()) ** 2).mean())
    return start * weighted(y, v + start)[2] / (y.size - 1) if start > 0 else 0.0


_ESTIMATORS: dict[str, Callable[..., float]] = {
    "DL": _dersimonian_laird,
    "REML": lambda y, v, u: _by_likelihood(y, v, u, True),
    "ML": lambda y, v, u: _by_likelihood(y, v, u, False),
    "PM": _paule_mandel,
    "EB": _paule_mandel,
    "HE": _hedges,
    "SJ": _sidik_jonkman,
    "HS": _hunter_schmidt,
}


def estimate_tau2(y: np.ndarray, se: np.ndarray, method: str = "REML", informs: np.ndarray | None = None) -> float:
    """Return the estimate of tau^2 by `method`.

    Parameters
    ----------
    y, se : ndarray, shape (k,)
        Effects and standard errors; k at least 2 unless the method is FE.
    method : str
        A member of `METHODS`; FE gives 0. EB and PM solve the same equation.
    informs : ndarray of bool, shape (k,), optional
        False for rows that inform mu alone.

    Raises
    ------
    UsageError
        For an unknown method.
    AnalysisError
        If there are fewer than two effects or none of them informs tau.
    """
    if method not in METHODS:
        hint = nearest(str(method).upper(), METHODS)
        raise UsageError(f"method {method!r}: must be one of {', '.join(METHODS)}" + (f"; {hint}" if hint else ""))
    if method == "FE":
        return 0.0
    if y.size < 2:
        raise AnalysisError(f"k = {y.size}: heterogeneity cannot be estimated from fewer than two effects; use fit()")
    u = np.ones(y.size) if informs is None else np.asarray(informs, dtype=float)
    if not u.any():
        raise AnalysisError("no row informs tau: heterogeneity cannot be estimated")
    return float(_ESTIMATORS[method](y, se**2, u))


def q_profile(
    y: np.ndarray, se: np.ndarray, level: float = 0.95, informs: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the Q-profile interval of tau^2 (Viechtbauer 2007, doi 10.1002/sim.2514).

    Each limit is the tau^2 at which Q equals a chi-square quantile with k - 1 degrees of freedom. Where even Q(0) lies
    below the lower quantile the interval is empty and given as (0, 0): the effects agree more than chance would have
    it. The upper limit is infinite if no tau^2 brings Q down far enough.
    """
    u = np.ones(y.size) if informs is None else np.asarray(informs, dtype=float)

    def limit(tail: float) -> float:
        quantile = chdtri(y.size - 1, tail)

        def f(tau2: float) -> float:
            return weighted(y, se**2 + u * tau2)[2] - quantile

        if f(0.0) <= 0:
            return 0.0
        high = _ceiling(f, y, se**2)
        return float("inf") if high is None else _root(f, 0.0, high)

    return limit((1 - level) / 2), limit((1 + level) / 2)
