# The two commands of a newcomer are `make run` and `make test`; both set up what is missing first.

# The first Python of at least 3.11 that runs.
PYTHON ?= $(shell for name in python3.11 python3 python3.13 python3.12 python; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# What the installation depends on: a changed .pyx is compiled anew, where there is a C compiler.
BUILT  := pyproject.toml setup.py $(shell find gateway protocols -name '*.pyx' -o -name '*.pxd')

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types bench bench-peers fuzz chaos soak clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): $(BUILT)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "make: Python 3.11 or newer is needed (set PYTHON=...)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m compileall -q gateway protocols
	@touch $@

setup: $(STAMP) ## Make .venv with everything (quick when nothing is missing)

run: setup ## Start the gateway with the live demo market
	@exec $(BIN)/bdax run --demo

lint: setup ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## Check types
	$(BIN)/mypy

# The tests start a hundred gateways: byte code is kept, also of rewritten asserts, though the environment says no.
# Two of the three workers have the system tests at first, which mostly wait (tests/lanes.py).
# `make test BDAX_PURE=1` runs all of it on the plain Python of the hot modules.
test: lint types ## Run every check: lint, types, tests with branch coverage
	$(BIN)/coverage erase
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --cov --cov-report=

BENCH ?= full

bench: setup ## Print the benchmark tables, with every target, and write build/bench.json: well over an hour; BENCH=short takes a quick look
	@mkdir -p build
	@$(BIN)/python -m tests.bench --json build/bench.json $(if $(filter short,$(BENCH)),,--full)

PEER_ROUNDS ?= 5

bench-peers: setup ## Measure the gateway beside other FIX servers, PEER_ROUNDS (5) rounds; the result is in build/bench-peers.json
	@mkdir -p build
	@$(BIN)/python -m tests.bench.peers_run --rounds $(PEER_ROUNDS) --json build/bench-peers.json

FUZZ_SECONDS ?= 60

fuzz: setup ## Fuzz every target under atheris, FUZZ_SECONDS (60) each; what is found is kept in .fuzz/found
	@$(BIN)/python -c 'import atheris' 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check atheris || \
	  { echo "make fuzz: atheris cannot be installed here; the targets run under hypothesis in make test" >&2; exit 1; }
	@status=0; for target in $${FUZZ_TARGETS:-$$($(BIN)/python -m tests.fuzz)}; do \
	  $(BIN)/python -m tests.fuzz $$target $(FUZZ_SECONDS) || { status=1; \
	    echo "make fuzz: $$target is broken; again: $(BIN)/python -m tests.fuzz $$target .fuzz/found/$$target-..." >&2; }; \
	done; exit $$status

CHAOS_KILLS ?= 200

chaos: setup ## Kill a gateway under trading clients CHAOS_KILLS (200) times, and audit what they saw
	@$(BIN)/python -m tests.system.chaos --kills $(CHAOS_KILLS)

SOAK_SECONDS ?= 600
SOAK_SUBSCRIBERS ?= 2000
SOAK_WORKERS ?= 0

soak: setup ## Hold SOAK_SUBSCRIBERS (2000) that come and go for SOAK_SECONDS (600): flat memory, nothing lost
	@$(BIN)/python -m tests.system.market_data --seconds $(SOAK_SECONDS) --subscribers $(SOAK_SUBSCRIBERS) \
	  --workers $(SOAK_WORKERS)

clean: ## Remove the environment and caches
	find gateway protocols -name '*.so' -delete
	rm -rf $(VENV) build .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
