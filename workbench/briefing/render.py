"""From a `Briefing` to one self-contained HTML file, by the package's own Jinja environment.

Autoescape is on and an undefined name is an error. The style sheet stands in the page and its hash in the page's content
policy, so that nothing else is styled and nothing at all is fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.briefing.build import Briefing, build
from workbench.briefing.reading import FINDINGS_ID, packed
from workbench.briefing.text import Link, Number, Text
from workbench.errors import UsageError

if TYPE_CHECKING:
    import jinja2

PAGE, STYLE = "briefing.html.jinja", "briefing.css"


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


def write(analysis: Any) -> Page:
    """Build and render the briefing of an analysis with the templates of its workspace.

    Parameters
    ----------
    analysis : Analysis
        With ``evidence``, ``programme``, ``area``, ``headlines``, ``appraisal`` and ``parameters``.
    """
    templates = analysis.evidence.root / "templates"
    made = build(analysis.evidence, analysis.programme, analysis.area["gss_code"], analysis.headlines, analysis.appraisal, analysis.parameters, templates)
    return Page(render(made, templates))


def render(briefing: Briefing, template_dir: Path | str) -> str:
    """Return a briefing as one HTML document.

    Parameters
    ----------
    briefing : Briefing
    template_dir : path
        Folder with ``briefing.html.jinja``, its parts and ``briefing.css``.

    Raises
    ------
    UsageError
        If a template is missing, is broken, or asks for something that does not exist.
    """
    payload = packed(_about(briefing), briefing.findings, briefing.sources, briefing.citations)
    return render_template(PAGE, template_dir, briefing=briefing, phrases=briefing.phrases, payload=payload, findings_id=FINDINGS_ID)


def render_template(name: str, template_dir: Path | str, *, styles: Sequence[str] = (), script: str = "", **names: Any) -> str:
    """Render one template of a folder with the page's style sheets, its script if it has one, and its policy."""
    import jinja2
    from markupsafe import Markup

    folder = Path(template_dir)
    # quotes need no escape in element content; leaving them alone keeps the page a quarter smaller
    names["payload"] = Markup(names["payload"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    try:
        style = "".join((folder / sheet).read_text(encoding="utf-8") for sheet in (STYLE, *styles))
        code = (folder / script).read_text(encoding="utf-8") if script else ""
        return environment(folder).get_template(name).render(style=Markup(style), script=Markup(code), policy=Markup(policy(style, code)), **names)
    except jinja2.TemplateError as error:
        raise UsageError(f"{folder / name}: {type(error).__name__}: {error.message}") from error
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read ({error.strerror})") from error


def environment(folder: Path) -> jinja2.Environment:
    """Return the environment of a folder of templates: autoescape on, undefined names refused."""
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
    made.globals["draw"] = draw
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
