"""The evidence base: every table and reference of a workspace, checked as a whole."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbench.errors import EvidenceError, Problem, UsageError, nearest
from workbench.evidence.bibliography import Reference, read_bibliography
from workbench.evidence.keys import check_keys
from workbench.evidence.reader import read_table
from workbench.evidence.rules import check_rules
from workbench.evidence.schema import Package, read_package
from workbench.evidence.tables import FrozenMapping, Table
from workbench.evidence.typed import type_table
from workbench.evidence.workspace import find_workspace


@dataclass(frozen=True, repr=False)
class EvidenceBase:
    """Every table and reference of a workspace.

    Attributes
    ----------
    root : pathlib.Path
        The workspace.
    tables : mapping of str to Table
        By name; ``evidence["effects"]`` is the short form.
    references : mapping of str to Reference
        By bibliography key.
    """

    root: Path
    tables: Mapping[str, Table]
    references: Mapping[str, Reference]

    def __getitem__(self, name: str) -> Table:
        try:
            return self.tables[name]
        except KeyError:
            hint = nearest(name, self.tables)
            raise UsageError(f"there is no table {name!r}" + (f"; {hint}" if hint else "")) from None

    @cached_property
    def edition_date(self) -> datetime.date | None:
        """Day of the newest ``recorded`` among the effects; None if there are none."""
        return max((row["recorded"] for row in self["effects"]), default=None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over parsed rows and references: the same for any spelling of the same content."""
        content = {
            "tables": {name: [list(table.columns), *([row[c] for c in table.columns] for row in table)] for name, table in sorted(self.tables.items())},
            "references": [[key, reference.text] for key, reference in sorted(self.references.items())],
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(table)} {name}" for name, table in self.tables.items())
        return f"EvidenceBase({counts}, {len(self.references)} references; {self.root})"


def load(path: str | os.PathLike = ".") -> EvidenceBase:
    """Load the evidence base of the workspace at or above a folder.

    Parameters
    ----------
    path : str or path-like
        Where to start looking for the workspace.

    Returns
    -------
    EvidenceBase

    Raises
    ------
    EvidenceError
        If anything is wrong; ``problems`` lists every problem at once.
    UsageError
        If there is no workspace.

    Examples
    --------
    >>> evidence = load(".")                                     # doctest: +SKIP
    >>> evidence["effects"].where(programme_id="my-programme")            # doctest: +SKIP
    """
    root = find_workspace(path)
    evidence, problems = _assemble(root)
    if problems or evidence is None:
        raise EvidenceError(problems)
    return evidence


def check(path: str | os.PathLike = ".") -> tuple[Problem, ...]:
    """Return every problem in the evidence of a workspace, in the order of file and line.

    Parameters
    ----------
    path : str or path-like
        Where to start looking for the workspace.

    Returns
    -------
    tuple of Problem
        Empty if all is well.

    Raises
    ------
    UsageError
        If there is no workspace.
    """
    try:
        return tuple(sorted(set(_assemble(find_workspace(path))[1])))
    except EvidenceError as error:
        return error.problems


def _assemble(root: Path) -> tuple[EvidenceBase | None, list[Problem]]:
    package, problems = read_package(root)
    if package is None:
        return None, problems
    tables, found = _tables(root, package)
    references, unread = read_bibliography(root)
    problems += found + unread + check_keys(package, tables) + check_rules(tables, references)
    return EvidenceBase(root, FrozenMapping(tables), FrozenMapping(references or {})), problems


def _tables(root: Path, package: Package) -> tuple[dict[str, Table], list[Problem]]:
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    files = frozenset(resource.path for resource in package.resources)
    for resource in package.resources:
        raw, found = read_table(root, resource, files)
        problems += found
        if raw is not None:
            tables[resource.name], found = type_table(resource, raw)
            problems += found
    return tables, problems
