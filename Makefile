# `make run` and `make test` are all a fresh machine needs (Python >= 3.11 and make). The environment lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .counterpoise/demo
DEMO_BUILD := $(DEMO)/.demo.build
DOCS_SITE := .counterpoise/docs
UV_VERSION := 0.13.9
PIP_AUDIT := pip-audit==2.10.1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

SPARK := .venv-spark
.PHONY: run test test-slow test-spark test-spark-slow test-warehouses test-bi bench lint audit docs docs-site lock clean help

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(VENV)/.run-ready  ## the whole job on the demo organisation; ends with the path of a report
	@$(BIN)/counterpoise simulate --out $(DEMO)/raw --labels $(DEMO)/labels.csv
	@COUNTERPOISE_SALT=counterpoise-demo-salt $(BIN)/counterpoise run --raw $(DEMO)/raw --db $(DEMO)/demo.duckdb --out $(DEMO)/report

test: $(VENV)/.test-ready  ## the tests, in under ten minutes
	$(BIN)/python -m pytest -m "not slow and not spark and not warehouses and not bi"

test-slow: $(VENV)/.test-ready  ## the tests that take long
	$(BIN)/python -m pytest -m "slow and not spark and not warehouses and not bi"

# Without Java there is nothing to test with: said, and not taken for a success where COUNTERPOISE_REQUIRE_SPARK is set.
test-spark test-spark-slow: $(if $(shell command -v java),$(SPARK)/.ready)
test-spark:  ## a build, the checks and the scores on Spark, the same rows as on DuckDB (needs Java 8, 11 or 17)
	$(call on-spark,spark and not slow)

test-spark-slow:  ## the tests on Spark that take long: single steps, dbt's tests, contracts, the real log
	$(call on-spark,spark and slow)

define on-spark
	@if command -v java >/dev/null; then $(SPARK)/bin/python -m pytest -n 0 -m "$(1)" tests/python/spark; \
	else echo "The tests on Spark are skipped: they need Java 8, 11 or 17, and there is none on the PATH" >&2; test -z "$(COUNTERPOISE_REQUIRE_SPARK)"; fi
endef

bench: $(VENV)/.run-ready  ## seconds and memory of every step at 1, 10 and 100 million events; SIZES=10 for one
	@$(BIN)/python -m bench $(if $(SIZES),--sizes "$(SIZES)",--docs docs)

test-warehouses: $(VENV)/.test-ready  ## compile the models for warehouses that no test can run; WAREHOUSE=trino for one
	$(BIN)/python -m pytest -n 0 -m warehouses $(if $(WAREHOUSE),-k $(WAREHOUSE)) tests/python/test_other_warehouses.py $(if $(WAREHOUSE),,tests/python/test_fakesnow.py)

test-bi: $(VENV)/.test-ready  ## import the dashboards of bi/superset into a Superset and look at them (installs it; some minutes)
	$(BIN)/python -m pytest -n 0 -m bi tests/python/test_bi.py

lint: $(VENV)/.test-ready  ## style of Python and SQL
	$(BIN)/ruff check python tests bench docs
	$(BIN)/sqlfluff lint --processes 2 models macros tests/generic tests/singular

audit: $(VENV)/.test-ready  ## known vulnerabilities among the pinned dependencies; needs the network
	@$(BIN)/python .ci/audit.py $(BIN)/uv tool run --from $(PIP_AUDIT) pip-audit -r requirements.lock --disable-pip --no-deps -f json --progress-spinner off

docs: $(VENV)/.run-ready  ## write the tables of docs/ from the registries
	$(BIN)/python -m counterpoise.docs_pages

docs-site: $(VENV)/.test-ready run  ## a site of all pages, and of the models of the demo with every column; needs no network
	@$(dbt-on-demo) parse && $(dbt-on-demo) docs generate --static --no-compile
	@$(BIN)/python -m sphinx -q -W --keep-going -c docs -d $(DOCS_SITE)/pages . $(DOCS_SITE)/site
	@cp $(DEMO_BUILD)/target/static_index.html $(DOCS_SITE)/site/models.html
	@echo "Docs:   $(abspath $(DOCS_SITE)/site/index.html)"

# where the run left dbt's parse, so that nothing is parsed anew
define dbt-on-demo
COUNTERPOISE_BUILD_FILE=$(abspath $(DEMO_BUILD)/work.duckdb) DBT_TARGET_PATH=$(abspath $(DEMO_BUILD)/target) \
	DBT_LOG_PATH=$(abspath $(DEMO_BUILD)/logs) $(BIN)/dbt --quiet
endef

lock: $(VENV)/.uv-ready  ## pin every dependency anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --extra test pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --extra test --extra spark-test pyproject.toml --constraint requirements.lock --output-file requirements-spark.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header tests/airflow_requirements.txt --output-file requirements-airflow.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header tests/superset_requirements.txt --output-file requirements-superset.lock

clean:  ## forget the environment and the demo
	rm -rf $(VENV) $(SPARK) .counterpoise target logs

$(VENV)/.uv-ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "counterpoise needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1)
	@echo "Making the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.run-ready: pyproject.toml requirements.lock | $(VENV)/.uv-ready
	@echo "Installing counterpoise"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.test-ready: pyproject.toml requirements.lock | $(VENV)/.uv-ready
	@echo "Installing counterpoise and what its tests need"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --editable '.[test]'
	@touch $@ $(VENV)/.run-ready

$(SPARK)/.ready: pyproject.toml requirements-spark.lock | $(VENV)/.uv-ready
	@echo "Installing counterpoise and Spark in $(SPARK)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SPARK)
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --constraint requirements-spark.lock --editable '.[test,spark-test]'
	@touch $@
