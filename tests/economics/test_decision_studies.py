from dataclasses import replace

import numpy as np
import pytest
from decision_builders import OWN, question, sets
from scipy.special import expit, logit, ndtr, ndtri

from workbench.draws import uniforms
from workbench.economics import NetBenefitOfSampling, Population, Remeasurement, StudyCost, Trial, evsi, evsi_of_report, kernel_inputs, trial_estimates
from workbench.economics.decision import Unknown, draw_set, propose, settle_first, value_of_information, value_of_study
from workbench.economics.information import Estimate, over_sets
from workbench.errors import AnalysisError, UsageError


def unit_loss(mean, sd):
    """Value of perfect information about a normal net benefit with this mean and SD."""
    z = abs(mean) / sd
    return sd * (np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - z * ndtr(-z))


# NB = k mu, mu ~ Normal(m, s^2), report y ~ Normal(mu, tau^2 + v): the mean of mu given y has SD s^2 / sqrt(s^2 + tau^2 + v)
M, S, K = -0.1, 0.4, 5000.0
CASES = [(0.0, 0.05), (0.3, 0.05), (0.3, 0.5), (0.0, 5.0), (0.6, 0.02)]


def exact(tau, v):
    return unit_loss(K * M, K * S * S / np.sqrt(S * S + tau * tau + v))


@pytest.mark.parametrize(("tau", "v"), CASES)
def test_normal_reports_have_their_closed_form(tau, v):
    by_regression, by_integral = [], []
    for seed in range(8):
        points = uniforms(["mu", "error"], 4096, seed, {"mu": 0, "error": 1})
        mu = M + S * ndtri(points[:, 0])
        by_regression.append(evsi(K * mu, mu + np.sqrt(tau * tau + v) * ndtri(points[:, 1])).value)
        by_integral.append(evsi_of_report(K * mu, mu, np.full(4096, np.sqrt(tau * tau + v))))
    for found in map(over_sets, (by_regression, by_integral)):
        assert abs(found.value - exact(tau, v)) < 3 * found.se + 2e-3 * exact(tau, v)


def test_regression_lies_within_three_errors_at_ten_thousand_draws():
    for seed, (tau, v) in enumerate(CASES):
        rng = np.random.default_rng(seed)
        mu = rng.normal(M, S, 10_000)
        found = evsi(K * mu, rng.normal(mu, np.sqrt(tau * tau + v)))
        assert abs(found.value - exact(tau, v)) < 3 * found.se


def test_an_ever_sharper_report_is_worth_as_much_as_knowing():
    mu = M + S * ndtri((np.arange(4096) + 0.5) / 4096)
    sds = (2.0, 1.0, 0.5, 0.2, 0.05, 0.01)
    values = [evsi_of_report(K * mu, mu, np.full(4096, sd)) for sd in sds]
    assert values == pytest.approx([exact(0.0, sd * sd) for sd in sds], rel=2e-3)
    assert values == sorted(values) and values[-1] == pytest.approx(unit_loss(K * M, K * S), rel=1e-3)
    assert evsi_of_report(K * (mu + 3), mu, np.full(4096, 0.1)) == pytest.approx(0, abs=1e-6)  # nothing could change the decision


def test_a_decision_to_offer_may_be_turned_over_too():
    mu = M + S * ndtri((np.arange(4096) + 0.5) / 4096)
    assert evsi_of_report(-K * mu, -mu, np.full(4096, 0.3)) == pytest.approx(evsi_of_report(K * mu, mu, np.full(4096, 0.3)), rel=1e-6)


# -- trials ------------------------------------------------------------------------------------------------------------------
def test_reports_have_the_variance_of_counts():
    trial = Trial("home", 400, share=0.25, design_effect=1.5, loss=0.2)
    n = 200_000
    rng = np.random.default_rng(1)
    points, base = rng.random((n, 2)), np.full(n, logit(0.2))
    found = trial_estimates(trial, np.full(n, 0.5), np.zeros(n), base, points[:, 0], points[:, 1])
    with_it, without, p1 = 100 * 0.8 / 1.5, 300 * 0.8 / 1.5, expit(logit(0.2) + 0.5)
    variance = 1 / (with_it * p1) + 1 / (with_it * (1 - p1)) + 1 / (without * 0.2) + 1 / (without * 0.8)
    assert found.mean() == pytest.approx(0.5, abs=0.005) and found.var() == pytest.approx(variance, rel=0.01)


