/work/main/benches/inflate/target/release/deps/medmnist_core-e80e6c250cb7de9d.d: /work/main/rust/core/src/lib.rs /work/main/rust/core/src/array.rs /work/main/rust/core/src/batch.rs /work/main/rust/core/src/digest.rs /work/main/rust/core/src/error.rs /work/main/rust/core/src/loader/mod.rs /work/main/rust/core/src/loader/epoch.rs /work/main/rust/core/src/memory.rs /work/main/rust/core/src/metrics.rs /work/main/rust/core/src/npz/mod.rs /work/main/rust/core/src/npz/archive.rs /work/main/rust/core/src/npz/header.rs /work/main/rust/core/src/npz/inflate/mod.rs /work/main/rust/core/src/npz/inflate/find.rs /work/main/rust/core/src/npz/inflate/header.rs /work/main/rust/core/src/npz/inflate/huffman.rs /work/main/rust/core/src/npz/inflate/lanes.rs /work/main/rust/core/src/npz/inflate/tail.rs /work/main/rust/core/src/npz/inflate/worker.rs /work/main/rust/core/src/npz/source.rs /work/main/rust/core/src/npz/writer.rs /work/main/rust/core/src/npz/zip.rs /work/main/rust/core/src/ops/mod.rs /work/main/rust/core/src/ops/plan.rs /work/main/rust/core/src/ops/planes.rs /work/main/rust/core/src/ops/shape.rs /work/main/rust/core/src/ops/step.rs /work/main/rust/core/src/ops/table.rs /work/main/rust/core/src/random.rs /work/main/rust/core/src/sampler/mod.rs /work/main/rust/core/src/sampler/shuffle.rs /work/main/rust/core/src/store.rs

/work/main/benches/inflate/target/release/deps/libmedmnist_core-e80e6c250cb7de9d.rlib: /work/main/rust/core/src/lib.rs /work/main/rust/core/src/array.rs /work/main/rust/core/src/batch.rs /work/main/rust/core/src/digest.rs /work/main/rust/core/src/error.rs /work/main/rust/core/src/loader/mod.rs /work/main/rust/core/src/loader/epoch.rs /work/main/rust/core/src/memory.rs /work/main/rust/core/src/metrics.rs /work/main/rust/core/src/npz/mod.rs /work/main/rust/core/src/npz/archive.rs /work/main/rust/core/src/npz/header.rs /work/main/rust/core/src/npz/inflate/mod.rs /work/main/rust/core/src/npz/inflate/find.rs /work/main/rust/core/src/npz/inflate/header.rs /work/main/rust/core/src/npz/inflate/huffman.rs /work/main/rust/core/src/npz/inflate/lanes.rs /work/main/rust/core/src/npz/inflate/tail.rs /work/main/rust/core/src/npz/inflate/worker.rs /work/main/rust/core/src/npz/source.rs /work/main/rust/core/src/npz/writer.rs /work/main/rust/core/src/npz/zip.rs /work/main/rust/core/src/ops/mod.rs /work/main/rust/core/src/ops/plan.rs /work/main/rust/core/src/ops/planes.rs /work/main/rust/core/src/ops/shape.rs /work/main/rust/core/src/ops/step.rs /work/main/rust/core/src/ops/table.rs /work/main/rust/core/src/random.rs /work/main/rust/core/src/sampler/mod.rs /work/main/rust/core/src/sampler/shuffle.rs /work/main/rust/core/src/store.rs

/work/main/benches/inflate/target/release/deps/libmedmnist_core-e80e6c250cb7de9d.rmeta: /work/main/rust/core/src/lib.rs /work/main/rust/core/src/array.rs /work/main/rust/core/src/batch.rs /work/main/rust/core/src/digest.rs /work/main/rust/core/src/error.rs /work/main/rust/core/src/loader/mod.rs /work/main/rust/core/src/loader/epoch.rs /work/main/rust/core/src/memory.rs /work/main/rust/core/src/metrics.rs /work/main/rust/core/src/npz/mod.rs /work/main/rust/core/src/npz/archive.rs /work/main/rust/core/src/npz/header.rs /work/main/rust/core/src/npz/inflate/mod.rs /work/main/rust/core/src/npz/inflate/find.rs /work/main/rust/core/src/npz/inflate/header.rs /work/main/rust/core/src/npz/inflate/huffman.rs /work/main/rust/core/src/npz/inflate/lanes.rs /work/main/rust/core/src/npz/inflate/tail.rs /work/main/rust/core/src/npz/inflate/worker.rs /work/main/rust/core/src/npz/source.rs /work/main/rust/core/src/npz/writer.rs /work/main/rust/core/src/npz/zip.rs /work/main/rust/core/src/ops/mod.rs /work/main/rust/core/src/ops/plan.rs /work/main/rust/core/src/ops/planes.rs /work/main/rust/core/src/ops/shape.rs /work/main/rust/core/src/ops/step.rs /work/main/rust/core/src/ops/table.rs /work/main/rust/core/src/random.rs /work/main/rust/core/src/sampler/mod.rs /work/main/rust/core/src/sampler/shuffle.rs /work/main/rust/core/src/store.rs

/work/main/rust/core/src/lib.rs:
/work/main/rust/core/src/array.rs:
/work/main/rust/core/src/batch.rs:
/work/main/rust/core/src/digest.rs:
/work/main/rust/core/src/error.rs:
/work/main/rust/core/src/loader/mod.rs:
/work/main/rust/core/src/loader/epoch.rs:
/work/main/rust/core/src/memory.rs:
/work/main/rust/core/src/metrics.rs:
/work/main/rust/core/src/npz/mod.rs:
/work/main/rust/core/src/npz/archive.rs:
/work/main/rust/core/src/npz/header.rs:
/work/main/rust/core/src/npz/inflate/mod.rs:
/work/main/rust/core/src/npz/inflate/find.rs:
/work/main/rust/core/src/npz/inflate/header.rs:
/work/main/rust/core/src/npz/inflate/huffman.rs:
/work/main/rust/core/src/npz/inflate/lanes.rs:
/work/main/rust/core/src/npz/inflate/tail.rs:
/work/main/rust/core/src/npz/inflate/worker.rs:
/work/main/rust/core/src/npz/source.rs:
/work/main/rust/core/src/npz/writer.rs:
/work/main/rust/core/src/npz/zip.rs:
/work/main/rust/core/src/ops/mod.rs:
/work/main/rust/core/src/ops/plan.rs:
/work/main/rust/core/src/ops/planes.rs:
/work/main/rust/core/src/ops/shape.rs:
/work/main/rust/core/src/ops/step.rs:
/work/main/rust/core/src/ops/table.rs:
/work/main/rust/core/src/random.rs:
/work/main/rust/core/src/sampler/mod.rs:
/work/main/rust/core/src/sampler/shuffle.rs:
/work/main/rust/core/src/store.rs:
