"""How many families stand behind a set of results, each family counted once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from workbench.effects import select


def components(links: Sequence[Collection[str]]) -> list[list[int]]:
    """Return the positions that belong together because they share a link, directly or through others.

    Parameters
    ----------
    links : sequence of collections of str
        Names that each item carries: two items with a name in common share families.

    Returns
    -------
    list of list of int
        Every position once, groups in order of their first position.
    """
    group = list(range(len(links)))

    def root(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    seen: dict[str, int] = {}
    for index, names in enumerate(links):
        for name in names:
            first, second = sorted((root(seen.setdefault(name, index)), root(index)))
            group[second] = first
    found: dict[int, list[int]] = {}
    for index in range(len(links)):
        found.setdefault(root(index), []).append(index)
    return list(found.values())


def studied(rows: Sequence[Mapping[str, Any]], studies: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the families behind rows, each overlap group, study and cohort counted once at its largest.

    A review counts in place of the studies that it contains where it covers more families than they do; of several
    reviews only the largest counts, because they share studies.

    Parameters
    ----------
    rows : sequence of Row
        Rows of ``effects.csv``.
    studies : mapping
        Their rows of ``studies.csv``, by id.

    Returns
    -------
    int
        0 where no source says how many.
    """
    reviews = [row for row in rows if is_review(row, studies[row["study_id"]])]
    primaries = [row for row in rows if not is_review(row, studies[row["study_id"]])]
    groups = components([_links(row, studies[row["study_id"]]) for row in primaries])
    sizes = [max(families_of(primaries[index], studies[primaries[index]["study_id"]]) for index in group) for group in groups]
    if not reviews:
        return sum(sizes)
    review = max(reviews, key=lambda row: families_of(row, studies[row["study_id"]]))
    inside = [any(review["study_id"] in _containing(studies[primaries[index]["study_id"]]) for index in group) for group in groups]
    beside = sum(size for size, within in zip(sizes, inside, strict=True) if not within)
    return max(sum(sizes), beside + families_of(review, studies[review["study_id"]]))


def families_of(row: Mapping[str, Any], study: Mapping[str, Any]) -> int:
    """Return the families behind one row; arms that are whole areas are no families."""
    if row["exclusion"] == "area_rate":
        return int(study["families"] or 0)
    return select.families_in(row, study)


def is_review(row: Mapping[str, Any], study: Mapping[str, Any]) -> bool:
    """Return whether a row is a published pooled result over several studies."""
    return row["role"] in ("review", "check") or study["design"] == "meta_analysis"


def _links(row: Mapping[str, Any], study: Mapping[str, Any]) -> set[str]:
    found = {f"group {row['overlap_group']}", f"study {row['study_id']}"}
    return found | {f"cohort {study['cohort']}"} if study["cohort"] else found


def _containing(study: Mapping[str, Any]) -> set[str]:
    return {part.strip() for part in (study["contained_in"] or "").split(";")}
