# Two commands matter: make demo (from data to printed sheets) and make test.
SHELL := /bin/bash
PYTHON := /usr/bin/python3
.DEFAULT_GOAL := help
.PHONY: help install venv demo test mutate desktop benchmark package lint clean

help:  ## what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install:
	@bash tools/install.sh

venv: install
	@bash tools/venv.sh

demo: install  ## installs what is missing, then goes from the sample data to printed sheets in out/demo
	@$(PYTHON) tools/demo.py

test: venv  ## runs all tests
	@bash tools/install.sh tests
	@bash tools/test.sh

mutate: venv  ## changes lines of patrol/ and the store and tells which changes no test notices; MODULES="patrol/draw.py" for some
	@bash tools/venv.sh mutate
	@.venv-mutate/bin/python tools/mutate.py $(MODULES)

desktop: install  ## opens QGIS with the plugin and the demo project, in a profile of its own
	@[ -d out/demo ] || $(PYTHON) tools/demo.py
	@bash tools/desktop.sh

benchmark: venv  ## measures speed and size; takes some minutes
	@bash tools/benchmark.sh

package:  ## makes the zip for the plugin repository
	@$(PYTHON) tools/package.py

lint: venv  ## flake8, Bandit and detect-secrets, as the plugin repository runs them; isort, ruff and mypy
	@bash tools/lint.sh

clean:  ## removes what was made here
	@rm -rf out build dist
