"""The evidence map on invented tables: counts, overlap, directions, hostile text, empty tables, policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter

import pytest
from test_page import Outline

import workbench as wb
from workbench.briefing.check import check_numbers
from workbench.briefing.map import build_map, render_map
from workbench.briefing.map.content import Programme, combined
from workbench.briefing.map.families import components, studied
from workbench.briefing.map.marks import LARGEST, SMALLEST, outline, radius
from workbench.briefing.map.order import families_of_programmes, family_name
from workbench.briefing.reading import carried
from workbench.runs.mapping import map_headlines

SYSTEM = {
    "system_id": "s1", "name": "Forest school", "what": "Lessons among trees", "claim": "It calms", "claim_strength": "asserted", "claim_direction": "benefit",
    "level_of_need": "universal", "evidence_on_file": "none", "cite": "office2025", "checked": "full_text", "locator": "page 9",
}  # fmt: skip


class Made:
    """The map of a workspace with its HTML and findings."""

    def __init__(self, workspace, headlines=None):
        evidence = wb.load(workspace.root)
        self.map = build_map(evidence, map_headlines(evidence) if headlines is None else headlines)
        self.html = render_map(self.map, workspace.root / "templates")
        assert check_numbers(self.html) == []
        self.found = {item.id: item for item in self.map.findings}

    def value(self, name):
        return self.found[f"map/{name}"].value

    def cell(self, name):
        return next(cell for line in self.map.lines for cell in line.filled if cell.id == f"cell-{name}")


def bare(workspace, **tables):
    """The workspace without systems unless some are given."""
    for name in ("systems", "quality", "accounts", "disputes"):
        workspace.rows[name] = [*tables.get(name, [])]
    return workspace.save()


def test_what_shares_a_link_belongs_together_even_through_others():
    assert components([{"a"}, {"b"}, {"a", "c"}, {"c"}, set()]) == [[0, 2, 3], [1], [4]]


def row(study, treat=None, control=None, group="g", role="estimate", exclusion=None):
    return {"study_id": study, "n_treat": treat, "n_control": control, "overlap_group": group, "role": role, "exclusion": exclusion}


STUDIES = {
    "a": {"families": 100, "cohort": None, "design": "rct", "contained_in": None},
    "b": {"families": 40, "cohort": "wood", "design": "rct", "contained_in": "review"},
    "c": {"families": 60, "cohort": "wood", "design": "cohort", "contained_in": None},
    "review": {"families": 500, "cohort": None, "design": "meta_analysis", "contained_in": None},
    "unknown": {"families": None, "cohort": None, "design": "rct", "contained_in": None},
}


@pytest.mark.parametrize(
    ("rows", "families"),
    [
        ([], 0),
        ([row("a")], 100),
        ([row("a", group="one"), row("a", group="two")], 100),  # one study, two outcomes: the same families
        ([row("a", 30, 30, "one"), row("c", 20, 20, "one")], 60),  # one overlap group across studies: at its largest
        ([row("b", group="one"), row("c", group="two")], 60),  # one cohort
        ([row("a", group="one"), row("c", group="two")], 160),
        ([row("a", 9, 9, exclusion="area_rate")], 100),  # nine counties are no families
        ([row("unknown")], 0),
        ([row("b", group="one"), row("review", group="two", role="check")], 500),  # a review in place of what it contains
        ([row("a", group="one"), row("review", group="two", role="review")], 600),  # and beside what it does not
    ],
)
def test_each_family_counts_once(rows, families):
    assert studied(rows, STUDIES) == families


def test_a_small_review_never_makes_the_number_smaller():
    studies = STUDIES | {"review": STUDIES["review"] | {"families": 10}}
    assert studied([row("b"), row("review", group="r", role="check")], studies) == 40


@pytest.mark.parametrize(
    ("directions", "shared"),
    [([], "not_stated"), (["none"], "none"), (["benefit", "not_stated"], "benefit"), (["benefit", "none"], "mixed"), (["harm", "benefit"], "mixed"), (["harm", "harm"], "harm")],
)
def test_directions_that_differ_are_mixed(directions, shared):
    assert combined(directions) == shared


def test_marks_grow_with_families_and_shapes_of_one_size_have_one_area():
    sizes = [radius(families) for families in (0, 10, 100, 5_000, 100_000, 10**7)]
    assert sizes == sorted(sizes) and sizes[0] == sizes[1] == SMALLEST and sizes[-2] == sizes[-1] == LARGEST

    def area(path):
        points = [tuple(map(float, part.split())) for part in path[1:-1].split("L")]
        return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, points[1:] + points[:1], strict=True))) / 2

    for direction in ("benefit", "harm", "mixed", "not_stated"):
        assert area(outline(direction, 10.0)) == pytest.approx(314.159, rel=0.01)
    assert len({outline(direction, 10.0) for direction in ("benefit", "mixed", "none", "harm", "not_stated")}) == 5


def test_counts_equal_the_tables(furnished):
    made = Made(bare(furnished))
    rows = furnished.rows["effects"]
    assert made.value("all/results") == len(rows) and made.value("all/programmes") == len(furnished.rows["programmes"])
    assert made.value("oak/care/families") == 200 + 300 and made.value("oak/care/studies") == 2
    assert made.value("oak/child/families") == 200 and made.value("all/programmes_studied") == 1
    levels = Counter(item["checked"] for item in rows if item["outcome_id"] == "home")
    assert {level: made.value(f"oak/care/checked/{level}") for level in levels} == levels
    assert made.found["map/oak/care/families"].rows == ("effects/ash2010.home", "effects/elm2015.home")


def test_an_overlap_group_counts_once_and_a_replaced_row_never(furnished):
    furnished.add("effects", 2, effect_id="elm2015.home-again", overlap_group="elm.home", checked="secondary", timepoint_months="24")
    furnished.add("effects", 0, effect_id="ash2010.home-old", overlap_group="ash.home", superseded_by="ash2010.home")
    made = Made(bare(furnished))
    assert made.value("oak/care/families") == 500 and made.value("all/results_replaced") == 1
    assert made.value("all/results") + made.value("all/results_replaced") == len(furnished.rows["effects"])
    assert sum(made.value(f"oak/care/checked/{level}") for level in ("abstract", "secondary")) == 3
    assert "replaced by ash2010.home." in made.html


def test_results_not_yet_checked_give_no_families_and_no_direction_where_others_are_on_file(furnished):
    furnished.change("effects", 2, checked="unverified", locator="", reported_result="harm", estimate="0.6", ci_low="0.4", ci_high="0.9")
    made = Made(bare(furnished), headlines={})
    assert made.value("oak/care/families") == 200 and made.cell("oak--care").mark.direction == "benefit"
    furnished.change("effects", 0, checked="unverified", locator="")
    made = Made(bare(furnished), headlines={})
    assert made.value("oak/care/families") == 500
    assert (made.cell("oak--care").mark.direction, made.cell("oak--care").mark.veil) == ("mixed", "weak")


def test_without_a_comparison_group_the_mark_is_weak(furnished):
    for index in (0, 1):
        furnished.change("studies", index, design="before_after", comparator_class="none")
    made = Made(bare(furnished))
    assert {cell.mark.veil for line in made.map.lines for cell in line.filled} == {"weak"}
    assert "data-evidence=uncontrolled" in made.html


def test_a_headline_turns_the_direction_and_rates_the_certainty(furnished):
    furnished.change("effects", 0, events_treat="26")  # reported as better; the model cannot tell
    made = Made(bare(furnished))
    assert made.cell("oak--care").mark.direction == "none" and made.cell("oak--care").mark.veil in "0123"
    plain = Made(furnished, headlines={})
    assert plain.cell("oak--care").mark.direction == "benefit" and plain.cell("oak--care").mark.veil == "open"


def test_a_programme_that_only_borrows_its_headline_is_not_rated_by_it(furnished):
    furnished.add("effects", 0, effect_id="ash2010.group", programme_id="oak-group", overlap_group="ash.group", role="direction_only", data_type="none",
                  events_treat="", n_treat="", events_control="", n_control="", reported_result="not_significant")  # fmt: skip
    made = Made(bare(furnished))
    assert made.cell("oak--care").mark.veil != "open" and made.cell("oak-group--care").mark.veil == "open"
    assert made.cell("oak-group--care").mark.direction == "none"


def test_a_map_without_systems_says_so(furnished):
    made = Made(bare(furnished))
    assert made.map.gaps is not None and made.map.gaps.total.value == 0  # the table is there and empty
    evidence = wb.load(furnished.root)
    object.__setattr__(evidence, "tables", {name: table for name, table in evidence.tables.items() if name != "systems"})
    html = render_map(build_map(evidence, {}), furnished.root / "templates")
    assert check_numbers(html) == [] and "has no table of service models" in html and "id=systems" not in html


def test_the_gap_view_counts_every_system_once(furnished):
    systems = [SYSTEM, SYSTEM | {"system_id": "s2", "claim_strength": "hedged", "evidence_on_file": "controlled", "programme_id": "oak"}, SYSTEM | {"system_id": "s3", "claim": "", "claim_strength": "named_only", "claim_direction": "none"}]
    made = Made(bare(furnished, systems=systems))
    crossed = Counter((item["claim_strength"], item["evidence_on_file"]) for item in systems)
    for (strength, evidence), number in crossed.items():
        assert made.value(f"systems/{strength}/{evidence}") == number
    assert made.value("systems/all/all") == 3 and made.value("systems/all/none") == 2 and made.value("systems/hedged/none") == 0
    assert [item.id for item in made.map.gaps.systems] == ["s1", "s3", "s2"]  # the widest gap first
    assert made.html.count("data-system ") == 3 and "href=#programme-oak" in made.html


def test_empty_tables_give_a_sound_page(furnished):
    furnished.rows["effects"], furnished.rows["studies"] = [], []
    furnished.rows["baselines"], furnished.rows["pathways"] = [], []
    made = Made(bare(furnished))
    assert "No programme has a result on file" in made.html and Outline(made.html).crossed == []


def test_text_from_tables_is_text(furnished):
    hostile = "<script>alert('x')</script> 7 & \"8\""
    furnished.change("programmes", 0, name=hostile, short_name="<b>" + "W" * 300)
    furnished.change("studies", 0, label=hostile, country="🌳 מקום")
    furnished.change("effects", 0, outcome_measure=hostile, locator=hostile)
    furnished.change("outcomes", 1, domain='"><svg onload=x>')
    furnished.change("outcomes", 0, domain="<svg> onload=x")
    made = Made(bare(furnished, systems=[SYSTEM | {"name": hostile, "claim": "{{ 7 * 7 }}", "note": "</template><script>"}]))
    body = made.html.replace("<script>", "", 1)  # the page's own
    assert "<script" not in body and "<b>W" not in body and "<svg onload" not in body and "{{ 7 * 7 }}" in body
    assert Outline(made.html).crossed == []
    assert len({domain.slug for domain in made.map.domains}) == 2


def test_a_circle_of_parents_is_shown_all_the_same_and_capitals_of_names_stay():
    def programme(name, parent):
        return Programme({"programme_id": name, "name": f"The MST of {name}", "short_name": name, "family": "mst-and-more", "parent_id": parent}, 0, {}, "none")

    pair = [programme("one", "two"), programme("two", "one")]
    assert families_of_programmes(pair) == [("mst-and-more", pair)]
    assert family_name("mst-and-more", pair) == "MST and more"


@pytest.fixture
def html(furnished):
    return Made(bare(furnished, systems=[SYSTEM])).html


def test_the_policy_allows_this_sheet_and_this_script_and_nothing_else(html):
    sheet, script = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1], re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]

    def digest(content):
        return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy == f"default-src 'none'; script-src {digest(script)}; style-src {digest(sheet)}; img-src data:; base-uri 'none'; form-action 'none'"
    assert html.count("<script") == 1 and not re.search(r"\sstyle=|\son\w+=|@import|url\((?!#)", html)


def test_structure_headings_scopes_captions_labels_and_targets(html):
    found = Outline(html)
    assert found.crossed == [] and found.open == []
    levels = [int(tag[1]) for tag, _ in found.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert len(found.all("table")) == len(found.all("caption")) == 4
    assert all(attrs.get("scope") in ("col", "row", "colgroup") for attrs in found.all("th"))
    ids = [attrs["id"] for _, attrs in found.found if "id" in attrs]
    assert sorted(set(ids)) == sorted(ids)
    assert {attrs["href"][1:] for attrs in found.all("a") if attrs["href"].startswith("#")} <= set(ids)
    assert {attrs["for"] for attrs in found.all("label")} == {attrs["id"] for attrs in found.all("select")}
    assert [attrs["data-filter"] for attrs in found.all("select")] == ["family", "need", "setting", "design", "checked", "direction", "evidence"]
    assert all(attrs.get("aria-hidden") == "true" for attrs in found.all("svg"))


def test_every_finding_walks_back_to_rows_that_exist(html, furnished):
    evidence = wb.load(furnished.root)
    for item in carried(html).findings.values():
        assert item.id.startswith("map/")
        for name in item.rows:
            table, _, key = name.partition("/")
            assert key in evidence[table]


def test_the_same_tables_give_the_same_bytes(furnished):
    bare(furnished)
    assert Made(furnished).html == Made(furnished).html
