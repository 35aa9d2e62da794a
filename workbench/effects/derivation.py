"""How an effect was worked out, step by step, so that anyone can walk back from it to what a paper prints."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.effects import conversions
from workbench.effects.registry import REGISTRY


@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    Attributes
    ----------
    what : str
        What the step gives, such as ``y`` or ``v``.
    formula : str
        In terms of the figures; empty for figures that are taken as printed.
    figures : tuple of (str, value)
        What went in, by name.
    value : float or None
        What came out; None for a step that only names figures.
    source : str
        Whose formula it is.
    """

    what: str
    formula: str = ""
    figures: tuple[tuple[str, Any], ...] = ()
    value: float | None = None
    source: str = ""

    @property
    def line(self) -> str:
        """The step as one line of text."""
        figures = ", ".join(f"{name} = {_shown(value)}" for name, value in self.figures)
        if not self.formula:
            return f"{self.what}: {figures}" if figures else self.what
        text = f"{self.what} = {self.formula}"
        text += f" with {figures}" if figures else ""
        text += f" = {_shown(self.value)}" if self.value is not None else ""
        return text + (f" [{self.source}]" if self.source else "")


def _shown(value: Any) -> str:
    return format(value, ".10g") if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Raw:
    """An effect in the measure that the figures give directly, before conversion and inflation.

    Attributes
    ----------
    measure : str
        The measure it is in.
    y, v : float
        Effect and variance on the analysis scale.
    name : str
        The route.
    inputs : dict
        Printed figures used, by column.
    notes : tuple of str
    bound : bool
        True if the variance is only a bound.
    steps : tuple of Step
        From the printed figures to `y` and `v`.
    """

    measure: str
    y: float
    v: float
    name: str
    inputs: dict[str, Any]
    notes: tuple[str, ...] = ()
    bound: bool = False
    steps: tuple[Step, ...] = ()

    def with_notes(self, *notes: str) -> Raw:
        """Return the same effect with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def by_registry(measure: str, y: float, v: float, figures: Mapping[str, Any], variance: str | None = None) -> tuple[Step, Step]:
    """Return the steps of an effect that a measure of the registry computes from `figures`.

    Parameters
    ----------
    measure : str
    y, v : float
        What came out.
    figures : mapping
        The registry's inputs by name.
    variance : str, optional
        Formula of the variance if it is not the whole of the registry's entry.
    """
    entry = REGISTRY[measure]
    where = f" ({entry.where})" if entry.where else ""
    what = f"y, {'log ' if entry.ratio else ''}{measure}"
    return (
        Step(what, entry.estimate + where, tuple(figures.items()), float(y), entry.source),
        Step("v", variance or entry.variance, (), float(v), entry.source),
    )


def native(offered: tuple[str, ...], measure: str, risk: float | None, convert: Collection[str]) -> str | None:
    """Return which of the `offered` measures leads to `measure`, itself first, or None."""
    if measure in offered:
        return measure
    for name in offered:
        step = f"{name}->{measure}"
        if step in convert and (risk is not None or step not in conversions.BY_CONTROL_RISK):
            return name
    return None
