"""The bibliography: what it gives, and every message about it."""

from __future__ import annotations

import pytest
from workspace import BIBLIOGRAPHY

from workbench.evidence import load

ENTRY = BIBLIOGRAPHY[: BIBLIOGRAPHY.index("@misc")]


def changed(old, new):
    assert old in BIBLIOGRAPHY
    return BIBLIOGRAPHY.replace(old, new)


BROKEN = {
    "author": (changed("  author = {Ash, Ada and Birch, Ben},\n", ""),
               "line 1 (ash2010): author = '', must not be empty; name the authors; put a body into double braces, as in {{Department for Education}}"),
    "title": (changed("{Counting trees}", "{}"), "line 9 (office2025): title = '', must not be empty; give the title, or what the page is called"),
    "year": (changed("  year = {2010},\n", ""), "line 1 (ash2010): year = '', must not be empty; give the year; write n.d. where the source has none"),
    "month": (changed("{2010}", "{March 2010}"),
              "line 1 (ash2010): year = 'March 2010', must be a year of four digits, n.d. or in press; keep months and days out of it"),
    "doi": (changed("10.1234/tree.2010", "tree.2010"),
            "line 1 (ash2010): doi = 'tree.2010', must begin with 10. and hold no spaces; copy it from the article's page"),
    "url": (changed("https://example.org/trees", "javascript:alert(1)"),
            "line 9 (office2025): url = 'javascript:alert(1)', must be a web address that begins with http:// or https://; copy it from the browser"),
    "key twice": (BIBLIOGRAPHY + ENTRY,
                  "line 15 (ash2010): the key is given twice, each key must stand once; it stands already on line 1; delete one entry or rename it (a, b)"),
    "field twice": (changed("  year = {2010},", "  year = {2010},\n  year = {2011},"),
                    "line 1 (ash2010): year = 'given twice', each field must stand once in its entry; delete one of the two"),
    "open brace": (changed("first programme}", "first programme"),
                   "line 1 (ash2010): @article{ash2010, author = {Ash, Ada and Birch, Ben}, title , must be a complete BibTeX entry; "
                   "check that it begins with @ and a type, and that every brace and quotation mark is closed"),
    "no sign": (changed("@misc", "misc"),
                "line 9 (office2025): misc{office2025, author = {{Office for Trees}}, title = {Cou, must be a complete BibTeX entry; "
                "check that it begins with @ and a type, and that every brace and quotation mark is closed"),
    "key with semicolon": (BIBLIOGRAPHY + "@misc{a;b, author={{X}}, title={T}, year={2000}}\n",
                           "line 15 (a;b): key = 'a;b', must hold neither spaces nor semicolons; the tables separate keys by semicolons"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_entry_gives_its_message_and_no_other(workspace, case):
    text, message = BROKEN[case]
    workspace.bibliography.write_text(text, encoding="utf-8")
    assert workspace.problems() == ["bibliography.bib " + message]


def test_missing_bibliography_is_one_problem(workspace):
    workspace.bibliography.unlink()
    assert workspace.problems() == ["bibliography.bib: the file is missing, it must be in the workspace; restore it, or begin a new one"]


def test_unused_entries_comments_and_strings_are_fine(workspace):
    text = BIBLIOGRAPHY + "% a remark\n@comment{anything}\n@string{jt = {Journal of Trees}}\n@article{fir2001, author={Fir, F.}, title={T}, year=2001, journal=jt}\n"
    workspace.bibliography.write_text(text, encoding="utf-8")
    assert load(workspace.root).references["fir2001"].container == "Journal of Trees"


def one(workspace, **fields):
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    workspace.bibliography.write_text(BIBLIOGRAPHY + "@article{key2001,\n" + body + "\n}\n", encoding="utf-8")
    return load(workspace.root).references["key2001"]


@pytest.mark.parametrize(("authors", "short"), [
    ("Ash, Ada", "Ash 2001"),
    ("Ada Ash", "Ash 2001"),
    ("Ash, Ada and van der Elm, Eve", "Ash and van der Elm 2001"),
    ("Ash, Ada and Birch, Ben and Cedar, Cy", "Ash et al. 2001"),
    ("Ash, Ada and others", "Ash et al. 2001"),
    ("{Office for Trees, Hedges and Woods}", "Office for Trees, Hedges and Woods 2001"),
    ("{Office for Trees} and Ash, Ada", "Office for Trees and Ash 2001"),
    ("Fr{\\\"o}hlich, {\\O}ystein", "Fröhlich 2001"),
])
def test_short_form(workspace, authors, short):
    assert one(workspace, author=authors, title="T", year="2001").short == short


def test_citation(workspace):
    reference = one(workspace, author="Ash, Ada B. and Elm, Jean-Luc and others", title="Do 50% of {Trees} grow \\& thrive?", year="2001", journal="Trees",
                    volume="3", number="2", pages="10--12", doi="https://doi.org/10.1234/x")
    assert reference.text == "Ash AB, Elm JL, et al. (2001). Do 50% of Trees grow & thrive? Trees, 3(2), 10-12. doi:10.1234/x"
    assert (reference.kind, reference.doi, reference.authors[0]) == ("article", "10.1234/x", "Ash, Ada B.")


def test_long_author_lists_are_cut(workspace):
    authors = " and ".join(f"Name{letter}, X" for letter in "ABCDEFGH")
    assert one(workspace, author=authors, title="T", year="2001").text.startswith("NameA X, NameB X, NameC X, NameD X, NameE X, NameF X, et al. (2001). T.")


def test_parsing_leaves_the_log_level_as_it_was(workspace, caplog):
    import logging

    before = logging.getLogger("bibtexparser").level
    workspace.bibliography.write_text(BROKEN["open brace"][0], encoding="utf-8")
    workspace.problems()
    assert caplog.records == []
    assert logging.getLogger("bibtexparser").level == before
