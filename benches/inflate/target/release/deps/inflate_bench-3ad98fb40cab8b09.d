/work/main/benches/inflate/target/release/deps/inflate_bench-3ad98fb40cab8b09.d: src/main.rs

/work/main/benches/inflate/target/release/deps/inflate_bench-3ad98fb40cab8b09: src/main.rs

src/main.rs:
