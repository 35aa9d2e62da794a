"""Programme families: related programmes partially pooled, so that each is predicted from all, with its own deviation.

y_i ~ N(theta_i + d_i . b, se_i^2); theta_i ~ N(mu_p, tau^2) for study i of programme p; mu_p ~ N(mu, omega^2);
mu and b normal. A row that does not inform tau (a review) tells of its programme's mean alone. Everything normal is
integrated out; tau and omega are left, by quadrature (`exact`) or by NUTS (`pymc`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from workbench.effects import select
from workbench.errors import AnalysisError, UsageError, nearest
from workbench.synthesis import priors
from workbench.synthesis.answers.pooling import Question, collect, effects_of, target_of
from workbench.synthesis.mcmc import diagnostics
from workbench.synthesis.mcmc.pymc_engine import Settings
from workbench.synthesis.mcmc.sampling import SampledModel, proper, sample, scale_moments, typical
from workbench.synthesis.models import family_quadrature
from workbench.synthesis.numerics import latent
from workbench.synthesis.numerics.latent import Layers
from workbench.synthesis.result import Synthesis
from workbench.synthesis.rows import check_rows

ENGINES = ("exact", "pymc")
CENTRES = ("programme", "trial")
DESIGNS = ("headline", "all")


def family(
    evidence: Any,
    programme: str,
    construct: str,
    *,
    prior: str = "default",
    mu: Any = None,
    tau: Any = None,
    omega: Any = None,
    terms: Mapping[str, priors.Normal] | None = None,
    centre: str = "programme",
    designs: str = "headline",
    include_unverified: bool = False,
    engine: str = "exact",
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> Synthesis:
    """Predict what `programme` does in a new area from all programmes of its family.

    Parameters
    ----------
    evidence : EvidenceBase
    programme, construct : str
    prior : str
        Name of a set in ``priors.csv`` for what is not given: mu, tau (between areas, within a programme), omega (between
        programmes; that of tau where the set has none) and the additive terms (design class, evaluator, country).
    mu : Normal, optional
    tau, omega : prior, optional
    terms : mapping of str to Normal, optional
    centre : {"programme", "trial"}
        A new area is centred on the programme's own mean, or on the shrunken effect of its multi-site UK trial.
    designs : {"headline", "all"}
        The rows that carry the headline, or quasi-experiments and trials together (each with its bias term).
    include_unverified : bool
    engine : {"exact", "pymc"}
    settings, limits, cache
        Of the sampler; see `sampling.sample`.

    Returns
    -------
    Synthesis
        Quantities ``mu`` (family), ``mu[<programme>]``, ``tau``, ``omega``, ``centre`` and ``theta_new``.

    Raises
    ------
    UsageError
        If a name is not known.
    AnalysisError
        If the family has no row that can be pooled, or no such trial.
    """
    _one_of("designs", designs, DESIGNS)
    _one_of("centre", centre, CENTRES)
    outcome = select.resolve_construct(evidence, construct)
    question = Question(evidence, programme, outcome, prior, engine, 0, 0)
    rows = select.rows_on(evidence, question.programmes, outcome["construct"])
    pile = collect(question, rows, include_unverified)
    used = pile.used if designs == "headline" else (*pile.used, *pile.beneath)
    if not used:
        raise AnalysisError(f"{programme}, {outcome['construct']}: no programme of the family has a result that can be pooled")
    pile = replace(pile, used=used)
    effects = replace(effects_of(question, pile), left_out=pile.left_out)
    target = target_of(question, used) if centre == "trial" else None
    if centre == "trial" and target is None:
        raise AnalysisError(f"{programme}, {outcome['construct']}: there is no multi-site UK trial to centre on; use centre='programme'")
    chosen = question.priors()
    return fit_family(
        effects, [row["programme_id"] for row in used], programme,
        mu=mu or chosen["mu"], tau=tau or chosen["tau"], omega=omega or chosen.get("omega") or tau or chosen["tau"],
        terms={name: (terms or {}).get(name, chosen.get(name)) for name in effects.design_names},
        target=target, engine=engine, settings=settings, limits=limits, cache=cache,
    )  # fmt: skip


def fit_family(
    effects: Any,
    programmes: Sequence[str],
    programme: str,
    *,
    mu: priors.Normal,
    tau: Any,
    omega: Any,
    terms: Mapping[str, priors.Normal] | None = None,
    target: int | None = None,
    engine: str = "exact",
    settings: Settings = Settings(),
    limits: diagnostics.Limits = diagnostics.Limits(),
    cache: Path | str | None = None,
) -> Synthesis:
    """Fit the family model to effect sizes.

    Parameters
    ----------
    effects : EffectSizes
    programmes : sequence of str, length k
        Programme of each row.
    programme : str
        Whose new area is asked for; it may have no row of its own.
    mu, tau, omega, terms
        Priors: of the family's mean, the spread within a programme, the spread between programmes, and each term.
    target : int, optional
        Row on whose own effect a new area is centred, instead of the programme's mean.
    engine, settings, limits, cache
        As for `family`.
    """
    _one_of("engine", engine, ENGINES)
    k, given = len(effects.y), dict(terms or {})
    if k == 0 or len(programmes) != k:
        raise AnalysisError(f"programmes has {len(programmes)} names for {k} rows: give one for each row, and at least one row")
    check_rows(effects)
    proper("mu", mu, positive=False), proper("tau", tau), proper("omega", omega)
    for name in effects.design_names:
        proper(f"terms: {name}", given.get(name), positive=False)
    if target is not None and not 0 <= target < k:
        raise UsageError(f"target = {target!r} must be the number of a row, 0 to {k - 1}")
    own = {name: given[name] for name in effects.design_names}
    model = _model(effects, tuple(programmes), programme, mu, tau, omega, own, target)
    posterior = family_quadrature.solve(model) if engine == "exact" else _sampled(model, settings, limits, cache)
    return Synthesis(effects, mu, tau, own, target, posterior)


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{what} = {value!r} is not one of {', '.join(known)}; {nearest(str(value), known)}".rstrip("; "))


# The model as arrays ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class FamilyModel:
    """Layers x = (mu, b, deviations of programmes, deviations of rows), and the quantities that are asked about.

    Attributes
    ----------
    layers : latent.Layers
    informs : ndarray, shape (k,)
    fixed : ndarray, shape (1 + m,)
        Prior variances of mu and b.
    names : tuple of str
        Programmes, those with rows first.
    wanted : tuple of str
        Normal quantities: ``mu``, ``mu[...]``, ``centre``; the rows of `quantities` go on with k effects and m terms.
    quantities : ndarray, shape (q, d)
    """

    layers: Layers
    informs: np.ndarray
    fixed: np.ndarray
    names: tuple[str, ...]
    wanted: tuple[str, ...]
    quantities: np.ndarray
    tau_prior: Any
    omega_prior: Any
    programme: str

    def variance(self, tau: np.ndarray, omega: np.ndarray) -> np.ndarray:
        """Prior variances of x, (N, d), at each pair."""
        parts = np.broadcast_to(self.fixed, (tau.size, self.fixed.size))
        between = np.repeat(omega[:, None] ** 2, len(self.names), axis=1)
        return np.concatenate([parts, between, tau[:, None] ** 2 * self.informs], axis=1)

    @property
    def words(self) -> str:
        """The model in a few words."""
        return f"programme family of {len(self.names)}, new area of {self.programme}"

    @cached_property
    def finite(self) -> dict[str, tuple[bool, bool]]:
        """Whether mean and SD of each quantity that may lack them exist."""
        held = self.layers.H[:, self.fixed.size : self.fixed.size + len(self.names)].any(0).sum()
        found = {"tau": scale_moments(self.tau_prior, int(self.informs.sum())), "omega": scale_moments(self.omega_prior, int(held))}
        both = tuple(a and b for a, b in zip(*found.values()))
        means = {name: found["omega"] for name in self.wanted if name != "mu"}
        return found | means | {"theta_new": both}

    def shares(self, tau: np.ndarray, omega: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Posterior expectation of each row's share in the mean of mu, (k,)."""
        variance = self.variance(tau, omega)[:, 1:]
        H = self.layers.H[:, 1:]
        share = np.linalg.solve((H * variance[:, None, :]) @ H.T + self.layers.noise, self.layers.H[:, :1])[..., 0]
        return weight @ (share / share.sum(1, keepdims=True))


