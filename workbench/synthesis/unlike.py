"""Known nulls whose design rows differ, by their exact likelihood term.

Given tau, the rows with figures and the priors make mu and the terms normal. The hidden rows ask only about the means of
their estimates, a few directions of these, written as z standard normal (q,), eta = offset + across z. The windows cut z;
its density is log-concave. It is summed over a lattice around a normal approximation, where the trapezoidal rule converges
geometrically. The distribution of any one quantity is the density along its own direction of z, the rest summed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import exact
from workbench.synthesis.censored import CensoredPosterior, _change, normal_part
from workbench.synthesis.conditional import Data, given_tau
from workbench.synthesis.quadrature import NODES, Panels, adapt, legendre, place
from workbench.synthesis.tails import tail_of
from workbench.synthesis.windows import LIMIT, Smooth, log_window, window_slopes

MOST = 4  # directions: mu and three terms
STEP, REACH = 0.9, 6.3  # of the lattice, in SDs of the normal approximation
COARSE = (1.0, 5.5)  # the same where one more direction is summed over
AXIS = 40  # nodes along a quantity's own direction
DEPTH = 32.0  # fall of the log density at the ends of that direction
ROUNDS = 12
AVERAGE, AVERAGE_WEIGHT = np.polynomial.hermite_e.hermegauss(8)
AVERAGE_WEIGHT = AVERAGE_WEIGHT / AVERAGE_WEIGHT.sum()
BLOCK = 400_000  # points of the lattice at once
FAINT = -250.0  # log probability of the windows below which logarithms are needed
SLIGHT = 1e-11  # weight of a value of tau that adds nothing to a distribution


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


@dataclass(frozen=True, eq=False)
class UnlikePosterior(CensoredPosterior):
    """The posterior with known nulls whose design rows differ; satisfies `result.Posterior`."""

    @cached_property
    def joint(self) -> Cut:
        """What the windows cut at the nodes."""
        return cut(self.data, self.hidden, self.mu_prior, self.tau)

    @cached_property
    def summed(self) -> Summed:
        """Its moments at the nodes."""
        return summed(self.joint)

    def _smooth(self, at: Cut, weight, constant, slope, noise, **fineness) -> Smooth:
        keep = weight > SLIGHT * weight.max()
        share = weight[keep] / weight[keep].sum()
        return law(at.at(keep), share, constant[keep], slope[keep], noise[keep], **fineness)

    @cached_property
    def _laws(self) -> dict[str, Smooth]:
        found = CensoredPosterior._laws.func(self) if self.target is not None else {"mu": self._smooth(self.joint, *self._parts("mu"))}
        if self.target is None:
            tau = self.tau[self.panels.weight > SLIGHT * self.panels.weight.max()]
            found |= {"centre": found["mu"], "theta_new": replace(found["mu"], gamma=np.hypot(found["mu"].gamma, tau))}
        return found

    def _parts(self, quantity: str) -> tuple:
        """Weight, constant, slope and noise variance of a quantity."""
        tau = self.tau
        constant, slope, noise = self._centre(tau)
        if quantity == "mu":
            constant, slope, noise = np.zeros_like(tau), np.eye(slope.shape[1])[[0] * len(tau)], np.zeros_like(tau)
        return self.panels.weight, constant, slope, noise + tau**2 * (quantity == "theta_new")

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD; ``nan`` where the moment does not exist."""
        if quantity == "tau":
            return super().moments(quantity)
        mean, sd = self._moments(*self._parts(quantity))
        finite = [exact.ExactPosterior._finite(self, quantity, order) for order in (1, 2)]
        return (mean if finite[0] else np.nan), (sd if finite[1] else np.nan)

    def _moments(self, weight, constant, slope, noise) -> tuple[float, float]:
        """Mean and SD of constant + slope . (mu and the terms) + noise, by the lattice alone."""
        rotated = np.einsum("np,npr->nr", slope, self.joint.root)
        within = np.einsum("nr,nrq->nq", rotated, self.joint.basis)
        mean = constant + (slope * self.joint.mean).sum(-1) + (within * self.summed.mean).sum(-1)
        variance = noise + (rotated**2).sum(-1) - (within**2).sum(-1) + np.einsum("nq,nqr,nr->n", within, self.summed.cov, within)
        middle = weight @ mean
        return float(middle), float(np.sqrt(weight @ (variance + (mean - middle) ** 2)))

    def _tau_height(self, tau: np.ndarray) -> np.ndarray:
        return summed(cut(self.data, self.hidden, self.mu_prior, tau)).log_height

    def _hidden_law(self, row: int) -> Smooth:
        """A hidden row's own effect: mu and its deviation, which its window cuts with its standard error alone."""
        tau, keep = self.tau, self.panels.weight > 1e-9 * self.panels.weight.max()
        if not self.data.informs[row]:
            return self._laws["mu"]
        at = cut(self.data, self.hidden, self.mu_prior, tau[keep], own=row)
        slope = np.zeros_like(at.mean)
        slope[:, [0, -1]] = 1
        zero = np.zeros(keep.sum())
        return law(at, self.panels.weight[keep] / self.panels.weight[keep].sum(), zero, slope, zero, step=COARSE[0], reach=COARSE[1])

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in what is known of mu; a hidden row counts by its window's curvature."""
        at, n = self.joint, len(self.tau)
        variance = self.data.variance + self.data.informs * (self.tau**2)[:, None]
        variance[:, self.hidden] = 1 / self._curvature(at)
        wide = [np.broadcast_to(part, (n, *part.shape)) for part in (self.data.y, self.data.design)]
        rows = given_tau(Data(wide[0], variance, np.zeros_like(variance), wide[1], *self.data[4:]), np.zeros((n, 1)))
        return self.panels.weight @ (rows.carry / rows.information[..., None])[:, 0]

    def _curvature(self, at: Cut) -> np.ndarray:
        """Expected curvature of each window (n, h)."""
        points, found = lattice(at.across.shape[-1], *COARSE), []
        for block in _blocks(len(at.top), len(points)):
            part = at.at(block)
            root = _triangular(part, np.linalg.cholesky(part.spread))
            height = _height(part, part.middle[:, None], root, COARSE)[:, 0]
            z = part.middle[:, None] + points @ np.swapaxes(root, -1, -2)
            eta = part.offset[:, None] + z @ np.swapaxes(part.across, -1, -2)
            curvature = window_slopes(eta, part.error, part.sd[:, None])[1]
            found.append(np.einsum("np,nph->nh", height, curvature) / height.sum(-1, keepdims=True))
        return np.concatenate(found)

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """tau, centre and theta_new at ``points`` (n, 3), by the inverse Rosenblatt transformation."""
        tau = self.quantile("tau", points[:, 0])
        at = cut(self.data, self.hidden, self.mu_prior, tau)
        centre = law(at, np.full(len(tau), 1 / len(tau)), *self._centre(tau), step=COARSE[0], reach=COARSE[1]).own_quantile(points[:, 1])
        return tau, centre, centre + tau * ndtri(points[:, 2])


