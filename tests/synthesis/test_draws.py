"""Draws: the points that they are made from, and their agreement with the exact posterior."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import qmc

from workbench.draws import CAPACITY, Draws, uniforms
from workbench.effects.sizes import EffectSizes
from workbench.errors import AnalysisError
from workbench.synthesis import priors as P
from workbench.synthesis.fitting import fit

REGISTERED = {"effect/a/tau": 0, "effect/a/centre": 1, "effect/a/new": 2, "price": 3, "last": CAPACITY - 1}
EFFECTS = EffectSizes.from_arrays([0.5, -0.1, 0.9, 0.3], [0.2, 0.3, 0.4, 0.15])
NORMAL, TAU = P.Normal(0, 0.63), P.HalfNormal(0.5)


def test_points_are_one_scrambled_sobol_sequence():
    expected = qmc.Sobol(CAPACITY, scramble=True, bits=30, rng=np.random.default_rng(7)).random(256)
    points = uniforms(["price", "last"], 256, 7, REGISTERED)
    np.testing.assert_allclose(points, expected[:, [3, CAPACITY - 1]], atol=2.0**-30, rtol=0)


def test_points_do_not_depend_on_what_else_is_asked_for_or_registered():
    alone = uniforms(["price"], 512, 3, {"price": 3})
    among = uniforms(["new quantity", "last", "price", "effect/a/tau"], 512, 3, {**REGISTERED, "another": 9})
    np.testing.assert_array_equal(alone[:, 0], among[:, 2])
    unregistered = uniforms(["new quantity"], 512, 3, {})
    np.testing.assert_array_equal(unregistered[:, 0], among[:, 0])


@pytest.mark.parametrize("name", ["price", "last", "not registered"])
def test_each_stratum_holds_one_point(name):
    points = uniforms([name], 1024, 5, REGISTERED)[:, 0]
    assert np.all((points > 0) & (points < 1))
    np.testing.assert_array_equal(np.sort(np.floor(points * 1024)), np.arange(1024))


def test_names_and_seeds_give_different_points():
    names = ["price", "last", "x", "y"]
    points = uniforms(names, 1024, 1, REGISTERED)
    assert abs(np.corrcoef(points.T) - np.eye(4)).max() < 0.1
    for column, other in zip(points.T, uniforms(names, 1024, 2, REGISTERED).T):
        assert not np.array_equal(column, other)


@pytest.mark.parametrize("count", [0, 3, 1000, 4095, 4096.0, True])
def test_count_must_be_a_power_of_two(count):
    with pytest.raises(AnalysisError, match="power of two"):
        uniforms(["price"], count, 1, REGISTERED)


@pytest.mark.parametrize("dimension", [-1, CAPACITY])
def test_dimensions_beyond_the_capacity_are_refused(dimension):
    with pytest.raises(AnalysisError, match="outside 0 to 511"):
        uniforms(["x"], 64, 1, {"x": dimension})


@pytest.mark.parametrize("seed", [-1, 1.5, None])
def test_seed_must_be_a_whole_number(seed):
    with pytest.raises(AnalysisError, match="seed"):
        uniforms(["price"], 64, seed, REGISTERED)


@pytest.mark.parametrize("mu", [NORMAL, P.StudentT(4.0, 0.0, 0.5), P.Uniform(-0.2, 0.6), P.Flat()])
@pytest.mark.parametrize("target", [None, 1])
def test_draws_follow_the_exact_posterior(mu, target):
    result = fit(EFFECTS, mu, TAU, target=target)
    draws = result.draws(4096, seed=1, dimensions=REGISTERED, name="a")
    for name, values in (("theta_new", draws.values), ("centre", draws.centre), ("tau", draws.tau)):
        every = slice(8, None, 16)
        empirical = (np.arange(4096) + 0.5) / 4096
        assert abs(result.cdf(name, np.sort(values)[every]) - empirical[every]).max() < 0.008
        assert values.mean() == pytest.approx(result.mean(name), abs=1e-3)
        assert values.std() == pytest.approx(result.sd(name), rel=6e-3)
    standard = (draws.values - draws.centre) / draws.tau
    assert abs(standard.mean()) < 1e-3 and standard.std() == pytest.approx(1, abs=2e-3)
    assert abs(np.corrcoef(standard, draws.tau)[0, 1]) < 0.02


def test_draws_of_moderate_spread_have_mean_and_sd_to_a_thousandth():
    result = fit(EFFECTS, NORMAL, TAU)
    draws = result.draws(4096, seed=1, dimensions=REGISTERED, name="a")
    assert draws.values.mean() == pytest.approx(result.mean("theta_new"), abs=1e-3)
    assert draws.values.std() == pytest.approx(result.sd("theta_new"), abs=1e-3)


def test_each_draw_uses_the_registered_dimensions_of_its_outcome():
    result = fit(EFFECTS, NORMAL, TAU)
    points = uniforms(["effect/a/tau", "effect/a/centre", "effect/a/new"], 256, 9, REGISTERED)
    draws = result.draws(256, seed=9, dimensions=REGISTERED, name="a")
    np.testing.assert_allclose(draws.tau, result.quantile("tau", points[:, 0]), rtol=1e-12)
    tau, centre, values = result.posterior.draw(points)
    np.testing.assert_array_equal(draws.values, values)


def test_draws_repeat_and_names_keep_them_apart():
    result = fit(EFFECTS, NORMAL, TAU)
    np.testing.assert_array_equal(result.draws(256).values, result.draws(256).values)
    assert abs(np.corrcoef(result.draws(256, name="a").values, result.draws(256, name="b").values)[0, 1]) < 0.25
    other = fit(EffectSizes.from_arrays([0.5, 0.4], [0.2, 0.3]), NORMAL, TAU)
    assert abs(np.corrcoef(result.draws(256).tau, other.draws(256).tau)[0, 1]) < 0.25


def test_draws_carry_where_they_come_from_and_print_in_the_outcomes_direction():
    effects = EffectSizes.from_arrays([0.5, 0.4], [0.2, 0.3], measure="OR", outcome="care-entry", construct="care-entry.record", direction="lower_is_better")
    draws = fit(effects, NORMAL, TAU).draws(64, seed=4)
    assert (draws.outcome, draws.construct, draws.measure, draws.direction, draws.seed) == ("care-entry", "care-entry.record", "OR", "lower_is_better", 4)
    np.testing.assert_array_equal(draws.raw, -draws.values)
    assert draws.parent.effects is effects
    assert "care-entry" in repr(draws) and "\n" not in repr(draws)
    assert not draws.values.flags.writeable
    higher = Draws([0.1], [0.2], [0.3], direction="higher_is_better")
    assert higher.raw[0] == 0.1


def test_unequal_lengths_are_refused():
    with pytest.raises(AnalysisError, match="one length"):
        Draws([0.1, 0.2], [0.1], [0.1])


def test_importing_draws_loads_no_heavy_library():
    code = "import sys, workbench.draws; print([name for name in ('scipy.stats', 'pandas', 'pymc') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
