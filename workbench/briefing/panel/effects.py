"""The effect in the panel: its sentence, its chances and its numbers of people, at each stop and risk without the programme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.briefing.context import Context
from workbench.briefing.findings import Ledger
from workbench.briefing.formatting import FEWEST, ROUND, format_number
from workbench.briefing.panel.cases import CAPPED, WORDS, Output, case, place
from workbench.briefing.panel.export import Pool
from workbench.briefing.panel.rules import out_of
from workbench.briefing.panel.settings import RISK, Field
from workbench.briefing.sections.answer import claim_sentence, natural_sentence
from workbench.briefing.text import joined, quoted

CLAIMS = ("harm", "little_difference", "benefit")  # in the order in which a tie is settled


def movable(ctx: Context) -> list[str]:
    """Outcomes whose risk without the programme a reader may set: those that drive money and have an answer."""
    measured = {item.construct["construct"] for item in ctx.measured if item.natural is not None}
    return [name for name in ctx.appraisal.kernel.theta if name in measured]


def effects(ctx: Context, choices: Any, fields: Sequence[Field], pool: Pool) -> dict[str, Any]:
    """Return, for each movable outcome, its chances at every stop: as in the briefing, and by the reader's own risk.

    The risks that a reader can set are few enough to be listed: each has its exact chances beyond the minimal difference.
    """
    found = {}
    for name in movable(ctx):
        item = next(item for item in fields if item.name == f"{RISK}.{name}")
        risk = item.control
        scale = 10.0**-risk.shift
        count = round((float(item.most) - float(item.least)) / risk.step) + 1
        risks = np.round(float(item.least) * scale + np.arange(count) * risk.step * scale, 12)
        stops = {stop.name: _chances(stop.headlines[name], risks, pool, choices.chances) for stop in choices.stops}
        found[name] = {"grid": [float(risks[0]), risk.step * scale], "stops": stops}
    return found


def _chances(headline: Any, risks: np.ndarray, pool: Pool, chances: Any) -> dict[str, Any]:
    better, worse = chances(headline, risks)
    kept = {"better": pool.keep(better.astype("f4")), "worse": pool.keep(worse.astype("f4"))}
    return {"chances": [headline.probabilities.benefit, headline.probabilities.harm], **kept}


def effect_outputs(ctx: Context, choices: Any) -> list[Output]:
    """Sentences on the effect: for the outcomes that drive money, and for the one that the short answer opens with."""
    names, main = movable(ctx), ctx.main
    found = []
    if main is not None and main.fit is not None and main.construct["construct"] not in names:
        found.append(Output("#out-effect-main", quoted(main.construct["name"]), _fixed_cases(ctx, choices), group="effects"))
    for index, name in enumerate(names):
        headline = next(item for item in ctx.headlines if item.construct["construct"] == name)
        heading = quoted(headline.construct["name"])
        found.append(Output(f"#out-claim-{index}", heading, claim_cases(ctx, headline, choices.even_odds), group="effects"))
        found.append(Output(f"#out-natural-{index}", heading, natural_cases(ctx, headline), group="effects"))
        found.append(Output(f"#out-chances-{index}", heading, legend_cases(ctx, name), group="effects"))
    return found


def _fixed_cases(ctx: Context, choices: Any) -> tuple[dict[str, Any], ...]:
    """An outcome that only the stop moves: the briefing's own sentences at each."""
    return by_stop(ctx, choices, lambda own: joined((claim_sentence(own, own.main), natural_sentence(own, own.main)), " "))


def by_stop(ctx: Context, choices: Any, said: Callable[[Context], Any]) -> tuple[dict[str, Any], ...]:
    """Return what is said in the briefing of each stop."""
    return tuple(case(said(at_stop(ctx, stop)), ("stop", index, index + 1)) for index, stop in enumerate(choices.stops))


def at_stop(ctx: Context, stop: Any) -> Context:
    """The context of a briefing at a stop: its answers in the place of one's own, and a ledger apart."""
    found = tuple(stop.headlines.get(item.construct["construct"], item) for item in ctx.headlines)
    return replace(ctx, headlines=found, ledger=Ledger(ctx.ledger.programme, ctx.ledger.area))


def claim_cases(ctx: Context, headline: Any, even_odds: float) -> tuple[dict[str, Any], ...]:
    """The claim that is likeliest, with its word; where none is as likely as not, that nothing is settled."""
    path = f"chance/{headline.construct['construct']}"
    word = place(f"{path}/best", CAPPED if headline.word.reasons else WORDS)
    said = {claim: claim_sentence(ctx, replace(headline, word=replace(headline.word, claim=claim, words=word))) for claim in (*CLAIMS, "unclear")}
    sure = (f"{path}/best", even_odds)
    return (*(case(said[claim], sure, (f"{path}/claim", index, index + 1)) for index, claim in enumerate(CLAIMS)), case(said["unclear"], (path,)))


def legend_cases(ctx: Context, name: str) -> tuple[dict[str, Any], ...]:
    """The chances of an outcome."""
    parts = {"benefit": "better", "within": "within", "harm": "worse"}
    said = ctx.phrases("answer.legend", **{key: place(f"chance/{name}/{path}", "probability") for key, path in parts.items()})
    return (case(said, (f"chance/{name}",)),)


def natural_cases(ctx: Context, headline: Any) -> tuple[dict[str, Any], ...]:
    """Numbers out of the round number of people that the rarest of the four shares calls for."""
    found, path = [], f"risk/{headline.construct['construct']}"
    for people in ROUND:
        rare = (f"{path}/rarest", FEWEST / people) if people != ROUND[-1] else (path,)
        style = out_of(people)
        without, treated = place(f"{path}/without/median", style), place(f"{path}/treated/median", style)
        ends = {end: place(f"{path}/treated/{end}", style) for end in ("low", "high")}
        common = {
            "denominator": format_number(people, "count"), "units": quoted(headline.construct["unit_phrase"]) or ctx.phrases("natural.units"),
            "event": quoted(headline.construct["event_phrase"]) or ctx.phrases("natural.event"), "without": without,
            "treated": ctx.phrases("number.interval", median=treated, **ends),
        }  # fmt: skip
        found.append(case(ctx.phrases("natural.sentence_same", **common), rare, same=(without, treated)))
        found.append(case(ctx.phrases("natural.sentence", **common), rare))
    return tuple(found)

