"""From draws and prices to net benefit: `appraise`, `evaluate` and the value of information.

Economics receives the synthesis' draws and never imports the synthesis.
"""

from workbench.economics.appraisal import Appraisal, appraise
from workbench.economics.build import Priced
from workbench.economics.discounting import annual_rates, discount_factors, internal_rate_of_return, present_value
from workbench.economics.distributions import quantiles
from workbench.economics.evaluate import Evaluation, evaluate, year_weights
from workbench.economics.information import evpi, evppi, evppi_each
from workbench.economics.kernel import BenefitLine, Controls, CostLine, Kernel, YardstickLine
from workbench.economics.prices import Prices
from workbench.economics.summaries import Amount, BreakEven, YearAmount, Yardstick

__all__ = [
    "Amount", "Appraisal", "BenefitLine", "BreakEven", "Controls", "CostLine", "Evaluation", "Kernel", "Priced", "Prices", "YardstickLine",
    "Yardstick", "YearAmount", "annual_rates", "appraise", "discount_factors", "evaluate", "evpi", "evppi", "evppi_each",
    "internal_rate_of_return", "present_value", "quantiles", "year_weights",
]  # fmt: skip
