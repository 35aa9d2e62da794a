"""Normal layers given the variance components: their posterior in closed form, or one draw for each draw of those.

x ~ N(mean, cov), y = H x + error, error ~ N(0, noise). Leading axis: nodes or draws of the variance components.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LOG_2PI = np.log(2 * np.pi)
CHUNK = 2**21  # numbers held at once


class Layers(NamedTuple):
    """A linear model: ``mean`` (d,), ``H`` (n, d), ``noise`` (n, n), ``y`` (n,)."""

    mean: np.ndarray
    H: np.ndarray
    noise: np.ndarray
    y: np.ndarray


class Given(NamedTuple):
    """Log likelihood (N,), and mean and variance of each quantity (N, q), given the components."""

    log_likelihood: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def solved(layers: Layers, variance: np.ndarray, quantities: np.ndarray) -> Given:
    """Posterior of ``quantities`` (q, d) times x, whose prior is independent with ``variance`` (N, d)."""
    step = max(1, CHUNK // max(1, layers.H.size + len(layers.y) ** 2))
    found = [_solved(layers, variance[i : i + step], quantities) for i in range(0, len(variance), step)]
    return Given(*(np.concatenate(part) for part in zip(*found)))


def _solved(layers: Layers, variance: np.ndarray, quantities: np.ndarray) -> Given:
    carried = layers.H * variance[:, None, :]  # H cov, (N, n, d)
    root = np.linalg.cholesky(carried @ layers.H.T + layers.noise)
    gap = layers.y - layers.H @ layers.mean
    columns = np.concatenate([np.broadcast_to(gap, (len(variance), gap.size))[..., None], carried @ quantities.T], axis=2)
    whitened = np.linalg.solve(root, columns)
    z, cross = whitened[:, :, 0], whitened[:, :, 1:]
    log_determinant = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(1)
    log_likelihood = -0.5 * (z**2).sum(1) - log_determinant - 0.5 * gap.size * LOG_2PI
    mean = quantities @ layers.mean + np.einsum("ni,niq->nq", z, cross)
    prior = variance @ (quantities**2).T
    return Given(log_likelihood, mean, np.maximum(prior - (cross**2).sum(1), 0.0))


def likelihood(layers: Layers, variance: np.ndarray) -> np.ndarray:
    """Log likelihood alone, (N,)."""
    return solved(layers, variance, np.zeros((0, layers.mean.size))).log_likelihood


def drawn(layers: Layers, prior_draws: np.ndarray, cov: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One draw of x, (N, d), from its posterior, for each draw of the variance components.

    A draw from the prior is moved by what its own simulated data lack of the real ones (Matheron's rule), which needs no
    root of the posterior covariance and lets variances be zero.

    Parameters
    ----------
    layers : Layers
    prior_draws : ndarray, shape (N, d)
        Draws of x from its prior given the components.
    cov : ndarray, shape (N, d, d) or (N, d)
        Prior covariance of x given the components, or its diagonal.
    rng : Generator
    """
    root = np.linalg.cholesky(layers.noise)
    out = np.empty_like(prior_draws)
    step = max(1, CHUNK // max(1, layers.mean.size * (layers.mean.size + len(layers.y))))
    for i in range(0, len(prior_draws), step):
        x, part = prior_draws[i : i + step], cov[i : i + step]
        carried = layers.H * part[:, None, :] if part.ndim == 2 else layers.H @ part
        simulated = x @ layers.H.T + rng.standard_normal((len(x), len(layers.y))) @ root.T
        gap = np.linalg.solve(carried @ layers.H.T + layers.noise, (layers.y - simulated)[..., None])
        out[i : i + step] = x + (np.swapaxes(carried, 1, 2) @ gap)[..., 0]
    return out
