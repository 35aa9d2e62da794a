"""Rules on prices, distributions, pathways and discount schedules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.evidence.rules.registry import Breach, Context, rule, shown
from workbench.evidence.tables import Row, Table

_PRICED = "programme_costs unit_costs"
_SPREAD = {
    "fixed": ("value",),
    "normal": ("value", "low", "high"),
    "lognormal": ("value", "low", "high"),
    "triangular": ("low", "value", "high"),
    "uniform": ("low", "high"),
    "beta": ("low", "high"),
    "logit_normal": ("low", "high"),
}
_SHARES = ("beta", "logit_normal")
_KIND_NEEDS = {
    "event": ("construct", "unit_cost_id", "event_sign"),
    "quantity": ("quantity_id", "unit_cost_id"),
    "cost": ("cost_id",),
}


@rule("price-year", f"{_PRICED} published_results", "price_year price_year_basis price_year_low price_year_high",
      "a price needs its year, or a stated way to one", "state the year and its basis; 'none' leaves the row unvalued", partial=True)
def price_year(row: Row, context: Context) -> Iterator[Breach]:
    basis = row["price_year_basis"]
    if basis in ("stated", "publication_year") and row["price_year"] is None:
        yield Breach("price_year", f"must not be empty, because price_year_basis is {basis}")
    if basis == "note_range":
        for column in ("price_year_low", "price_year_high"):
            if row[column] is None:
                yield Breach(column, "must not be empty, because price_year_basis is note_range")
        low, high = row["price_year_low"], row["price_year_high"]
        if low is not None and high is not None and low > high:
            yield Breach("price_year_low", f"must not exceed price_year_high ({shown(high)})", "swap the two years")
    if basis == "none":
        for column in ("price_year", "price_year_low", "price_year_high"):
            if row[column] is not None:
                yield Breach(column, "must be empty, because price_year_basis is none", "name the basis of the year, or empty the cell")


@rule("distribution", f"{_PRICED} parameters", "distribution value low high", "a distribution needs its figures, in order",
      "fill in what the source prints, or choose the distribution that the figures allow", partial=True)
def distribution(row: Row, context: Context) -> Iterator[Breach]:
    kind, value, low, high = row["distribution"], row["value"], row["low"], row["high"]
    # A parameter of the group "rule" may name a series instead of holding a figure.
    if row.get("group") == "rule" and row.get("schedule") is not None:
        return
    for column in _SPREAD.get(kind, ()):
        if row[column] is None:
            yield Breach(column, f"must not be empty, because distribution is {kind}")
    if low is not None and high is not None and not low < high:
        yield Breach("low", f"must be below high ({shown(high)})", "swap them; a value without a range is 'fixed'")
    elif value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        yield Breach("value", f"must lie between low and high ({shown(low)} to {shown(high)})", "check the three figures against the source")
    if kind == "lognormal" and any(each is not None and each <= 0 for each in (value, low, high)):
        yield Breach("distribution", "a lognormal value and its range must be greater than 0", "use normal where the range reaches 0")
    if kind in _SHARES and any(each is not None and not 0 <= each <= 1 for each in (value, low, high)):
        yield Breach("distribution", f"{kind} is for shares: value, low and high must lie between 0 and 1", "write 0.25 for 25 per cent")


@rule("price-not-negative", _PRICED, "value low high distribution", "a price must be 0 or more", "check the sign; only a net cost (role net) may be a saving", partial=True)
def price_not_negative(row: Row, context: Context) -> Iterator[Breach]:
    if row.get("role") == "net" or row["distribution"] == "lognormal":  # the rule on distributions judges the latter
        return
    for column in ("value", "low", "high"):
        if row[column] is not None and row[column] < 0:
            yield Breach(column)


@rule("price-conversion", _PRICED, "currency price_year price_year_basis price_year_low price_year_high",
      "a price needs a way to the currency and the year of results",
      "add the rows to parameters.csv (groups deflator and parity, schedule the currency), or set price_year_basis to none, which leaves the row unvalued")
def price_conversion(row: Row, context: Context) -> Iterator[Breach]:
    target = _target(context)
    if target is None or row["price_year_basis"] == "none" or row["price_year"] is None:
        return
    currency, year = target
    dated = (row["price_year_low"], row["price_year_high"]) if row["price_year_basis"] == "note_range" else (row["price_year"],)
    years = [int(each) for each in (*dated, row["price_year"]) if each is not None]
    growth = {each["year_from"] for each in _series(context, "deflator", row["currency"])}
    missing = [each for each in range(min(*years, year) + 1, max(*years, year) + 1) if each not in growth]
    if missing:
        yield Breach("price_year", f"must be a year from which prices in {row['currency']} can be carried to {year}; no deflator for {', '.join(map(str, missing))}")
    for each in (row["currency"], currency):
        if row["currency"] != currency and year not in {parity["year_from"] for parity in _series(context, "parity", each)}:
            yield Breach("currency", f"must have a purchasing-power parity in {year}; there is none for {each}")


def _target(context: Context) -> tuple[str, int] | None:
    """Currency and year of results; None where the tables do not say."""
    currency, year = (context.row("parameters", name) for name in ("rule.currency", "rule.price-year"))
    if currency is None or year is None or currency["schedule"] is None or year["value"] is None:
        return None
    return currency["schedule"], int(year["value"])


def _series(context: Context, group: str, currency: str | None) -> list[Row]:
    return [row for row in context.tables["parameters"].rows if row["group"] == group and row["schedule"] == currency]


@rule("pathway-shares", "pathways", "active share_id cashable_id decay_id duration_id", "a share lies between 0 and 1 and a duration is not negative",
      "correct the row of parameters.csv: write 0.25 for 25 per cent, and give a share a distribution that stays within 0 and 1", partial=True)
def pathway_shares(row: Row, context: Context) -> Iterator[Breach]:
    if not row["active"]:
        return
    for column in ("share_id", "cashable_id", "decay_id", "duration_id"):
        found = context.row("parameters", row[column])
        if found is None or not found.unread.isdisjoint({"value", "low", "high", "distribution"}):
            continue
        figures = [found[each] for each in ("value", "low", "high") if found[each] is not None]
        place = f"parameters.csv line {found.line}"
        if column == "duration_id":
            if any(figure < 0 for figure in figures):
                yield Breach(column, f"must lead to years of 0 or more; {place} holds {shown(min(figures))}", "correct the figure")
        elif found["distribution"] in _SHARES:  # the rule on distributions judges these
            continue
        elif any(not 0 <= figure <= 1 for figure in figures):
            yield Breach(column, f"must lead to a share between 0 and 1; {place} holds {', '.join(shown(figure) for figure in figures)}")
        elif found["distribution"] in ("normal", "lognormal"):
            yield Breach(column, f"must lead to a share between 0 and 1; {place} has the distribution {found['distribution']}, which leaves that range")


@rule("pathway-evidence", "pathways", "programme_id active kind construct", "an active pathway needs evidence on its outcome",
      "add the effect to effects.csv, or set active to false and give the reason")
def pathway_evidence(row: Row, context: Context) -> Iterator[Breach]:
    programme = context.row("programmes", row["programme_id"])
    if not row["active"] or row["kind"] != "event" or row["construct"] is None or programme is None or "effects" not in context.tables:
        return
    family = {each["programme_id"] for each in context.tables["programmes"].rows if each["family"] == programme["family"]}
    if not any(each["construct"] == row["construct"] and each["programme_id"] in family for each in context.tables["effects"].rows):
        yield Breach("construct", f"must be an outcome that a study of the programme or of its family ({programme['family']}) measured")


@rule("pathway-references", "pathways", "active kind construct quantity_id unit_cost_id cost_id event_sign cashable_id cash_class",
      "an active pathway needs the references of its kind", "fill in the reference, or set active to false and give the reason")
def pathway_references(row: Row, context: Context) -> Iterator[Breach]:
    if not row["active"]:
        return
    for column in _KIND_NEEDS.get(row["kind"], ()):
        if row[column] is None:
            yield Breach(column, f"must not be empty, because the pathway is active and its kind is {row['kind']}")
    if row["kind"] in ("event", "quantity") and row["cashable_id"] is None and row["cash_class"] is None:
        yield Breach("cash_class", "must not be empty where an active pathway has no cashable_id", "say whether the value is cashable, avoided or wider")


@rule("break-even-pathway", "pathways", "active break_even construct unit_cost_id",
      "a break-even pathway is in no total and needs something to be set against the cost",
      "set active to false, and name a unit cost or a construct")
def break_even_pathway(row: Row, context: Context) -> Iterator[Breach]:
    if row["break_even"] and row["active"]:
        yield Breach("active", "must be false, because a break-even pathway is in no total", "set active or break_even to false")
    if row["break_even"] and row["unit_cost_id"] is None and row["construct"] is None:
        yield Breach("unit_cost_id", "must not be empty where a break-even pathway has no construct",
                     "name the value that would repay the cost, or the construct")


@rule("pathway-price", "pathways", "active unit_cost_id cost_id", "an active pathway must lead to a price that can be valued",
      "find the price year of that row, or set active to false and give the reason")
def pathway_price(row: Row, context: Context) -> Iterator[Breach]:
    if not row["active"]:
        return
    for column, table in (("unit_cost_id", "unit_costs"), ("cost_id", "programme_costs")):
        price = context.row(table, row[column])
        if price is None or not price.unread.isdisjoint({"price_year_basis", "distribution", "value", "low", "high"}):
            continue
        if price["price_year_basis"] == "none":
            yield Breach(column, f"must lead to a price with a year; {table}.csv line {price.line} has price_year_basis none")
        elif all(price[each] is None for each in ("value", "low", "high")):
            yield Breach(column, f"must lead to a price with a value; {table}.csv line {price.line} has none")


@rule("exclusive-group", "pathways", "programme_id active exclusive_group perspective",
      "pathways of one exclusive group value the same thing: one may be active in a total",
      "set all but one to inactive with the reason, or keep them in different perspectives", whole=True)
def exclusive_group(table: Table, context: Context) -> Iterator[Breach]:
    taken: dict[tuple, Row] = {}
    for row in table.rows:
        if not row["active"] or row["exclusive_group"] is None:
            continue
        totals = ("societal", "payer_budget") if row["perspective"] == "both" else (row["perspective"],)
        rivals = [taken[place] for total in totals if (place := (row["programme_id"], row["exclusive_group"], total)) in taken]
        if rivals:
            yield Breach("exclusive_group", f"one pathway of the group may be active in a total, but {rivals[0].key} is active too", row=row)
        for total in totals:
            taken.setdefault((row["programme_id"], row["exclusive_group"], total), row)


@rule("discount-schedule", "parameters", "group schedule valid_from year_from year_to value", "the years of a discount schedule must follow one another",
      "each row begins in the year after the one before; only the last may be without year_to", whole=True)
def discount_schedule(table: Table, context: Context) -> Iterator[Breach]:
    schedules: dict[tuple, list[Row]] = defaultdict(list)
    for row in table.rows:
        if row["group"] != "discount":
            continue
        for column in ("schedule", "year_from"):
            if row[column] is None:
                yield Breach(column, "must not be empty in a discount row", "name the schedule and the years that the rate covers", row=row)
        if row["value"] is not None and not 0 <= row["value"] < 1:
            yield Breach("value", "a discount rate is a share of 0 or more and below 1", "write 0.035 for 3.5 per cent", row=row)
        if row["schedule"] is not None and row["year_from"] is not None:
            schedules[row["schedule"], row["valid_from"]].append(row)
    for rows in schedules.values():
        yield from _gaps(sorted(rows, key=lambda row: row["year_from"]))


def _gaps(rows: list[Row]) -> Iterator[Breach]:
    if rows[0]["year_from"] > 1:
        yield Breach("year_from", "a schedule must begin in year 0 or 1", "add the row for the first years", row=rows[0])
    for before, row in zip(rows, rows[1:], strict=False):
        if before["year_to"] is None or row["year_from"] <= before["year_to"]:
            until = shown(before["year_to"]) or "without end"
            yield Breach("year_from", f"overlaps {before.key} ({shown(before['year_from'])} to {until})".replace("to without", "without"), row=row)
        elif row["year_from"] > before["year_to"] + 1:
            yield Breach("year_from", f"leaves a gap after year {before['year_to']}, where {before.key} ends", row=row)
    for row in rows:
        if row["year_to"] is not None and row["year_to"] < row["year_from"]:
            yield Breach("year_to", f"must not be before year_from ({row['year_from']})", "swap the two years", row=row)


@rule("scenario-figure", "scenarios", "acts_on parameter_id figure", "a scenario needs a figure to set",
      "name a row and column of parameters.csv that holds one")
def scenario_figure(row: Row, context: Context) -> Iterator[Breach]:
    found = context.row("parameters", row["parameter_id"])
    if found is None:
        return
    column = {"zero": None, "twice": "value"}.get(row["figure"], row["figure"])
    if column is not None and column not in found.unread and found[column] is None:
        yield Breach("figure", f"must lead to a figure; {column} of parameters.csv line {found.line} is empty")
    if row["acts_on"] == "parameter" and found["group"] != "pathway":
        yield Breach("parameter_id", f"must be a row of the group pathway, because acts_on is parameter; parameters.csv line {found.line} is of the group {found['group']}")


RULES = (
    price_year, price_not_negative, price_conversion, distribution, pathway_references, pathway_shares, pathway_evidence, break_even_pathway,
    pathway_price, exclusive_group, discount_schedule, scenario_figure,
)  # fmt: skip
