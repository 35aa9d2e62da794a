"""Calibration of the exact engine: is a 95 % interval right 95 times in 100 when truth is drawn from the prior?

For each k: draw mu, tau, a design term and effects from their priors, fit, and note where the truth lies in its posterior
(uniform if the engine is right: simulation-based calibration, Talts et al. 2018, arXiv 1804.06788), and whether intervals
hold it. `judgement` says what must be met. Then the same with tau fixed at a value: coverage may then differ from 95 %, and is
only reported.

Run: python benchmarks/calibration/exact.py [thousandth parts of the replicates]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from judgement import asked, judged, limit, rounded

from workbench.synthesis import priors
from workbench.synthesis.exact.random_effects import solve
from workbench.synthesis.numerics.conditional import Data

HOME = Path(__file__).parent
MU, TAU, TERM = priors.Normal(0.0, 0.63), priors.HalfNormal(0.5), priors.Normal(0.18, 0.27)
REPLICATES = {2: 4000, 3: 4000, 5: 12_000, 10: 4000, 20: 4000}  # by number of studies
REPLICATES_FIXED = 500
FIXED_TAU = (0.0, 0.1, 0.25, 0.5, 1.0)
QUANTITIES = ("mu", "tau", "theta_new", "centre")
SEED = 20_270_105


def simulate(rng: np.random.Generator, k: int, tau: float | None = None, mu: float | None = None) -> tuple[Data, dict[str, float]]:
    """One data set and the truth behind it; half the rows carry the design term, standard errors from 0.1 to 0.5."""
    mu = rng.normal(MU.mean, MU.sd) if mu is None else mu
    tau = abs(rng.normal(0, TAU.scale)) if tau is None else tau
    b, error = rng.normal(TERM.mean, TERM.sd), np.exp(rng.uniform(np.log(0.1), np.log(0.5), k))
    theta = rng.normal(mu, tau, k)
    design = (np.arange(k) % 2).astype(float)[:, None]
    y = rng.normal(theta + design[:, 0] * b, error)
    data = Data(y, error**2, np.ones(k), design, np.array([TERM.mean]), np.array([TERM.sd**-2.0]))
    return data, {"mu": mu, "tau": tau, "theta_new": rng.normal(mu, tau), "centre": theta[0]}


def places(rng: np.random.Generator, k: int, replicates: int, **fixed: float) -> dict[str, np.ndarray]:
    """P(quantity <= truth) in each replicate; ``centre`` is the first study's own effect."""
    found = {name: np.empty(replicates) for name in QUANTITIES}
    for row in range(replicates):
        data, truth = simulate(rng, k, **fixed)
        mean, own = solve(data, MU, TAU), solve(data, MU, TAU, target=0)
        for name in QUANTITIES:
            posterior = own if name == "centre" else mean
            found[name][row] = posterior.cdf(name, np.array([truth[name]]))[0]
    return found


def main(parts: int = 1000) -> None:
    """Run everything and write ``exact.json``."""
    began, size = time.perf_counter(), {k: replicates * parts // 1000 for k, replicates in REPLICATES.items()}
    result = {"seed": SEED, "limit": limit(len(size) * len(QUANTITIES)), "from_the_prior": {}, "fixed_tau": {"replicates": REPLICATES_FIXED * parts // 1000}}
    for k, replicates in size.items():
        found = places(np.random.default_rng([SEED, k]), k, replicates)
        result["from_the_prior"][str(k)] = {name: rounded(judged(place)) for name, place in found.items()}
        print(k, {name: part["coverage_95"] for name, part in result["from_the_prior"][str(k)].items()}, f"{time.perf_counter() - began:.0f} s", flush=True)
    for k in size:
        for tau in FIXED_TAU:
            found = places(np.random.default_rng([SEED, k, int(100 * tau)]), k, result["fixed_tau"]["replicates"], tau=tau)
            shares = {name: float(np.mean(abs(found[name] - 0.5) <= 0.475)) for name in ("mu", "theta_new", "centre")}
            result["fixed_tau"].setdefault(str(k), {})[f"{tau:g}"] = rounded(shares)
    result["seconds"] = round(time.perf_counter() - began)
    (HOME / "exact.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(asked(sys.argv[1:])[0])
