"""Robust heterogeneity: effects from a t distribution, so that one outlying study does not move the rest.

y_i ~ N(theta_i + d_i . b, se_i^2); theta_i ~ t_nu(mu, tau). A t is a normal with precision w / tau^2,
w ~ Gamma(nu / 2, nu / 2): theta_i in closed form and w by the trapezoid rule are integrated out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import gammaln

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.mcmc.sampling import Sample, SampledModel, proper, sample, typical
from workbench.synthesis.numerics.spread import tail_power
from workbench.synthesis.result import Synthesis
from workbench.synthesis.rows import check_rows

# The integrand over log w falls off like w^(nu / 2) and doubly exponentially: beyond these ends nothing is left for
# nu >= 1 (1e-7 of the mass), and at this step the trapezoid rule is exact to 1e-5 or far better.
LOG_W = np.linspace(-32.0, 4.0, 289)
LARGEST_NU = 200.0  # beyond, a t is a normal, and the peak over log w falls between the nodes


def fit_robust(
    effects: Any,
    *,
    mu: priors.Normal,
    tau: Any,
    nu: float | Any = 4.0,
    terms: Mapping[str, priors.Normal] | None = None,
    target: int | None = None,
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> Synthesis:
    """Fit the model with t-distributed effects.

    Parameters
    ----------
    effects : EffectSizes
    mu, tau : prior
        Of the centre (Normal), and of the scale of the t distribution.
    nu : float or prior
        Degrees of freedom, above 2 if fixed (so that the spread has a variance); or their prior, Uniform from 1 or more.
    terms : mapping of str to Normal, optional
        Prior of each design column's coefficient.
    target : int, optional
        Row on whose own effect a new area is centred.
    settings, limits, cache
        Of the sampler; see `sampling.sample`.

    Raises
    ------
    AnalysisError
        If a prior or nu is of the wrong kind, or there are no rows.
    """
    k, terms = len(effects.y), {name: (terms or {}).get(name) for name in effects.design_names}
    if k == 0:
        raise AnalysisError("k = 0: this model needs at least one row")
    check_rows(effects)
    if target is not None and not 0 <= target < k:
        raise UsageError(f"target = {target!r} must be the number of a row, 0 to {k - 1}")
    proper("mu", mu, positive=False), proper("tau", tau)
    for name, prior in terms.items():
        proper(f"terms: {name}", prior, positive=False)
    free = isinstance(nu, priors.Uniform)
    fits = nu.low >= 1 and nu.high <= LARGEST_NU if free else isinstance(nu, (int, float)) and 2 < nu <= LARGEST_NU
    if not fits:
        raise AnalysisError(
            f"nu = {nu!r} must be a number above 2 and up to {LARGEST_NU:g}, or a Uniform prior between 1 and {LARGEST_NU:g}"
        )
    found = _sample(effects, mu, tau, nu, free, terms, settings, limits, cache)
    return Synthesis(effects, mu, tau, terms, target, _completed(found, effects, tau, nu, free, target))


def _sample(effects, mu, tau, nu, free, terms, settings, limits, cache) -> Sample:
    from workbench.synthesis.mcmc.pymc_models import Structure, figures

    inputs = {
        "y": effects.y, "variance": effects.se**2, "informs": effects.informs_tau, "log_w": LOG_W,
        "prior_mu": figures(mu), "prior_tau": figures(tau),
    }  # fmt: skip
    start = {"mu": mu.mean, "tau": typical(tau)}
    parameters = [("mu", "Normal"), ("tau", type(tau).__name__)]
    if free:
        inputs["prior_nu"], start["nu"] = figures(nu), typical(nu)
        parameters.append(("nu", type(nu).__name__))
    else:
        inputs["nu"] = np.array(float(nu))
    if terms:
        inputs |= {"design": effects.design, "prior_b": np.array([(prior.mean, prior.sd) for prior in terms.values()]).T}
        start["b"] = np.array([prior.mean for prior in terms.values()])
    return sample(Structure("robust", tuple(parameters), len(terms)), inputs, start, settings, limits, cache)


def row_precisions(gap, variance, informs, tau, nu, rng) -> np.ndarray:
    """Draw each row's w, (n, k), from its posterior on the nodes, given what was sampled."""
    half = (nu / 2)[:, None]
    prior = half * np.log(half) - gammaln(half) + half * LOG_W - half * np.exp(LOG_W)
    chosen = np.empty(gap.shape)
    for row in range(gap.shape[1]):
        spread = variance[row] + informs[row] * (tau**2)[:, None] * np.exp(-LOG_W)
        joint = prior - 0.5 * np.log(spread) - 0.5 * gap[:, row, None] ** 2 / spread
        cumulative = np.cumsum(np.exp(joint - joint.max(1, keepdims=True)), axis=1)
        place = (cumulative < (rng.random(len(tau)) * cumulative[:, -1])[:, None]).sum(1)
        chosen[:, row] = np.exp(LOG_W[place])
    return chosen


def _completed(found: Sample, effects, tau_prior, nu, free: bool, target: int | None) -> SampledModel:
    rng = np.random.default_rng([found.seed, 1])
    mu, tau = found.values["mu"], found.values["tau"]
    degrees = found.values["nu"] if free else np.full(mu.size, float(nu))
    b = found.values.get("b", np.zeros((mu.size, 0)))
    informs, variance = np.asarray(effects.informs_tau, float), effects.se**2
    net = effects.y - b @ effects.design.T
    w = row_precisions(net - mu[:, None], variance, informs, tau, degrees, rng)
    between = informs * tau[:, None] ** 2 / w
    held = between / (variance + between)
    theta = mu[:, None] + held * (net - mu[:, None]) + np.sqrt(held * variance) * rng.standard_normal(w.shape)
    centre = mu if target is None else theta[:, target]
    spread = tau / np.sqrt(rng.gamma(degrees / 2, 2 / degrees))
    values = {"mu": mu, "tau": tau, "centre": centre, "theta_new": centre + spread * rng.standard_normal(mu.size)}
    words = "t-distributed effects" if free else f"t-distributed effects, {float(nu):g} degrees of freedom"
    values |= {"nu": degrees} if free else {}
    weight = 1 / (variance + between)
    share = (weight / weight.sum(1, keepdims=True)).mean(0)
    # with nu free, or a heavy prior of tau, a new effect need not have moments
    light = tail_power(tau_prior) > 3
    finite = {"tau": (light, light), "theta_new": (light and not free, light and not free)}
    summarised = ("mu", "tau", "theta_new", *(("nu",) if free else ()))
    further = {"nu": nu} if free else {}
    return SampledModel(words, values, spread, theta, b, share, finite, summarised, found.health, further)
