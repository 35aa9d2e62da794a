"""Priors as small frozen objects, and their look-up in the priors table.

Each has ``logpdf``, ``cdf`` and ``ppf`` on arrays, and ``proper``. Parametrisations are the usual
ones; ``HalfNormal(scale)`` is |Normal(0, scale)|, and so on. An improper ``Flat`` has density 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

import numpy as np
from scipy import special

from workbench.errors import AnalysisError, UsageError, nearest

LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)


def _require(ok: bool, prior: object, rule: str) -> None:
    if not ok:
        raise AnalysisError(f"{prior!r}: {rule}")


_LABELS = {"mean": "the mean", "sd": "the SD", "location": "the location", "scale": "the scale"}


def _finite(prior: object, *names: str) -> None:
    for name in names:
        _require(isfinite(getattr(prior, name)), prior, f"{_LABELS.get(name, name)} must be a finite number")


def _positive(prior: object, *names: str) -> None:
    for name in names:
        value = getattr(prior, name)
        _require(isfinite(value) and value > 0, prior, f"{_LABELS.get(name, name)} must be a finite number above 0")


def _log_student(z: np.ndarray, df: float) -> np.ndarray:
    """Log density of the standard t distribution."""
    constant = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - 0.5 * np.log(df * np.pi)
    # 1 + z^2/df by hypot: z^2 would overflow in the far tails that a half-Cauchy needs.
    return constant - (df + 1) * np.log(np.hypot(1.0, z / np.sqrt(df)))


def _on_positive(x: np.ndarray, log_density: np.ndarray) -> np.ndarray:
    return np.where(np.asarray(x) >= 0, log_density, -np.inf)


@dataclass(frozen=True)
class Normal:
    """Normal distribution with mean and SD."""

    mean: float
    sd: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _finite(self, "mean")
        _positive(self, "sd")
        _require(1e-150 < self.sd < 1e150, self, "the SD must lie between 1e-150 and 1e150; choose another unit")

    def logpdf(self, x):
        """Log density at ``x``."""
        return -0.5 * ((np.asarray(x, float) - self.mean) / self.sd) ** 2 - np.log(self.sd) - LOG_SQRT_2PI

    def cdf(self, x):
        """P(X <= x)."""
        return special.ndtr((np.asarray(x, float) - self.mean) / self.sd)

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.mean + self.sd * special.ndtri(p)


@dataclass(frozen=True)
class StudentT:
    """Student's t with degrees of freedom, location and scale (df = 1: Cauchy)."""

    df: float
    location: float
    scale: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _finite(self, "location")
        _positive(self, "scale", "df")

    def logpdf(self, x):
        """Log density at ``x``."""
        return _log_student((np.asarray(x, float) - self.location) / self.scale, self.df) - np.log(self.scale)

    def cdf(self, x):
        """P(X <= x)."""
        return special.stdtr(self.df, (np.asarray(x, float) - self.location) / self.scale)

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.location + self.scale * special.stdtrit(self.df, p)


@dataclass(frozen=True)
class HalfNormal:
    """Absolute value of Normal(0, scale)."""

    scale: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _positive(self, "scale")

    def logpdf(self, x):
        """Log density at ``x``."""
        z = np.asarray(x, float) / self.scale
        return _on_positive(x, np.log(2) - 0.5 * z**2 - np.log(self.scale) - LOG_SQRT_2PI)

    def cdf(self, x):
        """P(X <= x)."""
        return special.erf(np.maximum(np.asarray(x, float), 0) / (self.scale * np.sqrt(2)))

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.scale * np.sqrt(2) * special.erfinv(p)


@dataclass(frozen=True)
class HalfStudentT:
    """Absolute value of a t distribution with location 0."""

    df: float
    scale: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _positive(self, "scale", "df")

    def logpdf(self, x):
        """Log density at ``x``."""
        z = np.asarray(x, float) / self.scale
        return _on_positive(x, np.log(2) + _log_student(z, self.df) - np.log(self.scale))

    def cdf(self, x):
        """P(X <= x)."""
        return 1 - 2 * special.stdtr(self.df, -np.maximum(np.asarray(x, float), 0) / self.scale)

    def ppf(self, p):
        """Quantile at ``p``."""
        return -self.scale * special.stdtrit(self.df, (1 - np.asarray(p, float)) / 2)


