"""What a file, a header, a line or a cell can have wrong: one clear message each, with nothing reported in its wake."""

from __future__ import annotations

import json
import shutil

import pytest

SAVE = "save it as 'CSV UTF-8 (comma delimited)'"

# changes (table, row, cells), the message
CELLS = [
    (("effects", 0, {"sd_treat": "-1.5"}),
     "effects.csv line 2 (ash2010.home): sd_treat = '-1.5', must be at least 0; check the figure, its sign and its column against the source"),
    (("effects", 0, {"pct_treat": "140"}),
     "effects.csv line 2 (ash2010.home): pct_treat = '140', must be at most 100; check the figure, its unit and its column against the source"),
    (("effects", 0, {"n_treat": "many"}),
     "effects.csv line 2 (ash2010.home): n_treat = 'many', must be a number; write digits only, with a point for the decimal mark"),
    (("effects", 0, {"n_treat": "100,5"}),
     "effects.csv line 2 (ash2010.home): n_treat = '100,5', must be a number; write a point for the decimal mark and nothing between thousands"),
    (("unit_costs", 0, {"value": "70%"}), "unit_costs.csv line 2 (week): value = '70%', must be a number; leave out the per cent sign"),
    (("effects", 1, {"estimate": "\u22120.3"}),
     "effects.csv line 3 (ash2010.score): estimate = '\u22120.3', must be a number; write minus as a plain hyphen"),
    (("effects", 0, {"n_treat": "NA"}), "effects.csv line 2 (ash2010.home): n_treat = 'NA', must be a number; leave the cell empty if the value is missing"),
    (("effects", 1, {"p": "<0.001"}),
     "effects.csv line 3 (ash2010.score): p = '<0.001', must be a number; write the digits only; a bound goes into the column for it"),
    (("effects", 1, {"t": "1e999"}),
     "effects.csv line 3 (ash2010.score): t = '1e999', must be a number; write digits only, with a point for the decimal mark"),
    (("effects", 0, {"n_treat": "1_00"}),
     "effects.csv line 2 (ash2010.home): n_treat = '1_00', must be a number; write digits only, with a point for the decimal mark"),
    (("studies", 0, {"year": "2010.0"}), "studies.csv line 2 (ash2010): year = '2010.0', must be a whole number; write it without a decimal point"),
    (("studies", 0, {"year": "c. 2010"}),
     "studies.csv line 2 (ash2010): year = 'c. 2010', must be a whole number; write digits only, with a point for the decimal mark"),
    (("programmes", 0, {"briefing": "TRUE"}),
     "programmes.csv line 2 (oak): briefing = 'TRUE', must be true or false; "
     "write true or false in just these letters, or leave the cell empty where it is not known"),
    (("effects", 1, {"recorded": "28/02/2026"}),
     "effects.csv line 3 (ash2010.score): recorded = '28/02/2026', must be a date; write year-month-day, as in 2025-03-31"),
    (("effects", 1, {"recorded": "2026-02-30"}),
     "effects.csv line 3 (ash2010.score): recorded = '2026-02-30', must be a day that exists; check month and day"),
    (("effects", 0, {"outcome_measure": ""}),
     "effects.csv line 2 (ash2010.home): outcome_measure = '', must not be empty; fill it in: What was measured, in the source's terms"),
    (("effects", 0, {"outcome_measure": "  "}),
     "effects.csv line 2 (ash2010.home): outcome_measure = '  ', must not hold only spaces; fill it in, or leave it empty where that is allowed"),
    (("effects", 0, {"informant": "oficial_record"}),
     "effects.csv line 2 (ash2010.home): informant = 'oficial_record', must be one of: official_record, blinded_observation, unblinded_observation, test, "
     "self_report, parent_report, teacher_report, not_stated; did you mean 'official_record'?"),
    (("effects", 1, {"effect_id": "Ash2010 Score"}),
     "effects.csv line 3: effect_id = 'Ash2010 Score', must match the pattern [a-z0-9][a-z0-9.-]*; perhaps 'ash2010-score'"),
    (("effects", 1, {"effect_id": "ash2010.home"}),
     "effects.csv line 3 (ash2010.home): effect_id = 'ash2010.home', the key must be given once; it stands already on line 2"),
    (("areas", 0, {"gss_code": "E92000001", "area": "England"}),
     "areas.csv line 3 (E92000001/trees/31 March 2025): gss_code, measure, period = 'E92000001/trees/31 March 2025', the key must be given once; "
     "it stands already on line 2"),
    (("dimensions", 1, {"name": "effect/home/new"}),
     "dimensions.csv line 3 (1): name = 'effect/home/new', must be given once in its column; it stands already on line 2"),
    (("effects", 2, {"study_id": "elm2051"}), "effects.csv line 4 (elm2015.home): study_id = 'elm2051', is not in evidence/studies.csv; did you mean 'elm2015'?"),
    (("effects", 2, {"study_id": "zzz"}),
     "effects.csv line 4 (elm2015.home): study_id = 'zzz', is not in evidence/studies.csv; add the row there, or correct the name"),
    (("effects", 0, {"superseded_by": "ash2010.hom"}),
     "effects.csv line 2 (ash2010.home): superseded_by = 'ash2010.hom', is not in evidence/effects.csv; did you mean 'ash2010.home'?"),
]


