# Every target sets up what it needs in .venv, once; the second time it is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
DEPLOY := $(VENV)/deploy/.done
SBOM := $(VENV)/sbom/.done
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/bf_reconciler/__init__.py)
# Tests wait more than they work: for exchanges, files and grace. So more of them than cores at once.
JOBS ?= 4
PYTEST = -m pytest --numprocesses $(JOBS) --dist worksteal
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench sbom manifests dashboards changelog lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(RUN) ## See it at work: simulated exchanges, an encrypted file, strategies on and off
	$(BIN)/bf-reconciler demo $(DEMO)

test: $(DEV) $(DEPLOY) ## Run every test
	$(BIN)/python $(PYTEST) $(TEST)

check: $(DEV) $(DEPLOY) ## Format, lint, types, import contracts, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST) $(TEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='*/facts/*,*/spec/*,*/document/*,*/exchanges/*,*/policy/*,*/verdict/*,*/status/*,*/bf_reconciler/schedule.py,*/reconcile.py,*/preview/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

format: $(DEV) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## Print the figures of the README
	$(BIN)/python benchmarks/run.py $(BENCH)

sbom: $(RUN) $(SBOM) ## Write the bill of materials (CycloneDX) of what the container holds, to dist/
	@mkdir -p dist
	@sed 's/^dynamic = .*/version = "$(VERSION)"/' pyproject.toml > $(VENV)/image/pyproject.toml
	$(VENV)/sbom/bin/cyclonedx-py environment --pyproject $(VENV)/image/pyproject.toml --output-reproducible \
	  --spec-version 1.6 --output-format JSON --output-file dist/bf-reconciler.cdx.json $(VENV)/image/bin/python

manifests: ## Put the alerts into the PrometheusRule for prometheus-operator
	@cd deploy/kubernetes/overlays/prometheus-operator && { \
	  printf '%s\n' '# Made by `make manifests` from deploy/prometheus/bf-reconciler.rules.yaml.' \
	    'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: bf-reconciler' 'spec:'; \
	  sed 's/^./  &/' ../../../prometheus/bf-reconciler.rules.yaml; } > prometheusrule.yaml

dashboards: $(DEV) ## Write the dashboards of Grafana as JSON
	cd deploy/grafana && $(abspath $(BIN))/python -B -m dashboards

changelog: $(DEV) ## Show what the fragments in changes/ make together
	@$(BIN)/towncrier build --draft --version $(VERSION)

lock: $(DEV) ## Lock the dependencies anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --upgrade pyproject.toml --output-file requirements/run.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --group dev --upgrade pyproject.toml --output-file requirements/dev.txt
	for name in deploy sbom; do $(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url \
	  --python-version 3.11 --no-header --upgrade requirements/$$name.in --output-file requirements/$$name.txt; done

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

# The programs that check deploy/: an environment of their own, for they pin much that is ours, too.
$(DEPLOY): requirements/deploy.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/deploy
	$(VENV)/deploy/bin/python -m pip install --quiet --require-hashes --requirement requirements/deploy.txt
	@touch $@

# What the container holds, and the program that lists it.
$(SBOM): requirements/sbom.txt requirements/run.txt pyproject.toml src/bf_reconciler/__init__.py | $(RUN)
	$(BIN)/python -m venv $(VENV)/sbom
	$(VENV)/sbom/bin/python -m pip install --quiet --require-hashes --requirement requirements/sbom.txt
	$(BIN)/python -m venv --clear --without-pip $(VENV)/image
	$(BIN)/python -m pip --python $(VENV)/image/bin/python install --quiet --no-compile --require-hashes --requirement requirements/run.txt
	rm -rf $(VENV)/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(VENV)/wheel .
	$(BIN)/python -m pip --python $(VENV)/image/bin/python install --quiet --no-compile --no-deps $(VENV)/wheel/*.whl
	@touch $@
