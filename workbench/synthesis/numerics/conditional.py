"""Closed forms given tau: what the rows say about mu, the design terms and each study's own effect.

Model: y_i ~ N(theta_i + d_i . b, se_i^2); theta_i ~ N(mu, tau^2) where row i informs tau, else
theta_i = mu; b_m ~ N(mean_m, sd_m^2) independently. Given tau everything is linear and normal
(Roever 2020, doi 10.18637/jss.v093.i06, without design terms). The terms are integrated out as a
ridge regression; sums of squares of its residuals replace differences, so that nothing cancels when
all rows share a term. Arrays: tau (..., n), rows (..., k); leading axes may hold data sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics.mixture import BoundedMixture, Mixture, truncated

LOG_2PI = np.log(2 * np.pi)


class Data(NamedTuple):
    """The rows as arrays.

    ``y``, ``variance``, ``informs`` (1.0 where the row informs tau, else 0.0): (..., k);
    ``design`` (..., k, m); ``term_mean``, ``term_precision`` (m,), precision 0 for a flat prior.
    """

    y: np.ndarray
    variance: np.ndarray
    informs: np.ndarray
    design: np.ndarray
    term_mean: np.ndarray
    term_precision: np.ndarray


class GivenTau(NamedTuple):
    """The likelihood of mu at each tau, terms integrated out.

    ``information``, ``estimate``: it is exp(log_height - information (mu - estimate)^2 / 2), (..., n);
    ``precision`` 1 / (se^2 + tau^2) and ``carry`` (each row's share in the estimate, times
    information), (..., n, k); ``triangle`` (m, m + 2, ..., n): R of the orthogonalised terms, with the
    projections of the ones and of y.
    """

    information: np.ndarray
    estimate: np.ndarray
    log_height: np.ndarray
    precision: np.ndarray
    carry: np.ndarray
    triangle: np.ndarray


def given_tau(data: Data, tau: np.ndarray) -> GivenTau:
    """Likelihood of mu at each tau (shape (..., n))."""
    y = data.y[..., None, :]
    variance = data.variance[..., None, :] + data.informs[..., None, :] * (tau * tau)[..., None]
    precision = 1 / variance
    log_det = np.log(variance).sum(-1)
    if data.design.shape[-1] == 0:
        information = precision.sum(-1)
        estimate = _ratio((precision * y).sum(-1), information)
        squares = (precision * (y - estimate[..., None]) ** 2).sum(-1)
        carry, triangle = precision, np.zeros((0, 2, *tau.shape))
    else:
        root = np.sqrt(precision)
        ones, rest, triangle = _without_terms(data, y, root)
        information = _dot(ones, ones)
        estimate = _ratio(_dot(ones, rest), information)
        left = rest - estimate[..., None] * ones
        squares = _dot(left, left)
        carry = root * ones[..., : root.shape[-1]]
        diagonal = np.diagonal(triangle, axis1=0, axis2=1)
        log_det = log_det + 2 * np.log(diagonal).sum(-1) - log_constants(data.term_precision)
    log_height = -0.5 * (data.y.shape[-1] * LOG_2PI + log_det + squares)
    return GivenTau(information, estimate, log_height, precision, carry, triangle)


def _without_terms(data: Data, y: np.ndarray, root: np.ndarray):
    """The columns of ones and of y made orthogonal to the terms, rows weighted by ``root`` (..., n, k).

    Each term's prior is one more row of the least-squares problem. Modified Gram-Schmidt keeps twice
    the digits of the normal equations (Bjoerck 1967, doi 10.1007/BF01934122), which matters where
    precise rows all share a term.
    """
    m, k = data.term_mean.size, root.shape[-1]
    columns = np.zeros((m + 2, *root.shape[:-1], k + m))
    np.multiply(root, np.moveaxis(data.design, -1, 0)[..., None, :], out=columns[:m, ..., :k])
    columns[m, ..., :k] = root
    np.multiply(root, y, out=columns[m + 1, ..., :k])
    prior = np.sqrt(data.term_precision)
    for j in range(m):
        columns[j, ..., k + j] = prior[j]
    columns[m + 1, ..., k:] = prior * data.term_mean
    return columns[m], columns[m + 1], orthogonalise(columns, m)


def orthogonalise(columns: np.ndarray, m: int) -> np.ndarray:
    """Make the last two of ``columns`` (m + 2, ..., rows) orthogonal to the first m, in place; R (m, m + 2, ...)."""
    triangle = np.zeros((m, m + 2, *columns.shape[1:-1]))
    for j in range(m):
        triangle[j, j] = np.sqrt(_dot(columns[j], columns[j]))
        unit = columns[j] / triangle[j, j][..., None]
        triangle[j, j + 1 :] = _dot(columns[j + 1 :], unit)
        columns[j + 1 :] -= triangle[j, j + 1 :][..., None] * unit
    return triangle


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sum over the rows (last axis), without the product as an array of its own."""
    return np.einsum("...i,...i->...", a, b)


