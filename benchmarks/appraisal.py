"""One full appraisal: 10,000 draws, 10 pathways, 25 years, 6 payers; every printed figure, break-evens included.

Run with ``python benchmarks/appraisal.py [draws]``. The clock is the processor's, so that other programs do not count.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from workbench.economics import BenefitLine, Controls, CostLine, Evaluation, Kernel, evaluate

PATHWAYS, YEARS, PAYERS, ROUNDS = 10, 25, 6, 7


def kernel(draws: int) -> Kernel:
    """Ten pathways to ten outcomes: half with events undone over the years, all with an uncertain duration and cashable share."""
    rng = np.random.default_rng(2026)
    names = [f"outcome-{number}" for number in range(PATHWAYS)]
    lines = tuple(
        BenefitLine(
            f"pathway-{number}", name, name, True, rng.lognormal(8, 0.2, draws), rng.uniform(1, 12, draws), 1 + number % 3,
            rng.uniform(0.1, 0.3, draws) if number % 2 else None, 5.0, rng.uniform(0.3, 0.6, draws), None, f"payer-{number % PAYERS}", 0, True, True,
        )
        for number, name in enumerate(names)
    )  # fmt: skip
    cost = CostLine("cost", "cost", "payer-0", rng.normal(9000, 500, draws), None, True, True)
    theta, base = ({name: rng.normal(centre, 0.3, draws) for name in names} for centre in (0.2, -1.4))
    return Kernel(draws, 1, "GBP", 2023, theta, base, lines, (cost,))


def figures(found: Evaluation) -> list[object]:
    """Everything that a briefing prints."""
    amounts = [found.cost, found.benefit, found.npv, found.budget_cost, found.cashable, found.budget_npv, found.per_100_children, *found.benefit_by.values()]
    intervals = [(amount.mean, amount.low, amount.median, amount.high) for amount in amounts]
    return [*intervals, found.p_npv_positive, found.p_cashable_exceeds_cost, found.bcr, found.payback_year, found.budget_impact(), found.break_even_cost]


def main(draws: int = 10_000) -> None:
    """Print milliseconds of processor time, the middle of several rounds."""
    rates = np.r_[0.0, np.full(YEARS - 1, 0.035)]
    before, controls = kernel(draws), Controls(100, 1.0, 1.4, YEARS, rates)
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        clock = [time.process_time()]
        single = before.single()
        clock.append(time.process_time())
        found = evaluate(single, controls)
        figures(found)
        clock.append(time.process_time())
        assert len(found.break_even_effects) == PATHWAYS
        clock.append(time.process_time())
        assert found.break_even_years is not None
        clock.append(time.process_time())
        steps = np.diff(clock) * 1000
        for name, taken in zip(("single precision", "evaluate and every figure", "ten break-even effects", "break-even duration"), steps, strict=True):
            times.setdefault(name, []).append(float(taken))
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"one appraisal, {draws:,} draws, {PATHWAYS} pathways, {YEARS} years, {PAYERS} payers: milliseconds")
    for name, taken in {**middle, "together": sum(middle.values())}.items():
        print(f"  {name:<28}{taken:>8.1f}")


if __name__ == "__main__":
    main(*(int(part) for part in sys.argv[1:2]))
