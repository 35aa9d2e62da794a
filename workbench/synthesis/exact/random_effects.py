"""The exact engine: normal-normal random effects integrated by deterministic quadrature over tau.

Given tau everything is in closed form (`conditional`); tau is integrated numerically on panels that
adapt to its posterior (`quadrature`). No Monte Carlo error: the same rows give the same bytes.
After Roever 2020 (doi 10.18637/jss.v093.i06), extended by design terms, rows that inform mu alone,
a target study, and priors of mu that are not normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics.conditional import (
    Data,
    GivenTau,
    Linear,
    MuGivenTau,
    given_tau,
    mean_effect,
    mixture,
    mixture_by_row,
    mu_rule,
    study_effects,
    term_effects,
)
from workbench.synthesis.numerics.mixture import Mixture
from workbench.synthesis.numerics.quadrature import NODES, Panels, adapt, place
from workbench.synthesis.numerics.spread import ERROR_LIMIT, LogScale, TauScale, check_tau_prior, farthest, variable
from workbench.synthesis.numerics.tails import Tail, tail_of
from workbench.synthesis.result import Estimates

def tau_log_likelihood(data: Data, rule, tau: np.ndarray) -> np.ndarray:
    """Log marginal likelihood at each tau (any shape), mu and terms integrated out."""
    return _summed(rule.given(given_tau(data, tau.ravel())).log_weight).reshape(tau.shape)


def _summed(log_weight: np.ndarray) -> np.ndarray:
    """Log of the sum over the components of mu, (n,) from (n, L)."""
    if log_weight.shape[-1] == 1:
        return log_weight[:, 0]
    top = log_weight.max(-1)
    return top + np.log(np.exp(log_weight - top[:, None]).sum(-1))


def tau_range(data: Data, rule, mu_prior, tau_prior, tail: Tail) -> tuple[TauScale | LogScale, float, float, tuple[int, ...]]:
    """Variable of integration, its range, and the moments of tau that exist."""
    powers = tuple(order for order in (0, 1, 2) if tail.tau_moment(order))
    smallest = rule.given(given_tau(data, np.zeros(1))).sd.min()
    if data.y.size:
        smallest = min(smallest, np.sqrt(data.variance.min()))
    return *variable(tau_prior, smallest, farthest(data.y, data.variance, mu_prior), tail.exponent, powers[-1]), powers


@dataclass(frozen=True, eq=False)
class ExactPosterior:
    """The posterior on its nodes; satisfies `result.Posterior`.

    Attributes
    ----------
    data : Data
        The rows as arrays.
    mu_prior, tau_prior : prior
        Priors.
    rule : Conjugate, Improper or Bounded
        Treatment of mu's prior.
    target : int or None
        Row on whose own effect a new area is centred.
    tail : Tail
        Which moments exist.
    scale : TauScale or LogScale
        Variable of integration.
    panels : Panels
        Posterior density of that variable.
    health : mapping
        ``quadrature_error`` (largest change of any summary on doubling the nodes) and ``nodes``.
    """

    data: Data
    mu_prior: object
    tau_prior: object
    rule: object
    target: int | None
    tail: Tail
    scale: TauScale | LogScale
    panels: Panels
    health: Mapping[str, float]

    engine = "exact"

    @property
    def log_marginal(self) -> float:
        """Log marginal likelihood."""
        return self.panels.log_total

    # On the nodes ---------------------------------------------------------------------------------

    @cached_property
    def tau(self) -> np.ndarray:
        """tau at the nodes, (n,)."""
        return self.scale.tau(self.panels.x)

    @cached_property
    def rows(self) -> GivenTau:
        """Closed forms at the nodes."""
        return given_tau(self.data, self.tau)

    @cached_property
    def mu(self) -> MuGivenTau:
        """mu at the nodes, (n, L)."""
        return self.rule.given(self.rows)

    @cached_property
    def weight(self) -> np.ndarray:
        """Posterior weight of each component of mu at each node, (n, L); sums to 1."""
        return self.panels.weight[:, None] * within(self.mu.log_weight)

    @cached_property
    def _own(self) -> Linear:
        """Each row's own effect at the nodes, (n, k)."""
        return study_effects(self.data, self.rows, self.tau)

    @cached_property
    def _mixtures(self) -> dict[str, Mixture]:
        centre = mean_effect(self.tau) if self.target is None else Linear(*(part[:, self.target] for part in self._own))
        found = {"mu": mixture(self.weight, self.mu, mean_effect(self.tau))}
        found["centre"] = found["mu"] if self.target is None else mixture(self.weight, self.mu, centre)
        return found | {"theta_new": mixture(self.weight, self.mu, centre.spread(self.tau**2))}

    # Posterior protocol -----------------------------------------------------------------------------

    def moments(self, quantity: str) -> tuple[float, float]:
        """Posterior mean and SD; ``nan`` where the moment does not exist (read off the tail, not the sum)."""
        if quantity == "tau":
            mean = float(self.panels.weight @ self.tau)
            sd = float(np.sqrt(self.panels.weight @ (self.tau - mean) ** 2))
        else:
            mean, sd = (float(part) for part in self._mixtures[quantity].moments())
        finite = [self._finite(quantity, order) for order in (1, 2)]
        return (mean if finite[0] else np.nan), (sd if finite[1] else np.nan)

    def _finite(self, quantity: str, order: int) -> bool:
        tau, mu = self.tail.tau_moment(order), self.tail.mu_moment(order)
        # A row that informs tau keeps its own effect near its own result, however large tau is.
        held = self.target is not None and bool(self.data.informs[self.target])
        centre = mu or held
        return {"tau": tau, "mu": mu, "centre": centre, "theta_new": tau and centre}[quantity]

    def cdf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity <= x)."""
        return self._tau_share(self.panels.cdf, x, 0.0) if quantity == "tau" else self._mixtures[quantity].pruned().cdf(x)

    def sf(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """P(quantity > x)."""
        return self._tau_share(self.panels.sf, x, 1.0) if quantity == "tau" else self._mixtures[quantity].pruned().sf(x)

    def _tau_share(self, share, x: np.ndarray, below: float) -> np.ndarray:
        inside = share(self.scale.x(np.maximum(x, 0)))
        first, last = self.scale.tau(self.panels.left[0]), self.scale.tau(self.panels.right[-1])
        return np.where(x <= first, below, np.where(x >= last, 1 - below, inside))

    def density(self, quantity: str, x: np.ndarray) -> np.ndarray:
        """Posterior density."""
        if quantity != "tau":
            return self._mixtures[quantity].pruned().pdf(x)
        inside = (x >= 0) & np.isfinite(x)
        point = np.where(inside, x, 1.0)
        log_density = self.tau_prior.logpdf(point) + tau_log_likelihood(self.data, self.rule, point)
        return np.where(inside, np.exp(log_density - self.log_marginal), 0.0)

    def quantile(self, quantity: str, p: np.ndarray) -> np.ndarray:
        """Inverse of the distribution function, to 1e-10."""
        if quantity != "tau":
            x = self._mixtures[quantity].quantile(p)
            bounds = self.mu.bounds if quantity == "mu" else None
            return x if bounds is None else np.clip(x, *bounds)
        low, high = (self.tau_prior.low, self.tau_prior.high) if isinstance(self.tau_prior, priors.Uniform) else (0.0, np.inf)
        return np.where(p <= 0, low, np.where(p >= 1, high, self.scale.tau(self.panels.quantile(p))))

    def studies(self, level: float) -> Estimates:
        """Each row's own effect, shrunken."""
        return self._estimates(self._own, level, [self._study_finite(order) for order in (1, 2)])

    def _study_finite(self, order: int) -> np.ndarray:
        return (self.data.informs > 0) | self.tail.mu_moment(order)

    def terms(self, level: float) -> Estimates:
        """Each design term's coefficient (all moments exist where its prior is normal)."""
        if self.data.term_mean.size == 0:
            return Estimates(*np.zeros((4, 0)))
        return self._estimates(term_effects(self.rows), level, [self.tail.term_moments(order) for order in (1, 2)])

    def _estimates(self, quantity: Linear, level: float, finite: list[np.ndarray]) -> Estimates:
        if quantity.intercept.shape[-1] == 0:
            return Estimates(*np.zeros((4, 0)))
        mixtures = mixture(self.weight, self.mu, quantity).pruned()
        mean, sd = mixtures.moments()
        tails = [mixtures.quantile(np.full(len(mean), p)) for p in ((1 - level) / 2, (1 + level) / 2)]
        return Estimates(np.where(finite[0], mean, np.nan), np.where(finite[1], sd, np.nan), *tails)

    def weights(self) -> np.ndarray:
        """Posterior expectation of each row's share in the estimate of mu, (k,)."""
        if self.data.y.size == 0:
            return np.zeros(0)
        return self.panels.weight @ (self.rows.carry / self.rows.information[:, None])

    def draw(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """tau, centre and theta_new at ``points`` (n, 3), by the inverse Rosenblatt transformation."""
        tau = self.quantile("tau", points[:, 0])
        rows = given_tau(self.data, tau)
        mu = self.rule.given(rows)
        if self.target is None:
            quantity = mean_effect(tau)
        else:
            quantity = Linear(*(part[:, self.target] for part in study_effects(self.data, rows, tau)))
        given = mixture_by_row(within(mu.log_weight), mu, quantity)
        single = mu.bounds is None and mu.mean.shape[-1] == 1
        centre = given.mean[:, 0] + given.sd[:, 0] * ndtri(points[:, 1]) if single else given.quantile(points[:, 1])
        return tau, centre, centre + tau * ndtri(points[:, 2])


def within(log_weight: np.ndarray) -> np.ndarray:
    """Components' shares at each node."""
    share = np.exp(log_weight - log_weight.max(-1, keepdims=True))
    return share / share.sum(-1, keepdims=True)


# Fitting ---------------------------------------------------------------------------------------------


def solve(data: Data, mu_prior, tau_prior, target: int | None = None) -> ExactPosterior:
    """Posterior of the model for one data set.

    Raises
    ------
    AnalysisError
        If a prior is of the wrong kind, the posterior is improper, or the quadrature does not converge.
    """
    check_tau_prior(tau_prior)
    rule = mu_rule(mu_prior, data)
    tail = tail_of(data, mu_prior, tau_prior)
    scale, low, high, powers = tau_range(data, rule, mu_prior, tau_prior, tail)

    seen: list[tuple[GivenTau, MuGivenTau]] = []

    def log_density(x: np.ndarray) -> np.ndarray:
        rows = given_tau(data, scale.tau(x).ravel())
        seen.append((rows, rule.given(rows)))
        return _summed(seen[-1][1].log_weight).reshape(x.shape) + scale.log_prior(tau_prior, x)

    panels = adapt(log_density, lambda x: np.log(scale.tau(x)), low, high, powers)
    health: dict[str, float] = {}
    posterior = ExactPosterior(data, mu_prior, tau_prior, rule, target, tail, scale, panels, health)
    error = _doubling_error(_knowing(posterior, **_at_nodes(seen, panels)))
    if not error < ERROR_LIMIT:
        raise AnalysisError(f"the quadrature over tau did not converge (error {error:.1e}); check the scales of y, se and the priors")
    health |= {"quadrature_error": error, "nodes": float(panels.x.size)}
    return posterior


def _at_nodes(seen: list[tuple[GivenTau, MuGivenTau]], panels: Panels) -> dict[str, GivenTau | MuGivenTau]:
    """The closed forms at the nodes of the panels that were kept, from all that the search has evaluated."""
    rows, mu = zip(*seen)
    node = (panels.origin[:, None] * NODES + np.arange(NODES)).ravel()
    *parts, triangle = (np.concatenate(part, axis=-1 if part[0].ndim == 3 else 0) for part in zip(*((*given[:5], given.triangle) for given in rows)))
    kept = GivenTau(*(part[node] for part in parts), triangle[..., node])
    return {"rows": kept, "mu": MuGivenTau(*(np.concatenate(part)[node] for part in zip(*(given[:3] for given in mu))), mu[0].bounds)}


def doubled(posterior: ExactPosterior) -> ExactPosterior:
    """The same posterior with twice the nodes on every panel (and half the step behind a StudentT mu)."""
    rule = mu_rule(posterior.mu_prior, posterior.data, fineness=2)
    left, right = posterior.panels.left, posterior.panels.right
    x = place(left, right, 2 * NODES)
    tau = posterior.scale.tau(x).ravel()
    rows = given_tau(posterior.data, tau)
    mu = rule.given(rows)
    values = _summed(mu.log_weight).reshape(x.shape) + posterior.scale.log_prior(posterior.tau_prior, x)
    parts = (posterior.data, posterior.mu_prior, posterior.tau_prior, rule, posterior.target, posterior.tail, posterior.scale)
    return _knowing(ExactPosterior(*parts, Panels(left, right, values), {}), tau=tau, rows=rows, mu=mu)


def _knowing(posterior: ExactPosterior, **found) -> ExactPosterior:
    """The posterior with what was worked out on its nodes on the way there, so that it is not worked out again."""
    posterior.__dict__.update(found)  # where cached_property keeps its values
    return posterior


def _doubling_error(posterior: ExactPosterior) -> float:
    """Largest change on doubling the nodes: log marginal likelihood, moments in units of the spread, probabilities."""
    finer = doubled(posterior)
    changes = [abs(finer.log_marginal - posterior.log_marginal)]
    for name in ("mu", "tau", "theta_new"):
        old, new = np.array(posterior.moments(name)), np.array(finer.moments(name))
        spread = new[1] if np.isfinite(new[1]) else np.ptp(posterior.quantile(name, np.array([0.25, 0.75])))
        changes += list(abs(new - old)[np.isfinite(new)] / spread)
    component = posterior._mixtures["theta_new"]
    middle = np.average(component.mean, weights=component.weight)
    probes = middle + np.median(component.sd) * np.array([-2.0, 0.0, 1.0])
    changes += list(abs(finer.cdf("theta_new", probes) - posterior.cdf("theta_new", probes)))
    return float(max(changes))
