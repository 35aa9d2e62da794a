"""Small-study tests against metafor on sixteen data sets, and the rules for when nothing is tested."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from components import needed

from workbench.effects import EffectSizes, Route
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import small_study
from workbench.synthesis.bias import asymmetry, missing
from workbench.synthesis.bias.readings import NotTested, table

HERE = Path(__file__).resolve().parent.parent / "references"
CASES = {case["name"]: case for case in json.loads((HERE / "meta.json").read_text(encoding="utf-8"))["cases"]}
PUBLISHED = json.loads((HERE / "bias_published.json").read_text(encoding="utf-8"))
DATA = {name: (np.array(case["yi"]), np.sqrt(case["vi"])) for name, case in CASES.items()}
# metafor stops its search for tau^2 once a step is below 1e-5
STOP = 1e-5


def z_given(tau2: float, y: np.ndarray, se: np.ndarray) -> float:
    """Egger's z at a given residual tau^2, from the normal equations written out."""
    x = np.column_stack([np.ones(y.size), se])
    w = np.diag(1 / (se**2 + tau2))
    covariance = np.linalg.inv(x.T @ w @ x)
    return float((covariance @ x.T @ w @ y)[1] / np.sqrt(covariance[1, 1]))


@pytest.mark.parametrize("name", CASES)
def test_egger_from_its_own_regression(name):
    y, se = DATA[name]
    found = asymmetry.regression_test(y, se)
    assert found.statistic == pytest.approx(z_given(found.tau2, y, se), abs=1e-8)
    if found.tau2 > 0:
        w = np.diag(1 / (se**2 + found.tau2))
        x = np.column_stack([np.ones(y.size), se])
        p = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
        assert y @ p @ p @ y == pytest.approx(np.trace(p), rel=1e-8)  # the REML equation
    # metafor's z lies where its stopping rule may have left tau^2
    reached = [z_given(max(0.0, found.tau2 + step), y, se) for step in (-4 * STOP, 0.0, 4 * STOP)]
    published = CASES[name]["egger"]["z"]
    assert min(reached) - 1e-6 <= published <= max(reached) + 1e-6
    if name != "bcg_rd":  # where tau^2 is of the order of metafor's stopping rule
        assert found.statistic == pytest.approx(published, abs=1e-3)
        assert found.p == pytest.approx(CASES[name]["egger"]["p"], rel=4e-3)


@pytest.mark.parametrize("name", CASES)
def test_trim_and_fill(name):
    y, se = DATA[name]
    found, published = missing.trim_and_fill(y, se), CASES[name]["trimfill"]
    assert found.k0 == published["k0"]
    assert found.estimate == pytest.approx(published["mu"], abs=2e-5)
    mirrored = missing.trim_and_fill(-y, se)
    assert mirrored.k0 == found.k0 and mirrored.estimate == pytest.approx(-found.estimate, abs=1e-9)
    assert mirrored.side != found.side


def test_trim_and_fill_of_a_common_effect():
    reference = PUBLISHED["trimfill_bcg_common"]
    found = missing.trim_and_fill(*DATA["bcg_rr"], method="FE")
    assert (found.k0, found.side) == (reference["k0"], reference["side"])
    assert (found.estimate, *found.interval) == pytest.approx((reference["mu"], *reference["interval"]), abs=5e-5)
    assert found.y.size == found.k0 and (found.y > found.before).all()


def test_egger_2001():
    reference = PUBLISHED["egger2001"]
    y, se = DATA["egger2001_or"]
    assert asymmetry.regression_test(y, se).statistic == pytest.approx(reference["z"], abs=5e-5)
    total = np.array(reference["n1"]) + np.array(reference["n2"])
    weighted = asymmetry.weighted_test(y, se, x=np.sqrt(1 / total))
    assert weighted.statistic == pytest.approx(reference["lm_t"], abs=5e-5) and weighted.df == 14
    rank = asymmetry.rank_test(y, se)
    assert rank.statistic == pytest.approx(reference["tau"], abs=1e-12) and rank.p == pytest.approx(reference["p"], abs=5e-5)


