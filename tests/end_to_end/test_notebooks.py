"""Each notebook runs under Papermill on the real evidence, with parameters."""

from __future__ import annotations

import pytest

from workbench.errors import RunError, UsageError
from workbench.runs.notebooks import execute, to_html


def outputs(executed) -> str:
    return "".join(str(output) for cell in executed.cells for output in cell.get("outputs", ()))


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("evidence", {"programme": "pup"}, "barlow2019"),
        ("meta_analysis", {"programme": "triple-p", "construct": "child-behaviour"}, "theta_new"),
        ("cost_benefit", {"programme": "fdac", "horizon": 5, "assume": {"care.return": 0.3}}, "reader&#x27;s own figure, 0.3"),
        ("cost_benefit", {"programme": "pup", "half_life": 4.0}, "not valued"),
        ("checks", {"programme": "pup"}, "43,885"),
    ],
)
def test_a_notebook_runs_with_parameters(root, name, parameters, words):
    executed = execute(root / "notebooks" / f"{name}.ipynb", parameters, root)
    assert words in outputs(executed)


def test_an_undeclared_parameter_is_refused_before_a_kernel_starts(root):
    with pytest.raises(UsageError, match="did you mean 'programme'"):
        execute(root / "notebooks" / "meta_analysis.ipynb", {"program": "fnp"}, root)


def test_a_failing_cell_is_named_with_its_error(root):
    with pytest.raises(RunError, match=r"meta_analysis.ipynb, cell \d+: UsageError: .*did you mean 'reunification'"):
        execute(root / "notebooks" / "meta_analysis.ipynb", {"construct": "reunificaton"}, root)


def test_a_notebook_without_a_page_is_refused(root):
    import nbformat

    with pytest.raises(RunError, match="gave no page"):
        to_html(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), root / "templates")
