/work/main/benches/inflate/target/release/deps/darling-15326a30f57fa3e6.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/macros_public.rs

/work/main/benches/inflate/target/release/deps/libdarling-15326a30f57fa3e6.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/macros_public.rs

/work/main/benches/inflate/target/release/deps/libdarling-15326a30f57fa3e6.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/macros_public.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/darling-0.24.1/src/macros_public.rs:
