"""Counts, robust heterogeneity and joint outcomes: NUTS against sums over plain grids, which share no code with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln, log_expit, logsumexp

from workbench.effects import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import fit, priors
from workbench.synthesis.models.counts import fit_counts
from workbench.synthesis.models.jointly import LKJ, fit_jointly
from workbench.synthesis.models.robust import fit_robust

MU, TAU = priors.Normal(0.0, 0.8), priors.HalfNormal(0.5)


def summaries(log_height, mu, tau):
    """Mean and SD of mu, tau and theta_new from heights on a grid (mu, tau), tau's first node at zero."""
    weight = np.exp(log_height - log_height.max())
    weight[:, 0] /= 2
    weight /= weight.sum()
    a, b = np.meshgrid(mu, tau, indexing="ij")
    found = {}
    for name, first, second in (("mu", a, a**2), ("tau", b, b**2), ("theta_new", a, a**2 + b**2)):
        mean = (weight * first).sum()
        found[name] = mean, np.sqrt((weight * second).sum() - mean**2)
    return found


def close(found, expected):
    ess = found.health["ess_bulk"]
    assert ess >= 400
    for quantity, (mean, sd) in expected.items():
        assert abs(found.mean(quantity) - mean) < 4 * sd / np.sqrt(ess), quantity
        assert abs(found.sd(quantity) - sd) < 8 * sd / np.sqrt(2 * ess), quantity


# Counts ----------------------------------------------------------------------------------------------

ARMS = np.array([[2, 40, 0, 30], [6, 42, 3, 28], [0, 35, 2, 36], [9, 60, 14, 61]]).T
BASELINE = priors.Normal(-2.0, 1.5)


def counts_reference(arms, sign):
    """Each study's likelihood of theta on a grid, its baseline integrated out; then the sum over mu and tau."""
    theta, base = np.linspace(-7, 7, 561), np.linspace(-11, 5, 801)
    a, n1, c, n2 = arms
    own = []
    for row in range(a.size):
        treat = base[None, :] + sign * theta[:, None]
        log_lik = a[row] * log_expit(treat) + (n1[row] - a[row]) * log_expit(-treat)
        log_lik = log_lik + c[row] * log_expit(base) + (n2[row] - c[row]) * log_expit(-base) + BASELINE.logpdf(base)
        own.append(logsumexp(log_lik, axis=1))
    mu, tau = np.linspace(-3, 3, 121), np.linspace(0, 2.6, 105)
    height = MU.logpdf(mu)[:, None] + TAU.logpdf(tau)[None, :]
    for log_lik in own:
        lik = np.exp(log_lik - log_lik.max())
        for j, spread in enumerate(tau):
            # at tau near 0 the grid over theta is too coarse: interpolate the likelihood itself
            nodes, weight = np.polynomial.hermite_e.hermegauss(40)
            at = mu[:, None] + spread * nodes
            height[:, j] += np.log(np.interp(at, theta, lik) @ weight / weight.sum())
    return summaries(height, mu, tau)


@pytest.fixture(scope="module")
def counted():
    a, n1, c, n2 = ARMS
    return fit_counts(a, n1, c, n2, mu=MU, tau=TAU, baseline=BASELINE, higher_is_better=False, labels=list("pqrs"))


def test_counts_agree_with_a_sum_over_a_grid(counted):
    close(counted, counts_reference(ARMS, -1.0))
    assert counted.health["divergences"] == 0
    assert "binomial-normal" in repr(counted) and "baseline ~ Normal" in repr(counted)
    # all but the second lean towards fewer events, the benefit here
    assert counted.shrinkage().loc["q", "mean"] < counted.shrinkage().drop("q")["mean"].min() + 0.5
    assert counted.effects.y[0] == pytest.approx(-np.log((2.5 * 30.5) / (38.5 * 0.5)))  # only shown: with 1/2 added


def test_large_counts_give_the_normal_model():
    a, n1, c, n2 = np.array([[60, 200, 50, 200], [100, 240, 80, 240], [40, 180, 42, 180]]).T
    ours = fit_counts(a, n1, c, n2, mu=MU, tau=TAU, baseline=priors.Normal(0, 3))
    normal = fit(ours.effects, MU, TAU)
    for quantity in ("mu", "tau", "theta_new"):
        assert ours.mean(quantity) == pytest.approx(normal.mean(quantity), abs=0.03)
        assert ours.sd(quantity) == pytest.approx(normal.sd(quantity), rel=0.1)
    assert ours.draws(1024, 1).values.mean() == pytest.approx(ours.mean("theta_new"), abs=0.03)


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        (([5], [4], [1], [4]), "study 1: 5 of 4"),
        (([1.5], [4], [1], [4]), "whole numbers"),
        (([], [], [], []), "k = 0"),
        (([0], [0], [1], [4]), "above 0"),
    ],
)
def test_impossible_counts(arms, words):
    with pytest.raises(AnalysisError, match=words):
        fit_counts(*arms, mu=MU, tau=TAU, baseline=BASELINE)


