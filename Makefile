# Two commands are all it takes: `make lab` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

DEBIAN := dataset-fashion-mnist openssh-server tmux

.PHONY: lab test lowest parties install bench screenshots debian browser clean
.DEFAULT_GOAL := lab

lab: install  ## open the lab; without a terminal, train weight-decay headless
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/tui-lab; \
	else echo "No terminal here, so the lab trains weight-decay headless instead of opening." >&2; \
	exec $(BIN)/tui-lab run weight-decay; fi

# One thread each: two test processes share two cores, and small tensors gain nothing from more.
test: install  ## every check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	TEXTUAL_ANIMATIONS=none OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist loadgroup

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "tui-lab needs Python 3.11 or newer; set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (PyTorch is large; the first time takes a while) ..." >&2
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

LOWEST := .venv-lowest

lowest: $(LOWEST)/installed  ## the tests that need no snapshots, with the lowest versions promised
	OMP_NUM_THREADS=1 $(LOWEST)/bin/pytest -q -n auto tests/commandline tests/runs tests/view_models \
	tests/plots tests/worker tests/training tests/experiments tests/search tests/studies \
	tests/test_config.py tests/test_events.py

$(LOWEST)/installed: pyproject.toml constraints-lowest.txt
	@test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	@echo "Installing the lowest versions into $(LOWEST) ..." >&2
	@$(LOWEST)/bin/pip install -q --disable-pip-version-check -c constraints-lowest.txt torch
	@$(LOWEST)/bin/pip install -q --disable-pip-version-check -c constraints-lowest.txt -e '.[dev]'
	@touch $@

parties: install  ## what `tui-lab watch` is tried on beside plain loops, and those tests
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[parties]'
	OMP_NUM_THREADS=1 $(BIN)/pytest -q tests/parties

debian:  ## what some tests and the screenshots need from Debian, when it can be installed
	@if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	echo "Not root on Debian: install $(DEBIAN) yourself; the tests that need them skip." >&2; \
	else apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN); fi

browser:  ## Chromium, large: the test of `tui-lab serve` in one, and the screenshots' PNGs, need it
	@$(MAKE) --no-print-directory debian DEBIAN=chromium

bench: install  ## the budgets, measured here and now
	$(BIN)/python -m benchmarks

screenshots: install  ## record real runs and draw every screen as SVG and PNG
	$(BIN)/python -m screenshots

clean:
	rm -rf $(VENV) $(LOWEST) build dist *.egg-info
