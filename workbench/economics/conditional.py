"""The mean of a quantity given some parameters, by regression on splines of their draws.

Used for the value of information: what a decision would be if these parameters were known. The spline's columns are fitted
by least squares; the part of the fit that noise alone would produce is then taken off again, so that a parameter of no
importance is not read as one of some.
"""

from __future__ import annotations

import numpy as np

SPLINE_KNOTS = 6  # interior knots of each cubic basis; ten columns, ample for the smooth conditional means that occur here
MOST_CURVED = 4  # largest group whose pairs get curved products: more columns would fit noise
NEARLY_SINGULAR = 1e-10  # share of the mean diagonal added to keep nearly collinear columns solvable


def conditional_means(quantities: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Return the fitted mean of each quantity at each draw's parameters.

    Parameters
    ----------
    quantities : ndarray, shape (n, m)
    parameters : ndarray, shape (n, p)
        Columns that do not vary are left out.

    Returns
    -------
    ndarray, shape (n, m)
        With the mean of each quantity, whatever was fitted.

    Notes
    -----
    Cubic B-splines of each parameter with knots at its quantiles and, for several, products of pairs (Strong, Oakley & Brennan
    2014, doi 10.1177/0272989X13505910). The fit is a constant, plus a straight part, plus a curved part. With K the number of
    columns of a part, sigma^2 the residual variance and r = K sigma^2 / its sum of squares (the share that noise alone would
    give), the curved part is multiplied by max(0, 1 - r), the positive-part rule of James & Stein (1961), and the straight part,
    which has few columns, by max(0, 1 - r^2), which leaves a slope alone once it is clear.
    """
    centre = quantities.mean(axis=0)
    varying = [column for column in parameters.T if np.ptp(column) > 0]
    if not varying:
        return np.broadcast_to(centre, quantities.shape).copy()
    left = quantities - centre
    scaled = np.column_stack([(column - column.mean()) / column.std() for column in varying])
    curved = _curved(varying, scaled)
    straight = _projection(scaled, left)
    full = _projection(np.hstack([scaled, curved]), left)
    count, columns = len(scaled), scaled.shape[1] + curved.shape[1]
    noise = np.sum((left - full) ** 2, axis=0) / max(count - 1 - columns, 1)
    return centre + _shrunk(straight, scaled.shape[1], noise, power=2) + _shrunk(full - straight, curved.shape[1], noise, power=1)


def _shrunk(part: np.ndarray, columns: int, noise: np.ndarray, power: int) -> np.ndarray:
    size = np.sum(part**2, axis=0)
    from_noise = np.divide(columns * noise, size, out=np.ones_like(size), where=size > 0)
    return part * np.maximum(0.0, 1.0 - from_noise**power)


def _projection(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares fit of centred values on columns, themselves centred here; fitted values have mean 0."""
    columns = columns - columns.mean(axis=0)
    gram = columns.T @ columns
    gram[np.diag_indices_from(gram)] += NEARLY_SINGULAR * np.trace(gram) / len(gram)
    fitted = columns @ np.linalg.solve(gram, columns.T @ values)
    return fitted - fitted.mean(axis=0)


def _curved(varying: list[np.ndarray], scaled: np.ndarray) -> np.ndarray:
    """A cubic spline per parameter, and products of standardised pairs (of their squares too in small groups)."""
    columns = [spline_basis(column) for column in varying]
    for first in range(len(varying)):
        for second in range(first):
            a, b = scaled[:, first], scaled[:, second]
            columns.append(np.column_stack([a * b, a**2 * b, a * b**2, a**2 * b**2] if len(varying) <= MOST_CURVED else [a * b]))
    return np.hstack(columns)


def spline_basis(values: np.ndarray) -> np.ndarray:
    """Cubic B-spline basis with knots at quantiles, the first function left out beside a constant.

    Parameters
    ----------
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n, columns)
        Indicators of the levels where there are too few of them for knots.
    """
    knots = np.unique(np.quantile(values, np.linspace(0, 1, SPLINE_KNOTS + 2)))
    if len(knots) < 3:
        levels = np.unique(values)[1:]
        return (values[:, None] == levels).astype(float) if len(levels) < SPLINE_KNOTS else ((values - values.mean()) / values.std())[:, None]
    from scipy.interpolate import BSpline

    padded = np.concatenate([[knots[0]] * 3, knots, [knots[-1]] * 3])
    return BSpline.design_matrix(values, padded, 3).toarray()[:, 1:]
