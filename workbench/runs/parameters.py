"""The parameters of a briefing: one table of names, types, units and ranges, checked before anything starts."""

from __future__ import annotations

import ast
import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import UsageError, nearest


@dataclass(frozen=True)
class Parameter:
    """One parameter that a reader may set.

    Attributes
    ----------
    name : str
    kind : {"integer", "number", "boolean", "text", "date"}
    help : str
        What it is, for ``workbench list parameters``.
    unit : str
    minimum, maximum : float, optional
        Closed range of allowed values.
    example : str
    by_outcome : bool
        Set once per outcome, as ``name.outcome=value``.
    power_of_two : bool
    """

    name: str
    kind: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""
    by_outcome: bool = False
    power_of_two: bool = False


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("families", "number", "Families offered the programme in a year", "families", 1, 1_000_000, "100"),
    Parameter("take_up", "number", "Share of the families offered it who start", "share", 0, 1, "0.8"),
    Parameter("cost_per_family", "number", "Cost per family offered, in the price year", "GBP", 0, 10_000_000, "12000"),
    Parameter("children_per_family", "number", "Children affected per family offered", "children", 0.1, 20, "1.4"),
    Parameter("horizon", "integer", "Years over which costs and benefits are counted", "years", 1, 125, "10"),
    Parameter("schedule", "text", "Discount schedule, by its name in parameters.csv", example="green-book"),
    Parameter("price_year", "integer", "Year whose prices are used", "year", 1990, 2030, "2023"),
    Parameter("baseline_risk", "number", "Risk without the programme, for one outcome", "share", 0.0001, 0.9999, "0.25", by_outcome=True),
    Parameter("prior", "text", "Set of priors, by its name in priors.csv", example="default"),
    Parameter("draws", "integer", "Number of draws, a power of two", "draws", 256, 65536, "4096", power_of_two=True),
    Parameter("seed", "integer", "Seed of the draws", minimum=0, maximum=2**31 - 1, example="1"),
    Parameter("include_unverified", "boolean", "Let rows that are not yet checked into the headline", example="true"),
    Parameter("edition_date", "date", "Date of the edition; that of the newest evidence row unless set", example="2026-01-31"),
)  # fmt: skip
_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
_ARTICLES = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "text": "text", "date": "a date such as 2026-01-31"}


def parse(assignments: Iterable[str], outcomes: Iterable[str] = ()) -> dict[str, Any]:
    """Turn ``name=value`` texts into typed parameters.

    Parameters
    ----------
    assignments : iterable of str
        As given to ``-p`` on the command line; ``baseline_risk.OUTCOME=value`` for what is set per outcome.
    outcomes : iterable of str
        Outcomes and constructs that exist; empty to leave them unchecked.

    Returns
    -------
    dict
        Name to value; what is set per outcome is a dict of its own.

    Raises
    ------
    UsageError
        Naming every unknown name, wrong type and value out of range at once.
    """
    pairs, problems = [], []
    for text in assignments:
        name, equals, value = text.partition("=")
        if equals:
            pairs.append((name.strip(), value.strip()))
        else:
            problems.append(f"{text!r}: write it as name=value, for example {PARAMETERS[0].name}={PARAMETERS[0].example}")
    return _gather(pairs, tuple(outcomes), problems, _from_text)


def check(values: Mapping[str, Any], outcomes: Iterable[str] = ()) -> dict[str, Any]:
    """Check parameters that already have Python types, as a notebook's cell gives them; None means not set.

    Parameters
    ----------
    values : mapping
        Name to value; what is set per outcome is a mapping.
    outcomes : iterable of str
        Outcomes and constructs that exist; empty to leave them unchecked.

    Raises
    ------
    UsageError
    """
    pairs: list[tuple[str, Any]] = []
    for name, value in values.items():
        spec = _BY_NAME.get(name)
        if spec is not None and spec.by_outcome and isinstance(value, Mapping):
            pairs += [(f"{name}.{outcome}", item) for outcome, item in value.items()]
        elif value is not None:
            pairs.append((name, value))
    return _gather(pairs, tuple(outcomes), [], _from_python)


