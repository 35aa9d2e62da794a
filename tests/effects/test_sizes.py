"""The container of effect sizes: what it accepts, refuses and shows."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.effects import EffectSizes, Size, orientation
from workbench.effects.routes import Route
from workbench.errors import AnalysisError


def sized(y, se=0.1):
    return Size(y, se, Route("se", {"se": se}, note="as printed"))


def test_orientation_is_done_once_by_each_row():
    rows = [
        {"effect_id": "a", "direction": "higher_is_better", "overlap_group": "g1"},
        {"effect_id": "b", "direction": "lower_is_better", "overlap_group": "g2"},
    ]
    found = EffectSizes.from_sizes(rows, [sized(0.3), sized(0.3)], "OR", outcome="demo")
    assert list(found.y) == [0.3, -0.3]
    assert found.row_ids == found.labels == ("a", "b") and found.cluster == ("g1", "g2")
    assert orientation("lower_is_better") == -1
    with pytest.raises(AnalysisError, match="must be one of higher_is_better"):
        orientation("up")


def test_arrays_are_copied_and_fixed():
    y = np.array([0.1, 0.2])
    found = EffectSizes.from_arrays(y, [0.1, 0.2])
    y[0] = 9
    assert found.y[0] == 0.1
    with pytest.raises(ValueError, match="read-only"):
        found.y[0] = 9
    assert found.labels == ("1", "2") and found.informs_tau.all() and found.design.shape == (2, 0) and found.k == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"y": [0.1, np.nan], "se": [0.1, 0.1]}, "y at position 2 is nan"),
        ({"y": [0.1, 0.2], "se": [0.1, 0.0]}, "se at position 2 is 0"),
        ({"y": [0.1, 0.2], "se": [0.1, -0.3]}, "finite and above 0"),
        ({"y": [0.1, 0.2], "se": [0.1, np.inf]}, "finite and above 0"),
        ({"y": [0.1, 0.2], "se": [0.1]}, "same length"),
        ({"y": ["a"], "se": [0.1]}, "not all numbers"),
        ({"y": [0.1], "se": [0.1], "labels": ["a", "b"]}, "labels has 2 entries, y has 1"),
        ({"y": [0.1], "se": [0.1], "cluster": ["a", "b"]}, "cluster has 2 entries"),
        ({"y": [0.1], "se": [0.1], "informs_tau": [True, False]}, "informs_tau has 2 entries"),
        ({"y": [0.1], "se": [0.1], "row_ids": ["a", "b"]}, "row_ids has 2 entries"),
        ({"y": [0.1], "se": [0.1], "measure": "odds"}, "must be one of OR"),
        ({"y": [0.1], "se": [0.1], "design": [[1.0]]}, "design has shape"),
        ({"y": [0.1], "se": [0.1], "design": [[np.nan]], "design_names": ["a"]}, "must be finite"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(AnalysisError, match=words):
        EffectSizes.from_arrays(**given)


def test_nothing_is_allowed():
    empty = EffectSizes.from_arrays([], [])
    assert empty.k == 0 and len(empty.frame()) == 0 and "k=0" in repr(empty)


def test_subsets_take_everything_along():
    found = EffectSizes.from_arrays(
        [0.1, 0.2, 0.3], [0.1, 0.2, 0.3], labels="abc", cluster="xxy", informs_tau=[True, False, True],
        design=[[1.0], [0.0], [1.0]], design_names=["bias"], row_ids=("r1", "r2", "r3"), outcome="demo",
    )  # fmt: skip
    for which in ([0, 2], [True, False, True], np.array([0, 2]), slice(0, 3, 2)):
        part = found.subset(which)
        assert list(part.y) == [0.1, 0.3] and part.labels == ("a", "c") and part.cluster == ("x", "y")
        assert part.informs_tau.all() and part.design.tolist() == [[1.0], [1.0]] and part.row_ids == ("r1", "r3")
        assert part.outcome == "demo" and part.rows == ()
    assert found.subset([]).k == 0
    for wrong in ([3], [True, False]):
        with pytest.raises(AnalysisError, match="cannot take that subset"):
            found.subset(wrong)


def test_frame_and_words():
    rows = [{"effect_id": "a", "direction": "higher_is_better"}]
    found = EffectSizes.from_sizes(rows, [sized(np.log(2))], "OR", labels=["<script>alert(1)</script>"])
    frame = found.frame()
    assert frame.loc["a", "ratio"] == pytest.approx(2) and frame.loc["a", "route"] == "se"
    assert frame.loc["a", "upper"] == pytest.approx(np.log(2) + 0.1959964, abs=1e-6)
    assert "log OR" in repr(found) and "benefit positive" in repr(found)
    page = found._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page and "as printed" in page


def test_any_measure_of_the_registry_may_label_arrays():
    found = EffectSizes.from_arrays([0.1], [0.1], measure="ROM")
    assert found.frame()["ratio"].iloc[0] == pytest.approx(np.exp(0.1)) and "log ROM" in repr(found)
    assert "ratio" not in EffectSizes.from_arrays([0.1], [0.1], measure="ZCOR").frame()


def test_the_frame_shows_who_ignores_clustering():
    rows = [{"effect_id": "a", "direction": "higher_is_better"}]
    flagged = Size(0.2, 0.1, Route("counts", ignores_clustering=True))
    assert EffectSizes.from_sizes(rows, [flagged], "OR").frame()["ignores_clustering"].tolist() == [True]
