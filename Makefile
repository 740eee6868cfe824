# Every target installs what it needs into .venv once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
DEPLOY := $(VENV)/deploy/.done
SBOM := $(VENV)/sbom/.done
API := $(VENV)/api/.done
AUDIT := $(VENV)/audit/.done
MUTANTS := $(VENV)/mutants/.done
FUZZ := $(VENV)/fuzz/.done
FREQTRADE := $(VENV)/freqtrade/.done
PEERS := $(VENV)/peers/.done $(VENV)/peers-coinbase/.done
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' src/bf_reconciler/__init__.py)
# Tests mostly wait (for exchanges, files and grace), so run more of them at once than there are cores.
JOBS ?= 4
# What a fleet costs: all of it takes an hour and a half.
FLEET ?= --keys 300 3000 10000 --runs 5 --clients bare ccxt ccxt-anew --withdraw --beside
PYTEST = -m pytest --numprocesses $(JOBS) --dist worksteal
FUZZ_SECONDS ?= 60
# The same search each time, so that CI fails for a change and not by chance; 0 is another one each time.
FUZZ_SEED ?= 1
API_SECONDS ?= 60
SOAK_SECONDS ?= 1800
SOAK_KEYS ?= 300
ROUNDS ?= 50
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test peers freqtrade sops environments check fuzz api audit soak drill mutants format bench cost sbom manifests \
  dashboards changelog lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(RUN) ## Run the demo: simulated exchanges, an encrypted file, strategies on and off
	$(BIN)/bf-reconciler demo $(DEMO)

test: $(DEV) $(DEPLOY) ## Run all tests but those of `make peers` and `make freqtrade`
	$(BIN)/python $(PYTEST) $(TEST)
	@echo 'Left out: the clients of others that judge the simulator (make peers), and a real freqtrade (make freqtrade).'

peers: $(DEV) $(PEERS) ## Let the official or most used client of each exchange judge the simulator
	$(BIN)/python -m pytest --numprocesses 2 -m peers tests/peers

sops: $(RUN) ## Build the oldest and the newest sops that the tests know, where there is Go
	@.ci/sops-versions

freqtrade: $(DEV) $(FREQTRADE) ## Turn a real freqtrade on and off, which trades on the simulator
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m freqtrade tests/engines

environments: sops $(DEV) $(DEPLOY) $(PEERS) $(API) $(AUDIT) $(FUZZ) $(FREQTRADE) # all that .ci/run needs

check: $(DEV) $(DEPLOY) ## Check format, lint, types and import contracts, and run tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST) $(TEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='*/facts/*,*/spec/*,*/document/*,*/exchanges/*,*/policy/*,*/verdict/*,*/status/*,*/bf_reconciler/schedule.py,*/bf_reconciler/turn.py,*/bf_reconciler/agenda.py,*/reconcile.py,*/preview/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

fuzz: $(DEV) $(FUZZ) ## Fuzz the loader and every reader of answers, FUZZ_SECONDS each
	@for target in loader answers; do \
	  PYTHONPATH=src PYTHONHASHSEED=0 FUZZ_SEED=$(FUZZ_SEED) $(VENV)/fuzz/bin/python tests/fuzz/run.py $$target $(FUZZ_SECONDS) > $(VENV)/fuzz/$$target.log 2>&1 & \
	  pids="$$pids $$!"; done; failed=0; \
	for pid in $$pids; do wait $$pid || failed=1; done; \
	for target in loader answers; do echo "$$target:"; grep -A 5 -E '^Done|Uncaught|ERROR' $(VENV)/fuzz/$$target.log || tail -n 20 $(VENV)/fuzz/$$target.log; done; \
	exit $$failed

api: $(DEV) $(API) ## Ask the served API all that its OpenAPI document permits, and more, for API_SECONDS
	$(BIN)/python tests/api_check.py $(API_SECONDS)

audit: $(AUDIT) ## Look for known flaws in our code (bandit) and in our dependencies (pip-audit)
	$(VENV)/audit/bin/bandit --quiet --recursive --configfile pyproject.toml src
	@$(VENV)/audit/bin/python tests/audit_check.py requirements/run.txt

soak: $(DEV) ## Run a fleet of 300 under faults and commits at random for SOAK_SECONDS; nothing may grow
	$(BIN)/python tests/soak.py $(SOAK_SECONDS) --connections $(SOAK_KEYS)

