"""Money and the value of information, timed in one run: an appraisal, fourteen EVPPIs, and each against a plain loop.

Run with ``python benchmarks/economics.py``. The size is ten thousand draws, ten pathways to ten outcomes, twenty-five years
and six payers. Each figure is the best of several calls in one warm process, in processor time; a loop that does not agree is said to differ.
The peers: the same sums in a loop over draws and years (on a few draws, scaled up), and the mean net benefit given each
parameter by statsmodels' B-spline basis and least squares, as a notebook would do it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, logit

from workbench.economics import BenefitLine, Controls, CostLine, Evaluation, Kernel, Trial, evaluate, evppi_each, evsi, kernel_inputs, tornado
from workbench.economics.decision.trial import evsi_of_report, report_moments, trial_estimates

DRAWS, PATHWAYS, YEARS, PARAMETERS = 10_000, 10, 25, 14
PAYERS = ("local_authority", "nhs", "police", "justice", "education", "families")
LOOPED = 20  # draws of the plain loop, scaled up


def best(call: Callable[[], Any], runs: int = 5) -> tuple[float, Any]:
    """Shortest time of `runs` calls in seconds of processor time, which other work on the machine changes little, and the result."""
    times, found = [], call()
    for _ in range(runs):
        started = time.process_time()
        found = call()
        times.append(time.process_time() - started)
    return min(times), found


def question() -> tuple[Kernel, Controls]:
    """A kernel of ten pathways, each to an outcome of its own, and six payers whose arrays all vary, and plain controls."""
    rng = np.random.default_rng(2026)
    outcomes = ("home", *(f"outcome {i}" for i in range(1, PATHWAYS)))
    lines = tuple(
        BenefitLine(f"p{i}", f"pathway {i}", outcomes[i], i % 3 > 0, rng.normal(2000 + 300 * i, 300, DRAWS), rng.uniform(1, 9, DRAWS), 1 + i % 3,
                    rng.uniform(0.05, 0.4, DRAWS), 5.0, rng.uniform(0.2, 0.7, DRAWS), None, PAYERS[i % len(PAYERS)], i % 2, True, i % 2 == 0)
        for i in range(PATHWAYS)
    )  # fmt: skip
    costs = (CostLine("c", "cost", PAYERS[0], rng.normal(9000, 900, DRAWS), None, True, True),)
    theta = {name: rng.normal(0.3, 0.35, DRAWS) for name in outcomes}
    base = {name: logit(rng.beta(30, 90, DRAWS)) for name in outcomes}
    rates = np.r_[0.0, np.full(YEARS - 1, 0.035)]
    return Kernel(DRAWS, 1, "GBP", 2023, theta, base, lines, costs), Controls(100, 1.0, 1.4, YEARS, rates)


def loop(kernel: Kernel, controls: Controls, draws: int) -> np.ndarray:
    """Net present value of the first draws, written out year by year."""
    factors = [np.prod([1 / (1 + rate) for rate in controls.schedule[0][: year + 1]]) for year in range(YEARS)]
    found = []
    for i in range(draws):
        total = -kernel.costs[0].value[i]
        for line in kernel.benefits:
            p0 = kernel.logit_p0[line.construct][i]
            change = expit(p0 + kernel.theta[line.construct][i]) - expit(p0)
            children = controls.children_per_family if line.per_child else 1.0
            for onset in range(line.onset_years):
                for year in range(YEARS - onset):
                    lasting = min(max(line.years[i] - year, 0.0), 1.0) * (1 - line.lost[i]) ** min((year + 0.5) / line.lost_years, 1.0)
                    total += children * change * line.value[i] * lasting * factors[year + onset] / line.onset_years
        found.append(total)
    return np.array(found)


def printed(found: Evaluation) -> list[object]:
    """Everything that a briefing prints, the break-even effect of each outcome included."""
    amounts = [found.cost, found.benefit, found.npv, found.budget_cost, found.cashable, found.budget_npv, found.per_100_children, *found.benefit_by.values()]
    intervals = [(amount.mean, amount.low, amount.median, amount.high) for amount in amounts]
    return [*intervals, found.p_npv_positive, found.p_cashable_exceeds_cost, found.bcr, found.payback_year, found.budget_impact(), found.break_even_cost, found.break_even_effects]


def by_statsmodels(benefit: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """EVPPI of each column with statsmodels' cubic B-splines and ordinary least squares."""
    import statsmodels.api as sm
    from statsmodels.gam.api import BSplines

    found = []
    for column in parameters.T:
        basis = sm.add_constant(BSplines(column[:, None], df=[10], degree=[3]).basis)
        fitted = sm.OLS(benefit, basis).fit().fittedvalues
        found.append(np.mean(np.maximum(fitted, 0)) - max(benefit.mean(), 0))
    return np.array(found)


