"""Rules on the numbers of one effect row: what cannot be true of any trial, and figures that contradict each other.

Tolerances. Printed figures are rounded, so each may be off by half a unit of its last digit; CSV cells keep no trailing zeros,
hence figures that are printed together (an estimate and its limits) are taken to share the largest number of decimals among them.
Beyond rounding, the interval's z and the p value's z may differ by 15 per cent plus 0.1: a t quantile exceeds the normal one by 7 per cent at 20 degrees
of freedom, and likelihood-based or robust intervals differ from Wald tests by about as much. A slipped digit or a swapped column
moves z by far more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

from workbench.evidence.rules.registry import Breach, Context, rule, shown
from workbench.evidence.tables import Row

RATIOS = frozenset({"OR", "RR", "HR", "IRR"})
STATISTICS = ("events_treat", "n_treat", "events_control", "n_control", "pct_treat", "pct_control", "mean_treat", "sd_treat", "mean_control",
              "sd_control", "estimate", "ci_low", "ci_high", "se", "p", "t")
# A row may keep figures that contradict each other as the source prints them: it never enters a headline then.
PRINTED_SO = "printed_inconsistent"
_WAY_OUT_PRINTED = "check the figures against the source (same analysis, same scale?); if it prints them so, set exclusion to printed_inconsistent"
_NEEDED = {
    "counts": ("events_treat", "n_treat", "events_control", "n_control"),
    "percentages": ("pct_treat", "n_treat", "pct_control", "n_control"),
    "means": ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control"),
    "estimate": ("measure", "estimate"),
    "none": (),
}
Z_RELATIVE, Z_ABSOLUTE = 0.15, 0.1
_NORMAL = NormalDist()


def half_unit(*values: float) -> float:
    """Return half a unit of the last printed digit that the values share."""
    return 0.5 * 10.0 ** -max(_decimals(value) for value in values)


def _decimals(value: float) -> int:
    digits = format(value, ".10f").rstrip("0")
    return len(digits.partition(".")[2])


@rule("events-within-arm", "effects", "events_treat n_treat events_control n_control", "must not exceed the size of its arm",
      "check whether events and arm size were swapped, or belong to different analyses", partial=True)
def events_within_arm(row: Row, context: Context) -> Iterator[Breach]:
    for arm in ("treat", "control"):
        events, size = row[f"events_{arm}"], row[f"n_{arm}"]
        if events is not None and size is not None and events > size:
            yield Breach(f"events_{arm}", f"must not exceed n_{arm} ({shown(size)})")


@rule("limits-in-order", "effects", "ci_low ci_high", "must not exceed ci_high", "swap the limits, or check them against the source")
def limits_in_order(row: Row, context: Context) -> Iterator[Breach]:
    low, high = row["ci_low"], row["ci_high"]
    if low is not None and high is not None and low > high:
        yield Breach("ci_low", f"must not exceed ci_high ({shown(high)})")


@rule("estimate-within-interval", "effects", "exclusion estimate ci_low ci_high", "must lie within its interval",
      _WAY_OUT_PRINTED)
def estimate_within_interval(row: Row, context: Context) -> Iterator[Breach]:
    estimate, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    if row["exclusion"] == PRINTED_SO:
        return
    if None not in (estimate, low, high) and low <= high and not low <= estimate <= high:
        yield Breach("estimate", f"must lie within its interval, {shown(low)} to {shown(high)}")


@rule("interval-complete", "effects", "ci_low ci_high ci_level", "an interval needs both limits and its level",
      "fill in what is missing (ci_level is 0.95 for a 95 % interval), or keep a lone limit in derivation",
      partial=True)
def interval_complete(row: Row, context: Context) -> Iterator[Breach]:
    limits = [row["ci_low"] is not None, row["ci_high"] is not None]
    if any(limits):
        for column in ("ci_low", "ci_high", "ci_level"):
            if row[column] is None:
                yield Breach(column, f"must not be empty where the row has {'ci_low' if limits[0] and column != 'ci_low' else 'ci_high'}")


@rule("ratio-positive", "effects", "measure estimate ci_low ci_high", "a ratio must be greater than 0",
      "check the figure: a log ratio must be put back on the natural scale; a limit printed as 0 for want of digits is left out, with p or se in its place",
      partial=True)
def ratio_positive(row: Row, context: Context) -> Iterator[Breach]:
    if row["measure"] in RATIOS:
        for column in ("estimate", "ci_low", "ci_high"):
            if row[column] is not None and row[column] <= 0:
                yield Breach(column, f"must be greater than 0, because measure is {row['measure']}")


@rule("risk-difference-share", "effects", "measure estimate ci_low ci_high", "a risk difference is a share between -1 and 1",
      "divide percentage points by 100", partial=True)
def risk_difference_share(row: Row, context: Context) -> Iterator[Breach]:
    if row["measure"] == "RD":
        for column in ("estimate", "ci_low", "ci_high"):
            if row[column] is not None and abs(row[column]) > 1:
                yield Breach(column)


@rule("spread-positive", "effects", "sd_treat sd_control se", "must be greater than 0", "leave the cell empty if it was not printed", partial=True)
def spread_positive(row: Row, context: Context) -> Iterator[Breach]:
    for column in ("sd_treat", "sd_control", "se"):
        if row[column] is not None and row[column] <= 0:
            yield Breach(column)


@rule("p-value", "effects", "p p_relation", "a p value is greater than 0 and says whether it is a bound",
      "write a p printed as 0.000 as 0.001 with p_relation <")
def p_value(row: Row, context: Context) -> Iterator[Breach]:
    if row["p"] is not None and row["p_relation"] is None:
        yield Breach("p_relation", "must not be empty where p is given", "say whether p is exact (=) or a bound (< or >)")
    if row["p"] is None and row["p_relation"] is not None:
        yield Breach("p_relation", "must be empty where there is no p", "fill in p, or empty the cell")
    if row["p"] == 0:
        yield Breach("p", "must be greater than 0")


@rule("percentages-and-counts", "effects", "exclusion events_treat n_treat pct_treat events_control n_control pct_control",
      "percentage and counts must agree", _WAY_OUT_PRINTED + ", or keep the weaker of the two in derivation", partial=True)
def percentages_and_counts(row: Row, context: Context) -> Iterator[Breach]:
    if row["exclusion"] == PRINTED_SO:
        return
    for arm in ("treat", "control"):
        events, size, percent = row[f"events_{arm}"], row[f"n_{arm}"], row[f"pct_{arm}"]
        if None in (events, size, percent) or not size or events > size:
            continue
        # A whole unit of the last digit, because some sources cut off instead of rounding.
        if abs(100 * events / size - percent) > 2 * half_unit(percent):
            yield Breach(f"pct_{arm}", f"must agree with {shown(events)} of {shown(size)}, which is {100 * events / size:.1f} per cent")


@rule("data-type", "effects", "data_type measure " + " ".join(STATISTICS), "the columns of the stated data_type must be filled",
      "fill them in, or name in data_type what the row's numbers are (none if they cannot be computed from)", partial=True)
def data_type(row: Row, context: Context) -> Iterator[Breach]:
    for column in _NEEDED.get(row["data_type"], ()):
        if row[column] is None:
            yield Breach(column, f"must not be empty, because data_type is {row['data_type']}")


@rule("interval-and-p", "effects", "exclusion measure estimate ci_low ci_high ci_level p p_relation", "p and interval must agree",
      "look at ci_level and p_relation, and " + _WAY_OUT_PRINTED)
def interval_and_p(row: Row, context: Context) -> Iterator[Breach]:
    bounds = _z_bounds(row)
    if bounds is None or not row["p"] or row["p_relation"] is None or row["exclusion"] == PRINTED_SO:
        return
    low = max(0.0, bounds[0] * (1 - Z_RELATIVE) - Z_ABSOLUTE)
    high = bounds[1] * (1 + Z_RELATIVE) + Z_ABSOLUTE
    p_low, p_high = two_sided(high), two_sided(low)
    p, relation, slack = row["p"], row["p_relation"], half_unit(row["p"])
    agrees = {"=": p_low <= p + slack and p_high >= p - slack, "<": p_low < p + slack, ">": p_high > p - slack}[relation]
    if not agrees:
        implied = two_sided((bounds[0] + bounds[1]) / 2)
        about = f"about {implied:.2g}" if implied >= 0.0001 else "below 0.0001"
        yield Breach("p", f"must agree with the interval {shown(row['ci_low'])} to {shown(row['ci_high'])}, which implies a p {about}",
                     value=f"{'' if relation == '=' else relation + ' '}{shown(p)}")


@rule("interval-and-se", "effects", "exclusion measure estimate ci_low ci_high ci_level se", "standard error and interval must agree",
      "the se of a ratio is that of its log, and an SD is no SE; " + _WAY_OUT_PRINTED)
def interval_and_se(row: Row, context: Context) -> Iterator[Breach]:
    bounds = _se_bounds(row)
    if bounds is None or not row["se"] or row["exclusion"] == PRINTED_SO:
        return
    slack = half_unit(row["se"])
    if not bounds[0] * (1 - Z_RELATIVE) <= row["se"] + slack or not row["se"] - slack <= bounds[1] * (1 + Z_RELATIVE):
        yield Breach("se", f"must agree with the interval {shown(row['ci_low'])} to {shown(row['ci_high'])}, which implies about {sum(bounds) / 2:.2g}")


def _se_bounds(row: Row) -> tuple[float, float] | None:
    """Return the smallest and largest standard error that the printed interval allows (log scale for ratios)."""
    estimate, low, high, level = row["estimate"], row["ci_low"], row["ci_high"], row["ci_level"]
    if None in (estimate, low, high, level) or not low < high:
        return None
    step = half_unit(estimate, low, high)
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    inner, outer = (low + step, high - step), (low - step, high + step)
    if row["measure"] in RATIOS:
        # A lower limit that rounding may have brought down to 0 bounds nothing on the log scale.
        if outer[0] <= 0:
            return None
        inner, outer = (math.log(inner[0]), math.log(inner[1])), (math.log(outer[0]), math.log(outer[1]))
    return max(inner[1] - inner[0], 0.0) / (2 * z), (outer[1] - outer[0]) / (2 * z)


def _z_bounds(row: Row) -> tuple[float, float] | None:
    """Return the smallest and largest |z| that the printed estimate and interval allow."""
    bounds = _se_bounds(row)
    if bounds is None or row["measure"] is None or not bounds[0] > 0:
        return None
    step = half_unit(row["estimate"], row["ci_low"], row["ci_high"])
    ends = row["estimate"] - step, row["estimate"] + step
    if row["measure"] in RATIOS:
        if ends[0] <= 0:
            return None
        ends = math.log(ends[0]), math.log(ends[1])
    nearest_to_null = 0.0 if ends[0] <= 0 <= ends[1] else min(map(abs, ends))
    return nearest_to_null / bounds[1], max(map(abs, ends)) / bounds[0]


def two_sided(z: float) -> float:
    """Return the two-sided p value of a normal z."""
    return 2 * _NORMAL.cdf(-z)


RULES = (events_within_arm, limits_in_order, estimate_within_interval, interval_complete, ratio_positive, risk_difference_share,
         spread_positive, p_value, percentages_and_counts, data_type, interval_and_p, interval_and_se)
