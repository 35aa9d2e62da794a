"""From a `Briefing` to one self-contained HTML file, by the package's own Jinja environment.

Autoescape is on and an undefined name is an error. The style sheet stands in the page and its hash in the page's content
policy, so that nothing else is styled and nothing at all is fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.briefing.build import Briefing, build
from workbench.briefing.findings import Finding
from workbench.briefing.marking import css_text, has_label, heading_class, heading_classes, homes, is_plain, label_rules, led, runs_left, sole
from workbench.briefing.panel import Panel, load_offer, make_panel
from workbench.briefing.reading import FINDINGS_ID, numbered, packed, rows_named, said
from workbench.briefing.text import Link, Number, Text, plain
from workbench.errors import UsageError

if TYPE_CHECKING:
    import jinja2

PAGE, STYLE = "briefing.html.jinja", "briefing.css"
_BLANK = re.compile(r"\n+(?=\n|</?(?:tr|td|th|thead|tbody|li)\b)")  # line ends that mean nothing, thousands of them
_TAG = re.compile(r"<[a-z][^<>]*>")
_ENDS = re.compile(r"</(?:td|th|tr|thead|tbody|li)>")
_QUOTED = re.compile(r"""="([^\s"'=<>`]*[^\s"'=<>`/])"(/?)""")
_SIGN = re.compile(r"""("[^"]*"|'[^']*')|\s*([{};])\s*|([:,])\s+""")
PANEL_STYLE, PANEL_SCRIPT = "panel.css", "panel.js"


@dataclass(frozen=True)
class Page:
    """A finished page; a notebook shows it as its one HTML output."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Page of {len(self.html.encode()) // 1024} KB>"


def write(analysis: Any, interactive: bool = False) -> Page:
    """Build and render the briefing of an analysis with the templates of its workspace.

    Parameters
    ----------
    analysis : Analysis
        With ``evidence``, ``programme``, ``area``, ``headlines``, ``appraisal`` and ``parameters``.
    interactive : bool
        With the panel in which a reader tries numbers of her own; it takes a script, which the plain page does without.
    """
    templates = analysis.evidence.root / "templates"
    if "_briefing" not in vars(analysis):  # both pages show the one briefing
        vars(analysis)["_briefing"] = _built(analysis, templates)
    made = vars(analysis)["_briefing"]
    plain_file, interactive_file = analysis.files
    if not interactive:
        return Page(render(made, templates, other=interactive_file))
    offer = load_offer(templates)
    panel = make_panel(analysis, made, analysis.choices(offer.stops, offer.years), offer)
    return Page(render(made, templates, panel, other=plain_file))


def _built(analysis: Any, templates: Path) -> Briefing:
    return build(analysis.evidence, analysis.programme, analysis.area["gss_code"], analysis.headlines, analysis.appraisal, analysis.parameters, templates,
                 local=getattr(analysis, "local", None), decision=getattr(analysis, "decision", None))  # fmt: skip


def render(briefing: Briefing, template_dir: Path | str, panel: Panel | None = None, other: str = "") -> str:
    """Return a briefing as one HTML document.

    Parameters
    ----------
    briefing : Briefing
    template_dir : path
        Folder with ``briefing.html.jinja``, its parts and ``briefing.css``.
    panel : Panel, optional
        *Your numbers*; without it the page holds no script.
    other : str
        Address of the page's other version: with the panel, or without.

    Raises
    ------
    UsageError
        If a template is missing, is broken, or asks for something that does not exist.
    """
    payload = packed(_about(briefing), briefing.findings, briefing.sources, _unlisted(briefing))
    return render_template(
        PAGE, template_dir, findings=briefing.findings, origins=briefing.origins, rules=page_rules(briefing), classes=heading_classes(briefing.sections), cited=works_listed(briefing), briefing=briefing, phrases=briefing.phrases, payload=payload,
        findings_id=FINDINGS_ID, panel=panel, other=other, styles=(PANEL_STYLE,) if panel else (), script=PANEL_SCRIPT if panel else "",
    )  # fmt: skip


def works_listed(briefing: Briefing) -> frozenset[str]:
    """Return the anchors of the works in the list of references."""
    return frozenset(anchor for section in briefing.sections for block in section.blocks if block.kind == "references" for anchor, _ in block.items)


def _unlisted(briefing: Briefing) -> dict[str, str]:
    """Return the works cited that the list of references does not tell word for word: the others are read from there."""
    listed = dict(item for section in briefing.sections for block in section.blocks if block.kind == "references" for item in block.items)
    return {key: words for key, words in briefing.citations.items() if plain(listed.get(f"ref-{key}", ())) != words}


def page_rules(briefing: Briefing) -> str:
    """Return the style rules of this one page: headings repeated on small screens, and the running foot of printed pages."""
    words = briefing.phrases("page.running", title=briefing.title, date=briefing.date)
    foot = f"@page {{ @bottom-left {{ content: {css_text(plain(words))} }} }}\n"
    return label_rules(briefing.sections) + foot


def render_template(
    name: str, template_dir: Path | str, *, findings: Sequence[Finding] = (), styles: Sequence[str] = (), rules: str = "", script: str = "", origins: Any = None,
    classes: Any = None, **names: Any,
) -> str:
    """Render one template of a folder with the page's style sheets and rules, its script if it has one, and its policy.

    Parameters
    ----------
    name : str
        Of the template.
    template_dir : path
    findings : sequence of Finding
        Those that the page carries, in their order.
    styles : sequence of str
        Style sheets of the folder beside the common one.
    rules : str
        Style rules of this one page.
    script : str
        The script's file, if it has one.
    origins : Origins, optional
        Where each figure comes from; without it figures lead nowhere.
    classes : mapping, optional
        Class of each set of columns for which `rules` hold.
    **names
        What the template asks for.
    """
    import jinja2
    from markupsafe import Markup

    folder = Path(template_dir)
    # quotes need no escape in element content; leaving them alone keeps the page a quarter smaller
    names["payload"] = Markup(names["payload"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    try:
        style = slim("".join((folder / sheet).read_text(encoding="utf-8") for sheet in (STYLE, *styles)) + rules)
        code = (folder / script).read_text(encoding="utf-8") if script else ""
        page = environment(folder, findings, origins, classes).get_template(name).render(style=Markup(style), script=Markup(code), policy=Markup(policy(style, code)), **names)
        return tight(page)
    except jinja2.TemplateError as error:
        raise UsageError(f"{folder / name}: {type(error).__name__}: {error.message}") from error
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read ({error.strerror})") from error


def tight(page: str) -> str:
    """Return a page without what HTML lets its writer leave out: line ends between elements, quotes, ends of cells, rows and items.

    Style and script stay as their digests have them.
    """
    head, sheet, rest = page.partition("</style>")
    body, script, end = rest.partition("<script")
    return f"{head}{sheet}{_TAG.sub(_unquoted, _ENDS.sub('', _BLANK.sub('', body)))}{script}{end}"


def _unquoted(tag: re.Match[str]) -> str:
    """Write the attributes of a tag without quotes where HTML needs none; a stroke that closes the tag is kept apart from the last one."""
    return _QUOTED.sub(lambda found: f"={found[1]}{' ' if found[2] else ''}{found[2]}", tag[0])


def slim(style: str) -> str:
    """Return a style sheet without comments, and without the blanks beside signs that mean nothing; strings stay as they are."""
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return _SIGN.sub(lambda found: found[1] or found[2] or found[3], bare).replace(";}", "}").strip()


def environment(folder: Path, findings: Sequence[Finding] = (), origins: Any = None, classes: Any = None) -> jinja2.Environment:
    """Return the environment of a folder of templates: autoescape on, undefined names refused; the rest as for `render_template`."""
    import jinja2

    from workbench.briefing.figures import draw

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers, rows = numbered(item.id for item in findings), numbered(rows_named(findings))
    addresses, known = (origins.addresses, origins.homes) if origins is not None else ({}, {})
    made.globals |= {
        "draw": draw, "led": lambda parts: led(parts, addresses), "homes": lambda *things: homes(things, known), "is_plain": is_plain,
        "runs_left": runs_left, "has_label": has_label, "plain": plain, "sole": sole, "short": lambda *found: said([numbers[item.id] for item in found]), "short_row": rows.__getitem__, "heading_class": lambda table: heading_class(table, classes or {}), "anchors": origins.anchors if origins is not None else {}, "from_words": origins.words if origins is not None else "",
    }  # fmt: skip
    return made


def policy(style: str, script: str = "") -> str:
    """Return the content policy of a page: no request, this one style sheet, and this one script or none.

    Parameters
    ----------
    style, script : str
        The exact text between the elements' tags.
    """
    allowed = f"script-src {_digest(script)}; " if script else ""
    return f"default-src 'none'; {allowed}style-src {_digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _about(briefing: Briefing) -> dict[str, Any]:
    """What an index needs to know of a briefing."""
    return {
        "programme_id": briefing.programme_id,
        "programme": briefing.programme,
        "area": briefing.place.code,
        "place": briefing.place.name,
        "edition": briefing.edition.isoformat() if briefing.edition else "",
        "date": briefing.date,
        "lead": briefing.lead,
        "answer": [[axis.id, portable(axis.question), portable(axis.sentence)] for axis in briefing.axes],
    }


def portable(parts: Text) -> list[list[Any]]:
    """Write running text as JSON can hold it; a link becomes the words that it links."""
    found: list[list[Any]] = []
    for part in parts:
        if isinstance(part, Number):
            found.append(["number", part.finding.id])
        elif isinstance(part, Link):
            found += portable(part.parts)
        elif part.kind == "quoted":
            found.append(["quoted", part.text, part.source])
        else:
            found.append(["words", part.text, part.strong])
    return found


def restored(parts: Sequence[Sequence[Any]], findings: dict[str, Any]) -> Text:
    """Turn text written by `portable` back into parts."""
    from workbench.briefing.text import Quoted, Words

    makers = {"number": lambda name: Number(findings[name]), "quoted": Quoted, "words": Words}
    return tuple(makers[kind](*values) for kind, *values in parts)
