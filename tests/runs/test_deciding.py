"""What bears on a decision, from the real tables: scrambles that redraw the same question, and the unknown named by rule."""

import numpy as np
import pytest

from workbench.runs.analysis import analyse
from workbench.runs.deciding import SCRAMBLES, other_scrambles, unknowns_of


@pytest.fixture(scope="module")
def valued(evidence):
    """A programme with a net present value that rests on an effect."""
    return analyse(evidence, "fnp")


def test_scrambles_ask_the_same_question_with_other_points(valued):
    found = list(other_scrambles(valued))
    assert len(found) == SCRAMBLES - 1 and len({each.kernel.seed for each in (valued.appraisal, *found)}) == SCRAMBLES
    own = valued.appraisal
    for each in found:
        assert each.controls.horizon == own.controls.horizon and {line.pathway_id for line in each.kernel.benefits} == {line.pathway_id for line in own.kernel.benefits}
        for name, theta in each.kernel.theta.items():
            assert not np.array_equal(theta, own.kernel.theta[name]) and np.median(theta) == pytest.approx(np.median(own.kernel.theta[name]), abs=0.01)


def test_the_decision_is_worked_out_once_and_holds_together(valued):
    found = valued.decision
    assert found is valued.decision and found.information.evpi.sets == SCRAMBLES
    ceiling = found.information.evpi.value
    assert all(0 <= each.value.value <= ceiling for each in (*found.information.each, *found.information.groups))
    assert found.tornado.base == pytest.approx(valued.appraisal.evaluation.npv.mean)
    assert found.tornado.base == pytest.approx(np.mean([each.npv_low for each in found.tornado.bars if each.name == "optimism_bias"]))
    by_size = {}
    for each in found.proposals.each:
        assert 0 <= each.evsi.value <= ceiling + 1e-9
        by_size.setdefault(each.sort, []).append(each.evsi.value)
    assert all(values == sorted(values) for values in by_size.values())  # more families never teach less


def test_unknowns_follow_the_headlines(valued):
    found = unknowns_of(valued)
    assert [item.construct for item in found] == [item.construct["construct"] for item in valued.headlines]
    assert found[0].lead and found[0].measured and found[0].at_home and found[0].width > 0
    assert all(item.width is None for item in found if not item.measured)


@pytest.mark.parametrize("programme", ["triple-p", "pup"])
def test_without_a_value_only_the_rule_speaks(evidence, programme):
    found = analyse(evidence, programme).decision
    assert not found.valued and found.information is None and found.proposals is None
    assert found.first.unknown.safety and not found.first.unknown.measured and found.first.reasons[0] == "safety_unmeasured"
