"""Your numbers in a real browser, offline: the script says what Python says, and can be used by keyboard alone."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace

import numpy as np
import pytest
from browsing import FIRST_PAINT, FLAGS, first_paint
from components import missing
from panel_reference import Bench

import workbench as wb
from workbench.briefing.formatting import format_number
from workbench.briefing.panel.cases import place
from workbench.briefing.render import render
from workbench.economics.kernel import BenefitLine
from workbench.runs.analysis import analyse
from workbench.runs.lookup import known_outcomes
from workbench.runs.parameters import parse

SETTINGS = {"fdac": 70, "fnp": 70, "pup": 10, "oak": 50}  # how many for each page: two hundred in all

# A reset empties the fields at once and the page says its own figures a moment later, at a timer that this one stands behind.
AFTER_RESET = "() => new Promise((done) => setTimeout(done))"

# Sets every field of the panel to given texts, or back to its own, and reads everything that the panel says and found.
TRY = """(given) => {
  const panel = document.getElementById("panel"), form = document.getElementById("panel-form");
  const start = JSON.parse(document.getElementById("panel-data").content.textContent).start;
  const bare = (found) => found && typeof found === "object" ? (ArrayBuffer.isView(found) ? undefined : Array.isArray(found) ? found.map(bare)
    : Object.fromEntries(Object.entries(found).filter(([name]) => name !== "draws").map(([name, value]) => [name, bare(value)]))) : found;
  return given.map((texts) => {
    for (const name in start) form.elements[name].value = name in texts ? texts[name] : start[name].text;
    form.dispatchEvent(new Event("change"));
    const said = Object.fromEntries([...panel.querySelectorAll("output")].map((item) => [item.id, item.closest("[hidden]") ? null : item.textContent]));
    const shown = (name) => [".sentence", ".support", ".legend"].map((part) => document.querySelector("#axis-" + name + " " + part)).filter((item) => item).map((item) => item.textContent);
    const bar = [...document.querySelectorAll("#axis-effect .chances rect")].map((item) => [item.getAttribute("x"), item.getAttribute("width")].map(parseFloat));
    const rows = [...panel.querySelectorAll("tr")].filter((row) => !row.hidden && row.querySelector("output")).map((row) => [0, 1].map((k) => row.cells[k].textContent.trim()));
    return { said, axis: shown("value"), axes: { effect: shown("effect"), certainty: shown("certainty") }, bar, rows, problem: document.getElementById("panel-problem").textContent, line: document.getElementById("panel-line").value,
      command: document.getElementById("panel-command").textContent, result: bare(panel.result) };
  });
}"""


@pytest.fixture(scope="module")
def browser(chromium):
    """A browser for every page of the module."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def open_page(browser, tmp_path_factory):
    """Open a page offline; nothing may be asked for and nothing said on the console."""
    opened, said, asked = [], [], []

    def opening(html, **context):
        path = tmp_path_factory.mktemp("panel") / "page.interactive.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        opened.append(path.as_uri())
        return page

    yield opening
    assert said == [] and asked == opened


@pytest.fixture(scope="module")
def benches(evidence, tmp_path_factory):
    """Benches by programme, made on first use."""
    from workspace import Workspace, furnish

    made = {}

    def bench(name):
        if name not in made:
            if name == "oak":
                root = tmp_path_factory.mktemp("panel") / "workspace"
                root.mkdir()
                made[name] = Bench(analyse(wb.load(furnish(Workspace(root)).root), "oak"), elaborate)
            else:
                made[name] = Bench(analyse(evidence, name))
        return made[name]

    return bench


def elaborate(kernel):
    """A kernel with everything that a line can hold: onset, loss, a cashable share, no comparison group, two payers, health, a cost by the year."""
    steps = (np.arange(kernel.count) + 0.5) / kernel.count
    main = replace(kernel.benefits[0], onset_years=3, lost=0.4 * steps[::-1], lost_years=4.0, cashable=0.2 + 0.5 * steps, cash_class=None, controlled=False)
    health = BenefitLine("oak.health", "Health", None, False, 900 * (steps - 0.3), None, 1, None, 1.0, None, "wider", "families", 1, True, False)
    later = replace(kernel.costs[0], pathway_id="oak.later", payer="nhs", value=np.full(kernel.count, 120.5), years=0.5 + 3 * steps, societal=True, budget=True)
    return replace(kernel, benefits=(main, health), costs=(*kernel.costs, later)).single()


