"""A proposed trial: what it would report, draw by draw, and what that would be worth before a decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from workbench.economics.decision.averaging import over_places
from workbench.economics.information import Estimate, evppi_with_error
from workbench.errors import AnalysisError, UsageError

REACH = 5.0  # standard deviations beyond the outermost draw that the integral over reports goes
FINENESS = 1.0  # its step, in standard deviations of the sharpest report
MOST_POINTS = 4000
VARIANCE_NODES = 9  # of the average of the sampling variance over places, which is smooth


@dataclass(frozen=True)
class Trial:
    """A parallel trial with a yes-or-no outcome.

    Attributes
    ----------
    construct : str
        Outcome on which it reports.
    families : float
        Families taking part, both arms together.
    share : float
        Share of them offered the programme.
    design_effect : float
        Factor by which clustering inflates the variance: 1 + (cluster size - 1) x intraclass correlation; 1 where families are
        allocated one by one.
    follow_up_months : float
        After which the outcome is read.
    loss : float
        Share of families whose outcome stays unknown.
    sites : float
        Places among which it is spread evenly; with one, the trial learns that place's effect and not the average.

    Raises
    ------
    UsageError
        Naming every value that is out of range.
    """

    construct: str
    families: float
    share: float = 0.5
    design_effect: float = 1.0
    follow_up_months: float = 12.0
    loss: float = 0.0
    sites: float = 1.0

    def __post_init__(self) -> None:
        rules = {
            "families": (self.families > 0, "must be more than 0"), "share": (0 < self.share < 1, "must lie between 0 and 1"),
            "design_effect": (self.design_effect >= 1, "must be 1 or more"), "follow_up_months": (self.follow_up_months >= 0, "must be 0 or more"),
            "loss": (0 <= self.loss < 1, "must be 0 or more and below 1"), "sites": (self.sites >= 1, "must be 1 or more"),
        }  # fmt: skip
        problems = [f"{name} = {getattr(self, name)}: {rule}" for name, (holds, rule) in rules.items() if not holds]
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def arms(self) -> tuple[float, float]:
        """Families with the programme and without it."""
        return self.families * self.share, self.families * (1 - self.share)

    @property
    def subject(self) -> str:
        """What it reports on."""
        return f"effects/{self.construct}"

    def variance(self, p1: np.ndarray, p0: np.ndarray) -> np.ndarray:
        """Sampling variance of the log odds ratio, given the risks in the two arms (Woolf 1955): a sum of 1 / expected counts."""
        with_it, without = (arm * (1 - self.loss) / self.design_effect for arm in self.arms)
        return 1 / (with_it * p1 * (1 - p1)) + 1 / (without * p0 * (1 - p0))


@dataclass(frozen=True)
class Remeasurement:
    """A study that measures a figure again which an earlier study measured as a difference between arms, such as a net cost.

    Attributes
    ----------
    subject : str
        Name of the input that holds the figure.
    families : float
        Families taking part, both arms together.
    behind : float
        Families behind the earlier figure, half of them in each arm. Its sampling variance is all that is uncertain about it, and
        shrinks with the number of families.
    share, loss, follow_up_months : float
        As for a `Trial`.

    Raises
    ------
    UsageError
        Naming every value that is out of range.
    """

    subject: str
    families: float
    behind: float
    share: float = 0.5
    loss: float = 0.0
    follow_up_months: float = 12.0
    sites: float = 1.0

    def __post_init__(self) -> None:
        rules = {
            "families": (self.families > 0, "must be more than 0"), "behind": (self.behind > 0, "must be more than 0"),
            "share": (0 < self.share < 1, "must lie between 0 and 1"), "loss": (0 <= self.loss < 1, "must be 0 or more and below 1"),
            "follow_up_months": (self.follow_up_months >= 0, "must be 0 or more"),
        }  # fmt: skip
        problems = [f"{name} = {getattr(self, name)}: {rule}" for name, (holds, rule) in rules.items() if not holds]
        if problems:
            raise UsageError("\n".join(problems))

    @property
    def arms(self) -> tuple[float, float]:
        """Families with the programme and without it."""
        return self.families * self.share, self.families * (1 - self.share)

    def sd(self, draws: np.ndarray) -> float:
        """Standard deviation of what it would report, from the draws of the figure."""
        return float(np.std(draws) * np.sqrt(self.behind / (4 * self.share * (1 - self.share) * self.families * (1 - self.loss))))


def trial_estimates(trial: Trial, centre: np.ndarray, tau: np.ndarray, logit_p0: np.ndarray, u_place: np.ndarray, u_error: np.ndarray) -> np.ndarray:
    """What the trial would report in each draw, as a log odds ratio.

    Parameters
    ----------
    trial : Trial
    centre, tau : ndarray, shape (n,)
        Average effect and spread between places, in the direction in which `logit_p0` counts events.
    logit_p0 : ndarray, shape (n,)
        Logit of the risk without the programme.
    u_place, u_error : ndarray, shape (n,)
        Points in (0, 1): of the trial's own place, and of its sampling error.

    Returns
    -------
    ndarray, shape (n,)
        Normal(theta, variance), with theta ~ Normal(centre, tau squared / sites).
    """
    theta = centre + tau / np.sqrt(trial.sites) * ndtri(u_place)
    variance = trial.variance(expit(logit_p0 + theta), expit(logit_p0))
    return theta + np.sqrt(variance) * ndtri(u_error)


def report_moments(trial: Trial, centre: np.ndarray, tau: np.ndarray, logit_p0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the trial's report in each draw, its own place and its sampling error both unknown.

    Parameters
    ----------
    trial : Trial
    centre, tau, logit_p0 : ndarray, shape (n,)
        As in `trial_estimates`.

    Returns
    -------
    mean, sd : ndarray, shape (n,)
        tau squared / sites, plus the sampling variance averaged over places.
    """
    p0, spread = expit(logit_p0), np.asarray(tau) / np.sqrt(trial.sites)
    variance = over_places(lambda theta: trial.variance(expit(logit_p0[:, None] + theta), p0[:, None]), centre, spread, VARIANCE_NODES)
    return np.asarray(centre, dtype=float), np.sqrt(spread**2 + variance)


