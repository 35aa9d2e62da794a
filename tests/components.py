"""A component that is missing is a skip on a laptop and a failure where CI is true."""

from __future__ import annotations

import os

import pytest


def missing(component: str) -> None:
    """Skip for want of `component`, or fail where CI promises that it is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{component} is missing, and CI must have it")
    pytest.skip(f"{component} is not installed")
