/work/main/benches/inflate/target/release/deps/libz_rs_sys-851faf00eec2032e.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/../README.md

/work/main/benches/inflate/target/release/deps/liblibz_rs_sys-851faf00eec2032e.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/../README.md

/work/main/benches/inflate/target/release/deps/liblibz_rs_sys-851faf00eec2032e.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/../README.md

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libz-rs-sys-0.6.8/src/../README.md:

# env-dep:CARGO_PKG_VERSION=0.6.8
# env-dep:CARGO_PKG_VERSION_MAJOR=0
