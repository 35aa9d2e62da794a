"""Dependent effects: the three-level and CHE models, exact and frequentist, against metafor, clubSandwich and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors as P
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist import components
from workbench.synthesis.frequentist.multilevel import pool_multilevel
from workbench.synthesis.numerics.blocks import blocks_of

REFERENCE = json.loads((Path(__file__).parent.parent / "references" / "multilevel_and_effect_sizes.json").read_text())
SCHOOLS = REFERENCE["konstantopoulos2011"]
EFFECTS = EffectSizes.from_arrays(SCHOOLS["yi"], np.sqrt(SCHOOLS["vi"]), cluster=SCHOOLS["study"])
BCG = EffectSizes.from_arrays(
    REFERENCE["bcg_metareg"]["yi"], np.sqrt(REFERENCE["bcg_metareg"]["vi"]), cluster=[f"trial {i}" for i in range(13)]
)
SMALL = EffectSizes.from_arrays([0.5, 0.2, -0.1, 0.9, 0.4, 0.3], [0.2, 0.3, 0.25, 0.4, 0.15, 0.3], cluster=list("aababc"))
NORMAL, HALF = P.Normal(0.1, 0.6), P.HalfNormal(0.5)


# Frequentist ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rho", "name"), [(0.0, "three_level"), (0.6, "che_rho06")])
def test_metafor_and_club_sandwich(rho, name):
    reference = REFERENCE["konstantopoulos2011"][name]
    found, model = pool_multilevel(EFFECTS, rho=rho), pool_multilevel(EFFECTS, rho=rho, robust=None)
    assert found.estimate == pytest.approx(reference["mu"], abs=1e-7)
    assert found.model_se == model.se == pytest.approx(reference["se"], abs=1e-7)
    assert (found.tau2, found.omega2) == pytest.approx(reference["sigma2"], abs=1e-7)
    assert found.se == pytest.approx(reference["cr2_se"], abs=1e-7)
    assert found.df == pytest.approx(reference["cr2_df"], abs=1e-6)
    if "pi" in reference:
        assert model.prediction == pytest.approx(reference["pi"], abs=1e-7)
        assert found.q == pytest.approx(reference["QE"], rel=1e-10)


def test_published_figures_of_the_schools():
    # Konstantopoulos 2011 as reproduced by metafor's own tests: likelihood, ML, profile intervals; I2 by its formula
    found = pool_multilevel(EFFECTS)
    assert found.log_likelihood == pytest.approx(-7.9587, abs=5e-5)
    assert found.interval == pytest.approx((-0.003825, 0.373252), abs=1e-5)
    assert (found.i2, found.i2_between, found.i2_within) == pytest.approx((95.187, 63.325, 31.862), abs=1e-3)
    assert found.component_interval("tau2") == pytest.approx((0.0222, 0.2072), abs=5e-5)
    assert found.component_interval("omega2") == pytest.approx((0.0163, 0.0628), abs=5e-5)
    maximum = pool_multilevel(EFFECTS, method="ML", robust=None)
    assert (maximum.estimate, maximum.se) == pytest.approx((0.1845, 0.0805), abs=5e-5)
    assert (maximum.tau2, maximum.omega2) == pytest.approx((0.0577, 0.0329), abs=5e-5)
    assert maximum.prediction == pytest.approx((-0.4262, 0.7951), abs=5e-5)
    naive = found.naive
    assert (naive.estimate, naive.tau2) == pytest.approx((0.1279, 0.0884), abs=5e-5)


def test_robust_errors_of_independent_trials():
    # metafor's test of robust(): dat.bcg by trial
    first, second = (pool_multilevel(BCG, within=False, robust=kind) for kind in ("CR1", "CR2"))
    assert first.se**2 == pytest.approx(0.032106, abs=1e-6) and first.df == 12
    assert second.se**2 == pytest.approx(0.03229357, abs=1e-6) and second.df == pytest.approx(11.04125, abs=1e-4)


def dense(effects, tau2, omega2, rho):
    cluster, se = np.array(effects.cluster), effects.se
    same = cluster[:, None] == cluster
    total = np.where(same, rho * np.outer(se, se) + tau2, 0.0)
    total[np.diag_indices(len(se))] = se**2 + tau2 + omega2
    return total


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_likelihood_against_the_whole_matrix(restricted, rho):
    x = np.column_stack([np.ones(6), [0.0, 1, 2, 1, 0, 3]])
    effects = EffectSizes.from_arrays(SMALL.y, SMALL.se, cluster=SMALL.cluster, design=x[:, 1:], design_names=("x",))
    blocks = blocks_of(effects, rho, np.zeros(1), np.zeros(1))
    total = dense(effects, 0.09, 0.04, rho)
    inverse = np.linalg.inv(total)
    beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ SMALL.y)
    rest = SMALL.y - x @ beta
    expected = -0.5 * (np.linalg.slogdet(total)[1] + rest @ inverse @ rest + (6 - 2 * restricted) * np.log(2 * np.pi))
    if restricted:
        expected += 0.5 * np.linalg.slogdet(x.T @ x)[1] - 0.5 * np.linalg.slogdet(x.T @ inverse @ x)[1]
    assert components.likelihood(blocks, np.array([0.09]), np.array([0.04]), restricted)[0, 0] == pytest.approx(expected, abs=1e-11)


def test_slopes_are_those_of_the_likelihood_and_vanish_at_the_estimate():
    blocks = blocks_of(EFFECTS, 0.6, np.zeros(0), np.zeros(0))
    for restricted in (True, False):
        point, step = np.array([0.05, 0.03]), 1e-6
        slope = components.slopes(blocks, components.solve(blocks, *point), restricted)[0]
        for i in range(2):
            up, down = (components.likelihood(blocks, *(point + sign * step * np.eye(2)[i])[:, None], restricted)[0, 0] for sign in (1, -1))
            assert slope[i] == pytest.approx((up - down) / (2 * step), rel=1e-5)
        best = components.estimate(blocks, restricted)
        assert abs(components.slopes(blocks, best, restricted)[0]).max() < 1e-6


def test_clubs_of_several_coefficients_agree_with_one():
    """The omnibus test of one moderator is the square of its t, on the same degrees of freedom."""
    x = np.sin(np.arange(56.0))
    found = pool_multilevel(EFFECTS, rho=0.4, moderators={"x": x})
    f, q, df, p = found.omnibus
    table = found.frame()
    assert (f, q, df, p) == pytest.approx((table.loc["x", "t"] ** 2, 1, table.loc["x", "df"], table.loc["x", "p"]), rel=1e-9)
    both = pool_multilevel(EFFECTS, moderators={"x": x, "z": np.cos(3 * np.arange(56.0))})
    assert both.omnibus[1] == 2 and 0 < both.omnibus[2] < 11 and 0 <= both.omnibus[3] <= 1


def test_cr2_is_unbiased_under_the_working_model():
    """E(V) over residuals with the model's covariance is the model's own (Bell & McCaffrey): checked without simulation."""
    from workbench.synthesis.frequentist.sandwich import sandwich

    blocks = blocks_of(SMALL, 0.5, np.zeros(0), np.zeros(0))
    solved = components.solve(blocks, 0.1, 0.05)
    found = sandwich(blocks, solved, "CR2")
    expected = found.own[:, 0, 0] - found.loads[:, 0, 0] ** 2 * solved.cov[0, 0]
    assert expected.sum() == pytest.approx(solved.cov[0, 0], rel=1e-10)


def test_wrong_requests():
    for change, words in [
        (dict(cluster=None), "name no clusters"),
        (dict(cluster=["a"] * 6), "one cluster"),
        (dict(cluster=list("abcdef")), "every cluster holds one effect"),
        (dict(cluster=list("aababa"), informs_tau=[False] + [True] * 5), "informs mu alone but shares a cluster"),
    ]:
        with pytest.raises(AnalysisError, match=words):
            pool_multilevel(EffectSizes.from_arrays(SMALL.y, SMALL.se, **change))
    for given, kind, words in [
        (dict(rho=1.0), AnalysisError, "below 1"),
        (dict(rho=-0.1), AnalysisError, "at least 0"),
        (dict(method="DL"), UsageError, "REML, ML"),
        (dict(robust="CR3"), UsageError, "CR2"),
        (dict(level=95), UsageError, "between 0 and 1"),
    ]:
        with pytest.raises(kind, match=words):
            pool_multilevel(SMALL, **given)
    with pytest.raises(AnalysisError, match="k = 0"):
        pool_multilevel(EffectSizes.from_arrays([], [], cluster=[]))


def test_clusters_that_agree_exactly_have_no_robust_error():
    same = EffectSizes.from_arrays([0.1] * 4, [0.2] * 4, cluster=list("aabb"))
    found = pool_multilevel(same, rho=0.5)
    assert found.se == pytest.approx(0, abs=1e-12) and found.model_se > 0.1 and found.tau2 == found.omega2 == 0
    assert found.naive.interval == pytest.approx((0.1, 0.1))


def test_words():
    found = pool_multilevel(EFFECTS, rho=0.6)
    for part in ("k=56 in 11 clusters", "rho=0.6", "CR2 SE", "t on 9.5", "as if independent 0.128"):
        assert part in repr(found)
    assert found._repr_html_().startswith("<table><caption>REML")


# Exact -----------------------------------------------------------------------------------------------------


def nodes(low, high, count):
    x, weight = np.polynomial.legendre.leggauss(count)
    return (low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * weight


def brute(effects, rho, mu, tau, omega, top, count, design=None, term=None):
    """Posterior by whole matrices on a plain grid: log marginal, and means and second moments of mu, tau, omega, b, theta."""
    t, wt = nodes(0, top, count)
    k = effects.k
    x = np.column_stack([np.ones(k)] + ([] if design is None else [design]))
    prior_mean = np.array([mu.mean] + ([] if term is None else [term.mean]))
    prior_precision = np.diag([mu.sd**-2.0] + ([] if term is None else [term.sd**-2.0]))
    logs, rows = [], []
    for i, a in enumerate(t):
        for j, b in enumerate(t):
            total = dense(effects, a**2, b**2, rho)
            whole = total + x @ np.linalg.inv(prior_precision) @ x.T
            rest = effects.y - x @ prior_mean
            height = -0.5 * (np.linalg.slogdet(2 * np.pi * whole)[1] + rest @ np.linalg.solve(whole, rest))
            inverse = np.linalg.inv(total)
            cov = np.linalg.inv(x.T @ inverse @ x + prior_precision)
            mean = cov @ (x.T @ inverse @ effects.y + prior_precision @ prior_mean)
            between = np.where(np.array(effects.cluster)[:, None] == np.array(effects.cluster), a**2, 0.0) + b**2 * np.eye(k)
            own = mean[0] + between @ inverse @ (effects.y - x @ mean)
            gain = np.outer(np.ones(k), np.eye(len(mean))[0]) - between @ inverse @ x
            spread = np.diag(between - between @ inverse @ between + gain @ cov @ gain.T)
            logs.append(height + np.log(wt[i] * wt[j]) + tau.logpdf(a) + omega.logpdf(b))
            rows.append([*mean, a, b, *own, *(np.diag(cov) + mean**2), a**2, b**2, *(spread + own**2)])
    logs, rows = np.array(logs), np.array(rows)
    weight = np.exp(logs - logs.max())
    first, second = np.split(weight @ rows / weight.sum(), 2)
    return logs.max() + np.log(weight.sum()), first, np.sqrt(second - first**2)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_brute_force(rho):
    x, term = np.array([0.0, 1, 2, 1, 0, 3]), P.Normal(0.1, 0.4)
    tau, omega = P.HalfNormal(0.4), P.LogNormal(-1.5, 0.6)
    result = fit(SMALL, NORMAL, tau, model="three-level", omega=omega, rho=rho, moderators={"x": x}, terms={"x": term})
    log_marginal, mean, sd = brute(SMALL, rho, NORMAL, tau, omega, 2.6, 90, x, term)
    assert result.log_marginal == pytest.approx(log_marginal, abs=1e-7)
    quantities = [result.mean("mu"), result.terms_summary()["mean"].iloc[0], result.mean("tau"), result.mean("omega"), *result.shrinkage()["mean"]]
    np.testing.assert_allclose(quantities, mean, atol=1e-6)
    spreads = [result.sd("mu"), result.terms_summary()["sd"].iloc[0], result.sd("tau"), result.sd("omega"), *result.shrinkage()["sd"]]
    np.testing.assert_allclose(spreads, sd, atol=1e-6)
    new = result.sd("mu") ** 2 + sum(result.mean(name) ** 2 + result.sd(name) ** 2 for name in ("tau", "omega"))
    assert result.sd("theta_new") == pytest.approx(np.sqrt(new), rel=1e-9)


def test_schools_without_terms_by_brute_force():
    small = EFFECTS.subset(slice(0, 15))
    result = fit(small, NORMAL, HALF, model="three-level", rho=0.3)
    log_marginal, mean, sd = brute(small, 0.3, NORMAL, HALF, HALF, 2.8, 60)
    assert result.log_marginal == pytest.approx(log_marginal, abs=1e-6)
    np.testing.assert_allclose([result.mean(name) for name in ("mu", "tau", "omega")], mean[:3], atol=1e-6)
    np.testing.assert_allclose(result.shrinkage()["sd"], sd[3:], atol=1e-6)


def test_distributions_invert_and_weights_sum_to_one():
    result = fit(EFFECTS, NORMAL, HALF, model="three-level", rho=0.6)
    p = np.array([0.01, 0.025, 0.5, 0.9])
    for name in ("mu", "tau", "omega", "theta_new", "centre"):
        x = result.quantile(name, p)
        np.testing.assert_allclose(result.cdf(name, x), p, atol=1e-9)
        t, weight = nodes(*result.quantile(name, [0.2, 0.7]), 40)
        assert weight @ result.density(name, t) == pytest.approx(0.5, abs=1e-7)
    assert result.weights().sum() == pytest.approx(1.0, abs=1e-10)
    assert result.health["quadrature_error"] < 1e-8
    assert list(result.summary().index) == ["mu", "tau", "omega", "theta_new"]
    assert "three-level" in repr(result) and "omega ~" in repr(result)


def test_singletons_are_the_two_level_model_with_the_sum_of_both_variances():
    """With omega held at nearly 0, every cluster a singleton: the ordinary model."""
    alone = EffectSizes.from_arrays(SMALL.y, SMALL.se, cluster=list("abcdef"))
    three = fit(alone, NORMAL, HALF, model="three-level", omega=P.Uniform(0, 1e-6))
    plain = fit(alone, NORMAL, HALF)
    assert three.log_marginal == pytest.approx(plain.log_marginal, abs=1e-9)
    np.testing.assert_allclose(three.quantile("mu", [0.025, 0.5, 0.975]), plain.quantile("mu", [0.025, 0.5, 0.975]), atol=1e-8)


def test_one_cluster_leaves_tau_to_its_prior():
    """Nothing tells how far clusters differ but how far their one mean lies from mu's prior: with a flat mu, nothing."""
    one = EffectSizes.from_arrays(SMALL.y, SMALL.se, cluster=["a"] * 6)
    result = fit(one, P.Flat(), HALF, model="three-level")
    np.testing.assert_allclose(result.quantile("tau", [0.1, 0.5, 0.9]), HALF.ppf([0.1, 0.5, 0.9]), rtol=1e-8)


