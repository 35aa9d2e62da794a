"""Synthesis: answers, tables, Bayes factors, printing, and `fit`'s way of finding its priors."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors as P
from workbench.synthesis.factors import bayes_factor
from workbench.synthesis.fitting import fit
from workbench.synthesis.result import Posterior

Y, SE = [0.5, -0.1, 0.9, 0.3], [0.2, 0.3, 0.4, 0.15]
NORMAL, TAU = P.Normal(0, 0.63), P.HalfNormal(0.5)


def rows(y=Y, se=SE, **more):
    return EffectSizes.from_arrays(y, se, **more)


@pytest.fixture(scope="module")
def result():
    return fit(rows(labels=("a", "b", "c", "d"), measure="OR"), NORMAL, TAU)


def test_summary_has_the_contracts_shape(result):
    table = result.summary()
    assert list(table.index) == ["mu", "tau", "theta_new"]
    assert list(table.columns) == ["mean", "sd", "median", "lower", "upper"]
    assert table.loc["mu", "lower"] == pytest.approx(result.quantile("mu", 0.025))
    assert table.loc["theta_new", "sd"] > table.loc["mu", "sd"]


def test_the_engine_keeps_the_protocol(result):
    assert isinstance(result.posterior, Posterior)
    assert result.engine == "exact"
    assert set(result.health) >= {"quadrature_error"}


def test_probabilities_add_up(result):
    for name in ("mu", "tau", "theta_new", "centre"):
        parts = result.probability(name, below=0.1), result.probability(name, between=(0.1, 0.4)), result.probability(name, above=0.4)
        assert sum(parts) == pytest.approx(1, abs=1e-12)
    far = result.probability("mu", above=6.0)
    assert 0 < far < 1e-8
    assert result.probability("mu", between=(6.0, 50.0)) == pytest.approx(far, rel=1e-6)
    assert result.probability("tau", below=-1.0) == 0 and result.probability("tau", above=-1.0) == 1


def test_without_a_target_the_centre_is_mu(result):
    assert result.interval("centre") == result.interval("mu")


def test_scalars_give_floats_and_arrays_keep_their_shape(result):
    assert isinstance(result.quantile("mu", 0.5), float) and isinstance(result.density("tau", 0.1), float)
    assert result.cdf("theta_new", [[0.1, 0.2], [0.3, 0.4]]).shape == (2, 2)
    assert result.interval("mu", level=0.5) == tuple(result.quantile("mu", [0.25, 0.75]))


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda r: r.mean("theta"), "theta_new"),
        (lambda r: r.probability("mu"), "exactly one"),
        (lambda r: r.probability("mu", above=0, below=1), "exactly one"),
        (lambda r: r.probability("mu", between=(1, 0)), "low <= high"),
        (lambda r: r.probability("mu", above=float("nan")), "missing"),
        (lambda r: r.quantile("mu", 1.2), "between 0 and 1"),
        (lambda r: r.interval("mu", level=95), "between 0 and 1"),
        (lambda r: r.cdf("mu", "high"), "number"),
    ],
)
def test_questions_that_make_no_sense_are_refused(result, ask, words):
    with pytest.raises(AnalysisError, match=words):
        ask(result)


def test_shrinkage_pulls_each_row_towards_mu(result):
    table = result.shrinkage()
    assert list(table.columns) == ["y", "se", "mean", "sd", "lower", "upper", "weight"]
    assert list(table.index) == ["a", "b", "c", "d"]
    assert np.all(abs(table["mean"] - result.mean("mu")) < abs(table["y"] - result.mean("mu")))
    assert np.all(table["sd"] < table["se"])
    assert table["weight"].sum() == pytest.approx(1)


def test_a_target_moves_the_new_area_to_its_own_effect():
    plain, targeted = fit(rows(), NORMAL, TAU), fit(rows(), NORMAL, TAU, target=2)
    own = plain.shrinkage().iloc[2]
    assert targeted.mean("theta_new") == pytest.approx(own["mean"], abs=1e-12)
    assert targeted.sd("centre") == pytest.approx(own["sd"], abs=1e-12)
    assert targeted.interval("mu") == plain.interval("mu")


# Bayes factors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", [NORMAL, P.StudentT(4.0, 0.0, 0.5), P.Uniform(-1, 1)])
def test_savage_dickey_is_the_ratio_of_marginal_likelihoods(prior):
    free, point = fit(rows(), prior, TAU), fit(rows(), P.Normal(0.2, 1e-7), TAU)
    assert free.bayes_factor("mu", 0.2) == pytest.approx(np.exp(point.log_marginal - free.log_marginal), rel=1e-6)
    assert bayes_factor(point, free) == pytest.approx(free.bayes_factor("mu", 0.2), rel=1e-6)


def test_bayes_factor_of_no_heterogeneity():
    free, none = fit(rows(), NORMAL, TAU), fit(rows(), NORMAL, P.HalfNormal(1e-7))
    assert free.bayes_factor("tau", 0.0) == pytest.approx(np.exp(none.log_marginal - free.log_marginal), rel=1e-6)


def test_bayes_factors_need_proper_priors_and_the_same_rows(result):
    with pytest.raises(AnalysisError, match="mu ~ Flat"):
        fit(rows(), P.Flat(), TAU).bayes_factor()
    with pytest.raises(AnalysisError, match="tau ~ Flat"):
        bayes_factor(result, fit(rows(), NORMAL, P.Flat()))
    with pytest.raises(AnalysisError, match="same rows"):
        bayes_factor(result, fit(rows(y=[0.5, -0.1, 0.9, 0.31]), NORMAL, TAU))
    with pytest.raises(AnalysisError, match="no finite density"):
        fit(rows(), NORMAL, P.LogNormal(-1, 1)).bayes_factor("tau", 0.0)


# Printing ----------------------------------------------------------------------------------------------


def test_one_line_states_model_priors_interval_and_health(result):
    line = repr(result)
    assert "\n" not in line
    for part in ("k = 4", "OR", "Normal(mean=0, sd=0.63)", "HalfNormal(scale=0.5)", "central 95 %", "theta_new", "quadrature error"):
        assert part in line


def test_html_is_escaped_and_complete():
    nasty = rows(labels=("<script>alert(1)</script>", "b", "c", "d"), outcome="<b>outcome</b>")
    page = fit(nasty, NORMAL, TAU, target=0)._repr_html_()
    assert "<script>" not in page and "<b>" not in page and "&lt;script&gt;" in page
    for part in ("<caption>", 'scope="col"', 'scope="row"', "central 95 %", "HalfNormal", "quadrature error"):
        assert part in page


def test_moments_that_do_not_exist_print_as_such():
    result = fit(rows(y=[0.3], se=[0.2]), P.Flat(), P.HalfCauchy(0.5))
    assert np.isnan(result.summary().loc["mu", "mean"])
    assert "not finite" in result._repr_html_()


# fit: priors, terms, targets ----------------------------------------------------------------------------


class Table(dict):
    def where(self, **wanted):
        return tuple(row for row in self.values() if all(row[name] == value for name, value in wanted.items()))


def evidence():
    names = ("prior_id", "set", "purpose", "measure", "distribution", "location", "scale", "df")
    lines = [
        ("or.mu", "default", "mu", "OR", "Normal", 0.0, 0.63, None),
        ("or.tau", "default", "tau", "OR", "HalfNormal", None, 0.5, None),
        ("or.bias", "default", "bias_trial", "OR", "Normal", 0.18, 0.27, None),
        ("or.tau.wide", "wide", "tau", "OR", "HalfNormal", None, 1.0, None),
    ]
    return {"priors": Table((line[0], dict(zip(names, line))) for line in lines)}


def test_default_priors_come_from_the_table_by_measure():
    effects = rows(measure="OR", evidence=evidence())
    result = fit(effects)
    assert (result.mu_prior, result.tau_prior) == (P.Normal(0.0, 0.63), P.HalfNormal(0.5))
    assert fit(effects, tau="or.tau.wide").tau_prior == P.HalfNormal(1.0)
    with pytest.raises(AnalysisError, match="'SMD'"):
        fit(rows(measure="SMD", evidence=evidence()))


def test_terms_default_to_the_purpose_of_their_name():
    design = np.array([[1.0], [0.0], [1.0], [0.0]])
    effects = rows(measure="OR", evidence=evidence(), design=design, design_names=("bias_trial",))
    assert fit(effects).terms == {"bias_trial": P.Normal(0.18, 0.27)}
    assert list(fit(effects).terms_summary().columns) == ["mean", "sd", "lower", "upper", "prior_mean", "prior_sd"]


def test_priors_that_cannot_be_found_are_asked_for():
    with pytest.raises(AnalysisError, match="GEN.*give it"):
        fit(rows())
    with pytest.raises(AnalysisError, match="without an evidence base"):
        fit(rows(measure="OR"), mu=NORMAL)
    with pytest.raises(UsageError, match="none; give a prior object"):
        fit(rows(), mu="or.mu", tau=TAU)
    with pytest.raises(AnalysisError, match="is not a prior"):
        fit(rows(), mu=0.5, tau=TAU)


def test_terms_must_match_the_design():
    design = dict(design=np.ones((4, 1)), design_names=("bias",))
    with pytest.raises(AnalysisError, match="'bias' has no prior"):
        fit(rows(**design), NORMAL, TAU)
    with pytest.raises(AnalysisError, match="did you mean 'bias'"):
        fit(rows(**design), NORMAL, TAU, terms={"bais": NORMAL})
    with pytest.raises(AnalysisError, match="have none"):
        fit(rows(), NORMAL, TAU, terms={"bias": NORMAL})
    with pytest.raises(AnalysisError, match="must be Normal"):
        fit(rows(**design), NORMAL, TAU, terms={"bias": P.Uniform(0, 1)})


@pytest.mark.parametrize("target", [4, -1, 1.0, True, "a"])
def test_targets_that_do_not_exist_are_refused(target):
    with pytest.raises(UsageError, match="target"):
        fit(rows(), NORMAL, TAU, target=target)


def test_an_unknown_engine_is_refused():
    with pytest.raises(UsageError, match="did you mean 'exact'"):
        fit(rows(), NORMAL, TAU, engine="exakt")


@pytest.mark.parametrize("name, value, words", [("y", np.nan, "y = nan"), ("se", 0.0, "above 0"), ("se", -0.1, "above 0"), ("design", np.inf, "design")])
def test_rows_that_are_not_numbers_are_refused_by_name(name, value, words):
    arrays = {"y": np.array(Y), "se": np.array(SE), "design": np.zeros((4, 1))}
    arrays[name][2] = value
    broken = SimpleNamespace(**arrays, labels=("a", "b", "third", "d"), informs_tau=np.ones(4, bool), design_names=("x",), measure="GEN", evidence=None)
    with pytest.raises(AnalysisError, match=f"third.*{words}"):
        fit(broken, NORMAL, TAU, terms={"x": NORMAL})


def test_fitting_loads_neither_pandas_nor_pymc_nor_scipy_stats():
    code = (
        "import sys; from workbench.effects.sizes import EffectSizes; from workbench.synthesis import fit, Normal, HalfNormal; "
        "r = fit(EffectSizes.from_arrays([0.1, 0.2], [0.1, 0.2]), Normal(0, 1), HalfNormal(0.5)); repr(r); "
        "print([name for name in ('pandas', 'pymc', 'scipy.stats', 'plotly') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