@pytest.mark.parametrize(("change", "message"), CELLS, ids=[next(iter(change[2])) + "-" + str(place) for place, (change, _) in enumerate(CELLS)])
def test_cell(workspace, change, message):
    table, row, cells = change
    assert workspace.change(table, row, **cells).problems() == ["evidence/" + message]


def bytes_of(table, change):
    return lambda w: w.file(table).write_bytes(change(w.text(table)))


def replaced(table, old, new):
    return lambda w: w.replace(table, old, new)


def as_folder(workspace):
    workspace.file("effects").unlink()
    workspace.file("effects").mkdir()


def without_last_column(workspace):
    lines = [line.rpartition(",")[0] for line in workspace.text("vocabulary").splitlines()]
    workspace.file("vocabulary").write_text("\n".join(lines) + "\n")


def other_order(workspace):
    lines = [line.split(",") for line in workspace.text("dimensions").splitlines()]
    workspace.file("dimensions").write_text("".join(f"{second},{first}\n" for first, second in lines))


def extra_column(workspace):
    lines = workspace.text("studies").splitlines()
    workspace.file("studies").write_text("\n".join([lines[0] + ",colour", *(line + ",red" for line in lines[1:])]) + "\n")


FILES = {
    "latin-1": (bytes_of("studies", lambda text: text.replace("Scotland", "C\xf4te").encode("latin-1")),
                "studies.csv line 3: byte 0xf4, must be UTF-8 text; the file was saved in another encoding: save it again as UTF-8"),
    "utf-16": (bytes_of("studies", lambda text: text.encode("utf-16")), f"studies.csv: the file is UTF-16 ('Unicode text'), must be UTF-8; {SAVE}"),
    "null byte": (bytes_of("studies", lambda text: text.replace("Scotland", "Scot\0").encode()),
                  "studies.csv line 3: a null byte, must be UTF-8 text; restore the file; it looks damaged"),
    "workbook": (bytes_of("studies", lambda text: b"PK\x03\x04" + text.encode()), f"studies.csv: the file is a spreadsheet workbook, must be text; {SAVE}"),
    "semicolons": (bytes_of("effects", lambda text: text.replace(",", ";").encode()),
                   "effects.csv line 1: effect_id;study_id;programme_id;outcome_id;construct;directi..., columns must be separated by commas; "
                   f"this file is separated by semicolons, as some spreadsheets save it: {SAVE}"),
    "semicolons and a mark": (bytes_of("dimensions", lambda text: b"\xef\xbb\xbf" + text.replace(",", ";").encode()),
                              "dimensions.csv line 1: dimension;name, columns must be separated by commas; "
                              f"this file is separated by semicolons, as some spreadsheets save it: {SAVE}"),
    "tabs": (bytes_of("dimensions", lambda text: text.replace(",", "\t").encode()),
             "dimensions.csv line 1: dimension\tname, columns must be separated by commas; "
             f"this file is separated by tabs, as some spreadsheets save it: {SAVE}"),
    "sep line": (bytes_of("effects", lambda text: b"sep=;\n" + text.replace(",", ";").encode()),
                 f"effects.csv line 1: sep=;, the first line must name the columns, separated by commas; a spreadsheet added this line: {SAVE}"),
    "missing": (lambda w: w.file("studies").unlink(),
                "studies.csv: the file is missing, it must be in the workspace; restore it, or begin a new one with its header line"),
    "misnamed": (lambda w: w.file("studies").rename(w.evidence / "study.csv"),
                 "studies.csv: the file is missing, it must be in the workspace; did you mean 'study.csv'?"),
    "folder": (as_folder, "effects.csv: it is a folder, must be a file; move the folder away"),
    "empty": (bytes_of("studies", lambda text: b""),
              "studies.csv: the file is empty, its first line must name the columns; restore the header: study_id,cite,label,year,..."),
    "column misspelt": (replaced("effects", "sd_treat", "sd_treet"),
                        "effects.csv line 1: sd_treet = 'sd_treet', is not a column of effects; did you mean 'sd_treat'?"),
    "column unknown": (extra_column, "studies.csv line 1: colour = 'colour', is not a column of studies; delete the column, or add it to datapackage.json"),
    "column missing": (without_last_column, "vocabulary.csv line 1: note = 'missing', vocabulary must have this column; "
                                            "add it; its cells may be empty unless the schema says otherwise"),
    "order": (other_order, "dimensions.csv line 1: name = 'name', columns must stand in the order of datapackage.json; here 'dimension' is expected"),
    "long line": (replaced("studies", "Scotland", "Scotland, Wales, and more"),
                  "studies.csv line 3: {more} cells, must have {cells}, as the header has; put quotation marks round cells that hold a comma"),
    "short line": (replaced("studies", "2015,quasi_experiment", "2015"),
                   "studies.csv line 3: {fewer} cells, must have {cells}, as the header has; "
                   "add the missing commas; a line break inside a cell needs quotation marks"),
    "blank line": (replaced("studies", "elm2015,", "\nelm2015,"), "studies.csv line 3: the line is empty, each line must hold a row; delete the line"),
    "line of commas": (bytes_of("dimensions", lambda text: text.encode() + b",\n"),
                       "dimensions.csv line 4: the line is empty, each line must hold a row; delete the line"),
    "open quotation": (replaced("studies", "Scotland", '"Scotland'),
                       "studies.csv line 3: a quotation mark opens a cell and is never closed, every quoted cell must end with a quotation mark; "
                       "close it; the fault lies in the row that begins on this line"),
    "stray quotation": (replaced("studies", "Scotland", '"Scot"land'),
                        "studies.csv line 3: text stands after a closing quotation mark, a quoted cell must end at a comma or at the end of the line; "
                        "a quotation mark within a quoted cell is doubled"),
    "stray quotation below": (replaced("studies", "Scotland", '"Scot\n"land'),
                              "studies.csv line 4: text stands after a closing quotation mark, a quoted cell must end at a comma or at the end of the line; "
                              "double the quotation marks inside the cell; the row begins on line 3"),
}


