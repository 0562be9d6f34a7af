# make venv       everything installed into .venv, from the locks
# make demo       the whole story on a simulated company (HEADLESS=1: no browser, ends by itself)
# make test       every check: style, types, architecture, dead code, dependencies, tests
# make test-live  the long tests: a bot killed at many writes, a database that goes away
# make test-sweep a bot killed at every write of every runbook, on both databases: about an hour
# make docs       write docs/configuration.md anew, from the settings
# make lock       write requirements/*.txt anew (UPGRADE=1: with the newest versions)
# make clean      remove what the targets above made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := test
.PHONY: venv demo test lint types contracts dead-code unused unit test-live test-sweep docs lock clean

venv: $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "continuitybot needs Python 3.11 or newer: name one with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.locked: requirements/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: venv
	$(BIN)/continuitybot demo $(if $(filter 1,$(HEADLESS)),--headless)

# In this order, also under make -j: the cheap answers first, the tests' closing line last.
test: venv
	@$(MAKE) --no-print-directory -j1 lint types contracts dead-code unused unit

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

contracts: venv
	$(BIN)/lint-imports --no-logo

dead-code: venv
	$(BIN)/vulture

unused: venv
	$(BIN)/deptry src

ON_ALL_CORES := -n auto --dist worksteal

unit: venv
	$(BIN)/pytest -q -m "not live and not sweep" $(ON_ALL_CORES)

test-live: venv
	$(BIN)/pytest -q -m live $(ON_ALL_CORES)

test-sweep: venv
	$(BIN)/pytest -q -m sweep $(ON_ALL_CORES)

docs: venv
	$(BIN)/python -m continuitybot.settings.describe src/continuitybot/cli/templates/continuitybot.yaml \
		> docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md

COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-index-annotation \
	--custom-compile-command "make lock" $(if $(filter 1,$(UPGRADE)),--upgrade)

# The runtime lock holds every extra, so that one image serves Slack and Teams.
lock: $(BIN)/uv
	$(COMPILE) --all-extras --output-file requirements/runtime.txt
	$(COMPILE) --all-extras --group dev --constraints requirements/runtime.txt --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group build \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-index-annotation \
		--custom-compile-command "make lock" --constraints requirements/dev.txt --output-file requirements/build.txt

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .demo
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
