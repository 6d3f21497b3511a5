# Every target sets up what it needs, inside this clone: `make help` explains them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
UV_VERSION := 0.13.9

CATALOGUE ?= examples/catalogue
EVENTS ?= examples/events.jsonl
OUT ?= demo-output
SECRETS ?= .laurel/secrets
PYTEST_ARGS ?= -n auto --dist loadfile

export PYTHONDONTWRITEBYTECODE ?=
export UV_NO_PROGRESS ?= 1

.PHONY: help setup demo up down test lint format types walls test-kafka chaos bench conformance lock clean

help: ## what each target does
	@echo "Laurel: digital badges from learning events"
	@echo
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "  make demo CATALOGUE=dir EVENTS=events.jsonl OUT=dir SECRETS=dir    tries Laurel on your own data"

setup: $(STAMP) ## install everything into .venv (Python 3.11+ is all it needs); then use .venv/bin/laurel
	@echo "Laurel is set up: $(BIN)/laurel --help"

$(STAMP): requirements.lock pyproject.toml
	@python=; for each in "$$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do \
	  if [ -n "$$each" ] && "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; done; \
	if [ -z "$$python" ]; then echo "Laurel needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then echo "Making $(VENV) with $$($$python --version)"; \
	  "$$python" -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing (on Debian: apt install python3-venv)" >&2; exit 1; }; fi
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@echo "Installing what requirements.lock names"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $(STAMP)

demo: $(STAMP) ## run the main job on real-looking LMS events through all services and show what came out
	@$(BIN)/laurel demo --catalogue "$(CATALOGUE)" --events "$(EVENTS)" --out "$(OUT)" --secrets "$(SECRETS)"

up: $(STAMP) ## start everything in the background and print the addresses (also in .laurel/up.json)
	@$(BIN)/laurel up --catalogue "$(CATALOGUE)" --secrets "$(SECRETS)"

down: $(STAMP) ## end what `make up` started
	@$(BIN)/laurel down

test: $(STAMP) ## run every test that needs nothing but this clone
	@$(BIN)/pytest tests --ignore=tests/bench --ignore=tests/conformance -m "not kill" $(PYTEST_ARGS)

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMP) ## put every file in format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

walls: $(STAMP) ## who may import whom
	@$(BIN)/lint-imports

test-kafka: $(STAMP) ## integration, end-to-end and kill suites against Apache Kafka (needs Java 17+ and Maven)
	@$(BIN)/python -m tests.kafka -- $(BIN)/pytest tests/kafka tests/integration tests/e2e tests/chaos -m "not kill"
	@$(BIN)/python -m tests.kafka -- $(BIN)/pytest tests/chaos -m kill -s

chaos: $(STAMP) ## kill -9 every consumer while events flow; lose and double nothing (about 5 minutes)
	@$(BIN)/pytest tests/chaos -m kill -s

bench: $(STAMP) ## how fast it is, beside the bare store, the bare client and other libraries
	@$(BIN)/python -m tests.bench

conformance: $(STAMP) ## hand every credential of a demo to verifiers in JavaScript (needs Node.js)
	@PYTHON=$(BIN)/python tests/conformance/run.sh "$(OUT)"

lock: $(STAMP) ## resolve requirements.lock again from pyproject.toml
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --all-extras --no-header --output-file requirements.lock pyproject.toml

clean: ## end what runs, and remove what demo, up and the tools left behind (keeps .venv and secrets)
	@test ! -x $(BIN)/laurel || $(BIN)/laurel down --quiet
	@rm -rf demo-output .laurel/runs .laurel/home .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
