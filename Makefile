# Winnow. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo up test quick quick-shell quick-core check lint types contracts dependencies observe-check kafka secured-kafka chaos soak storm bench schemas sbom mutants mutation-score clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

setup: $(VENV)/.run ## Make the virtual environment with the pinned packages

$(VENV)/.run: pyproject.toml deploy/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c deploy/constraints.txt -e '.[board,registry]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -c deploy/constraints.txt -e '.[dev,board,registry,traces]'
	@touch $@

demo: $(VENV)/.run ## Run the main job from nothing: embedded broker, all stages, a report
	$(BIN)/winnow demo

up: $(VENV)/.run ## Run all stages on an embedded broker until Ctrl-C
	$(BIN)/winnow up --embedded

test: $(VENV)/.dev check ## Check everything and run all tests (real-Kafka tests need Java and Maven)
	$(BIN)/pytest -q tests/contract tests/property tests/unit
	@set -e; for file in tests/bench/test_*.py tests/integration/test_*.py; do echo $$file; $(BIN)/pytest -q $$file; done
	$(BIN)/pytest -q tests/e2e

quick: $(VENV)/.dev ## The inner loop: what tests without brokers, browsers or training say, within 90 seconds on two cores
	@$(MAKE) --no-print-directory -j2 --output-sync=target quick-shell quick-core

quick-shell:
	$(BIN)/pytest -q -m "not slow and not kafka" tests/unit/schemas tests/unit/agents --ignore=tests/unit/agents/board --ignore=tests/unit/agents/test_cli.py tests/contract/test_golden_messages.py tests/contract/test_topic_table.py tests/contract/test_readme.py

quick-core:
	$(BIN)/pytest -q -m "not slow" $(addprefix tests/unit/pipeline/,act correlate decide explain ledger monitor policy privacy sift stream written) tests/unit/models/judging

check: lint types contracts dependencies ## Lint, types, the import contracts, and that the pinned packages fit together

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.dev ## Imports point one way
	$(BIN)/lint-imports

dependencies: $(VENV)/.dev ## The installed packages fit together
	$(BIN)/pip check

observe-check: $(VENV)/.dev ## Watch a running flow with a real Prometheus and Alertmanager
	CI=true $(BIN)/pytest -q tests/contract/test_metrics*.py tests/integration/test_observe.py tests/integration/test_health.py

kafka: $(VENV)/.run ## Run a real Kafka on 127.0.0.1:9092 without Docker, until Ctrl-C
	$(BIN)/python -m agents.local

secured-kafka: $(VENV)/.dev ## Run one with TLS, users and ACLs on 127.0.0.1:9093, to practise a deployment on
	$(BIN)/python -m agents.local.secured_kafka

chaos: $(VENV)/.dev ## Kill and pause brokers and workers for SECONDS (1200), then audit; SEED=n repeats a run
	$(BIN)/python -m tests.e2e.chaos --seconds $(or $(SECONDS),1200) $(if $(SEED),--seed $(SEED))

soak: $(VENV)/.dev ## Feed RATE (1000) events a second for SECONDS (1200): memory, descriptors, lag, bytes an event
	$(BIN)/python -m tests.e2e.soak --seconds $(or $(SECONDS),1200) --rate $(or $(RATE),1000)

storm: $(VENV)/.dev ## Edit and delete among POSTS (20000) posts, with crashes, in memory and on Kafka: as if the deleted had never been
	STORM_POSTS=$(or $(POSTS),20000) $(BIN)/pytest -q --timeout 3600 tests/property/test_deletion_storm.py tests/e2e/test_deletions.py

mutants: $(VENV)/.dev ## Break delivery and accounting in one place at a time: do the tests notice?
	$(BIN)/python -m tests.tools.mutants

mutation-score: $(VENV)/.dev ## Break SAMPLE (150) small things in the runtime and the stream, by SEED, for MINUTES (30): a score
	$(BIN)/python -m tests.tools.mutation_score --sample $(or $(SAMPLE),150) --seed $(or $(SEED),1) --minutes $(or $(MINUTES),30)

bench: $(VENV)/.run ## Measure this machine (starts what it needs)
	$(BIN)/winnow bench

schemas: $(VENV)/.run ## Write the exported JSON Schemas and the AsyncAPI document anew
	$(BIN)/winnow schemas export

# The tool has an environment of its own: what it needs is no part of what it lists.
SBOM_OF = .winnow/sbom/installed
SBOM = .winnow/sbom/winnow.cdx.json
sbom: ## List what an installation consists of, as CycloneDX (SBOM_OF=DIR: of that environment, as it is)
	@[ -d .winnow/sbom/tool ] || $(PYTHON) -m venv .winnow/sbom/tool
	@.winnow/sbom/tool/bin/pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
ifeq ($(origin SBOM_OF),file)
	@$(PYTHON) -m venv --clear --without-pip $(SBOM_OF)
	@.winnow/sbom/tool/bin/pip --python $(SBOM_OF)/bin/python install --quiet --disable-pip-version-check -c deploy/constraints.txt '.[board,registry]'
endif
	@.winnow/sbom/tool/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible -o $(SBOM) $(SBOM_OF)/bin/python
	@echo "$$(grep -c '"purl"' $(SBOM)) packages in $(SBOM)"

clean: ## Remove everything that was built
	rm -rf $(VENV) .winnow .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
