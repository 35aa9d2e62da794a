"""From one row of ``effects.csv`` to an effect and its standard error, with the route taken.

A row prints what its paper prints: arm counts, percentages, means, or an estimate with some measure of uncertainty.
`size` takes the best route that the row's own figures allow and says which one it was. Nothing is guessed: a row that
lacks a figure is refused with the figure named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.effects import conversions, measures, uncertainty
from workbench.effects.uncertainty import exact_p, has, lacks, take
from workbench.errors import AnalysisError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """How a row became an effect size.

    Attributes
    ----------
    name : str
        ``counts``, ``percentages``, ``means``, ``se``, ``interval``, ``t``, ``d_and_n``, ``p`` or ``known_null``
        (``given`` for arrays).
    inputs : Mapping[str, float or str]
        The printed figures that were used, by column.
    bound : bool
        True if the p value was only a bound, so that the standard error is one as well.
    note : str
        Corrections, inflation and doubts, in words; empty if there are none.
    converted : str
        The conversion made, such as ``RR->OR``; empty if there was none.
    """

    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    bound: bool = False
    note: str = ""
    converted: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", MappingProxyType(dict(self.inputs)))

    def __reduce__(self):  # a mapping proxy does not pickle
        return type(self), (self.name, dict(self.inputs), self.bound, self.note, self.converted)


@dataclass(frozen=True)
class Size:
    """One effect on the analysis scale (log for ratios), programme minus comparison as printed, not yet oriented."""

    y: float
    se: float
    route: Route


@dataclass(frozen=True)
class _Raw:
    """An effect in the measure that the figures give directly, before conversion and inflation."""

    measure: str
    y: float
    v: float
    name: str
    inputs: dict[str, Any]
    notes: tuple[str, ...] = ()
    bound: bool = False


def size(
    row: Row,
    measure: str,
    *,
    study: Row | None = None,
    control_risk: float | None = None,
    convert: Collection[str] = conversions.OWN_FIGURES,
) -> Size:
    """Return the effect size of one row on the scale of `measure`.

    Parameters
    ----------
    row : Mapping
        A row of ``effects.csv``; a missing figure is None.
    measure : str
        OR, RR, HR, IRR, RD, SMD or MD.
    study : Mapping, optional
        Its row of ``studies.csv``, used to note a cluster trial whose figures ignore the clustering.
    control_risk : float, optional
        Risk in the comparison arm for conversions; by default the row's own counts or percentage.
    convert : collection of str
        The conversions allowed, from `conversions.OWN_FIGURES` (default) and `conversions.ASSUMING`.

    Returns
    -------
    Size
        Not oriented: positive means more of what the row measures.

    Raises
    ------
    AnalysisError
        If the figures needed are missing (all of them are named) or impossible.
    """
    if measure not in measures.MEASURES or measure == "GEN":
        raise AnalysisError(f"{_place(row)}: measure {measure!r} is not one of {', '.join(measures.MEASURES[:-1])}")
    risk = control_risk if control_risk is not None else own_control_risk(row)
    try:
        if row.get("role") == "known_null":
            return _finish(row, measure, study, risk, convert, _known_null(row, measure, risk))
        lacking: list[str] = []
        for name in _order(row):
            raw = _ROUTES[name](row, measure, risk, convert, lacking)
            if raw is not None:
                return _finish(row, measure, study, risk, convert, raw)
    except AnalysisError as error:
        raise AnalysisError(f"{_place(row)}: {error}") from None
    raise AnalysisError(f"{_place(row)}: no {measure} can be had from the figures given; {'; '.join(lacking)}")


def own_control_risk(row: Row) -> float | None:
    """Return the share with the event in the row's own comparison arm, or None where it is not printed."""
    if has(row, "events_control", "n_control") and row["n_control"] > 0:
        return row["events_control"] / row["n_control"]
    return row["pct_control"] / 100 if has(row, "pct_control") else None


def _place(row: Row) -> str:
    name = row.get("effect_id") or getattr(row, "key", None) or "this row"
    line = getattr(row, "line", None)
    return f"effects row {name}" + (f" (line {line})" if line else "")


def _order(row: Row) -> tuple[str, ...]:
    """Routes in the order tried: what the row says its numbers are, an adjusted estimate before crude arms."""
    arms = ("counts", "percentages", "means")
    first = row.get("data_type")
    if first in arms and not row.get("adjusted"):
        return (first, *(name for name in arms if name != first), "estimate", "t")
    return ("estimate", *arms, "t")


def _native(offered: tuple[str, ...], measure: str, risk: float | None, convert: Collection[str]) -> str | None:
    """Return which of the `offered` measures leads to `measure`, itself first, or None."""
    if measure in offered:
        return measure
    for name in offered:
        step = f"{name}->{measure}"
        if step in convert and (risk is not None or step not in conversions.BY_CONTROL_RISK):
            return name
    return None


