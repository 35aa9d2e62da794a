"""Funnel asymmetry: do smaller studies show other effects? Regression and rank tests, and PET-PEESE, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from workbench.errors import AnalysisError
from workbench.synthesis.bias.readings import Printed, limit, number, sentence, small

_GRID = 240
EXACT_BELOW = 50  # effects, as in R's cor.test: beyond it, or with ties, Kendall's tau has its normal distribution


@dataclass(frozen=True, repr=False)
class Asymmetry(Printed):
    """A test of funnel asymmetry.

    Attributes
    ----------
    test : str
        ``regression, random effects`` (Egger, as metafor's regtest), ``regression, weighted`` (Egger's own) or ``rank``.
    statistic : float
        z, t on `df`, or Kendall's tau.
    statistic_name : str
    p : float
        Two-sided.
    slope : float
        Of the effect on the measure of precision; for the rank test, Kendall's tau.
    intercept : float
        Effect at precision zero: that of a study without sampling error; nan for the rank test.
    se_slope, se_intercept : float
    df : int or None
    tau2 : float
        Residual heterogeneity (REML), or the residual variance factor of the weighted form; nan for the rank test.
    k : int
    """

    test: str
    statistic: float
    statistic_name: str
    p: float
    slope: float
    intercept: float
    se_slope: float
    se_intercept: float
    df: int | None
    tau2: float
    k: int

    @property
    def reading(self) -> str:
        """One sentence on what the test says."""
        key = "unclear" if self.p >= limit("notable") else "larger" if self.slope > 0 else "smaller"
        return sentence("asymmetry", key, statistic=f"{self.statistic_name} {number(self.statistic, 2)}", p=small(self.p), k=self.k)

    def _title(self) -> str:
        return f"Funnel asymmetry ({self.test}), k={self.k}"

    def _parts(self) -> dict[str, str]:
        parts = {self.statistic_name: number(self.statistic, 4), "p": small(self.p)}
        if np.isfinite(self.intercept):
            parts |= {"slope": f"{number(self.slope)} (SE {number(self.se_slope)})", "at precision zero": f"{number(self.intercept)} (SE {number(self.se_intercept)})"}
        return parts


@dataclass(frozen=True, repr=False)
class PetPeese(Printed):
    """The precision-effect test and its estimate with the variance in place of the standard error.

    Attributes
    ----------
    form : str
        ``PET`` or ``PEESE``: whichever the rule chooses to read.
    estimate, se : float
        Its intercept.
    interval : tuple of float
        95 %, t on k - 2.
    pet, pet_se, peese, peese_se : float
        Both intercepts.
    pet_p : float
        One-sided, of the PET intercept being above zero.
    k : int
    """

    form: str
    estimate: float
    se: float
    interval: tuple[float, float]
    pet: float
    pet_se: float
    peese: float
    peese_se: float
    pet_p: float
    k: int

    @property
    def reading(self) -> str:
        """One sentence on what is left after the extrapolation."""
        low, high = map(number, self.interval)
        return sentence("pet_peese", "kept", estimate=number(self.estimate), low=low, high=high, form=self.form)

    def _title(self) -> str:
        return f"PET-PEESE, k={self.k}"

    def _parts(self) -> dict[str, str]:
        return {
            "PET": f"{number(self.pet)} (SE {number(self.pet_se)}, one-sided p {small(self.pet_p)})",
            "PEESE": f"{number(self.peese)} (SE {number(self.peese_se)})",
            "read": f"{self.form}, {number(self.interval[0])} to {number(self.interval[1])}",
        }


def _arrays(y, se, least: int) -> tuple[np.ndarray, np.ndarray]:
    y, se = np.asarray(y, float), np.asarray(se, float)
    if y.ndim != 1 or y.shape != se.shape or not (np.isfinite(y).all() and np.isfinite(se).all() and (se > 0).all()):
        raise AnalysisError("y and se must be equally long lists of finite numbers, with every se above 0")
    if y.size < least:
        raise AnalysisError(f"k = {y.size}: this test needs {least} effects or more")
    return y, se


def _column(x, se: np.ndarray) -> np.ndarray:
    x = se if x is None else np.asarray(x, float)
    if x.shape != se.shape or not np.isfinite(x).all():
        raise AnalysisError("the measure of precision must be one finite number for each effect")
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        raise AnalysisError("every effect has the same precision: small studies cannot be told from large ones")
    return x


@dataclass(frozen=True)
class _Line:
    """Weighted least squares of y on x: coefficients (intercept, slope), their covariance for unit weights, residuals, leverages."""

    beta: np.ndarray
    covariance: np.ndarray
    residual: np.ndarray
    leverage: np.ndarray  # x_i' (X'WX)^-1 x_i


def line(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> _Line:
    """Fit y = b0 + b1 x by weighted least squares, from the weighted mean of x so that no digits are lost."""
    total = w.sum()
    centre, level = (w * x).sum() / total, (w * y).sum() / total
    d, e = x - centre, y - level
    spread = (w * d**2).sum()
    slope = (w * d * e).sum() / spread
    covariance = np.array([[1 / total + centre**2 / spread, -centre / spread], [-centre / spread, 1 / spread]])
    return _Line(np.array([level - slope * centre, slope]), covariance, e - slope * d, 1 / total + d**2 / spread)


def reml_score(tau2: float, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """REML estimating function of tau^2 in the regression on x, ``y'PPy / tr P - 1``: zero at the estimate."""
    w = 1 / (v + tau2)
    fitted = line(y, x, w)
    return float((w**2 * fitted.residual**2).sum() / (w.sum() - (w**2 * fitted.leverage).sum()) - 1)


