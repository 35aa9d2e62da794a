"""The short answer's three axes, said anew as the panel moves: each with the settings that change it.

What has changed is said to be the reader's own; an axis that no changed setting reaches stays as printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.figures.chances import places
from workbench.briefing.panel.cases import Output, case, place, value_cases
from workbench.briefing.panel.effects import at_stop, by_stop, claim_cases, legend_cases, movable, natural_cases
from workbench.briefing.panel.settings import RISK
from workbench.briefing.sections.answer import certainty_axis, certainty_support, effect_axis
from workbench.briefing.text import strong, text

PRIOR, BAR = "prior", "bar"
PARTS = ("sentence", "support")
ENDS = ("x", "width")
Cases = tuple[dict[str, Any], ...]


def axis_outputs(ctx: Context, choices: Any, names: Sequence[str]) -> list[Output]:
    """Return the places of the three axes.

    Parameters
    ----------
    ctx : Context
    choices : Choices
    names : sequence of str
        Every setting of the panel: each may move the money.
    """
    verdict, support = value_cases(ctx)
    found = _axis("value", names, verdict, _own(ctx, support))
    main = ctx.main
    if main is None or main.fit is None:
        return found
    if main.construct["construct"] in movable(ctx):
        found += _movable(ctx, main, choices.even_odds)
    else:
        found += _fixed(ctx, choices)
    return [*found, *_certainty(ctx, choices)]


def _movable(ctx: Context, main: Any, even_odds: float) -> list[Output]:
    """The effect on an outcome whose risk without the programme a reader may set."""
    name = main.construct["construct"]
    settings, path = (PRIOR, f"{RISK}.{name}"), f"chance/{name}"
    shares = [(None, "better"), ("better", "within"), ("edge", "worse")]
    bar = [tuple(share and (case(place(f"{path}/{share}", BAR), (path,)),) for share in pair) for pair in shares]
    return _effect(ctx, settings, claim_cases(ctx, main, even_odds), natural_cases(ctx, main), legend_cases(ctx, name), bar)


def _fixed(ctx: Context, choices: Any) -> list[Output]:
    """The effect on an outcome that only the stop moves: the briefing's own axis at each."""
    said = [by_stop(ctx, choices, lambda own, part=part: getattr(effect_axis(own), part)) for part in (*PARTS, "legend")]
    bar = [
        tuple(by_stop(ctx, choices, lambda own, part=part, end=end: places(effect_axis(own).chart)[part][end]) for end in range(len(ENDS)))
        for part in range(len(places(effect_axis(at_stop(ctx, choices.stops[0])).chart)))
    ]
    return _effect(ctx, (PRIOR,), *said, bar)


def _certainty(ctx: Context, choices: Any) -> list[Output]:
    """The second axis, where a stop changes it: in its spread between places, mostly."""
    sentence = by_stop(ctx, choices, lambda own: certainty_axis(own).sentence)
    if len({item["text"] for cases in (sentence, by_stop(ctx, choices, lambda own: certainty_axis(own).support)) for item in cases}) == len(PARTS):
        return []
    mark = text(strong(ctx.phrases.words("panel.own")))
    support = by_stop(ctx, choices, lambda own: certainty_support(own, own.main, mark))
    return _axis("certainty", (PRIOR,), sentence, support)


def _effect(ctx: Context, settings: tuple[str, ...], claim: Cases, natural: Cases, legend: Cases, bar: Sequence[Sequence[Cases | None]]) -> list[Output]:
    """The first axis: its words, the chances as text, and where each part of their bar begins and how wide it is."""
    parts = [(f"rect:nth-child({index})", end, cases) for index, pair in enumerate(bar, start=1) for end, cases in zip(ENDS, pair, strict=True) if cases]
    drawn = [Output(f"#axis-effect .chances {rect}", (), cases, settings, set=end) for rect, end, cases in parts]
    return [*_axis("effect", settings, claim, _own(ctx, natural)), Output("#axis-effect .legend", (), legend, settings), *drawn]


def _axis(name: str, settings: Iterable[str], sentence: Cases, support: Cases) -> list[Output]:
    """An axis: what it says, and what stands beside it."""
    return [Output(f"#axis-{name} .{part}", (), cases, tuple(settings)) for part, cases in zip(PARTS, (sentence, support), strict=True)]


def _own(ctx: Context, cases: Cases) -> Cases:
    """The same, beginning with that this is the reader's own."""
    own = case(text(strong(ctx.phrases.words("panel.own")), " "))["text"]
    return tuple({**item, "text": own + item["text"]} for item in cases)
