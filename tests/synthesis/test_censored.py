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
from workbench.synthesis.numerics.windows import log_window, window_slopes

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
    names = tuple("abcd")
    five = EffectSizes.from_arrays(np.zeros(5), np.ones(5), design=np.eye(5)[:, :4], design_names=names)
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
    with pytest.raises(AnalysisError, match="differ in 4 ways"):
        fit(five, MU, TAU, terms=dict.fromkeys(names, P.Normal(0, 1)), censored=[True] * 5)


# Hidden rows that differ in their design -------------------------------------------------------------

ONE = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
BIAS, SHIFT = P.Normal(0.1, 0.2), P.Normal(0, 0.15)
TWO = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
SIX = np.append(Y, 0.0), np.append(SE, 0.12), np.append(HIDDEN, True)


def one(y=Y, se=SE, **given):
    effects = EffectSizes.from_arrays(y, se, design=ONE, design_names=("bias",))
    return fit(effects, **dict(mu=MU, tau=TAU, terms={"bias": BIAS}, nulls="exact", censored=HIDDEN) | given)


def two(**given):
    effects = EffectSizes.from_arrays(*SIX[:2], design=TWO, design_names=("bias", "shift"))
    return fit(effects, **dict(mu=MU, tau=TAU, terms={"bias": BIAS, "shift": SHIFT}, nulls="exact", censored=SIX[2]) | given)


def one_grid(mu=MU, size=(60, 110, 110), middle=None):
    """Every quantity of `one` on a tensor grid over tau, mu and the bias; panels of mu may meet at ``middle``."""
    (t, wt), (b, wb) = on(1e-6, 2.2, size[0]), on(-1.2, 1.4, size[2])
    m, wm = on(-2, 2.2, size[1]) if middle is None else np.hstack([on(-2, middle, size[1]), on(middle, 2.2, size[1])])
    t, m = t[:, None, None], m[:, None]
    height = TAU.logpdf(t) + mu.logpdf(m) + BIAS.logpdf(b)
    for y, s, hidden, d in zip(Y, SE, HIDDEN, ONE[:, 0]):
        height = height + term(y, s, hidden, m + d * b, t)
    weight = np.exp(height) * wt[:, None, None] * wm[:, None] * wb
    return t, m, b, wm, weight / weight.sum(), np.log(weight.sum())


@pytest.mark.parametrize("mu", [MU, P.Flat()])
def test_differing_designs_by_brute_force(mu):
    result = one(mu=mu)
    t, m, b, wm, weight, log_marginal = one_grid(mu)
    assert result.log_marginal == pytest.approx(log_marginal, abs=1e-6)
    for name, value in (("mu", m), ("tau", t)):
        mean = (weight * value).sum()
        assert result.mean(name) == pytest.approx(mean, abs=1e-6)
        assert result.sd(name) == pytest.approx(np.sqrt((weight * (value - mean) ** 2).sum()), abs=1e-6)
    mean = (weight * b).sum()
    table = result.terms_summary().loc["bias"]
    assert table["mean"] == pytest.approx(mean, abs=1e-6)
    assert table["sd"] == pytest.approx(np.sqrt((weight * (b - mean) ** 2).sum()), abs=1e-6)
    np.testing.assert_allclose(result.density("mu", m[:, 0]), weight.sum((0, 2)) / wm, atol=1e-5)
    for p in (0.025, 0.5, 0.9):
        assert (weight * ndtr((result.quantile("theta_new", p) - m) / t)).sum() == pytest.approx(p, abs=1e-6)
    share = t**2 / (t**2 + SE[0] ** 2)
    own = share * (Y[0] - b) + (1 - share) * m
    assert result.shrinkage()["mean"].iloc[0] == pytest.approx((weight * own).sum(), abs=1e-6)
    aimed = one(mu=mu, target=0)
    spread = np.sqrt(share * SE[0] ** 2 + t**2)
    for p in (0.025, 0.5, 0.9):
        assert (weight * ndtr((aimed.quantile("theta_new", p) - own) / spread)).sum() == pytest.approx(p, abs=1e-6)
    assert aimed.log_marginal == result.log_marginal and result.weights().sum() == pytest.approx(1.0)


