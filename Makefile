# Two commands are enough on a fresh machine with Python >= 3.11: `make demo` and `make test`.
# Everything they need is installed into .venv from requirements.lock, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-stories test-commands test-servers test-rules test-worlds check terraform terraform-facts fmt soak mutations pictures bench lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(READY)  ## heal a stuck season on this machine, with real processes (FULL=1: all three)
	@$(BIN)/gaphealer demo $(if $(FULL),--full)

test: test-stories test-commands test-servers test-rules test-worlds  ## all tests, on the real local stack (`make -j3 test`: three parts side by side)

test-stories: $(READY)
	$(BIN)/python -m pytest tests/acceptance tests/failures

test-commands: $(READY)
	$(BIN)/python -m pytest tests/integration/cli tests/browser

test-servers: $(READY)
	$(BIN)/python -m pytest tests/integration --ignore tests/integration/cli

test-rules: $(READY)
	$(BIN)/python -m pytest tests/unit tests/contract tests/terraform

test-worlds: $(READY)
	$(BIN)/python -m pytest tests/properties tests/simulation tests/crash_matrix tests/mutations tests/catalogue

check: $(READY) terraform  ## what CI checks besides the tests: lint, types, floors, SQL, the shipped pipeline, Terraform
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.rendered_sql build/sql
	$(BIN)/sqlfluff lint --processes 2 build/sql shared/demo/sql
	$(BIN)/gaphealer validate

terraform:  ## Terraform's format, validity and tests, without an account
	@terraform/check.sh

terraform-facts: $(READY)  ## write what Terraform's tests compare with: names, deadlines, the ledger
	$(BIN)/python -m tests.terraform.facts

fmt: $(READY)  ## format Python and SQL
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

soak: $(READY)  ## many worlds in which everything goes wrong (RUNS=20000, FIRST=0); goes into docs/reliability.md
	$(BIN)/python -m tests.simulation --runs $(or $(RUNS),20000) --first $(or $(FIRST),0)

mutations: $(READY)  ## take each guard out, one at a time, and see who notices; goes into docs/reliability.md
	$(BIN)/python -m tests.mutations

pictures: $(READY)  ## take the pictures of the README anew, of the demo while it heals; needs Chromium
	$(BIN)/python -m tests.browser.pictures

bench: $(READY)  ## measure; the results go into docs/benchmarks.md by hand
	$(BIN)/python -m tests.bench

lock: $(READY)  ## resolve requirements.lock anew, and from it what is deployed
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --custom-compile-command 'make lock' --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --constraints requirements.lock --universal --generate-hashes \
		--no-emit-index-url --no-annotate --python-version 3.11 --custom-compile-command 'make lock' --quiet \
		-o functions/requirements.txt

clean:  ## remove what was installed and what runs left behind
	rm -rf $(VENV) .gaphealer build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	@echo "Installing into $(VENV), once ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
