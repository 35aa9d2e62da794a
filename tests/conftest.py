"""Shared fixtures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from components import missing
from workspace import Workspace, furnish

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, which is a workspace of its own."""
    return ROOT


@pytest.fixture(scope="session")
def evidence():
    """The real evidence base, loaded once."""
    import workbench

    return workbench.load(ROOT)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that can run headless."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    missing("chromium")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A minimal valid workspace, fresh for each test."""
    root = tmp_path / "workspace"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def furnished(workspace) -> Workspace:
    """The same with everything that an analysis and a briefing need."""
    return furnish(workspace)
