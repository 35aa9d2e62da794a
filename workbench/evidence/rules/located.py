"""Double entry of printed figures: where a locator quotes the figure to look for, it must be the row's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.evidence.rules.registry import Breach, Context, rule, shown
from workbench.evidence.tables import Row

_NUMBER = r"([\d,]*\.?\d+)( million| billion| per cent)?"
_FIGURE = re.compile(rf"the figure {_NUMBER}$")
_RANGE = re.compile(rf"the range {_NUMBER} to {_NUMBER}$")
_SCALE = {" million": 1e6, " billion": 1e9, " per cent": 0.01}


@rule("figure-and-locator", "programme_costs unit_costs published_results parameters", "value low high locator",
      "the figure must be the one that its locator says to look for", "check the figure against the source, then correct the cell or the locator", partial=True)
def figure_and_locator(row: Row, context: Context) -> Iterator[Breach]:
    text = row["locator"] or ""
    single, double = _FIGURE.search(text), _RANGE.search(text)
    pairs = (("value", single[1], single[2]),) if single else (("low", double[1], double[2]), ("high", double[3], double[4])) if double else ()
    for column, digits, scale in pairs:
        quoted = float(digits.replace(",", "")) * _SCALE.get(scale, 1.0)
        # A loss is printed in brackets, so that its sign is not part of what is quoted.
        if row[column] is not None and abs(abs(row[column]) - quoted) > 1e-9 * max(quoted, 1.0):
            yield Breach(column, f"must be {shown(quoted)}, the figure that the locator says to look for")


RULES = (figure_and_locator,)
