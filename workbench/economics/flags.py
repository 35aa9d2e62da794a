"""What a reader must be told beside the money, found from the rows and the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.economics.evaluate import Evaluation, evaluate
from workbench.economics.kernel import Controls, Kernel

UNVERIFIED = "unverified"


def unverified_share(kernel: Kernel, controls: Controls, used: Mapping[str, Sequence[Any]]) -> float:
    """Share of the money, costs and benefits added in absolute mean value, that rests on a row nobody has checked.

    A line counts as a whole if any of the rows that it uses is unverified.
    """
    sizes = {line.pathway_id: _size(kernel, controls, line) for line in (*kernel.benefits, *kernel.costs)}
    total = sum(sizes.values())
    resting = sum(size for pathway, size in sizes.items() if any(row["checked"] == UNVERIFIED for row in used[pathway]))
    return resting / total if total > 0 else 0.0


def _size(kernel: Kernel, controls: Controls, line: Any) -> float:
    """Absolute mean present value of one line alone."""
    is_cost = line in kernel.costs
    alone = Kernel(
        kernel.count, kernel.seed, kernel.currency, kernel.price_year, kernel.theta, kernel.logit_p0,
        () if is_cost else (line,), (line,) if is_cost else (),
    )  # fmt: skip
    result = evaluate(alone, controls)
    amounts = [result.cost, result.budget_cost] if is_cost else [result.benefit, *result.budget_benefit_by.values()]
    return max((float(np.abs(amount.mean)) for amount in amounts if amount is not None), default=0.0)


def sentences(evidence: Any, pathways: Iterable[Any], used: Mapping[str, Sequence[Any]], unvalued: Iterable[tuple[Any, str]],
              evaluation: Evaluation | None) -> tuple[str, ...]:  # fmt: skip
    """The flags, in the order in which they matter."""
    counted = [pathway for pathway in pathways if pathway["pathway_id"] in used]
    rows = list({row.key: row for each in used.values() for row in each}.values())
    found = [pathway["note"] for pathway in counted if pathway["active"] and pathway["note"]]
    found += [reason for _, reason in unvalued]
    found += _unchecked(rows)
    found += [text for row in rows if (text := _price_year(row))]
    found += [f"“{row['name']}” is an upper bound, not an estimate." for row in rows if row.table == "unit_costs" and row["ceiling"]]
    found += _own_figures(evidence, evaluation, counted)
    return tuple(dict.fromkeys(found))


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
