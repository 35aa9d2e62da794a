"""Many fits at once give the figures of `fit`, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import priors as P
from workbench.synthesis.exact import batch
from workbench.synthesis.exact.batch import fit_many
from workbench.synthesis.fitting import fit

NORMAL, TAU = P.Normal(0.1, 0.63), P.HalfNormal(0.5)


def some(count, seed, least=2, most=40):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        se = rng.uniform(0.03, 0.7, rng.integers(least, most + 1))
        found.append((rng.normal(rng.normal(0, 0.5), np.hypot(abs(rng.normal(0, 0.4)), se)), se))
    return found


def alone(effects, mu, tau):
    result = fit(effects, mu, tau)
    figures = [(result.mean(q), result.sd(q), *result.quantile(q, [0.5, 0.025, 0.975])) for q in ("mu", "tau", "theta_new")]
    return np.array([*np.concatenate(figures), result.probability("mu", above=0), result.probability("theta_new", above=0), result.log_marginal])


def together(many, *place):
    figures = [part[place] for name in ("mu", "tau", "theta_new") for part in getattr(many, name)]
    return np.array([*figures, many.mu_above_zero[place], many.theta_new_above_zero[place], many.log_marginal[place]])


PRIORS = [P.HalfNormal(0.5), P.HalfCauchy(0.5), P.LogNormal(-1.5, 0.8), P.Uniform(0.0, 2.0), P.HalfStudentT(3.0, 0.4), P.Flat()]


@pytest.mark.parametrize("tau", PRIORS, ids=repr)
@pytest.mark.parametrize("mu", [NORMAL, P.Flat()], ids=repr)
def test_same_figures_as_one_by_one(mu, tau):
    data = some(12, 5, least=3)
    many = fit_many(data, mu, tau)
    for i, (y, se) in enumerate(data):
        np.testing.assert_allclose(together(many, i), alone(EffectSizes.from_arrays(y, se), mu, tau), atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize(
    "y, se, tau",
    [
        ([0.3, 0.30001, 0.9], [1e-4, 1.0, 1.0], P.HalfNormal(0.5)),
        ([1.0, -1.0, 0.5], [1e-6, 1e-2, 1.0], P.HalfCauchy(0.5)),
        ([0.1, 0.2], [0.3, 0.2], P.LogNormal(-8.0, 2.5)),
        ([0.1, 0.2], [0.3, 0.2], P.HalfStudentT(0.3, 0.1)),
        (list(np.sin(np.arange(400.0))), [0.05] * 400, P.HalfNormal(0.5)),
        ([0.4], [0.2], P.HalfNormal(0.5)),
        ([], [], P.HalfNormal(0.5)),
    ],
)
def test_awkward_data(y, se, tau):
    mu = P.Normal(0, 2)
    found = together(fit_many([(y, se)], mu, tau), 0)
    np.testing.assert_allclose(found, alone(EffectSizes.from_arrays(y, se), mu, tau), atol=1e-7, rtol=1e-7)


def test_what_is_not_resolved_is_handed_over(monkeypatch):
    data = some(4, 8)
    expected = fit_many(data, NORMAL, TAU)
    monkeypatch.setattr(batch, "MOST", 0)
    np.testing.assert_allclose(together(fit_many(data, NORMAL, TAU), 2), together(expected, 2), atol=1e-9)


def test_many_priors_and_other_kinds_of_mu():
    data = some(3, 6)
    mu = [NORMAL, P.Normal(0, 2), P.StudentT(4, 0, 0.5), P.Uniform(-2, 2), P.Flat()]
    tau = [TAU, P.HalfCauchy(0.3), TAU, TAU, P.HalfNormal(0.2)]
    many = fit_many(data, mu, tau)
    assert many.log_marginal.shape == (3, 5) and len(many) == 3
    for i, (y, se) in enumerate(data):
        for j in range(5):
            np.testing.assert_allclose(together(many, i, j), alone(EffectSizes.from_arrays(y, se), mu[j], tau[j]), atol=1e-8, rtol=1e-8)
    assert many.frame().shape == (15, 18)
    one = fit_many(data, NORMAL, [TAU, P.HalfNormal(1.0)])
    assert one.mu.mean.shape == (3, 2)


def test_forms_of_data():
    data = some(5, 7)
    plain = fit_many(data, NORMAL, TAU)
    padded = np.full((2, 5, 40), np.nan)
    for i, (y, se) in enumerate(data):
        padded[:, i, : len(y)] = y, se
    np.testing.assert_array_equal(fit_many(tuple(padded), NORMAL, TAU).mu.mean, plain.mu.mean)
    effects = [EffectSizes.from_arrays(*pair) for pair in data]
    np.testing.assert_array_equal(fit_many(effects, NORMAL, TAU, workers=1).theta_new.upper, plain.theta_new.upper)
    review = EffectSizes.from_arrays([0.1, 0.5, 0.9], [0.1, 0.2, 0.2], informs_tau=[False, True, True])
    np.testing.assert_allclose(together(fit_many([review, *effects], NORMAL, TAU), 0), alone(review, NORMAL, TAU), atol=1e-8)
    np.testing.assert_array_equal(plain.k, [len(y) for y, _ in data])
    assert "5 fits" in repr(plain)


def test_figures_do_not_depend_on_company():
    data = some(40, 9)
    full, part = fit_many(data, NORMAL, TAU), fit_many(data[:7], NORMAL, TAU)
    np.testing.assert_allclose(full.mu.lower[:7], part.mu.lower, atol=1e-9)
    assert fit_many(data, NORMAL, TAU).mu.lower.tobytes() == full.mu.lower.tobytes()


def test_mistakes():
    good = ([0.1, 0.2], [0.1, 0.1])
    for data, mu, tau, words in [
        ([good, ([0.1], [0.1, 0.2])], NORMAL, TAU, "data set 1"),
        ([([0.1, np.nan], [0.1, 0.1])], NORMAL, TAU, "data set 0"),
        ([([0.1, 0.2], [0.1, 0.0])], NORMAL, TAU, "above 0"),
        ([good], [NORMAL] * 2, [TAU] * 3, "do not pair up"),
        ([good], NORMAL, 0.5, "tau = 0.5 is not a prior"),
        ([good], NORMAL, NORMAL, "not supported"),
        ([good], P.Flat(), P.Flat(), "improper"),
        ([EffectSizes.from_arrays(*good, design=np.ones((2, 1)), design_names=("b",))], NORMAL, TAU, "design columns"),
    ]:
        with pytest.raises(AnalysisError, match=words):
            fit_many(data, mu, tau)
