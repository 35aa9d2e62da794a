"""Simulation-based calibration of each sampled model, and of the family model by quadrature.

Truth is drawn from the prior, data from the model, and the truth's rank among thinned posterior draws must be uniform
(Talts et al. 2018, arXiv 1804.06788); `judgement` says what must be met. Chains, steps, gate and retry are those of the
product, with a seed of its own for each replicate: with one seed for all, the simulated normals behind ``theta_new`` would be
the same in each, and so would be the error of their shares. A replicate whose retry fails is withheld, as it is from a reader;
such may not be more than one in twenty, since those that are left are no longer drawn from the prior.

Run: python benchmarks/calibration/sampled.py [thousandth parts of the replicates] [model ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from judgement import asked, judged, limit, record, rounded

from workbench.effects import EffectSizes
from workbench.errors import DiagnosticsError
from workbench.synthesis import priors
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.models.counts import fit_counts
from workbench.synthesis.models.families import fit_family
from workbench.synthesis.models.jointly import LKJ, fit_jointly
from workbench.synthesis.models.robust import fit_robust
from workbench.synthesis.result import Synthesis

HOME = Path(__file__).parent
MU, TAU, OMEGA, TERM = priors.Normal(0.0, 0.63), priors.HalfNormal(0.5), priors.HalfNormal(0.4), priors.Normal(0.18, 0.27)
BASELINE, NU, WITHIN, ETA = priors.Normal(-2.0, 0.8), 4.0, 0.5, 2.0
SEED, RANKS = 20_270_107, 200  # with 200 ranks the central 50, 80 and 95 % are whole numbers of them
BINS, MOST_WITHHELD = 10, 0.05
PROGRAMMES = ("a", "a", "a", "b", "b", "c")

Truth = dict[str, float]


def own_seed(rng: np.random.Generator) -> Settings:
    """The product's settings, with another seed."""
    return Settings(seed=int(rng.integers(2**31)))


def family_data(rng: np.random.Generator, programme: str) -> tuple[EffectSizes, Truth]:
    """Six studies of three programmes, half of them with a design term; "d" is a programme without a study."""
    mu, tau, omega, b = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), abs(rng.normal(0, OMEGA.scale)), rng.normal(TERM.mean, TERM.sd)
    means = dict(zip("abcd", rng.normal(mu, omega, 4)))
    error, design = rng.uniform(0.1, 0.4, 6), np.array([1.0, 0, 1, 0, 1, 0])
    theta = rng.normal([means[name] for name in PROGRAMMES], tau)
    effects = EffectSizes.from_arrays(rng.normal(theta + b * design, error), error, design=design[:, None], design_names=("bias",))
    truth = {"mu": mu, "tau": tau, "omega": omega, "mu[a]": means["a"], "mu[c]": means["c"], "theta_new": rng.normal(means[programme], tau)}
    return effects, truth


def family(rng: np.random.Generator, engine: str = "pymc", programme: str = "a") -> tuple[Synthesis, Truth]:
    """The family model."""
    effects, truth = family_data(rng, programme)
    return fit_family(effects, PROGRAMMES, programme, mu=MU, tau=TAU, omega=OMEGA, terms={"bias": TERM}, engine=engine, settings=own_seed(rng)), truth


def counts(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Five trials with 40 to 120 in each arm and events in about one in eight, fewer being better."""
    mu, tau = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale))
    theta, base = rng.normal(mu, tau, 5), rng.normal(BASELINE.mean, BASELINE.sd, 5)
    n1, n2 = rng.integers(40, 121, (2, 5))
    a, c = rng.binomial(n1, 1 / (1 + np.exp(theta - base))), rng.binomial(n2, 1 / (1 + np.exp(-base)))
    found = fit_counts(a, n1, c, n2, mu=MU, tau=TAU, baseline=BASELINE, higher_is_better=False, settings=own_seed(rng))
    return found, {"mu": mu, "tau": tau, "theta_new": rng.normal(mu, tau)}


def robust(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Six studies with effects from a t distribution."""
    mu, tau, error = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), rng.uniform(0.1, 0.4, 6)
    theta = mu + tau * rng.standard_t(NU, 7)
    effects = EffectSizes.from_arrays(rng.normal(theta[:6], error), error)
    return fit_robust(effects, mu=MU, tau=TAU, nu=NU, settings=own_seed(rng)), {"mu": mu, "tau": tau, "theta_new": theta[6]}


