"""From the value per family to the value of a study: who could still benefit once it reports, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.economics.discounting import discount_factors
from workbench.economics.information import Estimate
from workbench.economics.summaries import Amount
from workbench.errors import UsageError


@dataclass(frozen=True, eq=False)
class Population:
    """Families for whom a decision would be taken after a study has reported.

    Attributes
    ----------
    families : float or ndarray, shape (n,)
        A year; or, for a stock, once.
    delay : float or ndarray, shape (n,)
        Years until the study reports.
    years : float or ndarray, shape (n,)
        Years from now for which the decision matters: until the programme, or the question, is out of date.
    rates : ndarray, shape (t,)
        Annual discount rates, year 0 first, as far as the last year.
    stock : bool
        True if `families` are those at one time, who count once, in the year of the report.

    Raises
    ------
    UsageError
        Naming every value that is out of range.
    """

    families: float | np.ndarray
    delay: float | np.ndarray
    years: float | np.ndarray
    rates: np.ndarray
    stock: bool = False

    def __post_init__(self) -> None:
        rates = np.array(self.rates, dtype=float)
        rates.flags.writeable = False
        object.__setattr__(self, "rates", rates)
        problems = [f"{name}: must be 0 or more" for name in ("families", "delay", "years") if not np.all(np.asarray(getattr(self, name)) >= 0)]
        if rates.ndim != 1 or len(rates) < np.max(np.ceil(self._last)):
            problems.append(f"rates: must hold a rate for each of {np.max(np.ceil(self._last)):.0f} years, have shape {rates.shape}")
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def _last(self) -> np.ndarray:
        """End of the last year that counts."""
        years, after = np.asarray(self.years, dtype=float), np.asarray(self.delay, dtype=float) + 1
        return np.where(after - 1 < years, after, after - 1) if self.stock else years

    @cached_property
    def discounted(self) -> np.ndarray:
        """Families still to come when the study reports, each at its year's discount factor, shape (n,) or (); part years count in part."""
        year = np.arange(len(self.rates))
        share = np.clip(self._last[..., None] - year, 0, 1) - np.clip(np.asarray(self.delay, dtype=float)[..., None] - year, 0, 1)
        return np.asarray(self.families) * (np.maximum(share, 0) @ discount_factors(self.rates))

    @cached_property
    def amount(self) -> Amount:
        """`discounted` with its mean and range."""
        return Amount(np.atleast_1d(self.discounted))

    @property
    def mean(self) -> float:
        """Mean of `discounted`."""
        return self.amount.mean

    def __repr__(self) -> str:
        what = "families once" if self.stock else "families a year"
        span = f"from year {np.mean(self.delay):.3g} to {np.mean(self.years):.3g}"
        return f"Population({np.mean(self.families):,.0f} {what}, {span}: {self.mean:,.0f}, discounted)"


@dataclass(frozen=True, eq=False)
class StudyCost:
    """What a study costs.

    Attributes
    ----------
    fixed : float or ndarray, shape (n,)
        Whatever its size.
    per_family : float or ndarray, shape (n,)
        For each family taking part.
    forgone : float
        For each family in the arm that looks worse today: the mean net benefit that the better arm would have had.
    """

    fixed: float | np.ndarray
    per_family: float | np.ndarray
    forgone: float = 0.0

    def total(self, families: float, in_worse_arm: float = 0.0) -> np.ndarray:
        """Cost of a study with `families`, of whom `in_worse_arm` are in the arm that looks worse today, shape (n,) or ()."""
        return np.asarray(self.fixed + self.per_family * families + self.forgone * in_worse_arm)


@dataclass(frozen=True, eq=False)
class NetBenefitOfSampling:
    """A study's value less its cost, over what is uncertain about the population and the cost.

    Attributes
    ----------
    evsi : Estimate
        Per family for whom a decision follows.
    population : ndarray, shape (n,) or ()
        Such families, discounted.
    cost : ndarray, shape (n,) or ()
    """

    evsi: Estimate
    population: np.ndarray
    cost: np.ndarray

    @cached_property
    def value(self) -> Amount:
        """Value of the study to all of them: the most that it may cost."""
        return Amount(np.atleast_1d(self.evsi.value * np.asarray(self.population)))

    @cached_property
    def spent(self) -> Amount:
        """Cost of the study."""
        return Amount(np.atleast_1d(self.cost))

    @cached_property
    def enbs(self) -> Amount:
        """Expected net benefit of sampling; its draws vary with population and cost, not with what the study would find."""
        return Amount(np.atleast_1d(self.evsi.value * np.asarray(self.population) - self.cost))

    @property
    def se(self) -> float:
        """Simulation error of the mean net benefit of sampling."""
        return self.evsi.se * float(np.mean(self.population))

    @property
    def break_even_cost(self) -> float:
        """The most that the study may cost."""
        return self.value.mean

    @property
    def break_even_population(self) -> float | None:
        """Discounted families at which the mean cost is just repaid; None where the study teaches nothing worth knowing."""
        return self.spent.mean / self.evsi.value if self.evsi.value > 0 else None

    def __repr__(self) -> str:
        return f"NetBenefitOfSampling({self.enbs.mean:,.0f}: {self.evsi.value:,.4g} x {np.mean(self.population):,.0f} families - {self.spent.mean:,.0f})"
