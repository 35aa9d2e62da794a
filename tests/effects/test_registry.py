"""The registry of measures: every code against metafor, and what each must do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.effects import registry
from workbench.effects.registry import REGISTRY, escalc
from workbench.errors import AnalysisError

REFERENCE = json.loads((Path(__file__).parent.parent / "references" / "multilevel_and_effect_sizes.json").read_text())
BINARY, CONTINUOUS = REFERENCE["escalc_bin"], REFERENCE["escalc_cont"]
ARMS = {name: np.array(BINARY[name], float) for name in ("a", "n1", "c", "n2")}
MEANS = {name: np.array(CONTINUOUS[name], float) for name in ("m1", "sd1", "n1", "m2", "sd2", "n2")}
FROM_ARMS = [code for code, entry in REGISTRY.items() if entry.inputs == ("a", "n1", "c", "n2")]
FROM_MEANS = [code for code, entry in REGISTRY.items() if entry.inputs == ("m1", "sd1", "n1", "m2", "sd2", "n2")]
# Morris 2008, Table 1 (five studies of training), as in metafor's test of that example: figures to four digits
MORRIS = {
    "m_pre": [30.6, 23.5, 0.5, 53.4, 35.6], "m_post": [38.5, 26.8, 0.7, 75.9, 36.0], "sd_pre": [15.0, 3.1, 0.1, 14.5, 4.7],
    "sd_post": [11.6, 4.1, 0.1, 4.4, 4.6], "n": [20, 50, 9, 10, 14], "r": [0.47, 0.64, 0.77, 0.89, 0.44],
}  # fmt: skip


@pytest.mark.parametrize("code", ["OR", "RR", "RD", "AS", "PETO", "OR2DL", "OR2DN", "PBIT"])
def test_counts_agree_with_escalc_in_all_eighteen_tables(code):
    """With empty cells in nine tables and no event at all in one (dat.nielweise2007)."""
    options = {} if code == "AS" else {"both_empty": "correct"}
    y, v = escalc(code, **ARMS, **options)
    np.testing.assert_allclose(y, BINARY[code]["yi"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(v, BINARY[code]["vi"], rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "options"), [("SMD", {}), ("SMD_UB", {"variance": "UB"}), ("SMDH", {}), ("MD", {}), ("ROM", {})])
def test_means_agree_with_escalc(name, options):
    y, v = escalc(name.removesuffix("_UB"), **MEANS, **options)
    np.testing.assert_allclose(y, CONTINUOUS[name]["yi"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(v, CONTINUOUS[name]["vi"], rtol=1e-11, atol=1e-10)


def test_changes_agree_with_the_published_example():
    y, v = escalc("SMCR", **{name: MORRIS[name] for name in ("m_post", "m_pre", "sd_pre", "n", "r")})
    np.testing.assert_allclose(y, [0.5056, 1.0481, 1.8054, 1.4181, 0.0801], atol=5.1e-5)
    np.testing.assert_allclose(v, [0.0594, 0.0254, 0.2322, 0.1225, 0.0802], atol=5.1e-5)
    y, v = escalc("SMCC", **MORRIS)
    np.testing.assert_allclose(y, [0.5417, 1.0198, 2.6619, 1.9088, 0.0765], atol=5.1e-5)
    np.testing.assert_allclose(v, [0.0573, 0.0304, 0.5048, 0.2822, 0.0716], atol=5.1e-5)


def test_correlations_agree_with_metafor():
    # four rows of dat.mcdaniel1994, figures as in metafor's test of escalc
    r, n = [0.0, 0.62, 0.99, -0.13], [123, 15, 6, 41]
    y, v = escalc("ZCOR", r=r, n=n)
    np.testing.assert_allclose(y, [0.0, 0.7250, 2.6467, -0.1307], atol=5.1e-5)
    np.testing.assert_allclose(v, [0.0083, 0.0833, 0.3333, 0.0263], atol=5.1e-5)
    y, v = escalc("COR", r=r, n=n)
    np.testing.assert_allclose(v, [0.0082, 0.0271, 0.0001, 0.0242], atol=5.1e-5)


@pytest.mark.parametrize(
    ("code", "estimate", "se"),
    [("PHI", 0.1309, 0.0789), ("PBIT", 0.4399, 0.2456), ("OR2DL", 0.4471, 0.2460), ("OR2DN", 0.4915, 0.2704)],
)
def test_the_handbook_table(code, estimate, se):
    """Table 13.4 of the Handbook of Research Synthesis: 135 of 150 against 40 of 50."""
    y, v = escalc(code, a=135, n1=150, c=40, n2=50)
    assert (float(y), float(np.sqrt(v))) == pytest.approx((estimate, se), abs=5.1e-5)


def test_one_arm_rates_and_log_rank_by_hand():
    assert escalc("PLO", x=10, n=30) == pytest.approx((np.log(0.5), 0.15))
    assert escalc("PLO", x=0, n=30) == pytest.approx((np.log(0.5 / 30.5), 1 / 0.5 + 1 / 30.5))
    assert escalc("IRR", x1=12, t1=100, x2=8, t2=200) == pytest.approx((np.log(3), 1 / 12 + 1 / 8))
    assert escalc("IRR", x1=0, t1=100, x2=8, t2=100) == pytest.approx((np.log(0.5 / 8.5), 1 / 0.5 + 1 / 8.5))
    assert escalc("HR", o_minus_e=-6, v=15) == pytest.approx((-0.4, 1 / 15))
    assert float(escalc("PETO", a=12, n1=40, c=8, n2=40)[0]) == pytest.approx((12 - 10) / (40 * 40 * 20 * 60 / (80**2 * 79)))


def test_peto_needs_no_correction_of_an_empty_cell():
    plain, corrected = escalc("PETO", a=0, n1=116, c=3, n2=117, correct=False), escalc("PETO", a=0, n1=116, c=3, n2=117)
    assert float(plain[0]) == pytest.approx((0 - 3 * 116 / 233) / (116 * 117 * 3 * 230 / (233**2 * 232)))
    assert float(corrected[0]) == pytest.approx(-1.5108867121579)


counts = st.tuples(*[st.integers(1, 300)] * 4)


@pytest.mark.parametrize("code", FROM_ARMS)
@settings(deadline=None, max_examples=50)
@given(cells=counts)
def test_swapping_arms_of_counts(code, cells):
    a, b, c, d = cells
    y, v = escalc(code, a=a, n1=a + b, c=c, n2=c + d)
    other_y, other_v = escalc(code, a=c, n1=c + d, c=a, n2=a + b)
    assert other_y == pytest.approx(-y, abs=1e-9) and other_v == pytest.approx(v, rel=1e-9) and v > 0


arm = (st.floats(1, 50), st.floats(0.1, 30), st.integers(3, 500))


@pytest.mark.parametrize("code", FROM_MEANS)
@settings(deadline=None, max_examples=50)
@given(first=st.tuples(*arm), second=st.tuples(*arm), unit=st.floats(0.01, 100))
def test_swapping_arms_and_changing_units_of_means(code, first, second, unit):
    def of(one, two, scale=1.0):
        return escalc(code, m1=one[0] * scale, sd1=one[1] * scale, n1=one[2], m2=two[0] * scale, sd2=two[1] * scale, n2=two[2])

    y, v = of(first, second)
    other_y, other_v = of(second, first)
    assert other_y == pytest.approx(-y, abs=1e-9) and other_v == pytest.approx(v, rel=1e-9)
    scaled_y, scaled_v = of(first, second, unit)
    factor = unit if code == "MD" else 1.0  # everything but a raw difference is free of units
    assert scaled_y == pytest.approx(y * factor, rel=1e-9, abs=1e-9) and scaled_v == pytest.approx(v * factor**2, rel=1e-9)


def test_two_standardised_differences_agree_for_equal_spread():
    for code in ("SMD", "SMDH"):
        y, _ = escalc(code, m1=12, sd1=4, n1=60, m2=10, sd2=4, n2=60)
        assert y == pytest.approx(0.5 * float(np.asarray(0.99364)), rel=1e-4)  # J(118) = 0.99364, Hedges 1981


def test_every_entry_is_complete():
    for code, entry in REGISTRY.items():
        assert entry.code == code and entry.name and entry.scale in registry.SCALES and entry.estimate and entry.variance
        if entry.compute:
            assert callable(entry.function()) and entry.inputs
    assert set(registry.ROW_MEASURES) < set(registry.MEASURES)
    assert registry.RATIOS == {"OR", "RR", "HR", "IRR", "PETO", "ROM"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: escalc("PETTO", **ARMS), r"measure 'PETTO': must be one of OR.*did you mean 'PETO'"),
        (lambda: escalc("OR", a=1, n1=10), r"OR needs a, n1, c, n2; lacking c, n2"),
        (lambda: escalc("OR", a=1, n1=10, c=2, n2=10, sd=3), r"OR takes a, n1, c, n2, both_empty, not sd"),
        (lambda: escalc("GEN"), "cannot be computed from arm summaries"),
        (lambda: escalc("PETO", a=0, n1=10, c=0, n2=10, correct=False), "nobody, or everybody"),
        (lambda: escalc("PETO", a=0, n1=10, c=0, n2=10), "no events in either arm"),
        (lambda: escalc("AS", a=11, n1=10, c=0, n2=10), "between 0 and the arm's size"),
        (lambda: escalc("AS", a=1, n1=0, c=0, n2=10), "size above 0"),
        (lambda: escalc("HR", o_minus_e=1, v=0), "log-rank variance must be above 0"),
        (lambda: escalc("IRR", x1=0, t1=1, x2=0, t2=1), "no events in either arm"),
        (lambda: escalc("IRR", x1=-1, t1=1, x2=2, t2=1), "must not be below 0"),
        (lambda: escalc("IRR", x1=1, t1=0, x2=2, t2=1), "person-time must be above 0"),
        (lambda: escalc("PLO", x=3, n=2), "between 0 and the arm's size"),
        (lambda: escalc("ROM", m1=-1, sd1=1, n1=9, m2=1, sd2=1, n2=9), "two means of the same sign"),
        (lambda: escalc("SMDH", m1=1, sd1=0, n1=9, m2=1, sd2=1, n2=9), "standard deviation must be above 0"),
        (lambda: escalc("SMCC", m_post=1, sd_post=1, m_pre=0, sd_pre=1, n=20, r=1), "the change has no spread"),
        (lambda: escalc("SMCC", m_post=1, sd_post=0, m_pre=0, sd_pre=1, n=20, r=0.5), "standard deviation must be above 0"),
        (lambda: escalc("SMCR", m_post=1, m_pre=0, sd_pre=1, n=20, r=1.2), "must lie between -1 and 1"),
        (lambda: escalc("SMCR", m_post=1, m_pre=0, sd_pre=1, n=2, r=0.2), "more than 2 people"),
        (lambda: escalc("SMCR", m_post=1, m_pre=0, sd_pre=-1, n=20, r=0.2), "standard deviation before"),
        (lambda: escalc("COR", r=1.1, n=20), "between -1 and 1"),
        (lambda: escalc("COR", r=0.1, n=1), "more than 1 pair"),
        (lambda: escalc("ZCOR", r=1, n=20), "strictly between -1 and 1"),
        (lambda: escalc("ZCOR", r=0.5, n=3), "more than 3 pairs"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(AnalysisError, match=words):
        call()


def test_the_registry_is_data_without_arithmetic():
    code = "import sys, workbench.effects.registry; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
