"""From draws and prices to net benefit: `appraise`, `evaluate` and the value of information.

Economics receives the synthesis' draws and never imports the synthesis.
"""

from workbench.economics.appraisal import Appraisal, appraise
from workbench.economics.build import Priced
from workbench.economics.controls import Controls
from workbench.economics.discounting import annual_rates, discount_factors, internal_rate_of_return, present_value
from workbench.economics.distributions import quantiles
from workbench.economics.evaluate import evaluate
from workbench.economics.evaluation import Evaluation
from workbench.economics.flows import year_weights
from workbench.economics.information import Estimate, evpi, evpi_with_error, evppi, evppi_each, evppi_with_error
from workbench.economics.kernel import BenefitLine, CostLine, Kernel, YardstickLine
from workbench.economics.prices import Prices
from workbench.economics.scenarios import Scenario, Scenarios
from workbench.economics.scrambles import ScrambleErrors
from workbench.economics.summaries import Amount, BreakEven, YearAmount, Yardstick

# last, because it stands on the rest
from workbench.economics.decision import (  # isort: skip
    Acceptability, CostEffectiveness, Decision, InformationValue, NetBenefitOfSampling, Population, Proposals, Remeasurement, StudyCost,
    ThresholdCurve, Tornado, Trial, Weighted, acceptability, averaged_kernel, cost_effectiveness, decide, equity_scenarios, evsi, evsi_of_report,
    kernel_inputs, programme_acceptability, threshold_curve, tornado, trial_estimates, value_of_information, weighted, willingness_to_pay,
)  # fmt: skip

__all__ = [
    "Acceptability", "CostEffectiveness", "Decision", "Estimate", "InformationValue", "NetBenefitOfSampling", "Population", "Proposals",
    "Remeasurement", "StudyCost", "ThresholdCurve", "Tornado", "Trial", "Weighted", "acceptability", "averaged_kernel", "cost_effectiveness",
    "decide", "equity_scenarios", "evpi_with_error", "evppi_with_error", "evsi", "evsi_of_report", "kernel_inputs", "programme_acceptability",
    "threshold_curve", "tornado", "trial_estimates", "value_of_information", "weighted", "willingness_to_pay",
    "Amount", "Appraisal", "BenefitLine", "BreakEven", "Controls", "CostLine", "Evaluation", "Kernel", "Priced", "Prices", "YardstickLine",
    "Yardstick", "YearAmount", "annual_rates", "appraise", "discount_factors", "evaluate", "evpi", "evppi", "evppi_each",
    "Scenario", "Scenarios", "ScrambleErrors", "internal_rate_of_return", "present_value", "quantiles", "year_weights",
]  # fmt: skip
