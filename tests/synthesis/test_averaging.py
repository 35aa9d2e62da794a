"""Averaging over models against published ensembles, the exact engine and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.effects import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import fit
from workbench.synthesis.bias import linewise
from workbench.synthesis.bias.averaging import Bias, InverseGamma, bias_models, model_average
from workbench.synthesis.bias.biasmodels import Studies, prior_from, weights_rule
from workbench.synthesis.bias.readings import NotTested, table
from workbench.synthesis.priors import Flat, HalfCauchy, HalfNormal, Normal, StudentT

HERE = Path(__file__).resolve().parent.parent / "references"
PUBLISHED = json.loads((HERE / "bias_published.json").read_text(encoding="utf-8"))
CASES = {case["name"]: case for case in json.loads((HERE / "meta.json").read_text(encoding="utf-8"))["cases"]}
TAU = InverseGamma(1.0, 0.15)


def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array(CASES[name]["yi"]), np.sqrt(CASES[name]["vi"])


@pytest.fixture(scope="module")
def raudenbush():
    return model_average(*data("raudenbush1985"))


def test_power_pose():
    reference = PUBLISHED["power_pose"]
    found = model_average(reference["y"], reference["se"], effect=HalfCauchy(2**-0.5), heterogeneity=TAU, biases=())
    names = {(False, False): "fixed_H0", (True, False): "fixed_H1", (False, True): "random_H0", (True, True): "random_H1"}
    for model in found.models:  # metaBMA's quadrature prints five places
        assert model.posterior == pytest.approx(reference["posterior"][names[model.effect, model.heterogeneity]], abs=1e-5)
    assert found.factors["effect"] == pytest.approx(reference["bf_effect"], rel=5e-4) and np.isnan(found.factors["bias"])
    # RoBMA sampled: its Bayes factors are good to about half a per cent, its estimates to two units in the last place
    sampled = reference["robma"]
    assert found.factors["heterogeneity"] == pytest.approx(sampled["bf_heterogeneity"], rel=5e-3)
    assert (found.mean, found.median, *found.interval) == pytest.approx(sampled["mu"], abs=2e-3)
    assert found.tau == pytest.approx(sampled["tau"], abs=2e-3)
    # P(mu < 0) is 0.001 here, so two tails halve the evidence; the vignette sampled it with another seed
    two = model_average(reference["y"], reference["se"], effect=StudentT(1, 0, 2**-0.5), heterogeneity=TAU, biases=())
    sampled = reference["robma_two_tailed"]
    assert two.factors["effect"] == pytest.approx(sampled["bf_effect"], rel=5e-3)
    assert two.factors["effect"] == pytest.approx(found.factors["effect"] / 2, rel=5e-3)
    assert list(two.conditional.values()) == pytest.approx(sampled["conditional"], abs=6e-3)


def test_poulsen():
    reference = PUBLISHED["poulsen2006"]
    found = model_average(reference["d"], reference["se"], effect=StudentT(5, 0, 0.51), heterogeneity=InverseGamma(1.79, 0.28), biases=())
    assert found.factors["effect"] == pytest.approx(reference["paper"]["bf_effect"], rel=5e-3)
    assert found.factors["heterogeneity"] == pytest.approx(reference["paper"]["bf_heterogeneity"], rel=5e-3)
    assert found.factors["effect"] == pytest.approx(reference["bf_effect"], rel=1e-2)  # sampled
    assert found.conditional["mean"] == pytest.approx(reference["paper"]["conditional"][0], abs=3e-3)
    assert (found.mean, found.median) == pytest.approx(reference["mu"][:2], abs=2e-3)
    # tails of a sample: the vignette's and the paper's lower ends differ by 0.015 between themselves
    assert found.interval == pytest.approx(reference["mu"][2:], abs=0.025)
    assert found.tau == pytest.approx(reference["tau"], abs=4e-3)


def to_z(d):
    return np.arcsinh(d / 2)


def test_bem_psma():
    """RoBMA's 36 models, on its own scale: Fisher's z, with p from t on the sample size that d and its error imply."""
    from scipy.special import stdtrit

    reference = PUBLISHED["bem2011"]
    d, se = np.array(reference["d"]), np.array(reference["se"])
    n = (d**2 + 8) / (2 * se**2)

    def critical(upper):
        return to_z(2 * -stdtrit(n - 2, upper[:, None]) / np.sqrt(n))

    found = model_average(to_z(d), 1 / np.sqrt(n - 3), measure="ZCOR", critical=critical)
    assert len(found.models) == 36 and sum(m.prior for m in found.models) == pytest.approx(1)
    for name in ("effect", "heterogeneity", "bias"):  # bridge sampling: about one per cent
        assert found.factors[name] == pytest.approx(reference[f"bf_{name}"], rel=1e-2)
        assert found.posterior(name) == pytest.approx(reference["posterior"][name], abs=2e-3)
    on_d = 2 * np.sinh([found.mean, found.median, *found.interval])
    assert on_d[:2] == pytest.approx(reference["mu"][:2], abs=2e-3)
    assert on_d[2:] == pytest.approx(reference["mu"][2:], abs=6e-3)  # ends rest on a few hundred draws of the sample
    assert 2 * found.tau == pytest.approx(reference["tau"], abs=1e-3)
    assert found.health["log_marginal_error"] < 5e-3
    # straight on d with normal p values, the same answer to the scale's own approximation
    plain = model_average(d, se, error=False)
    for name, value in found.factors.items():
        assert plain.factors[name] == pytest.approx(value, rel=0.03)
    assert "favour some form of publication bias" in plain.reading and plain._repr_html_().startswith("<table>")
    assert len(plain.table()) == 36 and "\n" not in repr(plain)


@pytest.mark.parametrize("name", ["hackshaw1998", "bcg_rr"])
def test_models_without_bias_are_those_of_the_exact_engine(name):
    y, se = data(name)
    found = model_average(y, se, effect=Normal(0, 1), heterogeneity=HalfNormal(0.5), biases=())
    full = next(m for m in found.models if m.effect and m.heterogeneity)
    exact = fit(EffectSizes.from_arrays(y, se), mu=Normal(0, 1), tau=HalfNormal(0.5))
    assert full.log_marginal == pytest.approx(exact.log_marginal, abs=1e-6)
    assert full.mean == pytest.approx(exact.mean("mu"), abs=1e-7)


def dense(low: float, high: float, panels: int = 40) -> tuple[np.ndarray, np.ndarray]:
    node, weight = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(low, high, panels + 1)
    half = (edges[1] - edges[0]) / 2
    return (edges[:-1, None] + half * (node + 1)).ravel(), np.tile(half * weight, panels)


@pytest.mark.parametrize("kind", ["one-sided", "two-sided"])
def test_one_weight_by_brute_force(kind):
    from scipy.special import ndtr, ndtri

    y, se = data("raudenbush1985")
    bias = Bias("step", kind, steps=(0.05,), alpha=(1.0, 1.0))
    found = linewise.solve(Studies(y, se, se), Normal(0, 1), None, bias)
    mu, mu_weight = dense(-1, 1)
    omega, omega_weight = dense(0, 1)
    cut = -ndtri(0.025 if kind == "two-sided" else 0.05) * se
    reached = ndtr((mu[:, None] - cut) / se) + (ndtr((-cut - mu[:, None]) / se) if kind == "two-sided" else 0)
    hits = (np.abs(y) if kind == "two-sided" else y) >= cut
    log_normal = -0.5 * (((y - mu[:, None]) / se) ** 2 + np.log(2 * np.pi * se**2)).sum(axis=1)
    likelihood = np.exp(log_normal[:, None] + (~hits).sum() * np.log(omega) - np.log(reached[..., None] + (1 - reached)[..., None] * omega).sum(axis=1))
    total = (likelihood * mu_weight[:, None] * omega_weight * np.exp(Normal(0, 1).logpdf(mu))[:, None]).sum()
    assert found.log_marginal == pytest.approx(np.log(total), abs=1e-7)


@pytest.mark.parametrize("power", [1, 2])
def test_a_slope_by_brute_force(power):
    y, se = data("hackshaw1998")
    prior = HalfCauchy(1.0 if power == 1 else 5.0)
    found = linewise.solve(Studies(y, se, se), Normal(0, 1), None, Bias("slope", "slope", power=power, slope=prior))
    b, b_weight = dense(0, 60, 400)
    # mu in closed form given the slope: y - b x ~ N(0, diag(se^2) + 1 1')
    covariance = np.diag(se**2) + 1.0
    residual = y[:, None] - b * (se**power)[:, None]
    inside = -0.5 * (np.einsum("ib,ij,jb->b", residual, np.linalg.inv(covariance), residual) + np.linalg.slogdet(2 * np.pi * covariance)[1])
    total = np.log((np.exp(inside - inside.max() + prior.logpdf(b)) * b_weight).sum()) + inside.max()
    assert found.log_marginal == pytest.approx(total, abs=1e-5)


def test_finer_rules_change_nothing(raudenbush, monkeypatch):
    found = raudenbush
    monkeypatch.setattr(linewise, "NODES", (60, 36, 1.25))
    finer = model_average(*data("raudenbush1985"), error=False)
    for component, value in found.factors.items():
        assert value == pytest.approx(finer.factors[component], rel=1e-5)
    assert (found.mean, *found.interval) == pytest.approx((finer.mean, *finer.interval), abs=1e-5)
    for model, other in zip(found.models, finer.models, strict=True):
        if model.posterior > 1e-6:
            assert abs(model.log_marginal - other.log_marginal) < max(model.error, 1e-7)


def test_rule_of_the_weights_integrates_their_prior():
    for alpha in ((1.0, 1.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0), (2.0, 1.0, 3.0)):
        omega, log_mass = weights_rule(alpha, 16)
        mass = np.exp(log_mass)
        expected = np.cumsum(alpha)[::-1] / sum(alpha)  # means of running sums, the first column complete
        assert mass.sum() == pytest.approx(1, abs=1e-12) and mass @ omega == pytest.approx(expected, abs=1e-12)
        assert (np.diff(omega, axis=1) <= 0).all()


def test_distribution_of_mu(raudenbush):
    found = raudenbush
    low, high = found.interval
    for p, x in ((0.025, low), (0.975, high)):
        at, before = found.cdf(x), found.cdf(x - 1e-9)
        assert before - 1e-6 <= p <= at + 1e-6
    assert 1 - found.cdf(0.0) == pytest.approx(found.positive, abs=1e-9)
    atom = 1 - found.posterior("effect")
    assert found.cdf(0.0) - found.cdf(-1e-12) == pytest.approx(atom, abs=1e-6)
    assert found.median == 0.0 and found.sd > 0


def test_scales_agree(raudenbush):
    """The same evidence on log odds, with priors stretched alike, gives the same Bayes factors."""
    y, se = data("raudenbush1985")
    stretch = table("biastests")["averaging"]["scale"]["OR"]
    found, other = raudenbush, model_average(stretch * y, stretch * se, measure="OR", error=False)
    for name, value in found.factors.items():
        assert other.factors[name] == pytest.approx(value, rel=1e-6)
    assert other.mean == pytest.approx(stretch * found.mean, rel=1e-6)
    assert bias_models(2.0)[-1].slope.scale == pytest.approx(2.5) and bias_models(2.0)[-2].slope.scale == pytest.approx(1.0)


def test_inverse_gamma():
    from scipy.stats import invgamma

    x = np.array([-1.0, 0.0, 0.01, 0.15, 3.0])
    other = invgamma(1.79, scale=0.28)
    prior = InverseGamma(1.79, 0.28)
    assert prior.logpdf(x)[2:] == pytest.approx(other.logpdf(x)[2:]) and (prior.logpdf(x)[:2] == -np.inf).all()
    assert prior.cdf(x) == pytest.approx(other.cdf(x)) and prior.ppf(0.3) == pytest.approx(other.ppf(0.3))
    assert prior_from({"distribution": "InverseGamma", "shape": 1.0, "scale": 0.15}, 2.0) == InverseGamma(1.0, 0.3)


def test_refusals():
    y, se = data("raudenbush1985")
    assert isinstance(model_average(y, se, measure="GEN"), NotTested)
    with pytest.raises(AnalysisError, match="proper"):
        model_average(y, se, effect=Flat())
    for given in ({"kind": "three-sided"}, {"kind": "slope"}, {"kind": "one-sided", "steps": (0.5, 0.1), "alpha": (1.0, 1.0, 1.0)}, {"kind": "one-sided", "steps": (0.1,), "alpha": (1.0,)}):
        with pytest.raises(AnalysisError, match="bias 'b'"):
            Bias("b", **given)
    with pytest.raises(AnalysisError, match="above 0"):
        InverseGamma(0.0, 1.0)
