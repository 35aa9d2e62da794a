"""Known nulls by their exact likelihood term, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from workbench.effects.routes import Route
from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors as P
from workbench.synthesis.fitting import fit
from workbench.synthesis.windows import log_window, window_slopes

Y, SE = np.array([0.5, 0.3, 0.6, 0.0, 0.0]), np.array([0.15, 0.2, 0.25, 0.2, 0.3])
HIDDEN = np.array([False, False, False, True, True])
ROWS = EffectSizes.from_arrays(Y, SE)
# away from 0, so that a plain grid can resolve a new area's effect
MU, TAU = P.Normal(0, 0.35), P.LogNormal(-1.2, 0.35)


def on(low, high, count):
    x, weight = np.polynomial.legendre.leggauss(count)
    return (low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * weight


def term(y, s, hidden, mean, tau):
    r = np.hypot(s, tau)
    if hidden:
        return np.log(np.maximum(ndtr((1.96 * s - mean) / r) - ndtr((-1.96 * s - mean) / r), 1e-300))
    return -0.5 * ((y - mean) / r) ** 2 - np.log(r * np.sqrt(2 * np.pi))


def grid(mu=MU, tau=TAU, y=Y, se=SE, hidden=HIDDEN, low=-2.2, high=2.4, size=(160, 240)):
    (t, wt), (m, wm) = on(1e-6, 2.5, size[0]), on(low, high, size[1])
    height = tau.logpdf(t)[:, None] + mu.logpdf(m)
    for row in zip(y, se, hidden):
        height = height + term(*row, m, t[:, None])
    weight = np.exp(height) * wt[:, None] * wm
    return t[:, None], m, weight / weight.sum(), np.log(weight.sum())


@pytest.mark.parametrize("mu", [MU, P.Flat(), P.Normal(0.8, 0.1)])
def test_brute_force(mu):
    result = fit(ROWS, mu, TAU, nulls="exact", censored=HIDDEN)
    t, m, weight, log_marginal = grid(mu)
    assert result.log_marginal == pytest.approx(log_marginal, abs=1e-7)
    mean = (weight * m).sum()
    assert result.mean("mu") == pytest.approx(mean, abs=1e-8)
    assert result.sd("mu") == pytest.approx(np.sqrt((weight * (m - mean) ** 2).sum()), abs=1e-7)
    assert result.mean("tau") == pytest.approx((weight * t).sum(), abs=1e-7)
    for p in (0.025, 0.5, 0.9):
        assert (weight * ndtr((result.quantile("theta_new", p) - m) / t)).sum() == pytest.approx(p, abs=1e-6)
    assert result.probability("theta_new", above=0.1) == pytest.approx((weight * ndtr((m - 0.1) / t)).sum(), abs=1e-6)
    assert result.health["quadrature_error"] < 1e-8


def test_own_effects_by_brute_force():
    """A hidden row's own effect: prior N(mu, tau^2) times the probability that an estimate around it is not significant."""
    result = fit(ROWS, MU, TAU, nulls="exact", censored=HIDDEN)
    t, m, weight, _ = grid(size=(70, 120))
    for row in (3, 4):
        s = SE[row]
        limit = result.shrinkage()["lower"].iloc[row]
        own, inside = np.hstack([on(-2.5, limit, 150), on(limit, 3.0, 150)])  # no panel straddles the limit
        window = ndtr((1.96 * s - own) / s) - ndtr((-1.96 * s - own) / s)
        first = second = below = 0.0
        for i in range(70):
            kernel = np.exp(-0.5 * ((own - m[:, None]) / t[i]) ** 2) * window * inside
            part = kernel / np.maximum(kernel.sum(-1, keepdims=True), 1e-300)
            first += weight[i] @ (part @ own)
            second += weight[i] @ (part @ own**2)
            below += weight[i] @ (part @ (own < limit))
        table = result.shrinkage().iloc[row]
        assert table["mean"] == pytest.approx(first, abs=1e-5)
        assert table["sd"] == pytest.approx(np.sqrt(second - first**2), abs=1e-5)
        assert below == pytest.approx(0.025, abs=1e-5)
    share = t**2 / (t**2 + SE[0] ** 2)
    assert result.shrinkage()["mean"].iloc[0] == pytest.approx((weight * (share * Y[0] + (1 - share) * m)).sum(), abs=1e-7)
    aimed = fit(ROWS, MU, TAU, nulls="exact", censored=HIDDEN, target=0)
    assert aimed.mean("theta_new") == pytest.approx(result.shrinkage()["mean"].iloc[0], abs=1e-9)
    assert result.weights().sum() == pytest.approx(1.0)


def test_with_a_bias_that_the_hidden_rows_share():
    design = np.array([[1.0], [0.0], [1.0], [1.0], [1.0]])
    effects = EffectSizes.from_arrays(Y, SE, design=design, design_names=("bias",))
    bias = P.Normal(0.1, 0.2)
    result = fit(effects, MU, TAU, terms={"bias": bias}, nulls="exact", censored=HIDDEN)
    (t, wt), (m, wm), (b, wb) = on(1e-6, 2.2, 60), on(-2, 2.2, 110), on(-1.2, 1.4, 110)
    t, m = t[:, None, None], m[:, None]
    height = TAU.logpdf(t) + MU.logpdf(m) + bias.logpdf(b)
    for y, s, hidden, d in zip(Y, SE, HIDDEN, design[:, 0]):
        height = height + term(y, s, hidden, m + d * b, t)
    weight = np.exp(height) * wt[:, None, None] * wm[:, None] * wb
    total = weight.sum()
    weight /= total
    assert result.log_marginal == pytest.approx(np.log(total), abs=1e-6)
    assert result.mean("mu") == pytest.approx((weight * m).sum(), abs=1e-7)
    assert result.terms_summary().loc["bias", "mean"] == pytest.approx((weight * b).sum(), abs=1e-7)
    assert (weight * ndtr((result.quantile("theta_new", 0.1) - m) / t)).sum() == pytest.approx(0.1, abs=1e-5)
    draws = result.draws(2048, seed=2, dimensions={}, name="a")
    assert draws.centre.mean() == pytest.approx(result.mean("mu"), abs=0.01)


