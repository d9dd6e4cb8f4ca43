//! Any bytes inside a DEFLATE stream that is long enough to be decoded by several threads, compared with other decoders.
//!
//! The bytes are blocks between others, or damage. Blocks are where regions meet: a thread that looks for the start of a
//! block there finds them, or what their data pretends to be.
#![no_main]

use std::sync::LazyLock;

use flate2::{Compress, Compression, FlushCompress};
use libfuzzer_sys::fuzz_target;

/// More than a region has at least (96 KiB), so that a stream of three pieces has three of them.
const PIECE: usize = 100 << 10;

/// Three pieces of a stream, which start at whole bytes. The last of them ends it.
static PIECES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    [(1, FlushCompress::Sync), (2, FlushCompress::Sync), (3, FlushCompress::Finish)].map(|(seed, flush)| {
        let mut piece = Vec::with_capacity(2 * PIECE);
        Compress::new(Compression::new(6), false).compress_vec(&noise(seed), &mut piece, flush).expect("compresses");
        assert!(piece.len() >= PIECE && piece.len() < piece.capacity(), "{}", piece.len());
        piece
    })
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&[how, a, b, c], bytes)) = bytes.split_first_chunk() else { return };
    let place = u32::from_le_bytes([a, b, c, 0]) as usize;

    let mut pieces: Vec<&[u8]> = PIECES.iter().map(Vec::as_slice).collect();
    let blocks = if how & 1 == 0 {
        pieces.insert(place % 3, bytes);
        pieces.concat()
    } else {
        let mut blocks = pieces.concat();
        let place = place % blocks.len();
        blocks[place..].iter_mut().zip(bytes).for_each(|(byte, new)| *byte = *new);
        blocks
    };
    // All of them, every time, would take three times as long.
    let threads = 1 + usize::from(how >> 1) % 3;
    medmnist_fuzz::compare(&blocks, 1 << 20, &[threads]);
});

/// Bytes that hardly compress, with copies of earlier ones among them: literals and matches, near and far.
fn noise(mut state: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < PIECE * 8 / 5 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, kind, back, value] = state.to_be_bytes().map(usize::from);
        if kind == 0 && bytes.len() > 1 << 15 {
            let from = bytes.len() - 1 - back * 128;
            let end = bytes.len().min(from + value);
            bytes.extend_from_within(from..end);
        } else {
            bytes.push(((state >> 24) % 200) as u8);
        }
    }
    bytes
}
