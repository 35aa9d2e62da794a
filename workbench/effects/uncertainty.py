"""The standard error of a printed estimate, from whatever the row prints of its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from workbench.effects import measures
from workbench.errors import AnalysisError

Row = Mapping[str, Any]

#: standard error, the figures used by column, notes, whether it is only a bound; None where the row lacks a figure
Found = tuple[float, dict[str, Any], tuple[str, ...], bool] | None


def has(row: Row, *columns: str) -> bool:
    """Return whether the row has a value in each of `columns`."""
    return all(row.get(column) is not None for column in columns)


def take(row: Row, *columns: str) -> dict[str, Any]:
    """Return the named figures of the row, for the route."""
    return {column: row[column] for column in columns}


def lacks(row: Row, columns: tuple[str, ...]) -> str:
    """Return the names of the `columns` that the row leaves empty."""
    return ", ".join(column for column in columns if row.get(column) is None)


def sign_of(row: Row) -> int | None:
    """Return +1 or -1, the sign of programme minus comparison, or None where the row does not say.

    From the printed means or percentages if there are any, else from the reported result and the row's direction.
    """
    for name in ("mean", "pct"):
        if has(row, f"{name}_treat", f"{name}_control") and row[f"{name}_treat"] != row[f"{name}_control"]:
            return 1 if row[f"{name}_treat"] > row[f"{name}_control"] else -1
    better = {"higher_is_better": 1, "lower_is_better": -1}.get(row.get("direction") or "")
    if better is None:
        return None
    return {"benefit": better, "harm": -better}.get(row.get("reported_result") or "")


def _by_se(row: Row, y: float, kind: str) -> Found:
    if not has(row, "se"):
        return None
    if not row["se"] > 0:
        raise AnalysisError(f"se = {row['se']:g}: must be above 0")
    inputs = take(row, "se")
    if row.get("se_basis"):
        inputs["se_basis"] = row["se_basis"]
    return float(row["se"]), inputs, (), False


def _by_interval(row: Row, y: float, kind: str) -> Found:
    columns = ("ci_low", "ci_high", "ci_level")
    if not has(row, *columns):
        return None
    low, high, level = (row[column] for column in columns)
    if not low <= row["estimate"] <= high:
        raise AnalysisError(f"the interval {low:g} to {high:g} does not hold its estimate {row['estimate']:g}")
    low, high = (measures.to_analysis_scale(limit, kind) for limit in (low, high))
    se = float(measures.se_from_interval(low, high, level))
    skew = (y - (low + high) / 2) / ((high - low) / 2)
    notes = (f"the estimate lies {abs(skew):.0%} of the half-width off the middle",) if abs(skew) > 0.1 else ()
    return se, take(row, *columns), notes, False


def _by_t(row: Row, y: float, kind: str) -> Found:
    if not has(row, "t"):
        return None
    if row["t"] * y <= 0:
        raise AnalysisError(f"t = {row['t']:g} and the estimate must have the same sign, neither of them zero")
    return y / row["t"], take(row, "t"), (), False


def _by_f(row: Row, y: float, kind: str) -> Found:
    return _by_square(row, y, "f", "an F statistic on 1 numerator degree of freedom")


def _by_chi2(row: Row, y: float, kind: str) -> Found:
    return _by_square(row, y, "chi2", "a chi-square on 1 degree of freedom")


def _by_square(row: Row, y: float, column: str, name: str) -> Found:
    if not has(row, column):
        return None
    if not row[column] > 0 or y == 0:
        raise AnalysisError(f"{column} = {row[column]:g} with an effect of {y:g}: {name} gives a standard error only if neither is zero or below")
    return float(abs(y) / np.sqrt(row[column])), take(row, column), (), False


def _by_sizes(row: Row, y: float, kind: str) -> Found:
    """d with arm sizes, before p: a rounded p of a small effect says little about the standard error."""
    if kind != "SMD" or not has(row, "n_treat", "n_control"):
        return None
    v = measures.smd_variance(y, row["n_treat"], row["n_control"])
    notes = ("the printed difference is used as it stands",)
    return float(np.sqrt(v)), take(row, "n_treat", "n_control"), notes, False


def exact_p(row: Row) -> bool:
    """Return whether the row prints a p value that is not just a bound."""
    return has(row, "p") and row.get("p_relation") in (None, "=")


def _by_p(row: Row, y: float, kind: str) -> Found:
    if not has(row, "p"):
        return None
    se = float(measures.se_from_p(y, row["p"]))
    inputs = {"p": row["p"], "p_relation": row.get("p_relation") or "="}
    if exact_p(row):
        notes = ("p above one half: its rounding moves the standard error much",) if row["p"] > 0.5 else ()
        return se, inputs, notes, False
    side = "largest" if row["p_relation"] == "<" else "smallest"
    note = f"p {row['p_relation']} {row['p']:g} is a bound: this is the {side} standard error it allows"
    return se, inputs, (note,), True


#: Ways to a standard error in the order tried: arguments are the row, the estimate as analysed and its measure.
WAYS: Mapping[str, Callable[[Row, float, str], Found]] = {
    "se": _by_se,
    "interval": _by_interval,
    "t": _by_t,
    "f": _by_f,
    "chi2": _by_chi2,
    "d_and_n": _by_sizes,
    "p": _by_p,
}
#: The formula of each way, for derivations.
FORMULAS: Mapping[str, str] = {
    "se": "the printed standard error, squared",
    "interval": "((high - low) / (2 z))^2, limits on the analysis scale, z the normal quantile of ci_level",
    "t": "(y / t)^2",
    "f": "y^2 / F",
    "chi2": "y^2 / chi2",
    "d_and_n": "1/n_treat + 1/n_control + y^2 / (2 (n_treat + n_control))",
    "p": "(y / z)^2, z the normal quantile of p / 2",
}
