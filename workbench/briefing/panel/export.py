"""A kernel as the page carries it: single-precision arrays, each written once, and a description that points at them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.errors import AnalysisError

_BENEFIT = (
    "construct", "per_child", "value", "years", "onset_years", "lost", "lost_years", "cashable", "cash_class", "payer", "discount", "societal", "budget", "controlled",
)  # fmt: skip
_COST = ("payer", "value", "years", "societal", "budget")
_YARDSTICK = ("unit_value", "effect")


@dataclass
class Pool:
    """Arrays in one block; asking for equal arrays again gives the same place."""

    _blocks: list[bytes] = field(default_factory=list)
    _places: dict[bytes, int] = field(default_factory=dict)
    _size: int = 0

    def keep(self, array: Any) -> Any:
        """Return what stands for an array: its one value where it does not vary, else its place.

        Raises
        ------
        AnalysisError
            If single precision cannot hold a value: the page would then work with another kernel than the briefing.
        """
        values = np.asarray(array, dtype=float)
        single = values.astype("<f4")
        if not np.array_equal(single.astype(float), values):
            raise AnalysisError("the page carries single precision, and this kernel holds more; use Kernel.single()")
        if values.size and np.all(values == values[0]):
            return float(values[0])
        content = single.tobytes()
        if content not in self._places:
            self._places[content] = self._size
            self._blocks.append(content)
            self._size += single.size
        return {"start": self._places[content], "size": int(single.size)}

    def text(self) -> str:
        """The block as base64."""
        return base64.b64encode(b"".join(self._blocks)).decode()


def described(kernel: Any, pool: Pool) -> dict[str, Any]:
    """Describe a kernel with the names of its own attributes, its arrays in a pool."""
    return {
        "budget_holders": list(kernel.budget_holders),
        "theta": _kept(kernel.theta, pool),
        "logit_p0": _kept(kernel.logit_p0, pool),
        "benefits": [_line(line, _BENEFIT, pool) for line in kernel.benefits],
        "costs": [_line(line, _COST, pool) for line in kernel.costs],
        "yardsticks": [_line(line, _YARDSTICK, pool) for line in kernel.yardsticks],
    }


def _kept(arrays: Mapping[str, Any], pool: Pool) -> dict[str, Any]:
    return {name: pool.keep(values) for name, values in arrays.items()}


def _line(line: Any, names: tuple[str, ...], pool: Pool) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in names}
    return {name: pool.keep(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}
