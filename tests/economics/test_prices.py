import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.economics import Prices
from workbench.economics.prices import possible_years, price_years
from workbench.errors import AnalysisError


def fixed(row):
    return np.array([float(row["value"])])


@pytest.fixture
def prices(workspace):
    return Prices.from_rows(workspace["parameters"], fixed)


def test_own_deflator_first_then_parity_once(prices):
    assert prices.convert("AUD", 2020, "GBP", 2022)[0] == pytest.approx(1.02 * 1.04 * 0.7 / 1.4, rel=1e-14)


def test_deflating_forwards_and_backwards(prices):
    assert prices.deflate("GBP", 2020, 2022)[0] == pytest.approx(1.10 * 1.05)
    assert prices.deflate("GBP", 2022, 2020)[0] == pytest.approx(1 / (1.10 * 1.05))
    assert prices.deflate("GBP", 2022, 2022)[0] == 1.0


@given(st.integers(2000, 2023), st.integers(2000, 2023), st.sampled_from(["GBP", "USD", "AUD"]))
def test_there_and_back_is_the_identity(evidence, start, end, currency):
    table = Prices.from_rows(evidence["parameters"], fixed)
    there = table.convert(currency, start, currency, end) * table.exchange(currency, "GBP", 2023)
    back = table.exchange("GBP", currency, 2023) * table.convert(currency, end, currency, start)
    assert (there * back)[0] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(("currency", "year", "value", "expected"), [("AUD", 2013, 8777, 5685), ("GBP", 2008, 952, 1368), ("GBP", 2008, 2078, 2986)])
def test_published_conversions_to_2023(evidence, currency, year, value, expected):
    # World Bank deflators and parities; expected figures worked from the printed index to the nearest pound
    table = Prices.from_rows(evidence["parameters"], fixed)
    assert value * table.convert(currency, year, "GBP", 2023)[0] == pytest.approx(expected, abs=1)


def test_a_missing_deflator_or_parity_says_what_to_add(prices):
    with pytest.raises(AnalysisError, match="no deflator for GBP in 2023"):
        prices.deflate("GBP", 2022, 2023)
    with pytest.raises(AnalysisError, match="no parity for EUR"):
        prices.exchange("EUR", "GBP", 2022)


def test_years_of_a_range_are_equally_likely():
    row = {"price_year": 2015, "price_year_basis": "note_range", "price_year_low": 2014, "price_year_high": 2016}
    years = price_years(row, (np.arange(300) + 0.5) / 300)
    assert possible_years(row) == (2014, 2015, 2016)
    assert [int(np.sum(years == year)) for year in (2014, 2015, 2016)] == [100, 100, 100]
    assert possible_years({"price_year": None, "price_year_basis": "none"}) == ()
