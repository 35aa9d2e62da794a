"""Conversions between effect measures: explicit, marked in the route, switchable.

Each takes and returns ``(y, v)`` on the analysis scale (log for ratios). Variances go through the derivative of the
conversion at the estimate (delta method), with the control risk taken as known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from scipy.special import expit, logit

from workbench.effects.measures import Pair, _floats, _require, smd_from_t
from workbench.errors import AnalysisError, nearest

#: log odds ratio = SMD x pi / sqrt(3): the logistic distribution with the same standard deviation (Chinn 2000).
LOGISTIC = np.pi / np.sqrt(3)


def _check_risk(p0: np.ndarray) -> None:
    _require((p0 > 0) & (p0 < 1), "the control risk must lie strictly between 0 and 1")


def _check_treated(p1: np.ndarray) -> None:
    _require((p1 > 0) & (p1 < 1), "with this control risk the programme arm's risk would leave the range 0 to 1")


def or_from_rr(y, v, p0) -> Pair:
    """Log odds ratio from a log risk ratio: ``p1 = p0 exp(y)``; derivative ``1 / (1 - p1)``."""
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    p1 = p0 * np.exp(y)
    _check_treated(p1)
    return logit(p1) - logit(p0), v / (1 - p1) ** 2


def rr_from_or(y, v, p0) -> Pair:
    """Log risk ratio from a log odds ratio: the inverse of `or_from_rr`."""
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    p1 = expit(logit(p0) + y)
    return np.log(p1 / p0), v * (1 - p1) ** 2


def or_from_rd(y, v, p0) -> Pair:
    """Log odds ratio from a risk difference: ``p1 = p0 + y``; derivative ``1 / (p1 (1 - p1))``."""
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    p1 = p0 + y
    _check_treated(p1)
    return logit(p1) - logit(p0), v / (p1 * (1 - p1)) ** 2


def rd_from_or(y, v, p0) -> Pair:
    """Risk difference from a log odds ratio: the inverse of `or_from_rd`."""
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    p1 = expit(logit(p0) + y)
    return p1 - p0, v * (p1 * (1 - p1)) ** 2


def or_from_hr(y, v, p0) -> Pair:
    """Log odds ratio from a log hazard ratio, hazards proportional: ``p1 = 1 - (1 - p0)^exp(y)``.

    With ``h = exp(y)`` and ``L = -log(1 - p0)`` the derivative is ``h L / p1`` (VanderWeele 2020,
    doi 10.1111/biom.13197, for the risks behind it).
    """
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    cumulative = -np.log1p(-p0) * np.exp(y)
    p1 = -np.expm1(-cumulative)
    _check_treated(p1)
    return logit(p1) - logit(p0), v * (cumulative / p1) ** 2


def hr_from_or(y, v, p0) -> Pair:
    """Log hazard ratio from a log odds ratio: the inverse of `or_from_hr`."""
    y, v, p0 = _floats(y, v, p0)
    _check_risk(p0)
    p1 = expit(logit(p0) + y)
    cumulative = -np.log1p(-p1)
    return np.log(cumulative / -np.log1p(-p0)), v * (p1 / cumulative) ** 2


def or_from_smd(y, v) -> Pair:
    """Log odds ratio from a standardised mean difference, times pi / sqrt(3)."""
    y, v = _floats(y, v)
    return y * LOGISTIC, v * LOGISTIC**2


def smd_from_or(y, v) -> Pair:
    """Standardised mean difference from a log odds ratio, times sqrt(3) / pi."""
    y, v = _floats(y, v)
    return y / LOGISTIC, v / LOGISTIC**2


def smd_from_md(y, v, n1, n2) -> Pair:
    """Standardised mean difference from a mean difference, its variance and the arm sizes: through ``t = y / SE``."""
    y, v = _floats(y, v)
    return smd_from_t(y / np.sqrt(v), n1, n2)


@dataclass(frozen=True)
class Conversion:
    """One conversion between measures, as data.

    Attributes
    ----------
    name : str
        Source and target, such as ``RR->OR``.
    formula, source : str
        On the analysis scale (log for ratios), and who it comes from.
    needs : str
        ``control risk``, ``arm sizes`` or nothing.
    assumes : str
        What it takes for granted beyond the study's own figures; empty if nothing.
    default : bool
        Whether `size` makes it unless told otherwise.
    function : callable
        ``(y, v)``, with the control risk or the two arm sizes where it needs them, to ``(y, v)``.
    back : str
        The conversion that undoes it; empty if there is none.
    """

    name: str
    formula: str
    source: str
    needs: str
    assumes: str
    default: bool
    function: Callable[..., Pair] = field(repr=False)
    back: str = ""


_RISK, _SIZES = "control risk", "arm sizes"
_ZHANG = "Zhang & Yu 1998, doi 10.1001/jama.280.19.1690"
_HAZARDS = "hazards proportional; VanderWeele 2020, doi 10.1111/biom.13197"
_CHINN = "Chinn 2000, doi 10.1002/1097-0258(20001130)19:22<3127::AID-SIM784>3.0.CO;2-M"
_LOGISTIC_UNDER = "a logistic distribution under the yes or no, with one SD in both arms"

#: Every conversion by its name.
CONVERSIONS: Mapping[str, Conversion] = MappingProxyType({
    entry.name: entry
    for entry in (
        Conversion("RR->OR", "logit(p0 exp(y)) - logit(p0)", _ZHANG, _RISK, "", True, or_from_rr, "OR->RR"),
        Conversion("HR->OR", "logit(1 - (1 - p0)^exp(y)) - logit(p0)", _HAZARDS, _RISK, "", True, or_from_hr, "OR->HR"),
        Conversion("RD->OR", "logit(p0 + y) - logit(p0)", "by definition", _RISK, "", True, or_from_rd, "OR->RD"),
        Conversion("OR->RR", "log(expit(logit(p0) + y) / p0)", _ZHANG, _RISK, "", False, rr_from_or, "RR->OR"),
        Conversion("OR->HR", "log(log(1 - p1) / log(1 - p0)), p1 = expit(logit(p0) + y)", _HAZARDS, _RISK, "", False, hr_from_or, "HR->OR"),
        Conversion("OR->RD", "expit(logit(p0) + y) - p0", "by definition", _RISK, "", False, rd_from_or, "RD->OR"),
        Conversion("MD->SMD", "J (y / SE) sqrt(1/n1 + 1/n2)", "Hedges 1981, doi 10.3102/10769986006002107", _SIZES, "", True, smd_from_md),
        Conversion("SMD->OR", "y pi / sqrt(3)", _CHINN, "", _LOGISTIC_UNDER, False, or_from_smd, "OR->SMD"),
        Conversion("OR->SMD", "y sqrt(3) / pi", _CHINN, "", _LOGISTIC_UNDER, False, smd_from_or, "SMD->OR"),
    )
})  # fmt: skip

#: Conversions that use nothing but the study's own printed figures; `size` makes them unless told otherwise.
OWN_FIGURES = frozenset(name for name, entry in CONVERSIONS.items() if entry.default)
#: Conversions that assume a distribution; made only on request.
ASSUMING = frozenset(name for name, entry in CONVERSIONS.items() if entry.assumes)
#: Those that need the risk in the comparison arm.
BY_CONTROL_RISK = frozenset(name for name, entry in CONVERSIONS.items() if entry.needs == _RISK)


def allowed(names: Iterable[str]) -> frozenset[str]:
    """Return `names` as a set of conversions.

    Raises
    ------
    AnalysisError
        If one of them does not exist, with the nearest name.
    """
    chosen = frozenset((names,) if isinstance(names, str) else names)
    for name in sorted(chosen - CONVERSIONS.keys()):
        hint = nearest(name, CONVERSIONS)
        raise AnalysisError(f"conversion {name!r}: must be one of {', '.join(CONVERSIONS)}" + (f"; {hint}" if hint else ""))
    return chosen


def convert(name: str, y, v, *, control_risk=None, n1=None, n2=None) -> Pair:
    """Apply the conversion called `name` (a key of `CONVERSIONS`).

    Parameters
    ----------
    name : str
        For instance ``"RR->OR"``.
    y, v : array_like
        Effect and variance on the analysis scale.
    control_risk : array_like, optional
        Needed by the members of `BY_CONTROL_RISK`.
    n1, n2 : array_like, optional
        Arm sizes, needed by ``"MD->SMD"``.

    Raises
    ------
    AnalysisError
        If there is no such conversion, or what it needs is not given.
    """
    (name,) = allowed(name)
    entry = CONVERSIONS[name]
    if entry.needs == _RISK:
        if control_risk is None:
            raise AnalysisError(f"{name} needs the control risk")
        return entry.function(y, v, control_risk)
    if entry.needs == _SIZES:
        if n1 is None or n2 is None:
            raise AnalysisError(f"{name} needs both arm sizes")
        return entry.function(y, v, n1, n2)
    return entry.function(y, v)
