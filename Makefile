# The one door: people, CI and editors call these targets.
#
#   make run     set up, then train the quickstart recipe
#   make test    set up, then run every test
#   make test-fast      what takes no more than a moment, in under a minute
#   make test-campaigns 200 kills, every bug put back, crash points, every recipe trained
#   make test-nightly   every test, each with the largest numbers: hours
#   make check   everything that must hold before a change lands
#   make schema  write recipes/schema.json anew, after a component or a key has changed
#   make fix     format the code and repair what the linter can
#   make bench   compare our speed with bare loops and other frameworks (50 minutes)
#   make reproduction RUNS="…"   collect finished runs, write docs/reproduction.md anew

PYTHON ?= python3
BIN := .venv/bin
TESTS := tests
CAMPAIGNS := $(addprefix tests/faults/test_,kill_campaign.py crash_points.py search_kills.py damaged_files.py interference.py lock_rounds.py malicious_inputs.py surroundings.py) \
	tests/plugins/framework_autoencoders/test_shapes.py tests/recipes
BENCHMARKS := basic_epoch frameworks picture_layer gan_epoch weight_pruning iterative_passes frozen_head fold_memory tracking search speedrun

# Tests begin hundreds of processes, each of which would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-fast test-campaigns test-nightly check format lint types imports docs schema fix bench reproduction

help:
	@sed -n 's/^#  *make/make/p' Makefile

run: .venv/.installed-run
	$(BIN)/framework run recipes/quickstart.yaml

test: .venv/.installed-dev
	$(BIN)/pytest -n 3 --dist worksteal $(TESTS)

# Shapes are not checked: to check each call takes as long as all of these tests.
test-fast: .venv/.installed-dev
	FRAMEWORK_TEST_TIER=fast $(BIN)/pytest -n 2 --dist worksteal \
	  -o addopts=--import-mode=importlib $(TESTS)

test-campaigns: .venv/.installed-dev
	FRAMEWORK_TEST_TIER=push $(BIN)/pytest -n 3 --dist worksteal --durations 20 $(CAMPAIGNS)

test-nightly: .venv/.installed-dev
	FRAMEWORK_TEST_TIER=nightly $(BIN)/pytest -n 2 $(TESTS)

check: format lint types imports test test-campaigns

format: .venv/.installed-dev
	$(BIN)/ruff format --check

lint: .venv/.installed-dev
	$(BIN)/ruff check

types: .venv/.installed-dev
	$(BIN)/mypy

# Its cache would still hold what an import meant before a new module was there.
imports: .venv/.installed-dev
	$(BIN)/lint-imports --no-logo --no-cache

# A part of the tests, for whoever writes docs.
docs: .venv/.installed-dev
	$(BIN)/pytest tests/docs

schema: .venv/.installed-dev
	$(BIN)/framework schema --output recipes/schema.json

fix: .venv/.installed-dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# Needs a quiet machine and FRAMEWORK_DATA; docs/performance.md says what is measured.
bench: .venv/.installed-bench
	@set -e; for name in $(BENCHMARKS); do \
	  echo "== $$name"; $(BIN)/python "tests/benchmarks/$$name.py" $(OPTIONS); done

reproduction: .venv/.installed-run
	$(if $(RUNS),PYTHONPATH=docs $(BIN)/python -m reproduction collect $(RUNS))
	PYTHONPATH=docs $(BIN)/python -m reproduction generate

# A stamp per set of dependencies, so that a second call starts at once. The larger sets have it all.
.venv/.installed-run: pyproject.toml | $(BIN)/pip
	$(call install,.)
	@touch $@

.venv/.installed-dev: pyproject.toml | $(BIN)/pip
	$(call install,.[dev])
	@touch .venv/.installed-run $@

.venv/.installed-bench: pyproject.toml | $(BIN)/pip
	$(call install,.[bench])
	@touch .venv/.installed-run $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "error: no command '$(PYTHON)' - install Python 3.11 or newer, or name one:" \
	    "make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: '$(PYTHON)' is $$($(PYTHON) --version 2>&1), 3.11 or newer is needed - name" \
	    "another one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { \
	  echo "error: '$(PYTHON)' cannot create .venv - on Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }

# pip says nothing while it unpacks gigabytes; the growing folder shows that it is alive.
define install
@echo "Installing into .venv; PyTorch is large, the first time takes some minutes."
@(while sleep 20 >/dev/null 2>&1 && kill -0 $$$$ 2>/dev/null; do \
    echo "  ... .venv holds $$(du -sh .venv | cut -f1)"; done) & \
  trap "kill $$!" EXIT; $(BIN)/python -m pip install --editable '$(1)'
endef
