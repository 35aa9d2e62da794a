"""Dependent effects in blocks: closed forms given both variance components, cluster by cluster.

Model (Pustejovsky & Tipton 2022, doi 10.1007/s11121-021-01246-3): y_ij = mu + x_ij . b + u_j + w_ij + e_ij with
u_j ~ N(0, tau^2), w_ij ~ N(0, omega^2) and cov(e_ij, e_il) = rho se_ij se_il. Within cluster j,

    V_j = D_j + rho s_j s_j' + tau^2 1 1',   D_j = diag((1 - rho) s_ij^2 + omega^2),

a diagonal with two additions of rank one: a cluster costs as much as its rows, never their square. Whitening by D and
s leaves one row that carries all about mu and tau (`between`) and the rest, which does not know tau (`within`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis.numerics.conditional import LOG_2PI, log_constants, orthogonalise

CHUNK = 2**18  # numbers held at once


class Blocks(NamedTuple):
    """Rows sorted into clusters.

    ``order`` (k,) sorts the rows; ``start`` (J,) is each cluster's first sorted row, ``member`` (k,) each sorted row's
    cluster; ``columns`` (k, m + 2) holds design, ones and y, ``se`` and ``informs`` (k,) are sorted too.
    """

    order: np.ndarray
    start: np.ndarray
    member: np.ndarray
    columns: np.ndarray
    se: np.ndarray
    informs: np.ndarray
    rho: float
    term_mean: np.ndarray
    term_precision: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over each cluster's rows, along the last axis."""
        return np.add.reduceat(values, self.start, axis=-1)


def check_rho(rho: float) -> float:
    """A correlation in [0, 1), or `AnalysisError`."""
    ok = isinstance(rho, (int, float, np.number)) and not isinstance(rho, bool)
    if not (ok and 0 <= rho < 1):
        raise AnalysisError(f"rho = {rho!r} must be at least 0 and below 1: the correlation of sampling errors within a cluster")
    return float(rho)


def blocks_of(effects, rho: float, term_mean: np.ndarray, term_precision: np.ndarray) -> Blocks:
    """Sort the rows of effect sizes into the clusters that ``effects.cluster`` names.

    Raises
    ------
    AnalysisError
        If there are no rows or no cluster labels, rho is out of range, or a row that informs mu alone shares a cluster.
    """
    k = len(effects.y)
    if k == 0:
        raise AnalysisError("k = 0: a model with clusters needs rows")
    if effects.cluster is None:
        raise AnalysisError("these effects name no clusters; give EffectSizes.from_arrays(..., cluster=[...]), one label for each row")
    rho = check_rho(rho)
    code = np.unique(np.asarray(effects.cluster, str), return_inverse=True)[1]
    order = np.argsort(code, kind="stable")
    member = code[order]
    start = np.flatnonzero(np.concatenate([[True], member[1:] != member[:-1]]))
    informs = np.asarray(effects.informs_tau, float)[order]
    shared = (np.bincount(member)[member] > 1) & (informs == 0)
    if shared.any():
        row = int(order[np.flatnonzero(shared)[0]])
        raise AnalysisError(f"row {row} ({effects.labels[row]}) informs mu alone but shares a cluster; give it a cluster of its own")
    design = np.asarray(effects.design, float).reshape(k, -1)
    columns = np.column_stack([design, np.ones(k), np.asarray(effects.y, float)])[order]
    return Blocks(order, start, member, columns, np.asarray(effects.se, float)[order], informs, rho, term_mean, term_precision)


class GivenOmega(NamedTuple):
    """The rows whitened at each omega (n,).

    ``root`` (n, k) and ``unit`` (n, k), ``shrink`` (n, J) whiten (see `whiten`); ``information`` (n, J) is 1' M^-1 1;
    ``between`` (m + 2, n, J) the one row of each cluster that knows tau; ``within`` (n, q, m + 1) the rest of design
    and y, by Householder reduction; ``log_det`` (n,).
    """

    root: np.ndarray
    unit: np.ndarray
    shrink: np.ndarray
    information: np.ndarray
    between: np.ndarray
    within: np.ndarray
    log_det: np.ndarray


def given_omega(blocks: Blocks, omega: np.ndarray) -> GivenOmega:
    """Whiten by everything but tau, at each omega (n,)."""
    diagonal = (1 - blocks.rho) * blocks.se**2 + blocks.informs * (omega * omega)[:, None]
    root = 1 / np.sqrt(diagonal)
    unit = root * blocks.se
    length = blocks.sums(unit**2)
    grown = 1 + blocks.rho * length
    shrink = (1 - 1 / np.sqrt(grown)) / length
    log_det = np.log(diagonal).sum(-1) + np.log(grown).sum(-1)
    parts = GivenOmega(root, unit, shrink, None, None, None, log_det)
    white = np.array([whiten(blocks, parts, column) for column in blocks.columns.T])
    ones = white[-2]
    information = blocks.sums(ones**2)
    projected = blocks.sums(ones * white) / information
    between = projected * np.sqrt(information)
    white -= ones * projected[..., blocks.member]
    rest = np.moveaxis(np.delete(white, -2, axis=0), 0, -1)
    within = np.linalg.qr(rest, mode="r") if rest.shape[-1] > 1 else np.sqrt((rest**2).sum(-2, keepdims=True))
    return parts._replace(information=information, between=between, within=within)


