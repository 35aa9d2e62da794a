"""Step-function selection models against metafor, and where they are not identified."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis.bias import selection
from workbench.synthesis.bias.readings import NotTested
from workbench.synthesis.frequentist.heterogeneity import estimate_tau2, weighted

HERE = Path(__file__).resolve().parent.parent / "references"
CASES = {case["name"]: case for case in json.loads((HERE / "meta.json").read_text(encoding="utf-8"))["cases"]}
PUBLISHED = json.loads((HERE / "bias_published.json").read_text(encoding="utf-8"))
DATA = {name: (np.array(case["yi"]), np.sqrt(case["vi"])) for name, case in CASES.items()}
INTERIOR = ("raudenbush1985", "hackshaw1998", "linde2005_rr", "molloy2014_zcor", "dorn2007_rr")


@pytest.mark.parametrize("name", INTERIOR)
def test_interior_optima(name):
    found, published = selection.step_selection(*DATA[name]), CASES[name]["selmodel_greater"]
    assert found.lrt == pytest.approx(published["LRT"], abs=2e-4) and found.df == 1
    assert found.lrt_p == pytest.approx(published["LRTp"], abs=2e-4)
    assert found.estimate == pytest.approx(published["mu"], abs=2e-5)
    assert found.tau2 == pytest.approx(published["tau2"], abs=2e-5)
    assert found.delta[1] == pytest.approx(published["delta"], abs=1e-4)
    # metafor's own search may stop short of the peak, ours may not
    data = selection.problem(*DATA[name], found.steps, "greater")
    theirs = np.array([published["mu"], published["tau2"], np.log(published["delta"])])
    assert found.log_likelihood >= selection.value_and_slope(theirs, data)[0] - 1e-10


@pytest.mark.parametrize("name", [name for name in CASES if name not in INTERIOR])
def test_elsewhere_it_is_not_identified(name):
    found = selection.step_selection(*DATA[name])
    assert isinstance(found, NotTested) and found.reading.startswith("Not identified")
    with pytest.raises(AnalysisError, match="Not identified"):
        selection.require_identified(found)


def test_four_intervals():
    reference = PUBLISHED["selection_hackshaw1998"]
    found = selection.step_selection(*DATA["hackshaw1998"], steps=reference["steps"])
    assert found.delta == pytest.approx(reference["delta"], abs=5e-6)
    assert found.delta_se[1:] == pytest.approx(reference["se_delta"], abs=5e-6)
    assert found.lrt == pytest.approx(reference["lrt"], abs=2e-6) and found.df == reference["df"]
    assert found.tau2 == pytest.approx(reference["tau2"], abs=2e-7) and list(found.counts) == reference["counts"]


@pytest.mark.parametrize("alternative", selection.ALTERNATIVES)
def test_gradient(alternative):
    data = selection.problem(*DATA["dorn2007_rr"], (0.025, 0.3, 1.0), alternative)
    theta = np.array([0.2, 0.05, -0.4, -1.1])
    slope = selection.value_and_slope(theta, data)[1]
    for j in range(4):
        step = np.eye(4)[j] * 1e-6
        numeric = (selection.value_and_slope(theta + step, data)[0] - selection.value_and_slope(theta - step, data)[0]) / 2e-6
        assert slope[j] == pytest.approx(numeric, abs=1e-6)


@pytest.mark.parametrize("alternative", selection.ALTERNATIVES)
def test_likelihood_is_a_density_of_the_seen_effects(alternative):
    """Integrated over y, the density of one effect given that it was seen is 1."""
    steps, se = (0.025, 0.3, 1.0), np.array([0.2])
    theta = np.array([0.1, 0.02, -0.7, -1.6])
    cuts = [0.0, *(sign * cut * 0.2 for cut in selection.edges(steps, alternative) for sign in (-1, 1))]
    ends = sorted({-4.0, 4.0, *cuts})
    node, weight = np.polynomial.legendre.leggauss(60)
    total = 0.0
    for low, high in zip(ends, ends[1:], strict=False):
        ys = (low + high) / 2 + (high - low) / 2 * node
        values = [selection.value_and_slope(theta, selection.problem(np.array([y]), se, steps, alternative))[0] for y in ys]
        total += (high - low) / 2 * (weight * np.exp(values)).sum()
    assert total == pytest.approx(1, abs=1e-9)


def test_without_selection_it_is_maximum_likelihood():
    y, se = DATA["hackshaw1998"]
    tau2 = estimate_tau2(y, se, "ML")
    mu = weighted(y, se**2 + tau2)[0]
    data = selection.problem(y, se, (0.05, 1.0), "greater")
    value = selection.value_and_slope(np.array([mu, tau2, 0.0]), data)[0]
    expected = -0.5 * (np.log(2 * np.pi * (se**2 + tau2)) + (y - mu) ** 2 / (se**2 + tau2)).sum()
    assert value == pytest.approx(expected, abs=1e-10)
    found = selection.step_selection(y, se)
    assert (found.before, found.tau2_before) == pytest.approx((mu, tau2))


def test_mirror_and_scale():
    y, se = DATA["dorn2007_rr"]
    found = selection.step_selection(y, se)
    mirrored = selection.step_selection(-y, se, alternative="less")
    assert mirrored.estimate == pytest.approx(-found.estimate, abs=1e-7) and mirrored.lrt == pytest.approx(found.lrt, abs=1e-8)
    large = selection.step_selection(100 * y, 100 * se)
    assert large.estimate == pytest.approx(100 * found.estimate, rel=1e-5) and large.delta == pytest.approx(found.delta, rel=1e-5)


def test_it_recovers_what_was_selected():
    rng = np.random.default_rng(11)
    se = rng.uniform(0.05, 0.4, 40_000)
    y = 0.15 + 0.1 * rng.standard_normal(se.size) + se * rng.standard_normal(se.size)
    kept = (y / se > 1.959964) | (rng.random(se.size) < 0.2)
    found = selection.step_selection(y[kept], se[kept])
    assert found.estimate == pytest.approx(0.15, abs=4 * found.se) and found.se < 0.01
    assert found.delta[1] == pytest.approx(0.2, abs=4 * found.delta_se[1]) and found.before > 0.2


@pytest.mark.parametrize("y", [[0.5] * 14 + [-2.0], [0.5, -0.6, -0.7, -0.55, -0.65, -0.6, -0.5, -0.62, -0.58, -0.66]])
def test_an_endless_ridge_is_not_a_number(y):
    """Every interval holds effects, yet the likelihood rises for ever as one side of the cut is hidden."""
    y, se = np.array(y), np.full(len(y), 0.2)
    found = selection.step_selection(y, se)
    assert isinstance(found, NotTested) and "keeps rising" in found.reading
    data = selection.problem(y, se, (0.025, 1.0), "greater")
    assert data.counts.all()


def test_wrong_options():
    y, se = DATA["dorn2007_rr"]
    for given, words in (({"steps": (0.5, 0.1)}, "must ascend"), ({"steps": ()}, "must ascend"), ({"steps": (1,)}, "must ascend"), ({"alternative": "both"}, "greater, less, two-sided")):
        with pytest.raises(UsageError, match=words):
            selection.step_selection(y, se, **given)
