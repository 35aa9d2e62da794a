"""PyMC models that are compiled once and reused: priors' figures and the data are inputs, not part of the model.

Every normal layer that can be integrated out is (`latent` puts it back afterwards), so NUTS walks in a few dimensions
without a funnel. A half-normal spread is the quantile of a standard normal, u: where the data say little, as near zero,
NUTS meets that normal, and the logarithm's endless slope towards minus infinity is not there. The sampler (`nuts`) is driven
directly: `pymc.sample` would compile further functions at every call.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import nuts
from workbench.synthesis.mcmc.pymc_engine import Settings, _pymc

#: Kinds of prior that become inputs, with the order of their figures.
FIGURES = {
    priors.Normal: ("mean", "sd"),
    priors.StudentT: ("df", "location", "scale"),
    priors.HalfNormal: ("scale",),
    priors.HalfStudentT: ("df", "scale"),
    priors.HalfCauchy: ("scale",),
    priors.LogNormal: ("meanlog", "sdlog"),
    priors.LogStudentT: ("df", "location", "scale"),
    priors.Uniform: ("low", "high"),
}


@dataclass(frozen=True)
class Structure:
    """What must be compiled: everything about a model except numbers.

    Attributes
    ----------
    model : {"components", "counts", "robust"}
    parameters : tuple of (name, kind)
        Scalars with their priors' kind, the name of a class in `priors`.
    terms : int
        Number of additive terms that are sampled.
    correlated : bool
        For two components: whether they have a correlation to be sampled, 2 x ``half`` - 1 with an LKJ prior.
    """

    model: str
    parameters: tuple[tuple[str, str], ...]
    terms: int = 0
    correlated: bool = False


@dataclass(frozen=True, eq=False)
class Chains:
    """What a sampler drew.

    Attributes
    ----------
    values : mapping of str to ndarray, shape (chains, draws, ...)
        Parameters on their own scale.
    diverging, energy : ndarray, shape (chains, draws)
    steps : int
        Evaluations of the gradient after tuning.
    """

    values: Mapping[str, np.ndarray]
    diverging: np.ndarray
    energy: np.ndarray
    steps: int


def figures(prior: Any) -> np.ndarray:
    """The figures of a prior, as its input.

    Raises
    ------
    AnalysisError
        If the prior is improper or of a kind that cannot be an input.
    """
    if type(prior) not in FIGURES:
        raise AnalysisError(f"{prior!r} cannot be used in a sampled model; use one of {', '.join(kind.__name__ for kind in FIGURES)}")
    return np.array([getattr(prior, name) for name in FIGURES[type(prior)]], float)


def _half_normal(pm: Any, name: str, scale: Any) -> Any:
    """tau = scale x quantile of the half-normal at Phi(u), u standard normal: -Phi^-1(Phi(-u) / 2), without cancelling."""
    import pytensor.tensor as pt

    u = pm.Normal(f"{name}_normal__", 0.0, 1.0)
    return scale * np.sqrt(2) * pt.erfcinv(0.5 * pt.erfc(u / np.sqrt(2)))


def _scalar(pm: Any, name: str, kind: str) -> Any:
    """One parameter whose prior's figures are an input named after it."""
    import pytensor.tensor as pt

    given = pm.Data(f"prior_{name}", np.ones(len(FIGURES[getattr(priors, kind)])))
    makers = {
        "Normal": lambda: pm.Normal(name, mu=given[0], sigma=given[1]),
        "StudentT": lambda: pm.StudentT(name, nu=given[0], mu=given[1], sigma=given[2]),
        "HalfNormal": lambda: _half_normal(pm, name, given[0]),
        "HalfStudentT": lambda: pm.HalfStudentT(name, nu=given[0], sigma=given[1]),
        "HalfCauchy": lambda: pm.HalfCauchy(name, beta=given[0]),
        "LogNormal": lambda: pm.LogNormal(name, mu=given[0], sigma=given[1]),
        "LogStudentT": lambda: pt.exp(pm.StudentT(f"{name}_log__", nu=given[0], mu=given[1], sigma=given[2])),
        "Uniform": lambda: pm.Uniform(name, lower=given[0], upper=given[1]),
    }
    return makers[kind]()


