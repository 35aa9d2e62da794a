"""The data dictionary: ``evidence/README.md``, generated from the schema, the rules and the rows.

Run ``python -m workbench.evidence.dictionary`` in a workspace to write it again after a change to the tables.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import EvidenceError
from workbench.evidence.rules import RULES
from workbench.evidence.schema import Field, Package, Resource, read_package
from workbench.evidence.workspace import FOLDER, find_workspace

if TYPE_CHECKING:
    from workbench.evidence.base import EvidenceBase

README = f"{FOLDER}/README.md"

_OPENING = """\
<!-- Generated from datapackage.json, the rules and the tables; do not edit. Write it again with: python -m workbench.evidence.dictionary -->
# {title}

{count} tables as a Data Package: `datapackage.json` states each table's columns, types, units, allowed values and keys. Licence: {licence}.
`workbench validate` checks everything on this page at once and names file, line, column, value, rule and way out.

## How the files are written

- UTF-8 text, separated by commas, columns in the order given here. In a spreadsheet, save as *CSV UTF-8 (comma delimited)*.
- An empty cell is a missing value. Write `true` or `false`, dates as 2025-03-31, numbers with a point and no thousands separator.
- A cell that holds a comma, a quotation mark or a line break stands in quotation marks; quotation marks inside it are doubled.
- Keys are assigned once and never changed. Several names in one cell are separated by semicolons.
- `cite` holds keys of `bibliography.bib`, next to this folder.
"""


def render(package: Package, evidence: EvidenceBase | None = None) -> str:
    """Write the data dictionary of a package.

    Parameters
    ----------
    package : Package
        The schema.
    evidence : EvidenceBase, optional
        The tables, for a count of what they hold.

    Returns
    -------
    str
        Markdown; the same for the same schema, rules and rows.
    """
    opening = _OPENING.format(title=package.title, count=len(package.resources), licence=package.licence or "not stated")
    contents = ["## Tables", ""] + [f"- [`{r.name}`](#{r.name}): {r.title}" for r in package.resources]
    tables = [part for resource in package.resources for part in ("", *_table(resource))]
    held = [] if evidence is None else ["", *_held(evidence)]
    return "\n".join([opening, *contents, *held, *tables, ""])


def _held(evidence: EvidenceBase) -> Iterator[str]:
    """Count what the tables hold: rows by table, and effect rows by programme and check level."""
    yield "## What is on file"
    yield ""
    yield ", ".join(f"{len(table.rows):,} {name.replace('_', ' ')}" for name, table in evidence.tables.items()) + "."
    yield ""
    counts: dict[str, Counter[str]] = {}
    for row in evidence["effects"].rows:
        counts.setdefault(row["programme_id"], Counter())[row["checked"]] += 1
    levels = next(field.enum for field in evidence["effects"].fields if field.name == "checked")
    yield "| effect rows on | all | " + " | ".join(level.replace("_", " ") for level in levels) + " |"
    yield "|---|" + "---:|" * (len(levels) + 1)
    total: Counter[str] = Counter()
    for row in evidence["programmes"].rows:
        found = counts.get(row["programme_id"], Counter())
        total += found
        yield f"| {_cell(row['name'])} | {found.total()} | " + " | ".join(str(found[level]) for level in levels) + " |"
    yield f"| all programmes | {total.total()} | " + " | ".join(str(total[level]) for level in levels) + " |"


def _table(resource: Resource) -> Iterator[str]:
    yield f"## {resource.name}"
    yield ""
    yield f"{resource.title}. File `{resource.path}`; key {_code(resource.key)}."
    for key in resource.foreign_keys:
        yield f"{_code(key.fields)} must be in `{key.resource}` ({_code(key.reference)})."
    yield ""
    yield "| column | type | what it holds |"
    yield "|---|---|---|"
    for field in resource.fields:
        yield f"| `{field.name}` | {_type(field)} | {_cell(_meaning(field))} |"
    rules = [rule for rule in RULES if resource.name in rule.tables or (rule.tables == ("*",) and set(rule.columns) <= set(resource.names))]
    if rules:
        yield ""
        yield "Rules across columns:"
        yield ""
    for rule in rules:
        yield f"- *{rule.name}*: {rule.words}; otherwise: {rule.way_out}."


def _type(field: Field) -> str:
    words = [field.kind, field.unit, "required" if field.required else "", "unique" if field.unique else ""]
    return ", ".join(word for word in words if word)


def _meaning(field: Field) -> str:
    parts = [field.description]
    if field.enum:
        parts.append("One of: " + ", ".join(f"`{value}`" for value in field.enum))
    if field.pattern:
        parts.append(f"Pattern `{field.pattern}`")
    limits = [f"at least {field.minimum:g}" if field.minimum is not None else "", f"at most {field.maximum:g}" if field.maximum is not None else ""]
    parts.append(" and ".join(limit for limit in limits if limit).capitalize())
    return ". ".join(part.rstrip(".") for part in parts if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(names: tuple[str, ...]) -> str:
    return " + ".join(f"`{name}`" for name in names)


def write(path: str | os.PathLike = ".") -> Path:
    """Write ``evidence/README.md`` of the workspace at or above ``path`` and return its path."""
    root = find_workspace(path)
    package, problems = read_package(root)
    if package is None:
        raise EvidenceError(problems)
    from workbench.evidence.base import load

    target = root / README
    temporary = target.with_suffix(".part")
    temporary.write_text(render(package, load(root)), encoding="utf-8", newline="\n")
    temporary.replace(target)
    return target


if __name__ == "__main__":
    print(write())
