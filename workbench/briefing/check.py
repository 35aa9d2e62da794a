"""The drift checker: re-reads a page and reports every number that is not its finding's value under the formatter.

A numeral in visible text must stand in an element with a ``data-finding``, or with a ``data-source`` of the short list
in :data:`workbench.briefing.text.SOURCES`. What a reader cannot see (head, styles, the findings' template) is not read;
labels for readers who listen are.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.briefing.findings import Finding
from workbench.briefing.formatting import STYLES, format_number
from workbench.briefing.reading import carried
from workbench.briefing.text import SOURCES

_UNSEEN = ("head", "style", "template", "script")
_SPOKEN = ("aria-label", "alt", "title", "data-label", "placeholder")
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


class _Reader(HTMLParser):
    """Walks a page and keeps, for each open element, the finding or source that its text belongs to."""

    def __init__(self, findings: dict[str, Finding]):
        super().__init__(convert_charrefs=True)
        self.findings, self.problems = findings, []
        self.open: list[tuple[str, str, str]] = []  # tag, finding, source
        self.texts: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        finding, source = given.get("data-finding", ""), given.get("data-source", "")
        if source and source not in SOURCES:
            self.problems.append(f"data-source={source!r} is not on the list {', '.join(SOURCES)}")
        spoken = [name for name in _SPOKEN if re.search(r"\d", given.get(name, ""))]
        if spoken and not (source or self._source()) and not self._unseen():
            self.problems.append(f"<{tag}> speaks a number that is no finding: {spoken[0]}={given[spoken[0]]!r}")
        if tag not in _VOID:
            self.open.append((tag, finding, source))
            self.texts.append([])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, finding, _ = self.open.pop()
            words = "".join(self.texts.pop())
            if finding:
                self._compare(finding, words)
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        for words in self.texts:
            words.append(data)
        if re.search(r"\d", data) and not self._unseen() and not any(finding or source for _, finding, source in self.open):
            place = " > ".join(name for name, _, _ in self.open[-3:])
            self.problems.append(f"a number without a finding: {data.strip()[:80]!r} in {place}")

    def _unseen(self) -> bool:
        return any(name in _UNSEEN for name, _, _ in self.open)

    def _source(self) -> str:
        return next((source for _, _, source in self.open if source), "")

    def _compare(self, name: str, words: str) -> None:
        if name not in self.findings:
            self.problems.append(f"{name}: the page carries no such finding, yet prints {words!r}")
        elif words != self.findings[name].text:
            self.problems.append(f"{name}: prints {words!r}, the finding says {self.findings[name].text!r}")


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
    findings = carried(html).findings
    problems = [problem for found in findings.values() if (problem := _formatted(found))]
    reader = _Reader(findings)
    reader.feed(html)
    reader.close()
    return [*problems, *reader.problems]


def _formatted(found: Finding) -> str | None:
    """Say where a finding's text is not its value under the formatter."""
    if found.style not in STYLES:
        return f"{found.id}: unknown style {found.style!r}"
    expected = format_number(found.value, found.style, found.side)
    return None if found.text == expected else f"{found.id}: its text is {found.text!r}, its value {found.value!r} reads {expected!r}"
