"""Read a briefing's HTML file back: its findings, their sources and what it is about, without anything else at hand.

The page carries its findings in an inert ``template`` element, which is no script and is never shown: JSON, compressed,
in base 85 without the signs that HTML would have to escape, a sixth of the size of the plain text. The full text of a
work cited is read from the list of references where it stands there.
"""

from __future__ import annotations

import base64
import json
import lzma
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from workbench.briefing.findings import Finding
from workbench.briefing.formatting import format_number
from workbench.errors import UsageError

FINDINGS_ID = "findings"
_PLAIN, _ESCAPED = bytes.maketrans(b"&<>", b".,:"), bytes.maketrans(b".,:", b"&<>")  # for the signs of base 85 that HTML escapes
_RUN, _LIST = re.compile(r"(\d+)-(\d+)"), re.compile(r"\d+(?: \d+)*")  # numbers of findings
_WORK = "ref-"  # begins the anchor of a work in the list of references
_DIGITS = 10  # of a value, many more than any figure prints or any input has
_SIDE_DIGITS = 2  # of the side of an interval, of which only the size counts


@dataclass(frozen=True)
class Carried:
    """What a page carries beside its text: ``about``, findings by id, and the sources of their rows."""

    about: dict[str, Any]
    findings: dict[str, Finding]
    sources: dict[str, dict[str, Any]]

    def finding_id(self, name: str) -> str:
        """Return the id that a number stands for, see `numbered`; anything else as it is."""
        return _counted(self.findings, name)

    def finding_ids(self, names: str) -> list[str]:
        """Return the ids of all findings that an element names, see `said`."""
        if match := _RUN.fullmatch(names):
            return [self.finding_id(str(number)) for number in range(int(match[1]), int(match[2]) + 1)]
        return [self.finding_id(name) for name in names.split()] if _LIST.fullmatch(names) else [names]

    def row_name(self, name: str) -> str:
        """Return the row that a number stands for, see `numbered`; anything else as it is."""
        return _counted(self.sources, name)


def numbered(names: Iterable[str]) -> dict[str, str]:
    """Return for each finding's id, or each row's name, its number among those that a page carries, from one.

    Elements of a page say the number, which takes a tenth of the room.
    """
    return {name: str(number) for number, name in enumerate(dict.fromkeys(names), start=1)}


def said(numbers: Sequence[str]) -> str:
    """Return how an element says the numbers of its findings: those that follow one another by the first and the last."""
    run = [str(number) for number in range(int(numbers[0]), int(numbers[0]) + len(numbers))]
    return f"{run[0]}-{run[-1]}" if len(run) > 1 and run == list(numbers) else " ".join(numbers)


def rows_named(findings: Iterable[Finding]) -> list[str]:
    """Return the rows that findings rest on, each once, in the order in which a page carries them."""
    return list(dict.fromkeys(row for item in findings for row in item.rows))


def _counted(names: Mapping[str, Any], name: str) -> str:
    return list(names)[int(name) - 1] if name.isdecimal() and 0 < int(name) <= len(names) else name


def packed(about: dict[str, Any], findings: Any, sources: Mapping[str, Any] | None = None, citations: Mapping[str, str] | None = None) -> str:
    """Return what a page carries, squeezed; rows, methods and works cited are written once."""
    methods = list(dict.fromkeys(item.method for item in findings))
    names = rows_named(findings)
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
            [item.id, _finite(value), item.text, item.unit, item.kind, item.style, side, methods.index(item.method), groups.index(item.rows)]
            for item in findings
            for value, side in (_brief(item),)
        ],
    }
    return squeezed(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str))


def squeezed(text: str) -> str:
    """Return text compressed by LZMA (a fifth smaller than deflate here) and written in base 85 (a sixteenth smaller than base 64)."""
    return base64.b85encode(lzma.compress(text.encode("utf-8"), check=lzma.CHECK_CRC32, preset=9 | lzma.PRESET_EXTREME)).translate(_PLAIN).decode("ascii")


def unsqueezed(text: str) -> str:
    """Return the text that `squeezed` was given.

    Raises
    ------
    ValueError
        If it is nothing of that kind.
    """
    try:
        return lzma.decompress(base64.b85decode(text.strip().encode("ascii").translate(_ESCAPED))).decode("utf-8")
    except (ValueError, lzma.LZMAError) as error:
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


def _brief(item: Finding) -> tuple[float, float | None]:
    """Return a value as a page carries it, and the side of its interval: to few digits, unless it would then read otherwise than what is printed."""
    value, side = float(f"{item.value:.{_DIGITS}g}"), item.side if item.side is None else float(f"{item.side:.{_SIDE_DIGITS}g}")
    return (value, side) if format_number(value, item.style, side) == item.text else (item.value, item.side)


def _finite(value: float) -> float | str:
    return value if value == value and abs(value) != float("inf") else str(value)


def _source(source: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    spelled = {key: _spelled(source[key], content["words"]) for key in ("figures", "size") if key in source}
    return {**source, **spelled, "cite": [content["citations"][key] for key in source.get("cite", ())]}


class _Texts(HTMLParser):
    """Collects the text of the findings' template, and that of each work in the list of references, by its anchor."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.found = "", {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("id") or ""
        if tag == "li" or tag == "template":
            self.inside = name if name == FINDINGS_ID or name.startswith(_WORK) else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("li", "ul", "template"):
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[self.inside] = self.found.get(self.inside, "") + data


def carried(html: str) -> Carried:
    """Read what a page carries.

    Raises
    ------
    UsageError
        If the text is no page of this kind.
    """
    parser = _Texts()
    parser.feed(html)
    parser.close()
    try:
        content = json.loads(unsqueezed(parser.found.get(FINDINGS_ID, "")))
        content["citations"] |= {name.removeprefix(_WORK): words.strip() for name, words in parser.found.items() if name != FINDINGS_ID}
        names = list(content["sources"])
        groups = [tuple(names[index] for index in group) for group in content["rows"]]
        found = [dict(zip(content["columns"], values, strict=True)) for values in content["findings"]]
        for item in found:
            item.update(value=float(item["value"]), rows=groups[item["rows"]], method=content["methods"][item["method"]])
        sources = {name: _source(source, content) for name, source in content["sources"].items()}
        return Carried(content["about"], {item["id"]: Finding(**item) for item in found}, sources)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(
            f"this file carries no findings, so it is no briefing, or it was changed or built by an earlier release; build it again with `workbench brief` ({error})"
        ) from None
