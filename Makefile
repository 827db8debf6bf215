# What a user needs: make study, make test. Both can be interrupted and repeated.
IN_RANGE := import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.14 python3.11 python3.10; do \
  $$name -c '$(IN_RANGE)' 2>/dev/null && command -v $$name && break; done)
BIN := .venv/bin
# A lock lists all that its packages need, so pip resolves nothing: where it does, pip before 23.3
# takes the newest version for a dependency with an extra, whatever version the lock pins.
PIP_LOCKED := $(BIN)/pip install --disable-pip-version-check --require-hashes --no-deps
# MXNet asks for numpy<2 and does without (runner/training/numpy_names.py); nothing else may differ.
MXNET_BOUND := mxnet 1\.9\.1 has requirement numpy<2\.0\.0,>1\.16\.0, but you have numpy 2\.[0-9.]+
PIP_CHECK := ! $(BIN)/pip check --disable-pip-version-check 2>&1 | \
  grep -vE '^($(MXNET_BOUND)|No broken requirements found\.)$$' || { \
  echo ".venv holds packages that do not fit together; run make clean, then this again"; exit 1; }
INSTALLED := .venv/installed
# What MXNet's library needs of the system, as PACKAGE:FILE. For aarch64 its makers linked it to Arm's
# own libraries, which are not in the wheel; OpenBLAS, LAPACKE and the C library stand in.
ARM := $(filter aarch64,$(shell uname -m))
LIBRARIES := libgomp1:libgomp.so.1 $(if $(ARM),libopenblas0:libopenblas.so.0 liblapacke:liblapacke.so.3,libquadmath0:libquadmath.so.0)
STUDY := article,learning_rate,batch_size,counterfactuals,evidence,horizon
PYTEST := $(BIN)/python -m pytest
# One process more than processors: each waits now and then for commands that it started.
WORKERS := $(shell n=$$(nproc); echo $$((n < 3 ? n + 1 : 4)))
APT_INSTALL := apt-get install -y --no-install-recommends

.PHONY: study test test-slow install data bench peers coverage ui browser cluster postgresql notebook screenshots lint clean
.DELETE_ON_ERROR:

study: install data ## run the study's presets and write the report
	@echo "== Training what is not trained yet"
	@$(BIN)/lrstudy +experiment=$(STUDY)
	@echo "== Writing the report"
	@$(BIN)/lrstudy-report
	@echo
	@echo "Report: $(CURDIR)/report/index.html (open it in a browser)"
	@echo "MLflow: make ui (prints the link to open)"

test: install data ## run the tests
	@echo "== Testing"
	@$(PYTEST) --numprocesses $(WORKERS) --dist loadfile -m 'not slow' $(PYTEST_ARGS)

