"""The three-level model on 2,000 dependent effects: exact posterior, and REML with CR2.

Run with ``python benchmarks/three_level.py [clusters] [effects in each]``.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from workbench.effects.sizes import EffectSizes
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist.multilevel import pool_multilevel
from workbench.synthesis.priors import HalfNormal, Normal

RHO = 0.6


def effects(clusters: int, each: int) -> EffectSizes:
    """Effects with spread 0.3 between and 0.2 within clusters."""
    rng = np.random.default_rng(2026)
    member = np.repeat(np.arange(clusters), each)
    se = rng.uniform(0.05, 0.4, member.size)
    shared, own = rng.normal(size=clusters)[member], rng.normal(size=member.size)
    error = se * (np.sqrt(RHO) * shared + np.sqrt(1 - RHO) * own)
    y = 0.2 + rng.normal(0, 0.3, clusters)[member] + rng.normal(0, 0.2, member.size) + error
    return EffectSizes.from_arrays(y, se, cluster=[str(part) for part in member])


def main(clusters: int = 500, each: int = 4) -> None:
    """Print seconds and estimates."""
    rows = effects(clusters, each)
    started = time.perf_counter()
    exact = fit(rows, Normal(0, 0.63), HalfNormal(0.5), model="three-level", rho=RHO)
    table = exact.summary()
    middle = time.perf_counter()
    pooled = pool_multilevel(rows, rho=RHO)
    ended = time.perf_counter()
    print(f"effects in clusters                   {rows.k:>8,} in {clusters:,}")
    print(f"exact posterior with summary, seconds {middle - started:>12.2f}")
    print(f"its quadrature error                  {exact.health['quadrature_error']:>12.1e}")
    print(f"REML with CR2, seconds                {ended - middle:>12.2f}")
    print(f"tau, exact median and REML            {table.loc['tau', 'median']:>12.4f} {np.sqrt(pooled.tau2):.4f}")
    print(f"omega, exact median and REML          {table.loc['omega', 'median']:>12.4f} {np.sqrt(pooled.omega2):.4f}")
    print(f"mu, exact mean and REML               {table.loc['mu', 'mean']:>12.4f} {pooled.estimate:.4f}")


if __name__ == "__main__":
    main(*(int(part) for part in sys.argv[1:3]))
