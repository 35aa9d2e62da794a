"""Finding the workspace: the folder that holds ``evidence/datapackage.json``."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import EvidenceError, Problem, UsageError

FOLDER = "evidence"
PACKAGE = "datapackage.json"
BIBLIOGRAPHY = "bibliography.bib"


def find_workspace(path: str | os.PathLike = ".") -> Path:
    """Find the workspace from a folder upwards, as git finds its repository.

    Parameters
    ----------
    path : str or path-like
        Folder to start from (a file stands for its folder).

    Returns
    -------
    pathlib.Path
        Absolute path of the nearest folder, at or above ``path``, that holds
        ``evidence/datapackage.json``.

    Raises
    ------
    UsageError
        If ``path`` does not exist or no workspace lies at or above it.
    EvidenceError
        If an evidence folder is there but cannot be used.
    """
    start = Path(path).expanduser().absolute()
    if not start.exists():
        raise UsageError(f"{path}: there is no such folder; give the folder of a workspace")
    start = (start if start.is_dir() else start.parent).resolve()
    half_made = None
    for folder in (start, *start.parents):
        found = _evidence_of(folder)
        if found == "package":
            return folder
        # A folder that merely happens to be called evidence does not end the search.
        half_made = half_made or (folder if found == "folder" else None)
    if half_made is not None:
        raise EvidenceError([_missing_package(half_made)])
    raise UsageError(
        f"{start} is not in a workspace: neither it nor a folder above it has {FOLDER}/{PACKAGE}; "
        "start from a workspace, or make one with `workbench new`"
    )


def _evidence_of(folder: Path) -> str:
    """Return "package", "folder" or "" for what stands at ``folder/evidence``."""
    evidence = folder / FOLDER
    try:
        if evidence.exists() and not evidence.is_dir():
            raise EvidenceError([_unusable(folder, "must be a folder", "it is a file")])
        if not evidence.is_dir():
            return ""
        os.listdir(evidence)
        return "package" if (evidence / PACKAGE).is_file() else "folder"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EvidenceError([_unusable(folder, "must be a folder that can be read", reason)]) from None


def _unusable(folder: Path, rule: str, reason: str) -> Problem:
    return Problem(
        FOLDER, 0, value=str(folder / FOLDER), rule=f"{rule} ({reason})",
        way_out=f"check what {FOLDER} is in {folder}, and its permissions",
    )


def _missing_package(folder: Path) -> Problem:
    return Problem(
        f"{FOLDER}/{PACKAGE}", 0, value="the file is missing",
        rule=f"{folder / FOLDER} must describe its tables in {PACKAGE}",
        way_out="copy it from another workspace, or make a workspace with `workbench new`",
    )
