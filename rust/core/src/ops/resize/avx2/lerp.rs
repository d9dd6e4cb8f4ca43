//! Linear interpolation, as [`super::super::lerp`] explains: 16 values in a register, where exact sums of products with whole
//! weights have 8.

use std::arch::x86_64::{
    __m256i, _mm_add_epi16, _mm_cmpeq_epi16, _mm_mullo_epi16, _mm_packs_epi16, _mm_packus_epi16, _mm_set1_epi16,
    _mm_setzero_si128, _mm_shuffle_epi8, _mm_sub_epi16, _mm256_add_epi8, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi16, _mm256_extracti128_si256,
    _mm256_maddubs_epi16, _mm256_max_epu16, _mm256_mulhi_epi16, _mm256_mullo_epi16, _mm256_packs_epi16,
    _mm256_set1_epi16, _mm256_setr_m128i, _mm256_shuffle_epi8, _mm256_sub_epi16, _mm256_unpackhi_epi8,
    _mm256_unpacklo_epi8,
};

use super::super::axis::Axis;
use super::super::lanes::{channels, pixels};
use super::super::lerp::{Lerp, Pairs};
use super::super::rows::Rows;
use super::memory::{first_32, load, load_16, load_16_at, load_halves, store, store_16};

/// Bytes in a register.
const BLOCK: usize = 32;

/// Bytes of a row in a register that holds two rows.
const LANES: usize = 16;

/// Makes a row between two rows.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn row(first: &[u8], second: &[u8], lerp: Lerp, out: &mut [u8]) {
    let (near, far) = if lerp.is_second { (second, first) } else { (first, second) };
    let weights = [lerp.high, lerp.low].map(|part| _mm256_set1_epi16(part));
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let (near, far) = (load(&near[block * BLOCK..]), load(&far[block * BLOCK..]));
        let low = steps(_mm256_unpacklo_epi8(near, far), weights);
        let high = steps(_mm256_unpackhi_epi8(near, far), weights);
        // A step is less than half of what a byte holds, and leads to another byte.
        store(out, _mm256_add_epi8(near, _mm256_packs_epi16(low, high)));
    }
}

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis; `pairs` are the
/// axis's.
#[inline(never)] // inside its caller it would take the registers from the other way
#[target_feature(enable = "avx2")]
pub(super) fn horizontal<const CHANNELS: usize>(
    source: Rows<'_>,
    first: usize,
    axis: &Axis,
    pairs: &Pairs,
    out: &mut [u8],
) {
    let width = axis.length * CHANNELS;
    let rows = out.len() / width;
    for place in (0..axis.length).step_by(LANES / CHANNELS) {
        let block = Block::new::<CHANNELS>(axis, pairs, place);
        let at = place * CHANNELS;
        // A byte behind whole pixels may be overwritten, for its turn comes later.
        let len = LANES.min(width - at);
        let offset = (axis.starts[place] as usize - first) * CHANNELS;
        for row in (0..rows).step_by(2) {
            // A last row without another one is made twice.
            let other = (row + 1).min(rows - 1);
            let bytes = block.made::<CHANNELS>(&source.onward(row)[offset..], &source.onward(other)[offset..]);
            store_16(&mut out[row * width + at..][..len], _mm256_castsi256_si128(bytes));
            store_16(&mut out[other * width + at..][..len], _mm256_extracti128_si256::<1>(bytes));
        }
    }
}

/// Neighbouring pixels of the result, as many as fit into [`LANES`] bytes, the same of two rows.
struct Block {
    /// Where in a window of 16 bytes the first pixel of each pair is. The second is at the same place of a window that begins
    /// a pixel later: neighbouring results are made of neighbouring pixels, so both windows hold what is wanted.
    places: __m256i,
    /// Whether the second pixel is the nearer one.
    is_second: __m256i,
    /// The parts of the weights of the first and the last eight.
    weights: [[__m256i; 2]; 2],
}

