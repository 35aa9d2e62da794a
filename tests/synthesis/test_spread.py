"""The log-t prior of a spread, its tails and its variable of integration: against quadrature written out here."""

import numpy as np
import pytest
from scipy import integrate, stats

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import fit, fit_family, fit_many
from workbench.synthesis import priors as P
from workbench.synthesis.numerics.spread import LogScale, TauScale, check_tau_prior, converges, tail_power, variable

# Rhodes 2015, general setting, for the variance: log-t with 5 degrees of freedom, location -3.44, scale 2.59.
RHODES = P.LogStudentT(5.0, -1.72, 1.295)
Y, SE = np.array([0.2, 0.5, -0.1, 0.35]), np.array([0.15, 0.2, 0.12, 0.3])


def rows(k=4, scale=1.0):
    return EffectSizes.from_arrays(scale * Y[:k], scale * SE[:k])


def test_the_square_of_the_spread_has_the_distribution_that_is_printed():
    p = np.array([0.025, 0.25, 0.5, 0.75, 0.975])
    printed = np.exp(-3.44 + 2.59 * stats.t(5).ppf(p))  # for tau squared
    np.testing.assert_allclose(RHODES.ppf(p) ** 2, printed, rtol=1e-12)
    np.testing.assert_allclose(RHODES.cdf(np.sqrt(printed)), p, rtol=1e-12)


def test_density_is_that_of_a_log_t():
    x = np.array([1e-6, 0.02, 0.5, 3.0, 1e6])
    np.testing.assert_allclose(RHODES.logpdf(x), stats.t(5, -1.72, 1.295).logpdf(np.log(x)) - np.log(x), rtol=1e-12)
    assert RHODES.logpdf(0.0) == np.inf and RHODES.logpdf(-1.0) == -np.inf and RHODES.cdf(0.0) == RHODES.cdf(-1.0) == 0
    assert RHODES.proper


@pytest.mark.parametrize("df, location, scale", [(0, 0, 1), (5, float("nan"), 1), (5, 0, 0), (5, 0, -1), (float("inf"), 0, 1)])
def test_impossible_figures_are_refused(df, location, scale):
    with pytest.raises(AnalysisError, match="LogStudentT"):
        P.LogStudentT(df, location, scale)


# A whole fit against brute force ----------------------------------------------------------------------


def brute(y, se, mu_sd, prior, value):
    """Posterior expectation of value(tau, mean of mu, SD of mu), and the marginal likelihood, by adaptive quadrature."""

    def parts(s):
        tau = np.exp(prior.location + prior.scale * s)
        cov = np.diag(se**2 + tau**2) + mu_sd**2
        sign, log_det = np.linalg.slogdet(cov)
        log_likelihood = -0.5 * (len(y) * np.log(2 * np.pi) + log_det + y @ np.linalg.solve(cov, y))
        precision = mu_sd**-2 + (1 / (se**2 + tau**2)).sum()
        mean = (y / (se**2 + tau**2)).sum() / precision
        return np.exp(log_likelihood) * stats.t.pdf(s, prior.df), value(tau, mean, precision**-0.5)

    def integral(f):
        edges = [-150.0, -20.0, -5.0, -2.0, 0.0, 1.0, 2.0, 4.0, 10.0, 60.0]
        return sum(integrate.quad(f, *pair, epsabs=1e-13, epsrel=1e-11, limit=400)[0] for pair in zip(edges, edges[1:]))

    total = integral(lambda s: parts(s)[0])
    return integral(lambda s: np.prod(parts(s))) / total, total


