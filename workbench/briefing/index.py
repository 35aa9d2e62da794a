"""The index page: every briefing of a folder with its short answer, read back from the files themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from workbench.briefing.findings import Finding
from workbench.briefing.reading import FINDINGS_ID, carried, packed
from workbench.briefing.render import render_template, restored
from workbench.briefing.sentences import load_phrases
from workbench.briefing.text import Number, Text, link
from workbench.errors import RunError, UsageError

PAGE = "index.html.jinja"
INTERACTIVE = ".interactive.html"  # how the name of a page with the panel ends


@dataclass(frozen=True)
class Entry:
    """One briefing as the index lists it.

    Attributes
    ----------
    programme_id, programme, place, date : str
    href, interactive : str
        Addresses relative to the index, of the plain page and of the one with the panel; empty where that is not there.
    answer : tuple of (Text, Text)
        Question and sentence of each axis of the short answer.
    """

    programme_id: str
    programme: str
    place: str
    date: str
    href: str
    answer: tuple[tuple[Text, Text], ...]
    interactive: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that its short answer prints."""
        return tuple(part.finding for _, sentence in self.answer for part in sentence if isinstance(part, Number))


def read_entry(path: Path | str) -> Entry:
    """Read a briefing's entry from its file.

    Raises
    ------
    RunError
        If the file cannot be read or is no briefing.
    """
    path = Path(path)
    beside = path.with_suffix(INTERACTIVE)
    try:
        return replace(entry_of(path.read_text(encoding="utf-8"), quote(path.name)), interactive=quote(beside.name) if beside.is_file() else "")
    except (OSError, UnicodeDecodeError, UsageError) as error:
        raise RunError(f"{path}: {error}; remove it or build it again") from None


def entry_of(html: str, href: str) -> Entry:
    """Read a briefing's entry from its HTML."""
    page = carried(html)
    about = page.about
    answer = tuple((restored(question, page.findings), restored(sentence, page.findings)) for _, question, sentence in about["answer"])
    return Entry(about["programme_id"], about["programme"], about["place"], about["date"], href, answer)


def render_index(entries: Sequence[Entry], template_dir: Path | str, map: str = "", compare: str = "") -> str:
    """Return the index page over briefings, by programme and then by place.

    Parameters
    ----------
    entries : sequence of Entry
    template_dir : path
        Folder with ``index.html.jinja``.
    map, compare : str
        Addresses of the evidence map and the compare page; empty where there is none.
    """
    ordered = sorted(entries, key=lambda item: (item.programme.casefold(), item.place.casefold(), item.href))
    findings = tuple(dict.fromkeys(found for entry in ordered for found in entry.findings))
    payload = packed({"briefings": [entry.href for entry in ordered]}, findings)
    phrases = load_phrases(template_dir)
    beside = [phrases(f"index.{name}_intro", page=link(phrases(f"index.{name}"), address)) for name, address in (("map", map), ("compare", compare)) if address]
    return render_template(PAGE, template_dir, findings=findings, entries=ordered, beside=beside, phrases=phrases, payload=payload, findings_id=FINDINGS_ID)
