"""Value of information: what it would be worth to know more before deciding.

Functions on arrays. `workbench.economics.decision` applies them to a programme, on net benefit averaged over places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.economics.conditional import conditional_means
from workbench.errors import AnalysisError


@dataclass(frozen=True)
class Estimate:
    """A figure with its simulation error.

    Attributes
    ----------
    value : float
    se : float
        Standard error of simulation, not a statement about the world.
    sets : int
        Independent sets of draws behind it; 1 where the error comes from a formula on one set.
    """

    value: float
    se: float
    sets: int = 1

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"Estimate({self.value:,.4g}, simulation SE {self.se:,.2g}, {self.sets} set{'s' if self.sets > 1 else ''} of draws)"


def over_sets(values: Sequence[float]) -> Estimate:
    """Mean and standard error of one figure over independent sets of draws.

    Parameters
    ----------
    values : sequence of float
        One per set, two or more.
    """
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or len(found) < 2:
        raise AnalysisError(f"a standard error needs two or more sets of draws, has {found.size}")
    return Estimate(float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found))), len(found))


def evpi(net_benefit: np.ndarray) -> float:
    """Expected value of perfect information.

    Parameters
    ----------
    net_benefit : array_like, shape (n, options) or (n,)
        Net benefit by draw of each option; one column is compared with doing nothing, whose net benefit is 0.

    Returns
    -------
    float
        E[max over options] - max over options of E[.].
    """
    return evpi_with_error(net_benefit).value


def evpi_with_error(net_benefit: np.ndarray) -> Estimate:
    """`evpi` with its standard error for independent draws: SD of (best option of the draw - option best on average) / sqrt(n)."""
    benefit = _net_benefit(net_benefit)
    return _mean_gain(benefit.max(axis=1) - benefit[:, benefit.mean(axis=0).argmax()])


def evppi(net_benefit: np.ndarray, parameters: np.ndarray) -> float:
    """Expected value of perfect information about some parameters together.

    Parameters
    ----------
    net_benefit : array_like, shape (n, options) or (n,)
        As for `evpi`.
    parameters : array_like, shape (n,) or (n, p)
        Draws of the parameters, in the same order; with p > 1, the value of knowing all of them.

    Returns
    -------
    float
        Between 0 and `evpi` of the same draws.

    Notes
    -----
    The mean net benefit given the parameters is fitted by regression on cubic B-splines with, for a group, products of pairs
    (Strong, Oakley & Brennan 2014, doi 10.1177/0272989X13505910).
    """
    return evppi_with_error(net_benefit, parameters).value


def evppi_with_error(net_benefit: np.ndarray, parameters: np.ndarray) -> Estimate:
    """`evppi` with its standard error for independent draws.

    Notes
    -----
    With g the fitted means, d the option that they favour and b the option best on average, the first-order expansion of the
    estimator has the term NB[d] - NB[b] of each draw (moving g changes E[max g] only through the option chosen), so that its
    standard error is the SD of that difference / sqrt(n). It leaves out the error of choosing knots, and is too wide for
    scrambled Sobol points; several scrambles give a better one.
    """
    benefit, parameters = _net_benefit(net_benefit), _parameters(parameters, net_benefit)
    return _known(benefit, parameters, evpi(benefit))


def evppi_each(net_benefit: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """`evppi` of each column of `parameters` (n, p) on its own, shape (p,)."""
    benefit, parameters = _net_benefit(net_benefit), _parameters(parameters, net_benefit)
    ceiling = evpi(benefit)
    return np.array([_known(benefit, column[:, None], ceiling).value for column in parameters.T])


def _net_benefit(net_benefit: np.ndarray) -> np.ndarray:
    benefit = np.asarray(net_benefit, dtype=float)
    benefit = benefit[:, None] if benefit.ndim == 1 else benefit
    if benefit.ndim == 2 and benefit.shape[1] == 1:
        benefit = np.column_stack([benefit, np.zeros(len(benefit))])
    if benefit.ndim != 2 or benefit.size == 0 or not np.all(np.isfinite(benefit)):
        raise AnalysisError(f"net benefit must be finite numbers of shape (draws, options), has shape {np.shape(net_benefit)}")
    return benefit


def _parameters(parameters: np.ndarray, net_benefit: np.ndarray) -> np.ndarray:
    values = np.asarray(parameters, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != len(np.asarray(net_benefit)) or not np.all(np.isfinite(values)):
        raise AnalysisError(f"parameters must be finite, one row per draw of net benefit, have shape {np.shape(parameters)}")
    return values


def _mean_gain(gain: np.ndarray) -> Estimate:
    return Estimate(max(0.0, float(np.mean(gain))), float(np.std(gain) / np.sqrt(len(gain))))


def _known(benefit: np.ndarray, parameters: np.ndarray, ceiling: float) -> Estimate:
    """E[max of fitted means] - max of means, held between 0 and the value of perfect information."""
    incremental = benefit - benefit[:, :1]
    fitted = np.column_stack([np.zeros(len(benefit)), conditional_means(incremental[:, 1:], parameters)])
    now, then = int(fitted.mean(axis=0).argmax()), fitted.argmax(axis=1)
    gain = float(np.mean(fitted.max(axis=1) - fitted[:, now]))  # nought, and not a rounding error, where nothing would change
    chosen = np.take_along_axis(incremental, then[:, None], axis=1)[:, 0] - incremental[:, now]
    return Estimate(min(max(gain, 0.0), ceiling), float(np.std(chosen) / np.sqrt(len(chosen))))
