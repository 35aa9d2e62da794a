"""Clustering: how much wider an interval must be when whole schools, practices or families share an arm.

The intraclass correlation comes from the row itself, from the caller, or from a table of published ones; where none of
these is at hand nothing is assumed, and a cluster trial whose figures ignore the clustering is said to be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.effects.uncertainty import has
from workbench.errors import AnalysisError

Row = Mapping[str, Any]

#: Informants of effect rows by the kind of report for which intraclass correlations are published.
_REPORTS = {"parent_report": "parent", "teacher_report": "teacher", "self_report": "self", "official_record": "record"}
ANY = "any"


@dataclass(frozen=True)
class Inflation:
    """The factor by which clustering multiplies a variance, and where it comes from.

    Attributes
    ----------
    factor : float
        At least 1.
    inputs : tuple of (str, value)
        Figures used, by column.
    note, formula : str
    """

    factor: float
    inputs: tuple[tuple[str, Any], ...]
    note: str
    formula: str = "v x design_effect"


def design_effect(icc: float, cluster_size: float, cv: float = 0.0) -> float:
    """Return the factor by which clustering multiplies a variance: ``1 + ((1 + cv^2) m - 1) ICC``.

    Kish 1965; with unequal clusters Eldridge et al. 2006, doi 10.1093/ije/dyl129.

    Parameters
    ----------
    icc : float
        Intraclass correlation, 0 to 1.
    cluster_size : float
        Mean number of those measured in a cluster, at least 1.
    cv : float
        Coefficient of variation of the cluster sizes; 0 where all are equal.

    Raises
    ------
    AnalysisError
        If a figure is out of its range.
    """
    if not 0 <= icc <= 1:
        raise AnalysisError(f"icc = {icc:g}: must lie between 0 and 1")
    if not cluster_size >= 1:
        raise AnalysisError(f"cluster_size = {cluster_size:g}: must be at least 1")
    if not cv >= 0:
        raise AnalysisError(f"cv of cluster sizes = {cv:g}: must not be below 0")
    return 1 + ((1 + cv**2) * cluster_size - 1) * icc


def default_icc(iccs: Iterable[Row], unit: str, informant: str | None = None) -> Row | None:
    """Return the row of a table of intraclass correlations that fits best, or None.

    Parameters
    ----------
    iccs : iterable of Row
        With the columns icc_id, cluster_unit, report, icc; rows marked ``default`` only.
    unit : str
        What was allocated or shared: ``school``, ``class``, ``practice``, ``group`` ...
    informant : str, optional
        As in effects.csv. A row for that kind of report comes before one for any report.
    """
    report = _REPORTS.get(informant or "", ANY)
    fitting = [row for row in iccs if row["cluster_unit"] == unit and row.get("default") is not False and row["icc"] is not None]
    for wanted in (report, ANY):
        for row in fitting:
            if row["report"] == wanted:
                return row
    return None


def inflation(row: Row, *, icc: float | None = None, cluster_size: float | None = None, iccs: Iterable[Row] = ()) -> Inflation | None:
    """Return the inflation that a row's figures need, or None where nothing says that they need any.

    In this order: the row's own ``design_effect``; ``cluster_size`` with ``icc``, given by the caller or in the row;
    ``cluster_size`` with the default for the row's ``cluster_unit``.

    Raises
    ------
    AnalysisError
        If a figure is out of range, or an intraclass correlation or a cluster size stands alone.
    """
    if row.get("design_effect") is not None and icc is None and cluster_size is None:
        factor = row["design_effect"]
        if not factor >= 1:
            raise AnalysisError(f"design_effect = {factor:g}: must be at least 1")
        return Inflation(factor, (("design_effect", factor),), f"variance multiplied by {factor:g} for clustering")
    size = cluster_size if cluster_size is not None else row.get("cluster_size")
    icc = icc if icc is not None else row.get("icc")
    if size is None:
        if icc is not None:
            raise AnalysisError(f"icc = {icc:g} without cluster_size: both are needed for a design effect")
        return None
    origin = "intraclass correlation"
    if icc is None:
        if not has(row, "cluster_unit"):
            raise AnalysisError(f"cluster_size = {size:g} without icc, and without cluster_unit to look one up by")
        found = default_icc(iccs, row["cluster_unit"], row.get("informant"))
        if found is None:
            raise AnalysisError(f"cluster_size = {size:g} without icc, and no default for cluster_unit {row['cluster_unit']!r} is on file: give icc")
        icc, origin = found["icc"], f"default intraclass correlation {found['icc_id']}"
    factor = design_effect(icc, size)
    inputs = (("icc", icc), ("cluster_size", size), ("design_effect", factor))
    note = f"variance multiplied by {factor:.4g} for clustering: {origin} {icc:g}, {size:g} to a cluster"
    return Inflation(factor, inputs, note, "v x (1 + (cluster_size - 1) icc)")
