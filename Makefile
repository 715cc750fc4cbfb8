.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check demo migrate manage bench kill soak mutants rules pins clean \
	check-style check-types check-templates check-imports check-migrations check-deploy check-compose check-rules

PYTHON ?= python3
WORKERS ?= 2
ARGS ?=
export PYTHON

in_venv := .venv/bin/python
launcher := $(in_venv) -m marketplace.launcher
# The launcher stops when make itself is killed.
bound := $(in_venv) -I -S marketplace/launcher/spawn.py $$PPID 15 -1 -1

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

run: ## start the whole marketplace here; PORT=8001 chooses another port
	@bin/install local
	@exec $(bound) $(launcher) run $(ARGS)

test: ## run every test, browser tests included; ARGS="tests/orders -k refund" runs some
	@bin/install dev
	@bin/chromium
	$(in_venv) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: check-style check-types check-templates check-imports check-migrations check-deploy check-compose check-rules ## run everything that reads the code without running the site
	@echo "Everything is in order."

check-style: ## ruff: lint and format
	@bin/install dev
	$(in_venv) -m ruff check .
	$(in_venv) -m ruff format --check .

check-types: ## mypy, strictly
	@bin/install dev
	$(in_venv) -m mypy .

check-templates: ## djlint: lint of the templates
	@bin/install dev
	.venv/bin/djlint --lint .

check-imports: ## import-linter: imports point one way
	@bin/install dev
	.venv/bin/lint-imports --no-cache

check-migrations: ## models and migrations agree
	@bin/install dev
	$(in_venv) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

check-deploy: ## Django's deployment check, under settings like those of production
	@bin/install dev
	env -i PATH="$$PATH" $$(cat tests/marketplace/production.env) $(in_venv) manage.py check --deploy --fail-level WARNING

check-compose: ## docker-compose.yml against the published schema
	@bin/install dev
	$(in_venv) -m pytest -q tests/marketplace/test_compose.py

check-rules: ## every rule that claims to be built has a test
	@bin/install dev
	$(in_venv) manage.py rules --check

demo: ## replace all data by fresh demo data
	@bin/install local
	@$(launcher) exec $(in_venv) manage.py migrate --no-input --verbosity 0
	@$(launcher) exec $(in_venv) manage.py demo --fresh

migrate: ## bring the local database up to date
	@bin/install local
	@$(launcher) exec $(in_venv) manage.py migrate

manage: ## run a command of manage.py on the local database: make manage ARGS="shell"
	@bin/install local
	@$(launcher) exec $(in_venv) manage.py $(ARGS)

bench: ## measure how fast it is, next to a bare Django view and the database's own limits
	@bin/install dev
	@$(launcher) exec $(in_venv) -m bench $(ARGS)

kill: ## run orders while parts of the site are killed at random, and check what is left; ARGS="--seed 7 --seconds 90"
	@bin/install dev
	@exec $(bound) $(in_venv) -m bench.kill $(ARGS)

soak: ## play money stories while the payment provider fails, delays, repeats and reorders; ARGS="--seed 7 --seconds 90"
	@bin/install dev
	@exec $(bound) $(in_venv) -m bench.soak $(ARGS)

mutants: ## change the code of money in small ways and list what no test notices; needs hours; ARGS="finance.escrow*"
	@bin/install mutants
	@exec $(bound) $(in_venv) -m bench.mutants $(ARGS)

rules: ## list every rule of the marketplace with the tests that prove it
	@bin/install dev
	@$(in_venv) manage.py rules

pins: ## write the pinned requirements anew; ARGS=--upgrade takes newer versions
	@bin/install dev
	for name in base local dev mutants; do \
		$(in_venv) -m uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS) \
			requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

clean: ## remove .venv, caches and built files; your data in .local stays
	rm -rf .venv .local/test .local/log .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
