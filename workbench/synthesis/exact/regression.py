"""Meta-regression on the exact engine: moderators as design columns, and the effect at chosen values of them.

y_i ~ N(theta_i + (x_i - at) . b, se_i^2); theta_i ~ N(mu, tau^2). mu and theta_new are thus the mean and a new
area's effect where the moderators equal ``at``; the coefficients b have normal or flat priors and stay in closed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis import priors
from workbench.synthesis.numerics.conditional import Linear, mixture, terms_given_tau

if TYPE_CHECKING:
    import pandas

    from workbench.synthesis.result import Synthesis

RANK_LIMIT = 1e-9  # smallest singular value, relative to the greatest, of standardised columns that still tell apart


def columns(moderators: Any, k: int) -> dict[str, np.ndarray]:
    """The moderators as named columns of k finite numbers.

    Parameters
    ----------
    moderators : mapping of str to array_like (k,), or array_like (k,) or (k, p)
        Columns without names are called x1, x2, ...
    k : int
        Number of rows.
    """
    if not isinstance(moderators, Mapping):
        table = _numbers("moderators", moderators)
        table = table[:, None] if table.ndim == 1 else table
        moderators = {f"x{j + 1}": table[:, j] for j in range(table.shape[1])} if table.ndim == 2 else {}
        if not moderators:
            raise AnalysisError("moderators: give a mapping of names to columns, or an array (k, p)")
    found = {str(name): _numbers(name, values) for name, values in moderators.items()}
    for name, values in found.items():
        if values.shape != (k,):
            raise AnalysisError(f"moderator {name!r} has shape {values.shape}: it must have one number for each of the {k} rows")
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise AnalysisError(f"moderator {name!r}: row {row} is {values[row]}; leave out the row or fill the value in")
    return found


def _numbers(name: Any, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise AnalysisError(f"moderator {name!r} is not all numbers; code categories as 0 and 1 columns") from None


def check_columns(found: Mapping[str, np.ndarray]) -> None:
    """Raise `AnalysisError` for a moderator without variation, or for moderators that determine one another."""
    if not found:
        return
    table = np.column_stack(list(found.values()))
    for name, values in found.items():
        if np.ptp(values) <= RANK_LIMIT * max(abs(values).max(), np.finfo(float).tiny):
            raise AnalysisError(f"moderator {name!r} is {values[0]:g} in every row: without variation its coefficient is unknown; leave it out")
    spread = table - table.mean(0)
    spread /= np.sqrt((spread**2).sum(0))
    singular, directions = np.linalg.svd(spread, full_matrices=len(spread) < spread.shape[1])[1:]
    if len(singular) < spread.shape[1] or singular[-1] <= RANK_LIMIT * singular[0]:
        names = [name for name, part in zip(found, directions[-1]) if abs(part) > 1e-6]
        why = f"{len(table)} rows cannot tell {len(found)} of them apart" if len(table) <= len(found) else "each follows from the others"
        raise AnalysisError(f"moderators {', '.join(map(repr, names))} are collinear: {why}; leave one out")


def with_moderators(effects: Any, moderators: Any, at: Any = None) -> Any:
    """The effects with the moderators, measured from ``at``, as further design columns.

    Parameters
    ----------
    effects : EffectSizes
    moderators : mapping or array_like
        See `columns`.
    at : mapping of str to float, or "mean", optional
        Where mu and theta_new are stated; 0 for what is not named.

    Raises
    ------
    AnalysisError
        For columns that are constant, collinear, incomplete or named twice.
    """
    found = columns(moderators, len(effects.y))
    check_columns(found)
    taken = [name for name in found if name in effects.design_names]
    if taken:
        raise AnalysisError(f"moderator {taken[0]!r} is also the name of a design column; rename one")
    origin = {name: values.mean() for name, values in found.items()} if isinstance(at, str) and at == "mean" else _place(at, found)
    shifted = [values - origin.get(name, 0.0) for name, values in found.items()]
    design = np.column_stack([effects.design, *shifted])
    return replace(effects, design=design, design_names=(*effects.design_names, *found))


def _place(at: Any, known: Any) -> dict[str, float]:
    if at is None:
        return {}
    if not isinstance(at, Mapping):
        raise UsageError(f"at = {at!r} must be 'mean' or a mapping of moderators to numbers")
    for name, value in at.items():
        if name not in known:
            raise UsageError(f"at: {name!r} is not one of {', '.join(known)}; {nearest(str(name), known)}".rstrip("; "))
        if not np.isfinite(value):
            raise UsageError(f"at: {name} = {value!r} must be a finite number")
    return {name: float(value) for name, value in at.items()}


def check_flat(effects: Any, terms: Mapping[str, Any]) -> None:
    """Raise `AnalysisError` where flat coefficients cannot be told from each other or from mu."""
    flat = [j for j, prior in enumerate(terms.values()) if isinstance(prior, priors.Flat)]
    if flat:
        names = list(terms)
        check_columns({names[j]: np.asarray(effects.design)[:, j] for j in flat})


def effect_at(fit: Synthesis, shift: Mapping[str, float], level: float = 0.95) -> "pandas.DataFrame":
    """Mean effect and effect in a new area where design columns differ by ``shift`` from where mu is stated.

    Parameters
    ----------
    fit : Synthesis
        A fit by the exact engine, one variance component.
    shift : mapping of str to float
        By how much each design column (moderator) moves; 0 for what is not named.
    level : float
        Of the central intervals.

    Returns
    -------
    DataFrame
        Rows ``mean effect`` and ``new area``; columns mean, sd, median, lower, upper, above_zero.
    """
    import pandas

    posterior = fit.posterior
    if not (hasattr(posterior, "rows") and fit.terms):
        raise UsageError("effect_at needs a fit with moderators by the exact engine: fit(effects, moderators=...)")
    moved = _place(shift, list(fit.terms))
    direction = np.array([moved.get(name, 0.0) for name in fit.terms])
    given = terms_given_tau(posterior.rows)
    variance = np.einsum("i,nij,j->n", direction, given.cov, direction)
    mean = Linear(given.ridge @ direction, 1 - given.slope @ direction, variance)
    lines = []
    finite = [bool(np.all(posterior.tail.term_moments(order)[direction != 0])) for order in (1, 2)]
    for name, quantity in (("mu", mean), ("theta_new", mean.spread(posterior.tau**2))):
        found = mixture(posterior.weight, posterior.mu, quantity).pruned()
        exists = [ok and posterior._finite(name, order) for ok, order in zip(finite, (1, 2))]
        moments = [float(part) if ok else np.nan for part, ok in zip(found.moments(), exists)]
        lower, median, upper = found.quantile(np.array([(1 - level) / 2, 0.5, (1 + level) / 2]))
        lines.append((*moments, median, lower, upper, float(found.sf(np.zeros(1))[0])))
    names = ["mean", "sd", "median", "lower", "upper", "above_zero"]
    return pandas.DataFrame(lines, index=pandas.Index(["mean effect", "new area"]), columns=names)
