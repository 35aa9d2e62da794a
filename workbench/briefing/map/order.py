"""The order of the map: areas by how much is on file, programmes by family and descent; and the names of families."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from workbench.briefing.map.content import Programme


def domains_of(found: Sequence[Programme]) -> dict[str, str]:
    """Return the domains that hold a result with the part of an id that stands for each, the most studied first."""
    counts: dict[str, int] = {}
    for programme in found:
        for domain, cell in programme.cells.items():
            counts[domain] = counts.get(domain, 0) + len(cell.results)
    slugs: dict[str, str] = {}
    for domain in sorted(counts, key=lambda name: (-counts[name], name)):
        slug = _slug(domain)
        slugs[domain] = slug if slug and slug not in slugs.values() else f"{slug or 'domain'}-{len(slugs) + 1}"
    return slugs


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def families_of_programmes(found: Sequence[Programme]) -> list[tuple[str, list[Programme]]]:
    """Group programmes: each family of two or more by name, then the rest under the empty name; parents before variants."""
    by_family: dict[str, list[Programme]] = {}
    for item in found:
        by_family.setdefault(item.row["family"], []).append(item)
    groups = [(name, _by_descent(members)) for name, members in sorted(by_family.items()) if len(members) > 1]
    single = sorted((members[0] for members in by_family.values() if len(members) == 1), key=lambda item: item.row["name"].casefold())
    return [*groups, ("", single)] if single else groups


def _by_descent(members: Sequence[Programme]) -> list[Programme]:
    """Order a family so that each programme stands above its own variants."""
    ids = {item.id for item in members}
    children: dict[str | None, list[Programme]] = {}
    for item in sorted(members, key=lambda item: item.row["name"].casefold()):
        parent = item.row["parent_id"] if item.row["parent_id"] in ids else None
        children.setdefault(parent, []).append(item)
    order: list[Programme] = []

    def add(parent: str | None) -> None:
        for item in children.get(parent, ()):
            order.append(item)
            add(item.id)

    add(None)
    return order + [item for item in members if item not in order]  # a circle of parents is shown all the same


def family_name(code: str, members: Iterable[Programme], others: Iterable[Programme] = ()) -> str:
    """Return a family's code as words; what its members, or failing them any other programme, write in capitals keeps them."""
    own, rest = (" ".join(f"{item.row['name']} {item.row['short_name']}" for item in items) for items in (members, others))

    def written(word: str) -> str:
        found = re.search(rf"\b{re.escape(word)}\b", own, re.IGNORECASE) or re.search(rf"\b{re.escape(word)}\b", rest, re.IGNORECASE)
        return found[0] if found and found[0].isupper() else word

    return sentence_case(" ".join(written(word) for word in code.split("-")))


def sentence_case(words: str) -> str:
    """Return words of a table with a capital first letter."""
    return words[:1].upper() + words[1:]
