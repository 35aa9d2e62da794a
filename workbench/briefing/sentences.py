"""Sentences: every phrase of a briefing comes from ``templates/sentences.toml`` and is filled with findings.

A phrase holds words and named places, never a numeral: numbers arrive as findings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from workbench.briefing.findings import Finding, IntervalFindings
from workbench.briefing.text import Text, text
from workbench.errors import UsageError, nearest

FILE = "sentences.toml"


@dataclass(frozen=True)
class Phrases:
    """The phrases of a folder of templates.

    Attributes
    ----------
    table : Mapping[str, str]
        Dotted name of each phrase and its words.
    file : str
        Where they come from, for messages.
    """

    table: Mapping[str, str]
    file: str = FILE

    def words(self, name: str) -> str:
        """Return a phrase that has no places to fill.

        Raises
        ------
        UsageError
            If there is no such phrase.
        """
        try:
            return self.table[name]
        except KeyError:
            raise UsageError(f"{self.file}: there is no phrase {name!r}; {nearest(name, self.table)}".rstrip("; ")) from None

    def __contains__(self, name: str) -> bool:
        return name in self.table

    def __call__(self, name: str, /, **filling: Any) -> Text:
        """Fill the places of a phrase with findings, words or texts.

        Raises
        ------
        UsageError
            If the phrase does not exist or names a place that is not filled.
        """
        parts: list[object] = []
        for before, place, _, _ in Formatter().parse(self.words(name)):
            parts.append(before)
            if place is not None:
                if place not in filling:
                    raise UsageError(f"{self.file}: phrase {name!r} names {{{place}}}; it may name {', '.join(sorted(filling)) or 'nothing'}")
                parts.append(filling[place])
        return text(*parts)

    def counted(self, name: str, number: Finding, /, **filling: Any) -> Text:
        """Fill the singular or plural form (``name.one`` or ``name.other``) by the number's value."""
        return self(f"{name}.{'one' if number.value == 1 else 'other'}", n=number, **filling)

    def interval(self, found: IntervalFindings) -> Text:
        """Write a median with its limits, e.g. ``34 (25 to 44)``."""
        return self("number.interval", median=found.median, low=found.low, high=found.high)


def load_phrases(folder: Path | str) -> Phrases:
    """Read ``sentences.toml`` of a folder of templates.

    Raises
    ------
    UsageError
        If the file is missing, is not TOML, or a phrase holds a numeral.
    """
    path = Path(folder) / FILE
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); a folder of templates must hold it") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    table = dict(_flat(tree))
    for name, words in table.items():
        if re.search(r"\d", words):
            raise UsageError(f"{path}: phrase {name!r} holds a numeral ({words!r}); numbers must come from findings")
    return Phrases(table, path.name)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, str(value)
