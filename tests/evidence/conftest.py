"""The synthetic workspace as a fixture."""

import pytest
from workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A minimal valid workspace, fresh for each test."""
    root = tmp_path / "workspace"
    root.mkdir()
    return Workspace(root)
