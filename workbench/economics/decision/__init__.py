"""From an appraisal to a decision: acceptability, what drives the answer, the value of information and of studies, equity."""

from workbench.economics.decision.acceptability import Acceptability, acceptability, programme_acceptability, willingness_to_pay
from workbench.economics.decision.averaging import averaged_kernel, mean_risk
from workbench.economics.decision.decide import Decision, Threshold, decide
from workbench.economics.decision.equity import EquityScenario, Weighted, equity_scenarios, weighted
from workbench.economics.decision.frontier import CostEffectiveness, Option, cost_effectiveness
from workbench.economics.decision.inputs import Input, appraisal_inputs, fix, kernel_inputs
from workbench.economics.decision.population import NetBenefitOfSampling, Population, StudyCost
from workbench.economics.decision.sensitivity import Bar, Range, ThresholdCurve, Tornado, threshold_curve, tornado
from workbench.economics.decision.settle import Settled, Unknown, settle_first
from workbench.economics.decision.study import Proposal, Proposals, propose, value_of_study
from workbench.economics.decision.trial import Remeasurement, Trial, evsi, evsi_of_report, trial_estimates
from workbench.economics.decision.voi import DrawSet, InformationValue, Known, draw_set, value_of_information

__all__ = [
    "Acceptability", "Bar", "CostEffectiveness", "Decision", "DrawSet", "EquityScenario", "InformationValue", "Input", "Known",
    "NetBenefitOfSampling", "Option", "Population", "Proposal", "Proposals", "Range", "Remeasurement", "Settled", "StudyCost", "Threshold",
    "ThresholdCurve", "Tornado", "Trial", "Unknown", "Weighted", "acceptability", "appraisal_inputs", "averaged_kernel",
    "cost_effectiveness", "decide", "draw_set", "equity_scenarios", "evsi", "evsi_of_report", "fix", "kernel_inputs", "mean_risk",
    "programme_acceptability", "propose", "settle_first", "threshold_curve", "tornado", "trial_estimates", "value_of_information",
    "value_of_study", "weighted", "willingness_to_pay",
]  # fmt: skip
