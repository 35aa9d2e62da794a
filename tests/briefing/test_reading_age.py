"""The short answer can be read by a child of twelve or so, and in two minutes.

Flesch-Kincaid grade = 0.39 words / sentences + 11.8 syllables / words - 15.59 (Kincaid and others 1975, Research Branch
Report 8-75, US Naval Technical Training); a grade is the years at school after the age of five to six, so that grade 7 is
read at twelve. Syllables are the places at which pyphen would hyphenate British English, plus one; since it leaves out breaks
beside a single letter, a word counts no less than its groups of vowels, a last silent e left out.

What the tables say is left out of the count: names of programmes and outcomes, and reasons that curators wrote, are not the
page's own words, and a name cannot be made simpler without saying something else. Figures count as one word of one syllable.
"""

from __future__ import annotations

import re

import pytest
from components import missing

from workbench.briefing import build
from workbench.briefing.text import Link, Number, Quoted, Words
from workbench.runs.analysis import analyse

PROGRAMMES = ("fdac", "fnp", "pup", "triple-p")
GRADE, MOST_WORDS = 7.0, 700


def own_words(thing) -> str:
    """The text of plain data, with ``it`` for what a table says and ``ten`` for a figure."""
    if isinstance(thing, tuple) and thing and all(isinstance(part, Words | Number | Quoted | Link) for part in thing):
        return "".join(_word(part) for part in thing) + " "
    if isinstance(thing, tuple | list):
        return "\n".join(own_words(item) for item in thing)
    kinds = ("axes", "items", "question", "sentence", "support", "legend", "text", "caption")
    return "\n".join(own_words(getattr(thing, name)) for name in kinds if hasattr(thing, name) and not isinstance(getattr(thing, name), str))


def _word(part) -> str:
    if isinstance(part, Number):
        return "ten"
    if isinstance(part, Quoted):
        return "it"
    return "".join(_word(inner) for inner in part.parts) if isinstance(part, Link) else part.text


def grade(text: str) -> float:
    try:
        import pyphen
    except ImportError:
        missing("pyphen")
    breaks = pyphen.Pyphen(lang="en_GB")
    sentences = [sentence for line in text.splitlines() for sentence in re.split(r"(?<=[.!?])\s+", line) if len(re.findall(r"[A-Za-z']+", sentence)) > 1]
    words = [word for sentence in sentences for word in re.findall(r"[A-Za-z']+", sentence)]
    syllables = sum(max(len(breaks.positions(word)) + 1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


@pytest.fixture(scope="module")
def answers(evidence):
    found = {}
    for name in PROGRAMMES:
        made = analyse(evidence, name)
        briefing = build(evidence, name, made.area["gss_code"], made.headlines, made.appraisal, made.parameters)
        found[name] = briefing.sections[1].blocks
    return found


def test_the_measure_tells_hard_from_easy():
    assert grade("The cat sat on the mat. It was fat.") < 2
    assert grade("Considerable heterogeneity notwithstanding, methodological limitations necessitate interpretative circumspection.") > 20


@pytest.mark.parametrize("name", PROGRAMMES)
def test_the_short_answer_is_read_at_about_twelve(name, answers):
    assert grade("\n".join(own_words(block) for block in answers[name])) <= GRADE


@pytest.mark.parametrize("name", PROGRAMMES)
def test_the_short_answer_is_short(name, answers):
    from workbench.briefing.text import plain

    def words(thing) -> int:
        if isinstance(thing, tuple) and thing and all(isinstance(part, Words | Number | Quoted | Link) for part in thing):
            return len(plain(thing).split())
        if isinstance(thing, tuple | list):
            return sum(words(item) for item in thing)
        kinds = ("axes", "items", "question", "sentence", "support", "legend", "text", "caption")
        return sum(words(getattr(thing, kind)) for kind in kinds if hasattr(thing, kind) and not isinstance(getattr(thing, kind), str))

    assert 150 < sum(words(block) for block in answers[name]) < MOST_WORDS


@pytest.mark.parametrize("name", PROGRAMMES)
def test_the_short_answer_ends_with_what_a_decision_turns_on(name, answers):
    from workbench.briefing.text import plain

    last = plain(answers[name][-1].text)
    assert last.startswith("What a decision turns on.")
    if name in ("fdac", "fnp"):
        found = r"at least [\d.,]+ (more|fewer) would .* The evidence says −?\d+ \(−?\d+ to \d+\) (more|fewer).* The chance that it pays is (<1|\d+|>99)%"
        assert re.search(found, last), last
    if name == "pup":
        assert "needs at least" in last and "No study on file counted these" in last and "Children's safety was not measured" in last
    if name == "triple-p":
        assert "One more point costs about £" in last


def test_families_are_not_spoken_of_as_cases(root):
    text = (root / "templates" / "sentences.toml").read_text(encoding="utf-8").lower()
    for word in ("dysfunctional", "problem famil", "bad parent", "failing parent", "chaotic", "hard to reach", "non-compliant", "troubled famil", "the vulnerable"):
        assert word not in text
