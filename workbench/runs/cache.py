"""What a briefing depends on, as one key: when none of it changed, the briefing is not built again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Libraries whose numbers end up in a briefing.
NUMERIC = ("numpy", "scipy", "pandas", "pymc", "arviz")


def key(evidence: Any, notebook: Path | None, templates: Path, parameters: Mapping[str, Any]) -> str:
    """Return a hash over parsed rows, references, parameters, the notebook if one is run, templates, package source and library versions."""
    digest = hashlib.sha256()
    for part in (evidence.digest, json.dumps(parameters, sort_keys=True, default=str), _of_files([notebook] if notebook else []), _of_files(_below(templates)), _of_package(), _of_libraries()):
        digest.update(part.encode())
    return digest.hexdigest()


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _of_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _of_package() -> str:
    import workbench

    root = Path(workbench.__file__).parent
    return _of_files(path for path in _below(root) if path.suffix != ".pyc")


@cache
def _of_libraries() -> str:
    return " ".join(f"{name}={version(name)}" for name in NUMERIC)