@pytest.mark.parametrize("case", FILES)
def test_file(workspace, case):
    spoil, message = FILES[case]
    spoil(workspace)
    cells = len(workspace.columns["studies"])
    assert workspace.problems() == ["evidence/" + message.replace("{cells}", str(cells)).replace("{more}", str(cells + 2)).replace("{fewer}", str(cells - 1))]


def test_column_given_twice_and_one_without_a_name(workspace):
    workspace.replace("studies", "cohort", "note").replace("studies", "maturity", "")
    place = workspace.columns["studies"].index("maturity") + 1
    add = "studies must have this column; add it; its cells may be empty unless the schema says otherwise"
    assert set(workspace.problems()) == {
        f"evidence/studies.csv line 1: cohort = 'missing', {add}",
        f"evidence/studies.csv line 1: maturity = 'missing', {add}",
        f"evidence/studies.csv line 1: column {place} has no name, every column must be named; name it, or delete the column",
        "evidence/studies.csv line 1: note = 'note', must stand once in the header, not 2 times; delete or rename the others",
    }


def test_byte_order_mark_is_accepted(workspace):
    workspace.file("effects").write_bytes(b"\xef\xbb\xbf" + workspace.text("effects").encode())
    assert workspace.problems() == []


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_are_accepted(workspace, ends):
    workspace.file("effects").write_bytes(workspace.text("effects").replace("\n", ends).encode())
    assert workspace.problems() == []
    workspace.file("effects").write_bytes(workspace.text("effects").replace("\n", ends).replace("elm2015.home", "elm2015 home").encode())
    assert workspace.problems()[0].startswith("evidence/effects.csv line 4: effect_id")


def test_lines_are_counted_through_quoted_line_breaks(workspace):
    workspace.change("effects", 0, note="first\nsecond\r\nthird").change("effects", 2, p="2")
    assert workspace.problems() == [
        "evidence/effects.csv line 6 (elm2015.home): p = '2', must be at most 1; check the figure, its unit and its column against the source"]


def test_a_row_of_the_wrong_length_does_not_make_its_key_unknown(workspace):
    workspace.replace("studies", "Scotland", "Scotland, Wales")
    assert len(workspace.problems()) == 1


def test_several_files_are_reported_at_once(workspace):
    workspace.file("priors").unlink()
    workspace.change("studies", cite="ash2011").file("priors").unlink()
    workspace.file("dimensions").write_text("dimension;name\n")
    assert [problem.split(":")[0] for problem in workspace.problems()] == [
        "evidence/dimensions.csv line 1", "evidence/priors.csv", "evidence/studies.csv line 2 (ash2010)"]


