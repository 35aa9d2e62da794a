"""The headline: an independent computation of the model, the rules that decide it, and what stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import workbench as wb
from workbench.errors import UsageError
from workbench.synthesis.answers.answer import thresholds
from workbench.synthesis.answers.words import choose_word


def by_hand(y, se, informs, design, mu_sd, tau_scale, terms, target=None):
    """Mean and SD of theta_new by plain linear algebra on a fine grid of tau: no code shared with the engine."""
    y, se, design = np.asarray(y), np.asarray(se), np.asarray(design, float)
    k, m = design.shape
    grid = (np.arange(8000) + 0.5) * 5e-4  # midpoints from 0 to 4
    weights, means, squares = [], [], []
    prior_mean = np.r_[0.0, [mean for mean, _ in terms]]
    prior_cov = np.diag(np.r_[mu_sd**2, [sd**2 for _, sd in terms]])
    x = np.c_[np.ones(k), design]
    for tau in grid:
        between = np.diag(np.where(informs, tau**2, 0.0))
        cov_y = np.diag(se**2) + between + x @ prior_cov @ x.T
        residual = y - x @ prior_mean
        density = stats.multivariate_normal(np.zeros(k), cov_y).pdf(residual) * stats.halfnorm(scale=tau_scale).pdf(tau)
        if target is None:
            cov = prior_cov[0] @ x.T
            variance = prior_cov[0, 0]
        else:  # theta_j = mu + deviation of study j
            cov = prior_cov[0, 0] * np.ones(k) + prior_cov[0, 1:] @ design.T + between[target]
            variance = prior_cov[0, 0] + between[target, target]
        gain = np.linalg.solve(cov_y, cov)
        mean = gain @ residual
        weights.append(density)
        means.append(mean)
        squares.append(variance - gain @ cov + tau**2 + mean**2)
    weights = np.array(weights) / np.sum(weights)
    centre = weights @ means
    return centre, np.sqrt(weights @ squares - centre**2)


def check_by_hand(evidence, headline, target=None):
    fit, effects = headline.fit, headline.fit.effects
    terms = [(prior.mean, prior.sd) for prior in fit.terms.values()]
    mean, sd = by_hand(effects.y, effects.se, effects.informs_tau, effects.design, fit.mu_prior.sd, fit.tau_prior.scale, terms, target)
    # the midpoint rule errs by about 1e-7 here
    assert fit.mean("theta_new") == pytest.approx(mean, abs=1e-6)
    assert fit.sd("theta_new") == pytest.approx(sd, abs=1e-6)


def test_a_review_with_two_later_primaries_under_class_bias_and_shift(evidence):
    headline = wb.headline(evidence, "fdac", "reunification")
    assert [item.row["study_id"] for item in headline.used] == ["lloydsieger2025", "mersky2023", "zhang2019"]
    assert headline.fit.effects.informs_tau.tolist() == [True, True, False]
    assert headline.fit.effects.design_names == ("bias_quasi_experiment", "shift_non_uk")
    # a review across countries counts as evidence from elsewhere
    assert headline.fit.effects.design.tolist() == [[1, 1], [1, 1], [1, 1]]
    check_by_hand(evidence, headline)


def test_a_multi_site_uk_trial_of_the_programme_itself_is_what_a_new_area_is_centred_on(evidence):
    headline = wb.headline(evidence, "fnp", "smoking-in-pregnancy")
    assert headline.target == "robling2016"
    names = [item.row["study_id"] for item in headline.used]
    assert set(names) == {"robling2016", "mejdoubi2014"}
    check_by_hand(evidence, headline, target=names.index("robling2016"))


def test_known_nulls_enter_at_zero_and_the_answer_without_them_stands_beside(evidence):
    headline = wb.headline(evidence, "triple-p", "child-behaviour")
    nulls = [item for item in headline.used if item.kind == "null_at_zero"]
    assert len(nulls) >= 4 and all(item.y == 0 for item in nulls)
    assert all(item.route.name == "known_null" for item in nulls)
    assert headline.numbers_only.effects.k == headline.k - len(nulls)
    assert headline.numbers_only.mean("mu") > headline.fit.mean("mu")
    check_by_hand(evidence, headline)


def test_nothing_is_pooled_across_constructs(evidence):
    for programme in ("fnp", "fdac", "pup", "triple-p"):
        for construct in {row["construct"] for row in evidence["effects"].where(programme_id=programme)}:
            used = wb.headline(evidence, programme, construct).used
            assert {item.row["construct"] for item in used} <= {construct}


def test_no_families_count_twice(evidence):
    for programme in ("fnp", "fdac", "pup", "triple-p"):
        for construct in {row["construct"] for row in evidence["effects"].where(programme_id=programme)}:
            groups = [item.row["overlap_group"] for item in wb.headline(evidence, programme, construct).used]
            assert len(groups) == len(set(groups))


def test_every_row_of_the_question_is_used_beneath_or_left_out_with_a_reason(evidence):
    for programme, construct in (("fnp", "child-in-need"), ("fdac", "reunification"), ("triple-p", "child-behaviour"), ("pup", "maltreatment-risk")):
        headline = wb.headline(evidence, programme, construct)
        from workbench.effects import select

        rows = select.rows_on(evidence, select.family_of(evidence, programme), headline.construct["construct"])
        named = [item.row["effect_id"] for item in (*headline.used, *headline.beneath)] + [item.row["effect_id"] for item in headline.left_out]
        assert sorted(named) == sorted(row["effect_id"] for row in rows)
        assert all(item.words for item in headline.left_out)


def test_unverified_rows_are_out_and_what_that_removed_is_told(evidence):
    headline = wb.headline(evidence, "fdac", "reunification")
    assert all(item.row["checked"] != "unverified" for item in headline.used)
    assert {row["checked"] for row in headline.removed.rows} == {"unverified"}
    wider = wb.headline(evidence, "fdac", "reunification", include_unverified=True)
    assert not wider.removed.rows
    assert not any(item.reason == "unverified" for item in wider.left_out)


def test_a_construct_that_nobody_measured_is_not_measured(evidence):
    headline = wb.headline(evidence, "pup", "school-readiness")
    assert headline.status == "not_measured" and headline.fit is None and headline.k == 0


def test_wrong_names_are_refused_with_the_nearest(evidence):
    with pytest.raises(UsageError, match="reunification"):
        wb.headline(evidence, "fdac", "reunificaton")
    with pytest.raises(UsageError, match="fdac"):
        wb.headline(evidence, "fdax", "reunification")


def test_the_alternatives_answer_other_questions(evidence):
    headline = wb.headline(evidence, "fdac", "reunification")
    assert headline.unadjusted.mean("mu") > headline.fit.mean("mu") > headline.doubled.mean("mu")
    assert "shift_non_uk" in headline.unadjusted.terms and "bias_quasi_experiment" not in headline.unadjusted.terms
    assert headline.scenarios["judgement_zero"].fit.terms == {}
    assert headline.wide.mu_prior.sd > headline.fit.mu_prior.sd
    table = headline.compare()
    assert table.loc["headline", ["benefit", "within", "harm"]].sum() == pytest.approx(1)
    assert len(table) == 1 + len(headline.scenarios)


def test_the_twin_needs_two_studies_that_inform_the_spread(evidence):
    assert wb.headline(evidence, "fdac", "reunification").twin is None
    assert wb.headline(evidence, "triple-p", "child-behaviour").twin.k == 10


def test_weights_by_check_level_sum_to_one(evidence):
    shares = wb.headline(evidence, "triple-p", "child-behaviour").check_shares
    assert sum(shares.values()) == pytest.approx(1) and set(shares) <= {"abstract", "secondary", "full_text"}


def test_natural_frequencies_are_by_draw(evidence):
    headline = wb.headline(evidence, "fdac", "reunification")
    p0 = headline.natural.baseline.draws(4096, 1, {row["name"]: row["dimension"] for row in evidence["dimensions"].rows})
    p1 = 1 / (1 + np.exp(-(np.log(p0 / (1 - p0)) + headline.draws.raw)))
    assert headline.natural.p1.median == pytest.approx(np.median(p1), rel=1e-12)
    assert headline.natural.difference.median == pytest.approx(np.median(p1 - p0), rel=1e-12)


def test_the_same_question_gives_the_same_bytes(evidence):
    first, second = (wb.headline(evidence, "fnp", "care-entry") for _ in range(2))
    assert first.draws.values.tobytes() == second.draws.values.tobytes()
    assert first.word == second.word and repr(first) == repr(second)


def test_two_constructs_of_one_outcome_never_share_their_draws(evidence):
    first = wb.headline(evidence, "pup", "maltreatment-risk-improvement-event-self").draws
    second = wb.headline(evidence, "pup", "maltreatment-risk-deterioration-event-self").draws
    ranks = [np.argsort(np.argsort(item.values)) for item in (first, second)]
    assert abs(np.corrcoef(*ranks)[0, 1]) < 0.1


OUTCOME = {"minimal_difference": 0.02, "minimal_difference_unit": "share", "direction": "higher_is_better"}


class Sure:
    """A baseline risk that is known."""

    def __init__(self, risk):
        self.risk = risk

    def quantiles(self):
        return np.array([self.risk])


def test_a_share_becomes_a_threshold_at_the_baseline_risk():
    low, high, unit = thresholds(OUTCOME, "OR", Sure(0.25), 0.1)
    assert unit == "share"
    assert high[0] == pytest.approx(np.log(0.27 / 0.73) - np.log(0.25 / 0.75))
    assert low[0] == pytest.approx(np.log(0.23 / 0.77) - np.log(0.25 / 0.75))


def test_where_less_is_better_the_thresholds_change_sides():
    low, high, _ = thresholds({**OUTCOME, "direction": "lower_is_better"}, "OR", Sure(0.25), 0.1)
    assert high[0] == pytest.approx(np.log(0.25 / 0.75) - np.log(0.23 / 0.77))
    assert low[0] == pytest.approx(np.log(0.25 / 0.75) - np.log(0.27 / 0.73))


def test_a_risk_below_the_minimal_difference_leaves_no_room_for_benefit():
    _, high, _ = thresholds({**OUTCOME, "direction": "lower_is_better"}, "OR", Sure(0.01), 0.1)
    assert np.isinf(high[0])


def test_without_a_baseline_the_standardised_default_is_carried_to_log_odds():
    low, high, unit = thresholds(OUTCOME, "OR", None, 0.1)
    assert unit == "SMD" and high[0] == pytest.approx(0.1 * np.pi / 3**0.5) and low[0] == -high[0]
    assert thresholds({**OUTCOME, "minimal_difference": 0.2, "minimal_difference_unit": "SMD"}, "SMD", None, 0.1)[1][0] == 0.2


def chances(benefit, within, harm):
    from workbench.synthesis.answers.answer import Probabilities

    return Probabilities(benefit, within, harm, benefit)


@pytest.mark.parametrize(
    ("probabilities", "reasons", "claim", "words", "capped"),
    [
        (chances(0.97, 0.02, 0.01), (), "benefit", "very likely", False),
        (chances(0.95, 0.03, 0.02), (), "benefit", "very likely", False),
        (chances(0.949, 0.03, 0.021), (), "benefit", "likely", False),
        (chances(0.97, 0.02, 0.01), ("only_self_report",), "benefit", "more likely than not", True),
        (chances(0.55, 0.25, 0.2), ("only_self_report",), "benefit", "about as likely as not", False),
        (chances(0.01, 0.04, 0.95), (), "harm", "very likely", False),
        (chances(0.1, 0.7, 0.2), (), "little_difference", "more likely than not", False),
        (chances(0.49, 0.21, 0.3), (), "unclear", "about as likely as not", False),
        (chances(0.5, 0.0, 0.5), (), "harm", "about as likely as not", False),
        (chances(1.0, 0.0, 0.0), (), "benefit", "very likely", False),
    ],
)
def test_words_follow_the_vocabulary_and_the_cap(evidence, probabilities, reasons, claim, words, capped):
    word = choose_word(evidence, probabilities, reasons)
    assert (word.claim, word.words, word.capped) == (claim, words, capped)


def test_nulls_by_their_exact_probability_stand_beside(evidence):
    headline = wb.headline(evidence, "triple-p", "parenting-stress-score-self")
    found = headline.nulls_exact
    hidden = [item.kind == "null_at_zero" for item in headline.used]
    assert any(hidden) and not all(hidden)
    assert found.probabilities.benefit + found.probabilities.within + found.probabilities.harm == pytest.approx(1)
    # a null that may lie anywhere within its own noise pulls less than one placed at zero
    assert headline.fit.mean("mu") < found.fit.mean("mu") < headline.numbers_only.mean("mu")


def test_no_null_without_a_figure_has_no_such_answer(evidence):
    assert wb.headline(evidence, "fdac", "reunification").nulls_exact is None
