"""Does a sampler's result deserve to be read? The only module that touches ArviZ.

Works with ArviZ 0.2x (InferenceData) and 1.x (DataTree): only plain arrays, chains by draws, are handed to ArviZ.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Limits:
    """What every sampled quantity must meet.

    R-hat below 1.01 and an effective sample size of at least 400 in the bulk and in the tails (Vehtari et al. 2021,
    doi 10.1214/20-BA1221), no divergent transitions, and a Bayesian fraction of missing information of at least 0.3
    (Betancourt 2016, arXiv 1604.00695).
    """

    rhat: float = 1.01
    ess: float = 400.0
    divergences: int = 0
    bfmi: float = 0.3


def arviz() -> Any:
    """Import ArviZ without the notice that its 0.2x series prints."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

    return arviz


def _chains(trace: Any) -> dict[str, np.ndarray]:
    """Return every scalar sampled quantity as an array (chains, draws)."""
    found = {}
    for name, variable in trace["posterior"].data_vars.items():
        values = np.asarray(variable.values)
        flat = values.reshape(*values.shape[:2], -1)
        for index in range(flat.shape[2]):
            found[str(name) if flat.shape[2] == 1 else f"{name}[{index}]"] = flat[:, :, index]
    return found


def diagnose(trace: Any) -> dict[str, float]:
    """Return the worst of each diagnostic over all sampled quantities.

    Parameters
    ----------
    trace : InferenceData or DataTree
        As `pymc.sample` returns it.

    Returns
    -------
    dict
        ``rhat`` (largest), ``ess_bulk`` and ``ess_tail`` (smallest), ``divergences`` (count), ``bfmi`` (smallest over
        chains).
    """
    az, chains, stats = arviz(), _chains(trace).values(), trace["sample_stats"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            # numpy's extremes, unlike Python's, pass a nan on; 1.x wants the tails named
            "rhat": float(np.max([az.rhat(values) for values in chains])),
            "ess_bulk": float(np.min([az.ess(values, method="bulk") for values in chains])),
            "ess_tail": float(np.min([az.ess(values, method="tail", prob=(0.05, 0.95)) for values in chains])),
            "divergences": float(np.asarray(stats["diverging"].values).sum()),
            "bfmi": float(np.min(az.bfmi(np.asarray(stats["energy"].values)))),
        }


def failures(health: Mapping[str, float], limits: Limits = Limits()) -> tuple[str, ...]:
    """Return what a fit fails, in words with figures; empty if it passes. A diagnostic that is nan fails."""
    rules = (
        (health["rhat"] < limits.rhat, f"R-hat {health['rhat']:.3f}, must be below {limits.rhat:g}"),
        (health["ess_bulk"] >= limits.ess, f"bulk ESS {health['ess_bulk']:.0f}, must be at least {limits.ess:g}"),
        (health["ess_tail"] >= limits.ess, f"tail ESS {health['ess_tail']:.0f}, must be at least {limits.ess:g}"),
        (
            health["divergences"] <= limits.divergences,
            f"{health['divergences']:.0f} divergent transitions, at most {limits.divergences} allowed",
        ),
        (health["bfmi"] >= limits.bfmi, f"BFMI {health['bfmi']:.2f}, must be at least {limits.bfmi:g}"),
    )
    return tuple(words for met, words in rules if not met)