def test_improper_and_impossible_models_are_refused():
    one = EffectSizes.from_arrays(SMALL.y, SMALL.se, cluster=["a"] * 6)
    with pytest.raises(AnalysisError, match="improper"):
        fit(one, NORMAL, P.Flat(), model="three-level", omega=HALF)
    with pytest.raises(AnalysisError, match="name no clusters"):
        fit(EffectSizes.from_arrays(SMALL.y, SMALL.se), NORMAL, HALF, model="three-level")
    with pytest.raises(AnalysisError, match="k = 0"):
        fit(EffectSizes.from_arrays([], [], cluster=[]), NORMAL, HALF, model="three-level")
    for given, words in [
        (dict(model="three-levels"), "did you mean 'three-level'"),
        (dict(rho=0.5), "belong to clusters"),
        (dict(model="three-level", target=0), "not available"),
        (dict(model="three-level", engine="pymc"), "does not fit this model"),
        (dict(model="three-level", nulls="exact"), "cannot be joined"),
    ]:
        with pytest.raises(UsageError, match=words):
            fit(SMALL, NORMAL, HALF, **given)


def test_heavy_tails_and_flat_priors():
    for tau, omega in [(P.HalfCauchy(0.5), P.HalfCauchy(0.3)), (P.Flat(), P.Flat()), (P.Uniform(0, 4), P.HalfStudentT(3, 0.4))]:
        result = fit(EFFECTS, P.Flat(), tau, model="three-level", omega=omega, rho=0.5)
        assert result.health["quadrature_error"] < 1e-7
        assert result.mean("mu") == pytest.approx(pool_multilevel(EFFECTS, rho=0.5).estimate, abs=0.02)
    narrow = fit(SMALL, P.StudentT(3, 0.1, 0.5), P.HalfCauchy(0.5), model="three-level")
    assert narrow.health["quadrature_error"] < 1e-7


def test_draws_follow_the_posterior():
    result = fit(EFFECTS, NORMAL, HALF, model="three-level", rho=0.6)
    draws = result.draws(4096, seed=3, dimensions={}, name="a")
    assert draws.centre.mean() == pytest.approx(result.mean("mu"), abs=0.005)
    assert draws.values.std() == pytest.approx(result.sd("theta_new"), rel=0.03)
    assert (draws.tau**2).mean() == pytest.approx(sum(result.mean(name) ** 2 + result.sd(name) ** 2 for name in ("tau", "omega")), rel=0.01)
