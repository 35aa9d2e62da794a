"""Parameters, notebooks and briefings: everything that runs the rest.

Imported on first use: checking a parameter must not wait for a numerical library.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Analysis": "workbench.runs.analysis",
    "analyse": "workbench.runs.analysis",
    "Built": "workbench.runs.build",
    "Result": "workbench.runs.build",
    "brief": "workbench.runs.build",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'workbench.runs' has no attribute {name!r}")
