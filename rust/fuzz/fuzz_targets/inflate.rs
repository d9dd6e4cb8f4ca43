//! Any bytes as DEFLATE blocks, compared with other decoders. Streams this short are a single region; see `regions`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|blocks: &[u8]| medmnist_fuzz::compare(blocks, 1 << 20, &[1, 3]));
