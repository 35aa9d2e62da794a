"""The panel as data: what its template prints, and what its script reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from workbench.briefing.context import Context, words_or_code
from workbench.briefing.findings import Ledger
from workbench.briefing.panel.axes import axis_outputs
from workbench.briefing.panel.cases import (
    CAPPED, HUNDRED, MARK, WORDS, Output, benefit_keys, benefit_outputs, figure_outputs, value_cases, yardstick_outputs,
)  # fmt: skip
from workbench.briefing.panel.effects import effect_outputs, effects
from workbench.briefing.panel.export import Pool, described
from workbench.briefing.panel.rules import formats, words
from workbench.briefing.panel.settings import Field, Offer, fields_of, schedule_bands
from workbench.briefing.text import Text, quoted, text

PRIOR, SCHEDULE = "prior", "schedule"


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from."""

    name: str
    label: Text
    meaning: Text = ()


@dataclass(frozen=True)
class Labelled:
    """A field with its words."""

    field: Field
    label: Text
    hint: Text


@dataclass(frozen=True)
class Panel:
    """What the panel's template needs.

    Attributes
    ----------
    main, more : tuple of Labelled
        Fields, and those behind a disclosure.
    stops, schedules : tuple of Choice
    start, schedule : str
        The chosen ones.
    groups : tuple of (str, tuple of Output)
        Results in order, by group.
    data, arrays : str
        What the script reads: JSON, and single-precision numbers as base64.
    """

    main: tuple[Labelled, ...]
    more: tuple[Labelled, ...]
    stops: tuple[Choice, ...]
    schedules: tuple[Choice, ...]
    start: str
    schedule: str
    groups: tuple[tuple[str, tuple[Output, ...]], ...]
    data: str
    arrays: str

    @property
    def data_text(self) -> Markup:
        """The data as element content: quotes need no escape there, and leaving them alone keeps the page smaller."""
        return Markup(self.data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def make_panel(analysis: Any, briefing: Any, choices: Any, offer: Offer) -> Panel:
    """Build the panel of a briefing.

    Parameters
    ----------
    analysis : Analysis
    briefing : Briefing
        Built from it.
    choices : Choices
        The kernel at every stop, and the discount schedules.
    offer : Offer
        Which settings are offered.
    """
    ctx = Context(
        analysis.evidence, analysis.evidence["programmes"][analysis.programme], briefing.place, analysis.headlines, analysis.appraisal, analysis.parameters,
        briefing.edition, briefing.phrases, Ledger(analysis.programme, briefing.place.code),
    )  # fmt: skip
    fields, pool = fields_of(offer, analysis.appraisal, choices.limits), Pool()
    outputs = [*effect_outputs(ctx, choices), *figure_outputs(ctx), *benefit_outputs(ctx), *yardstick_outputs(ctx)]
    settings = [*(item.name for item in fields), SCHEDULE, PRIOR]
    places = [*_summary(ctx), *axis_outputs(ctx, choices, settings), *outputs]
    data = {**_data(ctx, choices, fields, pool), "outputs": [item.described() for item in places], "wait": offer.wait}
    return Panel(
        main=tuple(_labelled(ctx, item) for item in fields if item.control.group == "main"),
        more=tuple(_labelled(ctx, item) for item in fields if item.control.group != "main"),
        stops=tuple(_stop(ctx, stop.name) for stop in choices.stops),
        schedules=tuple(Choice(name, words_or_code(ctx.phrases, "panel.schedule", name)) for name in choices.schedules),
        start=choices.start,
        schedule=choices.schedule,
        groups=tuple((name, tuple(items)) for name, items in groupby(outputs, key=lambda item: item.group)),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        arrays=pool.text(),
    )


def _summary(ctx: Context) -> list[Output]:
    """One sentence for readers who listen: the verdict, and what stands beside it."""
    return [Output(f"#out-{name}", (), cases) for name, cases in zip(("verdict", "support"), value_cases(ctx), strict=True)]


def _data(ctx: Context, choices: Any, fields: Sequence[Field], pool: Pool) -> dict[str, Any]:
    """What the script reads, without the sentences."""
    start = {item.name: {"text": item.text, "value": item.value, "shift": item.control.shift} for item in fields}
    start[SCHEDULE] = {"text": choices.schedule, "value": choices.schedule, "shift": None}
    start[PRIOR] = {"text": choices.start, "value": choices.start, "shift": None}
    scale = ctx.scale("probability")
    return {
        "count": ctx.appraisal.kernel.count,
        **choices.constants,
        "hundred": HUNDRED,
        "mark": MARK,
        "stops": [stop.name for stop in choices.stops],
        "kernels": {stop.name: described(stop.kernel, pool) for stop in choices.stops},
        "reach": {name: int(rates.shape[1]) for name, rates in choices.schedules.items()},
        "schedules": {name: [schedule_bands(row) for row in rates] for name, rates in choices.schedules.items()},
        "effects": effects(ctx, choices, fields, pool),
        "benefit_by": [list(key) for key in benefit_keys(ctx)],
        "start": start,
        "fixed": _hidden(ctx, start),
        "formats": {**formats(), WORDS: words(scale), CAPPED: words(scale, cap=True)},
        "command": {"start": choices.command, "own": _own_settings(ctx)},
    }


def _hidden(ctx: Context, start: dict[str, Any]) -> dict[str, Any]:
    """Controls that the panel does not offer because they do not act here, at the appraisal's own values."""
    return {name: value for name, value in vars(ctx.appraisal.controls).items() if name not in start and isinstance(value, (int, float, type(None)))}


def _own_settings(ctx: Context) -> list[list[Any]]:
    """What was set for the briefing itself, as the command line takes it."""
    found: list[list[Any]] = []
    for name, value in ctx.parameters.items():
        for key, each in value.items() if isinstance(value, dict) else [("", value)]:
            told = str(each).lower() if isinstance(each, bool) else each if isinstance(each, (int, float)) else str(each)
            found.append([f"{name}.{key}" if key else name, told])
    return found


def _labelled(ctx: Context, item: Field) -> Labelled:
    name, phrases = item.control.name, ctx.phrases
    label = phrases(f"panel.label.{name}", **({"outcome": quoted(ctx.evidence["outcomes"][item.construct]["name"])} if item.construct else {}))
    hint = f"panel.hint.{name}"
    return Labelled(item, label, phrases(hint) if hint in phrases else ())


def _stop(ctx: Context, name: str) -> Choice:
    """A stop with what its row of the priors table says of it, on the scale of the short answer's outcome or of the money's."""
    measures = [item.measure for item in (ctx.main, *ctx.measured) if item is not None]
    rows = [row for measure in measures for row in ctx.evidence["priors"].where(set=name, purpose="mu", measure=measure)]
    meaning = text(quoted(rows[0]["meaning"])) if rows else ()
    return Choice(name, words_or_code(ctx.phrases, "panel.stop", name), meaning)
