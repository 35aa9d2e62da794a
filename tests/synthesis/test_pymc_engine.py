"""The PyMC engine against deterministic references, and its gate. One model is compiled per test: keep them few."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.effects import EffectSizes
from workbench.errors import AnalysisError, DiagnosticsError
from workbench.synthesis import priors
from workbench.synthesis.mcmc import diagnostics, pymc_engine, sampled

CASES = {
    entry["name"]: entry
    for entry in json.loads((Path(__file__).parent.parent / "references" / "meta.json").read_text())["cases"]
}
TAU_PRIORS = {
    "bayes_hn05": priors.HalfNormal(0.5),
    "bayes_hc05": priors.HalfCauchy(0.5),
    "bayes_ln": priors.LogNormal(-1.5, 0.8),
}


def effects(name):
    return EffectSizes.from_arrays(CASES[name]["yi"], np.sqrt(CASES[name]["vi"]))


def within_error(found, quantity, mean, sd, ess):
    """Mean and SD within four Monte Carlo errors (that of an SD as for a normal, which tau is not: doubled)."""
    got_mean, got_sd = found.moments(quantity)
    error = sd / np.sqrt(ess)
    assert abs(got_mean - mean) < 4 * error, quantity
    assert abs(got_sd - sd) < 8 * error / np.sqrt(2), quantity


@pytest.mark.parametrize(
    ("name", "prior"), [("bcg_rr", "bayes_hn05"), ("normand1999_smd", "bayes_hc05"), ("hine1989_rd", "bayes_ln")]
)
def test_agrees_with_bayesmeta(name, prior):
    given, reference = effects(name), CASES[name][prior]
    found = pymc_engine.posterior(given, priors.Normal(0, 2), TAU_PRIORS[prior], {}, None)
    health = found.health
    assert health["rhat"] < 1.01 and min(health["ess_bulk"], health["ess_tail"]) >= 400 and health["divergences"] == 0
    for quantity in ("mu", "tau", "theta_new"):
        expected = reference[quantity]
        within_error(found, quantity, expected["mean"], expected["sd"], health["ess_bulk"])
        # the reference's central limits, as probabilities: 0.025 and 0.975
        tails = found.cdf(quantity, np.array([expected["95% lower"], expected["95% upper"]]))
        assert tails == pytest.approx([0.025, 0.975], abs=4 * np.sqrt(0.025 * 0.975 / health["ess_tail"]))
    shrunken = found.studies(0.95)
    error = np.array(reference["shrink_sd"]) / np.sqrt(health["ess_bulk"])
    assert (abs(shrunken.mean - reference["shrink"]) < 4 * error).all()
    below = found.cdf("mu", np.array([0.0]))[0]
    expected = reference["p_mu_le0"]
    assert abs(below - expected) < 4 * np.sqrt(max(expected * (1 - expected), 1e-4) / health["ess_bulk"])

def test_a_log_t_prior_of_tau_is_the_exact_engines():
    from workbench.synthesis import fit

    given, prior = effects("bcg_rr"), priors.LogStudentT(5.0, -1.72, 1.295)
    found, expected = pymc_engine.posterior(given, priors.Normal(0, 2), prior, {}, None), fit(given, priors.Normal(0, 2), prior)
    for quantity in ("mu", "tau", "theta_new"):
        within_error(found, quantity, expected.mean(quantity), expected.sd(quantity), found.health["ess_bulk"])


@pytest.fixture(scope="module")
def full_model():
    """Everything the model has: terms, a row that informs mu alone, a target."""
    base = effects("hackshaw1998").subset(slice(0, 8))
    design = np.zeros((8, 2))
    design[:4, 0], design[2:6, 1] = 1, 1
    given = EffectSizes.from_arrays(
        base.y, base.se, informs_tau=[False] + [True] * 7, design=design, design_names=("bias", "shift")
    )
    terms = {"bias": priors.Normal(0.13, 0.36), "shift": priors.Normal(0, 0.3)}
    return given, priors.Normal(0, 0.63), priors.HalfNormal(0.5), terms, 2


def test_agrees_with_the_exact_engine(full_model):
    from workbench.synthesis import fit

    given, mu, tau, terms, target = full_model
    exact = fit(given, mu, tau, terms=terms, target=target).posterior
    fitted = fit(given, mu, tau, engine="pymc", terms=terms, target=target)
    found = fitted.posterior
    assert fitted.engine == "pymc" and "pymc" in repr(fitted) and np.isnan(fitted.log_marginal)
    ess = found.health["ess_bulk"]
    for quantity in ("mu", "tau", "centre", "theta_new"):
        within_error(found, quantity, *exact.moments(quantity), ess)
    for ours, theirs in ((found.terms(0.95), exact.terms(0.95)), (found.studies(0.95), exact.studies(0.95))):
        assert (abs(ours.mean - theirs.mean) < 4 * theirs.sd / np.sqrt(ess)).all()
    assert found.weights() == pytest.approx(exact.weights(), abs=0.02)
    assert found.weights().sum() == pytest.approx(1)


def test_same_seed_same_draws_and_a_bad_fit_is_withheld():
    given, prior = effects("hine1989_rd"), (priors.Normal(0, 2), priors.HalfNormal(0.5))
    short = pymc_engine.Settings(draws=25, tune=100)
    anything = diagnostics.Limits(rhat=np.inf, ess=0, divergences=10**6, bfmi=0)
    one = pymc_engine.posterior(given, *prior, {}, None, short, anything)
    two = pymc_engine.posterior(given, *prior, {}, None, short, anything)
    assert one.health["attempts"] == 1 and np.array_equal(one.values["theta_new"], two.values["theta_new"])
    words = r"failed its diagnostics twice.*0\.99.*bulk ESS \d+, must be at least 400"
    with pytest.raises(DiagnosticsError, match=words):
        pymc_engine.posterior(given, *prior, {}, None, short)


def test_stricter_settings_are_used_once(monkeypatch):
    plans = []
    healthy = {"rhat": 1.0, "ess_bulk": 900.0, "ess_tail": 900.0, "divergences": 0.0, "bfmi": 0.9}
    results = iter([healthy | {"divergences": 3.0}, healthy])
    trace = {"posterior": {name: type("Array", (), {"values": np.ones((4, 5))}) for name in ("mu", "tau")}}

    def sample(model, plan):
        plans.append(plan)
        return trace

    monkeypatch.setattr(pymc_engine, "_sample", sample)
    monkeypatch.setattr(pymc_engine.diagnostics, "diagnose", lambda trace: dict(next(results)))
    given = EffectSizes.from_arrays([0.1, 0.2], [0.1, 0.1])
    found = pymc_engine.posterior(given, priors.Normal(0, 1), priors.HalfNormal(0.5), {}, None)
    assert found.health["attempts"] == 2
    assert plans[1].target_accept == 0.99 and plans[1].tune > plans[0].tune and plans[1].seed == plans[0].seed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rhat": 1.02}, "R-hat 1.020"),
        ({"rhat": np.nan}, "R-hat nan"),
        ({"ess_bulk": 399.0}, "bulk ESS 399"),
        ({"ess_tail": 10.0}, "tail ESS 10"),
        ({"divergences": 1.0}, "1 divergent"),
        ({"bfmi": 0.2}, "BFMI 0.20"),
    ],
)
def test_each_diagnostic_can_fail(change, words):
    healthy = {"rhat": 1.005, "ess_bulk": 400.0, "ess_tail": 400.0, "divergences": 0.0, "bfmi": 0.3}
    assert diagnostics.failures(healthy) == ()
    failed = diagnostics.failures(healthy | change)
    assert len(failed) == 1 and words in failed[0]


def test_diagnostics_see_trouble_in_any_quantity():
    import xarray

    rng = np.random.default_rng(3)
    names = ("chain", "draw")
    sound = rng.normal(size=(4, 1000))
    stats = {"diverging": (names, np.zeros((4, 1000), bool)), "energy": (names, rng.normal(size=(4, 1000)))}
    trace = {
        "posterior": xarray.Dataset({"mu": (names, sound), "b": ((*names, "term"), rng.normal(size=(4, 1000, 2)))}),
        "sample_stats": xarray.Dataset(stats),
    }
    assert diagnostics.failures(diagnostics.diagnose(trace)) == ()
    stuck = rng.normal(size=(4, 1000, 2)) + np.array([[[0.0, 5.0]], [[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]])
    trace["posterior"]["b"] = ((*names, "term"), stuck)
    assert "R-hat" in diagnostics.failures(diagnostics.diagnose(trace))[0]


def test_priors_that_cannot_be_used():
    given = EffectSizes.from_arrays([0.1, 0.2], [0.1, 0.1])
    for tau in (priors.Normal(0, 1), priors.Uniform(-1, 1)):
        with pytest.raises(AnalysisError, match="tau needs a prior on the positive line"):
            pymc_engine.posterior(given, priors.Normal(0, 1), tau, {}, None)
    with pytest.raises(AnalysisError, match="improper"):
        pymc_engine.posterior(given.subset([0]), priors.Normal(0, 1), priors.Flat(), {}, None)


def held(mu, tau, target=None, y=(0.1, 0.4), **more):
    """A sampled posterior made of given draws."""
    from workbench.synthesis.exact.random_effects import tail_of
    from workbench.synthesis.fitting import arrays

    data = arrays(EffectSizes.from_arrays(y, np.full(len(y), 0.2)), {})
    tail = tail_of(data, more.get("mu_prior", priors.Normal(0, 1)), more.get("tau_prior", priors.HalfNormal(0.5)))
    draws = {"mu": mu, "tau": tau, "b": np.zeros((mu.size, 0))}
    return sampled.SampledPosterior.from_draws(data, tail, target, draws, 1, {})


def test_draws_follow_the_conditionals():
    count = 200_000
    mu, tau = np.full(count, 0.3), np.full(count, 0.2)
    found = held(mu, tau, target=1)
    # se = tau: halfway between 0.3 and 0.4, SD 0.2 / sqrt(2); a new area adds tau
    assert found.moments("centre") == pytest.approx((0.35, 0.2 / np.sqrt(2)), abs=0.002)
    assert found.moments("theta_new") == pytest.approx((0.35, np.hypot(0.2, 0.2 / np.sqrt(2))), abs=0.003)
    assert found.quantile("theta_new", np.array([0.5])) == pytest.approx([0.35], abs=0.003)
    assert held(mu, np.zeros(count)).moments("theta_new")[1] == pytest.approx(0, abs=1e-12)


def test_distribution_functions_and_draws_agree():
    rng = np.random.default_rng(5)
    tau = abs(rng.normal(0, 0.3, 4000))
    found = held(rng.normal(0.2, 0.1, 4000) + 0.2 * tau, tau)
    x = np.linspace(-1, 1.5, 7)
    assert found.cdf("mu", x) + found.sf("mu", x) == pytest.approx(np.ones(7))
    for quantity, grid in (("mu", np.linspace(-1, 2, 2001)), ("tau", np.linspace(0, 3, 2001))):
        density = found.density(quantity, grid)
        assert np.trapezoid(density, grid) == pytest.approx(1, abs=2e-3) and density.min() >= 0
    assert found.density("tau", np.array([-0.1])) == 0
    # 4000 draws lie in 50 blocks of 80: the middles of that grid take each of them exactly once, as a pair
    first, second = (part.ravel() for part in np.meshgrid((np.arange(50) + 0.5) / 50, (np.arange(80) + 0.5) / 80))
    points = np.column_stack([first, second, rng.permutation((np.arange(4000) + 0.5) / 4000)])
    drawn_tau, centre, new = found.draw(points)
    taken = sorted(zip(drawn_tau, centre, strict=True))
    assert taken == sorted(zip(found.values["tau"], found.values["centre"], strict=True))
    assert new.mean() == pytest.approx(found.moments("theta_new")[0], abs=0.02)
    assert new.std() == pytest.approx(found.moments("theta_new")[1], rel=0.05)


def test_moments_that_do_not_exist():
    draws = np.linspace(0.1, 2, 100)
    heavy = {"tau_prior": priors.HalfCauchy(0.5), "y": (0.1,)}
    mean, sd = held(draws, draws, **heavy).moments("tau")
    assert np.isfinite(mean) and np.isnan(sd)  # one row and a half-Cauchy: tau has a mean and no SD
    assert np.isnan(held(draws, draws, **heavy).moments("theta_new")[1])
    assert np.isfinite(held(draws, draws, **heavy).moments("mu")).all()


def test_no_rows_at_all():
    found = held(np.linspace(-1, 1, 50), np.linspace(0.1, 1, 50), y=())
    assert found.weights().size == 0 and found.studies(0.95).mean.size == 0 and found.terms(0.95).mean.size == 0


def test_runs_without_a_compiler_and_says_nothing():
    """A machine without g++ (an empty PATH): the fit goes through Numba, prints nothing and warns of nothing."""
    script = (
        "import os; os.environ['PATH'] = '/nonexistent'\n"
        "from workbench.effects import EffectSizes\n"
        "from workbench.synthesis import priors\n"
        "from workbench.synthesis.mcmc import diagnostics, pymc_engine\n"
        "anything = diagnostics.Limits(float('inf'), 0, 10**6, 0)\n"
        "given = EffectSizes.from_arrays([0.1, 0.4, 0.2], [0.1, 0.2, 0.1])\n"
        "found = pymc_engine.posterior(given, priors.Normal(0, 1), priors.HalfNormal(0.5), {}, None,\n"
        "    pymc_engine.Settings(chains=2, draws=20, tune=20), anything)\n"
        "import pytensor; assert pytensor.config.cxx == '', pytensor.config.cxx\n"
        "assert pytensor.config.mode != 'NUMBA'\n"  # changed for the fit only
        "print(found.values['mu'].size)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "40\n" and ran.stderr == ""
