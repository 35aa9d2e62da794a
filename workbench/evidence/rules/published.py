"""Rules on published results: each has a figure that its kind allows, and none of them is an input of ours."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.evidence.rules.registry import Breach, Context, rule, shown
from workbench.evidence.tables import Row

_MONEY = ("ratio", "net_ratio", "benefit", "net_benefit", "cost_per_outcome", "total")
_SHARES = ("probability", "break_even")
# Where a pathway names what it takes its figure from.
_INPUTS = (("unit_cost_id", "unit_costs"), ("cost_id", "programme_costs"), ("quantity_id", "parameters"))


@rule("published-figure", "published_results", "kind value low high currency", "a published result needs a figure that its kind allows",
      "check the figures and the kind against the source", partial=True)
def published_figure(row: Row, context: Context) -> Iterator[Breach]:
    value, low, high = row["value"], row["low"], row["high"]
    if row.unread.isdisjoint({"value", "low", "high"}) and value is None and low is None and high is None:
        yield Breach("value", "must not be empty where there is neither low nor high", "give the figure, or the range where only a range is printed")
    if low is not None and high is not None and low > high:
        yield Breach("low", f"must not exceed high ({shown(high)})", "swap them")
    elif value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        yield Breach("value", f"must lie between low and high ({shown(low)} to {shown(high)})")
    if row["kind"] in _MONEY and row["currency"] is None:
        yield Breach("currency", f"must not be empty, because kind is {row['kind']}", "name the currency, also of a ratio")
    if row["kind"] in _SHARES:
        for column in ("value", "low", "high"):
            if row[column] is not None and not 0 <= row[column] <= 1:
                yield Breach(column, f"must lie between 0 and 1, because kind is {row['kind']}", "write 0.25 for 25 per cent")


@rule("published-not-input", "published_results", "value currency cite", "a result that checks ours must not be one of our inputs",
      "delete the row: a figure that goes in cannot check what comes out")
def published_not_input(row: Row, context: Context) -> Iterator[Breach]:
    if row["value"] is None or row["cite"] is None or "pathways" not in context.tables:
        return
    for pathway in context.tables["pathways"]:
        if not pathway["active"]:
            continue
        for column, table in _INPUTS:
            source = context.row(table, pathway[column])
            if source is not None and _same(row, source):
                yield Breach("value", f"is the figure of {table}.csv line {source.line}, which the active pathway {pathway.key} counts")
                return


def _same(result: Row, source: Row) -> bool:
    """True if both are one figure of one source in one currency; a parameter has no currency."""
    return source["value"] == result["value"] and source["cite"] == result["cite"] and source.get("currency") == result["currency"]


RULES = (published_figure, published_not_input)