def _finish(row: Row, measure: str, study: Row | None, risk: float | None, convert, raw: _Raw) -> Size:
    """Convert, inflate for clustering, and write the route."""
    y, v, notes, inputs, step = raw.y, raw.v, list(raw.notes), dict(raw.inputs), ""
    if raw.measure != measure:
        step = f"{raw.measure}->{measure}"
        y, v = conversions.convert(step, y, v, control_risk=risk, n1=row.get("n_treat"), n2=row.get("n_control"))
        notes.append(_conversion_note(step, row, risk))
    effect = row.get("design_effect")
    if effect is not None:
        if effect < 1:
            raise AnalysisError(f"design_effect = {effect:g}: must be at least 1")
        v, inputs["design_effect"] = v * effect, effect
        notes.append(f"variance multiplied by {effect:g} for clustering")
    elif study is not None and study.get("design") == "cluster_rct" and raw.name not in ("se", "interval"):
        notes.append("cluster trial: these figures ignore the clustering and no design effect is recorded")
    y, v = float(y), float(v)
    if not (np.isfinite(y) and np.isfinite(v) and v > 0):
        raise AnalysisError(f"route {raw.name} gives an effect of {y:g} with variance {v:g}, which cannot be used")
    return Size(y, float(np.sqrt(v)), Route(raw.name, inputs, raw.bound, "; ".join(notes), step))


def _conversion_note(step: str, row: Row, risk: float | None) -> str:
    if step in conversions.BY_CONTROL_RISK:
        return f"{step} at a control risk of {risk:.4g}"
    if step == "MD->SMD" and row.get("adjusted"):
        return f"{step} through t: in units of the adjusted standard deviation, so somewhat large"
    return f"{step} through t" if step == "MD->SMD" else f"{step} by the logistic distribution"


# ---------------------------------------------------------------------------------------------------------- arms


def _from_cells(row: Row, measure: str, events: tuple[float, float], name: str, inputs: dict) -> _Raw:
    compute = {
        "OR": measures.log_odds_ratio,
        "RR": measures.log_risk_ratio,
        "RD": measures.risk_difference,
    }[measure]
    cells = (events[0], row["n_treat"], events[1], row["n_control"])
    y, v = compute(*cells)
    corrected = bool(measures.needs_correction(*cells))
    notes = ("an empty cell: 1/2 added to all four",) if corrected else ()
    return _Raw(measure, float(y), float(v), name, inputs, notes)


def _counts(row: Row, measure: str, risk, convert, lacking: list[str]) -> _Raw | None:
    columns = ("events_treat", "n_treat", "events_control", "n_control")
    native = _native(("OR", "RR", "RD"), measure, risk, convert)
    if native is None:
        return None
    if not has(row, *columns):
        lacking.append(f"counts lack {lacks(row, columns)}")
        return None
    return _from_cells(row, native, (row["events_treat"], row["events_control"]), "counts", take(row, *columns))


def _percentages(row: Row, measure: str, risk, convert, lacking: list[str]) -> _Raw | None:
    columns = ("pct_treat", "n_treat", "pct_control", "n_control")
    native = _native(("OR", "RR", "RD"), measure, risk, convert)
    if native is None:
        return None
    if not has(row, *columns):
        lacking.append(f"percentages lack {lacks(row, columns)}")
        return None
    # not rounded to whole people: weighted or adjusted percentages have no whole count behind them
    events = (row["pct_treat"] / 100 * row["n_treat"], row["pct_control"] / 100 * row["n_control"])
    return _from_cells(row, native, events, "percentages", take(row, *columns))


def _means(row: Row, measure: str, risk, convert, lacking: list[str]) -> _Raw | None:
    columns = ("mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control")
    native = _native(("SMD", "MD") if measure != "SMD" else ("SMD",), measure, risk, convert)
    if native is None:
        return None
    if not has(row, *columns):
        lacking.append(f"means lack {lacks(row, columns)}")
        return None
    figures = tuple(row[column] for column in columns)
    y, v = (measures.hedges_g if native == "SMD" else measures.mean_difference)(*figures)
    doubt = measures.sd_looks_like_se(*figures, p=row.get("p") if exact_p(row) else None)
    return _Raw(native, float(y), float(v), "means", take(row, *columns), (f"check: {doubt}",) if doubt else ())


def _t(row: Row, measure: str, risk, convert, lacking: list[str]) -> _Raw | None:
    """A t statistic with arm sizes and no estimate gives a standardised mean difference."""
    native = _native(("SMD",), measure, risk, convert)
    if native is None or not has(row, "t"):
        return None
    columns = ("t", "n_treat", "n_control")
    if not has(row, *columns):
        lacking.append(f"t lacks {lacks(row, columns)}")
        return None
    y, v = measures.smd_from_t(*(row[column] for column in columns))
    return _Raw("SMD", float(y), float(v), "t", take(row, *columns))


# ------------------------------------------------------------------------------------------------------- estimate


def _estimate(row: Row, measure: str, risk, convert, lacking: list[str]) -> _Raw | None:
    """A printed estimate with whatever is printed of its uncertainty."""
    if not has(row, "estimate", "measure"):
        lacking.append(f"estimate lacks {lacks(row, ('estimate', 'measure'))}")
        return None
    kind = row["measure"]
    if _native((kind,), measure, risk, convert) is None:
        step = f"{kind}->{measure}"
        need = "needs the control risk" if step in convert else "is not a conversion that is made here"
        lacking.append(f"estimate is {kind}: {step} {need}")
        return None
    if kind == "MD" and measure == "SMD" and not has(row, "n_treat", "n_control"):
        lacking.append(f"estimate is MD: MD->SMD lacks {lacks(row, ('n_treat', 'n_control'))}")
        return None
    y = measures.to_analysis_scale(row["estimate"], kind)
    for name in ("se", "interval", "t", "d_and_n", "p"):
        found = uncertainty.WAYS[name](row, y, kind)
        if found is not None:
            se, inputs, notes, bound = found
            return _Raw(kind, y, se**2, name, {**take(row, "measure", "estimate"), **inputs}, notes, bound)
    lacking.append("estimate lacks an interval with its level, a standard error, a t or a p value")
    return None


_ROUTES: Mapping[str, Callable[..., _Raw | None]] = {
    "counts": _counts,
    "percentages": _percentages,
    "means": _means,
    "estimate": _estimate,
    "t": _t,
}


# ---------------------------------------------------------------------------------------------------- known nulls


def _pooled_risk(row: Row, risk: float | None) -> tuple[float | None, str]:
    """Return the risk common to both arms of a null: pooled over the arms if both are printed, else the control's."""
    n1, n2 = row["n_treat"], row["n_control"]
    if has(row, "events_treat", "events_control"):
        return (row["events_treat"] + row["events_control"]) / (n1 + n2), "pooled"
    if has(row, "pct_treat", "pct_control"):
        return (row["pct_treat"] * n1 + row["pct_control"] * n2) / (100 * (n1 + n2)), "pooled"
    return risk, "control"


def _known_null(row: Row, measure: str, risk: float | None) -> _Raw:
    """A controlled result reported as not significant, without a figure: zero, with its SE from the arm sizes.

    SMD: ``sqrt(1/n1 + 1/n2)``. OR, RR, RD: from the risk common to both arms. An OR without any printed risk takes a
    risk of one half, which gives the smallest standard error that any risk allows, and its route says so. HR, IRR: ``sqrt(1/events1 + 1/events2)``.
    """
    if measure in ("HR", "IRR"):
        columns = ("events_treat", "events_control")
        if not has(row, *columns) or not all(row[column] > 0 for column in columns):
            raise AnalysisError(f"a known null on the {measure} needs events above 0 in both arms")
        return _Raw(measure, 0.0, sum(1 / row[column] for column in columns), "known_null", take(row, *columns))
    columns = ("n_treat", "n_control")
    if not has(row, *columns):
        raise AnalysisError(f"a known null needs its arm sizes; lacking {lacks(row, columns)}")
    n1, n2 = row["n_treat"], row["n_control"]
    inputs, note = take(row, *columns), "reported as not significant without a figure: entered at 0"
    if measure == "SMD":
        return _Raw(measure, 0.0, float(measures.null_smd_se(n1, n2)) ** 2, "known_null", inputs, (note,))
    if measure == "MD":
        return _Raw(measure, 0.0, _null_md_variance(row), "known_null", inputs, (note,))
    common, which = _pooled_risk(row, risk)
    if common is not None and 0 < common < 1:
        inputs[f"{which}_risk"] = common
        se = float(measures.null_event_se(measure, n1, n2, common))
        return _Raw(measure, 0.0, se**2, "known_null", inputs, (note, f"standard error at the {which} risk"))
    if measure != "OR":
        raise AnalysisError(f"a known null on the {measure} needs the risk in the comparison arm")
    se = float(measures.null_event_se(measure, n1, n2, 0.5))
    notes = (note, "no risk printed: standard error at a risk of one half, the smallest that any risk allows")
    return _Raw("OR", 0.0, se**2, "known_null", inputs, notes)


def _null_md_variance(row: Row) -> float:
    columns = ("sd_treat", "sd_control")
    if not has(row, *columns):
        raise AnalysisError(f"a known null on the MD needs both standard deviations; lacking {lacks(row, columns)}")
    return row["sd_treat"] ** 2 / row["n_treat"] + row["sd_control"] ** 2 / row["n_control"]
