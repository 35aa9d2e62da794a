"""Every defensible choice at once: the specification curve of a headline.

Which rows, how much design bias and non-UK shift, which priors, and what a new area is centred on are each a list of
choices; every combination is fitted, and the share that keeps the headline's claim is reported (Steegen et al. 2016, doi
10.1177/1745691616658637; Simonsohn et al. 2020, doi 10.1038/s41562-020-0912-z).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.answers.headlines import Headline
from workbench.synthesis.answers.pooling import SHIFT_TERM, Part, assemble
from workbench.synthesis.answers.verdicts import Probabilities
from workbench.synthesis.answers.words import claim_of
from workbench.synthesis.exact import random_effects
from workbench.synthesis.fitting import arrays
from workbench.synthesis.numerics.conditional import Data, Linear, given_tau, mean_effect, mixture, mu_rule, study_effects
from workbench.synthesis.numerics.spread import LogScale
from workbench.synthesis.numerics.tails import tail_of

if TYPE_CHECKING:
    import pandas

NODES = 96
MULTIPLES = (0.0, 1.0, 2.0)  # of a judged bias or shift: none, as judged, twice


class Glance(NamedTuple):
    """The new-area effect in four figures: mean, SD, P(benefit) and P(harm) beyond the minimal difference."""

    mean: float
    sd: float
    benefit: float
    harm: float


@cache
def _legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(nodes)


def glance(data: Data, mu_prior: Any, tau_prior: Any, target: int | None, low: np.ndarray, high: np.ndarray, nodes: int = NODES) -> Glance:
    """Summarise one specification on fixed nodes of tau, without the adaptive search and the error check of `fit`.

    Parameters
    ----------
    data : Data
        Rows as arrays.
    mu_prior, tau_prior : prior
        A proper prior of tau.
    target : int or None
        Row on which a new area is centred.
    low, high : (m,) arrays
        Thresholds of harm and benefit; the probabilities are averaged over them.
    nodes : int
        Gauss-Legendre nodes in arcsinh(tau / size); 96 agree with `fit` to about 1e-6 (the SD under a log-t prior: 1e-3, for its far tail is left out).
    """
    rule = mu_rule(mu_prior, data)
    scale, start, end, _ = random_effects.tau_range(data, rule, mu_prior, tau_prior, tail_of(data, mu_prior, tau_prior))
    if isinstance(scale, LogScale):
        start, end = _narrowed(data, rule, scale, tau_prior, start, end)
    point, weight = _legendre(nodes)
    x = (start + end) / 2 + (end - start) / 2 * point
    tau = scale.tau(x)
    rows = given_tau(data, tau)
    mu = rule.given(rows)
    log_density = scale.log_prior(tau_prior, x) + np.log(weight)
    joint = log_density[:, None] + mu.log_weight
    joint = np.exp(joint - joint.max())
    own = mean_effect(tau) if target is None else Linear(*(part[:, target] for part in study_effects(data, rows, tau)))
    new = mixture(joint / joint.sum(), mu, own.spread(tau**2))
    mean, sd = new.moments()
    return Glance(float(mean), float(sd), 1.0 - _average_cdf(new, high), _average_cdf(new, low))


def _narrowed(data: Data, rule: Any, scale: LogScale, tau_prior: Any, start: float, end: float, points: int = 97) -> tuple[float, float]:
    """The part of the range in which the posterior of tau lives: a log-t prior alone reaches far beyond it."""
    x = np.linspace(start, end, points)
    height = random_effects.tau_log_likelihood(data, rule, scale.tau(x)) + scale.log_prior(tau_prior, x)
    near = np.flatnonzero(height > height.max() - 32)
    return float(x[max(near[0] - 1, 0)]), float(x[min(near[-1] + 1, points - 1)])


def _average_cdf(new: Any, thresholds: np.ndarray) -> float:
    finite = thresholds[np.isfinite(thresholds)]
    total = float(new.pruned().cdf(finite).sum()) if finite.size else 0.0
    return (total + float(np.sum(thresholds == np.inf))) / thresholds.size


@dataclass(frozen=True)
class Multiverse:
    """All specifications of one headline.

    Attributes
    ----------
    headline : Headline
    choices : mapping of str to tuple
        What was varied, and over what.
    table : tuple of dict
        One entry per specification: its choices, k, and the figures of `Glance` with the claim.
    row_ids : tuple of str
        Every effect row that some specification uses.
    """

    headline: Headline
    choices: dict[str, tuple[Any, ...]]
    table: tuple[dict[str, Any], ...]
    row_ids: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the specifications that make the headline's claim."""
        return self.share_of(self.headline.word.claim)

    def share_of(self, claim: str) -> float:
        """Share of the specifications that make `claim`."""
        return sum(row["claim"] == claim for row in self.table) / len(self.table)

    def by(self, choice: str) -> dict[Any, float]:
        """Share that makes the headline's claim, for each value of one choice: which choice matters."""
        out = {}
        for value in self.choices[choice]:
            rows = [row for row in self.table if row[choice] == value]
            out[value] = sum(row["claim"] == self.headline.word.claim for row in rows) / len(rows)
        return out

    def frame(self) -> pandas.DataFrame:
        """One row per specification, sorted by the mean effect in a new area."""
        import pandas

        return pandas.DataFrame(self.table).sort_values("mean", ignore_index=True)

    def __repr__(self) -> str:
        claim = self.headline.word.claim.replace("_", " ")
        return f"<Multiverse of {len(self.table)} specifications: {self.share:.0%} say {claim}, as the headline does>"

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<li>{escape(name.replace('_', ' '))}: "
            + ", ".join(f"{escape(str(value))} {share:.0%}" for value, share in self.by(name).items())
            + "</li>"
            for name in self.choices
        )
        return f"<p>{escape(repr(self))}</p><ul>{lines}</ul>"


