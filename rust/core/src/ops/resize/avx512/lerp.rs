//! Linear interpolation, as [`super::super::lerp`] explains: 32 values in a register, where exact sums of products with whole
//! weights have 16.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi8, _mm512_add_epi16, _mm512_and_si512, _mm512_cmpge_epu16_mask, _mm512_cvtepi16_epi8,
    _mm512_maddubs_epi16, _mm512_mask_sub_epi16, _mm512_mulhi_epi16, _mm512_mullo_epi16, _mm512_or_si512,
    _mm512_packs_epi16, _mm512_permutexvar_epi8, _mm512_permutexvar_epi16, _mm512_set1_epi16, _mm512_slli_epi16,
    _mm512_sub_epi16, _mm512_unpackhi_epi8, _mm512_unpacklo_epi8,
};

use super::super::axis::Axis;
use super::super::lanes::{channels, pixels};
use super::super::lerp::{Lerp, Pairs};
use super::super::rows::Rows;
use super::memory::{ROWS, load, load_halves, load_rows, store, store_rows_32};

/// Bytes in a register.
const BLOCK: usize = 64;

/// Values in a register.
const LANES: usize = 32;

/// Makes a row between two rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn row(first: &[u8], second: &[u8], lerp: Lerp, out: &mut [u8]) {
    let (near, far) = if lerp.is_second { (second, first) } else { (first, second) };
    let weights = [lerp.high, lerp.low].map(|part| _mm512_set1_epi16(part));
    for (out, (near, far)) in out.chunks_mut(BLOCK).zip(near.chunks(BLOCK).zip(far.chunks(BLOCK))) {
        let (near, far) = (load(near), load(far));
        let low = steps(_mm512_unpacklo_epi8(near, far), weights);
        let high = steps(_mm512_unpackhi_epi8(near, far), weights);
        // A step is less than half of what a byte holds, and leads to another byte.
        store(out, _mm512_add_epi8(near, _mm512_packs_epi16(low, high)));
    }
}

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis; `pairs` are the
/// axis's.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn horizontal<const CHANNELS: usize>(
    source: Rows<'_>,
    first: usize,
    axis: &Axis,
    pairs: &Pairs,
    out: &mut [u8],
) {
    let width = axis.length * CHANNELS;
    for at in (0..width).step_by(LANES) {
        let place = at / CHANNELS;
        let phase = at % CHANNELS;
        let start = axis.starts[place] as usize;
        let pattern = load_halves(if CHANNELS == 1 { &PIXELS_OF_1 } else { &PIXELS_OF_3[phase] });
        let channel = load_halves(if CHANNELS == 1 { &CHANNELS_OF_1 } else { &CHANNELS_OF_3[phase] });
        let of_pixels = |halves: &[u16]| _mm512_permutexvar_epi16(pattern, load_halves(&halves[place..]));
        #[allow(clippy::cast_possible_truncation, reason = "differences of neighbours are small")]
        let start_16 = _mm512_set1_epi16((start as u16).cast_signed());
        #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "1 or 3")]
        let step = _mm512_set1_epi16(CHANNELS as i16);
        let byte = |pixels| {
            let pixels = _mm512_sub_epi16(pixels, start_16);
            _mm512_add_epi16(_mm512_mullo_epi16(pixels, step), channel)
        };
        let (near, far) = (byte(of_pixels(&pairs.near)), byte(of_pixels(&pairs.far)));
        let taps = _mm512_or_si512(near, _mm512_slli_epi16::<8>(far));
        let weights = [of_pixels(&pairs.high), of_pixels(&pairs.low)];
        let len = LANES.min(width - at);
        let offset = (start - first) * CHANNELS;
        let rows = out.len() / width;
        for row in (0..rows).step_by(ROWS) {
            // The last rows are made together with some before them, once more.
            let row = row.min(rows.saturating_sub(ROWS));
            // Windows hold the taps of all 32, as `Pairs` says.
            let windows = load_rows(&source.onward(row)[offset..], source.pitch());
            let values = windows.map(|window| {
                let pairs = _mm512_permutexvar_epi8(taps, window);
                let near = _mm512_and_si512(pairs, _mm512_set1_epi16(0xFF));
                _mm512_cvtepi16_epi8(_mm512_add_epi16(near, steps(pairs, weights)))
            });
            store_rows_32(&mut out[row * width + at..], width, len, values, rows.min(ROWS));
        }
    }
}

/// The way from the first pixel of each pair, by a weight for the second.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn steps(pairs: __m512i, [high, low]: [__m512i; 2]) -> __m512i {
    let differences = _mm512_maddubs_epi16(pairs, _mm512_set1_epi16(i16::from_le_bytes([0xFF, 1])));
    let products = _mm512_mulhi_epi16(differences, high);
    let least = _mm512_sub_epi16(_mm512_set1_epi16(i16::MIN), _mm512_mulhi_epi16(differences, low));
    let carry = _mm512_cmpge_epu16_mask(_mm512_mullo_epi16(differences, high), least);
    _mm512_mask_sub_epi16(products, carry, products, _mm512_set1_epi16(-1))
}

const PIXELS_OF_1: [u16; LANES] = pixels(0, 1);
const PIXELS_OF_3: [[u16; LANES]; 3] = [pixels(0, 3), pixels(1, 3), pixels(2, 3)];
const CHANNELS_OF_1: [u16; LANES] = channels(0, 1);
const CHANNELS_OF_3: [[u16; LANES]; 3] = [channels(0, 3), channels(1, 3), channels(2, 3)];
