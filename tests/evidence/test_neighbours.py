"""Statistical neighbours as published: ten for each authority, nearest first."""

from __future__ import annotations

from collections import Counter

GRADES = ("extremely close", "very close", "close", "somewhat close", "not close")


def test_every_authority_has_ten_others(evidence):
    authorities = {row["gss_code"] for row in evidence["areas"] if row["level"] == "local_authority"}
    rows = evidence["neighbours"].rows
    assert len(authorities) == 153 and Counter(row["gss_code"] for row in rows) == dict.fromkeys(authorities, 10)
    assert {row["neighbour_code"] for row in rows} <= authorities


def test_closeness_never_grows_with_rank(evidence):
    grades: dict[str, list[int]] = {}
    for row in evidence["neighbours"]:
        assert row["rank"] == len(grades.setdefault(row["gss_code"], [])) + 1
        grades[row["gss_code"]].append(GRADES.index(row["closeness"]))
    assert all(found == sorted(found) for found in grades.values())


def test_neighbours_as_published(evidence):
    # Department for Education, benchmarking tool, model of May 2025
    nearest = {row["gss_code"]: row["neighbour_code"] for row in evidence["neighbours"] if row["rank"] == 1}
    assert nearest["E06000001"] == "E06000003"  # Hartlepool: Redcar and Cleveland
    assert nearest["E06000009"] == "E06000001"  # Blackpool: Hartlepool
    assert nearest["E06000008"] == "E08000032"  # Blackburn with Darwen: Bradford
