"""The compare page of a place: its headlines and appraisals, and the page, kept by content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.runs import cache, notebooks
from workbench.runs.mapping import FILE as MAP
from workbench.runs.mapping import briefings_in, country, map_headlines

STEM = "compare"


def file_of(evidence: Any, place: Any) -> str:
    """Return the page's file name: ``compare.html`` for the country, ``compare-<area>.html`` elsewhere."""
    from workbench.runs.build import slug

    home = country(evidence)
    return f"{STEM}.html" if home is not None and place["gss_code"] == home["gss_code"] else f"{STEM}-{slug(place['area'])}.html"


def compare_page(evidence: Any, folder: Path, place: Any, force: bool = False, headlines: Callable[[], Mapping[tuple[str, str], Any]] | None = None) -> tuple[str, bool]:
    """Return the page's HTML and whether it was built now; what did not change is taken from the cache.

    Parameters
    ----------
    evidence : EvidenceBase
    folder : Path
        Where the page will stand: it links to the pages that stand there.
    place : Row
        Of ``areas.csv``.
    force : bool
        Build it even if nothing changed.
    headlines : callable, optional
        Gives the headlines of the place, by programme and construct; called only where the page is built.
    """
    templates = evidence.root / "templates"
    beside = briefings_in(evidence, folder, place)
    pages = {"index": "index.html" if beside else "", "map": MAP if (folder / MAP).is_file() else ""}
    key = cache.key(evidence, None, templates, {"page": STEM, "area": place["gss_code"], "briefings": beside, **pages})
    store = evidence.root / ".workbench" / "cache" / f"{key}.html"
    if store.is_file() and not force:
        return store.read_text(encoding="utf-8"), False
    from workbench.briefing.build import find_place
    from workbench.briefing.compare import build_compare, render_compare

    found = headlines() if headlines else map_headlines(evidence, place)
    made = build_compare(evidence, find_place(evidence, place["gss_code"]), found, appraisals(evidence, place, found), templates, beside, pages["map"])
    text = render_compare(made, templates, pages["index"], pages["map"])
    notebooks.write(store, text)
    return text, True


def appraisals(evidence: Any, place: Any, headlines: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """Return the appraisal of every programme that has a pathway to money, at the defaults of the tables."""
    from workbench.baselines import baseline_risk
    from workbench.economics import appraise

    found = {}
    for programme in dict.fromkeys(row["programme_id"] for row in evidence["pathways"].rows):
        family = evidence["programmes"][programme]["family"]
        own = {construct: item for (name, construct), item in headlines.items() if name == programme}
        drawn = {construct: item.draws for construct, item in own.items() if item.draws is not None}
        risks = {construct: baseline_risk(evidence, construct, family, place) for construct in own}
        found[programme] = appraise(evidence, programme, place["gss_code"], drawn, {name: risk for name, risk in risks.items() if risk is not None})
    return found