def _gather(pairs: Iterable[tuple[str, Any]], outcomes: tuple[str, ...], problems: list[str], convert: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        stem, _, outcome = name.partition(".")
        try:
            spec = _spec(name, stem, outcome, outcomes)
            typed = _in_range(spec, name, convert(spec, name, value))
        except UsageError as error:
            problems.append(str(error))
            continue
        if spec.by_outcome:
            found.setdefault(stem, {})[outcome] = typed
        else:
            found[name] = typed
    if problems:
        raise UsageError("\n".join(problems))
    return found


def _spec(name: str, stem: str, outcome: str, outcomes: tuple[str, ...]) -> Parameter:
    spec = _BY_NAME.get(stem)
    if spec is None:
        raise UsageError(f"there is no parameter {stem!r}; {nearest(stem, _BY_NAME) or 'see: workbench list parameters'}")
    if spec.by_outcome and not outcome:
        raise UsageError(f"{name} is set for one outcome at a time, for example {name}.{outcomes[0] if outcomes else 'OUTCOME'}={spec.example}")
    if outcome and not spec.by_outcome:
        raise UsageError(f"{stem} is one figure for the whole briefing; write {stem}={spec.example}")
    if outcome and outcomes and outcome not in outcomes:
        raise UsageError(f"{name}: there is no outcome {outcome!r}; {nearest(outcome, outcomes) or 'see: workbench list outcomes'}")
    return spec


def _wrong(spec: Parameter, name: str, value: Any) -> UsageError:
    return UsageError(f"{name}={value}: must be {_ARTICLES[spec.kind]}, for example {name}={spec.example}")


def _from_text(spec: Parameter, name: str, value: str) -> Any:
    try:
        if spec.kind == "boolean":
            return {"true": True, "false": False}[value.lower()]
        return {"integer": int, "number": float, "text": _text, "date": datetime.date.fromisoformat}[spec.kind](value)
    except (ValueError, KeyError):
        raise _wrong(spec, name, value) from None


def _text(value: str) -> str:
    if not value:
        raise ValueError
    return value


def _from_python(spec: Parameter, name: str, value: Any) -> Any:
    if spec.kind == "date":
        return value if isinstance(value, datetime.date) else _from_text(spec, name, str(value))
    wanted = {"integer": int, "number": (int, float), "boolean": bool, "text": str}[spec.kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and spec.kind != "boolean"):
        raise _wrong(spec, name, value)
    return float(value) if spec.kind == "number" else value


def _in_range(spec: Parameter, name: str, value: Any) -> Any:
    if spec.kind in ("integer", "number"):
        low, high = spec.minimum, spec.maximum
        if value != value or (low is not None and value < low) or (high is not None and value > high):
            raise UsageError(f"{name}={value}: must lie between {low:g} and {high:g}{' ' + spec.unit if spec.unit else ''}")
        if spec.power_of_two and value & (value - 1):
            raise UsageError(f"{name}={value}: must be a power of two, for example {name}={spec.example}")
    return value


def declared(notebook: Path) -> dict[str, Any]:
    """Return the names and default values that a notebook's ``parameters`` cell declares.

    Raises
    ------
    UsageError
        If there is no such cell, or it holds anything but plain assignments of literals.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) != 1:
        raise UsageError(f"{notebook.name}: needs exactly one cell tagged 'parameters', has {len(tagged)}")
    names: dict[str, Any] = {}
    for statement in ast.parse("".join(tagged[0]["source"])).body:
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Name):
            raise UsageError(f"{notebook.name}: its parameters cell may hold only lines such as name = value")
        names[target.id] = ast.literal_eval(statement.value)
    return names


def check_notebook(notebook: Path, values: Mapping[str, Any]) -> None:
    """Refuse values for names that the notebook's ``parameters`` cell does not declare, before a kernel starts.

    Raises
    ------
    UsageError
        Naming every such value and the nearest declared name.
    """
    names = declared(notebook)
    problems = [
        f"{notebook.name} has no parameter {name!r}; {nearest(name, names) or 'it has ' + ', '.join(names)}"
        for name in values
        if name not in names
    ]
    if problems:
        raise UsageError("\n".join(problems))
