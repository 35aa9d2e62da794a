"""Leave-one-out, influence, accumulation, priors and the multiverse: each against the fit it claims to be."""

from __future__ import annotations

import numpy as np
import pytest

import workbench as wb
from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.answers.specifications import multiverse
from workbench.synthesis.sensitivity import cumulative, influence, leave_one_out, prior_grid, prior_posterior_overlap, prior_weight

Y, SE = [0.1, 0.4, 0.9, -0.2, 0.3], [0.2, 0.3, 0.25, 0.4, 0.1]
PRIORS = {"mu": priors.Normal(0, 1), "tau": priors.HalfNormal(0.5)}


@pytest.fixture
def result():
    return wb.fit(wb.EffectSizes.from_arrays(Y, SE, labels=list("abcde")), **PRIORS)


def test_each_line_of_leave_one_out_is_the_fit_without_that_row(result):
    table = leave_one_out(result)
    for index, label in enumerate("abcde"):
        other = wb.fit(wb.EffectSizes.from_arrays(np.delete(Y, index), np.delete(SE, index)), **PRIORS)
        assert table.loc[label, "mu_median"] == pytest.approx(other.median("mu"), abs=1e-12)
        assert table.loc[label, "theta_new_upper"] == pytest.approx(other.interval("theta_new")[1], abs=1e-12)
        assert table.loc[label, "shift"] == pytest.approx((other.mean("mu") - result.mean("mu")) / result.sd("mu"), abs=1e-12)


def test_log_scores_add_up_to_a_sequence_of_predictions(result):
    # p(y_i | others) = p(all) / p(others): an identity of the marginal likelihood
    table = influence(result)
    for index, label in enumerate("abcde"):
        other = wb.fit(wb.EffectSizes.from_arrays(np.delete(Y, index), np.delete(SE, index)), **PRIORS)
        # 200 quantile midpoints of theta_new leave an error of about 1e-3
        assert table.loc[label, "log_score"] == pytest.approx(result.log_marginal - other.log_marginal, abs=5e-3)


def test_a_row_far_from_the_others_is_in_conflict():
    odd = wb.fit(wb.EffectSizes.from_arrays([0.0, 0.1, -0.1, 0.05, 3.0], [0.1] * 5), mu=priors.Normal(0, 1), tau=priors.HalfNormal(0.1))
    table = influence(odd)
    assert table["p_conflict"].iloc[-1] < 1e-4 < 0.1 < table["p_conflict"].iloc[:-1].min()


def test_accumulation_ends_with_the_whole(result):
    table = cumulative(result, order=[2003, 2001, 2005, 2004, 2002])
    assert list(table.index)[:2] == ["b (2001)", "+ e (2002)"]
    assert table["k"].tolist() == [1, 2, 3, 4, 5]
    assert table["mu_median"].iloc[-1] == pytest.approx(result.median("mu"), abs=1e-10)


def test_accumulation_needs_an_order(result):
    with pytest.raises(AnalysisError, match="give order"):
        cumulative(result)
    with pytest.raises(AnalysisError, match="2 values for 5 rows"):
        cumulative(result, order=[1, 2])


def test_accumulation_follows_the_years_of_the_studies(evidence):
    table = cumulative(wb.headline(evidence, "triple-p", "child-behaviour").fit)
    years = [int(label.rsplit("(", 1)[1][:4]) for label in table.index]
    assert years == sorted(years) and len(years) == 10


def test_the_grid_holds_every_pair(result):
    table = prior_grid(result, {"narrow": priors.Normal(0, 0.1), "given": PRIORS["mu"]}, {"given": PRIORS["tau"], "wide": priors.HalfCauchy(1)})
    assert table.loc[("given", "given"), "mu_median"] == pytest.approx(result.median("mu"))
    assert table.loc[("narrow", "given"), "mu_median"] < table.loc[("given", "given"), "mu_median"]
    assert len(table) == 4


def test_overlap_is_one_without_data_and_falls_with_it(result):
    nothing = wb.fit(wb.EffectSizes.from_arrays([], []), **PRIORS)
    assert prior_posterior_overlap(nothing) == pytest.approx(1, abs=1e-3)
    assert prior_posterior_overlap(nothing, "tau") == pytest.approx(1, abs=1e-3)
    assert 0 < prior_posterior_overlap(result) < 0.6
    with pytest.raises(AnalysisError, match="mu or tau"):
        prior_posterior_overlap(result, "theta_new")


def test_one_row_cannot_be_left_out():
    single = wb.fit(wb.EffectSizes.from_arrays([0.1], [0.2]), **PRIORS)
    for function in (leave_one_out, influence):
        with pytest.raises(AnalysisError, match="two rows or more"):
            function(single)


CASES = [("triple-p", "child-behaviour"), ("fdac", "reunification"), ("fnp", "smoking-in-pregnancy"), ("pup", "maltreatment-risk")]


@pytest.mark.parametrize(("programme", "construct"), CASES)
def test_the_headline_is_one_of_its_own_specifications(evidence, programme, construct):
    headline = wb.headline(evidence, programme, construct)
    spec = {"rows": "as in the headline", "design_bias": 1.0, "non_uk_shift": 1.0, "priors": "default", "centre": "own trial" if headline.target else "mean"}
    (row,) = [row for row in multiverse(headline).table if all(row[name] == value for name, value in spec.items())]
    assert row["claim"] == headline.word.claim
    # fixed nodes against the adaptive engine
    assert row["mean"] == pytest.approx(headline.fit.mean("theta_new"), abs=1e-9)
    assert row["sd"] == pytest.approx(headline.fit.sd("theta_new"), abs=1e-9)
    assert row["benefit"] == pytest.approx(headline.probabilities.benefit, abs=1e-9)
    assert row["harm"] == pytest.approx(headline.probabilities.harm, abs=1e-9)


