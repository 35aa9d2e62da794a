"""A reader's settings, checked all at once, with the tables' defaults for what is not set."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.economics.discounting import annual_rates, bands_in_force
from workbench.economics.controls import Controls
from workbench.economics.kernel import DISCOUNT_GROUPS
from workbench.errors import AnalysisError, UsageError, nearest

# setting -> kind, lowest, highest; the rule row of parameters.csv that holds its default, if it has one
_SETTINGS: dict[str, tuple[str, float, float, str | None]] = {
    "families": ("number", 0, np.inf, "rule.families"),
    "take_up": ("number", 0, 1, "rule.take-up"),
    "cost_per_family": ("number", 0, np.inf, None),
    "children_per_family": ("number", 0, np.inf, None),
    "horizon": ("integer", 1, 300, "rule.horizon"),
    "schedule": ("text", 0, 0, "rule.schedule.standard"),
    "price_year": ("integer", 1900, 2200, "rule.price-year"),
    "count": ("integer", 2, 2**20, "rule.draws"),
    "seed": ("integer", 0, 2**63, "rule.seed"),
    "optimism_bias": ("number", 0, np.inf, "bias.cost"),
    "half_life": ("positive", 0, np.inf, None),
    "deadweight": ("number", 0, 1, None),
    "payer_share": ("number", 0, 1, None),
    "set_up_cost": ("number", 0, np.inf, None),
    "set_up_years": ("positive", 0, np.inf, "rule.set-up-years"),
    "training_cost": ("number", 0, np.inf, None),
    "staff_turnover": ("number", 0, np.inf, None),
    "supervision_cost": ("number", 0, np.inf, None),
    "support_cost": ("number", 0, np.inf, None),
    "support_years": ("integer", 0, 300, None),
    "baseline_risk": ("risks", 0, 1, None),
    "assume": ("assumptions", 0, 0, None),
    "edition_date": ("date", 0, 0, None),
}
# settings that are controls of the same name, and neutral unless set
_ADDED = (
    "cost_per_family", "half_life", "deadweight", "payer_share", "set_up_cost", "training_cost", "staff_turnover", "supervision_cost",
    "support_cost", "support_years",
)  # fmt: skip
#: Costs that come on top of a programme's own.
ADDED_COSTS = ("set_up_cost", "training_cost", "supervision_cost", "support_cost")
_KINDS = {"number": "a number", "positive": "a number", "integer": "a whole number", "text": "a name", "risks": "a mapping of outcome to risk", "date": "a date",
          "assumptions": "a mapping of parameter_id to figure"}  # fmt: skip


def check_settings(evidence: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are set, typed.

    Parameters
    ----------
    evidence : EvidenceBase
        Knows the discount schedules and outcomes that exist.
    settings : mapping
        None means not set.

    Raises
    ------
    UsageError
        Naming every unknown setting (with the nearest one), wrong type and value out of range at once.
    """
    problems: list[str] = []
    checked = {}
    for name, value in settings.items():
        if name not in _SETTINGS:
            problems.append(f"there is no setting {name!r}; {nearest(name, _SETTINGS) or 'there are ' + ', '.join(_SETTINGS)}")
        elif value is not None:
            found = _problems(name, value) or _unknown(evidence, name, value)
            problems += found
            if not found:
                checked[name] = datetime.date.fromisoformat(value) if name == "edition_date" and isinstance(value, str) else value
    if problems:
        raise UsageError("\n".join(problems))
    return checked


def _problems(name: str, value: Any) -> list[str]:
    kind, low, high, _ = _SETTINGS[name]
    if kind == "risks":
        if not isinstance(value, Mapping):
            return [f"{name} = {value!r}: must be {_KINDS[kind]}, for example {{'reunification': 0.2}}"]
        wrong = [key for key, risk in value.items() if not (_is_number(risk) and 0 < risk < 1)]
        return [f"{name}.{key} = {value[key]!r}: must be a number between 0 and 1" for key in wrong]
    if kind == "assumptions":
        if not isinstance(value, Mapping):
            return [f"{name} = {value!r}: must be {_KINDS[kind]}, for example {{'share': 0.1}}"]
        return [f"{name}.{key} = {figure!r}: must be a number" for key, figure in value.items() if not _is_number(figure)]
    if kind == "text":
        return [] if isinstance(value, str) else [f"{name} = {value!r}: must be {_KINDS[kind]}"]
    if kind == "date":
        return [] if isinstance(value, datetime.date) or _is_date(value) else [f"{name} = {value!r}: must be {_KINDS[kind]} such as 2026-01-31"]
    if not _is_number(value) or (kind == "integer" and int(value) != value):
        return [f"{name} = {value!r}: must be {_KINDS[kind]}"]
    if kind == "positive" and value <= low:
        return [f"{name} = {value}: must be more than {low:g}"]
    if not low <= value <= high:
        return [f"{name} = {value}: must be {low:g} or more" + ("" if np.isinf(high) else f" and {high:g} or less")]
    return []


