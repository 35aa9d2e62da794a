"""The measures of effect as data: code, name, scale, what goes in, the formula, and who it comes from.

Codes are those of metafor's ``escalc``, so that a figure can be checked against it. This module holds no arithmetic and
imports none: ``compute`` names the function that does it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workbench.errors import AnalysisError, nearest

#: Scales of analysis, with what takes a value back to the scale on which people read it.
SCALES: Mapping[str, str] = MappingProxyType({
    "log": "exp(y)",
    "identity": "y",
    "logit": "1 / (1 + exp(-y))",
    "fisher_z": "tanh(y)",
    "arcsine": "no inverse without the risk in one arm",
})  # fmt: skip

_ARMS = ("a", "n1", "c", "n2")
_MEANS = ("m1", "sd1", "n1", "m2", "sd2", "n2")
_CELLS = "a, b: events and the rest in the programme arm; c, d: in the comparison arm"


@dataclass(frozen=True)
class Measure:
    """One measure of effect.

    Attributes
    ----------
    code, name : str
        metafor's code, and its name in words.
    scale : str
        A key of `SCALES`.
    inputs : tuple of str
        Arguments of the function, in order; programme arm (1) before comparison arm (2).
    estimate, variance : str
        The formulas in terms of the inputs.
    source : str
        Who they come from.
    compute : str
        Module and function within this package; empty where the effect can only be given, not computed.
    where : str
        What symbols in the formulas mean that are not inputs.
    in_rows : bool
        Whether a row of ``effects.csv`` may be sized in it.
    """

    code: str
    name: str
    scale: str
    inputs: tuple[str, ...]
    estimate: str
    variance: str
    source: str
    compute: str
    where: str = ""
    in_rows: bool = False

    @property
    def ratio(self) -> bool:
        """Whether it is printed as a ratio and analysed as its log."""
        return self.scale == "log"

    def function(self) -> Any:
        """Return the function that computes ``(y, v)``."""
        if not self.compute:
            raise AnalysisError(f"{self.code} ({self.name}) cannot be computed from arm summaries: give the estimate with its standard error")
        module, _, name = self.compute.partition(".")
        return getattr(importlib.import_module(f"workbench.effects.{module}"), name)


_ROWS = (
    Measure("OR", "odds ratio", "log", _ARMS, "log(a d / (b c))", "1/a + 1/b + 1/c + 1/d", "Woolf 1955", "measures.log_odds_ratio", _CELLS, True),
    Measure("RR", "risk ratio", "log", _ARMS, "log((a / n1) / (c / n2))", "1/a - 1/n1 + 1/c - 1/n2", "Katz et al. 1978", "measures.log_risk_ratio", _CELLS, True),
    Measure("HR", "hazard ratio", "log", ("o_minus_e", "v"), "(O - E) / V", "1 / V", "Peto & Peto 1972; Tierney et al. 2007, doi 10.1186/1745-6215-8-16",
            "events.log_hazard_ratio", "O - E: events in the programme arm less those expected under the log-rank test; V: its variance", True),
    Measure("IRR", "incidence rate ratio", "log", ("x1", "t1", "x2", "t2"), "log((x1 / t1) / (x2 / t2))", "1/x1 + 1/x2", "Rothman et al. 2008",
            "events.log_rate_ratio", "x: events; t: person-time", True),
    Measure("RD", "risk difference", "identity", _ARMS, "a / n1 - c / n2", "p1 (1 - p1) / n1 + p2 (1 - p2) / n2", "Fleiss et al. 2003", "measures.risk_difference",
            "p1 = a / n1, p2 = c / n2", True),
    Measure("SMD", "standardised mean difference", "identity", _MEANS, "J (m1 - m2) / sp", "LS: 1/n1 + 1/n2 + y^2 / (2 (n1 + n2)); UB: 1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) y^2",
            "Hedges 1981, doi 10.3102/10769986006002107", "measures.hedges_g", "sp: pooled SD; m = n1 + n2 - 2; J = gamma(m/2) / (sqrt(m/2) gamma((m - 1)/2))", True),
    Measure("MD", "mean difference", "identity", _MEANS, "m1 - m2", "sd1^2 / n1 + sd2^2 / n2", "", "measures.mean_difference", "", True),
)  # fmt: skip
_MORE = (
    Measure("PETO", "odds ratio by Peto's method", "log", _ARMS, "(a - E) / V", "1 / V", "Yusuf et al. 1985, doi 10.1016/S0033-0620(85)80003-7", "events.peto_log_odds_ratio",
            "E = n1 m / N; V = n1 n2 m (N - m) / (N^2 (N - 1)); m = a + c, N = n1 + n2"),
    Measure("AS", "arcsine difference", "arcsine", _ARMS, "asin(sqrt(a / n1)) - asin(sqrt(c / n2))", "1 / (4 n1) + 1 / (4 n2)", "Rücker et al. 2009, doi 10.1002/sim.3511", "events.arcsine_difference"),
    Measure("PHI", "phi coefficient", "identity", _ARMS, "(a d - b c) / sqrt(n1 n2 (a + c) (b + d))", "delta method for a multinomial sample", "Yule 1912", "events.phi", _CELLS),
    Measure("PBIT", "standardised difference by the probit", "identity", _ARMS, "z(a / n1) - z(c / n2)", "sum of 2 pi p (1 - p) exp(z^2) / n over the arms", "Sánchez-Meca et al. 2003, doi 10.1037/1082-989X.8.4.448", "events.probit_difference",
            "z: standard normal quantile"),
    Measure("OR2DL", "standardised difference from the odds ratio, logistic", "identity", _ARMS, "log(a d / (b c)) sqrt(3) / pi", "(1/a + 1/b + 1/c + 1/d) 3 / pi^2", "Chinn 2000", "events.smd_by_logistic", _CELLS),
    Measure("OR2DN", "standardised difference from the odds ratio, normal", "identity", _ARMS, "log(a d / (b c)) / 1.65", "(1/a + 1/b + 1/c + 1/d) / 1.65^2", "Cox & Snell 1989", "events.smd_by_normal", _CELLS),
    Measure("PLO", "log odds of one arm", "logit", ("x", "n"), "log(x / (n - x))", "1/x + 1/(n - x)", "", "events.log_odds", "x: events"),
    Measure("SMDH", "standardised mean difference, unequal variances", "identity", _MEANS, "J (m1 - m2) / sqrt((sd1^2 + sd2^2) / 2)",
            "J^2 (y^2 (sd1^4 / (n1 - 1) + sd2^4 / (n2 - 1)) / (8 s^4) + (sd1^2 / (n1 - 1) + sd2^2 / (n2 - 1)) / s^2)", "Bonett 2009, doi 10.1037/a0016619", "means.smd_unequal_variances",
            "s^2 = (sd1^2 + sd2^2) / 2; J as for SMD"),
    Measure("ROM", "ratio of means", "log", _MEANS, "log(m1 / m2)", "sd1^2 / (n1 m1^2) + sd2^2 / (n2 m2^2)", "Hedges et al. 1999", "means.log_ratio_of_means"),
    Measure("SMCC", "standardised mean change, by the SD of the change", "identity", ("m_post", "sd_post", "m_pre", "sd_pre", "n", "r"), "J (m_post - m_pre) / sd_change", "1/n + y^2 / (2 n)",
            "Gibbons et al. 1993", "means.standardised_change", "sd_change^2 = sd_post^2 + sd_pre^2 - 2 r sd_post sd_pre; J with m = n - 1"),
    Measure("SMCR", "standardised mean change, by the SD before", "identity", ("m_post", "m_pre", "sd_pre", "n", "r"), "J (m_post - m_pre) / sd_pre", "2 (1 - r) / n + y^2 / (2 n)",
            "Becker 1988, doi 10.1111/j.2044-8317.1988.tb00901.x", "means.raw_standardised_change", "J with m = n - 1"),
    Measure("COR", "correlation", "identity", ("r", "n"), "r", "(1 - r^2)^2 / (n - 1)", "", "means.correlation"),
    Measure("ZCOR", "Fisher's z of a correlation", "fisher_z", ("r", "n"), "log((1 + r) / (1 - r)) / 2", "1 / (n - 3)", "Fisher 1921", "means.fisher_z"),
    Measure("GEN", "a given effect of unstated kind", "identity", (), "y", "se^2", "", ""),
)  # fmt: skip

#: Every measure by its code; those that a row may carry come first.
REGISTRY: Mapping[str, Measure] = MappingProxyType({entry.code: entry for entry in (*_ROWS, *_MORE)})
#: Measures in which a row of ``effects.csv`` may be sized.
ROW_MEASURES = tuple(entry.code for entry in _ROWS)
#: Every code: what an array of effects may be labelled with.
MEASURES = tuple(REGISTRY)
#: Measures that are analysed on the log scale.
RATIOS = frozenset(code for code, entry in REGISTRY.items() if entry.ratio)


def measure_named(code: str) -> Measure:
    """Return the registry's entry for `code`.

    Raises
    ------
    AnalysisError
        If there is none, with the nearest code.
    """
    if code in REGISTRY:
        return REGISTRY[code]
    hint = nearest(str(code).upper(), REGISTRY)
    raise AnalysisError(f"measure {code!r}: must be one of {', '.join(REGISTRY)}" + (f"; {hint}" if hint else ""))


def escalc(code: str, /, **inputs: Any) -> Any:
    """Return ``(y, v)`` of a measure by its code, on the scale of analysis.

    Parameters
    ----------
    code : str
        A key of `REGISTRY`.
    **inputs : array_like
        What the entry's ``inputs`` name, and the options of its function (such as ``variance="UB"`` for SMD).

    Raises
    ------
    AnalysisError
        If the code is unknown, an input is missing or none of the measure's, or the figures are impossible.
    """
    import inspect

    entry = measure_named(code)
    function = entry.function()
    missing = [name for name in entry.inputs if name not in inputs]
    if missing:
        raise AnalysisError(f"{code} needs {', '.join(entry.inputs)}; lacking {', '.join(missing)}")
    unknown = [name for name in inputs if name not in inspect.signature(function).parameters]
    if unknown:
        raise AnalysisError(f"{code} takes {', '.join(inspect.signature(function).parameters)}, not {', '.join(unknown)}")
    return function(**inputs)
