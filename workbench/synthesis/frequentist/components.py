"""Variance components by (restricted) likelihood: tau^2 between clusters, omega^2 within, block by block.

The log likelihood is mapped on a grid first, because it may have several peaks; from the best place average-information
Newton steps (Gilmour, Thompson & Cullis 1995, doi 10.2307/2533274) lead to where its slope vanishes, or to the boundary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis.numerics.blocks import Blocks, GivenOmega, given_both, given_omega, inverse_diagonal, weighted_columns
from workbench.synthesis.numerics.conditional import LOG_2PI, log_constants

STEPS = 200
GRID = 18
ZOOMS = 4


class Solved(NamedTuple):
    """Generalised least squares at one pair of components.

    ``beta`` (p,), ``cov`` (p, p) and ``residual`` (k,); ``weighted`` (k, p) is V^-1 X; ``parts`` the whitened rows.
    """

    beta: np.ndarray
    cov: np.ndarray
    residual: np.ndarray
    weighted: np.ndarray
    parts: GivenOmega
    tau2: float
    omega2: float


def regressors(blocks: Blocks) -> np.ndarray:
    """Ones and design columns, (k, p), sorted rows."""
    return np.column_stack([blocks.columns[:, -2], blocks.columns[:, :-2]])


def apply_inverse(blocks: Blocks, solved: Solved, values: np.ndarray) -> np.ndarray:
    """V^-1 values for values (k,)."""
    return weighted_columns(blocks, solved.parts, np.sqrt([solved.tau2]), values)[0]


def solve(blocks: Blocks, tau2: float, omega2: float) -> Solved:
    """Coefficients given both components."""
    parts = given_omega(blocks, np.sqrt([omega2]))
    x, y = regressors(blocks), blocks.columns[:, -1]
    tau = np.sqrt([tau2])
    weighted = np.column_stack([weighted_columns(blocks, parts, tau, column)[0] for column in x.T])
    cov = np.linalg.inv(x.T @ weighted)
    reference = y.mean()  # so that large constants with small spread lose no digits
    beta = cov @ (weighted.T @ (y - reference))
    beta[0] += reference
    return Solved(beta, (cov + cov.T) / 2, y - x @ beta, weighted, parts, tau2, omega2)


def likelihood(blocks: Blocks, tau2: np.ndarray, omega2: np.ndarray, restricted: bool) -> np.ndarray:
    """Log likelihood at every pair (omega2 (n,), tau2 (t,)), (n, t); the restricted one has flat coefficients integrated out."""
    rows = given_both(blocks, given_omega(blocks, np.sqrt(omega2)), np.sqrt(tau2))
    if restricted:
        # metafor's constant: half the log determinant of X'X is added
        x = regressors(blocks)
        return rows.log_height + 0.5 * (LOG_2PI - np.log(rows.information)) + 0.5 * np.linalg.slogdet(x.T @ x)[1]
    diagonal = np.diagonal(rows.triangle, axis1=0, axis2=1)
    return rows.log_height + np.log(diagonal).sum(-1) - 0.5 * log_constants(blocks.term_precision)


def slopes(blocks: Blocks, solved: Solved, restricted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Slope of the log likelihood in (tau2, omega2), (2,), and the average information, (2, 2)."""
    x = regressors(blocks)

    def spread(values):  # V_tau and V_omega times values
        return [blocks.informs * blocks.sums(values)[blocks.member], blocks.informs * values]

    parts, tau = solved.parts, np.sqrt([solved.tau2])
    ones = apply_inverse(blocks, solved, x[:, 0])
    trace = np.array([(blocks.informs * ones).sum(), (blocks.informs * inverse_diagonal(blocks, parts, tau)[0]).sum()])
    if restricted:
        for part, column in enumerate(zip(*(spread(values) for values in solved.weighted.T))):
            trace[part] -= np.trace(solved.cov @ (solved.weighted.T @ np.column_stack(column)))
    score = apply_inverse(blocks, solved, solved.residual)
    moved = spread(score)
    projected = []
    for values in moved:
        inner = apply_inverse(blocks, solved, values)
        projected.append(inner - solved.weighted @ (solved.cov @ (solved.weighted.T @ values)))
    information = 0.5 * np.array([[a @ b for b in projected] for a in moved])
    return -0.5 * (trace - np.array([score @ values for values in moved])), information


