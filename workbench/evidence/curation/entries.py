"""Bibliography entries made by the import: authors, keys, and BibTeX that reads back as what went in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from workbench.evidence.bibliography import OTHERS
from workbench.evidence.curation.mapping import knowledge

_ORDER = ("author", "title", "journal", "booktitle", "institution", "school", "publisher", "volume", "number", "pages", "year", "doi", "url")
_CONTAINER = {"article": "journal", "incollection": "booktitle", "inproceedings": "booktitle", "techreport": "institution", "phdthesis": "school", "book": "publisher"}
_DOI_ADDRESS = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_LABEL = re.compile(r"(?P<who>.*?\w.*?)[\s,]*[\s,(]\(?(?P<year>(?:1[89]|20)\d\d)[a-z]?\)?$")
_ET_AL = re.compile(r"[\s,]+et\.?\s+al\.?$", re.IGNORECASE)
_SURNAME_INITIALS = re.compile(r"[^\W\d_][\w'\u2019 -]*\s+(?:[A-Z]\.?[ -]?){1,4}")


def authors(text: str, form: str) -> str:
    """Return authors as BibTeX writes them, ``Family, Given and {A Body}``.

    Parameters
    ----------
    text : str
        As the file has them.
    form : str
        Format of the file: BibTeX stays as it is; in RIS a name without a comma is a body.
    """
    if form == "bibtex" or not text:
        return text
    text = _unbraced(text)
    others = bool(_ET_AL.search(text))
    text = _ET_AL.sub("", text)
    if ";" in text:
        names = text.split(";")
    elif re.search(r"\s(and|&)\s", text) and form != "ris":
        names = [part for each in re.split(r",?\s+(?:and|&)\s+", text) for part in _by_commas(each)]
    else:
        names = _by_commas(text) if form != "ris" else [text]
    written = [_name(" ".join(name.split()), form) for name in names if name.strip(" ,.")]
    return " and ".join([*written, *([OTHERS] if others else [])])


def _by_commas(text: str) -> list[str]:
    """Split ``Ash A, Birch BC`` at its commas, but not ``Ash, Ada``."""
    parts = [part.strip() for part in text.split(",")]
    return parts if all(_SURNAME_INITIALS.fullmatch(part) for part in parts) else [text]


def _name(name: str, form: str) -> str:
    if "," in name:
        return name
    if _SURNAME_INITIALS.fullmatch(name) and form != "ris":
        family, _, given = name.partition(" ") if name.count(" ") == 1 else name.rpartition(" ")
        return f"{family}, {given}"
    # One word is a family name; several without a comma are a body, and braces keep it whole.
    return "{" + name + "}" if " " in name else name


def split_label(label: str) -> tuple[str, str]:
    """Return author and year of a study's label such as ``Ash et al. (2010)``; empty where it has none."""
    found = _LABEL.fullmatch(label.strip())
    return (found["who"].strip(" ,("), found["year"]) if found else ("", "")


def year(text: str) -> str:
    """Return the year in a date, e.g. 2010 of ``2010/03/01``; the text as it is if it holds none."""
    found = _YEAR.search(text)
    return found[0] if found else text


def doi(text: str) -> str:
    """Return a DOI without address, trailing stop or blanks, in lower case (DOIs do not distinguish case)."""
    return _DOI_ADDRESS.sub("", text.strip()).rstrip(".,; ").casefold()


def same_title(text: str) -> str:
    """Return what two spellings of one title share."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text).casefold())


def base_key(author: str, when: str) -> str:
    """Return the author-year key of a reference, e.g. ``harwin2014``; letters of other alphabets lose their accents."""
    first = author.split(" and ")[0].strip()
    family = first.strip("{}") if first.startswith("{") else first.partition(",")[0]
    plain = unicodedata.normalize("NFKD", family.replace("\u00df", "ss").replace("\u00f8", "o").replace("\u00d8", "O").replace("\u0142", "l"))
    letters = re.sub(r"[^a-z0-9]", "", re.sub(r"\{|\}|\\\W", "", plain).encode("ascii", "ignore").decode().lower())
    return f"{letters or 'anonymous'}{when if re.fullmatch(r'[0-9]{4}', when) else ''}"


def keys(bases: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """Assign keys, with letters where several share author and year.

    Parameters
    ----------
    bases : mapping of str to str
        Identity of each new reference (anything that does not depend on its place in the file) to its author-year key.
    taken : collection of str
        Keys that exist and are never changed.

    Returns
    -------
    dict of str to str
        Identity to key: the same for any order of the file.
    """
    known, found = set(taken), {}
    for base in sorted(set(bases.values())):
        members = sorted(identity for identity, each in bases.items() if each == base)
        # A key without a letter counts as the first of its kind, if it is on file.
        letters = iter([*"abcdefghijklmnopqrstuvwxyz", *(f"z{number}" for number in range(1, len(members) + 1))])
        if base in known:
            next(letters)
        elif len(members) == 1 and f"{base}a" not in known:
            letters = iter([""])
        for member in members:
            key = next(f"{base}{letter}" for letter in letters if f"{base}{letter}" not in known)
            known.add(key)
            found[member] = key
    return found


def bibtex(key: str, fields: Mapping[str, str]) -> str:
    """Return one entry; ``fields`` are those of an import (kind, author, title, container, ...)."""
    known = knowledge()["kinds"]
    # A table says what a work appeared in, but not of what kind it is.
    unstated = "article" if "kind" not in fields and fields.get("container") else "misc"
    kind = next((ours for ours, theirs in known.items() if fields.get("kind", "") in theirs), unstated)
    written = dict(fields) | {_CONTAINER.get(kind, "howpublished"): fields.get("container", "")}
    if fields.get("first_page"):
        written.setdefault("pages", "-".join(dict.fromkeys(part for part in (fields["first_page"], fields.get("last_page")) if part)))
    order = (*_ORDER, "howpublished")
    body = ",\n".join(f"  {name} = {{{value}}}" for name in order if (value := _plain(name, written.get(name, ""))))
    return f"@{kind}{{{key},\n{body}\n}}\n"


def _plain(name: str, text: str) -> str:
    text = " ".join(text.split())
    return text if name == "author" else _unbraced(text)


def _unbraced(text: str) -> str:
    """Take out what BibTeX would read as its own: braces become brackets, a backslash a slash."""
    return text.replace("{", "(").replace("}", ")").replace("\\", "/")


def insert(bibliography: str, entries: Iterable[tuple[str, str]]) -> str:
    """Return a bibliography with entries put in before the first key that follows theirs, or at the end; nothing else moves."""
    for key, entry in sorted(entries):
        later = next((found for found in re.finditer(r"^@\w+\s*\{\s*([^,\s}]+)", bibliography, re.MULTILINE)
                      if found[1] > key and found[0][1:7].lower() not in ("string", "preamb", "commen")), None)
        if later is None:
            bibliography = bibliography.rstrip("\n") + "\n\n" * bool(bibliography.strip()) + entry
        else:
            bibliography = bibliography[: later.start()] + entry + "\n" + bibliography[later.start():]
    return bibliography
