"""Input that no answer should come from, or only a stated one: through the public names, as a user would meet it."""

import warnings

import numpy as np
import pytest

import workbench as wb
from workbench.errors import AnalysisError, EvidenceError
from workbench.synthesis import (
    excess_significance, fail_safe_n, fit_counts, fit_family, fit_many, fit_robust, model_average, pet_peese, pool_multilevel, pool_regression,
    rank_test, regression_test, step_selection, trim_and_fill, weighted_test,
)  # fmt: skip
from workbench.synthesis import priors as P

N, H, FLAT = P.Normal(0, 1), P.HalfNormal(0.5), P.Flat()
Y, SE = [0.1, 0.2, 0.3, 0.15], [0.1, 0.1, 0.2, 0.1]
MANY = [0.1, 0.2, 0.3, 0.15, 0.5, 0.4, 0.2, 0.1, 0.6, 0.7, 0.2, 0.3], [0.1, 0.1, 0.2, 0.1, 0.3, 0.2, 0.15, 0.1, 0.3, 0.35, 0.12, 0.2]
rows = wb.EffectSizes.from_arrays


@pytest.fixture(autouse=True)
def no_warnings():
    """Nothing here may leave a reader with a warning of numpy's in place of a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


# Numbers that are none ------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, None])
def test_an_effect_that_is_not_a_number(bad):
    with pytest.raises(AnalysisError, match="y at position 2 is (nan|inf|-inf): every effect must be a finite number"):
        rows([0.1, bad], [0.1, 0.1])
    with pytest.raises(AnalysisError, match="every effect must be a finite number"):
        fit_many([([0.1, np.nan if bad is None else bad], [0.1, 0.1])], N, H)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_a_standard_error_that_is_none(bad):
    with pytest.raises(AnalysisError, match="se at position 2 is .*: every standard error must be finite and above 0"):
        rows([0.1, 0.2], [0.1, bad])


@pytest.mark.parametrize("y, se, words", [(["a"], [1], "not all numbers"), ([1], [1, 2], "same length"), ([[1]], [[1]], "one list")])
def test_what_is_not_a_list_of_numbers(y, se, words):
    with pytest.raises(AnalysisError, match=words):
        rows(y, se)


TESTS = [regression_test, weighted_test, rank_test, pet_peese, trim_and_fill, excess_significance, fail_safe_n, step_selection, model_average]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
@pytest.mark.parametrize("y, se", [([0.1, np.nan, 0.2], [0.1] * 3), ([0.1, 0.2, 0.3], [0, 0.1, 0.1]), ([0.1, 0.2, 0.3], [-1, 0.1, 0.1]), ([], [])])
def test_small_study_methods_refuse_them_too(test, y, se):
    with pytest.raises(AnalysisError, match="every se above 0|k = 0: this test needs"):
        test(y, se)


# One study twice -------------------------------------------------------------------------------------


def models(effects):
    yield lambda: wb.fit(effects, N, H)
    yield lambda: wb.pool(effects)
    yield lambda: fit_family(effects, ["p"] * len(effects), "p", mu=N, tau=H, omega=H)
    yield lambda: fit_robust(effects, mu=N, tau=H)
    yield lambda: pool_regression(effects, {"x": np.arange(len(effects))})


def test_one_study_twice_is_refused_by_every_model():
    for model in models(rows([0.1, 0.3, 0.1, 0.5], [0.1, 0.2, 0.1, 0.2], labels=["a", "b", "a", "c"])):
        with pytest.raises(AnalysisError, match="rows 0 and 2 are both a with y = 0.1, se = 0.1: one study entered twice"):
            model()
    for model in models(rows(Y, SE, row_ids=["r1", "r2", "r3", "r2"])):
        with pytest.raises(AnalysisError, match="rows 1 and 3 are both r2"):
            model()


def test_two_results_of_one_study_are_taken_and_three_levels_count_them_less():
    twice = rows([0.3, 0.32, 0.1], [0.1, 0.1, 0.1], labels=["a", "a", "b"], cluster=["a", "a", "b"])
    naive, clustered = wb.fit(twice, N, H), wb.fit(twice, N, H, model="three-level")
    assert clustered.sd("mu") > naive.sd("mu")
    assert clustered.weights()[:2].sum() < naive.weights()[:2].sum()


def test_equal_figures_of_studies_with_their_own_names_are_two_studies():
    assert wb.fit(rows([0.1, 0.1], [0.1, 0.1]), N, H).sd("mu") < wb.fit(rows([0.1], [0.1]), N, H).sd("mu")


def test_a_headline_takes_one_row_of_each_overlap_group(furnished):
    before = wb.headline(wb.load(furnished.root), "oak", "home")
    furnished.add("effects", 0, effect_id="ash2010.home2", events_treat="41")
    after = wb.headline(wb.load(furnished.root), "oak", "home")
    assert after.k == before.k and "overlap" in {item.reason for item in after.left_out}
    assert after.fit.mean("mu") == before.fit.mean("mu")


def test_a_row_of_the_table_that_repeats_another_does_not_load(furnished):
    furnished.add("effects", 0, effect_id="ash2010.home2")
    with pytest.raises(EvidenceError, match="repeats line 2 .ash2010.home.: same study, construct, time point and numbers"):
        wb.load(furnished.root)


# Few rows and improper priors --------------------------------------------------------------------------


@pytest.mark.parametrize("k, mu, least", [(0, N, 2), (1, N, 2), (1, FLAT, 3), (2, FLAT, 3)])
@pytest.mark.parametrize("engine", ["exact", "pymc"])
def test_all_tau_priors_improper_needs_rows(k, mu, least, engine):
    with pytest.raises(AnalysisError, match=f"the posterior is improper; it needs at least {least} such rows, or a proper prior for tau"):
        wb.fit(rows(Y[:k], SE[:k]), mu, FLAT, engine=engine)


def test_nothing_known_of_mu():
    for tau in (H, FLAT):
        with pytest.raises(AnalysisError, match="k = 0 with mu ~ Flat"):
            wb.fit(rows([], []), FLAT, tau)


@pytest.mark.parametrize("k, mu", [(2, N), (3, FLAT)])
def test_an_improper_prior_of_tau_with_enough_rows_says_which_moments_there_are(k, mu):
    found = wb.fit(rows(Y[:k], SE[:k]), mu, FLAT)
    assert np.isfinite(found.quantile("theta_new", [0.025, 0.5, 0.975])).all() and np.isnan(found.mean("theta_new"))
    assert "not finite" in found._repr_html_()


def test_one_row_with_a_flat_mu_is_the_row_and_the_prior_of_the_spread():
    from scipy import integrate, stats

    found = wb.fit(rows([0.3], [0.2]), FLAT, H)
    wide = integrate.quad(lambda tau: stats.norm.cdf(0.8, 0.3, np.hypot(0.2, tau)) * stats.halfnorm.pdf(tau, scale=0.5), 0, 8)[0]
    assert found.median("mu") == pytest.approx(0.3, abs=1e-9) and found.cdf("mu", 0.8) == pytest.approx(wide, abs=1e-9)
    np.testing.assert_allclose(found.quantile("tau", [0.1, 0.5, 0.9]), H.ppf(np.array([0.1, 0.5, 0.9])), rtol=1e-8)


def test_without_rows_there_is_the_prior_and_nothing_to_pool():
    assert wb.fit(rows([], []), N, H).interval("mu") == pytest.approx(N.ppf(np.array([0.025, 0.975])))
    for model in (wb.pool, lambda effects: pool_multilevel(rows([], [], cluster=[]))):
        with pytest.raises(AnalysisError, match="k = 0"):
            model(rows([], []))
    with pytest.raises(AnalysisError, match="k = 0"):
        wb.fit(rows([], [], cluster=[]), N, H, model="three-level")


@pytest.mark.parametrize("method", ["DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"])
def test_one_row_has_no_heterogeneity_to_estimate(method):
    with pytest.raises(AnalysisError, match="k = 1: heterogeneity cannot be estimated"):
        wb.pool(rows([0.1], [0.1]), method=method)
    assert wb.pool(rows([0.1], [0.2]), method="FE").se == pytest.approx(0.2)


# Moderators --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", [N, FLAT])
@pytest.mark.parametrize("value", [0, 1])
def test_a_moderator_without_variation(prior, value):
    with pytest.raises(AnalysisError, match=f"moderator 'x' is {value} in every row: without variation"):
        wb.fit(rows(Y, SE), N, H, moderators={"x": [value] * 4}, terms={"x": prior})
    with pytest.raises(AnalysisError, match="without variation"):
        pool_regression(rows(Y, SE), {"x": [value] * 4})


@pytest.mark.parametrize("other", [[2, 4, 6, 8], [2, 4, 6, 8 + 1e-12], [-1, -3, -5, -7]])
def test_collinear_moderators(other):
    both = {"x": [1, 2, 3, 4], "z": other}
    with pytest.raises(AnalysisError, match="moderators 'x', 'z' are collinear"):
        wb.fit(rows(Y, SE), N, H, moderators=both, terms={"x": N, "z": N})
    with pytest.raises(AnalysisError, match="collinear"):
        pool_regression(rows(Y, SE), both)


@pytest.mark.parametrize("column, words", [([1, 2, 3, np.nan], "row 3 is nan"), ([1, 2, 3], "one number for each of the 4 rows"), (list("abcd"), "0 and 1")])
def test_moderators_that_are_no_numbers(column, words):
    for model in (lambda: wb.fit(rows(Y, SE), N, H, moderators={"x": column}, terms={"x": N}), lambda: pool_regression(rows(Y, SE), {"x": column})):
        with pytest.raises(AnalysisError, match=words):
            model()


def test_as_many_coefficients_as_rows():
    with pytest.raises(AnalysisError, match="k = 4 effects for 4 coefficients: too few"):
        pool_regression(rows(Y, SE), {"x": [1, 2, 3, 4], "z": [2, 4, 1, 8], "u": [0, 1, 0, 0]})


# Arms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arms", [([0], [0], [1], [5]), ([6], [5], [1], [5]), ([-1], [5], [1], [5]), ([1], [5], [0], [0]), ([np.nan], [5], [1], [5]), ([1.5], [5], [1], [5])])
def test_arms_that_cannot_be(arms):
    with pytest.raises(AnalysisError, match="study 1: .*; events must be whole numbers between 0 and the size of their arm, which must be above 0"):
        fit_counts(*arms, mu=N, tau=H, baseline=P.Normal(-1, 1))


# Scales, sizes and outliers ------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1e-60, 1e-6, 1e6, 1e60])
def test_units_do_not_matter(factor):
    one, other = wb.fit(rows(Y, SE), N, H), wb.fit(rows(np.multiply(Y, factor), np.multiply(SE, factor)), P.Normal(0, factor), P.HalfNormal(0.5 * factor))
    np.testing.assert_allclose(other.summary().to_numpy() / factor, one.summary().to_numpy(), rtol=1e-9)
    for method in ("DL", "REML", "ML", "PM", "EB", "HE", "HS", "SJ", "FE"):
        same = wb.pool(rows(np.multiply(Y, factor), np.multiply(SE, factor)), method=method)
        assert (same.estimate / factor, same.se / factor) == pytest.approx((wb.pool(rows(Y, SE), method=method).estimate, wb.pool(rows(Y, SE), method=method).se), rel=1e-6)


@pytest.mark.parametrize("factor", [1e-80, 1e80])
def test_sizes_that_leave_double_precision(factor):
    effects = rows(np.multiply(Y, factor), np.multiply(SE, factor))
    for model in (lambda: wb.fit(effects, N, H), lambda: wb.pool(effects)):
        with pytest.raises(AnalysisError, match="choose (another|a larger) unit"):
            model()
    with pytest.raises(AnalysisError, match="choose another unit"):
        P.Normal(0, 1e-200)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_priors_in_another_unit_than_the_rows(scale):
    """Rows a million times too small or too large for their priors: the prior, or the rows, rule; nothing breaks."""
    found = wb.fit(rows(np.multiply(Y, scale), np.multiply(SE, scale)), N, H)
    assert found.health["quadrature_error"] < 1e-9
    if scale > 1:
        assert found.sd("mu") == pytest.approx(1, rel=1e-3)
    else:
        assert min(Y) * scale < found.median("mu") < max(Y) * scale


def test_five_hundred_rows():
    rng = np.random.default_rng(1)
    y, se = rng.normal(0.2, 0.3, 500), rng.uniform(0.05, 0.5, 500)
    found, twin = wb.fit(rows(y, se), N, H), wb.pool(rows(y, se), method="PM")
    assert found.health["quadrature_error"] < 1e-9
    assert found.mean("mu") == pytest.approx(twin.estimate, abs=0.01) and twin.tau2_interval[0] < twin.tau2 < twin.tau2_interval[1]


def test_effects_far_apart():
    """Two studies 20 standard errors apart: the spread takes the distance, each keeps its own result."""
    found = wb.fit(rows([0.0, 2.0], [0.1, 0.1]), N, P.HalfNormal(2))
    own = found.shrinkage()["mean"]
    assert own.iloc[0] == pytest.approx(0, abs=0.05) and own.iloc[1] == pytest.approx(2, abs=0.05) and found.median("tau") > 0.7
    far = wb.fit(rows([0.1, 0.1, 0.1, 1000.0], [0.1] * 4), N, H)
    assert far.health["quadrature_error"] < 1e-9 and far.median("tau") > 10
    assert wb.pool(rows([0.1, 0.1, 0.1, 1000.0], [0.1] * 4)).tau2 > 1e5


@pytest.mark.parametrize("ratio", [1e6, 1e9])
def test_one_row_far_more_precise_than_the_rest(ratio):
    found = wb.fit(rows([0.0, 2.0, 1.0], [1 / ratio, 1.0, 1.0]), N, H)
    assert found.health["quadrature_error"] < 1e-9 and found.shrinkage()["mean"].iloc[0] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("method", ["DL", "REML", "ML", "PM", "EB", "HE", "HS", "SJ"])
def test_studies_that_agree_to_the_last_digit(method):
    """Q = 0: no spread; the plain Knapp-Hartung interval then has no width, as documented, and the safeguarded one has."""
    effects = rows([0.1, 0.1, 0.1], [0.1, 0.2, 0.3])
    plain, safe = wb.pool(effects, method=method), wb.pool(effects, method=method, knapp_hartung="safeguarded")
    assert plain.tau2 == pytest.approx(0, abs=1e-12) and plain.q == pytest.approx(0, abs=1e-12) and plain.se == pytest.approx(0, abs=1e-12)
    assert safe.se == pytest.approx((1 / 0.01 + 1 / 0.04 + 1 / 0.09) ** -0.5)
    assert plain.i2 == pytest.approx(0, abs=1e-9) and plain.q_p == pytest.approx(1)


def test_a_posterior_of_studies_that_agree():
    found = wb.fit(rows([0.1, 0.1, 0.1], [0.1, 0.2, 0.3]), FLAT, H)
    assert found.mean("mu") == pytest.approx(0.1, abs=1e-12) and found.median("tau") < H.ppf(np.array(0.5))


@pytest.mark.parametrize("test", [regression_test, weighted_test, rank_test, pet_peese])
def test_asymmetry_without_differences_in_precision(test):
    with pytest.raises(AnalysisError, match="every effect has the same precision"):
        test(MANY[0], [0.1] * 12)


def test_selection_that_cannot_be_learnt_says_so():
    assert "no effect has a one-tailed p in 0 to 0.025" in repr(step_selection([0.1] * 12, MANY[1]))


# Three levels ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cluster, more, words",
    [
        (None, {}, "name no clusters"),
        (list("aabb"), {"rho": 1}, "rho = 1 must be at least 0 and below 1"),
        (list("aabb"), {"rho": float("nan")}, "rho = nan"),
        (list("aaaa"), {"tau": FLAT, "omega": FLAT}, "posterior is improper"),
    ],
)
def test_three_levels_refuse(cluster, more, words):
    with pytest.raises(AnalysisError, match=words):
        wb.fit(rows(Y, SE, cluster=cluster), mu=N, **{"tau": H, **more}, model="three-level")


@pytest.mark.parametrize("cluster, words", [(list("aaaa"), "there is one cluster"), (list("abcd"), "every cluster holds one effect")])
def test_frequentist_three_levels_refuse(cluster, words):
    with pytest.raises(AnalysisError, match=words):
        pool_multilevel(rows(Y, SE, cluster=cluster))


def test_one_cluster_leaves_the_spread_between_clusters_to_its_prior():
    found = wb.fit(rows(Y, SE, cluster=list("aaaa")), N, H, model="three-level")
    assert found.median("tau") == pytest.approx(H.ppf(np.array(0.5)), rel=0.25)
