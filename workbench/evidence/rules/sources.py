"""Rules on citations and locators: every figure says where it stands and how it was checked."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import nearest
from workbench.evidence.rules.registry import Breach, Context, listed, rule
from workbench.evidence.tables import Row
from workbench.evidence.workspace import BIBLIOGRAPHY


@rule("cite-known", "*", "cite", f"each key must be in {BIBLIOGRAPHY}", "correct the key, or add the entry to the bibliography")
def cite_known(row: Row, context: Context) -> Iterator[Breach]:
    if context.references is None:
        return
    for key in listed(row["cite"]):
        if key not in context.references:
            yield Breach("cite", f"is not in {BIBLIOGRAPHY}", nearest(key, context.references), key)


@rule("locator-given", "*", "checked locator", "a checked figure needs its locator",
      "say where the figure stands, or set checked to unverified, which keeps it out of the headline")
def locator_given(row: Row, context: Context) -> Iterator[Breach]:
    # A judgement of the curators stands nowhere else.
    if "judgement" in row and row["judgement"]:
        return
    if row["locator"] is None and row["checked"] not in (None, "unverified"):
        yield Breach("locator", f"must not be empty, because checked is {row['checked']}")


RULES = (cite_known, locator_given)
