# Everything a newcomer needs: Python 3.11 to 3.14, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# An environment of its own: it wants an old boto3.
CHECKOV := .venv-checkov/bin/checkov
# A file of tests is never shared by two processes, so that what it starts is started once.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
export FORECAST_PLATFORM_HOME ?= $(CURDIR)/.forecast_platform

.PHONY: help demo dev extras test test-slow test-deploy bench lint lock clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(INSTALLED): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || \
		{ echo "Python 3.11 to 3.14 is needed; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@echo "Installing into $(VENV). It takes a few minutes and happens once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(CHECKOV):
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30

demo: $(INSTALLED) ## Generate the sample data, forecast it, print what came out
	$(BIN)/forecast-platform sample
	$(BIN)/forecast-platform run electricity
	@echo
	@echo "Open the UI with \`make dev\`: http://127.0.0.1:3000 (assets, checks, plots) and http://127.0.0.1:3001 (dashboards)."

dev: $(INSTALLED) ## The Dagster UI with sensors running, and the dashboards
	$(BIN)/forecast-platform dev

extras: $(INSTALLED) ## The extras whose tests skip without them (2 GB); PyTorch first, so that the processor's build is taken
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements/dev.lock torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements/dev.lock \
		--editable '.[neural,chronos,prophet,ray]'

test: $(INSTALLED) ## The test suite
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-slow: $(INSTALLED) ## Proofs that take minutes
	$(BIN)/python -m pytest -m slow $(SIDE_BY_SIDE)

test-deploy: $(INSTALLED) ## What is deployed on AWS; brings dagster-aws, with which every load of definitions takes a second longer
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements/dev.lock --editable '.[deploy]'
	$(BIN)/python -m pytest -m 'slow or not slow' forecast_platform_tests/deploy/test_instance_on_aws.py \
		forecast_platform_tests/deploy/test_policies.py

bench: $(INSTALLED) ## The benchmarks, in their quick versions
	@for script in end_to_end.py reading.py "accuracy --quick" "scale.py 1000" "serving.py 4" "expectations.py 100000" "monitoring.py 100000" "storage.py"; do \
		echo "== benchmarks/$$script"; $(BIN)/python benchmarks/$$script || exit 1; done

lint: $(INSTALLED) $(CHECKOV) ## ruff, mypy --strict, and what is deployed: cfn-lint, hadolint, checkov
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint deploy/cloudformation.yaml
	$(BIN)/hadolint deploy/Dockerfile
	$(CHECKOV) --directory deploy --skip-download --compact --quiet

lock: $(INSTALLED) ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --quiet --no-header pyproject.toml --extra dev -o requirements/dev.lock

clean: ## Remove the environment and all state
	rm -rf $(VENV) .venv-checkov .forecast_platform
