"""Programme families: quadrature against an independent engine and a brute-force sum, NUTS against quadrature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.effects import EffectSizes
from workbench.errors import AnalysisError, DiagnosticsError, UsageError
from workbench.synthesis import fit, priors
from workbench.synthesis.mcmc import diagnostics, sampling
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.models.families import family, fit_family

MU, TAU, OMEGA = priors.Normal(0.1, 0.6), priors.HalfNormal(0.4), priors.HalfNormal(0.3)
TERMS = {"bias": priors.Normal(0.15, 0.3)}
PROGRAMMES = ("a", "a", "b", "b", "b", "c")
QUICK = Settings(draws=300, tune=300)


@pytest.fixture(scope="module")
def rows():
    return EffectSizes.from_arrays(
        [0.5, 0.2, -0.1, 0.3, 0.05, 0.9], [0.2, 0.25, 0.15, 0.3, 0.2, 0.35],
        design=[[1.0], [0.0], [0.0], [1.0], [0.0], [1.0]], design_names=("bias",),
    )  # fmt: skip


def fitted(rows, programme="a", **more):
    return fit_family(rows, PROGRAMMES, programme, **{"mu": MU, "tau": TAU, "omega": OMEGA, "terms": TERMS} | more)


@pytest.fixture(scope="module")
def exact(rows):
    return fitted(rows)


@pytest.mark.parametrize(("tau", "omega"), [(TAU, OMEGA), (priors.HalfCauchy(0.3), priors.LogNormal(-1.5, 0.8)), (priors.Uniform(0, 1), OMEGA)])
def test_the_mean_and_spreads_equal_the_three_level_engine(rows, tau, omega):
    """That engine names the spreads the other way round: its tau lies between clusters."""
    ours = fitted(rows, tau=tau, omega=omega)
    theirs = fit(replace(rows, cluster=PROGRAMMES), mu=MU, tau=omega, omega=tau, terms=TERMS, model="three-level")
    assert ours.log_marginal == pytest.approx(theirs.log_marginal, abs=1e-9)
    for one, other in (("mu", "mu"), ("tau", "omega"), ("omega", "tau")):
        assert (ours.mean(one), ours.sd(one)) == pytest.approx((theirs.mean(other), theirs.sd(other)), abs=1e-8)
        assert ours.quantile(one, [0.05, 0.5, 0.9]) == pytest.approx(theirs.quantile(other, [0.05, 0.5, 0.9]), abs=1e-7)
    assert ours.weights() == pytest.approx(theirs.weights(), abs=1e-9)
    assert ours.shrinkage()[["mean", "sd", "lower"]].to_numpy() == pytest.approx(theirs.shrinkage()[["mean", "sd", "lower"]].to_numpy(), abs=1e-7)
    assert ours.terms_summary()["mean"].to_numpy() == pytest.approx(theirs.terms_summary()["mean"].to_numpy(), abs=1e-9)


def brute_force(rows, which):
    """Mean and SD of one programme's mu by the trapezoid rule over tau and omega, from the joint normal of (mu_p, y)."""
    axis = np.linspace(0, 2.4, 161)
    tau, omega = (part.ravel() for part in np.meshgrid(axis, axis))
    same = np.equal.outer(PROGRAMMES, PROGRAMMES).astype(float)
    mine = np.array([float(name == which) for name in PROGRAMMES])
    x = rows.design[:, 0]
    fixed = np.diag(rows.se**2) + MU.sd**2 + TERMS["bias"].sd ** 2 * np.outer(x, x)
    inverse = np.linalg.inv(fixed + tau[:, None, None] ** 2 * np.eye(6) + omega[:, None, None] ** 2 * same)
    gap = rows.y - MU.mean - TERMS["bias"].mean * x
    height = -0.5 * gap @ inverse @ gap + 0.5 * np.linalg.slogdet(inverse)[1] + TAU.logpdf(tau) + OMEGA.logpdf(omega)
    weight = np.exp(height) * np.where(tau == 0, 0.5, 1) * np.where(omega == 0, 0.5, 1)
    cross = MU.sd**2 + omega[:, None] ** 2 * mine
    mean = MU.mean + np.einsum("ni,nij,j->n", cross, inverse, gap)
    variance = MU.sd**2 + omega**2 - np.einsum("ni,nij,nj->n", cross, inverse, cross)
    first, second, new = (np.average(part, weights=weight) for part in (mean, variance + mean**2, tau**2 + variance + mean**2))
    return first, np.sqrt(second - first**2), np.sqrt(new - first**2)


@pytest.mark.parametrize("programme", ["a", "c", "d"])
def test_each_programmes_own_mean(rows, programme):
    """Against a sum over a plain grid; "d" has no study of its own."""
    ours = fitted(rows, programme)
    mean, sd, new = brute_force(rows, programme)
    assert (ours.mean(f"mu[{programme}]"), ours.sd(f"mu[{programme}]")) == pytest.approx((mean, sd), abs=1e-4)
    assert (ours.mean("theta_new"), ours.sd("theta_new")) == pytest.approx((mean, new), abs=1e-4)
    assert ours.mean("centre") == ours.mean(f"mu[{programme}]")


