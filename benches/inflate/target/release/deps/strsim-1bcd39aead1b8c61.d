/work/main/benches/inflate/target/release/deps/strsim-1bcd39aead1b8c61.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/strsim-0.11.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/libstrsim-1bcd39aead1b8c61.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/strsim-0.11.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/libstrsim-1bcd39aead1b8c61.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/strsim-0.11.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/strsim-0.11.1/src/lib.rs:
