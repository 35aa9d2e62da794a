"""What every model asks of its rows before it computes with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import AnalysisError

LEAST, MOST = 1e-70, 1e70  # sizes whose fourth powers stay within double precision


def check_rows(effects: Any) -> None:
    """Refuse rows that no model can use: not finite, without spread, out of range, or one study twice.

    Raises
    ------
    AnalysisError
        It names the row, the value and the way out.
    """
    y, se, design = (np.asarray(part, float) for part in (effects.y, effects.se, effects.design))
    for name, values, ok, rule in (
        ("y", y, np.isfinite(y), "must be a finite number"),
        ("se", se, np.isfinite(se) & (se > 0), "must be a finite number above 0"),
        ("design", design, np.isfinite(design), "must be a finite number"),
        ("y", y, abs(y) < MOST, f"must be below {MOST:g} in size; choose a larger unit"),
        ("se", se, (se > LEAST) & (se < MOST), f"must lie between {LEAST:g} and {MOST:g}; choose another unit"),
    ):
        if not ok.all():
            row = int(np.argwhere(~ok)[0][0])
            raise AnalysisError(f"row {row} ({effects.labels[row]}): {name} = {values[row]}, {rule}; correct or leave out the row")
    _check_repeated(effects, y, se)


def _check_repeated(effects: Any, y: np.ndarray, se: np.ndarray) -> None:
    """One row of a table, or one label with the same figures, may enter once.

    Several results of one study are another matter: they share a label or a cluster, and differ.
    """
    ids = getattr(effects, "row_ids", ())
    keys = list(ids) if ids else list(zip(effects.labels, y.tolist(), se.tolist()))
    if len(set(keys)) == len(keys):
        return
    second = next(place for place, key in enumerate(keys) if key in keys[:place])
    first = keys.index(keys[second])
    what = f"are both {ids[second]}" if ids else f"are both {effects.labels[second]} with y = {y[second]:g}, se = {se[second]:g}"
    raise AnalysisError(f"rows {first} and {second} {what}: one study entered twice would count double; leave one out, or label them apart")
