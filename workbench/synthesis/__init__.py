"""Evidence synthesis: from effect sizes and priors to a posterior that answers questions.

Names are imported when first used, so that importing the package stays cheap.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "fit": "fitting",
    "headline": "answers.answer",
    "methods_text": "answers.methods",
    **dict.fromkeys(("family", "fit_family"), "models.families"),
    "fit_counts": "models.counts",
    "fit_robust": "models.robust",
    **dict.fromkeys(("fit_jointly", "LKJ"), "models.jointly"),
    "multiverse": "answers.specifications",
    **dict.fromkeys(("leave_one_out", "influence", "cumulative", "prior_grid", "prior_posterior_overlap", "prior_weight", "PriorWeight"), "sensitivity"),
    "Headline": "answers.headlines",
    "pool": "frequentist.twin",
    "Pooled": "frequentist.twin",
    "Synthesis": "result",
    "Posterior": "result",
    "bayes_factor": "factors",
    "fit_many": "exact.batch",
    "effect_at": "exact.regression",
    "pool_multilevel": "frequentist.multilevel",
    "pool_regression": "frequentist.metaregression",
    "small_study": "bias.smallstudy",
    "SmallStudy": "bias.smallstudy",
    "funnel": "bias.smallstudy",
    **dict.fromkeys(("regression_test", "weighted_test", "rank_test", "pet_peese"), "bias.asymmetry"),
    **dict.fromkeys(("trim_and_fill", "excess_significance", "fail_safe_n"), "bias.missing"),
    "step_selection": "bias.selection",
    "model_average": "bias.averaging",
    **dict.fromkeys(
        ("Normal", "StudentT", "HalfNormal", "HalfStudentT", "HalfCauchy", "LogNormal", "LogStudentT", "Uniform", "Flat", "named", "default_set"),
        "priors",
    ),
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
