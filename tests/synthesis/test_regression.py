"""Meta-regression, exact and frequentist: against metafor, closed forms and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors as P
from workbench.synthesis.exact.regression import effect_at
from workbench.synthesis.factors import bayes_factor
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist.metaregression import line, pool_regression

REFERENCE = json.loads((Path(__file__).parent.parent / "references" / "multilevel_and_effect_sizes.json").read_text())["bcg_metareg"]
BCG = EffectSizes.from_arrays(REFERENCE["yi"], np.sqrt(REFERENCE["vi"]))
LATITUDE = {"latitude": np.array(REFERENCE["ablat"], float)}
Y, SE, X = np.array([0.5, -0.1, 0.9, 0.3, 0.2]), np.array([0.2, 0.3, 0.4, 0.15, 0.25]), np.array([0.0, 1, 2, 1, 3])
ROWS = EffectSizes.from_arrays(Y, SE)
NORMAL, TAU = P.Normal(0.1, 0.6), P.HalfNormal(0.5)


def test_metafor():
    found = pool_regression(BCG, LATITUDE, knapp_hartung=False)
    reference = REFERENCE["reml"]
    # metafor's own iterations stop at 1e-5; ours solve the equation
    assert found.coefficients == pytest.approx(reference["beta"], abs=1e-5)
    assert found.errors == pytest.approx(reference["se"], abs=1e-5)
    assert found.tau2 == pytest.approx(reference["tau2"], abs=1e-5)
    assert found.r2 == pytest.approx(reference["R2"], abs=5e-3)
    assert found.q == pytest.approx(reference["QE"], rel=1e-10)
    assert found.omnibus[0] == pytest.approx(reference["QM"], rel=1e-4)
    hartung = pool_regression(BCG, LATITUDE)
    assert hartung.errors == pytest.approx(REFERENCE["knha"]["se"], abs=1e-5)
    assert hartung.frame()["lower"].to_numpy() == pytest.approx(REFERENCE["knha"]["ci_lb"], abs=2e-5)
    assert hartung.frame()["upper"].to_numpy() == pytest.approx(REFERENCE["knha"]["ci_ub"], abs=2e-5)
    assert hartung.df == 11 and hartung.omnibus[1:3] == (1, 11.0)
    assert hartung.omnibus[0] == pytest.approx(hartung.frame().loc["latitude", "t"] ** 2)


@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM"])
def test_estimators_solve_their_own_equations(method):
    x, y, v = np.column_stack([np.ones(13), LATITUDE["latitude"]]), BCG.y, BCG.se**2
    tau2 = pool_regression(BCG, LATITUDE, method).tau2
    total = np.diag(v + tau2)
    weight = np.linalg.inv(total)
    projection = weight - weight @ x @ np.linalg.solve(x.T @ weight @ x, x.T @ weight)
    squares = y @ projection @ projection @ y
    zero = {
        "REML": squares - np.trace(projection),
        "ML": squares - np.trace(weight),
        "PM": y @ projection @ y - 11,
        "DL": tau2 - (line(x, y, v).q - 11) / np.trace(np.diag(1 / v) - np.diag(1 / v) @ x @ np.linalg.solve(x.T @ np.diag(1 / v) @ x, x.T @ np.diag(1 / v))),
    }[method]
    assert abs(zero) < 1e-7


def test_q_profile_of_a_regression():
    found = pool_regression(BCG, LATITUDE)
    x = np.column_stack([np.ones(13), LATITUDE["latitude"]])
    from scipy.stats import chi2

    for limit, tail in zip(found.tau2_interval, (0.975, 0.025)):
        assert line(x, BCG.y, BCG.se**2 + limit).q == pytest.approx(chi2.ppf(tail, 11), rel=1e-9)


def on(low, high, count):
    x, weight = np.polynomial.legendre.leggauss(count)
    return (low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * weight


@pytest.mark.parametrize("slope", [P.Normal(0.1, 0.4), P.Flat()])
@pytest.mark.parametrize("mu", [NORMAL, P.Flat()])
def test_brute_force(mu, slope):
    """Against a plain grid over tau, mu and the coefficient."""
    result = fit(ROWS, mu, TAU, moderators={"x": X}, terms={"x": slope})
    (t, wt), (m, wm), (b, wb) = on(0, 3.2, 60), on(-5, 6, 240), on(-5, 5, 240)
    height = TAU.logpdf(t)[:, None, None] + mu.logpdf(m)[:, None] + slope.logpdf(b)
    for y, se, x in zip(Y, SE, X):
        variance = se**2 + t[:, None, None] ** 2
        height = height - 0.5 * (np.log(2 * np.pi * variance) + (y - m[:, None] - x * b) ** 2 / variance)
    weight = np.exp(height) * wt[:, None, None] * wm[:, None] * wb
    total = weight.sum()
    assert result.log_marginal == pytest.approx(np.log(total), abs=1e-6)
    assert result.mean("mu") == pytest.approx((weight * m[:, None]).sum() / total, abs=1e-6)
    assert result.terms_summary().loc["x", "mean"] == pytest.approx((weight * b).sum() / total, abs=1e-6)
    at = m[:, None] + 2.5 * b
    found = effect_at(result, {"x": 2.5})
    assert found.loc["mean effect", "mean"] == pytest.approx((weight * at).sum() / total, abs=1e-6)
    sd = np.sqrt((weight * at**2).sum() / total - found.loc["mean effect", "mean"] ** 2)
    assert found.loc["mean effect", "sd"] == pytest.approx(sd, abs=1e-5)


def test_where_mu_is_stated_moves_with_at():
    flat = dict(terms={"latitude": P.Flat()}, moderators=LATITUDE)
    origin, middle = fit(BCG, P.Flat(), TAU, **flat), fit(BCG, P.Flat(), TAU, at="mean", **flat)
    place = {"latitude": LATITUDE["latitude"].mean()}
    assert middle.log_marginal == pytest.approx(origin.log_marginal, abs=1e-10)
    np.testing.assert_allclose(effect_at(origin, place).loc["new area", "lower"], middle.quantile("theta_new", 0.025), atol=1e-9)
    np.testing.assert_allclose(fit(BCG, P.Flat(), TAU, at=place, **flat).summary(), middle.summary(), atol=1e-10)
    assert effect_at(middle, {}).loc["new area", "above_zero"] == pytest.approx(middle.probability("theta_new", above=0), abs=1e-10)


def test_flat_priors_give_generalised_least_squares():
    """With tau known, the posterior of the coefficients is weighted least squares."""
    known = P.Uniform(0.3 - 1e-9, 0.3 + 1e-9)
    result = fit(ROWS, P.Flat(), known, moderators={"x": X}, terms={"x": P.Flat()})
    expected = line(np.column_stack([np.ones(5), X]), Y, SE**2 + 0.09)
    table = result.terms_summary()
    assert (result.mean("mu"), table.loc["x", "mean"]) == pytest.approx(tuple(expected.beta), abs=1e-9)
    assert (result.sd("mu"), table.loc["x", "sd"]) == pytest.approx(tuple(np.sqrt(np.diag(expected.cov))), abs=1e-8)
    assert np.isinf(table.loc["x", "prior_sd"])


def test_moments_that_do_not_exist():
    """Flat tau, mu and one coefficient: each unknown direction takes one row's worth of tail."""
    four = EffectSizes.from_arrays(Y[:4], SE[:4])
    flat = dict(moderators={"x": X[:4]}, terms={"x": P.Flat()})
    result = fit(four, P.Flat(), P.Flat(), **flat)
    assert np.isnan(result.mean("mu")) and np.isnan(result.terms_summary().loc["x", "mean"])
    with pytest.raises(AnalysisError, match="improper"):
        fit(EffectSizes.from_arrays(Y[:3], SE[:3]), P.Flat(), P.Flat(), moderators={"x": X[:3]}, terms={"x": P.Flat()})