def _model(effects, programmes, programme, mu, tau, omega, terms, target) -> FamilyModel:
    k, m = len(effects.y), len(terms)
    names = tuple(dict.fromkeys([*programmes, programme]))
    own = np.array([[float(name == other) for other in names] for name in programmes])
    informs = np.asarray(effects.informs_tau, float)
    H = np.concatenate([np.ones((k, 1)), np.asarray(effects.design, float), own, np.diag(informs)], axis=1)
    mean = np.concatenate([[mu.mean], [prior.mean for prior in terms.values()], np.zeros(len(names) + k)])
    fixed = np.array([mu.sd, *(prior.sd for prior in terms.values())]) ** 2
    layers = Layers(mean, H, np.diag(np.asarray(effects.se, float) ** 2), np.asarray(effects.y, float))
    effect = H.copy()
    effect[:, 1 : 1 + m] = 0.0
    programme_means = np.zeros((len(names), H.shape[1]))
    programme_means[:, 0] = 1.0
    programme_means[:, 1 + m : 1 + m + len(names)] = np.eye(len(names))
    centre = programme_means[names.index(programme)] if target is None else effect[target]
    quantities = np.concatenate([np.eye(H.shape[1])[:1], programme_means, centre[None], effect, np.eye(H.shape[1])[1 : 1 + m]])
    wanted = ("mu", *(f"mu[{name}]" for name in names), "centre")
    return FamilyModel(layers, informs, fixed, names, wanted, quantities, tau, omega, programme)


