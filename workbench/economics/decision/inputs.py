"""The uncertain inputs of a kernel: their draws, where each acts, and the kernel with one of them fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, logit

from workbench.draws import registered, uniforms
from workbench.economics.controls import Controls
from workbench.economics.distributions import is_uncertain, quantiles
from workbench.economics.kernel import Kernel
from workbench.errors import AnalysisError

GROUPS = ("effects", "baselines", "prices", "shares", "durations", "costs")
_ARRAYS = {"value": "prices", "years": "durations", "lost": "shares", "cashable": "shares"}
_SAME = 1e-5  # a line's value is kept in single precision, its factors are not


@dataclass(frozen=True, eq=False)
class Place:
    """Where an input acts: one array of one line, which is `rest` times the input.

    Attributes
    ----------
    pathway_id : str
    array : {"value", "years", "lost", "cashable"}
    rest : ndarray, shape (n,), or float
    """

    pathway_id: str
    array: str
    rest: np.ndarray | float = 1.0


@dataclass(frozen=True, eq=False)
class Input:
    """One uncertain input.

    Attributes
    ----------
    name : str
        ``<group>/<key>``.
    label : str
        In words, from the tables where there are any.
    group : str
        One of `GROUPS`.
    draws : ndarray, shape (n,)
        Effects as log odds ratios in printed direction, baselines as risks, the rest in their own units.
    construct : str or None
        For effects and baselines.
    places : tuple of Place
        For all others.
    row : str or None
        ``<table>/<key>`` of the row that holds the figure.
    unit : str
    """

    name: str
    label: str
    group: str
    draws: np.ndarray
    construct: str | None = None
    places: tuple[Place, ...] = ()
    row: str | None = None
    unit: str = ""

    def __repr__(self) -> str:
        low, middle, high = np.quantile(self.draws, [0.025, 0.5, 0.975])
        return f"Input({self.name}: {middle:.4g}, 95 % {low:.4g} to {high:.4g})"


def kernel_inputs(kernel: Kernel, controls: Controls | None = None) -> tuple[Input, ...]:
    """Every array of a kernel that varies from draw to draw, as an input of its own.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls, optional
        A risk or a cost that a reader set is no input any more.
    """
    found = _risks(kernel, controls)
    for line, arrays, group in _lines(kernel, controls):
        for array in arrays:
            values = getattr(line, array)
            if values is not None:
                kind = "costs" if group == "costs" and array == "value" else _ARRAYS[array]
                found.append(Input(f"{kind}/{line.pathway_id}.{array}", f"{line.name}: {array}", kind, values, places=(Place(line.pathway_id, array),)))
    return tuple(each for each in found if _varies(each.draws))


def appraisal_inputs(evidence: Any, appraisal: Any) -> tuple[Input, ...]:
    """Every uncertain input of an appraisal, by the tables' own rows: prices, shares and quantities stand apart.

    Parameters
    ----------
    evidence : EvidenceBase
    appraisal : Appraisal

    Returns
    -------
    tuple of Input
        A row on which several pathways rest is one input. A price varies with its distribution, its price year and its deflators
        together.

    Raises
    ------
    AnalysisError
        If a line's value is not the product of the figures that its pathway names.
    """
    kernel, controls = appraisal.kernel, appraisal.controls
    found = _risks(kernel, controls, evidence)
    merged: dict[str, Input] = {}
    for line, arrays, group in _lines(kernel, controls):
        for part in _parts(evidence, appraisal, line, arrays, group):
            known = merged.get(part.name)
            merged[part.name] = part if known is None else replace(known, places=(*known.places, *part.places))
    return (*(each for each in found if _varies(each.draws)), *(merged[name] for name in sorted(merged, key=_order)))


def _order(name: str) -> tuple[int, str]:
    return GROUPS.index(name.split("/")[0]), name


def _varies(draws: np.ndarray) -> bool:
    return bool(np.ptp(draws) > 0)


def _risks(kernel: Kernel, controls: Controls | None, evidence: Any = None) -> list[Input]:
    """Effects and risks without the programme."""
    own = controls.baseline_risk if controls is not None else {}
    labels = {name: evidence["outcomes"][name]["name"] for name in kernel.theta} if evidence is not None else {}
    effects = [Input(f"effects/{name}", labels.get(name, name), "effects", theta, construct=name) for name, theta in kernel.theta.items()]
    bases = [(name, expit(values)) for name, values in kernel.logit_p0.items() if name not in own]
    return effects + [Input(f"baselines/{name}", labels.get(name, name), "baselines", risk, construct=name) for name, risk in bases]


def _lines(kernel: Kernel, controls: Controls | None) -> list[tuple[Any, tuple[str, ...], str]]:
    """Lines of society's total, with the arrays that may vary; costs only where the reader gave none."""
    found = [(line, ("value", "years", "lost", "cashable"), "prices") for line in kernel.benefits if line.societal]
    if controls is None or controls.cost_per_family is None:
        found += [(line, ("value", "years"), "costs") for line in kernel.costs if line.societal]
    return found


