"""Named scenarios of ``scenarios.csv``: what the answer would be at zero and at twice a judgement, or under others' corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from workbench.economics.distributions import central
from workbench.economics.evaluate import evaluate
from workbench.economics.evaluation import Evaluation
from workbench.economics.printing import scenarios_html

PARAMETER, BENEFIT, COST = "parameter", "benefit", "cost"


@dataclass(frozen=True, eq=False)
class Scenario:
    """One scenario, worked out.

    Attributes
    ----------
    row : Row
        Of ``scenarios.csv``.
    parameter : Row
        Of ``parameters.csv``: what is set.
    value : float
        What it is set to.
    evaluation : Evaluation
    """

    row: Any
    parameter: Any
    value: float
    evaluation: Evaluation

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.row["name"]

    def __repr__(self) -> str:
        return f"Scenario({self.row.key}: {self.parameter.key} = {self.value:g}; {self.evaluation!r})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.name)}: <code>{escape(repr(self.evaluation))}</code></p>"


@dataclass(frozen=True, eq=False)
class Scenarios(Sequence):
    """Scenarios in the order of their table, beside the evaluation that they vary."""

    base: Evaluation
    each: tuple[Scenario, ...]

    def __getitem__(self, place: Any) -> Any:
        return self.each[place]

    def __len__(self) -> int:
        return len(self.each)

    def __repr__(self) -> str:
        return f"Scenarios({', '.join(item.row.key for item in self.each) or 'none'})"

    def _repr_html_(self) -> str:
        return scenarios_html(self.base, self.each) if self.each else f"<p><code>{escape(repr(self))}</code></p>"


def scenarios(appraisal: Any) -> tuple[Scenario, ...]:
    """Work out every scenario that acts on an appraisal, one at a time: they are never stacked.

    Parameters
    ----------
    appraisal : Appraisal

    Returns
    -------
    tuple of Scenario
        In the order of the table; empty where the workspace has none, or nothing is valued.
    """
    source = appraisal.source
    if source is None or "scenarios" not in source.evidence.tables or not appraisal.evaluation.valued:
        return ()
    used = {row.key for rows in appraisal.used.values() for row in rows if row.table == "parameters"}
    found = []
    for row in source.evidence["scenarios"]:
        parameter = source.evidence["parameters"][row["parameter_id"]]
        if row["acts_on"] != PARAMETER or parameter.key in used:
            value = scenario_value(row, parameter)
            found.append(Scenario(row, parameter, value, _evaluation(appraisal, row["acts_on"], parameter, value)))
    return tuple(found)


def scenario_value(row: Any, parameter: Any) -> float:
    """What a scenario sets its parameter to; a share stays within 1."""
    figure = row["figure"]
    if figure == "zero":
        return 0.0
    if figure == "twice":
        twice = 2 * central(parameter)
        return min(twice, 1.0) if parameter["unit"] == "share" else twice
    return float(parameter[figure])


def _evaluation(appraisal: Any, acts_on: str, parameter: Any, value: float) -> Evaluation:
    if acts_on == PARAMETER:
        return appraisal.again(assume={**appraisal.source.settings.get("assume", {}), parameter.key: value}).evaluation
    if acts_on == COST:
        return appraisal.with_controls(optimism_bias=value)
    lines = tuple(replace(line, value=(1 + value) * line.value) for line in appraisal.kernel.benefits)
    return evaluate(replace(appraisal.kernel, benefits=lines), appraisal.controls)
