"""REML with Knapp-Hartung against PyMARE and PyMetaAnalysis on the same data: one run, one ratio a data set.

Run with ``python benchmarks/frequentist.py`` (``make bench`` installs the peers). Each figure is the best of twenty calls
in one warm process, and the estimates must agree before a time is shown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import workbench as wb

REFERENCES = Path(__file__).parent.parent / "tests" / "references" / "meta.json"
NAMES = ("bcg_rr", "hackshaw1998", "nielweise2008_irr")


def best(call: Callable[[], float], runs: int = 20) -> tuple[float, float]:
    """Shortest time of `runs` calls in seconds, and the estimate."""
    times, estimate = [], call()
    for _ in range(runs):
        started = time.perf_counter()
        estimate = call()
        times.append(time.perf_counter() - started)
    return min(times), estimate


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


def main() -> None:
    """Print the ratios."""
    cases = {case["name"]: case for case in json.loads(REFERENCES.read_text(encoding="utf-8"))["cases"]}
    for name in NAMES:
        y, v = np.array(cases[name]["yi"]), np.array(cases[name]["vi"])
        own, estimate = best(lambda: ours(y, v))  # noqa: B023
        print(f"{name}: k = {len(y)}, ours {1000 * own:.2f} ms")
        for peer in (pymare, pymetaanalysis):
            try:
                theirs, other = best(lambda: peer(y, v))  # noqa: B023
            except ImportError as error:
                print(f"  {peer.__name__}: not installed ({error.name})")
                continue
            agree = "agrees" if abs(other - estimate) < 1e-3 else f"differs: {other:.4f} against {estimate:.4f}"
            print(f"  {peer.__name__}: {1000 * theirs:.2f} ms, {theirs / own:.1f} times ours; {agree}")


if __name__ == "__main__":
    main()