impl Block {
    /// Those from `place` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new<const CHANNELS: usize>(axis: &Axis, pairs: &Pairs, place: usize) -> Self {
        // The first or the last eight bytes.
        let of_bytes = |list: &[u16], half: usize| {
            if CHANNELS == 1 {
                load_halves(&list[place + 8 * half..])
            } else {
                _mm_shuffle_epi8(load_halves(&list[place..]), load_16(&PIXELS_OF_3[half]))
            }
        };
        #[allow(clippy::cast_possible_truncation, reason = "differences of neighbours are small")]
        let start = _mm_set1_epi16((axis.starts[place] as u16).cast_signed());
        #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "1 or 3")]
        let step = _mm_set1_epi16(CHANNELS as i16);
        let halves = [0, 1].map(|half| {
            let (near, far) = (of_bytes(&pairs.near, half), of_bytes(&pairs.far, half));
            let is_second = _mm_cmpeq_epi16(_mm_sub_epi16(near, far), _mm_set1_epi16(1));
            // The mask is -1.
            let pixel = _mm_sub_epi16(_mm_add_epi16(near, is_second), start);
            let channel = if CHANNELS == 1 { _mm_setzero_si128() } else { load_halves(&CHANNELS_OF_3[half]) };
            (_mm_add_epi16(_mm_mullo_epi16(pixel, step), channel), is_second)
        });
        let [(first, is_second), (last, are_second)] = halves;
        let of_half = |half| [&pairs.high, &pairs.low].map(|list| _mm256_broadcastsi128_si256(of_bytes(list, half)));
        Self {
            places: _mm256_broadcastsi128_si256(_mm_packus_epi16(first, last)),
            is_second: _mm256_broadcastsi128_si256(_mm_packs_epi16(is_second, are_second)),
            weights: [of_half(0), of_half(1)],
        }
    }

    /// Its bytes, of two rows that begin with the first pixel.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn made<const CHANNELS: usize>(&self, row: &[u8], other: &[u8]) -> __m256i {
        let (padded, others);
        let row = if let Some(window) = row.first_chunk() {
            window
        } else {
            padded = first_32(row);
            &padded
        };
        let other = if let Some(window) = other.first_chunk() {
            window
        } else {
            others = first_32(other);
            &others
        };
        let first = _mm256_setr_m128i(load_16_at::<0>(row), load_16_at::<0>(other));
        let second = _mm256_setr_m128i(load_16_at::<CHANNELS>(row), load_16_at::<CHANNELS>(other));
        let first = _mm256_shuffle_epi8(first, self.places);
        let second = _mm256_shuffle_epi8(second, self.places);
        let near = _mm256_blendv_epi8(first, second, self.is_second);
        let far = _mm256_blendv_epi8(second, first, self.is_second);
        let low = steps(_mm256_unpacklo_epi8(near, far), self.weights[0]);
        let high = steps(_mm256_unpackhi_epi8(near, far), self.weights[1]);
        _mm256_add_epi8(near, _mm256_packs_epi16(low, high))
    }
}

/// The way from the first pixel of each pair, by a weight for the second.
#[inline]
#[target_feature(enable = "avx2")]
fn steps(pairs: __m256i, [high, low]: [__m256i; 2]) -> __m256i {
    let differences = _mm256_maddubs_epi16(pairs, _mm256_set1_epi16(i16::from_le_bytes([0xFF, 1])));
    let least = _mm256_sub_epi16(_mm256_set1_epi16(i16::MIN), _mm256_mulhi_epi16(differences, low));
    let products = _mm256_mullo_epi16(differences, high);
    // -1 where there is a carry.
    let carry = _mm256_cmpeq_epi16(_mm256_max_epu16(products, least), products);
    _mm256_sub_epi16(_mm256_mulhi_epi16(differences, high), carry)
}

/// The pixels of the first and the last eight bytes, as bytes of words of 16 bits.
const PIXELS_OF_3: [[u8; 16]; 2] = {
    let pixels: [u16; LANES] = pixels(0, 3);
    let mut table = [[0; 16]; 2];
    let mut at = 0;
    while at < 2 * LANES {
        let [low, high] = (pixels[at / 2] * 0x202 + 0x100).to_le_bytes();
        table[at / 16][at % 16] = if at.is_multiple_of(2) { low } else { high };
        at += 1;
    }
    table
};

/// The channels of the first and the last eight bytes.
const CHANNELS_OF_3: [[u16; 8]; 2] = [channels(0, 3), channels(8 % 3, 3)];
