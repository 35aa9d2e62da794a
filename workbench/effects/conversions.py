"""Conversions between effect measures: explicit, marked in the route, switchable.

Each takes and returns ``(y, v)`` on the analysis scale (log for ratios). Variances go through the derivative of the
conversion at the estimate (delta method), with the control risk taken as known.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from workbench.effects.measures import Pair, _floats, _require, smd_from_t

#: log odds ratio = SMD x pi / sqrt(3): the logistic distribution with the same standard deviation (Chinn 2000).
LOGISTIC = np.pi / np.sqrt(3)

#: Conversions that use nothing but the study's own printed figures; `size` makes them unless told otherwise.
OWN_FIGURES = frozenset({"RR->OR", "HR->OR", "RD->OR", "MD->SMD"})
#: Conversions that assume a distribution; made only on request.
ASSUMING = frozenset({"SMD->OR", "OR->SMD"})
#: Those that need the risk in the comparison arm.
BY_CONTROL_RISK = frozenset({"RR->OR", "HR->OR", "RD->OR"})


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


_BY_RISK = {"RR->OR": or_from_rr, "HR->OR": or_from_hr, "RD->OR": or_from_rd}
_DIRECT = {"SMD->OR": or_from_smd, "OR->SMD": smd_from_or}


def convert(name: str, y, v, *, control_risk=None, n1=None, n2=None) -> Pair:
    """Apply the conversion called `name` (a member of `OWN_FIGURES` or `ASSUMING`).

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
    """
    if name in _BY_RISK:
        return _BY_RISK[name](y, v, control_risk)
    if name in _DIRECT:
        return _DIRECT[name](y, v)
    return smd_from_md(y, v, n1, n2)
