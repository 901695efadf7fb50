# `make` alone lists the targets. Every target sets up what it needs in .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := tests/browser/tools
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What Python has compiled is kept, whatever the shell says: a suite starts hundreds of processes that read it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo check script-check packed test test-all slow weights browser pictures tables golden bench clean

help:
	@echo "make demo      set up a virtual environment, run the flagship case from folder to report"
	@echo "make test      set up with the development tools, run the quick tests (under two minutes)"
	@echo "make test-all  the same with the slow laws"
	@echo "make slow      what the quick tests leave out of engines, hostile files and the flagship's model"
	@echo "make weights   the slow tests of the weighing: ranks of thirty data sets, another sampler, known posteriors,"
	@echo "               and the tables of the cases made anew"
	@echo "make browser   the report's tests in Chromium (needs /usr/bin/chromium)"
	@echo "make script-check  types of the page's scripts, by TypeScript (needs npm)"
	@echo "make packed    pack the page's script anew, after a change of its modules"
	@echo "make pictures  the pictures in docs/img, from a run of the flagship (needs /usr/bin/chromium)"
	@echo "make tables    the tables in docs/cases/tables, each from its command; a quarter of an hour on one core"
	@echo "make check     formatting, lint, types and import order"
	@echo "make golden    rewrite the expected texts of diagnostics; read the difference as a user would"
	@echo "make bench     measure the engine; minimum of repeats"
	@echo "make clean     remove the virtual environment and caches"

$(BIN)/python:
	@echo "Creating a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: $(BIN)/python pyproject.toml
	@echo "Installing Realities and the libraries it runs on into $(VENV)"
	@$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the development tools into $(VENV)"
	@$(BIN)/pip install -q -e ".[dev]"
	@touch $@

setup: $(VENV)/.dev

demo: $(VENV)/.runtime
	@echo "Running: realities run ukraine-2022 --quick"
	@$(BIN)/realities run ukraine-2022 --quick

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two processes take half of the files each, so what the tests of a file share is made once; who is done first helps.
test: setup
	@echo "Running the quick tests"
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-all: setup
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist worksteal

slow: setup
	$(BIN)/python -m pytest -m slow -n 2 tests/engine/llvm/test_llvm_arrays.py tests/model/test_model_arrays.py \
		tests/properties/test_fuzz_limits.py tests/agreement/test_views_read_elsewhere.py \
		tests/cases/test_cases_ukraine.py tests/cases/test_cases_ukraine_extremes.py

weights: setup
	$(BIN)/python -m pytest -m slow -n 2 tests/calibration tests/cases/test_cases_lynx_hare.py \
		tests/weigh/test_weigh_posterior.py tests/docs/test_docs_tables.py tests/docs/test_docs_sensitivity.py \
		tests/weigh/test_weigh_sensitivity.py

browser: setup
	$(BIN)/python -m pytest -m browser -n 2 --dist loadfile

# Node is for checks alone: neither the package nor its page needs it.
$(TOOLS)/node_modules/.package-lock.json: $(TOOLS)/package-lock.json
	cd $(TOOLS) && npm ci --no-audit --no-fund

script-check: $(TOOLS)/node_modules/.package-lock.json
	cd $(TOOLS) && node_modules/.bin/tsc -p . && node_modules/.bin/tsc -p tsconfig.node.json

packed: setup
	@$(BIN)/python -c "from realities.report.bundle import keep_packed; print(f'{keep_packed():,} bytes')"

pictures: setup
	$(BIN)/python docs/pictures.py

tables: setup
	$(BIN)/python docs/tables.py

golden: setup
	REALITIES_GOLDEN=rewrite $(BIN)/python -m pytest -q tests/bad tests/docs

bench: setup
	$(BIN)/python bench/bench_reference.py
	$(BIN)/python bench/bench_run.py
	$(BIN)/python bench/coverage.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
