# Every target sets up what it needs in .venv, once; the second time it is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(RUN) ## See it at work: simulated exchanges, an encrypted file, strategies on and off
	$(BIN)/bf-reconciler demo $(DEMO)

test: $(DEV) ## Run every test
	$(BIN)/python -m pytest $(TEST)

check: $(DEV) ## Format, lint, types, import contracts, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(TEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='*/facts/*,*/spec/*,*/document/*,*/exchanges/*,*/policy/*,*/verdict/*,*/status/*,*/plan.py,*/reconcile.py' --fail-under=100
	$(BIN)/coverage report --fail-under=95

format: $(DEV) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## Print the figures of the README
	$(BIN)/python benchmarks/run.py $(BENCH)

lock: $(DEV) ## Lock the dependencies anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --upgrade pyproject.toml --output-file requirements/run.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --group dev --upgrade pyproject.toml --output-file requirements/dev.txt

clean: ## Remove what was set up
	rm -rf $(VENV) dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { echo 'On Debian: apt-get install python3-venv' >&2; exit 1; }

$(RUN): requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/run.txt
	$(BIN)/python -m pip install --quiet --requirement requirements/build.txt --require-hashes
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

$(DEV): requirements/dev.txt $(RUN) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@
