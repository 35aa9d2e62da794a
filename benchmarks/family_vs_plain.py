"""Effective samples per second: the family model with its normal layers integrated out, against the plain one.

The plain model is what is usually written: every programme's and every study's deviation a standard normal (non-centred).
Both on the same rows in the same process, four chains of 1000 after 1000, target_accept 0.95, one thread, taking turns;
smallest, middle and largest ratio of several seeds, in seconds of processor time, which other work on the machine changes
little. The family model is timed as the product runs it, from rows to a result whose diagnostics passed, a retry included; the
plain one for its sampling alone, without compiling, its set-up or a gate. Neither clock nor sampler is altered for it.
The effective sample size is the smallest (bulk) over mu, tau, omega, every programme's mean and the new area's effect.

The plain model is sampled by PyMC's own NUTS and by nutpie, which samples the family model and which PyMC 6 takes where it is
installed. The last line of a case is another matter: independent draws by the quadrature, which need no effective size.

Run: python benchmarks/family_vs_plain.py [seeds]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import workbench as wb
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc import pymc_engine as engine
from workbench.synthesis.models.families import FamilyModel, family, fit_family
from workbench.synthesis.result import Synthesis

HOME = Path(__file__).parent
CASES = (
    ("fnp", "subsequent-pregnancy-event-self", "headline"),
    ("homebuilders", "care-entry-event-record", "headline"),
    ("triple-p", "child-behaviour-score-parent", "all"),
)
PEERS = ("pymc", "nutpie")


class Run(NamedTuple):
    """Seconds, smallest effective sample size, and what the product's gate would say against it."""

    seconds: float
    ess: float
    failed: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Effective samples per second."""
        return self.ess / self.seconds


def smallest(values: dict[str, np.ndarray]) -> float:
    """Smallest bulk effective sample size over quantities (chains, draws)."""
    return min(float(diagnostics.arviz().ess(part, method="bulk")) for part in values.values())


def plain_model(model: FamilyModel) -> Any:
    """The plain model in PyMC."""
    pm, layers = engine._pymc(), model.layers
    first, programmes = model.fixed.size, len(model.names)
    with pm.Model() as built:
        fixed = pm.Normal("fixed", layers.mean[:first], np.sqrt(model.fixed), shape=first)
        tau, omega = pm.HalfNormal("tau", model.tau_prior.scale), pm.HalfNormal("omega", model.omega_prior.scale)
        between, within = pm.Normal("u", shape=programmes), pm.Normal("e", shape=len(layers.y))
        own = pm.Deterministic("own", fixed[0] + omega * between)
        effect = layers.H[:, :first] @ fixed + omega * (layers.H[:, first : first + programmes] @ between) + tau * model.informs * within
        pm.Normal("y", effect, np.sqrt(np.diag(layers.noise)), observed=layers.y)
        pm.Deterministic("theta_new", own[model.names.index(model.programme)] + tau * pm.Normal("z"))
    return built


class Plain:
    """The plain model under one sampler, compiled once."""

    def __init__(self, model: FamilyModel, sampler: str) -> None:
        self.model, self.sampler = plain_model(model), sampler
        self.programmes = len(model.names)
        with engine._quiet():
            if sampler == "nutpie":
                import nutpie

                self.compiled = nutpie.compile_pymc_model(self.model)
            self._trace(1, 1, 0)  # compiles, and fills the compiler's cache

    def _trace(self, draws: int, tune: int, seed: int) -> Any:
        plan = engine.Settings()
        more = {"chains": plan.chains, "cores": 1, "target_accept": plan.target_accept}
        if self.sampler == "nutpie":
            import nutpie

            return nutpie.sample(self.compiled, draws=draws, tune=tune, seed=seed, progress_bar=False, save_warmup=False, **more)
        with self.model:
            return engine._pymc().sample(
                draws=draws, tune=tune, random_seed=seed, nuts_sampler="pymc", progressbar=False, compute_convergence_checks=False, **more,
            )  # fmt: skip

    def run(self, seed: int) -> Run:
        """Sample once; what a call of two draws takes is not counted."""
        plan = engine.Settings()
        with engine._quiet():
            began = time.process_time()
            self._trace(1, 1, seed)
            middle = time.process_time()
            trace = self._trace(plan.draws, plan.tune, seed)
            seconds = time.process_time() - middle - (middle - began)
        held = {name: trace["posterior"][name].values for name in ("tau", "omega", "theta_new")} | {"mu": trace["posterior"]["fixed"].values[..., 0]}
        held |= {f"own{i}": trace["posterior"]["own"].values[..., i] for i in range(self.programmes)}
        return Run(seconds, smallest(held), diagnostics.failures(diagnostics.diagnose(trace)))


def ours(found: Synthesis, names: list[str], seed: int) -> Run:
    """The product's call, everything that it draws and checks included."""
    plan = engine.Settings(seed=seed)
    model = found.posterior.family
    began = time.process_time()
    fitted = fit_family(
        found.effects, names, model.programme, mu=found.mu_prior, tau=model.tau_prior, omega=model.omega_prior, terms=found.terms,
        engine="pymc", settings=plan,
    )  # fmt: skip
    seconds = time.process_time() - began
    values = fitted.posterior.values
    return Run(seconds, smallest({name: part.reshape(plan.chains, -1) for name, part in values.items() if name != "centre"}), ())


def independent(found: Synthesis, names: list[str], count: int = 100_000) -> float:
    """Draws of tau, the programme's mean and the new area's effect per second, the quadrature included."""
    model = found.posterior.family
    began = time.process_time()
    fitted = fit_family(found.effects, names, model.programme, mu=found.mu_prior, tau=model.tau_prior, omega=model.omega_prior, terms=found.terms)
    fitted.posterior.draw(np.random.default_rng(1).random((count, 3)))
    return count / (time.process_time() - began)


def spread(values: list[float]) -> str:
    """Smallest, middle and largest."""
    return f"{min(values):.1f} / {np.median(values):.1f} / {max(values):.1f}"


def main(seeds: int = 3) -> None:
    """Print ratios, smallest / middle / largest over the seeds."""
    evidence = wb.load(HOME.parent)
    engine._pymc()
    # several threads for matrices of this size only wait for each other; for all alike
    with threadpool_limits(1):
        compare(evidence, seeds)


def compare(evidence: Any, seeds: int) -> None:
    """The cases one after another."""
    for programme, construct, designs in CASES:
        found = family(evidence, programme, construct, designs=designs)
        model = found.posterior.family
        first = model.fixed.size
        names = [model.names[row.argmax()] for row in model.layers.H[:, first : first + len(model.names)]]
        ours(found, names, 0)  # compiles
        peers = {sampler: Plain(model, sampler) for sampler in PEERS}
        own, others = [], {sampler: [] for sampler in PEERS}
        for seed in range(1, seeds + 1):
            own.append(ours(found, names, seed))
            for sampler, peer in peers.items():
                others[sampler].append(peer.run(seed))
        print(f"{programme}, {construct}: k = {len(names)} of {len(model.names)} programmes; ratios smallest / middle / largest of {seeds} seeds")
        print(f"  family model       ESS per second {spread([run.rate for run in own])}; seconds {spread([run.seconds for run in own])}")
        for sampler, runs in others.items():
            failed = sum(bool(run.failed) for run in runs)
            print(f"  plain, {sampler:<11} ESS per second {spread([run.rate for run in runs])}; fails the gate {failed} times")
            print(f"  ratio to it        {spread([a.rate / b.rate for a, b in zip(own, runs)])}")
        print(f"  exact draws        {independent(found, names):.0f} independent draws per second", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