def close(found, expected):
    """Equal to a billionth, or to a billionth of a pound where a figure is nought but for rounding."""
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


def at(result, path):
    for key in path.split("/"):
        result = None if result is None else result[int(key)] if isinstance(result, list) else result.get(key)
    return result


@pytest.mark.parametrize("name", SETTINGS)
def test_two_hundred_settings_agree_with_python(name, benches, open_page):
    bench = benches(name)
    assert len(bench.html.encode()) <= 1_000_000
    texts = [{}, *(bench.settings(seed) for seed in range(1, SETTINGS[name]))]
    page = open_page(bench.html)
    for given, found in zip(texts, page.evaluate(TRY, texts), strict=True):
        appraisal = bench.appraisal(given)
        assert found["problem"] == "", (given, found["problem"])
        for path, value in bench.numbers(appraisal.evaluation).items():
            other = at(found["result"], path)
            assert (other is None) == (value is None) and (value is None or close(other, value)), (given, path, other, value)
        compare_sentences(bench, given, appraisal, found)


#: Rows of the briefing's table that the panel has in another place (kinds of benefit by payer; why there is no value) or not at all.
NOT_SHOWN = re.compile("of which |Net present value$|Net present value for |Break-even duration")


def compare_sentences(bench, given, appraisal, found):
    """Letter for letter."""
    expected, said = bench.sentences(given, appraisal), found["said"]
    assert (said["out-verdict"], said["out-support"]) == (expected["verdict"], expected["support"]), given
    shown = {}
    for heading, text in found["rows"]:
        shown.setdefault(heading, []).append(text)
    for heading, texts in expected["figures"].items():
        assert shown.get(heading) == (None if NOT_SHOWN.match(heading) else texts), (given, heading)
    assert [text for name, text in said.items() if name.startswith("out-benefit-") and text is not None] == expected["benefits"], given
    assert [text for name, text in said.items() if name.startswith("out-yardstick-") and text is not None] == expected["yardsticks"], given
    for index, (claim, natural, chances) in enumerate(expected["effects"]):
        assert (said[f"out-claim-{index}"], said[f"out-natural-{index}"]) == (claim, natural), given
        result = found["result"]["chance"][list(appraisal.kernel.theta)[index]]
        # single precision of the chances that the page carries
        assert (result["better"], result["worse"], result["within"]) == pytest.approx((chances.benefit, chances.harm, chances.within), abs=2e-7), given
    assert said.get("out-effect-main") == expected.get("main"), given
    changed = {name for name, text in given.items() if text != bench_text(bench, name)}
    assert not changed or found["axis"] == [expected["verdict"], OWN + expected["support"]], given
    compare_axes(expected, changed, given, found)


OWN = "With your own numbers: "


def compare_axes(expected, changed, given, found):
    """The first two axes letter for letter; what says that they are the reader's own where a setting moved them, and only there."""
    for name, (settings, mark, lines) in expected["axes"].items():
        moved = changed & settings and mark is not None
        said = [line.replace(mark, OWN + mark) if moved else line for line in lines]
        assert found["axes"][name] == [line for line in said if line], (given, name)
    edges = np.cumsum([0.0, *expected["bar"]])
    drawn = np.array(found["bar"]) / 100
    assert len(drawn) == len(expected["bar"])
    # a tenth of a per cent is what the bar can show
    assert np.allclose(drawn[:, 0], edges[:-1], atol=6e-4) and np.allclose(drawn[:, 1], expected["bar"], atol=6e-4), given


def bench_text(bench, name):
    start = {"prior": bench.choices.start, "schedule": bench.choices.schedule}
    return start[name] if name in start else bench.fields[name].text


@pytest.mark.parametrize("name", ["fdac", "fnp", "pup"])
def test_at_first_the_panel_says_what_is_printed(name, benches, open_page):
    bench = benches(name)
    page = open_page(bench.html)
    printed = page.evaluate("""() => [...document.querySelectorAll("#money-figures tbody tr")].map((row) =>
      [row.cells[0].textContent, [...row.cells[1].childNodes].filter((node) => node.className !== "label").map((node) => node.textContent).join("").trim()])""")
    found = page.evaluate(TRY, [{}])[0]
    shown = dict(found["rows"])
    equal = [shown[heading] == text for heading, text in printed if heading in shown]
    assert equal and all(equal), (printed, shown)
    axis = found["axis"]
    assert found["said"]["out-verdict"] == axis[0] and axis[1].startswith(found["said"]["out-support"])
    assert found["line"] == "" and found["command"] == f"workbench brief {name} --area E92000001"