@pytest.mark.parametrize("k", [2, 4])
def test_a_fit_is_that_of_brute_force(k):
    y, se = Y[:k], SE[:k]
    result = fit(rows(k), P.Normal(0, 0.35), RHODES)
    for quantity, value in {
        "tau": lambda tau, mean, sd: tau,
        "mu": lambda tau, mean, sd: mean,
    }.items():
        expected, total = brute(y, se, 0.35, RHODES, value)
        assert result.mean(quantity) == pytest.approx(expected, abs=2e-9)
    assert result.log_marginal == pytest.approx(np.log(total), abs=2e-9)
    for x in (-0.3, 0.1, 0.6):
        expected, _ = brute(y, se, 0.35, RHODES, lambda tau, mean, sd: stats.norm.cdf(x, mean, np.hypot(sd, tau)))
        assert result.cdf("theta_new", x) == pytest.approx(expected, abs=2e-9)
    expected, _ = brute(y, se, 0.35, RHODES, lambda tau, mean, sd: float(tau <= 0.1))
    assert result.cdf("tau", 0.1) == pytest.approx(expected, abs=1e-4)  # quad meets a step here
    assert result.health["quadrature_error"] < 1e-10


def test_without_rows_the_posterior_is_the_prior():
    result = fit(EffectSizes.from_arrays([], []), P.Normal(0, 1), RHODES)
    p = np.array([1e-6, 0.025, 0.5, 0.975, 1 - 1e-6])
    np.testing.assert_allclose(result.quantile("tau", p), RHODES.ppf(p), rtol=1e-8)
    np.testing.assert_allclose(result.density("tau", 0.3), np.exp(RHODES.logpdf(0.3)), rtol=1e-9)
    assert np.isnan(result.mean("tau")) and np.isnan(result.mean("theta_new")) and "not finite" in result._repr_html_()