def solve(data: Data, hidden: np.ndarray, mu_prior, tau_prior, target: int | None = None) -> UnlikePosterior:
    """Posterior of the model where the rows ``hidden`` (k,) are known only as not significant and differ in design.

    Raises
    ------
    AnalysisError
        If they ask about too many directions, or the quadrature does not converge.
    """
    directions = int(np.linalg.matrix_rank(np.column_stack([np.ones(hidden.sum()), data.design[hidden]])))
    if directions > MOST:
        raise AnalysisError(f"the rows known only as not significant differ in {directions - 1} ways; at most {MOST - 1} design columns can")
    tail = tail_of(data, mu_prior, tau_prior)
    scale, low, high, powers = exact.tau_range(data, exact.mu_rule(mu_prior, data), mu_prior, tau_prior, tail)
    parts = (data, hidden, mu_prior, tau_prior, target, tail, scale)

    def log_density(x: np.ndarray) -> np.ndarray:
        tau = scale.tau(x)
        height = summed(cut(data, hidden, mu_prior, tau.ravel())).log_height
        return tau_prior.logpdf(tau) + height.reshape(tau.shape) + scale.log_slope(x)

    panels = adapt(log_density, lambda x: np.log(scale.tau(x)), low, high, powers)
    health: dict[str, float] = {}
    posterior = UnlikePosterior(*parts, panels, AXIS, health)
    fine = Panels(panels.left, panels.right, log_density(place(panels.left, panels.right, 2 * NODES)))
    error = max(_change(posterior, UnlikePosterior(*parts, fine, AXIS, {})), _lattice_error(posterior))
    if not error < exact.ERROR_LIMIT:
        raise AnalysisError(f"the quadrature over tau and mu did not converge (error {error:.1e}); check the scales of y, se and the priors")
    health |= {"quadrature_error": error, "nodes": float(panels.x.size * len(lattice(directions, STEP, REACH)))}
    return posterior


def _lattice_error(posterior: UnlikePosterior) -> float:
    """Largest change of the integral over z at every fourth tau on a wider lattice of twice the points, weighted by tau.

    Log marginal likelihood, against the density along mu too; means and SDs in units of the SD.
    """
    weight = posterior.panels.weight
    chosen = np.flatnonzero(weight > 1e-8 * weight.max())[::4]
    part, share = posterior.joint.at(chosen), weight[chosen] / weight[chosen].sum()
    old = Summed(*(values[chosen] for values in posterior.summed))
    new = summed(part, STEP * 0.5 ** (1 / old.mean.shape[1]), REACH + 0.7)
    sd = [np.sqrt(np.diagonal(values.cov, axis1=1, axis2=2)) for values in (old, new)]
    first = np.swapaxes(part.root, -1, -2)[:, :, 0]
    unit = np.einsum("nr,nrq->nq", first, part.basis)
    unit = unit / np.sqrt((unit**2).sum(-1, keepdims=True))
    changes = [new.log_height - old.log_height, along(part, unit)[3] - new.log_height]
    changes += [change / sd[1][:, j] for j in range(sd[1].shape[1]) for change in ((new.mean - old.mean)[:, j], (sd[1] - sd[0])[:, j])]
    return float(max(share @ abs(change) for change in changes))
