"""REML with Knapp-Hartung against PyMARE and PyMetaAnalysis on the same data: one run, one ratio a data set.

Run with ``python benchmarks/frequentist.py`` (``make bench`` installs the peers). Each figure is the best of fifty calls
in one process, in which ours and theirs take turns: what slows the machine for a moment slows all.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import workbench as wb

REFERENCES = Path(__file__).parent.parent / "tests" / "references" / "meta.json"
NAMES = ("bcg_rr", "hackshaw1998", "nielweise2008_irr")


def best(calls: Sequence[Callable[[], float]], runs: int = 50) -> list[tuple[float, float]]:
    """Shortest time of each of several calls that take turns, in seconds, and what it gave."""
    times, found = [[] for _ in calls], [call() for call in calls]
    for _ in range(runs):
        for index, call in enumerate(calls):
            started = time.perf_counter()
            found[index] = call()
            times[index].append(time.perf_counter() - started)
    return [(min(own), value) for own, value in zip(times, found, strict=True)]


def ours(y: np.ndarray, v: np.ndarray) -> float:
    """This workbench, from arrays to estimate, interval and prediction."""
    found = wb.pool(wb.EffectSizes.from_arrays(y, np.sqrt(v)), method="REML", knapp_hartung=True)
    return found.estimate


def pymare(y: np.ndarray, v: np.ndarray) -> float:
    """PyMARE: REML by likelihood, then its Knapp-Hartung inference."""
    from pymare import Dataset
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    summary = VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(Dataset(y, v)).summary()
    return float(np.ravel(summary.get_fe_stats()["est"])[0])


def pymetaanalysis(y: np.ndarray, v: np.ndarray) -> float:
    """PyMetaAnalysis: REML with Hartung-Knapp."""
    import meta_analyze

    return float(meta_analyze.meta_analysis(effect=y, variance=v, tau2_method="REML", ci_method="HK").estimate)


def installed() -> list[Callable[[np.ndarray, np.ndarray], float]]:
    """The peers that can be imported; the others are named."""
    found = []
    for peer, module in ((pymare, "pymare"), (pymetaanalysis, "meta_analyze")):
        if importlib.util.find_spec(module):
            found.append(peer)
        else:
            print(f"{peer.__name__}: not installed")
    return found


def main() -> None:
    """Print the ratios."""
    cases, peers = {case["name"]: case for case in json.loads(REFERENCES.read_text(encoding="utf-8"))["cases"]}, installed()
    for name in NAMES:
        y, v = np.array(cases[name]["yi"]), np.array(cases[name]["vi"])
        (own, estimate), *others = best([partial(call, y, v) for call in (ours, *peers)])
        print(f"{name}: k = {len(y)}, ours {1000 * own:.2f} ms")
        for peer, (theirs, other) in zip(peers, others, strict=True):
            agree = "agrees" if abs(other - estimate) < 1e-3 else f"differs: {other:.4f} against {estimate:.4f}"
            print(f"  {peer.__name__}: {1000 * theirs:.2f} ms, {theirs / own:.1f} times ours; {agree}")


if __name__ == "__main__":
    main()
