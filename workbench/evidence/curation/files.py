"""Replacing files: all of them or none, and never a half-written one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from workbench.errors import EvidenceError, Problem


def replace_all(files: Mapping[Path, bytes], expected: Mapping[Path, bytes | None] | None = None) -> None:
    """Write several files so that either all of them change or none does.

    Each is written beside its place first and then renamed over it. If a rename fails, those done before are undone.

    Parameters
    ----------
    files : mapping of pathlib.Path to bytes
        New content.
    expected : mapping of pathlib.Path to bytes or None, optional
        What each file held when the new content was worked out (None: it did not exist).

    Raises
    ------
    EvidenceError
        If a file has changed since, or cannot be written; nothing is changed then.
    """
    # A link is followed, so that the file it leads to is replaced and the link stays.
    targets = {path.resolve(): content for path, content in files.items()}
    before = {path: _content(path) for path in targets}
    for path, content in (expected or {}).items():
        if before.get(path.resolve(), content) != content:
            raise EvidenceError([Problem(path.name, 0, value="the file has changed in the meantime", rule="nothing was written", way_out="run the command again")])
    waiting: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for path, content in targets.items():
            waiting[path] = _beside(path, content)
        for path, temporary in waiting.items():
            os.replace(temporary, path)
            done.append(path)
    except OSError as error:
        for path in done:
            _restore(path, before[path])
        reason = (error.strerror or str(error)).lower()
        raise EvidenceError([Problem(str(error.filename or ""), 0, value=reason, rule="the file must be writable; nothing was changed",
                                     way_out="check permissions and free space")]) from None
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _beside(path: Path, content: bytes) -> Path:
    """Write content to a temporary file in the same folder, flushed to the disk, with the mode of the file it will replace."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
    return Path(name)


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        os.replace(_beside(path, content), path)
