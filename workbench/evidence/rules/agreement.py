"""Rules on figures that are each possible and cannot be true together: result and sign, estimate and arms, study and its reference.

Tolerances. Adjustment, weights and clustering move an estimate away from the raw arms, and its standard error by about the root of the design effect; the
limits below leave room for both, so that what they catch is a figure in the wrong column, arm or decimal place. On
standardised differences, the standard error of a two-arm trial follows from its arms; covariates with a correlation of 0.9 bring it to 0.44 of
that, a design effect of 6 to 2.4 times. An adjusted ratio may lie a factor of two from the raw one beyond rounding; an unadjusted one must equal it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import NormalDist, median

from workbench.evidence.rules.numbers import PRINTED_SO, RATIOS, STATISTICS, Z_ABSOLUTE, Z_RELATIVE, half_unit, two_sided
from workbench.evidence.rules.registry import Breach, Context, listed, rule, shown
from workbench.evidence.tables import Row, Table

_ARMS = "events_treat n_treat events_control n_control pct_treat pct_control mean_treat mean_control"
_WAY_OUT_SIGN = ("check which arm is which, the sign of the estimate and the direction of its construct against the source; if it prints them so, "
                 "set exclusion to printed_inconsistent")
_SE_TO_ARMS = (0.4, 2.5)
_RATIO_ADJUSTED, _RATIO_RAW = math.log(2), math.log(1.1)
_FAMILIES = 2.0
_PLAINLY_SIGNIFICANT, _PLAINLY_NOT = 0.01, 0.2
_UNEVEN = 2.0
_SPREADS = 3.0
_AREA_JUMP, _AREA_SMALL = 5.0, 30
_AREA_OUTLIER = 10.0
_AREA_MANY, _AREA_FEW = 20, 0.02
_AREA_KINDS = ("_rate", "_percent", "_weekly")
_OPEN_SIGN = (PRINTED_SO, "sign_unknown")


def _printed(row: Row) -> float | None:
    """Return the printed estimate with 0 as no difference; None where there is none."""
    if row["estimate"] is None or row["measure"] is None:
        return None
    if row["measure"] not in RATIOS:
        return row["estimate"]
    return math.log(row["estimate"]) if row["estimate"] > 0 else None


def _risks(row: Row) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the risk in each arm and how far rounding may have moved it."""
    found = []
    for arm in ("treat", "control"):
        events, size, percent = row[f"events_{arm}"], row[f"n_{arm}"], row[f"pct_{arm}"]
        if events is not None and size:
            found.append((events / size, 0.0))
        elif percent is not None:
            # A whole unit of the last digit, because some sources cut off instead of rounding.
            found.append((percent / 100, 2 * half_unit(percent) / 100))
        else:
            return None
    return found[0], found[1]


def _raw(row: Row) -> float | None:
    """Return the plain difference between the arms, programme minus comparison; None if rounding leaves its sign open."""
    risks = _risks(row)
    if risks is not None:
        (treat, slack), (control, other) = risks
        return treat - control if abs(treat - control) > slack + other else None
    if row["mean_treat"] is not None and row["mean_control"] is not None:
        return row["mean_treat"] - row["mean_control"]
    return None


@rule("result-and-sign", "effects", f"exclusion construct direction reported_result measure estimate {_ARMS}",
      "the figures must point the way that reported_result says", _WAY_OUT_SIGN)
def result_and_sign(row: Row, context: Context) -> Iterator[Breach]:
    if row["exclusion"] in _OPEN_SIGN or row["reported_result"] not in ("benefit", "harm"):
        return
    construct = context.row("outcomes", row["construct"])
    if construct is not None and construct["direction"] != row["direction"]:
        return  # rule direction has told that already
    good = 1 if row["direction"] == "higher_is_better" else -1
    wanted = good if row["reported_result"] == "benefit" else -good
    printed = _printed(row)
    if printed is not None:
        if printed * wanted < 0:
            yield Breach("estimate", f"must point the other way, because reported_result is {row['reported_result']} and direction is {row['direction']}")
        return
    raw = _raw(row)
    if raw is not None and raw * wanted < 0:
        column = next(f"{each}_treat" for each in ("events", "pct", "mean") if row[f"{each}_treat"] is not None)
        yield Breach(column, f"the arms must differ the other way, because reported_result is {row['reported_result']} and direction is {row['direction']}")


