"""NUTS by nutpie, which walks outside Python and takes a fraction of the time of PyMC's own steps at the same effective size.

It samples a model in one of two ways. `compiled` has it compile the model to machine code: some ten seconds, paid once for
models whose parameters do not grow with the rows, and then some tenths of a second a fit. `by_gradient` hands it a gradient
that PyMC compiled, for which it comes back to Python: compiled in less, and several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np

from workbench.synthesis.mcmc.pymc_engine import Settings

JITTER = 1.0  # each chain starts at up to this distance from the given point, in each direction


@dataclass(frozen=True, eq=False)
class Walk:
    """What the chains met.

    Attributes
    ----------
    points : ndarray, shape (chains, draws, d)
    diverging, energy : ndarray, shape (chains, draws)
    steps : int
        Evaluations of the gradient after tuning.
    """

    points: np.ndarray
    diverging: np.ndarray
    energy: np.ndarray
    steps: int


class Outside(ArithmeticError):
    """The density cannot be computed here; for nutpie a divergence, not the end."""

    is_recoverable = True


def around(start: np.ndarray) -> Callable[[int], np.ndarray]:
    """From a chain's seed, where it starts."""
    return lambda seed: start + np.random.default_rng(seed).uniform(-JITTER, JITTER, start.size)


def compiled(model: Any) -> Any:
    """A PyMC model as machine code; its data are inputs of `filled`."""
    import nutpie

    return nutpie.compile_pymc_model(model, backend="numba")


def filled(machine: Any, data: Mapping[str, np.ndarray], start: np.ndarray) -> Any:
    """What `compiled` gave, with data and where chains start."""
    return replace(machine.with_data(**data), initial_point_func=around(start))


def by_gradient(gradient: Callable[[np.ndarray], tuple[Any, np.ndarray]], start: np.ndarray) -> Any:
    """A log density and its gradient (d,) at a point (d,), in Python; in the trace the points are named ``x``."""
    from nutpie.compiled_pyfunc import from_pyfunc

    def density(x: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            value, slope = gradient(x)
        except np.linalg.LinAlgError as error:
            raise Outside(str(error)) from None
        return float(value), np.ascontiguousarray(slope, float)

    return from_pyfunc(
        start.size, lambda: density, lambda *_: lambda x: {"x": x}, [np.dtype(float)], [start.shape], ["x"],
        make_initial_point_fn=around(start),
    )  # fmt: skip


def walk(model: Any, names: Sequence[str], plan: Settings) -> Walk:
    """Run the chains one after another; the same seed gives the same draws.

    Parameters
    ----------
    model : from `filled` or `by_gradient`
    names : sequence of str
        Parts of a point, as the trace names them.
    plan : Settings
    """
    import nutpie

    trace = nutpie.sample(
        model, draws=plan.draws, tune=plan.tune, chains=plan.chains, cores=1, seed=plan.seed, target_accept=plan.target_accept,
        save_warmup=False, progress_bar=False, **_keeping_all(nutpie.sample),
    )  # fmt: skip
    stats = {name: np.asarray(trace.sample_stats[name].values) for name in ("diverging", "energy", "n_steps")}
    parts = [np.asarray(_group(trace, name)[name].values) for name in names]
    points = np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=2)
    return Walk(points, stats["diverging"].astype(bool), stats["energy"], int(stats["n_steps"].sum()))


def _keeping_all(sample: Callable) -> dict[str, bool]:
    """Ask for the unconstrained values of transformed parameters, where they are not kept unasked, as newer releases do."""
    name = "store_unconstrained"
    return {name: True} if name in signature(sample).parameters else {}


def _group(trace: Any, name: str) -> Any:
    """Part of the trace that holds the values of a name."""
    return trace.posterior if name in trace.posterior else trace.unconstrained_posterior
