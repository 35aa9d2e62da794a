"""Citations as BibTeX and RIS: of the briefing itself, and of every work that it cites."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.briefing.exports.contents import Contents
from workbench.briefing.sentences import Phrases
from workbench.evidence.bibliography import OTHERS

_RIS = {"article": "JOUR", "book": "BOOK", "incollection": "CHAP", "inproceedings": "CPAPER", "phdthesis": "THES", "techreport": "RPRT"}
_OTHER = "GEN"


def own_bibtex(found: Contents, phrases: Phrases) -> str:
    """Return the briefing's own citation as BibTeX."""
    about = found.carried.about
    when = _date(about)
    fields = {
        "title": found.title, "institution": phrases.words("export.institution"), "type": phrases.words("page.kind"),
        "year": f"{when.year}" if when else "", "month": f"{when.month}" if when else "", "note": phrases.words("export.edition").format(date=about.get("date", "")),
    }  # fmt: skip
    body = ",\n".join(f"  {name} = {{{{{_braces(value)}}}}}" for name, value in fields.items() if value)
    return f"@techreport{{{_key(about)},\n{body}\n}}\n"


def own_ris(found: Contents, phrases: Phrases) -> str:
    """Return the briefing's own citation as RIS."""
    about = found.carried.about
    when = _date(about)
    lines = [("TY", "RPRT"), ("TI", found.title), ("PB", phrases.words("export.institution")), ("M3", phrases.words("page.kind"))]
    lines += [("PY", f"{when.year}"), ("DA", f"{when:%Y/%m/%d}")] if when else []
    return _record([*lines, ("N1", phrases.words("export.edition").format(date=about.get("date", "")))])


def cited(found: Contents, references: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the references that the page cites, by key."""
    texts = {text for source in found.carried.sources.values() for text in source.get("cite", ())}
    return tuple(references[key] for key in sorted(references) if references[key].text in texts)


def works_bibtex(bibliography: Path, keys: Iterable[str]) -> str:
    """Return the named entries of a bibliography as it writes them."""
    import bibtexparser

    wanted = set(keys)
    library = bibtexparser.parse_string(bibliography.read_text(encoding="utf-8"))
    return "\n".join(entry.raw.strip() + "\n" for entry in library.entries if entry.key in wanted)


def works_ris(references: Iterable[Any]) -> str:
    """Return references as RIS."""
    return "\n".join(_record(_fields(reference)) for reference in references)


def _fields(reference: Any) -> list[tuple[str, str]]:
    lines = [("TY", _RIS.get(reference.kind, _OTHER)), ("ID", reference.key)]
    lines += [("AU", name) for name in reference.authors if name != OTHERS]
    container = "JO" if reference.kind == "article" else "PB"
    lines += [("TI", reference.title), ("PY", _year(reference.year)), (container, reference.container), ("DO", reference.doi), ("UR", reference.url), ("N1", reference.details)]
    return [(tag, text) for tag, text in lines if text]


def _record(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{tag}  - {' '.join(text.split())}\n" for tag, text in lines) + "ER  - \n"


def _year(text: str) -> str:
    found = re.match(r"\d{4}", text)
    return found[0] if found else ""


def _date(about: Mapping[str, Any]) -> datetime.date | None:
    return datetime.date.fromisoformat(about["edition"]) if about.get("edition") else None


def _key(about: Mapping[str, Any]) -> str:
    parts = (about.get("programme_id", ""), about.get("place", ""), about.get("edition", ""))
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def _braces(text: str) -> str:
    return text.replace("{", "(").replace("}", ")").replace("\\", "/")