def log_constants(precision: np.ndarray) -> float:
    """What the priors of the terms add to minus twice the log likelihood, with its sign turned.

    A flat prior (precision 0, density 1) lacks the root of precision / 2 pi that a normal one has.
    """
    proper = precision > 0
    if proper.all():
        return float(np.log(precision).sum())
    return float(np.log(precision[proper]).sum() + LOG_2PI * (~proper).sum())


class Terms(NamedTuple):
    """Given tau and mu the terms are N(ridge - mu slope, cov): (..., n, m), (..., n, m, m)."""

    ridge: np.ndarray
    slope: np.ndarray
    cov: np.ndarray


def terms_given_tau(rows: GivenTau) -> Terms:
    """The design terms at each tau."""
    triangle = np.moveaxis(rows.triangle, (0, 1), (-2, -1))
    m = triangle.shape[-2]
    inverse = np.linalg.inv(triangle[..., :m])
    solved = inverse @ triangle[..., m:]
    return Terms(solved[..., 1], solved[..., 0], inverse @ np.swapaxes(inverse, -1, -2))


def _fitted(design: np.ndarray, coefficient: np.ndarray) -> np.ndarray:
    """design . b for each row: (..., n, k) from (..., k, m) and (..., n, m)."""
    return coefficient @ np.swapaxes(design, -1, -2)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """top / bottom, 0 where there is no information (k = 0)."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 0.0)


# The prior of mu, one rule for each kind ------------------------------------------------------------


class MuGivenTau(NamedTuple):
    """mu at each tau: a mixture of L normals, (..., n, L), perhaps restricted to ``bounds``.

    ``log_weight`` holds log p(y | tau, component) plus the component's own log weight.
    """

    log_weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Conjugate:
    """mu ~ a mixture of Normal(location, 1 / precision_l) with log weights, arrays (L,)."""

    location: float
    precision: np.ndarray
    log_weight: np.ndarray

    def given(self, rows: GivenTau) -> MuGivenTau:
        """Posterior of mu at each tau."""
        information, estimate = rows.information[..., None], rows.estimate[..., None]
        ratio = information / self.precision
        total = information + self.precision
        offset = estimate - self.location
        log_weight = (
            rows.log_height[..., None] + self.log_weight - 0.5 * np.log1p(ratio) - 0.5 * offset**2 * information / (1 + ratio)
        )
        return MuGivenTau(log_weight, self.location + offset * information / total, 1 / np.sqrt(total))


@dataclass(frozen=True, eq=False)
class Improper:
    """mu has density 1 everywhere."""

    def given(self, rows: GivenTau) -> MuGivenTau:
        """Posterior of mu at each tau."""
        log_weight = rows.log_height + 0.5 * (LOG_2PI - np.log(rows.information))
        return MuGivenTau(log_weight[..., None], rows.estimate[..., None], 1 / np.sqrt(rows.information[..., None]))


@dataclass(frozen=True, eq=False)
class Bounded:
    """mu ~ Uniform(low, high)."""

    low: float
    high: float

    # Without rows the normal under the bounds is made this many widths wide: level to 1e-13.
    WIDE = 1e6

    def given(self, rows: GivenTau) -> MuGivenTau:
        """Posterior of mu at each tau."""
        width = self.high - self.low
        bare = rows.information <= 0
        mean = np.where(bare, (self.low + self.high) / 2, rows.estimate)[..., None]
        sd = np.where(bare, self.WIDE * width, 1 / np.sqrt(np.where(bare, 1.0, rows.information)))[..., None]
        mass = truncated((self.low - mean) / sd, (self.high - mean) / sd).log_mass
        log_weight = rows.log_height[..., None] + 0.5 * LOG_2PI + np.log(sd) + mass - np.log(width)
        log_weight = np.where(bare[..., None], rows.log_height[..., None], log_weight)
        return MuGivenTau(log_weight, mean, sd, (self.low, self.high))


def mu_rule(prior, data: Data, fineness: int = 1) -> Conjugate | Improper | Bounded:
    """How a prior of mu is treated; ``fineness`` divides the step of the scale mixture behind StudentT."""
    if isinstance(prior, priors.Normal):
        return Conjugate(prior.mean, np.array([prior.sd**-2.0]), np.zeros(1))
    if isinstance(prior, priors.StudentT):
        return _scale_mixture(prior, data, fineness)
    if isinstance(prior, priors.Uniform):
        return Bounded(prior.low, prior.high)
    if isinstance(prior, priors.Flat):
        return Improper()
    raise AnalysisError(f"mu ~ {prior!r} is not supported; use Normal, StudentT, Uniform or Flat")


def _scale_mixture(prior: priors.StudentT, data: Data, fineness: int) -> Conjugate:
    """Student's t as a gamma mixture of normals, by the trapezoidal rule in the log of the precision factor.

    The integrand is analytic and dies off at both ends, where the rule converges exponentially
    (Trefethen & Weideman 2014, doi 10.1137/130932132).
    """
    df = prior.df
    cut = 80 / df + np.sqrt(160 / df)  # (df / 2) (e^u - 1 - u) > 40 beyond
    decay = df / 2 - 1 if df > 2 and data.y.size == 0 else df / 2  # the second moment dies off later
    low = -min(cut * (df / 2) / decay, 300.0)
    if data.y.size:
        distance = np.max(abs(data.y - prior.location)) / prior.scale
        sharpness = prior.scale**2 * (1 / data.variance).sum()
        low -= 2 * np.log(max(distance, 1.0)) + np.log(max(sharpness, 1.0))
    step = min(0.3, 0.6 * np.sqrt(2 / df)) / fineness
    u = np.arange(low, np.log1p(cut) + step, step)
    log_weight = np.log(step) + df / 2 * (np.log(df / 2) + u - np.exp(u)) - gammaln(df / 2)
    return Conjugate(prior.location, np.exp(u) / prior.scale**2, log_weight)


# Quantities that are linear in mu given tau ------------------------------------------------------------


class Linear(NamedTuple):
    """Given tau and mu: Normal(intercept + slope mu, variance); arrays (..., n) or (..., n, k)."""

    intercept: np.ndarray
    slope: np.ndarray
    variance: np.ndarray

    def spread(self, variance: np.ndarray) -> "Linear":
        """The same with more variance."""
        return Linear(self.intercept, self.slope, self.variance + variance)


def mean_effect(tau: np.ndarray) -> Linear:
    """mu itself."""
    return Linear(np.zeros_like(tau), np.ones_like(tau), np.zeros_like(tau))


def study_effects(data: Data, rows: GivenTau, tau: np.ndarray) -> Linear:
    """Each row's own effect theta_i, (..., n, k): its result without the terms, shrunken towards mu."""
    share = data.informs[..., None, :] * (tau * tau)[..., None] * rows.precision
    variance = share * data.variance[..., None, :]
    if data.term_mean.size == 0:
        return Linear(share * data.y[..., None, :], 1 - share, variance)
    terms = terms_given_tau(rows)
    own = data.y[..., None, :] - _fitted(data.design, terms.ridge)
    term_variance = np.einsum("...ki,...nij,...kj->...nk", data.design, terms.cov, data.design)
    return Linear(share * own, 1 - share + share * _fitted(data.design, terms.slope), variance + share**2 * term_variance)


