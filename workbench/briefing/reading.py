"""Read a briefing's HTML file back: its findings, their sources and what it is about, without anything else at hand.

The page carries its findings in an inert ``template`` element, which is no script and is never shown: JSON, deflated, in
base64, a fifth of the size of the plain text.
"""

from __future__ import annotations

import base64
import binascii
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from workbench.briefing.findings import Finding
from workbench.errors import UsageError

FINDINGS_ID = "findings"


@dataclass(frozen=True)
class Carried:
    """What a page carries beside its text: ``about``, findings by id, and the sources of their rows."""

    about: dict[str, Any]
    findings: dict[str, Finding]
    sources: dict[str, dict[str, Any]]


def packed(about: dict[str, Any], findings: Any, sources: Mapping[str, Any] | None = None, citations: Mapping[str, str] | None = None) -> str:
    """Return what a page carries, squeezed; rows, methods and works cited are written once."""
    methods = list(dict.fromkeys(item.method for item in findings))
    names = list(dict.fromkeys(row for item in findings for row in item.rows))
    groups = list(dict.fromkeys(item.rows for item in findings))
    number = {name: index for index, name in enumerate(names)}
    words: dict[Any, int] = {}
    content = {
        "about": about,
        "methods": methods,
        "citations": dict(citations or {}),
        "sources": {name: _named((sources or {}).get(name), words) for name in names},
        "words": list(words),
        "rows": [[number[row] for row in group] for group in groups],
        "columns": ["id", "value", "text", "unit", "kind", "style", "side", "method", "rows"],
        "findings": [
            [item.id, _finite(item.value), item.text, item.unit, item.kind, item.style, item.side, methods.index(item.method), groups.index(item.rows)]
            for item in findings
        ],
    }
    return squeezed(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str))


def squeezed(text: str) -> str:
    """Return text compressed by LZMA (a fifth smaller than deflate here) and written in base64."""
    return base64.b64encode(lzma.compress(text.encode("utf-8"), check=lzma.CHECK_CRC32, preset=9 | lzma.PRESET_EXTREME)).decode("ascii")


def unsqueezed(text: str) -> str:
    """Return the text that `squeezed` was given.

    Raises
    ------
    ValueError
        If it is nothing of that kind.
    """
    try:
        return lzma.decompress(base64.b64decode(text.strip(), validate=True)).decode("utf-8")
    except (binascii.Error, lzma.LZMAError) as error:
        raise ValueError(str(error)) from None


def _named(source: Any, words: dict[Any, int]) -> dict[str, Any]:
    """Return what is known of a row; names and words within its figures are written once and numbered."""
    if source is None:
        return {}
    known = {key: value for key, value in vars(source).items() if value and key not in ("table", "key")}
    return {key: _numbered(value, words) if isinstance(value, Mapping) else value for key, value in known.items()}


def _numbered(figures: Mapping[str, Any], words: dict[Any, int]) -> list[Any]:
    """Write a mapping as ``[name, value, name, value, ...]``: names by number, words as a number in a list of one."""

    def place(word: str) -> int:
        return words.setdefault(word, len(words))

    return [part for name, value in figures.items() for part in (place(name), [place(value)] if isinstance(value, str) else value)]


def _spelled(figures: list[Any], words: list[str]) -> dict[str, Any]:
    """Turn what `_numbered` wrote back into a mapping."""
    return {words[name]: words[value[0]] if isinstance(value, list) else value for name, value in zip(figures[::2], figures[1::2], strict=True)}


def _finite(value: float) -> float | str:
    return value if value == value and abs(value) != float("inf") else str(value)


def _source(source: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    spelled = {key: _spelled(source[key], content["words"]) for key in ("figures", "size") if key in source}
    return {**source, **spelled, "cite": [content["citations"][key] for key in source.get("cite", ())]}


class _Template(HTMLParser):
    """Collects the text of the findings' template."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.found = False, []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template" and dict(attrs).get("id") == FINDINGS_ID:
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def carried(html: str) -> Carried:
    """Read what a page carries.

    Raises
    ------
    UsageError
        If the text is no page of this kind.
    """
    parser = _Template()
    parser.feed(html)
    parser.close()
    try:
        content = json.loads(unsqueezed("".join(parser.found)))
        names = list(content["sources"])
        groups = [tuple(names[index] for index in group) for group in content["rows"]]
        found = [dict(zip(content["columns"], values, strict=True)) for values in content["findings"]]
        for item in found:
            item.update(value=float(item["value"]), rows=groups[item["rows"]], method=content["methods"][item["method"]])
        sources = {name: _source(source, content) for name, source in content["sources"].items()}
        return Carried(content["about"], {item["id"]: Finding(**item) for item in found}, sources)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(f"this file carries no findings, so it is no briefing or it was changed ({error})") from None
