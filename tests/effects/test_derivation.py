"""Walking back from an effect to what a paper prints."""

from __future__ import annotations

import math
import pickle

import pytest

from workbench.effects import EffectSizes, conversions, size
from workbench.effects.derivation import Step
from workbench.errors import AnalysisError

ARMS = {"n_treat": 100, "n_control": 120}


def row(**given):
    return {"effect_id": "demo.row", "role": "estimate", "data_type": "estimate", "direction": "lower_is_better", **given}


ROUTES = {
    "counts": (row(data_type="counts", events_treat=30, events_control=20, **ARMS), "OR"),
    "percentages": (row(data_type="percentages", pct_treat=30.0, pct_control=20.0, **ARMS), "RR"),
    "means": (row(data_type="means", mean_treat=12.0, sd_treat=4.0, mean_control=10.0, sd_control=5.0, **ARMS), "SMD"),
    "se": (row(measure="OR", estimate=0.8, se=0.2), "OR"),
    "interval": (row(measure="OR", estimate=0.8, ci_low=0.5, ci_high=1.28, ci_level=0.975), "OR"),
    "t": (row(measure="MD", estimate=-3.0, t=-2.0), "MD"),
    "f": (row(measure="MD", estimate=-3.0, f=4.0), "MD"),
    "chi2": (row(measure="RR", estimate=0.7, chi2=4.0), "RR"),
    "d_and_n": (row(measure="SMD", estimate=0.2, **ARMS), "SMD"),
    "p": (row(measure="HR", estimate=0.8, p=0.03, p_relation="="), "HR"),
    "known_null": (row(role="known_null", **ARMS), "SMD"),
}


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_can_be_walked_back(name):
    given, measure = ROUTES[name]
    found = size(given, measure)
    steps, lines = found.route.steps, found.derivation
    assert found.route.name == name and lines == found.route.derivation == tuple(step.line for step in steps)
    assert steps[0].what == "printed" and dict(steps[0].figures) == dict(found.route.inputs)
    for column, value in found.route.inputs.items():
        assert given[column] == value and f"{column} = {value:g}" in lines[0] if isinstance(value, float | int) else column in lines[0]
    assert steps[1 if name not in ("percentages",) else 3].value == pytest.approx(found.y)
    assert steps[-1].what == "se" and steps[-1].value == found.se and steps[-2].value == pytest.approx(found.se**2)
    assert all(step.formula for step in steps[1:])


def test_the_lines_read_as_arithmetic():
    lines = size(ROUTES["counts"][0], "OR").derivation
    assert lines[0] == "printed: events_treat = 30, n_treat = 100, events_control = 20, n_control = 120"
    assert lines[1].startswith("y, log OR = log(a d / (b c))") and "a = 30, n1 = 100, c = 20, n2 = 120" in lines[1] and lines[1].endswith("[Woolf 1955]")
    assert f"= {math.log(30 * 100 / (70 * 20)):.10g} " in lines[1]
    assert lines[2] == f"v = 1/a + 1/b + 1/c + 1/d = {1 / 30 + 1 / 70 + 1 / 20 + 1 / 100:.10g} [Woolf 1955]"


def test_conversion_correction_and_clustering_are_steps():
    found = size(row(measure="RR", estimate=2.0, se=0.1, pct_control=20.0, design_effect=1.5), "OR")
    text = "\n".join(found.derivation)
    assert conversions.CONVERSIONS["RR->OR"].formula in text and "p0 = 0.2" in text and "design_effect = 1.5" in text
    assert found.route.steps[-2].value == pytest.approx(found.se**2)
    through_t = size(row(measure="MD", estimate=-2.0, se=0.8, **ARMS), "SMD")
    assert "y, MD->SMD = J (y / SE) sqrt(1/n1 + 1/n2) with n1 = 100, n2 = 120" in "\n".join(through_t.derivation)
    empty = size(row(data_type="counts", events_treat=0, events_control=20, **ARMS), "OR")
    assert any("1/2 added to a, b, c and d" in line for line in empty.derivation)


def test_effect_sizes_say_how_each_was_made_and_turned():
    rows = [row(effect_id="a", measure="OR", estimate=0.8, se=0.2), row(effect_id="b", measure="OR", estimate=1.2, se=0.3, direction="higher_is_better")]
    found = EffectSizes.from_sizes(rows, [size(item, "OR") for item in rows], "OR")
    assert found.derivation("a")[-1] == f"less is better, so the sign is turned: y = {-math.log(0.8):.10g}"
    assert found.derivation(1) == found.derivation("b") == size(rows[1], "OR").derivation
    assert found.subset([1]).derivation(0) == found.derivation("b")
    assert pickle.loads(pickle.dumps(found.routes[0])).derivation == found.routes[0].derivation
    for call, words in (
        (lambda: found.derivation("c"), "there is no effect 'c' here"),
        (lambda: found.derivation(2), "no effect at position 2: there are 2"),
        (lambda: EffectSizes.from_arrays([0.1], [0.1]).derivation(0), "given as a number"),
    ):
        with pytest.raises(AnalysisError, match=words):
            call()


def test_a_step_without_figures_is_its_words():
    assert Step("nothing else").line == "nothing else"
    assert Step("v", "1/x", (("x", 4),), 0.25).line == "v = 1/x with x = 4 = 0.25"
