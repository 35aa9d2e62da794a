from dataclasses import replace

import numpy as np
import pytest
from decision_builders import OWN, question, sets
from scipy.integrate import quad
from scipy.special import expit, logit, ndtr, ndtri

from workbench.draws import Draws, uniforms
from workbench.economics import averaged_kernel, evaluate, evpi, evpi_with_error, evppi, evppi_each, evppi_with_error, kernel_inputs, value_of_information
from workbench.economics.conditional import conditional_means
from workbench.economics.decision.averaging import NODES, mean_risk
from workbench.economics.decision.voi import draw_set
from workbench.economics.information import over_sets
from workbench.errors import AnalysisError


def normal_draws(seed, n=10_000):
    rng = np.random.default_rng(seed)
    p1, p2 = rng.normal(1, 1, n), rng.normal(0, 2, n)
    return p1 - p2, np.column_stack([p1, p2])


@pytest.fixture(scope="module")
def closed(reference):
    return reference["evpi_closed_form"]


def test_closed_forms_lie_within_three_standard_errors_at_ten_thousand_draws(closed):
    exact = [closed["evpi"], closed["evppi_p1"], closed["evppi_p2"]]
    z = []
    for seed in range(30):
        benefit, parameters = normal_draws(seed)
        found = [evpi_with_error(benefit), evppi_with_error(benefit, parameters[:, 0]), evppi_with_error(benefit, parameters[:, 1])]
        z.append([(each.value - truth) / each.se for each, truth in zip(found, exact, strict=True)])
    z = np.array(z)
    assert np.all(np.abs(z) < 3)
    assert np.all(np.abs(z.mean(axis=0)) < 3 / np.sqrt(30))  # and no bias that thirty sets would show
    assert np.all((z.std(axis=0) > 0.6) & (z.std(axis=0) < 1.4))  # the formula is about the right size


def test_closed_forms_by_scrambles(closed):
    found = []
    for seed in range(8):
        points = uniforms(["p1", "p2"], 4096, seed, {"p1": 0, "p2": 1})
        p1, p2 = 1 + ndtri(points[:, 0]), 2 * ndtri(points[:, 1])
        found.append([evpi(p1 - p2), *evppi_each(p1 - p2, np.column_stack([p1, p2]))])
    for values, name in zip(np.array(found).T, ("evpi", "evppi_p1", "evppi_p2"), strict=True):
        estimate = over_sets(values)
        assert estimate.sets == 8 and abs(estimate.value - closed[name]) < 3 * estimate.se + 2e-4


def test_an_irrelevant_parameter_is_not_read_as_noise():
    benefit, _ = normal_draws(6)
    values = [evppi(benefit - benefit.mean(), np.random.default_rng(1000 + seed).standard_normal(10_000)) for seed in range(20)]
    one_error = benefit.std() / 100  # what least squares alone would give here, on average
    assert np.mean(values) < one_error / 3 and np.mean(np.array(values) == 0) > 0.2


def test_a_curve_is_followed_and_a_straight_line_left_straight():
    rng = np.random.default_rng(2)
    x = rng.normal(size=8000)
    noise = rng.normal(0, 3, 8000)
    for mean in (np.sin(2 * x), 0.5 * x):
        fitted = conditional_means((mean + noise)[:, None], x[:, None])[:, 0]
        middle = np.abs(x) < 2
        assert np.sqrt(np.mean((fitted - mean)[middle] ** 2)) < 0.13


def test_fitted_means_keep_the_mean():
    rng = np.random.default_rng(3)
    y = rng.normal(5, 1, (500, 2))
    assert conditional_means(y, rng.normal(size=(500, 3))).mean(axis=0) == pytest.approx(y.mean(axis=0))
    assert conditional_means(y, np.ones((500, 1))) == pytest.approx(np.broadcast_to(y.mean(axis=0), y.shape))


# -- averaging over places ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tau", [0.25, 0.5, 1.0, 2.0])
def test_the_mean_risk_over_places_is_the_integral(tau):
    for middle in (-5.0, -2.0, 0.0, 1.5, 4.0):
        exact = quad(lambda z: expit(middle + tau * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), -12, 12, epsabs=1e-13, epsrel=1e-13, limit=500)[0]  # noqa: B023
        assert mean_risk(np.array([middle]), np.array([0.0]), np.array([tau]))[0] == pytest.approx(exact, abs=1e-8)


def test_more_nodes_change_nothing():
    rng = np.random.default_rng(1)
    arrays = rng.normal(-1.5, 0.4, 500), rng.normal(0.3, 0.5, 500), np.abs(rng.normal(0, 0.5, 500))
    assert mean_risk(*arrays, nodes=NODES) == pytest.approx(mean_risk(*arrays, nodes=101), abs=1e-8)  # the limit that the module states


def test_averaging_keeps_the_mean_and_narrows_the_spread():
    before, draws = question(16_384)
    averaged = evaluate(averaged_kernel(before, draws), OWN).npv
    local = evaluate(before, OWN).npv
    assert averaged.mean == pytest.approx(local.mean, abs=3 * local.draws.std() / np.sqrt(16_384))
    assert averaged.draws.std() < 0.8 * local.draws.std()


