"""Dependent effects the frequentist way: three-level and correlated-and-hierarchical models with robust errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc, chdtri, ndtr, ndtri, stdtr, stdtrit

from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis.frequentist import components, sandwich
from workbench.synthesis.frequentist.heterogeneity import _root
from workbench.synthesis.frequentist.twin import Pooled, pool
from workbench.synthesis.numerics.blocks import Blocks, blocks_of, check_rho, inverse_diagonal
from workbench.synthesis.rows import check_rows

if TYPE_CHECKING:
    import pandas

METHODS = ("REML", "ML")
ROBUST = ("CR2", "CR1", None)

__all__ = ["METHODS", "ROBUST", "PooledMultilevel", "pool_multilevel"]


@dataclass(frozen=True, repr=False)
class PooledMultilevel:
    """A pooled effect from dependent effects, on their scale and in their orientation.

    Attributes
    ----------
    estimate, se, df, interval, p
        The mean effect (where moderators stand at ``at``); ``df`` is infinite for the model-based error.
    model_se : float
        Standard error if the working model were true.
    prediction, prediction_kind
        Interval for one effect in a new cluster: estimate +/- quantile sqrt(tau2 + omega2 + se^2).
    tau2, omega2 : float
        Variances between and within clusters.
    names, coefficients, errors, freedom : tuple
        Intercept and moderators: names, coefficients, standard errors and degrees of freedom.
    q, q_df, q_p
        Cochran's (residual) Q.
    omnibus : tuple or None
        Statistic, numerator and denominator degrees of freedom, p, that all moderators' coefficients are zero: F, or
        chi-square over its degrees of freedom (denominator infinite) for the model-based error.
    i2, i2_between, i2_within : float
        Per cent of the variance of a typical effect that is heterogeneity, and its two parts.
    log_likelihood : float
    method, robust : str
    rho : float
    k, clusters : int
    naive : Pooled
        The same rows as if they were independent.
    level : float
    measure : str
    """

    estimate: float
    se: float
    df: float
    interval: tuple[float, float]
    p: float
    model_se: float
    prediction: tuple[float, float] | None
    prediction_kind: str
    tau2: float
    omega2: float
    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    freedom: tuple[float, ...]
    q: float
    q_df: int
    q_p: float
    omnibus: tuple[float, int, float, float] | None
    i2: float
    i2_between: float
    i2_within: float
    log_likelihood: float
    method: str
    robust: str | None
    rho: float
    k: int
    clusters: int
    naive: Pooled
    level: float = 0.95
    measure: str = "GEN"
    _blocks: Blocks = field(default=None, compare=False)
    _use: tuple[bool, bool] = field(default=(True, True), compare=False)

    def component_interval(self, component: str) -> tuple[float, float]:
        """Profile-likelihood interval of ``tau2`` or ``omega2`` at `level` (0 where it reaches the boundary)."""
        if component not in ("tau2", "omega2"):
            raise UsageError(f"component = {component!r} must be 'tau2' or 'omega2'")
        which = int(component == "omega2")
        if not self._use[which]:
            raise UsageError(f"{component} was not estimated; let the model have it")
        centre, drop = (self.tau2, self.omega2)[which], 0.5 * float(chdtri(1, 1 - self.level))

        def height(value: float) -> float:
            found = components.profile(self._blocks, which, np.array([value]), self.method == "REML", self._use)[0]
            return float(found - self.log_likelihood + drop)

        low = 0.0 if height(0.0) >= 0 else _settle(height, centre, 0.0)
        top = max(centre, 1e-3 * float(self._blocks.se.min() ** 2))
        while height(top) > 0:
            top *= 2
            if top > 1e12 * max(1.0, float(np.ptp(self._blocks.columns[:, -1]) ** 2)):
                return low, float("inf")
        return low, _settle(height, centre, top)

    def frame(self) -> "pandas.DataFrame":
        """Table of the coefficients: estimate, se, df, t, p and central limits."""
        import pandas

        beta, se, df = (np.array(part, float) for part in (self.coefficients, self.errors, self.freedom))
        half = quantile(self.level, df) * se
        columns = {"estimate": beta, "se": se, "df": df, "t": ratio(beta, se), "p": p_value(ratio(beta, se), df), "lower": beta - half, "upper": beta + half}
        return pandas.DataFrame(columns, index=pandas.Index(self.names, name="coefficient"))

    def _parts(self) -> dict[str, str]:
        share = f"{100 * self.level:g} %"
        df = "z" if np.isinf(self.df) else f"t on {self.df:.1f}"
        parts = {"estimate": f"{self.estimate:.3f} ({self.robust or 'model'} SE {self.se:.3f})"}
        parts[f"{share} interval ({df})"] = _span(self.interval)
        if self.prediction is not None:
            parts[f"{share} prediction ({self.prediction_kind})"] = _span(self.prediction)
        parts |= {"tau2": f"{self.tau2:.4f}", "omega2": f"{self.omega2:.4f}"}
        parts["heterogeneity"] = f"I2 {self.i2:.1f} % ({self.i2_between:.1f} between, {self.i2_within:.1f} within), Q {self.q:.2f} on {self.q_df}"
        parts["as if independent"] = f"{self.naive.estimate:.3f} ({_span(self.naive.interval)}, {self.naive.test})"
        return parts

    def _title(self) -> str:
        return f"{self.method}, {self.measure}, k={self.k} in {self.clusters} clusters, rho={self.rho:g}"

    def __repr__(self) -> str:
        body = "; ".join(f"{name} {text}" for name, text in self._parts().items())
        return f"PooledMultilevel({self._title()}: {body})"

    def _repr_html_(self) -> str:
        rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in self._parts().items())
        return f"<table><caption>{escape(self._title())}</caption><tbody>{rows}</tbody></table>"


def _span(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.3f} to {limits[1]:.3f}"


def _settle(height, inside: float, outside: float) -> float:
    """Where the profile crosses the drop, between a point above and a point below."""
    if inside < outside:
        return float(_root(height, inside, outside))
    return float(_root(lambda value: -height(value), outside, inside))


def quantile(level: float, df: np.ndarray) -> np.ndarray:
    """Two-sided quantile of t, normal where ``df`` is infinite."""
    tail = (1 + level) / 2
    return np.where(np.isinf(df), ndtri(tail), stdtrit(np.where(np.isinf(df), 1.0, df), tail))


def ratio(estimate: np.ndarray, se: np.ndarray) -> np.ndarray:
    """estimate / se; infinite where clusters agree exactly and a robust error is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(se > 0, estimate / se, np.where(estimate == 0, 0.0, np.copysign(np.inf, estimate)))


