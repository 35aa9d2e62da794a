"""What may be missing: trim-and-fill, excess significance and fail-safe numbers, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis.bias.asymmetry import _arrays, line, reml_tau2
from workbench.synthesis.bias.readings import Printed, limit, number, sentence, small
from workbench.synthesis.frequentist.heterogeneity import estimate_tau2, weighted

SIDES = ("left", "right")
FAIL_SAFE = ("Rosenthal", "Orwin", "Rosenberg")
_ROUNDS = 100


@dataclass(frozen=True, repr=False)
class Filled(Printed):
    """A trim-and-fill analysis.

    Attributes
    ----------
    k0 : int
        Estimated number of missing effects.
    side : str
        ``left`` or ``right``: where they are missing.
    estimate, se, tau2 : float
        Pooled with the filled-in effects.
    before : float
        Pooled without.
    y, se_filled : ndarray, shape (k0,)
        The filled-in effects and their standard errors.
    method : str
        Of tau^2.
    k : int
    """

    k0: int
    side: str
    estimate: float
    se: float
    tau2: float
    before: float
    y: np.ndarray
    se_filled: np.ndarray
    method: str
    k: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wald interval of the filled estimate."""
        half = -float(ndtri(0.025)) * self.se
        return self.estimate - half, self.estimate + half

    @property
    def reading(self) -> str:
        """One sentence on what filling in changes."""
        key = "filled" if self.k0 else "none"
        return sentence("trim_and_fill", key, count=self.k0, side=self.side, before=number(self.before), after=number(self.estimate))

    def _title(self) -> str:
        return f"Trim-and-fill (L0, {self.method}), k={self.k}"

    def _parts(self) -> dict[str, str]:
        low, high = map(number, self.interval)
        return {"missing": f"{self.k0} on the {self.side}", "before": number(self.before), "after": f"{number(self.estimate)} ({low} to {high})"}


def _side(y: np.ndarray, v: np.ndarray, se: np.ndarray, method: str) -> str:
    """Missing on the right if effects fall with the standard error, else on the left."""
    if np.ptp(se) <= 1e-12 * se.max():
        return "left"
    tau2 = 0.0 if method == "FE" else reml_tau2(y, v, se)
    return "right" if line(y, se, 1 / (v + tau2)).beta[1] < 0 else "left"


def _pooled(y: np.ndarray, se: np.ndarray, method: str) -> tuple[float, float, float]:
    # one effect has no heterogeneity to estimate
    tau2 = estimate_tau2(y, se, method if y.size > 1 else "FE")
    mean, total, _ = weighted(y, se**2 + tau2)
    return mean, float(total**-0.5), tau2


def trim_and_fill(y, se, method: str = "REML", side: str | None = None) -> Filled:
    """Trim-and-fill with the L0 estimator of the number of missing effects.

    Parameters
    ----------
    y, se : array_like, shape (k,)
    method : str
        Estimator of tau^2, a member of `heterogeneity.METHODS`.
    side : {"left", "right"}, optional
        Where effects are missing; by default opposite to the slope of the effects on their standard errors.

    Notes
    -----
    Duval & Tweedie 2000, doi 10.1111/j.0006-341x.2000.00455.x. The number is rounded half to even, and the search stops when
    it repeats itself.
    """
    y, se = _arrays(y, se, 3)
    if side is not None and side not in SIDES:
        raise UsageError(f"side = {side!r}: must be one of {', '.join(SIDES)}")
    before = _pooled(y, se, method)
    side = side or _side(y, se**2, se, method)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    values, errors = sign * y[order], se[order]
    k0, centre = _trim(values, errors, method)
    if not k0:
        return Filled(0, side, *before, before[0], np.zeros(0), np.zeros(0), method, y.size)
    extra, spread = sign * (2 * centre - values[-k0:]), errors[-k0:]
    after = _pooled(np.concatenate([y, extra]), np.concatenate([se, spread]), method)
    return Filled(k0, side, *after, before[0], extra, spread, method, y.size)


def _trim(values: np.ndarray, errors: np.ndarray, method: str) -> tuple[int, float]:
    """Number of ascending values to trim at the upper end (L0), and the mean of the rest in its last round."""
    k, k0, centre = values.size, 0, 0.0
    for _ in range(_ROUNDS):
        kept = k - k0
        centre = _pooled(values[:kept], errors[:kept], method)[0]
        deviation = values - centre
        rank = np.empty(k)
        rank[np.argsort(np.abs(deviation), kind="stable")] = np.arange(1, k + 1)
        score = rank[deviation > 0].sum()
        found = max(0, round(float((4 * score - k * (k + 1)) / (2 * k - 1))))
        if found == k0:
            break
        k0 = min(found, k - 1)
    return k0, centre


