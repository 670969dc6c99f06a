# One command each. On a bare machine with Python 3.11 every target brings what it needs.
#   make demo ARGS=--tour       ARGS goes to the command that the target runs

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
BOOTSTRAP := $(PYTHON) scripts/bootstrap.py
APP := .venv/app/bin/python
CODE := $(wildcard afterword actions bot bench scripts tests)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test setup lock lint format release-check sbom audit clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The tour drives a browser, which only the test environment has.
DEMO_NEEDS = $(if $(findstring --tour,$(ARGS)),dev rasa browser,app rasa)

demo: ## run everything on this machine with invented patients
	@$(BOOTSTRAP) $(DEMO_NEEDS)
	@$(APP) -m afterword demo $(ARGS)

test: ## lint, types and all tests
	@$(BOOTSTRAP) dev rasa browser
	@$(APP) scripts/test.py $(ARGS)

setup: ## install both environments and do nothing else
	@$(BOOTSTRAP) app rasa

lock: ## write requirements/*.txt anew from *.in (UPGRADE=1: newest versions)
	@$(BOOTSTRAP) lock

lint: ## lint and types, no tests
	@$(BOOTSTRAP) dev
	@$(APP) scripts/test.py --lint

format: ## put the code into the common format
	@$(BOOTSTRAP) dev
	@$(APP) -m ruff check --fix $(CODE)
	@$(APP) -m ruff format $(CODE)

release-check: ## fail when a help line was last confirmed too long ago (ARGS="--today 2027-01-31")
	@$(BOOTSTRAP) app
	@$(APP) scripts/check_help.py $(ARGS)

sbom: ## write the bill of materials of both environments (CycloneDX) into results/sbom
	@$(BOOTSTRAP) dev
	@$(APP) scripts/sbom.py $(ARGS)

audit: ## look the locked versions up in the advisory feeds; needs the network (ARGS="-s osv")
	@$(BOOTSTRAP) dev
	@$(APP) scripts/audit.py $(ARGS)

clean: ## remove environments, tools, caches and reports; keep models and data
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .rasa results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
