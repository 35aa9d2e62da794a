"""The PyMC engine for the normal-normal model: a cross-check of the exact one, and the base of models it cannot reach.

Each study's own effect is integrated out before sampling,
``y_i ~ Normal(mu + d_i . b, se_i^2 + u_i tau^2)``, which spares NUTS the funnel between tau and the effects; the
effects are then drawn from their normal conditionals.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.errors import AnalysisError, DiagnosticsError
from workbench.synthesis import priors
from workbench.synthesis.exact.random_effects import tail_of
from workbench.synthesis.fitting import arrays
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.sampled import SampledPosterior
from workbench.synthesis.numerics.conditional import Data


@dataclass(frozen=True)
class Settings:
    """How to sample: every chain runs `tune` and then `draws` steps; the seed fixes the result."""

    chains: int = 4
    draws: int = 1000
    tune: int = 1000
    target_accept: float = 0.95
    seed: int = 20_261_101

    def stricter(self) -> Settings:
        """Smaller steps, longer tuning and twice the draws, for the one retry."""
        return replace(self, draws=2 * self.draws, tune=4 * self.tune, target_accept=0.99)


def posterior(
    effects: Any,
    mu_prior: Any,
    tau_prior: Any,
    terms: Mapping[str, priors.Normal],
    target: int | None,
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
) -> SampledPosterior:
    """Sample the posterior; check it; once more, stricter, if the check fails.

    Parameters
    ----------
    effects : EffectSizes
    mu_prior, tau_prior : prior
        tau's must live on the positive line.
    terms : mapping of str to Normal
        Prior of each design column's coefficient, in the order of the columns.
    target : int or None
        Row on whose own effect a new area is centred; None means mu.
    settings : Settings
    limits : diagnostics.Limits

    Returns
    -------
    SampledPosterior

    Raises
    ------
    AnalysisError
        If a prior cannot be used or the posterior is improper.
    DiagnosticsError
        If the second attempt fails its diagnostics as well; it lists each failure.
    """
    data = arrays(effects, terms)
    tail = tail_of(data, mu_prior, tau_prior)
    with _quiet():
        model = _model(data, mu_prior, tau_prior, tuple(terms.values()))
        for attempt, plan in enumerate((settings, settings.stricter()), start=1):
            trace = _sample(model, plan)
            health = diagnostics.diagnose(trace)
            failed = diagnostics.failures(health, limits)
            if not failed:
                break
    if failed:
        raise DiagnosticsError(
            f"the sampler failed its diagnostics twice, the second time with target_accept {plan.target_accept:g}: "
            f"{'; '.join(failed)}. Its result is withheld; use engine='exact', or a less extreme prior"
        )
    health["attempts"] = float(attempt)
    return SampledPosterior.from_draws(data, tail, target, _draws(trace, len(terms)), plan.seed, health)


def _draws(trace: Any, terms: int) -> dict[str, np.ndarray]:
    """Return the chains one after another: mu and tau (n,), b (n, m)."""
    found = {name: np.asarray(trace["posterior"][name].values).ravel() for name in ("mu", "tau")}
    size = found["mu"].size
    b = np.asarray(trace["posterior"]["b"].values).reshape(size, terms) if terms else np.zeros((size, 0))
    return found | {"b": b}


def _pymc() -> Any:
    """Import PyMC without its notices (no compiler found, ArviZ being rewritten): neither concerns the reader."""
    logging.getLogger("pytensor.configdefaults").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pymc

    return pymc


@contextmanager
def _quiet() -> Iterator[None]:
    """Compile with Numba and keep samplers silent.

    Numba needs no C++ compiler. It is used where there is one as well, so that every machine runs the same code.
    """
    _pymc()
    import pytensor

    logger = logging.getLogger("pymc")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), pytensor.config.change_flags(mode="NUMBA"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _distribution(name: str, prior: Any) -> Any:
    """Return the PyMC variable `name` with this prior; tau needs one on the positive line."""
    pm = _pymc()
    positive = name == "tau"
    makers = {
        priors.HalfNormal: lambda p: pm.HalfNormal(name, sigma=p.scale),
        priors.HalfStudentT: lambda p: pm.HalfStudentT(name, nu=p.df, sigma=p.scale),
        priors.HalfCauchy: lambda p: pm.HalfCauchy(name, beta=p.scale),
        priors.LogNormal: lambda p: pm.LogNormal(name, mu=p.meanlog, sigma=p.sdlog),
        priors.LogStudentT: lambda p: pm.Deterministic(name, pm.math.exp(pm.StudentT(f"log_{name}", nu=p.df, mu=p.location, sigma=p.scale))),
        priors.Uniform: lambda p: pm.Uniform(name, lower=p.low, upper=p.high),
        priors.Flat: lambda p: pm.HalfFlat(name) if positive else pm.Flat(name),
    }
    if not positive:
        makers[priors.Normal] = lambda p: pm.Normal(name, mu=p.mean, sigma=p.sd)
        makers[priors.StudentT] = lambda p: pm.StudentT(name, nu=p.df, mu=p.location, sigma=p.scale)
    below_zero = positive and isinstance(prior, priors.Uniform) and prior.low < 0
    if type(prior) not in makers or below_zero:
        rule = "; tau needs a prior on the positive line" if positive else ""
        raise AnalysisError(f"{name} ~ {prior!r} cannot be used here{rule}")
    return makers[type(prior)](prior)


def _model(data: Data, mu_prior: Any, tau_prior: Any, terms: tuple[priors.Normal, ...]) -> Any:
    pm = _pymc()
    with pm.Model() as model:
        mu, tau = _distribution("mu", mu_prior), _distribution("tau", tau_prior)
        mean = mu
        if terms:
            centres, spreads = np.array([(prior.mean, prior.sd) for prior in terms]).T
            b = pm.Normal("b", mu=centres, sigma=spreads, shape=len(terms))
            mean = mean + (data.design * b).sum(axis=1)
        if data.y.size:
            spread = pm.math.sqrt(data.variance + data.informs * tau**2)
            pm.Normal("y", mu=mean, sigma=spread, observed=data.y)
    return model


def _sample(model: Any, plan: Settings) -> Any:
    """Run NUTS in this process: four chains take about three seconds, and forks from a notebook are a hazard."""
    pm = _pymc()
    with model:
        return pm.sample(
            draws=plan.draws,
            tune=plan.tune,
            chains=plan.chains,
            cores=1,
            nuts_sampler="pymc",
            target_accept=plan.target_accept,
            random_seed=plan.seed,
            progressbar=False,
            compute_convergence_checks=False,
        )
