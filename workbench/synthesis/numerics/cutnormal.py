"""A normal distribution cut by windows in a few directions: its integral, moments, and the law of any one direction.

Given tau, the rows with figures and the priors make mu and the terms normal. Rows known only as not significant ask about
the means of their estimates, a few directions of these, written as z standard normal (q,), eta = offset + across z. Their
windows (`windows`) cut z; its density is log-concave. It is summed over a lattice around a normal approximation: the
trapezoidal rule, which converges geometrically (Trefethen & Weideman 2014, doi 10.1137/130932132). The law of one quantity
is the density along its own direction of z, the rest summed over.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from workbench.synthesis.numerics.conditional import Data, given_tau, mu_rule, terms_given_tau
from workbench.synthesis.numerics.quadrature import legendre
from workbench.synthesis.numerics.windows import LIMIT, Smooth, log_window, window_slopes

STEP, REACH = 1.0, 6.6  # of the lattice, in SDs of the normal approximation
AXIS = 56  # nodes along a quantity's own direction
DEPTH = 30.0  # fall of the log density at the ends of that direction
ROUNDS = 8
AVERAGE, AVERAGE_WEIGHT = np.polynomial.hermite_e.hermegauss(8)
AVERAGE_WEIGHT = AVERAGE_WEIGHT / AVERAGE_WEIGHT.sum()
BLOCK = 400_000  # points of the lattice at once
FAINT = -250.0  # log probability of the windows below which logarithms are needed


class Cut(NamedTuple):
    """At each tau (n,): mu and the terms are mean + root x, and z = basis' x is what the windows (h of them) cut.

    ``mean`` (n, p), ``root`` (n, p, p), ``basis`` (n, p, q); windows at ``offset`` (n, h) + ``across`` (n, h, q) z, of
    standard errors ``error`` (h,) and SDs ``sd`` (n, h); ``middle`` (n, q), ``spread`` (n, q, q) the normal approximation;
    ``top`` (n,) the log density at its middle, ``log_weight`` (n,) the likelihood of the rows with figures. ``first`` (q,)
    windows are independent, and window j lies within the span of the first ``depth[j]`` of them.
    """

    mean: np.ndarray
    root: np.ndarray
    basis: np.ndarray
    offset: np.ndarray
    across: np.ndarray
    error: np.ndarray
    sd: np.ndarray
    middle: np.ndarray
    spread: np.ndarray
    top: np.ndarray
    log_weight: np.ndarray
    depth: np.ndarray
    first: np.ndarray

    def at(self, keep) -> Cut:
        """At some values of tau only."""
        return Cut(*(part if name in ("error", "depth", "first") else part[keep] for name, part in zip(self._fields, self)))


class Summed(NamedTuple):
    """Log marginal likelihood (n,), mean (n, q) and covariance (n, q, q) of z at each tau."""

    log_height: np.ndarray
    mean: np.ndarray
    cov: np.ndarray


def normal_part(data: Data, hidden: np.ndarray, mu_prior, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """mu and the terms without the hidden rows: mean (n, 1 + m), covariance, and log marginal likelihood (n,)."""
    shown = Data(*(part[~hidden] for part in data[:4]), *data[4:])
    rows = given_tau(shown, tau)
    mu = mu_rule(mu_prior, shown).given(rows)
    mean, cov = mu.mean, mu.sd[..., None] ** 2
    if data.term_mean.size:
        terms = terms_given_tau(rows)
        outward = np.concatenate([np.ones((len(tau), 1)), -terms.slope], axis=1)
        cov = outward[:, :, None] * outward[:, None, :] * cov
        cov[:, 1:, 1:] += terms.cov
        mean = np.concatenate([mean, terms.ridge - mean * terms.slope], axis=1)
    return mean, cov, mu.log_weight[:, 0]


def cut(data: Data, hidden: np.ndarray, mu_prior, tau: np.ndarray, own: int | None = None) -> Cut:
    """What the windows cut at each tau (n,); with ``own``, that hidden row's deviation from mu is one more coordinate."""
    mean, cov, log_weight = normal_part(data, hidden, mu_prior, tau)
    direction = np.column_stack([np.ones(hidden.sum()), data.design[hidden]])
    spread = data.informs[hidden] * (tau * tau)[:, None]
    if own is not None:
        which = int(hidden[:own].sum())
        mean = np.pad(mean, ((0, 0), (0, 1)))
        cov = np.pad(cov, ((0, 0), (0, 1), (0, 1)))
        cov[:, -1, -1] = spread[:, which]
        direction = np.column_stack([direction, np.arange(len(direction)) == which])
        spread[:, which] = 0.0
    root = np.linalg.cholesky(cov)
    first, depth = _independent(direction)
    basis = np.linalg.qr(np.swapaxes(direction[first] @ root, -1, -2))[0]
    error = np.sqrt(data.variance[hidden])
    parts = (mean @ direction.T, direction @ root @ basis, error, np.sqrt(error**2 + spread))
    return Cut(mean, root, basis, *parts, *_approximate(*parts), log_weight, depth, first)


