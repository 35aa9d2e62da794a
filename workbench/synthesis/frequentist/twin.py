"""The frequentist twin: a pooled effect with Knapp-Hartung, a named prediction interval and heterogeneity."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis.frequentist.heterogeneity import METHODS, estimate_tau2, q_profile, weighted
from workbench.synthesis.rows import check_rows

#: Distributions of the prediction interval.
PREDICTIONS = ("normal", "t(k-1)", "t(k-2)")

__all__ = ["METHODS", "PREDICTIONS", "Pooled", "pool"]


@dataclass(frozen=True)
class Pooled:
    """A frequentist pooled effect, on the scale and in the orientation of the effects.

    Attributes
    ----------
    estimate, se : float
    interval : tuple of float
        Central interval of the mean effect at `level`.
    prediction : tuple of float or None
        Interval for the effect in a new setting; None for FE and where the degrees of freedom do not allow one.
    prediction_kind : str
        Which of `PREDICTIONS` it is; empty if there is none.
    tau2 : float
    tau2_interval : tuple of float or None
        Q-profile; None for k = 1.
    q, q_p : float
        Cochran's Q and its p value (1 for k = 1).
    i2, h2 : float
        I2 in per cent, and H2, from tau2 and the typical variance (from Q for FE).
    method : str
    test : str
        ``z``, ``knapp-hartung`` or ``knapp-hartung, safeguarded``.
    k : int
    level : float
    p : float
        Two-sided p value of the estimate against zero.
    measure : str
    """

    estimate: float
    se: float
    interval: tuple[float, float]
    prediction: tuple[float, float] | None
    prediction_kind: str
    tau2: float
    tau2_interval: tuple[float, float] | None
    q: float
    q_p: float
    i2: float
    h2: float
    method: str
    test: str
    k: int
    level: float = 0.95
    p: float = float("nan")
    measure: str = "GEN"

    def _parts(self) -> dict[str, str]:
        def span(limits: tuple[float, float]) -> str:
            return f"{limits[0]:.3f} to {limits[1]:.3f}"

        share = f"{100 * self.level:g} %"
        parts = {"estimate": f"{self.estimate:.3f} (SE {self.se:.3f})"}
        parts[f"{share} interval ({self.test})"] = span(self.interval)
        if self.prediction is not None:
            parts[f"{share} prediction ({self.prediction_kind})"] = span(self.prediction)
        parts["tau2"] = f"{self.tau2:.4f}"
        if self.tau2_interval is not None:
            parts["tau2"] += f" ({self.tau2_interval[0]:.4f} to {self.tau2_interval[1]:.4f}, Q-profile)"
        parts["heterogeneity"] = f"I2 {self.i2:.1f} %, Q {self.q:.2f} on {self.k - 1} (p {self.q_p:.3g})"
        return parts

    def __repr__(self) -> str:
        body = "; ".join(f"{name} {text}" for name, text in self._parts().items())
        return f"Pooled({self.method}, {self.measure}, k={self.k}: {body})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
            for name, text in self._parts().items()
        )
        caption = escape(f"{self.method}, {self.measure}, k={self.k}")
        return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def pool(
    effects: Any,
    method: str = "REML",
    knapp_hartung: bool | str = True,
    level: float = 0.95,
    prediction: str | None = None,
) -> Pooled:
    """Pool effects the frequentist way. Design columns are not used: this is the unadjusted twin of `fit`.

    Parameters
    ----------
    effects : EffectSizes
    method : str
        A member of `METHODS`.
    knapp_hartung : bool or "safeguarded"
        True (default) takes the plain Knapp-Hartung variance ``q / sum w`` with ``q = Q(tau^2) / (k - 1)`` and the
        t distribution on k - 1; ``"safeguarded"`` takes ``max(1, q)``, so that the interval is never narrower than
        the Wald one (Knapp & Hartung 2003, doi 10.1002/sim.1482) nor, where all effects agree, of no width; False gives the Wald interval. FE is always Wald.
    level : float
        Of every interval.
    prediction : {"normal", "t(k-1)", "t(k-2)"}, optional
        Distribution of the prediction interval ``estimate +/- quantile sqrt(tau^2 + se^2)``. By default the one that
        goes with the test: t(k-1) for Knapp-Hartung, else normal. t(k-2) is Higgins, Thompson and Spiegelhalter's.

    Returns
    -------
    Pooled

    Raises
    ------
    AnalysisError
        For no effects, or one effect with a method other than FE.
    UsageError
        For an unknown method, test or prediction.
    """
    _check_options(knapp_hartung, level, prediction)
    if effects.k == 0:
        raise AnalysisError("k = 0: there is nothing to pool")
    check_rows(effects)
    y, se, informs = effects.y, effects.se, effects.informs_tau
    tau2 = estimate_tau2(y, se, method, informs)
    estimate, weight, q_tau = weighted(y, se**2 + informs * tau2)
    hartung = bool(knapp_hartung) and method != "FE"
    factor = 1.0
    if hartung:
        factor = q_tau / (effects.k - 1)
        factor = max(1.0, factor) if knapp_hartung == "safeguarded" else factor
    error = float(np.sqrt(factor / weight))
    df = effects.k - 1 if hartung else None
    half = _quantile(level, df) * error
    kind, limits = _prediction(estimate, error, tau2, effects.k, level, prediction, hartung, method)
    q, q_p, i2, h2 = _heterogeneity(y, se**2, tau2, method)
    return Pooled(
        estimate=estimate,
        se=error,
        interval=(estimate - half, estimate + half),
        prediction=limits,
        prediction_kind=kind,
        tau2=tau2,
        tau2_interval=q_profile(y, se, level, informs) if effects.k > 1 else None,
        q=q,
        q_p=q_p,
        i2=i2,
        h2=h2,
        method=method,
        test=("knapp-hartung" + (", safeguarded" if knapp_hartung == "safeguarded" else "")) if hartung else "z",
        k=effects.k,
        level=level,
        p=_p_value(estimate, error, df),
        measure=effects.measure,
    )


def _check_options(knapp_hartung: bool | str, level: float, prediction: str | None) -> None:
    if knapp_hartung not in (True, False, "safeguarded"):
        raise UsageError(f"knapp_hartung = {knapp_hartung!r}: must be True, False or 'safeguarded'")
    if not 0 < level < 1:
        raise UsageError(f"level = {level!r}: must lie between 0 and 1")
    if prediction is not None and prediction not in PREDICTIONS:
        raise UsageError(f"prediction = {prediction!r}: must be one of {', '.join(PREDICTIONS)}")


def _quantile(level: float, df: int | None) -> float:
    tail = (1 + level) / 2
    return float(ndtri(tail) if df is None else stdtrit(df, tail))


def _p_value(estimate: float, error: float, df: int | None) -> float:
    if error == 0:
        return 0.0 if estimate else 1.0
    ratio = -abs(estimate / error)
    return float(2 * (ndtr(ratio) if df is None else stdtr(df, ratio)))


def _prediction(
    estimate: float, error: float, tau2: float, k: int, level: float, kind: str | None, hartung: bool, method: str
) -> tuple[str, tuple[float, float] | None]:
    kind = kind or ("t(k-1)" if hartung else "normal")
    df = {"normal": None, "t(k-1)": k - 1, "t(k-2)": k - 2}[kind]
    if method == "FE" or (df is not None and df < 1):
        return "", None
    half = _quantile(level, df) * float(np.sqrt(tau2 + error**2))
    return kind, (estimate - half, estimate + half)


def _heterogeneity(y: np.ndarray, v: np.ndarray, tau2: float, method: str) -> tuple[float, float, float, float]:
    """Return Q, its p value, I2 (per cent) and H2 (Higgins & Thompson 2002, doi 10.1002/sim.1186)."""
    df = y.size - 1
    if df == 0:
        return 0.0, 1.0, 0.0, 1.0
    w, q = 1 / v, weighted(y, v)[2]
    p = float(chdtrc(df, q))
    if method == "FE":
        return q, p, 100 * max(0.0, 1 - df / q) if q > 0 else 0.0, q / df
    typical = df / (w.sum() - (w**2).sum() / w.sum())
    return q, p, 100 * tau2 / (tau2 + typical), 1 + tau2 / typical
