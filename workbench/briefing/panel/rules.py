"""The rules of rounding and the vocabulary as data: what `workbench.briefing.formatting` does, for the page's script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.briefing import formatting

_MARKS = {"minus": formatting.MINUS, "comma": ",", "point": ".", "prefix": "", "suffix": ""}
_CHANCE = {"edge": formatting.EDGE, "least": formatting.LEAST, "most": formatting.MOST, "times": 100, "exponent": 0, "suffix": "%", "plain": True}
_STYLES: dict[str, dict[str, Any]] = {
    "count": {"exponent": 0},
    "frequency": {"exponent": 0},
    "probability": _CHANCE,
    "share": {**_CHANCE, "sure": formatting.CERTAIN},
    "bar": {"times": 100, "exponent": -1, "suffix": "%", "plain": True},
    "year": {"exponent": 0, "plain": True},
    "number": {"digits": formatting.DIGITS, "floor": -formatting.MOST_DECIMALS},
    "ratio": {"exponent": -2, "floor": -formatting.MOST_DECIMALS},
    "difference": {"exponent": -2, "floor": -formatting.MOST_DECIMALS},
    "money": {"exponent": 0, "floor": 0, "prefix": formatting.CURRENCY},
    "pence": {"exponent": -2, "floor": -2, "prefix": formatting.CURRENCY},
}


def out_of(people: int) -> str:
    """Name of the style that tells a share as a whole number out of so many people."""
    return f"of-{people}"


def formats() -> dict[str, dict[str, Any]]:
    """Return each style's rule: the last digit as a power of ten, its floor where an interval decides, marks and edges."""
    told = {out_of(people): {"exponent": 0, "times": people} for people in formatting.ROUND}
    return {name: {**_MARKS, **rule} for name, rule in {**_STYLES, **told}.items()}


def words(scale: Iterable[Mapping[str, Any]], cap: bool = False) -> dict[str, Any]:
    """Return the style that turns a probability into its word; with `cap`, none above the word that caps."""
    rows = list(scale)
    if cap:
        last = next(index for index, row in enumerate(rows) if row["cap"])
        rows = rows[: last + 1]
    return {"words": [[row["from"], row["words"]] for row in rows]}
