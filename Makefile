# Each target does its own set-up: Python 3.11 or later is all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

EXTRACT := $(BIN)/pybabel -q extract -F babel.cfg -k N_ --sort-output --no-location --omit-header --no-wrap
UPDATE := $(BIN)/pybabel -q update -N -i locales/chasqui.pot -d locales -D chasqui --no-wrap --ignore-pot-creation-date
EXTRACT_MENUS := $(BIN)/pybabel -q extract -F babel-menus.cfg --sort-output --no-location --omit-header --no-wrap
UPDATE_MENUS := $(BIN)/pybabel -q update -N -i locales/menus.pot -d locales -D menus --no-wrap --ignore-pot-creation-date
MENU_LANGUAGES := es pt_BR

.PHONY: help demo run test check texts bench faults deep clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   play the whole micro-moment over real wires and print it"
	@echo "make run    start gateway, simulators and a phone, and stay up: http://127.0.0.1:8080/handset/"
	@echo "make test   run the tests"
	@echo "make check  ruff, mypy --strict, import-linter, translations, menus"
	@echo "make bench  the benchmarks, with ratios"
	@echo "make faults every fault at every moment of a purchase; 100,000 texts while everything fails; mutated PDUs"

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chasqui needs Python 3.11 or later; this is $$($(PYTHON) --version). Set PYTHON=…"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Only to train behaviour profiles with a recurrent network, and to test that: some 200 MB on a CPU build.
deep: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[deep]'

demo: $(STAMP)
	@$(BIN)/chasqui demo

run: $(STAMP)
	@mkdir -p .run
	@$(BIN)/chasqui serve --config deploy/try.toml --log-level warning

# On all cores, each file in one process. One test alone: .venv/bin/pytest tests/…::test_…
test: $(STAMP)
	$(BIN)/pytest --numprocesses auto --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@mkdir -p .run
	$(EXTRACT) -o .run/chasqui.pot .
	@diff -u locales/chasqui.pot .run/chasqui.pot || { echo "texts changed: run make texts, translate, commit"; exit 1; }
	$(UPDATE) --check
	$(EXTRACT_MENUS) -o .run/menus.pot .
	@diff -u locales/menus.pot .run/menus.pot || { echo "menu texts changed: run make texts, commit"; exit 1; }
	$(UPDATE_MENUS) --check
	$(BIN)/chasqui menus lint menus/library
	$(BIN)/chasqui menus play menus/library/plays/*.play

# After a change of texts: bring the template and the catalogues up to date, then translate what is new.
texts: $(STAMP)
	$(EXTRACT) -o locales/chasqui.pot .
	$(UPDATE)
	$(EXTRACT_MENUS) -o locales/menus.pot .
	for language in $(MENU_LANGUAGES); do \
	  $(BIN)/chasqui menus extract menus/library --lang $$language -o locales/$$language/LC_MESSAGES/menus.po || exit 2; \
	done
	$(UPDATE_MENUS)

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

# About half an hour. MATRIX="--adapter tmf" makes another run of the purchases, CHAOS="--count 5000 --seed 7" of the texts.
faults: $(STAMP)
	@$(BIN)/python -m benchmarks.matrix $(MATRIX)
	@$(BIN)/python -m benchmarks.chaos $(CHAOS)
	@$(BIN)/python -m benchmarks.mutations

clean:
	rm -rf $(VENV) .run
