"""The methods paragraph of a headline, with its citations: what was done, written from the result itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from workbench.effects.measures import RATIOS
from workbench.synthesis.answers.headlines import Headline
from workbench.synthesis.answers.pooling import SHIFT_TERM

_ROUTES = {
    "counts": "counts", "percentages": "percentages with denominators", "means": "means and standard deviations", "interval": "printed intervals",
    "se": "printed standard errors", "p": "p values", "t": "t statistics", "d_and_n": "standardised differences with arm sizes", "known_null": "arm sizes",
}  # fmt: skip
_ENGINES = {"exact": "deterministic quadrature", "pymc": "Markov chain Monte Carlo"}
_BASES = {"randomised": "randomised trials", "quasi_experimental": "quasi-experiments"}


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files("workbench.synthesis.answers").joinpath("methods.toml").read_text(encoding="utf-8"))


def methods_text(headline: Headline) -> str:
    """Write the methods paragraph of a headline, ready for a report.

    Parameters
    ----------
    headline : Headline

    Returns
    -------
    str
        One paragraph; sources as (author year) where the bibliography holds their DOI, as the DOI where it does not.
        An empty string where nothing was pooled.
    """
    if headline.fit is None:
        return ""
    fill = _facts(headline)
    sentences = _words()["sentences"]
    return " ".join(sentences[name].format(**fill) for name in _chosen(headline))


def _chosen(headline: Headline) -> list[str]:
    """Names of the sentences that apply, in order."""
    kinds = {item.kind for item in headline.used}
    terms = set(headline.fit.terms)
    return [
        name
        for name, applies in (
            ("rows", True),
            ("routes", True),
            ("overlap", True),
            ("review", "review" in kinds),
            ("nulls", "null_at_zero" in kinds),
            ("unverified", not any(item.row["checked"] == "unverified" for item in headline.used)),
            ("model", True),
            ("priors", True),
            ("bias", bool(terms - {SHIFT_TERM})),
            ("shift", SHIFT_TERM in terms),
            ("target", headline.target is not None),
            ("predictive", headline.target is None),
            ("words", True),
            ("twin", headline.twin is not None),
        )
        if applies
    ]


def _facts(headline: Headline) -> dict[str, Any]:
    """What the sentences are filled with."""
    fit, twin = headline.fit, headline.twin
    nulls = sum(item.kind == "null_at_zero" for item in headline.used)
    routes = dict.fromkeys(_ROUTES.get(item.route.name, item.route.name) for item in headline.used)
    bias = {name: prior for name, prior in fit.terms.items() if name != SHIFT_TERM}
    minimal, unit = headline.construct["minimal_difference"], headline.construct["minimal_difference_unit"]
    return {
        "results": _counted(headline.k, "result", "results"),
        "outcome": headline.construct["name"],
        "design": _BASES[headline.basis],
        "families": f"{headline.families:,}" if headline.families else "an unstated number of",
        "countries": _listed(headline.countries),
        "scale": f"log {headline.measure}" if headline.measure in RATIOS else headline.measure,
        "routes": _listed(routes),
        "nulls": _counted(nulls, "result", "results"),
        "enter": "enters" if nulls == 1 else "enter",
        "engine": _ENGINES[fit.engine],
        "priors": f"mean {fit.mu_prior!r}, spread between places {fit.tau_prior!r}",
        "terms": _listed(f"{name.removeprefix('bias_').replace('_', ' ')}s {prior!r}" for name, prior in bias.items()),
        "shift": repr(fit.terms.get(SHIFT_TERM)),
        "label": next((item.study["label"] for item in headline.used if item.study["study_id"] == headline.target), ""),
        "minimal": f"{100 * minimal:g} in 100" if unit == "share" and headline.minimal == "share" else "the minimal standardised difference",
        "twin": "" if twin is None else f"{twin.estimate:.2f} ({twin.interval[0]:.2f} to {twin.interval[1]:.2f})",
        "cite": _citations(headline),
    }


def _citations(headline: Headline) -> SimpleNamespace:
    """Each source as it is cited: author and year if the bibliography has its DOI, else the DOI itself."""
    references = headline.effects.evidence.references.values()
    by_doi = {(reference.doi or "").lower(): reference.short for reference in references}
    return SimpleNamespace(**{name: f"({by_doi.get(doi.lower(), 'doi:' + doi)})" for name, doi in _words()["sources"].items()})


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _listed(names: Any) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""
