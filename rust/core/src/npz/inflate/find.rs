//! Where a block starts, in the middle of a stream: the first place that reads as the header of one.
//!
//! Only dynamic blocks that are not the last are looked for: their headers are so particular that hardly anything else
//! reads as one (the idea is Knespel and Brunst's, "Rapidgzip", HPDC 2023). What is found may still be wrong; the decoder
//! in front of it arrives there or it does not, and that decides.

use super::header::{Bits, MAX_HEADER, dynamic};

/// The first bit in `bits` at which `bytes` may have the header of a dynamic block; bytes beyond it are needed to tell.
pub(super) fn find_block(bytes: &[u8], bits: std::ops::Range<usize>) -> Option<usize> {
    // A word decides on as many places as it holds whole prefixes for: three bits of type and 14 of three counts.
    const PLACES: usize = 40;
    let mut at = bits.start;
    while at < bits.end {
        let word = word_at(bytes, at);
        let mut places = candidates(word) & ((1 << PLACES.min(bits.end - at)) - 1);
        while places != 0 {
            let index = places.trailing_zeros();
            let place = at + index as usize;
            places &= places - 1;
            let lens = 4 + (word >> (index + 13) & 15);
            if is_complete(word_at(bytes, place + 17) & ((1 << (3 * lens)) - 1))
                && dynamic(bytes, &mut Bits::at(bytes, place + 3)).is_ok()
            {
                return Some(place);
            }
        }
        at += PLACES;
    }
    None
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