@pytest.mark.parametrize("name", ["fdac", "fnp"])
def test_the_line_of_settings_is_what_the_command_line_takes(name, benches, open_page, evidence):
    bench = benches(name)
    texts = [{key: text for key, text in bench.settings(seed).items() if text != ""} for seed in range(300, 302)]
    page = open_page(bench.html)
    for given, found in zip(texts, page.evaluate(TRY, texts), strict=True):
        parameters = parse(re.findall(r" -p (\S+)", found["command"]), known_outcomes(evidence))
        assert parameters == parse(found["line"].split(), known_outcomes(evidence))
        again = analyse(evidence, name, "England", **parameters)
        for path, value in bench.numbers(again.appraisal.evaluation).items():
            other = at(found["result"], path)
            assert (other is None) == (value is None) and (value is None or close(other, value)), (given, path)


STYLES = ("count", "frequency", "probability", "share", "year", "number", "ratio", "difference", "money", "pence")
WITH_SIDE = ("number", "ratio", "difference", "money")


def test_the_script_rounds_and_writes_as_the_formatter_does(benches, open_page):
    """Numbers of every size, halves and edges among them, with and without an interval, through the panel's own sentences."""
    dice = random.Random(5)
    values = [0.0, 0.5, -0.5, 2.5, 0.005, 0.995, 1.0, -0.004, 99.95, 999.5, 1e-7, 0.125, 1234567.5, -1000.0, 0.0999999]
    values += [dice.choice((-1, 1)) * 10 ** dice.uniform(-6, 8) for _ in range(60)] + [dice.random() for _ in range(20)]
    probes = [[value, side] for value in values for side in (None, 10 ** dice.uniform(-5, 6))]
    asked = [(k, style) for k, (value, side) in enumerate(probes) for style in STYLES if not (style in ("probability", "share") and not 0 <= value <= 1 or style == "year" and (value < 0 or value != round(value)))]
    text = "|".join(place(f"probe/{k}/0", style, f"probe/{k}/1" if probes[k][1] and style in WITH_SIDE else "") for k, style in asked)
    bench = benches("fdac")
    data = json.loads(bench.panel.data)
    data["fixed"]["probe"] = probes
    next(item for item in data["outputs"] if item["at"] == "#out-verdict")["cases"] = [{"if": [], "text": text}]
    changed = replace(bench.panel, data=json.dumps(data))
    said = open_page(render(bench.briefing, bench.templates, changed)).text_content("#out-verdict").split("|")
    expected = [format_number(probes[k][0], style, probes[k][1] if style in WITH_SIDE else None) for k, style in asked]
    differ = [(probes[k], style, one, other) for (k, style), one, other in zip(asked, said, expected, strict=True) if one != other]
    assert not differ, differ[:5]


def tab_to(page, name, most=200):
    """Move the focus by keyboard alone until it stands on an element."""
    for _ in range(most):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {name}")


def test_the_panel_works_by_keyboard_alone(benches, open_page):
    page = open_page(benches("fdac").html)
    before = page.inner_text("#out-total-spent")
    page.evaluate("document.getElementById('panel-heading').setAttribute('tabindex', '-1'); document.getElementById('panel-heading').focus()")
    tab_to(page, "own-families")
    page.keyboard.press("Control+A")
    page.keyboard.type("250")
    page.wait_for_function("before => document.getElementById('out-total-spent').textContent !== before", arg=before)
    page.keyboard.press("Enter")  # sends nothing anywhere: there is nothing to send with
    page.keyboard.press("Tab")  # its slider
    assert page.evaluate("document.activeElement.dataset.for") == "families" and page.input_value("[data-for='families']") == "250"
    page.keyboard.press("ArrowRight")
    assert page.input_value("#own-families") == str(250 + int(page.get_attribute("[data-for='families']", "step")))
    tab_to(page, "own-prior-default")
    page.keyboard.press("ArrowLeft")
    assert page.is_checked("#own-prior-cautious") and "prior=cautious" in page.input_value("#panel-line")
    assert "With your own numbers" in page.inner_text("#axis-value")
    page.evaluate("document.querySelector('#panel summary').id = 'more-settings'")
    tab_to(page, "more-settings")
    page.keyboard.press("Enter")
    tab_to(page, "own-half_life")
    page.keyboard.type("4")
    page.keyboard.press("Tab")
    assert "half_life=4" in page.input_value("#panel-line")
    shadow = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shadow == "solid"
    page.focus("#panel button[type=reset]")
    page.keyboard.press("Enter")
    page.evaluate(AFTER_RESET)
    assert page.inner_text("#out-total-spent") == before and "With your own numbers" not in page.inner_text("#axis-value")
    assert page.locator("#axis-value [data-f]").count() > 0