def estimate(blocks: Blocks, restricted: bool = True, use: tuple[bool, bool] = (True, True)) -> Solved:
    """Components of highest (restricted) likelihood.

    Parameters
    ----------
    blocks : Blocks
        With flat coefficients.
    restricted : bool
        REML, else ML.
    use : pair of bool
        Whether tau^2 and omega^2 are estimated; 0 where not.
    """
    point = _best(blocks, restricted, use)
    for _ in range(STEPS):
        solved = solve(blocks, *point)
        slope, information = slopes(blocks, solved, restricted)
        free = np.array(use) & ((point > 0) | (slope > 0))
        if not free.any():
            return solved
        step = np.zeros(2)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], slope[free], rcond=None)[0]
        new = _climb(blocks, point, step, restricted)
        if np.all(abs(new - point) <= 1e-10 * (abs(point) + 1e-3 * blocks.se.min() ** 2)):
            return solved
        point = new
    raise AnalysisError("the likelihood of the variance components did not settle; use fit(effects, model='three-level')")


def _climb(blocks: Blocks, point: np.ndarray, step: np.ndarray, restricted: bool) -> np.ndarray:
    """The longest of the halved steps that does not lower the likelihood."""
    height = likelihood(blocks, point[:1], point[1:], restricted)[0, 0]
    noise = 1e-13 * (abs(height) + 1)
    for halving in range(40):
        new = np.maximum(point + step * 0.5**halving, 0.0)
        if likelihood(blocks, new[:1], new[1:], restricted)[0, 0] >= height - noise:
            return new
    return point


def _best(blocks: Blocks, restricted: bool, use: tuple[bool, bool]) -> np.ndarray:
    """Best pair of a grid that is mapped ever more closely."""
    y, v = blocks.columns[:, -1], blocks.se**2
    high = 4 * float(np.ptp(y) ** 2 + v.max())
    whole = np.concatenate([[0.0], np.geomspace(1e-4 * v.min(), high, GRID)])
    axes = [whole if used else np.zeros(1) for used in use]
    for _ in range(ZOOMS):
        heights = likelihood(blocks, axes[0], axes[1], restricted)
        place = np.unravel_index(np.argmax(heights), heights.shape)[::-1]
        best = np.array([axis[i] for axis, i in zip(axes, place)])
        axes = [np.linspace(axis[max(i - 1, 0)], axis[min(i + 1, len(axis) - 1)], 9) if len(axis) > 1 else axis for axis, i in zip(axes, place)]
    return best


def profile(blocks: Blocks, which: int, values: np.ndarray, restricted: bool, use: tuple[bool, bool]) -> np.ndarray:
    """Highest log likelihood with one component (0: tau^2, 1: omega^2) held at each of ``values``."""
    y, v = blocks.columns[:, -1], blocks.se**2
    high = 4 * float(np.ptp(y) ** 2 + v.max())
    found = np.empty(len(values))
    for i, value in enumerate(values):
        axis = np.concatenate([[0.0], np.geomspace(1e-4 * v.min(), high, 24)]) if use[1 - which] else np.zeros(1)
        for _ in range(6):
            pair = (np.array([value]), axis) if which == 0 else (axis, np.array([value]))
            heights = likelihood(blocks, *pair, restricted).ravel()
            best = int(np.argmax(heights))
            found[i] = heights[best]
            if len(axis) == 1:
                break
            axis = np.linspace(axis[max(best - 1, 0)], axis[min(best + 1, len(axis) - 1)], 13)
    return found
