"""Every row of the evidence base that can be sized is worked out again here, from its printed figures, by other code.

The arithmetic below uses only the standard library and the textbook formulas, so that a slip in the package shows. Two
kinds of check: the size itself, and whether the several figures that a row prints agree with one another.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from workbench.effects import doubts, size
from workbench.errors import AnalysisError

NORMAL = NormalDist()
#: Beyond rounding, an unadjusted estimate may differ from the one that its own counts or percentages give by this much
#: on the log scale (risk differences: in shares): denominators vary a little between a table and a model.
CRUDE, CRUDE_SHARE = 0.05, 0.005
#: An adjusted estimate may differ by more: adjustment moves it, and changes what an odds ratio is conditional on.
ADJUSTED, ADJUSTED_SHARE = 0.15, 0.01
#: Two printed ways to a standard error agree within 15 per cent beyond rounding (see workbench.evidence.rules.numbers).
AGREE = 0.15

#: Rows whose printed estimate is further from their own percentages than that, and why they stand.
ARGUED = {
    "chuang2012.reunification": "the percentages come from a press report and imply about 1.56; the adjusted figure leans on its model (see its note)",
    "chuang2012.reunification.2": "as the row above, with a bounded p",
}


@pytest.fixture(scope="module")
def base(evidence):
    return evidence


@pytest.fixture(scope="module")
def sized(base):
    """Each row with its size, in the measure of its construct and in its own."""
    found = []
    for row in base["effects"].rows:
        for measure in {base["outcomes"][row["construct"]]["measure"], row["measure"]} - {None}:
            try:
                found.append((row, measure, size(row, measure, study=base["studies"][row["study_id"]])))
            except AnalysisError as error:
                assert row["effect_id"] in str(error)  # a refusal always names its row
    return found


def half_unit(*values: float) -> float:
    """Half a unit of the last digit that figures printed together share."""
    return 0.5 * 10.0 ** -max(len(format(value, ".10f").rstrip("0").partition(".")[2]) for value in values)


def logged(row, value):
    return math.log(value) if row["measure"] in ("OR", "RR", "HR", "IRR") else value


# ------------------------------------------------------------------------------------------- the size, worked out again


def cells(row, route):
    n1, n2 = row["n_treat"], row["n_control"]
    a, c = (row["events_treat"], row["events_control"]) if route == "counts" else (row["pct_treat"] * n1 / 100, row["pct_control"] * n2 / 100)
    b, d = n1 - a, n2 - c
    return [x + 0.5 for x in (a, b, c, d)] if min(a, b, c, d) == 0 else [a, b, c, d]


def from_cells(row, route, measure):
    a, b, c, d = cells(row, route)
    p1, p2 = a / (a + b), c / (c + d)
    return {
        "OR": lambda: (math.log(a / b / (c / d)), 1 / a + 1 / b + 1 / c + 1 / d),
        "RR": lambda: (math.log(p1 / p2), (1 - p1) / a + (1 - p2) / c),
        "RD": lambda: (p1 - p2, p1 * (1 - p1) / (a + b) + p2 * (1 - p2) / (c + d)),
    }[measure]()


def hedges(d, n1, n2):
    m = n1 + n2 - 2
    g = d * math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    return g, 1 / n1 + 1 / n2 + g * g / (2 * (n1 + n2))


def from_means(row, measure):
    m1, s1, n1, m2, s2, n2 = (row[c] for c in ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control"))
    if measure == "MD":
        return m1 - m2, s1 * s1 / n1 + s2 * s2 / n2
    return hedges((m1 - m2) / math.sqrt(((n1 - 1) * s1 * s1 + (n2 - 1) * s2 * s2) / (n1 + n2 - 2)), n1, n2)


def from_estimate(row, route):
    y = logged(row, row["estimate"])
    if route == "se":
        return y, row["se"] ** 2
    if route == "interval":
        z = NORMAL.inv_cdf(0.5 + row["ci_level"] / 2)
        return y, ((logged(row, row["ci_high"]) - logged(row, row["ci_low"])) / (2 * z)) ** 2
    if route == "t":
        return y, (y / row["t"]) ** 2
    if route == "p":
        return y, (y / NORMAL.inv_cdf(row["p"] / 2)) ** 2
    return y, 1 / row["n_treat"] + 1 / row["n_control"] + y * y / (2 * (row["n_treat"] + row["n_control"]))


def from_null(row, measure):
    if measure in ("HR", "IRR"):
        return 0.0, 1 / row["events_treat"] + 1 / row["events_control"]
    n1, n2 = row["n_treat"], row["n_control"]
    both = 1 / n1 + 1 / n2
    if measure == "SMD":
        return 0.0, both
    shares = [row[f"pct_{arm}"] / 100 if row[f"pct_{arm}"] is not None else None for arm in ("treat", "control")]
    risk = (shares[0] * n1 + shares[1] * n2) / (n1 + n2) if None not in shares else shares[1]
    if risk is None or not 0 < risk < 1:
        risk = 0.5
    return 0.0, both * {"OR": 1 / (risk * (1 - risk)), "RR": (1 - risk) / risk, "RD": risk * (1 - risk)}[measure]


def converted(row, step, y, v):
    """Each conversion again, its derivative taken numerically."""
    if step == "MD->SMD":
        n1, n2 = row["n_treat"], row["n_control"]
        return hedges(y / math.sqrt(v) * math.sqrt(1 / n1 + 1 / n2), n1, n2)
    p0 = row["events_control"] / row["n_control"] if None not in (row["events_control"], row["n_control"]) else row["pct_control"] / 100

    def change(x):
        p1 = {"RR->OR": lambda: p0 * math.exp(x), "RD->OR": lambda: p0 + x, "HR->OR": lambda: 1 - (1 - p0) ** math.exp(x)}[step]()
        return math.log(p1 / (1 - p1)) - math.log(p0 / (1 - p0))

    slope = (change(y + 1e-5) - change(y - 1e-5)) / 2e-5
    return change(y), v * slope**2


def again(row, measure, route):
    start = route.converted.partition("->")[0] or measure
    if route.name in ("counts", "percentages"):
        y, v = from_cells(row, route.name, start)
    elif route.name == "means":
        y, v = from_means(row, start)
    elif route.name == "known_null":
        y, v = from_null(row, measure)
    else:
        y, v = from_estimate(row, route.name)
    if route.converted:
        y, v = converted(row, route.converted, y, v)
    return y, math.sqrt(v * (row["design_effect"] or 1))


def test_every_size_is_worked_out_again(sized):
    assert len(sized) > 200
    for row, measure, found in sized:
        assert (found.y, found.se) == pytest.approx(again(row, measure, found.route), rel=1e-6, abs=1e-12), row["effect_id"]


def test_every_size_can_be_walked_back_to_the_table(sized):
    for row, _, found in sized:
        steps = found.route.steps
        assert all(row[column] == value for column, value in steps[0].figures), row["effect_id"]
        assert steps[-1].value == found.se and len(found.derivation) >= 4, row["effect_id"]


# ----------------------------------------------------------------------------- do the figures of a row agree with it


def test_printed_intervals_errors_and_p_values_agree(base):
    compared = 0
    for row in base["effects"].rows:
        if row["estimate"] is None or row["measure"] is None or row["exclusion"] == "printed_inconsistent":
            continue
        bounds = error_bounds(row)
        for first, (low, high) in bounds.items():
            for second, (other_low, other_high) in bounds.items():
                if first < second:
                    compared += 1
                    assert low <= other_high * (1 + AGREE) and other_low <= high * (1 + AGREE), (row["effect_id"], first, second, bounds)
    assert compared > 20


def error_bounds(row):
    """The smallest and largest standard error that each printed figure allows, rounding considered."""
    bounds, ratio = {}, row["measure"] in ("OR", "RR", "HR", "IRR")
    if row["se"]:
        slack = half_unit(row["se"])
        bounds["se"] = (max(row["se"] - slack, 0), row["se"] + slack)
    step = half_unit(*(row[c] for c in ("estimate", "ci_low", "ci_high") if row[c] is not None))
    if None not in (row["ci_low"], row["ci_high"], row["ci_level"]) and (not ratio or row["ci_low"] - step > 0):
        z = 2 * NORMAL.inv_cdf(0.5 + row["ci_level"] / 2)
        low, high = row["ci_low"], row["ci_high"]
        bounds["interval"] = tuple((logged(row, high + s) - logged(row, low - s)) / z for s in (-step, step))
    if row["p"] and row["p"] < 1 and (not ratio or row["estimate"] > step):
        ends = sorted(abs(logged(row, row["estimate"] + s)) for s in (-step, step))
        if (logged(row, row["estimate"] - step)) * (logged(row, row["estimate"] + step)) < 0:
            ends[0] = 0.0
        slack = half_unit(row["p"]) if row["p_relation"] == "=" else 0.0
        strong = -NORMAL.inv_cdf(max(row["p"] - slack, 1e-12) / 2)
        weak = -NORMAL.inv_cdf(min(row["p"] + slack, 1) / 2)
        lowest, highest = ends[0] / strong, ends[1] / weak if weak > 0 else math.inf
        bounds["p"] = {"=": (lowest, highest), "<": (0.0, highest), ">": (lowest, math.inf)}[row["p_relation"]]
    return bounds


def crude_range(row):
    """The smallest and largest crude effect that the printed counts or percentages allow, or None."""
    shares = []
    for arm in ("treat", "control"):
        events, size_of_arm, percent = row[f"events_{arm}"], row[f"n_{arm}"], row[f"pct_{arm}"]
        if events is not None and size_of_arm:
            shares.append((events / size_of_arm,) * 2)
        elif percent is not None:
            slack = half_unit(percent)
            shares.append((max(percent - slack, 0) / 100, min(percent + slack, 100) / 100))
        else:
            return None
    if row["measure"] != "RD" and (min(shares[0][0], shares[1][0]) <= 0 or max(shares[0][1], shares[1][1]) >= 1):
        return None
    effect = {
        "OR": lambda p, q: math.log(p / (1 - p)) - math.log(q / (1 - q)),
        "RR": lambda p, q: math.log(p / q),
        "RD": lambda p, q: p - q,
    }[row["measure"]]
    return effect(shares[0][0], shares[1][1]), effect(shares[0][1], shares[1][0])


def distance(row):
    """How far the printed estimate is from the crude one beyond rounding, or None where a row has not both."""
    if row["measure"] not in ("OR", "RR", "RD") or row["estimate"] is None:
        return None
    crude = crude_range(row)
    if crude is None:
        return None
    slack = half_unit(row["estimate"])
    low, high = (logged(row, max(row["estimate"] + s, 1e-9) if row["measure"] != "RD" else row["estimate"] + s) for s in (-slack, slack))
    return max(low - crude[1], crude[0] - high, 0.0)


def allowance(row):
    if row["measure"] == "RD":
        return ADJUSTED_SHARE if row["adjusted"] else CRUDE_SHARE
    return ADJUSTED if row["adjusted"] else CRUDE


def test_printed_estimates_agree_with_their_own_counts(base):
    far, compared = {}, 0
    for row in base["effects"].rows:
        apart = distance(row)
        compared += apart is not None
        if apart is not None and apart > allowance(row) and row["exclusion"] != "printed_inconsistent":
            far[row["effect_id"]] = round(apart, 3)
    assert compared >= 40
    unexplained = {name: apart for name, apart in far.items() if name not in ARGUED}
    assert not unexplained, f"the printed estimate is far from the row's own counts: {unexplained}; correct the row, or argue it in ARGUED"


def test_every_argued_row_still_needs_its_argument(base):
    for name, why in ARGUED.items():
        assert why
        row = base["effects"].get(name)
        assert row is None or distance(row) > allowance(row), f"{name} agrees now: take it off the list"


def test_no_row_of_the_base_is_doubtful(base):
    doubted = {row["effect_id"]: doubts(row) for row in base["effects"].rows if doubts(row)}
    assert not doubted


def test_cluster_trials_without_a_design_effect_are_flagged(base, sized):
    for row, _, found in sized:
        clustered = base["studies"][row["study_id"]]["design"] == "cluster_rct"
        stated = row["design_effect"] is not None
        assert found.route.ignores_clustering == (clustered and not stated and found.route.name not in ("se", "interval")), row["effect_id"]
