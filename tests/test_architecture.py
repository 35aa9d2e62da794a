"""The house rules that run: layers, laziness, no programme in the code, thin notebooks, no address of an index."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"

# layer -> what it may import from the package, besides itself
LAYERS = {
    "errors": set(),
    "evidence": {"errors"},
    "draws": {"errors"},
    "baselines": {"draws", "errors"},
    "effects": {"errors", "evidence"},
    "synthesis": {"errors", "evidence", "effects", "draws", "baselines"},
    "certainty": {"errors", "evidence", "baselines"},
    "economics": {"errors", "evidence", "draws", "baselines"},
    "briefing": {"errors", "evidence", "effects", "draws", "baselines", "certainty"},
    "eligibility": {"errors", "evidence", "draws", "economics"},
    "plots": {"errors"},
    "runs": {"errors", "evidence", "effects", "synthesis", "economics", "briefing", "draws", "baselines", "eligibility"},
    "cli": {"errors", "evidence", "briefing", "runs"},
    "__init__": {"briefing", "draws", "economics", "effects", "errors", "evidence", "plots", "runs", "synthesis"},
    "__main__": {"cli"},
}
# the same among the folders of the synthesis; its own modules (`fit`, priors, results) may reach any engine
FOLDERS = {
    "numerics": set(),
    "exact": {"numerics"},
    "mcmc": {"numerics", "exact"},
    "models": {"numerics", "mcmc", "answers"},
    "frequentist": {"numerics", "exact"},
    "bias": {"numerics", "frequentist"},
    "answers": {"numerics", "exact", "frequentist", "bias"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names of everything that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_part_of_the_package_has_a_layer():
    assert {layer(path) for path in MODULES} <= set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    own = layer(path)
    used = {name.split(".")[1] for name in imported(path) if name.startswith("workbench.")} - {own}
    assert used <= LAYERS[own], f"{path.name} may not import {used - LAYERS[own]}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_of_the_synthesis_import_one_way(folder):
    names = {name for path in (PACKAGE / "synthesis" / folder).rglob("*.py") for name in imported(path) if name.startswith("workbench.synthesis.")}
    assert {name.split(".")[2] for name in names} & (set(FOLDERS) - {folder}) <= FOLDERS[folder]


def test_every_folder_of_the_synthesis_has_its_place():
    assert {path.parent.name for path in (PACKAGE / "synthesis").glob("*/__init__.py")} == set(FOLDERS)


@pytest.mark.parametrize(("library", "homes"), [("pymc", {"pymc_engine.py", "pymc_models.py"}), ("arviz", {"diagnostics.py"}), ("nutpie", {"nuts.py"}), ("pytensor", {"normal_density.py", "pymc_engine.py", "pymc_models.py"}), ("papermill", {"notebooks.py"})])
def test_heavy_libraries_have_one_home(library, homes):
    users = {path.name for path in MODULES if any(name.split(".")[0] == library for name in imported(path))}
    assert users == homes


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.mark.parametrize("module", ["workbench", "workbench.cli", "workbench.runs.parameters", "workbench.evidence"])
def test_importing_stays_light(module):
    heavy = {"numpy", "pandas", "scipy", "pymc", "plotly", "arviz", "jinja2", "papermill", "statsmodels"}
    loaded = set(run(f"import sys, {module}; print(*sys.modules)").split())
    assert not heavy & loaded


def test_public_names_resolve():
    out = run("import workbench as wb; print(all(getattr(wb, name) is not None for name in wb.__all__), len(wb.__all__))")
    assert out.startswith("True") and int(out.split()[1]) > 20


def test_nothing_about_particular_programmes_or_places_is_in_the_code():
    pattern = re.compile(r"fnp|fdac|triple.?p|\bpup\b|leeds", re.IGNORECASE)
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docs:
                assert not pattern.search(node.value), f"{path.name}:{node.lineno}: {node.value!r}"
            if isinstance(node, ast.Name | ast.FunctionDef | ast.ClassDef | ast.Attribute):
                assert not pattern.search(getattr(node, "id", "") or getattr(node, "name", "") or getattr(node, "attr", ""))


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REFUSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.While, ast.BinOp, ast.AugAssign, ast.If, ast.Try, ast.With)


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_the_five_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["briefing", "checks", "cost_benefit", "evidence", "meta_analysis"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_cells_hold_calls_not_logic(path):
    for cell in code_cells(path):
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            assert not isinstance(node, REFUSED), f"{path.name}: {type(node).__name__} in a cell"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs(path):
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code_cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_parameters_cell_declares_only_known_parameters(path):
    from workbench.runs.parameters import PARAMETERS, declared

    known = {item.name for item in PARAMETERS} | {"workspace", "programme", "area", "construct", "engine"}
    assert set(declared(path)) <= known


def test_locks_hold_hashes_and_no_address():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text and "find-links" not in text
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[A-Za-z0-9._-]+==\S+", block) and "--hash=sha256:" in block, block[:80]


def test_locks_agree_on_every_shared_package():
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return {line.split("\\")[0].split(";")[0].strip() for line in text.splitlines() if "==" in line and not line.startswith(" ")}

    assert pins("base.txt") <= pins("test.txt")
    assert pins("base.txt") <= pins("lab.txt")
