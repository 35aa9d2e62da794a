"""The exact engine on many data sets, and many priors, at once: the same model and figures as `fit`, array by array.

Data sets of one size share arrays. The range of tau that matters is found on a coarse grid, cut into panels for each
data set, and the panels of those that are not yet resolved are doubled; what still is not goes through `random_effects.solve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from workbench.synthesis import priors
from workbench.synthesis.exact import random_effects
from workbench.synthesis.exact.batch_data import Figures, Many, entries, kinds, pairs_of, rows_of
from workbench.synthesis.numerics.conditional import LOG_2PI, Data, given_tau
from workbench.synthesis.numerics.mixture import Mixture, invert
from workbench.synthesis.numerics.quadrature import NODES, legendre
from workbench.synthesis.numerics.spread import LONGEST, prior_sizes
from workbench.synthesis.numerics.tails import Tail, tail_of

CHUNK = 2**20  # numbers held at once
COARSE = 0.16  # step of the first grid, in log tau
WIDTH = 1.8  # widest panel to begin with
PANELS, MOST = 3, 96
NEGLIGIBLE = -34.0
TOLERANCE = 1e-8  # of the last coefficients; integrals are then good to about its square
LEVELS = (0.5, 0.025, 0.975)
FIGURES = 18


class _Items(NamedTuple):
    """Fits of one size: rows (n, k), prior of mu (n,), stacked prior of tau, their tail and moments."""

    y: np.ndarray
    variance: np.ndarray
    informs: np.ndarray
    location: np.ndarray
    precision: np.ndarray
    tau_prior: Any
    tail: Tail

    def take(self, index) -> _Items:
        return _Items(*(part[index] for part in self[:5]), stack_take(self.tau_prior, index), self.tail)

    @property
    def data(self) -> Data:
        return Data(self.y, self.variance, self.informs, np.zeros((*self.y.shape, 0)), np.zeros(0), np.zeros(0))


def stack(found: Sequence[Any]) -> Any:
    """One prior whose parameters are columns (n, 1), from n priors of one kind."""
    kind = type(found[0])
    stacked = object.__new__(kind)
    for part in fields(kind):
        object.__setattr__(stacked, part.name, np.array([getattr(prior, part.name) for prior in found], float)[:, None])
    return stacked


def stack_take(stacked: Any, index) -> Any:
    """Some of the priors in a stack."""
    kind = type(stacked)
    part = object.__new__(kind)
    for own in fields(kind):
        object.__setattr__(part, own.name, getattr(stacked, own.name)[index])
    return part


def fit_many(data: Any, mu: Any, tau: Any, workers: int = 2) -> Many:
    """Fit the random-effects model to many data sets, under one pair of priors or several.

    Parameters
    ----------
    data : sequence of (y, se) or of EffectSizes, or a pair of arrays (n, k) padded with nan
        Effect sizes must have no design columns.
    mu, tau : prior, or sequence of priors
        Sequences go together in pairs; a single prior goes with each of the other.
    workers : int
        Threads; the figures do not depend on it.

    Returns
    -------
    Many

    Raises
    ------
    AnalysisError
        For numbers that cannot be fitted, priors of the wrong kind, or an improper posterior.
    """
    rows = [rows_of(entry, place) for place, entry in enumerate(entries(data))]
    pairs, several = pairs_of(mu, tau)
    found = np.full((len(rows), len(pairs), FIGURES), np.nan)
    sizes = np.array([len(row[0]) for row in rows], int)
    informing = np.array([int(row[2].sum()) for row in rows], int)

    def fill(group: tuple[int, int]) -> None:
        which = np.flatnonzero((sizes == group[0]) & (informing == group[1]))
        table = np.array([rows[i] for i in which])  # (n, 3, k)
        for members in kinds(pairs):
            chosen = [pairs[j] for j in members]
            shared = group[0] > 0 and isinstance(chosen[0][0], (priors.Normal, priors.Flat)) and not isinstance(chosen[0][1], priors.LogStudentT)
            figures = _together(table, chosen) if shared else [_alone(row, *pair) for row in table for pair in chosen]
            found[np.ix_(which, members)] = np.reshape(figures, (len(which), len(members), FIGURES))

    with ThreadPoolExecutor(max_workers=workers) as pool:  # numpy lets go of the interpreter's lock in its loops
        list(pool.map(fill, sorted(set(zip(sizes.tolist(), informing.tolist())), reverse=True)))
    found = found if several else found[:, 0]
    parts = np.moveaxis(found, -1, 0)
    return Many(*(Figures(*parts[5 * i : 5 * i + 5]) for i in range(3)), *parts[15:], sizes)


def _alone(row: np.ndarray, mu: Any, tau: Any) -> np.ndarray:
    """One fit by the engine that adapts to it, as a row of figures."""
    data = Data(*row, np.zeros((row.shape[1], 0)), np.zeros(0), np.zeros(0))
    fitted = random_effects.solve(data, mu, tau)
    figures = []
    for name in ("mu", "tau", "theta_new"):
        figures += [*fitted.moments(name), *fitted.quantile(name, np.array(LEVELS))]
    return np.array([*figures, *(fitted.sf(name, np.zeros(1))[0] for name in ("mu", "theta_new")), fitted.log_marginal])


def _together(table: np.ndarray, pairs: list[tuple[Any, Any]]) -> np.ndarray:
    """Figures of n data sets (n, 3, k) under each of the pairs, (n * pairs, 18), some at a time."""
    flat = isinstance(pairs[0][0], priors.Flat)
    first = Data(*table[0], np.zeros((table.shape[2], 0)), np.zeros(0), np.zeros(0))
    tail = tail_of(first, *pairs[0])
    repeat = np.tile(np.arange(len(pairs)), len(table))
    location = np.array([0.0 if flat else pair[0].mean for pair in pairs])[repeat]
    precision = np.array([0.0 if flat else pair[0].sd ** -2.0 for pair in pairs])[repeat]
    rows = np.repeat(table, len(pairs), axis=0)
    if flat:
        location = rows[:, 0, 0]
    items = _Items(rows[:, 0], rows[:, 1], rows[:, 2], location, precision, stack_take(stack([pair[1] for pair in pairs]), repeat), tail)
    found = np.empty((len(rows), FIGURES))
    step = max(1, CHUNK // (64 * max(4, table.shape[2])))
    for start in range(0, len(rows), step):
        cut = slice(start, start + step)
        part, left = _chunk(items.take(cut))
        found[cut] = part
        for i in start + left:
            found[i] = _alone(rows[i], *pairs[repeat[i]])
    return found


def _log_density(items: _Items, size: np.ndarray, x: np.ndarray):
    """Log posterior density of x (n, nodes), not normalised; and mean and SD of mu there."""
    tau = size[:, None] * np.sinh(x)
    given = given_tau(items.data, tau)
    prior = items.precision[:, None]
    total = given.information + prior
    offset = given.estimate - items.location[:, None]
    if items.precision[0] == 0:
        own = 0.5 * (LOG_2PI - np.log(given.information))
    else:
        ratio = given.information / prior
        own = -0.5 * np.log1p(ratio) - 0.5 * offset**2 * given.information / (1 + ratio)
    density = given.log_height + own + items.tau_prior.logpdf(tau) + np.log(np.cosh(x) * size[:, None])
    return density, tau, items.location[:, None] + offset * given.information / total, 1 / np.sqrt(total)


def _span(items: _Items, powers: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale of tau, and the range of x in which the posterior and its moments live; all (n,)."""
    prior_small, prior_large = (np.ravel(part) for part in prior_sizes(items.tau_prior))
    error = np.sqrt(items.variance)
    small = np.minimum(np.minimum(prior_small, error.min(-1)), 1 / np.sqrt((1 / items.variance).sum(-1) + items.precision))
    if isinstance(items.tau_prior, priors.Uniform):
        low, high = (np.arcsinh(part[:, 0] / small) for part in (items.tau_prior.low, items.tau_prior.high))
    else:
        far = np.maximum(np.maximum(error.max(-1), np.ptp(items.y, axis=-1)), abs(items.y - items.location[:, None]).max(-1))
        low, high = np.zeros(len(small)), np.arcsinh(np.maximum(prior_large, 100 * far) / small)
        if np.isfinite(items.tail.exponent):
            high = np.minimum(high + 45 / (items.tail.exponent - 1 - powers[-1]), LONGEST)
    # Short of rows the posterior is wide; with many it may be as narrow as 1 / root(2 k).
    count = int(np.ceil((high - low).max() / min(COARSE, 0.7 / np.sqrt(2 * items.y.shape[1])))) + 2
    x = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, count)
    density, tau = _log_density(items, small, x)[:2]
    alive = np.zeros(density.shape, bool)
    with np.errstate(divide="ignore"):
        for power in powers:
            height = density + power * np.log(tau) if power else density
            alive |= height - height.max(-1, keepdims=True) > NEGLIGIBLE
    index = np.arange(len(x))
    first = np.maximum(alive.argmax(-1) - 1, 0)
    last = np.minimum(count - alive[:, ::-1].argmax(-1), count - 1)
    return small, x[index, first], x[index, last]


