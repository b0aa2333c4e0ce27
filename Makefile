# The words people type. Everything runs in a virtual environment that the first of them sets up.
PYTHON ?= python3
BIN := .venv/bin
READING := tests/submission tests/cost tests/sandbox tests/fuzz tests/test_evaluation.py tests/test_store.py
# the rest of the sandbox runs in children, where nobody counts
COUNTED := harness/submission/*,harness/cost/*,harness/sandbox/enclosure.py,harness/sandbox/l*.py,harness/sandbox/policy.py,harness/sandbox/s*.py

.PHONY: demo test coverage lint regress board bench docs pictures clean

demo: .venv/.installed  ## evaluate every submission on the embedded suite and print the board
	$(BIN)/paretonlp evaluate submissions --suite probe
	$(BIN)/paretonlp board --suite probe

test: .venv/.installed-test  ## lint, types, tests, and whether the probe baselines are what they were
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup
	$(MAKE) --no-print-directory regress

coverage: .venv/.installed-test  ## branch coverage of what reads a stranger's files and prices a stranger's model
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(READING) \
		--cov=harness.submission --cov=harness.cost --cov=harness.sandbox --cov-branch --cov-report=
	$(BIN)/python -m coverage report --show-missing --skip-covered --include="$(COUNTED)" --fail-under=95

lint: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

regress: .venv/.installed-test  ## evaluate the probe baselines anew and compare with what is expected of them
	$(BIN)/paretonlp regress --suite probe

board: .venv/.installed-board  ## the leaderboard in a browser
	$(BIN)/paretonlp leaderboard

bench: .venv/.installed-test  ## speed, as ratios against peers in the same run; DATA=dir for real lengths
	$(BIN)/python -m tests.benchmarks $(DATA)

docs: .venv/.installed-test  ## the generated pages
	$(BIN)/python -m harness.cost.document
	$(BIN)/python -m harness.tasks.document > docs/tasks.md
	$(BIN)/python -m harness.report > docs/report.schema.json
	$(BIN)/python -m baselines.results > docs/results.md

pictures: .venv/.installed-test  ## the screenshots in the README
	$(BIN)/python -m tests.browser.pictures

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/.installed-board: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[leaderboard]"
	touch $@ .venv/.installed

.venv/.installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[baselines,leaderboard,test]"
	tests/browser/install-chromium
	touch $@ .venv/.installed .venv/.installed-board

clean:
	rm -rf .venv .cache build dist *.egg-info
