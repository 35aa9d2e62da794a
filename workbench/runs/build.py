"""Build briefings: check everything first, run what changed, keep going past a failure, and write the index."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import UsageError, WorkbenchError
from workbench.runs import cache, comparing, mapping, notebooks
from workbench.runs.lookup import check_names, find_area, find_programme, known_outcomes
from workbench.runs.parameters import check, check_notebook

NOTEBOOK = "briefing.ipynb"
INTERACTIVE = ".interactive.html"  # how the name of a page with the panel ends
TAGS = ("briefing", "interactive")  # of the notebook's cells that end in a page
Headlines = Callable[[], Mapping[tuple[str, str], Any]]


@dataclass(frozen=True)
class Built:
    """What became of one briefing: where it is, whether it was built or unchanged, or why it failed."""

    programme: str
    area: str
    path: Path
    state: str  # built | unchanged | failed
    message: str = ""


@dataclass(frozen=True)
class Result:
    """What one call made; no index where the folder holds no briefing.

    Attributes
    ----------
    briefings : tuple of Built
    index : Path or None
    map, compare : Built or None
        The evidence map and the compare page.
    notes : tuple of str
        What could not be exported beside a briefing, each said once.
    """

    briefings: tuple[Built, ...]
    index: Path | None
    map: Built | None = None
    compare: Built | None = None
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Built, ...]:
        """The pages that could not be built."""
        return tuple(item for item in (*self.briefings, self.map, self.compare) if item is not None and item.state == "failed")


def brief(
    programmes: Sequence[str] = (),
    area: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    workspace: str | Path = ".",
    force: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
    exports: bool = True,
) -> Result:
    """Build one briefing per programme with its exports, the evidence map, the compare page, and the index of all briefings.

    Parameters
    ----------
    programmes : sequence of str
        Programme ids; empty for all that ``programmes.csv`` marks for a briefing.
    area : str, optional
        Name or GSS code; the country unless given.
    parameters : mapping, optional
        Typed parameters, as from `workbench.runs.parameters.parse`.
    output : path, optional
        Folder to write into; ``briefings`` in the workspace unless given.
    workspace : path
        Folder in, or below, the workspace.
    force : bool
        Build even what has not changed.
    progress : callable, optional
        Called with (done, total, what comes next).
    exports : bool
        Write tables, figures, the PDF and citations beside each briefing.

    Returns
    -------
    Result

    Raises
    ------
    UsageError, EvidenceError
        Before anything is built.
    """
    from workbench.evidence import load

    evidence = load(workspace)
    rows = [find_programme(evidence, name) for name in programmes] or list(evidence["programmes"].where(briefing=True))
    if not rows:
        raise UsageError("programmes.csv marks no programme for a briefing (column briefing); name one")
    place = find_area(evidence, area)
    settings = check(parameters or {}, known_outcomes(evidence))
    check_names(evidence, settings)
    folder = _folder(evidence, output)
    notebook = evidence.root / "notebooks" / NOTEBOOK
    if not notebook.is_file():
        raise UsageError(f"{notebook.relative_to(evidence.root)} is missing from the workspace {evidence.root.name}")
    built = []
    for number, row in enumerate(rows):
        if progress:
            progress(number, len(rows), row["short_name"])
        built.append(_one(evidence, row["programme_id"], place, settings, notebook, folder, force))
    if progress:
        progress(len(rows), len(rows), "")
    headlines = functools.cache(lambda: mapping.map_headlines(evidence))  # the map and the compare page share one run
    made = write_map(evidence, folder, force, headlines)
    compared = write_compare(evidence, folder, None, force, headlines)
    notes = _export(evidence, built) if exports else ()
    return Result(tuple(built), write_index(evidence, folder), made, compared, notes)


def _export(evidence: Any, built: Sequence[Built]) -> tuple[str, ...]:
    """Write the exports of what was built; a briefing stands even where they fail."""
    from workbench.runs.exporting import export_pages

    notes: list[str] = []
    for item in built:
        try:
            notes += [note for made in export_pages(evidence, [item.path] if item.state != "failed" else []) for note in made.notes]
        except WorkbenchError as error:
            notes.append(str(error))
    return tuple(dict.fromkeys(notes))


def _folder(evidence: Any, output: str | Path | None) -> Path:
    """Where pages go: the folder named, or ``briefings`` in the workspace; it need not be there yet."""
    folder = Path(output) if output is not None else evidence.root / "briefings"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder with -o")
    return folder


def slug(text: str) -> str:
    """Return `text` as part of a file name: lower case letters, digits and hyphens."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def file_names(programme: str, place: Any) -> tuple[str, str]:
    """Return the names of a briefing's plain file and of its interactive one."""
    stem = f"{programme}--{slug(place['area'])}"
    return f"{stem}.html", f"{stem}{INTERACTIVE}"