_COLUMNS = {"share_id": ("value", "shares"), "quantity_id": ("value", "shares"), "duration_id": ("years", "durations"), "decay_id": ("lost", "shares"),
            "cashable_id": ("cashable", "shares")}  # fmt: skip


def _parts(evidence: Any, appraisal: Any, line: Any, arrays: tuple[str, ...], group: str) -> list[Input]:
    """The inputs of one line, each where it acts in it."""
    pathway = evidence["pathways"][line.pathway_id]
    priced = {(each.row.table, each.row.key): each for each in (*appraisal.costs, *appraisal.prices)}
    price = next(priced[row.table, row.key] for row in appraisal.used[line.pathway_id] if (row.table, row.key) in priced)
    factors = [Input(f"{group}/{price.row.key}", price.row["name"], group, price.draws, row=f"{price.row.table}/{price.row.key}", unit=price.row["unit"])]
    parts = []
    for name, (array, kind) in _COLUMNS.items():
        key = pathway[name]
        if key is None or array not in arrays:
            continue
        row = evidence["parameters"][key]
        item = Input(f"{kind}/{key}", row["name"], kind, _quantity(evidence, appraisal.kernel, row), row=f"parameters/{key}", unit=row["unit"])
        if array == "value":
            factors.append(item)
        elif is_uncertain(row):
            parts.append(replace(item, places=(Place(line.pathway_id, array),)))
    return parts + _factors(line, factors)


def _quantity(evidence: Any, kernel: Kernel, row: Mapping[str, Any]) -> np.ndarray:
    """A parameter's draws at its own points, as the kernel took them."""
    name = f"parameter/{row['parameter_id']}"
    return quantiles(row, uniforms([name], kernel.count, kernel.seed, registered(evidence))[:, 0])


def _factors(line: Any, factors: Sequence[Input]) -> list[Input]:
    """Take a line's value apart into its factors, each with the rest of the product."""
    draws = [np.broadcast_to(item.draws, line.value.shape) for item in factors]
    product = np.prod(draws, axis=0)
    at = int(np.abs(product).argmax())
    scale = line.value[at] / product[at] if product[at] != 0 else 0.0
    if not np.allclose(scale * product, line.value, rtol=_SAME, atol=_SAME * np.abs(line.value).max()):
        names = ", ".join(item.name for item in factors)
        raise AnalysisError(f"pathway {line.pathway_id!r}: its value is not the product of {names}; take the kernel's own inputs instead")
    found = []
    for index, item in enumerate(factors):
        rest = scale * np.prod([each for other, each in enumerate(draws) if other != index] or [np.ones(line.value.shape)], axis=0)
        if _varies(draws[index]):
            found.append(replace(item, draws=draws[index], places=(Place(line.pathway_id, "value", rest),)))
    return found


def fix(kernel: Kernel, item: Input, value: float | np.ndarray) -> Kernel:
    """Return the kernel with one input at one value in every draw, all others as drawn.

    Parameters
    ----------
    kernel : Kernel
    item : Input
        Of this kernel.
    value : float or ndarray, shape (n,)
        In the units of the input's draws.
    """
    if item.group == "effects":
        return replace(kernel, theta={**kernel.theta, item.construct: np.full(kernel.count, 1.0) * value})
    if item.group == "baselines":
        return replace(kernel, logit_p0={**kernel.logit_p0, item.construct: np.full(kernel.count, 1.0) * logit(value)})
    return replace(kernel, benefits=_placed(kernel.benefits, item, value), costs=_placed(kernel.costs, item, value))


def _placed(lines: Iterable[Any], item: Input, value: float | np.ndarray) -> tuple[Any, ...]:
    found = []
    for line in lines:
        arrays = {place.array: place.rest * np.full(len(line.value), 1.0) * value for place in item.places if place.pathway_id == line.pathway_id}
        found.append(replace(line, **arrays) if arrays else line)
    return tuple(found)
