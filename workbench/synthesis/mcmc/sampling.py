"""From a model's structure to draws that passed their diagnostics, kept by content if the caller names a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from workbench.errors import AnalysisError, DiagnosticsError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.mcmc.sampled import Drawn, estimates
from workbench.synthesis.numerics.spread import TAU_PRIORS, converges, falls_by_log, tail_power
from workbench.synthesis.result import Estimates

LIBRARIES = ("numpy", "pymc", "pytensor", "numba", "nutpie", "arviz")


@dataclass(frozen=True, eq=False)
class Sample:
    """Draws that passed: ``values`` name -> (n, ...), chains one after another; ``health``; ``seed`` that made them."""

    values: Mapping[str, np.ndarray]
    health: Mapping[str, float]
    seed: int


def sample(
    structure: Any,
    inputs: Mapping[str, np.ndarray],
    start: Mapping[str, Any],
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> Sample:
    """Sample a model; check it; once more, stricter, if the check fails.

    Parameters
    ----------
    structure : pymc_models.Structure
    inputs, start : mapping
        As for `pymc_models.chains`.
    settings : Settings
    limits : diagnostics.Limits
    cache : path, optional
        Folder in which results are kept by content: data, priors, model, settings and library versions. Off by default.

    Raises
    ------
    DiagnosticsError
        If the second attempt fails as well; it lists each failure.
    """
    path = None if cache is None else Path(cache) / f"{key(structure, inputs, start, settings, limits)}.npz"
    if path is not None and path.is_file():
        return _read(path, settings.seed)
    from workbench.synthesis.mcmc import pymc_models

    for attempt, plan in enumerate((settings, settings.stricter()), start=1):
        found = pymc_models.chains(structure, inputs, start, plan)
        health = diagnostics.diagnose(_trace(found))
        failed = diagnostics.failures(health, limits)
        if not failed:
            break
    if failed:
        raise DiagnosticsError(
            f"the sampler failed its diagnostics twice, the second time with target_accept {plan.target_accept:g}: "
            f"{'; '.join(failed)}. Its result is withheld; give less extreme priors, or fewer rows that say nothing"
        )
    values = {name: part.reshape(-1, *part.shape[2:]) for name, part in found.values.items()}
    result = Sample(values, health | {"attempts": float(attempt)}, settings.seed)
    if path is not None:
        _write(path, result)
    return result


def _trace(found: Any) -> dict[str, Any]:
    """Chains in the shape in which diagnostics read a trace."""
    held = {name: SimpleNamespace(values=values) for name, values in found.values.items()}
    stats = {name: SimpleNamespace(values=getattr(found, name)) for name in ("diverging", "energy")}
    return {"posterior": SimpleNamespace(data_vars=held), "sample_stats": stats}


# Kept results ----------------------------------------------------------------------------------------


def key(structure: Any, inputs: Mapping[str, np.ndarray], start: Mapping[str, Any], settings: Settings, limits: Any) -> str:
    """Name of a result: a hash over everything that it depends on."""
    digest = hashlib.sha256(f"{structure!r} {settings!r} {limits!r} {_versions()}".encode())
    for name, value in sorted((inputs | {f"start {name}": value for name, value in start.items()}).items()):
        array = np.ascontiguousarray(value, "<f8")
        digest.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()


@cache
def _versions() -> str:
    folder = Path(__file__).parent
    source = hashlib.sha256(b"".join((folder / name).read_bytes() for name in ("pymc_models.py", "normal_density.py", "nuts.py", "sampling.py")))
    return " ".join([*(f"{name}={version(name)}" for name in LIBRARIES), source.hexdigest()])


def _write(path: Path, result: Sample) -> None:
    """Plain arrays; complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    arrays = {f"value {name}": part for name, part in result.values.items()}
    arrays |= {f"health {name}": np.array(part) for name, part in result.health.items()}
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(path)


def _read(path: Path, seed: int) -> Sample:
    with np.load(path, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    parts: dict[str, dict[str, Any]] = {"value": {}, "health": {}}
    for full, part in arrays.items():
        kind, name = full.split(" ", 1)
        parts[kind][name] = part if kind == "value" else float(part)
    return Sample(parts["value"], parts["health"], seed)


# What a sampled model answers ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SampledModel(Drawn):
    """Draws of every quantity; satisfies `result.Posterior`.

    Attributes
    ----------
    model : str
        In a few words.
    values : mapping of str to ndarray, shape (n,)
        Draws of each quantity, those of ``mu``, ``tau``, ``centre`` and ``theta_new`` among them.
    spread : ndarray, shape (n,)
        SD of theta_new given centre (tau itself where effects are normal).
    theta : ndarray, shape (n, k)
    coefficients : ndarray, shape (n, m)
    share : ndarray, shape (k,)
        Weights of the rows.
    finite : mapping of str to (bool, bool)
        Whether mean and SD exist.
    summarised : tuple of str
    further_priors : mapping of str to prior
    health : mapping of str to float
    """

    model: str
    values: Mapping[str, np.ndarray]
    spread: np.ndarray
    theta: np.ndarray
    coefficients: np.ndarray
    share: np.ndarray
    finite: Mapping[str, tuple[bool, bool]]
    summarised: tuple[str, ...]
    health: Mapping[str, float]
    further_priors: Mapping[str, Any] = field(default_factory=dict)
    engine: str = "pymc"
    log_marginal: float = float("nan")

    @property
    def quantities(self) -> tuple[str, ...]:
        """What can be asked about."""
        return tuple(self.values)

    def _spread(self) -> np.ndarray:
        return self.spread

    def _positive(self, quantity: str) -> bool:
        return bool((self.values[quantity] >= 0).all())

    def moments(self, quantity: str) -> tuple[float, float]:
        """Mean and SD; nan where the posterior has none, whatever the draws say."""
        draws, (mean, sd) = self.values[quantity], self.finite.get(quantity, (True, True))
        return float(draws.mean()) if mean else np.nan, float(draws.std(ddof=1)) if sd else np.nan

    def studies(self, level: float) -> Estimates:
        """Each row's own effect, (k,)."""
        return estimates(self.theta, level)

    def weights(self) -> np.ndarray:
        """Share of each row in the mean, (k,)."""
        return self.share


def proper(name: str, prior: Any, positive: bool = True) -> Any:
    """The prior, if it is proper and lives where its parameter does.

    Raises
    ------
    AnalysisError
    """
    kinds = TAU_PRIORS if positive else (priors.Normal,)
    if not isinstance(prior, kinds) or not prior.proper or (isinstance(prior, priors.Uniform) and prior.low < 0):
        rule = "a proper prior on the positive line" if positive else "a Normal prior"
        raise AnalysisError(f"{name} ~ {prior!r} cannot be used in this model; it needs {rule}")
    return prior


def typical(prior: Any) -> float:
    """A place in the middle of a prior, for chains to start from."""
    return float(prior.ppf(np.array(0.5)))


def scale_moments(prior: Any, informative: int) -> tuple[bool, bool]:
    """Whether mean and SD of a spread exist a posteriori: its prior falls like a power, each row that holds its effect adds one."""
    exponent = tail_power(prior) + informative
    return converges(exponent - 1, falls_by_log(prior)), converges(exponent - 2, falls_by_log(prior))
