"""Headlines on the scale on which their outcome is printed, as findings.

Results arrive oriented (positive is better) and on the analysis scale (logs for ratios); readers see odds ratios and
differences in the outcome's own direction, as the studies print them.
"""

from __future__ import annotations

import math
from typing import Any

from workbench.briefing.context import Context, rows_behind
from workbench.briefing.findings import Basis, Finding, IntervalFindings, rows_of
from workbench.briefing.formatting import denominator

RATIOS = ("OR", "RR", "HR", "IRR")


def is_ratio(headline: Any) -> bool:
    """Whether the headline's measure is a ratio, pooled on the log scale."""
    return headline.measure in RATIOS


def sign(headline: Any) -> float:
    """Return -1 where less of the outcome is better, so that benefit and printed direction are opposite."""
    return -1.0 if headline.direction == "lower_is_better" else 1.0


def printed(headline: Any, value: float) -> float:
    """Carry an oriented effect to the printed scale."""
    value = sign(headline) * value
    return math.exp(value) if is_ratio(headline) else value


def printed_interval(headline: Any, median: float, low: float, high: float) -> tuple[float, float, float]:
    """Carry an oriented interval to the printed scale, limits in rising order."""
    ends = sorted((printed(headline, low), printed(headline, high)))
    return printed(headline, median), ends[0], ends[1]


def style(headline: Any) -> str:
    """Return the formatter's style for the headline's measure."""
    return "ratio" if is_ratio(headline) else "difference"


def fit_basis(headline: Any, fit: Any, extra: tuple[str, ...] = ()) -> Basis:
    """Return what findings of a fit rest on."""
    kind = "exact" if fit.engine == "exact" else "draws"
    rows = (*rows_of("effects", fit.effects.row_ids), *rows_behind(headline)) if fit is headline.fit else rows_of("effects", fit.effects.row_ids)
    return Basis(kind, tuple(dict.fromkeys((*rows, *extra))), f"{fit.model}; {fit.engine} engine")


def effect(ctx: Context, headline: Any, quantity: str = "theta_new", fit: Any = None, topic: str = "") -> IntervalFindings:
    """Record the median and interval of mu or theta_new of a fit, on the printed scale."""
    fit = fit or headline.fit
    low, high = fit.interval(quantity)
    values = printed_interval(headline, fit.median(quantity), low, high)
    path = f"{headline.construct['construct']}/{topic + '.' if topic else ''}{quantity}"
    return ctx.ledger.interval(path, *values, style(headline), fit_basis(headline, fit), unit=f"{headline.measure}, printed direction")


def spread(ctx: Context, headline: Any) -> IntervalFindings:
    """Record tau, the spread between places, on the analysis scale."""
    low, high = headline.fit.interval("tau")
    path = f"{headline.construct['construct']}/tau"
    basis = fit_basis(headline, headline.fit)
    return ctx.ledger.interval(path, headline.fit.median("tau"), low, high, "difference", basis, unit="analysis scale (log for ratios)")


def chance(ctx: Context, headline: Any, name: str, probabilities: Any = None, topic: str = "", fit: Any = None) -> Finding:
    """Record the probability of ``benefit``, ``within``, ``harm`` or ``any_benefit``."""
    found = probabilities or headline.probabilities
    path = f"{headline.construct['construct']}/{topic + '.' if topic else ''}probability/{name}"
    basis = fit_basis(headline, fit or headline.fit, _baseline_rows(headline))
    return ctx.ledger.number(path, getattr(found, name), "probability", basis, unit="probability")


def _baseline_rows(headline: Any) -> tuple[str, ...]:
    if headline.natural is None:
        return ()
    return rows_of("baselines", (row["baseline_id"] for row in headline.natural.baseline.rows))


class Frequencies:
    """Natural frequencies of a headline, as findings out of one round number of people."""

    def __init__(self, ctx: Context, headline: Any):
        found = headline.natural
        of = denominator(min(found.p0.median, found.p1.median, 1 - found.p0.median, 1 - found.p1.median))
        path = headline.construct["construct"]
        both = Basis("draws", (*rows_behind(headline), *_baseline_rows(headline)), "baseline risk and effect, draw by draw, on the logit scale")
        alone = Basis("draws", _baseline_rows(headline), "baseline risk, draw by draw")
        self.out_of = of
        self.denominator = ctx.ledger.number(f"{path}/risk/denominator", of, "count", Basis("exact", (), "round number chosen for reading"), unit="people")
        self.without = self._interval(ctx, f"{path}/risk_without", found.p0, alone)
        self.with_ = self._interval(ctx, f"{path}/risk_with", found.p1, both)
        self.difference = self._interval(ctx, f"{path}/risk_difference", found.difference, both)

    def _interval(self, ctx: Context, path: str, found: Any, basis: Basis) -> IntervalFindings:
        values = (self.out_of * found.median, self.out_of * found.low, self.out_of * found.high)
        return ctx.ledger.interval(path, *values, "frequency", basis, unit=f"of {self.out_of}")