def term_effects(rows: GivenTau) -> Linear:
    """The design terms' coefficients, (..., n, m)."""
    terms = terms_given_tau(rows)
    return Linear(terms.ridge, -terms.slope, np.diagonal(terms.cov, axis1=-2, axis2=-1))


def mixture(weight: np.ndarray, mu: MuGivenTau, quantity: Linear) -> Mixture:
    """The mixture of a quantity over all components of mu.

    ``weight`` and the parts of ``mu`` are (n, L). A quantity of shape (n,) gives one mixture of n L
    components; one of shape (n, r) gives r mixtures.
    """
    intercept, slope, variance = (np.moveaxis(part, 0, -1)[..., None] for part in quantity)
    parts = _parts(mu, intercept, slope, variance)
    flat = [part.reshape(*part.shape[:-2], -1) for part in parts]
    if mu.bounds is None:
        return Mixture(weight.ravel(), *flat[:2])
    alpha, beta = (((end - mu.mean) / mu.sd).ravel() for end in mu.bounds)
    return BoundedMixture(weight.ravel(), *flat, truncated(alpha, beta))


def mixture_by_row(weight: np.ndarray, mu: MuGivenTau, quantity: Linear) -> Mixture:
    """One mixture of L components at each of n values of tau (for draws): all parts (n, L)."""
    parts = _parts(mu, *(part[:, None] for part in quantity))
    if mu.bounds is None:
        return Mixture(weight, *parts[:2])
    alpha, beta = ((end - mu.mean) / mu.sd for end in mu.bounds)
    return BoundedMixture(weight, *parts, truncated(alpha, beta))


def _parts(mu: MuGivenTau, intercept, slope, variance):
    """Mean, SD, and the SD's two parts: through mu, and the rest."""
    through, rest = slope * mu.sd, np.sqrt(variance)
    mean = intercept + slope * mu.mean
    return mean, np.hypot(through, rest), *(np.broadcast_to(part, mean.shape) for part in (through, rest))
