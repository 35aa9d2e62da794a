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
def validate(workspace: Workspace = HERE) -> None:
    """Check every table and the bibliography; print every problem with file, line, column, value, rule and way out.

    Example: workbench validate
    """
    from workbench.evidence import check

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
    workspace: Workspace = HERE,
) -> None:
    """Build briefings as single HTML files, and their index page.

    Example: workbench brief fnp --area Leeds -p families=200 -p baseline_risk.care-entry=0.05
    """
    from workbench.runs.build import brief as build
    from workbench.runs.parameters import parse

    result = build(tuple(programmes or ()), area, parse(parameter or ()), output, workspace, force, _Progress())
    for item in result.briefings:
        typer.echo(f"  {item.state:<9} {_shown(item.path)}" + (f"\n            {item.message}" if item.message else ""), err=item.state == "failed")
    built = len(result.briefings) - len(result.failed)
    where = f" Index page: {_shown(result.index)}" if result.index else ""
    typer.echo(f"{built} of {len(result.briefings)} briefings are ready.{where}")
    raise typer.Exit(1 if result.failed else 0)


@app.command()
def trace(
    briefing: Annotated[Path, typer.Argument(help="A briefing, as an HTML file.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING_ID", help="Id of a printed number, as in its data-finding attribute.")],
) -> None:
    """Say what a printed number is and which rows it rests on, from the HTML file alone.

    Example: workbench trace briefings/fnp--england.html fnp/E92000001/care-entry-event-record/theta_new/median
    """
    from workbench.briefing.trace import trace as look_up

    typer.echo(look_up(briefing, finding))


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
