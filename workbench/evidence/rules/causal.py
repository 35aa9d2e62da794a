"""Rules on causal maps: links join what the map holds, loops close and are named rightly, and tests say what they showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.evidence.rules.registry import Breach, Context, rule
from workbench.evidence.tables import Row, Table

_NAME = 60  # characters that a box of the drawing holds


@rule("causal-name", "causal_nodes", "name", f"a name must fit its box, {_NAME} characters", "shorten it, and put the rest into note")
def causal_name(row: Row, context: Context) -> Iterator[Breach]:
    if len(row["name"]) > _NAME:
        yield Breach("name")


@rule("causal-ends", "causal_links", "programme_id from_id to_id", "a link must join two things of its own programme's map", "correct the ends, or the programme")
def causal_ends(row: Row, context: Context) -> Iterator[Breach]:
    for column in ("from_id", "to_id"):
        node = context.row("causal_nodes", row[column])
        if node is not None and node["programme_id"] != row["programme_id"]:
            yield Breach(column, f"belongs to the map of {node['programme_id']}")
    start, end = (context.row("causal_nodes", row[column]) for column in ("from_id", "to_id"))
    if None not in (start, end) and start["layer"] == end["layer"]:
        yield Breach("to_id", "must stand in another layer than from_id", "move one of the two boxes to another column of the drawing")


@rule("causal-once", "causal_links", "from_id to_id", "two things are joined once in each direction", "merge the two links", whole=True)
def causal_once(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[tuple, Row] = {}
    for row in table.rows:
        other = first.setdefault((row["from_id"], row["to_id"]), row)
        if other is not row:
            yield Breach("to_id", f"is joined to {row['from_id']} already, on line {other.line}", row=row)


@rule("causal-result", "causal_links", "status result", "a measured link says what was shown, another has nothing to show",
      "fill in result for a measured link, not_seen where it was not read; empty it for others")
def causal_result(row: Row, context: Context) -> Iterator[Breach]:
    if (row["status"] == "measured") != (row["result"] is not None):
        yield Breach("result", f"must {'not ' if row['status'] == 'measured' else ''}be empty, because status is {row['status']}")


@rule("causal-source", "causal_links", "cite checked", "every link names who claims or measured it", "cite the source; a mechanism without one is not drawn")
def causal_source(row: Row, context: Context) -> Iterator[Breach]:
    if row["cite"] is None:
        yield Breach("cite", "must not be empty")
    if row["checked"] == "unverified":
        yield Breach("checked", "must not be unverified: a remembered mechanism is not drawn", "read the source, or delete the link")


@rule("causal-loop", "causal_links", "from_id to_id sign loop loop_type", "the links of a loop close one circle, and their signs make its type",
      "an even number of links that decrease makes it reinforcing, an odd number balancing", whole=True)
def causal_loop(table: Table, context: Context) -> Iterator[Breach]:
    loops: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        if (row["loop"] is None) != (row["loop_type"] is None):
            yield Breach("loop_type", "must be filled where loop is, and only there", row=row)
        if row["loop"] is not None:
            loops[row["loop"]].append(row)
    for name, rows in loops.items():
        if not _closes(rows):
            yield Breach("loop", f"the links of {name} do not close one circle", "add the missing link, or take one out", row=rows[0])
            continue
        made = "balancing" if sum(row["sign"] == "decreases" for row in rows) % 2 else "reinforcing"
        for row in rows:
            if row["loop_type"] not in (None, made):
                yield Breach("loop_type", f"must be {made}, by the signs of its links", row=row)


def _closes(rows: list[Row]) -> bool:
    """Whether links, in whatever order, make one closed circle."""
    after = {row["from_id"]: row["to_id"] for row in rows}
    if len(after) != len(rows):
        return False
    at, steps = rows[0]["from_id"], 0
    while steps < len(rows):
        at, steps = after.get(at), steps + 1
        if at == rows[0]["from_id"]:
            return steps == len(rows)
    return False


RULES = (causal_name, causal_ends, causal_once, causal_result, causal_source, causal_loop)
