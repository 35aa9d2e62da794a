"""The drift checker: re-reads a page and reports every number that is not its finding's value under the formatter.

A numeral in visible text must stand in an element with a ``data-f``, or with a ``data-source`` of the short list
in :data:`workbench.briefing.text.SOURCES`, or with a ``data-row``, whose numerals must be the figures that the page carries
for that row. What a reader cannot see (head, styles, the findings' template) is not read;
labels for readers who listen are. Findings and rows are named by their number among those that the page carries, or in
full; an element that prints an interval names all of its findings, in order, and nothing else may stand in it but words.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.briefing.findings import Finding
from workbench.briefing.formatting import STYLES, format_number
from workbench.briefing.marking import BETWEEN
from workbench.briefing.origins import numbers_of
from workbench.briefing.reading import Carried, carried
from workbench.briefing.text import SOURCES

_UNSEEN = ("head", "style", "template", "script")
_SPOKEN = ("aria-label", "alt", "title", "data-label", "placeholder")
_NUMERAL = re.compile(r"\N{MINUS SIGN}?\d(?:[\d,.]*\d)?")
#: Elements whose end may be left out, by the element whose start ends them.
_ENDED = {"td": ("td", "th"), "th": ("td", "th"), "tr": ("td", "th", "tr"), "tbody": ("td", "th", "tr", "thead"), "li": ("li",)}
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


class _Reader(HTMLParser):
    """Walks a page and keeps, for each open element, the finding, source or row that its text belongs to."""

    def __init__(self, page: Carried):
        super().__init__(convert_charrefs=True)
        self.page, self.problems = page, []
        self.open: list[tuple[str, str, str, str]] = []  # tag, finding, source, row
        self.texts: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.open and self.open[-1][0] in _ENDED.get(tag, ()):
            self.handle_endtag(self.open[-1][0])
        given = {name: value or "" for name, value in attrs}
        finding, source, row = (given.get(f"data-{name}", "") for name in ("f", "source", "row"))
        if source and source not in SOURCES:
            self.problems.append(f"data-source={source!r} is not on the list {', '.join(SOURCES)}")
        spoken = [name for name in _SPOKEN if re.search(r"\d", given.get(name, ""))]
        if spoken and not (source or self._source()) and not self._unseen():
            self.problems.append(f"<{tag}> speaks a number that is no finding: {spoken[0]}={given[spoken[0]]!r}")
        if tag not in _VOID:
            self.open.append((tag, finding, source, row))
            self.texts.append([])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, finding, _, row = self.open.pop()
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

    def _unseen(self) -> bool:
        return any(name in _UNSEEN for name, *_ in self.open)

    def _source(self) -> str:
        return next((source for _, _, source, _ in self.open if source), "")

    def _compare(self, said: str, words: str) -> None:
        names = self.page.finding_ids(said)
        unknown = [name for name in names if name not in self.page.findings]
        if unknown or not names:
            self.problems.append(f"{(*unknown, said)[0]}: the page carries no such finding, yet prints {words!r}")
            return
        texts = [self.page.findings[name].text for name in names]
        if words != texts[0] if len(texts) == 1 else not _in_turn(texts).fullmatch(words):
            self.problems.append(f"{', '.join(names)}: prints {words!r}, the finding says {', '.join(map(repr, texts))}")

    def _compare_row(self, said: str, words: str) -> None:
        name = self.page.row_name(said)
        if name not in self.page.sources:
            self.problems.append(f"{name}: the page carries no such row, yet prints {words!r}")
            return
        printed, known = _NUMERAL.findall(words), [*numbers_of(self.page.sources[name].get("figures", {})).values()]
        if printed != known:
            self.problems.append(f"{name}: prints {', '.join(printed)}; the row has {', '.join(known)}")


def _in_turn(texts: list[str]) -> re.Pattern[str]:
    """Return the pattern of texts one after the other, with words between them that can belong to none."""
    return re.compile("".join(BETWEEN.pattern + re.escape(text) for text in texts) + BETWEEN.pattern)


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
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    return [*problems, *reader.problems]


def _formatted(found: Finding) -> str | None:
    """Say where a finding's text is not its value under the formatter."""
    if found.style not in STYLES:
        return f"{found.id}: unknown style {found.style!r}"
    expected = format_number(found.value, found.style, found.side)
    return None if found.text == expected else f"{found.id}: its text is {found.text!r}, its value {found.value!r} reads {expected!r}"
