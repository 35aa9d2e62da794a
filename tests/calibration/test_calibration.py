"""Holds the committed calibration to its thresholds, and runs a small part of it again."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binomtest

from workbench.synthesis.mcmc.pymc_engine import Settings

HOME = Path(__file__).resolve().parents[2] / "benchmarks" / "calibration"
EXACT = json.loads((HOME / "exact.json").read_text(encoding="utf-8"))
SAMPLED = json.loads((HOME / "sampled.json").read_text(encoding="utf-8"))
FURTHER = json.loads((HOME / "further.json").read_text(encoding="utf-8"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, HOME / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load(name):
    script("judgement")
    return script(name)


def too_unlikely(found, least):
    """Tests of one quantity whose p value is below the limit; the shares are tested again from what is committed."""
    judgement = script("judgement")
    p = judgement.p_values(found)
    for level in judgement.LEVELS:
        inside = round(found[f"coverage_{level}"] * found["replicates"])
        p[f"coverage_{level}_p"] = min(p[f"coverage_{level}_p"], binomtest(inside, found["replicates"], level / 100).pvalue)
    return {name: value for name, value in p.items() if not value >= least}


def number_of_tests(models):
    return sum(len(script("judgement").p_values(found)) for quantities in models for found in quantities.values())


def test_the_limits_are_those_that_were_fixed_before():
    """One per cent over all tests of a script, none of which is missing."""
    sampled, further = ([model["quantities"] for model in result["models"].values()] for result in (SAMPLED, FURTHER))
    for result, models in ((EXACT, EXACT["from_the_prior"].values()), (SAMPLED, sampled), (FURTHER, further)):
        assert result["limit"]["family_wise"] == 0.01 and result["limit"]["tests"] == number_of_tests(models)
        assert result["limit"]["least_p"] == pytest.approx(0.01 / number_of_tests(models), rel=1e-9)


def test_what_was_run():
    exact, models = load("exact"), load("sampled").MODELS
    assert EXACT["seed"] == exact.SEED and set(EXACT["from_the_prior"]) == {"2", "3", "5", "10", "20"}
    for k, found in EXACT["from_the_prior"].items():
        assert {part["replicates"] for part in found.values()} == {exact.REPLICATES[int(k)]} and exact.REPLICATES[int(k)] >= 4000
    assert SAMPLED["seed"] == script("sampled").SEED and set(SAMPLED["models"]) == set(models)
    assert all(part["replicates"] == models[name][1] >= 120 for name, part in SAMPLED["models"].items())
    further = load("further")
    assert FURTHER["seed"] == further.SEED and set(FURTHER["models"]) == set(further.MODELS)
    assert all(part["replicates"] == further.MODELS[name][1] >= 500 for name, part in FURTHER["models"].items())


@pytest.mark.parametrize("k", EXACT["from_the_prior"])
def test_the_exact_engine_covers_what_it_says(k):
    for quantity, found in EXACT["from_the_prior"][k].items():
        assert not too_unlikely(found, EXACT["limit"]["least_p"]), quantity


def test_coverage_at_a_fixed_spread_is_reported():
    """It need not be 95 %: with three studies or fewer and a spread that the prior thinks large it falls short, else it is higher."""
    cells = {k: cell for k, cell in EXACT["fixed_tau"].items() if k != "replicates"}
    assert set(cells) == set(EXACT["from_the_prior"])
    for cell in cells.values():
        assert set(cell) == {"0", "0.1", "0.25", "0.5", "1"}
        assert all(0.5 < share <= 1 for shares in cell.values() for share in shares.values())


@pytest.mark.parametrize("model", SAMPLED["models"])
def test_every_sampled_model_is_calibrated(model):
    found = SAMPLED["models"][model]
    assert found["withheld"] <= SAMPLED["limit"]["most_withheld"] * found["replicates"]
    for quantity, judged in found["quantities"].items():
        assert judged["replicates"] == found["replicates"] - found["withheld"]
        assert not too_unlikely(judged, SAMPLED["limit"]["least_p"]), quantity


@pytest.mark.parametrize("model", FURTHER["models"])
def test_every_further_exact_model_is_calibrated(model):
    found = FURTHER["models"][model]
    for quantity, judged in found["quantities"].items():
        assert judged["replicates"] == found["replicates"]
        assert not too_unlikely(judged, FURTHER["limit"]["least_p"]), quantity


@pytest.mark.parametrize("k", [2, 5])
def test_a_part_run_again(k):
    """The first hundred replicates of the committed run, computed again."""
    module = load("exact")
    place = module.places(np.random.default_rng([module.SEED, k]), k, 100)
    for quantity, values in place.items():
        assert not too_unlikely(script("judgement").judged(values, bins=10), EXACT["limit"]["least_p"]), quantity


def test_a_part_of_the_families_run_again():
    place, withheld = load("sampled").places("family_exact", 40)
    assert withheld == 0
    for quantity, values in place.items():
        assert not too_unlikely(script("judgement").judged(values, bins=5), SAMPLED["limit"]["least_p"]), quantity


@pytest.mark.parametrize(("model", "replicates"), [("three_level", 60), ("known_nulls", 40), ("known_nulls_unlike", 40)])
def test_a_part_of_the_further_models_run_again(model, replicates):
    for quantity, values in load("further").places(model, replicates).items():
        assert not too_unlikely(script("judgement").judged(values, bins=5), FURTHER["limit"]["least_p"]), quantity


def test_chains_are_those_of_the_product():
    """No gate is passed to a sampler, and no setting but a seed, another one for each replicate."""
    load("judgement")
    sampled, rng = load("sampled"), np.random.default_rng(1)
    first, second = sampled.own_seed(rng), sampled.own_seed(rng)
    assert first.seed != second.seed and replace(first, seed=Settings().seed) == Settings()
    text = (HOME / "sampled.py").read_text(encoding="utf-8")
    assert "limits=" not in text and "Limits" not in text and text.count("Settings(") == 1
    assert (Settings().target_accept, Settings().chains, Settings().draws, Settings().tune) == (0.95, 4, 1000, 1000)


@pytest.mark.parametrize("change", [1.1, 0.9])
def test_a_wrong_engine_would_be_found(change):
    """The same judgement of places from a posterior that is a tenth too narrow, or too wide."""
    exact = np.linspace(0, 1, 4001)[1:] - 1 / 8000
    judgement = script("judgement")
    assert not too_unlikely(judgement.judged(exact), EXACT["limit"]["least_p"])
    assert too_unlikely(judgement.judged(ndtr(change * ndtri(exact))), EXACT["limit"]["least_p"])