def reml_tau2(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Residual tau^2 by REML: the highest point of a grid, then the zero of the score between its neighbours.

    Parameters
    ----------
    y, v, x : ndarray, shape (k,)
        Effects, sampling variances and the one moderator.
    """

    def criterion(tau2: float) -> float:
        w = 1 / (v + tau2)
        fitted = line(y, x, w)
        determinant = np.log(w.sum()) - np.log(fitted.covariance[1, 1])
        return -0.5 * ((w * fitted.residual**2).sum() - np.log(w).sum() + determinant)

    high = float(np.ptp(y) ** 2 + v.max())
    grid = np.concatenate([[0.0], np.geomspace(high * 1e-10, high * 4, _GRID)])
    best = int(np.argmax([criterion(tau2) for tau2 in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    if reml_score(low, y, v, x) <= 0:
        return float(low)
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if reml_score(middle, y, v, x) > 0 else (low, middle)
    return float(low)


def regression_test(y, se, x=None) -> Asymmetry:
    """Egger's test in its random-effects form: a meta-regression on precision with REML residual heterogeneity, read by z.

    Parameters
    ----------
    y, se : array_like, shape (k,)
        Effects and standard errors, k >= 3.
    x : array_like, shape (k,), optional
        Measure of precision; the standard errors by default. For standardised mean differences ``sqrt(1/n1 + 1/n2)``,
        which does not depend on the effect (Pustejovsky & Rodgers 2019, doi 10.1002/jrsm.1332).

    Notes
    -----
    Sterne & Egger 2005; the form of metafor's ``regtest`` (Viechtbauer 2010, doi 10.18637/jss.v036.i03).
    """
    y, se = _arrays(y, se, 3)
    x = _column(x, se)
    tau2 = reml_tau2(y, se**2, x)
    fitted = line(y, x, 1 / (se**2 + tau2))
    error = np.sqrt(np.diag(fitted.covariance))
    z = fitted.beta[1] / error[1]
    return Asymmetry(
        "regression, random effects", float(z), "z", float(2 * ndtr(-abs(z))), float(fitted.beta[1]), float(fitted.beta[0]),
        float(error[1]), float(error[0]), None, tau2, y.size,
    )  # fmt: skip


def weighted_test(y, se, x=None) -> Asymmetry:
    """Egger's own test: weighted least squares with a free variance factor, read by t on k - 2.

    Parameters are those of `regression_test`; the weights are ``1 / se**2`` (Egger et al. 1997,
    doi 10.1136/bmj.315.7109.629).
    """
    y, se = _arrays(y, se, 3)
    return _weighted(y, _column(x, se), 1 / se**2)


def _weighted(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> Asymmetry:
    fitted, df = line(y, x, w), y.size - 2
    factor = float((w * fitted.residual**2).sum() / df)
    error = np.sqrt(factor * np.diag(fitted.covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = float(fitted.beta[1] / error[1]) if fitted.beta[1] != 0 else 0.0
    return Asymmetry(
        "regression, weighted", t, f"t({df})", float(2 * stdtr(df, -abs(t))), float(fitted.beta[1]), float(fitted.beta[0]),
        float(error[1]), float(error[0]), df, factor, y.size,
    )  # fmt: skip


def pet_peese(y, se, x=None, level: float = 0.95) -> PetPeese:
    """Extrapolate to a study without sampling error, on the standard error (PET) and on its square (PEESE).

    PEESE is read where PET's intercept is above zero at the one-sided level of the limits table, else PET
    (Stanley & Doucouliagos 2014, doi 10.1002/jrsm.1095). Parameters are those of `regression_test`.
    """
    y, se = _arrays(y, se, 3)
    x, w = _column(x, se), 1 / se**2
    pet, peese = _weighted(y, x, w), _weighted(y, x**2, w)
    df = y.size - 2
    one_sided = float(stdtr(df, -pet.intercept / pet.se_intercept)) if pet.se_intercept > 0 else float(pet.intercept <= 0)
    chosen = peese if one_sided < limit("pet_alpha") else pet
    half = float(stdtrit(df, (1 + level) / 2)) * chosen.se_intercept
    interval = (chosen.intercept - half, chosen.intercept + half)
    return PetPeese(
        "PEESE" if chosen is peese else "PET", chosen.intercept, chosen.se_intercept, interval, pet.intercept, pet.se_intercept,
        peese.intercept, peese.se_intercept, one_sided, y.size,
    )  # fmt: skip


def rank_test(y, se) -> Asymmetry:
    """Rank correlation of the standardised effects with their variances (Begg & Mazumdar 1994, doi 10.2307/2533446).

    The p value is exact without ties and with fewer than 50 effects, else from the normal distribution, corrected for ties.
    """
    y, se = _arrays(y, se, 3)
    v = se**2
    _column(v, se)
    w = 1 / v
    mean = (w * y).sum() / w.sum()
    standard = (y - mean) / np.sqrt(v - 1 / w.sum())
    tau, p = kendall(standard, v)
    return Asymmetry("rank", tau, "Kendall's tau", p, tau, np.nan, np.nan, np.nan, None, np.nan, y.size)


def kendall(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b and its two-sided p value, for arrays (k,)."""
    k = a.size
    upper = np.triu_indices(k, 1)
    signs = np.sign(a[:, None] - a)[upper] * np.sign(b[:, None] - b)[upper]
    score, pairs = signs.sum(), k * (k - 1) / 2
    ties = [np.unique(values, return_counts=True)[1].astype(float) for values in (a, b)]
    tied = [(t * (t - 1) / 2).sum() for t in ties]
    tau = float(score / np.sqrt((pairs - tied[0]) * (pairs - tied[1])))
    if k < EXACT_BELOW and not any(tied):
        discordant = round((pairs - score) / 2)
        share = _inversions(k)
        low = share[: min(discordant, int(pairs) - discordant) + 1].sum()
        return tau, float(min(1.0, 2 * low))
    z = score / np.sqrt(_tied_variance(k, *ties))
    return tau, float(2 * ndtr(-abs(z)))


def _inversions(k: int) -> np.ndarray:
    """Share of the k! orders that have 0, 1, 2, ... inversions."""
    share = np.ones(1)
    for size in range(2, k + 1):
        share = np.convolve(share, np.full(size, 1 / size))
    return share


def _tied_variance(k: int, a: np.ndarray, b: np.ndarray) -> float:
    """Variance of Kendall's score with ties in groups of sizes `a` and `b` (Kendall 1970)."""
    full = k * (k - 1) * (2 * k + 5)
    first = (full - (a * (a - 1) * (2 * a + 5)).sum() - (b * (b - 1) * (2 * b + 5)).sum()) / 18
    second = (a * (a - 1) * (a - 2)).sum() * (b * (b - 1) * (b - 2)).sum() / (9 * k * (k - 1) * (k - 2))
    third = (a * (a - 1)).sum() * (b * (b - 1)).sum() / (2 * k * (k - 1))
    return float(first + second + third)
