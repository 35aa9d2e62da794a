"""Effective samples per second: the family model with its normal layers integrated out, against the plain one.

The plain model is what is usually written: every programme's and every study's deviation a standard normal (non-centred),
sampled by `pymc.sample` as it comes. Both on the same rows, in the same process, four chains of 1000 + 1000 on one core.
The effective sample size is the smallest (bulk) over mu, tau, omega, every programme's mean and the new area's effect.

The ratio depends on a clock. PyMC reads ``time.process_time`` at every step; this script replaces it for both models with
``time.perf_counter``. On one machine, where the first is slow, the ratio was 7.3 with the replacement and 3.1 without it.

Run: python benchmarks/family_vs_plain.py [programme] [construct]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

# for both models; see above what it does to the ratio
time.process_time = time.perf_counter

import numpy as np

import workbench as wb
from workbench.synthesis import diagnostics
from workbench.synthesis import pymc_engine as engine
from workbench.synthesis.families import FamilyModel, completed, family
from workbench.synthesis.pymc_models import Structure, chains, figures
from workbench.synthesis.sampling import typical

HOME = Path(__file__).parent
PLAN = engine.Settings()


def smallest(values: dict[str, np.ndarray]) -> float:
    """Smallest bulk effective sample size over quantities (chains, draws)."""
    return min(float(diagnostics.arviz().ess(part, method="bulk")) for part in values.values())


def plain(model: FamilyModel, tau_scale: float, omega_scale: float) -> tuple[float, float, int, float]:
    """(seconds of sampling, effective samples, divergences, seconds of a whole call) of the plain non-centred model."""
    pm, layers = engine._pymc(), model.layers
    first, programmes = model.fixed.size, len(model.names)
    with engine._quiet(), pm.Model():
        fixed = pm.Normal("fixed", layers.mean[:first], np.sqrt(model.fixed), shape=first)
        tau, omega = pm.HalfNormal("tau", tau_scale), pm.HalfNormal("omega", omega_scale)
        between, within = pm.Normal("u", shape=programmes), pm.Normal("e", shape=len(layers.y))
        own = pm.Deterministic("own", fixed[0] + omega * between)
        effect = layers.H[:, :first] @ fixed + omega * (layers.H[:, first : first + programmes] @ between) + tau * model.informs * within
        pm.Normal("y", effect, np.sqrt(np.diag(layers.noise)), observed=layers.y)
        pm.Deterministic("theta_new", own[model.names.index(model.programme)] + tau * pm.Normal("z"))
        def run(draws: int, tune: int):
            return pm.sample(
                draws=draws, tune=tune, chains=PLAN.chains, cores=1, target_accept=PLAN.target_accept, random_seed=PLAN.seed,
                nuts_sampler="pymc", progressbar=False, compute_convergence_checks=False,
            )  # fmt: skip
        run(1, 1)  # compiles, and fills the compiler's cache
        began = time.perf_counter()
        run(1, 1)
        overhead = time.perf_counter() - began
        began = time.perf_counter()
        trace = run(PLAN.draws, PLAN.tune)
        whole = time.perf_counter() - began
        seconds = whole - overhead  # sampling alone
    held = {name: trace["posterior"][name].values for name in ("tau", "omega", "theta_new")}
    held |= {f"own{i}": trace["posterior"]["own"].values[..., i] for i in range(programmes)} | {"mu": trace["posterior"]["fixed"].values[..., 0]}
    return seconds, smallest(held), int(trace["sample_stats"]["diverging"].values.sum()), whole


def ours(model: FamilyModel) -> tuple[float, float, int, float]:
    """(seconds of sampling, effective samples, divergences, seconds of a whole call) of the product's model, drawing everything else included."""
    layers, first = model.layers, model.fixed.size
    own = layers.H[:, first : first + len(model.names)]
    inputs = {
        "fixed": layers.noise + (layers.H[:, :first] * model.fixed) @ layers.H[:, :first].T,
        "parts": np.stack([np.diag(model.informs), own @ own.T]), "residual": layers.y - layers.H @ layers.mean,
        "prior_tau": figures(model.tau_prior), "prior_omega": figures(model.omega_prior),
    }  # fmt: skip
    start = {"tau": typical(model.tau_prior), "omega": typical(model.omega_prior)}
    structure = Structure("components", (("tau", "HalfNormal"), ("omega", "HalfNormal")))
    chains(structure, inputs, start, engine.Settings(draws=1, tune=1))  # compiles
    began = time.perf_counter()
    found = chains(structure, inputs, start, PLAN)
    tau, omega = (found.values[name].ravel() for name in ("tau", "omega"))
    values = completed(model, tau, omega, {}, PLAN.seed).values
    seconds = time.perf_counter() - began
    return seconds, smallest({name: part.reshape(PLAN.chains, PLAN.draws) for name, part in values.items()}), int(found.diverging.sum()), seconds


def main(programme: str = "fnp", construct: str = "subsequent-pregnancy-event-self") -> None:
    """Run both and print effective samples per second and their ratio."""
    fitted = family(wb.load(HOME.parent), programme, construct)
    model = fitted.posterior.family
    result = {"programme": programme, "construct": construct, "k": fitted.effects.k, "programmes": len(model.names)}
    for name, run in (("integrated", lambda: ours(model)), ("plain", lambda: plain(model, model.tau_prior.scale, model.omega_prior.scale))):
        seconds, ess, divergences, whole = run()
        result[name] = {"seconds": round(seconds, 2), "ess": round(ess), "per_second": round(ess / seconds, 1), "divergences": divergences, "call": round(whole, 2)}
    result["ratio"] = round(result["integrated"]["per_second"] / result["plain"]["per_second"], 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
