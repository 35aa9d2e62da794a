"""What a reader must be told beside the money, found from the rows and the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.economics.evaluation import Evaluation
from workbench.economics.flows import added_costs, benefit_flow, cost_flow, flow_size, logit_baselines, risk_differences
from workbench.economics.controls import Controls
from workbench.economics.kernel import Kernel

UNVERIFIED = "unverified"


def unverified_share(kernel: Kernel, controls: Controls, used: Mapping[str, Sequence[Any]]) -> float:
    """Share of the money, costs and benefits added in absolute mean value, that rests on a row nobody has checked.

    A line counts as a whole if any of the rows that it uses is unverified; what a reader set rests on no row.
    """
    sizes = {line.pathway_id: flow_size(benefit_flow(line, controls, _differences(kernel, controls))) for line in kernel.benefits}
    own = [] if controls.cost_per_family is None else [controls.cost_per_family]
    if not own:
        sizes |= {line.pathway_id: flow_size(cost_flow(line, controls)) for line in kernel.costs}
    own += [amount * float(weights.sum()) for amount, weights in added_costs(controls)]
    total = sum(sizes.values()) + (1 + controls.optimism_bias) * sum(own)
    resting = sum(size for pathway, size in sizes.items() if any(row["checked"] == UNVERIFIED for row in used[pathway]))
    return resting / total if total > 0 else 0.0


def _differences(kernel: Kernel, controls: Controls) -> Mapping[str, np.ndarray]:
    return risk_differences(kernel, logit_baselines(kernel, controls))


def sentences(evidence: Any, pathways: Iterable[Any], used: Mapping[str, Sequence[Any]], unvalued: Iterable[tuple[Any, str]],
              evaluation: Evaluation | None, assumed: Mapping[str, float] | None = None) -> tuple[str, ...]:  # fmt: skip
    """The flags, in the order in which they matter."""
    counted = [pathway for pathway in pathways if pathway["pathway_id"] in used]
    rows = list({row.key: row for each in used.values() for row in each}.values())
    own = [row for row in rows if row.key in (assumed or {})]
    found = [pathway["note"] for pathway in counted if pathway["active"] and pathway["note"]]
    found += [reason for _, reason in unvalued]
    found += _unchecked(row for row in rows if row not in own)
    found += [text for row in rows if (text := _price_year(row))]
    found += [f"“{row['name']}” is an upper bound, not an estimate." for row in rows if row.table == "unit_costs" and row["ceiling"]]
    found += [f"“{row['name']}” is the reader's own figure, {assumed[row.key]:g}, in place of the table's." for row in own]
    found += _own_figures(evidence, evaluation, counted) + _own_controls(evaluation)
    return tuple(dict.fromkeys(found))


def _own_controls(evaluation: Evaluation | None) -> list[str]:
    """What a reader set that is neutral otherwise."""
    if evaluation is None:
        return []
    own, found = evaluation.controls, []
    if own.half_life is not None:
        found.append(f"The reader lets every benefit fade by half in {own.half_life:g} years.")
    if own.deadweight > 0:
        found.append(f"The reader takes {100 * own.deadweight:g} per cent off effects seen without a comparison group, for what would have happened anyway.")
    if own.payer_share < 1:
        found.append(f"In the payer's budget the first payer bears {100 * own.payer_share:g} per cent of the programme's cost, as the reader set; other funders bear the rest.")
    if added_costs(own):
        found.append("The reader added costs of setting up, training, supervision or later support to the programme's own.")
    return found


def _unchecked(rows: Iterable[Any]) -> list[str]:
    """Which figures nobody has checked; the share of the money that rests on them is a figure of its own."""
    names = [f"“{row['name']}”" for row in rows if row["checked"] == UNVERIFIED]
    return [f"Remembered or judged, and not checked: {', '.join(names)}."] if names else []


def _price_year(row: Any) -> str | None:
    basis = row.get("price_year_basis")
    if basis == "publication_year":
        return f"“{row['name']}” states no price year; its year of publication, {row['price_year']}, is used."
    if basis == "note_range":
        return f"“{row['name']}” states no price year that could be checked; it is drawn from {row['price_year_low']:g} to {row['price_year_high']:g}."
    return None


def _own_figures(evidence: Any, evaluation: Evaluation | None, pathways: Iterable[Any]) -> list[str]:
    """What follows from a reader's own cost, and what optimism bias was or was not added."""
    if evaluation is None:
        return []
    found = []
    if evaluation.controls.cost_per_family is not None:
        replaced = [f"“{pathway['name']}”" for pathway in pathways if pathway["active"] and pathway["kind"] == "cost"]
        found.append("The cost per family is the reader's own figure" + (f", in place of {' and '.join(replaced)}." if replaced else "."))
    row = evidence["parameters"].get("bias.cost")
    if evaluation.controls.optimism_bias == 0 and row is not None and row["high"] is not None:
        found.append(f"Nothing is added to the cost for optimism; the range to try is {100 * row['low']:.0f} to {100 * row['high']:.0f} per cent.")
    return found
