"""100,000 meta-analyses of 2 to 40 studies, summarised by the batched exact engine: seconds, memory and agreement.

Run with ``python benchmarks/many.py [number]``.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from workbench.effects.sizes import EffectSizes
from workbench.synthesis.exact.batch import fit_many
from workbench.synthesis.fitting import fit
from workbench.synthesis.priors import HalfNormal, Normal

MU, TAU = Normal(0, 0.63), HalfNormal(0.5)


def data(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Meta-analyses drawn from the priors, with standard errors between 0.05 and 0.6."""
    rng = np.random.default_rng(2026)
    found = []
    for _ in range(count):
        se = rng.uniform(0.05, 0.6, rng.integers(2, 41))
        spread = np.hypot(abs(rng.normal(0, TAU.scale)), se)
        found.append((rng.normal(rng.normal(MU.mean, MU.sd), spread), se))
    return found


def main(count: int = 100_000) -> None:
    """Print seconds, memory, and the largest difference from single fits on 100 of them."""
    sets = data(count)
    started, busy = time.perf_counter(), time.process_time()
    many = fit_many(sets, MU, TAU)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    worst, alone = 0.0, 0.0
    for i in np.linspace(0, count - 1, min(100, count)).astype(int):
        effects = EffectSizes.from_arrays(*sets[i])
        started = time.perf_counter()
        single = fit(effects, MU, TAU)
        one = [single.mean("mu"), *single.quantile("theta_new", [0.025, 0.5]), single.sd("tau"), single.log_marginal]
        alone += time.perf_counter() - started
        other = [many.mu.mean[i], many.theta_new.lower[i], many.theta_new.median[i], many.tau.sd[i], many.log_marginal[i]]
        worst = max(worst, float(np.abs(np.subtract(one, other)).max()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kilobytes on Linux
    print(f"meta-analyses (k 2 to 40)             {count:>12,}")
    print(f"seconds                               {seconds:>12.1f}")
    print(f"seconds of processor time             {busy:>12.1f}")
    print(f"per 100,000, seconds                  {seconds * 100_000 / count:>12.1f}")
    print(f"milliseconds for one, in the batch    {1000 * seconds / count:>12.3f}")
    print(f"milliseconds for one, by fit()        {10 * alone * 100 / min(100, count):>12.3f}")
    print(f"peak memory of the process, GB        {memory:>12.2f}")
    print(f"largest difference from fit()         {worst:>12.1e}")


if __name__ == "__main__":
    main(*(int(part) for part in sys.argv[1:2]))
