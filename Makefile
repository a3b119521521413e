# Everything a newcomer runs. Each target installs what it needs; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.PHONY: setup setup-dev demo test check bench lock

setup: $(VENV)/runtime.done
	@$(BIN)/python -m server.page_scripts
setup-dev: setup $(VENV)/dev.done $(VENV)/browser.done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hội Thi needs Python 3.11 or later"; exit 1; }
	@$(PYTHON) -m ensurepip --version >/dev/null 2>&1 || [ "$$(id -u)" != 0 ] || { apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 cannot make a virtual environment; install it once: apt-get install python3-venv"; exit 1; }

$(VENV)/runtime.done: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes --no-deps -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# A headless Chromium that needs no administrator, for the browser tests.
$(VENV)/browser.done: tests/browser/package-lock.json tests/browser/install.py $(VENV)/dev.done
	$(BIN)/python -m tests.browser.install
	touch $@

$(VENV)/dev.done: requirements-dev.lock $(VENV)/runtime.done
	$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	touch $@

demo: setup
	$(BIN)/hoithi demo

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: setup-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit -n 2

bench: setup-dev
	$(BIN)/python -m benchmarks

lock: setup-dev
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra build -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --all-extras -o requirements-dev.lock
