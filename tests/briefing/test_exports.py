"""Exports of a briefing: they say what the page says, open in a spreadsheet without running, and are the same bytes each time."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from components import needed

import workbench as wb
from workbench.briefing.exports import export
from workbench.briefing.exports.contents import contents, words
from workbench.briefing.exports.drawings import chart_rules
from workbench.briefing.exports.printing import browser, undated
from workbench.briefing.exports.sheets import csv_text, inert, sheet_name
from workbench.briefing.reading import carried
from workbench.briefing.sentences import load_phrases
from workbench.errors import RunError, UsageError
from workbench.runs.analysis import analyse
from workbench.runs.exporting import export_pages

HOSTILE = "=HYPERLINK(\"http://x\",\"y\")"


@pytest.fixture
def page(furnished, tmp_path):
    """A briefing on an invented programme whose names try to be formulas and markup."""
    furnished.change("outcomes", 0, name="<b>Home</b> & \"hearth\"")
    furnished.change("studies", 0, label=HOSTILE)
    evidence = wb.load(furnished.root)
    path = tmp_path / "oak--england.html"
    path.write_text(wb.briefing.write(analyse(evidence, "oak")).html, encoding="utf-8")
    return path, evidence


def made(page, folder, **more):
    path, evidence = page
    return export(path, folder, load_phrases(evidence.root / "templates"), evidence.references, evidence.root / "bibliography.bib", **more)


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_every_table_of_the_page_is_there_and_every_finding_with_all_its_digits(page, tmp_path):
    found = made(page, tmp_path / "out")
    assert {table.id for table in contents(page[0].read_text(encoding="utf-8")).tables} | {"findings", "sources"} == {
        Path(name).stem for name in found.files if name.startswith("tables/")
    }
    by_id = {row[0]: row for row in rows_of(found.folder / "tables/findings.csv")[1:]}
    held = carried(page[0].read_text(encoding="utf-8")).findings
    assert by_id.keys() == held.keys() and len(held) > 50
    for name, item in held.items():
        assert float(by_id[name][2]) == item.value or item.value != item.value
        assert by_id[name][1].lstrip("'") == item.text


def test_no_cell_can_run(page, tmp_path):
    openpyxl = needed("openpyxl")
    found = made(page, tmp_path / "out")
    cells = [cell for name in found.files if name.endswith(".csv") for row in rows_of(found.folder / name) for cell in row]
    assert any(HOSTILE in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))] == []
    book = openpyxl.load_workbook(found.folder / "tables.xlsx")
    values = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell for cell in values if cell.data_type == "f"] == [] and any(HOSTILE in str(cell.value) for cell in values)
    assert all(cell.hyperlink is None for cell in values)


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1+1", "'=1+1"), ("+44 20", "'+44 20"), ("-A1", "'-A1"), ("@SUM", "'@SUM"), ("\t=1", "'\t=1"), ("-1.5", "-1.5"), ("+3e2", "+3e2"), ("−5", "−5"), ("", ""), ("\uff1d1", "'\uff1d1")],
)
def test_what_could_be_a_formula_is_made_inert_and_numbers_stay_numbers(text, safe):
    assert inert(text) == safe


def test_csv_keeps_numbers_exact_and_quotes_text():
    text = csv_text(("a", "b"), ((0.1 + 0.2, 'say "so", then'), (-1.0, "two\nlines")))
    assert list(csv.reader(io.StringIO(text))) == [["a", "b"], ["0.30000000000000004", 'say "so", then'], ["-1.0", "two\nlines"]]


def test_sheet_names_fit_and_differ():
    taken: set[str] = set()
    names = [sheet_name(name, taken) for name in ("x" * 40, "x" * 41, "X" * 40, "a/b:c", "a-b-c")]
    assert len({name.lower() for name in names}) == 5 and all(len(name) <= 31 for name in names) and names[3] == "a-b-c"


def test_the_short_answer_as_a_document_says_what_the_page_says(page, tmp_path):
    docx = needed("docx")
    found = made(page, tmp_path / "out")
    document = docx.Document(found.folder / "short-answer.docx")
    said = [paragraph.text for paragraph in document.paragraphs]
    held = contents(page[0].read_text(encoding="utf-8"))
    for sentence in held.sections["answer"].xpath(".//p[@class='sentence']"):
        assert words(sentence) in said
    assert held.title in said[0] and "2" in document.sections[0].footer.paragraphs[0].text
    assert document.core_properties.author == "" and f"{document.core_properties.created:%Y-%m-%d}" == held.carried.about["edition"]
    assert not any("data-f" in text or "<" in text.replace("<b>", "").replace("</b>", "").replace("<1%", "") for text in said)


def test_figures_are_whole_documents_that_need_nothing_from_the_page(page, tmp_path):
    found = made(page, tmp_path / "out")
    figures = [name for name in found.files if name.endswith(".svg")]
    assert figures
    for name in figures:
        text = (found.folder / name).read_text(encoding="utf-8")
        root = ET.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("viewBox")
        assert "var(--" not in text and "currentColor" not in text.split("</style>")[0]
        assert all(f'id="{used}"' in text for used in {part.split(")")[0] for part in text.split("url(#")[1:]})


def test_rules_for_some_screens_alone_are_left_out():
    style = ":root{--ink: #111;} .chart text{fill:var(--ink)} .chart.narrow{display:none} @media print{.chart{fill:red}} p{color:blue} /* .chart x{} */"
    assert chart_rules(style) == ".chart text{fill:#111}"


def test_citations_name_the_edition_and_the_works_cited(page, tmp_path):
    found = made(page, tmp_path / "out")
    own = (found.folder / "cite-this.bib").read_text(encoding="utf-8")
    about = carried(page[0].read_text(encoding="utf-8")).about
    assert about["edition"][:4] in own and "@techreport{oak-" in own
    ris = (found.folder / "works-cited.ris").read_text(encoding="utf-8")
    assert ris.count("TY  - ") == ris.count("ER  - ") >= 1 and "10.1234/tree.2010" in ris
    assert "10.1234/tree.2010" in (found.folder / "works-cited.bib").read_text(encoding="utf-8")


def test_the_same_page_gives_the_same_bytes(page, tmp_path, monkeypatch):
    import time

    first = made(page, tmp_path / "one")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 100_000)
    second = made(page, tmp_path / "two")
    assert first.files == second.files
    different = [name for name in first.files if (first.folder / name).read_bytes() != (second.folder / name).read_bytes()]
    assert different == []
    assert {item.date_time for item in zipfile.ZipFile(first.folder / "short-answer.docx").infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_without_a_browser_it_says_so(page, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.briefing.exports.printing.shutil.which", lambda name: None)
    found = made(page, tmp_path / "out")
    assert "briefing.pdf" not in found.files and len(found.notes) == 1 and "no Chromium was found" in found.notes[0]


def test_the_pdf_is_a_pdf_of_the_edition(page, tmp_path, chromium):
    assert browser() == chromium
    data = (made(page, tmp_path / "out").folder / "briefing.pdf").read_bytes()
    edition = carried(page[0].read_text(encoding="utf-8")).about["edition"].replace("-", "").encode()
    assert data.startswith(b"%PDF-") and b"/CreationDate (D:" + edition in data


def test_dates_are_put_in_without_moving_anything():
    data = b"1 0 obj <</CreationDate (D:20260101123456+00'00')\n/ModDate (D:20260101123456+00'00')>> endobj"
    done = undated(data, "2025-02-03")
    assert len(done) == len(data) and done.count(b"D:20250203000000+00'00'") == 2


def test_exports_are_kept_until_the_page_changes(page, tmp_path):
    path, evidence = page
    (first,) = export_pages(evidence, [path])
    assert first.folder == path.with_suffix("")
    mark = first.folder / "tables.xlsx"
    before = mark.stat().st_mtime_ns
    (again,) = export_pages(evidence, [path])
    assert again.files == first.files and mark.stat().st_mtime_ns == before
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    export_pages(evidence, [path])
    assert mark.stat().st_mtime_ns != before


def test_what_is_no_briefing_is_refused_and_nothing_is_written(page, tmp_path):
    other = tmp_path / "other.html"
    other.write_text("<p>no briefing</p>", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other\.html: this file carries no findings"):
        export_pages(page[1], [other])
    with pytest.raises(RunError, match="cannot be read"):
        export_pages(page[1], [tmp_path / "none.html"])
    assert not (tmp_path / "other").exists() and not (tmp_path / "none").exists()
