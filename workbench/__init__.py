"""What Works Workbench: from evidence tables to briefings, one posterior end to end.

The public names are imported on first use, so that ``import workbench`` stays quick and loads no numerical library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# public name -> module that defines it
_HOMES = {
    "load": "workbench.evidence",
    "EvidenceBase": "workbench.evidence",
    "effect_sizes": "workbench.effects",
    "EffectSizes": "workbench.effects",
    "fit": "workbench.synthesis",
    "pool": "workbench.synthesis",
    "headline": "workbench.synthesis",
    "Synthesis": "workbench.synthesis",
    "Normal": "workbench.synthesis.priors",
    "StudentT": "workbench.synthesis.priors",
    "HalfNormal": "workbench.synthesis.priors",
    "HalfStudentT": "workbench.synthesis.priors",
    "HalfCauchy": "workbench.synthesis.priors",
    "LogNormal": "workbench.synthesis.priors",
    "LogStudentT": "workbench.synthesis.priors",
    "Uniform": "workbench.synthesis.priors",
    "Flat": "workbench.synthesis.priors",
    "Draws": "workbench.draws",
    "appraise": "workbench.economics",
    "Appraisal": "workbench.economics",
    "analyse": "workbench.runs",
    "brief": "workbench.runs",
}
_SUBPACKAGES = ("briefing", "draws", "economics", "effects", "errors", "evidence", "plots", "runs", "synthesis")

__all__ = sorted([*_HOMES, *_SUBPACKAGES])

if TYPE_CHECKING:
    from workbench import briefing, draws, economics, effects, errors, evidence, plots, runs, synthesis  # noqa: F401


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _SUBPACKAGES:
        return importlib.import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
