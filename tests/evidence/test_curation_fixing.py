"""`validate --fix`: the canonical form, reached once and for all, with every value what it was."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvidenceError
from workbench.evidence import check, load
from workbench.evidence.cells import Refusal, converter
from workbench.evidence.curation import canonical, fix
from workbench.evidence.curation.fixing import keeps_order, rewrite
from workbench.evidence.reader import RawTable, read_table
from workbench.evidence.schema import Field, read_package


def parsed(text: str, field: Field) -> object:
    """The value of a cell, or what it says if it has none; blanks round it and the style of its line ends do not count."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        return None
    try:
        return repr(converter(field)(text))
    except Refusal:
        return ("refused", text)


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"[+-]?[0-9]{1,6}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[+-]?\.[0-9]{1,20}", fullmatch=True),
    st.sampled_from(["-0", "-0.0", "007", "1e400", "5e-324", "0.1000000000000000055", "1,5", "n/a", "12%", "<0.05", "\u0663.5"]),
)
CELLS = {
    "number": NUMBERS,
    "integer": st.one_of(st.integers().map(str), st.sampled_from(["+5", "007", "2014.0", "2014.5", "-0", "1e3", "x"])),
    "boolean": st.sampled_from(["true", "false", "TRUE", "False", "yes", "1", "0", "wahr"]),
    "date": st.one_of(st.dates().map(str), st.sampled_from(["2025/3/1", "2025-02-30", "31/03/2025", "2025-03-31 00:00:00", "2025-03-31T12:00:00", "20250331", "2025.3.31"])),
    "string": st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
}


@settings(max_examples=400, deadline=None)
@given(data=st.data(), kind=st.sampled_from(sorted(CELLS)), blanks=st.sampled_from(["", " ", "\t", "\u00a0", "\n"]))
def test_no_cell_changes_its_meaning(data, kind, blanks):
    field = Field("x", kind)
    text = blanks + data.draw(CELLS[kind]) + blanks
    written = canonical.cell(text, field)
    before, after = parsed(text, field), parsed(written, field)
    # What could not be read may become readable, where both spellings say the same; what was read stays exactly that.
    assert before == after or before[0] == "refused"
    assert canonical.cell(written, field) == written


@pytest.mark.parametrize(("kind", "text", "written"), [
    ("number", " 0.50 ", "0.5"), ("number", "1.0", "1"), ("number", ".5", "0.5"), ("number", "+3", "3"), ("number", "1e-05", "0.00001"), ("number", "\u22120.3", "-0.3"),
    ("number", "100", "100"), ("number", "-0.0", "-0"), ("number", "1e300", "1e300"), ("number", "1,5", "1,5"), ("number", "<0.05", "<0.05"), ("number", "NA", "NA"),
    ("number", "0.473156", "0.473156"), ("integer", "2014.0", "2014"), ("integer", "2014.5", "2014.5"), ("boolean", "TRUE", "true"), ("boolean", "yes", "yes"),
    ("boolean", "1", "1"), ("date", "2025/3/1", "2025-03-01"), ("date", "2025-03-31 00:00:00", "2025-03-31"), ("date", "31/03/2025", "31/03/2025"),
    ("date", "2025-02-30", "2025-02-30"), ("string", " two  words \r\n", "two  words"), ("string", "0.50", "0.50"),
])
def test_spellings(kind, text, written):
    assert canonical.cell(text, Field("x", kind)) == written


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_table_changes_its_meaning(data):
    package, _ = read_package(__import__("pathlib").Path(__file__).resolve().parents[2])
    resource = package[data.draw(st.sampled_from(["effects", "studies", "vocabulary", "dimensions", "areas"]))]
    fields = {field.name: field for field in resource.fields}
    header = tuple(data.draw(st.permutations(resource.names)))
    cells = st.tuples(*(st.one_of(st.just(""), CELLS[fields[name].kind]) for name in header))
    records = data.draw(st.lists(cells, min_size=1, max_size=5))
    raw = RawTable(header, tuple(enumerate(records, 2)))
    after, _ = rewrite(resource, raw, b"")
    read = list(csv.reader(io.StringIO(after.decode(), newline="")))
    assert tuple(read[0]) == resource.names

    def values(names, record):
        return tuple(str(parsed(record[names.index(name)], fields[name])) for name in resource.names)

    before = [values(header, record) for record in records]
    now = [values(resource.names, record) for record in read[1:]]
    readable = [row for row in before if "refused" not in "".join(row)]
    assert len(now) == len(before)
    assert all(row in now for row in readable)
    if resource.name in keeps_order() and len(readable) == len(before):
        assert now == before
    again, change = rewrite(resource, RawTable(tuple(read[0]), tuple(enumerate(map(tuple, read[1:]), 2))), after)
    assert (again, change) == (after, None)


