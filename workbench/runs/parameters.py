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
    by_outcome, by_row : bool
        Set once per outcome, as ``name.outcome=value``, or per row of ``parameters.csv``, as ``name.row=value``.
    power_of_two : bool
    default : str
        What holds unless it is set, in words; empty where a row of the tables says it.
    rule : str
        That row of ``parameters.csv``.
    """

    name: str
    kind: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""
    by_outcome: bool = False
    by_row: bool = False
    power_of_two: bool = False
    default: str = ""
    rule: str = ""

    @property
    def keyed(self) -> bool:
        """True if it is set once for each of several names."""
        return self.by_outcome or self.by_row

    @property
    def placeholder(self) -> str:
        """Its name as a reader writes it, with a word for what is to be named."""
        return f"{self.name}.{'OUTCOME' if self.by_outcome else 'ROW'}" if self.keyed else self.name


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("families", "number", "Families offered the programme in a year", "families", 1, 1_000_000, "100", rule="rule.families"),
    Parameter("take_up", "number", "Share of the families offered it who start", "share", 0, 1, "0.8", rule="rule.take-up"),
    Parameter("cost_per_family", "number", "Cost per family offered, in the price year", "GBP", 0, 10_000_000, "12000", default="the programme's"),
    Parameter("children_per_family", "number", "Children affected per family offered", "children", 0.1, 20, "1.4", default="the programme's"),
    Parameter("horizon", "integer", "Years over which costs and benefits are counted", "years", 1, 125, "10", rule="rule.horizon"),
    Parameter("schedule", "text", "Discount schedule, by its name in parameters.csv; of its editions, the one in force on edition_date", example="green-book", rule="rule.schedule.standard"),
    Parameter("price_year", "integer", "Year whose prices are used", "year", 1990, 2030, "2023", rule="rule.price-year"),
    Parameter("baseline_risk", "number", "Risk without the programme, for one outcome", "share", 0.0001, 0.9999, "0.25", by_outcome=True, default="the tables'"),
    Parameter("assume", "number", "Figure in place of one pathway row of parameters.csv, such as assume.care.return=0.1", "", -1_000_000, 1_000_000, "0.1", by_row=True, default="the table's"),
    Parameter("optimism_bias", "number", "Share added to every cost, for optimism", "share", 0, 5, "0.2", rule="bias.cost"),
    Parameter("half_life", "number", "Years after which half of every benefit is left", "years", 0.1, 1000, "5", default="no fading"),
    Parameter("deadweight", "number", "Share of a benefit that would have come about anyway; only for effects seen without a comparison group", "share", 0, 1, "0.1", default="0"),
    Parameter("payer_share", "number", "Share of the programme's cost that the first payer's own budget bears; others pay the rest", "share", 0, 1, "0.5", default="1"),
    Parameter("set_up_cost", "number", "Cost of setting up, for the whole area, once", "GBP", 0, 1_000_000_000, "50000", default="0"),
    Parameter("set_up_years", "number", "Yearly groups of families who share set-up and first training", "years", 0.5, 50, "5", rule="rule.set-up-years"),
    Parameter("training_cost", "number", "Cost of first training, for the whole area, once", "GBP", 0, 1_000_000_000, "20000", default="0"),
    Parameter("staff_turnover", "number", "Share of staff replaced in a year, whose training is paid again", "share", 0, 5, "0.15", default="0"),
    Parameter("supervision_cost", "number", "Cost of supervision, for the whole area, a year", "GBP", 0, 1_000_000_000, "8000", default="0"),
    Parameter("support_cost", "number", "Cost per family and year of support that goes on after the programme", "GBP", 0, 1_000_000, "400", default="0"),
    Parameter("support_years", "integer", "Years of that support", "years", 0, 125, "2", default="0"),
    Parameter("prior", "text", "Set of priors, by its name in priors.csv", example="default", default="default"),
    Parameter("draws", "integer", "Number of draws, a power of two", "draws", 256, 65536, "4096", power_of_two=True, rule="rule.draws"),
    Parameter("seed", "integer", "Seed of the draws", minimum=0, maximum=2**31 - 1, example="1", rule="rule.seed"),
    Parameter("include_unverified", "boolean", "Let rows that are not yet checked into the headline", example="true", default="false"),
    Parameter("local_prices", "boolean", "Use the area's own published weekly prices where it has them", example="true", default="false"),
    Parameter("edition_date", "date", "Date of the edition", example="2026-01-31", default="the newest row's"),
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
        if spec is not None and spec.keyed and isinstance(value, Mapping):
            pairs += [(f"{name}.{key}", item) for key, item in value.items()]
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
        if spec.keyed:
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
    if spec.by_row and not outcome:
        raise UsageError(f"{name} is set for one row of parameters.csv at a time, for example {name}.ROW={spec.example}")
    if outcome and not spec.keyed:
        raise UsageError(f"{stem} is one figure for the whole briefing; write {stem}={spec.example}")
    if spec.by_outcome and outcomes and outcome not in outcomes:
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
            raise UsageError(f"{name}={value}: must lie between {low:,.10g} and {high:,.10g}{f' ({spec.unit})' if spec.unit else ''}")
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
