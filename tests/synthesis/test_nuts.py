"""The sampler and the density that it is given: against finite differences, a known posterior, and where nothing can be computed."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.synthesis import priors
from workbench.synthesis.mcmc import nuts
from workbench.synthesis.mcmc.pymc_engine import Settings


@pytest.fixture(scope="module")
def density():
    from workbench.synthesis.mcmc.pymc_engine import _pymc

    _pymc()
    from workbench.synthesis.mcmc import normal_density

    return normal_density


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_density_of_a_normal_vector_and_its_slope(density, n):
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(n)
    root, residual = rng.normal(size=(n, n)), rng.normal(size=n)
    covariance = root @ root.T + 0.1 * np.eye(n)
    value, slope = density.density(covariance, residual)
    assert value == pytest.approx(multivariate_normal(np.zeros(n), covariance).logpdf(residual) + 0.5 * n * np.log(2 * np.pi), abs=1e-10)
    for _ in range(3):
        step = rng.normal(size=(n, n))
        step = 1e-6 * (step + step.T)
        change = density.density(covariance + step, residual)[0] - density.density(covariance - step, residual)[0]
        assert (slope * step).sum() == pytest.approx(change / 2, rel=1e-4, abs=1e-11)


def test_no_density_where_a_covariance_has_no_root(density):
    value, slope = density.density(np.array([[1.0, 2.0], [2.0, 1.0]]), np.ones(2))
    assert np.isnan(value) and np.isnan(slope).all()
    assert np.isnan(density.density(np.array([[np.nan]]), np.ones(1))[0])


def test_in_a_graph_it_is_the_same(density):
    import pytensor
    import pytensor.tensor as pt

    scale, residual = pt.dscalar("scale"), np.array([0.3, -0.2, 0.9])
    fixed, part = np.diag([0.1, 0.2, 0.3]), np.full((3, 3), 0.5) + np.eye(3)
    value = density.NormalDensity()(pt.as_tensor(fixed) + scale**2 * pt.as_tensor(part), pt.as_tensor(residual))[0]
    plain = pt.linalg.cholesky(pt.as_tensor(fixed) + scale**2 * pt.as_tensor(part))
    white = pt.linalg.solve(plain, pt.as_tensor(residual))
    other = -0.5 * (white**2).sum() - pt.log(pt.diagonal(plain)).sum()
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        found = pytensor.function([scale], [value, pytensor.grad(value, scale), other, pytensor.grad(other, scale)])(0.7)
    assert found[0] == pytest.approx(found[2], abs=1e-12) and found[1] == pytest.approx(found[3], abs=1e-12)


def test_a_known_posterior_and_the_same_seed():
    """Independent normals with SDs 1 and 10."""
    spread = np.array([1.0, 10.0])

    def gradient(x):
        return -0.5 * ((x / spread) ** 2).sum(), -x / spread**2

    plan = Settings(chains=2, draws=1500, tune=500)
    found = nuts.walk(nuts.by_gradient(gradient, np.zeros(2)), ["x"], plan)
    assert found.points.shape == (2, 1500, 2) and found.energy.shape == found.diverging.shape == (2, 1500) and not found.diverging.any()
    assert found.points.std((0, 1)) == pytest.approx(spread, rel=0.08) and (abs(found.points.mean((0, 1))) < 0.12 * spread).all()
    assert found.steps >= 3000
    again = nuts.walk(nuts.by_gradient(gradient, np.zeros(2)), ["x"], plan)
    assert np.array_equal(found.points, again.points)
    assert not np.array_equal(found.points, nuts.walk(nuts.by_gradient(gradient, np.zeros(2)), ["x"], Settings(chains=2, draws=1500, tune=500, seed=1)).points)


@pytest.mark.parametrize("how", ["nan", "error"])
def test_where_the_density_cannot_be_computed_it_diverges(how):
    """A half-line whose other half is forbidden; the draws stay on it, and the sampler says that it met the edge."""

    def gradient(x):
        if x[0] < 0:
            if how == "error":
                raise np.linalg.LinAlgError("not positive definite")
            return np.nan, np.full(1, np.nan)
        return -x[0], -np.ones(1)

    found = nuts.walk(nuts.by_gradient(gradient, np.array([2.0])), ["x"], Settings(chains=1, draws=300, tune=300))
    assert (found.points >= 0).all() and found.diverging.any()


def test_another_error_is_not_taken_for_a_divergence():
    def gradient(x):
        raise KeyError("a fault in the program")

    with pytest.raises(Exception, match=r"(?i)fault in the program|initial|logp|KeyError"):
        nuts.walk(nuts.by_gradient(gradient, np.zeros(1)), ["x"], Settings(chains=1, draws=10, tune=10))


def test_a_family_compiled_once_serves_any_number_of_rows():
    from workbench.effects import EffectSizes
    from workbench.synthesis.mcmc import pymc_models
    from workbench.synthesis.models.families import fit_family

    def fitted(k, engine):
        rng = np.random.default_rng(k)
        rows = EffectSizes.from_arrays(rng.normal(0.2, 0.3, k), np.full(k, 0.2))
        own = [f"p{i % 3}" for i in range(k)]
        return fit_family(rows, own, "p0", mu=priors.Normal(0, 0.6), tau=priors.HalfNormal(0.4), omega=priors.HalfNormal(0.3), engine=engine)

    fitted(3, "pymc")
    before = pymc_models.program.cache_info().misses
    for k in (1, 8):
        sampled, exact = fitted(k, "pymc"), fitted(k, "exact")
        for name in ("mu", "tau", "omega", "theta_new"):
            assert abs(sampled.mean(name) - exact.mean(name)) < 5 * exact.sd(name) / np.sqrt(sampled.health["ess_bulk"]), (k, name)
    assert pymc_models.program.cache_info().misses == before
