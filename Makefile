# Two commands on a fresh machine with Python >= 3.11, a Rust toolchain and make: `make demo` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
BUILT := .venv/built
RUST := $(shell find rust/core rust/bindings -name '*.rs' -o -name Cargo.toml)

.PHONY: help demo test test-arm64 bench bench-memory bench-inflate bench-micro bench-compare bench-instructions fuzz lint format clean
.DEFAULT_GOAL := help

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BUILT) ## Train a small network through the loader (ARGS="--flag retinamnist --root DIR")
	$(BIN)/medmnist-fast demo $(ARGS)

test: $(BUILT) ## Run the Rust tests, kernels with each back-end, and the Python tests
	cargo test --locked
	@for simd in $$($(BIN)/python -c 'from medmnist_fast._core import available_backends as b; print(*b())'); do \
		echo "MEDMNIST_FAST_SIMD=$$simd cargo test --locked --lib ops"; \
		MEDMNIST_FAST_SIMD=$$simd cargo test --quiet --locked --lib ops || exit 1; \
	done
	$(BIN)/python -m pytest $(ARGS)

# Needs the standard library of that target (`rustup target add aarch64-unknown-linux-gnu`), Debian's gcc-aarch64-linux-gnu
# and qemu-user.
ARM64 := CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
	cargo test --locked --release --package medmnist-core --target aarch64-unknown-linux-gnu

test-arm64: ## Run the Rust tests as compiled for arm64, in an emulator
	$(ARM64)
	MEDMNIST_FAST_SIMD=scalar $(ARM64) --lib ops

bench: $(BUILT) ## Measure beside what is installed here, in turns, in ten minutes (MEDMNIST_ROOT=DIR, ARGS="rates")
	$(BIN)/python -m benches $(ARGS)

bench-peers: $(BUILT) ## Make the environments of other loaders, and measure everything (ARGS="--output benches/results/NAME")
	$(BIN)/python -m benches.peers
	$(BIN)/python -m benches all --peers $(ARGS)

bench-readme: $(BUILT) ## Write README's figures from the newest run in benches/results
	$(BIN)/python -m benches.report.readme $(ARGS)

bench-memory: $(BUILT) ## Peak memory and time of decoded stores, of 0.3 and 3 GB
	$(BIN)/python -m benches.memory $(ARGS)

bench-inflate: ## One large member by libdeflate, rapidgzip-core and us (ARGS="FILE.npz ...")
	cargo run --release --locked --manifest-path benches/inflate/Cargo.toml --target-dir target/inflate-bench -- $(ARGS)

bench-micro: ## Time decode, kernels, samplers and batches one by one (ARGS="resize")
	CARGO_TARGET_DIR=$(CURDIR)/target/micro-bench cargo bench --locked --manifest-path benches/micro/Cargo.toml -- $(ARGS)

bench-compare: $(BUILT) ## This tree beside another commit, both built here, interleaved (BASE=COMMIT)
	$(BIN)/python -m benches.compare $(BASE) $(ARGS)

bench-instructions: $(BUILT) ## Instructions of single kernels under callgrind (BASE=COMMIT, ARGS="resize")
	$(BIN)/python -m benches.instructions $(if $(BASE),--base $(BASE)) $(ARGS)

# cargo-fuzz on the stable toolchain: coverage without a sanitizer, and checks that panic instead.
FUZZ_SECONDS ?= 20
FUZZ := PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo fuzz
FUZZ_OPTIONS := --fuzz-dir rust/fuzz --sanitizer none --debug-assertions --target-dir target/fuzz

fuzz: ## Fuzz each target for FUZZ_SECONDS (20)
	test -x target/tools/bin/cargo-fuzz || cargo install --quiet --locked --root target/tools cargo-fuzz
	$(FUZZ) build $(FUZZ_OPTIONS)
	@for target in $$($(FUZZ) list --fuzz-dir rust/fuzz); do \
		mkdir -p target/fuzz/found/$$target target/fuzz/crashes/$$target; \
		$(FUZZ) run $(FUZZ_OPTIONS) $$target target/fuzz/found/$$target rust/fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=target/fuzz/crashes/$$target/ >target/fuzz/$$target.log 2>&1 \
			|| { cat target/fuzz/$$target.log; exit 1; }; \
		echo "$$target: no crash in $$(sed -n 's/stat::number_of_executed_units: *//p' target/fuzz/$$target.log) runs"; \
	done

lint: $(BUILT) ## Check format, lints, types, stubs and docs
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items --quiet
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/stubtest medmnist_fast._core
	$(BIN)/python -m benches.report.readme --check

format: $(BUILT) ## Format everything
	cargo fmt --all
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## Remove what make made, the environment too
	rm -rf .venv target demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f python/medmnist_fast/_core*.so

# One environment for everything. The installer finds what is already there, so a rebuild takes seconds.
$(BUILT): pyproject.toml Cargo.toml Cargo.lock $(RUST)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'maturin>=1.9,<2'
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --release --locked --extras demo,dev
	touch $@