def test_weighted_form_is_ordinary_least_squares():
    statsmodels = needed("statsmodels.api")
    y, se = DATA["dorn2007_rr"]
    for power, kept in ((1, "pet"), (2, "peese")):
        fitted = statsmodels.WLS(y, statsmodels.add_constant(se**power), weights=se**-2).fit()
        found = asymmetry.pet_peese(y, se)
        assert (getattr(found, kept), getattr(found, f"{kept}_se")) == pytest.approx((fitted.params[0], fitted.bse[0]), rel=1e-9)
        if power == 1:
            test = asymmetry.weighted_test(y, se)
            assert (test.statistic, test.p) == pytest.approx((fitted.tvalues[1], fitted.pvalues[1]), rel=1e-9)
            assert found.pet_p == pytest.approx(fitted.pvalues[0] / 2 if fitted.params[0] > 0 else 1 - fitted.pvalues[0] / 2, rel=1e-9)


def test_which_of_pet_and_peese_is_read():
    rng = np.random.default_rng(3)
    se = np.linspace(0.05, 0.4, 20)
    strong = asymmetry.pet_peese(0.8 + 0.02 * rng.standard_normal(20), se)
    nothing = asymmetry.pet_peese(1.5 * se + 0.1 * np.tile([1, -1, -1, 1], 5) * se, se)
    assert (strong.form, strong.estimate) == ("PEESE", strong.peese) and strong.estimate == pytest.approx(0.8, abs=0.02)
    assert (nothing.form, nothing.estimate) == ("PET", nothing.pet) and nothing.estimate == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("size", [9, 40])
def test_kendall_against_scipy(size):
    from scipy.stats import kendalltau

    rng = np.random.default_rng(size)
    a, b = rng.standard_normal(size), rng.standard_normal(size)
    exact = kendalltau(a, b, method="exact")
    assert asymmetry.kendall(a, b) == pytest.approx((exact.statistic, exact.pvalue), rel=1e-9)
    tied = np.round(b)
    other = kendalltau(a, tied, method="asymptotic")
    assert asymmetry.kendall(a, tied) == pytest.approx((other.statistic, other.pvalue), rel=1e-9)


def test_excess_significance():
    reference = PUBLISHED["excess_dorn2007"]
    found = missing.excess_significance(*DATA["dorn2007_rr"])
    assert found.observed == reference["observed"]
    assert (found.expected, found.chi2) == pytest.approx((reference["expected"], reference["chi2"]), rel=1e-6)
    assert (found.p, found.p_exact) == pytest.approx((reference["p"], reference["exact"]), rel=1e-5)


def test_fail_safe_numbers():
    reference = PUBLISHED["fail_safe_hackshaw1998"]
    for method in missing.FAIL_SAFE:
        target = reference["orwin_target"] if method == "Orwin" else None
        assert missing.fail_safe_n(*DATA["hackshaw1998"], method, target).count == reference[method]
    with pytest.raises(UsageError, match="Rosenthal, Orwin, Rosenberg"):
        missing.fail_safe_n(*DATA["hackshaw1998"], "orwin")


def test_the_whole_on_a_data_set_with_enough_studies():
    y, se = DATA["hackshaw1998"]
    found = small_study(EffectSizes.from_arrays(y, se, measure="OR"), averaging=False)
    assert found.tested and found.k == 37 and not found.left_out
    assert found.egger.statistic == pytest.approx(CASES["hackshaw1998"]["egger"]["z"], abs=1e-3)
    assert found.trim_and_fill.k0 == 7 and isinstance(found.averaging, NotTested)
    assert found.selection.lrt == pytest.approx(CASES["hackshaw1998"]["selmodel_greater"]["LRT"], abs=2e-4)
    for result in (found, *found.results.values()):
        assert result.reading.endswith(".") and "\n" not in repr(result)
        assert "{" not in result.reading and result._repr_html_().startswith("<table>")
    assert list(found.frame().index) and len(found.funnel.frame()) == 37
    assert found.funnel.limits(np.array([0.1]))[1][0] == pytest.approx(found.funnel.centre + 0.19599640)
    with pytest.raises(FrozenInstanceError):
        found.k = 1


