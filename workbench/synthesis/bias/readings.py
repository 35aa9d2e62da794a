"""What the small-study and publication-bias results have in common: their words, their limits, and how they print themselves."""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any


@lru_cache(maxsize=4)
def table(name: str) -> dict[str, Any]:
    """The TOML table beside this module that has this name."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def limit(name: str) -> Any:
    """One of the thresholds in ``biastests.toml``."""
    return table("biastests")["limits"][name]


def sentence(group: str, key: str, **places: Any) -> str:
    """One sentence of ``readings.toml`` with its places filled."""
    return table("readings")[group][key].format(**places)


def number(value: float, digits: int = 3) -> str:
    """A figure with a fixed number of decimals, and never a negative zero."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def small(p: float) -> str:
    """A probability as people print it, with its sign: ``= 0.012``, or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def factor(value: float) -> str:
    """A Bayes factor or ratio to three figures, without an exponent where it can be read."""
    return f"{value:.3g}" if 1e-4 <= value < 1e5 else f"{value:.1e}"


class Printed(ABC):
    """Mixin: one line in a terminal, a table with its reading in a notebook.

    A result gives `_title` and `_parts` (name to text), and `reading`, one sentence.
    """

    @abstractmethod
    def _title(self) -> str: ...

    @abstractmethod
    def _parts(self) -> dict[str, str]: ...

    @property
    @abstractmethod
    def reading(self) -> str:
        """One sentence on what the result says."""

    def __repr__(self) -> str:
        body = "; ".join(f"{name} {text}" for name, text in self._parts().items())
        return f"{self._title()}: {body}" if body else self._title()

    def _repr_html_(self) -> str:
        rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in self._parts().items())
        return f"<table><caption>{escape(self._title())}</caption><tbody>{rows}</tbody></table><p>{escape(self.reading)}</p>"


@dataclass(frozen=True, repr=False)
class NotTested(Printed):
    """A test that was not made, and why.

    Attributes
    ----------
    test : str
    reason : str
        One sentence.
    k : int
        Number of effects that could have been used.
    """

    test: str
    reason: str
    k: int

    @property
    def reading(self) -> str:
        """The reason."""
        return self.reason

    def _title(self) -> str:
        return f"{self.test}, k={self.k}"

    def _parts(self) -> dict[str, str]:
        return {"not tested": self.reason}
