"""Small-study effects and publication bias of one set of effects: every method together, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import AnalysisError
from workbench.synthesis.bias.asymmetry import Asymmetry, PetPeese, pet_peese, rank_test, regression_test, weighted_test
from workbench.synthesis.bias.averaging import Averaged, model_average
from workbench.synthesis.bias.missing import Excess, FailSafe, Filled, excess_significance, fail_safe_n, trim_and_fill
from workbench.synthesis.bias.readings import NotTested, Printed, factor, limit, number, sentence, small
from workbench.synthesis.bias.selection import Selection, step_selection
from workbench.synthesis.frequentist.heterogeneity import weighted

if TYPE_CHECKING:
    import pandas

TESTS = {
    "egger": "Funnel asymmetry (regression, random effects)",
    "egger_weighted": "Funnel asymmetry (regression, weighted)",
    "rank": "Funnel asymmetry (rank)",
    "trim_and_fill": "Trim-and-fill",
    "pet_peese": "PET-PEESE",
    "selection": "Selection model",
    "excess": "Excess significance",
    "fail_safe": "Fail-safe N",
    "averaging": "Model averaging",
}


@dataclass(frozen=True, eq=False)
class Funnel:
    """What a funnel plot shows.

    Attributes
    ----------
    y, se : ndarray, shape (k,)
    precision : ndarray, shape (k,)
        What small is measured by: the standard errors, or ``sqrt(1/n1 + 1/n2)`` for standardised mean differences.
    p : ndarray, shape (k,)
        Two-sided p values.
    labels : tuple of str
    centre : float
        Common-effect mean.
    """

    y: np.ndarray
    se: np.ndarray
    precision: np.ndarray
    p: np.ndarray
    labels: tuple[str, ...]
    centre: float

    def limits(self, se: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Limits within which effects with these standard errors fall if all studies estimate `centre`."""
        half = float(ndtri((1 + level) / 2)) * np.asarray(se, float)
        return self.centre - half, self.centre + half

    def frame(self) -> pandas.DataFrame:
        """One row per effect."""
        import pandas

        return pandas.DataFrame({"y": self.y, "se": self.se, "precision": self.precision, "p": self.p}, index=pandas.Index(self.labels, name="row"))


def funnel(y, se, precision=None, labels=None) -> Funnel:
    """Funnel data of arrays (k,)."""
    y, se = np.asarray(y, float), np.asarray(se, float)
    labels = tuple(labels) if labels is not None else tuple(str(i + 1) for i in range(y.size))
    centre = weighted(y, se**2)[0] if y.size else float("nan")
    return Funnel(y, se, se if precision is None else np.asarray(precision, float), 2 * ndtr(-np.abs(y / se)), labels, centre)


@dataclass(frozen=True, repr=False, eq=False)
class SmallStudy(Printed):
    """Every small-study and publication-bias method on one set of effects.

    Attributes
    ----------
    egger, egger_weighted, rank : Asymmetry or NotTested
    trim_and_fill : Filled or NotTested
    pet_peese : PetPeese or NotTested
    selection : Selection or NotTested
    excess : Excess or NotTested
    fail_safe : FailSafe or NotTested
    averaging : Averaged or NotTested
    funnel : Funnel
    left_out : tuple of (str, str)
        Label and reason of each effect that was not used.
    notes : tuple of str
    k : int
        Effects used.
    """

    egger: Asymmetry | NotTested
    egger_weighted: Asymmetry | NotTested
    rank: Asymmetry | NotTested
    trim_and_fill: Filled | NotTested
    pet_peese: PetPeese | NotTested
    selection: Selection | NotTested
    excess: Excess | NotTested
    fail_safe: FailSafe | NotTested
    averaging: Averaged | NotTested
    funnel: Funnel
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    k: int

    @property
    def tested(self) -> bool:
        """False where there were too few effects for any test."""
        return self.k >= limit("smallest_k")

    @property
    def results(self) -> dict[str, Any]:
        """Every method's result by its name in `TESTS`."""
        return {name: getattr(self, name) for name in TESTS}

    @property
    def reading(self) -> str:
        """One sentence: asymmetry, and what each correction leaves of the mean."""
        if not self.tested:
            return self.egger.reading
        if isinstance(self.egger, NotTested):
            start = sentence("whole", "untested")
        else:
            key = "unclear" if self.egger.p >= limit("notable") else "larger" if self.egger.slope > 0 else "smaller"
            start = sentence("whole", key, p=small(self.egger.p))
        means = self._means()
        middle = sentence("whole", "means", before=number(self._before()), list=", ".join(means)) if means else ""
        return start + middle + "."

    def _before(self) -> float:
        return self.trim_and_fill.before if isinstance(self.trim_and_fill, Filled) else self.funnel.centre

    def _means(self) -> list[str]:
        found = []
        if isinstance(self.pet_peese, PetPeese):
            found.append(sentence("whole", "pet_peese", estimate=number(self.pet_peese.estimate), form=self.pet_peese.form))
        if isinstance(self.trim_and_fill, Filled):
            found.append(sentence("whole", "filled", estimate=number(self.trim_and_fill.estimate)))
        if isinstance(self.selection, Selection):
            found.append(sentence("whole", "selection", estimate=number(self.selection.estimate)))
        if isinstance(self.averaging, Averaged):
            bf, models = factor(self.averaging.factors["bias"]), len(self.averaging.models)
            found.append(sentence("whole", "averaged", estimate=number(self.averaging.mean), models=models, bf=bf))
        return found

    def _title(self) -> str:
        return f"Small-study effects, k={self.k}"

    def _parts(self) -> dict[str, str]:
        return {"reading": self.reading}

    def frame(self) -> pandas.DataFrame:
        """One row per method: its reading."""
        import pandas

        return pandas.DataFrame({"reading": [result.reading for result in self.results.values()]}, index=pandas.Index(TESTS.values(), name="method"))

    def _repr_html_(self) -> str:
        head = '<thead><tr><th scope="col">method</th><th scope="col">reading</th></tr></thead>'
        rows = "".join(f'<tr><th scope="row">{escape(TESTS[name])}</th><td>{escape(result.reading)}</td></tr>' for name, result in self.results.items())
        extra = "".join(f"<p>{escape(text)}</p>" for text in (*self.notes, *(f"{label}: {reason}" for label, reason in self.left_out)))
        return f"<table><caption>{escape(self._title())}</caption>{head}<tbody>{rows}</tbody></table><p>{escape(self.reading)}</p>{extra}"


