"""The one formatter: its rounding rule by hand-worked cases, and what must hold for any number."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.briefing.formatting import STYLES, denominator, format_number, narrower_side, step_of


@pytest.mark.parametrize(
    ("value", "style", "side", "text"),
    [
        (1.4321, "ratio", 0.58, "1.43"),  # 0.58: its second significant digit is a hundredth
        (1.4321, "ratio", 1.2, "1.4"),
        (0.125, "difference", 0.031, "0.125"),
        (-0.125, "difference", 0.31, "−0.13"),  # halves go away from zero
        (0.5, "ratio", None, "0.50"),
        (-4321.0, "money", 16000.0, "−£4,000"),
        (4321.4, "money", None, "£4,321"),
        (0.29, "pence", None, "£0.29"),
        (2.4, "money", 0.5, "£2"),  # never pence from an interval
        (0.004, "probability", None, "<1%"),
        (0.0, "probability", None, "<1%"),
        (0.996, "probability", None, ">99%"),
        (0.625, "probability", None, "63%"),
        (0.0, "share", None, "0%"),
        (0.9999999999999, "share", None, "100%"),
        (0.001, "share", None, "<1%"),
        (2023.0, "year", None, "2023"),
        (12183016.0, "count", None, "12,183,016"),
        (33.5, "frequency", None, "34"),
        (85.2009, "number", None, "85.2"),
        (67.0, "number", None, "67"),
        (0.0123456, "number", None, "0.0123"),
        (2.41, "exact", None, "2.41"),
        (4932.0, "exact", None, "4,932"),
        (0.975, "exact", None, "0.975"),
        (-0.0004, "ratio", 0.1, "0.00"),  # no negative nought
        (math.nan, "money", None, "not finite"),
        (math.inf, "ratio", 1.0, "not finite"),
    ],
)
def test_numbers_are_written_as_the_rule_says(value, style, side, text):
    assert format_number(value, style, side) == text


def test_an_unknown_style_is_refused():
    with pytest.raises(KeyError):
        format_number(1.0, "roman")


@pytest.mark.parametrize(("limits", "side"), [((2.0, 1.0, 4.0), 1.0), ((1.0, 1.0, 3.0), 1.0), ((1.0, 1.0, 1.0), None), ((1.0, -math.inf, 2.0), None)])
def test_the_narrower_side_decides(limits, side):
    assert narrower_side(*limits) == side


@given(st.floats(1e-5, 1e7))
def test_the_step_is_the_second_significant_digit_of_the_side(side):
    assert 9.999 < Decimal(side) / step_of(side) < Decimal(100.001)


@given(st.floats(-1e7, 1e7), st.floats(1e-4, 1e6))
def test_what_is_printed_lies_within_half_a_step_of_the_value(value, side):
    printed = Decimal(format_number(value, "difference", side).replace(",", "").replace("−", "-"))
    assert abs(printed - Decimal(repr(value))) <= step_of(side) / 2


@given(st.floats(0, 1), st.sampled_from([style for style in STYLES if style not in ("year", "exact")]))
def test_no_number_is_printed_as_minus_nought(value, style):
    assert not format_number(-value * 1e-9, style).startswith(("−0%", "−£0", "−0.00"))


@pytest.mark.parametrize(("share", "people"), [(0.25, 100), (0.05, 100), (0.033, 1000), (0.001, 10000), (0.0, 10000)])
def test_rare_events_are_told_out_of_more_people(share, people):
    assert denominator(share) == people