def evsi_of_report(net_benefit: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> float:
    """Expected value of seeing a report that is normal in each draw, for one programme against doing nothing.

    Parameters
    ----------
    net_benefit : ndarray, shape (n,)
        Averaged over places; best given only what the report depends on, so that chance in the rest is not read as knowledge.
    mean, sd : ndarray, shape (n,)
        Of the report y in each draw.

    Returns
    -------
    float

    Notes
    -----
    By Bayes' rule the mean net benefit given y, times the density of y, is the mean over draws of NB x Normal(y; mean, sd). Its
    positive part, integrated over y, is the expected net benefit of deciding after the report; what deciding today gives is
    taken off. Nothing is fitted, so that the tails of the report, where decisions change, are as good as the draws.
    """
    benefit, mean, sd = (np.asarray(each, dtype=float) for each in (net_benefit, mean, sd))
    if not (benefit.shape == mean.shape == sd.shape and benefit.ndim == 1 and np.all(np.isfinite([benefit, mean, sd])) and np.all(sd > 0)):
        raise AnalysisError("net benefit, mean and sd must be finite, of one length, and every sd above 0")
    low, high = np.min(mean - REACH * sd), np.max(mean + REACH * sd)
    y = np.linspace(low, high, int(min(max(np.ceil((high - low) / (FINENESS * sd.min())), 64), MOST_POINTS)))
    sign = -1.0 if benefit.mean() > 0 else 1.0  # the part that would turn today's decision over
    return _positive_area(y, sign * _mixed(benefit / sd, mean, sd, y))


def _mixed(weights: np.ndarray, mean: np.ndarray, sd: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean over draws of weight x the standard normal density at (y - mean) / sd, shape (len(y),)."""
    total = np.zeros(len(y))
    for part in np.array_split(np.arange(len(mean)), max(1, len(mean) * len(y) // 500_000)):
        z = (y - mean[part, None]) / sd[part, None]
        total += weights[part] @ np.exp(-0.5 * z * z)
    return total / (len(mean) * np.sqrt(2 * np.pi))


def _positive_area(y: np.ndarray, values: np.ndarray) -> float:
    """Area under the positive part of the smooth curve through the points: a cubic spline, between its own crossings."""
    from scipy.interpolate import CubicSpline

    curve = CubicSpline(y, values)
    ends = np.unique(np.concatenate([y[[0, -1]], curve.roots(discontinuity=False, extrapolate=False)]))
    pieces = np.diff(curve.antiderivative()(ends))
    return float(np.sum(pieces[pieces > 0]))


def evsi(net_benefit: np.ndarray, estimates: np.ndarray) -> Estimate:
    """Expected value of sample information: what it would be worth to see the trial's result before deciding.

    Parameters
    ----------
    net_benefit : array_like, shape (n,) or (n, options)
        Averaged over places.
    estimates : ndarray, shape (n,) or (n, p)
        What the trial would report, in the same order.

    Returns
    -------
    Estimate

    Notes
    -----
    The mean net benefit given the report is a regression on it, over the same draws that made it (Strong, Oakley, Brennan & Breeze
    2015, doi 10.1177/0272989X15575286). What the arm without the programme teaches about the risk there is not counted.
    """
    return evppi_with_error(net_benefit, estimates)
