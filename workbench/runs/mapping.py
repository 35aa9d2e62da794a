"""The evidence map of a workspace: its headlines, and the page, kept by content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import AnalysisError
from workbench.runs import cache, notebooks

FILE = "evidence-map.html"


def map_headlines(evidence: Any, place: Any = None) -> dict[tuple[str, str], Any]:
    """Return the headline of every programme and construct that share a result, by both ids.

    A construct that cannot be fitted is left to what its studies report, as its briefing would leave it.

    Parameters
    ----------
    evidence : EvidenceBase
    place : Row, optional
        Area whose risks without a programme count; the country unless given.
    """
    from workbench.baselines import baseline_risk
    from workbench.synthesis import headline

    place = place or country(evidence)
    family = {row["programme_id"]: row["family"] for row in evidence["programmes"].rows}
    found: dict[tuple[str, str], Any] = {}
    for programme, construct in sorted({(row["programme_id"], row["construct"]) for row in evidence["effects"].rows}):
        try:
            baseline = baseline_risk(evidence, construct, family[programme], place)
            found[programme, construct] = headline(evidence, programme, construct, baseline=baseline)
        except AnalysisError:
            continue
    return found


def map_page(evidence: Any, folder: Path, force: bool = False, headlines: Callable[[], Mapping[tuple[str, str], Any]] | None = None) -> tuple[str, bool]:
    """Return the map's HTML and whether it was built now; what did not change is taken from the cache.

    Parameters
    ----------
    evidence : EvidenceBase
    folder : Path
        Where the map will stand: it links to the index and the briefings that stand there.
    force : bool
        Build it even if nothing changed.
    headlines : callable, optional
        Gives what `map_headlines` does; called only where the page is built, so that two pages can share one run.
    """
    templates = evidence.root / "templates"
    beside = briefings_in(evidence, folder)
    key = cache.key(evidence, None, templates, {"page": "map", "briefings": beside})
    store = evidence.root / ".workbench" / "cache" / f"{key}.html"
    if store.is_file() and not force:
        return store.read_text(encoding="utf-8"), False
    from workbench.briefing.map import build_map, render_map

    made = build_map(evidence, headlines() if headlines else map_headlines(evidence), templates, beside)
    text = render_map(made, templates, "index.html" if beside else "")
    notebooks.write(store, text)
    return text, True


def briefings_in(evidence: Any, folder: Path, place: Any = None) -> Mapping[str, str]:
    """Return the address of each programme's briefing on a place (the country unless given), as far as they stand in `folder`."""
    from workbench.runs.build import slug

    place = place or country(evidence)
    names = {row["programme_id"]: f"{row['programme_id']}--{slug(place['area'])}.html" for row in evidence["programmes"].rows} if place else {}
    return {programme: name for programme, name in names.items() if (folder / name).is_file()}


def country(evidence: Any) -> Any | None:
    """Return a row of the country in ``areas.csv``; None where the table has none."""
    return next((row for row in evidence["areas"].rows if row["level"] == "country"), None)
