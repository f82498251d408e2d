# Every command a person types. `make help` lists them.
PYTHON ?= python3
MESSAGES ?= 100000
ONLY ?= campaign,mail,single,resting
SECONDS ?= 40
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
RUN_STAMP := .venv/.run-ready
DEV_STAMP := .venv/.dev-ready

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-slow test-rq2 prove lint format bench lock clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP)  ## create .venv with the hub and its locked dependencies

demo: $(RUN_STAMP)  ## send an e-mail to a hub and watch it become texts (simulated carrier)
	@$(BIN)/hub demo

serve: $(RUN_STAMP)  ## run the hub with ./hub.ini, data in ./data
	@$(BIN)/hub --config hub.ini serve

test: $(DEV_STAMP)  ## run the tests, on SQLite and on PostgreSQL (COVER=yes measures what they reach)
	@$(BIN)/python -m pytest --numprocesses 3 $(if $(COVER),--cov --cov-report=term:skip-covered --cov-fail-under=85)

test-slow: $(DEV_STAMP)  ## the tests that start whole processes, or say thousands of things to one
	@$(BIN)/python -m pytest --numprocesses 3 -m "slow and not prove"

test-rq2: $(DEV_STAMP)  ## the queue and the processes on RQ 2.12, the oldest they are made for
	@rm -rf .venv/rq2 && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target .venv/rq2 rq==2.12.0
	@PYTHONPATH=.venv/rq2 $(BIN)/python -m pytest --numprocesses 2 -m "not prove" tests/hub/test_queue.py tests/hub/processes

prove: $(DEV_STAMP)  ## the slow proofs, and SECONDS of chaos on both databases (SEED=... repeats one)
	@$(BIN)/python -m pytest --numprocesses 2 -m prove
	@$(BIN)/python -m tests.prove.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

lint: $(DEV_STAMP)  ## style, types and import directions
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(DEV_STAMP)  ## mend what can be mended by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(DEV_STAMP)  ## rates, waits, memory and what an idle hub costs, on both databases (MESSAGES=, ONLY=)
	@$(BIN)/python benchmarks/run.py --messages $(MESSAGES) --only $(ONLY)

lock:  ## renew requirements/*.lock from pyproject.toml (needs uv)
	uv pip compile --quiet --upgrade $(LOCK_FLAGS) --extra embedded --extra postgres -o requirements/run.lock pyproject.toml requirements/build.in
	uv pip compile --quiet --upgrade $(LOCK_FLAGS) --extra test --extra lint -o requirements/dev.lock pyproject.toml requirements/build.in

LOCK_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:  ## remove the virtual environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "The hub needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv

$(RUN_STAMP): requirements/run.lock pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (about a minute the first time) ..."
	@$(PIP_INSTALL) -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements/dev.lock tests/oracles/smpp/package-lock.json $(RUN_STAMP)
	@echo "Adding the test and lint tools ..."
	@$(PIP_INSTALL) -r requirements/dev.lock
	@command -v npm > /dev/null || { echo "The tests compare hub_smpp with an SMPP library for Node.js: install nodejs and npm."; exit 1; }
	@cd tests/oracles/smpp && npm ci --silent
	@touch $@
