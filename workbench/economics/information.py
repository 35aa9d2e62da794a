"""Value of information: what it would be worth to know more before deciding."""

from __future__ import annotations

import numpy as np

from workbench.errors import AnalysisError

SPLINE_KNOTS = 6  # interior knots of each cubic basis; ten columns, ample for the smooth conditional means that occur here
MOST_CURVED = 4  # largest group whose pairs get curved products: more columns would fit noise


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
    benefit = _net_benefit(net_benefit)
    return max(0.0, float(np.mean(benefit.max(axis=1)) - benefit.mean(axis=0).max()))


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
    benefit, parameters = _net_benefit(net_benefit), _parameters(parameters, net_benefit)
    return _value(benefit, _basis(parameters), evpi(benefit))


def evppi_each(net_benefit: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """`evppi` of each column of `parameters` (n, p) on its own, shape (p,)."""
    benefit, parameters = _net_benefit(net_benefit), _parameters(parameters, net_benefit)
    ceiling = evpi(benefit)
    return np.array([_value(benefit, _basis(column[:, None]), ceiling) for column in parameters.T])


def _net_benefit(net_benefit: np.ndarray) -> np.ndarray:
    benefit = np.asarray(net_benefit, dtype=float)
    benefit = np.column_stack([benefit, np.zeros(len(benefit))]) if benefit.ndim == 1 else benefit
    if benefit.ndim == 2 and benefit.shape[1] == 1:
        benefit = np.column_stack([benefit, np.zeros(len(benefit))])
    if benefit.ndim != 2 or len(benefit) == 0 or not np.all(np.isfinite(benefit)):
        raise AnalysisError(f"net benefit must be finite numbers of shape (draws, options), has shape {np.shape(net_benefit)}")
    return benefit


def _parameters(parameters: np.ndarray, net_benefit: np.ndarray) -> np.ndarray:
    values = np.asarray(parameters, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != len(np.asarray(net_benefit)) or not np.all(np.isfinite(values)):
        raise AnalysisError(f"parameters must be finite, one row per draw of net benefit, have shape {np.shape(parameters)}")
    return values


def _value(benefit: np.ndarray, basis: np.ndarray, ceiling: float) -> float:
    """E[max of fitted means] - max of means, held between 0 and the value of perfect information."""
    if basis.shape[1] == 1:
        return 0.0  # nothing varies, so that there is nothing to learn
    incremental = benefit[:, 1:] - benefit[:, :1]
    gram = basis.T @ basis
    gram[np.diag_indices_from(gram)] += 1e-10 * np.trace(gram) / len(gram)  # keeps nearly collinear columns solvable
    fitted = basis @ np.linalg.solve(gram, basis.T @ incremental)
    fitted += incremental.mean(axis=0) - fitted.mean(axis=0)
    gain = float(np.mean(np.maximum(fitted.max(axis=1), 0.0)) - max(incremental.mean(axis=0).max(), 0.0))
    return min(max(gain, 0.0), ceiling)


def _basis(parameters: np.ndarray) -> np.ndarray:
    """Constant, a cubic spline per parameter, and products of standardised pairs (of their squares too in small groups)."""
    varying = [column for column in parameters.T if np.ptp(column) > 0]
    columns = [np.ones((len(parameters), 1))] + [_spline(column) for column in varying]
    scaled = [(column - column.mean()) / column.std() for column in varying]
    for first in range(len(scaled)):
        for second in range(first):
            a, b = scaled[first], scaled[second]
            columns.append(np.column_stack([a * b, a**2 * b, a * b**2, a**2 * b**2] if len(scaled) <= MOST_CURVED else [a * b]))
    return np.hstack(columns)


def _spline(values: np.ndarray) -> np.ndarray:
    """Cubic B-spline basis with knots at quantiles, the first function left out beside a constant; shape (n, columns)."""
    knots = np.unique(np.quantile(values, np.linspace(0, 1, SPLINE_KNOTS + 2)))
    if len(knots) < 3:
        levels = np.unique(values)[1:]
        return (values[:, None] == levels).astype(float) if len(levels) < SPLINE_KNOTS else ((values - values.mean()) / values.std())[:, None]
    padded = np.concatenate([[knots[0]] * 3, knots, [knots[-1]] * 3])
    where = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, len(knots) - 2) + 3
    basis = np.zeros((len(values), len(padded) - 1))
    basis[np.arange(len(values)), where] = 1.0
    for degree in (1, 2, 3):
        basis = _raise_degree(basis, padded, values, degree)
    return basis[:, 1:]


def _raise_degree(basis: np.ndarray, knots: np.ndarray, values: np.ndarray, degree: int) -> np.ndarray:
    """Cox-de Boor recursion from degree - 1 to degree."""
    count = basis.shape[1] - 1
    index = np.arange(count)
    left, right = knots[index + degree] - knots[index], knots[index + degree + 1] - knots[index + 1]
    rising = np.divide(values[:, None] - knots[index], left, out=np.zeros((len(values), count)), where=left > 0)
    falling = np.divide(knots[index + degree + 1] - values[:, None], right, out=np.zeros((len(values), count)), where=right > 0)
    return rising * basis[:, :-1] + falling * basis[:, 1:]