test-slow: install data ## run the tests that take minutes: kills, many processes, many runs
	@echo "== Testing what takes minutes"
	@$(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadgroup -m slow $(PYTEST_ARGS)

install: $(INSTALLED) ## install into .venv, exactly what requirements.lock lists

$(INSTALLED): requirements.lock pyproject.toml
	$(eval PROBLEM := $(shell $(PREFLIGHT)))$(if $(PROBLEM),$(error $(PROBLEM)))
	@echo "== Installing into .venv (1.2 GB, some minutes the first time)"
	@$(BIN)/pip --version >/dev/null 2>&1 || { rm -rf .venv; "$(PYTHON)" -m venv .venv; }
	@$(PIP_LOCKED) -r requirements.lock
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@$(PIP_CHECK)
	$(if $(ARM),@$(STAND_IN))
	@touch $@

data: install ## fetch and verify Fashion-MNIST
	@$(BIN)/python -m runner.data

bench: install data ## measure the speed beside other programs (BENCH_ARGS="--only one --rounds 3")
	@$(BIN)/python tests/bench $(BENCH_ARGS)

peers: .venv-bench/installed ## install PyTorch and JAX for make bench, apart from all else

.venv-bench/installed: tests/bench/peers.txt
	@"$(PYTHON)" -m venv --clear .venv-bench
	@.venv-bench/bin/pip install --disable-pip-version-check -r tests/bench/peers.txt
	@touch $@

coverage: install ## simulate how often the intervals cover the true value (docs/statistics.md)
	@PYTHONPATH=tests $(BIN)/python -m support.interval_coverage

ui: install ## browse the runs of this folder in MLflow's UI
	@$(BIN)/lrstudy-ui

browser: install ## install what the tests in a browser need beside Chromium
	$(if $(shell command -v chromium),,$(error chromium is missing; install it and run make again (Debian: sudo $(APT_INSTALL) chromium)))
	@$(PIP_LOCKED) --quiet -r tests/browser.lock
	@$(PIP_CHECK)

cluster: install ## install what the tests of Ray and Slurm need beside iproute2 (100 MB)
	@$(PIP_LOCKED) --quiet -r tests/cluster.lock
	@$(PIP_CHECK)

postgresql: install ## install the driver that the tests with a server on PostgreSQL need
	$(if $(wildcard /usr/lib/postgresql/*/bin/initdb)$(shell command -v initdb),,$(error PostgreSQL is missing; install it and run make again (Debian: sudo $(APT_INSTALL) postgresql)))
	@$(PIP_LOCKED) --quiet -r tests/postgresql.lock
	@$(PIP_CHECK)

notebook: install data ## run docs/lesson.ipynb (NOTEBOOK_ARGS=--write keeps its outputs)
	@$(PIP_LOCKED) --quiet -r tests/notebook.lock
	@$(PIP_CHECK)
	@PYTHONPATH=tests $(BIN)/python -m support.notebook $(NOTEBOOK_ARGS)

screenshots: browser study ## take the README's pictures of the report and of MLflow's UI anew
	@PYTHONPATH=tests $(BIN)/python -m support.screenshots docs

lint: install ## check format, style, types and the order of the rooms
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

clean: ## remove the environment and the caches; runs and reports stay
	rm -rf .venv .venv-bench dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find runner analysis tests -name __pycache__ -type d -prune -exec rm -rf {} +

# MXNet's library looks beside itself first for those that it needs.
define STAND_IN
for pair in libarmpl_lp64_mp.so:libopenblas.so.0 libamath.so:liblapacke.so.3 libastring.so:libm.so.6; do \
  ln -sf "$$(/sbin/ldconfig -p | sed -n "s|^\s*$${pair#*:} (.*AArch64.* => ||p" | head -n 1)" \
    "$$(echo .venv/lib/python3.*/site-packages/mxnet)/$${pair%:*}" || exit; \
done
endef

# Prints one line on what a bare machine lacks, nothing where it lacks nothing. Root on Debian
# gets it installed; apt-get's own output goes to the terminal.
define PREFLIGHT
get() { \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    { echo "== Installing $$1"; apt-get update -q && $(APT_INSTALL) $$1; } >&2 && return; \
  fi; \
  echo "$$2 is missing; install it and run make again (Debian: sudo $(APT_INSTALL) $$1)"; exit; \
}; \
[ -n "$(PYTHON)" ] || { \
  echo "lrstudy needs Python 3.10 to 3.14, found $$(python3 --version 2>/dev/null || echo none); install one and run make again (Debian: sudo $(APT_INSTALL) python3-venv)"; exit; }; \
"$(PYTHON)" -c '$(IN_RANGE)' || { \
  echo "lrstudy needs Python 3.10 to 3.14, $(PYTHON) is $$("$(PYTHON)" --version 2>&1); choose another with make PYTHON=python3"; exit; }; \
"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || get python3-venv "the Python module venv"; \
for library in $(LIBRARIES); do \
  "$(PYTHON)" -c "import ctypes; ctypes.CDLL('$${library#*:}')" 2>/dev/null || \
    get $${library%:*} "the library $${library#*:}"; \
done
endef