# By sampling -----------------------------------------------------------------------------------------


def _sampled(family: FamilyModel, settings: Settings, limits: diagnostics.Limits, cache: Path | str | None) -> SampledModel:
    from workbench.synthesis.mcmc.pymc_models import Structure, figures

    layers, first = family.layers, family.fixed.size
    own = layers.H[:, first : first + len(family.names)]
    inputs = {
        "fixed": layers.noise + (layers.H[:, :first] * family.fixed) @ layers.H[:, :first].T,
        "parts": np.stack([np.diag(family.informs), own @ own.T]),
        "residual": layers.y - layers.H @ layers.mean,
        "prior_tau": figures(family.tau_prior),
        "prior_omega": figures(family.omega_prior),
    }
    kinds = (("tau", type(family.tau_prior).__name__), ("omega", type(family.omega_prior).__name__))
    start = {"tau": typical(family.tau_prior), "omega": typical(family.omega_prior)}
    found = sample(Structure("components", kinds), inputs, start, settings, limits, cache)
    return completed(family, found.values["tau"], found.values["omega"], found.health, found.seed)


def completed(family: FamilyModel, tau: np.ndarray, omega: np.ndarray, health: Mapping[str, float], seed: int) -> SampledModel:
    """Everything else, drawn once for each draw of tau and omega."""
    rng = np.random.default_rng([seed, 1])
    variance = family.variance(tau, omega)
    prior_draws = family.layers.mean + np.sqrt(variance) * rng.standard_normal(variance.shape)
    x = latent.drawn(family.layers, prior_draws, variance, rng)
    normal = x @ family.quantities.T
    first, k = len(family.wanted), len(family.layers.y)
    values = {name: normal[:, i] for i, name in enumerate(family.wanted)} | {"tau": tau, "omega": omega}
    values["theta_new"] = values["centre"] + tau * rng.standard_normal(tau.size)
    share = family.shares(tau, omega, np.full(tau.size, 1 / tau.size))
    summarised = ("mu", "tau", "omega", "theta_new", *(name for name in family.wanted if name.startswith("mu[")))
    return SampledModel(
        family.words, values, tau, normal[:, first : first + k], normal[:, first + k :], share, family.finite, summarised,
        dict(health), {"omega": family.omega_prior},
    )  # fmt: skip
