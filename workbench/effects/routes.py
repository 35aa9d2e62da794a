"""From one row of ``effects.csv`` to an effect and its standard error, with the route taken and every step of it.

A row prints what its paper prints: arm counts, percentages, means, a test statistic, or an estimate with some measure of
uncertainty. `size` takes the best route that the row's own figures allow and says which one it was. Nothing is guessed: a
row that lacks a figure is refused with the figure named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.effects import arms, clustering, conversions, guards, measures, nulls, statistic, uncertainty
from workbench.effects.derivation import Raw, Step, native
from workbench.effects.registry import REGISTRY, ROW_MEASURES
from workbench.effects.uncertainty import has, lacks, take
from workbench.errors import AnalysisError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """How a row became an effect size.

    Attributes
    ----------
    name : str
        ``counts``, ``percentages``, ``means``, ``chi_square``, ``se``, ``interval``, ``t``, ``f``, ``chi2``, ``d_and_n``,
        ``p`` or ``known_null`` (``given`` for arrays).
    inputs : Mapping[str, float or str]
        The printed figures that were used, by column.
    bound : bool
        True if the p value was only a bound, so that the standard error is one as well.
    note : str
        Corrections, inflation and doubts, in words; empty if there are none.
    converted : str
        The conversion made, such as ``RR->OR``; empty if there was none.
    ignores_clustering : bool
        True for a cluster trial whose figures were used as if families had been allocated one by one.
    steps : tuple of Step
        From the printed figures to the effect and its standard error.
    """

    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    bound: bool = False
    note: str = ""
    converted: str = ""
    ignores_clustering: bool = False
    steps: tuple[Step, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", MappingProxyType(dict(self.inputs)))

    def __reduce__(self):  # a mapping proxy does not pickle
        return type(self), (self.name, dict(self.inputs), self.bound, self.note, self.converted, self.ignores_clustering, self.steps)

    @property
    def derivation(self) -> tuple[str, ...]:
        """The steps as lines of text."""
        return tuple(step.line for step in self.steps)


@dataclass(frozen=True)
class Size:
    """One effect on the analysis scale (log for ratios), programme minus comparison as printed, not yet oriented."""

    y: float
    se: float
    route: Route

    @property
    def derivation(self) -> tuple[str, ...]:
        """Lines of text from the printed figures to `y` and `se`: each with its formula, its figures and its source."""
        return self.route.derivation


@dataclass(frozen=True)
class _Wish:
    """What the caller asked for."""

    measure: str
    study: Row | None
    risk: float | None
    convert: Collection[str]
    icc: float | None
    cluster_size: float | None
    iccs: Iterable[Row]


def size(
    row: Row,
    measure: str,
    *,
    study: Row | None = None,
    control_risk: float | None = None,
    convert: Collection[str] = conversions.OWN_FIGURES,
    icc: float | None = None,
    cluster_size: float | None = None,
    iccs: Iterable[Row] = (),
) -> Size:
    """Return the effect size of one row on the scale of `measure`.

    Parameters
    ----------
    row : Mapping
        A row of ``effects.csv``; a missing figure is None.
    measure : str
        One of `registry.ROW_MEASURES`: OR, RR, HR, IRR, RD, SMD or MD.
    study : Mapping, optional
        Its row of ``studies.csv``, used to flag a cluster trial whose figures ignore the clustering.
    control_risk : float, optional
        Risk in the comparison arm for conversions; by default the row's own counts or percentage.
    convert : collection of str
        The conversions allowed, by their names in `conversions.CONVERSIONS`; an empty one allows none.
    icc, cluster_size : float, optional
        Intraclass correlation and mean cluster size, for a row whose figures ignore its clusters; they replace the row's
        own ``design_effect``, ``icc`` and ``cluster_size``.
    iccs : iterable of Row
        Table of published intraclass correlations, for rows that state ``cluster_size`` and ``cluster_unit`` only.

    Returns
    -------
    Size
        Not oriented: positive means more of what the row measures.

    Raises
    ------
    AnalysisError
        If the figures needed are missing (all of them are named) or impossible.
    """
    if measure not in ROW_MEASURES:
        raise AnalysisError(f"{_place(row)}: measure {measure!r} is not one of {', '.join(ROW_MEASURES)}")
    risk = control_risk if control_risk is not None else own_control_risk(row)
    try:
        wish = _Wish(measure, study, risk, conversions.allowed(convert), icc, cluster_size, iccs)
        guards.refuse_impossible(row)
        if row.get("role") == "known_null":
            return _finish(row, wish, nulls.known_null(row, measure, risk))
        lacking: list[str] = []
        for name in _order(row):
            raw = _ROUTES[name](row, measure, risk, wish.convert, lacking)
            if raw is not None:
                return _finish(row, wish, raw)
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
    from_arms, rest = ("counts", "percentages", "means"), ("chi_square", "t", "f", "p")
    first = row.get("data_type")
    if first in from_arms and not row.get("adjusted"):
        return (first, *(name for name in from_arms if name != first), "estimate", *rest)
    return ("estimate", *from_arms, *rest)


def _finish(row: Row, wish: _Wish, raw: Raw) -> Size:
    """Convert, inflate for clustering, and write the route."""
    y, v, notes, inputs, step = float(raw.y), float(raw.v), list(raw.notes), dict(raw.inputs), ""
    steps = [Step("printed", "", tuple(inputs.items())), *raw.steps]
    if raw.measure != wish.measure:
        step = f"{raw.measure}->{wish.measure}"
        y, v = (float(part) for part in conversions.convert(step, y, v, control_risk=wish.risk, n1=row.get("n_treat"), n2=row.get("n_control")))
        notes.append(_conversion_note(step, row, wish.risk))
        steps += _conversion_steps(step, row, wish.risk, y, v)
    found = clustering.inflation(row, icc=wish.icc, cluster_size=wish.cluster_size, iccs=wish.iccs)
    ignores = False
    if found is not None:
        v *= found.factor
        inputs |= found.inputs
        notes.append(found.note)
        steps.append(Step("v", found.formula, found.inputs, v, "Kish 1965"))
    elif wish.study is not None and wish.study.get("design") == "cluster_rct":
        ignores = raw.name not in ("se", "interval")
        notes.append(
            "cluster trial: these figures ignore the clustering and no design effect is recorded"
            if ignores
            else "cluster trial: the printed uncertainty is taken to allow for the clustering"
        )
    if not (np.isfinite(y) and np.isfinite(v) and v > 0):
        raise AnalysisError(f"route {raw.name} gives an effect of {y:g} with variance {v:g}, which cannot be used")
    notes += [f"check: {words}" for words in guards.doubts(row)]
    se = float(np.sqrt(v))
    steps.append(Step("se", "sqrt(v)", (), se))
    return Size(y, se, Route(raw.name, inputs, raw.bound, "; ".join(notes), step, ignores, tuple(steps)))


def _conversion_note(step: str, row: Row, risk: float | None) -> str:
    if step in conversions.BY_CONTROL_RISK:
        return f"{step} at a control risk of {risk:.4g}"
    if step == "MD->SMD" and row.get("adjusted"):
        return f"{step} through t: in units of the adjusted standard deviation, so somewhat large"
    return f"{step} through t" if step == "MD->SMD" else f"{step} by the logistic distribution"


def _conversion_steps(step: str, row: Row, risk: float | None, y: float, v: float) -> tuple[Step, Step]:
    entry = conversions.CONVERSIONS[step]
    figures: tuple[tuple[str, Any], ...] = ()
    if entry.needs == "control risk":
        figures = (("p0", risk),)
    elif entry.needs == "arm sizes":
        figures = (("n1", row["n_treat"]), ("n2", row["n_control"]))
    variance = "1/n1 + 1/n2 + y^2 / (2 (n1 + n2))" if step == "MD->SMD" else "v x (derivative of the conversion at y)^2"
    return Step(f"y, {step}", entry.formula, figures, y, entry.source), Step("v", variance, (), v, "" if step == "MD->SMD" else "delta method")


def _estimate(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """A printed estimate with whatever is printed of its uncertainty."""
    if not has(row, "estimate", "measure"):
        lacking.append(f"estimate lacks {lacks(row, ('estimate', 'measure'))}")
        return None
    kind = row["measure"]
    if native((kind,), measure, risk, convert) is None:
        step = f"{kind}->{measure}"
        need = "needs the control risk" if step in convert else "is not a conversion that is made here"
        lacking.append(f"estimate is {kind}: {step} {need}")
        return None
    if kind == "MD" and measure == "SMD" and not has(row, "n_treat", "n_control"):
        lacking.append(f"estimate is MD: MD->SMD lacks {lacks(row, ('n_treat', 'n_control'))}")
        return None
    y = measures.to_analysis_scale(row["estimate"], kind)
    for name, way in uncertainty.WAYS.items():
        found = way(row, y, kind)
        if found is not None:
            se, inputs, notes, bound = found
            steps = _estimate_steps(row, kind, y, se, name, inputs)
            return Raw(kind, y, se**2, name, {**take(row, "measure", "estimate"), **inputs}, notes, bound, steps)
    lacking.append("estimate lacks an interval with its level, a standard error, a t, F, chi-square or p value")
    return None


def _estimate_steps(row: Row, kind: str, y: float, se: float, name: str, inputs: Mapping[str, Any]) -> tuple[Step, Step]:
    ratio = REGISTRY[kind].ratio
    first = Step(f"y, {'log ' if ratio else ''}{kind}", "log(estimate)" if ratio else "estimate", (("estimate", row["estimate"]),), y)
    figures = tuple((column, value) for column, value in inputs.items() if not isinstance(value, str))
    return first, Step("v", uncertainty.FORMULAS[name], figures, se**2)


_ROUTES: Mapping[str, Callable[..., Raw | None]] = {
    "counts": arms.counts,
    "percentages": arms.percentages,
    "means": arms.means,
    "estimate": _estimate,
    "chi_square": arms.chi_square,
    "t": statistic.t,
    "f": statistic.f,
    "p": statistic.p,
}
