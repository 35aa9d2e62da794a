"""The evidence map of the real tables: equal to them, and used by keyboard in a browser with the network off."""

from __future__ import annotations

import shutil

import pytest
from browsing import FIRST_PAINT, FLAGS, browser, first_paint

from workbench.briefing.check import check_numbers
from workbench.briefing.map import build_map, cell_addresses, render_map
from workbench.briefing.map.content import is_controlled


@pytest.fixture(scope="module")
def made(evidence):
    """The map without headlines, which are tested elsewhere and take seconds."""
    return build_map(evidence, {})


@pytest.fixture(scope="module")
def html(made, root):
    return render_map(made, root / "templates")


def test_every_number_is_a_finding_or_on_the_short_list(html):
    assert check_numbers(html) == []


def test_every_valid_row_stands_in_one_cell_and_counts_add_up(made, evidence):
    found = {item.id: item.value for item in made.findings}
    valid = [row for row in evidence["effects"].rows if not row["superseded_by"]]
    assert found["map/all/results"] == len(valid)
    assert sum(value for name, value in found.items() if "/checked/" in name) == len(valid)
    groups = {(row["programme_id"], row["construct"], row["overlap_group"]) for row in valid}
    assert sum(value for name, value in found.items() if "/reported/" in name) == len(groups)
    cells = {(row["programme_id"], evidence["outcomes"][row["construct"]]["domain"]) for row in valid}
    assert sum(len(line.filled) for line in made.lines) == len(cells)
    assert sorted(line.id for line in made.lines) == sorted(row["programme_id"] for row in evidence["programmes"].rows)


def test_every_list_of_results_stands_where_its_address_says(made, html, evidence):
    addresses = cell_addresses(evidence, "map.html")
    ids = {f"map.html#{cell.id}" for line in made.lines for cell in line.filled}
    assert set(addresses.values()) == ids and all(f"id={address.partition('#')[2]} " in html for address in ids)


def test_every_system_is_there(made, evidence):
    rows = evidence["systems"].rows
    assert {item.id for item in made.gaps.systems} == {row["system_id"] for row in rows}
    assert made.gaps.total.value == len(rows) == sum(found.value for _, counts, _ in made.gaps.lines for found in counts)


def test_the_first_words_are_on_the_screen_within_a_second(html, tmp_path, chromium):
    path = tmp_path / "evidence-map.html"
    path.write_text(html, encoding="utf-8")
    with browser(chromium) as started:
        assert first_paint(started, path) < FIRST_PAINT