@pytest.mark.parametrize(
    "k, mu, finite",
    [  # with tau ** -1 (log tau) ** -6 in the tail: means of tau that exist
        (0, P.Normal(0, 1), (False, False)),
        (1, P.Normal(0, 1), (True, False)),
        (2, P.Normal(0, 1), (True, True)),
        (1, P.Flat(), (False, False)),
        (2, P.Flat(), (True, False)),
        (3, P.Flat(), (True, True)),
    ],
)
def test_moments_that_exist(k, mu, finite):
    result = fit(rows(k), mu, RHODES)
    assert (np.isfinite(result.mean("tau")), np.isfinite(result.sd("tau"))) == finite
    assert result.health["quadrature_error"] < 1e-9


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter(scale):
    """In other units the prior's location moves by the logarithm, and every figure by the factor."""
    one = fit(rows(), P.Normal(0, 0.35), RHODES)
    other = fit(rows(scale=scale), P.Normal(0, 0.35 * scale), P.LogStudentT(5.0, -1.72 + np.log(scale), 1.295))
    np.testing.assert_allclose(other.summary().to_numpy(), scale * one.summary().to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("df", [0.5, 1.0, 30.0])
def test_other_degrees_of_freedom(df):
    result = fit(rows(), P.Normal(0, 0.35), P.LogStudentT(df, -1.72, 1.295))
    assert result.health["quadrature_error"] < 1e-9
    if df == 30.0:  # near a log-normal of the same figures
        near = fit(rows(), P.Normal(0, 0.35), P.LogNormal(-1.72, 1.295))
        np.testing.assert_allclose(result.median("mu"), near.median("mu"), atol=2e-3)


def test_every_model_on_the_exact_engine_takes_it():
    effects = EffectSizes.from_arrays(Y, SE, cluster=["a", "a", "b", "b"])
    three = fit(effects, P.Normal(0, 0.35), RHODES, model="three-level")
    assert three.health["quadrature_error"] < 1e-6 and np.isfinite(three.mean("omega"))
    family = fit_family(rows(), ["p", "p", "q", "q"], "p", mu=P.Normal(0, 0.35), tau=RHODES, omega=RHODES)
    assert family.health["quadrature_error"] < 1e-6
    hidden = fit(rows(), P.Normal(0, 0.35), RHODES, nulls="exact", censored=[False, True, False, False])
    assert hidden.health["quadrature_error"] < 1e-6
    many = fit_many([(Y, SE)], P.Normal(0, 0.35), [RHODES, P.HalfNormal(0.28)])
    assert many.tau.median[0, 0] == pytest.approx(fit(rows(), P.Normal(0, 0.35), RHODES).median("tau"), rel=1e-9)


def test_two_components_with_it_are_one_as_the_clusters_part():
    """With one row in each cluster and omega's prior shrunk to nothing, three levels are two."""
    effects = EffectSizes.from_arrays(Y, SE, cluster=list("abcd"))
    two = fit(rows(), P.Normal(0, 0.35), RHODES)
    three = fit(effects, P.Normal(0, 0.35), RHODES, model="three-level", omega=P.HalfNormal(1e-5))
    np.testing.assert_allclose(three.quantile("tau", [0.1, 0.5, 0.9]), two.quantile("tau", [0.1, 0.5, 0.9]), rtol=1e-6)


# Tails and variables -----------------------------------------------------------------------------------


def test_tail_powers():
    assert [tail_power(prior) for prior in (P.Flat(), P.HalfCauchy(1), P.HalfStudentT(3, 1), RHODES)] == [0, 2, 4, 1]
    assert tail_power(P.HalfNormal(1)) == tail_power(P.LogNormal(0, 1)) == tail_power(P.Uniform(0, 1)) == np.inf
    assert converges(1.0, True) and not converges(1.0, False) and not converges(0.5, True)


@pytest.mark.parametrize("scale, prior", [(TauScale(0.1), P.HalfNormal(0.5)), (LogScale(-1.72, 1.295), RHODES)])
def test_variables_go_there_and_back_and_keep_the_mass(scale, prior):
    x = np.linspace(0.1, 4, 9)
    np.testing.assert_allclose(scale.x(scale.tau(x)), x, rtol=1e-9)
    np.testing.assert_allclose(scale.log_prior(prior, x), prior.logpdf(scale.tau(x)) + scale.log_slope(x), rtol=1e-9)
    step = 1e-5
    np.testing.assert_allclose(np.exp(scale.log_slope(x)), (scale.tau(x + step) - scale.tau(x - step)) / (2 * step), rtol=1e-6)


def test_the_range_holds_a_log_t_to_the_last_digit():
    scale, low, high = variable(RHODES, 0.1, 10.0, 1.0, 0)
    mass, _ = integrate.quad(lambda x: np.exp(scale.log_prior(RHODES, x)), low, high, epsabs=1e-13, limit=200)
    assert mass == pytest.approx(1, abs=1e-11)


def test_no_prior_of_a_spread_below_zero():
    with pytest.raises(AnalysisError, match="negative values"):
        check_tau_prior(P.Uniform(-1, 1))
    with pytest.raises(AnalysisError, match="not supported; use one of .*LogStudentT"):
        check_tau_prior(P.Normal(0, 1))


# What the engine keeps on its way ----------------------------------------------------------------------


@pytest.mark.parametrize("tau_prior", [P.HalfNormal(0.5), RHODES])
@pytest.mark.parametrize("terms", [0, 2])
def test_closed_forms_kept_from_the_search_are_those_of_the_nodes(tau_prior, terms):
    from workbench.synthesis.numerics.conditional import given_tau

    design = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])[:, :terms]
    names = ("a", "b")[:terms]
    effects = EffectSizes.from_arrays(Y, SE, design=design, design_names=names)
    posterior = fit(effects, P.StudentT(4, 0, 0.5), tau_prior, terms=dict.fromkeys(names, P.Normal(0.1, 0.3))).posterior
    fresh = given_tau(posterior.data, posterior.tau)
    for name, kept in posterior.rows._asdict().items():
        np.testing.assert_allclose(kept, getattr(fresh, name), rtol=1e-12, atol=1e-13, err_msg=name)
    np.testing.assert_allclose(posterior.mu.mean, posterior.rule.given(fresh).mean, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("k", [2, 4])
def test_a_glance_under_a_log_t_is_the_fit(k):
    from workbench.synthesis.fitting import arrays
    from workbench.synthesis.answers.specifications import glance

    result = fit(rows(k), P.Normal(0, 0.35), RHODES)
    found = glance(arrays(rows(k), {}), P.Normal(0, 0.35), RHODES, None, np.array([-0.1]), np.array([0.1]))
    assert found.mean == pytest.approx(result.mean("theta_new"), abs=1e-8)
    assert (found.benefit, found.harm) == pytest.approx((result.probability("theta_new", above=0.1), result.probability("theta_new", below=-0.1)), abs=1e-8)