@pytest.mark.parametrize("k", [0, 1, 9])
def test_too_few(k):
    y, se = DATA["hackshaw1998"]
    found = small_study(EffectSizes.from_arrays(y[:k], se[:k], measure="OR"))
    assert not found.tested and found.reading == f"Too few to test: {k} usable effects, and 10 are needed."
    assert all(isinstance(result, NotTested) and result.reason == found.reading for result in found.results.values())
    assert "Too few" in repr(found) and "Too few" in found._repr_html_()


def test_bounds_reviews_and_nulls_without_a_figure_are_left_out():
    y, se = DATA["hackshaw1998"]
    routes = [Route("p", bound=True), Route("known_null"), *[Route("se")] * 10]
    informs = [True] * 11 + [False]
    found = small_study(EffectSizes.from_arrays(y[:12], se[:12], measure="OR", routes=routes, informs_tau=informs), averaging=False)
    assert found.k == 9 and not found.tested and "1 with only a bound for p left out" in found.reading
    assert [label for label, _ in found.left_out] == ["1", "2", "12"]
    # with more studies the rest is tested, and the left-out ones have no influence
    routes, informs = [Route("p", bound=True), *[Route("se")] * 36], [True] * 37
    y = y.copy()
    y[0] = 50.0
    more = small_study(EffectSizes.from_arrays(y, se, measure="OR", routes=routes, informs_tau=informs), averaging=False)
    assert more.tested and more.k == 36
    assert more.egger.statistic == pytest.approx(asymmetry.regression_test(y[1:], se[1:]).statistic, abs=1e-12)


def test_precision_of_standardised_mean_differences_does_not_depend_on_the_effect():
    n = np.arange(20, 20 + 12 * 9, 9)
    d = np.linspace(1.5, 0.1, 12)
    se = np.sqrt(2 / n + d**2 / (4 * n))
    rows = [{"n_treat": int(size), "n_control": int(size)} for size in n]
    known = small_study(EffectSizes.from_arrays(d, se, measure="SMD", rows=rows), averaging=False)
    assert known.funnel.precision == pytest.approx(np.sqrt(2 / n)) and known.notes == ()
    worked_back = small_study(EffectSizes.from_arrays(d, se, measure="SMD"), averaging=False)
    assert worked_back.funnel.precision == pytest.approx(np.sqrt(2 / n)) and "12 of 12" in worked_back.notes[0]
    assert known.egger.slope == pytest.approx(asymmetry.regression_test(d, se, np.sqrt(2 / n)).slope)


def test_studies_of_one_precision():
    found = small_study(EffectSizes.from_arrays(np.linspace(0, 1, 12), np.full(12, 0.3), measure="OR"), averaging=False)
    assert isinstance(found.egger, NotTested) and "same precision" in found.egger.reading
    assert found.reading.startswith("Asymmetry could not be tested")
    same = small_study(EffectSizes.from_arrays(np.full(12, 0.3), np.full(12, 0.3), measure="OR"), averaging=False)
    assert same.trim_and_fill.k0 == 0
    with pytest.raises(AnalysisError, match="needs 3 effects"):
        asymmetry.regression_test([0.1, 0.2], [0.1, 0.2])
    for bad in ([np.nan, 0.1, 0.2], [0.1, 0.2]):
        with pytest.raises(AnalysisError, match="equally long"):
            asymmetry.regression_test(bad, [0.1, 0.2, 0.3])


def test_every_phrase_of_the_readings_is_used():
    import workbench.synthesis as package

    code = "".join(path.read_text(encoding="utf-8") for path in Path(package.__file__).parent.rglob("*.py"))
    for group, phrases in table("readings").items():
        assert f'"{group}"' in code
        for key in phrases:
            assert f'"{key}"' in code, f"{group}.{key}"
