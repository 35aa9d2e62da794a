"""Step-function selection models (Vevea & Hedges 1995, doi 10.1007/BF02294384) by maximum likelihood.

y_i ~ N(mu, tau^2 + se_i^2), seen with a probability that depends on its p value: relative chance 1 below the first step,
delta_2, delta_3, ... in the intervals above. Where the likelihood has no peak, the answer is `NotTested`, not a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis.bias.asymmetry import _arrays
from workbench.synthesis.bias.readings import NotTested, Printed, factor, limit, number, sentence, small, table
from workbench.synthesis.frequentist.heterogeneity import estimate_tau2, weighted

ALTERNATIVES = ("greater", "less", "two-sided")
LOG_DELTA = 9.0      # log of a relative chance of publication beyond which it counts as an extreme
_GRADIENT = 1e-7     # largest slope of the log likelihood, in natural units, at an accepted peak
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, repr=False)
class Selection(Printed):
    """A fitted selection model.

    Attributes
    ----------
    estimate, se : float
        mu, corrected for selection.
    interval : tuple of float
        95 %, Wald.
    tau2 : float
    delta : tuple of float
        Relative chance of publication in each interval of p; the first is 1.
    delta_se : tuple of float
        The first is nan.
    steps : tuple of float
        Upper ends of the intervals of p, ending in 1.
    counts : tuple of int
        Effects in each interval.
    alternative : str
        Tail that p refers to: a member of `ALTERNATIVES`.
    lrt, lrt_p : float
        Likelihood ratio against the model without selection, chi-square on `df`.
    df : int
    log_likelihood : float
    before, tau2_before : float
        Maximum likelihood without selection.
    k : int
    """

    estimate: float
    se: float
    interval: tuple[float, float]
    tau2: float
    delta: tuple[float, ...]
    delta_se: tuple[float, ...]
    steps: tuple[float, ...]
    counts: tuple[int, ...]
    alternative: str
    lrt: float
    lrt_p: float
    df: int
    log_likelihood: float
    before: float
    tau2_before: float
    k: int

    @property
    def reading(self) -> str:
        """One sentence: the last interval's relative chance, the corrected effect, and whether the data ask for it."""
        low, high = map(number, self.interval)
        support = sentence("selection", "favour" if self.lrt_p < limit("notable") else "do_not_favour")
        return sentence(
            "selection", "fitted", range=_range(self.steps, len(self.steps) - 1), first=f"{self.steps[0]:g}", ratio=factor(self.delta[-1]),
            estimate=number(self.estimate), low=low, high=high, before=number(self.before), support=support,
            lrt=number(self.lrt, 2), df=self.df, p=small(self.lrt_p),
        )  # fmt: skip

    def _title(self) -> str:
        return f"Selection model (steps, {self.alternative}), k={self.k}"

    def _parts(self) -> dict[str, str]:
        parts = {"mu": f"{number(self.estimate)} (SE {number(self.se)})", "tau2": number(self.tau2, 4)}
        for j, (delta, count) in enumerate(zip(self.delta, self.counts, strict=True)):
            parts[f"p {_range(self.steps, j)}"] = f"{number(delta)} ({count} effects)"
        return parts | {"LRT": f"{number(self.lrt)} on {self.df}, p {small(self.lrt_p)}", "without selection": number(self.before)}


def _range(steps: Sequence[float], j: int) -> str:
    return f"{steps[j - 1] if j else 0:g} to {steps[j]:g}"


def p_values(y: np.ndarray, se: np.ndarray, alternative: str) -> np.ndarray:
    """p values (k,) of effects against zero, in the tail that the alternative names."""
    z = y / se
    if alternative == "two-sided":
        return 2 * ndtr(-np.abs(z))
    return ndtr(-z if alternative == "greater" else z)


def edges(steps: Sequence[float], alternative: str) -> np.ndarray:
    """Critical z (J - 1,), descending, that part the J intervals of p ending at `steps` (whose last is 1).

    For "less" they are those of the mirrored effects, for "two-sided" those of the absolute effects.
    """
    inner = np.asarray(steps[:-1], float)
    return -ndtri(inner / 2 if alternative == "two-sided" else inner)


@dataclass(frozen=True)
class Problem:
    """Arrays of a selection model: y already mirrored for "less"."""

    y: np.ndarray
    v: np.ndarray
    cuts: np.ndarray      # (2, k, J): lower and upper ends on y's scale of each interval; +-inf at the ends
    mirrored: bool        # two-sided: the interval is at -upper to -lower as well
    interval: np.ndarray  # (k,): which interval each effect lies in
    counts: np.ndarray    # (J,)


def problem(y: np.ndarray, se: np.ndarray, steps: Sequence[float], alternative: str) -> Problem:
    """Lay out the arrays of one data set."""
    p = p_values(y, se, alternative)
    interval = np.searchsorted(np.asarray(steps), p, side="left")
    z = edges(steps, alternative)
    two = alternative == "two-sided"
    upper = np.concatenate([[np.inf], z])
    lower = np.concatenate([z, [0.0 if two else -np.inf]])
    cuts = np.stack([lower, upper])[:, None, :] * se[:, None]
    return Problem(-y if alternative == "less" else y, se**2, cuts, two, interval, np.bincount(interval, minlength=len(steps)))