def test_markup_in_a_name_is_plain_text(workspace):
    from workbench.evidence import load

    hostile = "<script>alert('Ash')</script>"
    workspace.change("studies", label=hostile)
    assert load(workspace.root)["studies"]["ash2010"]["label"] == hostile


def edit_package(change):
    def spoil(workspace):
        path = workspace.evidence / "datapackage.json"
        package = json.loads(path.read_text(encoding="utf-8"))
        change(package["resources"])
        path.write_text(json.dumps(package), encoding="utf-8")
    return spoil


def write_package(data):
    return lambda workspace: (workspace.evidence / "datapackage.json").write_bytes(data)


PACKAGE = ", must be a Data Package with a Table Schema per resource; compare with the file that `workbench new` writes"
PACKAGES = {
    "not JSON": (write_package(b'{\n"resources": [}'), "evidence/datapackage.json line 2: Expecting value, must be valid JSON; look at column 15 of that line and just before it"),
    "not UTF-8": (write_package(b'{"title": "\xe9"}'), "evidence/datapackage.json: byte 0xe9, must be UTF-8 text; save the file as UTF-8"),
    "no resources": (write_package(b"{}"), "evidence/datapackage.json: 'resources' must be a list" + PACKAGE),
    "a number": (write_package(b'{"resources": [1]}'), "evidence/datapackage.json: a resource must be an object" + PACKAGE),
    "no name": (edit_package(lambda tables: tables[0].pop("name")), "evidence/datapackage.json: a resource's 'name' must be a text" + PACKAGE),
    "unknown type": (edit_package(lambda tables: tables[0]["schema"]["fields"][0].update(type="text")),
                     "evidence/datapackage.json: column 'programme_id' of 'programmes' has the type 'text'; known types are string, integer, number, boolean, date" + PACKAGE),
    "unknown constraint": (edit_package(lambda tables: tables[0]["schema"]["fields"][0]["constraints"].update(minLength=3)),
                           "evidence/datapackage.json: column 'programme_id' of 'programmes' has the unknown constraint 'minLength'" + PACKAGE),
    "path outside": (edit_package(lambda tables: tables[0].update(path="../x.csv")),
                     "evidence/datapackage.json: the path '../x.csv' of resource 'programmes' leads outside the evidence folder" + PACKAGE),
    "twice": (edit_package(lambda tables: tables[1].update(name="programmes")), "evidence/datapackage.json: the resource 'programmes' is stated twice" + PACKAGE),
    "foreign key": (edit_package(lambda tables: tables[0]["schema"]["foreignKeys"][0]["reference"].update(resource="programs")),
                    "evidence/datapackage.json: a foreign key of 'programmes' points to 'programs', which is no resource; did you mean 'programmes'?" + PACKAGE),
    "key column": (edit_package(lambda tables: tables[0]["schema"].update(primaryKey="id")),
                   "evidence/datapackage.json: a key names the column 'id', which 'programmes' does not have" + PACKAGE),
}


@pytest.mark.parametrize("case", PACKAGES)
def test_package(workspace, case):
    spoil, message = PACKAGES[case]
    spoil(workspace)
    assert workspace.problems() == [message]


def test_evidence_that_is_a_file(workspace):
    shutil.rmtree(workspace.evidence)
    workspace.evidence.write_text("not a folder")
    assert workspace.problems() == [
        f"evidence: {workspace.root}/evidence, must be a folder (it is a file); check what evidence is in {workspace.root}, and its permissions"]


def test_evidence_that_may_not_be_read(workspace, monkeypatch):
    # The suite may run as root, who may read everything: the refusal is simulated where the system would give it.
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("workbench.evidence.workspace.os.listdir", refuse)
    assert workspace.problems() == [
        f"evidence: {workspace.root}/evidence, must be a folder that can be read (permission denied); "
        f"check what evidence is in {workspace.root}, and its permissions"]


def test_file_that_may_not_be_read(workspace, monkeypatch):
    from pathlib import Path

    read = Path.read_bytes

    def refuse(path):
        if path.name == "effects.csv":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert workspace.problems() == ["evidence/effects.csv: permission denied, the file must be readable; check its permissions"]


def test_evidence_without_its_package(workspace):
    (workspace.evidence / "datapackage.json").unlink()
    assert workspace.problems() == [
        f"evidence/datapackage.json: the file is missing, {workspace.root}/evidence must describe its tables in datapackage.json; "
        "copy it from another workspace, or make a workspace with `workbench new`"]