def test_a_trial_is_in_one_place_unless_it_is_in_several():
    rng = np.random.default_rng(2)
    points, n = rng.random((100_000, 2)), 100_000
    arrays = np.zeros(n), np.full(n, 0.6), np.full(n, logit(0.3))
    variances = [trial_estimates(Trial("home", 1e7, sites=sites), *arrays, points[:, 0], points[:, 1]).var() for sites in (1, 9)]
    assert variances == pytest.approx([0.36, 0.04], rel=0.02)


@pytest.fixture(scope="module")
def drawn():
    return sets()


@pytest.fixture(scope="module")
def still():
    """The same question where places do not differ."""
    return sets(spread=0.0)


def test_a_trial_s_value_agrees_with_the_regression_on_simulated_reports(drawn):
    trial = Trial("home", 600, sites=4)
    by_regression = []
    for each in drawn:
        points = uniforms(["place", "error"], 4096, each.kernel.seed, {"place": 20, "error": 21})
        one = each.draws["home"]
        by_regression.append(evsi(each.net_benefit, trial_estimates(trial, one.centre, one.tau, each.kernel.logit_p0["home"], points[:, 0], points[:, 1])).value)
    regression, integral = over_sets(by_regression), value_of_study(drawn, trial)
    assert abs(regression.value - integral.value) < 3 * np.hypot(regression.se, integral.se) + 0.02 * integral.value


def test_value_grows_with_families_and_reaches_that_of_knowing_where_places_are_alike(still):
    values = [value_of_study(still, Trial("home", size)).value for size in (50, 200, 800, 3200, 12_800, 50_000)]
    assert values == sorted(values)
    known = next(each for each in value_of_information(still).each if each.name == "effects/home").value
    assert values[-1] == pytest.approx(known.value, rel=0.02) and values[-1] <= known.value + 1e-9


def test_one_place_never_teaches_all_where_places_differ(drawn):
    one, many = (value_of_study(drawn, Trial("home", 5000, sites=sites)).value for sites in (1, 100))
    known = next(each for each in value_of_information(drawn).each if each.name == "effects/home").value.value
    assert one < 0.9 * many and many <= known


def test_clustering_and_losses_cost_value(still):
    plain = value_of_study(still, Trial("home", 400)).value
    assert value_of_study(still, Trial("home", 400, design_effect=2.0)).value == pytest.approx(value_of_study(still, Trial("home", 200)).value, rel=1e-6)
    assert value_of_study(still, Trial("home", 400, loss=0.5)).value == pytest.approx(value_of_study(still, Trial("home", 200)).value, rel=1e-6)
    assert value_of_study(still, Trial("home", 400, share=0.1)).value < plain


def test_a_figure_measured_again_has_its_closed_form():
    # cost ~ Normal(900, 60^2) is all that is uncertain; a study as large as the one behind it has the same variance
    found = []
    for seed in range(1, 9):
        before, draws = question(seed=seed, spread=0.0, price_sd=0.0)
        flat = {"home": replace(draws["home"], values=np.full(4096, 0.3), centre=np.full(4096, 0.3))}
        before = replace(before, theta={"home": np.full(4096, 0.3)}, logit_p0={"home": np.full(4096, logit(0.2))})
        found.append(draw_set(before, OWN, flat, kernel_inputs(before, OWN)))
    mean = 15_000 * (expit(logit(0.2) + 0.3) - 0.2) - 900
    for families, shrink in ((1000, 0.5), (3000, 0.75)):
        value = value_of_study(found, Remeasurement("costs/c.value", families, behind=1000))
        assert value.value == pytest.approx(unit_loss(mean, 60 * np.sqrt(shrink)), rel=0.02, abs=3 * value.se)


def test_studies_that_cannot_be_are_refused(drawn):
    with pytest.raises(UsageError) as refused:
        Trial("home", 0, share=1.0, design_effect=0.5, loss=1.0, sites=0)
    assert all(name in str(refused.value) for name in ("families", "share", "design_effect", "loss", "sites"))
    with pytest.raises(UsageError, match="behind"):
        Remeasurement("costs/c.value", 100, 0)
    with pytest.raises(UsageError, match="moves no money"):
        value_of_study(drawn, Trial("school", 100))
    with pytest.raises(AnalysisError, match="above 0"):
        evsi_of_report(np.ones(3), np.ones(3), np.zeros(3))


# -- population and cost -----------------------------------------------------------------------------------------------------
def test_families_are_counted_from_the_report_on():
    rates = np.r_[0.0, np.full(29, 0.035)]
    assert Population(100, 0, 1, rates).mean == 100
    assert Population(100, 1.5, 4, np.zeros(30)).mean == 250
    assert Population(100, 2, 4, rates).mean == pytest.approx(100 * (1.035**-2 + 1.035**-3))
    assert Population(100, 5, 4, rates).mean == 0
    assert Population(100, 2, 10, rates, stock=True).mean == pytest.approx(100 / 1.035**2)
    assert Population(100, 6, 4, rates, stock=True).mean == 0


