"""One briefing's whole analysis: every construct's headline, the draws they share, and the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.baselines import BaselineRisk, baseline_risk, fixed_risk
from workbench.effects import select
from workbench.runs.lookup import find_area, find_programme, known_outcomes
from workbench.synthesis import headline

#: Parameters that the synthesis takes; the draws that it makes carry their own number and seed to the economics.
_SYNTHESIS = ("prior", "include_unverified", "draws", "seed")
_LOCAL = ("local_prices",)  # parameters that choose rows before the economics starts


@dataclass(frozen=True)
class Analysis:
    """Headlines (the short answer's first), money, settings and baseline risks by construct of one programme in one place."""

    evidence: Any
    programme: str
    area: Any
    parameters: Mapping[str, Any]
    headlines: tuple[Any, ...]
    appraisal: Any
    baselines: Mapping[str, BaselineRisk] = field(default_factory=dict)
    prices: Mapping[str, Any] | None = None  # rows in place of national unit costs

    @property
    def files(self) -> tuple[str, str]:
        """Names of the briefing's two files: the plain one, and the one with the panel of the reader's own numbers."""
        from workbench.runs.build import file_names

        return file_names(self.programme, self.area)

    def choices(self, stops: Sequence[str], years: int) -> Any:
        """Return what the panel needs, see `workbench.runs.choices.choices`."""
        from workbench.runs.choices import choices

        return choices(self, stops, years)

    @property
    def money(self) -> dict[str, Any]:
        """The settings that the economics takes; number and seed of the draws come with the draws."""
        return {name: value for name, value in self.parameters.items() if name not in (*_SYNTHESIS, *_LOCAL)}

    @cached_property
    def local(self) -> Any:
        """The area's picture (`Local`): families who could take part, own prices, similar areas, other analyses; worked out once."""
        from workbench.runs.local import local_picture

        return local_picture(self)

    @cached_property
    def decision(self) -> Any:
        """What bears on a decision (`Decision`): what drives the money, what to study next, who gains; worked out once."""
        from workbench.runs.deciding import decision_of

        return decision_of(self)

    def __repr__(self) -> str:
        lines = [f"<Analysis {self.programme}, {self.area['area']}: {len(self.headlines)} outcomes>"]
        return "\n".join([*lines, *(f"  {item!r}" for item in self.headlines), f"  {self.appraisal!r}"])

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(f"<li>{escape(repr(item))}</li>" for item in (*self.headlines, self.appraisal))
        return f"<p>{escape(self.programme)}, {escape(self.area['area'])}</p><ul>{rows}</ul>"


def constructs_of(evidence: Any, programme: str) -> tuple[str, ...]:
    """Return the constructs that a briefing shows: those of the short answer, then every other on file for the programme.

    A construct that only its relatives measured is not among them; where the programme measured it too, they inform it.
    """
    lead = [part.strip() for part in (find_programme(evidence, programme)["lead_constructs"] or "").split(";") if part.strip()]
    own = set(select.variants_of(evidence, programme))
    measured = {row["construct"] for row in evidence["effects"].rows if row["programme_id"] in own}
    return (*lead, *sorted(measured - set(lead)))


def analyse(evidence: Any, programme: str, area: str | None = None, **parameters: Any) -> Analysis:
    """Run the synthesis of every construct of a programme and appraise it for an area.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str
        Programme id.
    area : str, optional
        Name or GSS code; the country unless given.
    **parameters
        As in ``workbench list parameters``; None means not set.

    Raises
    ------
    UsageError
        For an unknown programme, area or parameter, all checked before anything is fitted.
    """
    from workbench.economics import appraise
    from workbench.runs.local import stand_ins
    from workbench.runs.parameters import check

    find_programme(evidence, programme)
    place = find_area(evidence, area)
    settings = check(parameters, known_outcomes(evidence))
    risks = _own_risks(evidence, settings.get("baseline_risk", {}))
    prices = stand_ins(evidence, place, settings)
    synthesis = {name: settings[name] for name in _SYNTHESIS if name in settings}
    family = evidence["programmes"][programme]["family"]
    constructs = constructs_of(evidence, programme)
    published = {name: baseline_risk(evidence, name, family, place) for name in constructs}
    baselines = {name: risk for name, risk in {**published, **risks}.items() if risk is not None}
    headlines = tuple(headline(evidence, programme, name, baseline=baselines.get(name), **synthesis) for name in constructs)
    drawn = {item.construct["construct"]: item.draws for item in headlines if item.draws is not None}
    money = {name: value for name, value in settings.items() if name not in (*_SYNTHESIS, *_LOCAL)}
    appraisal = appraise(evidence, programme, area=place["gss_code"], draws=drawn, baselines=baselines, prices=prices, **money)
    return Analysis(evidence, programme, place, settings, headlines, appraisal, baselines, prices)


def _own_risks(evidence: Any, given: Mapping[str, float]) -> dict[str, BaselineRisk]:
    """A reader's own baseline risks, by construct."""
    constructs = {name: select.resolve_construct(evidence, name)["construct"] for name in given}
    return {constructs[name]: fixed_risk(constructs[name], value) for name, value in given.items()}