def test_differing_designs_quantiles_of_mu_and_draws():
    result = one()
    limit = result.quantile("mu", 0.2)
    _, m, _, _, weight, _ = one_grid(middle=limit, size=(50, 60, 80))
    assert (weight * (m < limit)).sum() == pytest.approx(0.2, abs=1e-6)
    assert result.cdf("mu", limit) == pytest.approx(0.2, abs=1e-9)
    for fitted in (result, one(target=0)):
        draws = fitted.draws(2048, seed=2, dimensions={}, name="a")
        for share in (0.1, 0.5, 0.9):
            assert (draws.centre < fitted.quantile("centre", share)).mean() == pytest.approx(share, abs=0.01)


def test_differing_designs_own_effects_of_hidden_rows():
    """By the prior N(mu, tau^2) of the effect times its own window, on the grid; the window asks about effect + bias."""
    table = one().shrinkage()
    t, m, b, _, weight, _ = one_grid(size=(30, 40, 40))
    own, inside = on(-2.5, 3.0, 120)
    for row in (3, 4):
        s, d = SE[row], ONE[row, 0]
        at = own[:, None] + d * b
        window = ndtr((1.96 * s - at) / s) - ndtr((-1.96 * s - at) / s)
        first = second = 0.0
        for i in range(30):
            kernel = np.exp(-0.5 * ((own - m) / t[i]) ** 2) * inside
            total = np.maximum(kernel @ window, 1e-300)
            first += (weight[i] * ((kernel * own) @ window) / total).sum()
            second += (weight[i] * ((kernel * own**2) @ window) / total).sum()
        assert table["mean"].iloc[row] == pytest.approx(first, abs=1e-5)
        assert table["sd"].iloc[row] == pytest.approx(np.sqrt(second - first**2), abs=1e-5)


def test_two_terms_and_three_directions_by_brute_force():
    result = two()
    (t, wt), (m, wm), (a, wa), (b, wb) = on(1e-6, 2.0, 30), on(-1.7, 2.0, 48), on(-0.95, 1.15, 40), on(-0.8, 0.8, 36)
    m, a = m[:, None, None], a[:, None]
    heights = []
    for tau, w in zip(t, wt):
        height = TAU.logpdf(tau) + MU.logpdf(m) + BIAS.logpdf(a) + SHIFT.logpdf(b)
        for y, s, hidden, d in zip(*SIX, TWO):
            height = height + term(y, s, hidden, m + d[0] * a + d[1] * b, tau)
        heights.append(np.exp(height) * w * wm[:, None, None] * wa[:, None] * wb)
    weight = np.array(heights)
    total = weight.sum()
    weight /= total
    assert result.log_marginal == pytest.approx(np.log(total), abs=1e-5)
    for name, value in (("mu", m), ("tau", t[:, None, None, None])):
        assert result.mean(name) == pytest.approx((weight * value).sum(), abs=1e-5)
    mean = (weight * m).sum()
    assert result.sd("mu") == pytest.approx(np.sqrt((weight * (m - mean) ** 2).sum()), abs=1e-5)
    terms = result.terms_summary()
    np.testing.assert_allclose(terms["mean"], [(weight * a).sum(), (weight * b).sum()], atol=1e-5)
    t = t[:, None, None, None]
    assert (weight * ndtr((result.quantile("theta_new", 0.1) - m) / t)).sum() == pytest.approx(0.1, abs=1e-5)
    share = t**2 / (t**2 + SE[2] ** 2)
    assert result.shrinkage()["mean"].iloc[2] == pytest.approx((weight * (share * (Y[2] - b) + (1 - share) * m)).sum(), abs=1e-5)


