"""The command line as a newcomer meets it: what works, what is refused, and with which exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "workbench", *arguments], capture_output=True, text=True, cwd=cwd)


def test_help_names_every_command_with_an_example(root):
    out = run("--help", cwd=root).stdout
    for command in ("validate", "list", "brief", "map", "compare", "export", "trace", "lab"):
        assert command in out
        assert "Example: workbench" in run(command, "--help", cwd=root).stdout


def test_the_real_tables_are_valid(root):
    done = run("validate", cwd=root)
    assert (done.returncode, done.stdout) == (0, "No problem found.\n")


def test_problems_are_printed_with_exit_code_1(workspace):
    workspace.change("effects", events_treat="400")
    done = run("validate", cwd=workspace.root)
    assert done.returncode == 1
    assert "evidence/effects.csv line 2 (ash2010.home)" in done.stdout and "1 problem found." in done.stderr


def test_a_folder_that_is_no_workspace_is_said_so(tmp_path):
    done = run("validate", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("error: ") and "Traceback" not in done.stderr


@pytest.mark.parametrize(("what", "words"), [("programmes", "fdac"), ("outcomes", "reunification-event-record"), ("areas", "E08000035"), ("parameters", "baseline_risk.OUTCOME")])
def test_lists(root, what, words):
    done = run("list", what, cwd=root)
    assert done.returncode == 0 and words in done.stdout


def test_listed_counts_are_those_of_the_tables(root, evidence):
    lines = run("list", "programmes", cwd=root).stdout.splitlines()[1:]
    listed = {line.split()[0]: int(next(part for part in line.split()[1:] if part.isdigit())) for line in lines}
    for row in evidence["programmes"].rows:
        assert listed[row["programme_id"]] == len(evidence["effects"].where(programme_id=row["programme_id"]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["brief", "fnpp"], "there is no programme 'fnpp'; did you mean 'fnp'?"),
        (["brief", "fnp", "--area", "Leds"], "there is no area 'Leds'; did you mean 'Leeds'?"),
        (["brief", "fnp", "-p", "horizon=ten"], "horizon=ten: must be a whole number, for example horizon=10"),
        (["brief", "fnp", "-p", "horizn=10"], "there is no parameter 'horizn'; did you mean 'horizon'?"),
        (["brief", "fnp", "-p", "schedule=green-bok"], "there is no discount schedule 'green-bok'; did you mean 'green-book'?"),
        (["brief", "fnp", "-p", "prior=sceptcal"], "did you mean 'sceptical'?"),
        (["brief", "fnp", "-p", "baseline_risk.care-entri=0.1"], "there is no outcome 'care-entri'; did you mean 'care-entry'?"),
        (["list", "program"], "programmes"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(root, tmp_path, arguments, words):
    out = tmp_path / "out"
    done = run(*arguments, *(["-o", str(out)] if arguments[0] == "brief" else []), cwd=root)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not out.exists()


def test_several_wrong_parameters_come_at_once(root):
    done = run("brief", "-p", "horizon=ten", "-p", "famlies=2", cwd=root)
    assert done.returncode == 2 and "horizon=ten" in done.stderr and "did you mean 'families'?" in done.stderr


def test_an_output_that_is_a_file_is_refused(root, tmp_path):
    target = tmp_path / "file"
    target.write_text("mine")
    done = run("brief", "pup", "-o", str(target), cwd=root)
    assert done.returncode == 2 and "is a file; name a folder" in done.stderr and target.read_text() == "mine"


def test_broken_evidence_stops_a_briefing_with_every_problem(furnished):
    furnished.change("effects", events_treat="400", study_id="ash201")
    done = run("brief", cwd=furnished.root)
    assert done.returncode == 1 and "did you mean 'ash2010'" in done.stderr and not (furnished.root / "briefings").exists()