@rule("not-significant", "effects", "exclusion reported_result measure estimate ci_low ci_high p p_relation",
      "a result that is not significant must look it", "check the figures against reported_result, which is what the source says in words")
def not_significant(row: Row, context: Context) -> Iterator[Breach]:
    if row["reported_result"] != "not_significant" or row["exclusion"] == PRINTED_SO:
        return
    null = 1.0 if row["measure"] in RATIOS else 0.0
    if None not in (row["measure"], row["ci_low"], row["ci_high"]) and (row["ci_low"] > null or row["ci_high"] < null):
        yield Breach("ci_low" if row["ci_low"] > null else "ci_high", f"the interval must hold {shown(null)}, because reported_result is not_significant")
    elif row["p"] is not None and row["p"] < _PLAINLY_SIGNIFICANT and row["p_relation"] in ("=", "<"):
        yield Breach("p", "must not be this small, because reported_result is not_significant")


@rule("result-and-p", "effects", "exclusion reported_result ci_low p p_relation", "a benefit or harm that is reported must not have a large p",
      "check p and p_relation against the source; a difference that is not significant is filed as not_significant")
def result_and_p(row: Row, context: Context) -> Iterator[Breach]:
    # Where there is an interval, rule interval-and-p judges p with it.
    if row["exclusion"] is not None or row["ci_low"] is not None or row["reported_result"] not in ("benefit", "harm"):
        return
    if row["p"] is not None and row["p"] >= _PLAINLY_NOT and row["p_relation"] in ("=", ">"):
        yield Breach("p", f"must be below {_PLAINLY_NOT:g}, because reported_result is {row['reported_result']}")


@rule("estimate-and-arms", "effects", f"exclusion measure estimate adjusted {_ARMS}", "a printed ratio or difference must agree with the arms",
      "check estimate, events and percentages against the source, and which arm is which; " + _WAY_OUT_SIGN.partition("; ")[2])
def estimate_and_arms(row: Row, context: Context) -> Iterator[Breach]:
    risks, printed = _risks(row), _printed(row)
    if risks is None or printed is None or row["exclusion"] == PRINTED_SO:
        return
    low, high = _implied(row["measure"], risks)
    if low is None or high is None:
        return
    step = half_unit(row["estimate"])
    if row["measure"] == "RD":
        room = step + (abs(high - low) + 0.05 if row["adjusted"] is not False else 0.005)
    else:
        room = (_RATIO_RAW if row["adjusted"] is False else _RATIO_ADJUSTED) + step / row["estimate"]
    if not low - room <= printed <= high + room:
        middle = (low + high) / 2
        yield Breach("estimate", f"must agree with the two arms, which give about {(middle if row['measure'] == 'RD' else math.exp(middle)):.2g}")


def _implied(measure: str, risks: tuple[tuple[float, float], tuple[float, float]]) -> tuple[float | None, float | None]:
    """Return the lowest and highest effect that two risks and their rounding allow, logged for ratios; None where it is not finite."""
    def effect(treat: float, control: float) -> float | None:
        if measure == "RD":
            return treat - control
        if not (0 < treat < 1 and 0 < control < 1) or measure not in ("RR", "OR"):
            return None
        return math.log(treat / control) if measure == "RR" else math.log(treat / (1 - treat) / (control / (1 - control)))

    (treat, slack), (control, other) = risks
    return effect(treat - slack, control + other), effect(treat + slack, control - other)


@rule("estimate-and-means", "effects", "exclusion measure estimate mean_treat sd_treat n_treat mean_control sd_control n_control",
      "a printed difference or rate ratio must agree with the two means",
      "check estimate and means against the source, and which arm is which; " + _WAY_OUT_SIGN.partition("; ")[2])
