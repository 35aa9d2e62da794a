import json
from pathlib import Path

import numpy as np
import pytest
from economic_builders import controls, kernel, line
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from workbench.economics import acceptability, cost_effectiveness, evaluate, programme_acceptability, willingness_to_pay
from workbench.errors import AnalysisError, UsageError

PUBLISHED = json.loads((Path(__file__).resolve().parent.parent / "references" / "frontier.json").read_text(encoding="utf-8"))
STATUS = {"ND": "frontier", "ED": "extended_dominated", "D": "dominated"}


@pytest.mark.parametrize("case", ["va", "cdiff"])
def test_published_tables_with_dominance(case):
    published = PUBLISHED[case]
    names, costs, effects = zip(*published["options"], strict=True)
    found = cost_effectiveness(costs, effects, names)
    assert [option.name for option in found.options] == published["order"]
    assert [option.status for option in found.options] == [STATUS[code] for code in published["status"]]
    assert [option.icer for option in found.frontier[1:]] == pytest.approx(published["icers"], rel=1e-10)
    assert found.frontier[0].icer is None and all(option.icer is None for option in found.options if option.status != "frontier")


def test_order_of_the_options_changes_nothing():
    names, costs, effects = map(list, zip(*PUBLISHED["cdiff"]["options"], strict=True))
    first = cost_effectiveness(costs, effects, names)
    assert cost_effectiveness(costs[::-1], effects[::-1], names[::-1]) == first


def test_alike_dearer_for_the_same_and_on_the_line():
    found = cost_effectiveness([0, 0, 10, 5, 10], [0, 0, 10, 5, 9], ["a", "twin", "b", "between", "less"])
    status = {option.name: option.status for option in found.options}
    # an option on the line between two others is not worse than a mix of them
    assert status == {"a": "frontier", "twin": "dominated", "b": "frontier", "between": "frontier", "less": "dominated"}
    assert [option.icer for option in found.frontier[1:]] == [1.0, 1.0]


def test_best_follows_the_ratios():
    published = PUBLISHED["va"]
    names, costs, effects = zip(*published["options"], strict=True)
    found = cost_effectiveness(costs, effects, names)
    assert [found.best(worth).name for worth in (4999, 5001, 12499, 12501, 20001)] == ["UC", "B", "B", "D", "E"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_the_frontier_holds_every_option_that_is_ever_best(seed, count):
    rng = np.random.default_rng(seed)
    costs, effects = rng.integers(0, 20, count).astype(float), rng.integers(0, 20, count).astype(float)
    found = cost_effectiveness(costs, effects)
    on = {(option.cost, option.effect) for option in found.frontier}
    for worth in np.r_[0.0, 10 ** rng.uniform(-2, 2, 40)]:
        net = worth * effects - costs
        best = {(costs[i], effects[i]) for i in np.flatnonzero(net == net.max())}
        assert best & on
    ratios = [option.icer for option in found.frontier[1:]]
    assert ratios == sorted(ratios) and len(found.options) == count


def test_acceptabilities_sum_to_one_and_ties_are_shared():
    found = acceptability(np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [3.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), ["a", "b", "c"])
    assert found.probability[0] == pytest.approx([(0.5 + 0 + 1 + 1 / 3) / 4, (0.5 + 0.5 + 0 + 1 / 3) / 4, (0 + 0.5 + 0 + 1 / 3) / 4])
    assert found.probability.sum() == pytest.approx(1) and found.ties[0] == 0.75


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_rows_sum_to_one(seed, options, points):
    rng = np.random.default_rng(seed)
    found = acceptability(rng.integers(-2, 3, (50, options, points)).astype(float))
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(points), abs=1e-12)
    assert np.all(found.probability >= 0)


def test_willingness_to_pay_has_its_closed_form():
    rng = np.random.default_rng(1)
    effect, cost = rng.normal(1, 1, 200_000), rng.normal(10, 3, 200_000)
    found = willingness_to_pay(np.column_stack([0 * cost, cost]), np.column_stack([0 * effect, effect]), [0, 5, 10, 20], ["nothing", "it"])
    worth = np.array([0, 5, 10, 20])
    exact = ndtr((worth - 10) / np.hypot(worth, 3))
    assert found.of("it") == pytest.approx(exact, abs=0.005)
    assert [found.names[index] for index in found.best[[0, 1, 3]]] == ["nothing", "nothing", "it"]  # at 10 the means are equal but for chance


def test_the_frontier_is_the_best_on_average_even_where_it_is_rarely_best():
    # one draw in ten gains 100, the others lose 1: worth it on average, and best in one draw of ten
    benefit = np.where(np.arange(100) % 10 == 0, 100.0, -1.0)
    found = acceptability(benefit)
    assert found.names == ("nothing", "programme")
    assert found.frontier[0] == pytest.approx(0.1) and found.best[0] == 1


def test_a_programme_against_nothing_by_multiples_of_its_benefit_and_cost():
    u = (np.arange(1000) + 0.5) / 1000
    result = evaluate(kernel([line(100 + 50 * ndtri(u))], cost=100.0), controls(horizon=1))
    found = programme_acceptability(result, [0, 0.5, 1, 2, 4])
    exact = ndtr((np.array([0.0, 0.5, 1, 2, 4]) * 100 - 100) / np.maximum(np.array([0, 0.5, 1, 2, 4]) * 50, 1e-9))
    assert found.of("programme") == pytest.approx(exact, abs=0.002)
    assert found.of("programme")[2] == pytest.approx(result.p_npv_positive, abs=1e-3)
    dearer = programme_acceptability(result, [0.5, 1, 2], of="cost")
    assert np.all(np.diff(dearer.of("programme")) < 0)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(AnalysisError, match="finite"):
        acceptability(np.array([[1.0, np.nan]]))
    with pytest.raises(UsageError, match="different names"):
        acceptability(np.zeros((3, 2)), ["a", "a"])
    with pytest.raises(UsageError, match="did you mean 'programme'"):
        acceptability(np.zeros(3)).of("program")
    with pytest.raises(AnalysisError, match="no net present value"):
        programme_acceptability(evaluate(kernel([line(np.ones(2))], cost=None), controls()), [1])
    with pytest.raises(UsageError, match="0 or more"):
        programme_acceptability(evaluate(kernel([line(np.ones(2))], cost=1.0), controls()), [-1])
    with pytest.raises(AnalysisError, match="finite, one for each option"):
        cost_effectiveness([1, 2], [1])


def test_objects_print_themselves():
    found = cost_effectiveness([0, 10], [0, 2], ["none", "<it>"])
    assert repr(found) == "CostEffectiveness(none -> <it> at 5 a unit; 0 off the frontier)" and "&lt;it&gt;" in found._repr_html_()
    curve = acceptability(np.zeros((3, 2)), ["<a>", "b"])
    assert "<a>" not in curve._repr_html_() and list(curve.frame().columns) == ["<a>", "b", "best", "frontier", "ties"]
