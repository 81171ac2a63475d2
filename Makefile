# Everything there is to do with this repository; `make` alone lists it. It needs Rust, and Debian's packages are
# installed where they are missing.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

CARGO      ?= cargo
PYTHON     ?= python3
VENV       := lab/.venv
TOOLS      := .tools
# Used when no cargo-deny is installed.
CARGO_DENY := 0.20.2
# How long each fuzz target runs.
FUZZ_SECONDS ?= 60

# The lab's environment holds the AWS CLI, which one of the lab's tests and the benchmark drive.
with-venv := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"

.DEFAULT_GOAL := help
.PHONY: help deps lab build test test-rust test-lab test-demo soak fuzz check fmt clippy deny demo bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that are missing
	@PYTHON="$(PYTHON)" lab/packages

lab: $(VENV)/.complete ## make the lab's Python environment, hashes checked

$(VENV)/.complete: lab/requirements.txt | deps
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r lab/requirements.txt
	@touch $@

build: deps ## build the release binary
	$(CARGO) build --release --locked

test: test-rust test-demo test-lab ## run all tests

# A job in the background inherits ignored signals, which daybreak leaves ignored; tests send them.
with-signals := env --default-signal=INT,HUP,TERM

# Most tests against the lab wait for what takes its time there: more of them run side by side than there are cores.
TEST_THREADS ?= 6

test-rust: deps lab ## run the tests of the tool (TEST_THREADS)
	RUST_TEST_THREADS=$(TEST_THREADS) $(with-signals) $(CARGO) test --locked

test-lab: deps lab ## run the tests of the lab
	cd lab && $(with-venv) python -m pytest -q

test-demo: deps lab ## run the tests of the demo's claims
	$(with-venv) python -m pytest -q -p no:cacheprovider demo/tests

fuzz: deps ## fuzz what is read from outside, a minute each (FUZZ_SECONDS)
	@if ! $(CARGO) +nightly fuzz --version >/dev/null 2>&1; then \
	  echo "make fuzz: skipped: it needs a nightly toolchain and cargo-fuzz (rustup toolchain install nightly; cargo install cargo-fuzz)" >&2; \
	  exit 0; \
	fi; \
	for target in $$(ls fuzz/fuzz_targets | sed 's/\.rs$$//'); do \
	  mkdir -p fuzz/found/$$target; \
	  $(CARGO) +nightly fuzz run -s none $$target fuzz/found/$$target fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096; \
	done

# Whatever there is to sweep, from one seed after another; docs/sweeps.md has more.
SOAK_SEED    ?= 1
SOAK_MINUTES ?= 60

soak: deps lab ## sweep kills, faults, races at every point; interleave cutovers and rollbacks (SOAK_SEED, SOAK_MINUTES)
	DAYBREAK_INTERLEAVINGS=3000 $(CARGO) test --locked --test engine interleavings
	DAYBREAK_SOAK=1 DAYBREAK_SEED=$(SOAK_SEED) DAYBREAK_SWEEP_MINUTES=$(SOAK_MINUTES) $(with-signals) $(CARGO) test --locked --test sweeps

check: fmt clippy deny ## check format, lints, licences and advisories

fmt: ## check the format
	$(CARGO) fmt --check

clippy: deps ## check the lints, warnings denied
	$(CARGO) clippy --locked --all-targets -- -D warnings

# An advisory database that cannot be fetched is no finding; it must not pass for a clean result either.
deny: ## check licences, sources, duplicates and advisories
	@export PATH="$$PATH:$(CURDIR)/$(TOOLS)/bin"; \
	command -v cargo-deny >/dev/null || $(CARGO) install --quiet --locked --root $(TOOLS) --version $(CARGO_DENY) cargo-deny; \
	if cargo-deny --locked fetch db >/dev/null 2>&1; then \
	  cargo-deny --locked check; \
	else \
	  cargo-deny --locked check bans licenses sources; \
	  echo "make deny: ADVISORIES NOT CHECKED: the advisory database could not be fetched" >&2; \
	fi

demo: lab build ## watch a damaged database being recovered, in two minutes
	@$(VENV)/bin/python -m demo --daybreak target/release/daybreak

bench: lab build ## measure; writes target/bench.json
	@$(with-venv) python -m benches --daybreak target/release/daybreak --output target/bench.json

clean: ## remove what was built, the lab's environment included
	$(CARGO) clean
	rm -rf $(VENV) $(TOOLS)