def whiten(blocks: Blocks, parts: GivenOmega, column: np.ndarray) -> np.ndarray:
    """W times a column (k,) or columns (n, k), where W' W is the inverse of M = D + rho s s': (n, k)."""
    scaled = parts.root * column
    along = blocks.sums(parts.unit * scaled) * parts.shrink
    return scaled - parts.unit * along[..., blocks.member]


def transposed(blocks: Blocks, parts: GivenOmega, white: np.ndarray) -> np.ndarray:
    """W' times whitened columns (n, k): (n, k)."""
    along = blocks.sums(parts.unit * white) * parts.shrink
    return parts.root * (white - parts.unit * along[..., blocks.member])


class GivenBoth(NamedTuple):
    """The likelihood of mu at each (omega, tau), terms integrated out; fields as in `conditional.GivenTau`, (n, t)."""

    information: np.ndarray
    estimate: np.ndarray
    log_height: np.ndarray
    triangle: np.ndarray


def given_both(blocks: Blocks, parts: GivenOmega, tau: np.ndarray) -> GivenBoth:
    """Likelihood of mu for every omega in ``parts`` (n,) and every tau (t,), a few omegas at a time."""
    size = tau.size * blocks.start.size * max(1, blocks.columns.shape[1] - 2) * 2
    step = max(1, CHUNK // size)
    informs = blocks.informs[blocks.start]
    found = []
    for first in range(0, len(parts.log_det), step):
        cut = slice(first, first + step)
        inflation = 1 + (tau * tau)[:, None] * (parts.information[cut] * informs)[:, None, :]
        found.append(_without(blocks, parts, cut, inflation))
    return GivenBoth(*(np.concatenate(part, axis=-2) for part in zip(*found)))


def _without(blocks: Blocks, parts: GivenOmega, cut: slice, inflation: np.ndarray) -> GivenBoth:
    m = blocks.columns.shape[1] - 2
    log_det = parts.log_det[cut, None] + np.log(inflation).sum(-1)
    if m == 0:
        precision = parts.information[cut, None, :] / inflation
        mean = (parts.between[1, cut] / parts.between[0, cut])[:, None, :]
        information = precision.sum(-1)
        estimate = (precision * mean).sum(-1) / information
        squares = (precision * (mean - estimate[..., None]) ** 2).sum(-1) + parts.within[cut, :, 0] ** 2
        triangle = np.zeros((0, 2, *information.shape))
    else:
        columns = _rows(blocks, parts, cut, inflation)
        triangle = orthogonalise(columns, m)
        ones, rest = columns[m], columns[m + 1]
        information = (ones**2).sum(-1)
        estimate = (ones * rest).sum(-1) / information
        squares = ((rest - estimate[..., None] * ones) ** 2).sum(-1)
        log_det = log_det + 2 * np.log(np.diagonal(triangle, axis1=0, axis2=1)).sum(-1) - log_constants(blocks.term_precision)
    return GivenBoth(information, estimate, -0.5 * (len(blocks.se) * LOG_2PI + log_det + squares), triangle)


def _rows(blocks: Blocks, parts: GivenOmega, cut: slice, inflation: np.ndarray) -> np.ndarray:
    """Least-squares rows (m + 2, n, t, ...): between clusters, within them, and one for each term's prior."""
    n, t, clusters = inflation.shape
    m, inner = blocks.columns.shape[1] - 2, parts.within.shape[1]
    columns = np.zeros((m + 2, n, t, clusters + inner + m))
    columns[..., :clusters] = parts.between[:, cut, None, :] / np.sqrt(inflation)
    within = np.moveaxis(parts.within[cut], -1, 0)[:, :, None, :]
    columns[:m, ..., clusters : clusters + inner] = within[:m]
    columns[m + 1, ..., clusters : clusters + inner] = within[m]
    prior = np.sqrt(blocks.term_precision)
    for j in range(m):
        columns[j, ..., clusters + inner + j] = prior[j]
        columns[m + 1, ..., clusters + inner + j] = prior[j] * blocks.term_mean[j]
    return columns


def weighted_columns(blocks: Blocks, parts: GivenOmega, tau: np.ndarray, values: np.ndarray) -> np.ndarray:
    """V^-1 values at n pairs (omega_i, tau_i): (n, k) from values (k,) or (n, k), sorted rows."""
    ones = whiten(blocks, parts, np.ones(len(blocks.se)))
    white = whiten(blocks, parts, values)
    part = (tau * tau)[:, None] * blocks.informs[blocks.start]
    along = blocks.sums(ones * white) * part / (1 + part * parts.information)
    return transposed(blocks, parts, white - ones * along[:, blocks.member])


def inverse_diagonal(blocks: Blocks, parts: GivenOmega, tau: np.ndarray) -> np.ndarray:
    """Diagonal of V^-1 at n pairs (omega_i, tau_i), (n, k)."""
    # diag(W' W) - tau^2 / (1 + tau^2 A) (W' W 1)^2
    shrink = parts.shrink[:, blocks.member]
    length = blocks.sums(parts.unit**2)[:, blocks.member]
    own = parts.root**2 * (1 - shrink * parts.unit**2 * (2 - shrink * length))
    inner = transposed(blocks, parts, whiten(blocks, parts, np.ones(len(blocks.se))))
    part = (tau * tau)[:, None] * blocks.informs[blocks.start]
    return own - (part / (1 + part * parts.information))[:, blocks.member] * inner**2