def _chunk(items: _Items) -> tuple[np.ndarray, np.ndarray]:
    """Figures of some fits, and the places of those that no number of panels resolved."""
    powers = tuple(order for order in (0, 1, 2) if items.tail.tau_moment(order))
    size, low, high = _span(items, powers)
    found = np.full((len(size), FIGURES), np.nan)
    needed = np.maximum(np.ceil((high - low) / WIDTH), PANELS).astype(int)
    # few different numbers of panels, so that arrays stay large
    needed = PANELS * 2 ** np.ceil(np.log2(needed / PANELS)).astype(int)
    while (needed <= MOST).any():
        panels = int(needed.min())
        which = np.flatnonzero(needed == panels)
        edges = low[which, None] + (high - low)[which, None] * np.linspace(0, 1, panels + 1)
        x = ((edges[:, 1:] + edges[:, :-1])[..., None] + (edges[:, 1:] - edges[:, :-1])[..., None] * legendre(NODES)[0]) / 2
        part = items.take(which)
        nodes = _log_density(part, size[which], x.reshape(len(which), -1))
        fine = _resolved(nodes, panels, powers)
        if fine.any():
            found[which[fine]] = _figures(part.take(fine), size[which[fine]], edges[fine], [values[fine] for values in nodes])
        needed[which] = np.where(fine, MOST + 1, 2 * panels)
    return found, np.flatnonzero(np.isnan(found[:, 17]))


