# Two commands matter: `make briefings` and `make test`. Each sets up what it needs, once.
SHELL := /bin/sh
# A shell that forbids bytecode would make every later import several times slower.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --require-hashes --only-binary :all: --compile

.PHONY: help briefings test lab bench lock clean check-python

help:
	@echo "make briefings   build every briefing and the index page into briefings/"
	@echo "make test        run the whole test suite"
	@echo "make lab         open the notebooks in JupyterLab"
	@echo "make bench       time the engines against named peers, as ratios from one run"
	@echo "make lock        resolve the dependencies anew into requirements/ (needs uv)"
	@echo "make clean       remove what was built; the tables stay as they are"

# The stamps are written last: a set-up that failed half-way is never taken for done.
check-python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "error: $(PYTHON) is not installed; on Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "error: Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "error: Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.ready-%: requirements/%.txt pyproject.toml
	@$(MAKE) --no-print-directory check-python
	@rm -f $(VENV)/.ready-$*
	@if ! $(BIN)/python -c pass >/dev/null 2>&1 || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Creating $(VENV) ..."; rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; fi
	@echo "Installing the locked packages of requirements/$*.txt (two to four minutes the first time) ..."
	@$(PIP) -r requirements/$*.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --compile -e .
	@$(BIN)/python -m compileall -q workbench
	@touch $@

briefings: $(VENV)/.ready-base
	@$(BIN)/python -m workbench brief

test: $(VENV)/.ready-test
	@$(BIN)/python -m pytest -n auto --dist loadfile

lab: $(VENV)/.ready-lab
	@$(BIN)/python -m workbench lab

bench: $(VENV)/.ready-bench
	@for script in benchmarks/*.py; do echo; echo "== $$script"; $(BIN)/python $$script || exit 1; done

# `uv` resolves for Python 3.11 to 3.13 at once; the files hold names, versions and hashes, and no address.
UV_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade
lock:
	uv pip compile pyproject.toml --extra build $(UV_FLAGS) -o requirements/base.txt
	uv pip compile pyproject.toml --extra build --extra test $(UV_FLAGS) -c requirements/base.txt -o requirements/test.txt
	uv pip compile pyproject.toml --extra build --extra lab $(UV_FLAGS) -c requirements/base.txt -o requirements/lab.txt
	uv pip compile pyproject.toml --extra build --extra bench $(UV_FLAGS) -c requirements/base.txt -o requirements/bench.txt

clean:
	rm -rf $(VENV) .workbench briefings .pytest_cache .hypothesis *.egg-info