def _independent(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that are linearly independent, the commonest first, and of how many of them each row is a combination."""
    order = np.argsort([-(direction == row).all(1).sum() for row in direction], kind="stable")
    first: list[int] = []
    for j in order:
        if np.linalg.matrix_rank(direction[[*first, j]]) > len(first):
            first.append(j)
    ranks = range(1, len(first) + 1)
    depth = [min(i for i in ranks if np.linalg.matrix_rank(direction[[*first[:i], j]]) == i) for j in range(len(direction))]
    return np.array(first), np.array(depth)


def _approximate(offset, across, error, sd) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle, covariance and log density at the middle of the nearest normal: Newton steps on slopes averaged over it."""
    n, _, q = across.shape
    middle, spread = np.zeros((n, q)), np.broadcast_to(np.eye(q), (n, q, q))
    for _ in range(ROUNDS):
        eta = offset + np.einsum("nhq,nq->nh", across, middle)
        width = np.sqrt(np.einsum("nhq,nqr,nhr->nh", across, spread, across))
        slope, curvature = (part @ AVERAGE_WEIGHT for part in window_slopes(eta[..., None] + width[..., None] * AVERAGE, error[:, None], sd[..., None]))
        spread = np.linalg.inv(np.eye(q) + np.einsum("nhq,nh,nhr->nqr", across, curvature, across))
        middle = middle + np.einsum("nqr,nr->nq", spread, np.einsum("nh,nhq->nq", slope, across) - middle)
    eta = offset + np.einsum("nhq,nq->nh", across, middle)
    return middle, spread, log_window(eta, error, sd).sum(-1) - 0.5 * (middle**2).sum(-1)


@lru_cache(maxsize=16)
def lattice(dimensions: int, step: float, reach: float) -> np.ndarray:
    """Points of a square lattice within a ball, (points, dimensions)."""
    line = step * np.arange(-int(reach / step), int(reach / step) + 1)
    points = np.array(np.meshgrid(*[line] * dimensions, indexing="ij")).reshape(dimensions, line.size**dimensions).T
    return points[(points**2).sum(-1) <= reach**2]


@lru_cache(maxsize=64)
def _prefixes(dimensions: int, step: float, reach: float, leading: int) -> tuple[np.ndarray, np.ndarray]:
    """What the lattice points are in their leading coordinates alone, and which of these each point has."""
    found, member = np.unique(lattice(dimensions, step, reach)[:, :leading], axis=0, return_inverse=True)
    return found, member.ravel()


def _triangular(part: Cut, root: np.ndarray) -> np.ndarray:
    """``root`` (n, q, d) turned so that the i-th independent window moves with the first i coordinates only."""
    moves = part.across[:, part.first[: root.shape[-1]]] @ root
    return root @ np.linalg.qr(np.swapaxes(moves, -1, -2))[0] if root.shape[-1] else root


def _height(part: Cut, start: np.ndarray, root: np.ndarray, fineness: tuple[float, float]) -> np.ndarray:
    """Density at z = start (n, t, q) + root (n, q, d) u relative to that at the middle, u on the lattice: (n, t, points)."""
    dimensions = root.shape[-1]
    moved = root @ lattice(dimensions, *fineness).T
    log_height = (-0.5 * (start * start).sum(-1) - part.top[:, None])[..., None] - start @ moved - 0.5 * (moved * moved).sum(1)[:, None]
    eta, move = part.offset[:, None] + start @ np.swapaxes(part.across, -1, -2), part.across @ root
    faint = part.top.min() < FAINT
    height = log_height if faint else np.exp(log_height)
    depth = np.minimum(part.depth, dimensions)
    for leading in np.unique(depth):
        points, member = _prefixes(dimensions, *fineness, int(leading)) if dimensions else (np.zeros((1, 0)), np.zeros(1, int))
        found = 0.0 if faint else 1.0
        for j in np.flatnonzero(depth == leading):
            at = eta[:, :, j, None] + (move[:, j, :leading] @ points.T)[:, None]
            found = found + log_window(at, part.error[j], part.sd[:, j, None, None]) if faint else found * _window(at, part, j)
        wide = found if leading == dimensions else np.take(found, member, axis=-1)
        height = height + wide if faint else np.multiply(height, wide, out=height)
    return np.exp(height) if faint else height


def _window(eta: np.ndarray, part: Cut, j: int) -> np.ndarray:
    """Probability (n, t, points) that the estimate of window j is not significant; the tails that differ keep their digits."""
    size, scale, limit = abs(eta), 1 / part.sd[:, j, None, None], LIMIT * part.error[j]
    return ndtr((limit - size) * scale) - ndtr((-limit - size) * scale)


def _blocks(n: int, points: int):
    size = max(1, BLOCK // points)
    return (slice(start, start + size) for start in range(0, n, size))


def summed(all_tau: Cut, step: float = STEP, reach: float = REACH) -> Summed:
    """The integral over z, and its first moments, at each tau."""
    q = all_tau.across.shape[-1]
    points, found = lattice(q, step, reach), []
    pairs = (points[:, :, None] * points[:, None, :]).reshape(-1, q * q)
    for block in _blocks(len(all_tau.top), len(points)):
        part = all_tau.at(block)
        scale = np.linalg.cholesky(part.spread)
        size = np.log(np.diagonal(scale, axis1=1, axis2=2)).sum(-1) + q * (np.log(step) - 0.5 * np.log(2 * np.pi))
        root = _triangular(part, scale)
        height = _height(part, part.middle[:, None], root, (step, reach))[:, 0]
        total = height.sum(-1)
        share = height / total[:, None]
        mean = share @ points
        cov = (share @ pairs).reshape(-1, q, q) - mean[:, :, None] * mean[:, None, :]
        middle = part.middle + np.einsum("nqr,nr->nq", root, mean)
        found.append((np.log(total) + size + part.top + part.log_weight, middle, root @ cov @ np.swapaxes(root, -1, -2)))
    return Summed(*(np.concatenate(part) for part in zip(*found)))


def expected_curvature(all_tau: Cut, step: float = STEP, reach: float = REACH) -> np.ndarray:
    """Expectation of minus the second derivative of each window's logarithm, (n, h)."""
    points, found = lattice(all_tau.across.shape[-1], step, reach), []
    for block in _blocks(len(all_tau.top), len(points)):
        part = all_tau.at(block)
        root = _triangular(part, np.linalg.cholesky(part.spread))
        height = _height(part, part.middle[:, None], root, (step, reach))[:, 0]
        eta = part.offset[:, None] + (part.middle[:, None] + points @ np.swapaxes(root, -1, -2)) @ np.swapaxes(part.across, -1, -2)
        curvature = window_slopes(eta, part.error, part.sd[:, None])[1]
        found.append(np.einsum("np,nph->nh", height, curvature) / height.sum(-1, keepdims=True))
    return np.concatenate(found)


def along(all_tau: Cut, direction: np.ndarray, step: float = STEP, reach: float = REACH, nodes: int = AXIS):
    """Ends (n,), (n,) and density (n, nodes) of direction . z, for unit vectors ``direction`` (n, q); log of its integral (n,)."""
    q, turn, found = direction.shape[1], _turn(direction), []
    spread = np.swapaxes(turn, -1, -2) @ all_tau.spread @ turn
    middle = np.einsum("nq,nq->n", direction, all_tau.middle)
    slope = spread[:, 1:, 0] / spread[:, :1, 0]
    scale = np.linalg.cholesky(spread[:, 1:, 1:] - slope[:, :, None] * spread[:, :1, 1:])
    size = np.log(np.diagonal(scale, axis1=1, axis2=2)).sum(-1) + (q - 1) * np.log(step) - 0.5 * q * np.log(2 * np.pi)
    line = np.einsum("nqr,nr->nq", turn, np.column_stack([np.ones(len(slope)), slope]))
    root = _triangular(all_tau, turn[:, :, 1:] @ scale)
    low, high = _ends(all_tau, line, np.sqrt(spread[:, 0, 0]))
    half = (high - low) / 2
    shift = (low + half)[:, None] + half[:, None] * legendre(nodes)[0]
    start = all_tau.middle[:, None] + shift[..., None] * line[:, None]
    for block in _blocks(len(slope), len(lattice(q - 1, step, reach)) * nodes):
        found.append(_height(all_tau.at(block), start[block], root[block], (step, reach)).sum(-1))
    height = np.concatenate(found)
    log_total = np.log(height @ legendre(nodes)[1] * half) + size + all_tau.top + all_tau.log_weight
    return middle + low, middle + high, height, log_total


def _turn(direction: np.ndarray) -> np.ndarray:
    """Orthogonal matrices (n, q, q) whose first column is ``direction`` (n, q), up to rounding (Householder)."""
    q = direction.shape[1]
    sign = np.where(direction[:, :1] >= 0, 1.0, -1.0)
    away = direction + sign * np.eye(q)[:1]
    turn = np.eye(q) - 2 * away[:, :, None] * away[:, None, :] / (away**2).sum(-1)[:, None, None]
    turn[:, :, 0] *= -sign
    return turn


def _ends(part: Cut, line: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far along ``line`` (n, q) from the middle the log density has fallen by `DEPTH` from its top, to both sides."""
    eta = part.offset + np.einsum("nhq,nq->nh", part.across, part.middle)
    rate = np.einsum("nhq,nq->nh", part.across, line)

    def log_height(x: np.ndarray) -> np.ndarray:
        z = part.middle + x[:, None] * line
        return log_window(eta + x[:, None] * rate, part.error, part.sd).sum(-1) - 0.5 * (z * z).sum(-1)

    floor = np.max([log_height(step * sd) for step in np.linspace(-2, 2, 9)], axis=0) - DEPTH
    ends = []
    for side in (-1, 1):
        near, far = np.zeros_like(sd), sd
        for _ in range(60):
            inside = log_height(side * far) > floor
            if not inside.any():
                break
            near, far = np.where(inside, far, near), np.where(inside, 2 * far, far)
        for _ in range(8):
            middle = (near + far) / 2
            inside = log_height(side * middle) > floor
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        ends.append(side * far)
    return ends[0], ends[1]


def law(at: Cut, weight: np.ndarray, constant, slope: np.ndarray, noise, **fineness) -> Smooth:
    """The distribution of constant + slope . (mu and the terms) + noise, as `Smooth`: slope (n, p), the others (n,)."""
    rotated = np.einsum("np,npr->nr", slope, at.root)
    within = np.einsum("nr,nrq->nq", rotated, at.basis)
    size = np.sqrt((within**2).sum(-1))
    whole = (rotated**2).sum(-1)
    left = np.where(whole - size**2 > 1e-13 * whole, whole - size**2, 0.0)
    unit = np.where(size[:, None] > 0, within / np.where(size > 0, size, 1.0)[:, None], np.eye(within.shape[1])[0])
    low, high, height, _ = along(at, unit, **fineness)
    return Smooth(weight, constant + (slope * at.mean).sum(-1), size, np.sqrt(left + noise), low, high, height)
