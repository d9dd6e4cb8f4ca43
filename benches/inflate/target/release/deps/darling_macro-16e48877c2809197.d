/work/main/benches/inflate/target/release/deps/darling_macro-16e48877c2809197.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling_macro-0.24.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/libdarling_macro-16e48877c2809197.so: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling_macro-0.24.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling_macro-0.24.1/src/lib.rs:
