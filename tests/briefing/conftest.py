"""What several tests of pages share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def headlines(evidence):
    """Answers on three outcomes that several programmes share; the whole base takes ten seconds."""
    import workbench as wb
    from workbench.baselines import baseline_risk
    from workbench.runs.mapping import country

    place = country(evidence)
    wanted = ("reunification-event-record", "care-entry-event-record", "re-report-event-record")
    pairs = sorted({(row["programme_id"], row["construct"]) for row in evidence["effects"].rows if row["construct"] in wanted})
    family = {row["programme_id"]: row["family"] for row in evidence["programmes"].rows}
    return {(name, construct): wb.headline(evidence, name, construct, baseline=baseline_risk(evidence, construct, family[name], place)) for name, construct in pairs}


@pytest.fixture(scope="session")
def compared(evidence, headlines):
    """The compare page of those outcomes, as data and as HTML."""
    from workbench.briefing.build import find_place
    from workbench.briefing.compare import build_compare, render_compare
    from workbench.runs.comparing import appraisals
    from workbench.runs.mapping import country

    place = country(evidence)
    made = build_compare(evidence, find_place(evidence, place["gss_code"]), headlines, appraisals(evidence, place, headlines), evidence_map="evidence-map.html")
    return made, render_compare(made, evidence.root / "templates", "index.html", "evidence-map.html")