def _one(evidence: Any, programme: str, place: Any, settings: Mapping[str, Any], notebook: Path, folder: Path, force: bool) -> Built:
    paths = [folder / name for name in file_names(programme, place)]
    values = {"programme": programme, "area": place["gss_code"], **_literals(settings)}
    templates = evidence.root / "templates"
    key = cache.key(evidence, notebook, templates, values)
    stores = [evidence.root / ".workbench" / "cache" / f"{key}{ending}" for ending in (".html", INTERACTIVE)]
    try:
        check_notebook(notebook, values)
        kept = all(store.is_file() for store in stores) and not force
        if not kept:
            executed = notebooks.execute(notebook, values, evidence.root)
            for store, tag in zip(stores, TAGS, strict=True):
                notebooks.write(store, notebooks.to_html(executed, templates, tag))
        for path, store in zip(paths, stores, strict=True):
            text = store.read_text(encoding="utf-8")
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                notebooks.write(path, text)
    except (WorkbenchError, OSError) as error:
        return Built(programme, place["area"], paths[0], "failed", str(error))
    return Built(programme, place["area"], paths[0], "unchanged" if kept else "built")


def _literals(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Papermill can inject them: dates as text."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in settings.items()}


def evidence_map(output: str | Path | None = None, workspace: str | Path = ".", force: bool = False) -> Built:
    """Build the evidence map alone, into `output` or ``briefings`` in the workspace.

    Raises
    ------
    UsageError, EvidenceError
        Before anything is built.
    """
    from workbench.evidence import load

    evidence = load(workspace)
    folder = _folder(evidence, output)
    return write_map(evidence, folder, force)


def write_map(evidence: Any, folder: Path, force: bool = False, headlines: Headlines | None = None) -> Built:
    """Write the evidence map into `folder`, from the cache where nothing changed."""
    return _write(folder / mapping.FILE, lambda: mapping.map_page(evidence, folder, force, headlines))


def compare(area: str | None = None, output: str | Path | None = None, workspace: str | Path = ".", force: bool = False) -> Built:
    """Build the compare page of an area alone, into `output` or ``briefings`` in the workspace.

    Raises
    ------
    UsageError, EvidenceError
        Before anything is built.
    """
    from workbench.evidence import load

    evidence = load(workspace)
    folder = _folder(evidence, output)
    return write_compare(evidence, folder, area, force)


def write_compare(evidence: Any, folder: Path, area: str | None = None, force: bool = False, headlines: Headlines | None = None) -> Built:
    """Write the compare page of an area (the country unless given) into `folder`, from the cache where nothing changed."""
    place = find_area(evidence, area)
    return _write(folder / comparing.file_of(evidence, place), lambda: comparing.compare_page(evidence, folder, place, force, headlines))


def _write(path: Path, make: Callable[[], tuple[str, bool]]) -> Built:
    """Write a page that is not a briefing; `make` returns its text and whether it is new."""
    try:
        text, new = make()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            notebooks.write(path, text)
    except (WorkbenchError, OSError) as error:
        return Built("", "", path, "failed", str(error))
    return Built("", "", path, "built" if new else "unchanged")


def write_index(evidence: Any, folder: Path) -> Path | None:
    """Write ``index.html`` over every briefing in `folder`, read back from the files themselves; None if there is none.

    It links to the evidence map and the compare page where they stand beside it.
    """
    from workbench.briefing.index import read_entry, render_index

    pages = sorted(folder.glob("*--*.html")) if folder.is_dir() else []
    entries = [read_entry(path) for path in pages if not path.name.endswith(INTERACTIVE)]
    if not entries:
        return None
    target = folder / "index.html"
    beside = {name: file for name, file in (("map", mapping.FILE), ("compare", f"{comparing.STEM}.html")) if (folder / file).is_file()}
    notebooks.write(target, render_index(entries, evidence.root / "templates", **beside))
    return target
