"""Your numbers without a browser: what the page carries, what its script may hold, and the two files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from panel_reference import Bench

import workbench as wb
from workbench.baselines import fixed_risk
from workbench.briefing import check_numbers, read_entry, render, render_index
from workbench.briefing.panel import make_panel
from workbench.briefing.panel.export import Pool, described
from workbench.briefing.panel.settings import load_offer, schedule_bands, shown
from workbench.errors import AnalysisError, UsageError
from workbench.runs.analysis import analyse
from workbench.runs.build import brief, file_names
from workbench.synthesis import headline
from workbench.synthesis.answers.stances import chances, under

PLAIN_LIMIT, INTERACTIVE_LIMIT = 400_000, 1_000_000


class Held(HTMLParser):
    """Text of the templates and the script of a page, by id."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.inside, self.found, self.tags = "", {}, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("template", "script"):
            self.inside = dict(attrs).get("id", tag)

    def handle_endtag(self, tag):
        if tag in ("template", "script"):
            self.inside = ""

    def handle_data(self, data):
        if self.inside:
            self.found[self.inside] = self.found.get(self.inside, "") + data


@pytest.fixture(scope="module")
def bench(evidence):
    return Bench(analyse(evidence, "fdac"))


@pytest.fixture(scope="module")
def script(root):
    return (root / "templates" / "panel.js").read_text(encoding="utf-8")


# -- what the page carries -------------------------------------------------------------------------------------------------
def test_the_page_carries_the_very_kernel_that_the_briefing_evaluated(bench):
    held = Held(bench.html).found
    data = json.loads(held["panel-data"])
    block = np.frombuffer(base64.b64decode(held["panel-arrays"]), dtype="<f4")
    kernel, own = data["kernels"][bench.choices.start], bench.analysis.appraisal.kernel

    def array(kept):
        return np.full(own.count, kept) if isinstance(kept, float) else block[kept["start"] : kept["start"] + kept["size"]].astype(float)

    for name in own.theta:
        assert np.array_equal(array(kernel["theta"][name]), own.theta[name]) and np.array_equal(array(kernel["logit_p0"][name]), own.logit_p0[name])
    for line, carried in zip((*own.benefits, *own.costs), (*kernel["benefits"], *kernel["costs"]), strict=True):
        for name, kept in carried.items():
            value = getattr(line, name)
            assert np.array_equal(array(kept), value) if isinstance(value, np.ndarray) else kept == value, name


def test_each_stop_has_its_own_effects_and_shares_all_else(bench):
    kernels = json.loads(Held(bench.html).found["panel-data"])["kernels"]
    own = kernels[bench.choices.start]
    assert 3 <= len(kernels) <= 5 and len({json.dumps(kernel["theta"]) for kernel in kernels.values()}) == len(kernels)
    assert all({**kernel, "theta": own["theta"]} == own for kernel in kernels.values())


def test_a_stop_is_the_headline_under_that_set_of_priors(bench, evidence):
    for stop in bench.choices.stops:
        found = stop.headlines["reunification-event-record"]
        again = headline(evidence, "fdac", "reunification-event-record", prior=stop.name)
        assert found.word == again.word and np.array_equal(found.draws.values, again.draws.values)
        expected = again.draws.raw.astype("f4").astype(float)
        assert np.array_equal(stop.kernel.theta["reunification-event-record"], expected)


def test_a_headline_under_another_prior_and_risk_is_what_the_synthesis_gives(bench, evidence):
    found = next(item for item in bench.analysis.headlines if item.construct["construct"] == "reunification-event-record")
    risk = fixed_risk("reunification-event-record", 0.31)
    again = headline(evidence, "fdac", "reunification-event-record", prior="enthusiastic", baseline=risk)
    other = under(found, "enthusiastic", risk)
    assert (other.word, other.probabilities, other.natural.p1, other.minimal) == (again.word, again.probabilities, again.natural.p1, again.minimal)
    better, worse = chances(again, np.array([0.31, 0.5]))
    assert better[0] == pytest.approx(again.probabilities.benefit, abs=1e-12) and worse[0] == pytest.approx(again.probabilities.harm, abs=1e-12)
    assert better[1] != better[0]


