"""Where nothing can be valued: which unknown a study should settle first, by rule, and why.

The rule, in order: children's safety or wellbeing, where a main outcome on it has no usable result, or no outcome on it has any;
a main outcome without a result from the home country; the main outcome whose range for a new area is widest; a main outcome
that nobody measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SAFETY, NO_HOME_STUDY, WIDEST, NOT_MEASURED = "safety_unmeasured", "no_home_study", "widest", "not_measured"
RULES = (SAFETY, NO_HOME_STUDY, WIDEST, NOT_MEASURED)


@dataclass(frozen=True)
class Unknown:
    """What is known of one outcome.

    Attributes
    ----------
    construct, name : str
    safety : bool
        Whether it speaks of children's safety or wellbeing.
    lead : bool
        Whether it is a main outcome.
    measured : bool
        Whether there is an estimate.
    at_home : bool
        Whether a result behind it comes from the home country.
    width : float or None
        Width of the central 95 % range for a new area, in standard deviations of the outcome; None where there is none.
    """

    construct: str
    name: str
    safety: bool
    lead: bool
    measured: bool
    at_home: bool
    width: float | None


@dataclass(frozen=True)
class Settled:
    """The unknown that a study should settle first.

    Attributes
    ----------
    unknown : Unknown
    reasons : tuple of str
        Which of `RULES` it meets, the deciding one first.
    """

    unknown: Unknown
    reasons: tuple[str, ...]


def settle_first(unknowns: Sequence[Unknown]) -> Settled | None:
    """Return the unknown to settle first; None where there is nothing to choose from.

    Parameters
    ----------
    unknowns : sequence of Unknown
        The most important first; of several that a rule fits, the first is taken.
    """
    safe = any(item.safety and item.measured for item in unknowns)
    widest = max((item.width for item in unknowns if item.lead and item.width is not None), default=None)
    met = {item.construct: _reasons(item, safe, widest) for item in unknowns}
    for rule in RULES:
        chosen = next((item for item in unknowns if rule in met[item.construct]), None)
        if chosen is not None:
            return Settled(chosen, tuple(sorted(met[chosen.construct], key=lambda name: name != rule)))
    return None


def _reasons(item: Unknown, safe: bool, widest: float | None) -> tuple[str, ...]:
    """The rules that an outcome meets; `safe` if any outcome on safety has an estimate."""
    held = {
        SAFETY: item.safety and not item.measured and (item.lead or not safe),
        NO_HOME_STUDY: item.lead and item.measured and not item.at_home,
        WIDEST: item.lead and item.width is not None and item.width == widest,
        NOT_MEASURED: item.lead and not item.measured,
    }
    return tuple(name for name in RULES if held[name])