def _unknown(evidence: Any, name: str, value: Any) -> list[str]:
    """Names within a setting that the tables do not know."""
    if name == "schedule":
        known = {row["schedule"] for row in evidence["parameters"] if row["group"] == "discount"}
        return [] if value in known else [f"there is no discount schedule {value!r}; {nearest(value, known) or 'there are ' + ', '.join(sorted(known))}"]
    if name == "baseline_risk":
        known = {row[column] for row in evidence["outcomes"] for column in ("construct", "outcome_id")}
        return [f"{name}.{key}: there is no such outcome; {nearest(key, known) or 'see outcomes.csv'}" for key in value if key not in known]
    return assumption_problems(evidence, value) if name == "assume" else []


def assumption_problems(evidence: Any, assumed: Mapping[str, float]) -> list[str]:
    """What is wrong with figures in place of those of ``parameters.csv``: no such pathway parameter, or not a share or a duration."""
    known = {row["parameter_id"]: row for row in evidence["parameters"].where(group="pathway")}
    problems = [f"assume.{key}: there is no such pathway parameter; {nearest(key, known) or 'there are ' + ', '.join(known)}" for key in assumed if key not in known]
    for key, figure in assumed.items():
        unit = known[key]["unit"] if key in known else None
        if unit == "share" and not 0 <= figure <= 1:
            problems.append(f"assume.{key} = {figure:g}: must be a share between 0 and 1")
        elif unit == "years" and figure < 0:
            problems.append(f"assume.{key} = {figure:g}: must be 0 years or more")
    return problems


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _is_date(value: Any) -> bool:
    try:
        datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def default(evidence: Any, rule: str, column: str = "value") -> Any:
    """A default from its rule row of ``parameters.csv``.

    Raises
    ------
    AnalysisError
        If there is no such row, or it does not fill the column.
    """
    row = evidence["parameters"].get(rule)
    if row is None or row[column] is None:
        raise AnalysisError(f"evidence/parameters.csv: row {rule!r} with its {column!r} is needed for a default; add it, or set the value yourself")
    return row[column]


def setting(evidence: Any, settings: Mapping[str, Any], name: str) -> Any:
    """What the reader set, or the table's default."""
    if name in settings:
        value = settings[name]
    else:
        rule = _SETTINGS[name][3]
        value = default(evidence, str(rule), "schedule" if _SETTINGS[name][0] == "text" else "value")
    return int(value) if _SETTINGS[name][0] == "integer" else value


def controls_from(evidence: Any, settings: Mapping[str, Any], children_per_family: float | None, risks: Mapping[str, float]) -> Controls:
    """Build the controls.

    Parameters
    ----------
    evidence : EvidenceBase
    settings : mapping
        As `check_settings` returns them.
    children_per_family : float or None
        The programme's own figure.
    risks : mapping of construct to float
        The reader's risks without the programme.
    """
    horizon = setting(evidence, settings, "horizon")
    children = settings.get("children_per_family", children_per_family)
    return Controls(
        families=float(setting(evidence, settings, "families")),
        take_up=float(setting(evidence, settings, "take_up")),
        children_per_family=float(default(evidence, "rule.children-per-family") if children is None else children),
        horizon=horizon,
        schedule=schedules(evidence, settings, horizon),
        optimism_bias=float(setting(evidence, settings, "optimism_bias")),
        set_up_years=float(setting(evidence, settings, "set_up_years")),
        baseline_risk=risks,
        **{name: settings[name] for name in _ADDED if name in settings},
    )


def schedules(evidence: Any, settings: Mapping[str, Any], horizon: int) -> np.ndarray:
    """Annual rates of the standard and the health schedule in force on the edition's date, shape (2, years).

    They reach as far as both schedules are laid down, so that a reader may lengthen the horizon later.
    """
    bands = schedule_bands(evidence, settings)
    ends = [max(row["year_from"] if row["year_to"] is None else row["year_to"] for row in rows) for rows in bands.values()]
    years = max(horizon, int(min(ends)) + 1)
    return np.vstack([annual_rates(rows, rows[0]["schedule"], years) for rows in bands.values()])


def schedule_bands(evidence: Any, settings: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Rows of the schedule of each discount group in force on the edition's date."""
    names = {group: default(evidence, f"rule.schedule.{group}", "schedule") for group in DISCOUNT_GROUPS}
    names["standard"] = setting(evidence, settings, "schedule")
    on = settings.get("edition_date") or getattr(evidence, "edition_date", None)
    return {group: bands_in_force(evidence["parameters"], names[group], on) for group in DISCOUNT_GROUPS}


def risks_by_construct(evidence: Any, risks: Mapping[str, float], constructs: Iterable[str]) -> dict[str, float]:
    """Turn the reader's risks, by outcome or construct, into risks by construct; a construct's own figure comes first."""
    outcome = {row["construct"]: row["outcome_id"] for row in evidence["outcomes"]}
    named = {construct: construct if construct in risks else outcome.get(construct) for construct in constructs}
    return {construct: risks[name] for construct, name in named.items() if name in risks}
