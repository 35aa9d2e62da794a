"""What the panel prints: each output's sentences with the conditions under which it says them, numbers as places to fill.

A place is ``path:style@side`` between two control characters, which no text of a table can hold: where the number stands in
a result, how it is written, and the number that holds the narrower side of its interval. The phrases are the briefing's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.briefing.context import Context, words_or_code
from workbench.briefing.formatting import format_number
from workbench.briefing.sections.money import CLASSES
from workbench.briefing.text import Text, Words, joined, plain, quoted, strong, text

MARK = "\x1f"  # stands around words that carry the weight of a sentence
START, END = "\x02", "\x03"  # stand around a place
WORDS, CAPPED = "words", "capped"
HUNDRED = 100


@dataclass(frozen=True)
class Output:
    """One place of the page, and what stands there.

    Attributes
    ----------
    at : str
        A selector.
    heading : Text
    cases : tuple of dict
        In order: the first that holds is said.
    page : tuple of str
        For a place that the briefing fills itself: the settings that change it. While they stand as they were, so does it.
    group : str
        Of the panel's results.
    set : str
        The attribute that takes what is said, where it is not the element's text.
    """

    at: str
    heading: Text
    cases: tuple[dict[str, Any], ...]
    page: tuple[str, ...] = ()
    group: str = ""
    set: str = ""

    @property
    def id(self) -> str:
        """The selector without its mark."""
        return self.at.removeprefix("#")

    def described(self) -> dict[str, Any]:
        """As the page's script reads it."""
        return {"at": self.at, "cases": list(self.cases), "page": list(self.page) or None, "set": self.set or None}


def place(path: str, style: str, side: str = "") -> str:
    """Name a number's place."""
    return f"{START}{path}:{style}{'@' + side if side else ''}{END}"


