"""What an answer rests on: leave-one-out, influence, accumulation over time, and a grid of priors, all on the exact engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.fitting import fit
from workbench.synthesis.result import Synthesis

if TYPE_CHECKING:
    import pandas

QUANTITIES = ("mu", "theta_new")
EDGE = 1e-4  # probability beyond each end where densities are compared


def leave_one_out(result: Synthesis) -> pandas.DataFrame:
    """Refit without each row in turn.

    Parameters
    ----------
    result : Synthesis
        With two rows or more.

    Returns
    -------
    DataFrame
        Index: the label of the row left out; for mu and theta_new: median, lower, upper and P(> 0); ``tau`` median;
        ``shift``: change of mu's mean in units of its SD with all rows.

    Raises
    ------
    AnalysisError
        If there is only one row.
    """
    k = result.effects.k
    if k < 2:
        raise AnalysisError("leave-one-out needs two rows or more; with one row, what is left is the prior")
    mean, sd = result.mean("mu"), result.sd("mu")
    lines = []
    for index in range(k):
        kept = np.delete(np.arange(k), index)
        other = _refit(result, kept)
        lines.append(_line(other) | {"shift": (other.mean("mu") - mean) / sd})
    return _frame(lines, result.effects.labels, "without")


def influence(result: Synthesis) -> pandas.DataFrame:
    """How each row fits and how much it matters.

    Returns
    -------
    DataFrame
        Index: labels. ``weight`` in mu; ``p_conflict``: two-sided posterior predictive probability, from the fit without the
        row, of a result at least as far out; ``log_score``: log predictive density of the row from the others (its leave-one-out
        log score, so that their sum compares models); ``shift`` as in `leave_one_out`.
    """
    from scipy.special import ndtr

    k, effects = result.effects.k, result.effects
    if k < 2:
        raise AnalysisError("influence needs two rows or more")
    mean, sd, weights = result.mean("mu"), result.sd("mu"), result.weights()
    lines = []
    for index in range(k):
        other = _refit(result, np.delete(np.arange(k), index), centre_on_mean=True)
        points, masses = _predictive(other, effects, index)
        z = (effects.y[index] - points[0]) / points[1]
        below = float(masses @ ndtr(z))
        density = float(masses @ (np.exp(-0.5 * z**2) / (points[1] * np.sqrt(2 * np.pi))))
        lines.append(
            {"weight": float(weights[index]), "p_conflict": 2 * min(below, 1 - below), "log_score": float(np.log(density)), "shift": (other.mean("mu") - mean) / sd}
        )
    return _frame(lines, effects.labels, "row")


def _predictive(other: Synthesis, effects: Any, index: int, count: int = 200) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Normal components of the predictive distribution of one row given the others: (means, SDs), masses.

    theta_new's quantile midpoints carry the spread of the effect; the row's own terms and sampling error are added to each.
    """
    centre = other.quantile("theta_new" if effects.informs_tau[index] else "mu", (np.arange(count) + 0.5) / count)
    terms = other.terms_summary()
    extra, variance = 0.0, float(effects.se[index]) ** 2
    for column, name in enumerate(effects.design_names):
        value = float(effects.design[index, column])
        if value:
            prior = other.terms.get(name)
            known = name in terms.index
            extra += value * (float(terms.loc[name, "mean"]) if known else prior.mean)
            variance += value**2 * (float(terms.loc[name, "sd"]) if known else prior.sd) ** 2
    return (centre + extra, np.full(count, np.sqrt(variance))), np.full(count, 1 / count)


def cumulative(result: Synthesis, order: Iterable[float] | None = None) -> pandas.DataFrame:
    """Refit as the evidence grew, row by row.

    Parameters
    ----------
    result : Synthesis
    order : iterable of float, optional
        What to sort the rows by, one value each; the year of each row's study unless given.

    Raises
    ------
    AnalysisError
        If there is no order: the rows carry no studies, and none is given.
    """
    effects = result.effects
    keys = list(order) if order is not None else _years(effects)
    if len(keys) != effects.k:
        raise AnalysisError(f"cumulative: the order has {len(keys)} values for {effects.k} rows")
    sequence = sorted(range(effects.k), key=lambda index: (keys[index], index))
    lines = [_line(_refit(result, np.array(sequence[: count + 1]))) for count in range(effects.k)]
    labels = [f"{'+ ' if count else ''}{effects.labels[index]} ({keys[index]:g})" for count, index in enumerate(sequence)]
    return _frame(lines, labels, "up to")


