"""Simulation-based calibration of what else the exact engine fits: clusters, known nulls, and an average over bias models.

As `exact`, with another model a time. Of a study known only as not significant the fit sees just that: some studies would
print an estimate only if it were significant, and do not. In the average over models the truth, which is often exactly 0,
and each component, there or not, get a place drawn at random within the probability of what they are, which is uniform too.
`judgement` says what must be met.

Run: python benchmarks/calibration/further.py [thousandth parts of the replicates] [model ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from judgement import asked, judged, limit, record, rounded
from scipy.special import ndtr

import workbench as wb
from workbench.effects import EffectSizes
from workbench.synthesis import priors
from workbench.synthesis.bias.averaging import COMPONENTS
from workbench.synthesis.bias.biasmodels import Bias, InverseGamma, bias_models
from workbench.synthesis.numerics.windows import LIMIT
from workbench.synthesis.result import Synthesis

HOME = Path(__file__).parent
MU, TAU, OMEGA, TERM = priors.Normal(0.0, 0.63), priors.HalfNormal(0.5), priors.HalfNormal(0.4), priors.Normal(0.18, 0.27)
CLUSTERS, RHO = (0, 0, 0, 1, 1, 2, 3, 3), 0.4
SEED = 20_270_211

Places = dict[str, float]


def at(found: Synthesis, truth: Places) -> Places:
    """P(quantity <= truth) of each quantity."""
    return {name: float(found.cdf(name, value)) for name, value in truth.items()}


def three_level(rng: np.random.Generator) -> Places:
    """Eight effects in four clusters, their sampling errors correlated within."""
    mu, tau, omega = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), abs(rng.normal(0, OMEGA.scale))
    member, error = np.array(CLUSTERS), rng.uniform(0.1, 0.4, len(CLUSTERS))
    shared, own = rng.normal(size=4)[member], rng.normal(size=member.size)
    noise = error * (np.sqrt(RHO) * shared + np.sqrt(1 - RHO) * own)
    y = mu + rng.normal(0, tau, 4)[member] + rng.normal(0, omega, member.size) + noise
    effects = EffectSizes.from_arrays(y, error, cluster=[f"c{j}" for j in member])
    found = wb.fit(effects, mu=MU, tau=TAU, omega=OMEGA, rho=RHO, model="three-level")
    return at(found, {"mu": mu, "tau": tau, "omega": omega, "theta_new": rng.normal(mu, np.hypot(tau, omega))})


def known_nulls(rng: np.random.Generator, design: tuple[int, ...]) -> Places:
    """Six studies, of which the last three print an estimate only if it is significant; `design` tells who has the term."""
    mu, tau, b = rng.normal(MU.mean, MU.sd), abs(rng.normal(0, TAU.scale)), rng.normal(TERM.mean, TERM.sd)
    column, error = np.array(design, float), rng.uniform(0.1, 0.4, 6)
    y = rng.normal(rng.normal(mu, tau, 6) + column * b, error)
    hidden = (np.arange(6) >= 3) & (abs(y) < LIMIT * error)
    effects = EffectSizes.from_arrays(np.where(hidden, 0.0, y), error, design=column[:, None], design_names=("term",))
    found = wb.fit(effects, mu=MU, tau=TAU, terms={"term": TERM}, nulls="exact", censored=hidden)
    return at(found, {"mu": mu, "tau": tau, "theta_new": rng.normal(mu, tau)})


EFFECT, SPREAD, BIASES = priors.Normal(0.0, 1.0), InverseGamma(1.0, 0.15), bias_models()


def averaged(rng: np.random.Generator) -> Places:
    """Seven studies from one of the 36 models that are averaged over."""
    effect, spread, biased = rng.random(3) < 0.5
    mu = rng.normal(EFFECT.mean, EFFECT.sd) if effect else 0.0
    tau = float(SPREAD.ppf(rng.random())) if spread else 0.0
    shares = np.array([bias.share for bias in BIASES])
    bias = BIASES[rng.choice(shares.size, p=shares / shares.sum())] if biased else None
    error = rng.uniform(0.1, 0.4, 7)
    found = wb.synthesis.model_average(printed(rng, mu, tau, error, bias), error, effect=EFFECT, heterogeneity=SPREAD, biases=BIASES, error=False)
    below = found.cdf(np.nextafter(mu, -np.inf))
    places = {"mu": below + rng.random() * (found.cdf(mu) - below)}
    for name, there in zip(COMPONENTS, (effect, spread, biased), strict=True):
        p = found.posterior(name)
        places[name] = 1 - p * rng.random() if there else (1 - p) * rng.random()
    return places


def printed(rng: np.random.Generator, mu: float, tau: float, error: np.ndarray, bias: Bias | None) -> np.ndarray:
    """Estimates that reach print: drawn again until the bias model lets them through."""
    size = error.size
    if bias is None:
        return rng.normal(rng.normal(mu, tau, size), error)
    if bias.kind == "slope":
        return rng.normal(rng.normal(mu, tau, size), error) + abs(bias.slope.scale * rng.standard_cauchy()) * error**bias.power
    weight = np.cumsum(rng.dirichlet(bias.alpha))[::-1]  # of the smallest p first, which is 1
    y, left = np.empty(size), np.arange(size)
    while left.size:
        y[left] = rng.normal(rng.normal(mu, tau, left.size), error[left])
        z = y[left] / error[left]
        p = 2 * ndtr(-abs(z)) if bias.kind == "two-sided" else ndtr(-z)
        left = left[rng.random(left.size) > weight[np.searchsorted(bias.steps, p)]]
    return y


MODELS: dict[str, tuple[Callable[[np.random.Generator], Places], int]] = {  # and replicates
    "three_level": (three_level, 2000),
    "known_nulls": (lambda rng: known_nulls(rng, (0, 0, 1, 1, 1, 1)), 2000),
    "known_nulls_unlike": (lambda rng: known_nulls(rng, (0, 0, 1, 0, 1, 1)), 1000),
    "averaged": (averaged, 500),
}
QUANTITIES = {"three_level": 4, "known_nulls": 3, "known_nulls_unlike": 3, "averaged": 4}


def places(model: str, replicates: int, seed: int = SEED) -> dict[str, np.ndarray]:
    """Where the truth lies in its posterior, for each quantity (replicates,)."""
    rows = [MODELS[model][0](np.random.default_rng([seed, list(MODELS).index(model), row])) for row in range(replicates)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def main(parts: int, models: list[str]) -> None:
    """Run the models named (all unless given) and write their parts of ``further.json``."""
    for model in models or MODELS:
        began, replicates = time.perf_counter(), MODELS[model][1] * parts // 1000
        judgement = {name: rounded(judged(place)) for name, place in places(model, replicates).items()}
        found = {"replicates": replicates, "seconds": round(time.perf_counter() - began), "quantities": judgement}
        record(HOME / "further.json", SEED, limit(sum(QUANTITIES.values())), MODELS, model, found)
        print(model, {name: (part["coverage_95"], part["chi_square_p"], part["ecdf_p"]) for name, part in judgement.items()}, flush=True)


if __name__ == "__main__":
    main(*asked(sys.argv[1:]))
