"""Pooled estimates that need no correction for empty cells: Mantel-Haenszel and Peto, for rare events.

Both assume one effect common to all trials: they stand beside a random-effects synthesis and do not replace it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc, ndtr

from workbench.effects import measures
from workbench.effects.events import _arms, observed_minus_expected
from workbench.errors import AnalysisError

if TYPE_CHECKING:
    from workbench.effects.sizes import EffectSizes


@dataclass(frozen=True, eq=False)
class CommonEffect:
    """One effect common to all trials, pooled from their counts.

    Attributes
    ----------
    method, measure : str
        ``Mantel-Haenszel`` or ``Peto``; OR, RR or RD.
    estimate, se : float
        On the analysis scale (log for ratios).
    level : float
        Level of `interval`.
    interval : tuple of float
        On the analysis scale.
    q, q_df, q_p : float, int, float
        Cochran's Q about the estimate, from the trials' own estimates; p is nan with fewer than two trials.
    weights : ndarray, shape (k,)
        Each trial's share, summing to 1; 0 for a trial that says nothing.
    informative : ndarray of bool, shape (k,)
        False for a trial in which nobody, or everybody, had the event.
    """

    method: str
    measure: str
    estimate: float
    se: float
    level: float
    q: float
    q_df: int
    q_p: float
    weights: np.ndarray = field(repr=False)
    informative: np.ndarray = field(repr=False)

    @property
    def interval(self) -> tuple[float, float]:
        half = measures.z_of_level(self.level) * self.se
        return self.estimate - half, self.estimate + half

    @property
    def p(self) -> float:
        """Two-sided p value of no effect."""
        return float(2 * ndtr(-abs(self.estimate) / self.se))

    @property
    def printed(self) -> tuple[float, float, float]:
        """Estimate and limits as they are read: ratios, or a risk difference."""
        values = (self.estimate, *self.interval)
        return tuple(float(np.exp(value)) for value in values) if self.measure in measures.RATIOS else values


def _checked(a, n1, c, n2) -> tuple[np.ndarray, ...]:
    arms = tuple(np.atleast_1d(part) for part in _arms(a, n1, c, n2))
    if arms[0].ndim != 1:
        raise AnalysisError(f"counts have shape {arms[0].shape}: give one list for each of a, n1, c and n2")
    return arms


def _heterogeneity(y, v, estimate: float) -> tuple[float, int, float]:
    q, df = float(np.sum((y - estimate) ** 2 / v)), max(y.size - 1, 0)
    return q, df, float(chdtrc(df, q)) if df else float("nan")


def _odds_ratio(a, b, c, d) -> tuple[float, float, np.ndarray]:
    """Estimate, variance (Robins, Breslow & Greenland 1986) and weights."""
    total = a + b + c + d
    r, s = a * d / total, b * c / total
    concordant, discordant = (a + d) / total, (b + c) / total
    sum_r, sum_s = r.sum(), s.sum()
    _both_sides(sum_r, sum_s)
    variance = (
        np.sum(concordant * r) / (2 * sum_r**2)
        + np.sum(concordant * s + discordant * r) / (2 * sum_r * sum_s)
        + np.sum(discordant * s) / (2 * sum_s**2)
    )
    return float(np.log(sum_r / sum_s)), float(variance), s


def _risk_ratio(a, b, c, d) -> tuple[float, float, np.ndarray]:
    """Estimate, variance (Greenland & Robins 1985) and weights."""
    n1, n2, total = a + b, c + d, a + b + c + d
    r, s = a * n2 / total, c * n1 / total
    _both_sides(r.sum(), s.sum())
    top = np.sum(n1 * n2 * (a + c) / total**2 - a * c / total)
    return float(np.log(r.sum() / s.sum())), float(top / (r.sum() * s.sum())), s


def _risk_difference(a, b, c, d) -> tuple[float, float, np.ndarray]:
    """Estimate, variance (Sato, Greenland & Robins 1989, right for few large and for many small trials) and weights."""
    n1, n2, total = a + b, c + d, a + b + c + d
    weight = n1 * n2 / total
    estimate = np.sum((a * n2 - c * n1) / total) / weight.sum()
    p = c * (n1 / total) ** 2 - a * (n2 / total) ** 2 + (n1 / total) * (n2 / total) * (n2 - n1) / 2
    q = (a * d / total + c * b / total) / 2
    variance = (estimate * p.sum() + q.sum()) / weight.sum() ** 2
    return float(estimate), float(variance), weight


def _both_sides(top: float, bottom: float) -> None:
    if not (top > 0 and bottom > 0):
        raise AnalysisError("one arm has no event in any trial, or no non-event: the pooled ratio is 0 or infinite")


_MANTEL_HAENSZEL = {
    "OR": (_odds_ratio, measures.log_odds_ratio),
    "RR": (_risk_ratio, measures.log_risk_ratio),
    "RD": (_risk_difference, measures.risk_difference),
}


def mantel_haenszel(a, n1, c, n2, measure: str = "OR", level: float = 0.95) -> CommonEffect:
    """Pool counts by Mantel and Haenszel's weights.

    Parameters
    ----------
    a, n1, c, n2 : array_like, shape (k,)
        Events and size of the programme arm, then of the comparison arm, one entry for each trial.
    measure : {"OR", "RR", "RD"}
    level : float
        Level of the interval.

    Returns
    -------
    CommonEffect
        The cells are not corrected for the estimate; Q uses the trials' own estimates, where 1/2 is added to a table
        with an empty cell and a table without events (or non-events) is left out.

    Raises
    ------
    AnalysisError
        If no trial says anything, or the pooled ratio is 0 or infinite.
    """
    if measure not in _MANTEL_HAENSZEL:
        raise AnalysisError(f"Mantel-Haenszel pools {', '.join(_MANTEL_HAENSZEL)}, not {measure!r}")
    a, n1, c, n2 = _checked(a, n1, c, n2)
    informative = _informative(a, n1, c, n2)
    pool, single = _MANTEL_HAENSZEL[measure]
    estimate, variance, weight = pool(a, n1 - a, c, n2 - c)
    if not variance > 0:
        raise AnalysisError("the pooled estimate has no variance: the trials' events are all on one side")
    y, v = single(*(part[informative] for part in (a, n1, c, n2)))
    weight = np.where(informative | (measure == "RD"), weight, 0.0)
    shares = weight / weight.sum()
    return CommonEffect("Mantel-Haenszel", measure, estimate, float(np.sqrt(variance)), level, *_heterogeneity(y, v, estimate), shares, informative)


def _informative(a, n1, c, n2) -> np.ndarray:
    """Return which trials have both events and non-events; refuse if none has."""
    informative = (a + c > 0) & (a + c < n1 + n2)
    if not informative.any():
        raise AnalysisError("no trial has both events and non-events: the counts say nothing about an effect")
    return informative


def peto(a, n1, c, n2, level: float = 0.95) -> CommonEffect:
    """Pool counts by Peto's one-step odds ratio (Yusuf et al. 1985); arguments as `mantel_haenszel`.

    ``sum(O - E) / sum(V)`` with variance ``1 / sum(V)``. Biased where effects are large or arms very unequal.
    """
    a, n1, c, n2 = _checked(a, n1, c, n2)
    informative = _informative(a, n1, c, n2)
    difference, variance = observed_minus_expected(a, n1, c, n2)
    total = variance.sum()
    estimate = float(difference.sum() / total)
    kept = variance[informative]
    found = _heterogeneity(difference[informative] / kept, 1 / kept, estimate)
    return CommonEffect("Peto", "OR", estimate, float(1 / np.sqrt(total)), level, *found, variance / total, informative)


def arm_counts(effects: EffectSizes) -> dict[str, np.ndarray]:
    """Return the counts behind `effects`, oriented so that a positive effect is benefit.

    Where fewer events are better the arms change places, which turns the sign of each of OR, RR and RD.

    Parameters
    ----------
    effects : EffectSizes
        Every row sized from counts or percentages.

    Returns
    -------
    dict
        a, n1, c, n2, each of shape (k,): ready for ``mantel_haenszel(**arm_counts(effects))``.

    Raises
    ------
    AnalysisError
        If a row was sized by another route, or enlarged for clustering, with the rows named.
    """
    without = [label for label, route in zip(effects.row_ids, effects.routes, strict=True) if route.name not in ("counts", "percentages")]
    if without or not effects.routes:
        raise AnalysisError(f"these effects do not come from counts: {', '.join(without) or 'plain arrays have no rows'}")
    clustered = [label for label, route in zip(effects.row_ids, effects.routes, strict=True) if "design_effect" in route.inputs]
    if clustered:
        raise AnalysisError(f"these counts were enlarged for clustering, which pooled counts would ignore: {', '.join(clustered)}")
    return {name: np.array(values) for name, values in zip(("a", "n1", "c", "n2"), zip(*map(_oriented, effects.rows, effects.routes), strict=True), strict=True)}


def _oriented(row: Any, route: Any) -> tuple[float, ...]:
    from workbench.effects.sizes import orientation

    inputs, arms = route.inputs, []
    for arm in ("treat", "control"):
        size = inputs[f"n_{arm}"]
        arms.append((inputs[f"events_{arm}"] if route.name == "counts" else inputs[f"pct_{arm}"] / 100 * size, size))
    first, second = arms if orientation(row["direction"]) > 0 else reversed(arms)
    return (*first, *second)