def multiverse(headline: Headline, prior_sets: Sequence[str] | None = None) -> Multiverse:
    """Fit every combination of the defensible choices behind a headline.

    Rows: as in the headline; figures only (without nulls at zero); with the evidence of the other design; with unverified
    rows; without each study in turn. Design bias and non-UK shift: none, as judged, twice. Priors: every set of the
    priors table that has a prior of mu or tau for the measure. Centre: the programme's own UK trial or the mean.

    Parameters
    ----------
    headline : Headline
        With a fit on two or more rows, or one.
    prior_sets : sequence of str, optional
        Names of sets; all that apply unless given.

    Returns
    -------
    Multiverse

    Raises
    ------
    AnalysisError
        If nothing was pooled.
    """
    if headline.fit is None:
        raise AnalysisError(f"{headline.construct['name']}: {headline.status.replace('_', ' ')}, so there is no choice to vary")
    evidence, measure = headline.effects.evidence, headline.measure
    row_sets = _row_sets(headline)
    bias = any(name != SHIFT_TERM for effects, _ in row_sets.values() for name in effects.design_names)
    shift = any(SHIFT_TERM in effects.design_names for effects, _ in row_sets.values())
    sets = tuple(prior_sets) if prior_sets is not None else _prior_sets(evidence, measure)
    choices: dict[str, tuple[Any, ...]] = {
        "rows": tuple(row_sets),
        "design_bias": MULTIPLES if bias else (1.0,),
        "non_uk_shift": MULTIPLES if shift else (1.0,),
        "priors": sets,
        "centre": ("own trial", "mean") if headline.target else ("mean",),
    }
    chosen = {name: _priors(evidence, measure, name) for name in sets}
    table = []
    for combination in product(*choices.values()):
        spec = dict(zip(choices, combination, strict=True))
        table.append(spec | _one(headline, *row_sets[spec["rows"]], chosen[spec["priors"]], spec))
    rows = dict.fromkeys(name for effects, _ in row_sets.values() for name in effects.row_ids)
    return Multiverse(headline, choices, tuple(table), tuple(rows))


def _one(headline: Headline, effects: Any, target: int | None, chosen: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """One specification: its data, its glance and its claim."""
    factor = {name: spec["non_uk_shift"] if name == SHIFT_TERM else spec["design_bias"] for name in effects.design_names}
    kept = [index for index, name in enumerate(effects.design_names) if factor[name] > 0]
    names = tuple(effects.design_names[index] for index in kept)
    terms = {name: priors.Normal(chosen[name].mean * factor[name], chosen[name].sd * factor[name]) for name in names}
    data = arrays(replace(effects, design=effects.design[:, kept], design_names=names), terms)
    centre = target if spec["centre"] == "own trial" else None
    found = glance(data, chosen["mu"], chosen["tau"], centre, *headline.thresholds)
    within = max(0.0, 1.0 - found.benefit - found.harm)
    return {"k": effects.k, **found._asdict(), "within": within, "claim": claim_of(Probabilities(found.benefit, within, found.harm, np.nan))[0]}


def _prior_sets(evidence: Any, measure: str) -> tuple[str, ...]:
    """Sets of the priors table that change mu or tau for a measure, the default first."""
    found = {row["set"] for row in evidence["priors"].where(measure=measure) if row["purpose"] in ("mu", "tau")}
    return ("default", *sorted(found - {"default"}))


def _priors(evidence: Any, measure: str, name: str) -> dict[str, Any]:
    return priors.default_set(evidence, measure) | priors.default_set(evidence, measure, name)


def _row_sets(headline: Headline) -> dict[str, tuple[Any, int | None]]:
    """The choices of rows, by name, each with its effect sizes and the index of the programme's own trial."""
    used = [(item.row, item.study, item.size) for item in headline.used]
    beneath = [(item.row, item.study, item.size) for item in headline.beneath]
    sets = {"as in the headline": used}
    figures = [part for part in used if part[0]["role"] != "known_null"]
    if figures and len(figures) < len(used):
        sets["figures only"] = figures
    if beneath:
        sets["every design"] = used + beneath
    wider = headline.scenarios.get("with_unverified")
    if wider is not None:
        sets["with unverified rows"] = list(wider.parts)
    if len(used) > 2:
        sets |= {f"without {item.study['label']}": [part for part in used if part[0] is not item.row] for item in headline.used}
    evidence, outcome, programme = headline.effects.evidence, headline.construct, headline.programme_id
    return {name: (assemble(evidence, outcome, programme, parts), _index(headline, parts)) for name, parts in sets.items()}


def _index(headline: Headline, parts: Sequence[Part]) -> int | None:
    """Place of the headline's target among the rows; None where it is left out."""
    return next((index for index, (_, study, _) in enumerate(parts) if study["study_id"] == headline.target), None)
