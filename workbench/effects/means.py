"""Further measures from means and correlations: unequal variances, ratios of means, changes before to after.

As in `workbench.effects.measures`: pure functions on arrays, programme arm first, returning ``(y, v)``.
"""

from __future__ import annotations

import numpy as np

from workbench.effects.measures import Pair, _check_means, _floats, _require, hedges_correction


def smd_unequal_variances(m1, sd1, n1, m2, sd2, n2) -> Pair:
    """Standardised mean difference in units of ``sqrt((sd1^2 + sd2^2) / 2)`` (Bonett 2009); arguments as `measures.hedges_g`.

    The small-sample factor J is that of ``n1 + n2 - 2`` degrees of freedom and multiplies the variance twice, as in
    metafor 3.8.
    """
    m1, sd1, n1, m2, sd2, n2 = _floats(m1, sd1, n1, m2, sd2, n2)
    _check_means(m1, sd1, n1, m2, sd2, n2)
    square = (sd1**2 + sd2**2) / 2
    factor = hedges_correction(n1 + n2 - 2)
    y = factor * (m1 - m2) / np.sqrt(square)
    of_spread = y**2 * (sd1**4 / (n1 - 1) + sd2**4 / (n2 - 1)) / (8 * square**2)
    return y, factor**2 * (of_spread + (sd1**2 / (n1 - 1) + sd2**2 / (n2 - 1)) / square)


def log_ratio_of_means(m1, sd1, n1, m2, sd2, n2) -> Pair:
    """Log ratio of means ``log(m1 / m2)`` (Hedges et al. 1999); both means must have the same sign."""
    m1, sd1, n1, m2, sd2, n2 = _floats(m1, sd1, n1, m2, sd2, n2)
    _check_means(m1, sd1, n1, m2, sd2, n2)
    _require(m1 * m2 > 0, "a ratio of means needs two means of the same sign, neither of them zero")
    return np.log(m1 / m2), sd1**2 / (n1 * m1**2) + sd2**2 / (n2 * m2**2)


def _check_change(n, r) -> None:
    _require(n > 2, "a change needs more than 2 people")
    _require((r >= -1) & (r <= 1), "the correlation of before and after must lie between -1 and 1")


def standardised_change(m_post, sd_post, m_pre, sd_pre, n, r) -> Pair:
    """Standardised mean change of one arm in units of the SD of the change (Gibbons et al. 1993).

    Parameters
    ----------
    m_post, sd_post, m_pre, sd_pre : array_like
        Mean and standard deviation after and before.
    n : array_like
        People measured twice.
    r : array_like
        Correlation of the two measurements.

    Returns
    -------
    y, v : ndarray
        ``J (m_post - m_pre) / sd_change`` and ``1/n + y^2 / (2 n)``.
    """
    m_post, sd_post, m_pre, sd_pre, n, r = _floats(m_post, sd_post, m_pre, sd_pre, n, r)
    _check_change(n, r)
    _require((sd_post > 0) & (sd_pre > 0), "each standard deviation must be above 0")
    square = sd_post**2 + sd_pre**2 - 2 * r * sd_post * sd_pre
    _require(square > 0, "everybody changed by the same amount: the change has no spread")
    y = hedges_correction(n - 1) * (m_post - m_pre) / np.sqrt(square)
    return y, 1 / n + y**2 / (2 * n)


def raw_standardised_change(m_post, m_pre, sd_pre, n, r) -> Pair:
    """Standardised mean change of one arm in units of the SD before (Becker 1988); arguments as `standardised_change`.

    The variance is ``2 (1 - r) / n + y^2 / (2 n)``.
    """
    m_post, m_pre, sd_pre, n, r = _floats(m_post, m_pre, sd_pre, n, r)
    _check_change(n, r)
    _require(sd_pre > 0, "the standard deviation before must be above 0")
    y = hedges_correction(n - 1) * (m_post - m_pre) / sd_pre
    return y, 2 * (1 - r) / n + y**2 / (2 * n)


def correlation(r, n) -> Pair:
    """Correlation with its large-sample variance ``(1 - r^2)^2 / (n - 1)``."""
    r, n = _floats(r, n)
    _require((r >= -1) & (r <= 1), "a correlation must lie between -1 and 1")
    _require(n > 1, "a correlation needs more than 1 pair")
    return r, (1 - r**2) ** 2 / (n - 1)


def fisher_z(r, n) -> Pair:
    """Fisher's z of a correlation, variance ``1 / (n - 3)``."""
    r, n = _floats(r, n)
    _require((r > -1) & (r < 1), "a correlation must lie strictly between -1 and 1 to have a Fisher z")
    _require(n > 3, "Fisher's z needs more than 3 pairs")
    return np.arctanh(r), 1 / (n - 3)
