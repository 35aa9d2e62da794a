"""Routes from a test statistic with arm sizes and no estimate: t, F on 1 df, or an exact p, to a standardised difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from workbench.effects import measures
from workbench.effects.derivation import Raw, Step, native
from workbench.effects.uncertainty import exact_p, has, lacks, sign_of, take

Row = Mapping[str, Any]

_HEDGES = "Hedges 1981, doi 10.3102/10769986006002107"
_UNSIGNED = {"f": "F", "p": "p"}


def t(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """A t statistic with arm sizes."""
    return _statistic(row, "t", measure, risk, convert, lacking)


def f(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """An F statistic on 1 numerator degree of freedom with arm sizes; the sign is that of the reported result."""
    return _statistic(row, "f", measure, risk, convert, lacking)


def p(row: Row, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    """An exact two-sided p value of a t test with arm sizes; the sign is that of the reported result.

    A bound is refused: it bounds the effect, and an effect at its bound is not an estimate.
    """
    if has(row, "p") and not exact_p(row):
        if native(("SMD",), measure, risk, convert) is not None:
            lacking.append("p is only a bound, which gives no estimate")
        return None
    return _statistic(row, "p", measure, risk, convert, lacking)


def _statistic(row: Row, column: str, measure: str, risk: float | None, convert: Collection[str], lacking: list[str]) -> Raw | None:
    if native(("SMD",), measure, risk, convert) is None or not has(row, column):
        return None
    columns = (column, "n_treat", "n_control")
    if not has(row, *columns):
        lacking.append(f"{column} lacks {lacks(row, columns)}")
        return None
    n1, n2 = row["n_treat"], row["n_control"]
    statistic, before, notes = row[column], (), ()
    if column in _UNSIGNED:
        sign = sign_of(row)
        if sign is None:
            lacking.append(f"{_UNSIGNED[column]} has no sign: reported_result must say benefit or harm")
            return None
        df = n1 + n2 - 2
        statistic = float(measures.t_from_f(row["f"], sign) if column == "f" else measures.t_from_p(row["p"], df, sign))
        formula = "sign x sqrt(F)" if column == "f" else f"sign x the t quantile of p on {df:g} df"
        before = (Step("t", formula, ((column, row[column]), ("sign", sign)), statistic),)
        notes = (f"sign of {_UNSIGNED[column]} from the reported result",)
    y, v = measures.smd_from_t(statistic, n1, n2)
    figures = (("t", statistic), ("n1", n1), ("n2", n2))
    steps = (*before, Step("y, SMD", "J t sqrt(1/n1 + 1/n2)", figures, float(y), _HEDGES), Step("v", "1/n1 + 1/n2 + y^2 / (2 (n1 + n2))", (), float(v), _HEDGES))
    return Raw("SMD", float(y), float(v), column, take(row, *columns), notes, steps=steps)