@dataclass(frozen=True, repr=False)
class Excess(Printed):
    """A test of excess significance.

    Attributes
    ----------
    observed : int
        Significant effects.
    expected : float
        Sum of the powers.
    chi2, p : float
        Of observed against expected; one-sided p, for more than expected.
    p_exact : float
        P(as many or more) given the powers (Poisson-binomial).
    effect : float
        The true effect at which power is worked out: the common-effect estimate unless given.
    k : int
    """

    observed: int
    expected: float
    chi2: float
    p: float
    p_exact: float
    effect: float
    k: int

    @property
    def reading(self) -> str:
        """One sentence."""
        key = "many" if self.p_exact < limit("notable") else "usual"
        return sentence("excess", key, observed=self.observed, k=self.k, expected=number(self.expected, 1), p=small(self.p_exact))

    def _title(self) -> str:
        return f"Excess significance, k={self.k}"

    def _parts(self) -> dict[str, str]:
        return {"observed": str(self.observed), "expected": number(self.expected, 2), "chi2": number(self.chi2), "p": small(self.p), "exact p": small(self.p_exact)}


def excess_significance(y, se, effect: float | None = None, tau2: float = 0.0, alpha: float | None = None) -> Excess:
    """More significant effects than their power explains?

    Parameters
    ----------
    y, se : array_like, shape (k,)
    effect : float, optional
        True effect; the common-effect estimate by default.
    tau2 : float
        Heterogeneity of the true effects.
    alpha : float, optional
        Two-sided level of significance; from the limits table by default.

    Notes
    -----
    Ioannidis & Trikalinos 2007, doi 10.1177/1740774507079441; the exact form from Francis 2013.
    """
    y, se = _arrays(y, se, 2)
    alpha = limit("alpha") if alpha is None else alpha
    effect = weighted(y, se**2)[0] if effect is None else effect
    bound = -float(ndtri(alpha / 2)) * se
    spread = np.sqrt(se**2 + tau2)
    power = ndtr((effect - bound) / spread) + ndtr((-effect - bound) / spread)
    k, observed, expected = y.size, int((np.abs(y) >= bound).sum()), float(power.sum())
    if not 0 < expected < k:
        raise AnalysisError("power is 0 or 1 in every study: nothing to compare")
    chi2 = (observed - expected) ** 2 * (1 / expected + 1 / (k - expected))
    counts = np.ones(1)
    for share in power:
        counts = np.convolve(counts, [1 - share, share])
    z = np.sign(observed - expected) * np.sqrt(chi2)
    return Excess(observed, expected, float(chi2), float(ndtr(-z)), float(min(1.0, counts[observed:].sum())), float(effect), k)


@dataclass(frozen=True, repr=False)
class FailSafe(Printed):
    """How many unseen null effects would undo the pooled result.

    Attributes
    ----------
    count : int
    method : str
        A member of `FAIL_SAFE`.
    target : float
        Level of significance, or for Orwin the effect to come down to.
    k : int
    """

    count: int
    method: str
    target: float
    k: int

    @property
    def reading(self) -> str:
        """One sentence."""
        return sentence("fail_safe", "plain" if self.count else "weak", count=self.count, method=self.method)

    def _title(self) -> str:
        return f"Fail-safe N ({self.method}), k={self.k}"

    def _parts(self) -> dict[str, str]:
        return {"N": str(self.count), "target": f"{self.target:g}"}


def fail_safe_n(y, se, method: str = "Rosenberg", target: float | None = None) -> FailSafe:
    """Fail-safe number.

    Parameters
    ----------
    y, se : array_like, shape (k,)
    method : {"Rosenthal", "Orwin", "Rosenberg"}
        Sum of z (Rosenthal 1979), unweighted mean (Orwin 1983), or common-effect mean (Rosenberg 2005,
        doi 10.1111/j.0014-3820.2005.tb01004.x).
    target : float, optional
        Level of significance (one-sided for Rosenthal, two-sided for Rosenberg); for Orwin the mean effect to come down to,
        half of the observed by default.
    """
    y, se = _arrays(y, se, 1)
    k, w = y.size, 1 / se**2
    if method not in FAIL_SAFE:
        raise UsageError(f"method = {method!r}: must be one of {', '.join(FAIL_SAFE)}")
    if method == "Orwin":
        mean = float(y.mean())
        target = mean / 2 if target is None else target
        if target == 0 or mean / target < 0:
            raise AnalysisError(f"target = {target!r}: must lie between 0 and the mean effect {mean:.4g}")
        found = k * (mean - target) / target
    else:
        target = limit("fail_safe_alpha") if target is None else target
        if method == "Rosenthal":
            found = (y / se).sum() ** 2 / ndtri(target) ** 2 - k
        else:
            found = k * ((w * y).sum() ** 2 / (ndtri(target / 2) ** 2 * w.sum()) - 1)
    return FailSafe(max(0, ceil(found)), method, float(target), k)
