"""The committed tables: valid by our rules and by frictionless, described by a current dictionary, and in line with known totals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.evidence import check
from workbench.evidence.dictionary import README, render, write
from workbench.evidence.reader import read_table
from workbench.evidence.rules import RULES
from workbench.evidence.schema import read_package
from workbench.evidence.typed import type_table

ROOT = Path(__file__).resolve().parents[2]


def frictionless(package: Path) -> subprocess.CompletedProcess:
    command = Path(sys.executable).parent / "frictionless"
    if not command.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("frictionless is missing, and CI must have it")
        pytest.skip("frictionless is not installed")
    return subprocess.run([command, "validate", package.name], cwd=package.parent, capture_output=True, text=True, timeout=120)


def test_real_evidence_has_no_problem():
    assert [str(problem) for problem in check(ROOT)] == []


def test_frictionless_finds_the_real_package_valid():
    done = frictionless(ROOT / "evidence" / "datapackage.json")
    assert done.returncode == 0, done.stdout


def test_frictionless_finds_the_minimal_package_valid_and_a_broken_one_not(workspace):
    package = workspace.evidence / "datapackage.json"
    assert frictionless(package).returncode == 0
    workspace.change("effects", sd_treat="-1.5")
    assert frictionless(package).returncode != 0


def test_dictionary_and_its_counts_are_current(evidence):
    package, problems = read_package(ROOT)
    assert problems == []
    assert (ROOT / README).read_text(encoding="utf-8") == render(package, evidence), "write it again: python -m workbench.evidence.dictionary"


def test_dictionary_names_every_table_column_and_rule(workspace):
    text = write(workspace.root / "evidence").read_text(encoding="utf-8")
    for table, columns in workspace.columns.items():
        assert f"\n## {table}\n" in text
        assert all(f"| `{column}` |" in text for column in columns)
    assert all(f"- *{rule.name}*:" in text for rule in RULES)


@pytest.fixture(scope="module")
def areas():
    package, _ = read_package(ROOT)
    resource = package["areas"]
    table, problems = type_table(resource, read_table(ROOT, resource)[0])
    assert problems == []
    return table


def value(areas, code, measure, period):
    return areas[(code, measure, period)]["value"]


def test_england_agrees_with_the_published_totals(areas):
    # Department for Education, Children looked after in England including adoptions, release of 26 November 2025: 83,530 and
    # 81,770 children on 31 March 2024 and 2025, 69 and 67 for every 10,000; 38,690 in private or voluntary provision.
    assert value(areas, "E92000001", "cla_31_march_number", "31 March 2025") == 81770
    assert value(areas, "E92000001", "cla_31_march_number", "31 March 2024") == 83530
    assert value(areas, "E92000001", "cla_31_march_rate", "31 March 2025") == 67
    assert value(areas, "E92000001", "cla_31_march_provider_bought_in_number", "31 March 2025") == 38690
    # Children in need, release of 30 October 2025: 632,830 referrals, 49,420 plans, 402,400 children in need.
    assert value(areas, "E92000001", "referrals_number", "2024-25") == 632830
    assert value(areas, "E92000001", "cpp_31_march_number", "31 March 2025") == 49420
    assert value(areas, "E92000001", "cin_31_march_number", "31 March 2025") == 402400


def test_every_area_is_there(areas):
    codes = {level: {row["gss_code"] for row in areas if row["level"] == level} for level in ("country", "region", "local_authority")}
    assert {level: len(found) for level, found in codes.items()} == {"country": 1, "region": 9, "local_authority": 153}


def test_authorities_add_up_to_their_region_and_england(areas):
    # Population is never suppressed; publishers round nothing here.
    rows = areas.where(measure="population_0_17")
    england = next(row["value"] for row in rows if row["level"] == "country")
    regions = {row["area"]: row["value"] for row in rows if row["level"] == "region"}
    assert sum(regions.values()) == england
    for region, total in regions.items():
        assert sum(row["value"] for row in rows if row["region"] == region) == total


def test_bought_in_placements_are_the_sum_of_their_parts(areas):
    period = "31 March 2025"
    for row in areas.where(measure="cla_31_march_provider_bought_in_number"):
        parts = [value(areas, row["gss_code"], f"cla_31_march_provider_{part}_number", period) for part in ("private", "voluntary")]
        assert row["value"] == (None if None in parts else sum(parts))


def test_rates_follow_from_counts_and_population(areas):
    # Rates are published to one decimal, on the population of the June before; England's counts are rounded to 10.
    for count, rate, period in (("cin_31_march_number", "cin_31_march_rate", "31 March 2025"), ("referrals_number", "referrals_rate", "2024-25")):
        tested = 0
        for row in areas.where(measure=rate):
            number = value(areas, row["gss_code"], count, period)
            if row["level"] == "local_authority" and None not in (row["value"], number):
                assert row["value"] == pytest.approx(1e4 * number / value(areas, row["gss_code"], "population_0_17", "mid-2024"), abs=0.051)
                tested += 1
        assert tested > 140
