"""What a row prints and how its effect was worked out: carried in a page, and told again from the page alone.

A page carries the row's figures, the measure and the resulting effect, not the derivation. The derivation is worked out
anew from those figures, which also checks that they still give the effect that the page rests on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import AnalysisError

_FIGURES = ("number", "integer", "boolean")
#: Columns of words without which figures cannot be read or sized.
_WORDS = (
    "role", "data_type", "direction", "measure", "p_relation", "se_basis", "cluster_unit", "informant", "unit", "currency", "price_year_basis",
    "distribution", "period", "value_note",
)  # fmt: skip
_SAME = 1e-9


def figures_of(table: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's figures as printed, by column, with the words needed to read them; empty cells left out."""
    wanted = [field.name for field in table.fields if field.kind in _FIGURES or field.name in _WORDS]
    return {name: row[name] for name in wanted if row[name] is not None}


def sized(row: Mapping[str, Any], construct: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an effect row becomes an effect: measure, design, route, y and se, or why it cannot.

    Parameters
    ----------
    row : Row
        Of ``effects.csv``.
    construct, study : Row
        Of ``outcomes.csv`` and ``studies.csv``.
    """
    measure = construct["measure"] or row["measure"]
    if measure is None:
        return {"refused": "no measure: the construct is not pooled and the row prints no estimate"}
    try:
        found = _size(row, measure, study["design"])
    except AnalysisError as error:
        return {"measure": measure, "refused": _without_place(str(error))}
    note = {"note": found.route.note} if found.route.note else {}
    return {"measure": measure, "design": study["design"], "route": found.route.name, "y": found.y, "se": found.se, **note}


def figure_lines(figures: Mapping[str, Any]) -> list[str]:
    """Write figures as ``column = value``, one line."""
    return [", ".join(f"{name} = {_shown(value)}" for name, value in figures.items())] if figures else []


def derivation_lines(figures: Mapping[str, Any], how: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, words) of the way from a row's figures to its effect.

    Parameters
    ----------
    figures : mapping
        As from `figures_of`.
    how : mapping
        As from `sized`.
    """
    if "refused" in how:
        return [("effect", f"none: {how['refused']}")]
    found = [("route", how["route"])]
    again = _again(figures, how)
    if again is not None:
        found += [("step", line) for line in again.derivation]
    else:
        found.append(("step", "this version of the workbench does not come to the same effect from these figures; what follows is what the page rests on"))
    found.append(("effect", f"y = {how['y']:.10g}, se = {how['se']:.10g} ({_scale(how['measure'])}, as printed: {figures.get('direction', 'direction not carried')})"))
    return [*found, ("note", how["note"])] if how.get("note") else found


def _again(figures: Mapping[str, Any], how: Mapping[str, Any]) -> Any | None:
    """Work the effect out from what is carried; None where it is not what the page says."""
    try:
        found = _size(_Carried(figures), how["measure"], how["design"])
    except AnalysisError:
        return None
    same = math.isclose(found.y, how["y"], rel_tol=_SAME, abs_tol=_SAME) and math.isclose(found.se, how["se"], rel_tol=_SAME)
    return found if same else None


class _Carried(dict):
    """Figures from a page, read like a row: a column that is not carried was empty."""

    def __missing__(self, name: str) -> None:
        return None


def _size(row: Mapping[str, Any], measure: str, design: str) -> Any:
    from workbench.effects import size

    return size(row, measure, study={"design": design})


def _scale(measure: str) -> str:
    from workbench.effects.measures import RATIOS

    return f"log {measure}" if measure in RATIOS else measure


def _without_place(message: str) -> str:
    """Drop the line number, which says nothing beside a page."""
    head, _, rest = message.partition(": ")
    return rest if head.startswith("effects row") else message


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, ".10g") if isinstance(value, float | int) else str(value)


def row_lines(lines: Iterable[tuple[str, str]], indent: str) -> list[str]:
    """Write labelled lines under one another."""
    return [f"{indent}{label:8} {words}" for label, words in lines]