def test_bayes_factor_of_a_moderator_needs_a_proper_prior():
    plain, proper = fit(BCG, NORMAL, TAU), fit(BCG, NORMAL, TAU, moderators=LATITUDE, terms={"latitude": P.Normal(0, 0.05)}, at="mean")
    assert bayes_factor(proper, plain) > 10
    with pytest.raises(AnalysisError, match="latitude a proper prior"):
        bayes_factor(fit(BCG, NORMAL, TAU, moderators=LATITUDE, terms={"latitude": P.Flat()}), plain)


def test_arrays_and_design_columns_together():
    effects = EffectSizes.from_arrays(Y, SE, design=[[1.0], [0], [0], [1], [0]], design_names=("bias",))
    given = {"bias": P.Normal(0.1, 0.3), "x1": P.Normal(0, 1)}
    named = {"bias": P.Normal(0.1, 0.3), "dose": P.Normal(0, 1)}
    first, second = fit(effects, NORMAL, TAU, moderators=X, terms=given), fit(effects, NORMAL, TAU, moderators={"dose": X}, terms=named)
    assert first.log_marginal == second.log_marginal
    assert list(second.terms_summary().index) == ["bias", "dose"]


@pytest.mark.parametrize(
    ("moderators", "words"),
    [
        ({"x": [2.0] * 5}, "'x' is 2 in every row"),
        ({"x": X, "z": 2 * X + 1}, "'x', 'z' are collinear"),
        ({"a": [1, 0, 0, 1, 0], "b": [0, 1, 1, 0, 1], "x": X}, "'a', 'b' are collinear"),
        ({f"x{j}": np.sin((j + 2.0) * np.arange(5)) for j in range(5)}, "5 rows cannot tell 5"),
        ({"x": [1.0, 2.0]}, "one number for each of the 5 rows"),
        ({"x": [1.0, 2.0, np.nan, 1.0, 0.0]}, "row 2 is nan"),
        ({"x": list("abcde")}, "code categories as 0 and 1"),
    ],
)
def test_unusable_moderators(moderators, words):
    with pytest.raises(AnalysisError, match=words):
        fit(ROWS, NORMAL, TAU, moderators=moderators, terms={name: P.Normal(0, 1) for name in moderators})
    with pytest.raises(AnalysisError, match=words):
        pool_regression(ROWS, moderators)