def test_counts_need_proper_priors():
    with pytest.raises(AnalysisError, match="baseline ~ Flat"):
        fit_counts([1], [4], [2], [4], mu=MU, tau=TAU, baseline=priors.Flat())
    with pytest.raises(UsageError, match="target = 3"):
        fit_counts([1], [4], [2], [4], mu=MU, tau=TAU, baseline=BASELINE, target=3)


# Robust ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outlying():
    return EffectSizes.from_arrays([0.1, 0.15, 0.05, 0.2, 1.6], [0.1, 0.12, 0.1, 0.15, 0.2])


def robust_reference(effects, nu):
    """The t density convolved with each normal by a sum over the effect, then the sum over mu and tau."""
    mu, tau = np.linspace(-1.5, 2.0, 141), np.linspace(0, 2.4, 121)
    z = np.linspace(-7, 7, 281)  # effects within seven standard errors of each result
    height = MU.logpdf(mu)[:, None] + TAU.logpdf(tau)[None, :]
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    for y, se in zip(effects.y, effects.se):
        theta = y + se * z
        for j, spread in enumerate(tau):
            if spread == 0:
                height[:, j] += -0.5 * ((y - mu) / se) ** 2 - np.log(se) - 0.5 * np.log(2 * np.pi)
                continue
            # below a third of a standard error the t is too narrow for this grid: put the grid under it instead
            if spread < se / 3:
                t = np.tan(np.pi / 2 * np.linspace(-0.9999, 0.9999, 4001))  # quantiles of a Cauchy
                weight = np.exp(constant - (nu + 1) / 2 * np.log1p(t**2 / nu)) * (1 + t**2)
                normal = np.exp(-0.5 * ((y - mu[:, None] - spread * t) / se) ** 2) / (se * np.sqrt(2 * np.pi))
                height[:, j] += np.log(normal @ weight / weight.sum())
                continue
            t = (theta - mu[:, None]) / spread
            log_t = constant - (nu + 1) / 2 * np.log1p(t**2 / nu) - np.log(spread)
            height[:, j] += logsumexp(log_t - 0.5 * z**2, axis=1) + np.log(z[1] - z[0]) - 0.5 * np.log(2 * np.pi)
    found = summaries(height, mu, tau)
    return {name: found[name] for name in ("mu", "tau")}


def test_robust_agrees_with_a_sum_over_a_grid(outlying):
    found = fit_robust(outlying, mu=MU, tau=TAU, nu=4.0)
    close(found, robust_reference(outlying, 4.0))
    normal = fit(outlying, MU, TAU)
    assert found.mean("mu") < normal.mean("mu") - 0.05  # the outlier pulls less
    # variance of the new effect: that of mu, and tau^2 nu / (nu - 2)
    values = found.posterior.values
    expected = np.sqrt(values["mu"].var() + 2 * (values["tau"] ** 2).mean())
    assert found.sd("theta_new") == pytest.approx(expected, rel=0.08)


def test_many_degrees_of_freedom_give_the_normal_model(outlying):
    found, normal = fit_robust(outlying, mu=MU, tau=TAU, nu=200, target=1), fit(outlying, MU, TAU, target=1)
    close(found, {name: (normal.mean(name), normal.sd(name)) for name in ("mu", "tau", "centre", "theta_new")})
    assert found.shrinkage()["sd"].to_numpy() == pytest.approx(normal.shrinkage()["sd"].to_numpy(), rel=0.08)


def test_degrees_of_freedom_may_be_unknown(outlying):
    found = fit_robust(outlying, mu=MU, tau=TAU, nu=priors.Uniform(2, 40))
    assert 2 < found.quantile("nu", 0.01) < found.quantile("nu", 0.99) < 40 and "nu ~ Uniform" in repr(found)
    assert found.mean("nu") < 21  # one outlier speaks for few
    assert np.isnan(found.mean("theta_new")) and np.isfinite(found.median("theta_new"))


@pytest.mark.parametrize("nu", [2, 1.5, np.nan, 500, "four", priors.Uniform(0.5, 3), priors.HalfNormal(3)])
def test_degrees_of_freedom_that_cannot_be_used(outlying, nu):
    with pytest.raises(AnalysisError, match="nu = "):
        fit_robust(outlying, mu=MU, tau=TAU, nu=nu)


