"""The exact engine: against bayesmeta, brute force, closed forms, tails and symmetries."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, stdtr

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import priors as P
from workbench.synthesis.exact.random_effects import doubled
from workbench.synthesis.fitting import fit

REFERENCES = Path(__file__).parent.parent / "references"
META = {case["name"]: case for case in json.loads((REFERENCES / "meta.json").read_text())["cases"]}
PUBLISHED = json.loads((REFERENCES / "bayes_published.json").read_text())["cases"]
TAU_PRIORS = {"hn05": P.HalfNormal(0.5), "hc05": P.HalfCauchy(0.5), "ln": P.LogNormal(-1.5, 0.8)}
QUANTITIES = ("mu", "tau", "theta_new", "centre")


def rows(y, se, **more):
    return EffectSizes.from_arrays(np.asarray(y, float), np.asarray(se, float), **more)


def everything(result):
    """All figures of a fit in one vector."""
    figures = [result.log_marginal]
    for name in QUANTITIES:
        figures += [result.mean(name), result.sd(name), *result.quantile(name, [0.001, 0.025, 0.5, 0.975])]
    studies = result.posterior.studies(0.95)
    return np.concatenate([figures, *studies, result.weights()])


# Against bayesmeta -------------------------------------------------------------------------------------


def test_the_reference_grid_has_not_shrunk():
    assert len(META) == 16
    assert all(f"bayes_{name}" in case for case in META.values() for name in TAU_PRIORS)
    assert [case["number"] for case in PUBLISHED] == list(range(43, 51))


@pytest.mark.parametrize("prior", TAU_PRIORS)
@pytest.mark.parametrize("name", META)
def test_bayesmeta(name, prior):
    case = META[name]
    reference = case[f"bayes_{prior}"]
    result = fit(rows(case["yi"], np.sqrt(case["vi"])), P.Normal(0, 2), TAU_PRIORS[prior])
    columns = {"mean": "mean", "sd": "sd", "median": "median", "lower": "95% lower", "upper": "95% upper"}
    summary = result.summary()
    # bayesmeta's tau is itself accurate to 1e-9; its mu and theta_new rest on a discrete mixture.
    for column, label in columns.items():
        assert summary.loc["tau", column] == pytest.approx(reference["tau"][label], abs=1e-8)
    for column in ("mean", "sd", "median"):
        assert summary.loc["mu", column] == pytest.approx(reference["mu"][columns[column]], abs=5e-4)
    for column in ("lower", "upper"):
        assert summary.loc["mu", column] == pytest.approx(reference["mu"][columns[column]], abs=2e-3)
        assert summary.loc["theta_new", column] == pytest.approx(reference["theta_new"][columns[column]], abs=5e-3)
    assert summary.loc["theta_new", "mean"] == pytest.approx(reference["theta_new"]["mean"], abs=1e-3)
    assert summary.loc["theta_new", "sd"] == pytest.approx(reference["theta_new"]["sd"], abs=2e-3)
    assert result.probability("mu", below=0) == pytest.approx(reference["p_mu_le0"], abs=5e-4)
    assert result.log_marginal == pytest.approx(reference["logml"], abs=1e-9)
    assert result.bayes_factor("mu", 0.0) == pytest.approx(reference["bf_mu0"], rel=1e-6)
    shrunken = result.shrinkage()
    np.testing.assert_allclose(shrunken["mean"], reference["shrink"], atol=1e-3)
    np.testing.assert_allclose(shrunken["sd"], reference["shrink_sd"], atol=1e-3)


def published_data(case):
    data = case["data"]
    if "meta" in data:
        return META[data["meta"]]["yi"], np.sqrt(META[data["meta"]]["vi"])
    return data["yi"], data["sei"]


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: f"{case['number']} {case['name']}")
def test_published_posteriors(case):
    y, se = published_data(case)
    mu, tau = (getattr(P, kind)(*numbers) for kind, *numbers in (case["mu_prior"], case["tau_prior"]))
    result = fit(rows(y, se), mu, tau)
    for figure, value in case["figures"].items():
        if figure == "first_study_mean":
            assert result.shrinkage()["mean"].iloc[0] == pytest.approx(value, abs=1e-3 * result.sd("mu"))
            continue
        if figure.startswith("p_"):
            quantity = figure.removeprefix("p_").removesuffix("_above_0")
            assert result.probability(quantity, above=0.0) == pytest.approx(value, abs=2e-4)
            continue
        quantity, kind = figure.rsplit("_", 1)
        spread = result.sd(quantity)
        limit = 2e-6 if quantity == "tau" else 2e-3 * spread
        if kind == "shortest":
            assert result.probability(quantity, between=value) == pytest.approx(0.95, abs=1e-6 if quantity == "tau" else 3e-4)
        elif kind == "central":
            assert result.interval(quantity) == pytest.approx(value, abs=2 * limit)
        else:
            assert getattr(result, kind)(quantity) == pytest.approx(value, abs=limit)


@pytest.mark.parametrize("prior", TAU_PRIORS)
@pytest.mark.parametrize("name", META)
def test_doubling_the_nodes_changes_nothing(name, prior):
    case = META[name]
    result = fit(rows(case["yi"], np.sqrt(case["vi"])), P.Normal(0, 2), TAU_PRIORS[prior])
    finer = doubled(result.posterior)
    assert result.health["quadrature_error"] < 1e-8
    assert finer.log_marginal == pytest.approx(result.log_marginal, abs=1e-8)
    p = np.array([0.001, 0.025, 0.5, 0.975, 0.999])
    for quantity in QUANTITIES:
        np.testing.assert_allclose(finer.moments(quantity), result.posterior.moments(quantity), rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(finer.quantile(quantity, p), result.quantile(quantity, p), rtol=1e-8, atol=1e-9)


# Against brute force -----------------------------------------------------------------------------------

Y, SE = np.array([0.8, 0.1, -0.3]), np.array([0.3, 0.2, 0.5])
INFORMS = np.array([True, True, False])
DESIGN = np.array([[1.0], [0.0], [1.0]])
BIAS = P.Normal(0.13, 0.36)


def on(low, high, count):
    x, weight = np.polynomial.legendre.leggauss(count)
    half = (high - low) / 2
    return low + half * (1 + x), half * weight


def brute(mu_prior, tau_prior, mu_range):
    """Tensor quadrature over tau, mu and the term: likelihood as written, no algebra shared with the engine."""
    (tau, tau_weight), (mu, mu_weight), (b, b_weight) = on(0.0, 3.5, 120), on(*mu_range, 160), on(-2.6, 2.8, 120)
    log_weight = (
        (tau_prior.logpdf(tau) + np.log(tau_weight))[:, None, None]
        + (mu_prior.logpdf(mu) + np.log(mu_weight))[:, None]
        + BIAS.logpdf(b)
        + np.log(b_weight)
    )
    for i in range(3):
        variance = (SE[i] ** 2 + INFORMS[i] * tau**2)[:, None, None]
        expected = mu[:, None] + DESIGN[i, 0] * b
        log_weight = log_weight - 0.5 * (np.log(2 * np.pi * variance) + (Y[i] - expected) ** 2 / variance)
    top = log_weight.max()
    weight = np.exp(log_weight - top)
    return tau[:, None, None], mu[:, None], b, weight / weight.sum(), top + np.log(weight.sum())


@pytest.mark.parametrize("target", [None, 0, 2])
@pytest.mark.parametrize(
    "mu_prior, mu_range",
    [(P.Normal(0, 0.63), (-4.5, 4.5)), (P.Uniform(-0.5, 0.9), (-0.5, 0.9)), (P.StudentT(30.0, 0.1, 0.4), (-4.5, 4.5))],
)
def test_terms_fixed_rows_and_target_against_three_dimensional_quadrature(mu_prior, mu_range, target):
    tau_prior = P.HalfNormal(0.4)
    effects = rows(Y, SE, informs_tau=INFORMS, design=DESIGN, design_names=("bias",))
    result = fit(effects, mu_prior, tau_prior, terms={"bias": BIAS}, target=target)
    tau, mu, b, weight, log_marginal = brute(mu_prior, tau_prior, mu_range)
    assert result.log_marginal == pytest.approx(log_marginal, abs=1e-9)

    def moments(mean, variance=0.0):
        first = (weight * mean).sum()
        return first, np.sqrt((weight * ((mean - first) ** 2 + variance)).sum())

    assert (result.mean("mu"), result.sd("mu")) == pytest.approx(moments(mu), abs=1e-9)
    assert (result.mean("tau"), result.sd("tau")) == pytest.approx(moments(tau), abs=1e-9)
    terms = result.terms_summary().loc["bias"]
    assert (terms["mean"], terms["sd"]) == pytest.approx(moments(b), abs=1e-9)
    own = []
    for i in range(3):
        share = INFORMS[i] * tau**2 / (tau**2 + SE[i] ** 2)
        own.append((mu + share * (Y[i] - DESIGN[i, 0] * b - mu), share * SE[i] ** 2))
        shrunken = result.shrinkage().iloc[i]
        assert (shrunken["mean"], shrunken["sd"]) == pytest.approx(moments(*own[i]), abs=1e-9)
    centre, variance = (mu, 0.0) if target is None else own[target]
    assert (result.mean("centre"), result.sd("centre")) == pytest.approx(moments(centre, variance), abs=1e-9)
    assert (result.mean("theta_new"), result.sd("theta_new")) == pytest.approx(moments(centre, variance + tau**2), abs=1e-9)
    # Beyond moments: the characteristic function, which stays smooth where tau is near 0.
    x, x_weight = on(*result.quantile("theta_new", [1e-12, 1 - 1e-12]), 800)
    density = x_weight * result.density("theta_new", x)
    for t in (0.7, 2.0, 5.0):
        expected = (weight * np.exp(1j * t * centre - 0.5 * t**2 * (variance + tau**2))).sum()
        # Under a Uniform mu the density nearly jumps at the bounds, which blunts this check, not the engine.
        assert abs((density * np.exp(1j * t * x)).sum() - expected) < (1e-6 if isinstance(mu_prior, P.Uniform) else 1e-8)


def test_one_precise_row_and_wide_prior_give_the_closed_form():
    """k = 1 with a fixed effect: the normal-normal conjugate posterior, tau untouched."""
    result = fit(rows([0.4], [0.2], informs_tau=[False]), P.Normal(0.1, 0.5), P.HalfNormal(0.3))
    precision = 1 / 0.04 + 1 / 0.25
    assert result.mean("mu") == pytest.approx((0.4 / 0.04 + 0.1 / 0.25) / precision, abs=1e-13)
    assert result.sd("mu") == pytest.approx(precision**-0.5, abs=1e-13)
    np.testing.assert_allclose(result.quantile("tau", [0.1, 0.5, 0.9]), P.HalfNormal(0.3).ppf([0.1, 0.5, 0.9]), rtol=1e-11)


# Few rows, tails, impropriety --------------------------------------------------------------------------


@pytest.mark.parametrize("mu_prior", [P.Normal(0.2, 0.63), P.StudentT(4.0, 0.2, 0.5), P.StudentT(1.0, 0.2, 0.5), P.Uniform(-1, 2)])
@pytest.mark.parametrize("tau_prior", [P.HalfNormal(0.5), P.HalfCauchy(0.5), P.HalfStudentT(3.0, 0.2), P.LogNormal(-1.5, 0.8), P.Uniform(0.1, 2)])
def test_no_rows_give_the_prior_back(mu_prior, tau_prior):
    result = fit(rows([], []), mu_prior, tau_prior)
    p = np.array([0.01, 0.25, 0.5, 0.975])
    np.testing.assert_allclose(result.quantile("tau", p), tau_prior.ppf(p), rtol=1e-9)
    np.testing.assert_allclose(result.quantile("mu", p), mu_prior.ppf(p), rtol=1e-8, atol=1e-9)
    assert result.log_marginal == pytest.approx(0.0, abs=1e-10)
    assert result.weights().shape == (0,)
    assert len(result.shrinkage()) == 0


def test_student_mu_alone_has_the_t_distribution():
    result = fit(rows([], []), P.StudentT(3.0, 0.0, 1.0), P.HalfNormal(0.5))
    x = np.array([-30.0, -2.0, 0.5, 8.0])
    np.testing.assert_allclose(result.cdf("mu", x), stdtr(3.0, x), rtol=1e-9)
    assert result.sd("mu") == pytest.approx(np.sqrt(3.0), rel=1e-9)


@pytest.mark.parametrize(
    "y, informs, mu_prior, tau_prior, finite",
    [
        ([], [], P.Normal(0, 1), P.HalfCauchy(0.5), {"mu": "ms", "tau": "", "theta_new": ""}),
        ([0.3], [True], P.Normal(0, 1), P.HalfCauchy(0.5), {"mu": "ms", "tau": "m", "theta_new": "m"}),
        ([0.3], [True], P.Flat(), P.HalfCauchy(0.5), {"mu": "", "tau": "", "theta_new": ""}),
        ([0.3], [False], P.Flat(), P.HalfCauchy(0.5), {"mu": "ms", "tau": "", "theta_new": ""}),
        ([0.3, 0.5], [True, True], P.Flat(), P.HalfCauchy(0.5), {"mu": "m", "tau": "m", "theta_new": "m"}),
        ([0.3, 0.5], [True, True], P.Normal(0, 1), P.HalfCauchy(0.5), {"mu": "ms", "tau": "ms", "theta_new": "ms"}),
        ([0.3, 0.5], [True, True], P.Normal(0, 1), P.Flat(), {"mu": "ms", "tau": "", "theta_new": ""}),
        ([0.3, 0.5, 0.1], [True, True, True], P.Flat(), P.Flat(), {"mu": "", "tau": "", "theta_new": ""}),
        ([], [], P.StudentT(1.5, 0, 1), P.HalfNormal(0.5), {"mu": "m", "tau": "ms", "theta_new": "m"}),
        ([0.3], [True], P.StudentT(1.5, 0, 1), P.HalfNormal(0.5), {"mu": "ms", "tau": "ms", "theta_new": "ms"}),
        ([0.3], [True], P.Normal(0, 1), P.HalfStudentT(2.5, 0.5), {"mu": "ms", "tau": "ms", "theta_new": "ms"}),
    ],
)
def test_moments_that_do_not_exist_are_nan_and_the_others_are_not(y, informs, mu_prior, tau_prior, finite):
    result = fit(rows(y, np.full(len(y), 0.2), informs_tau=informs), mu_prior, tau_prior)
    for quantity, moments in finite.items():
        assert np.isfinite(result.mean(quantity)) == ("m" in moments), quantity
        assert np.isfinite(result.sd(quantity)) == ("s" in moments), quantity
        assert np.isfinite(result.interval(quantity)).all()


@pytest.mark.parametrize("informing, fixed", [(0, 0), (1, 0), (2, 0), (2, 1), (4, 0)])
@pytest.mark.parametrize("mu_prior", [P.Normal(0, 1), P.Flat(), P.StudentT(5.0, 0, 1), P.Uniform(-2, 2)])
def test_the_tail_of_tau_falls_as_the_engine_says(informing, fixed, mu_prior):
    k = informing + fixed
    if k == 0 and mu_prior == P.Flat():
        return
    effects = rows(np.linspace(-0.2, 0.5, k), np.full(k, 0.3), informs_tau=[True] * informing + [False] * fixed)
    result = fit(effects, mu_prior, P.HalfCauchy(0.5))
    far = np.array([1e6, 1e7])
    slope = np.diff(np.log(result.density("tau", far))) / np.diff(np.log(far))
    assert -slope[0] == pytest.approx(result.posterior.tail.exponent, abs=1e-4)


@pytest.mark.parametrize(
    "y, mu, tau, words",
    [
        ([], P.Flat(), P.HalfNormal(1), "nothing to know mu from"),
        ([], P.Normal(0, 1), P.Flat(), "at least 2"),
        ([0.1], P.Normal(0, 1), P.Flat(), "at least 2"),
        ([0.1, 0.2], P.Flat(), P.Flat(), "at least 3"),
        ([0.1, 0.2], P.Normal(0, 1), P.Normal(0, 1), "tau ~ Normal"),
        ([0.1, 0.2], P.HalfNormal(1), P.HalfNormal(1), "mu ~ HalfNormal"),
        ([0.1, 0.2], P.Normal(0, 1), P.Uniform(-1, 1), "negative"),
    ],
)
def test_improper_or_unsuitable_priors_are_refused(y, mu, tau, words):
    with pytest.raises(AnalysisError, match=words):
        fit(rows(y, np.full(len(y), 0.2)), mu, tau)


def test_flat_mu_with_one_row_is_proper():
    result = fit(rows([0.4], [0.2]), P.Flat(), P.HalfNormal(0.5))
    assert result.mean("mu") == pytest.approx(0.4, abs=1e-12)
    assert result.sd("mu") == pytest.approx(np.sqrt(0.04 + 0.25), rel=1e-10)  # se^2 + E tau^2
    np.testing.assert_allclose(result.quantile("tau", [0.1, 0.9]), P.HalfNormal(0.5).ppf([0.1, 0.9]), rtol=1e-10)


# Symmetries and scales ---------------------------------------------------------------------------------

SOME = ([0.5, -0.1, 0.9, 0.3], [0.2, 0.3, 0.4, 0.05])


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 7.0, 1e6])
@pytest.mark.parametrize("tau", [lambda c: P.HalfNormal(0.5 * c), lambda c: P.HalfCauchy(0.5 * c), lambda c: P.LogNormal(-1.5 + np.log(c), 0.8)])
def test_units_do_not_matter(scale, tau):
    y, se = (np.array(part) for part in SOME)
    plain = fit(rows(y, se), P.Normal(0.1, 0.6), tau(1.0))
    scaled = fit(rows(scale * y, scale * se), P.Normal(0.1 * scale, 0.6 * scale), tau(scale))
    assert scaled.log_marginal == pytest.approx(plain.log_marginal - 4 * np.log(scale), abs=1e-8)
    for name in QUANTITIES:
        p = np.array([0.025, 0.5, 0.9])
        np.testing.assert_allclose(scaled.quantile(name, p), scale * plain.quantile(name, p), rtol=1e-9, atol=1e-10 * scale)
        assert scaled.sd(name) == pytest.approx(scale * plain.sd(name), rel=1e-9)


def test_order_of_rows_does_not_matter():
    y, se = (np.array(part) for part in SOME)
    order = np.array([2, 0, 3, 1])
    plain, shuffled = (fit(rows(*part), P.Normal(0, 1), P.HalfNormal(0.5)) for part in ((y, se), (y[order], se[order])))
    np.testing.assert_allclose(everything(shuffled)[:25], everything(plain)[:25], rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(shuffled.weights(), plain.weights()[order], rtol=1e-12)


@pytest.mark.parametrize("mu", [P.Normal(0.2, 0.6), P.StudentT(4.0, 0.2, 0.6), P.Uniform(-0.3, 0.7)])
def test_changing_all_signs_mirrors_the_answer(mu):
    mirrored = {P.Normal: lambda: P.Normal(-0.2, 0.6), P.StudentT: lambda: P.StudentT(4.0, -0.2, 0.6), P.Uniform: lambda: P.Uniform(-0.7, 0.3)}
    y, se = (np.array(part) for part in SOME)
    plain, other = fit(rows(y, se), mu, P.HalfNormal(0.5)), fit(rows(-y, se), mirrored[type(mu)](), P.HalfNormal(0.5))
    assert other.log_marginal == pytest.approx(plain.log_marginal, abs=1e-11)
    for name in ("mu", "theta_new"):
        np.testing.assert_allclose(other.quantile(name, [0.975, 0.5, 0.1]), -plain.quantile(name, [0.025, 0.5, 0.9]), rtol=1e-9, atol=1e-10)
        assert other.probability(name, below=-0.1) == pytest.approx(plain.probability(name, above=0.1), abs=1e-11)


@pytest.mark.parametrize(
    "y, se, tau",
    [
        ([0.3, 0.30001, 0.9], [1e-4, 1.0, 1.0], P.HalfNormal(0.5)),
        ([1.0, -1.0, 0.5], [1e-6, 1e-2, 1.0], P.HalfCauchy(0.5)),
        ([0.2] * 6, [0.1] * 6, P.HalfNormal(10.0)),
        ([5.0, -5.0, 0.0], [0.1, 0.1, 0.1], P.HalfNormal(1e-3)),
        ([0.1, 0.2], [0.3, 0.2], P.LogNormal(-8.0, 2.5)),
        ([0.1, 0.2], [0.3, 0.2], P.Uniform(0.0, 1e4)),
        ([0.1, 0.2], [0.3, 0.2], P.HalfStudentT(0.3, 0.1)),
        (list(np.sin(np.arange(400.0))), [0.05] * 400, P.HalfNormal(0.5)),
    ],
)
def test_awkward_scales_converge_and_invert(y, se, tau):
    result = fit(rows(y, se), P.Normal(0, 2), tau)
    assert result.health["quadrature_error"] < 1e-8
    p = np.array([1e-4, 0.025, 0.5, 0.8, 0.999])
    for name in QUANTITIES:
        quantiles = result.quantile(name, p)
        assert np.all(np.diff(quantiles) > 0)
        np.testing.assert_allclose(result.cdf(name, quantiles), p, rtol=1e-9)
    assert result.weights().sum() == pytest.approx(1.0, abs=1e-12)


def test_density_integrates_to_the_distribution_function():
    result = fit(rows(*SOME), P.StudentT(4.0, 0.0, 0.5), P.HalfNormal(0.5), target=1)
    for name in QUANTITIES:
        low, high = result.quantile(name, [0.2, 0.7])
        x, weight = on(low, high, 80)
        assert weight @ result.density(name, x) == pytest.approx(0.5, abs=1e-9)
        assert result.probability(name, between=(low, high)) == pytest.approx(0.5, abs=1e-9)


def test_uniform_mu_far_from_the_rows_keeps_its_digits():
    """Against direct quadrature over mu where the bounds cut off all but the far tail of the likelihood."""
    y, se = np.array([5.0, 5.2]), np.array([0.3, 0.4])
    result = fit(rows(y, se), P.Uniform(-1, 1), P.HalfNormal(0.1))
    tau, tau_weight = on(0.0, 3.0, 400)
    mu, mu_weight = on(-1.0, 1.0, 400)
    variance = se**2 + tau[:, None, None] ** 2
    log_weight = -0.5 * (np.log(2 * np.pi * variance) + (y - mu[:, None]) ** 2 / variance).sum(-1)
    log_weight += P.HalfNormal(0.1).logpdf(tau)[:, None] + np.log(0.5) + np.log(tau_weight)[:, None] + np.log(mu_weight)
    weight = np.exp(log_weight - log_weight.max())
    assert result.log_marginal == pytest.approx(log_weight.max() + np.log(weight.sum()), abs=1e-8)
    assert result.mean("mu") == pytest.approx((weight * mu).sum() / weight.sum(), abs=1e-9)
    above = weight * ndtr((mu - 1.2) / tau[:, None])
    assert result.probability("theta_new", above=1.2) == pytest.approx(above.sum() / weight.sum(), abs=1e-9)


# Terms -----------------------------------------------------------------------------------------------


def test_a_bias_that_all_rows_share_does_not_average_away():
    y, se = [0.5, 0.6, 0.55, 0.45], [0.05] * 4
    effects = rows(y, se, design=np.ones((4, 1)), design_names=("bias",))
    result = fit(effects, P.Normal(0, 10), P.HalfNormal(0.1), terms={"bias": P.Normal(0.13, 0.36)})
    assert result.mean("mu") == pytest.approx(np.mean(y) - 0.13, abs=2e-3)
    assert result.sd("mu") > 0.36


def test_precise_rows_that_share_two_terms_keep_their_digits():
    """se 1e-4 against terms with SD 1: normal equations would lose eight digits and quadrature would see noise."""
    y, se = np.array([0.3, 0.3002, 0.2999]), np.array([1e-4, 2e-4, 1.5e-4])
    design = np.ones((3, 2))
    result = fit(rows(y, se, design=design, design_names=("a", "b")), P.Normal(0, 1), P.HalfNormal(0.5), terms={"a": P.Normal(0, 1), "b": P.Normal(0, 1)})
    assert result.health["quadrature_error"] < 1e-9
    # Three equal unknowns share one known sum: each has two thirds of its prior variance left.
    assert result.sd("mu") == pytest.approx(np.sqrt(2 / 3), rel=1e-4)
    assert result.terms_summary()["sd"].to_numpy() == pytest.approx(np.sqrt(2 / 3), rel=1e-4)


def test_a_biased_row_weighs_less():
    effects = rows([0.5, 0.1], [0.1, 0.1], design=[[1.0], [0.0]], design_names=("bias",))
    heavy, light = fit(effects, P.Normal(0, 1), P.HalfNormal(0.3), terms={"bias": P.Normal(0.1, 0.4)}).weights()
    assert heavy < 0.3 < light