def test_reset_gives_back_every_field_and_figure(benches, open_page):
    bench = benches("fnp")
    page = open_page(bench.html)
    first = page.evaluate(TRY, [{}])[0]
    page.evaluate(TRY, [bench.settings(77)])
    page.click("#panel button[type=reset]")
    page.evaluate(AFTER_RESET)
    again = page.evaluate("() => [...document.querySelectorAll('#panel output')].map((item) => [item.id, item.closest('[hidden]') ? null : item.textContent])")
    assert dict(again) == first["said"]


def test_a_pasted_line_sets_the_panel_and_a_wrong_figure_changes_nothing(benches, open_page):
    page = open_page(benches("fdac").html)
    page.focus("#panel-line")
    page.keyboard.type("families=4")
    page.wait_for_timeout(400)  # longer than the panel waits: what is being typed stays
    assert page.input_value("#panel-line") == "families=4"
    page.fill("#panel-line", "families=40 take_up=0.35 prior=sceptical horizon=7 nonsense=3")
    page.keyboard.press("Tab")
    assert [page.input_value(f"#own-{name}") for name in ("families", "take_up", "horizon")] == ["40", "35", "7"]
    assert page.is_checked("#own-prior-sceptical") and set(page.input_value("#panel-line").split()) == {"families=40", "take_up=0.35", "prior=sceptical", "horizon=7"}
    before = page.inner_text("#out-npv")
    page.fill("#own-take_up", "140")
    page.keyboard.press("Tab")
    assert "Take-up" in page.inner_text("#panel-problem") and page.inner_text("#out-npv") == before
    page.click("#panel-copy")
    assert page.evaluate("getSelection().toString() || document.activeElement.value").startswith("families=40")


def test_a_schedule_that_ends_before_the_horizon_is_refused(benches, open_page):
    page = open_page(benches("fdac").html)
    page.fill("#own-horizon", "50")
    page.select_option("#own-schedule", "wellbeing")
    assert page.inner_text("#panel-problem").strip()


def test_nothing_overflows_on_a_phone_and_the_print_holds_settings_and_results(benches, open_page):
    page = open_page(benches("fdac").html, viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    boxes = page.evaluate("() => [...document.querySelectorAll('#panel input, #panel select, #panel button')].filter((e) => e.offsetParent).map((e) => e.getBoundingClientRect().height)")
    assert min(boxes) >= 20
    page.fill("#own-families", "321")
    page.keyboard.press("Tab")
    page.emulate_media(media="print")
    assert page.is_visible("#own-families") and page.input_value("#own-families") == "321"
    assert page.is_visible("#out-verdict") and page.is_visible("#out-total-spent") and not page.is_visible("#panel-copy")


@pytest.mark.parametrize("interactive", [False, True])
def test_the_largest_pages_are_on_the_screen_within_a_second(interactive, benches, browser, tmp_path):
    bench = benches("fnp")
    path = tmp_path / "page.html"
    path.write_text(bench.html if interactive else render(bench.briefing, bench.templates), encoding="utf-8")
    assert path.stat().st_size > 300_000
    assert first_paint(browser, path) < FIRST_PAINT


def test_without_its_script_the_page_says_so_and_is_whole(benches, open_page):
    page = open_page(benches("fdac").html, java_script_enabled=False)
    assert page.is_visible("#panel-off") and not page.is_visible("#panel-form")
    assert page.is_visible("#money-figures") and page.is_visible("#axis-value .sentence")


def test_the_page_has_no_fault_that_axe_finds(benches, open_page):
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe_playwright_python")
    page = open_page(benches("fdac").html)
    page.evaluate("document.querySelector('#panel details').open = true")
    found = Axe().run(page, context="#panel").response["violations"]
    assert found == [], [(item["id"], [node["html"][:120] for node in item["nodes"]][:3]) for item in found]
