"""What can go wrong, as one tree.

::

    WorkbenchError                 exit code 1
    ├── UsageError                 exit code 2: a name, parameter or option that cannot be
    ├── EvidenceError              the tables or the bibliography break rules; carries every Problem
    ├── AnalysisError              the numbers do not allow what was asked (improper posterior, k = 0, ...)
    │   └── DiagnosticsError       a sampler's diagnostics failed after the stricter retry
    └── RunError                   a notebook or an export failed
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One broken rule: where, what was found, what was expected and the way out.

    Attributes
    ----------
    file : str
        Path relative to the workspace, e.g. ``evidence/effects.csv``.
    line : int
        1-based line in that file; 0 when the whole file is meant.
    column : str
        Column (or bibliography field); empty when the row or file is meant.
    row : str
        The row's own key, e.g. its ``effect_id``; empty if there is none.
    value : str
        What was found, as text.
    rule : str
        What must hold.
    way_out : str
        What the curator can do about it.
    """

    file: str
    line: int
    column: str = ""
    row: str = ""
    value: str = ""
    rule: str = ""
    way_out: str = ""

    def __str__(self) -> str:
        place = self.file + (f" line {self.line}" if self.line else "")
        if self.row:
            place += f" ({self.row})"
        found = f"{self.column} = {self.value!r}" if self.column else self.value
        text = ", ".join(part for part in (found, self.rule) if part)
        return f"{place}: {text}" + (f"; {self.way_out}" if self.way_out else "")


class WorkbenchError(Exception):
    """Base of every error that the workbench raises on purpose."""

    exit_code = 1


class UsageError(WorkbenchError):
    """A programme, area, parameter or option that does not exist or has the wrong type."""

    exit_code = 2


class EvidenceError(WorkbenchError):
    """The evidence base breaks its rules; ``problems`` lists all of them at once."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        count = len(self.problems)
        heading = f"{count} problem{'s' if count != 1 else ''} in the evidence"
        super().__init__("\n".join([heading, *map(str, self.problems)]))


class AnalysisError(WorkbenchError):
    """The analysis asked for is not possible with these numbers."""


class DiagnosticsError(AnalysisError):
    """A sampler failed its diagnostics twice; its result is withheld."""


class RunError(WorkbenchError):
    """A notebook or an export failed; nothing half-written is left behind."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest known name, or an empty string.

    Parameters
    ----------
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.
    """
    import difflib

    close = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else ""
