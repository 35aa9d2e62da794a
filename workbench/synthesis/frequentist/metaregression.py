"""Meta-regression the frequentist way: REML and four other estimators, Knapp-Hartung, Q-profile and an omnibus test.

y_i ~ N(x_i b, se_i^2 + tau^2). Formulas after Viechtbauer 2010 (doi 10.18637/jss.v036.i03) and Knapp & Hartung 2003
(doi 10.1002/sim.1482).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc

from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis.frequentist import components
from workbench.synthesis.frequentist.heterogeneity import _ceiling, _root, estimate_tau2
from workbench.synthesis.frequentist.multilevel import _plain, _span, p_value, quantile
from workbench.synthesis.numerics.blocks import Blocks

if TYPE_CHECKING:
    import pandas

METHODS = ("REML", "ML", "DL", "PM", "FE")

__all__ = ["METHODS", "PooledRegression", "pool_regression"]


class Line(NamedTuple):
    """Weighted least squares: coefficients (p,), their covariance (p, p), residual Q."""

    beta: np.ndarray
    cov: np.ndarray
    q: float


def line(x: np.ndarray, y: np.ndarray, variance: np.ndarray) -> Line:
    """Regression of y (k,) on x (k, p) with known variances (k,)."""
    root = 1 / np.sqrt(variance)
    triangle = np.linalg.qr(x * root[:, None], mode="r")
    inverse = np.linalg.inv(triangle)
    beta = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    return Line(beta, inverse @ inverse.T, float((((y - x @ beta) * root) ** 2).sum()))


def _trace(x: np.ndarray, weight: np.ndarray, informs: np.ndarray) -> float:
    """tr(P U), the expected growth of residual Q with tau^2."""
    cov = line(x, np.zeros(len(weight)), 1 / weight).cov
    return float((weight * informs).sum() - np.einsum("ki,ij,kj,k->", x, cov, x, weight**2 * informs))


def regression_tau2(x: np.ndarray, y: np.ndarray, se: np.ndarray, informs: np.ndarray, method: str) -> float:
    """Residual tau^2 by ``method`` for regressors x (k, p)."""
    v, df = se**2, len(y) - x.shape[1]
    if method == "FE":
        return 0.0
    if method == "DL":
        return max(0.0, (line(x, y, v).q - df) / _trace(x, 1 / v, informs))
    if method == "PM":
        return _crossing(x, y, v, informs, float(df))
    k, m = len(y), x.shape[1] - 1
    rows = np.arange(k)
    blocks = Blocks(rows, rows, rows, np.column_stack([x[:, 1:], x[:, 0], y]), se, informs, 0.0, np.zeros(m), np.zeros(m))
    return float(components.estimate(blocks, method == "REML", (True, False)).tau2)


def _crossing(x: np.ndarray, y: np.ndarray, v: np.ndarray, informs: np.ndarray, level: float) -> float:
    """tau^2 at which residual Q has come down to ``level``; 0 if it starts below, infinite if it never does."""

    def f(tau2: float) -> float:
        return line(x, y, v + informs * tau2).q - level

    if f(0.0) <= 0:
        return 0.0
    high = _ceiling(f, y, v)
    return float("inf") if high is None else _root(f, 0.0, high)


@dataclass(frozen=True, repr=False)
class PooledRegression:
    """A meta-regression, on the effects' scale and in their orientation.

    Attributes
    ----------
    names, coefficients, errors : tuple
        Intercept (the mean effect where the moderators stand at ``at``) and moderators.
    df : float
        Of the coefficients' tests; infinite for z.
    estimate, se, interval, p
        Those of the intercept.
    prediction : tuple of float or None
        Interval for a new effect where the moderators stand at ``at``; None for FE.
    tau2, tau2_interval
        Residual heterogeneity, and its Q-profile interval.
    r2 : float
        Per cent of tau2 that the moderators account for, 0 at least; ``nan`` where there was none.
    q, q_df, q_p : residual Q
    omnibus : tuple
        Statistic, numerator and denominator degrees of freedom, p of no coefficient but the intercept: F with
        Knapp-Hartung, else chi-square over its degrees of freedom (denominator infinite).
    caution : str
        Empty, or why the intervals should not be trusted.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    df: float
    estimate: float
    se: float
    interval: tuple[float, float]
    p: float
    prediction: tuple[float, float] | None
    tau2: float
    tau2_interval: tuple[float, float]
    r2: float
    q: float
    q_df: int
    q_p: float
    omnibus: tuple[float, int, float, float]
    method: str
    test: str
    k: int
    level: float
    measure: str
    caution: str

    def frame(self) -> "pandas.DataFrame":
        """Table of the coefficients: estimate, se, statistic, p and central limits."""
        import pandas

        beta, se = np.array(self.coefficients), np.array(self.errors)
        half = float(quantile(self.level, np.array(self.df))) * se
        columns = {"estimate": beta, "se": se, "t": beta / se, "p": p_value(beta / se, np.array(self.df)), "lower": beta - half, "upper": beta + half}
        return pandas.DataFrame(columns, index=pandas.Index(self.names, name="coefficient"))

    def _parts(self) -> dict[str, str]:
        share = f"{100 * self.level:g} %"
        half = float(quantile(self.level, np.array(self.df)))
        parts = {
            name: f"{beta:.4g} ({share} interval {_span((beta - half * se, beta + half * se))}, {self.test})"
            for name, beta, se in zip(self.names, self.coefficients, self.errors)
        }
        parts["tau2"] = f"{self.tau2:.4f} ({_span(self.tau2_interval)}, Q-profile), R2 {self.r2:.1f} %"
        parts["residual Q"] = f"{self.q:.2f} on {self.q_df} (p {self.q_p:.3g})"
        parts["all moderators"] = f"{self.omnibus[0]:.3f} on {self.omnibus[1]} and {self.omnibus[2]:g} (p {self.omnibus[3]:.3g})"
        return parts | ({"caution": self.caution} if self.caution else {})

    def __repr__(self) -> str:
        body = "; ".join(f"{name} {text}" for name, text in self._parts().items())
        return f"PooledRegression({self.method}, {self.measure}, k={self.k}: {body})"

    def _repr_html_(self) -> str:
        rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in self._parts().items())
        return f"<table><caption>{escape(f'{self.method}, {self.measure}, k={self.k}')}</caption><tbody>{rows}</tbody></table>"


