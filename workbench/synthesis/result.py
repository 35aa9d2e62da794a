"""What a fit gives back: `Synthesis`, and the `Posterior` that every engine supplies to it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from workbench.errors import AnalysisError, nearest

if TYPE_CHECKING:
    import pandas

    from workbench.draws import Draws
    from workbench.synthesis.sensitivity import PriorWeight

QUANTITIES = ("mu", "tau", "theta_new", "centre")
SUMMARY_LEVEL = 0.95


class Estimates(NamedTuple):
    """Posterior means, SDs and central limits of several things at once (arrays of one shape)."""

    mean: np.ndarray
    sd: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@runtime_checkable
class Posterior(Protocol):
    """What an engine must be able to say about the posterior that it found.

    One-dimensional arrays in, arrays of the same length out. ``quantity`` is one of ``mu`` (mean of the effects), ``tau`` (their SD),
    ``theta_new`` (effect in a new area) and ``centre`` (what a new area is centred on: ``mu``, or the
    target study's own effect). Moments that do not exist are ``nan``.

    Attributes
    ----------
    engine : str
        ``"exact"`` or ``"pymc"``.
    log_marginal : float
        Log marginal likelihood; ``nan`` where the engine does not compute it.
    health : mapping of str to float
        The engine's own diagnostics.
    """

    engine: str
    log_marginal: float
    health: Mapping[str, float]

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD."""
        ...

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity <= x), same shape as ``x``."""
        ...

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity > x), accurate in the upper tail."""
        ...

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`cdf`, same shape as ``p``."""
        ...

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Posterior density, same shape as ``x``."""
        ...

    def studies(self, level: float) -> Estimates:
        """Each row's own effect theta_i, shrunken: arrays (k,)."""
        ...

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient: arrays (m,)."""
        ...

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in the mean of mu: (k,), sums to 1."""
        ...

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws of tau, centre and theta_new, each (n,), at ``points`` (n, 3) in (0, 1).

        The three columns belong to tau, to centre given tau, and to theta_new given both, which is
        Normal(centre, tau squared).
        """
        ...


@dataclass(frozen=True, repr=False, eq=False)
class Synthesis:
    """A fitted random-effects model and everything that it can answer.

    Attributes
    ----------
    effects : EffectSizes
        The rows that went in (positive = benefit; log scale for ratios).
    mu_prior, tau_prior : prior
        Priors of the mean and of the SD of the effects.
    terms : mapping of str to Normal
        Prior of each design column's coefficient.
    target : int or None
        Row on whose own effect a new area is centred; None means mu.
    posterior : Posterior
        The engine's result.
    """

    effects: Any
    mu_prior: Any
    tau_prior: Any
    terms: Mapping[str, Any]
    target: int | None
    posterior: Posterior = field(repr=False)

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return self.posterior.engine

    @property
    def log_marginal(self) -> float:
        """Log marginal likelihood (with an improper prior: up to that prior's constant)."""
        return self.posterior.log_marginal

    @property
    def health(self) -> dict[str, float]:
        """The engine's own diagnostics (exact: quadrature error; pymc: rhat, ess, divergences, bfmi)."""
        return dict(self.posterior.health)

    # Quantities ---------------------------------------------------------------------------------

    def mean(self, quantity: str) -> float:
        """Posterior mean; ``nan`` if it is not finite."""
        return self._moments[self._known(quantity)][0]

    def sd(self, quantity: str) -> float:
        """Posterior SD; ``nan`` if it is not finite."""
        return self._moments[self._known(quantity)][1]

    def median(self, quantity: str) -> float:
        """Posterior median."""
        return self.quantile(quantity, 0.5)

    def quantile(self, quantity: str, p):
        """Posterior quantile(s) at ``p`` (scalar or array, in [0, 1])."""
        points = np.asarray(p, float)
        if not np.all((points >= 0) & (points <= 1)):
            raise AnalysisError(f"quantile: p = {p!r} must lie between 0 and 1")
        return _as_given(self.posterior.quantile(self._known(quantity), points.ravel()), points)

    def interval(self, quantity: str, level: float = SUMMARY_LEVEL) -> tuple[float, float]:
        """Central credible interval (equal tails)."""
        if not 0 < level < 1:
            raise AnalysisError(f"interval: level = {level!r} must lie between 0 and 1, e.g. 0.95")
        lower, upper = self.quantile(quantity, [(1 - level) / 2, (1 + level) / 2])
        return float(lower), float(upper)

    def density(self, quantity: str, x):
        """Posterior density at ``x`` (scalar or array)."""
        points = _numbers("density", x)
        return _as_given(self.posterior.density(self._known(quantity), points.ravel()), points)

    def cdf(self, quantity: str, x):
        """P(quantity <= x) (scalar or array)."""
        points = _numbers("cdf", x)
        return _as_given(self.posterior.cdf(self._known(quantity), points.ravel()), points)

    def probability(self, quantity: str, above=None, below=None, between=None) -> float:
        """Posterior probability of one region.

        Parameters
        ----------
        quantity : {"mu", "tau", "theta_new", "centre"}
            What is asked about.
        above, below : float, optional
            P(quantity > above) or P(quantity < below).
        between : pair of float, optional
            P(low < quantity < high).
        """
        name = self._known(quantity)
        if sum(part is not None for part in (above, below, between)) != 1:
            raise AnalysisError("probability: give exactly one of above, below and between, e.g. above=0.0")
        if above is not None:
            return float(self.posterior.sf(name, _number("above", above))[0])
        if below is not None:
            return float(self.posterior.cdf(name, _number("below", below))[0])
        limits = _numbers("between", between)
        if limits.shape != (2,) or limits[0] > limits[1]:
            raise AnalysisError(f"probability: between = {between!r} must be (low, high) with low <= high")
        # The smaller tail is subtracted from the smaller tail, so that nothing cancels far out.
        upper, lower = self.posterior.sf(name, limits), self.posterior.cdf(name, limits)
        return float(upper[0] - upper[1] if lower[0] > 0.5 else lower[1] - lower[0])

    # Tables -------------------------------------------------------------------------------------

    def summary(self) -> "pandas.DataFrame":
        """Table of mu, tau (omega) and theta_new: mean, sd, median and central 95 % limits."""
        import pandas

        names = getattr(self.posterior, "summarised", ("mu", "tau", "theta_new"))
        rows = []
        for name in names:
            lower, median, upper = self.quantile(name, [0.025, 0.5, 0.975])
            rows.append((self.mean(name), self.sd(name), median, lower, upper))
        columns = ["mean", "sd", "median", "lower", "upper"]
        return pandas.DataFrame(rows, index=pandas.Index(names), columns=columns, dtype=float)

    def shrinkage(self) -> "pandas.DataFrame":
        """Table of the rows: y and se as they went in, the shrunken theta_i and the weight in mu."""
        import pandas

        own = self.posterior.studies(SUMMARY_LEVEL)
        columns = {"y": self.effects.y, "se": self.effects.se, **own._asdict(), "weight": self.weights()}
        return pandas.DataFrame(columns, index=pandas.Index(list(self.effects.labels), name="study"), dtype=float)

    def terms_summary(self) -> "pandas.DataFrame":
        """Table of the design terms' coefficients: prior and posterior, central 95 % limits."""
        import pandas

        own = self.posterior.terms(SUMMARY_LEVEL)
        priors = {
            "prior_mean": [getattr(prior, "mean", np.nan) for prior in self.terms.values()],
            "prior_sd": [getattr(prior, "sd", np.inf) for prior in self.terms.values()],
        }
        index = pandas.Index(list(self.terms), name="term")
        return pandas.DataFrame({**own._asdict(), **priors}, index=index, dtype=float)

    def weights(self) -> np.ndarray:
        """Share of each row in the mean of mu, averaged over the posterior of tau: (k,), sums to 1."""
        return self.posterior.weights()

    @cached_property
    def prior_weight(self) -> "PriorWeight":
        """What the answer owes to its priors: overlap of prior and posterior, the prior's share of what is known of mu."""
        from workbench.synthesis.sensitivity import prior_weight

        return prior_weight(self)

    # Bayes factors and draws ----------------------------------------------------------------------

    def bayes_factor(self, quantity: str = "mu", value: float = 0.0) -> float:
        """Bayes factor of ``quantity == value`` (mu or tau) against the fitted model, in favour of the point.

        Posterior over prior density at the point; see `factors.savage_dickey`.
        """
        from workbench.synthesis.factors import savage_dickey

        return savage_dickey(self, quantity, value)

    def draws(self, count: int = 4096, seed: int = 1, dimensions=None, name: str | None = None) -> "Draws":
        """Draws of the new-area effect, each quantity on its own registered Sobol dimension.

        Parameters
        ----------
        count : int
            A power of two.
        seed : int
            Seed of the scramble.
        dimensions : mapping of str to int, optional
            Registered dimensions; default: the ``dimensions`` table of the effects' evidence.
        name : str, optional
            Used instead of the outcome in ``effect/<outcome>/tau``, ``.../centre`` and ``.../new``.
        """
        from workbench.draws import draw

        return draw(self, count=count, seed=seed, dimensions=dimensions, name=name)

    # Printing -------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return (
            f"<Synthesis {self.model}, {self.engine}; mu {self._words('mu')}, theta_new {self._words('theta_new')} "
            f"(central 95 %); priors {self._prior_words()}; {self._health_words()}>"
        )

    def _repr_html_(self) -> str:
        facts = {
            "Model": self.model,
            "Priors": self._prior_words(),
            "Prior against posterior": str(self.prior_weight),
            "Intervals": "central 95 % (equal tails)",
            "Engine": f"{self.engine}; {self._health_words()}",
        }
        listed = "".join(f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>" for key, value in facts.items())
        table = self.summary()
        heads = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in table.columns)
        body = "".join(
            f'<tr><th scope="row">{html.escape(str(name))}</th>'
            + "".join(f"<td>{_figure(value)}</td>" for value in row)
            + "</tr>"
            for name, row in zip(table.index, table.to_numpy())
        )
        caption = html.escape(f"Posterior of {getattr(self.effects, 'outcome', None) or 'the effects'}")
        return (
            f'<div class="synthesis"><table><caption>{caption}</caption><thead><tr><td></td>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table><dl>{listed}</dl></div>"
        )

    @property
    def model(self) -> str:
        """The model in a few words."""
        k = len(self.effects.y)
        words = f"{getattr(self.posterior, 'model', 'normal-normal random effects')}, k = {k}, measure {self.effects.measure}"
        if self.terms:
            words += f", terms {', '.join(self.terms)}"
        if self.target is not None:
            words += f", new area centred on {self.effects.labels[self.target]}"
        return words

    @cached_property
    def _moments(self) -> dict[str, tuple[float, float]]:
        return {name: self.posterior.moments(name) for name in self.quantities}

    @property
    def quantities(self) -> tuple[str, ...]:
        """What can be asked about; ``omega`` too where the model has two variance components."""
        return getattr(self.posterior, "quantities", QUANTITIES)

    def _known(self, quantity: str) -> str:
        if quantity not in self.quantities:
            hint = nearest(str(quantity), self.quantities)
            raise AnalysisError(f"quantity = {quantity!r} is not one of {', '.join(self.quantities)}" + (f"; {hint}" if hint else ""))
        return quantity

    def _words(self, quantity: str) -> str:
        lower, median, upper = self.quantile(quantity, [0.025, 0.5, 0.975])
        return f"{_figure(median)} ({_figure(lower)} to {_figure(upper)})"

    def _prior_words(self) -> str:
        further = getattr(self.posterior, "further_priors", {})
        named = {"mu": self.mu_prior, "tau": self.tau_prior, **further, **self.terms}
        return ", ".join(f"{name} ~ {prior!r}" for name, prior in named.items())

    def _health_words(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in self.health.items())


def _numbers(what: str, x) -> np.ndarray:
    try:
        points = np.asarray(x, float)
    except (TypeError, ValueError):
        raise AnalysisError(f"{what} = {x!r} must be a number or numbers") from None
    if np.isnan(points).any():
        raise AnalysisError(f"{what} = {x!r} must not be missing (nan)")
    return points


def _number(what: str, x) -> np.ndarray:
    points = _numbers(what, x)
    if points.size != 1:
        raise AnalysisError(f"{what} = {x!r} must be one number")
    return points.reshape(1)


def _as_given(values: np.ndarray, like: np.ndarray):
    return float(values[0]) if like.ndim == 0 else np.asarray(values).reshape(like.shape)


def _figure(value: float) -> str:
    return "not finite" if np.isnan(value) else f"{value:.3g}"
