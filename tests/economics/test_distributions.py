import numpy as np
import pytest

from workbench.economics import quantiles
from workbench.economics.distributions import central
from workbench.errors import AnalysisError

U = (np.arange(20000) + 0.5) / 20000


def row(distribution, value=None, low=None, high=None):
    return {"distribution": distribution, "value": value, "low": low, "high": high}


@pytest.mark.parametrize("kind", ["normal", "beta", "logit_normal"])
def test_limits_hold_95_per_cent(kind):
    drawn = quantiles(row(kind, 0.6, 0.4, 0.8), np.array([0.025, 0.975]))
    assert drawn == pytest.approx([0.4, 0.8], abs=1e-8)


def test_lognormal_has_the_printed_mean():
    drawn = quantiles(row("lognormal", 765, 485, 1195), U)
    assert drawn.mean() == pytest.approx(765, rel=1e-3)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert high / low == pytest.approx(1195 / 485, rel=1e-2)


def test_uniform_and_triangular_stay_inside_and_have_their_means():
    assert quantiles(row("uniform", None, 2, 4), U).mean() == pytest.approx(3)
    drawn = quantiles(row("triangular", 3, 2, 7), U)
    assert drawn.min() > 2 and drawn.max() < 7
    assert drawn.mean() == pytest.approx((2 + 3 + 7) / 3, abs=1e-4)


def test_a_range_without_a_value_is_centred_on_its_median():
    assert central(row("uniform", None, 952, 2078)) == pytest.approx(1515)
    assert central(row("fixed", 7)) == 7


@pytest.mark.parametrize(("bad", "message"), [
    (row("normal", 1.0, 0.5), "needs high"), (row("uniform", None, 3, 2), "in order"), (row("fixed"), "needs value"),
    (row("lognormal", 1, 0, 2), "above 0"), (row("beta", None, 0.0, 0.5), "inside 0 and 1"),
])  # fmt: skip
def test_impossible_rows_are_refused(bad, message):
    with pytest.raises(AnalysisError, match=message):
        quantiles(bad, U)
