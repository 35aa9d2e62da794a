"""The drift checker: re-reads a page and reports every number that is not its finding's value under the formatter.

A numeral in visible text must stand in an element with a ``data-finding``, or with a ``data-source`` of the short list
in :data:`workbench.briefing.text.SOURCES`, or with a ``data-row``, whose numerals must be the figures that the page carries
for that row. What a reader cannot see (head, styles, the findings' template) is not read;
labels for readers who listen are. An id such as ``/risk/median`` continues the path of the nearest ``data-findings`` around it;
``./low`` takes the place of the last step of the first figure in the same link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from workbench.briefing.findings import Finding
from workbench.briefing.formatting import STYLES, format_number
from workbench.briefing.origins import numbers_of
from workbench.briefing.reading import carried
from workbench.briefing.text import SOURCES

_UNSEEN = ("head", "style", "template", "script")
_SPOKEN = ("aria-label", "alt", "title", "data-label", "placeholder")
_NUMERAL = re.compile(r"\N{MINUS SIGN}?\d(?:[\d,.]*\d)?")
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


class _Reader(HTMLParser):
    """Walks a page and keeps, for each open element, the finding, source or row that its text belongs to."""

    def __init__(self, findings: dict[str, Finding], rows: Mapping[str, Mapping[str, Any]]):
        super().__init__(convert_charrefs=True)
        self.findings, self.rows, self.problems = findings, rows, []
        self.open: list[tuple[str, str, str, str]] = []  # tag, finding, source, row
        self.texts: list[list[str]] = []
        self.first = ""  # id of the first figure of the link that is open
        self.paths: list[str] = []  # of the open elements that carry one, "" for the others

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        finding, source, row = (given.get(f"data-{name}", "") for name in ("finding", "source", "row"))
        finding = self._whole(tag, finding)
        if source and source not in SOURCES:
            self.problems.append(f"data-source={source!r} is not on the list {', '.join(SOURCES)}")
        spoken = [name for name in _SPOKEN if re.search(r"\d", given.get(name, ""))]
        if spoken and not (source or self._source()) and not self._unseen():
            self.problems.append(f"<{tag}> speaks a number that is no finding: {spoken[0]}={given[spoken[0]]!r}")
        if tag not in _VOID:
            self.open.append((tag, finding, source, row))
            self.texts.append([])
            path = given.get("data-findings", "")
            self.paths.append(self._around() + path if path.startswith("/") else path)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, finding, _, row = self.open.pop()
            self.paths.pop()
            words = "".join(self.texts.pop())
            if finding:
                self._compare(finding, words)
            if row:
                self._compare_row(row, words)
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        for words in self.texts:
            words.append(data)
        if re.search(r"\d", data) and not self._unseen() and not any(any(marks) for _, *marks in self.open):
            place = " > ".join(name for name, *_ in self.open[-3:])
            self.problems.append(f"a number without a finding: {data.strip()[:80]!r} in {place}")

    def _whole(self, tag: str, finding: str) -> str:
        """Return an id in full where an element says it in short."""
        if finding.startswith("/"):
            finding = self._around() + finding
        elif finding.startswith("./"):
            finding = self.first.rpartition("/")[0] + finding[1:]
        self.first = finding if tag == "a" else self.first or finding
        return finding

    def _around(self) -> str:
        """Return the path that the nearest element around carries."""
        return next((path for path in reversed(self.paths) if path), "")

    def _unseen(self) -> bool:
        return any(name in _UNSEEN for name, *_ in self.open)

    def _source(self) -> str:
        return next((source for _, _, source, _ in self.open if source), "")

    def _compare(self, name: str, words: str) -> None:
        if name not in self.findings:
            self.problems.append(f"{name}: the page carries no such finding, yet prints {words!r}")
        elif words != self.findings[name].text:
            self.problems.append(f"{name}: prints {words!r}, the finding says {self.findings[name].text!r}")

    def _compare_row(self, name: str, words: str) -> None:
        if name not in self.rows:
            self.problems.append(f"{name}: the page carries no such row, yet prints {words!r}")
            return
        printed, known = _NUMERAL.findall(words), [*numbers_of(self.rows[name].get("figures", {})).values()]
        if printed != known:
            self.problems.append(f"{name}: prints {', '.join(printed)}; the row has {', '.join(known)}")


def check_numbers(html: str) -> list[str]:
    """Report every number of a page that is not what its finding says.

    Parameters
    ----------
    html : str
        A page as written by the renderer.

    Returns
    -------
    list of str
        One sentence per problem; empty for a sound page.
    """
    page = carried(html)
    problems = [problem for found in page.findings.values() if (problem := _formatted(found))]
    reader = _Reader(page.findings, page.sources)
    reader.feed(html)
    reader.close()
    return [*problems, *reader.problems]


def _formatted(found: Finding) -> str | None:
    """Say where a finding's text is not its value under the formatter."""
    if found.style not in STYLES:
        return f"{found.id}: unknown style {found.style!r}"
    expected = format_number(found.value, found.style, found.side)
    return None if found.text == expected else f"{found.id}: its text is {found.text!r}, its value {found.value!r} reads {expected!r}"