def value_and_slope(theta: np.ndarray, data: Problem) -> tuple[float, np.ndarray]:
    """Log likelihood and its gradient at ``theta`` = (mu, tau^2, log delta_2, ..., log delta_J)."""
    mu, tau2 = theta[:2]
    delta = np.exp(np.concatenate([[0.0], theta[2:]]))
    total = data.v + tau2
    s, r = np.sqrt(total), data.y - mu
    share, by_mu, by_tau2 = _shares(mu, s, data)
    seen = share @ delta
    value = -0.5 * (np.log(total) + r**2 / total + _LOG_2PI).sum() + (data.counts[1:] * theta[2:]).sum() - np.log(seen).sum()
    slope = np.empty(theta.size)
    slope[0] = (r / total).sum() - ((by_mu @ delta) / seen).sum()
    slope[1] = (0.5 * (r**2 / total - 1) / total).sum() - ((by_tau2 @ delta) / seen).sum()
    slope[2:] = data.counts[1:] - (share[:, 1:] * delta[1:] / seen[:, None]).sum(axis=0)
    return float(value), slope


def _shares(mu: float, s: np.ndarray, data: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of each interval (k, J), and its derivatives by mu and by tau^2."""
    parts = [_between(data.cuts[0], data.cuts[1], mu, s)]
    if data.mirrored:
        parts.append(_between(-data.cuts[1], -data.cuts[0], mu, s))
    return tuple(sum(part) for part in zip(*parts, strict=True))


def _between(lower: np.ndarray, upper: np.ndarray, mu: float, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, high = (lower - mu) / s[:, None], (upper - mu) / s[:, None]
    # in the tail where both are small, so that no digits are lost
    share = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    density = [np.exp(-0.5 * (z**2 + _LOG_2PI)) for z in (low, high)]
    finite = [np.where(np.isfinite(z), z, 0.0) for z in (low, high)]
    by_mu = (density[0] - density[1]) / s[:, None]
    by_tau2 = 0.5 * (density[0] * finite[0] - density[1] * finite[1]) / s[:, None] ** 2
    return share, by_mu, by_tau2


def step_selection(y, se, steps: Sequence[float] | None = None, alternative: str | None = None) -> Selection | NotTested:
    """Fit a step-function selection model.

    Parameters
    ----------
    y, se : array_like, shape (k,)
    steps : sequence of float, optional
        Ends of the intervals of p, ascending; 1 is added if it is not the last. From ``biastests.toml`` by default.
    alternative : {"greater", "less", "two-sided"}, optional
        Tail that p refers to; "greater" by default, as effects are turned so that benefit is positive.

    Returns
    -------
    Selection or NotTested
        `NotTested` where an interval holds no effect, or the likelihood has no interior peak: not identified.
    """
    y, se = _arrays(y, se, 3)
    steps, alternative = _options(steps, alternative)
    data = problem(y, se, steps, alternative)
    test = f"Selection model (steps, {alternative})"
    if not data.counts.all():
        key = "empty_two_sided" if alternative == "two-sided" else "empty"
        return NotTested(test, sentence("selection", key, range=_range(steps, int(np.argmin(data.counts)))), y.size)
    tau2 = estimate_tau2(data.y, se, "ML")
    mu, total, _ = weighted(data.y, data.v + tau2)
    start = np.concatenate([[mu, tau2], np.zeros(len(steps) - 1)])
    theta = climb(lambda point: value_and_slope(point, data), _starts(start, data))
    extreme = np.flatnonzero(np.abs(theta[2:]) >= LOG_DELTA - 1e-6)
    if extreme.size:
        return NotTested(test, sentence("selection", "unbounded", range=_range(steps, int(extreme[0]) + 1)), y.size)
    errors = _errors(theta, data)
    if errors is None:
        return NotTested(test, sentence("selection", "flat"), y.size)
    return _result(theta, errors, start, data, steps, alternative)


def _options(steps: Sequence[float] | None, alternative: str | None) -> tuple[tuple[float, ...], str]:
    defaults = table("biastests")["selection"]
    alternative = defaults["alternative"] if alternative is None else alternative
    if alternative not in ALTERNATIVES:
        raise UsageError(f"alternative = {alternative!r}: must be one of {', '.join(ALTERNATIVES)}")
    ends = [float(step) for step in (defaults["steps"] if steps is None else np.atleast_1d(steps))]
    ends += [] if ends and ends[-1] == 1 else [1.0]
    if len(ends) < 2 or ends[0] <= 0 or ends[-1] > 1 or any(a >= b for a, b in zip(ends, ends[1:], strict=False)):
        raise UsageError(f"steps = {steps!r}: must ascend, between 0 and 1, with one below 1 at least")
    return tuple(ends), alternative


def _starts(start: np.ndarray, data: Problem) -> list[np.ndarray]:
    """The model without selection, and selection of two strengths with the effect halved or gone."""
    found = [start]
    for log_delta, shrink in ((-1.2, 0.5), (-2.5, 0.0), (1.0, 1.2)):
        point = start.copy()
        point[0] *= shrink
        point[1] = max(start[1], 0.25 * float(np.var(data.y)))
        point[2:] = log_delta
        found.append(point)
    return found


def climb(function: Callable[[np.ndarray], tuple[float, np.ndarray]], starts: Sequence[np.ndarray]) -> np.ndarray:
    """The highest peak from several starts: bounded quasi-Newton, then Newton steps on the free directions."""
    from scipy.optimize import minimize

    bounds = [(None, None), (0.0, None)] + [(-LOG_DELTA, LOG_DELTA)] * (starts[0].size - 2)
    best: tuple[float, np.ndarray] | None = None
    for start in starts:
        # L-BFGS-B measures its steps in the variables' own units, which differ by orders of magnitude
        scale = np.concatenate([[0.1 + abs(start[0]), 0.01 + start[1]], np.ones(start.size - 2)])

        def downhill(x, scale=scale):
            value, slope = function(x * scale)
            return -value, -slope * scale

        limits = [(None if a is None else a / c, None if b is None else b / c) for (a, b), c in zip(bounds, scale, strict=True)]
        found = minimize(downhill, start / scale, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9})
        if best is None or -found.fun > best[0] + 1e-9:
            best = (-float(found.fun), found.x * scale)
    return _polish(function, best[1])


def _free(theta: np.ndarray) -> np.ndarray:
    """Directions that are not held at a bound."""
    free = np.ones(theta.size, bool)
    free[1] = theta[1] > 1e-9
    free[2:] = np.abs(theta[2:]) < LOG_DELTA - 1e-6
    return free


def _polish(function, theta: np.ndarray) -> np.ndarray:
    free = _free(theta)
    if not free[1]:
        theta = np.concatenate([[theta[0], 0.0], theta[2:]])
    for _ in range(20):
        value, slope = function(theta)
        if np.abs(slope[free]).max() < _GRADIENT:
            break
        try:
            step = np.linalg.solve(curvature(function, theta)[np.ix_(free, free)], slope[free])
        except np.linalg.LinAlgError:
            break
        moved = theta.copy()
        moved[free] += step
        if moved[1] < 0 or np.abs(moved[2:]).max() > LOG_DELTA or not function(moved)[0] >= value - 1e-12:
            break
        theta = moved
    return theta


def curvature(function, theta: np.ndarray) -> np.ndarray:
    """Minus the second derivatives (n, n), by central differences of the gradient."""
    n = theta.size
    found = np.empty((n, n))
    for j in range(n):
        h = 1e-5 * max(abs(theta[j]), 1e-2)
        # tau^2 may not go below zero
        low = min(h, theta[1]) if j == 1 else h
        up, down = theta.copy(), theta.copy()
        up[j] += h
        down[j] -= low
        found[j] = -(function(up)[1] - function(down)[1]) / (h + low)
    return (found + found.T) / 2


def _errors(theta: np.ndarray, data: Problem) -> np.ndarray | None:
    """Standard errors (n,), nan where a parameter is at its bound; None if the likelihood has no peak here."""
    free = _free(theta)
    information = curvature(lambda point: value_and_slope(point, data), theta)[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(information)))
    if (np.diag(information) <= 0).any() or np.linalg.eigvalsh(information / np.outer(scale, scale)).min() < 1e-7:
        return None
    errors = np.full(theta.size, np.nan)
    errors[free] = np.sqrt(np.diag(np.linalg.inv(information)))
    return errors


def _result(theta, errors, start, data: Problem, steps, alternative: str) -> Selection:
    sign = -1.0 if alternative == "less" else 1.0
    value, null = value_and_slope(theta, data)[0], value_and_slope(start, data)[0]
    lrt, df = max(0.0, 2 * (value - null)), len(steps) - 1
    mu, se = sign * float(theta[0]), float(errors[0])
    half = -float(ndtri(0.025)) * se
    delta = (1.0, *(float(d) for d in np.exp(theta[2:])))
    delta_se = (float("nan"), *(float(d) for d in np.exp(theta[2:]) * errors[2:]))
    return Selection(
        mu, se, (mu - half, mu + half), float(theta[1]), delta, delta_se, tuple(steps), tuple(int(n) for n in data.counts), alternative,
        lrt, float(chdtrc(df, lrt)), df, value, sign * float(start[0]), float(start[1]), data.y.size,
    )  # fmt: skip


def require_identified(result: Selection | NotTested) -> Selection:
    """The fitted model, or an error that says why there is none."""
    if isinstance(result, NotTested):
        raise AnalysisError(result.reason)
    return result