def test_what_is_uncertain_about_the_population_goes_through():
    found = Population(np.array([100.0, 200.0]), np.array([1.0, 2.0]), np.array([3.0, 3.0]), np.zeros(5))
    assert list(found.discounted) == [200, 200]
    with pytest.raises(UsageError, match="rates: must hold a rate for each of 7 years"):
        Population(1, 0, 7, np.zeros(5))
    with pytest.raises(UsageError, match="families: must be 0 or more"):
        Population(-1, 0, 7, np.zeros(9))


def test_net_benefit_of_sampling_is_value_less_cost():
    cost = StudyCost(1000.0, 10.0, forgone=5.0)
    found = NetBenefitOfSampling(Estimate(4.0, 0.5, 8), np.array([500.0, 700.0]), cost.total(100, 50))
    assert found.spent.mean == 1000 + 1000 + 250 and found.value.mean == 2400 and found.enbs.mean == 150
    assert (found.break_even_cost, found.break_even_population, found.se) == (2400, 2250 / 4, 300)
    assert NetBenefitOfSampling(Estimate(0.0, 0.0), np.array([500.0]), np.array(1.0)).break_even_population is None


def test_the_best_study_has_a_finite_size(still):
    sizes = (25, 100, 400, 1600, 6400, 25_600)
    population = Population(2000, 2.0, 10.0, np.zeros(20))
    found = propose(still, [Trial("home", size) for size in sizes], {}, StudyCost(50_000, 100), population)
    net = [each.net.enbs.mean for each in found.each]
    assert found.pays and found.best.study.families not in (sizes[0], sizes[-1]) and found.best.net.enbs.mean == max(net)
    mean = np.mean([each.net_benefit.mean() for each in still])
    first = found.each[0]
    assert first.net.spent.mean == pytest.approx(50_000 + 25 * 100 + 12.5 * abs(mean))
    assert first.net.value.mean == pytest.approx(first.evsi.value * 7 * 2000)  # ten years, less two, less one of follow-up


def test_without_a_number_of_families_only_the_value_per_family_is_known(still):
    found = propose(still, [Trial("home", size) for size in (100, 400)], {}, StudyCost(1, 1), None)
    assert found.pays is None and found.best.study.families == 400 and found.best.net is None
    assert found.frame()["value"].isna().all()


def test_the_shortlist_keeps_all_sizes_of_the_best_kind(drawn):
    trials = [Trial("home", size, sites=sites) for sites in (1, 20) for size in (100, 400, 1600)]
    found = propose(drawn, trials, {}, StudyCost(100_000, 100), Population(1000, 2.0, 10.0, np.zeros(20)))
    kinds = [item.study.sites for item in found.shortlist]
    assert sorted(kinds) in ([1, 20, 20, 20], [1, 1, 1, 20]) and found.best in found.shortlist


# -- what to settle first ----------------------------------------------------------------------------------------------------
def unknown(name, **more):
    return Unknown(**{**dict(construct=name, name=name, safety=False, lead=True, measured=True, at_home=True, width=1.0), **more})


def test_the_rule_that_names_the_unknown():
    school, score = unknown("school", width=0.5), unknown("score", width=0.9)
    abroad = unknown("abroad", at_home=False, width=0.2)
    safe = unknown("safe", safety=True)
    hidden = unknown("hidden", safety=True, measured=False, at_home=False, width=None)
    blank = unknown("blank", measured=False, at_home=False, width=None)
    minor = replace(hidden, construct="minor", lead=False)

    def first(*items):
        found = settle_first(items)
        return found.unknown.construct, found.reasons[0]

    assert first(school, score, safe) == ("safe", "widest")
    assert first(school, abroad, safe, score) == ("abroad", "no_home_study")
    assert first(school, abroad, hidden, safe) == ("hidden", "safety_unmeasured")
    assert first(school, abroad, minor) == ("minor", "safety_unmeasured")  # no outcome on safety has a result
    assert first(school, safe, minor) == ("safe", "widest")  # one has
    assert first(blank, safe) == ("safe", "widest") and first(blank) == ("blank", "not_measured")
    assert settle_first([]) is None


def test_objects_print_themselves(still):
    population = Population(100, 2.0, 10.0, np.zeros(20))
    found = propose(still, [Trial("home", 100)], {}, StudyCost(1, 1), population)
    assert "families a year" in repr(population) and "Proposal(effects/home, 100 families" in repr(found.best)
    assert repr(found.best.net).startswith("NetBenefitOfSampling(") and "enbs" in found._repr_html_()
