"""Which settings the panel offers: read from ``templates/panel.toml``, filled with an appraisal's own values."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbench.errors import UsageError

FILE = "panel.toml"
RISK = "baseline_risk"


@dataclass(frozen=True)
class Control:
    """One setting as the file describes it; `shift` is the power of ten between the setting and what its field shows, `strict` asks for whole steps."""

    name: str
    step: float
    least: float | None = None
    most: float | None = None
    shift: int = 0
    slider: float | None = None
    times: float | None = None
    group: str = "main"
    optional: bool = False
    strict: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Offer:
    """All settings, the stops from sceptic to enthusiast as sets of ``priors.csv``, and the longest horizon in years."""

    controls: tuple[Control, ...]
    stops: tuple[str, ...]
    years: int
    wait: int


@dataclass(frozen=True)
class Field:
    """A setting in one panel.

    Attributes
    ----------
    control : Control
    name : str
        As ``workbench brief -p`` takes it.
    construct : str
        Outcome that it is set for; empty for what is set once.
    least, most : str
        Ends of the range, as the field shows them.
    value : float or None
        The appraisal's own.
    text : str
        What the field holds at first: `value` as shown; empty where it stands for the evidence's own figure.
    slider : str or None
        Where its slider ends; None for a field without one.
    slider_step : str
    start : str
        Where the slider rests while the field is empty.
    """

    control: Control
    name: str
    construct: str
    least: str
    most: str
    value: float | None
    text: str
    slider: str | None
    slider_step: str
    start: str


def load_offer(folder: Path | str) -> Offer:
    """Read ``panel.toml`` of a folder of templates.

    Raises
    ------
    UsageError
        If the file is missing, is not TOML or describes a control wrongly.
    """
    path = Path(folder) / FILE
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        return Offer(tuple(Control(**item) for item in tree["control"]), tuple(tree["stops"]), tree["years"], tree["wait"])
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); a folder of templates must hold it") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: {error}; it needs stops, years, wait and one [[control]] for each setting") from error


def fields_of(offer: Offer, appraisal: Any, limits: Mapping[str, tuple[float, float]]) -> tuple[Field, ...]:
    """Return the settings that act on an appraisal, in order; baseline risks once for each outcome that drives money.

    Parameters
    ----------
    offer : Offer
    appraisal : Appraisal
    limits : mapping of str to (float, float)
        Lowest and highest value of each setting on the command line.
    """
    found = []
    for control in offer.controls:
        if not _acts(control, appraisal.kernel):
            continue
        for construct in appraisal.kernel.theta if control.name == RISK else [""]:
            found.append(_field(control, construct, appraisal, limits[control.name]))
    return tuple(found)


def _acts(control: Control, kernel: Any) -> bool:
    """Whether the kernel holds what the control acts on."""
    holds = {
        "": True, "benefit": bool(kernel.benefits), "risk": bool(kernel.theta), "child": any(line.per_child for line in kernel.benefits),
        "cost": bool(kernel.costs), "uncontrolled": any(not line.controlled for line in kernel.benefits),
    }  # fmt: skip
    if control.needs not in holds:
        raise UsageError(f"{FILE}: control {control.name!r} needs {control.needs!r}, which must be one of {', '.join(name for name in holds if name)}")
    return holds[control.needs]


def _field(control: Control, construct: str, appraisal: Any, limits: tuple[float, float]) -> Field:
    own = getattr(appraisal.controls, control.name)
    value = own.get(construct) if construct else own
    rest = _middle(control, construct, appraisal) if value is None else value
    slider = control.slider if control.times is None or not rest else _round_up(control.times * rest * 10.0**control.shift)
    name = f"{control.name}.{construct}" if construct else control.name
    text = "" if value is None else shown(value, control.shift)
    step = max(control.step, 10.0 ** math.floor(math.log10(slider) - 2)) if slider else control.step  # a hundred steps or so from end to end
    least, most = (shown(limit, control.shift) if own is None else shown(own) for limit, own in zip(limits, (control.least, control.most), strict=True))
    return Field(
        control, name, construct, least, most, value, text, None if slider is None else shown(slider), shown(step), "" if rest is None else _on_step(rest, control),
    )  # fmt: skip


def _middle(control: Control, construct: str, appraisal: Any) -> float | None:
    """The evidence's own middle figure for a setting that is not set; None where there is none."""
    evaluation = appraisal.evaluation
    if construct:
        from math import exp

        logits = sorted(appraisal.kernel.logit_p0[construct])
        return 1 / (1 + exp(-logits[len(logits) // 2]))
    found = {"cost_per_family": evaluation.cost or evaluation.budget_cost}.get(control.name)
    return None if found is None else max(found.mean, 0.0)


def _on_step(value: float, control: Control) -> str:
    step = Decimal(repr(control.step))
    return str(round(Decimal(repr(float(value))).scaleb(control.shift) / step) * step)


def shown(value: float, shift: int = 0) -> str:
    """Write a setting as its field shows it, every digit: no rounding, and no trailing zeros."""
    text = f"{Decimal(repr(float(value))).scaleb(shift):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_up(value: float) -> float:
    """The next number of one significant digit."""
    step = 10.0 ** math.floor(math.log10(value))
    return math.ceil(value / step) * step


def schedule_bands(rates: Iterable[float]) -> list[list[float]]:
    """Write annual rates by year as ``[first year, rate]`` for each run of equal rates."""
    found: list[list[float]] = []
    for year, rate in enumerate(rates):
        if not found or found[-1][1] != rate:
            found.append([year, float(rate)])
    return found
