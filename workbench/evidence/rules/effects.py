"""Rules that tie an effect row to its construct, its role, its study and the other effect rows."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import nearest
from workbench.evidence.rules.numbers import STATISTICS
from workbench.evidence.rules.registry import Breach, Context, listed, rule, shown
from workbench.evidence.tables import Row, Table


@rule("direction", "effects", "construct direction", "must be the direction of its construct",
      "if the row prints the opposite of its construct, turn its sign round (invert a ratio) and say so in derivation")
def direction(row: Row, context: Context) -> Iterator[Breach]:
    construct = context.row("outcomes", row["construct"])
    if construct is not None and construct["direction"] not in (None, row["direction"]):
        yield Breach("direction", f"must be {construct['direction']}, the direction of construct {row['construct']}")


@rule("outcome-of-construct", "effects", "construct outcome_id", "must be the outcome of its construct", "correct outcome_id or construct")
def outcome_of_construct(row: Row, context: Context) -> Iterator[Breach]:
    construct = context.row("outcomes", row["construct"])
    if construct is not None and construct["outcome_id"] not in (None, row["outcome_id"]):
        yield Breach("outcome_id", f"must be {construct['outcome_id']}, the outcome of construct {row['construct']}")


@rule("known-null-arms", "effects", "role n_treat n_control", "a known null needs the sizes of both arms",
      "give n_treat and n_control as analysed, or file the row as direction_only", partial=True)
def known_null_arms(row: Row, context: Context) -> Iterator[Breach]:
    if row["role"] == "known_null":
        for column in ("n_treat", "n_control"):
            if not row[column]:
                yield Breach(column, "must be greater than 0, because role is known_null")


@rule("estimate-has-numbers", "effects", "role " + " ".join(STATISTICS), "a row whose role is estimate must carry a result in numbers",
      "fill in what the source prints, or file the row as known_null or direction_only")
def estimate_has_numbers(row: Row, context: Context) -> Iterator[Breach]:
    if row["role"] == "estimate" and _sizes_only(row):
        yield Breach("role")


def _sizes_only(row: Row) -> bool:
    return all(row[column] is None for column in STATISTICS if column not in ("n_treat", "n_control"))


@rule("exclusion-reason", "effects", "exclusion exclusion_reason", "an exclusion needs its reason in words", "say why in exclusion_reason")
def exclusion_reason(row: Row, context: Context) -> Iterator[Breach]:
    if row["exclusion"] is not None and row["exclusion_reason"] is None:
        yield Breach("exclusion_reason", f"must not be empty, because exclusion is {row['exclusion']}")


@rule("superseded", "effects", "effect_id study_id construct overlap_group superseded_by",
      "must lead to a row of the same construct and of the same study or overlap group, and never back to itself",
      "name the effect_id of the better-checked row of the same result", whole=True)
def superseded(table: Table, context: Context) -> Iterator[Breach]:
    by_id = {row["effect_id"]: row for row in table.rows}
    for row in table.rows:
        target = by_id.get(row["superseded_by"])
        if target is None:
            continue
        if target is row:
            yield Breach("superseded_by", "must not be the row itself", row=row)
        elif _returns(row, by_id):
            yield Breach("superseded_by", "must not lead back to the row itself", "one row of the circle must stand: empty its superseded_by", row=row)
        elif target["construct"] != row["construct"]:
            yield Breach("superseded_by", f"must be a row of the same construct ({row['construct']}), not of {target['construct']}", row=row)
        elif target["study_id"] != row["study_id"] and target["overlap_group"] != row["overlap_group"]:
            yield Breach("superseded_by", f"must be a row of the same study or overlap group, not of study {target['study_id']}", row=row)


def _returns(row: Row, by_id: dict[str, Row]) -> bool:
    seen: set[str] = set()
    step = row["superseded_by"]
    while step in by_id and step not in seen:
        if step == row["effect_id"]:
            return True
        seen.add(step)
        step = by_id[step]["superseded_by"]
    return False


@rule("duplicate-rows", "effects", "study_id construct outcome_measure measure timepoint_months superseded_by " + " ".join(STATISTICS),
      "must not repeat another row's study, construct, time point and numbers",
      "delete one of them, or name the better-checked row in the other's superseded_by", whole=True)
def duplicate_rows(table: Table, context: Context) -> Iterator[Breach]:
    first: dict[tuple, Row] = {}
    for row in table.rows:
        numbers = tuple(row[column] for column in STATISTICS)
        # A row that is already set aside for a better one may hold the same figures.
        if row["superseded_by"] is not None or all(number is None for number in numbers):
            continue
        # Arm sizes alone tell two instruments of one trial not apart; a result in figures does.
        instrument = row["outcome_measure"] if _sizes_only(row) else None
        same = (row["study_id"], row["construct"], instrument, row["measure"], row["timepoint_months"], *numbers)
        if same in first:
            yield Breach("effect_id", f"repeats line {first[same].line} ({shown(first[same].key)}): same study, construct, time point and numbers", row=row)
        else:
            first[same] = row


@rule("contained-in", "studies", "contained_in", "each name must be a study_id", "correct the name, or add the review to studies.csv")
def contained_in(row: Row, context: Context) -> Iterator[Breach]:
    for name in listed(row["contained_in"]):
        if name not in context.tables["studies"]:
            known = {each["study_id"] for each in context.tables["studies"]}
            yield Breach("contained_in", "is not in evidence/studies.csv", nearest(name, sorted(known - {None})), name)


RULES = (direction, outcome_of_construct, known_null_arms, estimate_has_numbers, exclusion_reason, superseded, duplicate_rows, contained_in)