@dataclass(frozen=True)
class HalfCauchy:
    """Absolute value of a Cauchy distribution with location 0; its median is the scale."""

    scale: float
    proper: ClassVar[bool] = True
    df: ClassVar[float] = 1.0

    def __post_init__(self):
        _positive(self, "scale")

    def logpdf(self, x):
        """Log density at ``x``."""
        z = np.asarray(x, float) / self.scale
        return _on_positive(x, np.log(2 / np.pi) - 2 * np.log(np.hypot(1.0, z)) - np.log(self.scale))

    def cdf(self, x):
        """P(X <= x)."""
        return 2 / np.pi * np.arctan(np.maximum(np.asarray(x, float), 0) / self.scale)

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.scale * np.tan(np.pi / 2 * np.asarray(p, float))


@dataclass(frozen=True)
class LogNormal:
    """exp(Normal(meanlog, sdlog))."""

    meanlog: float
    sdlog: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _finite(self, "meanlog")
        _positive(self, "sdlog")

    def logpdf(self, x):
        """Log density at ``x``."""
        x = np.asarray(x, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_x = np.log(np.where(x > 0, x, 1.0))
            inside = -0.5 * ((log_x - self.meanlog) / self.sdlog) ** 2 - log_x - np.log(self.sdlog) - LOG_SQRT_2PI
        return np.where(x > 0, inside, -np.inf)

    def cdf(self, x):
        """P(X <= x)."""
        with np.errstate(divide="ignore"):
            log_x = np.log(np.maximum(np.asarray(x, float), 0))
        return special.ndtr((log_x - self.meanlog) / self.sdlog)

    def ppf(self, p):
        """Quantile at ``p``."""
        return np.exp(self.meanlog + self.sdlog * special.ndtri(p))


@dataclass(frozen=True)
class LogStudentT:
    """exp of Student's t with degrees of freedom, location and scale on the log scale.

    It has no moments of any order, and its density has no bound at 0 (Rhodes 2015, doi 10.1016/j.jclinepi.2014.08.012, for the
    square of a spread: halve location and scale for the spread itself).
    """

    df: float
    location: float
    scale: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _finite(self, "location")
        _positive(self, "scale", "df")

    def on_log_scale(self, log_x):
        """Log density of the logarithm at ``log_x``."""
        return _log_student((np.asarray(log_x, float) - self.location) / self.scale, self.df) - np.log(self.scale)

    def logpdf(self, x):
        """Log density at ``x``."""
        x = np.asarray(x, float)
        log_x = np.log(np.where(x > 0, x, 1.0))
        inside = self.on_log_scale(log_x) - log_x
        return np.where(x > 0, inside, np.where(x == 0, np.inf, -np.inf))

    def cdf(self, x):
        """P(X <= x)."""
        with np.errstate(divide="ignore"):
            log_x = np.log(np.maximum(np.asarray(x, float), 0))
        return special.stdtr(self.df, (log_x - self.location) / self.scale)

    def ppf(self, p):
        """Quantile at ``p``."""
        with np.errstate(over="ignore"):
            return np.exp(self.location + self.scale * special.stdtrit(self.df, p))


@dataclass(frozen=True)
class Uniform:
    """Uniform between low and high."""

    low: float
    high: float
    proper: ClassVar[bool] = True

    def __post_init__(self):
        _require(isfinite(self.low) and isfinite(self.high), self, "both ends must be finite; use Flat() for an improper prior")
        _require(self.low < self.high, self, "low must be below high")

    def logpdf(self, x):
        """Log density at ``x``."""
        x = np.asarray(x, float)
        return np.where((x >= self.low) & (x <= self.high), -np.log(self.high - self.low), -np.inf)

    def cdf(self, x):
        """P(X <= x)."""
        return np.clip((np.asarray(x, float) - self.low) / (self.high - self.low), 0, 1)

    def ppf(self, p):
        """Quantile at ``p``."""
        return self.low + (self.high - self.low) * np.asarray(p, float)


@dataclass(frozen=True)
class Flat:
    """Improper prior with density 1 everywhere (for tau: on the positive line)."""

    proper: ClassVar[bool] = False

    def logpdf(self, x):
        """Log density at ``x``: 0."""
        return np.zeros_like(np.asarray(x, float))

    def cdf(self, x):
        """Not defined."""
        raise AnalysisError("Flat() is improper: it has no distribution function; choose a proper prior")

    def ppf(self, p):
        """Not defined."""
        raise AnalysisError("Flat() is improper: it has no quantiles; choose a proper prior")


PRIORS = (Normal, StudentT, HalfNormal, HalfStudentT, HalfCauchy, LogNormal, LogStudentT, Uniform, Flat)

# How the columns of the priors table become arguments.
_FROM_COLUMNS = {
    "Normal": lambda row: Normal(row["location"], row["scale"]),
    "StudentT": lambda row: StudentT(row["df"], row["location"], row["scale"]),
    "HalfNormal": lambda row: HalfNormal(row["scale"]),
    "HalfStudentT": lambda row: HalfStudentT(row["df"], row["scale"]),
    "HalfCauchy": lambda row: HalfCauchy(row["scale"]),
    "LogNormal": lambda row: LogNormal(row["location"], row["scale"]),
    "LogStudentT": lambda row: LogStudentT(row["df"], row["location"], row["scale"]),
    "Uniform": lambda row: Uniform(row["location"], row["scale"]),
    "Flat": lambda row: Flat(),
}
_COLUMNS_USED = {
    "Normal": ("location", "scale"),
    "StudentT": ("df", "location", "scale"),
    "HalfNormal": ("scale",),
    "HalfStudentT": ("df", "scale"),
    "HalfCauchy": ("scale",),
    "LogNormal": ("location", "scale"),
    "LogStudentT": ("df", "location", "scale"),
    "Uniform": ("location", "scale"),
    "Flat": (),
}


def from_row(row):
    """The prior that a row of the priors table describes."""
    name = row["distribution"]
    if name not in _FROM_COLUMNS:
        raise AnalysisError(
            f"priors: {row['prior_id']} has distribution = {name!r}, must be one of {', '.join(_FROM_COLUMNS)}; "
            + nearest(str(name), _FROM_COLUMNS)
        )
    missing = [column for column in _COLUMNS_USED[name] if row[column] is None]
    if missing:
        raise AnalysisError(f"priors: {row['prior_id']} is {name} and needs {' and '.join(missing)}; fill the column in")
    return _FROM_COLUMNS[name](row)


def named(evidence, prior_id: str):
    """The prior with this ``prior_id`` in the evidence base's priors table.

    Raises
    ------
    UsageError
        If there is no evidence base or no such row.
    """
    if evidence is None:
        raise UsageError(f"prior {prior_id!r} is looked up in an evidence base, and these effects have none; give a prior object")
    return from_row(evidence["priors"][prior_id])


def default_set(evidence, measure: str, set: str = "default") -> dict[str, object]:
    """The priors of one named set for one measure, by purpose (``mu``, ``tau``, design terms).

    Raises
    ------
    AnalysisError
        If the set has no row for the measure.
    """
    rows = evidence["priors"].where(set=set, measure=measure)
    if not rows:
        raise AnalysisError(
            f"priors: the set {set!r} has no row for measure {measure!r}; add rows to the priors table or give mu and tau explicitly"
        )
    found: dict[str, object] = {}
    for row in rows:
        if row["purpose"] in found:
            raise AnalysisError(f"priors: the set {set!r} has two rows for {row['purpose']} on {measure}; keep one")
        found[row["purpose"]] = from_row(row)
    return found
