"""The four briefings on the real evidence: numbers, walk-back, determinism, and a browser with the network off."""

from __future__ import annotations

import re
import shutil
from html import unescape

import pytest

import workbench as wb
from workbench.briefing.check import check_numbers
from workbench.briefing.reading import carried
from workbench.runs.analysis import analyse

PROGRAMMES = ("fdac", "fnp", "pup", "triple-p")


CASES = [(name, "England") for name in PROGRAMMES] + [("fnp", "Leeds")]
HEADINGS = 10
PLAIN, INTERACTIVE = 400_000, 1_000_000  # bytes at most: what mail gateways and old machines bear


@pytest.fixture(scope="module")
def analyses(evidence):
    """Every programme in England, and one in an authority."""
    return {(name, place): analyse(evidence, name, place) for name, place in CASES}


@pytest.fixture(scope="module")
def pages(analyses):
    """The plain briefing of each."""
    return {case: wb.briefing.write(found).html for case, found in analyses.items()}


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_page_is_small_enough_to_be_sent(pages, case):
    assert len(pages[case].encode()) <= PLAIN


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_page_with_the_panel_is_small_enough_to_be_opened(pages, analyses, case):
    assert len(wb.briefing.write(analyses[case], interactive=True).html.encode()) <= INTERACTIVE


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_every_number_is_a_finding_or_on_the_short_list(pages, case):
    assert check_numbers(pages[case]) == []


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_sections_stand_in_their_order_and_the_short_answer_comes_second(pages, case):
    numbers = [int(found) for found in re.findall(r'<h2[^>]*><span class=number[^>]*>(\d+)</span>', pages[case])]
    assert numbers == list(range(1, HEADINGS + 1))


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_nothing_is_fetched_and_nothing_runs(pages, case):
    page = pages[case]
    assert "<script" not in page
    assert "default-src 'none'" in unescape(page)
    assert not re.search(r'<(?:img|iframe|object|embed|source|video|audio)\b', page)
    assert not re.search(r'<link\b[^>]*rel="?(?:stylesheet|preload|icon)', page)
    assert "@import" not in page and "url(http" not in page


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_every_finding_walks_back_to_rows_that_exist(pages, case, evidence):
    found = carried(pages[case])
    assert len(found.findings) > 100
    for item in found.findings.values():
        for name in item.rows:
            table, _, key = name.partition("/")
            assert evidence[table].get(tuple(key.split("/", 2)) if table == "areas" else key) is not None, name


def test_the_same_inputs_give_the_same_bytes(pages, evidence):
    assert wb.briefing.write(analyse(evidence, "pup")).html == pages["pup", "England"]


def test_no_path_time_or_user_of_this_machine_is_in_a_page(pages, root):
    import datetime

    for page in pages.values():
        assert str(root) not in page
        assert datetime.datetime.now().strftime("%H:%M") not in page or not re.search(r"\d\d:\d\d", page)


def test_programmes_without_a_price_say_so_in_one_sentence(pages):
    for name in ("pup", "triple-p"):
        assert "No net value is given because" in pages[name, "England"]
    for name in ("fnp", "fdac"):
        assert "No net value is given because" not in pages[name, "England"]


def test_an_authority_has_its_own_figures_beside_the_country(pages):
    ids = carried(pages["fnp", "Leeds"]).findings
    assert any(name.startswith("fnp/E08000035/") for name in ids)
    assert "Leeds" in pages["fnp", "Leeds"]


@pytest.fixture
def copy(root, tmp_path):
    """The real workspace, to be changed."""
    for folder in ("evidence", "templates", "notebooks"):
        shutil.copytree(root / folder, tmp_path / folder)
    shutil.copy(root / "bibliography.bib", tmp_path)
    return tmp_path


def test_one_event_moved_changes_only_what_traces_to_it(copy, evidence):
    table = copy / "evidence" / "effects.csv"
    row = evidence["effects"]["barlow2019.reliable-improvement.12m.2"]
    assert row["data_type"] == "counts"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    names = [field.name for field in evidence["effects"].fields]
    import csv
    import io

    cells = next(csv.reader([lines[row.line - 1]]))
    assert cells[0] == row["effect_id"]
    cells[names.index("events_treat")] = str(int(row["events_treat"]) + 1)
    cells[names.index("pct_treat")] = cells[names.index("pct_control")] = ""  # the validator would see that they disagree
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    lines[row.line - 1] = out.getvalue()
    table.write_text("".join(lines), encoding="utf-8")

    before = carried(wb.briefing.write(analyse(evidence, "pup")).html).findings
    after = carried(wb.briefing.write(analyse(wb.load(copy), "pup")).html).findings
    name = f"effects/{row['effect_id']}"
    traced = {key for key, item in before.items() if name in item.rows}
    changed = {key for key in before.keys() | after.keys() if key not in before or key not in after or before[key].value != after[key].value}
    assert changed, "moving an event changed nothing"
    assert changed <= traced
    medians = {key for key in traced if key.endswith(("/theta_new/median", "/mu/median"))}
    assert medians and medians <= changed


def test_a_browser_reads_the_short_answer_with_the_network_off(pages, tmp_path, chromium):
    from components import missing

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        for (programme, place), html in pages.items():
            path = tmp_path / f"{programme}--{place}.html"
            path.write_text(html, encoding="utf-8")
            for width in (360, 1280):
                context = browser.new_context(offline=True, viewport={"width": width, "height": 800})
                page = context.new_page()
                said, asked = [], []
                page.on("console", lambda message: said.append(message.text))
                page.on("pageerror", lambda error: said.append(str(error)))
                page.on("request", lambda request: asked.append(request.url))
                page.goto(path.as_uri())
                assert asked == [path.as_uri()]
                assert said == []
                answer = page.locator("section#answer")
                assert answer.is_visible() and "How sure are we?" in answer.inner_text()
                assert page.locator("h1").count() == 1
                # nothing sticks out sideways on a phone or a desk
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                context.close()
        browser.close()