def estimate_and_means(row: Row, context: Context) -> Iterator[Breach]:
    one, two, estimate = row["mean_treat"], row["mean_control"], row["estimate"]
    if None in (one, two, estimate) or row["exclusion"] == PRINTED_SO:
        return
    if row["measure"] == "IRR" and one > 0 and two > 0 and estimate > 0:
        if abs(math.log(estimate * two / one)) > _RATIO_ADJUSTED:
            yield Breach("estimate", f"must agree with the two means, whose ratio is {one / two:.2g}")
    elif row["measure"] == "MD":
        # Adjustment may move a difference by about its own standard error, which the arms give where SDs are printed.
        noise = half_unit(one, two) * 2
        if None not in (row["sd_treat"], row["sd_control"]) and row["n_treat"] and row["n_control"]:
            noise += 2 * math.hypot(row["sd_treat"] / math.sqrt(row["n_treat"]), row["sd_control"] / math.sqrt(row["n_control"]))
        if abs(estimate - (one - two)) > noise + abs(one - two) / 2:
            yield Breach("estimate", f"must agree with the two means, which differ by {shown(round(one - two, 6))}")


@rule("interval-even", "effects", "exclusion measure estimate ci_low ci_high", "an interval reaches about as far to either side of its estimate",
      "check the estimate and both limits against the source; if it prints them so, set exclusion to printed_inconsistent")
def interval_even(row: Row, context: Context) -> Iterator[Breach]:
    figures = row["estimate"], row["ci_low"], row["ci_high"]
    ratio = row["measure"] in RATIOS
    if None in figures or row["exclusion"] == PRINTED_SO or not figures[1] < figures[0] < figures[2] or (ratio and min(figures) <= 0):
        return
    # Twice the rounding of a figure, on the log scale for ratios, where the smallest figure is rounded most.
    room = 2 * half_unit(*figures) / (min(figures) if ratio else 1)
    middle, low, high = map(math.log, figures) if ratio else figures
    down, up = middle - low, high - middle
    if max(down, up) - room > _UNEVEN * (min(down, up) + room):
        column = "ci_low" if down > up else "ci_high"
        yield Breach(column, f"must be about as far from {shown(row['estimate'])} as {shown(row['ci_high'] if down > up else row['ci_low'])}"
                     + (" is, on the log scale" if ratio else " is"))


@rule("spreads-alike", "effects", "sd_treat sd_control", "the standard deviations of the two arms are of one size",
      "check both against the source (an SE is no SD)")
def spreads_alike(row: Row, context: Context) -> Iterator[Breach]:
    one, two = row["sd_treat"], row["sd_control"]
    if one and two and one > 0 and two > 0 and not 1 / _SPREADS < one / two < _SPREADS:
        yield Breach("sd_treat", f"must be within a factor of three of sd_control ({shown(two)})")


@rule("error-and-arms", "effects", "exclusion measure estimate se ci_low ci_high ci_level n_treat n_control",
      "the precision of a standardised difference must be possible with these arms",
      "check arm sizes, interval and standard error against the source (an SD is no SE); n is what was analysed")
def error_and_arms(row: Row, context: Context) -> Iterator[Breach]:
    d, n1, n2 = row["estimate"], row["n_treat"], row["n_control"]
    if row["measure"] != "SMD" or d is None or not n1 or not n2 or row["exclusion"] == PRINTED_SO:
        return
    # Hedges and Olkin 1985: variance of d from two independent arms.
    ideal = math.sqrt((n1 + n2) / (n1 * n2) + d * d / (2 * (n1 + n2)))
    column, found = "se", row["se"]
    if found is None and None not in (row["ci_low"], row["ci_high"]) and row["ci_level"] is not None:
        column, found = "ci_low", (row["ci_high"] - row["ci_low"]) / (2 * NormalDist().inv_cdf(0.5 + row["ci_level"] / 2))
    if found is not None and found > 0 and not _SE_TO_ARMS[0] * ideal <= found <= _SE_TO_ARMS[1] * ideal:
        yield Breach(column, f"implies a standard error of {found:.2g}, and arms of {shown(n1)} and {shown(n2)} give about {ideal:.2g}")


@rule("error-and-p", "effects", "exclusion measure estimate se ci_low p p_relation", "p, estimate and standard error must agree",
      "check the three against the source (the se of a ratio is that of its log, and an SD is no SE), and p_relation")