def main() -> None:
    """Print the times and ratios."""
    kernel, controls = question()
    one, result = best(lambda: evaluate(kernel, controls))
    print(f"{DRAWS:,} draws, {PATHWAYS} pathways, {YEARS} years, {len(PAYERS)} payers")
    print(f"  its streams of money                {1000 * one:>9.1f} ms")
    whole, _ = best(lambda: printed(evaluate(kernel.single(), controls)))
    print(f"  one appraisal, every figure         {1000 * whole:>9.1f} ms   (limit 100)")
    lasting, _ = best(lambda: evaluate(kernel, controls).break_even_years)
    print(f"  its streams and a break-even duration{1000 * lasting:>8.1f} ms")
    plain, looped = best(lambda: loop(kernel, controls, LOOPED), runs=1)
    agree = np.allclose(looped, result.npv.draws[:LOOPED], rtol=1e-9)
    print(f"  the streams in a loop, scaled up    {1000 * plain * DRAWS / LOOPED:>9.0f} ms   {plain * DRAWS / LOOPED / one:,.0f} times ours; {'agrees' if agree else 'DIFFERS'}")

    inputs = kernel_inputs(kernel, controls)
    parameters = np.column_stack([item.draws for item in inputs[:PARAMETERS]])
    benefit = result.npv.draws - result.npv.mean  # at the edge, where every parameter has some value
    each, values = best(lambda: evppi_each(benefit, parameters))
    print(f"  {PARAMETERS} EVPPIs                          {1000 * each:>9.0f} ms   (limit 2,000)")
    try:
        theirs, other = best(lambda: by_statsmodels(benefit, parameters), runs=2)
        gap = np.max(np.abs(values - other)) / values.max()
        print(f"  the same by statsmodels             {1000 * theirs:>9.0f} ms   {theirs / each:,.1f} times ours; largest difference {100 * gap:.1f} % of the largest value")
    except ImportError as error:
        print(f"  statsmodels: not installed ({error.name})")

    drawn, bars = best(lambda: tornado(kernel, controls, inputs), runs=1)
    print(f"  tornado of {len(inputs)} inputs, {len(bars.bars)} bars        {1000 * drawn:>9.0f} ms")

    rng = np.random.default_rng(1)
    tau = np.abs(rng.normal(0, 0.2, DRAWS))
    trial, base = Trial("home", 800, sites=10), kernel.logit_p0["home"]
    reports = trial_estimates(trial, kernel.theta["home"], tau, base, rng.random(DRAWS), rng.random(DRAWS))
    regression, by_regression = best(lambda: evsi(benefit, reports))
    integral, by_integral = best(lambda: evsi_of_report(benefit, *report_moments(trial, kernel.theta["home"], tau, base)))
    print(f"  value of one trial, by regression   {1000 * regression:>9.1f} ms   {by_regression.value:,.0f} a family")
    print(f"  the same by its integral            {1000 * integral:>9.1f} ms   {by_integral:,.0f} a family")


if __name__ == "__main__":
    main()
