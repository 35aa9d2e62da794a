"""What would have to be true for the mean net present value to be nought: an effect, a duration, a take-up.

Searches repeat no money of their own: each asks how the total that `evaluate` found would move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit

from workbench.economics.controls import Controls
from workbench.economics.discounting import crossing
from workbench.economics.flows import factors, fading, logit_baselines, money_per_event, remaining, risk_differences, spread
from workbench.economics.kernel import BenefitLine, Kernel
from workbench.economics.summaries import BreakEven

WIDEST_LOG_ODDS = 12.0  # beyond it a risk is 0 or 1 to five decimals: a search for an effect goes no further
LONGEST = 100.0  # times as long: a search for a duration goes no further


def break_even_effects(kernel: Kernel, controls: Controls, npv: np.ndarray, slopes: Sequence[np.ndarray]) -> dict[str, BreakEven]:
    """For each construct, the common effect at which the mean net present value is zero; every other draw stays as it is.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls
    npv : ndarray, shape (n,)
        Net present value under them.
    slopes : sequence of ndarray, shape (n,) or (1,)
        Present value of one further event of each of the kernel's benefit lines.

    Returns
    -------
    dict of construct to BreakEven
        Only constructs for which some log odds ratio within 12 of nought does it.
    """
    baselines, found = logit_baselines(kernel, controls), {}
    differences = risk_differences(kernel, baselines)
    for name, base in baselines.items():
        own = [slope for line, slope in zip(kernel.benefits, slopes, strict=True) if line.construct == name and line.societal]
        if not own:
            continue
        slope, p0 = sum(own), expit(base)
        rest = float(np.mean(npv - slope * (differences[name] + p0)))
        theta = crossing(_mean_npv(rest, slope, np.exp(-base)), -WIDEST_LOG_ODDS, WIDEST_LOG_ODDS)
        if theta is not None:
            found[name] = BreakEven(name, theta, float(np.mean(expit(base + theta) - p0)))
    return found


def _mean_npv(rest: float, slope: np.ndarray, odds_against: np.ndarray) -> Callable[[float], float]:
    """Mean net present value as a function of the log odds ratio; p1 = 1 / (1 + odds against p0 / odds ratio)."""
    return lambda theta: rest + float(np.mean(slope / (1.0 + odds_against * np.exp(-theta))))


def break_even_years(kernel: Kernel, controls: Controls, npv: np.ndarray) -> float | None:
    """Return the number by which every benefit's duration must be multiplied for a mean net present value of zero.

    Parameters
    ----------
    kernel : Kernel
    controls : Controls
    npv : ndarray, shape (n,)
        Net present value under them.

    Returns
    -------
    float or None
        None where no benefit has a duration, or no multiple up to 100 within the horizon does it.
    """
    differences = risk_differences(kernel, logit_baselines(kernel, controls))
    timed = [line for line in kernel.benefits if line.years is not None and line.societal]
    if not timed:
        return None
    amounts = [money_per_event(line, controls) * (1.0 if line.construct is None else differences[line.construct]) for line in timed]
    worth = [_by_duration(line, controls) for line in timed]

    def total(times: float) -> float:
        return sum(float(np.dot(amount, years(times))) / kernel.count for amount, years in zip(amounts, worth, strict=True))

    rest = float(np.mean(npv)) - total(1.0)
    return crossing(lambda times: rest + total(times), 0.0, LONGEST)


def _by_duration(line: BenefitLine, controls: Controls) -> Callable[[float], np.ndarray]:
    """Discounted years of a line, shape (n,), as a function of the multiple of its duration.

    The value of running through year s is the discounted worth of that year over all years of onset, so that the total is
    linear between whole years.
    """
    horizon = controls.horizon
    worth = ((spread(horizon, line.onset_years) * fading(controls)) @ factors(controls)[line.discount])[None, :]
    if line.lost is not None:
        worth = worth * remaining(horizon, line.lost, line.lost_years)
    ends = np.zeros((len(worth), horizon + 1))
    np.cumsum(worth, axis=1, out=ends[:, 1:])
    first, ends = np.arange(len(worth)) * (horizon + 1), ends.ravel()

    def discounted(times: float) -> np.ndarray:
        until = np.minimum(np.maximum(times * line.years, 0.0), horizon)
        whole = np.minimum(until.astype(int), horizon - 1)
        before = ends[first + whole]
        return before + (until - whole) * (ends[first + whole + 1] - before)

    return discounted


def break_even_take_up(controls: Controls, npv: Sequence[float] | np.ndarray) -> float | None:
    """Return the take-up at which the mean net present value is zero: at a higher one the costs of the whole area are spread further.

    Parameters
    ----------
    controls : Controls
    npv : ndarray, shape (n,)
        Net present value under them.

    Returns
    -------
    float or None
        Between 0 and 1. None where take-up does not decide: no cost of the whole area, or it is never covered.
    """
    if controls.whole_area_cost == 0:
        return None
    fixed = (1.0 + controls.optimism_bias) * controls.whole_area_cost / controls.families_offered
    rest = float(np.mean(npv)) + fixed
    found = controls.take_up * fixed / rest if rest > 0 else np.inf
    return found if found <= 1 else None
