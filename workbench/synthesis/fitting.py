"""`fit`: from effect sizes and priors to a `Synthesis`, by either engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis import priors
from workbench.synthesis.numerics.conditional import Data
from workbench.synthesis.result import Posterior, Synthesis
from workbench.synthesis.rows import check_rows

ENGINES = ("exact", "pymc")
MODELS = ("random-effects", "three-level")


def fit(
    effects,
    mu=None,
    tau=None,
    engine: str = "exact",
    terms=None,
    target: int | None = None,
    *,
    moderators=None,
    at=None,
    model: str = "random-effects",
    omega=None,
    rho: float | None = None,
    nulls: str | None = None,
    censored=None,
) -> Synthesis:
    """Fit the normal-normal random-effects model, or one of its extensions on the exact engine.

    y_i ~ N(theta_i + design_i . b, se_i^2); theta_i ~ N(mu, tau^2) for rows that inform tau, else
    theta_i = mu; b ~ independent normals.

    Parameters
    ----------
    effects : EffectSizes
        Rows with ``y``, ``se`` (k,), ``informs_tau`` (k,), ``design`` (k, m) and ``design_names``.
    mu, tau : prior or str, optional
        Prior objects, or ids in the priors table; default: the ``default`` set for the effects' measure.
    engine : {"exact", "pymc"}
        Deterministic quadrature, or MCMC.
    terms : mapping of str to Normal (or prior id), optional
        Prior of each design column's coefficient; default: the rows of the ``default`` set whose
        purpose is the column's name.
    target : int, optional
        Row whose own effect a new area is centred on: theta_new ~ N(theta_target, tau^2). Default: mu.
    moderators : mapping of str to array_like (k,), or array_like (k, p), optional
        Meta-regression: columns whose coefficients' priors, Normal or Flat, stand in ``terms`` by name.
    at : mapping of str to float, or "mean", optional
        Values of the moderators at which mu and theta_new are stated; 0 where not given.
    model : {"random-effects", "three-level"}
        ``three-level`` has tau between the clusters that ``effects.cluster`` names and omega within them.
    omega : prior or str, optional
        Prior of omega; default: the prior of tau.
    rho : float, optional
        Correlation of the sampling errors within a cluster, 0 by default (three-level only).
    nulls : {"exact"}, optional
        Rows known only as not significant enter by the probability of that, not as an effect of 0.
    censored : array_like of bool (k,), optional
        Which rows those are; default with ``nulls="exact"``: those whose route is a known null.

    Returns
    -------
    Synthesis

    Raises
    ------
    AnalysisError
        If priors are missing or unsuitable, or the posterior would be improper.
    UsageError
        If the engine or the target does not exist.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine = {engine!r} is not one of {', '.join(ENGINES)}; {nearest(engine, ENGINES)}".rstrip("; "))
    _check_model(model, engine, target, omega, rho, nulls, censored)
    if moderators is not None:
        from workbench.synthesis.exact.regression import with_moderators

        effects = with_moderators(effects, moderators, at)
    elif at is not None:
        raise UsageError("at says where the moderators stand, and there are none; give moderators={name: values}")
    check_rows(effects)
    defaults = _Defaults(effects)
    mu_prior = _prior(effects, mu, "mu", defaults)
    tau_prior = _prior(effects, tau, "tau", defaults)
    term_priors = _term_priors(effects, terms, defaults)
    _check_flat(effects, term_priors, engine)
    chosen = _target(effects, target)
    if model == "three-level":
        omega_prior = tau_prior if omega is None else _prior(effects, omega, "omega", defaults)
        posterior = _three_level(effects, mu_prior, tau_prior, omega_prior, term_priors, 0.0 if rho is None else rho)
    elif nulls is not None or censored is not None:
        posterior = _censored(effects, mu_prior, tau_prior, term_priors, chosen, censored)
    else:
        posterior = _engine(engine)(effects, mu_prior, tau_prior, term_priors, chosen)
    return Synthesis(effects, mu_prior, tau_prior, term_priors, chosen, posterior)


def _check_model(model, engine, target, omega, rho, nulls, censored) -> None:
    """Refuse arguments that do not go together."""
    if model not in MODELS:
        raise UsageError(f"model = {model!r} is not one of {', '.join(MODELS)}; {nearest(str(model), MODELS)}".rstrip("; "))
    three, hidden = model == "three-level", nulls is not None or censored is not None
    if nulls not in (None, "exact"):
        raise UsageError(f"nulls = {nulls!r} must be 'exact', or left out: then a known null enters as an effect of 0")
    if engine != "exact" and (three or hidden):
        raise UsageError(f"engine = {engine!r} does not fit this model; use engine='exact'")
    if not three and (omega is not None or rho is not None):
        raise UsageError("omega and rho belong to clusters; give model='three-level' with them")
    if three and hidden:
        raise UsageError("nulls='exact' and model='three-level' cannot be joined; choose one")
    if three and target is not None:
        raise UsageError("target is not available with model='three-level': theta_new is one effect in a new cluster")