def joint(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Five studies of two outcomes, one of which misses the second; the second outcome is judged."""
    mu, tau, r = rng.normal(MU.mean, MU.sd, 2), abs(rng.normal(0, TAU.scale, 2)), 2 * rng.beta(ETA, ETA) - 1
    error = rng.uniform(0.1, 0.4, (5, 2))
    cov = np.array([[1, r], [r, 1]]) * np.outer(tau, tau)
    y = rng.multivariate_normal(mu, cov, 5) + error * rng.multivariate_normal([0, 0], [[1, WITHIN], [WITHIN, 1]], 5)
    outcomes = {name: EffectSizes.from_arrays(y[: 5 - j, j], error[: 5 - j, j]) for j, name in enumerate(("first", "second"))}
    found = fit_jointly(outcomes, mu=MU, tau=TAU, within=WITHIN, between=LKJ(ETA), settings=own_seed(rng))["second"]
    return found, {"mu": mu[1], "tau": tau[1], "theta_new": rng.normal(mu[1], tau[1]), "r": r}


def rank(found: Synthesis, name: str, truth: float) -> float:
    """Place of the truth: among thinned draws, ties broken by the middle; or, by quadrature, the distribution function."""
    if found.engine == "exact":
        return float(found.cdf(name, truth))
    draws = found.posterior.values[name]
    thinned = draws[:: max(1, draws.size // (RANKS - 1))][: RANKS - 1]
    return ((thinned < truth).sum() + 0.5) / RANKS


MODELS: dict[str, tuple[Callable, int]] = {  # and replicates
    "family_exact": (lambda rng: family(rng, "exact"), 1000),
    "family_exact_unseen": (lambda rng: family(rng, "exact", "d"), 400),
    "family": (family, 300), "counts": (counts, 120), "robust": (robust, 120), "joint": (joint, 300),
}  # fmt: skip
QUANTITIES = {"family_exact": 6, "family_exact_unseen": 6, "family": 6, "counts": 3, "robust": 3, "joint": 4}


def places(model: str, replicates: int, seed: int = SEED) -> tuple[dict[str, np.ndarray], int]:
    """Ranks of each quantity, and how many replicates the gate withheld."""
    found, withheld = {}, 0
    for row in range(replicates):
        try:
            fitted, truth = MODELS[model][0](np.random.default_rng([seed, list(MODELS).index(model), row]))
        except DiagnosticsError:
            withheld += 1
            continue
        for name, value in truth.items():
            found.setdefault(name, []).append(rank(fitted, name, value))
    return {name: np.array(values) for name, values in found.items()}, withheld


def main(parts: int, models: list[str]) -> None:
    """Run the models named (all unless given) and write their parts of ``sampled.json``."""
    limits = limit(sum(QUANTITIES.values())) | {"most_withheld": MOST_WITHHELD}
    for model in models or MODELS:
        began, replicates = time.perf_counter(), MODELS[model][1] * parts // 1000
        place, withheld = places(model, replicates)
        judgement = {name: rounded(judged(values, BINS)) for name, values in place.items()}
        found = {"replicates": replicates, "withheld": withheld, "seconds": round(time.perf_counter() - began), "quantities": judgement}
        record(HOME / "sampled.json", SEED, limits, MODELS, model, found)
        print(model, withheld, {name: (part["chi_square_p"], part["ecdf_p"]) for name, part in judgement.items()}, flush=True)


if __name__ == "__main__":
    main(*asked(sys.argv[1:]))