def test_specifications_equal_the_scenarios_that_are_fitted_in_full(evidence):
    headline = wb.headline(evidence, "triple-p", "child-behaviour")
    table = multiverse(headline).frame().set_index(["rows", "design_bias", "non_uk_shift", "priors"])
    pairs = {
        "unadjusted": ("as in the headline", 0.0, 1.0, "default"),
        "judgement_zero": ("as in the headline", 0.0, 0.0, "default"),
        "judgement_doubled": ("as in the headline", 2.0, 2.0, "default"),
        "wide_priors": ("as in the headline", 1.0, 1.0, "wide"),
        "numbers_only": ("figures only", 1.0, 1.0, "default"),
        "with_unverified": ("with unverified rows", 1.0, 1.0, "default"),
    }
    for name, spec in pairs.items():
        scenario = headline.scenarios[name]
        assert table.loc[spec, "mean"] == pytest.approx(scenario.fit.mean("theta_new"), abs=1e-8), name
        assert table.loc[spec, "benefit"] == pytest.approx(scenario.probabilities.benefit, abs=1e-8), name


def test_every_combination_is_there_once_and_shares_add_up(evidence):
    found = multiverse(wb.headline(evidence, "triple-p", "child-behaviour"))
    sizes = [len(values) for values in found.choices.values()]
    assert len(found.table) == np.prod(sizes) > 400
    keys = {tuple(row[name] for name in found.choices) for row in found.table}
    assert len(keys) == len(found.table)
    assert sum(found.share_of(claim) for claim in ("benefit", "harm", "little_difference", "unclear")) == pytest.approx(1)
    assert found.by("rows")["as in the headline"] <= 1
    assert "specifications" in repr(found) and "<ul>" in found._repr_html_()


def test_nothing_pooled_leaves_nothing_to_vary(evidence):
    with pytest.raises(AnalysisError, match="no choice to vary"):
        multiverse(wb.headline(evidence, "pup", "school-readiness"))


def test_overlap_of_two_normals_is_the_printed_formula():
    """One row, tau held near 0: prior Normal(0, 1), posterior Normal(y / 2, 1 / 2); their densities cross at two points."""
    from scipy import stats

    found = wb.fit(wb.EffectSizes.from_arrays([1.2], [1.0]), mu=priors.Normal(0, 1), tau=priors.HalfNormal(1e-6))
    before, after = stats.norm(0, 1), stats.norm(0.6, np.sqrt(0.5))
    # where log after > log before: (x - 0.6)^2 - x^2 / 2 < log(2) / 2
    first, last = np.sort(np.roots([0.5, -1.2, 0.36 - 0.5 * np.log(2)]))
    exact = before.cdf(last) - before.cdf(first) + after.cdf(first) + after.sf(last)
    assert prior_posterior_overlap(found) == pytest.approx(exact, abs=2e-4)
    assert prior_weight(found).share == pytest.approx(0.5, abs=1e-6)


def test_overlap_under_a_heavy_prior_does_not_hang_on_the_points():
    found = wb.fit(wb.EffectSizes.from_arrays([0.2, 0.5, -0.1], [0.15, 0.2, 0.12]), mu=priors.Normal(0, 1), tau=priors.HalfCauchy(0.3))
    assert prior_posterior_overlap(found, "tau") == pytest.approx(prior_posterior_overlap(found, "tau", 5000), abs=5e-4)


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_what_a_fit_owes_to_its_priors_falls_with_each_row(k):
    y, se = [0.3, 0.1, 0.4], [0.2, 0.2, 0.2]
    found = wb.fit(wb.EffectSizes.from_arrays(y[:k], se[:k]), **PRIORS)
    mu, tau, share = prior_weight(found)
    assert 0 < mu <= 1 and 0 < tau <= 1 and 0 < share <= 1
    assert (mu, tau, share) == pytest.approx((1, 1, 1), abs=1e-3) if k == 0 else share < 0.9
    if k:
        fewer = prior_weight(wb.fit(wb.EffectSizes.from_arrays(y[: k - 1], se[: k - 1]), **PRIORS))
        assert share < fewer.share
    assert f"{share:.0%} of the precision of mu" in found._repr_html_() and f"tau {tau:.0%}" in found._repr_html_()


def test_a_flat_prior_owes_nothing_and_a_prior_without_variance_no_share():
    effects = wb.EffectSizes.from_arrays([0.3, 0.1, 0.4], [0.2, 0.2, 0.2])
    assert prior_weight(wb.fit(effects, mu=priors.Flat(), tau=priors.Flat())) == (None, None, 0.0)
    assert prior_weight(wb.fit(effects, mu=priors.StudentT(2, 0, 1), tau=priors.HalfNormal(0.3))).share is None
    assert 0 < prior_weight(wb.fit(effects, mu=priors.Uniform(-1, 1), tau=priors.HalfNormal(0.3))).share < 0.5
