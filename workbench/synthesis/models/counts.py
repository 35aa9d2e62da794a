"""Binomial-normal synthesis from the counts of both arms: exact likelihoods, each study with its own baseline.

events_control ~ Binomial(n_control, expit(a_i)); events_treat ~ Binomial(n_treat, expit(a_i + s_i (theta_i + d_i . b)));
theta_i ~ N(mu, tau^2); a_i ~ Normal. s_i is -1 where fewer events are the benefit. Empty cells need no correction.
For rare events and small arms; with hundreds of events in each arm the sampler is slow, and log odds ratios with their
standard errors (`fit`) say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.effects.measures import log_odds_ratio
from workbench.effects.routes import Route
from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.mcmc.sampling import Sample, SampledModel, proper, sample, scale_moments, typical
from workbench.synthesis.result import Synthesis


def fit_counts(
    events_treat: Sequence[int],
    n_treat: Sequence[int],
    events_control: Sequence[int],
    n_control: Sequence[int],
    *,
    mu: priors.Normal,
    tau: Any,
    baseline: priors.Normal,
    higher_is_better: bool = True,
    labels: Sequence[str] | None = None,
    design: Any = None,
    terms: Mapping[str, priors.Normal] | None = None,
    target: int | None = None,
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> Synthesis:
    """Fit the binomial-normal model to arm counts.

    Parameters
    ----------
    events_treat, n_treat, events_control, n_control : sequence of int, length k
    mu : Normal
        Prior of the mean log odds ratio, benefit positive.
    tau : prior
        Of the spread between studies.
    baseline : Normal
        Prior of each control arm's log odds, independent of the others.
    higher_is_better : bool
        Whether the event is the benefit.
    labels : sequence of str, optional
    design : array_like, shape (k, m), optional
        Additive terms, one column for each of ``terms``.
    terms : mapping of str to Normal, optional
    target : int, optional
        Row on whose own effect a new area is centred.
    settings, limits, cache
        Of the sampler; see `sampling.sample`.

    Returns
    -------
    Synthesis
        Its ``effects`` show the usual log odds ratios, with 1/2 added to tables with an empty cell; the model uses counts.

    Raises
    ------
    AnalysisError
        If the counts are impossible, or a prior is of the wrong kind.
    """
    arms = np.array([np.atleast_1d(np.asarray(part, float)) for part in (events_treat, events_control, n_treat, n_control)])
    events, size = arms[:2], arms[2:]
    _check(events, size, labels)
    terms = dict(terms or {})
    proper("mu", mu, positive=False), proper("tau", tau), proper("baseline", baseline, positive=False)
    for name, prior in terms.items():
        proper(f"terms: {name}", prior, positive=False)
    k = events.shape[1]
    if target is not None and not 0 <= target < k:
        raise UsageError(f"target = {target!r} must be the number of a row, 0 to {k - 1}")
    sign = np.full(k, 1.0 if higher_is_better else -1.0)
    effects = _effects(events, size, sign, labels, design, tuple(terms))
    found = _sample(events, size, sign, effects.design, mu, tau, baseline, terms, settings, limits, cache)
    return Synthesis(effects, mu, tau, terms, target, _completed(found, events, size, tau, baseline, effects, target))


def _check(events: np.ndarray, size: np.ndarray, labels: Sequence[str] | None) -> None:
    if events.shape[1] == 0:
        raise AnalysisError("k = 0: a model of counts needs at least one study")
    whole = np.isfinite(events) & (events == np.floor(events)) & np.isfinite(size) & (size == np.floor(size))
    wrong = ~(whole & (events >= 0) & (size > 0) & (events <= size)).all(0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        name = labels[row] if labels is not None else row + 1
        raise AnalysisError(
            f"study {name}: {events[0, row]:g} of {size[0, row]:g} against {events[1, row]:g} of {size[1, row]:g}; "
            "events must be whole numbers between 0 and the size of their arm, which must be above 0"
        )


def _effects(events, size, sign, labels, design, names) -> EffectSizes:
    y, v = log_odds_ratio(events[0], size[0], events[1], size[1], both_empty="correct")
    inputs = [dict(zip(("events_treat", "events_control", "n_treat", "n_control"), map(float, row))) for row in np.vstack([events, size]).T]
    routes = tuple(Route("counts", row) for row in inputs)
    k = y.size
    design = np.zeros((k, 0)) if design is None else np.asarray(design, float).reshape(k, -1)
    return EffectSizes.from_arrays(sign * y, np.sqrt(v), labels, measure="OR", design=design, design_names=names, routes=routes)


def _sample(events, size, sign, design, mu, tau, baseline, terms, settings, limits, cache) -> Sample:
    from workbench.synthesis.mcmc.pymc_models import Structure, figures

    k = events.shape[1]
    inputs = {
        "events": events, "size": size, "sign": sign, "informs": np.ones(k),
        "prior_mu": figures(mu), "prior_tau": figures(tau), "prior_baseline": figures(baseline),
    }  # fmt: skip
    logits = np.log(events + 0.5) - np.log(size - events + 0.5)
    start = {"mu": mu.mean, "tau": typical(tau), "z": np.zeros(k), "middle": logits.mean(0)}
    if terms:
        inputs |= {"design": design, "prior_b": np.array([(prior.mean, prior.sd) for prior in terms.values()]).T}
        start["b"] = np.array([prior.mean for prior in terms.values()])
    structure = Structure("counts", (("mu", "Normal"), ("tau", type(tau).__name__)), len(terms))
    return sample(structure, inputs, start, settings, limits, cache)


def _completed(found: Sample, events, size, tau_prior, baseline, effects: EffectSizes, target: int | None) -> SampledModel:
    rng = np.random.default_rng([found.seed, 1])
    mu, tau = found.values["mu"], found.values["tau"]
    theta = mu[:, None] + tau[:, None] * found.values["z"]
    centre = mu if target is None else theta[:, target]
    values = {"mu": mu, "tau": tau, "centre": centre, "theta_new": centre + tau * rng.standard_normal(tau.size)}
    held = int(((events > 0) & (events < size)).all(0).sum())  # only such a study bounds its effect on both sides
    finite = {name: scale_moments(tau_prior, held) for name in ("tau", "theta_new")}
    coefficients = found.values.get("b", np.zeros((mu.size, 0)))
    weight = 1 / (effects.se**2 + tau[:, None] ** 2)
    share = (weight / weight.sum(1, keepdims=True)).mean(0)
    return SampledModel(
        "binomial-normal from counts", values, tau, theta, coefficients, share, finite, ("mu", "tau", "theta_new"),
        found.health, {"baseline": baseline},
    )  # fmt: skip
