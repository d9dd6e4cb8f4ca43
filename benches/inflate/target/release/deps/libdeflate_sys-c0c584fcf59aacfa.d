/work/main/benches/inflate/target/release/deps/libdeflate_sys-c0c584fcf59aacfa.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflate-sys-1.26.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/liblibdeflate_sys-c0c584fcf59aacfa.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflate-sys-1.26.1/src/lib.rs

/work/main/benches/inflate/target/release/deps/liblibdeflate_sys-c0c584fcf59aacfa.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflate-sys-1.26.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/libdeflate-sys-1.26.1/src/lib.rs:
