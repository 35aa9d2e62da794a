"""Every type of page in a real browser: accessible, readable on a phone, on a desk and on paper, and by keyboard alone.

Screenshots and a printed page are kept in ``.workbench/artefacts``, to be looked at.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browsing import DESK, PHONE, TABLET, browser, violations, visit
from components import missing
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import index as index_pages
from workbench.briefing.map import build_map, render_map
from workbench.runs.analysis import analyse

#: A page type is added by name here and by its file in `pages`.
TYPES = ["briefing", "index", "map"]
FIRST_PAINT = 1000  # milliseconds
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def pages(tmp_path_factory, evidence, root) -> dict[str, Path]:
    """One page of each type; the briefing is a real one."""
    folder = tmp_path_factory.mktemp("pages")
    furnished = furnish(Workspace(tmp_path_factory.mktemp("workspace")))
    made = {"briefing": folder / "fdac--england.html", "index": folder / "index.html", "map": folder / "evidence-map.html"}
    made["briefing"].write_text(wb.briefing.write(analyse(evidence, "fdac")).html, encoding="utf-8")
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
        seen.page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
        assert violations(seen.page) == []
        assert seen.said == [] and seen.asked == [pages[name].as_uri()]


@pytest.mark.parametrize("width", [320, PHONE, TABLET, DESK])
@pytest.mark.parametrize("name", TYPES)
def test_nothing_sticks_out_sideways_and_a_picture_is_kept(name, width, pages, started, artefacts):
    with visit(started, pages[name], width) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        if width != 320:
            seen.page.screenshot(path=artefacts / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("name", TYPES)
def test_the_first_words_are_on_the_screen_within_a_second(name, pages, started):
    with visit(started, pages[name]) as seen:
        wait = "new Promise(done => new PerformanceObserver(list => done(list.getEntriesByName('first-contentful-paint')[0].startTime)).observe({type: 'paint', buffered: true}))"
        assert seen.page.evaluate(wait) < FIRST_PAINT


def test_the_keyboard_reaches_everything_in_order_and_sees_where_it_is(pages, started):
    with visit(started, pages["briefing"]) as seen:
        page, stops = seen.page, []
        describe = """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
            return [e.tagName, e.className && e.className.baseVal === undefined ? e.className : '', e.getAttribute('href') || '',
                    s.outlineStyle !== 'none' || s.boxShadow !== 'none', b.top + scrollY]; }"""
        expected = page.evaluate("[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter(e => e.tabIndex >= 0 && e.checkVisibility()).length")
        for _ in range(expected):
            page.keyboard.press("Tab")
            stops.append(page.evaluate(describe))
        assert stops[0][1] == "skip" and all(stop[3] for stop in stops)
        assert len({tuple(map(str, stop)) for stop in stops}) == expected
        tops = [stop[4] for stop in stops[1:]]
        assert all(later >= earlier - 400 for earlier, later in zip(tops, tops[1:], strict=False))  # side by side at most
        before = [stop for stop in stops if re.match(r"#f\d", stop[2]) and stop[4] < page.evaluate("document.getElementById('origins').getBoundingClientRect().top + scrollY")]
        assert before == []  # figures are not in the way


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
