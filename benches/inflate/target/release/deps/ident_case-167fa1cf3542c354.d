/work/main/benches/inflate/target/release/deps/ident_case-167fa1cf3542c354.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ident_case-1.0.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/libident_case-167fa1cf3542c354.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ident_case-1.0.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/libident_case-167fa1cf3542c354.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ident_case-1.0.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ident_case-1.0.1/src/lib.rs:
