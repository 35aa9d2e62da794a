"""`workbench list`: counts by programme, outcome and check level equal what the tables hold."""

from __future__ import annotations

from collections import Counter

import pytest

from workbench.runs import listing

LEVELS = ("full_text", "abstract", "secondary", "unverified")


@pytest.mark.parametrize(("what", "column", "key"), [("programmes", "programme_id", 0), ("outcomes", "construct", 1)])
def test_counts_equal_the_tables(root, evidence, what, column, key):
    header, *lines = (line.split() for line in listing.text(what, root).splitlines())
    assert [name for name in header if name in LEVELS] == list(LEVELS)
    tally = Counter((row[column], row["checked"]) for row in evidence["effects"])
    printed = {}
    for line in lines:
        rows, *levels = next([int(part) for part in line[place : place + 5]] for place in range(key + 1, len(line)) if all(part.isdigit() for part in line[place : place + 5]))
        assert rows == sum(levels)
        printed |= {(line[key], level): count for level, count in zip(LEVELS, levels, strict=True)}
    assert Counter({place: count for place, count in printed.items() if count}) == tally
    assert sum(printed.values()) == len(evidence["effects"])
    assert {name for name, _ in printed} == {row[column if what == "programmes" else "construct"] for row in evidence[what]}