def test_a_draw_is_averaged_over_its_own_places():
    before, draws = question(64)
    averaged = evaluate(averaged_kernel(before, draws), OWN).npv.draws
    places = np.random.default_rng(0).standard_normal((40_000, 1))
    one = draws["home"]
    risk = expit(before.logit_p0["home"] + one.centre + one.tau * places).mean(axis=0) - expit(before.logit_p0["home"])
    assert averaged == pytest.approx(before.benefits[0].value * risk - before.costs[0].value, abs=60)


def test_without_spread_nothing_is_averaged_and_printed_direction_is_kept():
    before, draws = question(256, spread=0.0)
    assert evaluate(averaged_kernel(before, draws), OWN).npv.draws == pytest.approx(evaluate(before, OWN).npv.draws, abs=1e-6)
    worse = {"home": Draws(-draws["home"].values, -draws["home"].centre, draws["home"].tau, "home", "home", "OR", "lower_is_better", 1)}
    assert averaged_kernel(before, worse).theta["home"] == pytest.approx(averaged_kernel(before, draws).theta["home"])
    with pytest.raises(AnalysisError, match="no draws of the centre"):
        averaged_kernel(before, {})


# -- the value of information ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def information():
    return value_of_information(sets())


def test_values_keep_their_order(information):
    assert information.evpi.sets == 8 and information.evpi.se < 0.05 * information.evpi.value
    for each in (*information.each, *information.groups):
        assert 0 <= each.value.value <= information.evpi.value
    for group in information.groups:
        assert all(group.value.value >= each.value.value for each in information.each if each.group == group.name)
    assert [each.name for each in information.each][0] == "effects/home"
    assert information.own_place.value >= next(each for each in information.groups if each.name == "effects").value.value


def test_the_effect_is_its_average_and_spread_and_not_one_place(information):
    # with tau given, the value of the average effect by an integral over a fine grid of its draws
    drawn = sets(1)[0]
    known = drawn.columns(next(item for item in drawn.inputs if item.name == "effects/home"))
    assert known.shape == (4096, 2) and known[:, 0] == pytest.approx(drawn.draws["home"].centre)
    exact = mean_given(drawn)
    assert information.each[0].value.value == pytest.approx(exact, rel=0.04)


def mean_given(drawn):
    """E max(0, E[NB | centre, tau]): the other inputs are independent of them, so that the inner mean is one over their draws."""
    made, one = drawn.kernel, drawn.draws["home"]
    base, price, cost = made.logit_p0["home"][:256], made.benefits[0].value.mean(), made.costs[0].value.mean()
    given = np.array([price * np.mean(mean_risk(base, np.full(256, m), np.full(256, t)) - expit(base)) - cost for m, t in zip(one.centre[:2048], one.tau[:2048], strict=True)])
    return np.mean(np.maximum(given, 0)) - max(given.mean(), 0)


def test_more_spread_between_places_is_worth_more_only_to_the_place_itself():
    little, much = (value_of_information(sets(4, spread=spread)) for spread in (0.05, 0.8))
    assert much.difference.value > little.difference.value + 3 * much.difference.se
    assert little.difference.value == pytest.approx(0, abs=0.02 * little.evpi.value)


def test_one_set_has_an_error_by_formula():
    alone = value_of_information(sets(1))
    assert alone.evpi.sets == 1 and 0 < alone.evpi.se < alone.evpi.value


def test_a_reader_s_risk_is_no_uncertainty():
    before, draws = question(1024)
    own = replace(OWN, baseline_risk={"home": 0.3})
    drawn = draw_set(before, own, draws, kernel_inputs(before, own))
    assert "baselines/home" not in {item.name for item in drawn.inputs}
    assert drawn.net_benefit == pytest.approx(before.benefits[0].value * (mean_risk(np.full(1024, logit(0.3)), draws["home"].centre, draws["home"].tau) - 0.3) - before.costs[0].value)


def test_errors_need_two_sets_and_a_net_value():
    with pytest.raises(AnalysisError, match="two or more sets"):
        over_sets([1.0])
    before, draws = question(64)
    with pytest.raises(AnalysisError, match="no net present value"):
        draw_set(replace(before, costs=()), OWN, draws, ())


def test_unit_normal_loss_of_a_linear_net_benefit():
    # NB = 1000 mu - 100, mu ~ N(0, 1): knowing mu is worth sd x unit normal loss
    mu = ndtri((np.arange(20_000) + 0.5) / 20_000)
    loss = 1000 * (np.exp(-0.005) / np.sqrt(2 * np.pi) - 0.1 * ndtr(-0.1))
    assert evppi(1000 * mu - 100, mu) == pytest.approx(loss, rel=1e-3)


def test_objects_print_themselves(information):
    assert repr(information).startswith("InformationValue(everything") and "effects/home" in information._repr_html_()
    assert "8 sets" in repr(information.evpi) and float(information.evpi) == information.evpi.value
    assert list(information.frame().columns) == ["value", "se", "share"]
