"""What drives the answer: each input at the ends of its range, and pairs of inputs at which the answer turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.economics.controls import Controls
from workbench.economics.decision.inputs import Input, fix, kernel_inputs
from workbench.economics.evaluate import evaluate
from workbench.economics.kernel import Kernel
from workbench.economics.summaries import LEVELS
from workbench.errors import AnalysisError, UsageError, nearest

if TYPE_CHECKING:
    import pandas

CONTROL = "controls"
_CLOSE = 1e-12  # a threshold is found to this share of its range


@dataclass(frozen=True, eq=False)
class Range:
    """A control to vary: the controls at either end, with what a reader is told of them.

    Attributes
    ----------
    name, label : str
    low, high : float or None
        Ends in the control's own unit; None where the end is the control switched off.
    at_low, at_high : tuple of (Kernel, Controls)
    row : str or None
        Row that holds the range.
    unit : str
    """

    name: str
    label: str
    low: float | None
    high: float | None
    at_low: tuple[Kernel, Controls]
    at_high: tuple[Kernel, Controls]
    row: str | None = None
    unit: str = ""


@dataclass(frozen=True)
class Bar:
    """One input of the tornado.

    Attributes
    ----------
    name, label, group : str
        ``controls`` is the group of what a reader chooses; the others are those of the inputs.
    low, high : float or None
        Ends of its range: 2.5 % and 97.5 % quantiles for an uncertain input.
    npv_low, npv_high : float
        Mean net present value at each end.
    row : str or None
    unit : str
    """

    name: str
    label: str
    group: str
    low: float | None
    high: float | None
    npv_low: float
    npv_high: float
    row: str | None = None
    unit: str = ""

    @property
    def swing(self) -> float:
        """Distance between the two means."""
        return abs(self.npv_high - self.npv_low)

    @property
    def turns(self) -> bool:
        """Whether the mean net present value changes sign between the ends."""
        return min(self.npv_low, self.npv_high) < 0 < max(self.npv_low, self.npv_high)


@dataclass(frozen=True)
class Tornado:
    """Every input's bar, the widest first.

    Attributes
    ----------
    base : float
        Mean net present value per family.
    bars : tuple of Bar
    """

    base: float
    bars: tuple[Bar, ...]

    def frame(self) -> pandas.DataFrame:
        """The bars as a data frame."""
        import pandas

        columns = ["group", "low", "high", "npv_low", "npv_high", "swing"]
        return pandas.DataFrame([[getattr(bar, name) for name in columns] for bar in self.bars], index=[bar.name for bar in self.bars], columns=columns)

    def __repr__(self) -> str:
        widest = ", ".join(f"{bar.name} {bar.npv_low:,.0f} to {bar.npv_high:,.0f}" for bar in self.bars[:3])
        return f"Tornado(mean NPV {self.base:,.0f}; widest of {len(self.bars)}: {widest})"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(float_format='{:,.4g}'.format, na_rep='')}"


def mean_npv(kernel: Kernel, controls: Controls) -> float:
    """Mean net present value per family.

    Raises
    ------
    AnalysisError
        If there is none.
    """
    found = evaluate(kernel, controls).npv
    if found is None:
        raise AnalysisError("there is no net present value: the kernel lacks a cost or a benefit in money")
    return found.mean


def tornado(kernel: Kernel, controls: Controls, inputs: Sequence[Input] | None = None, ranges: Sequence[Range] = ()) -> Tornado:
    """Mean net present value with one input at a time at the ends of its range.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls
    inputs : sequence of Input, optional
        Of this kernel; all its varying arrays unless given.
    ranges : sequence of Range
        Controls to vary as well.

    Returns
    -------
    Tornado
        Without what makes no difference.

    Notes
    -----
    The kernel is evaluated anew with the input at its 2.5 % and at its 97.5 % quantile in every draw and all else as drawn. Inputs
    have points of their own, so that they are independent and this is the mean given the input, without the error of a regression;
    for effects that one model drew together it is the mean with the others left as they are.
    """
    found = kernel_inputs(kernel, controls) if inputs is None else inputs
    bars = []
    for item in found:
        low, high = np.quantile(item.draws, LEVELS)
        ends = [mean_npv(fix(kernel, item, value), controls) for value in (low, high)]
        bars.append(Bar(item.name, item.label, item.group, float(low), float(high), *ends, item.row, item.unit))
    for each in ranges:
        bars.append(Bar(each.name, each.label, CONTROL, each.low, each.high, mean_npv(*each.at_low), mean_npv(*each.at_high), each.row, each.unit))
    return Tornado(mean_npv(kernel, controls), tuple(sorted((bar for bar in bars if bar.swing > 0), key=lambda bar: (-bar.swing, bar.name))))


@dataclass(frozen=True)
class ThresholdCurve:
    """Pairs of two quantities at which the mean net present value is zero.

    Attributes
    ----------
    first, second : str
    points : tuple of (float, float or None)
        A value of the first, and that of the second which makes the mean zero; None where none in its range does.
    """

    first: str
    second: str
    points: tuple[tuple[float, float | None], ...]

    def frame(self) -> pandas.DataFrame:
        """The pairs as a data frame."""
        import pandas

        return pandas.DataFrame(self.points, columns=[self.first, self.second], dtype=float)

    def __repr__(self) -> str:
        inside = [second for _, second in self.points if second is not None]
        return f"ThresholdCurve({self.second} at which {self.first} breaks even: {len(inside)} of {len(self.points)} points)"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(na_rep='')}"


def threshold_curve(
    kernel: Kernel, controls: Controls, first: Input | str, values: Sequence[float], second: Input | str, ends: tuple[float, float]
) -> ThresholdCurve:
    """Trace the pairs of two quantities at which the mean net present value is zero.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls
    first, second : Input or str
        An input of the kernel, or the name of a control such as ``cost_per_family``.
    values : sequence of float
        Values of the first.
    ends : (float, float)
        Between which the second is sought (Brent's method; one point, where there are several).

    Raises
    ------
    UsageError
        If there is no such control, or the ends are not in order.
    """
    if not ends[0] < ends[1]:
        raise UsageError(f"ends = {ends}: the lower end must come first")
    set_first, set_second = _setter(first), _setter(second)
    points = []
    for value in values:
        start = set_first(kernel, controls, value)
        points.append((float(value), _root(lambda x: mean_npv(*set_second(*start, x)), float(ends[0]), float(ends[1]))))  # noqa: B023
    return ThresholdCurve(_named(first), _named(second), tuple(points))


def _root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """A root between two points; None unless the sign changes between them."""
    from scipy.optimize import brentq

    at_low, at_high = function(low), function(high)
    if at_low == 0 or at_high == 0:
        return low if at_low == 0 else high
    return None if (at_low > 0) == (at_high > 0) else float(brentq(function, low, high, xtol=_CLOSE * (high - low)))


def _named(item: Input | str) -> str:
    return item if isinstance(item, str) else item.name


def _setter(item: Input | str) -> Callable[[Kernel, Controls, Any], tuple[Kernel, Controls]]:
    if isinstance(item, Input):
        return lambda kernel, controls, value: (fix(kernel, item, value), controls)
    if item not in Controls.__dataclass_fields__:
        raise UsageError(f"there is no control {item!r}; {nearest(item, Controls.__dataclass_fields__)}".rstrip("; "))
    return lambda kernel, controls, value: (kernel, replace(controls, **{item: value}))
