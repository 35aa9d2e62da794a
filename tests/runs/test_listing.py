"""`workbench list`: counts by programme, outcome and check level equal what the tables hold."""

from __future__ import annotations

from collections import Counter

import pytest

from workbench.runs import listing
from workbench.runs.parameters import PARAMETERS

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


def test_parameters_are_listed_with_meaning_unit_range_and_the_table_s_default(root, evidence, tmp_path):
    lines = {line.split()[0]: line for line in listing.text("parameters", root).splitlines()[1:]}
    assert set(lines) == {item.placeholder for item in PARAMETERS}
    for item in PARAMETERS:
        line = lines[item.placeholder]
        assert item.help in line and (not item.unit or f"({item.unit})" in line)
        assert item.default or item.rule, item.name
        if item.rule:
            row = evidence["parameters"][item.rule]
            assert f" {row['schedule'] or format(row['value'], 'g')} " in line
        else:
            assert f"  {item.default} " in line or item.default.isdigit()
    assert "row rule.families" in listing.text("parameters", tmp_path)  # outside a workspace the row is named