def test_other_mistakes():
    with pytest.raises(AnalysisError, match="'x' has no prior"):
        fit(ROWS, NORMAL, TAU, moderators={"x": X})
    with pytest.raises(UsageError, match="there are none"):
        fit(ROWS, NORMAL, TAU, at="mean")
    with pytest.raises(UsageError, match="is not one of x"):
        fit(ROWS, NORMAL, TAU, moderators={"x": X}, at={"y": 1}, terms={"x": P.Flat()})
    with pytest.raises(UsageError, match="does not take flat priors"):
        fit(ROWS, NORMAL, TAU, "pymc", moderators={"x": X}, terms={"x": P.Flat()})
    constant = EffectSizes.from_arrays(Y, SE, design=np.ones((5, 1)), design_names=("bias",))
    with pytest.raises(AnalysisError, match="'bias' is 1 in every row"):
        fit(constant, NORMAL, TAU, terms={"bias": P.Flat()})
    with pytest.raises(UsageError, match="needs a fit with moderators"):
        effect_at(fit(ROWS, NORMAL, TAU), {"x": 1})
    with pytest.raises(AnalysisError, match="too few"):
        pool_regression(EffectSizes.from_arrays(Y[:2], SE[:2]), {"x": X[:2]})
    assert "too short" in pool_regression(ROWS, {"x": X}).caution
