"""Known nulls whose design rows differ, by their exact likelihood term.

As `censored`, but the hidden rows ask about more than one direction of mu and the terms, up to four; given tau these are
normal, cut by windows (`cutnormal`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from workbench.errors import AnalysisError
from workbench.synthesis.exact import random_effects
from workbench.synthesis.exact.censored import CensoredPosterior, _change
from workbench.synthesis.numerics.conditional import Data, given_tau, mu_rule
from workbench.synthesis.numerics.cutnormal import AXIS, Cut, Summed, along, cut, expected_curvature, lattice, law, summed
from workbench.synthesis.numerics.quadrature import NODES, Panels, adapt, place
from workbench.synthesis.numerics.spread import ERROR_LIMIT, farthest, held
from workbench.synthesis.numerics.tails import tail_of
from workbench.synthesis.numerics.windows import Smooth

FINENESS = ((1.0, 6.6), (0.7, 8.5))  # step and reach of the lattice, in SDs: the second where the first does not suffice
MOST = 4  # directions: mu and three terms
COARSE = {"step": 1.0, "reach": 5.5}  # lattice where one more direction is summed over
DRAWN = {"step": 1.1, "reach": 5.0, "nodes": 30}  # and for draws, of which each has its own tau
SLIGHT = 1e-11  # weight of a value of tau that adds nothing to a distribution


@dataclass(frozen=True, eq=False)
class UnlikePosterior(CensoredPosterior):
    """The posterior with known nulls whose design rows differ; satisfies `result.Posterior`.

    ``fineness`` is the step and the reach of the lattice.
    """

    fineness: tuple[float, float]

    @cached_property
    def joint(self) -> Cut:
        """What the windows cut at the nodes."""
        return cut(self.data, self.hidden, self.mu_prior, self.tau)

    @cached_property
    def summed(self) -> Summed:
        """Its moments at the nodes."""
        return summed(self.joint, *self.fineness)

    def _smooth(self, at: Cut, weight, constant, slope, noise, **fineness) -> Smooth:
        keep = weight > SLIGHT * weight.max()
        share = weight[keep] / weight[keep].sum()
        fineness = {"step": self.fineness[0], "reach": self.fineness[1]} | fineness
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
        finite = [random_effects.ExactPosterior._finite(self, quantity, order) for order in (1, 2)]
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
        return summed(cut(self.data, self.hidden, self.mu_prior, tau), *self.fineness).log_height

    def _hidden_law(self, row: int) -> Smooth:
        """A hidden row's own effect: mu and its deviation, which its window cuts with its standard error alone."""
        tau, keep = self.tau, self.panels.weight > 1e-9 * self.panels.weight.max()
        if not self.data.informs[row]:
            return self._laws["mu"]
        at = cut(self.data, self.hidden, self.mu_prior, tau[keep], own=row)
        slope = np.zeros_like(at.mean)
        slope[:, [0, -1]] = 1
        zero = np.zeros(keep.sum())
        return law(at, self.panels.weight[keep] / self.panels.weight[keep].sum(), zero, slope, zero, **COARSE)

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in what is known of mu; a hidden row counts by its window's curvature."""
        at, n = self.joint, len(self.tau)
        variance = self.data.variance + self.data.informs * (self.tau**2)[:, None]
        variance[:, self.hidden] = 1 / np.maximum(expected_curvature(at, **COARSE), 1e-200)  # a window may say nothing
        wide = [np.broadcast_to(part, (n, *part.shape)) for part in (self.data.y, self.data.design)]
        rows = given_tau(Data(wide[0], variance, np.zeros_like(variance), wide[1], *self.data[4:]), np.zeros((n, 1)))
        return self.panels.weight @ (rows.carry / rows.information[..., None])[:, 0]

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """tau, centre and theta_new at ``points`` (n, 3), by the inverse Rosenblatt transformation."""
        tau = self.quantile("tau", points[:, 0])
        at = cut(self.data, self.hidden, self.mu_prior, tau)
        centre = law(at, np.full(len(tau), 1 / len(tau)), *self._centre(tau), **DRAWN).own_quantile(points[:, 1])
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
    for fineness in FINENESS:
        posterior = _on_lattice(data, hidden, mu_prior, tau_prior, target, fineness)
        error = posterior.health["quadrature_error"]
        if error < ERROR_LIMIT:
            return posterior
    raise AnalysisError(f"the quadrature over tau and mu did not converge (error {error:.1e}); check the scales of y, se and the priors")


def _on_lattice(data: Data, hidden: np.ndarray, mu_prior, tau_prior, target: int | None, fineness: tuple[float, float]) -> UnlikePosterior:
    """The posterior with a lattice of one step and reach, and its error."""
    tail = tail_of(data, mu_prior, tau_prior)
    scale, low, high, powers = random_effects.tau_range(data, mu_rule(mu_prior, data), mu_prior, tau_prior, tail)
    scale = held(scale, np.sqrt(data.variance.min()), farthest(data.y, data.variance, mu_prior))
    parts = (data, hidden, mu_prior, tau_prior, target, tail, scale)

    def log_density(x: np.ndarray) -> np.ndarray:
        tau = scale.tau(x)
        height = summed(cut(data, hidden, mu_prior, tau.ravel()), *fineness).log_height
        return height.reshape(tau.shape) + scale.log_prior(tau_prior, x)

    panels = adapt(log_density, lambda x: np.log(scale.tau(x)), low, high, powers)
    health: dict[str, float] = {}
    posterior = UnlikePosterior(*parts, panels, AXIS, health, fineness)
    fine = Panels(panels.left, panels.right, log_density(place(panels.left, panels.right, 2 * NODES)))
    error = max(_change(posterior, UnlikePosterior(*parts, fine, AXIS, {}, fineness)), _lattice_error(posterior))
    points = len(lattice(posterior.joint.across.shape[-1], *fineness))
    health |= {"quadrature_error": error, "nodes": float(panels.x.size * points)}
    return posterior


def _lattice_error(posterior: UnlikePosterior) -> float:
    """Largest change of the integral over z at every fourth tau on a wider lattice of twice the points, weighted by tau.

    Log marginal likelihood, against the density along mu too; means and SDs in units of the SD.
    """
    weight = posterior.panels.weight
    chosen = np.flatnonzero(weight > 1e-8 * weight.max())[::4]
    part, share = posterior.joint.at(chosen), weight[chosen] / weight[chosen].sum()
    old = Summed(*(values[chosen] for values in posterior.summed))
    step, reach = posterior.fineness
    new = summed(part, step * 0.5 ** (1 / old.mean.shape[1]), reach + 0.7)
    sd = [np.sqrt(np.diagonal(values.cov, axis1=1, axis2=2)) for values in (old, new)]
    first = np.swapaxes(part.root, -1, -2)[:, :, 0]
    unit = np.einsum("nr,nrq->nq", first, part.basis)
    unit = unit / np.sqrt((unit**2).sum(-1, keepdims=True))
    changes = [new.log_height - old.log_height, along(part, unit, step, reach)[3] - new.log_height]
    changes += [change / sd[1][:, j] for j in range(sd[1].shape[1]) for change in ((new.mean - old.mean)[:, j], (sd[1] - sd[0])[:, j])]
    return float(max(share @ abs(change) for change in changes))
