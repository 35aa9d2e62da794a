"""RIS, as reference managers and databases export it.

Read here and not by a library, because the ones there are drop a record whose end tag is missing, and whatever stands outside records,
without a word; a curator must be told, with the line.
"""

from __future__ import annotations

import re

from workbench.evidence.curation.sheets import Sheet, SheetRow, refused, sheet_of

# Two characters, blanks, a hyphen; databases differ in the number of blanks, and some end a line after the hyphen.
_TAG = re.compile(r"([A-Z][A-Z0-9])\s{1,2}-(?:\s(.*))?")
_WAY_OUT = "export the records again as RIS; each begins with TY and ends with ER"


def read_ris(text: str, file: str) -> Sheet:
    """Read RIS records; tags that stand several times are joined by semicolons (authors, keywords).

    Parameters
    ----------
    text : str
        The file's text.
    file : str
        Its name, for messages.

    Returns
    -------
    Sheet
        One row for each record, one column for each tag.

    Raises
    ------
    EvidenceError
        If a record lacks its first or last tag, or text stands outside the records.
    """
    rows: list[SheetRow] = []
    fields: dict[str, list[str]] | None = None
    begins, tag = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _TAG.fullmatch(line.rstrip())
        if found is None:
            if not line.strip():
                continue
            if fields is None or not tag:
                raise refused(file, number, line.strip()[:60], "must stand within a record", _WAY_OUT)
            fields[tag][-1] = f"{fields[tag][-1]} {line.strip()}".strip()
            continue
        tag, value = found[1], (found[2] or "").strip()
        if tag == "TY":
            if fields is not None:
                raise refused(file, begins, "the record has no ER", "each record must end with ER before the next begins", _WAY_OUT)
            fields, begins = {}, number
        elif fields is None:
            raise refused(file, number, line.strip()[:60], "must stand between TY and ER", _WAY_OUT)
        if tag == "ER":
            rows.append(SheetRow(begins, _joined(fields or {})))
            fields, tag = None, ""
        elif fields is not None:
            fields.setdefault(tag, []).append(value)
    if fields is not None:
        raise refused(file, begins, "the record has no ER", "each record must end with ER", "the file looks cut off; " + _WAY_OUT)
    return sheet_of(file, "ris", rows)


def _joined(fields: dict[str, list[str]]) -> dict[str, str]:
    return {tag: "; ".join(value for value in values if value) for tag, values in fields.items() if any(values)}