def test_the_general_way_agrees_where_designs_are_equal():
    from workbench.synthesis.exact import censored, unlike
    from workbench.synthesis.fitting import arrays

    design = np.array([[1.0], [0.0], [1.0], [1.0], [1.0]])
    effects = EffectSizes.from_arrays(Y, SE, design=design, design_names=("bias",))
    for target in (None, 0):
        given = arrays(effects, {"bias": BIAS}), HIDDEN, MU, TAU, target
        old, new = censored.solve(*given), unlike.solve(*given)
        assert type(old) is censored.CensoredPosterior
        assert new.log_marginal == pytest.approx(old.log_marginal, abs=1e-7)
        p = np.array([0.025, 0.5, 0.9])
        for name in ("mu", "tau", "centre", "theta_new"):
            np.testing.assert_allclose(new.moments(name), old.moments(name), atol=1e-6)
            np.testing.assert_allclose(new.quantile(name, p), old.quantile(name, p), atol=1e-6)
            np.testing.assert_allclose(new.density(name, p), old.density(name, p), atol=1e-5)
        for mine, theirs in ((new.terms(0.95), old.terms(0.95)), (new.studies(0.95), old.studies(0.95))):
            np.testing.assert_allclose(np.array(mine), np.array(theirs), atol=1e-5)
        np.testing.assert_allclose(new.weights(), old.weights(), atol=1e-5)
        points = np.random.default_rng(1).random((64, 3))
        np.testing.assert_allclose(np.array(new.draw(points)), np.array(old.draw(points)), atol=1e-5)


def test_a_wider_cut_removes_the_rows(monkeypatch):
    for module in ("windows", "cutnormal"):
        monkeypatch.setattr(f"workbench.synthesis.numerics.{module}.LIMIT", 60.0)
    cut = two()
    shown = EffectSizes.from_arrays(Y[:3], SE[:3], design=TWO[:3], design_names=("bias", "shift"))
    without = fit(shown, MU, TAU, terms={"bias": BIAS, "shift": SHIFT})
    assert cut.log_marginal == pytest.approx(without.log_marginal, abs=1e-6)
    for name in ("mu", "tau", "theta_new"):
        np.testing.assert_allclose(cut.quantile(name, [0.1, 0.5, 0.975]), without.quantile(name, [0.1, 0.5, 0.975]), atol=1e-6)
    np.testing.assert_allclose(cut.terms_summary(), without.terms_summary(), atol=1e-6)
    np.testing.assert_allclose(cut.shrinkage().iloc[:3, 2:6], without.shrinkage().iloc[:, 2:6], atol=1e-6)


def test_differing_designs_signs_units_and_far_out():
    result = two()
    effects = EffectSizes.from_arrays(-100 * SIX[0], 100 * SIX[1], design=TWO, design_names=("bias", "shift"))
    terms = {"bias": P.Normal(-10, 20), "shift": P.Normal(0, 15)}
    other = fit(effects, P.Normal(0, 35), P.LogNormal(-1.2 + np.log(100), 0.35), terms=terms, nulls="exact", censored=SIX[2])
    assert other.mean("theta_new") == pytest.approx(-100 * result.mean("theta_new"), abs=1e-5)
    assert other.quantile("mu", 0.9) == pytest.approx(-100 * result.quantile("mu", 0.1), abs=1e-5)
    assert result.health["quadrature_error"] < 1e-6
    finer = two(mu=P.Normal(0, 10), tau=P.HalfNormal(0.28), terms={"bias": P.Normal(0, 5), "shift": P.Normal(0, 5)})  # needs the finer lattice
    assert finer.health["quadrature_error"] < 1e-9
    far = one(y=np.array([9.0, 9.1, 9.2, 0.0, 0.0]), se=np.full(5, 0.1), mu=P.Normal(9, 0.1), tau=P.HalfNormal(0.1))
    assert np.isfinite(far.log_marginal) and 0 < far.mean("mu") < 9