def _check_flat(effects, terms, engine: str) -> None:
    if any(isinstance(prior, priors.Flat) for prior in terms.values()):
        from workbench.synthesis.exact.regression import check_flat

        check_flat(effects, terms)
        if engine != "exact":
            raise UsageError(f"engine = {engine!r} does not take flat priors for terms; use engine='exact' or Normal")


def _three_level(effects, mu_prior, tau_prior, omega_prior, terms, rho: float) -> Posterior:
    from workbench.synthesis.exact.threelevel import solve

    if len(effects.y) == 0:
        raise AnalysisError("k = 0: a model with clusters needs rows")
    return solve(effects, arrays(effects, terms), mu_prior, tau_prior, omega_prior, rho)


def _censored(effects, mu_prior, tau_prior, terms, target, censored) -> Posterior:
    from workbench.synthesis.exact.censored import hidden_rows, solve

    return solve(arrays(effects, terms), hidden_rows(effects, censored), mu_prior, tau_prior, target)


def _engine(name: str):
    if name == "pymc":
        from workbench.synthesis.mcmc import pymc_engine

        return pymc_engine.posterior
    return exact_posterior


def exact_posterior(effects, mu_prior, tau_prior, terms: Mapping[str, priors.Normal], target: int | None) -> Posterior:
    """The exact engine's posterior of one set of effect sizes."""
    from workbench.synthesis.exact.random_effects import solve

    return solve(arrays(effects, terms), mu_prior, tau_prior, target)


def arrays(effects, terms: Mapping[str, priors.Normal]) -> Data:
    """The rows as the plain arrays that the engines compute with."""
    return Data(
        y=np.asarray(effects.y, float),
        variance=np.asarray(effects.se, float) ** 2,
        informs=np.asarray(effects.informs_tau, float),
        design=np.asarray(effects.design, float).reshape(len(effects.y), len(terms)),
        term_mean=np.array([getattr(prior, "mean", 0.0) for prior in terms.values()], float),
        term_precision=np.array([prior.sd**-2.0 if hasattr(prior, "sd") else 0.0 for prior in terms.values()], float),
    )


class _Defaults:
    """The default set of priors, looked up only when it is needed."""

    def __init__(self, effects):
        self.effects = effects
        self._found = None

    @property
    def available(self) -> bool:
        return self.effects.evidence is not None and self.effects.measure != "GEN"

    def __getitem__(self, purpose: str):
        if not self.available:
            why = "the measure is GEN" if self.effects.measure == "GEN" else "these effects come from arrays, without an evidence base"
            raise AnalysisError(f"{purpose} has no default prior: {why}; give it, e.g. mu=Normal(0, 1), tau=HalfNormal(0.5)")
        if self._found is None:
            self._found = priors.default_set(self.effects.evidence, self.effects.measure)
        if purpose not in self._found:
            raise AnalysisError(
                f"priors: the set 'default' has no row for {purpose} on {self.effects.measure}; add one or give the prior explicitly"
            )
        return self._found[purpose]


def _prior(effects, given, purpose: str, defaults: _Defaults):
    if given is None:
        return defaults[purpose]
    if isinstance(given, str):
        return priors.named(effects.evidence, given)
    if not isinstance(given, priors.PRIORS):
        raise AnalysisError(f"{purpose} = {given!r} is not a prior; give e.g. Normal(0, 1) or the id of a row of the priors table")
    return given


def _term_priors(effects, terms, defaults: _Defaults) -> dict[str, priors.Normal]:
    names = tuple(effects.design_names)
    given = dict(terms or {})
    unknown = [name for name in given if name not in names]
    if unknown:
        known = f"one of {', '.join(names)}" if names else "a design column: these effects have none"
        raise AnalysisError(f"terms: {unknown[0]!r} is not {known}; {nearest(unknown[0], names)}".rstrip("; "))
    missing = [name for name in names if name not in given]
    if missing and (given or not defaults.available):
        raise AnalysisError(f"terms: the design column {missing[0]!r} has no prior; give terms={{{missing[0]!r}: Normal(0, 0.3)}}")
    found = {name: _prior(effects, given.get(name), name, defaults) for name in names}
    for name, prior in found.items():
        if not isinstance(prior, (priors.Normal, priors.Flat)):
            raise AnalysisError(f"terms: {name} ~ {prior!r} must be Normal (or Flat), so that it stays in closed form")
    return found


def _target(effects, target) -> int | None:
    if target is None:
        return None
    k = len(effects.y)
    if isinstance(target, bool) or not isinstance(target, (int, np.integer)) or not 0 <= target < k:
        raise UsageError(f"target = {target!r} must be the number of a row, 0 to {k - 1}" if k else f"target = {target!r}: there are no rows")
    return int(target)
