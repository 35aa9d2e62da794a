"""BibTeX from a reference manager, by the same parser as our own bibliography."""

from __future__ import annotations

from dataclasses import replace

from workbench.errors import EvidenceError
from workbench.evidence.bibliography import blocks, parse_bibliography, plain
from workbench.evidence.curation.sheets import Sheet, SheetRow, sheet_of

_NAMES = ("author", "editor")


def read_bibtex(text: str, file: str) -> Sheet:
    """Read BibTeX entries.

    Parameters
    ----------
    text : str
        The file's text.
    file : str
        Its name, for messages.

    Returns
    -------
    Sheet
        One row for each entry, one column for each field, and ``ENTRYTYPE`` and ``ID`` for its type and key. LaTeX is decoded;
        names of people keep the form that BibTeX gives them.

    Raises
    ------
    EvidenceError
        If an entry cannot be parsed, or a key or field is given twice.
    """
    rows, whole = [], {}
    for block in blocks(text):
        if type(block).__name__ == "Entry":
            whole[block.key] = block
            cells = {"ENTRYTYPE": block.entry_type.lower(), "ID": block.key}
            for field in block.fields:
                name, value = field.key.lower(), str(field.value)
                cells[name] = " ".join(value.split()) if name in _NAMES else plain(value)
            rows.append(SheetRow((block.start_line or 0) + 1, {name: value for name, value in cells.items() if value}))
    # What an entry lacks is seen in the draft; what cannot be read at all ends the import here.
    broken = [problem for problem in parse_bibliography(text)[1] if problem.row not in whole or "twice" in problem.value]
    if broken:
        raise EvidenceError(replace(problem, file=file) for problem in broken)
    return sheet_of(file, "bibtex", rows)
