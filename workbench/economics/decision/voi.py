"""The value of information about a programme: of everything, of each input, of groups, and of knowing one's own place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.economics.controls import Controls
from workbench.economics.decision.averaging import averaged_kernel, drawn, raw_centre
from workbench.economics.decision.inputs import GROUPS, Input
from workbench.economics.evaluate import evaluate
from workbench.economics.information import Estimate, evpi_with_error, evppi_with_error, over_sets
from workbench.economics.kernel import Kernel
from workbench.errors import AnalysisError

if TYPE_CHECKING:
    import pandas

EFFECTS = "effects"


@dataclass(frozen=True, eq=False)
class DrawSet:
    """One set of draws, ready for questions about information.

    Attributes
    ----------
    kernel : Kernel
        As appraised; its effects are those of one new place in each draw.
    controls : Controls
    draws : mapping of construct to Draws
    inputs : tuple of Input
    net_benefit : ndarray, shape (n,)
        Per family, averaged over places given each draw's average effect and spread.
    local : ndarray, shape (n,)
        Per family, in the one place drawn.
    """

    kernel: Kernel
    controls: Controls
    draws: Any
    inputs: tuple[Input, ...]
    net_benefit: np.ndarray
    local: np.ndarray

    def columns(self, item: Input) -> np.ndarray:
        """Draws of what a study of an input would settle, shape (n, p): for an effect its average and spread, not one place's."""
        if item.group != EFFECTS:
            return item.draws[:, None]
        found = drawn(self.draws, str(item.construct))
        return np.column_stack([raw_centre(found), found.tau])


def draw_set(kernel: Kernel, controls: Controls, draws: Any, inputs: Sequence[Input]) -> DrawSet:
    """Prepare one set of draws.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls
    draws : mapping of construct to Draws
        Those that made the kernel's effects.
    inputs : sequence of Input
        Of this kernel.

    Raises
    ------
    AnalysisError
        If there is no net present value.
    """
    from scipy.special import logit

    own = {name: np.full(kernel.count, logit(risk)) for name, risk in controls.baseline_risk.items() if name in kernel.theta}
    averaged, local = (evaluate(each, controls).npv for each in (averaged_kernel(kernel, draws, own), kernel))
    if averaged is None or local is None:
        raise AnalysisError("there is no net present value, so that no information about it has a value in money")
    return DrawSet(kernel, controls, draws, tuple(inputs), averaged.draws, local.draws)


@dataclass(frozen=True)
class Known:
    """The value of knowing one input, or a group of them.

    Attributes
    ----------
    name, label, group : str
    value : Estimate
        Per family.
    row : str or None
    """

    name: str
    label: str
    group: str
    value: Estimate
    row: str | None = None


@dataclass(frozen=True)
class InformationValue:
    """What knowing more would be worth per family, before a decision for places to come.

    Attributes
    ----------
    evpi : Estimate
        Everything.
    each : tuple of Known
        Each input alone, the dearest first. For an effect: its average and its spread between places.
    groups : tuple of Known
        All inputs of a group together.
    own_place : Estimate
        Knowing the effects in the very place that decides.
    difference : Estimate
        The part of `own_place` beyond knowing averages and spreads: what no study elsewhere can give.
    """

    evpi: Estimate
    each: tuple[Known, ...]
    groups: tuple[Known, ...]
    own_place: Estimate
    difference: Estimate

    def frame(self) -> pandas.DataFrame:
        """A data frame: value, simulation error and share of the value of knowing everything."""
        import pandas

        rows = [("everything", self.evpi), *((item.name, item.value) for item in self.each), *((f"all {item.name}", item.value) for item in self.groups)]
        rows += [("own place", self.own_place), ("own place beyond averages", self.difference)]
        share = self.evpi.value or np.nan
        cells = [(each.value, each.se, each.value / share) for _, each in rows]
        return pandas.DataFrame(cells, index=[name for name, _ in rows], columns=["value", "se", "share"])

    def __repr__(self) -> str:
        first = f"; most for {self.each[0].name} {self.each[0].value.value:,.4g}" if self.each else ""
        return f"InformationValue(everything {self.evpi.value:,.4g} per family{first}; own place beyond averages {self.difference.value:,.4g})"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(float_format='{:,.3g}'.format)}"


def value_of_information(sets: Sequence[DrawSet]) -> InformationValue:
    """Value of information over one or several sets of draws.

    Parameters
    ----------
    sets : sequence of DrawSet
        Of one question; with two or more (scrambles), errors come from the spread between them, with one from a formula.

    Returns
    -------
    InformationValue
        In each set no value is above that of knowing everything, and a group's is at least that of each of its members.
    """
    worked = [_values(each) for each in sets]
    found = {name: _combined([values[name] for values in worked]) for name in worked[0]}
    inputs = sets[0].inputs
    each = [Known(item.name, item.label, item.group, found[item.name], item.row) for item in inputs]
    groups = [Known(name, name, name, found[f"all {name}"]) for name in GROUPS if f"all {name}" in found]
    dearest = [tuple(sorted(items, key=lambda item: (-item.value.value, item.name))) for items in (each, groups)]
    return InformationValue(found["evpi"], *dearest, found["own place"], found["difference"])


def _combined(estimates: Sequence[Estimate]) -> Estimate:
    return estimates[0] if len(estimates) == 1 else over_sets([each.value for each in estimates])


def _values(item: DrawSet) -> dict[str, Estimate]:
    """Every value in one set of draws."""
    found = {"evpi": evpi_with_error(item.net_benefit)}
    for each in item.inputs:
        found[each.name] = evppi_with_error(item.net_benefit, item.columns(each))
    for group in GROUPS:
        members = [each for each in item.inputs if each.group == group]
        if members:
            alone = [found[each.name] for each in members]
            together = alone[0] if len(members) == 1 else evppi_with_error(item.net_benefit, np.hstack([item.columns(each) for each in members]))
            found[f"all {group}"] = max([together, *alone], key=float)
    effects = [each.draws for each in item.inputs if each.group == EFFECTS]
    nothing = Estimate(0.0, 0.0)
    average = found.get(f"all {EFFECTS}", nothing)
    found["own place"] = max(evppi_with_error(item.local, np.column_stack(effects)), average, key=float) if effects else nothing
    # both rest on the same draws, so that the error of the difference is below that of the larger; a set alone shows the larger
    found["difference"] = Estimate(found["own place"].value - average.value, found["own place"].se)
    return found
