"""What the methods section says of the assumptions, on an invented programme."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.briefing import build
from workbench.briefing.text import plain
from workbench.runs.analysis import analyse


def test_the_methods_say_what_an_answer_owes_to_its_assumptions(furnished):
    found = analyse(wb.load(furnished.root), "oak")
    made = build(found.evidence, "oak", found.area["gss_code"], found.headlines, found.appraisal, found.parameters)
    headline = next(item for item in found.headlines if item.construct["construct"] == made.lead)
    owed = headline.fit.prior_weight
    for name, value in owed._asdict().items():
        assert made.finding(next(item.id for item in made.findings if item.id.endswith(f"{made.lead}/prior_weight/{name}"))).value == pytest.approx(value)
    bullets = next(block for block in made.sections[-1].blocks if block.kind == "bullets")
    said = plain(bullets.items[0])
    assert re.search(r"overlap by \d+% for the average effect and by \d+% for the spread between places; \d+% of the weight", said)
