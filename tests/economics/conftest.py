"""A small synthetic workspace in memory, whose money can be worked out by hand."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pytest

from workbench.draws import Draws

REFERENCES = Path(__file__).resolve().parent.parent / "references"


class Row(dict):
    """A row as the evidence base gives it: a mapping with its table and key."""

    def __init__(self, table, key, **values):
        super().__init__(values)
        self.table, self.key = table, key

    def __hash__(self):
        return hash((self.table, self.key))


class Table:
    def __init__(self, name, key, columns, rows):
        self.rows = tuple(Row(name, row[key], **{**dict.fromkeys(columns), **row}) for row in rows)
        self._by_key = {row.key: row for row in self.rows}

    def __getitem__(self, key):
        return self._by_key[key]

    def __iter__(self):
        return iter(self.rows)

    def get(self, key, default=None):
        return self._by_key.get(key, default)

    def where(self, **wanted):
        return tuple(row for row in self.rows if all(row[name] == value for name, value in wanted.items()))


class Workspace:
    """Tables by name; `change` returns another workspace with some cells replaced."""

    edition_date = datetime.date(2026, 1, 1)

    def __init__(self, tables):
        self.tables = tables

    def __getitem__(self, name):
        rows, key = self.tables[name], KEYS[name]
        return Table(name, key, SCHEMA[name], rows)

    def change(self, name, key, /, **cells):
        rows = [{**row, **cells} if row[KEYS[name]] == key else row for row in self.tables[name]]
        return Workspace({**self.tables, name: rows})

    def add(self, name, /, **row):
        return Workspace({**self.tables, name: [*self.tables[name], row]})


_PACKAGE = json.loads((REFERENCES.parent.parent / "evidence" / "datapackage.json").read_text(encoding="utf-8"))
SCHEMA = {each["name"]: [field["name"] for field in each["schema"]["fields"]] for each in _PACKAGE["resources"]}
KEYS = {
    "programmes": "programme_id", "outcomes": "construct", "programme_costs": "cost_id", "unit_costs": "unit_cost_id",
    "parameters": "parameter_id", "pathways": "pathway_id", "baselines": "baseline_id", "dimensions": "name", "studies": "study_id", "scenarios": "scenario_id",
}  # fmt: skip


def _rule(name, value=None, **more):
    return {"parameter_id": f"rule.{name}", "group": "rule", "name": name, "value": value, "distribution": "fixed", "checked": "unverified", **more}


def _fixed(name, group, value, **more):
    return {"parameter_id": name, "group": group, "name": name, "value": value, "distribution": "fixed", "checked": "abstract", **more}


def tables():
    parameters = [
        _rule("price-year", 2022), _rule("currency", schedule="GBP"), _rule("horizon", 5), _rule("families", 10), _rule("take-up", 1),
        _rule("children-per-family", 1), _rule("schedule.standard", schedule="flat"), _rule("schedule.health", schedule="low"),
        _rule("draws", 256), _rule("seed", 1), _rule("set-up-years", 5), _fixed("bias.cost", "bias", 0, low=0, high=0.4),
        _fixed("discount.flat", "discount", 0.03, schedule="flat", year_from=1, year_to=100),
        _fixed("discount.low", "discount", 0.01, schedule="low", year_from=1, year_to=100),
        _fixed("deflator.gbp.2021", "deflator", 10, schedule="GBP", year_from=2021, year_to=2021),
        _fixed("deflator.gbp.2022", "deflator", 5, schedule="GBP", year_from=2022, year_to=2022),
        _fixed("deflator.aud.2021", "deflator", 2, schedule="AUD", year_from=2021, year_to=2021),
        _fixed("deflator.aud.2022", "deflator", 4, schedule="AUD", year_from=2022, year_to=2022),
        _fixed("parity.gbp.2022", "parity", 0.7, schedule="GBP", year_from=2022, year_to=2022),
        _fixed("parity.aud.2022", "parity", 1.4, schedule="AUD", year_from=2022, year_to=2022),
        _fixed("years", "pathway", 2.5), _fixed("share", "pathway", 0.5), _fixed("cash", "pathway", 0.4),
        _fixed("return", "pathway", 0.2, year_from=0, year_to=5), _fixed("qaly", "pathway", 0.01),
    ]  # fmt: skip
    pathways = [
        {"pathway_id": "demo.cost", "programme_id": "demo", "name": "Cost", "active": True, "reason": "Counted.", "kind": "cost", "per": "family",
         "event_sign": "cost", "cost_id": "demo-cost", "payer": "council", "discount": "standard", "perspective": "both", "break_even": False},
        {"pathway_id": "demo.home", "programme_id": "demo", "name": "Home", "active": True, "reason": "Counted.", "kind": "event", "construct": "home-event",
         "per": "child", "event_sign": "saving", "unit_cost_id": "placement", "share_id": "share", "duration_id": "years", "cashable_id": "cash",
         "payer": "council", "discount": "standard", "perspective": "both", "break_even": False},
        {"pathway_id": "demo.health", "programme_id": "demo", "name": "Health", "active": True, "reason": "Counted.", "kind": "quantity", "per": "family",
         "event_sign": "saving", "quantity_id": "qaly", "unit_cost_id": "life", "cash_class": "wider", "payer": "families", "discount": "health",
         "perspective": "societal", "break_even": False},
        {"pathway_id": "demo.refused", "programme_id": "demo", "name": "Refused", "active": False, "reason": "Twice.", "kind": "event", "per": "child",
         "event_sign": "saving", "payer": "council", "discount": "standard", "perspective": "both", "break_even": False},
        {"pathway_id": "bare.cost", "programme_id": "bare", "name": "Cost", "active": True, "reason": "Nothing measured has a price.", "kind": "cost",
         "per": "family", "event_sign": "cost", "cost_id": "bare-cost", "payer": "council", "discount": "standard", "perspective": "both", "break_even": False},
        {"pathway_id": "bare.repay", "programme_id": "bare", "name": "Repay", "active": False, "reason": "A yardstick.", "kind": "event", "per": "child",
         "event_sign": "saving", "unit_cost_id": "life", "payer": "society", "discount": "standard", "perspective": "both", "break_even": True},
    ]  # fmt: skip
    price = {"distribution": "fixed", "currency": "GBP", "price_year_basis": "stated", "checked": "abstract", "payer": "council", "country": "England"}
    costs = [
        {**price, "cost_id": "demo-cost", "programme_id": "demo", "name": "Cost of demo", "role": "gross", "use": True, "value": 1000, "price_year": 2022, "unit": "per family offered"},
        {**price, "cost_id": "bare-cost", "programme_id": "bare", "name": "Cost of bare", "role": "gross", "use": True, "value": 500, "price_year": 2020, "currency": "AUD", "unit": "per family offered"},
    ]
    units = [
        {**price, "unit_cost_id": "placement", "name": "Placement", "value": 10000, "price_year": 2021, "unit": "per child per year", "ceiling": False},
        {**price, "unit_cost_id": "life", "name": "Life", "value": 60000, "price_year": 2022, "unit": "per year of life in full", "ceiling": True},
    ]
    return {
        "programmes": [{"programme_id": name, "family": name, "children_per_family": children} for name, children in (("demo", 2), ("bare", None), ("empty", None))],
        "outcomes": [{"construct": "home-event", "outcome_id": "home", "name": "Children at home", "measure": "OR", "direction": "higher_is_better"}],
        "parameters": parameters, "pathways": pathways, "programme_costs": costs, "unit_costs": units,
        "baselines": [{"baseline_id": "home", "construct": "home-event", "kind": "events", "setting": "uk", "events": 20, "n": 100, "checked": "abstract", "name": "Home"}],
        "dimensions": [{"dimension": 0, "name": "baseline/home-event"}],
    }  # fmt: skip


@pytest.fixture
def workspace():
    return Workspace(tables())


@pytest.fixture
def home_draws():
    """Draws around an odds ratio of 1.5 in favour of children at home."""
    rng = np.random.default_rng(4)
    values = np.log(1.5) + 0.3 * rng.standard_normal(256)
    return Draws(values, values, np.zeros(256), "home", "home-event", "OR", "higher_is_better", 1)


@pytest.fixture(scope="session")
def reference():
    return json.loads((REFERENCES / "economics.json").read_text(encoding="utf-8"))
