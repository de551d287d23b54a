# Each target sets itself up: the first one that runs makes .venv. Nothing here needs an activated environment.
#
# Options go through:  make demo -- --once     or     make demo ARGS=--once

ARGS := $(filter --%,$(MAKECMDGOALS))
PYTHON_OF_VENV := .venv/bin/python

# The relay and its tests are many processes: each would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test quick test-oldest test-postgres test-image test-n8n n8n-schedules browser pictures docs wheel-check lint bench crash disk clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name what; do \
		printf '  make %-13s %s\n' "$$name" "$$what"; done

demo: .venv/.ready ## the relay with a CreativeAI and destinations of its own: no account, no network
	@$(PYTHON_OF_VENV) -m relay demo $(ARGS)

test: .venv/.ready ## every test that needs nothing but Python
	@sh .ci/pytest $(PYTHON_OF_VENV) all $(ARGS)

quick: .venv/.ready ## the quick ones among them
	@sh .ci/pytest $(PYTHON_OF_VENV) quick $(ARGS)

test-postgres: .venv/.ready ## those on Postgres, which the tests start
	@sh .ci/pytest $(PYTHON_OF_VENV) postgres $(ARGS)

test-image: .venv/.ready ## carries out the steps of the Dockerfile, without Docker
	@sh .ci/pytest $(PYTHON_OF_VENV) image $(ARGS)

test-oldest: ## the quick ones on the oldest Python and SQLite that are promised, where they are
	@bash .ci/test-oldest $(ARGS)

browser: .venv/.ready ## the pages in a real Chromium; installs it where it may
	@sh .ci/install-browser
	@$(PYTHON_OF_VENV) -m pytest tests/browser $(ARGS)

pictures: .venv/.ready ## takes the screenshots of the README anew
	@sh .ci/install-browser
	@$(PYTHON_OF_VENV) -m tests.browser.pictures docs/pictures

docs: .venv/.ready ## writes the tables in docs/ that are made from the code
	@$(PYTHON_OF_VENV) -m docs.generate

wheel-check: ## builds the wheel, installs it into an empty environment and runs its demo there
	@sh .ci/check-wheel

test-n8n: .venv/.ready ## the n8n templates in a real n8n (installed once: 10 minutes, 3 GB)
	@sh .ci/install-browser
	@.ci/test-n8n $(PYTHON_OF_VENV) $(ARGS)

n8n-schedules: .venv/.ready ## random schedules of overlapping runs and kills in n8n (hours: run it in the background)
	@N8N_INSTALLED=$$(.ci/install-n8n) && export N8N_INSTALLED N8N_SCHEDULES=$${N8N_SCHEDULES:-200} N8N_MATRIX=all && \
		$(PYTHON_OF_VENV) -m tests.templates.n8n_network $(PYTHON_OF_VENV) -m pytest -m n8n \
		tests/templates/test_n8n_schedules.py tests/templates/test_n8n_scenarios.py $(ARGS)

lint: .venv/.ready ## style, format and types
	@$(PYTHON_OF_VENV) -m ruff check .
	@$(PYTHON_OF_VENV) -m ruff format --check .
	@$(PYTHON_OF_VENV) -m mypy

bench: .venv/.ready ## how fast, as ratios in one run
	@$(PYTHON_OF_VENV) -m bench $(ARGS)

crash: .venv/.ready ## kills the relay again and again and counts what was lost
	@CRASH_KILLS=$${CRASH_KILLS:-300} $(PYTHON_OF_VENV) -m pytest tests/acceptance/test_crash.py $(ARGS)

disk: .venv/.ready ## a full disk and a read-only one, in a mount namespace of their own
	@unshare --user --map-root-user --mount $(PYTHON_OF_VENV) -m pytest tests/acceptance/test_disk.py $(ARGS)

clean: ## removes .venv and caches; never your own data folder
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: requirements-dev.txt
	@$(PYTHON_OF_VENV) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		python=$$(sh .ci/find-python) && echo "Setting up .venv with $$python (once)" && \
		"$$python" -m venv --clear .venv; }
	@$(PYTHON_OF_VENV) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# What follows a lone `--` reaches make as goals. They are options of the target before them: nothing to make.
--%:
	@:
