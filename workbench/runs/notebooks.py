"""Run one notebook with checked parameters through Papermill, and turn it into one HTML file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import RunError
from workbench.runs.parameters import check_notebook


def execute(notebook: Path, parameters: Mapping[str, Any], folder: Path) -> Any:
    """Run `notebook` in `folder` with `parameters`; return the executed notebook node.

    Parameters
    ----------
    notebook : Path
    parameters : mapping
        Values for names that its ``parameters`` cell declares.
    folder : Path
        Working directory of the kernel: the workspace.

    Raises
    ------
    UsageError
        Before a kernel starts, for a name that the notebook does not declare.
    RunError
        If a cell fails; the message names the cell and the error.
    """
    check_notebook(notebook, parameters)
    import logging

    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory(prefix="wb-") as scratch, _quiet_kernel(scratch):
            return papermill.execute_notebook(
                str(notebook), None, parameters=dict(parameters), cwd=str(folder), kernel_name="python3",
                progress_bar=False, log_output=False, config=_transport(scratch),
                extra_arguments=["--IPKernelApp.log_level=50"],
            )  # fmt: skip
    except PapermillExecutionError as error:
        raise RunError(f"{notebook.name}, cell {error.cell_index}: {error.ename}: {error.evalue}") from None


def _transport(scratch: str) -> Any:
    """Talk to the kernel through files of our own, not through ports that parallel runs and other users share."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "ipc", "ip": f"{scratch}/k"}})


class _quiet_kernel:
    """Environment of the kernel: its own runtime folder, no frozen-module warning, no thread storms on small machines."""

    def __init__(self, scratch: str):
        self.wanted = {
            "JUPYTER_RUNTIME_DIR": scratch,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        }
        self.before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in self.wanted}
        os.environ.update(self.wanted)

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def to_html(executed: Any, templates: Path, tag: str = "briefing") -> str:
    """Export an executed notebook through the wrapper template in ``templates/nbconvert``.

    The wrapper passes the one HTML output of the cell with that tag through; the briefing itself was rendered, with every text from a
    table escaped, by the package's own environment.

    Raises
    ------
    RunError
        If no cell with the tag gave an HTML output.
    """
    from nbconvert.exporters import TemplateExporter
    from traitlets.config import Config

    # not HTMLExporter, which parses the finished page and writes it anew
    names = {"file_extension": ".html", "template_extension": ".html.j2", "template_name": "nbconvert"}
    config = Config({"TemplateExporter": {**names, "extra_template_basedirs": [str(templates)]}})
    html, _ = TemplateExporter(config=config).from_notebook_node(executed, resources={"tag": tag})
    if not html.strip():
        raise RunError(f"the notebook gave no page: the cell tagged {tag!r} must end in workbench.briefing.write(analysis, ...)")
    return html


def write(path: Path, text: str) -> None:
    """Write `text` under a temporary name and rename it, so that no half-written file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