def _components(pm: Any, structure: Structure, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """y ~ N(0, fixed + sum_j scale_j^2 part_j [+ r scale_0 scale_1 cross] [+ scale_i scale_j known_ij])."""
    from workbench.synthesis.mcmc.normal_density import NormalDensity

    fixed, parts = pm.Data("fixed", np.eye(shapes["fixed"][0])), pm.Data("parts", np.zeros(shapes["parts"]))
    residual = pm.Data("residual", np.zeros(shapes["residual"]))
    scales = [_scalar(pm, name, kind) for name, kind in structure.parameters]
    spread = fixed
    for index, scale in enumerate(scales):
        spread = spread + scale**2 * parts[index]
    if structure.correlated:
        eta = pm.Data("eta", np.array(1.0))
        spread = spread + (2 * pm.Beta("half", alpha=eta, beta=eta) - 1) * scales[0] * scales[1] * pm.Data("cross", np.zeros(shapes["cross"]))
    if "known" in shapes:
        known = pm.Data("known", np.zeros(shapes["known"]))
        for i in range(len(scales)):
            for j in range(i + 1, len(scales)):
                spread = spread + scales[i] * scales[j] * known[i, j]
    pm.Potential("y", NormalDensity()(spread, residual)[0])


def _terms(pm: Any, structure: Structure, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    """Sum of the additive terms by row; 0 where there are none."""
    if not structure.terms:
        return 0.0
    design, given = pm.Data("design", np.zeros(shapes["design"])), pm.Data("prior_b", np.ones((2, structure.terms)))
    b = pm.Normal("b", mu=given[0], sigma=given[1], shape=structure.terms)
    return (design * b).sum(axis=1)


def _counts(pm: Any, structure: Structure, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Both arms binomial, each study with its own baseline log odds; effects non-centred.

    The sampled baseline is that of the middle between the arms, which the effect hardly moves; the prior is that of
    the control arm.
    """
    import pytensor.tensor as pt

    k = shapes["events"][1]
    events, size = pm.Data("events", np.ones((2, k))), pm.Data("size", np.full((2, k), 2.0))
    sign, informs, prior = pm.Data("sign", np.ones(k)), pm.Data("informs", np.ones(k)), pm.Data("prior_baseline", np.ones(2))
    mu, tau = (_scalar(pm, name, kind) for name, kind in structure.parameters)
    z = pm.Normal("z", 0.0, 1.0, shape=k)
    effect = sign * (mu + informs * tau * z + _terms(pm, structure, shapes))
    middle = pm.Flat("middle", shape=k)
    control = middle - effect / 2
    pm.Potential("baseline", -0.5 * (((control - prior[0]) / prior[1]) ** 2).sum())
    logits = pt.stack([middle + effect / 2, control])
    pm.Potential("y", (events * logits - size * pt.softplus(logits)).sum())


def _robust(pm: Any, structure: Structure, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Student-t effects as a normal with a random precision w, which the trapezoid rule over log w integrates out."""
    import pytensor.tensor as pt

    k, nodes = shapes["y"][0], shapes["log_w"][0]
    y, variance, informs = pm.Data("y", np.zeros(k)), pm.Data("variance", np.ones(k)), pm.Data("informs", np.ones(k))
    log_w = pm.Data("log_w", np.zeros(nodes))
    mu, tau, *free = (_scalar(pm, name, kind) for name, kind in structure.parameters)
    half = (free[0] if free else pm.Data("nu", np.array(4.0))) / 2
    log_prior = half * pt.log(half) - pt.gammaln(half) + half * log_w - half * pt.exp(log_w) + pt.log(log_w[1] - log_w[0])
    spread = variance[:, None] + informs[:, None] * tau**2 * pt.exp(-log_w)[None, :]
    gap = (y - mu - _terms(pm, structure, shapes))[:, None]
    joint = log_prior[None, :] - 0.5 * pt.log(spread) - 0.5 * gap**2 / spread
    top = joint.max(axis=1, keepdims=True)
    pm.Potential("rows", (top[:, 0] + pt.log(pt.exp(joint - top).sum(axis=1))).sum())


_BUILDERS = {"components": _components, "counts": _counts, "robust": _robust}


@dataclass(frozen=True, eq=False)
class Program:
    """A model compiled by nutpie (``machine``), or its gradient by PyTensor; the other is None."""

    model: Any
    machine: Any
    gradient: Any

    def point(self, start: Mapping[str, Any]) -> Any:
        """The unconstrained point at which parameters have the values of ``start``."""
        from pymc.blocking import DictToArrayBijection

        found = {}
        for variable in self.model.continuous_value_vars:
            name, transform = _split(variable.name)
            value = np.asarray(start[name], float)
            if transform == "log":
                value = np.log(value)
            elif transform == "normal":
                value = -ndtri(2 * ndtr(-value / self._scale(name)))
            elif transform in ("interval", "logodds"):
                low, high = self._limits(name, transform)
                value = np.log((value - low) / (high - value))
            found[variable.name] = value
        return DictToArrayBijection.map(found)

    def _scale(self, name: str) -> float:
        return float(self.model[f"prior_{name}"].get_value()[0])

    def _limits(self, name: str, transform: str) -> tuple[float, float]:
        return (0.0, 1.0) if transform == "logodds" else tuple(self.model[f"prior_{name}"].get_value())

    def values(self, points: np.ndarray, info: Any) -> dict[str, np.ndarray]:
        """Parameters on their own scale from unconstrained points (chains, draws, dimension)."""
        found, first = {}, 0
        for full, shape, size, _ in info:
            name, transform = _split(full)
            part = points[..., first : first + size].reshape(*points.shape[:2], *shape)
            first += size
            if transform == "log":
                part = np.exp(part)
            elif transform == "normal":
                part = -self._scale(name) * ndtri(ndtr(-part) / 2)
            elif transform in ("interval", "logodds"):
                low, high = self._limits(name, transform)
                part = low + (high - low) / (1 + np.exp(-part))
            found[name] = part
        return found


    def sampler(self, data: Mapping[str, np.ndarray], at: Any) -> tuple[Any, list[str]]:
        """What `nuts.walk` wants: the model with its data and starting point, and the names of a point's parts."""
        if self.machine is None:
            return nuts.by_gradient(self.gradient, at.data), ["x"]
        return nuts.filled(self.machine, data, at.data), [part[0] for part in at.point_map_info]


def _split(full: str) -> tuple[str, str]:
    """Name and transformation from the name of an unconstrained value, such as ``tau_log__``."""
    if not full.endswith("__"):
        return full, ""
    name, transform = full[:-2].rsplit("_", 1)
    return name, transform


def _shapes(structure: Structure, inputs: Mapping[str, np.ndarray]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Names and shapes of the inputs: as they are where the number of rows is one of parameters, else alike for any rows."""
    fixed, size = structure.model == "counts", max(2, len(structure.parameters))
    return tuple(sorted((name, np.shape(value) if fixed else (size,) * np.ndim(value)) for name, value in inputs.items()))


@lru_cache(maxsize=32)
def program(structure: Structure, shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> Program:
    """Compile a model, once per process for each structure and shapes of its inputs (`_shapes`)."""
    import pytensor

    pm = _pymc()
    with pytensor.config.change_flags(mode="NUMBA"), pm.Model() as model:
        _BUILDERS[structure.model](pm, structure, dict(shapes))
        if structure.model == "components":
            return Program(model, nuts.compiled(model), None)
        gradient = model.logp_dlogp_function(ravel_inputs=True)
    gradient.set_extra_values({})  # it has none, and wants to be told
    return Program(model, None, gradient)


def chains(structure: Structure, inputs: Mapping[str, np.ndarray], start: Mapping[str, Any], plan: Settings) -> Chains:
    """Run NUTS (`nuts.walk`), one chain after another, on one thread.

    Parameters
    ----------
    structure : Structure
    inputs : mapping of str to ndarray
        Data and the priors' figures, by the names that the model gives them.
    start : mapping of str to float or ndarray
        Where the chains start, on the parameters' own scale; each is moved by its own random step.
    plan : Settings
    """
    import pytensor
    from threadpoolctl import threadpool_limits

    pm = _pymc()
    logger = logging.getLogger("pymc")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        # several threads for matrices of this size only wait for each other
        with warnings.catch_warnings(), threadpool_limits(1), pytensor.config.change_flags(mode="NUMBA"):
            warnings.simplefilter("ignore")
            compiled, data = program(structure, _shapes(structure, inputs)), {name: np.asarray(value, float) for name, value in inputs.items()}
            with compiled.model:
                pm.set_data(data)
            at = compiled.point(start)
            found = nuts.walk(*compiled.sampler(data, at), plan)
    finally:
        logger.setLevel(before)
    return Chains(compiled.values(found.points, at.point_map_info), found.diverging, found.energy, found.steps)
