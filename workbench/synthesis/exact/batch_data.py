"""What goes into a batch of fits, checked, and the figures that come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.errors import AnalysisError
from workbench.synthesis import priors
from workbench.synthesis.numerics.spread import check_tau_prior

if TYPE_CHECKING:
    import pandas


class Figures(NamedTuple):
    """Posterior summaries of one quantity: arrays of one shape; central 95 % limits; ``nan`` where not finite."""

    mean: np.ndarray
    sd: np.ndarray
    median: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True, eq=False)
class Many:
    """Summaries of many fits: arrays (data sets,), or (data sets, priors) where several priors were given.

    Attributes
    ----------
    mu, tau, theta_new : Figures
    mu_above_zero, theta_new_above_zero : ndarray
        P(mu > 0 | y), P(theta_new > 0 | y).
    log_marginal : ndarray
    k : ndarray, shape (data sets,)
        Number of rows of each.
    """

    mu: Figures
    tau: Figures
    theta_new: Figures
    mu_above_zero: np.ndarray
    theta_new_above_zero: np.ndarray
    log_marginal: np.ndarray
    k: np.ndarray

    def __len__(self) -> int:
        return len(self.k)

    def __repr__(self) -> str:
        shape = " x ".join(str(part) for part in self.log_marginal.shape)
        return f"<Many {shape} fits, k {min(self.k, default=0)} to {max(self.k, default=0)}>"

    def frame(self) -> "pandas.DataFrame":
        """One row for each fit (data set, prior); columns such as ``mu_mean``."""
        import pandas

        columns = {f"{name}_{part}": values.ravel() for name in ("mu", "tau", "theta_new") for part, values in getattr(self, name)._asdict().items()}
        columns |= {name: getattr(self, name).ravel() for name in ("mu_above_zero", "theta_new_above_zero", "log_marginal")}
        shape = self.log_marginal.shape
        names = ["data_set", "prior"][: len(shape)]
        return pandas.DataFrame(columns, index=pandas.MultiIndex.from_product([range(part) for part in shape], names=names))


def entries(data: Any) -> Sequence[Any]:
    """One entry for each data set, from a sequence or a pair of padded arrays."""
    if isinstance(data, tuple) and len(data) == 2 and all(np.ndim(part) == 2 for part in data):
        y, se = (np.asarray(part, float) for part in data)
        if y.shape != se.shape:
            raise AnalysisError(f"padded arrays have shapes {y.shape} and {se.shape}: they must be equal")
        return [(a[~gap], b[~gap]) for a, b, gap in zip(y, se, np.isnan(y) & np.isnan(se))]
    return data


def rows_of(entry: Any, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """y, variance and informs of one data set, checked."""
    if hasattr(entry, "informs_tau"):
        if entry.design_names:
            raise AnalysisError(f"data set {place}: design columns ({', '.join(entry.design_names)}) are not taken here; use fit()")
        return np.asarray(entry.y), np.asarray(entry.se) ** 2, np.asarray(entry.informs_tau, float)
    y, se = (np.asarray(part, float) for part in entry)
    if y.ndim != 1 or y.shape != se.shape:
        raise AnalysisError(f"data set {place}: y has shape {y.shape} and se {se.shape}: both must be one list of the same length")
    if not (np.isfinite(y).all() and np.isfinite(se).all() and (se > 0).all()):
        raise AnalysisError(f"data set {place}: every effect must be a finite number and every standard error finite and above 0")
    return y, se**2, np.ones(len(y))


def pairs_of(mu: Any, tau: Any) -> tuple[list[tuple[Any, Any]], bool]:
    """Pairs of priors, and whether several were asked for."""
    lists = [list(part) if isinstance(part, Sequence) else [part] for part in (mu, tau)]
    for name, part in zip(("mu", "tau"), lists):
        wrong = [prior for prior in part if not isinstance(prior, priors.PRIORS)]
        if wrong or not part:
            raise AnalysisError(f"{name} = {wrong[0]!r} is not a prior" if wrong else f"{name}: give at least one prior")
    lengths = {len(part) for part in lists} - {1}
    if len(lengths) > 1:
        raise AnalysisError(f"{len(lists[0])} priors of mu and {len(lists[1])} of tau do not pair up; give equally many, or one")
    count = max(len(part) for part in lists)
    for prior in lists[1]:
        check_tau_prior(prior)
    several = not all(isinstance(part, priors.PRIORS) for part in (mu, tau))
    return list(zip(*(part * count if len(part) == 1 else part for part in lists))), several


def kinds(pairs: list[tuple[Any, Any]]) -> Iterator[list[int]]:
    """Pairs of priors that may share arrays: of one kind, with equally heavy tails."""
    keys = [(type(mu), type(tau), getattr(mu, "df", 0.0), getattr(tau, "df", 0.0)) for mu, tau in pairs]
    for key in dict.fromkeys(keys):
        yield [j for j, other in enumerate(keys) if other == key]
