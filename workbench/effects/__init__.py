"""Effect sizes: from what a paper prints to oriented arrays. Names are imported on first use."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "EffectSizes": "sizes",
    "orientation": "sizes",
    "Route": "routes",
    "Size": "routes",
    "size": "routes",
    "own_control_risk": "routes",
    "effect_sizes": "select",
    "LeftOut": "select",
    "CommonEffect": "rare",
    "arm_counts": "rare",
    "mantel_haenszel": "rare",
    "peto": "rare",
    "REGISTRY": "registry",
    "Measure": "registry",
    "escalc": "registry",
    "CONVERSIONS": "conversions",
    "convert": "conversions",
    "default_icc": "clustering",
    "design_effect": "clustering",
    "doubts": "guards",
}
_MODULES = (
    "arms", "clustering", "conversions", "coverage", "derivation", "events", "guards", "means", "measures", "nulls", "rare", "registry",
    "routes", "select", "sizes", "statistic", "uncertainty",
)  # fmt: skip

__all__ = sorted([*_HOMES, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
