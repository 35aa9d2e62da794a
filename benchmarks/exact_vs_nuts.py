"""The exact engine against the same model in PyMC's NUTS (4 chains of 1000 after 1000 tuning): one run, one ratio a data set.

Run with ``python benchmarks/exact_vs_nuts.py``. Both are timed warm: NUTS on its second run, once PyMC is loaded, so that
its figure holds compiling the model (it depends on the rows) and sampling; the exact engine as the best of five.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from workbench.effects.sizes import EffectSizes
from workbench.synthesis.fitting import fit
from workbench.synthesis.priors import HalfNormal, Normal

REFERENCES = Path(__file__).parent.parent / "tests" / "references" / "meta.json"
NAMES = ("bcg_rr", "raudenbush1985", "hackshaw1998")
MU, TAU = Normal(0, 2), HalfNormal(0.5)


def timed(effects: EffectSizes, engine: str):
    """Seconds for a fit with its summary, and the fit."""
    started = time.perf_counter()
    found = fit(effects, MU, TAU, engine)
    found.quantile("mu", [0.025, 0.5, 0.975]), found.quantile("theta_new", [0.025, 0.5, 0.975])
    return time.perf_counter() - started, found


def main() -> None:
    """Print milliseconds, seconds, ratios and the difference of the means in posterior SDs."""
    cases = {case["name"].removeprefix("dat."): case for case in json.loads(REFERENCES.read_text())["cases"]}
    chosen = [name for name in NAMES if name in cases] or list(cases)[:3]
    sets = {name: EffectSizes.from_arrays(cases[name]["yi"], np.sqrt(cases[name]["vi"])) for name in chosen}
    timed(sets[chosen[0]], "pymc")  # loads and warms up
    print(f"{'data':<18}{'k':>4}{'exact, ms':>12}{'fit, ms':>10}{'NUTS, s':>10}{'ratio':>10}{'mu differs, SD':>16}")
    for name, effects in sets.items():
        best, exact = min((timed(effects, "exact") for _ in range(5)), key=lambda pair: pair[0])
        bare = min(_seconds(effects) for _ in range(5))
        slow, sampled = timed(effects, "pymc")
        gap = abs(sampled.mean("mu") - exact.mean("mu")) / exact.sd("mu")
        print(f"{name:<18}{effects.k:>4}{1000 * best:>12.2f}{1000 * bare:>10.2f}{slow:>10.2f}{slow / bare:>10.0f}{gap:>16.3f}")
    print("exact, ms: the fit with six quantiles; fit, ms: the fit alone; ratio: NUTS over the fit alone")


def _seconds(effects: EffectSizes) -> float:
    started = time.perf_counter()
    fit(effects, MU, TAU)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
