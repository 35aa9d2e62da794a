"""All exports of one page, written into one folder at once or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.briefing.exports import citing, drawings, printing, sheets
from workbench.briefing.exports.annex import annex
from workbench.briefing.exports.contents import Contents, contents
from workbench.briefing.sentences import Phrases
from workbench.errors import RunError, UsageError

PDF, STAMP = "briefing.pdf", "made-from.txt"
NO_BROWSER = "No PDF was made, because no Chromium was found; install chromium, or open the page in a browser and print it."


@dataclass(frozen=True)
class Exported:
    """Where the exports of a page stand, their names, and what could not be made, each as a sentence."""

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def export(page: Path, folder: Path, phrases: Phrases, references: Mapping[str, Any] | None = None, bibliography: Path | None = None, stamp: str = "") -> Exported:
    """Write a page's exports.

    Parameters
    ----------
    page : Path
        A briefing's HTML file.
    folder : Path
        Replaced as a whole.
    phrases : Phrases
    references : mapping of key to Reference, optional
        Those of the workspace; without them the works cited are not exported.
    bibliography : Path, optional
        The file that holds them.
    stamp : str
        Written into the folder: what the exports were made from, so that a later call can tell whether they still hold.

    Returns
    -------
    Exported

    Raises
    ------
    UsageError
        If the file is no briefing.
    RunError
        If it cannot be read, or the folder cannot be written.
    """
    try:
        found = contents(page.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{page}: cannot be read ({error})") from None
    except UsageError as error:
        raise UsageError(f"{page}: {error}") from None
    files = {**_tables(found), **_figures(found), **_citations(found, phrases, references, bibliography), "short-answer.docx": annex(found, phrases)}
    printed, notes = _pdf(page, found)
    files |= printed | ({STAMP: f"{stamp}\n".encode()} if stamp else {})
    try:
        _replace(folder, files)
    except OSError as error:
        raise RunError(f"{folder}: the exports cannot be written ({error.strerror})") from None
    return Exported(folder, tuple(sorted(files)), notes)


def _tables(found: Contents) -> dict[str, bytes]:
    tables = sheets.grids(found)
    texts = {f"tables/{name}.csv": sheets.csv_text(table.columns, table.rows).encode("utf-8-sig") for name, table in tables.items()}
    return texts | {"tables.xlsx": sheets.workbook(tables, found.title, found.carried.about.get("edition", ""))}


def _figures(found: Contents) -> dict[str, bytes]:
    return {f"figures/{name}.svg": drawings.standalone(found, name).encode() for name in found.figures}


def _citations(found: Contents, phrases: Phrases, references: Mapping[str, Any] | None, bibliography: Path | None) -> dict[str, bytes]:
    files = {"cite-this.bib": citing.own_bibtex(found, phrases), "cite-this.ris": citing.own_ris(found, phrases)}
    if references:
        works = citing.cited(found, references)
        files["works-cited.ris"] = citing.works_ris(works)
        if bibliography is not None:
            files["works-cited.bib"] = citing.works_bibtex(bibliography, (work.key for work in works))
    return {name: text.encode() for name, text in files.items()}


def _pdf(page: Path, found: Contents) -> tuple[dict[str, bytes], tuple[str, ...]]:
    chromium = printing.browser()
    if chromium is None:
        return {}, (NO_BROWSER,)
    try:
        return {PDF: printing.pdf(page, chromium, found.carried.about.get("edition", ""))}, ()
    except RunError as error:
        return {}, (f"No PDF was made: {error}",)


def _replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write beside the folder and swap, so that nobody ever sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    try:
        os.chmod(made, 0o755)
        for name, data in files.items():
            target = made / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
        if folder.exists():
            old = made.with_suffix(".old")
            os.replace(folder, old)
            os.replace(made, folder)
            shutil.rmtree(old)
        else:
            os.replace(made, folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
