"""Exports beside briefings: made anew only where the page, the exporter or the browser at hand changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.runs import cache


def folder_of(page: Path) -> Path:
    """Return where a page's exports stand: beside it, under its own name."""
    return page.with_suffix("")


def export_pages(evidence: Any, pages: Iterable[Path], folder: Path | None = None) -> tuple[Any, ...]:
    """Write the exports of pages.

    Parameters
    ----------
    evidence : EvidenceBase
        Its workspace's words and bibliography serve the citations.
    pages : iterable of Path
        Briefings as HTML.
    folder : Path, optional
        Where to put each page's folder; beside the page unless given.

    Returns
    -------
    tuple of Exported

    Raises
    ------
    UsageError, RunError
        If a page is no briefing, or cannot be read or written beside.
    """
    from workbench.briefing.exports import export
    from workbench.briefing.sentences import load_phrases
    from workbench.evidence.workspace import BIBLIOGRAPHY

    phrases = load_phrases(evidence.root / "templates")
    found = []
    for page in pages:
        target = folder_of(page) if folder is None else folder / page.stem
        stamp = _stamp(evidence, page)
        if (made := _standing(target, stamp)) is None:
            made = export(page, target, phrases, evidence.references, evidence.root / BIBLIOGRAPHY, stamp)
        found.append(made)
    return tuple(found)


def _stamp(evidence: Any, page: Path) -> str:
    """What exports depend on, in one line."""
    from workbench.briefing.exports.printing import browser
    from workbench.errors import RunError

    try:
        content = hashlib.sha256(page.read_bytes()).hexdigest()
    except OSError as error:
        raise RunError(f"{page}: cannot be read ({error.strerror})") from None
    made_by = cache.key(evidence, None, evidence.root / "templates", {"exports": browser() is not None})[:16]
    return f"{page.name} sha256 {content} made by {made_by}"


def _standing(folder: Path, stamp: str) -> Any | None:
    """Return the exports that stand in a folder if they were made from the same things."""
    from workbench.briefing.exports import Exported
    from workbench.briefing.exports.folder import NO_BROWSER, PDF, STAMP

    mark = folder / STAMP
    if not mark.is_file() or mark.read_text(encoding="utf-8") != f"{stamp}\n":
        return None
    names = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
    return Exported(folder, names, () if PDF in names else (NO_BROWSER,))
