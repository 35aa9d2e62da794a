"""Small pieces of SVG: elements with escaped attributes and text, and running text with findings in it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from workbench.briefing.text import Link, Number, Quoted, Text


def tag(name: str, *children: Any, **attributes: Any) -> Markup:
    """Return one element of SVG; ``_`` in attribute names stands for ``-``, None leaves an attribute out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(Markup(key.rstrip("_").replace("_", "-")), _value(value)) for key, value in attributes.items() if value is not None
    )
    if not children:
        return Markup("<{0}{1}/>").format(Markup(name), written)
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)


def _value(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """Write a coordinate with at most one decimal, so that pages stay small and alike on every machine."""
    return f"{value:.1f}".rstrip("0").rstrip(".").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")


def spans(parts: Text) -> Markup:
    """Return running text as ``tspan`` elements, each number with its finding."""
    return Markup("").join(_span(part) for part in parts)


def _span(part: Any) -> Markup:
    if isinstance(part, Number):
        return tag("tspan", part.finding.text, data_f=part.finding.id)
    if isinstance(part, Quoted):
        return tag("tspan", part.text, data_source=part.source)
    if isinstance(part, Link):
        return spans(part.parts)
    return tag("tspan", part.text, class_="strong") if part.strong else escape(part.text)


def chart(kind: str, id: str, width: float, height: float, title: str, description: str, *children: Any, narrow: bool = False) -> Markup:
    """Return an ``svg`` with its title and description for readers who cannot see it."""
    name = f"{id}-narrow" if narrow else id
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", description, id=f"{name}-desc"),
        *children,
        class_=f"chart {kind} {'narrow' if narrow else 'wide'}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        viewBox=f"0 0 {_value(float(width))} {_value(float(height))}",
        xmlns="http://www.w3.org/2000/svg",
    )


def wrapped(words: str, width: int, most: int = 3) -> list[str]:
    """Break words into lines of about `width` characters; what does not fit in `most` lines ends in an ellipsis."""
    import textwrap

    lines = textwrap.wrap(words, width, break_long_words=True) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], textwrap.shorten(" ".join(lines[most - 1 :]), width, placeholder=" …")]
        lines[-1] = lines[-1] if lines[-1].strip(" …") else "…"
    return lines


def nice_step(span: float, most: int) -> float:
    """Return the smallest of 1, 2, 2.5 or 5 times a power of ten that divides `span` into at most `most` parts."""
    import math

    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if power * factor >= raw * (1 - 1e-9))
