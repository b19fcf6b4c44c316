# Everything from a bare machine with python3 (3.11 or later), make and a C compiler.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# durable-rules is source only. Building it without isolation uses the locked setuptools.
INSTALL := $(PIP) install --quiet --require-hashes --no-build-isolation --use-pep517

# Spark needs Java 17 or later; where there is one the tests run Spark, elsewhere they say that they do not.
JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
SPARK := $(if $(shell $(JAVA) --version 2>/dev/null | awk 'NR == 1 && $$2 + 0 >= 17'),.venv/.spark)

.DEFAULT_GOAL := help
.PHONY: help setup spark demo test lint audit check agree cross-check bench bench-replay bench-service soak lock clean

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 21

setup: .venv/.installed ## make .venv with the locked versions

spark: .venv/.spark ## add Spark, for histories that outgrow one machine (needs Java 17 or later)

demo: .venv/.installed ## check the rulebooks, judge tickets, walk a case, and try a change of rules on a made-up history
	$(BIN)/caiding check rules
	$(BIN)/caiding decide --rules rules --as-of 2015-12-31T18:00 examples/tickets/*.json
	$(BIN)/caiding walk examples/systems/c5/completed-by-the-superior.case.yaml
	@mkdir -p build/candidate
	$(BIN)/caiding generate --rules rules --tickets 10000 --seed 2015 --output build/history.parquet
	$(BIN)/caiding decide --rules rules --as-of 2015-12-31T18:00 build/history.parquet
	cp rules/*.yaml build/candidate
	sed -f examples/change.sed rules/penalties.yaml > build/candidate/penalties.yaml
	$(BIN)/caiding diff rules build/candidate
	$(BIN)/caiding dry-run --base rules --candidate build/candidate --tickets build/history.parquet --prove \
		--as-of 2015-12-31T18:00 --report build/report.html

test: .venv/.installed $(SPARK) ## run the tests and the examples in docstrings
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: .venv/.installed ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

audit: .venv/.installed ## look for known vulnerabilities of the libraries that are run
	@$(BIN)/python -m tests.house.audit requirements/run.txt

check: lint audit test ## what must hold before a change lands

agree: .venv/.installed ## 100,000 made-up tickets through all three evaluators
	$(BIN)/python -m tests.agreement.run --tickets 100000 --seed 1

cross-check: .venv/.installed ## 10,000 made-up tables: no search finds what the proofs deny
	$(BIN)/python -m tests.prove.cross_check --tables $(or $(TABLES),10000)

bench: .venv/.benchmark ## measure decisions a second, then the service
	$(BIN)/python -m benchmarks.run
	$(MAKE) bench-replay
	$(MAKE) bench-service

bench-replay: .venv/.installed ## measure a million tickets in SQL beside SQL written by hand; TICKETS=10000000 for more
	$(BIN)/python -m benchmarks.replay.run --tickets $(or $(TICKETS),1000000)

bench-service: .venv/.installed ## measure requests a second beside bare Flask (with wrk, where installed)
	$(BIN)/python -m benchmarks.service.run

soak: .venv/.installed ## 30 minutes of load with reloads; MINUTES=5 for fewer
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),30)

lock: .venv-lock/.installed ## write requirements/*.txt anew; UPGRADE=--upgrade takes the latest versions
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) pyproject.toml -c requirements/build.txt -o requirements/run.txt
	$(LOCK) -c requirements/build.txt -c requirements/run.txt pyproject.toml --group dev -o requirements/dev.txt
	$(LOCK) -c requirements/build.txt -c requirements/run.txt pyproject.toml --extra bench -o requirements/bench.txt
	$(LOCK) -c requirements/build.txt -c requirements/run.txt pyproject.toml --extra spark -o requirements/spark.txt

LOCK = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate $(UPGRADE)

clean: ## remove what was made
	rm -rf .venv .venv-lock build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "caiding needs Python 3.11 or later")'
	$(PYTHON) -m venv .venv

.venv/.installed: requirements/build.txt requirements/dev.txt pyproject.toml | .venv/pyvenv.cfg
	$(INSTALL) -r requirements/build.txt
	$(INSTALL) -r requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.benchmark: requirements/bench.txt .venv/.installed
	$(INSTALL) -r requirements/bench.txt
	@touch $@

.venv/.spark: requirements/spark.txt .venv/.installed
	$(INSTALL) -r requirements/spark.txt
	@touch $@

.venv-lock/.installed:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	@touch $@