def test_the_real_tables_are_canonical(root):
    package, _ = read_package(root)
    for resource in package.resources:
        raw, _ = read_table(root, resource)
        assert rewrite(resource, raw, (root / "evidence" / resource.path).read_bytes())[1] is None, resource.name


def test_a_spreadsheet_s_file_becomes_canonical_with_the_same_digest(workspace):
    before, text = load(workspace.root).digest, workspace.text("effects")
    lines = text.splitlines()
    messy = "\r\n".join([lines[0], "", lines[3], lines[2], lines[1].replace(",40,", ", 40.0 ,")]).replace("2026-01-31", "2026/1/31")
    workspace.file("effects").write_bytes(b"\xef\xbb\xbf" + messy.encode())
    changes = fix(workspace.root)
    assert workspace.file("effects").read_text(encoding="utf-8") == text
    assert load(workspace.root).digest == before
    assert [str(change) for change in changes] == [
        "evidence/effects.csv: byte order mark taken out, line ends made LF, empty lines taken out, rows sorted by effect_id, 3 cells respelt\n"
        "  line 3, recorded: '2026/1/31' -> '2026-01-31'\n"
        "  line 5, events_treat: ' 40.0 ' -> '40'\n"
        "  line 5, recorded: '2026/1/31' -> '2026-01-31'"
    ]
    assert fix(workspace.root) == ()


def test_columns_are_put_in_order_and_orders_that_mean_something_kept(workspace):
    rows = list(csv.reader(io.StringIO(workspace.text("vocabulary"))))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(row[::-1] for row in rows)
    workspace.file("vocabulary").write_text(out.getvalue(), encoding="utf-8")
    fix(workspace.root)
    assert workspace.file("vocabulary").read_text(encoding="utf-8") == workspace.text("vocabulary")
    assert check(workspace.root) == ()


@pytest.mark.parametrize("damage", [
    lambda data: data.replace(b",", b";"),
    lambda data: data.decode().encode("utf-16"),
    lambda data: data.replace(b"ash2010.home", b'"ash2010.home', 1),
    lambda data: data.replace(b"effect_id", b"efect_id", 1),
    lambda data: data.replace(b",2026-01-31", b"", 1),
    lambda data: b"\xe9" + data,
    lambda data: b"",
], ids=["separator", "utf-16", "quote", "column", "short line", "latin-1", "empty"])
def test_a_file_that_cannot_be_read_is_refused_and_no_other_touched(workspace, damage):
    workspace.file("effects").write_bytes(damage(workspace.file("effects").read_bytes()))
    workspace.replace("studies", "2010", " 2010 ")
    before = {path: path.read_bytes() for path in workspace.evidence.iterdir()}
    with pytest.raises(EvidenceError, match=r"evidence/effects\.csv"):
        fix(workspace.root)
    assert {path: path.read_bytes() for path in workspace.evidence.iterdir()} == before


def test_a_table_that_is_a_link_stays_one(workspace, tmp_path):
    target = tmp_path / "elsewhere.csv"
    target.write_bytes(workspace.file("effects").read_bytes().replace(b"\n", b"\r\n"))
    workspace.file("effects").unlink()
    workspace.file("effects").symlink_to(target)
    fix(workspace.root)
    assert workspace.file("effects").is_symlink() and target.read_text(encoding="utf-8") == workspace.text("effects")


def test_the_command_says_what_it_did(workspace):
    workspace.replace("effects", ",40,", ", 40,")
    command = [sys.executable, "-m", "workbench", "validate", "--fix", "-w", str(workspace.root)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "evidence/effects.csv: 1 cell respelt\n  line 2, events_treat: ' 40' -> '40'\n1 file rewritten.\nNo problem found.\n")
    assert subprocess.run(command, capture_output=True, text=True).stdout == "Nothing to rewrite.\nNo problem found.\n"
