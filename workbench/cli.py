"""The ``workbench`` command: thin, and quick to say what is wrong.

Exit codes: 0 done, 1 a problem with the evidence or the analysis, 2 wrong usage.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.errors import WorkbenchError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Evidence tables in, briefings on what works out.",
)  # fmt: skip
Workspace = Annotated[Path, typer.Option("--workspace", "-w", help="A folder in the workspace.", show_default=False)]
HERE = Path(".")


class Listing(StrEnum):
    """What ``workbench list`` can list."""

    programmes = "programmes"
    outcomes = "outcomes"
    areas = "areas"
    parameters = "parameters"


@app.command()
def validate(
    fix: Annotated[bool, typer.Option("--fix", help="First bring the tables to their canonical form; no value changes its meaning.")] = False,
    workspace: Workspace = HERE,
) -> None:
    """Check every table and the bibliography; print every problem with file, line, column, value, rule and way out.

    Example: workbench validate
    """
    from workbench.evidence import check

    if fix:
        from workbench.evidence.curation import fix as rewrite

        changes = rewrite(workspace)
        for change in changes:
            typer.echo(str(change))
        typer.echo(f"{len(changes)} file{'' if len(changes) == 1 else 's'} rewritten." if changes else "Nothing to rewrite.")
    problems = check(workspace)
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} problem{'' if len(problems) == 1 else 's'} found." if problems else "No problem found.", err=bool(problems))
    raise typer.Exit(1 if problems else 0)


@app.command("list")
def list_(what: Annotated[Listing, typer.Argument(help="What to list.")], workspace: Workspace = HERE) -> None:
    """List programmes, outcomes, areas or parameters.

    Example: workbench list programmes
    """
    from workbench.runs import listing

    typer.echo(listing.text(what.value, workspace))


@app.command()
def brief(
    programmes: Annotated[list[str] | None, typer.Argument(metavar="[PROGRAMME]...", help="Programme ids; all that are marked for a briefing if none is given.")] = None,
    area: Annotated[str | None, typer.Option("--area", help="Name or GSS code of an area; the whole country unless given.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter; see: workbench list parameters.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write into; briefings/ in the workspace unless given.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Build even what has not changed.")] = False,
    exports: Annotated[bool, typer.Option("--exports/--no-exports", help="Write tables, figures, a PDF and citations beside each briefing.")] = True,
    workspace: Workspace = HERE,
) -> None:
    """Build briefings as single HTML files, their exports, and their index page.

    Example: workbench brief fnp --area Leeds -p families=200 -p baseline_risk.care-entry=0.05
    """
    from workbench.runs.build import brief as build
    from workbench.runs.parameters import parse

    result = build(tuple(programmes or ()), area, parse(parameter or ()), output, workspace, force, _Progress(), exports)
    for item in result.briefings:
        typer.echo(f"  {item.state:<9} {_shown(item.path)}" + (f"\n            {item.message}" if item.message else ""), err=item.state == "failed")
    built = sum(item.state != "failed" for item in result.briefings)
    where = f" Index page: {_shown(result.index)}" if result.index else ""
    typer.echo(f"{built} of {len(result.briefings)} briefings are ready.{where}")
    _say_page("Evidence map", result.map)
    _say_page("Programmes side by side", result.compare)
    for note in result.notes:
        typer.echo(note, err=True)
    raise typer.Exit(1 if result.failed else 0)


@app.command("map")
def map_(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write into; briefings/ in the workspace unless given.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Build it even if nothing has changed.")] = False,
    workspace: Workspace = HERE,
) -> None:
    """Build the evidence map alone: programmes by areas of outcomes, and where nobody has looked.

    Example: workbench map
    """
    from workbench.runs.build import evidence_map

    made = evidence_map(output, workspace, force)
    _say_page("Evidence map", made)
    raise typer.Exit(1 if made.state == "failed" else 0)


@app.command()
def compare(
    area: Annotated[str | None, typer.Option("--area", help="Name or GSS code of an area; the whole country unless given.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write into; briefings/ in the workspace unless given.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Build it even if nothing has changed.")] = False,
    workspace: Workspace = HERE,
) -> None:
    """Build the compare page alone: programmes side by side, by outcome and by level of need, never ranked.

    Example: workbench compare --area Leeds
    """
    from workbench.runs.build import compare as build

    made = build(area, output, workspace, force)
    _say_page("Programmes side by side", made)
    raise typer.Exit(1 if made.state == "failed" else 0)


@app.command()
def export(
    pages: Annotated[list[Path], typer.Argument(metavar="BRIEFING...", help="Briefings as HTML files.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the exports; beside each briefing unless given.", show_default=False)] = None,
    workspace: Workspace = HERE,
) -> None:
    """Write a briefing's tables (CSV, XLSX), figures (SVG), short answer (DOCX), PDF and citations (BibTeX, RIS).

    Example: workbench export briefings/fnp--england.html
    """
    from workbench.evidence import load
    from workbench.runs.exporting import export_pages

    for made in export_pages(load(workspace), pages, output):
        typer.echo(f"{_shown(made.folder)}: {len(made.files)} files")
        for note in made.notes:
            typer.echo(note, err=True)


@app.command()
def trace(
    what: Annotated[str, typer.Argument(metavar="PAGE|EFFECT_ID", help="A briefing or an evidence map as an HTML file; or the id of a row of effects.csv.")],
    finding: Annotated[str | None, typer.Argument(metavar="[FINDING_ID]", help="Id of a printed number, or its number in the data-f attribute.")] = None,
    workspace: Workspace = HERE,
) -> None:
    """Walk back from a printed number to the rows, figures, formulas and sources behind it, from the HTML file alone.

    With the id of an effect row instead: from the figures as printed to the effect and its standard error.

    Example: workbench trace briefings/fnp--england.html fnp/E92000001/care-entry-event-record/theta_new/median
    """
    from workbench.briefing.trace import read_page, trace_effect
    from workbench.briefing.trace import trace as look_up
    from workbench.errors import UsageError
    from workbench.evidence import load

    if finding is not None:
        typer.echo(look_up(what, finding))
    elif what.lower().endswith((".html", ".htm")) or Path(what).is_file():
        first = next(iter(read_page(what).findings), "")
        raise UsageError(f"{what}: name the number to trace by its data-f attribute" + (f", such as {first}" if first else "; this page prints none"))
    else:
        typer.echo(trace_effect(load(workspace), what))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A RIS, BibTeX, CSV or RevMan 5 file, or a folder of drafts.")],
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="THEIRS=OURS", help="What a column becomes; nothing after = leaves it out.")] = None,
    constant: Annotated[list[str] | None, typer.Option("--set", metavar="OURS=VALUE", help="One value of our column for the whole file.")] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the folder of drafts; that of the file unless given.", show_default=False)] = "",
    date: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Day recorded in the rows; the newest on file unless given.", show_default=False)] = "",
    reuse: Annotated[bool, typer.Option("--reuse", help="Let rows whose source is on file belong to it, instead of refusing them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the drafts.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Put the drafts into the tables: all or nothing, and nothing on file is overwritten.")] = False,
    workspace: Workspace = HERE,
) -> None:
    """Turn a file from elsewhere into drafts of studies, effects and references, and drafts into rows of the tables.

    Without --yes or --apply it only shows what each column would become.

    Example: workbench import trials.csv --map "Effect (d)=estimate" --set measure=SMD --set programme_id=fnp --yes
    """
    from workbench.evidence.curation.importing import Wishes, bring_in

    wishes = Wishes(tuple(mapping or ()), tuple(constant or ()), name, date, reuse, yes, apply)
    lines, problems = bring_in(file, wishes, workspace)
    for line in lines:
        typer.echo(line)
    for problem in problems:
        typer.echo(str(problem), err=True)
    raise typer.Exit(1 if problems else 0)


@app.command()
def lab(workspace: Workspace = HERE) -> None:
    """Open JupyterLab in the workspace (needs the `lab` extra).

    Example: workbench lab
    """
    import importlib.util
    import subprocess

    from workbench.errors import UsageError
    from workbench.evidence import find_workspace

    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed; run: make lab")
    raise typer.Exit(subprocess.call([sys.executable, "-m", "jupyterlab", str(find_workspace(workspace) / "notebooks")]))


class _Progress:
    """A progress bar on a terminal, one line per briefing elsewhere."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()

    def __call__(self, done: int, total: int, name: str) -> None:
        if self.live:
            width = 30
            bar = "#" * (width * done // total) + "." * (width - width * done // total)
            typer.echo(f"\r[{bar}] {done}/{total} {name:<30}", nl=done == total, err=True)
        elif done < total:
            typer.echo(f"[{done + 1}/{total}] {name} ...", err=True)


def _say_page(what: str, made: Any) -> None:
    failed = made.state == "failed"
    typer.echo(f"{what}: {made.message if failed else _shown(made.path)}", err=failed)


def _shown(path: Path) -> Any:
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def main() -> None:
    """Run the command line; turn the workbench's own errors into one message and an exit code."""
    try:
        app()
    except WorkbenchError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
