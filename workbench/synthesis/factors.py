"""Bayes factors: of a point within a fitted model, and of one fitted model over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import AnalysisError

if TYPE_CHECKING:
    from workbench.synthesis.result import Synthesis


def savage_dickey(fit: Synthesis, quantity: str = "mu", value: float = 0.0) -> float:
    """Bayes factor of ``quantity == value`` against the fitted model, in favour of the point.

    Posterior over prior density at the point (Dickey & Lientz 1970, doi 10.1214/aoms/1177697203), which
    holds here because mu and tau are independent a priori.

    Parameters
    ----------
    fit : Synthesis
        A fit with proper priors.
    quantity : {"mu", "tau"}
        What the point is a value of.
    value : float
        The point.
    """
    known = _component_priors(fit)
    if quantity not in known:
        raise AnalysisError(f"bayes_factor: quantity = {quantity!r} must be {' or '.join(map(repr, known))}")
    _need_proper(fit)
    prior = known[quantity]
    prior_density = float(np.exp(prior.logpdf(value)))
    if not 0 < prior_density < np.inf:
        raise AnalysisError(f"bayes_factor: {prior!r} gives {quantity} = {value} no finite density; choose a prior that does")
    return fit.density(quantity, value) / prior_density


def bayes_factor(first: Synthesis, second: Synthesis) -> float:
    """Bayes factor of ``first`` over ``second``: the ratio of their marginal likelihoods.

    Both must be fits of the same rows with proper priors (an improper prior has no constant).
    """
    for fit in (first, second):
        _need_proper(fit)
        if not np.isfinite(fit.log_marginal):
            raise AnalysisError(f"bayes_factor: the {fit.engine} engine gives no marginal likelihood; use engine='exact'")
    if not all(np.array_equal(getattr(first.effects, name), getattr(second.effects, name)) for name in ("y", "se")):
        raise AnalysisError("bayes_factor: the two fits do not rest on the same rows; fit both models to one EffectSizes")
    return float(np.exp(first.log_marginal - second.log_marginal))


def _need_proper(fit: Synthesis) -> None:
    for name, prior in (*_component_priors(fit).items(), *fit.terms.items()):
        if not prior.proper:
            raise AnalysisError(f"Bayes factors need proper priors, but {name} ~ {prior!r}; give {name} a proper prior")


def _component_priors(fit: Synthesis) -> dict:
    return {"mu": fit.mu_prior, "tau": fit.tau_prior, **getattr(fit.posterior, "further_priors", {})}
