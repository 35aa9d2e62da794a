"""Charts of a page as SVG files of their own: styles resolved, shared patterns inside, on white."""

from __future__ import annotations

import re

from workbench.briefing.exports.contents import Contents

_VARIABLE = re.compile(r"(--[\w-]+)\s*:\s*([^;}]+)")
_USED = re.compile(r"var\((--[\w-]+)\)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NESTED = re.compile(r"@[^{}]+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_FONTS = "Arial, 'Liberation Sans', Helvetica, sans-serif"


def standalone(found: Contents, name: str) -> str:
    """Return one chart as a document that any program can open.

    Parameters
    ----------
    found : Contents
    name : str
        Of ``found.figures``.
    """
    svg = found.figures[name]
    start, rest = svg.split(">", 1)
    style = f"<style>{chart_rules(found.style)} svg.chart{{font-family:{_FONTS}}}</style>"
    drawn = f'{start}><defs>{style}{found.patterns}</defs><rect width="100%" height="100%" fill="#ffffff"/>{rest}'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


def chart_rules(style: str) -> str:
    """Return the rules of a style sheet that draw charts, with its variables put in; rules for some screens alone are left out."""
    style = _COMMENT.sub("", style)
    values = dict(_VARIABLE.findall(style))
    flat = _NESTED.sub("", style)
    kept = [(selector.strip(), body.strip()) for selector, body in _RULE.findall(flat) if "chart" in selector or "chances" in selector]
    text = "".join(f"{selector}{{{body}}}" for selector, body in kept if "display" not in body or "none" not in body)
    return _USED.sub(lambda match: values.get(match[1], "currentColor").strip(), text).replace("&", "&amp;").replace("<", "&lt;")
