"""Findings are recorded once under one id; phrases hold no numeral and no unfilled place."""

from __future__ import annotations

import pytest

from workbench.briefing.findings import Basis, Ledger, rows_of
from workbench.briefing.sentences import Phrases, load_phrases
from workbench.briefing.text import Quoted, joined, link, plain, quoted, strong, text
from workbench.errors import UsageError

BASIS = Basis("exact", ("effects/a",), "by hand")


def test_an_id_is_a_path_of_programme_area_and_quantity():
    found = Ledger("oak", "E1").number("home/mu/median", 1.234, "ratio", BASIS, unit="OR", side=0.5)
    assert (found.id, found.text, found.kind, found.rows) == ("oak/E1/home/mu/median", "1.23", "exact", ("effects/a",))


def test_the_same_number_asked_for_twice_is_one_finding_and_another_under_its_id_is_refused():
    ledger = Ledger("oak", "E1")
    first = ledger.number("a/b/c", 1.0, "count", BASIS)
    assert ledger.number("a/b/c", 1.0, "count", BASIS) is first and ledger.all() == (first,)
    with pytest.raises(ValueError, match="stands for both"):
        ledger.number("a/b/c", 2.0, "count", BASIS)


def test_the_limits_of_an_interval_share_its_digits():
    found = Ledger("oak", "E1").interval("a/b", 1.4321, 0.85, 2.4, "ratio", BASIS)
    assert [item.text for item in (found.median, found.low, found.high)] == ["1.43", "0.85", "2.40"]


def test_a_kind_that_is_not_on_the_list_is_refused():
    with pytest.raises(ValueError, match="unknown kind"):
        Ledger("oak", "E1").number("a", 1.0, "count", Basis("guess", (), ""))


def test_rows_are_named_once_in_order():
    assert rows_of("effects", ["b", "a", "b"]) == ("effects/b", "effects/a")


def test_text_splices_links_and_joins():
    parts = text("a ", (quoted("b"), None, ""), link("c", "#d"), strong("e"))
    assert plain(parts) == "a bce" and quoted(None) == () and quoted("x") == (Quoted("x"),)
    assert plain(joined([text("a"), (), text("b"), text("c")], ", ", " and ")) == "a, b and c"


def test_a_phrase_is_filled_with_what_it_names_and_nothing_is_left_open():
    phrases = Phrases({"greet": "Hello {name}.", "n.one": "{n} cat", "n.other": "{n} cats"})
    assert plain(phrases("greet", name="Ann")) == "Hello Ann."
    with pytest.raises(UsageError, match="names {name}"):
        phrases("greet", nme="Ann")
    with pytest.raises(UsageError, match="did you mean 'greet'"):
        phrases("gret")
    ledger = Ledger("oak", "E1")
    assert [plain(phrases.counted("n", ledger.number(str(k), k, "count", BASIS))) for k in (1, 2, 0)] == ["1 cat", "2 cats", "0 cats"]


def test_a_phrase_with_a_numeral_is_refused(tmp_path):
    (tmp_path / "sentences.toml").write_text('[a]\nb = "about 3 of {n}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="holds a numeral"):
        load_phrases(tmp_path)


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), ("a = ", "not valid TOML")])
def test_a_missing_or_broken_file_of_phrases_is_one_message(tmp_path, content, message):
    if content is not None:
        (tmp_path / "sentences.toml").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load_phrases(tmp_path)


def test_the_phrases_that_come_with_the_workbench_are_sound(root):
    assert len(load_phrases(root / "templates").table) > 200
