"""Checks against published results: every comparable analysis on file beside ours, programme by programme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from workbench.economics.published import Comparison, compare

_COLUMNS = ("programme", "result", "as printed", "repeated from their inputs", "misfit", "theirs for one family, our prices", "ours", "difference", "ratio", "why")


@dataclass(frozen=True, eq=False)
class Checks:
    """Published results beside ours.

    Attributes
    ----------
    comparisons : tuple of (str, Comparison)
        Programme and comparison.
    """

    comparisons: tuple[tuple[str, Comparison], ...]

    def frame(self) -> Any:
        """One row a result: theirs as printed, repeated and carried to our prices, ours, and why they differ."""
        import pandas

        rows = [
            (programme, item.result["name"], item.printed, item.repeated, item.misfit, item.theirs, item.ours, item.difference, item.ratio, item.row["reason"])
            for programme, item in self.comparisons
        ]
        return pandas.DataFrame(rows, columns=list(_COLUMNS))

    def accounts(self) -> Any:
        """How each analysis keeps its accounts: pathways, horizon, discounting, and where its effect comes from."""
        import pandas

        names = ("pathways", "horizon", "discounting", "effect")
        rows = [(programme, item.result["name"], *(item.row[name] for name in names)) for programme, item in self.comparisons]
        return pandas.DataFrame(rows, columns=["programme", "result", *names])

    def __repr__(self) -> str:
        repeated = [abs(item.misfit) for _, item in self.comparisons if item.misfit is not None]
        close = f"; {len(repeated)} repeated from their own inputs, the furthest {100 * max(repeated):.0f} per cent off" if repeated else ""
        return f"<Checks: {len(self.comparisons)} published results beside ours{close}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>" + self.frame().to_html(index=False, na_rep="", float_format="{:,.2f}".format)


def published_checks(evidence: Any, programme: str | None = None, **parameters: Any) -> Checks:
    """Run every programme that has comparisons on file and set the published results beside its own.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str, optional
        One programme; all of them unless given.
    **parameters
        As in ``workbench list parameters``.
    """
    from workbench.runs.analysis import analyse

    return Checks(tuple((name, item) for name in _programmes(evidence, programme) for item in compare(evidence, analyse(evidence, name, **parameters).appraisal)))


def _programmes(evidence: Any, programme: str | None) -> Iterable[str]:
    if programme is not None:
        return (programme,)
    rows = evidence["comparisons"].rows if "comparisons" in evidence.tables else ()
    return tuple(dict.fromkeys(row["programme_id"] for row in rows))
