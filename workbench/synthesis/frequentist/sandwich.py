"""Cluster-robust standard errors: CR1, and CR2 with Satterthwaite degrees of freedom.

CR2 corrects each cluster's residuals so that the variance estimate is unbiased under the working model (Bell &
McCaffrey 2002; Tipton 2015, doi 10.1037/met0000011; Pustejovsky & Tipton 2018, doi 10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import fdtrc

from workbench.synthesis.frequentist.components import Solved, regressors
from workbench.synthesis.numerics.blocks import Blocks

KINDS = ("CR1", "CR2")
RANK_LIMIT = 1e-10


class Sandwich(NamedTuple):
    """Robust covariance ``cov`` (p, p), degrees of freedom ``df`` (p,), and what the omnibus test needs.

    ``loads`` (J, p, p): X_j' g_j, and ``own`` (J, p, p): g_j' V_j g_j, with g_j the adjusted weights of each coefficient.
    """

    cov: np.ndarray
    df: np.ndarray
    loads: np.ndarray | None
    own: np.ndarray | None


def sandwich(blocks: Blocks, solved: Solved, kind: str) -> Sandwich:
    """Robust covariance of the coefficients at the estimated components."""
    x = regressors(blocks)
    clusters, p = len(blocks.start), x.shape[1]
    scores, loads, own = np.empty((clusters, p)), np.empty((clusters, p, p)), np.empty((clusters, p, p))
    ends = np.append(blocks.start[1:], len(x))
    for j, (first, last) in enumerate(zip(blocks.start, ends)):
        rows = slice(first, last)
        weights = solved.weighted[rows] @ solved.cov  # (n_j, p)
        if kind == "CR2":
            total = _variance(blocks, solved, rows)
            weights = _adjustment(total, x[rows], solved.cov) @ weights
            loads[j], own[j] = x[rows].T @ weights, weights.T @ total @ weights
        scores[j] = weights.T @ solved.residual[rows]
    cov = scores.T @ scores
    if kind == "CR1":
        return Sandwich(cov * clusters / (clusters - p), np.full(p, float(clusters - p)), None, None)
    df = np.array([_freedom(solved.cov, loads, own, np.eye(p)[[j]]) for j in range(p)])
    return Sandwich(cov, df, loads, own)


def _variance(blocks: Blocks, solved: Solved, rows: slice) -> np.ndarray:
    """V_j, (n_j, n_j)."""
    se, informs = blocks.se[rows], blocks.informs[rows]
    diagonal = (1 - blocks.rho) * se**2 + informs * solved.omega2
    return np.diag(diagonal) + blocks.rho * np.outer(se, se) + solved.tau2 * np.outer(informs, informs)


def _adjustment(total: np.ndarray, x: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """A_j = D' (D (V_j - X_j M X_j') D')^(-1/2) D with V_j = D' D; directions without residual are left out."""
    factor = np.linalg.cholesky(total).T
    value, vector = np.linalg.eigh(factor @ (total - x @ cov @ x.T) @ factor.T)
    live = value > RANK_LIMIT * abs(value).max()
    root = (vector[:, live] / np.sqrt(value[live])) @ vector[:, live].T
    return factor.T @ root @ factor


def _grams(cov: np.ndarray, loads: np.ndarray, own: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Covariances of the clusters' contributions to each contrast under the working model, (q, q, J, J)."""
    load = loads @ contrast.T  # (J, p, q)
    found = -np.einsum("ips,pr,jrt->stij", load, cov, load, optimize=True)
    index = np.arange(len(loads))
    found[:, :, index, index] += np.einsum("sa,jab,tb->stj", contrast, own, contrast)
    return found


def _freedom(cov: np.ndarray, loads: np.ndarray, own: np.ndarray, contrast: np.ndarray) -> float:
    """Degrees of freedom of a test of q contrasts (q, p): Satterthwaite's for one, Hotelling-Zhang's for several."""
    gram = _grams(cov, loads, own, contrast)
    expected = np.einsum("stii->st", gram)
    value, vector = np.linalg.eigh(expected)
    gram = _grams(cov, loads, own, (vector / np.sqrt(value)).T @ contrast)
    variance = np.einsum("ssij,ttij->", gram, gram, optimize=True) + np.einsum("stij,tsij->", gram, gram, optimize=True)
    q = len(contrast)
    return float(q * (q + 1) / variance)


def omnibus(solved: Solved, found: Sandwich, which: np.ndarray) -> tuple[float, int, float, float]:
    """F, its two degrees of freedom and p of the hypothesis that the coefficients ``which`` are all zero."""
    contrast = np.eye(len(solved.beta))[which]
    q = len(contrast)
    part = contrast @ solved.beta
    wald = float(part @ np.linalg.solve(contrast @ found.cov @ contrast.T, part))
    if found.loads is None:
        f, df = wald / q, float(found.df[0])
    else:
        freedom = _freedom(solved.cov, found.loads, found.own, contrast)
        df = freedom - q + 1
        f = wald * df / (freedom * q)
    return f, q, df, float(fdtrc(q, df, f)) if df > 0 else float("nan")