def pool_regression(
    effects: Any, moderators: Any, method: str = "REML", knapp_hartung: bool | str = True, at: Any = None, level: float = 0.95
) -> PooledRegression:
    """Meta-regression of independent effects. Design columns are not used, as in `pool`.

    Parameters
    ----------
    effects : EffectSizes
    moderators, at
        As for `fit`.
    method : str
        A member of `METHODS`.
    knapp_hartung : bool or "safeguarded"
        As for `pool`; F and t on k - p. FE is always Wald.
    level : float
        Of every interval.

    Raises
    ------
    AnalysisError
        For unusable moderators or fewer than two effects more than moderators.
    UsageError
        For an unknown method or option.
    """
    if method not in METHODS:
        raise UsageError(f"method {method!r}: must be one of {', '.join(METHODS)}; {nearest(str(method).upper(), METHODS)}".rstrip("; "))
    if knapp_hartung not in (True, False, "safeguarded"):
        raise UsageError(f"knapp_hartung = {knapp_hartung!r}: must be True, False or 'safeguarded'")
    if not 0 < level < 1:
        raise UsageError(f"level = {level!r}: must lie between 0 and 1")
    plain = _plain(effects, moderators, at)
    x = np.column_stack([np.ones(plain.k), plain.design])
    df = plain.k - x.shape[1]
    if df < 1:
        raise AnalysisError(f"k = {plain.k} effects for {x.shape[1]} coefficients: too few for a meta-regression; use fit()")
    y, se, informs = plain.y, plain.se, np.asarray(plain.informs_tau, float)
    tau2 = regression_tau2(x, y, se, informs, method)
    if not np.isfinite(tau2):
        raise AnalysisError("no tau makes Q equal its expectation: the rows that do not inform tau disagree too much")
    found = line(x, y, se**2 + informs * tau2)
    hartung = bool(knapp_hartung) and method != "FE"
    factor = found.q / df if hartung else 1.0
    factor = max(1.0, factor) if knapp_hartung == "safeguarded" else factor
    errors = np.sqrt(factor * np.diag(found.cov))
    freedom = float(df) if hartung else float("inf")
    t = float(quantile(level, np.array(freedom)))
    reach = t * np.sqrt(tau2 + errors[0] ** 2)
    start = line(x, y, se**2)
    before = estimate_tau2(y, se, method, informs)
    estimate = float(found.beta[0])
    return PooledRegression(
        names=("intercept", *plain.design_names),
        coefficients=tuple(found.beta.tolist()),
        errors=tuple(errors.tolist()),
        df=freedom,
        estimate=estimate,
        se=float(errors[0]),
        interval=(estimate - t * float(errors[0]), estimate + t * float(errors[0])),
        p=float(p_value(estimate / errors[0], np.array(freedom))),
        prediction=None if method == "FE" else (float(estimate - reach), float(estimate + reach)),
        tau2=tau2,
        tau2_interval=tuple(_crossing(x, y, se**2, informs, float(chdtri(df, tail))) for tail in ((1 - level) / 2, (1 + level) / 2)),
        r2=100 * max(0.0, 1 - tau2 / before) if before > 0 else float("nan"),
        q=start.q,
        q_df=df,
        q_p=float(chdtrc(df, start.q)),
        omnibus=_omnibus(found.beta[1:], factor * found.cov[1:, 1:], freedom),
        method=method,
        test=("knapp-hartung" + (", safeguarded" if knapp_hartung == "safeguarded" else "")) if hartung else "z",
        k=plain.k,
        level=level,
        measure=plain.measure,
        caution=f"only {df} more effects than coefficients: the intervals may be too short" if df <= 3 else "",
    )


def _omnibus(beta: np.ndarray, cov: np.ndarray, df: float) -> tuple[float, int, float, float]:
    q = len(beta)
    wald = float(beta @ np.linalg.solve(cov, beta))
    p = chdtrc(q, wald) if np.isinf(df) else fdtrc(q, df, wald / q)
    return wald / q, q, df, float(p)
