"""A component that is missing is a skip on a laptop and a failure where CI is true."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest


def missing(component: str) -> None:
    """Skip for want of `component`, or fail where CI promises that it is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{component} is missing, and CI must have it")
    pytest.skip(f"{component} is not installed")


def needed(module: str) -> Any:
    """Import a module, or see `missing`."""
    try:
        return import_module(module)
    except ImportError:
        missing(module)
