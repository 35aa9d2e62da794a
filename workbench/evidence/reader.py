"""Reading one CSV file: bytes to header and records, with every fault of the file named.

A file that is not what it should be (wrong separator, wrong encoding, a quotation mark never closed) gives one problem
and no table: what would follow from it is not worth a reader's time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import Problem, nearest
from workbench.evidence.schema import Resource
from workbench.evidence.workspace import FOLDER

_SAVE_AS = "save it as 'CSV UTF-8 (comma delimited)'"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class RawTable:
    """What a CSV file holds, as text.

    Attributes
    ----------
    header : tuple of str
        Column names of line 1 as they stand in the file.
    records : tuple of (int, tuple of str)
        1-based line on which each record begins, and its cells.
    """

    header: tuple[str, ...]
    records: tuple[tuple[int, tuple[str, ...]], ...]


class _Unusable(Exception):
    """Carries the one problem of a file that cannot be used at all."""

    def __init__(self, problem: Problem):
        super().__init__(str(problem))
        self.problem = problem


def read_text(root: Path, file: str, others: Collection[str] = ()) -> tuple[str | None, list[Problem]]:
    """Read a UTF-8 text file of the workspace; a byte order mark is accepted.

    Parameters
    ----------
    root : pathlib.Path
        The workspace.
    file : str
        Path relative to it.
    others : collection of str
        Names of files that have a place of their own: never suggested in the place of a missing one.

    Returns
    -------
    str or None
        The text with its line ends as they are; None if it could not be read.
    list of Problem
        At most one.
    """
    try:
        return _decode((root / file).read_bytes(), file), []
    except FileNotFoundError:
        beside = [path.name for path in sorted((root / file).parent.glob(f"*{Path(file).suffix}")) if path.name not in others]
        hint = nearest(Path(file).name, beside)
        return None, [Problem(file, 0, value="the file is missing", rule="it must be in the workspace",
                              way_out=hint or "restore it, or begin a new one" + (" with its header line" if file.endswith(".csv") else ""))]
    except IsADirectoryError:
        return None, [Problem(file, 0, value="it is a folder", rule="must be a file", way_out="move the folder away")]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return None, [Problem(file, 0, value=reason, rule="the file must be readable", way_out="check its permissions")]
    except _Unusable as error:
        return None, [error.problem]


def read_table(root: Path, resource: Resource, others: Collection[str] = (), folder: str = FOLDER) -> tuple[RawTable | None, list[Problem]]:
    """Read the CSV file of one resource.

    Parameters
    ----------
    root : pathlib.Path
        The workspace.
    resource : Resource
        Schema of the table; its column names tell a wrong separator from a wrong header.
    others : collection of str
        File names of the package's tables.
    folder : str
        Folder of the file, relative to the workspace; drafts lie elsewhere than the tables.

    Returns
    -------
    RawTable or None
        None if the file cannot be used at all.
    list of Problem
        Problems of the file as a whole and of its lines.
    """
    file = f"{folder}/{resource.path}" if folder else resource.path
    text, problems = read_text(root, file, others)
    if text is None:
        return None, problems
    try:
        _check_separator(text, resource, file)
        records = list(_records(text, file))
    except _Unusable as error:
        return None, [error.problem]
    if not records:
        return None, [Problem(file, 0, value="the file is empty", rule="its first line must name the columns",
                              way_out="restore the header: " + ",".join(resource.names[:4]) + ",...")]
    (_, header), *body = records
    kept = []
    for line, cells in body:
        if any(cell.strip() for cell in cells):
            kept.append((line, cells))
        else:
            problems.append(Problem(file, line, value="the line is empty", rule="each line must hold a row", way_out="delete the line"))
    return RawTable(header, tuple(kept)), problems


def _decode(data: bytes, file: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unusable(Problem(file, 0, value="the file is UTF-16 ('Unicode text')", rule="must be UTF-8", way_out=_SAVE_AS))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unusable(Problem(file, 0, value="the file is a spreadsheet workbook", rule="must be text", way_out=_SAVE_AS))
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise _Unusable(Problem(file, line, value="a null byte", rule="must be UTF-8 text", way_out="restore the file; it looks damaged"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the byte order mark, if there is one; the mark holds no line end.
        line = error.object[: error.start].count(b"\n") + 1
        raise _Unusable(Problem(file, line, value=f"byte 0x{error.object[error.start]:02x}", rule="must be UTF-8 text",
                                way_out="the file was saved in another encoding: save it again as UTF-8")) from None


def _check_separator(text: str, resource: Resource, file: str) -> None:
    first = text[: min(i for i in (text.find("\n"), text.find("\r"), len(text)) if i >= 0)]
    known = set(resource.names)
    found = {mark: len(known & {name.strip(' "') for name in first.split(mark)}) for mark in (",", *_SEPARATORS)}
    best = max(_SEPARATORS, key=found.__getitem__)
    hint = first.lower().replace('"', "").strip()
    if hint.startswith("sep=") and len(hint) == 5:
        raise _Unusable(Problem(file, 1, value=first, rule="the first line must name the columns, separated by commas",
                                way_out=f"a spreadsheet added this line: {_SAVE_AS}"))
    if found[best] > found[","]:
        shown = first if len(first) <= _LONGEST_SHOWN else first[:_LONGEST_SHOWN] + "..."
        raise _Unusable(Problem(file, 1, value=shown, rule="columns must be separated by commas",
                                way_out=f"this file is separated by {_SEPARATORS[best]}, as some spreadsheets save it: {_SAVE_AS}"))


def _records(text: str, file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the line on which each record begins, and its cells."""
    # newline="" leaves line ends inside quotes alone, and lets the reader count physical lines.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _Unusable(_quoting_problem(file, begins, reader.line_num, str(error))) from None
        yield begins, tuple(cells)


def _quoting_problem(file: str, begins: int, ended: int, message: str) -> Problem:
    if "unexpected end" in message or "field larger" in message:
        return Problem(file, begins, value="a quotation mark opens a cell and is never closed", rule="every quoted cell must end with a quotation mark",
                       way_out="close it; the fault lies in the row that begins on this line")
    where = f"the row begins on line {begins}" if ended != begins else "a quotation mark within a quoted cell is doubled"
    return Problem(file, ended, value="text stands after a closing quotation mark", rule="a quoted cell must end at a comma or at the end of the line",
                   way_out=f"double the quotation marks inside the cell; {where}" if ended != begins else where)
