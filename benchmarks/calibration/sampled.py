"""Simulation-based calibration of each sampled model, and of the family model by quadrature.

Truth is drawn from the prior, data from the model, and the truth's rank among thinned posterior draws must be uniform
(Talts et al. 2018, arXiv 1804.06788). Shorter chains than in use, under the same gate but for the effective sample size,
which is judged by the ranks themselves; a replicate that fails the gate is counted and left out.

Run: python benchmarks/calibration/sampled.py [replicates]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

# PyMC reads this clock twice a step and nothing here uses it; where system calls are slow it would cost more than the models
time.process_time = time.perf_counter

import numpy as np
from exact import judged, rounded

from workbench.effects import EffectSizes
from workbench.errors import DiagnosticsError
from workbench.synthesis import diagnostics, priors
from workbench.synthesis.counts import fit_counts
from workbench.synthesis.families import fit_family
from workbench.synthesis.jointly import LKJ, fit_jointly
from workbench.synthesis.pymc_engine import Settings
from workbench.synthesis.result import Synthesis
from workbench.synthesis.robust import fit_robust

HOME = Path(__file__).parent
MU, TAU, OMEGA, TERM = priors.Normal(0.0, 0.63), priors.HalfNormal(0.5), priors.HalfNormal(0.4), priors.Normal(0.18, 0.27)
BASELINE, NU, WITHIN, ETA = priors.Normal(-2.0, 0.8), 4.0, 0.5, 2.0
SEED, RANKS = 20_261_123, 100
PLAN = {"settings": Settings(chains=2, draws=500, tune=500, target_accept=0.9), "limits": diagnostics.Limits(rhat=1.05, ess=100)}
PROGRAMMES = ("a", "a", "a", "b", "b", "c")

Truth = dict[str, float]


def family_data(rng: np.random.Generator) -> tuple[EffectSizes, Truth]:
    """Six studies of three programmes, half of them with a design term."""
    mu, tau, omega, b = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), abs(rng.normal(0, OMEGA.scale)), rng.normal(TERM.mean, TERM.sd)
    means = dict(zip("abcd", rng.normal(mu, omega, 4)))
    error, design = rng.uniform(0.1, 0.4, 6), np.array([1.0, 0, 1, 0, 1, 0])
    theta = rng.normal([means[name] for name in PROGRAMMES], tau)
    effects = EffectSizes.from_arrays(rng.normal(theta + b * design, error), error, design=design[:, None], design_names=("bias",))
    truth = {"mu": mu, "tau": tau, "omega": omega, "mu[a]": means["a"], "mu[c]": means["c"], "theta_new": rng.normal(means["a"], tau)}
    return effects, truth


def family(rng: np.random.Generator, engine: str = "pymc") -> tuple[Synthesis, Truth]:
    """The family model."""
    effects, truth = family_data(rng)
    return fit_family(effects, PROGRAMMES, "a", mu=MU, tau=TAU, omega=OMEGA, terms={"bias": TERM}, engine=engine, **PLAN), truth


def counts(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Five trials with 40 to 120 in each arm and events in about one in eight, fewer being better."""
    mu, tau = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale))
    theta, base = rng.normal(mu, tau, 5), rng.normal(BASELINE.mean, BASELINE.sd, 5)
    n1, n2 = rng.integers(40, 121, (2, 5))
    a, c = rng.binomial(n1, 1 / (1 + np.exp(theta - base))), rng.binomial(n2, 1 / (1 + np.exp(-base)))
    found = fit_counts(a, n1, c, n2, mu=MU, tau=TAU, baseline=BASELINE, higher_is_better=False, **PLAN)
    return found, {"mu": mu, "tau": tau, "theta_new": rng.normal(mu, tau)}


def robust(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Six studies with effects from a t distribution."""
    mu, tau, error = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), rng.uniform(0.1, 0.4, 6)
    theta = mu + tau * rng.standard_t(NU, 7)
    effects = EffectSizes.from_arrays(rng.normal(theta[:6], error), error)
    return fit_robust(effects, mu=MU, tau=TAU, nu=NU, **PLAN), {"mu": mu, "tau": tau, "theta_new": theta[6]}


def joint(rng: np.random.Generator) -> tuple[Synthesis, Truth]:
    """Five studies of two outcomes, one of which misses the second; the second outcome is judged."""
    mu, tau, r = rng.normal(MU.mean, MU.sd, 2), abs(rng.normal(0, TAU.scale, 2)), 2 * rng.beta(ETA, ETA) - 1
    error = rng.uniform(0.1, 0.4, (5, 2))
    cov = np.array([[1, r], [r, 1]]) * np.outer(tau, tau)
    y = rng.multivariate_normal(mu, cov, 5) + error * rng.multivariate_normal([0, 0], [[1, WITHIN], [WITHIN, 1]], 5)
    outcomes = {name: EffectSizes.from_arrays(y[: 5 - j, j], error[: 5 - j, j]) for j, name in enumerate(("first", "second"))}
    found = fit_jointly(outcomes, mu=MU, tau=TAU, within=WITHIN, between=LKJ(ETA), **PLAN)["second"]
    return found, {"mu": mu[1], "tau": tau[1], "theta_new": rng.normal(mu[1], tau[1]), "r": r}


def rank(found: Synthesis, name: str, truth: float) -> float:
    """Place of the truth: among thinned draws, ties broken by the middle; or, by quadrature, the distribution function."""
    if found.engine == "exact":
        return float(found.cdf(name, truth))
    draws = found.posterior.values[name]
    thinned = draws[:: max(1, draws.size // (RANKS - 1))][: RANKS - 1]
    return ((thinned < truth).sum() + 0.5) / RANKS


MODELS: dict[str, Callable] = {
    "family_exact": lambda rng: family(rng, "exact"), "family": family, "counts": counts, "robust": robust, "joint": joint,
}  # fmt: skip


def places(model: str, replicates: int, seed: int = SEED) -> tuple[dict[str, np.ndarray], int]:
    """Ranks of each quantity, and how many replicates the gate withheld."""
    found, withheld = {}, 0
    for row in range(replicates):
        try:
            fitted, truth = MODELS[model](np.random.default_rng([seed, list(MODELS).index(model), row]))
        except DiagnosticsError:
            withheld += 1
            continue
        for name, value in truth.items():
            found.setdefault(name, []).append(rank(fitted, name, value))
    return {name: np.array(values) for name, values in found.items()}, withheld


def main(replicates: int = 200, *models: str) -> None:
    """Run the models named (all unless given) and write their parts of ``sampled.json``."""
    path = HOME / "sampled.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for model in models or MODELS:
        began = time.perf_counter()
        found, withheld = places(model, replicates)
        judgement = {name: rounded(judged(place, bins=10)) for name, place in found.items()}
        result[model] = {"replicates": replicates, "withheld": withheld, "seconds": round(time.perf_counter() - began), "quantities": judgement}
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(model, withheld, result[model]["seconds"], {name: part["chi_square_p"] for name, part in judgement.items()}, flush=True)


if __name__ == "__main__":
    main(*(int(part) if part.isdigit() else part for part in sys.argv[1:]))