drill: $(DEV) ## Kill daemon, Prometheus, Alertmanager, network: does an outside receiver know within 3 minutes? ROUNDS times
	$(BIN)/python tests/drill.py $(ROUNDS)

mutants: $(DEV) $(MUTANTS) ## Change the code that decides, and count what tests notice; ONLY="--quick --sample 600" tries some
	CI=true nice -n 19 $(VENV)/mutants/bin/python tests/mutants.py $(ONLY)

format: $(DEV) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## Run the benchmarks of the README and of docs/performance.md
	$(BIN)/python benchmarks/run.py $(BENCH)
	$(BIN)/python benchmarks/whole.py $(FLEET)
	$(BIN)/python benchmarks/faces.py
	$(BIN)/python benchmarks/watching.py
	$(BIN)/python benchmarks/merging.py
	$(BIN)/python benchmarks/million.py
	$(BIN)/python benchmarks/folder.py

cost: $(DEV) ## Fail where the daemon costs twice what it should beside bare requests: a minute
	$(BIN)/python benchmarks/whole.py --keys 300 --interval 10 --seconds 15 --most 3.0

sbom: $(RUN) $(SBOM) ## Write the bill of materials (CycloneDX) of the container to dist/
	@mkdir -p dist
	@sed 's/^dynamic = .*/version = "$(VERSION)"/' pyproject.toml > $(VENV)/image/pyproject.toml
	$(VENV)/sbom/bin/cyclonedx-py environment --pyproject $(VENV)/image/pyproject.toml --output-reproducible \
	  --spec-version 1.6 --output-format JSON --output-file dist/bf-reconciler.cdx.json $(VENV)/image/bin/python

manifests: ## Regenerate the PrometheusRule for prometheus-operator from the alerts
	@cd deploy/kubernetes/overlays/prometheus-operator && { \
	  printf '%s\n' '# Generated by `make manifests` from deploy/prometheus/bf-reconciler.rules.yaml.' \
	    'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: bf-reconciler' 'spec:'; \
	  sed 's/^./  &/' ../../../prometheus/bf-reconciler.rules.yaml; } > prometheusrule.yaml

dashboards: $(DEV) ## Regenerate the Grafana dashboards
	cd deploy/grafana && $(abspath $(BIN))/python -B -m dashboards

changelog: $(DEV) ## Preview the changelog built from the fragments in changes/
	@$(BIN)/towncrier build --draft --version $(VERSION)

lock: $(DEV) ## Update the locked dependencies
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --upgrade pyproject.toml --output-file requirements/run.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --extra sops --extra notify --group dev --upgrade pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	  --no-header --upgrade pyproject.toml requirements/fuzz.in --constraints requirements/dev.txt --output-file requirements/fuzz.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 --no-header \
	  --upgrade --extra sops --group dev pyproject.toml requirements/mutants.in --constraints requirements/dev.txt --output-file requirements/mutants.txt
	for name in deploy sbom api audit peers peers-coinbase freqtrade; do $(BIN)/uv pip compile --quiet --generate-hashes --universal --no-emit-index-url \
	  --python-version 3.11 --no-header --upgrade requirements/$$name.in --output-file requirements/$$name.txt; done

clean: ## Remove .venv and dist
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

# The programs that check deploy/ have their own environment, because their pins conflict with ours.
$(DEPLOY): requirements/deploy.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/deploy
	$(VENV)/deploy/bin/python -m pip install --quiet --require-hashes --requirement requirements/deploy.txt
	@touch $@

# Programs of others, which nothing of ours may depend on. Their pins conflict with ours, and two with each other.
$(VENV)/%/.done: requirements/%.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/$*
	$(VENV)/$*/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

# The packages of the container, and the program that lists them.
$(SBOM): requirements/sbom.txt requirements/run.txt pyproject.toml src/bf_reconciler/__init__.py | $(RUN)
	$(BIN)/python -m venv $(VENV)/sbom
	$(VENV)/sbom/bin/python -m pip install --quiet --require-hashes --requirement requirements/sbom.txt
	$(BIN)/python -m venv --clear --without-pip $(VENV)/image
	$(BIN)/python -m pip --python $(VENV)/image/bin/python install --quiet --no-compile --require-hashes --requirement requirements/run.txt
	rm -rf $(VENV)/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(VENV)/wheel .
	$(BIN)/python -m pip --python $(VENV)/image/bin/python install --quiet --no-compile --no-deps $(VENV)/wheel/*.whl
	@touch $@
