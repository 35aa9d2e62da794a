"""Net benefit averaged over places: what the decision for many areas rests on.

A study narrows the average effect and the spread between places; it does not make places alike. The value of information is
therefore taken on net benefit averaged, in each draw, over the effects that places would have given that draw's average and
spread (Welton et al. 2015, doi 10.1177/0272989X15570113).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import expit, logit

from workbench.economics.kernel import Kernel
from workbench.errors import AnalysisError

NODES = 41  # of the quadrature over places: the mean risk is then right to 1e-8 for a spread of up to 2 on the logit scale
_INSIDE = 1e-15  # a mean risk may round to 1, whose logit is not finite


@lru_cache(maxsize=4)
def _quadrature(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite points and weights for a standard normal variable."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights / weights.sum()


def over_places(function: Callable[[np.ndarray], np.ndarray], centre: np.ndarray, tau: np.ndarray, nodes: int = NODES) -> np.ndarray:
    """Return E[function(theta)] over theta ~ Normal(centre, tau squared), by draw.

    Parameters
    ----------
    function : callable
        From effects, shape (n, k), to values of the same shape.
    centre, tau : ndarray, shape (n,)
    nodes : int
        Of the Gauss-Hermite rule.

    Returns
    -------
    ndarray, shape (n,)
    """
    if not np.any(tau):
        return function(np.asarray(centre)[:, None])[:, 0]
    points, weights = _quadrature(nodes)
    return function(np.asarray(centre)[:, None] + np.asarray(tau)[:, None] * points) @ weights


def mean_risk(logit_p0: np.ndarray, centre: np.ndarray, tau: np.ndarray, nodes: int = NODES) -> np.ndarray:
    """Return E[expit(logit_p0 + theta)] over theta ~ Normal(centre, tau squared), by draw.

    Parameters
    ----------
    logit_p0, centre, tau : ndarray, shape (n,)
    nodes : int
        Of the Gauss-Hermite rule.

    Returns
    -------
    ndarray, shape (n,)
    """
    return over_places(expit, logit_p0 + centre, tau, nodes)


def raw_centre(draws: Any) -> np.ndarray:
    """What the effects of places centre on, in the printed direction of the outcome, shape (n,)."""
    return -draws.centre if draws.direction == "lower_is_better" else np.asarray(draws.centre)


def averaged_kernel(kernel: Kernel, draws: Mapping[str, Any], logit_p0: Mapping[str, np.ndarray] | None = None) -> Kernel:
    """Return the kernel whose net benefit, draw by draw, is averaged over places.

    Parameters
    ----------
    kernel : Kernel
    draws : mapping of construct or outcome to Draws
        With the centre and the spread of each of the kernel's effects.
    logit_p0 : mapping of construct to ndarray, optional
        In place of the kernel's own, where a reader set a risk.

    Returns
    -------
    Kernel
        Each effect is replaced by the one that gives the mean risk over places. Money is linear in that risk, so that `evaluate`
        on this kernel gives the mean of what it would give over places.

    Raises
    ------
    AnalysisError
        If there are no draws for one of the kernel's effects.
    """
    theta = {}
    for construct in kernel.theta:
        base = np.asarray((logit_p0 or {}).get(construct, kernel.logit_p0[construct]), dtype=float)
        found = drawn(draws, construct)
        mean = mean_risk(base, raw_centre(found), np.asarray(found.tau))
        theta[construct] = logit(np.clip(mean, _INSIDE, 1 - _INSIDE)) - base
    return replace(kernel, theta=theta)


def drawn(draws: Mapping[str, Any], construct: str) -> Any:
    """The draws of a construct, found by construct or by what they say of themselves.

    Raises
    ------
    AnalysisError
        If there are none.
    """
    found = draws[construct] if construct in draws else next((each for each in draws.values() if each.construct == construct), None)
    if found is None:
        raise AnalysisError(f"there are no draws of the centre and spread of {construct!r}; pass those that made the kernel")
    return found