def test_only_nulls_and_no_nulls():
    alone = fit(EffectSizes.from_arrays([0.0, 0.0], [0.2, 0.3]), MU, TAU, nulls="exact", censored=[True, True])
    assert alone.mean("mu") == pytest.approx(0.0, abs=1e-12) and alone.sd("mu") < 0.35
    t, m, weight, log_marginal = grid(y=[0.0, 0.0], se=[0.2, 0.3], hidden=[True, True])
    assert alone.log_marginal == pytest.approx(log_marginal, abs=1e-7)
    none = fit(ROWS, MU, TAU, nulls="exact", censored=[False] * 5)
    assert none.log_marginal == fit(ROWS, MU, TAU).log_marginal


def test_a_null_says_less_than_an_effect_of_zero():
    three = ROWS.subset([0, 1, 2])
    without, window, zero = fit(three, MU, TAU), fit(ROWS, MU, TAU, nulls="exact", censored=HIDDEN), fit(ROWS, MU, TAU)
    assert zero.mean("mu") < window.mean("mu") < without.mean("mu")
    assert zero.sd("mu") < window.sd("mu")


def test_distributions_invert_even_where_tau_is_nearly_zero():
    result = fit(ROWS, MU, P.HalfNormal(0.28), nulls="exact", censored=HIDDEN)
    p = np.array([0.025, 0.3, 0.5, 0.975])
    for name in ("mu", "tau", "theta_new"):
        x = result.quantile(name, p)
        np.testing.assert_allclose(result.cdf(name, x), p, atol=1e-9)
        t, weight = on(*result.quantile(name, [0.2, 0.7]), 50)
        assert weight @ result.density(name, t) == pytest.approx(0.5, abs=1e-7)
    assert "2 of them known only as not significant" in repr(result)


def test_signs_and_units():
    result = fit(ROWS, MU, TAU, nulls="exact", censored=HIDDEN)
    mirrored = fit(EffectSizes.from_arrays(-Y, SE), MU, TAU, nulls="exact", censored=HIDDEN)
    assert mirrored.log_marginal == pytest.approx(result.log_marginal, abs=1e-10)
    assert mirrored.quantile("mu", 0.9) == pytest.approx(-result.quantile("mu", 0.1), abs=1e-9)
    scaled = fit(EffectSizes.from_arrays(100 * Y, 100 * SE), P.Normal(0, 35), P.LogNormal(-1.2 + np.log(100), 0.35), nulls="exact", censored=HIDDEN)
    assert scaled.mean("theta_new") == pytest.approx(100 * result.mean("theta_new"), rel=1e-8)


def test_windows_far_out():
    eta, s, r = np.array([0.0, 3.0, -3.0, 40.0]), 0.2, 0.25
    step = 1e-5
    slope, curvature = window_slopes(eta, s, r)
    np.testing.assert_allclose(slope, (log_window(eta + step, s, r) - log_window(eta - step, s, r)) / (2 * step), rtol=1e-5, atol=1e-8)
    second = (log_window(eta + 1e-3, s, r) - 2 * log_window(eta, s, r) + log_window(eta - 1e-3, s, r)) / 1e-6
    np.testing.assert_allclose(curvature, -second, rtol=1e-3)
    assert np.isfinite(log_window(np.array([1e3]), s, r)).all()


def test_routes_mark_the_known_nulls():
    routes = [Route("se")] * 3 + [Route("known_null")] * 2
    marked = EffectSizes.from_arrays(Y, SE, routes=routes)
    assert fit(marked, MU, TAU, nulls="exact").log_marginal == fit(ROWS, MU, TAU, censored=HIDDEN).log_marginal


def test_mistakes():
    effects = EffectSizes.from_arrays(Y, SE, design=np.arange(5.0)[:, None], design_names=("x",))
    for given, kind, words in [
        (dict(mu=P.StudentT(4, 0, 1)), AnalysisError, "exact nulls need a Normal"),
        (dict(censored=[True]), AnalysisError, "each of the 5 rows"),
        (dict(censored=[0, 0, 0, 1, 1]), AnalysisError, "true or false"),
        (dict(target=3), AnalysisError, "centre a new area on a row with a figure"),
        (dict(mu=P.Flat(), censored=[True] * 5), AnalysisError, "do not determine"),
        (dict(nulls="zero"), UsageError, "must be 'exact'"),
        (dict(engine="pymc"), UsageError, "does not fit"),
    ]:
        arguments = dict(mu=MU, tau=TAU, nulls="exact", censored=HIDDEN) | given
        with pytest.raises(kind, match=words):
            fit(ROWS, **arguments)
    with pytest.raises(AnalysisError, match="differ in their design"):
        fit(effects, MU, TAU, terms={"x": P.Normal(0, 1)}, censored=HIDDEN)
