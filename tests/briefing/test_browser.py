"""Every type of page in a real browser: accessible, readable on a phone, on a desk and on paper, and by keyboard alone.

Screenshots and a printed page are kept in ``.workbench/artefacts``, to be looked at.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browsing import DESK, FIRST_PAINT, PHONE, TABLET, browser, first_paint, opened, told, violations, visit
from components import missing
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import index as index_pages
from workbench.briefing.map import build_map, render_map
from workbench.runs.analysis import analyse

#: A page type is added by name here and by its file in `pages`.
TYPES = ["briefing", "interactive", "compare", "index", "map"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory, evidence, root, compared) -> dict[str, Path]:
    """One page of each type; the briefings are of a real programme, and so is the comparison."""
    folder = tmp_path_factory.mktemp("pages")
    furnished = furnish(Workspace(tmp_path_factory.mktemp("workspace")))
    names = {"briefing": "fdac--england.html", "interactive": "fdac--england.interactive.html", "map": "evidence-map.html"}
    made = {name: folder / names.get(name, f"{name}.html") for name in TYPES}
    analysis = analyse(evidence, "fdac")
    for name in ("briefing", "interactive"):
        made[name].write_text(wb.briefing.write(analysis, interactive=name == "interactive").html, encoding="utf-8")
    made["compare"].write_text(compared[1], encoding="utf-8")
    entry = index_pages.read_entry(made["briefing"])
    made["index"].write_text(index_pages.render_index([entry], root / "templates"), encoding="utf-8")
    small = wb.load(furnished.root)
    made["map"].write_text(render_map(build_map(small, {}), furnished.root / "templates", "index.html"), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def started(chromium):
    with browser(chromium) as found:
        yield found


@pytest.fixture(scope="module")
def artefacts(root) -> Path:
    folder = root / ".workbench" / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", TYPES)
def test_axe_finds_nothing(name, width, pages, started):
    with visit(started, pages[name], width) as seen:
        assert violations(opened(seen.page)) == []


@pytest.mark.parametrize("width", [320, PHONE, TABLET, DESK])
@pytest.mark.parametrize("name", TYPES)
def test_nothing_is_asked_for_or_complained_of_or_sticks_out_sideways_and_a_picture_is_kept(name, width, pages, started, artefacts):
    with visit(started, pages[name], width) as seen:
        wide = "document.documentElement.scrollWidth"
        assert seen.page.evaluate(wide) <= width
        if width != 320:
            seen.page.screenshot(path=artefacts / f"{name}-{width}.png", full_page=True)
        assert opened(seen.page).evaluate(wide) <= width
        assert seen.said == [] and seen.asked == [pages[name].as_uri()]


@pytest.mark.parametrize("name", TYPES)
def test_the_first_words_are_on_the_screen_within_a_second(name, pages, started):
    assert first_paint(started, pages[name]) < FIRST_PAINT


#: Marks what the keyboard should reach, in the order of the page: of a group of radio buttons the one that is set.
STOPS = """() => { window.stops = [...document.querySelectorAll('a[href], summary, input, select, button, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && e.checkVisibility() && (e.type !== 'radio' || e.checked));
    return window.stops.map(e => e.id || e.className || e.getAttribute('href') || e.dataset.for || e.tagName); }"""
# Where the focus stands: its place in that order, whether it shows, and whether anything lies over it.
FOCUS = """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getClientRects()[0];
    const top = Math.max(b.top, 0), hit = document.elementFromPoint(b.left + Math.min(b.width, 24) / 2, top + Math.min(b.height, 24) / 2);
    return { place: window.stops.indexOf(e), shows: s.outlineStyle !== 'none' || s.boxShadow !== 'none', seen: b.bottom > 0 && b.top < innerHeight,
        free: !!hit && (e.contains(hit) || hit.contains(e)), href: e.getAttribute('href') || '', home: e.closest('section')?.id }; }"""


@pytest.mark.parametrize("name", ["briefing", "interactive"])
def test_the_keyboard_reaches_everything_in_order_and_sees_where_it_is(name, pages, started):
    with visit(started, pages[name]) as seen:
        page, stops = seen.page, []
        page.evaluate("document.querySelectorAll('#panel details').forEach(item => { item.open = true; })")
        expected = page.evaluate(STOPS)
        for _ in expected:
            page.keyboard.press("Tab")
            stops.append(page.evaluate(FOCUS))
        assert expected[0] == "skip" and [stop["place"] for stop in stops] == list(range(len(expected)))  # the page's own order, and no trap
        for part in ("shows", "seen", "free"):
            assert [said for said, stop in zip(expected, stops, strict=True) if not stop[part]] == [], part
        assert not [stop for stop in stops if re.match(r"#f\d", stop["href"]) and stop["home"] not in ("origins", None)]  # figures are not in the way
        wanted = ["from", "#money", "#origins"] + (["own-families", "families", "own-prior-default", "own-schedule", "own-half_life", "panel-line", "panel-copy"] if name == "interactive" else [])
        assert set(wanted) <= set(expected)
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)["place"] in (-1, 0)  # out of the page again


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", TYPES)
def test_a_screen_reader_is_told_the_headings_the_landmarks_the_charts_and_the_tables(name, width, pages, started):
    with visit(started, pages[name], width) as seen:
        nodes = told(opened(seen.page))
        shown = seen.page.evaluate("[...document.querySelectorAll('table')].filter(e => e.checkVisibility()).length")
    headings = [node for node in nodes if node.role == "heading"]
    levels = [node.level for node in headings]
    assert levels[0] == 1 and levels.count(1) == 1 and all(node.name for node in headings)
    assert [later.name for later, level in zip(headings[1:], levels, strict=False) if later.level > level + 1] == []
    for role in ("figure", "image", "table", "region", "navigation", "form"):
        assert [node.within for node in nodes if node.role == role and not node.name] == [], role
    assert [sum(node.role == role for node in nodes) for role in ("banner", "main", "contentinfo")] == [1, 1, 1]
    tables = [[]]
    for node in nodes:
        if node.role == "table":
            tables.append([])
        tables[-1].append(node.role)
    assert len(tables) - 1 == shown
    filled = [roles for roles in tables[1:] if "cell" in roles]  # a workspace may have nothing to put in one
    assert filled or name == "index"
    assert [roles for roles in filled if not {"columnheader", "rowheader"} <= set(roles)] == []


def test_the_map_of_causes_is_a_list_on_a_phone_and_a_drawing_elsewhere(pages, started):
    for width, chain in ((320, True), (PHONE, True), (TABLET, True), (DESK, False)):
        with visit(started, pages["briefing"], width) as seen:
            assert (seen.page.is_visible(".chain"), seen.page.is_visible(".chart.causal")) == (chain, not chain), width


def test_a_figure_clicked_shows_its_entry_and_the_browser_goes_back(pages, started):
    with visit(started, pages["briefing"]) as seen:
        page = seen.page
        figure = page.locator("#answer a[tabindex='-1']").first
        anchor = figure.get_attribute("href")
        figure.click()
        entry = page.locator(anchor)
        assert entry.is_visible() and page.evaluate("id => document.getElementById(id).matches(':target')", anchor[1:])
        assert page.evaluate("id => { const b = document.getElementById(id).getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }", anchor[1:])
        page.go_back()
        assert figure.is_visible()


def test_targets_are_large_enough_for_a_finger(pages, started):
    with visit(started, pages["briefing"], PHONE) as seen:
        small = seen.page.evaluate(
            "[...document.querySelectorAll('.from, summary, .contents a')].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect()).filter(b => b.height < 23.5 || b.width < 23.5).length"
        )
        assert small == 0


def test_charts_and_forest_plots_say_in_words_what_is_seen(pages, started):
    with visit(started, pages["briefing"]) as seen:
        said = seen.page.locator("p.seen").all_inner_texts()
        assert said and all("line of no difference" in words for words in said)
        for table in seen.page.locator(".forest table").all():
            assert table.locator("svg.strip").count() >= 3 and table.locator("tr.pooled, tr.prediction").count() >= 1
            assert table.locator("svg.strip:not([aria-hidden=true])").count() == 0


def printed(started, path, target) -> None:
    with visit(started, path) as seen:
        seen.page.pdf(path=target, prefer_css_page_size=True, print_background=True)


def words_of(pdf: Path, first: int, last: int) -> str:
    if shutil.which("pdftotext") is None:
        missing("pdftotext")
    done = subprocess.run(["pdftotext", "-layout", "-f", str(first), "-l", str(last), str(pdf), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(("name", "words"), [("interactive", "Your numbers"), ("compare", "In the order of the alphabet, not of merit"), ("map", "Evidence map")])
def test_every_page_prints_with_its_name_in_front_and_a_number_on_each_sheet(name, words, pages, started, artefacts):
    target = artefacts / f"{name}.pdf"
    printed(started, pages[name], target)
    with visit(started, pages[name]) as seen:
        title = " ".join(seen.page.inner_text("h1").split())
    assert title in words_of(target, 1, 1) and re.search(r"\b1 ?/ ?\d+", words_of(target, 1, 1))
    assert words in words_of(target, 1, 99)


def test_the_first_printed_page_stands_alone(pages, started, artefacts):
    printed(started, pages["briefing"], artefacts / "briefing.pdf")
    first = words_of(artefacts / "briefing.pdf", 1, 1)
    for words in (
        "Family Drug and Alcohol Court: England", "Does it help?", "How sure are we?", "Is it worth the money?", "Edition", "How it was checked",
        "What a decision turns on", "The chance that it pays is", "Children's safety", "curated collection",
    ):  # fmt: skip
        assert words in first.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"), words
    assert "The outcomes, one by one" not in first and re.search(r"Edition of \d+ \w+ \d{4}\. 1 / \d+$", first)
    assert "The outcomes, one by one" in words_of(artefacts / "briefing.pdf", 2, 2)
    assert "sources" not in first.lower()  # signs that lead somewhere lead nowhere on paper
