# `make run` starts everything on this machine; `make test` runs all tests. Both install first what
# they need, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two processes at once: tests/two_processes.py.
TWO := -n 2
WITHOUT_AVX512 := ENGINE_PROCESSOR_FILE=tests/recognition/processor_without_avx512.txt
DATABASE_TESTS := TEST_DATABASE=postgresql $(BIN)/python -m pytest -q $(TWO) -m database
# Where Python may not write what it has compiled, every process of every test compiles it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup run test unit matrix system lint audit bench chaos simulate fuzz screenshots clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1|/' | column -t -s '|'

setup: $(VENV)/.installed ## Install what running needs into .venv

run: $(VENV)/.installed ## Start the whole system on this machine (PORT=8000)
	@exec $(BIN)/python manage.py runlocal

test: lint audit unit system ## Run every check and test

unit: $(VENV)/.installed-dev ## Run the quick tests, those of the database also on PostgreSQL
	$(BIN)/python -m pytest -q $(TWO) -m "not system"
	$(WITHOUT_AVX512) $(BIN)/python -m pytest -q -m "not system" tests/recognition
	@sh tests/install_postgresql.sh
	$(DATABASE_TESTS)

matrix: ## Run the quick tests on each Python 3.11 to 3.14 that is installed
	@$(PYTHON) -m tests.matrix

system: $(VENV)/.installed-dev ## Run the tests that start real processes
	@sh tests/install_chromium.sh
	$(BIN)/python -m pytest -q $(TWO) -m system

lint: $(VENV)/.installed-dev ## Check form, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

audit: $(VENV)/.installed-dev ## Look for insecure code, and for known vulnerabilities of what is installed
	$(BIN)/bandit -q -ll -c pyproject.toml -r recognition workers scaler faceweb localcloud deploy
	$(BIN)/python -m tests.audit

screenshots: $(VENV)/.installed-dev ## Take the README's pictures of the pages anew
	@sh tests/install_chromium.sh
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

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
	rm -rf $(VENV) .matrix .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Which stamp is there says what is installed. What pip says is in var/log/install.log.
INSTALL := @sh localcloud/installing/choose_python.sh "$(PYTHON)" $(MAKECMDGOALS) && $(PYTHON) -m localcloud.installing $(VENV)

$(VENV)/.installed: requirements-run.txt constraints.txt
	$(INSTALL) requirements-run.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt $(VENV)/.installed
	$(INSTALL) requirements-dev.txt
	@touch $@
