"""What the tables cover: rows from file to use, programmes by domain, gaps, and checks that are outstanding.

Counts in the manner of a flow diagram, of what a curated base holds. No count here stands for a search, because none was done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.effects.select import REASONS, effect_sizes, left_out, refusal
from workbench.errors import AnalysisError

if TYPE_CHECKING:
    import pandas

#: What is said above every count.
NO_SEARCH = ("No search was done. These are the rows of a curated base: no database was searched to a protocol, so that nothing can be said "
             "of what a search would have found.")
# After these a row could be pooled; what then keeps it out is that other rows stand for the same families.
_AFTER_POOLABLE = ("overlap", "in_review", "smaller_review", "other_design")


@dataclass(frozen=True)
class Counts:
    """Rows of ``effects.csv`` from file to use.

    Attributes
    ----------
    on_file : int
        All rows.
    set_aside : mapping of str to int
        Rows that cannot be pooled, by the one reason that decides, in the order of `workbench.effects.select.REASONS`.
    poolable : int
        Rows whose figures give an effect size and that nothing stands against.
    represented : mapping of str to int
        Poolable rows whose families another row stands for, by reason.
    used : int
        One row for each group of families, construct and programme.
    studies, programmes : int
        Behind the rows used.
    """

    on_file: int
    set_aside: Mapping[str, int]
    poolable: int
    represented: Mapping[str, int]
    used: int
    studies: int
    programmes: int

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """Each step in words with its number of rows; what is set aside is negative, so that the column adds up to the next total."""
        def aside(reasons: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
            return tuple((f"set aside: {REASONS[reason]}", -count) for reason, count in reasons.items())

        return (("rows on file", self.on_file), *aside(self.set_aside), ("rows that can be pooled", self.poolable),
                *aside(self.represented), ("rows used, one for each group of families", self.used))

    def frame(self) -> pandas.DataFrame:
        """Return the steps as a data frame with the columns ``step`` and ``rows``."""
        import pandas

        return pandas.DataFrame(self.steps, columns=["step", "rows"])

    def __str__(self) -> str:
        width = max(len(step) for step, _ in self.steps)
        lines = [f"{step:<{width}}  {rows:>6}" for step, rows in self.steps]
        return "\n".join([NO_SEARCH, *lines, f"They come from {self.studies} studies of {self.programmes} programmes."])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(NO_SEARCH)}</p>{self.frame().to_html(index=False)}"


def fates(evidence: Any, include_unverified: bool = False) -> dict[str, str]:
    """Return what becomes of every effect row when its own programme and construct are asked about.

    Parameters
    ----------
    evidence : EvidenceBase
    include_unverified : bool
        Let in rows that are not yet checked.

    Returns
    -------
    dict of str to str
        ``effect_id`` to ``used`` or a key of `workbench.effects.select.REASONS`.
    """
    questions: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in evidence["effects"]:
        questions[row["programme_id"], row["construct"]].append(row)
    found: dict[str, str] = {}
    for (programme, construct), rows in questions.items():
        mine = {row["effect_id"] for row in rows}
        try:
            effects = effect_sizes(evidence, programme, construct, include_unverified=include_unverified)
        except AnalysisError:
            # The construct has no measure of its own, so nothing of it is pooled.
            refused = [refusal(row, evidence["studies"][row["study_id"]], include_unverified) or left_out(row, "not_poolable") for row in rows]
            found |= {each.row["effect_id"]: each.reason for each in refused}
            continue
        found |= {each.row["effect_id"]: each.reason for each in effects.left_out if each.row["effect_id"] in mine}
        found |= {name: "used" for name in effects.row_ids if name in mine}
    return found


def counts(evidence: Any, include_unverified: bool = False) -> Counts:
    """Count the effect rows from file to use.

    Parameters
    ----------
    evidence : EvidenceBase
    include_unverified : bool
        Let in rows that are not yet checked.

    Returns
    -------
    Counts
        ``on_file`` less everything set aside is ``poolable``; that less ``represented`` is ``used``.
    """
    fate = fates(evidence, include_unverified)
    tally = Counter(fate.values())
    used = [row for row in evidence["effects"] if fate[row["effect_id"]] == "used"]
    aside = {reason: tally[reason] for reason in REASONS if tally[reason] and reason not in _AFTER_POOLABLE}
    represented = {reason: tally[reason] for reason in _AFTER_POOLABLE if tally[reason]}
    return Counts(
        len(evidence["effects"]), aside, tally["used"] + sum(represented.values()), represented, tally["used"],
        len({row["study_id"] for row in used}), len({row["programme_id"] for row in used}),
    )


def by_domain(evidence: Any) -> pandas.DataFrame:
    """Return the number of effect rows of each programme in each outcome domain; 0 where nothing was measured."""
    import pandas

    domains = sorted({row["domain"] for row in evidence["outcomes"]})
    tally = Counter((row["programme_id"], evidence["outcomes"][row["construct"]]["domain"]) for row in evidence["effects"] if row["superseded_by"] is None)
    programmes = [row["programme_id"] for row in evidence["programmes"]]
    return pandas.DataFrame([[tally[programme, domain] for domain in domains] for programme in programmes], index=pandas.Index(programmes, name="programme"), columns=domains)


def gaps(evidence: Any) -> pandas.DataFrame:
    """Return the systems of the source documents for which no controlled evaluation is on file, with what was claimed."""
    import pandas

    columns = ["name", "claim_strength", "claim_direction", "level_of_need", "evidence_on_file"]
    rows = [[row["system_id"], *(row[name] for name in columns)] for row in evidence["systems"] if row["evidence_on_file"] != "controlled"]
    return pandas.DataFrame(rows, columns=["system_id", *columns]).set_index("system_id")


def outstanding(evidence: Any) -> pandas.DataFrame:
    """Return the rows whose check would change what is used: unverified, and used once they are checked."""
    import pandas

    fate = fates(evidence, include_unverified=True)
    columns = ["programme_id", "construct", "reported_result", "note"]
    rows = [[row["effect_id"], *(row[name] for name in columns)] for row in evidence["effects"] if row["checked"] == "unverified" and fate[row["effect_id"]] == "used"]
    return pandas.DataFrame(rows, columns=["effect_id", *columns]).set_index("effect_id")
