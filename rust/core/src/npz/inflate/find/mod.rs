//! Where a block starts, in the middle of a stream: the first place that reads as the header of one.
//!
//! Only dynamic blocks that are not the last are looked for: their headers are so particular that hardly anything else
//! reads as one (the idea is Knespel and Brunst's, "Rapidgzip", HPDC 2023). What is found may still be wrong; the decoder
//! in front of it arrives there or it does not, and that decides.

use std::ops::Range;

use super::header::{Bits, MAX_HEADER, dynamic};

#[cfg(target_arch = "x86_64")]
mod avx512;

/// Places that one word decides on: it holds whole prefixes for as many, three bits of type and 14 of three counts.
const PLACES: usize = 40;

/// The first bit in `bits` at which `bytes` may have the header of a dynamic block; bytes beyond it are needed to tell.
pub(super) fn find_block(bytes: &[u8], bits: Range<usize>) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if avx512::is_available() {
        return avx512::find_block(bytes, bits);
    }
    find_with(bytes, bits, complete)
}

/// Finds it with `complete`: of places of the word at a bit, those with a complete code of code lengths.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for several instruction sets")]
fn find_with(bytes: &[u8], bits: Range<usize>, complete: impl Fn(&[u8], usize, u64, u64) -> u64) -> Option<usize> {
    let mut at = bits.start;
    while at < bits.end {
        let word = word_at(bytes, at);
        let here = candidates(word) & ((1 << PLACES.min(bits.end - at)) - 1);
        let mut places = complete(bytes, at, word, here);
        while places != 0 {
            let place = at + places.trailing_zeros() as usize;
            if dynamic(bytes, &mut Bits::at(bytes, place + 3)).is_ok() {
                return Some(place);
            }
            places &= places - 1;
        }
        at += PLACES;
    }
    None
}

/// As [`find_with`] wants it, one place after the other.
fn complete(bytes: &[u8], at: usize, word: u64, mut places: u64) -> u64 {
    let mut complete = 0;
    while places != 0 {
        let index = places.trailing_zeros();
        let lens = 4 + (word >> (index + 13) & 15);
        let is_complete = is_complete(word_at(bytes, at + index as usize + 17) & ((1 << (3 * lens)) - 1));
        complete |= u64::from(is_complete) << index;
        places &= places - 1;
    }
    complete
}

/// 64 bits from a bit on (at least 57 of them right), zeros behind the end.
fn word_at(bytes: &[u8], bit: usize) -> u64 {
    let rest = bytes.get(bit / 8..).unwrap_or_default();
    let word = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        word
    });
    u64::from_le_bytes(word) >> (bit % 8)
}

/// All places of a word at once: not the last block (0), dynamic (01), at most 286 lengths and 30 distances.
fn candidates(word: u64) -> u64 {
    let is_dynamic = !word & !(word >> 1) & (word >> 2);
    let too_many_lengths = (word >> 4) & (word >> 5) & (word >> 6) & (word >> 7);
    let too_many_distances = (word >> 9) & (word >> 10) & (word >> 11) & (word >> 12);
    is_dynamic & !too_many_lengths & !too_many_distances
}

/// Whether a code of code lengths uses up its space exactly: one in some hundred places does by chance. There are up to
/// 19 lengths of three bits, which is as much as `word_at` gives.
fn is_complete(lens: u64) -> bool {
    // All five, without asking for the end: that would be a branch that cannot be predicted.
    let space: u16 = [0, 12, 24, 36, 48].map(|shift| SPACE[(lens >> shift) as usize & 0xfff]).iter().sum();
    space == 128
}

/// The space, of 128, that four code lengths of three bits take.
static SPACE: [u16; 4096] = {
    let mut table = [0; 4096];
    let mut index = 0;
    while index < 4096 {
        let mut lens = index;
        while lens != 0 {
            if lens & 7 != 0 {
                table[index] += 128 >> (lens & 7);
            }
            lens >>= 3;
        }
        index += 1;
    }
    table
};

/// Bytes behind the last place that `find_block` may look at.
pub(super) const LOOK_AHEAD: usize = MAX_HEADER;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All places that read as a header, one bit after the other.
    fn naive(bytes: &[u8], bits: Range<usize>) -> Option<usize> {
        bits.into_iter().find(|&bit| {
            let is_dynamic = word_at(bytes, bit) & 7 == 0b100;
            is_dynamic && dynamic(bytes, &mut Bits::at(bytes, bit + 3)).is_ok()
        })
    }

    /// Bytes that look like nothing, with a block of zlib's among them at times.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let noise = || proptest::collection::vec(any::<u8>(), 0..600);
        let block = (noise(), any::<u8>()).prop_map(|(noise, most)| {
            let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
            let text: Vec<u8> = noise.iter().cycle().take(8 * noise.len()).map(|byte| byte % most.max(1)).collect();
            let mut out = vec![0; compressor.deflate_compress_bound(text.len())];
            let len = compressor.deflate_compress(&text, &mut out).expect("there is room");
            out.truncate(len);
            // Not the last, which is not looked for.
            out.iter_mut().take(1).for_each(|byte| *byte &= !1);
            out
        });
        (noise(), prop_oneof![block, Just(Vec::new())], noise()).prop_map(|parts| [parts.0, parts.1, parts.2].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn every_way_finds_the_first_header(bytes in bytes(), from in 0..200_usize, less in 0..200_usize) {
            let bits = from..(bytes.len() * 8).saturating_sub(less).max(from);
            let expected = naive(&bytes, bits.clone());
            prop_assert_eq!(find_block(&bytes, bits.clone()), expected);
            prop_assert_eq!(find_with(&bytes, bits, complete), expected);
        }
    }

    #[test]
    fn a_block_of_zlibs_is_found_where_it_is() {
        let text: Vec<u8> = (0..40_000_u32).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 27) as u8).collect();
        let mut encoder = flate2::write::DeflateEncoder::new(vec![0xff; 77], flate2::Compression::new(6));
        std::io::Write::write_all(&mut encoder, &text).expect("memory");
        std::io::Write::flush(&mut encoder).expect("memory");
        let bytes = encoder.finish().expect("memory");
        assert_eq!(find_block(&bytes, 0..800), Some(77 * 8));
        assert_eq!(find_with(&bytes, 0..800, complete), Some(77 * 8));
    }
}
