"""RevMan 5 review files (.rm5): the dichotomous and continuous results, and the studies they come from.

What is taken: ``DICH_DATA`` (events and totals of both arms) and ``CONT_DATA`` (means, standard deviations and totals), with the names of
comparison, outcome and subgroup, and the first reference of each study. Generic inverse-variance, O-E and individual-patient results
are left out and counted: the file does not say on which scale they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

from workbench.evidence.curation.sheets import Sheet, SheetRow, refused, sheet_of

_TAKEN = {
    "DICH_DATA": ("EVENTS_1", "TOTAL_1", "EVENTS_2", "TOTAL_2"),
    "CONT_DATA": ("MEAN_1", "SD_1", "TOTAL_1", "MEAN_2", "SD_2", "TOTAL_2"),
}
_LEFT_OUT = ("IV_DATA", "IPD_DATA", "OTHER_DATA")
_REFERENCE = {"AU": "AU", "TI": "TI", "SO": "SO", "YR": "YR", "VL": "VL", "NO": "NO", "PG": "PG"}


_DEEPEST = 100


class _Forbidden(Exception):
    """A document type, an entity declaration, or elements nested beyond reason."""


def read_revman(text: str, file: str) -> Sheet:
    """Read the results of a RevMan 5 file.

    Parameters
    ----------
    text : str
        The file's text.
    file : str
        Its name, for messages.

    Returns
    -------
    Sheet
        One row for each result of each study.

    Raises
    ------
    EvidenceError
        If it is not well-formed XML, declares entities (which could make it expand without bound), is not a RevMan 5 review, or
        holds no such result.
    """
    lines = _data_lines(text, file)
    review = ElementTree.fromstring(text.encode())
    if review.tag != "COCHRANE_REVIEW":
        raise refused(file, 1, f"the outermost element is {review.tag}", "must be a RevMan 5 review", "export the review from RevMan 5 as .rm5")
    studies = {study.get("ID", ""): _study(study) for study in review.iter("STUDY")}
    rows = [SheetRow(lines[place], {name: value for name, value in cells.items() if value})
            for place, cells in enumerate(_results(review, studies))]
    left = Counter(element.tag for element in review.iter() if element.tag in _LEFT_OUT)
    notes = tuple(f"{count} results of the kind {tag} left out: their scale is not stated in the file" for tag, count in left.items())
    return sheet_of(file, "revman", rows, notes)


def _data_lines(text: str, file: str) -> list[int]:
    """Parse once for safety and line numbers: declarations are refused before anything could expand."""
    lines: list[int] = []
    depth = 0
    parser = expat.ParserCreate()

    def forbid(*_: object) -> None:
        raise _Forbidden

    def begin(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _Forbidden
        if name in _TAKEN:
            lines.append(parser.CurrentLineNumber)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = forbid
    parser.EntityDeclHandler = forbid
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        parser.Parse(text.encode(), True)
    except _Forbidden:
        raise refused(file, parser.CurrentLineNumber, "the file declares a document type or entities, or nests too deeply", "must be plain XML, as RevMan writes it",
                      "export the review again; if you trust the file, take the declaration out") from None
    except expat.ExpatError as error:
        raise refused(file, error.lineno, expat.errors.messages[error.code], "must be well-formed XML", "export the review again") from None
    return lines


def _study(study: ElementTree.Element) -> dict[str, str]:
    cells = {"STUDY": study.get("NAME", ""), "YEAR": study.get("YEAR", "")}
    references = study.findall("REFERENCE")
    first = next((each for each in references if each.get("PRIMARY") == "YES"), references[0] if references else None)
    if first is not None:
        for tag, name in _REFERENCE.items():
            cells[name] = " ".join("".join(found.itertext()).split()) if (found := first.find(tag)) is not None else ""
        for identifier in first.iter("IDENTIFIER"):
            if (identifier.get("TYPE") or "").upper() == "DOI":
                cells["DOI"] = identifier.get("VALUE", "")
    return cells


def _results(review: ElementTree.Element, studies: dict[str, dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield the cells of each result, in document order."""
    def walk(element: ElementTree.Element, names: dict[str, str]) -> Iterator[dict[str, str]]:
        kind = {"COMPARISON": "COMPARISON", "DICH_OUTCOME": "OUTCOME", "CONT_OUTCOME": "OUTCOME",
                "DICH_SUBGROUP": "SUBGROUP", "CONT_SUBGROUP": "SUBGROUP"}.get(element.tag)
        if kind:
            names = names | {kind: " ".join((element.findtext("NAME") or "").split())}
        if element.tag in _TAKEN:
            figures = {name: element.get(name, "") for name in _TAKEN[element.tag]}
            yield studies.get(element.get("STUDY_ID", ""), {"STUDY": element.get("STUDY_ID", "")}) | names | figures
        for child in element:
            yield from walk(child, names)

    yield from walk(review, {})