def case(said: Text | str, *conditions: Sequence[Any], same: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return one case: what is said where every condition ``(path, low, high)`` holds and, with `same`, two texts are equal."""
    told = said if isinstance(said, str) else "".join(_marked(part) for part in said)
    found: dict[str, Any] = {"if": [[*item, *[None] * (3 - len(item))] for item in conditions], "text": told}
    return found if same is None else {**found, "same": list(same)}


def _marked(part: Any) -> str:
    words = plain((part,))
    if not isinstance(part, Words):
        words = re.sub(r"[\x00-\x1f]+", " ", words)
    return f"{MARK}{words}{MARK}" if isinstance(part, Words) and part.strong else words


def interval(ctx: Context, path: str, style: str = "money", centre: str = "mean") -> Text:
    """Return an amount with its interval, as places."""
    side = f"{path}/{'side' if centre == 'mean' else 'median_side'}"
    return ctx.phrases("number.interval", median=place(f"{path}/{centre}", style, side), low=place(f"{path}/low", style, side), high=place(f"{path}/high", style, side))


def _ends(path: str, style: str = "money") -> tuple[str, str]:
    return place(f"{path}/low", style, f"{path}/side"), place(f"{path}/high", style, f"{path}/side")


def amount(ctx: Context, path: str, *conditions: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """Return the cases of an amount of money: one figure where its interval has no width in print, else both."""
    single = case(place(f"{path}/mean", "money", f"{path}/side"), (path,), *conditions, same=_ends(path))
    return single, case(interval(ctx, path), (path,), *conditions)


def value_cases(ctx: Context) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The verdict on the money, and what stands beside it."""
    return _verdict(ctx), tuple(_support(ctx))


def _verdict(ctx: Context) -> tuple[dict[str, Any], ...]:
    phrases = ctx.phrases
    positive = phrases("value.positive", word=strong(place("p_npv", WORDS)))
    negative = phrases("value.negative", word=strong(place("p_not", WORDS)))
    none = phrases("value.not_valued_plain", strong=strong(phrases.words("value.not_valued_word")))
    return case(positive, ("p_npv", 0.5)), case(negative, ("p_npv",)), case(none)


def _support(ctx: Context) -> list[dict[str, Any]]:
    """What stands beside the verdict: the chance and the balance, the cost, and whether cash covers it."""
    phrases = ctx.phrases
    chance = phrases("value.support", chance=place("p_npv", "probability"), npv=interval(ctx, "npv"))
    cash = phrases("value.cashable", chance=place("p_cashable", "probability"))
    found = []
    for has_cash, cash_words in ((("p_cashable",), cash), (None, ())):
        for fixed in (True, False):
            cost = _cost(ctx, "cost", fixed)
            conditions = [("p_npv",), ("cost",), *([has_cash] if has_cash else [])]
            found.append(case(joined((chance, cost, cash_words), " "), *conditions, same=_ends("cost") if fixed else None))
    reason = quoted((ctx.appraisal.reason or "").strip()) or ()
    for path in ("cost", "budget_cost"):
        found += [case(joined((reason, _cost(ctx, path, fixed)), " "), (path,), same=_ends(path) if fixed else None) for fixed in (True, False)]
    return [*found, case(reason)]


def _cost(ctx: Context, path: str, fixed: bool) -> Text:
    return ctx.phrases("value.cost", cost=place(f"{path}/mean", "money", f"{path}/side") if fixed else interval(ctx, path))


def figure_outputs(ctx: Context) -> list[Output]:
    """The figures for one family, then those for all."""
    phrases = ctx.phrases

    def row(name: str, heading: str, *cases: dict[str, Any], group: str = "figures") -> Output:
        return Output(f"#out-{name}", phrases(heading), cases, group=group)

    def plainly(path: str, style: str) -> dict[str, Any]:
        return case(place(path, style), (path,))

    never = phrases("money.payback_never", horizon=place("horizon", "year"))
    return [
        row("npv", "money.npv", *amount(ctx, "npv")),
        row("p-npv", "money.p_npv", plainly("p_npv", "probability")),
        row("budget-npv", "money.budget_npv", *amount(ctx, "budget_npv")),
        row("p-cashable", "money.p_cashable", plainly("p_cashable", "probability")),
        row("cost", "money.cost", *amount(ctx, "cost"), *amount(ctx, "budget_cost")),
        row("budget-cost", "money.budget_cost", *amount(ctx, "budget_cost", ("apart",))),
        row("benefit", "money.benefit", *amount(ctx, "benefit", ("npv",))),
        row("bcr", "money.bcr", plainly("bcr", "pence")),
        row("payback", "money.payback", plainly("payback_year", "year"), case(never, ("npv",))),
        row("break-even-cost", "money.break_even_cost", case(place("benefit/mean", "money", "benefit/side"), ("npv",))),
        *_break_even_effects(ctx),
        row("break-even-take-up", "money.break_even_take_up", plainly("break_even_take_up", "share")),
        row("total-npv", "panel.total_npv", *amount(ctx, "total_npv"), group="totals"),
        row("total-spent", "panel.total_spent", case(place("spent/all", "money", "spent/side"), ("spent",)), group="totals"),
        row("total-cash", "panel.total_cash", case(place("cash/all", "money", "cash/side"), ("cash",)), group="totals"),
    ]


def _break_even_effects(ctx: Context) -> list[Output]:
    """One row for each outcome that drives money: the effect at which the balance is nought."""
    found = []
    for index, construct in enumerate(ctx.appraisal.kernel.theta):
        path = f"break_even/{construct}"
        said = ctx.phrases(
            "money.break_even_words", outcome=quoted(ctx.evidence["outcomes"][construct]["name"]), ratio=place(f"{path}/odds_ratio", "ratio"),
            difference=place(f"{path}/per_hundred", "number"), denominator=format_number(HUNDRED, "count"),
        )  # fmt: skip
        cases = (case(said, (path,)), case(ctx.phrases("money.break_even_none"), ("npv",)))
        found.append(Output(f"#out-break-even-{index}", ctx.phrases("money.break_even_effect"), cases, group="figures"))
    return found


def benefit_keys(ctx: Context) -> list[tuple[str, str]]:
    """Payer and kind of every benefit, as the briefing's table orders them."""
    return sorted(ctx.appraisal.evaluation.benefit_by, key=lambda key: (CLASSES.index(key[1]), key[0]))


def benefit_outputs(ctx: Context) -> list[Output]:
    """Benefits by who gains and by kind."""
    found = []
    for index, (payer, kind) in enumerate(benefit_keys(ctx)):
        heading = text(words_or_code(ctx.phrases, "payer", payer), ": ", ctx.phrases(f"money.class_{kind}"))
        found.append(Output(f"#out-benefit-{index}", heading, amount(ctx, f"benefit_by/{index}"), group="benefits"))
    return found


def yardstick_outputs(ctx: Context) -> list[Output]:
    """Comparisons that stand beside the cost, in no total."""
    phrases, found = ctx.phrases, []
    for index, line in enumerate(ctx.appraisal.kernel.yardsticks):
        path, common = f"yardsticks/{index}", {"name": quoted(line.name), "unit": quoted(line.unit)}
        if line.unit_value is not None:
            worth = place(f"{path}/against/mean", "money", f"{path}/against/side")
            said = phrases("money.yardstick_events", **common, n=place(f"{path}/per_hundred", "number"), denominator=format_number(HUNDRED, "count"), value=worth)
            cases = (case(joined((said, phrases("money.ceiling") if line.ceiling else ()), " "), (path,)),)
        else:
            value, side = place(f"{path}/ratio", "money"), f"{path}/spread/median_side"
            ends = phrases("number.range", low=place(f"{path}/spread/low", "money", side), high=place(f"{path}/spread/high", "money", side))
            ranged = phrases("money.yardstick_unit_range", **common, value=value, interval=ends)
            cases = case(ranged, (f"{path}/spread",)), case(phrases("money.yardstick_unit", **common, value=value), (path,))
        found.append(Output(f"#out-yardstick-{index}", (), cases, group="sentences"))
    return found
