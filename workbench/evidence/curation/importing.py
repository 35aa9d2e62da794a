"""``workbench import``: the steps in order, and what is printed after each."""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.errors import Problem, UsageError
from workbench.evidence.base import EvidenceBase, load
from workbench.evidence.curation.applying import FOLDER_OF_DRAFTS, apply_drafts, read_drafts, remaining, write_drafts
from workbench.evidence.curation.drafting import Drafts, draft
from workbench.evidence.curation.mapping import propose
from workbench.evidence.curation.sheets import Sheet, read_sheet
from workbench.evidence.schema import Package, read_package


@dataclass(frozen=True)
class Wishes:
    """What the curator asks for: the options of the command, as text."""

    maps: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    name: str = ""
    date: str = ""
    reuse: bool = False
    yes: bool = False
    apply: bool = False


def bring_in(file: str | os.PathLike, wishes: Wishes = Wishes(), path: str | os.PathLike = ".") -> tuple[list[str], tuple[Problem, ...]]:
    """Propose, draft or apply, as far as the curator wishes.

    Parameters
    ----------
    file : str or path-like
        A RIS, BibTeX, CSV or RevMan 5 file, or a folder of drafts.
    wishes : Wishes
        Options.
    path : str or path-like
        Where to start looking for the workspace.

    Returns
    -------
    list of str
        Lines to print.
    tuple of Problem
        What is left to fill in before the drafts can be applied.

    Raises
    ------
    EvidenceError, UsageError
        As the steps do; nothing is written then.
    """
    evidence = load(path)
    package, _ = read_package(evidence.root)
    assert package is not None  # load has just read it
    if Path(file).is_dir():
        return _from_folder(Path(file), wishes, evidence, package)
    sheet = read_sheet(file)
    mapping = propose(sheet, package, _split(wishes.maps, "--map"), _split(wishes.constants, "--set"))
    drafts = draft(sheet, mapping, evidence, package, _day(wishes.date), wishes.reuse)
    rows = f"{len(sheet.rows)} row{'' if len(sheet.rows) == 1 else 's'}"
    lines = [f"{sheet.file}: {rows} of {sheet.format}. Each column becomes:", str(mapping), *(f"note: {note}" for note in drafts.notes), f"That makes {drafts}."]
    if not (wishes.yes or wishes.apply):
        return [*lines, *_keys(drafts), "Nothing is written. Correct the mapping with --map and --set, then add --yes."], ()
    folder = write_drafts(evidence.root, wishes.name or _slug(sheet), drafts, package)
    lines.append(f"Drafts written to {folder.relative_to(evidence.root).as_posix()}/.")
    return _finish(folder, drafts, wishes, evidence, package, lines)


def _from_folder(folder: Path, wishes: Wishes, evidence: EvidenceBase, package: Package) -> tuple[list[str], tuple[Problem, ...]]:
    drafts = read_drafts(folder, package)
    return _finish(folder, drafts, wishes, evidence, package, [f"{folder.name}: {drafts}."])


def _finish(folder: Path, drafts: Drafts, wishes: Wishes, evidence: EvidenceBase, package: Package, lines: list[str]) -> tuple[list[str], tuple[Problem, ...]]:
    """Apply the drafts if that is wished and possible; else say what is left to do."""
    problems = remaining(evidence.root, drafts, package)
    if problems:
        count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
        return [*lines, f"{count} to settle in the drafts before they can be applied:"], tuple(_in_drafts(problem, folder) for problem in problems)
    if not wishes.apply:
        return [*lines, f"The tables are valid with them. To put them in: workbench import {FOLDER_OF_DRAFTS}/{folder.name} --apply"], ()
    changed = apply_drafts(evidence.root, drafts, package)
    return [*lines, *(f"  {path.relative_to(evidence.root).as_posix()}" for path in changed), "Applied. The drafts can be deleted."], ()


def _in_drafts(problem: Problem, folder: Path) -> Problem:
    """Point at the row in the drafts by its key: its line there is not that of the merged table."""
    name = "references.bib" if problem.file.endswith(".bib") else Path(problem.file).name
    held = folder / name
    ours = problem.row and held.exists() and problem.row in held.read_text(encoding="utf-8-sig")
    return replace(problem, file=f"{FOLDER_OF_DRAFTS}/{folder.name}/{name}", line=0) if ours else problem


def _keys(drafts: Drafts) -> list[str]:
    studies = [row["study_id"] for row in drafts.rows["studies"]]
    effects = [row["effect_id"] for row in drafts.rows["effects"]]
    return [f"{name}: {', '.join(ids[:12])}{' ...' if len(ids) > 12 else ''}" for name, ids in (("studies", studies), ("effects", effects)) if ids]


def _split(pairs: tuple[str, ...], option: str) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair.strip("="):
            if option == "--set" or not pair.endswith("="):
                raise UsageError(f"{option} {pair}: write it as name=value")
    # A column name of theirs may hold an equals sign itself; ours never does.
    split = [pair.rpartition("=") if option == "--map" else pair.partition("=") for pair in pairs]
    return {left.strip(): right.strip() for left, _, right in split}


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--date {text}: must be a day that exists, as in 2026-01-31") from None


def _slug(sheet: Sheet) -> str:
    return re.sub(r"[^a-z0-9]+", "-", Path(sheet.file).stem.lower()).strip("-") or "import"