def small_study(effects: Any, averaging: bool = True) -> SmallStudy:
    """Apply every small-study and publication-bias method to a set of effects.

    Parameters
    ----------
    effects : EffectSizes
        Benefit positive. Left out: effects whose standard error is only a bound, reviews' means, and known nulls without a
        figure. Ten effects must remain (Sterne et al. 2011, doi 10.1136/bmj.d4002), or nothing is tested. For standardised
        mean differences precision is ``sqrt(1/n1 + 1/n2)``, since their standard errors depend on the effects.
    averaging : bool
        Whether to average over models (a second or two).
    """
    kept, left_out = _usable(effects)
    used = effects.subset(kept)
    precision, notes = (None, ()) if used.measure != "SMD" or not used.k else _arm_precision(used)
    data = funnel(used.y, used.se, precision, used.labels)
    least = limit("smallest_k")
    if used.k < least:
        reason = sentence("untested", "few", k=used.k, smallest=least)
        bound = sum(1 for _, why in left_out if why == sentence("left_out", "bound"))
        reason = reason.removesuffix(".") + (f" ({sentence('untested', 'bound', count=bound)})." if bound else ".")
        results = {name: NotTested(title, reason, used.k) for name, title in TESTS.items()}
    else:
        results = {name: _attempt(TESTS[name], method, used.k) for name, method in _methods(data, used.measure, averaging).items()}
    return SmallStudy(**results, funnel=data, left_out=left_out, notes=notes, k=used.k)


def _usable(effects: Any) -> tuple[np.ndarray, tuple[tuple[str, str], ...]]:
    """Positions to use, and label and reason of the rest."""
    kept, left_out = [], []
    for i, label in enumerate(effects.labels):
        route = effects.routes[i] if effects.routes else None
        reason = (
            "bound" if route is not None and route.bound
            else "known_null" if route is not None and route.name == "known_null"
            else None if effects.informs_tau[i]
            else "review"
        )  # fmt: skip
        if reason is None:
            kept.append(i)
        else:
            left_out.append((label, sentence("left_out", reason)))
    return np.array(kept, int), tuple(left_out)


def _arm_precision(effects: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """``sqrt(1/n1 + 1/n2)`` (k,) of standardised mean differences.

    Where arm sizes are not known, the standard error is worked back to them as if the arms were equal:
    ``se^2 = 4/n + d^2/(2 n)``.
    """
    found, backed = np.empty(effects.k), 0
    for i in range(effects.k):
        row = effects.rows[i] if effects.rows else {}
        arms = [row.get("n_treat"), row.get("n_control")]
        if all(arms):
            found[i] = np.sqrt(1 / arms[0] + 1 / arms[1])
        else:
            backed += 1
            found[i] = effects.se[i] * np.sqrt(4 / (4 + effects.y[i] ** 2 / 2))
    return found, ((sentence("left_out", "backed_out", count=backed, k=effects.k),) if backed else ())


def _methods(data: Funnel, measure: str, averaging: bool) -> dict[str, Callable[[], Any]]:
    y, se, x = data.y, data.se, data.precision
    found = {
        "egger": lambda: regression_test(y, se, x),
        "egger_weighted": lambda: weighted_test(y, x),
        "rank": lambda: rank_test(y, x),
        "trim_and_fill": lambda: trim_and_fill(y, se),
        "pet_peese": lambda: pet_peese(y, x),
        "selection": lambda: step_selection(y, se),
        "excess": lambda: excess_significance(y, se),
        "fail_safe": lambda: fail_safe_n(y, se),
    }
    if averaging:
        return found | {"averaging": lambda: model_average(y, se, measure=measure, x=x)}
    return found | {"averaging": lambda: NotTested(TESTS["averaging"], sentence("untested", "not_asked"), y.size)}


def _attempt(title: str, method: Callable[[], Any], k: int) -> Any:
    """The result, or the reason why these effects do not allow it."""
    try:
        return method()
    except AnalysisError as problem:
        return NotTested(title, f"Not tested: {problem}.", k)
