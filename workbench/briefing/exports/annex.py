"""The opening of a briefing as a Word document: an annex to a committee paper."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

from workbench.briefing.exports.contents import Contents, grid, words
from workbench.briefing.sentences import Phrases

#: Sections that make up the first page.
OPENING = ("question", "answer")
_HEADINGS = {"h2": 1, "h3": 2, "h4": 3}
_LEFT_OUT = ("svg", "details", "nav", "template", "script", "button", "form")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip archive can hold: the same bytes on every day


def annex(found: Contents, phrases: Phrases) -> bytes:
    """Return the document: title, the question, the short answer, and a footer that says which edition it is.

    Parameters
    ----------
    found : Contents
    phrases : Phrases
        Words of the footer.
    """
    import docx
    from docx.shared import Cm, Pt

    document = docx.Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(1.8)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Arial", Pt(10.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    document.add_heading(found.title, level=0)
    for name in OPENING:
        if name in found.sections:
            _add(document, found.sections[name])
    about = found.carried.about
    footer = phrases.words("export.footer").format(title=found.title, date=about.get("date", ""))
    document.sections[0].footer.paragraphs[0].text = footer
    _stamp(document.core_properties, found.title, about.get("edition", ""))
    stream = io.BytesIO()
    document.save(stream)
    return _same_bytes(stream.getvalue())


def _add(document: Any, element: Any) -> None:
    """Add an element: what is a block of its own is set as one, everything else is looked into."""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or child.get("aria-hidden") == "true":
            continue
        if child.tag in _HEADINGS:
            document.add_heading(words(child), level=_HEADINGS[child.tag])
        elif child.tag == "p":
            _paragraph(document, child)
        elif child.tag == "table":
            _table(document, grid(child))
        elif child.tag in ("ul", "ol"):
            for item in child.findall("li"):
                document.add_paragraph(words(item), style="List Bullet")
        elif child.tag == "dl":
            _facts(document, child)
        else:
            _add(document, child)


def _paragraph(document: Any, element: Any) -> None:
    text = words(element)
    if not text:
        return
    paragraph = document.add_paragraph()
    for part, bold in _runs(element):
        paragraph.add_run(part).bold = bold or None


def _runs(element: Any) -> list[tuple[str, bool]]:
    """Text with what stands in bold, blanks folded."""
    found: list[tuple[str, bool]] = []

    def visit(node: Any, bold: bool) -> None:
        if not isinstance(node.tag, str) or node.tag in _LEFT_OUT or node.get("aria-hidden") == "true":
            return
        bold = bold or node.tag in ("strong", "b")
        found.append((node.text or "", bold))
        for child in node:
            visit(child, bold)
            found.append((child.tail or "", bold))

    visit(element, False)
    return [(" ".join(f"|{text}|".split())[1:-1], bold) for text, bold in found if text]


def _facts(document: Any, element: Any) -> None:
    terms, said = element.xpath(".//dt"), element.xpath(".//dd")
    pairs = [(words(term), words(text)) for term, text in zip(terms, said, strict=False)]
    table = document.add_table(rows=0, cols=2)
    for term, text in pairs:
        cells = table.add_row().cells
        cells[0].paragraphs[0].add_run(term).bold = True
        cells[1].text = text


def _table(document: Any, found: Any) -> None:
    if not found.columns:
        return
    table = document.add_table(rows=1, cols=len(found.columns), style="Table Grid")
    for cell, heading in zip(table.rows[0].cells, found.columns, strict=True):
        cell.paragraphs[0].add_run(heading).bold = True
    for row in found.rows:
        for cell, text in zip(table.add_row().cells, row, strict=False):
            cell.text = text


def _stamp(properties: Any, title: str, edition: str) -> None:
    when = datetime.datetime.fromisoformat(edition) if edition else datetime.datetime(*_EPOCH)
    properties.title, properties.author, properties.comments, properties.language = title[:255], "", "", "en-GB"
    properties.created = properties.modified = properties.last_printed = when
    properties.last_modified_by, properties.revision = "", 1


def _same_bytes(data: bytes) -> bytes:
    """Write an archive anew without the time of day in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(zipfile.ZipInfo(item.filename, _EPOCH), source.read(item.filename), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
