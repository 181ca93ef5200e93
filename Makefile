# CxCalendarSync: everything it needs is installed below this clone or in the user's cache.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --warn-undefined-variables --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
ONCE ?=
CORPORA ?=
BIN := .venv/bin
STAMP := .venv/installed
SOURCES := cxsync schemas producers processors consumers

.PHONY: help install demo up test test-unit test-integration test-browser chaos model corpora bench lint lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## the program and its locked dependencies into .venv

$(STAMP): requirements.lock pyproject.toml deploy/install.sh
	@PYTHON="$(PYTHON)" bash deploy/install.sh
	@touch $@

demo: $(STAMP) ## the main job on a sandbox; ONCE=1 exits after the story
	@$(BIN)/cxsync demo $(if $(ONCE),--once)

up: $(STAMP) ## the pipeline against the systems named in .env
	@$(BIN)/cxsync up

test: $(STAMP) ## all tests except chaos and benchmarks
	@$(BIN)/pytest

test-unit: $(STAMP) ## tests that need neither Kafka nor PostgreSQL
	@$(BIN)/pytest tests/unit

test-integration: $(STAMP) ## tests against real Kafka and PostgreSQL
	@$(BIN)/pytest tests/integration

test-browser: $(STAMP) ## pages in a real Chromium
	@deploy/chromium.sh
	@$(BIN)/pytest tests/browser

chaos: $(STAMP) ## the long run: 200 kills under load
	@$(BIN)/python -m tests.chaos.long_run
	@$(BIN)/python -m tests.chaos.story --runs 3

model: $(STAMP) ## the long simulation of the merge: 20,000 histories
	@$(BIN)/python -m tests.model.long_run

corpora: $(STAMP) ## recurrence against public corpora; CORPORA=../shared/corpora
	@$(BIN)/python -m tests.unit.recurrence.corpora --corpora $(or $(CORPORA),../shared/corpora)

bench: $(STAMP) ## benchmarks, each beside its physical limit
	@for file in benchmarks/bench_*.py; do echo "== $$file"; PYTHONPATH=. $(BIN)/python "$$file"; done

lint: $(STAMP) ## ruff, mypy --strict, import contracts, generated files; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

lock: $(STAMP) ## renew requirements.lock (needs uv in .venv: pip install uv)
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade -q -o requirements.lock

clean: ## remove what the other targets made below this clone
	@rm -rf .venv .cxsync build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
