//! Any bytes inside a DEFLATE stream that is long enough to be decoded by several threads, compared with other decoders.
//!
//! The bytes are blocks between others, or damage. Blocks are where regions meet: a thread that looks for the start of a
//! block there finds them, or what their data pretends to be.
#![no_main]

use std::sync::LazyLock;

use flate2::{Compress, Compression, FlushCompress};
use libfuzzer_sys::fuzz_target;

/// Pieces of a stream, which start at whole bytes: at first as much as three regions have to have (96 KiB), less the
/// stored block; in the end two thirds of the stream.
const FRONT: usize = 84 << 10;
const PIECE: usize = 100 << 10;

static COMPRESSED: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let pieces = [(FRONT, FlushCompress::Sync), (PIECE, FlushCompress::Sync), (PIECE, FlushCompress::Finish)];
    pieces.map(|(len, flush)| {
        let mut piece = Vec::with_capacity(2 * len);
        Compress::new(Compression::new(6), false).compress_vec(&noise(len), &mut piece, flush).expect("compresses");
        assert!(piece.len() > len && piece.len() < len / 10 * 11, "{}", piece.len());
        piece
    })
});

/// Another front, of empty blocks: behind it, and even behind the stored block, matches could reach back before the start.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| [0, 0, 0, 0xff, 0xff].repeat(FRONT / 5));

/// The second region starts in this block, whichever the front. So it is decoded from the block behind this one, and
/// accepted, because this is where the first region ends.
static STORED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    const LEN: u16 = 30_000;
    let [head, mut bytes] = [vec![0], noise(LEN.into())];
    bytes.truncate(LEN.into());
    [head, LEN.to_le_bytes().into(), (!LEN).to_le_bytes().into(), bytes].concat()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&[how, a, b, c], bytes)) = bytes.split_first_chunk() else { return };
    let place = u32::from_le_bytes([a, b, c, 0]) as usize;

    let [front, second, third] = &*COMPRESSED;
    let front = if how & 2 == 0 { front } else { &*EMPTY };
    let mut pieces = vec![front.as_slice(), &STORED, second, third];
    let blocks = if how & 1 == 0 {
        pieces.insert(place % 4, bytes);
        pieces.concat()
    } else {
        let mut blocks = pieces.concat();
        let place = place % blocks.len();
        blocks[place..].iter_mut().zip(bytes).for_each(|(byte, new)| *byte = *new);
        blocks
    };
    // All of them, every time, would take three times as long.
    let threads = 1 + usize::from(how >> 2) % 3;
    medmnist_fuzz::compare(&blocks, 1 << 20, &[threads]);
});

/// What comes to some `compressed` bytes: literals, and copies from near and far.
fn noise(compressed: usize) -> Vec<u8> {
    let mut state = u32::try_from(compressed).expect("short");
    let mut bytes = Vec::new();
    while bytes.len() < compressed * 3 / 2 {
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
