"""Rules on statistical neighbours: ten other authorities for each, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.evidence.rules.registry import Breach, Context, rule
from workbench.evidence.tables import Row, Table

_AUTHORITY = "local_authority"


def _authorities(context: Context) -> frozenset[str]:
    """Codes of the local authorities in the areas table; empty if it could not be read."""
    return frozenset(row["gss_code"] for row in context.tables["areas"] if row["level"] == _AUTHORITY) if "areas" in context.tables else frozenset()


@rule("neighbour-authority", "neighbours", "gss_code neighbour_code", "each code must be a local authority in evidence/areas.csv",
      "correct the code; neighbours are for authorities, not for regions or abolished councils", whole=True)
def neighbour_authority(table: Table, context: Context) -> Iterator[Breach]:
    known = _authorities(context)
    for row in table.rows if known else ():
        for column in ("gss_code", "neighbour_code"):
            if row[column] not in known:
                yield Breach(column, row=row)


@rule("neighbour-other", "neighbours", "gss_code neighbour_code", "a neighbour is another authority, named once",
      "check the codes against the publisher's table", whole=True)
def neighbour_other(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[tuple[str, str], Row] = {}
    for row in table.rows:
        if row["gss_code"] == row["neighbour_code"]:
            yield Breach("neighbour_code", "must not be the authority itself", row=row)
            continue
        other = first.setdefault((row["gss_code"], row["neighbour_code"]), row)
        if other is not row:
            yield Breach("neighbour_code", f"is a neighbour of {row['gss_code']} already, on line {other.line}", row=row)


@rule("neighbour-ranks", "neighbours", "gss_code rank", "each authority needs ten neighbours, ranked 1 to 10", "add the missing rows from the publisher's table", whole=True)
def neighbour_ranks(table: Table, context: Context) -> Iterator[Breach]:
    if any(row.unread for row in context.tables["neighbours"]):
        return  # a code or rank that could not be read is reported already, and would be missed here
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        rows[row["gss_code"]].append(row)
    for code, group in rows.items():
        missing = sorted(set(range(1, 11)) - {row["rank"] for row in group})
        if missing:
            yield Breach("rank", f"{code} lacks rank {', '.join(map(str, missing))}", row=group[0])
    # A workspace without neighbours is whole; one with some must have them all.
    for code in sorted(_authorities(context) - set(rows)) if rows else ():
        yield Breach("gss_code", "each local authority in evidence/areas.csv needs its neighbours", value=code)


RULES = (neighbour_authority, neighbour_other, neighbour_ranks)