def _resolved(nodes, panels: int, powers: tuple[int, ...]) -> np.ndarray:
    """Whether the Legendre series of each fit's density has died away on every panel."""
    _, weight, to_coefficients = legendre(NODES)
    good = np.ones(len(nodes[0]), bool)
    for power in powers:
        height = nodes[0] + power * np.log(nodes[1]) if power else nodes[0]
        density = np.exp(height - height.max(-1, keepdims=True)).reshape(len(height), panels, NODES)
        last = abs(density @ to_coefficients[:, -2:]).max((-1, -2))
        good &= last < TOLERANCE * (density @ weight).sum(-1)
    return good


def _figures(items: _Items, size: np.ndarray, edges: np.ndarray, nodes) -> np.ndarray:
    """All figures of some fits from their nodes, (n, 18)."""
    log_density, tau, mean, sd = nodes
    panels = edges.shape[1] - 1
    half = (edges[:, 1:] - edges[:, :-1]) / 2
    top = log_density.max(-1, keepdims=True)
    density = np.exp(log_density - top).reshape(len(size), panels, NODES)
    weight = (density * legendre(NODES)[1] * half[..., None]).reshape(len(size), -1)
    total = weight.sum(-1, keepdims=True)
    weight = weight / total
    out = np.empty((len(size), FIGURES))
    out[:, 17] = top[:, 0] + np.log(total[:, 0])
    spread = np.hypot(sd, tau)
    for start, width in ((0, sd), (10, spread)):
        found = Mixture(weight, mean, width)
        out[:, start], out[:, start + 1] = found.moments()
        for column, p in enumerate(LEVELS, start + 2):
            out[:, column] = found.quantile(np.full(len(size), p))
        out[:, 15 + start // 10] = found.sf(np.zeros(len(size)))
    out[:, 5] = (weight * tau).sum(-1)
    out[:, 6] = np.sqrt((weight * (tau - out[:, [5]]) ** 2).sum(-1))
    series = density / total[..., None] @ legendre(NODES)[2]
    for column, p in enumerate(LEVELS, 7):
        out[:, column] = size * np.sinh(_tau_quantile(series, edges, half, p))
    return _without_infinite(out, items)


def _tau_quantile(series: np.ndarray, edges: np.ndarray, half: np.ndarray, p: float) -> np.ndarray:
    """x below which a share p lies, (n,), from the Legendre series (n, panels, nodes) of its density."""
    count, index = series.shape[-1], np.arange(len(series))
    mass = 2 * series[..., 0] * half
    below = np.concatenate([np.zeros((len(series), 1)), np.cumsum(mass, axis=1)], axis=1)
    panel = np.clip((below < p).sum(-1) - 1, 0, series.shape[1] - 1)
    own, width, left = series[index, panel], half[index, panel], edges[index, panel]
    scaled = own / (2 * np.arange(count) + 1) * width[:, None]
    integral = np.zeros((len(series), count + 1))
    integral[:, 1:] += scaled
    integral[:, : count - 1] -= scaled[:, 1:]
    integral[:, 0] += scaled[:, 0]
    start = below[index, panel]

    def tail(x, upper, which):
        place = np.polynomial.legendre.legvander(np.clip((x - left[which]) / width[which] - 1, -1, 1), count)
        share = start[which] + (integral[which] * place).sum(-1)
        return np.clip(np.where(upper, 1 - share, share), 0, 1), np.maximum((own[which] * place[:, :-1]).sum(-1), 0)

    return invert(tail, np.full(len(series), p), left, left + 2 * width, left + width)


def _without_infinite(out: np.ndarray, items: _Items) -> np.ndarray:
    """The figures with nan for moments that do not exist."""
    for order in (1, 2):
        tau, mu = items.tail.tau_moment(order), items.tail.mu_moment(order)
        for start, finite in ((0, mu), (5, tau), (10, tau and mu)):
            if not finite:
                out[:, start + order - 1] = np.nan
    return out
