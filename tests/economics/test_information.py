import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.economics import evpi, evppi, evppi_each
from workbench.errors import AnalysisError


def closed_form_draws(seed, n=10_000):
    """Incremental net benefit p1 - p2 with p1 ~ N(1, 1), p2 ~ N(0, 2), against doing nothing."""
    rng = np.random.default_rng(seed)
    p1, p2 = rng.normal(1, 1, n), rng.normal(0, 2, n)
    return np.column_stack([np.zeros(n), p1 - p2]), np.column_stack([p1, p2])


@pytest.fixture(scope="module")
def replicates():
    """Forty sets of 10,000 draws: EVPI and both EVPPI of each, shape (40, 3)."""
    found = []
    for seed in range(40):
        benefit, parameters = closed_form_draws(seed)
        found.append([evpi(benefit), *evppi_each(benefit, parameters)])
    return np.array(found)


@pytest.mark.parametrize(("column", "name"), [(0, "evpi"), (1, "evppi_p1"), (2, "evppi_p2")])
def test_closed_forms_within_monte_carlo_error(replicates, reference, column, name):
    exact, drawn = reference["evpi_closed_form"][name], replicates[:, column]
    error = drawn.std(ddof=1)
    assert np.all(np.abs(drawn - exact) < 4 * error)  # each set of 10,000; forty of them
    assert abs(drawn.mean() - exact) < 3 * error / np.sqrt(len(drawn)) + 0.002  # and hardly any bias from fitting


def test_errors_shrink_with_more_draws(reference):
    exact = reference["evpi_closed_form"]["evppi_p2"]
    errors = [np.sqrt(np.mean([(evppi(*pick(closed_form_draws(seed, n))) - exact) ** 2 for seed in range(12)])) for n in (500, 32_000)]
    assert errors[1] < errors[0] / 3


def pick(case):
    benefit, parameters = case
    return benefit, parameters[:, 1]


def test_knowing_everything_together_is_worth_evpi():
    benefit, parameters = closed_form_draws(3)
    assert evppi(benefit, parameters) == pytest.approx(evpi(benefit), rel=1e-6)


def test_an_interaction_needs_the_group():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 10_000))
    benefit = np.column_stack([np.zeros(10_000), a * b])
    # E|ab| / 2 = 1 / pi; neither parameter alone moves the mean
    assert evppi(benefit, np.column_stack([a, b])) == pytest.approx(1 / np.pi, abs=0.02)
    assert evppi(benefit, a) < 0.02


def test_an_irrelevant_or_constant_parameter_is_worth_nothing():
    benefit, _ = closed_form_draws(6)
    assert evppi(benefit, np.random.default_rng(7).standard_normal(10_000)) < 0.01
    assert evppi(benefit, np.ones(10_000)) == 0.0


def test_one_column_is_compared_with_doing_nothing():
    benefit, parameters = closed_form_draws(8)
    assert evpi(benefit[:, 1]) == evpi(benefit)
    assert evppi(benefit[:, 1], parameters[:, 0]) == pytest.approx(evppi(benefit, parameters[:, 0]), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 400), st.integers(2, 4), st.integers(1, 5))
def test_between_zero_and_perfect_information(seed, n, options, p):
    rng = np.random.default_rng(seed)
    parameters = rng.standard_t(3, (n, p)).round(rng.integers(0, 3))
    benefit = rng.normal(0, 1, (n, options)) + parameters @ rng.normal(0, 1, (p, options))
    ceiling = evpi(benefit)
    assert 0 <= evppi(benefit, parameters) <= ceiling
    assert np.all(evppi_each(benefit, parameters) <= ceiling) and np.all(evppi_each(benefit, parameters) >= 0)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(AnalysisError, match="one row per draw"):
        evppi(np.zeros((10, 2)), np.zeros((9, 1)))
    with pytest.raises(AnalysisError, match="finite"):
        evpi(np.array([[1.0, np.nan]]))