def p_value(ratio: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Two-sided p of t, normal where ``df`` is infinite."""
    return 2 * np.where(np.isinf(df), ndtr(-abs(ratio)), stdtr(np.where(np.isinf(df), 1.0, df), -abs(ratio)))


def pool_multilevel(
    effects: Any,
    rho: float = 0.0,
    method: str = "REML",
    robust: str | None = "CR2",
    moderators: Any = None,
    at: Any = None,
    between: bool = True,
    within: bool = True,
    level: float = 0.95,
) -> PooledMultilevel:
    """Pool effects that come in clusters (``effects.cluster``). Design columns are not used, as in `pool`.

    Parameters
    ----------
    effects : EffectSizes
    rho : float
        Correlation of sampling errors within a cluster: 0 is the plain three-level model, more the correlated-and-
        hierarchical one (Pustejovsky & Tipton 2022, doi 10.1007/s11121-021-01246-3).
    method : {"REML", "ML"}
    robust : {"CR2", "CR1", None}
        Cluster-robust standard errors: CR2 with Satterthwaite degrees of freedom, CR1 (J / (J - p)) with J - p, or the
        working model's own.
    moderators, at
        As for `fit`.
    between, within : bool
        Whether clusters (tau2) and effects within them (omega2) vary. With ``between=False`` this is the usual
        random-effects model with robust errors.
    level : float
        Of every interval.

    Raises
    ------
    AnalysisError
        For no rows or cluster labels, one cluster, as many clusters as rows where both components are asked for (they
        cannot be told apart), no more clusters than coefficients, or unusable moderators.
    UsageError
        For an unknown method or kind of error.
    """
    _check_options(method, robust, level)
    plain = _plain(effects, moderators, at)
    coefficients = 1 + len(plain.design_names)
    zero = np.zeros(coefficients - 1)
    blocks = blocks_of(plain, check_rho(rho), zero, zero)
    _check_clusters(blocks, coefficients, between, within, robust)
    use = (between, within)
    solved = components.estimate(blocks, method == "REML", use)
    found = sandwich.sandwich(blocks, solved, robust) if robust else None
    cov, df = (found.cov, found.df) if found else (solved.cov, np.full(coefficients, np.inf))
    se = np.sqrt(np.diag(cov))
    half = float(quantile(level, df[0])) * se[0]
    spread = solved.tau2 + solved.omega2
    reach = float(quantile(level, df[0])) * np.sqrt(spread + se[0] ** 2)
    estimate = float(solved.beta[0])
    q = _cochran(blocks)
    q_df = len(blocks.se) - coefficients
    typical = _typical(blocks, q_df)
    likelihood = components.likelihood(blocks, np.array([solved.tau2]), np.array([solved.omega2]), method == "REML")
    return PooledMultilevel(
        estimate=estimate,
        se=float(se[0]),
        df=float(df[0]),
        interval=(estimate - half, estimate + half),
        p=float(p_value(ratio(solved.beta[:1], se[:1]), df[:1])[0]),
        model_se=float(np.sqrt(solved.cov[0, 0])),
        prediction=(estimate - reach, estimate + reach),
        prediction_kind="normal" if np.isinf(df[0]) else f"t({df[0]:.1f})",
        tau2=float(solved.tau2),
        omega2=float(solved.omega2),
        names=("intercept", *plain.design_names),
        coefficients=tuple(solved.beta.tolist()),
        errors=tuple(se.tolist()),
        freedom=tuple(df.tolist()),
        q=q,
        q_df=q_df,
        q_p=float(chdtrc(q_df, q)) if q_df else 1.0,
        omnibus=_omnibus(solved, found, coefficients),
        i2=100 * spread / (spread + typical),
        i2_between=100 * solved.tau2 / (spread + typical),
        i2_within=100 * solved.omega2 / (spread + typical),
        log_likelihood=float(likelihood[0, 0]),
        method=method,
        robust=robust,
        rho=blocks.rho,
        k=len(blocks.se),
        clusters=len(blocks.start),
        naive=pool(effects, method, level=level),
        level=level,
        measure=effects.measure,
        _blocks=blocks,
        _use=use,
    )


def _plain(effects: Any, moderators: Any, at: Any) -> Any:
    """The effects with the moderators as their only design columns."""
    check_rows(effects)
    bare = replace(effects, design=np.zeros((len(effects.y), 0)), design_names=())
    if moderators is None:
        return bare
    from workbench.synthesis.exact.regression import with_moderators

    return with_moderators(bare, moderators, at)


def _check_options(method: str, robust: str | None, level: float) -> None:
    if method not in METHODS:
        raise UsageError(f"method {method!r}: must be one of {', '.join(METHODS)}; {nearest(str(method).upper(), METHODS)}".rstrip("; "))
    if robust not in ROBUST:
        raise UsageError(f"robust = {robust!r}: must be 'CR2', 'CR1' or None")
    if not 0 < level < 1:
        raise UsageError(f"level = {level!r}: must lie between 0 and 1")


def _check_clusters(blocks: Blocks, coefficients: int, between: bool, within: bool, robust: str | None) -> None:
    clusters, rows = len(blocks.start), len(blocks.se)
    informing = int(blocks.informs[blocks.start].sum())
    if rows <= coefficients:
        raise AnalysisError(f"k = {rows} effects for {coefficients} coefficient{'s' if coefficients > 1 else ''}: too few; use fit()")
    if between and informing < 2:
        raise AnalysisError("there is one cluster: how far clusters differ cannot be estimated; use between=False with robust=None, or fit()")
    if robust and clusters <= coefficients:
        raise AnalysisError(f"{clusters} clusters for {coefficients} coefficients: robust errors need more clusters; use robust=None or fit()")
    if between and within and int(blocks.informs.sum()) == informing:
        raise AnalysisError("every cluster holds one effect: tau and omega cannot be told apart; use within=False or pool()")


def _cochran(blocks: Blocks) -> float:
    solved = components.solve(blocks, 0.0, 0.0)
    return float(solved.residual @ components.apply_inverse(blocks, solved, solved.residual))


def _typical(blocks: Blocks, df: int) -> float:
    """Typical sampling variance: df over the trace of the projection at zero heterogeneity (Higgins & Thompson 2002)."""
    solved = components.solve(blocks, 0.0, 0.0)
    trace = inverse_diagonal(blocks, solved.parts, np.zeros(1)).sum() - np.trace(solved.cov @ solved.weighted.T @ solved.weighted)
    return df / float(trace)


def _omnibus(solved: components.Solved, found: sandwich.Sandwich | None, coefficients: int) -> tuple[float, int, float, float] | None:
    if coefficients == 1:
        return None
    which = np.arange(1, coefficients)
    if found is not None:
        return sandwich.omnibus(solved, found, which)
    part = solved.beta[1:]
    wald = float(part @ np.linalg.solve(solved.cov[1:, 1:], part))
    return wald / len(which), len(which), float("inf"), float(chdtrc(len(which), wald))
