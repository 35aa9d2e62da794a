"""Evidence synthesis: from effect sizes and priors to a posterior that answers questions.

Names are imported when first used, so that importing the package stays cheap.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "fit": "fitting",
    "headline": "answer",
    "methods_text": "methods",
    **dict.fromkeys(("family", "fit_family"), "families"),
    "fit_counts": "counts",
    "fit_robust": "robust",
    **dict.fromkeys(("fit_jointly", "LKJ"), "jointly"),
    "multiverse": "specifications",
    **dict.fromkeys(("leave_one_out", "influence", "cumulative", "prior_grid", "prior_posterior_overlap", "prior_weight", "PriorWeight"), "sensitivity"),
    "Headline": "headlines",
    "pool": "frequentist",
    "Pooled": "frequentist",
    "Synthesis": "result",
    "Posterior": "result",
    "bayes_factor": "factors",
    "fit_many": "batch",
    "effect_at": "regression",
    "pool_multilevel": "multilevel",
    "pool_regression": "metaregression",
    "small_study": "smallstudy",
    "SmallStudy": "smallstudy",
    "funnel": "smallstudy",
    **dict.fromkeys(("regression_test", "weighted_test", "rank_test", "pet_peese"), "asymmetry"),
    **dict.fromkeys(("trim_and_fill", "excess_significance", "fail_safe_n"), "missing"),
    "step_selection": "selection",
    "model_average": "averaging",
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