def test_stops_run_from_sceptic_to_enthusiast(bench):
    means = [stop.kernel.theta["reunification-event-record"].mean() for stop in bench.choices.stops]
    assert means == sorted(means) and bench.choices.start == "default"


def test_priors_that_are_no_stop_stand_first_as_the_briefings_own(evidence):
    found = analyse(evidence, "pup", prior="wide")
    made = found.choices(("sceptical", "default"), 40)
    assert [stop.name for stop in made.stops] == ["own", "sceptical", "default"] and made.start == "own"
    assert made.stops[0].kernel is found.appraisal.kernel


def test_a_pool_keeps_equal_arrays_once_and_refuses_what_single_precision_cannot_hold():
    pool, values = Pool(), np.array([1.0, 2.5, -3.0])
    assert pool.keep(values) == pool.keep(values.copy()) == {"start": 0, "size": 3} and pool.keep(np.full(3, 0.5)) == 0.5
    assert pool.keep(values[::-1]) == {"start": 3, "size": 3}
    with pytest.raises(AnalysisError, match="single precision"):
        pool.keep(np.array([0.1, 0.2]))


def test_a_kernel_in_double_precision_is_not_exported(bench):
    kernel = replace(bench.analysis.appraisal.kernel, theta={name: values + 1e-12 for name, values in bench.analysis.appraisal.kernel.theta.items()})
    with pytest.raises(AnalysisError):
        described(kernel, Pool())


def test_rates_are_written_as_bands_and_settings_with_every_digit():
    assert schedule_bands([0.0, 0.035, 0.035, 0.03]) == [[0, 0.0], [1, 0.035], [3, 0.03]]
    assert [shown(1.355556), shown(0.29, 2), shown(100.0), shown(0.07, 2)] == ["1.355556", "29", "100", "7"]


