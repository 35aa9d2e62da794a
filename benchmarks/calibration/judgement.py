"""What a calibration must meet, fixed before a run: no test of a script may have a p value below one per cent over their number.

Each quantity of each model is tested five times: the shares of truths within the central 50, 80 and 95 % intervals (exact
binomial, two-sided), uniformity of their places in the posterior by chi-square, and by Kolmogorov-Smirnov. By Bonferroni's
inequality, whatever their dependence, an engine that is right has at most one chance in a hundred that any test of the script
falls below the limit. A seed is used once: who changes an engine runs the script anew with a new seed, and commits what comes.
Places among finitely many draws make the last two tests a little lenient.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

LEVELS = (50, 80, 95)
BINS = 20
FAMILY_WISE = 0.01
TESTS_EACH = len(LEVELS) + 2


def judged(place: np.ndarray, bins: int = BINS) -> dict[str, Any]:
    """Coverage of central intervals, and p values of all five tests.

    Parameters
    ----------
    place : ndarray, shape (n,)
        P(quantity <= truth) by the posterior, in each replicate.
    bins : int
        Of the chi-square test.
    """
    from scipy.stats import binomtest, chisquare, kstest

    inside = {level: int((abs(place - 0.5) <= level / 200).sum()) for level in LEVELS}
    counts = np.bincount(np.minimum((place * bins).astype(int), bins - 1), minlength=bins)
    found = {"replicates": place.size}
    found |= {f"coverage_{level}": number / place.size for level, number in inside.items()}
    found |= {f"coverage_{level}_p": float(binomtest(number, place.size, level / 100).pvalue) for level, number in inside.items()}
    return found | {"chi_square_p": float(chisquare(counts).pvalue), "ecdf_p": float(kstest(place, "uniform").pvalue)}


def p_values(found: dict[str, Any]) -> dict[str, float]:
    """Those of one quantity."""
    return {name: part for name, part in found.items() if name.endswith("_p")}


def limit(quantities: int) -> dict[str, float]:
    """The least p value that the tests of so many quantities may have."""
    tests = quantities * TESTS_EACH
    return {"family_wise": FAMILY_WISE, "tests": tests, "least_p": FAMILY_WISE / tests}


def rounded(found: Any) -> Any:
    """Floats to six figures, so that a file shows what matters."""
    if isinstance(found, dict):
        return {name: rounded(part) for name, part in found.items()}
    return float(f"{found:.6g}") if isinstance(found, float) else found


def record(path: Path, seed: int, limits: Mapping[str, float], order: Mapping[str, Any], model: str, found: Mapping[str, Any]) -> None:
    """Write one model's part of a file of results, beside the parts of the same seed that stand there."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    held = (before["models"] if before.get("seed") == seed else {}) | {model: found}
    result = {"seed": seed, "limit": limits, "models": {name: held[name] for name in order if name in held}}
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def asked(words: list[str]) -> tuple[int, list[str]]:
    """From a command line: thousandth parts of the replicates (all unless given), and names of models."""
    numbers = [int(word) for word in words if word.isdigit()]
    return (numbers or [1000])[0], [word for word in words if not word.isdigit()]
