"""A whole page from an invented workspace: order, accessibility, escaping, policy, determinism."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from components import needed

import workbench as wb
from workbench.briefing import build, check_numbers, read_entry, render, render_index, trace
from workbench.briefing.reading import carried, squeezed, unsqueezed
from workbench.briefing.text import plain
from workbench.errors import RunError, UsageError
from workbench.runs.analysis import analyse

HEADINGS = [
    "The question and the place", "The short answer", "The outcomes, one by one", "The studies behind the answer", "Money: what it costs and who gains",
    "Who it fits, and what it does not address", "What could go wrong", "What we do not know", "Where analyses disagree", "How this briefing was made",
]  # fmt: skip
VOID = {"meta", "br", "hr", "img", "input", "link"}

# what the standard lets a writer leave out: ends of cells, rows, parts of tables and items of lists
OPTIONAL = ("td", "th", "tr", "thead", "tbody", "li")
ENDED_BY = {"td": ("td", "th"), "th": ("td", "th"), "tr": ("td", "th", "tr"), "tbody": ("td", "th", "tr", "thead"), "li": ("li",)}


class Outline(HTMLParser):
    """Elements in order with their attributes, and whether every one is closed in its turn."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open, self.crossed = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        while self.open and self.open[-1] in ENDED_BY.get(tag, ()):
            self.open.pop()
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in OPTIONAL and tag not in OPTIONAL:
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed.append((tag, self.open[-3:]))

    def all(self, *tags):
        return [attrs for tag, attrs in self.found if tag in tags]


@pytest.fixture
def made(furnished):
    """The briefing of the invented programme, and its folder of templates."""
    found = analyse(wb.load(furnished.root), "oak")
    return build(found.evidence, "oak", found.area["gss_code"], found.headlines, found.appraisal, found.parameters), furnished.root / "templates"


@pytest.fixture
def html(made):
    return render(*made)


def test_the_ten_sections_stand_in_their_order_with_their_headings(made):
    assert [(section.number, section.heading) for section in made[0].sections] == list(enumerate(HEADINGS, start=1))
    assert all(section.blocks for section in made[0].sections)


def test_the_elements_close_in_order_and_ids_are_unique(html):
    outline = Outline(html)
    assert outline.crossed == [] and outline.open == []
    ids = [attrs["id"] for _, attrs in outline.found if "id" in attrs]
    assert sorted(set(ids)) == sorted(ids)


def test_every_link_within_the_page_has_a_target(html):
    outline = Outline(html)
    ids = {attrs["id"] for _, attrs in outline.found if "id" in attrs}
    inner = [attrs["href"][1:] for attrs in outline.all("a") if attrs["href"].startswith("#")]
    assert inner and set(inner) <= ids
    assert all(attrs["href"].startswith(("#", "https://", "http://")) for attrs in outline.all("a"))


