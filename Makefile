SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# SAM CLI, cfn-lint, checkov and MiniStack clash with the project's pins: each runs from an
# environment of its own in .tools/, pinned with hashes in tools/*.txt.
UV_VERSION := 0.13.9
OSV_URL := https://api.osv.dev/v1/query
export UV_PYTHON_DOWNLOADS ?= never
export SAM_CLI_TELEMETRY := 0

# A uv of the user's own serves if it is new enough; otherwise .uv/ gets the pinned one.
UV := $(shell printf '%s\n' $(UV_VERSION) "$$(uv --version 2>/dev/null | cut -d' ' -f2)" | sort -VC && echo uv || echo .uv/bin/uv)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.uv/bin:$(PATH)

PYTHON := .venv/bin/python
READY := .venv/.ready
TOOLS := $(basename $(notdir $(wildcard tools/*.in)))
LAYER_LOCK := layers/dependencies/requirements.txt
LOCKS := $(LAYER_LOCK) requirements-dev.txt $(TOOLS:%=tools/%.txt)
COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --python-version 3.13 \
	--no-emit-index-url --custom-compile-command "make locks"

.PHONY: help setup setup-browser demo report bill replay-alerts tags validate-config put-config \
	test check schema format lint types imports check-locks locks audit test-template build \
	deploy-local clients usage-page bench bench-spikes clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv with everything that the other targets need; they call it themselves
	@:

setup-browser: ## Install Chromium for the tests of the HTML page (Debian and Ubuntu)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	@command -v chromium

.uv/bin/uv:
	@echo "Installing uv $(UV_VERSION) into .uv/"
	@python3.13 -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): requirements-dev.txt $(LAYER_LOCK) pyproject.toml .python-version | $(filter .uv/%,$(UV))
	@[ -x $(PYTHON) ] || $(UV) venv --quiet --python 3.13 .venv
	@echo "Installing the locked requirements into .venv/"
	@$(UV) pip sync --quiet --python $(PYTHON) --require-hashes requirements-dev.txt
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Run the real handler on a sample week: prints table and alert, reports in out/
	@$(PYTHON) -m local.demo

report: $(READY) ## Report on your own data without AWS: PROJECTS=my-app DATE=2026-11-20 (needs LANGSMITH_API_KEY)
	@$(PYTHON) -m local.report

bill: $(READY) ## Compare a provider's bill with your traces: PROVIDER=openai PROJECTS=my-app DATE=2026-11-20 (README: the bills)
	@$(PYTHON) -m local.bill

replay-alerts: $(READY) ## Show what would have been told of your last days: PROJECTS=my-app DAYS=60 (needs LANGSMITH_API_KEY)
	@$(PYTHON) -m local.replay_alerts

tags: $(READY) ## Show how your newest LLM runs are tagged: PROJECTS=my-app (needs LANGSMITH_API_KEY)
	@$(PYTHON) -m local.tags

validate-config: $(READY) ## Check price and budget documents before you put them: CONFIG=folder, with the account's too: CONFIG_PATH=/llm-spend/prod
	@$(PYTHON) -m local.validate_config

put-config: $(READY) ## Put a folder's documents into the account: CONFIG=folder CONFIG_PATH=/llm-spend/prod, CHECK=1 to compare only; a key: KEY=langsmith-api-key
	@$(PYTHON) -m local.put_config

test: $(READY) ## Run the tests
	@$(PYTHON) -m pytest -n auto --dist worksteal --ignore=tests/template --ignore=tests/artefact

check: lint types imports check-locks test test-template ## Everything that CI runs: lint, types, imports, locks, tests, template, built artefact

schema: $(READY) ## Write docs/summary.schema.json anew from the types of a day's record
	@$(PYTHON) -m local.summary_schema

format: $(READY) ## Format the code and apply the linter's safe fixes
	@$(PYTHON) -m ruff check --quiet --fix-only .
	@$(PYTHON) -m ruff format --quiet .

lint: $(READY)
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --check .

types: $(READY)
	@$(PYTHON) -m mypy --no-error-summary

imports: $(READY)
	@result=$$(lint-imports --no-cache 2>&1) || { echo "$$result"; exit 1; }

# Every lock, compiled again below folder $(1); what stands there keeps its versions.
define compile-locks
$(COMPILE) $(UPGRADE) pyproject.toml -o $(1)/$(LAYER_LOCK)
$(COMPILE) $(UPGRADE) pyproject.toml --group dev -c $(LAYER_LOCK) -o $(1)/requirements-dev.txt
for tool in $(TOOLS); do $(COMPILE) $(UPGRADE) --no-annotate --no-header tools/$$tool.in -o $(1)/tools/$$tool.txt || exit 1; done
endef

locks: | $(filter .uv/%,$(UV)) ## Compile all locks again from pyproject.toml and tools/*.in (UPGRADE=--upgrade for newer versions)
	@$(call compile-locks,.)

# pip-audit ends with 1 in both cases, so it is the address that tells whether there is a network.
audit: | $(filter .uv/%,$(UV)) ## Ask OSV about known vulnerabilities of every locked package (needs a network)
	@tools/run pip-audit:python -c "import requests; requests.head('$(OSV_URL)', timeout=10)" 2>/dev/null || \
		{ echo "make audit asks $(OSV_URL), which is out of reach: it needs a network"; exit 2; }
	@found=0; for lock in $(LOCKS); do echo "$$lock"; \
		tools/run pip-audit --vulnerability-service osv --osv-url $(OSV_URL) --disable-pip --progress-spinner off \
			--requirement "$$lock" || found=1; done; exit $$found

check-locks: $(READY)
	@rm -rf build/locks && mkdir -p build/locks/tools build/locks/$(dir $(LAYER_LOCK))
	@for lock in $(LOCKS); do cp $$lock build/locks/$$lock || exit 1; done
	@$(call compile-locks,build/locks)
	@for lock in $(LOCKS); do diff -u $$lock build/locks/$$lock || out=1; done; [ -z "$${out:-}" ] \
		|| { echo "The locks are out of step with pyproject.toml or tools/*.in: run 'make locks'"; exit 1; }

# Lambda's runtime client, which runs what was built as Lambda would.
build/runtime: tools/awslambdaric.txt | $(READY)
	@rm -rf $@
	@$(UV) pip install --quiet --python $(PYTHON) --target $@ --require-hashes -r $<
	@touch $@

build: $(READY) build/runtime ## Build functions and layer for deploying, into .aws-sam/
	@$(PYTHON) -c "from spend_report.page.render import compile_template; compile_template()"
	@result=$$(tools/run sam build 2>&1) || { echo "$$result"; exit 1; }

test-template: build build/whole-layer
	@$(PYTHON) -m pytest -n auto --dist loadfile tests/template tests/artefact

deploy-local: build ## Deploy the built template into an AWS emulator and let its schedule fire
	@$(PYTHON) -m local.deploy

# Clients of LLMs, in an environment of their own: tests/clients runs each, where it is there.
build/clients/.ready: tools/clients.txt | $(READY)
	@$(UV) venv --quiet --clear --python 3.13 build/clients
	@$(UV) pip sync --quiet --python build/clients/bin/python --require-hashes $<
	@touch $@

clients: build/clients/.ready ## Install the clients of LLMs whose tokens tests/clients checks (1 GB)
	@:

usage-page: $(READY) ## Write docs/usage.md out of what the tests of the clients hold
	@$(PYTHON) -m tests.clients.page

# The layer's packages untrimmed and compiled as the layer's are, for the bench's own contestants.
build/whole-layer: $(LAYER_LOCK) | $(READY)
	@rm -rf $@
	@$(UV) pip install --quiet --python $(PYTHON) --target $@ --require-hashes --no-deps -r $<
	@$(PYTHON) -m compileall -q --invalidation-mode unchecked-hash $@
	@touch $@

bench: build build/whole-layer ## Measure time, memory, requests, size and cold start against the goals (FULL=1: a million runs too)
	@$(PYTHON) -m bench $(if $(FULL),--full)

bench-spikes: $(READY) ## Measure what the spike detectors find and how often they cry wolf (NAB=file.csv: on public series too)
	@$(PYTHON) -m bench.spikes $(if $(NAB),--nab $(NAB))

clean: ## Remove everything that the targets made
	@rm -rf .venv .uv .tools .aws-sam build out .mypy_cache .ruff_cache .pytest_cache .hypothesis
