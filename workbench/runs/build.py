"""Build briefings: check everything first, run what changed, keep going past a failure, and write the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import UsageError, WorkbenchError
from workbench.runs import cache, mapping, notebooks
from workbench.runs.lookup import check_names, find_area, find_programme, known_outcomes
from workbench.runs.parameters import check, check_notebook

NOTEBOOK = "briefing.ipynb"


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
    """All briefings of one call, their index page and the evidence map; no index where the folder holds no briefing."""

    briefings: tuple[Built, ...]
    index: Path | None
    map: Built | None = None

    @property
    def failed(self) -> tuple[Built, ...]:
        """The pages that could not be built."""
        pages = self.briefings if self.map is None else (*self.briefings, self.map)
        return tuple(item for item in pages if item.state == "failed")


def brief(
    programmes: Sequence[str] = (),
    area: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    workspace: str | Path = ".",
    force: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Result:
    """Build one briefing per programme, the evidence map, and the index of all briefings in the output folder.

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
    folder = Path(output) if output is not None else evidence.root / "briefings"
    _check_folder(folder)
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
    made = write_map(evidence, folder, force)
    return Result(tuple(built), write_index(evidence, folder), made)


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder with -o")


def slug(text: str) -> str:
    """Return `text` as part of a file name: lower case letters, digits and hyphens."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _one(evidence: Any, programme: str, place: Any, settings: Mapping[str, Any], notebook: Path, folder: Path, force: bool) -> Built:
    path = folder / f"{programme}--{slug(place['area'])}.html"
    values = {"programme": programme, "area": place["gss_code"], **_literals(settings)}
    templates = evidence.root / "templates"
    store = evidence.root / ".workbench" / "cache" / f"{cache.key(evidence, notebook, templates, values)}.html"
    try:
        check_notebook(notebook, values)
        if store.is_file() and not force:
            text = store.read_text(encoding="utf-8")
            same = path.is_file() and path.read_text(encoding="utf-8") == text
            if not same:
                notebooks.write(path, text)
            return Built(programme, place["area"], path, "unchanged")
        text = notebooks.to_html(notebooks.execute(notebook, values, evidence.root), templates)
        notebooks.write(store, text)
        notebooks.write(path, text)
    except (WorkbenchError, OSError) as error:
        return Built(programme, place["area"], path, "failed", str(error))
    return Built(programme, place["area"], path, "built")


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
    folder = Path(output) if output is not None else evidence.root / "briefings"
    _check_folder(folder)
    return write_map(evidence, folder, force)


def write_map(evidence: Any, folder: Path, force: bool = False) -> Built:
    """Write the evidence map into `folder`, from the cache where nothing changed."""
    path = folder / mapping.FILE
    try:
        text, new = mapping.map_page(evidence, folder, force)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            notebooks.write(path, text)
    except (WorkbenchError, OSError) as error:
        return Built("", "", path, "failed", str(error))
    return Built("", "", path, "built" if new else "unchanged")


def write_index(evidence: Any, folder: Path) -> Path | None:
    """Write ``index.html`` over every briefing in `folder`, read back from the files themselves; None if there is none.

    It links to the evidence map where that stands beside it.
    """
    from workbench.briefing.index import read_entry, render_index

    entries = [read_entry(path) for path in sorted(folder.glob("*--*.html"))] if folder.is_dir() else []
    if not entries:
        return None
    target = folder / "index.html"
    beside = mapping.FILE if (folder / mapping.FILE).is_file() else ""
    notebooks.write(target, render_index(entries, evidence.root / "templates", beside))
    return target