def test_distribution_functions_agree_with_each_other(exact):
    for quantity, grid in (("mu[a]", np.linspace(-2, 2, 4001)), ("omega", np.linspace(0, 3, 4001)), ("theta_new", np.linspace(-4, 4, 4001))):
        density = exact.density(quantity, grid)
        assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-4)
        assert np.trapezoid(grid * density, grid) == pytest.approx(exact.mean(quantity), abs=1e-4)
        for p in (0.03, 0.5, 0.97):
            assert exact.cdf(quantity, exact.quantile(quantity, p)) == pytest.approx(p, abs=1e-7)
            assert 1 - exact.probability(quantity, above=exact.quantile(quantity, p)) == pytest.approx(p, abs=1e-7)
    assert exact.health["quadrature_error"] < 1e-8 and exact.engine == "exact"
    assert list(exact.summary().index) == ["mu", "tau", "omega", "theta_new", "mu[a]", "mu[b]", "mu[c]"]
    assert "programme family of 3, new area of a" in repr(exact) and "omega ~ HalfNormal" in repr(exact)
    drawn = exact.draws(4096, 1)
    assert drawn.values.mean() == pytest.approx(exact.mean("theta_new"), abs=0.01)
    assert drawn.values.std() == pytest.approx(exact.sd("theta_new"), rel=0.03)


def test_without_spread_between_programmes_it_is_the_plain_model(rows):
    plain, pooled = fit(rows, MU, TAU, terms=TERMS), fitted(rows, omega=priors.HalfNormal(1e-7))
    for quantity in ("mu", "tau", "theta_new"):
        assert pooled.quantile(quantity, [0.1, 0.5, 0.95]) == pytest.approx(plain.quantile(quantity, [0.1, 0.5, 0.95]), abs=1e-6)
    aimed, target = fitted(rows, omega=priors.HalfNormal(1e-7), target=3), fit(rows, MU, TAU, terms=TERMS, target=3)
    assert aimed.summary().loc["theta_new"].to_numpy() == pytest.approx(target.summary().loc["theta_new"].to_numpy(), abs=1e-6)


def test_a_review_tells_of_its_programme_alone(rows):
    """With an exact review of c, its mean is the review's result, and its studies' spread is not touched."""
    with_review = EffectSizes.from_arrays([*rows.y, 0.4], [*rows.se, 1e-4], informs_tau=[True] * 6 + [False])
    found = fit_family(with_review, (*PROGRAMMES, "c"), "c", mu=MU, tau=TAU, omega=OMEGA)
    assert (found.mean("mu[c]"), found.sd("mu[c]")) == pytest.approx((0.4, 1e-4), abs=1e-5)
    assert found.sd("theta_new") == pytest.approx(np.hypot(1e-4, np.hypot(found.mean("tau"), found.sd("tau"))), rel=1e-4)


@pytest.fixture(scope="module")
def drawn(rows):
    return fitted(rows, engine="pymc")


def test_nuts_agrees_with_quadrature(exact, drawn):
    ess = drawn.health["ess_bulk"]
    assert ess > 1000 and drawn.health["divergences"] == 0 and drawn.engine == "pymc"
    for quantity in exact.posterior.quantities:
        error = exact.sd(quantity) / np.sqrt(ess)
        assert abs(drawn.mean(quantity) - exact.mean(quantity)) < 4 * error, quantity
        assert abs(drawn.sd(quantity) - exact.sd(quantity)) < 6 * error, quantity
    ours, theirs = drawn.shrinkage(), exact.shrinkage()
    assert (abs(ours["mean"] - theirs["mean"]) < 4 * theirs["sd"] / np.sqrt(ess)).all()
    assert drawn.terms_summary()["sd"].to_numpy() == pytest.approx(exact.terms_summary()["sd"].to_numpy(), rel=0.08)
    assert drawn.weights() == pytest.approx(exact.weights(), abs=0.02)
    assert drawn.summary().index.equals(exact.summary().index) and "r hat" not in repr(drawn)
    assert drawn.draws(4096, 1).values.std() == pytest.approx(exact.sd("theta_new"), rel=0.08)


def test_compiled_once_and_the_same_seed_gives_the_same_draws(rows, drawn):
    from workbench.synthesis.mcmc import pymc_models

    before = pymc_models.program.cache_info().misses
    again = fitted(rows, engine="pymc")
    assert np.array_equal(again.posterior.values["theta_new"], drawn.posterior.values["theta_new"])
    moved = replace(rows, y=rows.y + 0.3)
    other = fitted(moved, engine="pymc", mu=priors.Normal(0.4, 0.6))
    # all of it moved by 0.3: the same model for other data and priors, without compiling
    assert other.mean("mu") == pytest.approx(drawn.mean("mu") + 0.3, abs=1e-9)
    assert pymc_models.program.cache_info().misses == before


