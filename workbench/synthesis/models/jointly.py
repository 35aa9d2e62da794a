"""Several outcomes of the same studies jointly, so that what one outcome says tells of the others.

y_i (one entry for each outcome that study i measured) ~ N(theta_i, S_i), S_i from the standard errors and the correlation
of the sampling errors within a study; theta_i ~ N(mu, T), T from each outcome's tau and the correlation between studies.
mu and theta_i are integrated out. (After van Houwelingen et al. 2002, doi 10.1002/sim.1040.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.mcmc.sampling import Sample, SampledModel, proper, sample, scale_moments, typical
from workbench.synthesis.numerics import latent
from workbench.synthesis.numerics.latent import Layers
from workbench.synthesis.result import Synthesis


@dataclass(frozen=True)
class LKJ:
    """Prior of the correlation between two outcomes' effects: density proportional to (1 - r^2)^(eta - 1); 1 is uniform."""

    eta: float


def fit_jointly(
    outcomes: Mapping[str, EffectSizes],
    *,
    mu: priors.Normal,
    tau: Any,
    within: float,
    between: float | LKJ,
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> dict[str, Synthesis]:
    """Fit two or more outcomes together; rows of one label are one study.

    Parameters
    ----------
    outcomes : mapping of str to EffectSizes
        Without design terms; a study need not have measured each outcome.
    mu, tau : prior
        Of each outcome's mean (Normal) and spread, independent between outcomes.
    within : float
        Correlation of two outcomes' sampling errors within a study, in (-1, 1).
    between : float or LKJ
        Correlation of two outcomes' effects over studies: known, or (two outcomes only) with a prior.
    settings, limits, cache
        Of the sampler; see `sampling.sample`.

    Returns
    -------
    dict
        One Synthesis for each outcome; with an LKJ prior each has the quantity ``r`` too.

    Raises
    ------
    AnalysisError
        If outcomes, correlations or priors do not fit the model.
    """
    names = tuple(outcomes)
    free = isinstance(between, LKJ)
    _check(outcomes, within, between, free)
    proper("mu", mu, positive=False), proper("tau", tau)
    stack = _Stack.of(outcomes, mu, within)
    found = _sample(stack, tau, between, free, settings, limits, cache)
    normal, taus, r = _layers(stack, found, between, free)
    rng = np.random.default_rng([found.seed, 2])
    fits = {}
    for j, name in enumerate(names):
        posterior = _outcome(stack, found, j, name, normal, taus, r, tau, between, outcomes[name], rng)
        fits[name] = Synthesis(outcomes[name], mu, tau, {}, None, posterior)
    return fits


def _check(outcomes, within, between, free: bool) -> None:
    p = len(outcomes)
    if p < 2:
        raise AnalysisError(f"outcomes has {p}: a joint model needs two or more; use fit for one")
    if free and (p != 2 or not between.eta > 0):
        raise AnalysisError(f"between = {between!r} needs eta above 0 and exactly two outcomes, not {p}; give a known correlation")
    for name, value in (("within", within), *((() if free else (("between", between),)))):
        if not (isinstance(value, (int, float)) and -1 / (p - 1) < value < 1):
            raise AnalysisError(f"{name} = {value!r} must be a correlation above {-1 / (p - 1):.3g} and below 1 with {p} outcomes")
    for name, effects in outcomes.items():
        if len(effects.y) == 0 or effects.design_names or not np.all(effects.informs_tau):
            raise AnalysisError(f"{name}: rows without design terms that all inform tau are needed, at least one")
        if len(set(effects.labels)) < len(effects.labels):
            raise AnalysisError(f"{name}: two rows have the same label; a study gives one row for each outcome")


@dataclass(frozen=True, eq=False)
class _Stack:
    """All rows beneath each other: ``outcome`` and ``study`` (n,) say whose; layers x = (mu_1 .. mu_p, one effect for each row)."""

    outcome: np.ndarray
    study: np.ndarray
    layers: Layers
    mu: priors.Normal
    count: int

    @classmethod
    def of(cls, outcomes: Mapping[str, EffectSizes], mu: priors.Normal, within: float) -> _Stack:
        p = len(outcomes)
        labels = list(dict.fromkeys(label for effects in outcomes.values() for label in effects.labels))
        outcome = np.concatenate([np.full(len(effects.y), j) for j, effects in enumerate(outcomes.values())])
        study = np.array([labels.index(label) for effects in outcomes.values() for label in effects.labels])
        y, se = (np.concatenate([getattr(effects, name) for effects in outcomes.values()]) for name in ("y", "se"))
        same, own = study[:, None] == study, outcome[:, None] == outcome
        noise = np.outer(se, se) * same * np.where(own, 1.0, within)
        H = np.concatenate([np.eye(p)[outcome], np.eye(y.size)], axis=1)
        mean = np.concatenate([np.full(p, mu.mean), np.zeros(y.size)])
        return cls(outcome, study, Layers(mean, H, noise, y), mu, p)

    def pair(self, i: int, j: int) -> np.ndarray:
        """Which pairs of rows are of one study and of the outcomes i and j, (n, n)."""
        same = self.study[:, None] == self.study
        both = (self.outcome[:, None] == i) & (self.outcome == j)
        return (same & (both | both.T)).astype(float)

    def between(self, taus: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Covariance of the rows' effects about their means, (N, n, n), from taus (N, p) and r (N,)."""
        same, own = self.study[:, None] == self.study, self.outcome[:, None] == self.outcome
        size = taus[:, self.outcome]
        return size[:, :, None] * size[:, None, :] * same * np.where(own, 1.0, r[:, None, None])


def _sample(stack: _Stack, tau, between, free: bool, settings, limits, cache) -> Sample:
    from workbench.synthesis.mcmc.pymc_models import Structure, figures

    p, kind = stack.count, type(tau).__name__
    fixed = stack.layers.noise + stack.mu.sd**2 * (stack.outcome[:, None] == stack.outcome)
    inputs = {f"prior_tau{j}": figures(tau) for j in range(p)}
    start: dict[str, Any] = {f"tau{j}": typical(tau) for j in range(p)}
    inputs |= {"fixed": fixed, "residual": stack.layers.y - stack.mu.mean, "parts": np.stack([stack.pair(j, j) for j in range(p)])}
    if free:
        inputs |= {"cross": stack.pair(0, 1), "eta": np.array(float(between.eta))}
        start["half"] = 0.5
    else:
        inputs["known"] = np.stack([np.stack([between * stack.pair(i, j) * (i < j) for j in range(p)]) for i in range(p)])
    return sample(Structure("components", tuple((f"tau{j}", kind) for j in range(p)), 0, free), inputs, start, settings, limits, cache)


def _layers(stack: _Stack, found: Sample, between, free: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws of (mu, effects about it) (N, d), of the taus (N, p) and of r (N,)."""
    p = stack.count
    taus = np.stack([found.values[f"tau{j}"] for j in range(p)], axis=1)
    r = 2 * found.values["half"] - 1 if free else np.full(len(taus), float(between))
    cov = np.zeros((len(taus), stack.layers.mean.size, stack.layers.mean.size))
    cov[:, :p, :p] = stack.mu.sd**2 * np.eye(p)
    cov[:, p:, p:] = stack.between(taus, r)
    rng = np.random.default_rng([found.seed, 1])
    # the root of a covariance that may be singular, scaled so that only correlations are factorised
    roots = np.linalg.cholesky(stack.between(np.ones_like(taus), np.clip(r, -1 + 1e-12, 1 - 1e-12)))
    own = taus[:, stack.outcome] * (roots @ rng.standard_normal((*roots.shape[:2], 1)))[..., 0]
    prior = np.concatenate([stack.mu.mean + stack.mu.sd * rng.standard_normal((len(taus), p)), own], axis=1)
    return latent.drawn(stack.layers, prior, cov, rng), taus, r


def _outcome(stack: _Stack, found: Sample, j: int, name: str, normal, taus, r, tau_prior, between, effects, rng) -> SampledModel:
    mu, tau, rows = normal[:, j], taus[:, j], stack.outcome == j
    theta = mu[:, None] + normal[:, stack.count :][:, rows]
    values = {"mu": mu, "tau": tau, "centre": mu, "theta_new": mu + tau * rng.standard_normal(mu.size)}
    free = isinstance(between, LKJ)
    values |= {"r": r} if free else {}
    weight = 1 / (effects.se**2 + tau[:, None] ** 2)
    finite = {what: scale_moments(tau_prior, int(rows.sum())) for what in ("tau", "theta_new")}
    words = f"{stack.count} outcomes jointly, {name}"
    summarised = ("mu", "tau", "theta_new", *(("r",) if free else ()))
    share = (weight / weight.sum(1, keepdims=True)).mean(0)
    none, further = np.zeros((mu.size, 0)), {"r": between} if free else {}
    return SampledModel(words, values, tau, theta, none, share, finite, summarised, found.health, further)
