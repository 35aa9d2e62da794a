"""Drafts as files, and drafts into the tables: checked as a whole first, then all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workbench.errors import EvidenceError, Problem, UsageError
from workbench.evidence.base import check
from workbench.evidence.bibliography import blocks, parse_bibliography
from workbench.evidence.curation import canonical, entries
from workbench.evidence.curation.drafting import Cells, Drafts
from workbench.evidence.curation.files import replace_all
from workbench.evidence.curation.fixing import keeps_order
from workbench.evidence.reader import read_table, read_text
from workbench.evidence.schema import Package, Resource
from workbench.evidence.typed import header_problems, ragged
from workbench.evidence.workspace import BIBLIOGRAPHY, FOLDER, PACKAGE

FOLDER_OF_DRAFTS = "drafts"
_REFERENCES = "references.bib"
_TABLES = ("studies", "effects")


def write_drafts(root: Path, name: str, drafts: Drafts, package: Package) -> Path:
    """Write drafts into ``drafts/<name>/`` of a workspace.

    Raises
    ------
    EvidenceError
        If that folder holds other drafts: they may have been worked on and are never overwritten.
    """
    folder = root / FOLDER_OF_DRAFTS / name
    files = {folder / f"{table}.csv": canonical.render(package[table], canonical.in_order(package[table], _whole(rows, package[table]))).encode()
             for table, rows in drafts.rows.items() if rows}
    if drafts.references:
        files[folder / _REFERENCES] = "\n".join(entry for _, entry in sorted(drafts.references)).encode()
    if folder.exists():
        held = {path: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".bib")}
        if held and held != files:
            raise EvidenceError([Problem(f"{FOLDER_OF_DRAFTS}/{name}", 0, value="the folder holds other drafts", rule="drafts are never overwritten",
                                         way_out="apply or delete them, or give these another name: --name NAME")])
    folder.mkdir(parents=True, exist_ok=True)
    replace_all(files)
    return folder


def read_drafts(folder: Path, package: Package) -> Drafts:
    """Read the drafts in a folder, as a curator may have edited them.

    Raises
    ------
    EvidenceError
        If a file cannot be read as a table of ours.
    UsageError
        If the folder holds no drafts.
    """
    rows: dict[str, tuple[Cells, ...]] = {}
    problems: list[Problem] = []
    for table in _TABLES:
        if (folder / f"{table}.csv").exists():
            rows[table], found = _draft_table(folder, package[table])
            problems += found
    references: tuple[tuple[str, str], ...] = ()
    if (folder / _REFERENCES).exists():
        text, found = read_text(folder, _REFERENCES)
        problems += found
        references = tuple((block.key, block.raw.strip() + "\n") for block in blocks(text or "") if type(block).__name__ == "Entry")
        problems += [replace(problem, file=_REFERENCES) for problem in parse_bibliography(text or "")[1]]
    if problems:
        raise EvidenceError(replace(problem, file=f"{folder.name}/{Path(problem.file).name}") for problem in problems)
    if not references and not any(rows.values()):
        raise UsageError(f"{folder} holds no drafts: no row in studies.csv or effects.csv, no entry in {_REFERENCES}")
    return Drafts({table: rows.get(table, ()) for table in _TABLES}, references)


def remaining(root: Path, drafts: Drafts, package: Package) -> tuple[Problem, ...]:
    """Return every problem that the tables would have with the drafts among them; file and line are those of the tables then.

    Ids that are on file already are told first and alone: whatever else is wrong follows from them.
    """
    return tuple(_clashes(root, drafts, package)) or _staged(root, merged(root, drafts, package))


def apply_drafts(root: Path, drafts: Drafts, package: Package) -> tuple[Path, ...]:
    """Put drafts into the tables and the bibliography: all of them, or nothing.

    Returns
    -------
    tuple of pathlib.Path
        The files that changed.

    Raises
    ------
    EvidenceError
        If an id is on file already (nothing is ever overwritten), or if the tables would not be valid.
    """
    clashes = _clashes(root, drafts, package)
    if clashes:
        raise EvidenceError(clashes)
    files = merged(root, drafts, package)
    before = {path: path.read_bytes() for path in files}
    problems = _staged(root, files)
    if problems:
        raise EvidenceError(problems)
    replace_all(files, before)
    return tuple(files)


def merged(root: Path, drafts: Drafts, package: Package) -> dict[Path, bytes]:
    """Return the files that change and what they would hold: rows on file as they are, new ones in their place."""
    files: dict[Path, bytes] = {}
    for table, rows in drafts.rows.items():
        if rows:
            resource = package[table]
            together = [*_rows_on_file(root, resource), *_whole(rows, resource)]
            files[root / FOLDER / resource.path] = canonical.render(
                resource, together if table in keeps_order() else canonical.in_order(resource, together)).encode()
    if drafts.references:
        files[root / BIBLIOGRAPHY] = entries.insert((root / BIBLIOGRAPHY).read_text(encoding="utf-8-sig"), drafts.references).encode()
    return files


def _whole(rows: tuple[Cells, ...], resource: Resource) -> list[Cells]:
    return [{name: row.get(name, "") for name in resource.names} for row in rows]


def _rows_on_file(root: Path, resource: Resource) -> list[Cells]:
    raw, problems = read_table(root, resource)
    if raw is None:
        raise EvidenceError(problems)
    return [dict(zip(raw.header, record, strict=True)) for _, record in raw.records]


def _draft_table(folder: Path, resource: Resource) -> tuple[tuple[Cells, ...], list[Problem]]:
    raw, problems = read_table(folder, replace(resource, path=f"{resource.name}.csv"), folder="")
    if raw is None:
        return (), problems
    file = f"{resource.name}.csv"
    problems += header_problems(resource, raw.header, file)
    problems += [ragged(file, line, len(record), len(raw.header)) for line, record in raw.records if len(record) != len(raw.header)]
    if problems:
        return (), problems
    fields = {field.name: field for field in resource.fields}
    return tuple({name: canonical.cell(text, fields[name]) for name, text in zip(raw.header, record, strict=True)} for _, record in raw.records), []


def _clashes(root: Path, drafts: Drafts, package: Package) -> list[Problem]:
    problems = []
    for table, rows in drafts.rows.items():
        resource = package[table]
        (key,) = resource.key
        taken = {row[key] for row in _rows_on_file(root, resource)} if rows else set()
        problems += [_clash(f"{FOLDER}/{resource.path}", key, row.get(key, "")) for row in rows if row.get(key) in taken]
    known = parse_bibliography((root / BIBLIOGRAPHY).read_text(encoding="utf-8-sig"))[0]
    return problems + [_clash(BIBLIOGRAPHY, "key", key) for key, _ in drafts.references if key in known]


def _clash(file: str, column: str, value: str) -> Problem:
    return Problem(file, 0, column, value, value, "is on file already, and nothing is overwritten", "rename it in the draft, or delete it there")


def _staged(root: Path, files: Mapping[Path, bytes]) -> tuple[Problem, ...]:
    """Check a copy of the workspace's tables in which some files have new content."""
    with tempfile.TemporaryDirectory() as place:
        stage = Path(place)
        (stage / FOLDER).mkdir()
        for path in [root / BIBLIOGRAPHY, root / FOLDER / PACKAGE, *sorted((root / FOLDER).glob("*.csv"))]:
            if path not in files:
                shutil.copyfile(path, stage / path.relative_to(root))
        for path, content in files.items():
            (stage / path.relative_to(root)).write_bytes(content)
        return check(stage)
