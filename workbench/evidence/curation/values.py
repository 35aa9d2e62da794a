"""Cells of other people's tables in our spelling; what cannot be told for certain stays as it is, for validation to name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.evidence.base import EvidenceBase
from workbench.evidence.curation import canonical
from workbench.evidence.curation.mapping import from_words, knowledge, tidy
from workbench.evidence.schema import Field, Package

_BOUND = re.compile(r"^\s*(?:p(?:[\s-]*value)?)?\s*(?P<relation>[<>=\u2264\u2265])?\s*(?P<figure>[\d.]+(?:[eE]-?\d+)?)\s*$", re.IGNORECASE)
_INTERVAL = re.compile(
    r"^\W*?(?P<low>[-\u2212]?(?:\d+\.?\d*|\.\d+))\s*(?:to|,|;|\u2013|\u2014|(?<=\s)-(?=\s)|-)\s*(?P<high>[-\u2212]?(?:\d+\.?\d*|\.\d+))\W*$", re.IGNORECASE)
_STATISTICS = {
    "counts": ("events_treat", "n_treat", "events_control", "n_control"),
    "means": ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control"),
    "estimate": ("measure", "estimate"),
    "percentages": ("pct_treat", "n_treat", "pct_control", "n_control"),
}


def spelt(table: str, cells: Mapping[str, str], package: Package) -> dict[str, str]:
    """Return the cells of one row in our spelling.

    Parameters
    ----------
    table : str
        ``studies`` or ``effects``.
    cells : mapping of str to str
        Text by column of ours; ``interval`` is taken apart.
    package : Package
        Our schema.
    """
    fields = {field.name: field for field in package[table].fields}
    out = {name: _cell(f"{table}.{name}", text, fields[name]) for name, text in cells.items() if name in fields}
    if found := _INTERVAL.match(cells.get("interval", "")):
        out.setdefault("ci_low", canonical.number(found["low"]))
        out.setdefault("ci_high", canonical.number(found["high"]))
    if found := _BOUND.match(cells.get("p", "")):
        relation = {"\u2264": "<", "\u2265": ">", None: "="}.get(found["relation"], found["relation"])
        out["p"], out["p_relation"] = canonical.number(found["figure"]), cells.get("p_relation", relation)
    return {name: text for name, text in out.items() if text}


def _cell(ours: str, text: str, field: Field) -> str:
    if field.kind in ("number", "integer"):
        text = text.removesuffix("%").strip() if field.name.startswith("pct_") else text
    elif field.kind == "boolean":
        text = from_words("boolean", text) or text
    elif field.enum:
        text = text if text in field.enum else from_words(ours, text) or _enumerated(text, field) or text
    elif not field.pattern:
        text = canonical.as_text(text)
    return canonical.cell(text, field)


def _enumerated(text: str, field: Field) -> str | None:
    return next((each for each in field.enum if tidy(each) == tidy(text)), None)


def named(text: str, table: str, evidence: EvidenceBase) -> str:
    """Return the id of the row that a text names by id, name or short name; the text itself if no row or several do."""
    found = {row.key for row in evidence[table] if tidy(text) in {tidy(str(row[name])) for name in ("name", "short_name") if name in row and row[name]}
             or tidy(text) == tidy(str(row.key))}
    if table == "outcomes" and not found:
        found = {row.key for row in evidence[table] if tidy(row["outcome_id"]) == tidy(text) and row["default_construct"]}
    return found.pop() if len(found) == 1 else text


def setting(country: str) -> str:
    """Return ``uk``, ``non_uk`` or ``mixed`` for a country."""
    for name, countries in knowledge()["settings"].items():
        if tidy(country) in map(tidy, countries):
            return name
    return "non_uk" if country else ""


def kind_of_data(cells: Mapping[str, str]) -> str:
    """Return the ``data_type`` that the filled columns of an effect row allow, the fullest first."""
    return next((kind for kind, columns in _STATISTICS.items() if all(cells.get(column) for column in columns)), "none")
