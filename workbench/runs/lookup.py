"""Find programmes, areas and outcomes by name; what does not exist is refused with the nearest that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError, nearest


def find_programme(evidence: Any, name: str) -> Any:
    """Return the row of ``programmes.csv``, or raise UsageError with the nearest id."""
    programmes = evidence["programmes"]
    if name in programmes:
        return programmes[name]
    known = [row["programme_id"] for row in programmes.rows]
    raise UsageError(f"there is no programme {name!r}; {nearest(name, known) or 'see: workbench list programmes'}")


def find_area(evidence: Any, name: str | None) -> Any:
    """Return one row of ``areas.csv`` for an area by its name or GSS code; the country where `name` is None."""
    rows = evidence["areas"].rows
    if name is None:
        return next(row for row in rows if row["level"] == "country")
    wanted = name.casefold()
    for row in rows:
        if wanted in (row["area"].casefold(), row["gss_code"].casefold()):
            return row
    known = {row["area"].casefold(): row["area"] for row in rows}
    hint = nearest(wanted, known)
    for folded, proper in known.items():
        hint = hint.replace(repr(folded), repr(proper))
    raise UsageError(f"there is no area {name!r}; {hint or 'see: workbench list areas'}")


def known_outcomes(evidence: Any) -> tuple[str, ...]:
    """Return every outcome and construct, for checking what is set per outcome."""
    rows = evidence["outcomes"].rows
    return tuple(dict.fromkeys([*(row["outcome_id"] for row in rows), *(row["construct"] for row in rows)]))


def check_names(evidence: Any, settings: Mapping[str, Any]) -> None:
    """Refuse a discount schedule, a set of priors or a row of assumptions that the tables do not hold, before anything is run."""
    known = {
        "schedule": {row["schedule"] for row in evidence["parameters"].where(group="discount")},
        "prior": {row["set"] for row in evidence["priors"].rows},
    }
    kinds = {"schedule": "discount schedule", "prior": "set of priors"}
    problems = [
        f"{name}={settings[name]}: there is no {kinds[name]} {settings[name]!r}; {nearest(settings[name], names) or 'there are ' + ', '.join(sorted(names))}"
        for name, names in known.items()
        if name in settings and settings[name] not in names
    ]
    if settings.get("assume"):
        from workbench.economics.settings import assumption_problems

        problems += assumption_problems(evidence, settings["assume"])
    if problems:
        raise UsageError("\n".join(problems))