def test_a_control_that_is_not_described_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"panel\.toml"):
        load_offer(tmp_path)
    (tmp_path / "panel.toml").write_text('stops = []\nyears = 1\nwait = 1\n[[control]]\nname = "families"\nstep = 1\ncolour = "blue"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="colour"):
        load_offer(tmp_path)


# -- the script ------------------------------------------------------------------------------------------------------------
def test_the_script_has_at_most_two_hundred_readable_lines(script):
    lines = script.splitlines()
    assert len(lines) <= 200 and max(map(len, lines)) <= 140


#: Numbers that are arithmetic and no figure of the subject: nothing, one, two for a middle and for odd and even, a half for
#: mid-year, the middle quantile and the half-life, three and the nought of regular expressions for groups and trailing zeros.
NUMBERS = {"0", "1", "2", "0.5", "3"}


def test_no_figure_stands_in_the_script(script):
    code = re.sub(r"//.*", "", script)
    assert set(re.findall(r"(?<![\w$.])\d+(?:\.\d+)?(?:e-?\d+)?", code)) - {"32", "64"} <= NUMBERS


def test_no_word_for_a_reader_stands_in_the_script(script):
    """Every text of the script is one token, a name of the page, the language or the data, but for the two selectors and the flag."""
    code = re.sub(r"//.*", "", script)
    texts = [first or second for first, second in re.findall(r'"([^"\n]*)"|`([^`\n]*)`', code)]
    assert texts and not [text for text in texts if re.search(r"[A-Za-z]\s+[A-Za-z]", text) and text != "use strict"]
    assert not re.search(r"£|per cent|%(?!\s2)", "".join(texts))


def test_the_script_stands_in_the_page_as_its_policy_says(bench, script):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', bench.html)[1]
    held = Held(bench.html).found["script"]
    digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'sha256-" in policy
    assert policy.endswith("img-src data:; base-uri 'none'; form-action 'none'") and "unsafe" not in policy
    assert held == script
    assert not [name for _, attrs in Held(bench.html).tags for name in attrs if name.startswith("on") or name == "style"]
    assert "eval(" not in script and "innerHTML" not in script and "Function(" not in script


# -- the page and the two files --------------------------------------------------------------------------------------------
def test_every_number_of_the_interactive_page_is_its_finding(bench):
    assert check_numbers(bench.html) == []


def test_every_field_has_a_label_and_ids_are_unique(bench):
    tags = Held(bench.html).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert sorted(set(ids)) == sorted(ids)
    labelled = {attrs["for"] for tag, attrs in tags if tag == "label"}
    fields = [attrs for tag, attrs in tags if tag in ("input", "select")]
    assert len(fields) > 20 and all(attrs.get("id") in labelled or attrs.get("aria-label") for attrs in fields)
    assert all(name in ids for _, attrs in tags for name in attrs.get("aria-describedby", "").split())


def test_each_version_names_the_other_and_only_one_holds_a_script(evidence):
    found = analyse(evidence, "pup")
    plain, interactive = (wb.briefing.write(found, interactive=either).html for either in (False, True))
    assert found.files == file_names("pup", found.area) == ("pup--england.html", "pup--england.interactive.html")
    assert "href=pup--england.interactive.html" in plain and "href=pup--england.html" in interactive
    assert "<script" not in plain and interactive.count("<script") == 1
    assert len(interactive.encode()) <= INTERACTIVE_LIMIT


def test_the_panel_leaves_room_for_the_page(bench):
    panel = len(bench.panel.data.encode()) + len(bench.panel.arrays)
    assert panel + PLAIN_LIMIT < INTERACTIVE_LIMIT and len(bench.html.encode()) <= INTERACTIVE_LIMIT


def test_a_build_writes_both_files_and_the_index_lists_one(furnished, tmp_path):
    built = brief(["oak"], output=tmp_path / "out", workspace=furnished.root, exports=False)
    assert built.failed == ()
    names = sorted(path.name for path in (tmp_path / "out").glob("oak--*.html"))
    assert names == ["oak--england.html", "oak--england.interactive.html"]
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert index.count("<article") == 1 and "href=oak--england.interactive.html" in index
    again = brief(["oak"], output=tmp_path / "out", workspace=furnished.root, exports=False)
    assert [item.state for item in again.briefings] == ["unchanged"]


def test_the_index_names_no_interactive_page_that_is_not_there(bench, tmp_path, root):
    plain = tmp_path / "fdac--england.html"
    plain.write_text(render(bench.briefing, bench.templates), encoding="utf-8")
    entry = read_entry(plain)
    assert entry.interactive == "" and "interactive" not in render_index([entry], root / "templates")


def test_hostile_words_stay_data(furnished):
    furnished.change("programmes", 0, short_name="</script><script>alert(1)</script>")
    furnished.change("outcomes", 1, name='"><img src=x onerror=alert(1)> {cost:money} \u202eabc')
    held = Held(Bench(analyse(wb.load(furnished.root), "oak")).html)
    assert [tag for tag, _ in held.tags].count("script") == 1 and "img" not in [tag for tag, _ in held.tags]
    said = json.loads(held.found["panel-data"])["outputs"]
    assert any("alert(1)" in item["text"] and "{cost:money}" in item["text"] for output in said for item in output["cases"])


def test_the_same_analysis_gives_the_same_bytes(bench):
    choices = bench.analysis.choices(bench.offer.stops, bench.offer.years)
    assert render(bench.briefing, bench.templates, make_panel(bench.analysis, bench.briefing, choices, bench.offer), other="plain.html") == bench.html


def test_settings_of_the_briefing_itself_come_first_in_the_command(evidence):
    data = json.loads(Bench(analyse(evidence, "pup", families=40, include_unverified=True)).panel.data)
    assert dict(data["command"]["own"]) == {"families": 40, "include_unverified": "true"} and data["start"]["families"]["text"] == "40"