# Jointly ---------------------------------------------------------------------------------------------

FIRST = EffectSizes.from_arrays([0.5, 0.1, 0.4, -0.1], [0.2, 0.15, 0.25, 0.2], labels=list("abcd"))
SECOND = EffectSizes.from_arrays([0.6, 0.0, 0.2], [0.15, 0.2, 0.3], labels=list("abe"))


def joint_reference(within, between=None, eta=1.0):
    """The sum over both spreads and the correlation of the multivariate normal of all seven results."""
    y, se = np.concatenate([FIRST.y, SECOND.y]), np.concatenate([FIRST.se, SECOND.se])
    study, outcome = np.array([0, 1, 2, 3, 0, 1, 4]), np.array([0, 0, 0, 0, 1, 1, 1])
    same, own = study[:, None] == study, outcome[:, None] == outcome
    noise = np.outer(se, se) * same * np.where(own, 1, within) + MU.sd**2 * own
    axis = np.linspace(0, 2.4, 61)
    r = np.array([between]) if between is not None else np.linspace(-0.995, 0.995, 61)
    t1, t2, corr = (part.ravel() for part in np.meshgrid(axis, axis, r, indexing="ij"))
    size = np.stack([t1, t2], axis=1)[:, outcome]
    cov = noise + size[:, :, None] * size[:, None, :] * same * np.where(own, 1, corr[:, None, None])
    inverse = np.linalg.inv(cov)
    height = 0.5 * np.linalg.slogdet(inverse)[1] - 0.5 * np.einsum("i,nij,j->n", y, inverse, y) + TAU.logpdf(t1) + TAU.logpdf(t2)
    height += (eta - 1) * np.log1p(-(corr**2))
    weight = np.exp(height - height.max()) * np.where(t1 == 0, 0.5, 1) * np.where(t2 == 0, 0.5, 1)
    expected = {}
    for j, spread in enumerate((t1, t2)):
        cross = MU.sd**2 * (outcome == j)
        mean, variance = inverse @ y @ cross, MU.sd**2 - cross @ np.swapaxes(inverse @ cross, 0, -1)
        moments = [np.average(part, weights=weight) for part in (mean, variance + mean**2, spread, spread**2, variance + mean**2 + spread**2)]
        sds = np.sqrt([moments[1] - moments[0] ** 2, moments[3] - moments[2] ** 2, moments[4] - moments[0] ** 2])
        expected[j] = dict(zip(("mu", "tau", "theta_new"), zip((moments[0], moments[2], moments[0]), sds)))
        if between is None:
            centre = np.average(corr, weights=weight)
            expected[j]["r"] = centre, np.sqrt(np.average((corr - centre) ** 2, weights=weight))
    return expected


@pytest.mark.parametrize("between", [0.6, LKJ(2.0)], ids=["known", "free"])
def test_joint_outcomes_agree_with_a_sum_over_a_grid(between):
    free = isinstance(between, LKJ)
    found = fit_jointly({"first": FIRST, "second": SECOND}, mu=MU, tau=TAU, within=0.5, between=between)
    expected = joint_reference(0.5, None if free else between, eta=2.0)
    for j, name in enumerate(("first", "second")):
        close(found[name], expected[j])
        assert f"2 outcomes jointly, {name}" in repr(found[name])
    assert found["first"].shrinkage().shape[0] == 4 and found["second"].shrinkage().shape[0] == 3


def test_unrelated_outcomes_are_separate_syntheses():
    found = fit_jointly({"first": FIRST, "second": SECOND}, mu=MU, tau=TAU, within=0.0, between=0.0)
    for name, effects in (("first", FIRST), ("second", SECOND)):
        alone = fit(effects, MU, TAU)
        close(found[name], {quantity: (alone.mean(quantity), alone.sd(quantity)) for quantity in ("mu", "tau", "theta_new")})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"within": 1.0}, "within = 1.0 must be a correlation"),
        ({"between": -1.2}, "between = -1.2 must be a correlation"),
        ({"between": LKJ(0)}, "eta above 0"),
        ({"outcomes": {"first": FIRST}}, "two or more"),
        ({"outcomes": {"first": FIRST, "second": SECOND.subset([0, 0])}}, "same label"),
    ],
)
def test_what_cannot_be_joined(change, words):
    given = {"outcomes": {"first": FIRST, "second": SECOND}, "within": 0.5, "between": 0.5} | change
    with pytest.raises(AnalysisError, match=words):
        fit_jointly(given.pop("outcomes"), mu=MU, tau=TAU, **given)