@pytest.fixture
def page(html, tmp_path, chromium):
    """The map in Chromium, offline; nothing may be asked for and nothing said on the console."""
    from components import missing

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    path = tmp_path / "evidence-map.html"
    path.write_text(html, encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page
        assert said == [] and asked == [path.as_uri()]
        browser.close()


def tab_to(page, name):
    """Move the focus by keyboard alone until it stands on an element."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


def shown(page, selector):
    return page.evaluate("selector => [...document.querySelectorAll(selector)].filter(item => item.checkVisibility()).length", selector)


def choose(page, letter):
    page.keyboard.type(letter)


def test_filters_by_keyboard_hide_rows_and_say_how_many_are_left(page, evidence):
    valid = [row for row in evidence["effects"].rows if not row["superseded_by"]]
    programmes, systems = len(evidence["programmes"].rows), len(evidence["systems"].rows)
    domain = {row["construct"]: row["domain"] for row in evidence["outcomes"].rows}
    all_cells = len({(row["programme_id"], domain[row["construct"]]) for row in valid})
    said = page.locator("#shown")
    assert said.get_attribute("role") == "status"
    assert said.inner_text() == f"Shown: {programmes} of {programmes} programmes, {all_cells} of {all_cells} marks, {systems} of {systems} service models."

    tab_to(page, "filter-design")
    choose(page, "Randomised")
    trials = {(row["programme_id"], domain[row["construct"]]) for row in valid if evidence["studies"][row["study_id"]]["design"] == "rct"}
    owners = {programme for programme, _ in trials}
    assert page.locator("#filter-design").input_value() == "rct"
    assert said.inner_text().startswith(f"Shown: {len(owners)} of {programmes} programmes, {len(trials)} of {all_cells} marks")
    assert shown(page, "#grid a[data-cell]") == shown(page, "#cells tr[data-cell]") == shown(page, "details[data-list]") == len(trials)
    assert shown(page, "#grid tr[data-programme]") == len(owners) and shown(page, "#grid tfoot") == 0  # whole columns are not what is shown

    tab_to(page, "filter-checked")
    choose(page, "Not yet")
    both = {
        (row["programme_id"], domain[row["construct"]])
        for row in valid if row["checked"] == "unverified" and evidence["studies"][row["study_id"]]["design"] == "rct"
    }  # fmt: skip
    assert shown(page, "#grid a[data-cell]") == len(both)  # both hold for one and the same result

    tab_to(page, "reset")
    page.keyboard.press("Enter")
    assert shown(page, "#grid tr[data-programme]") == programmes and page.locator("#filter-design").input_value() == ""


def test_evidence_on_file_filters_programmes_and_systems(page, evidence):
    tab_to(page, "filter-evidence")
    choose(page, "No study")
    assert page.locator("#filter-evidence").input_value() == "none"
    studied = {row["programme_id"] for row in evidence["effects"].rows if not row["superseded_by"]}
    none = [row for row in evidence["programmes"].rows if row["programme_id"] not in studied]
    assert shown(page, "#grid tr[data-programme]") == len(none)
    assert shown(page, "#systems tr[data-system]") == len(evidence["systems"].where(evidence_on_file="none"))
    page.locator("#filter-evidence").select_option("uncontrolled")
    only = studied - {row["programme_id"] for row in evidence["effects"].rows if not row["superseded_by"] and is_controlled(evidence["studies"][row["study_id"]])}
    assert shown(page, "#grid tr[data-programme]") == len(only)


def test_a_mark_opens_its_results_by_keyboard(page):
    link = page.locator("#grid a[data-cell]").first
    link.focus()
    page.keyboard.press("Enter")
    name = link.get_attribute("data-cell")
    assert page.evaluate("name => document.getElementById(name).open", name)
    assert page.url.endswith("#" + name)


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1280])
def test_nothing_sticks_out_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_the_script_everything_is_there(html, tmp_path, chromium):
    path = tmp_path / "map.html"
    path.write_text(html, encoding="utf-8")
    with browser(chromium) as started:
        page = started.new_context(offline=True, java_script_enabled=False).new_page()
        page.goto(path.as_uri())
        assert not page.locator("#filters").is_visible()
        assert page.locator("#grid tr[data-programme]").first.is_visible() and page.locator("#systems tr[data-system]").last.is_visible()


def test_the_command_builds_it_once_and_then_takes_it_from_the_cache(furnished):
    from workbench.runs.build import evidence_map

    first = evidence_map(workspace=furnished.root)
    assert first.state == "built" and first.path.name == "evidence-map.html"
    text = first.path.read_text(encoding="utf-8")
    assert evidence_map(workspace=furnished.root).state == "unchanged"
    furnished.change("effects", 0, n_treat="110")
    again = evidence_map(workspace=furnished.root)
    assert again.state == "built" and again.path.read_text(encoding="utf-8") != text
    assert not list((furnished.root / ".workbench").rglob("*.part"))


def test_a_workspace_without_areas_has_a_map(workspace):
    from workbench.runs.build import evidence_map
    from workspace import furnish

    furnish(workspace).rows.update(areas=[], area_measures=[])
    workspace.rows["baselines"][0]["area_measure"] = ""
    assert evidence_map(workspace=workspace.save().root).state == "built"


def test_index_and_map_name_each_other(furnished):
    import workbench as wb
    from workbench.runs.analysis import analyse
    from workbench.runs.build import write_index, write_map

    folder = furnished.root / "briefings"
    folder.mkdir()
    evidence = wb.load(furnished.root)
    shutil.copy(furnished.root / "templates" / "sentences.toml", folder)  # some other file does no harm
    (folder / "oak--england.html").write_text(wb.briefing.write(analyse(evidence, "oak")).html, encoding="utf-8")
    write_map(evidence, folder)
    write_index(evidence, folder)
    index, found = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "evidence-map.html"))
    assert "href=evidence-map.html" in index and check_numbers(index) == []
    assert "href=index.html" in found and "href=oak--england.html" in found
