# `make run` starts everything on this machine; `make test` runs all tests. Both install first what
# they need, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two processes at once: tests/support/two_processes.py.
TWO := -n 2
# What starts processes is not even read.
UNIT := -m "not system" --ignore=tests/system --ignore=tests/browser
WITHOUT_AVX512 := ENGINE_PROCESSOR_FILE=tests/recognition/processor_without_avx512.txt
# A part of each package that needs no database, no nets and no other process.
QUICKEST := tests/test_for_outsiders.py tests/scaler/deciding/test_policy.py tests/foundation/test_messages.py \
	tests/workers/queue/test_response_backend.py tests/recognition/test_open_set.py tests/recognition/gallery/test_names.py \
	tests/faceweb/intake/test_names.py tests/localcloud/emulator/test_remembered.py tests/deploy/stack/test_capacity.py
SYSTEM_NEEDS := sh tests/install_chromium.sh && sh tests/install_caddy.sh && sh tests/install_qemu.sh
COVERED := $(BIN)/python -m pytest -q $(TWO) --cov --cov-report=term:skip-covered
DATABASE_TESTS := TEST_DATABASE=postgresql $(BIN)/python -m pytest -q $(TWO) -m database
# Where Python may not write what it has compiled, every process of every test compiles it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup run quick test unit unit-quick unit-without-avx512 unit-database coverage coverage-units \
	mutation posture matrix system lint form quickest audit emulators images machine bench chaos simulate fuzz \
	screenshots docs clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /make \1|/' | column -t -s '|'

setup: $(VENV)/.installed ## Install what running needs into .venv

run: $(VENV)/.installed ## Start the whole system on this machine (PORT=8000)
	@exec $(BIN)/python -m faces run

quick: $(VENV)/.installed-dev ## Check form, types and imports, and run the quickest tests: a minute
	@$(MAKE) --no-print-directory -j 2 form quickest

form:
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > var/log/imports.log || { cat var/log/imports.log; exit 1; }

quickest:
	$(BIN)/python -m pytest -q $(QUICKEST)

test: lint audit unit system ## Run every check and test

unit: unit-quick unit-without-avx512 unit-database ## Run the unit tests in every way

unit-quick: $(VENV)/.installed-dev ## Run the unit tests as this machine is
	$(BIN)/python -m pytest -q $(TWO) $(UNIT)

unit-without-avx512: $(VENV)/.installed-dev ## Run the recogniser's tests as without AVX-512
	$(WITHOUT_AVX512) $(BIN)/python -m pytest -q -m "not system" tests/recognition

unit-database: $(VENV)/.installed-dev ## Run the tests of the database on PostgreSQL
	@sh tests/install_postgresql.sh
	$(DATABASE_TESTS)

mutation: $(VENV)/.installed-dev ## Change the modules that decide, and see whether their tests notice
	$(BIN)/python -m tests.mutation --most 60

coverage: coverage-units ## Run all tests, and fail below the floor of covered lines
	@$(SYSTEM_NEEDS)
	$(COVERED) -m system --cov-append

coverage-units: $(VENV)/.installed-dev ## The same of the unit tests alone
	$(COVERED) $(UNIT) --cov-fail-under=84

matrix: ## Run the quick tests on each Python 3.11 to 3.14 that is installed
	@$(PYTHON) -m tests.support.matrix

system: $(VENV)/.installed-dev ## Run the tests that start real processes
	@$(SYSTEM_NEEDS)
	$(BIN)/python -m pytest -q $(TWO) -m system

lint: $(VENV)/.installed-dev ## Check form, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

audit: $(VENV)/.installed-dev ## Look for insecure code, and for known vulnerabilities of what is installed
	$(BIN)/bandit -q -ll -c pyproject.toml -r faces recognition foundation workers scaler faceweb localcloud deploy benchmarks
	$(BIN)/python -m tests.support.audit

posture: $(VENV)/.installed-dev ## Judge the stack by checkov and by AWS's reference of permissions
	@[ -x .posture/bin/checkov ] || { $(PYTHON) -m venv .posture && .posture/bin/pip install -q -r tests/deploy/posture/requirements.txt; }
	$(BIN)/python -m tests.deploy.posture .posture

emulators: $(VENV)/.installed-dev ## Go the guide's way on MiniStack, which shares no code with our emulator
	@[ -x .emulators/bin/ministack ] || { $(PYTHON) -m venv .emulators && .emulators/bin/pip install -q -r tests/deploy/emulators/requirements.txt; }
	$(BIN)/python -m tests.deploy.emulators .emulators

images: $(VENV)/.installed-dev ## Build the container images, and run compose.yaml in them
	$(BIN)/python -m tests.images

machine: $(VENV)/.installed-dev ## Bake the machine image, and boot both tiers from it under systemd
	$(BIN)/python -m tests.deploy.nspawn

screenshots: $(VENV)/.installed-dev ## Take the documents' pictures of the pages again
	@sh tests/install_chromium.sh
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

docs: $(VENV)/.installed-dev ## Build the site of the documents into var/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "Open var/site/index.html. To search, serve it: python3 -m http.server -d var/site -b 127.0.0.1 8080"

bench: $(VENV)/.installed ## Measure tasks per second through the queue
	$(BIN)/python manage.py benchmark queue

chaos: $(VENV)/.installed-dev ## Make everything fail for 8 minutes, and show that nothing is lost
	@sh tests/install_postgresql.sh
	$(BIN)/python -m tests.chaos --json

simulate: $(VENV)/.installed-dev ## Run the protocol of web and app tier under 50,000 seeds of faults (an hour on two cores)
	$(BIN)/python -W ignore -m tests.protocol --seeds 50000

fuzz: $(VENV)/.installed-dev ## Feed every door hostile input, ten minutes each
	$(BIN)/python -m tests.fuzz

clean: ## Remove .venv and everything that was made; var/ (your data) stays
	rm -rf $(VENV) .matrix .images .emulators .machine .posture build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Which stamp is there says what is installed. What pip says is in var/log/install.log.
INSTALL := @sh localcloud/installing/choose_python.sh "$(PYTHON)" $(MAKECMDGOALS) && $(PYTHON) -m localcloud.installing $(VENV)

$(VENV)/.installed: requirements-run.txt constraints.txt
	$(INSTALL) requirements-run.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt $(VENV)/.installed
	$(INSTALL) requirements-dev.txt
	@touch $@