def test_headings_skip_no_level_and_there_is_one_first(html):
    levels = [int(tag[1]) for tag, _ in Outline(html).found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


def test_tables_have_captions_and_scopes_and_charts_have_words(html):
    outline = Outline(html)
    assert len(outline.all("table")) == len(outline.all("caption")) > 3
    assert all(attrs.get("scope") in ("col", "row", "colgroup") for attrs in outline.all("th"))
    charts = [attrs for attrs in outline.all("svg") if "class" in attrs and attrs.get("aria-hidden") != "true"]
    assert charts and all(attrs["role"] == "img" and ("aria-labelledby" in attrs or "aria-label" in attrs) for attrs in charts)


def test_landmarks_language_and_a_way_past_the_top(html):
    outline = Outline(html)
    assert outline.all("html") == [{"lang": "en-GB"}]
    assert [tag for tag, _ in outline.found if tag in ("header", "main", "nav", "footer")] == ["header", "main", "nav", "footer"]
    assert outline.all("a")[0] == {"class": "skip", "href": "#answer"}


def test_the_policy_allows_this_one_sheet_and_nothing_else(html):
    sheet = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    assert not re.search(r"<script|\sstyle=|\son\w+=|@import|url\((?!#)", html.replace(sheet, "") + sheet)


def test_every_number_is_its_finding(html):
    assert check_numbers(html) == []


def test_ten_planted_digits_are_caught(html):
    places = [found for found in re.finditer(r'data-f="?[\d -]+"?>([^<]*\d)', html)]
    for found in places[:: max(1, len(places) // 10)][:10]:
        at = found.end() - 1
        other = str((int(html[at]) + 1) % 10)
        assert check_numbers(html[:at] + other + html[at + 1 :]), found[0]


@pytest.mark.parametrize(
    ("planted", "message"),
    [
        ("<p>about 3 in 4</p>", "a number without a finding"),
        ('<p aria-label="7 of 9">words</p>', "speaks a number"),
        ('<p data-source="memory">7</p>', "not on the list"),
        ('<span data-f="oak/none/such">7</span>', "carries no such finding"),
    ],
)
def test_a_number_from_nowhere_is_caught(html, planted, message):
    assert any(message in problem for problem in check_numbers(html.replace("</main>", planted + "</main>")))


def test_a_value_that_does_not_read_as_its_text_is_caught(html):
    found = next(item for item in carried(html).findings.values() if item.style == "probability" and item.text == "95%" or item.style == "ratio")
    held = re.search(r'<template id=findings[^>]*>(.*?)</template>', html, re.DOTALL)[1]
    plain_text = unsqueezed(held)
    changed = plain_text.replace(f'["{found.id}",{found.value!r}', f'["{found.id}",{found.value + 1!r}')
    assert changed != plain_text and any("its text is" in problem for problem in check_numbers(html.replace(held, squeezed(changed))))


def test_the_same_results_give_the_same_bytes(made):
    assert render(*made) == render(*made)


def test_a_finding_walks_back_to_its_row_from_the_file_alone(made, html, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(html, encoding="utf-8")
    name = next(found.id for found in made[0].findings if found.id.endswith("home-event-record/theta_new/median"))
    said = trace(page, name)
    assert "effects/ash2010.home" in said and "doi:10.1234/tree.2010" in said and made[0].finding(name).text in said
    with pytest.raises(UsageError, match="did you mean"):
        trace(page, name + "x")
    page.write_text("<p>no briefing</p>", encoding="utf-8")
    with pytest.raises(UsageError, match="carries no findings"):
        trace(page, name)


def test_the_index_lists_briefings_from_their_files(html, made, tmp_path):
    page = tmp_path / "oak--england.html"
    page.write_text(html, encoding="utf-8")
    entry = read_entry(page)
    index = render_index([entry], made[1])
    assert check_numbers(index) == [] and "href=oak--england.html" in index
    for axis in made[0].axes:
        assert plain(axis.sentence) in re.sub(r"<[^>]+>", "", index).replace("&#39;", "'")
    outline = Outline(index)
    assert outline.crossed == [] and len(outline.all("h1")) == 1
    page.write_text("<p>", encoding="utf-8")
    with pytest.raises(RunError, match="remove it or build it again"):
        read_entry(page)


def test_a_template_that_asks_for_what_is_not_there_is_refused(made):
    (made[1] / "briefing.html.jinja").write_text("{{ briefing.programm }}", encoding="utf-8")
    with pytest.raises(UsageError, match="UndefinedError"):
        render(*made)


def test_an_unknown_area_is_refused(made, furnished):
    with pytest.raises(UsageError, match="no area"):
        build(wb.load(furnished.root), "oak", "E99999999", (), None)


def test_without_any_headline_or_appraisal_the_page_is_still_sound(furnished):
    evidence = wb.load(furnished.root)
    area = next(row["gss_code"] for row in evidence["areas"].rows if row["level"] == "country")
    html = render(build(evidence, "oak", area, (), None), furnished.root / "templates")
    assert check_numbers(html) == [] and "We do not know" in html and "Not yet assessed" in html


def test_the_notebook_wrapper_passes_the_page_through(root, html):
    nbformat = needed("nbformat")
    from workbench.runs.notebooks import to_html

    cell = nbformat.v4.new_code_cell("x", metadata={"tags": ["briefing"]}, outputs=[nbformat.v4.new_output("execute_result", {"text/html": html, "text/plain": "x"})])
    other = nbformat.v4.new_code_cell("y", outputs=[nbformat.v4.new_output("execute_result", {"text/html": "<b>no</b>"})])
    markdown = nbformat.v4.new_markdown_cell("<script>bad()</script>")
    assert to_html(nbformat.v4.new_notebook(cells=[markdown, other, cell]), root / "templates") == html