def test_results_are_kept_by_content(rows, tmp_path, monkeypatch):
    from workbench.synthesis.mcmc import pymc_models

    anything = diagnostics.Limits(rhat=np.inf, ess=0, divergences=10**6, bfmi=0)
    options = {"engine": "pymc", "settings": QUICK, "limits": anything}
    first = fitted(rows, **options, cache=tmp_path / "one")
    fitted(rows, **options, cache=tmp_path / "two")
    (one,), (two,) = ((tmp_path / name).iterdir() for name in ("one", "two"))
    assert one.name == two.name and one.read_bytes() == two.read_bytes()

    def refuse(*_):
        raise AssertionError("sampled again")

    monkeypatch.setattr(pymc_models, "chains", refuse)
    second = fitted(rows, **options, cache=tmp_path / "one")
    assert np.array_equal(first.posterior.values["mu[b]"], second.posterior.values["mu[b]"]) and second.health == first.health
    for change in ({"omega": priors.HalfNormal(0.31)}, {"settings": Settings(draws=300, tune=300, seed=1)}):
        with pytest.raises(AssertionError, match="sampled again"):
            fitted(rows, **options | change, cache=tmp_path / "one")


def test_a_bad_fit_is_retried_once_and_then_withheld(rows, monkeypatch):
    from workbench.synthesis.mcmc import pymc_models

    plans, run = [], pymc_models.chains
    monkeypatch.setattr(pymc_models, "chains", lambda *parts: plans.append(parts[-1]) or run(*parts))
    with pytest.raises(DiagnosticsError, match=r"failed its diagnostics twice.*0\.99.*bulk ESS \d+, must be at least 1e\+06"):
        fitted(rows, engine="pymc", settings=Settings(draws=50, tune=50), limits=diagnostics.Limits(ess=1e6))
    assert [plan.target_accept for plan in plans] == [0.95, 0.99]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"engine": "stan"}, UsageError, "engine = 'stan'"),
        ({"mu": priors.Flat()}, AnalysisError, "mu ~ Flat.*needs a Normal prior"),
        ({"tau": priors.Flat()}, AnalysisError, "tau ~ Flat.*proper prior on the positive line"),
        ({"omega": priors.Uniform(-1, 1)}, AnalysisError, "omega ~ Uniform"),
        ({"terms": {}}, AnalysisError, "terms: bias ~ None"),
        ({"target": 6}, UsageError, "target = 6"),
    ],
)
def test_what_cannot_be_used(rows, change, error, words):
    with pytest.raises(error, match=words):
        fitted(rows, **change)


def test_moments_that_do_not_exist():
    one = EffectSizes.from_arrays([0.2], [0.1])
    found = fit_family(one, ["a"], "a", mu=MU, tau=priors.HalfCauchy(0.5), omega=OMEGA)
    assert np.isfinite(found.mean("tau")) and np.isnan(found.sd("tau")) and np.isnan(found.sd("theta_new"))
    assert np.isfinite(found.sd("omega")) and np.isfinite(found.sd("mu[a]"))


def test_from_the_evidence_base(evidence):
    found = family(evidence, "fnp", "subsequent-pregnancy-event-self")
    from workbench.synthesis import headline

    answer = headline(evidence, "fnp", "subsequent-pregnancy-event-self")
    assert found.effects.labels == answer.effects.labels and found.terms.keys() == answer.fit.terms.keys()
    assert {"mu[fnp]", "mu[nfp]"} < set(found.posterior.quantities)
    aimed = family(evidence, "fnp", "subsequent-pregnancy-event-self", centre="trial")
    assert aimed.effects.labels[aimed.target] == answer.effects.labels[answer.fit.target]
    # the spread between programmes is one more doubt about everything that is not the trial itself
    assert found.sd("mu") > answer.fit.sd("mu") and aimed.sd("centre") < found.sd("centre")
    every = family(evidence, "triple-p", "child-behaviour-score-parent", designs="all")
    assert "bias_quasi_experiment" in every.terms and every.effects.k > family(evidence, "triple-p", "child-behaviour-score-parent").effects.k
    with pytest.raises(AnalysisError, match="no multi-site UK trial"):
        family(evidence, "triple-p", "child-behaviour-score-parent", centre="trial")
    with pytest.raises(UsageError, match="designs = 'some'"):
        family(evidence, "fnp", "subsequent-pregnancy-event-self", designs="some")


def test_kept_results_need_no_pickle(tmp_path):
    held = sampling.Sample({"tau": np.array([0.1, 0.2])}, {"rhat": 1.0}, 3)
    sampling._write(tmp_path / "x.npz", held)
    read = sampling._read(tmp_path / "x.npz", 3)
    assert np.array_equal(read.values["tau"], [0.1, 0.2]) and read.health == {"rhat": 1.0}
