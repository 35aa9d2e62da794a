"""Rules on what is worked out for an area: chains of eligible families, local prices, and comparisons with other analyses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.errors import nearest
from workbench.evidence.rules.registry import Breach, Context, listed, rule, shown
from workbench.evidence.tables import Row, Table

_SPREAD = {"fixed": ("value",), "normal": ("value", "low", "high"), "lognormal": ("value", "low", "high"), "triangular": ("low", "value", "high"),
           "uniform": ("low", "high"), "beta": ("low", "high"), "logit_normal": ("low", "high")}
_AREA = ("population", "area_count", "area_rate", "area_share")
_FIRST = ("population", "area_count")
_INPUTS = ("benefit_input", "cost_input", "quantity_input")


@rule("chain-figures", "eligibility", "kind value low high distribution", "a factor needs the figures of its distribution, in order",
      "fill in what the source prints, or mark a range of your own as judgement", partial=True)
def chain_figures(row: Row, context: Context) -> Iterator[Breach]:
    kind, value, low, high = row["kind"], row["value"], row["low"], row["high"]
    if kind in ("share", "conversion", "towards"):
        for column in _SPREAD.get(row["distribution"], ()):
            if row[column] is None:
                yield Breach(column, f"must not be empty, because distribution is {row['distribution']}")
    if low is not None and high is not None and not low < high:
        yield Breach("low", f"must be below high ({shown(high)})", "swap them; a value without a range is 'fixed'")
    elif value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        yield Breach("value", f"must lie between low and high ({shown(low)} to {shown(high)})")
    for column in ("value", "low", "high"):
        figure = row[column]
        if figure is not None and figure < 0:
            yield Breach(column, "must not be below 0")
        elif figure is not None and figure > 1 and kind in ("share", "towards"):
            yield Breach(column, f"must not exceed 1, because kind is {kind}", "write 0.25 for 25 per cent")


@rule("chain-area", "eligibility", "kind area_measure base_measure per", "an area step needs the measures that it takes",
      "name measures of evidence/area_measures.csv", partial=True)
def chain_area(row: Row, context: Context) -> Iterator[Breach]:
    kind = row["kind"]
    if kind in _AREA and row["area_measure"] is None:
        yield Breach("area_measure", f"must not be empty, because kind is {kind}")
    if kind == "area_share" and row["base_measure"] is None:
        yield Breach("base_measure", "must not be empty, because kind is area_share", "name the measure that it is a share of")
    if kind == "area_rate" and row["per"] is None:
        yield Breach("per", "must not be empty, because kind is area_rate", "give the number for which the rate is published, e.g. 10000")
    known = context.tables.get("area_measures")
    for column in ("area_measure", "base_measure"):
        for name in listed(row[column]) if known is not None else ():
            if name not in known:
                yield Breach(column, "must be a measure of evidence/area_measures.csv", nearest(name, [str(each.key) for each in known]), name)


@rule("chain-order", "eligibility", "programme_id order kind period", "a chain begins with a count, says what it counts, and uses each place once",
      "number the steps 1, 2, 3 and so on; give period on the first alone", whole=True)
def chain_order(table: Table, context: Context) -> Iterator[Breach]:
    chains: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        chains[row["programme_id"]].append(row)
    for rows in chains.values():
        ordered = sorted(rows, key=lambda row: row["order"])
        for place, row in enumerate(ordered, start=1):
            if row["order"] != place:
                yield Breach("order", f"must be {place}: the places of a chain follow one another", row=row)
            if place > 1 and row["period"] is not None:
                yield Breach("period", "must be empty after the first step", row=row)
        first = ordered[0]
        if first["kind"] not in _FIRST:
            yield Breach("kind", f"the first step must be {' or '.join(_FIRST)}", row=first)
        if first["period"] is None:
            yield Breach("period", "must not be empty on the first step", "say year or moment", row=first)
        for before, row in zip(ordered, ordered[1:], strict=False):
            if row["kind"] == "towards" and before["kind"] not in ("share", "area_share"):
                yield Breach("kind", "towards must follow a share", row=row)


@rule("chain-judgement", "eligibility", "kind checked judgement", "an unchecked factor must be marked as a judgement with a range",
      "find a source, or set judgement to true and give low and high")
def chain_judgement(row: Row, context: Context) -> Iterator[Breach]:
    if row["checked"] == "unverified" and row["kind"] != "beside" and not row["judgement"]:
        yield Breach("judgement", "must be true where checked is unverified")
    if row["judgement"] and row["kind"] in ("share", "conversion") and row["distribution"] == "fixed":
        yield Breach("distribution", "must not be fixed where judgement is true", "give low and high")


@rule("local-price-limits", "local_prices", "low high", "the limits must be in order and above 0", "swap the limits")
def local_price_limits(row: Row, context: Context) -> Iterator[Breach]:
    if not 0 < row["low"] < row["high"]:
        yield Breach("low", f"must be above 0 and below high ({shown(row['high'])})")


@rule("comparison-inputs", "comparisons", "benefit_input cost_input quantity_input factor ours", "an input must be a row with a figure, written table/key",
      "name the row, or leave all inputs empty where their arithmetic cannot be repeated", partial=True)
def comparison_inputs(row: Row, context: Context) -> Iterator[Breach]:
    for column in _INPUTS:
        if row[column] is None:
            continue
        table, _, key = row[column].partition("/")
        found = context.row(table, key)
        if found is None or "value" not in found:
            yield Breach(column, "must be table/key of a row with a value")
        elif found["value"] is None and found.unread.isdisjoint({"value"}):
            yield Breach(column, f"must lead to a value; {table}.csv line {found.line} has none")
    if row["factor"] is not None and row["factor"] <= 0:
        yield Breach("factor", "must be above 0")


RULES = (chain_figures, chain_area, chain_order, chain_judgement, local_price_limits, comparison_inputs)
