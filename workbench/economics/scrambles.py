"""Simulation error: the same appraisal from other scrambles of every draw, and how far its figures then move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas

SCRAMBLES = 8  # sets of draws behind a simulation error, the appraisal's own among them
_MEANS = ("cost", "benefit", "npv", "budget_cost", "cashable", "budget_npv", "per_100_children")
_SINGLE = ("p_npv_positive", "p_cashable_exceeds_cost", "bcr")


@dataclass(frozen=True, eq=False)
class ScrambleErrors:
    """How far each printed figure moves from scramble to scramble.

    Attributes
    ----------
    seeds : tuple of int
        The appraisal's own first.
    values : mapping of str to ndarray, shape (scrambles,)
        Each figure under each seed: means of money, and probabilities and the ratio as they are.
    """

    seeds: tuple[int, ...]
    values: Mapping[str, np.ndarray]

    def error(self, name: str) -> float | None:
        """Standard error of a figure from one scramble: the SD between scrambles; None where it is not printed."""
        return float(np.std(self.values[name], ddof=1)) if name in self.values else None

    def frame(self) -> pandas.DataFrame:
        """Figure, mean over scrambles and standard error, by name."""
        import pandas

        rows = {name: [found[0], found.mean(), self.error(name)] for name, found in self.values.items()}
        return pandas.DataFrame.from_dict(rows, orient="index", columns=["printed", "mean_of_scrambles", "standard_error"])

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {self.error(name):.3g}" for name in ("npv", "p_npv_positive") if name in self.values)
        return f"ScrambleErrors({len(self.seeds)} scrambles; {shown or 'nothing valued'})"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(float_format='{:,.4g}'.format)}"


def other_scrambles(appraisal: Any, count: int = SCRAMBLES) -> tuple[Any, ...]:
    """Appraise the same question with other scrambles of every draw.

    Parameters
    ----------
    appraisal : Appraisal
    count : int
        Number of sets of draws, the appraisal's own among them.

    Returns
    -------
    tuple of Appraisal
        With the seeds that follow the appraisal's own; empty where an effect cannot be drawn again as it was.
    """
    kernel, source = appraisal.kernel, appraisal.source
    if source is None:
        return ()
    wanted = {row["construct"] for row in (*appraisal.pathways, *source.evidence["pathways"].where(programme_id=appraisal.programme_id, break_even=True))}
    own = {name: draws for name, draws in appraisal.draws.items() if draws.construct in wanted or name in wanted}
    if any(not _same(_redrawn(source.evidence, draws, kernel.seed), draws) for draws in own.values()):
        return ()
    found = []
    for seed in range(kernel.seed + 1, kernel.seed + count):
        drawn = {name: _redrawn(source.evidence, draws, seed) for name, draws in own.items()}
        found.append(appraisal.again(drawn, **({} if drawn else {"count": kernel.count, "seed": seed})))
    return tuple(found)


def _redrawn(evidence: Any, draws: Any, seed: int) -> Any:
    """The same effect at the points of another seed, on its own dimensions; None where nothing can draw it."""
    if draws.parent is None or draws.construct is None:
        return None
    row = evidence["outcomes"][draws.construct]
    return draws.parent.draws(len(draws), seed, name=row["outcome_id"] if row["default_construct"] else draws.construct)


def _same(found: Any, draws: Any) -> bool:
    return found is not None and all(np.array_equal(getattr(found, name), getattr(draws, name)) for name in ("values", "centre", "tau"))


def scramble_errors(appraisal: Any, others: tuple[Any, ...]) -> ScrambleErrors:
    """Compare an appraisal's figures with those of other scrambles."""
    each = [_figures(one.evaluation) for one in (appraisal, *others)]
    names = [name for name in each[0] if all(name in found for found in each)]
    values = {name: np.array([found[name] for found in each]) for name in names}
    return ScrambleErrors(tuple(one.kernel.seed for one in (appraisal, *others)), MappingProxyType(values))


def _figures(evaluation: Any) -> dict[str, float]:
    means = {name: getattr(evaluation, name) for name in _MEANS}
    single = {name: getattr(evaluation, name) for name in _SINGLE}
    return {name: amount.mean for name, amount in means.items() if amount is not None} | {name: value for name, value in single.items() if value is not None}
