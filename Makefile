# `make demo` and `make test` set up everything they need on a machine with Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Two processes that take a file each, in the order of autograder/tests/conftest.py; three for slow tests, which often wait.
BY_FILE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test slow check stress lint types bench lab learn learn-wheel build solve clean
help:           ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

demo: $(READY)  ## build the release, grade a simulated class, write feedback and a report
	$(BIN)/autograder demo

test: $(READY) lint  ## ruff and the tests, but for the slow ones
	$(BIN)/python -m pytest $(BY_FILE) -m "not slow"

slow: $(READY)  ## the tests that take long: whole classes, servers, hostile code, environments of other versions
	-@$(BIN)/python -m autograder.tests.postgresql
	$(BIN)/python -m pytest $(BY_FILE) --numprocesses 3 -m slow

check: $(READY) lint types  ## what to run before each commit: ruff, mypy, the tests of what changed (SINCE=commit), the fast ones
	@tests=$$($(BIN)/python -m autograder.tests.changed $(SINCE)); [ -z "$$tests" ] || $(BIN)/python -m pytest --numprocesses 2 --dist worksteal -x -m "not slow" $$tests

stress: $(READY) ## the tests that have large counts, with them: some hours
	$(BIN)/python -m pytest --stress -s $$(grep -l stress autograder/tests/test_*.py)

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY) ## grading against stock nbgrader, training against PyTorch and beside CPU burners; ratios from one run
	$(BIN)/python benchmarks/run.py $(BENCH)

lab: $(READY)   ## open JupyterLab on the course
	$(BIN)/jupyter lab $$([ $$(id -u) = 0 ] && echo --allow-root)

learn: $(READY) ## learn alone: your own notebooks in learn/, opened in JupyterLab
	$(BIN)/autograder learn

learn-wheel: $(READY) ## the same as a wheel in dist/alone/, for one who learns alone; it holds the solutions
	$(BIN)/autograder learn --wheel dist/alone

build: $(READY) ## source/ to release/
	$(BIN)/autograder build

solve: $(READY) ## source/ to solutions/, with full training
	$(BIN)/autograder solve

clean:          ## remove the demo and caches; a class of your own stays
	rm -rf demo dist .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	-@$(BIN)/autograder doctor --install
	@touch $@
