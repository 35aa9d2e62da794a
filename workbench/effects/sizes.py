"""Effect sizes of one analysis as arrays, with the rows and routes that they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from workbench.effects.registry import MEASURES, RATIOS
from workbench.effects.routes import Route, Size
from workbench.errors import AnalysisError, nearest

if TYPE_CHECKING:
    import pandas as pd

_DIRECTIONS = {"higher_is_better": 1.0, "lower_is_better": -1.0}


def orientation(direction: str) -> float:
    """Return +1 where more is better and -1 where less is, so that positive means benefit."""
    try:
        return _DIRECTIONS[direction]
    except KeyError:
        raise AnalysisError(f"direction {direction!r}: must be one of {', '.join(_DIRECTIONS)}") from None


def _fixed(values: Any, dtype: type = float) -> np.ndarray:
    """Return a read-only copy, so that nobody changes an analysis from outside."""
    try:
        array = np.array(values, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"these are not all numbers: {values!r} ({error})") from None
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False, repr=False)
class EffectSizes:
    """Effects with their standard errors, oriented so that positive is benefit.

    `from_arrays` and `from_sizes` fill in what is not given; what is given is checked however it is built.

    Attributes
    ----------
    y, se : ndarray, shape (k,), read-only
        Effects and standard errors on the analysis scale (log for ratios).
    labels : tuple of str
    measure : str
        A member of `measures.MEASURES`.
    cluster : tuple of str or None
        Rows of one cluster share families.
    informs_tau : ndarray of bool, shape (k,)
        False for a row (an independent review's mean) that informs mu with variance ``se**2`` alone.
    design : ndarray, shape (k, m), with design_names
        Additive terms, such as the bias common to a class of designs.
    row_ids, rows, routes, left_out : tuple
        Where the numbers came from, and the rows that were left out.
    outcome, construct, programme, direction : str or None
        What was measured; None for plain arrays.
    evidence : EvidenceBase or None
        The tables behind it.
    """

    y: np.ndarray
    se: np.ndarray
    labels: tuple[str, ...]
    measure: str
    informs_tau: np.ndarray
    design: np.ndarray
    design_names: tuple[str, ...] = ()
    cluster: tuple[str, ...] | None = None
    row_ids: tuple[str, ...] = ()
    rows: tuple[Any, ...] = ()
    routes: tuple[Route, ...] = ()
    left_out: tuple[Any, ...] = ()
    outcome: str | None = None
    construct: str | None = None
    programme: str | None = None
    direction: str | None = None
    evidence: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, dtype in (("y", float), ("se", float), ("informs_tau", bool), ("design", float)):
            object.__setattr__(self, name, _fixed(getattr(self, name), dtype))
        _check_effects(self.y, self.se)
        if self.measure not in MEASURES:
            raise AnalysisError(f"measure {self.measure!r}: must be one of {', '.join(MEASURES)}")
        self._check_shapes()

    def _check_shapes(self) -> None:
        k, m = self.y.size, len(self.design_names)
        if self.design.shape != (k, m) or not np.isfinite(self.design).all():
            raise AnalysisError(
                f"design has shape {self.design.shape}: must be finite, with a row for each of the {k} effects and a "
                f"column for each of the {m} names"
            )
        for name in ("labels", "cluster", "informs_tau", *_PER_ROW):
            values = getattr(self, name)
            # where the numbers came from may be left out as a whole
            if values is not None and len(values) != k and not (name in _PER_ROW and len(values) == 0):
                raise AnalysisError(f"{name} has {len(values)} entries, y has {k}: they must be equally long")

    @classmethod
    def from_arrays(
        cls,
        y: Sequence[float] | np.ndarray,
        se: Sequence[float] | np.ndarray,
        labels: Sequence[str] | None = None,
        cluster: Sequence[str] | None = None,
        measure: str = "GEN",
        informs_tau: Sequence[bool] | None = None,
        design: Any = None,
        design_names: Sequence[str] = (),
        **origin: Any,
    ) -> EffectSizes:
        """Build effect sizes from numbers.

        Parameters
        ----------
        y, se : array_like, shape (k,)
            Effects, benefit positive and logged for ratios, and their standard errors. k may be 0.
        labels, cluster : sequence of str, optional
            One each; labels default to "1", "2", ...
        measure : str
            Default GEN, which has no default priors.
        informs_tau : sequence of bool, optional
            All true by default.
        design : array_like, shape (k, m), optional
            One column for each of `design_names`.
        **origin
            Any of row_ids, rows, routes, left_out, outcome, construct, programme, direction, evidence.

        Raises
        ------
        AnalysisError
            For missing or infinite numbers, a standard error that is not above 0, or lengths that differ.
        """
        k = np.size(y)
        return cls(
            y=y,
            se=se,
            labels=tuple(str(label) for label in (range(1, k + 1) if labels is None else labels)),
            measure=measure,
            informs_tau=np.ones(k, dtype=bool) if informs_tau is None else informs_tau,
            design=np.zeros((k, 0)) if design is None else design,
            design_names=tuple(str(name) for name in design_names),
            cluster=None if cluster is None else tuple(str(name) for name in cluster),
            **{name: tuple(v) if name in (*_PER_ROW, "left_out") else v for name, v in origin.items()},
        )

    @classmethod
    def from_sizes(
        cls, rows: Sequence[Mapping[str, Any]], sizes: Sequence[Size], measure: str, **more: Any
    ) -> EffectSizes:
        """Build effect sizes from rows and their `Size`, oriented here, once, by each row's own direction.

        Parameters
        ----------
        rows : sequence of Row
            Rows of ``effects.csv``.
        sizes : sequence of Size
            What `size` made of each, on the scale of `measure`.
        measure : str
        **more
            As for `from_arrays`; labels default to the row ids, clusters to the overlap groups.
        """
        signs = [orientation(row["direction"]) for row in rows]
        ids = tuple(str(row["effect_id"]) for row in rows)
        more.setdefault("labels", ids)
        more.setdefault("cluster", [str(row.get("overlap_group") or row["effect_id"]) for row in rows])
        return cls.from_arrays(
            [sign * item.y for sign, item in zip(signs, sizes, strict=True)],
            [item.se for item in sizes],
            measure=measure,
            rows=tuple(rows),
            row_ids=ids,
            routes=tuple(item.route for item in sizes),
            **more,
        )

    @property
    def k(self) -> int:
        """Number of effects."""
        return self.y.size

    def __len__(self) -> int:
        return self.k

    def subset(self, which: Iterable[int] | Iterable[bool] | slice) -> EffectSizes:
        """Return the effects at `which` (indices, a mask or a slice), in that order.

        Raises
        ------
        AnalysisError
            If an index is out of range or a mask has the wrong length.
        """
        which = which if isinstance(which, slice) else np.asarray(which)
        if not isinstance(which, slice) and which.size == 0:
            which = np.array([], dtype=int)
        try:
            index = np.arange(self.k)[which]
        except IndexError as error:
            raise AnalysisError(f"cannot take that subset of {self.k} effects: {error}") from None

        def pick(values: tuple | None) -> tuple | None:
            return tuple(values[i] for i in index) if values else values

        return replace(
            self,
            y=self.y[index],
            se=self.se[index],
            informs_tau=self.informs_tau[index],
            design=self.design[index],
            **{name: pick(getattr(self, name)) for name in ("labels", "cluster", *_PER_ROW)},
        )

    def derivation(self, which: int | str) -> tuple[str, ...]:
        """Return how one effect was worked out, from the printed figures to its place here, as lines of text.

        Parameters
        ----------
        which : int or str
            Position, or the row's id.

        Raises
        ------
        AnalysisError
            If there is no such effect, or it was given as a number.
        """
        names = self.row_ids or self.labels
        if isinstance(which, str) and which not in names:
            raise AnalysisError(f"there is no effect {which!r} here; {nearest(which, names) or f'there are {self.k}'}")
        index = names.index(which) if isinstance(which, str) else which
        if not -self.k <= index < self.k:
            raise AnalysisError(f"there is no effect at position {index}: there are {self.k}")
        if not self.routes or not self.routes[index].steps:
            raise AnalysisError(f"{names[index]} was given as a number: there is nothing to derive it from")
        lines = list(self.routes[index].derivation)
        if self.rows and orientation(self.rows[index]["direction"]) < 0:
            lines.append(f"less is better, so the sign is turned: y = {self.y[index]:.10g}")
        return tuple(lines)

    def frame(self) -> pd.DataFrame:
        """Return one row per effect: label, y, se, 95 % limits, the printed scale for ratios, route and note."""
        import pandas as pd

        half = -float(ndtri(0.025)) * self.se
        columns: dict[str, Any] = {"label": self.labels, "y": self.y, "se": self.se}
        columns |= {"lower": self.y - half, "upper": self.y + half}
        if self.measure in RATIOS:
            columns["ratio"] = np.exp(self.y)
        columns["informs_tau"] = self.informs_tau
        columns |= {name: self.design[:, j] for j, name in enumerate(self.design_names)}
        if self.cluster is not None:
            columns["cluster"] = self.cluster
        if self.routes:
            columns["route"] = [route.name for route in self.routes]
            columns["converted"] = [route.converted for route in self.routes]
            columns["bound"] = [route.bound for route in self.routes]
            columns["ignores_clustering"] = [route.ignores_clustering for route in self.routes]
            columns["note"] = [route.note for route in self.routes]
        return pd.DataFrame(columns, index=pd.Index(self.row_ids or range(1, self.k + 1), name="row"))

    def _heading(self) -> str:
        parts = [part for part in (self.programme, self.construct or self.outcome) if part]
        scale = f"log {self.measure}" if self.measure in RATIOS else self.measure
        return f"k={self.k}, {scale}, benefit positive" + (f", {' / '.join(parts)}" if parts else "")

    def __repr__(self) -> str:
        shown = [f"{label} {y:.3g} ({se:.2g})" for label, y, se in zip(self.labels, self.y, self.se, strict=True)]
        rows = "; ".join(shown[:6]) + ("; ..." if self.k > 6 else "")
        return f"EffectSizes({self._heading()}" + (f": {rows})" if rows else ")")

    def _repr_html_(self) -> str:
        names = ["label", "effect", "se", "route", "note"]
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        routes = self.routes or (Route("given"),) * self.k
        body = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td>{y:.3f}</td><td>{se:.3f}</td>'
            f"<td>{escape(route.name)}</td><td>{escape(route.note)}</td></tr>"
            for label, y, se, route in zip(self.labels, self.y, self.se, routes, strict=True)
        )
        caption = f"<caption>{escape(self._heading())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_PER_ROW = ("row_ids", "rows", "routes")


def _check_effects(y: np.ndarray, se: np.ndarray) -> None:
    if y.ndim != 1 or se.ndim != 1 or y.size != se.size:
        raise AnalysisError(f"y has shape {y.shape} and se {se.shape}: both must be one list of the same length")
    for i in range(y.size):
        if not np.isfinite(y[i]):
            raise AnalysisError(f"y at position {i + 1} is {y[i]}: every effect must be a finite number")
        if not (np.isfinite(se[i]) and se[i] > 0):
            raise AnalysisError(f"se at position {i + 1} is {se[i]}: every standard error must be finite and above 0")
