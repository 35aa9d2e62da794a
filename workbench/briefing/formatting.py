"""The one formatter: every number that a briefing prints passes through :func:`format_number`.

The rounding rule
-----------------
A number with an interval is rounded where the interval stops telling values apart: the last digit shown is the second
significant digit of the *narrower side* of the interval (the distance from the median to its nearer limit). The same
side rounds all numbers of one interval, so that a median and its limits always show the same decimals. Halves go away
from zero. The other styles, which have no interval:

========== ==========================================================================================
count      whole, thousands separated by commas
frequency  whole people, as in "34 of 100"
probability whole per cent; never 0 % or 100 %, but "<1%" and ">99%"
share      whole per cent; a share of exactly nothing is "0%", a smaller one than half a per cent "<1%"
year       whole, no separator
exact      as printed in the source, every digit
number     as recorded: whole from 100 upwards, else three significant digits, without trailing zeros
ratio      two decimals where there is no interval
difference two decimals where there is no interval
money      whole pounds
pence      pounds and pence
========== ==========================================================================================
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
NOT_FINITE = "not finite"
STYLES = ("count", "frequency", "probability", "share", "year", "number", "exact", "ratio", "difference", "money", "pence")
MOST_DECIMALS = 6
CURRENCY = "£"
EDGE = 0.005  # a probability below it, or above its complement, is not told from none or all
LEAST, MOST = "<1%", ">99%"
ROUND, FEWEST = (100, 1_000, 10_000), 5  # round numbers of people, and how few of them a share may come to
CERTAIN = 1e-9  # a sum of weights may miss one by rounding
DIGITS = 3  # significant digits of a number below a hundred that has no interval


def narrower_side(median: float, low: float, high: float) -> float | None:
    """Return the distance from the median to its nearer limit, which decides the digits.

    Parameters
    ----------
    median, low, high : float
        A median with its interval, on the printed scale.

    Returns
    -------
    float or None
        None where the interval has no width or is not finite; half its width where the median lies on a limit.
    """
    if not all(map(math.isfinite, (median, low, high))) or high <= low:
        return None
    side = min(median - low, high - median)
    return side if side > 0 else (high - low) / 2


def step_of(side: float) -> Decimal:
    """Return the rounding step for an interval whose narrower side is `side`: its second significant digit."""
    exponent = max(math.floor(math.log10(side)) - 1, -MOST_DECIMALS)
    return Decimal(1).scaleb(exponent)


def rounded(value: float, step: Decimal) -> Decimal:
    """Round `value` to a multiple of `step`, halves away from zero."""
    return (Decimal(repr(float(value))) / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def denominator(share: float) -> int:
    """Return the round number of people out of which a share is told: the smallest of 100, 1,000 and 10,000 that leaves five or more."""
    return next((people for people in ROUND[:-1] if share * people >= FEWEST), ROUND[-1])


def format_number(value: float, style: str, side: float | None = None) -> str:
    """Return the printed form of a number.

    Parameters
    ----------
    value : float
        The number; shares and probabilities between 0 and 1, money in pounds.
    style : str
        One of `STYLES`.
    side : float, optional
        Narrower side of the interval to which the number belongs, see the module's rounding rule.

    Returns
    -------
    str
        The text; ``not finite`` for a moment that does not exist.

    Raises
    ------
    KeyError
        If the style is not known.
    """
    write = _WRITERS[style]
    if not math.isfinite(value):
        return NOT_FINITE
    return write(float(value), side)


def _plain(value: Decimal) -> str:
    """Write a rounded number with separators and a true minus sign; never a negative zero."""
    value = value if value != 0 else abs(value)
    places = max(0, -value.as_tuple().exponent)
    return f"{value:,.{places}f}".replace("-", MINUS)


def _whole(value: float, side: float | None = None) -> str:
    return _plain(rounded(value, Decimal(1)))


def _year(value: float, side: float | None = None) -> str:
    return str(round(value))


def _probability(value: float, side: float | None = None) -> str:
    if value < EDGE:
        return LEAST
    if value >= 1 - EDGE:
        return MOST
    return f"{rounded(100 * value, Decimal(1)):.0f}%"


def _share(value: float, side: float | None = None) -> str:
    if value == 0.0 or value > 1 - CERTAIN:
        return f"{100 * value:.0f}%"
    return _probability(value)


def _number(value: float, side: float | None = None) -> str:
    if side is not None:
        return _plain(rounded(value, step_of(side)))
    if value == round(value) or abs(value) >= 100:
        return _whole(value)
    magnitude = math.floor(math.log10(abs(value)))
    found = rounded(value, Decimal(1).scaleb(max(magnitude + 1 - DIGITS, -MOST_DECIMALS)))
    text = _plain(found)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exact(value: float, side: float | None = None) -> str:
    text = _plain(Decimal(repr(value)).normalize() + 0)
    return text if "." in text or value != round(value) else _whole(value)


def _two_decimals(value: float, side: float | None = None) -> str:
    return _plain(rounded(value, Decimal("0.01") if side is None else step_of(side)))


def _money(value: float, side: float | None = None) -> str:
    return _pounds(rounded(value, Decimal(1) if side is None else max(Decimal(1), step_of(side))))


def _pence(value: float, side: float | None = None) -> str:
    return _pounds(rounded(value, Decimal("0.01")))


def _pounds(value: Decimal) -> str:
    text = _plain(value)
    return f"{MINUS}{CURRENCY}{text[1:]}" if text.startswith(MINUS) else f"{CURRENCY}{text}"


_WRITERS = {
    "count": _whole,
    "frequency": _whole,
    "probability": _probability,
    "share": _share,
    "year": _year,
    "number": _number,
    "exact": _exact,
    "ratio": _two_decimals,
    "difference": _two_decimals,
    "money": _money,
    "pence": _pence,
}
