"""A heterogeneity SD as a variable of integration: which priors it may have, how they fall off, where to look.

Every model on the exact engine integrates over one such SD, or over two. What they share stands here: the change of
variable that makes a few nodes suffice, the range that holds all but nothing of the posterior, and the priors' tails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors

TAU_PRIORS = (
    priors.HalfNormal, priors.HalfStudentT, priors.HalfCauchy, priors.LogNormal, priors.LogStudentT, priors.Uniform, priors.Flat,
)  # fmt: skip
LONGEST = 300.0  # of the range in log tau: beyond, tau squared would overflow
ERROR_LIMIT = 1e-6  # a larger quadrature error withholds the result; the usual one is 1e-12
_FALL = 45.0  # in the log of a density, beyond which nothing is left
_STEEPEST = 700.0  # argument at which sinh still is a number


def check_tau_prior(prior, name: str = "tau") -> None:
    """Raise `AnalysisError` unless the prior is one for a heterogeneity SD."""
    if not isinstance(prior, TAU_PRIORS):
        raise AnalysisError(f"{name} ~ {prior!r} is not supported; use one of {', '.join(kind.__name__ for kind in TAU_PRIORS)}")
    if isinstance(prior, priors.Uniform) and prior.low < 0:
        raise AnalysisError(f"{name} ~ {prior!r} allows negative values; its low end must be 0 or more")


def tail_power(prior) -> float:
    """p where the prior's density falls off like tau ** -p; ``inf`` where it falls faster than any power.

    A log-t falls like 1 / tau, times a power of log tau that makes it proper all the same (`falls_by_log`).
    """
    if isinstance(prior, priors.Flat):
        return 0.0
    if isinstance(prior, (priors.HalfStudentT, priors.HalfCauchy)):
        return prior.df + 1
    return 1.0 if falls_by_log(prior) else np.inf


def falls_by_log(prior) -> bool:
    """Whether the density has a factor (log tau) ** -(df + 1): then tau ** -1 has a finite integral with it."""
    return isinstance(prior, priors.LogStudentT)


def converges(exponent: float, by_log: bool) -> bool:
    """Whether the integral of tau ** -exponent out to infinity is finite, with the factor of a log-t prior or without."""
    return exponent > 1 or (by_log and exponent == 1)


def prior_sizes(prior):
    """Sizes of tau below which its prior is level (or empty) and above which it is in its tail."""
    if isinstance(prior, priors.LogNormal):
        return np.exp(prior.meanlog - 3 * prior.sdlog), np.exp(prior.meanlog + 9 * prior.sdlog + 2 * prior.sdlog**2)
    if isinstance(prior, priors.Uniform):
        return prior.high, prior.high
    if isinstance(prior, (priors.Flat, priors.LogStudentT)):  # the latter has a variable of its own
        return np.inf, 0.0
    return prior.scale, 40 * prior.scale


@dataclass(frozen=True)
class TauScale:
    """The variable of integration x, tau = size sinh(x): straight near 0, logarithmic beyond ``size``.

    With ``size`` no larger than the smallest SD in the model, every conditional quantity is analytic
    within pi / 2 of the real line, and a few nodes suffice whatever the scales of the rows.
    """

    size: float

    def tau(self, x: np.ndarray) -> np.ndarray:
        """tau at x."""
        return self.size * np.sinh(x)

    def x(self, tau: np.ndarray) -> np.ndarray:
        """x at tau."""
        return np.arcsinh(tau / self.size)

    def log_slope(self, x: np.ndarray) -> np.ndarray:
        """log (d tau / d x)."""
        return np.log(self.size) + np.logaddexp(x, -x) - np.log(2)

    def log_prior(self, prior, x: np.ndarray) -> np.ndarray:
        """Log density of x that a prior of tau implies."""
        return prior.logpdf(self.tau(x)) + self.log_slope(x)


@dataclass(frozen=True)
class LogScale:
    """The variable of integration for a log-t prior: log tau = location + scale sinh(x).

    It turns the polynomial tails of log tau, at both ends, into exponential ones (as in the double exponential rule of
    Takahasi & Mori 1974, doi 10.2977/prims/1195192451). tau itself is held within ``ends``, by default what can be
    squared: beyond, no conditional quantity moves any more.
    """

    location: float
    scale: float
    ends: tuple[float, float] = (-LONGEST, LONGEST)  # of log tau

    def _log_tau(self, x: np.ndarray) -> np.ndarray:
        return self.location + self.scale * np.sinh(x)

    def tau(self, x: np.ndarray) -> np.ndarray:
        """tau at x."""
        return np.exp(np.clip(self._log_tau(x), *self.ends))

    def x(self, tau: np.ndarray) -> np.ndarray:
        """x at tau."""
        with np.errstate(divide="ignore"):
            return np.arcsinh((np.log(tau) - self.location) / self.scale)

    def log_slope(self, x: np.ndarray) -> np.ndarray:
        """log (d tau / d x)."""
        return self._log_tau(x) + np.log(self.scale) + np.logaddexp(x, -x) - np.log(2)

    def log_prior(self, prior, x: np.ndarray) -> np.ndarray:
        """Log density of x that the log-t prior of tau implies."""
        return prior.on_log_scale(self._log_tau(x)) + np.log(self.scale) + np.logaddexp(x, -x) - np.log(2)


def variable(prior, smallest: float, far: float, exponent: float, power: int) -> tuple[TauScale | LogScale, float, float]:
    """Variable of integration of one SD, and the range that holds all but nothing of its posterior.

    Parameters
    ----------
    prior : prior
        Of the SD.
    smallest : float
        Smallest SD that the model knows besides: of an estimate, or of the mean.
    far : float
        Size beyond which the likelihood is in its tail.
    exponent : float
        The posterior falls off like tau ** -exponent; ``inf`` for light tails.
    power : int
        Highest moment that exists and must be resolved.
    """
    if isinstance(prior, priors.LogStudentT):
        reach = min(_FALL / prior.df + np.arcsinh(np.sqrt(prior.df)), _STEEPEST)
        return LogScale(prior.location, prior.scale), -reach, reach
    small, large = prior_sizes(prior)
    scale = TauScale(float(min(small, smallest)))
    if isinstance(prior, priors.Uniform):
        return scale, float(scale.x(prior.low)), float(scale.x(prior.high))
    high = float(scale.x(max(large, far)))
    if np.isfinite(exponent):
        high = min(high + _FALL / (exponent - 1 - power), LONGEST)
    return scale, 0.0, high


def held(scale: TauScale | LogScale, smallest: float, far: float) -> TauScale | LogScale:
    """The variable with tau kept to what double precision resolves beside the smallest SD.

    For models that subtract or factorise what the exact engine has in closed form. What a log-t prior puts beyond is
    taken at the end, where the likelihood has fallen by four powers of ten or more.
    """
    if not isinstance(scale, LogScale):
        return scale
    top = max(min(np.log(far) + 9, np.log(smallest) + 16), np.log(far))
    return replace(scale, ends=(-LONGEST, float(top)))


def farthest(y: np.ndarray, variance: np.ndarray, mu_prior) -> float:
    """A size of tau far beyond what rows y (k,) with these variances can tell: 0 where there are none."""
    if y.size == 0:
        return 0.0
    location = getattr(mu_prior, "mean", getattr(mu_prior, "location", y[0]))
    return float(100 * max(np.sqrt(variance).max(), np.ptp(y), abs(y - location).max()))
