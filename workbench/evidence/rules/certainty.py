"""Rules on the certainty of answers: what drafts it, and what reviewers may say of a draft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.errors import nearest
from workbench.evidence.rules.registry import Breach, Context, listed, rule, shown
from workbench.evidence.tables import Row, Table

_RULES = ("start", "lower", "raise", "level")


def _rows(context: Context, framework: str | None) -> list[Row]:
    table = context.tables.get("certainty_rules")
    return [row for row in table if row["framework"] == framework] if table is not None else []


def _scale(context: Context, framework: str | None, domain: str | None) -> list[str]:
    """Codes of the ratings of one domain: its own scale, else the one for each domain."""
    rows = [row for row in _rows(context, framework) if row["kind"] == "scale"]
    own = [row["codes"] for row in rows if row["domain"] == domain]
    return own or [row["codes"] for row in rows if row["domain"] == "each"]


def _drafted(context: Context, framework: str | None) -> list[str]:
    """Domains that the rules draft, and the whole where they set a start."""
    return list(dict.fromkeys(row["domain"] for row in _rows(context, framework) if row["kind"] in ("start", "lower", "level")))


@rule("certainty-rule", "certainty_rules", "kind rule signal at_least at_most levels codes basis", "a row must hold what its kind needs",
      "a rule names itself, its signal, a limit and its levels; a scale its code and level; a floor its levels")
def certainty_rule(row: Row, context: Context) -> Iterator[Breach]:
    needed = {"scale": ("codes", "levels"), "floor": ("levels",), "set_aside": ("codes", "basis")}.get(row["kind"], ("rule", "signal", "levels"))
    for column in needed:
        if row[column] is None:
            yield Breach(column, f"must not be empty, because kind is {row['kind']}")
    if row["kind"] in _RULES:
        if row["at_least"] is None and row["at_most"] is None:
            yield Breach("at_least", "must not be empty where at_most is too", "give the limit that the signal must keep")
        elif None not in (row["at_least"], row["at_most"]) and row["at_least"] > row["at_most"]:
            yield Breach("at_least", f"must not exceed at_most ({shown(row['at_most'])})", "swap them")


@rule("certainty-direction", "certainty_rules", "kind levels", "levels must go the way of their kind", "a lower takes levels (-1), a raise gives them (1)")
def certainty_direction(row: Row, context: Context) -> Iterator[Breach]:
    levels = row["levels"]
    if levels is None:
        return
    if (row["kind"] in ("lower", "floor") and levels >= 0) or (row["kind"] in ("raise", "start", "level") and levels <= 0):
        yield Breach("levels", f"must be {'below' if row['kind'] in ('lower', 'floor') else 'above'} 0, because kind is {row['kind']}")


@rule("certainty-conjunction", "certainty_rules", "framework domain kind rule levels basis", "rows of one rule must agree on levels and basis",
      "give them the same levels and basis, or another rule name", whole=True)
def certainty_conjunction(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[tuple, Row] = {}
    for row in table.rows:
        if row["kind"] not in _RULES:
            continue
        other = first.setdefault((row["framework"], row["domain"], row["kind"], row["rule"]), row)
        for column in ("levels", "basis"):
            if row[column] != other[column]:
                yield Breach(column, f"must be {shown(other[column])}, as in line {other.line}, the first row of the rule", row=row)


@rule("judgement-draft", "judgements", "programme_id construct framework domain", "a judgement must name a rating that is drafted",
      "name a programme with a briefing, one of its lead constructs (none for EMMIE) and a domain of certainty_rules.csv")
def judgement_draft(row: Row, context: Context) -> Iterator[Breach]:
    domains = _drafted(context, row["framework"])
    if row["domain"] not in domains:
        yield Breach("domain", f"is not drafted under {row['framework']}", nearest(row["domain"] or "", domains))
    programme = context.row("programmes", row["programme_id"])
    if programme is None:
        return
    if not programme["briefing"]:
        yield Breach("programme_id", "must be a programme with a briefing: nothing is drafted for others")
    leads = listed(programme["lead_constructs"])
    if row["framework"] == "EMMIE" and row["construct"] is not None:
        yield Breach("construct", "must be empty, because EMMIE rates the programme")
    elif row["framework"] == "GRADE" and row["construct"] not in leads:
        yield Breach("construct", f"must be a lead construct of {row['programme_id']}", nearest(row["construct"] or "", leads))


@rule("judgement-rating", "judgements", "framework domain drafted decision rating", "ratings must stand on their scale and fit the decision",
      "a confirmed rating is the drafted one, an overruled one is another")
def judgement_rating(row: Row, context: Context) -> Iterator[Breach]:
    scale = _scale(context, row["framework"], row["domain"])
    for column in ("drafted", "rating"):
        if row[column] not in scale:
            yield Breach(column, f"must be one of {', '.join(scale) or 'the codes of a scale, and there is none'}", nearest(row[column] or "", scale))
    if row["decision"] == "confirm" and row["rating"] != row["drafted"]:
        yield Breach("rating", f"must be {row['drafted']}, because the draft is confirmed", "to set another rating, write overrule")
    if row["decision"] == "overrule" and row["rating"] == row["drafted"]:
        yield Breach("rating", "must differ from the draft, because it is overruled", "to keep the draft, write confirm")


@rule("judgement-words", "judgements", "reason name", "a judgement needs a reviewer's name and a reason in words", "write who judged, and why", partial=True)
def judgement_words(row: Row, context: Context) -> Iterator[Breach]:
    for column, words in (("name", 1), ("reason", 3)):
        if row[column] is not None and len(row[column].split()) < words:
            yield Breach(column, f"must hold at least {words} word{'s' if words > 1 else ''}")


@rule("judgement-once", "judgements", "programme_id construct framework domain", "one rating has one judgement", "keep the one that holds, and delete the other", whole=True)
def judgement_once(table: Table, context: Context) -> Iterator[Breach]:
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in table.rows:
        found[(row["programme_id"], row["construct"], row["framework"], row["domain"])].append(row)
    for rows in found.values():
        for row in rows[1:]:
            yield Breach("domain", f"is judged already, on line {rows[0].line}", row=row)


RULES = (certainty_rule, certainty_direction, certainty_conjunction, judgement_draft, judgement_rating, judgement_words, judgement_once)
