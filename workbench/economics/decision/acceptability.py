"""How often each option is best, against what a unit of benefit is worth: acceptability curves and their frontier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from workbench.economics.evaluation import Evaluation
from workbench.errors import AnalysisError, UsageError, nearest

if TYPE_CHECKING:
    import pandas

NOTHING, PROGRAMME = "nothing", "programme"
_MULTIPLIED = ("benefit", "cost")


@dataclass(frozen=True, eq=False)
class Acceptability:
    """Probability that each option is best, over a grid.

    Attributes
    ----------
    names : tuple of str
        Options.
    grid : ndarray, shape (g,)
        What is varied: a willingness to pay, or a multiple.
    grid_name : str
    probability : ndarray, shape (g, options)
        Share of draws in which each option has the highest net benefit; rows sum to 1, a draw that is tied is shared equally.
    ties : ndarray, shape (g,)
        Share of draws in which two or more options were best.
    best : ndarray of int, shape (g,)
        Option with the highest mean net benefit; the first of those that are equal.
    mean : ndarray, shape (g, options)
        Mean net benefit.
    """

    names: tuple[str, ...]
    grid: np.ndarray
    grid_name: str
    probability: np.ndarray
    ties: np.ndarray
    best: np.ndarray
    mean: np.ndarray

    @property
    def frontier(self) -> np.ndarray:
        """Probability that the option best on average is best, shape (g,); it need not be the highest of the row."""
        return self.probability[np.arange(len(self.grid)), self.best]

    def of(self, name: str) -> np.ndarray:
        """The curve of one option, shape (g,)."""
        if name not in self.names:
            raise UsageError(f"there is no option {name!r}; {nearest(name, self.names) or 'there are ' + ', '.join(self.names)}")
        return self.probability[:, self.names.index(name)]

    def frame(self) -> pandas.DataFrame:
        """A data frame: one row a point of the grid, one column an option, then the option best on average and its probability."""
        import pandas

        found = pandas.DataFrame(self.probability, index=pandas.Index(self.grid, name=self.grid_name), columns=list(self.names))
        return found.assign(best=[self.names[index] for index in self.best], frontier=self.frontier, ties=self.ties)

    def __repr__(self) -> str:
        return f"Acceptability({', '.join(self.names)}; {self.grid_name} {self.grid[0]:g} to {self.grid[-1]:g}, {len(self.grid)} points)"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.frame().to_html(float_format='{:.3f}'.format)}"


def acceptability(net_benefit: np.ndarray, names: Sequence[str] | None = None, grid: Sequence[float] | None = None, grid_name: str = "") -> Acceptability:
    """Count how often each option is best.

    Parameters
    ----------
    net_benefit : array_like, shape (n,), (n, options) or (n, options, g)
        By draw. One option is compared with doing nothing, whose net benefit is 0.
    names : sequence of str, optional
        Of the options given.
    grid : sequence of float, optional
        What the last axis stands for; its positions unless given.
    grid_name : str

    Returns
    -------
    Acceptability

    References
    ----------
    Fenwick, Claxton & Sculpher 2001, doi 10.1002/hec.635 (the frontier follows the mean, not the highest curve).
    """
    benefit = _three_axes(net_benefit)
    labels = _names(names, benefit.shape[1])
    if benefit.shape[1] == 1:
        benefit, labels = np.concatenate([np.zeros_like(benefit), benefit], axis=1), (NOTHING, *labels)
    points = np.arange(benefit.shape[2], dtype=float) if grid is None else np.asarray(grid, dtype=float)
    if points.shape != (benefit.shape[2],):
        raise AnalysisError(f"the grid has {points.size} points, net benefit {benefit.shape[2]}")
    is_best = benefit == benefit.max(axis=1, keepdims=True)
    shared = is_best.sum(axis=1)
    mean = benefit.mean(axis=0).T
    probability = np.mean(is_best / shared[:, None, :], axis=0).T
    return Acceptability(labels, points, grid_name, probability, np.mean(shared > 1, axis=0), mean.argmax(axis=1), mean)


def _three_axes(net_benefit: np.ndarray) -> np.ndarray:
    benefit = np.asarray(net_benefit, dtype=float)
    if benefit.ndim in (1, 2):
        benefit = benefit.reshape(len(benefit), -1, 1)
    if benefit.ndim != 3 or benefit.size == 0 or not np.all(np.isfinite(benefit)):
        raise AnalysisError(f"net benefit must be finite numbers of shape (draws, options, grid), has shape {np.shape(net_benefit)}")
    return benefit


def _names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    found = tuple(names) if names is not None else (PROGRAMME,) if count == 1 else tuple(f"option {index + 1}" for index in range(count))
    if len(found) != count or len(set(found)) != count:
        raise UsageError(f"{count} options need {count} different names, got {list(found)}")
    return found


def willingness_to_pay(costs: np.ndarray, effects: np.ndarray, thresholds: Sequence[float], names: Sequence[str] | None = None) -> Acceptability:
    """Acceptability of several options against what a unit of effect is worth.

    Parameters
    ----------
    costs, effects : array_like, shape (n, options)
        By draw.
    thresholds : sequence of float, shape (g,)
        Money per unit of effect; net benefit is threshold x effect - cost.
    names : sequence of str, optional
    """
    costs, effects, worth = np.asarray(costs, dtype=float), np.asarray(effects, dtype=float), np.asarray(thresholds, dtype=float)
    if costs.ndim != 2 or costs.shape != effects.shape:
        raise AnalysisError(f"costs and effects must both be (draws, options), have shapes {costs.shape} and {effects.shape}")
    return acceptability(effects[:, :, None] * worth - costs[:, :, None], names, worth, "worth of a unit of effect")


def programme_acceptability(evaluation: Evaluation, multiples: Sequence[float], of: str = "benefit") -> Acceptability:
    """How often a programme is worth its cost, if what it is worth or what it costs were a multiple of what is assumed.

    Parameters
    ----------
    evaluation : Evaluation
    multiples : sequence of float, shape (g,)
        0 or more; 1 is what is assumed.
    of : {"benefit", "cost"}
        What is multiplied.

    Returns
    -------
    Acceptability
        Of doing nothing and the programme.
    """
    if of not in _MULTIPLIED:
        raise UsageError(f"of = {of!r}: must be one of {', '.join(_MULTIPLIED)}")
    if evaluation.npv is None or evaluation.benefit is None or evaluation.cost is None:
        raise AnalysisError("there is no net present value, so that nothing can be said of how often it is positive")
    factors = np.asarray(multiples, dtype=float)
    if np.any(factors < 0):
        raise UsageError(f"multiples = {list(multiples)}: must be 0 or more")
    benefit, cost = evaluation.benefit.draws[:, None], evaluation.cost.draws[:, None]
    net = factors * benefit - cost if of == "benefit" else benefit - factors * cost
    return acceptability(net[:, None, :], (PROGRAMME,), factors, f"multiple of {of}")
