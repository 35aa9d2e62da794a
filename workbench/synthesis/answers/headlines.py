"""The answer to one question as an object: `Headline`, and the parts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from workbench.baselines import BaselineRisk
from workbench.draws import Draws
from workbench.effects import select
from workbench.effects.select import LeftOut
from workbench.effects.sizes import EffectSizes
from workbench.synthesis.answers.pooling import Part
from workbench.synthesis.answers.verdicts import Probabilities, beyond
from workbench.synthesis.answers.words import Word, choose_word
from workbench.synthesis.fitting import fit
from workbench.synthesis.frequentist.twin import Pooled
from workbench.synthesis.result import Synthesis


@dataclass(frozen=True)
class Interval:
    """A median with a central 95 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Used:
    """One row in the model: its effect, its share of the weight and what it is shrunken to."""

    row: Mapping[str, Any]
    study: Mapping[str, Any]
    size: Any  # as printed; y is oriented
    y: float
    se: float
    weight: float
    shrunken: Interval
    kind: str  # study | review | null_at_zero
    classes: tuple[str, ...]

    @property
    def route(self) -> Any:
        """How the effect was computed from what the source prints."""
        return self.size.route


@dataclass(frozen=True)
class Removed:
    """What the check filter kept out, and the word that the headline would have if it had not."""

    rows: tuple[Mapping[str, Any], ...]
    null_or_adverse: int
    word_if_added: Word | None


@dataclass(frozen=True)
class NaturalFrequency:
    """Risks as shares between 0 and 1: without the programme, with it, and the difference, draw by draw."""

    p0: Interval
    p1: Interval
    difference: Interval
    baseline: BaselineRisk


@dataclass(frozen=True)
class Scenario:
    """The same question under another defensible choice."""

    name: str
    fit: Synthesis
    probabilities: Probabilities
    word: Word
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Headline:
    """The answer for one programme and one construct, with everything that it rests on.

    ``status`` is ``pooled`` (two or more results), ``single`` (one), ``no_pooled_estimate`` (rows, but none that may be
    pooled) or ``not_measured`` (no row at all). ``fit`` and what follows from it are None in the last two.
    Effects are oriented so that positive is a benefit, on the analysis scale (log for ratios).
    """

    programme_id: str
    construct: Mapping[str, Any]
    measure: str | None
    status: str
    basis: str | None = None
    effects: EffectSizes | None = None
    fit: Synthesis | None = None
    target: str | None = None
    used: tuple[Used, ...] = ()
    beneath: tuple[Used, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    probabilities: Probabilities | None = None
    word: Word | None = None
    removed: Removed = field(default_factory=lambda: Removed((), 0, None))
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    twin: Pooled | None = None
    natural: NaturalFrequency | None = None
    minimal: str = ""
    thresholds: tuple[np.ndarray, np.ndarray] | None = None
    draws: Draws | None = None

    @property
    def direction(self) -> str:
        """The construct's printed direction: ``higher_is_better`` or ``lower_is_better``."""
        return self.construct["direction"]

    @property
    def k(self) -> int:
        """Number of results in the model."""
        return len(self.used)

    @property
    def families(self) -> int:
        """Families (or participants) behind the results used."""
        return sum(select.families_in(item.row, item.study) for item in self.used)

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the results used, in order of weight."""
        ordered = sorted(self.used, key=lambda item: -item.weight)
        return tuple(dict.fromkeys(item.study["country"] for item in ordered))

    @property
    def check_shares(self) -> dict[str, float]:
        """Share of the weight that rests on each check level."""
        shares: dict[str, float] = {}
        for item in self.used:
            shares[item.row["checked"]] = shares.get(item.row["checked"], 0.0) + item.weight
        return shares

    def _scenario(self, name: str) -> Synthesis | None:
        found = self.scenarios.get(name)
        return found.fit if found else None

    @property
    def unadjusted(self) -> Synthesis | None:
        """Without the design-bias terms."""
        return self._scenario("unadjusted")

    @property
    def doubled(self) -> Synthesis | None:
        """With the judged bias and shift at twice their size."""
        return self._scenario("judgement_doubled")

    @property
    def wide(self) -> Synthesis | None:
        """With the wide priors."""
        return self._scenario("wide_priors")

    @property
    def numbers_only(self) -> Synthesis | None:
        """Without the nulls that enter at zero; None where there are none."""
        return self._scenario("numbers_only")

    @property
    def with_unverified(self) -> Synthesis | None:
        """With rows that are not yet checked; None where there are none."""
        return self._scenario("with_unverified")

    @cached_property
    def specifications(self) -> Any:
        """Every combination of the defensible choices behind the headline (`workbench.synthesis.multiverse`)."""
        from workbench.synthesis.answers.specifications import multiverse

        return multiverse(self)

    @cached_property
    def nulls_exact(self) -> Scenario | None:
        """The nulls without a figure by the exact probability of not being significant, in place of zeros (rule 10).

        None where there is no such null, or where every result is one: then nothing places the mean.
        """
        hidden = [item.kind == "null_at_zero" for item in self.used]
        if not any(hidden) or all(hidden):
            return None
        fitted = self.fit
        result = fit(
            fitted.effects, mu=fitted.mu_prior, tau=fitted.tau_prior, terms=dict(fitted.terms), target=fitted.target,
            nulls="exact", censored=hidden,
        )  # fmt: skip
        probabilities = beyond(result, *self.thresholds)
        word = choose_word(fitted.effects.evidence, probabilities, self.word.reasons)
        return Scenario("nulls_exact", result, probabilities, word, tuple((item.row, item.study, item.size) for item in self.used))

    @cached_property
    def small_study(self) -> Any:
        """Tests of small-study effects on the rows of the model, or why none is made (`workbench.synthesis.small_study`)."""
        from workbench.synthesis.bias.smallstudy import small_study

        return small_study(self.effects, averaging=False)

    def compare(self) -> Any:
        """Return the headline and every alternative side by side.

        Returns
        -------
        DataFrame
            Index: headline and scenario names; columns: k, median, lower, upper of the new-area effect (benefit positive),
            the probabilities of benefit, within and harm, and the words.
        """
        import pandas as pd

        if self.fit is None:
            return pd.DataFrame()
        lines = {"headline": (self.fit, self.probabilities, self.word)}
        lines |= {name: (item.fit, item.probabilities, item.word) for name, item in self.scenarios.items()}
        records = {}
        for name, (result, chances, word) in lines.items():
            low, high = result.interval("theta_new")
            records[name] = {
                "k": result.effects.k, "median": result.median("theta_new"), "lower": low, "upper": high,
                "benefit": chances.benefit, "within": chances.within, "harm": chances.harm, "words": word.sentence_words,
            }  # fmt: skip
        return pd.DataFrame.from_dict(records, orient="index")

    def rows_left_out(self) -> Any:
        """Return every row that is not in the model, as a DataFrame: effect_id, the code of the reason, and the reason in words."""
        import pandas as pd

        beneath = [(item.row["effect_id"], "other_design", select.REASONS["other_design"]) for item in self.beneath]
        others = [(item.row["effect_id"], item.reason, item.words) for item in self.left_out]
        return pd.DataFrame([*beneath, *others], columns=["effect_id", "reason", "words"])

    def __repr__(self) -> str:
        name = f"{self.programme_id}, {self.construct['name']}"
        if self.fit is None:
            return f"<Headline {name}: {self.status.replace('_', ' ')}>"
        return f"<Headline {name}: {self.word.sentence_words}; k = {self.k}; {self.fit!r}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>" + (self.fit._repr_html_() if self.fit is not None else "")
