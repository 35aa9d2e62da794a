"""Tables that try to break a page: markup, quotes, text from right to left, endless names, emoji, gaps, one study and forty."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from browsing import FIRST_PAINT, PHONE, browser, first_paint, violations, visit
from workspace import Workspace, furnish

import workbench as wb
from workbench.briefing import check_numbers
from workbench.briefing.map import build_map, render_map
from workbench.runs.analysis import analyse
from workbench.runs.build import compare

SCRIPT = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\"> & 'single' \"double\" </style></template> {{ 7 * 7 }}"
LEFTWARDS = "\N{RIGHT-TO-LEFT OVERRIDE}מקום 12 שלום\N{HEBREW LETTER ALEF} العربية"
LONG = "W" * 300
EMOJI = "🌳👨‍👩‍👧 10/10 🏳️‍🌈"
NAMES = {"studies": ("label", "place", "comparator"), "outcomes": ("name", "benefit_phrase", "harm_phrase", "unit_phrase", "event_phrase"), "programmes": ("name", "short_name", "description", "does_not_address")}
COUNTS = ("events_treat", "n_treat", "events_control", "n_control")


def written(words):
    """A change that writes the same words into every name of a workspace."""

    def change(workspace: Workspace) -> None:
        for table, columns in NAMES.items():
            for row in workspace.rows[table]:
                row.update(dict.fromkeys(columns, words))
        for row in workspace.rows["effects"]:
            row["outcome_measure"] = words

    return change


def nulls(workspace: Workspace) -> None:
    """Leave out whatever may be left out."""
    for row in workspace.rows["studies"]:
        row.update(place="", comparator="", families="", evaluator="not_reported")
    for row in workspace.rows["effects"]:
        row.update(timepoint_months="", p="", p_relation="", note="", derivation="")
    workspace.rows["programmes"][0].update(lead_constructs="", question="", description="", age_range="", depends_on="")
    workspace.rows["baselines"] = []
    workspace.rows["pathways"][0].update(active="false")


def one_study(workspace: Workspace) -> None:
    workspace.rows["effects"] = workspace.rows["effects"][:1]


def forty_studies(workspace: Workspace) -> None:
    for number in range(38):
        study = f"fir{number}"
        workspace.rows["studies"].append(workspace.rows["studies"][0] | {"study_id": study, "label": f"Fir {number}"})
        workspace.rows["effects"].append(
            workspace.rows["effects"][0] | {"effect_id": f"{study}.home", "study_id": study, "overlap_group": study, "events_treat": str(26 + number % 30)}
        )


def second_programme(workspace: Workspace) -> None:
    """Another programme with a result on the same outcome, so that there is something to compare."""
    rows = workspace.rows
    rows["programmes"].append(rows["programmes"][0] | {"programme_id": "yew", "family": "yew"})
    rows["studies"].append(rows["studies"][0] | {"study_id": "yew2012"})
    rows["effects"].append(rows["effects"][0] | {"effect_id": "yew2012.home", "study_id": "yew2012", "overlap_group": "yew2012", "programme_id": "yew"})


def nothing_to_pool(workspace: Workspace) -> None:
    for row in workspace.rows["effects"]:
        row.update(dict.fromkeys(COUNTS, ""), role="direction_only", data_type="none", measure="", estimate="", ci_low="", ci_high="", ci_level="", p="", p_relation="")


CHANGES = {
    "markup": written(SCRIPT), "leftwards": written(LEFTWARDS), "long": written(LONG), "emoji": written(EMOJI), "nulls": nulls,
    "one": one_study, "forty": forty_studies, "none": nothing_to_pool,
}  # fmt: skip
#: Workspaces with a compare page too.
COMPARED = {"markup": "compare-markup", "long": "compare-long", "leftwards": "compare-leftwards"}
PAGES = [*CHANGES, "map", *COMPARED.values()]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A briefing of each hostile workspace, some compare pages, and the evidence map of the one that is full of markup."""
    folder, found = tmp_path_factory.mktemp("hostile"), {}
    for name, change in CHANGES.items():
        workspace = furnish(Workspace(tmp_path_factory.mktemp(name)))
        change(workspace)
        workspace.save()
        evidence = wb.load(workspace.root)
        found[name] = folder / f"{name}.html"
        found[name].write_text(wb.briefing.write(analyse(evidence, "oak")).html, encoding="utf-8")
        if name == "markup":
            found["map"] = folder / "map.html"
            found["map"].write_text(render_map(build_map(evidence, {}), workspace.root / "templates"), encoding="utf-8")
        if name in COMPARED:
            second_programme(workspace)
            workspace.save()
            found[COMPARED[name]] = compare(None, folder / name, workspace.root).path
            assert "<table" in found[COMPARED[name]].read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_number_is_still_its_finding(name, pages):
    assert check_numbers(pages[name].read_text(encoding="utf-8")) == []


@pytest.fixture(scope="module")
def started(chromium):
    with browser(chromium) as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
def test_no_script_runs_nothing_sticks_out_and_the_page_is_accessible(name, pages, started):
    with visit(started, pages[name], PHONE) as seen:
        page = seen.page
        assert seen.said == [] and seen.asked == [pages[name].as_uri()]
        assert page.title() != "run" and page.locator("img").count() == 0
        page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert page.locator("h1").count() == 1 and page.locator("main").is_visible()
        assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_first_words_are_on_the_screen_within_a_second(name, pages, started):
    assert first_paint(started, pages[name]) < FIRST_PAINT


class Kept(HTMLParser):
    """Finds text in an element that lets it turn its surroundings round."""

    def __init__(self, words):
        super().__init__()
        self.words, self.open, self.loose = words, [], []

    def handle_starttag(self, tag, attrs):
        self.open.append((tag, dict(attrs).get("class", "")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        kept = any(tag in ("bdi", "title", "desc", "text", "tspan", "template", "style") or name in ("worse", "better") for tag, name in self.open)
        if self.words in data and not kept:
            self.loose.append(self.open[-2:])


@pytest.mark.parametrize("name", ["leftwards", "compare-leftwards"])
def test_text_from_right_to_left_does_not_turn_its_surroundings_round(name, pages):
    found = Kept(LEFTWARDS)
    found.feed(pages[name].read_text(encoding="utf-8"))
    assert found.loose == []


@pytest.mark.parametrize("name", ["markup", "compare-markup"])
def test_markup_stays_text(name, pages):
    html = pages[name].read_text(encoding="utf-8")
    assert "&lt;script&gt;" in html and "{{ 7 * 7 }}" in html and "<script" not in html and "<img" not in html
    assert html.count("</style>") == 1 and html.count("</template>") == 1


def test_forty_studies_are_all_drawn(pages):
    html = pages["forty"].read_text(encoding="utf-8")
    table = html.split("<table id=forest-table-home-event-record")[1].split("</table>")[0]
    assert table.count('<svg class="strip') == 39 + 2 + 1  # those in the answer, the average and a new area, and the weaker design beneath