def error_and_p(row: Row, context: Context) -> Iterator[Breach]:
    printed, se, p = _printed(row), row["se"], row["p"]
    # Where there is an interval, rule interval-and-p judges with it.
    if printed is None or not se or se < 0 or not p or row["p_relation"] is None or row["ci_low"] is not None or row["exclusion"] == PRINTED_SO:
        return
    step, slack = half_unit(row["estimate"]) / (row["estimate"] if row["measure"] in RATIOS else 1), half_unit(se)
    low = max(abs(printed) - step, 0) / (se + slack) * (1 - Z_RELATIVE) - Z_ABSOLUTE
    high = (abs(printed) + step) / max(se - slack, se / 2) * (1 + Z_RELATIVE) + Z_ABSOLUTE
    p_low, p_high = two_sided(high), two_sided(max(low, 0.0))
    agrees = {"=": p_low <= p + half_unit(p) and p_high >= p - half_unit(p), "<": p_low < p + half_unit(p), ">": p_high > p - half_unit(p)}[row["p_relation"]]
    if not agrees:
        yield Breach("p", f"must agree with {shown(row['estimate'])} and its standard error {shown(se)}, which imply a p about {two_sided(abs(printed) / se):.2g}",
                     value=f"{'' if row['p_relation'] == '=' else row['p_relation'] + ' '}{shown(p)}")


@rule("repeated-words", "effects", "study_id programme_id construct outcome_measure comparator timepoint_months scope informant reported_result superseded_by",
      "must not repeat another row that has no figures either", "delete one of them, or say in outcome_measure or comparator what tells them apart", whole=True)