def prior_grid(result: Synthesis, mus: Mapping[str, Any], taus: Mapping[str, Any]) -> pandas.DataFrame:
    """Refit under every pair of priors.

    Parameters
    ----------
    result : Synthesis
    mus, taus : mapping of str to prior
        By the names to show.
    """
    lines, labels = [], []
    for mu_name, mu in mus.items():
        for tau_name, tau in taus.items():
            lines.append(_line(fit(result.effects, mu=mu, tau=tau, terms=dict(result.terms), target=result.target)))
            labels.append((mu_name, tau_name))
    import pandas

    return _frame(lines, pandas.MultiIndex.from_tuples(labels, names=["mu prior", "tau prior"]), None)


def prior_posterior_overlap(result: Synthesis, quantity: str = "mu", points: int = 500) -> float:
    """Overlap of prior and posterior densities, between 0 and 1: how much of the answer is the prior.

    The integral of the smaller density (Weitzman's measure; Inman & Bradley 1989, doi 10.1080/03610928908830127), over the
    prior's and the posterior's central 99.98 %, by the trapezoid rule on ``points`` quantiles of each.
    """
    prior = {"mu": result.mu_prior, "tau": result.tau_prior}.get(quantity)
    if prior is None or not prior.proper:
        raise AnalysisError(f"overlap: {quantity!r} needs a proper prior; it can be mu or tau")
    levels = special.ndtr(np.linspace(-1, 1, points) * special.ndtri(1 - EDGE))  # as close in the tails as in the middle
    grid = np.union1d(prior.ppf(levels), result.quantile(quantity, levels))
    grid = grid[np.isfinite(prior.logpdf(grid)) & np.isfinite(grid)]
    smaller = np.minimum(np.exp(prior.logpdf(grid)), result.density(quantity, grid))
    return float(min(np.trapezoid(smaller, grid), 1.0))


class PriorWeight(NamedTuple):
    """What a fit owes to its priors.

    Attributes
    ----------
    mu, tau : float or None
        Overlap of prior and posterior (`prior_posterior_overlap`), 1 where nothing was learned; None where the prior is
        improper, which overlaps nothing.
    share : float or None
        The prior's share of the precision of mu: prior precision over posterior precision, at most 1; 0 under a flat
        prior; None where a variance is not finite.
    """

    mu: float | None
    tau: float | None
    share: float | None

    def __str__(self) -> str:
        parts = [f"{name} {value:.0%}" for name, value in (("mu", self.mu), ("tau", self.tau)) if value is not None]
        words = [f"overlap {', '.join(parts)}"] if parts else []
        return "; ".join(words + ([f"{self.share:.0%} of the precision of mu is the prior's"] if self.share is not None else []))


def prior_weight(result: Synthesis) -> PriorWeight:
    """How much of a fit is its priors: overlaps for mu and tau, and the prior's share of what is known of mu."""
    overlaps = [
        prior_posterior_overlap(result, name) if prior.proper else None for name, prior in (("mu", result.mu_prior), ("tau", result.tau_prior))
    ]
    return PriorWeight(*overlaps, _prior_share(result))


def _prior_share(result: Synthesis) -> float | None:
    prior, after = result.mu_prior, result.sd("mu") ** 2
    if not prior.proper:
        return 0.0
    if isinstance(prior, priors.Uniform):
        before = (prior.high - prior.low) ** 2 / 12
    elif isinstance(prior, priors.StudentT):
        before = prior.scale**2 * prior.df / (prior.df - 2) if prior.df > 2 else np.nan
    else:
        before = prior.sd**2
    return float(min(after / before, 1.0)) if np.isfinite(after / before) else None


def _refit(result: Synthesis, kept: np.ndarray, centre_on_mean: bool = False) -> Synthesis:
    """The same model on some of the rows; a target that is left out gives way to the mean."""
    positions = {int(index): place for place, index in enumerate(kept)}
    target = None if centre_on_mean or result.target is None else positions.get(result.target)
    return fit(result.effects.subset(kept), mu=result.mu_prior, tau=result.tau_prior, terms=dict(result.terms), target=target)


def _line(result: Synthesis) -> dict[str, float]:
    line: dict[str, float] = {"k": result.effects.k}
    for name in QUANTITIES:
        lower, upper = result.interval(name)
        line |= {f"{name}_median": result.median(name), f"{name}_lower": lower, f"{name}_upper": upper, f"{name}_positive": result.probability(name, above=0.0)}
    return line | {"tau_median": result.median("tau")}


def _years(effects: Any) -> list[int]:
    if effects.evidence is None or not effects.rows:
        raise AnalysisError("cumulative: these effects carry no studies; give order, one value per row")
    return [effects.evidence["studies"][row["study_id"]]["year"] for row in effects.rows]


def _frame(lines: list[dict[str, float]], labels: Any, name: str | None) -> pandas.DataFrame:
    import pandas

    index = labels if name is None else pandas.Index(list(labels), name=name)
    return pandas.DataFrame(lines, index=index)
