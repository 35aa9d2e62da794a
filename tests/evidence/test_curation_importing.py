"""`workbench import`: what each format becomes, what is refused, and drafts that join the tables whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workbench.errors import EvidenceError, UsageError
from workbench.evidence import check, load
from workbench.evidence.curation import files
from workbench.evidence.curation.entries import authors, base_key, keys, split_label
from workbench.evidence.curation.importing import Wishes, bring_in
from workbench.evidence.curation.mapping import likeness, propose
from workbench.evidence.curation.sheets import read_sheet
from workbench.evidence.schema import read_package

RIS = """\
TY  - JOUR
AU  - Fir, Fay
AU  - Gorse, Gil
PY  - 2019/03/01
TI  - A randomised trial of {the} oak programme & 50% more
T2  - Journal of Trees
VL  - 3
IS  - 2
SP  - 10
EP  - 20
DO  - https://doi.org/10.1234/FIR.2019
AB  - What was done
and what was found.
ER  -

TY  - RPRT
A1  - Office for Hedges
PY  - 2011
TI  - Counting hedges
PB  - The Office
UR  - https://example.org/hedges
ER  -
"""
BIBTEX = """\
@article{Whatever:1, author = {Fr{\\"o}hlich, Fay and {Office for Hedges}}, title = {{A} trial of 50\\% more}, journal = {Trees}, year = {2019},
  volume = {3}, number = {2}, pages = {10--20}, doi = {10.1234/fir.2019}}
"""
CSV = """\
Study;Article title;DOI;Study design;Country;Program;Outcome construct;Outcome;Follow-up (months);Effect Size;95% CI;p value;Notes;N intervention;N control;Secret column
Fir et al. (2012);A study of firs;10.5555/FIR;RCT;England;Oak;behaviour-score-parent;ECBI;12;-0.30;-0.50 to -0.10;<.01;=HYPERLINK("x");100;98;1
Fir et al. (2012);A study of firs;10.5555/fir;RCT;England;Oak;behaviour-score-parent;ECBI;24;\u22120.20;[-0.40, 0.00];0.05;ok;100;98;2
Gorse 2013;A study of gorse;10.5555/gorse;quasi-experimental;Norway;oak;behaviour-score-parent;ECBI;6;0.10;-0.10, 0.30;.32;- trend;50;49;3
"""
REVMAN = """\
<?xml version="1.0" encoding="UTF-8"?>
<COCHRANE_REVIEW>
 <STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>
  <STUDY ID="STD-Fir-2012" NAME="Fir 2012" YEAR="2012"><REFERENCE PRIMARY="YES" TYPE="JOURNAL_ARTICLE"><AU>Fir F, Gorse G</AU><TI>A study of firs</TI>
   <SO>Trees</SO><YR>2012</YR><VL>3</VL><NO>2</NO><PG>1-9</PG><IDENTIFIERS><IDENTIFIER TYPE="DOI" VALUE="10.5555/fir"/></IDENTIFIERS></REFERENCE></STUDY>
 </INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES>
 <ANALYSES_AND_DATA><COMPARISON ID="CMP-001"><NAME>Oak against usual services</NAME>
  <DICH_OUTCOME EFFECT_MEASURE="RR" EVENTS_1="12" TOTAL_1="40"><NAME>At home</NAME>
   <DICH_DATA STUDY_ID="STD-Fir-2012" EVENTS_1="12" TOTAL_1="40" EVENTS_2="7" TOTAL_2="41" EFFECT_SIZE="1.76"/></DICH_OUTCOME>
  <CONT_OUTCOME><NAME>Behaviour</NAME><CONT_SUBGROUP><NAME>Girls</NAME>
   <CONT_DATA STUDY_ID="STD-Fir-2012" MEAN_1="10.5" SD_1="2" TOTAL_1="20" MEAN_2="11.5" SD_2="2.5" TOTAL_2="21"/></CONT_SUBGROUP></CONT_OUTCOME>
  <IV_OUTCOME><NAME>Other</NAME><IV_DATA STUDY_ID="STD-Fir-2012" ESTIMATE="0.4" SE="0.1"/></IV_OUTCOME>
 </COMPARISON></ANALYSES_AND_DATA>
</COCHRANE_REVIEW>
"""
SMD = ("measure=SMD",)
STUDY = ("design=rct", "country=England")


@pytest.fixture
def put(workspace):
    def write(name: str, text: str | bytes):
        place = workspace.root / name
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return place

    return write


def run(workspace, file, **wishes):
    return bring_in(file, Wishes(**wishes), workspace.root)


def tables(workspace) -> dict:
    return {path: path.read_bytes() for path in (*workspace.evidence.iterdir(), workspace.bibliography)}


# --- what each format becomes


def test_ris_becomes_references_and_studies(workspace, put):
    lines, problems = run(workspace, put("x.ris", RIS), constants=STUDY, apply=True)
    assert problems == () and "2 references, 2 studies, 0 effects" in "\n".join(lines)
    evidence = load(workspace.root)
    reference = evidence.references["fir2019"]
    assert reference.text == ("Fir F, Gorse G (2019). A randomised trial of (the) oak programme & 50% more. Journal of Trees, 3(2), 10-20. doi:10.1234/fir.2019")
    office = evidence.references["officeforhedges2011"]
    assert (office.kind, office.short, office.container, office.url) == ("techreport", "Office for Hedges 2011", "The Office", "https://example.org/hedges")
    study = evidence["studies"]["fir2019"]
    assert (study["year"], study["label"], study["setting"], study["design"], study["evaluator"]) == (2019, "Fir 2019", "uk", "rct", "not_reported")


def test_bibtex_keeps_names_and_decodes_latex(workspace, put):
    _, problems = run(workspace, put("x.bib", BIBTEX), constants=STUDY, apply=True)
    assert problems == ()
    reference = load(workspace.root).references["frohlich2019"]
    assert reference.text == "Fröhlich F, Office for Hedges (2019). A trial of 50% more. Trees, 3(2), 10-20. doi:10.1234/fir.2019"


def test_csv_with_other_names_becomes_all_three(workspace, put):
    lines, problems = run(workspace, put("x.csv", CSV), constants=SMD, yes=True)
    text = "\n".join(lines)
    assert problems == () and "2 references, 2 studies, 3 effects" in text
    for theirs, ours in (("Effect Size", "effects.estimate"), ("95% CI", "effects.interval"), ("Program", "effects.programme_id"), ("Study", "studies.label"), ("Secret column", "(not taken)")):
        assert any(line.split("  ->  ")[0].strip() == theirs and f"->  {ours}" in line for line in lines[1].splitlines()), theirs
    assert check(workspace.root) == () and "fir2012" not in workspace.file("studies").read_text(encoding="utf-8")
    run(workspace, workspace.root / "drafts" / "x", apply=True)
    row = load(workspace.root)["effects"]["fir2012.behaviour.24m"]
    assert {name: row[name] for name in ("study_id", "programme_id", "direction", "estimate", "ci_low", "ci_high", "p", "p_relation", "n_treat", "data_type", "role", "checked")} == {
        "study_id": "fir2012", "programme_id": "oak", "direction": "lower_is_better", "estimate": -0.2, "ci_low": -0.4, "ci_high": 0.0, "p": 0.05, "p_relation": "=",
        "n_treat": 100.0, "data_type": "estimate", "role": "estimate", "checked": "unverified"}
    assert str(row["recorded"]) == "2026-02-28" and row["note"] == "ok Drafted from x.csv, line 3."
    assert load(workspace.root)["studies"]["gorse2013"]["setting"] == "non_uk"


def test_revman_results_become_effects(workspace, put):
    lines, problems = run(workspace, put("x.rm5", REVMAN), constants=(*STUDY, "programme_id=oak"), maps=("OUTCOME=construct",), apply=True)
    assert problems == () and any("1 results of the kind IV_DATA left out" in line for line in lines)
    evidence = load(workspace.root)
    home, behaviour = evidence["effects"]["fir2012.home"], evidence["effects"]["fir2012.behaviour"]
    assert [home[name] for name in ("events_treat", "n_treat", "events_control", "n_control", "data_type")] == [12, 40, 7, 41, "counts"]
    assert [behaviour[name] for name in ("mean_treat", "sd_treat", "mean_control", "sd_control", "data_type", "scope", "exclusion")] == [10.5, 2, 11.5, 2.5, "means", "subgroup", "subgroup"]
    assert evidence.references["fir2012"].authors == ("Fir, F", "Gorse, G")


def test_text_that_would_run_as_a_formula_stays_text(workspace, put):
    lines, _ = run(workspace, put("x.csv", CSV), constants=SMD, apply=True)
    assert sum("begins like a formula" in line for line in lines) == 2
    notes = [row["note"] for row in load(workspace.root)["effects"] if row["study_id"] in ("fir2012", "gorse2013")]
    assert notes[0].startswith("'=HYPERLINK") and notes[2].startswith("'- trend")
    assert all(note[0] not in "=+-@" for note in notes)


def test_the_same_file_makes_the_same_drafts_in_any_order(workspace, put):
    header, *rows = CSV.splitlines()
    run(workspace, put("x.csv", CSV), constants=SMD, yes=True)
    run(workspace, put("y.csv", "\n".join([header, *rows[::-1]])), constants=SMD, yes=True)
    for name in ("studies.csv", "references.bib"):
        assert (workspace.root / "drafts" / "x" / name).read_bytes() == (workspace.root / "drafts" / "y" / name).read_bytes()


def test_without_yes_nothing_is_written(workspace, put):
    file, before = put("x.csv", CSV), tables(workspace)
    lines, _ = run(workspace, file, constants=SMD)
    assert lines[-1].startswith("Nothing is written.") and not (workspace.root / "drafts").exists() and tables(workspace) == before


def test_what_is_missing_is_named_in_the_draft_and_can_be_filled_in_there(workspace, put):
    _, problems = run(workspace, put("x.ris", RIS), yes=True)
    assert sorted({problem.column for problem in problems}) == ["country", "design", "setting"]
    assert {problem.file for problem in problems} == {"drafts/x/studies.csv"}
    draft = workspace.root / "drafts" / "x" / "studies.csv"
    draft.write_text(draft.read_text().replace("2019,,,,,", "2019,rct,Wales,,uk,").replace("2011,,,,,", "2011,cohort,Wales,,uk,"))
    assert run(workspace, draft.parent, apply=True)[1] == ()
    assert load(workspace.root)["studies"]["fir2019"]["country"] == "Wales"


# --- mapping


def test_the_curator_s_word_overrides_the_proposal(workspace, put):
    sheet = read_sheet(put("x.csv", CSV))
    package, _ = read_package(workspace.root)
    mapping = propose(sheet, package, {"Notes": "locator", "Secret column": "timepoint_months", "Follow-up (months)": ""}, {"measure": "SMD"})
    found = {pair.theirs: pair.ours for pair in mapping.pairs}
    assert (found["Notes"], found["Secret column"]) == ("effects.locator", "effects.timepoint_months")
    assert mapping.unmapped == ("Follow-up (months)",) and mapping.constants == {"effects.measure": "SMD"}


def test_contents_count_as_much_as_names(workspace, put):
    package, _ = read_package(workspace.root)
    sheet = read_sheet(put("x.csv", "Study,Effect,where it stands\nAsh 2001,better,10.1234/abc\nElm 2002,worse,10.1234/def\n"))
    found = {pair.theirs: pair.ours for pair in propose(sheet, package).pairs}
    assert found == {"Study": "studies.label", "where it stands": "references.doi"}


def test_our_own_column_names_map_to_themselves(workspace):
    package, _ = read_package(workspace.root)
    found = {pair.theirs: pair.ours for pair in propose(read_sheet(workspace.file("effects")), package).pairs}
    assert found["estimate"] == "effects.estimate" and found["outcome_measure"] == "effects.outcome_measure" and found["timepoint_basis"] == "effects.timepoint_basis"


@pytest.mark.parametrize(("wishes", "words"), [
    ({"maps": ("Efect Size=estimate",)}, "x.csv has no column 'Efect Size'; did you mean 'Effect Size'?"),
    ({"maps": ("Notes=notte",)}, "there is no column 'notte' that an import could fill; did you mean 'note'?"),
    ({"maps": ("Notes=effect_id",)}, "there is no column 'effect_id' that an import could fill"),
    ({"constants": ("measure",)}, "--set measure: write it as name=value"),
    ({"date": "2026-02-30"}, "--date 2026-02-30: must be a day that exists"),
])
def test_wrong_options_are_wrong_usage(workspace, put, wishes, words):
    with pytest.raises(UsageError) as caught:
        run(workspace, put("x.csv", CSV), **wishes)
    assert words in str(caught.value)


def test_short_names_are_never_alike():
    assert likeness("p", "t") == likeness("n1", "n2") == 0
    assert likeness("Sample Size", "size, sample") == 0.99


# --- what is refused


RECORD = "TY  - JOUR\nAU  - Fir, F\nPY  - 2001\nTI  - T\n"
XML = '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<COCHRANE_REVIEW>&b;</COCHRANE_REVIEW>'
HOSTILE = {
    "no ER": ("x.ris", RECORD, "x.ris line 1: the record has no ER"),
    "no ER between": ("x.ris", RECORD + RECORD + "ER  - \n", "x.ris line 1: the record has no ER"),
    "text before": ("x.ris", "Exported by X\n" + RECORD + "ER  - \n", "x.ris line 1: Exported by X, must stand within a record"),
    "tag outside": ("x.ris", RECORD + "ER  - \nAU  - Fir, F\n", "x.ris line 6: AU  - Fir, F, must stand between TY and ER"),
    "not RIS": ("x.ris", "%PDF-1.7\n", "x.ris line 1: %PDF-1.7, must stand within a record"),
    "empty RIS": ("x.ris", "\n \n", "x.ris: there is nothing in the file, it must hold at least one row or record"),
    "empty CSV": ("x.csv", "", "there is nothing in the file"),
    "header only": ("x.csv", "Study,DOI\n", "there is nothing in the file"),
    "empty BibTeX": ("x.bib", "% nothing\n", "there is nothing in the file"),
    "latin-1": ("x.csv", "Study,Titre\nFir 2001,\xe9t\xe9\n".encode("latin-1"), "byte 0xe9, must be UTF-8 text"),
    "utf-16": ("x.ris", RECORD.encode("utf-16"), "the file is UTF-16"),
    "null byte": ("x.csv", b"Study\0,DOI\nx,y\n", "a null byte"),
    "workbook": ("x.csv", b"PK\x03\x04rest", "the file is a spreadsheet workbook"),
    "short line": ("x.csv", "Study,DOI\nFir 2001\n", "x.csv line 2: 1 cells, must have 2"),
    "open quote": ("x.csv", 'Study,DOI\n"Fir 2001,x\n', "must be a complete CSV file"),
    "column twice": ("x.csv", "Study,Study\na,b\n", "must stand once in the header"),
    "broken BibTeX": ("x.bib", "@article{a, title = {T\n", "must be a complete BibTeX entry"),
    "key twice": ("x.bib", BIBTEX + BIBTEX, "each key must stand once"),
    "DOI twice": ("x.ris", RIS + RIS[: RIS.index("TY  - RPRT")].replace("Fir", "Larch"), "each source must stand once"),
    "title twice": ("x.ris", RECORD + "ER  - \n" + RECORD.replace("TY  - JOUR", "TY  - JOUR\nDO  - 10.1234/x") + "ER  - \n", "has the same title and year"),
    "DOI on file": ("x.ris", RIS.replace("10.1234/FIR.2019", "10.1234/Tree.2010"), "10.1234/tree.2010, is on file already, as 'ash2010'"),
    "title on file": ("x.ris", RECORD.replace("TI  - T", "TI  - Counting Trees").replace("2001", "2025") + "ER  - \n", "is on file already, as 'office2025'"),
    "contradiction": ("x.csv", "Study,DOI,Country\nFir 2001,10.1234/f,England\nFir 2001,10.1234/f,France\n", "contradicts line 2, which has 'England'"),
    "entities": ("x.rm5", XML, "the file declares a document type or entities"),
    "deep XML": ("x.rm5", "<COCHRANE_REVIEW>" + "<a>" * 5000 + "</a>" * 5000 + "</COCHRANE_REVIEW>", "nests too deeply"),
    "broken XML": ("x.rm5", "<COCHRANE_REVIEW><a></COCHRANE_REVIEW>", "must be well-formed XML"),
    "other XML": ("x.rm5", "<html/>", "must be a RevMan 5 review"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_with_one_message_and_nothing_is_written(workspace, put, case):
    name, content, words = HOSTILE[case]
    file, before = put(name, content), tables(workspace)
    with pytest.raises(EvidenceError) as caught:
        run(workspace, file, apply=True)
    assert words in str(caught.value) and len(caught.value.problems) == 1
    assert tables(workspace) == before and not (workspace.root / "drafts").exists()


def test_an_unknown_kind_of_file_is_wrong_usage(workspace, put):
    with pytest.raises(UsageError, match=r"known endings are \.ris, \.bib"):
        run(workspace, put("x.docx", "x"))
    with pytest.raises(UsageError, match="there is no such file"):
        run(workspace, workspace.root / "nothing.ris")


def test_reuse_files_rows_under_the_study_on_file(workspace, put):
    text = CSV.replace("10.5555/FIR", "10.1234/tree.2010").replace("10.5555/fir", "10.1234/tree.2010").replace("behaviour-score-parent;ECBI", "behaviour-score-parent;SDQ")
    lines, problems = run(workspace, put("x.csv", text), constants=SMD, reuse=True, apply=True)
    assert problems == () and any("belongs to ash2010" in line for line in lines)
    evidence = load(workspace.root)
    assert {row.key for row in evidence["effects"].where(study_id="ash2010")} >= {"ash2010.behaviour.12m", "ash2010.behaviour.24m"}
    assert "fir2012" not in evidence["studies"]


# --- applying


def test_what_is_on_file_is_never_overwritten(workspace, put):
    run(workspace, put("x.csv", CSV), constants=SMD, apply=True)
    before = tables(workspace)
    lines, problems = run(workspace, workspace.root / "drafts" / "x", apply=True)
    assert {problem.rule for problem in problems} == {"is on file already, and nothing is overwritten"} and len(problems) == 7
    assert tables(workspace) == before


def test_rows_on_file_stay_as_they_are(workspace, put):
    before = {name: workspace.file(name).read_text(encoding="utf-8").splitlines() for name in ("studies", "effects")}
    entries = workspace.bibliography.read_text(encoding="utf-8")
    run(workspace, put("x.csv", CSV), constants=SMD, apply=True)
    for name, lines in before.items():
        after = workspace.file(name).read_text(encoding="utf-8").splitlines()
        assert [line for line in after if line in lines] == lines and after[1:] == sorted(after[1:], key=lambda line: line.split(",")[0])
    assert all(part in workspace.bibliography.read_text(encoding="utf-8") for part in entries.split("\n\n"))


def test_a_draft_that_breaks_a_rule_changes_nothing(workspace, put):
    before = tables(workspace)
    _, problems = run(workspace, put("x.csv", CSV.replace("-0.50 to -0.10", "-0.10 to -0.50")), constants=SMD, apply=True)
    assert "must not exceed ci_high" in str(problems[0]) and tables(workspace) == before


def test_drafts_that_were_worked_on_are_not_overwritten(workspace, put):
    file = put("x.csv", CSV)
    run(workspace, file, constants=SMD, yes=True)
    run(workspace, file, constants=SMD, yes=True)
    draft = workspace.root / "drafts" / "x" / "effects.csv"
    draft.write_text(draft.read_text(encoding="utf-8").replace("ECBI", "Eyberg"), encoding="utf-8")
    with pytest.raises(EvidenceError, match="drafts are never overwritten"):
        run(workspace, file, constants=SMD, yes=True)
    assert "Eyberg" in draft.read_text(encoding="utf-8")


def test_a_write_that_fails_half_way_is_undone(workspace, put, monkeypatch):
    run(workspace, put("x.csv", CSV), constants=SMD, yes=True)
    before, replace, calls = tables(workspace), os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", failing)
    with pytest.raises(EvidenceError, match="no space left on device"):
        run(workspace, workspace.root / "drafts" / "x", apply=True)
    assert tables(workspace) == before and len(calls) == 3
    assert not list(workspace.evidence.glob(".*"))


def test_a_table_that_changed_meanwhile_is_not_written_over(tmp_path):
    place = tmp_path / "a.csv"
    place.write_bytes(b"new")
    with pytest.raises(EvidenceError, match="has changed in the meantime"):
        files.replace_all({place: b"mine"}, {place: b"old"})
    assert place.read_bytes() == b"new"


# --- names and keys


@pytest.mark.parametrize(("text", "form", "written"), [
    ("Ash, Ada; Birch, Ben", "csv", "Ash, Ada and Birch, Ben"),
    ("Ash A, Birch BC", "csv", "Ash, A and Birch, BC"),
    ("Ash et al.", "csv", "Ash and others"),
    ("Ash and Birch", "csv", "Ash and Birch"),
    ("van der Elm E", "csv", "van der Elm, E"),
    ("Department for Trees and Hedges", "ris", "{Department for Trees and Hedges}"),
    ("Ash, Ada; Office for {Trees}", "ris", "Ash, Ada and {Office for (Trees)}"),
    ("{Office and Trees} and Ash, A", "bibtex", "{Office and Trees} and Ash, A"),
])
def test_authors(text, form, written):
    assert authors(text, form) == written


@pytest.mark.parametrize(("author", "year", "key"), [
    ("Ash, Ada and Birch, Ben", "2010", "ash2010"), ("O'Farrelly, C", "2021", "ofarrelly2021"), ("Østergård, K", "2009", "ostergard2009"),
    ("{Office for Trees}", "2020", "officefortrees2020"), ("", "n.d.", "anonymous"), ("van der Elm, E", "2001", "vanderelm2001"),
])
def test_base_keys(author, year, key):
    assert base_key(author, year) == key


def test_keys_take_letters_where_they_clash_whatever_the_order():
    assert keys({"x": "ash2010"}, []) == {"x": "ash2010"}
    assert keys({"y": "ash2010", "x": "ash2010"}, []) == keys({"x": "ash2010", "y": "ash2010"}, []) == {"x": "ash2010a", "y": "ash2010b"}
    assert keys({"x": "ash2010"}, ["ash2010"]) == {"x": "ash2010b"}
    assert keys({"x": "ash2010"}, ["ash2010a", "ash2010b"]) == {"x": "ash2010c"}


@pytest.mark.parametrize(("label", "parts"), [
    ("Ash 2010", ("Ash", "2010")), ("Ash et al. (2010)", ("Ash et al.", "2010")), ("Ash, 2010b", ("Ash", "2010")), ("Trial of 12 homes", ("", "")),
])
def test_labels(label, parts):
    assert split_label(label) == parts


def test_the_command(workspace, put):
    def call(*arguments):
        return subprocess.run([sys.executable, "-m", "workbench", "import", *arguments, "-w", str(workspace.root)], capture_output=True, text=True)

    done = call(str(put("x.csv", CSV)), "--set", "measure=SMD", "--map", "Notes=", "--apply")
    assert done.returncode == 0 and "Applied." in done.stdout and "Notes" in done.stdout
    again = call(str(workspace.root / "x.csv"), "--set", "measure=SMD", "--yes")
    assert again.returncode == 1 and "is on file already, as 'fir2012'" in again.stderr and "Traceback" not in again.stderr
    assert call(str(workspace.root / "y.csv")).returncode == 2