def repeated_words(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[tuple, Row] = {}
    columns = ("study_id", "programme_id", "construct", "outcome_measure", "comparator", "timepoint_months", "scope", "informant", "reported_result")
    for row in table.rows:
        # Rows with figures are compared by them, in rule duplicate-rows; a repeated key is told as such.
        if row["superseded_by"] is not None or any(row[name] is not None for name in STATISTICS):
            continue
        other = first.setdefault(tuple(row[name] for name in columns), row)
        if other is not row and other.key != row.key:
            yield Breach("effect_id", f"repeats line {other.line} ({shown(other.key)}) in every word", row=row)


@rule("whole-counts", "effects", "events_treat n_treat events_control n_control", "people are counted in whole numbers",
      "round to whole people, or put an effective sample size into design_effect", partial=True)
def whole_counts(row: Row, context: Context) -> Iterator[Breach]:
    for column in ("events_treat", "n_treat", "events_control", "n_control"):
        if row[column] is not None and row[column] % 1:
            yield Breach(column)


@rule("arms-within-study", "effects", "study_id n_treat n_control", "the arms must not be far larger than their study",
      "check both against the source; families in studies.csv counts both arms together")
def arms_within_study(row: Row, context: Context) -> Iterator[Breach]:
    study = context.row("studies", row["study_id"])
    if study is None or not study["families"] or row["n_treat"] is None or row["n_control"] is None:
        return
    if row["n_treat"] + row["n_control"] > _FAMILIES * study["families"]:
        column = "n_treat" if row["n_treat"] >= row["n_control"] else "n_control"
        yield Breach(column, f"the two arms hold {shown(row['n_treat'] + row['n_control'])}, more than twice the {shown(study['families'])} of study {row['study_id']}")


@rule("effect-of-study", "effects", "effect_id study_id", "an effect_id begins with its study_id",
      "correct study_id; an effect_id is assigned once and never renamed")
def effect_of_study(row: Row, context: Context) -> Iterator[Breach]:
    # A study that is not on file is a foreign key's problem.
    if context.row("studies", row["study_id"]) is not None and not row["effect_id"].startswith(f"{row['study_id']}."):
        yield Breach("study_id", f"must be the study that effect_id {row['effect_id']!r} begins with")


@rule("recorded-after-study", "effects", "study_id recorded", "a row is recorded after its study was published", "check the year of recorded")
def recorded_after_study(row: Row, context: Context) -> Iterator[Breach]:
    study = context.row("studies", row["study_id"])
    if study is not None and study["year"] is not None and row["recorded"].year < study["year"]:
        yield Breach("recorded", f"must not be before {study['year']}, the year of study {row['study_id']}")


@rule("study-year", "studies", "study_id cite year", "the year must be that of the study's own reference", "correct the year here or in bibliography.bib")
def study_year(row: Row, context: Context) -> Iterator[Breach]:
    # A study that is cited by another work, such as a review that reports it, has a year of its own.
    reference = (context.references or {}).get(row["study_id"]) if row["cite"] == row["study_id"] else None
    if reference is not None and reference.year[:4].isdigit() and int(reference.year[:4]) != row["year"]:
        yield Breach("year", f"must be {reference.year[:4]}, the year of {row['cite']} in bibliography.bib")


@rule("price-before-source", "programme_costs unit_costs published_results", "cite price_year", "prices are not from after their source was published",
      "check the price year and the reference", partial=True)
def price_before_source(row: Row, context: Context) -> Iterator[Breach]:
    years = [context.references[key].year[:4] for key in listed(row["cite"]) if key in (context.references or {})]
    if row["price_year"] is not None and years and all(year.isdigit() for year in years) and row["price_year"] > max(map(int, years)):
        yield Breach("price_year", f"must not be after {max(years)}, the year of {row['cite']}")


@rule("baseline-and-effect", "baselines", "effect_id events n", "a baseline that names an effect row must hold its comparison arm",
      "correct effect_id, or take events and n from that row's comparison arm")
def baseline_and_effect(row: Row, context: Context) -> Iterator[Breach]:
    effect = context.row("effects", row["effect_id"])
    if effect is None or (row["events"] or 0) > (row["n"] or math.inf):
        return
    for column, theirs in (("events", "events_control"), ("n", "n_control")):
        if row[column] is not None and effect[theirs] is not None and row[column] != effect[theirs]:
            yield Breach(column, f"must be {shown(effect[theirs])}, {theirs} of {row['effect_id']}")


@rule("area-jump", "areas", "gss_code measure period_end value", "a figure does not change fivefold from one period to the next",
      "check both periods against the publisher's table", whole=True)
def area_jump(table: Table, context: Context) -> Iterator[Breach]:
    series: dict[tuple, list[Row]] = defaultdict(list)
    for row in table.rows:
        if row["value"] is not None:
            series[row["gss_code"], row["measure"]].append(row)
    for rows in series.values():
        rows = sorted(rows, key=lambda row: row["period_end"])
        for before, row in zip(rows, rows[1:], strict=False):
            small, large = sorted((before["value"], row["value"]))
            if large >= _AREA_SMALL and large > _AREA_JUMP * small:
                yield Breach("value", f"must be within a factor of five of {shown(before['value'])}, the figure of {before['period']} on line {before.line}", row=row)


@rule("area-outlier", "areas", "level measure period value", "a rate is not ten times that of the middle authority, or a tenth of it",
      "check the figure and its unit against the publisher's table", whole=True)
def area_outlier(table: Table, context: Context) -> Iterator[Breach]:
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in table.rows:
        if row["value"] is not None and row["measure"].endswith(_AREA_KINDS):
            groups[row["measure"], row["period"]].append(row)
    for rows in groups.values():
        values = [row["value"] for row in rows if row["level"] == "local_authority"]
        middle = median(values) if len(values) > 2 else 0
        for row in rows if middle > 0 else ():
            if not middle / _AREA_OUTLIER <= row["value"] <= middle * _AREA_OUTLIER:
                yield Breach("value", f"must be within a factor of ten of {shown(middle)}, that of the middle authority", row=row)


@rule("area-whole", "areas", "measure value", "a count is a whole number", "check the figure against the publisher's table", whole=True)
def area_whole(table: Table, context: Context) -> Iterator[Breach]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        if row["value"] is not None:
            groups[row["measure"]].append(row)
    for measure, rows in groups.items():
        broken = [row for row in rows if row["value"] % 1]
        # A measure that is all but everywhere whole is a count, or published rounded: a stray decimal is a slip.
        if len(rows) >= _AREA_MANY and len(broken) <= _AREA_FEW * len(rows):
            for row in broken:
                yield Breach("value", f"must be a whole number, as the other figures of {measure} are", row=row)


RULES = (result_and_sign, not_significant, result_and_p, estimate_and_arms, estimate_and_means, interval_even, spreads_alike,
         error_and_arms, error_and_p, repeated_words, whole_counts, arms_within_study, effect_of_study,
         recorded_after_study, study_year, price_before_source, baseline_and_effect, area_jump, area_outlier, area_whole)
