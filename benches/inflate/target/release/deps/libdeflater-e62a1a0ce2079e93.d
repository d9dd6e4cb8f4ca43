/work/main/benches/inflate/target/release/deps/libdeflater-e62a1a0ce2079e93.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflater-1.26.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/liblibdeflater-e62a1a0ce2079e93.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflater-1.26.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/liblibdeflater-e62a1a0ce2079e93.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflater-1.26.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflater-1.26.1/src/lib.rs:
