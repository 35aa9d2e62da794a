"""Averaging over models with and without an effect, heterogeneity and publication bias, by deterministic quadrature.

The robust Bayesian approach of Maier, Bartos & Wagenmakers 2023 (doi 10.1037/met0000405) and Bartos et al. 2023
(doi 10.1002/jrsm.1594), without sampling: each model's marginal likelihood is an integral over mu, log tau and the bias
parameters. Panels are put where the integrand lives, and the rule of twice the nodes gives the quadrature error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logsumexp

from workbench.errors import AnalysisError
from workbench.synthesis.bias.asymmetry import _arrays
from workbench.synthesis.bias.biasmodels import Bias, InverseGamma, Studies, bias_models, prior_from
from workbench.synthesis.bias.linewise import Lines, solve
from workbench.synthesis.bias.readings import NotTested, Printed, factor, limit, number, sentence, table

if TYPE_CHECKING:
    import pandas

COMPONENTS = ("effect", "heterogeneity", "bias")


@dataclass(frozen=True)
class Model:
    """One model of the ensemble.

    Attributes
    ----------
    effect, heterogeneity : bool
        Whether mu and tau are free; otherwise 0.
    bias : str
        Name of the bias model; empty for none.
    prior, posterior : float
        Probabilities.
    log_marginal : float
    error : float
        Quadrature error of `log_marginal`: its change when the nodes are halved.
    mean : float
        Posterior mean of mu within the model.
    """

    effect: bool
    heterogeneity: bool
    bias: str
    prior: float
    posterior: float
    log_marginal: float
    error: float
    mean: float


@dataclass(frozen=True, repr=False)
class Averaged(Printed):
    """An average over models.

    Attributes
    ----------
    models : tuple of Model
    factors : mapping of str to float
        Inclusion Bayes factor of each of `COMPONENTS`: posterior odds of the models with it over their prior odds; nan where
        the ensemble does not part on it.
    mean, sd, median : float
        Of mu, over all models (those without an effect put their mass at 0).
    interval : tuple of float
        Central 95 %.
    positive : float
        P(mu > 0).
    conditional : mapping of str to float
        mean, median, lower and upper of mu over the models with an effect alone.
    tau : float
        Posterior mean of tau over all models.
    k : int
    """

    models: tuple[Model, ...]
    factors: Mapping[str, float]
    mean: float
    sd: float
    median: float
    interval: tuple[float, float]
    positive: float
    conditional: Mapping[str, float]
    tau: float
    k: int
    _mixture: tuple[tuple[float, Lines | None], ...] = field(default=(), compare=False)

    @property
    def health(self) -> dict[str, float]:
        """Greatest quadrature error of a log marginal likelihood, over models of some weight."""
        return {"log_marginal_error": max((m.error for m in self.models if m.posterior > 1e-6), default=0.0)}

    def posterior(self, component: str) -> float:
        """Posterior probability that a component of `COMPONENTS` is there."""
        return sum(m.posterior for m in self.models if getattr(m, component))

    def cdf(self, x: float) -> float:
        """P(mu <= x) over all models."""
        return _cdf(self._mixture, x)

    def table(self) -> pandas.DataFrame:
        """One row per model."""
        import pandas

        return pandas.DataFrame([vars(m) for m in self.models])

    @property
    def reading(self) -> str:
        """One sentence: bias, effect and the averaged mean."""
        bf, bound = self.factors["bias"], limit("some_evidence")
        key = "bias_for" if bf > bound else "bias_against" if bf < 1 / bound else "bias_open"
        low, high = map(number, self.interval)
        return sentence(
            "averaging", "whole", bias=sentence("averaging", key), bf_bias=factor(bf), models=len(self.models), mean=number(self.mean),
            low=low, high=high, bf_effect=factor(self.factors["effect"]),
        )  # fmt: skip

    def _title(self) -> str:
        return f"Average over {len(self.models)} models, k={self.k}"

    def _parts(self) -> dict[str, str]:
        parts = {f"BF {name}": factor(value) for name, value in self.factors.items()}
        low, high = map(number, self.interval)
        return parts | {"mu": f"mean {number(self.mean)}, median {number(self.median)} ({low} to {high})", "P(mu > 0)": number(self.positive)}


def model_average(
    y, se, *, effect=None, heterogeneity=None, biases: Sequence[Bias] | None = None, measure: str = "SMD", x=None,
    critical: Callable[[np.ndarray], np.ndarray] | None = None, error: bool = True,
) -> Averaged | NotTested:  # fmt: skip
    """Average over models with and without effect, heterogeneity and publication bias.

    Parameters
    ----------
    y, se : array_like, shape (k,)
        Effects, turned so that benefit is positive (that is where selection is taken to push), and standard errors.
    effect, heterogeneity : prior, optional
        Of mu and of tau where they are free; the PSMA priors of ``biastests.toml`` by default, on the scale of `measure`.
    biases : sequence of Bias, optional
        Bias models with their shares of one half of the prior probability; () for none; PSMA's eight by default.
    measure : str
        Scale of the default priors.
    x : array_like, shape (k,), optional
        Precision that PET and PEESE regress on; the standard errors by default.
    critical : callable, optional
        From upper-tail probabilities (m,) to effects (m, k) at which they are reached; by default ``se z``.
    error : bool
        Solve each model with half the nodes as well, for the quadrature error.

    Returns
    -------
    Averaged, or NotTested where the measure has no default priors.
    """
    y, se = _arrays(y, se, 2)
    scale = table("biastests")["averaging"]["scale"].get(measure)
    if scale is None and None in (effect, heterogeneity, biases):
        return NotTested("Model averaging", sentence("untested", "scale", measure=measure), y.size)
    defaults = table("biastests")["averaging"]
    effect = prior_from(defaults["effect"], scale) if effect is None else effect
    heterogeneity = prior_from(defaults["heterogeneity"], scale) if heterogeneity is None else heterogeneity
    if not (effect.proper and heterogeneity.proper):
        raise AnalysisError("averaging over models needs proper priors: a Bayes factor has no meaning with a flat one")
    biases = bias_models(scale) if biases is None else tuple(biases)
    studies = Studies(y, se, se if x is None else np.asarray(x, float), critical)
    return _average(studies, effect, heterogeneity, biases, error)


def _average(studies: Studies, effect: Any, heterogeneity: Any, biases: Sequence[Bias], error: bool) -> Averaged:
    total = sum(bias.share for bias in biases)
    forms: list[tuple[Bias | None, float]] = [(None, 0.5 if biases else 1.0)] + [(bias, 0.5 * bias.share / total) for bias in biases]
    found, lines = [], []
    for bias, prior in forms:
        for free in (False, True):
            for spread in (False, True):
                solved = solve(studies, effect if free else None, heterogeneity if spread else None, bias, error)
                found.append((free, spread, bias.name if bias else "", prior / 4, solved))
                lines.append(solved)
    log_joint = np.array([np.log(prior) + solved.log_marginal for *_, prior, solved in found])
    posterior = np.exp(log_joint - logsumexp(log_joint))
    models = tuple(
        Model(free, spread, name, prior, float(p), solved.log_marginal, solved.error, solved.mean)
        for (free, spread, name, prior, solved), p in zip(found, posterior, strict=True)
    )
    mixture = tuple((float(p), solved if m.effect else None) for p, m, solved in zip(posterior, models, lines, strict=True))
    return _summary(models, mixture, sum(p * solved.tau for p, solved in zip(posterior, lines, strict=True)), studies.y.size)


def _summary(models: tuple[Model, ...], mixture, tau: float, k: int) -> Averaged:
    mean = sum(p * line.mean for p, line in mixture if line)
    square = sum(p * line.square for p, line in mixture if line)
    share = sum(p for p, line in mixture if line)
    given = tuple((p / share, line) for p, line in mixture if line) if share > 0 else ()
    low, median, high = (_quantile(mixture, p) for p in (0.025, 0.5, 0.975))
    conditional = {"mean": mean / share if share > 0 else float("nan")}
    conditional |= {name: _quantile(given, p) if given else float("nan") for name, p in (("median", 0.5), ("lower", 0.025), ("upper", 0.975))}
    positive = share - sum(p * float(line.cdf(0.0)) for p, line in mixture if line)
    factors = {name: _inclusion(models, name) for name in COMPONENTS}
    sd = float(np.sqrt(max(0.0, square - mean**2)))
    return Averaged(models, factors, float(mean), sd, median, (low, high), float(positive), conditional, float(tau), k, mixture)


def _inclusion(models: tuple[Model, ...], component: str) -> float:
    """Posterior over prior odds of the models that have a component."""
    prior = [sum(m.prior for m in models if bool(getattr(m, component)) == there) for there in (True, False)]
    posterior = [sum(m.posterior for m in models if bool(getattr(m, component)) == there) for there in (True, False)]
    if not all(prior):
        return float("nan")
    return (posterior[0] / posterior[1] if posterior[1] > 0 else float("inf")) * prior[1] / prior[0]


def _cdf(mixture, x: float) -> float:
    return sum(p * (float(line.cdf(x)) if line else float(x >= 0)) for p, line in mixture)


def _quantile(mixture, p: float) -> float:
    """Quantile of mu over lines and the mass at 0, by bisection."""
    atom = sum(weight for weight, line in mixture if line is None)
    below = sum(weight * float(line.cdf(0.0)) for weight, line in mixture if line)
    if atom and below < p <= below + atom:
        return 0.0
    lines = [(weight, line) for weight, line in mixture if line and weight > 0]
    low, high = min(line.low for _, line in lines), max(line.high for _, line in lines)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _cdf(mixture, middle) < p else (low, middle)
    return (low + high) / 2


__all__ = ["COMPONENTS", "Averaged", "Bias", "InverseGamma", "Model", "bias_models", "model_average"]
