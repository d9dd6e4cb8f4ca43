//! The vertical pass: 32 bytes of a row of the result at a time.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_maddubs_epi16, _mm256_mulhrs_epi16, _mm256_packs_epi32, _mm256_packus_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
};

use super::super::axis::{Axis, QUAD};
use super::super::lerp::Lerp;
use super::super::rows::Rows;
use super::super::short::{SHORT, Short, pair};
use super::lerp;
use super::memory::{load, store};
use super::{Halves, add_dot, dot, half, values};

/// Bytes in a register.
const BLOCK: usize = 32;

/// Makes rows of the result from the `place`-th on, as many as `out` holds, of the rows of `source`, whose first row is the
/// `first` of the axis.
#[target_feature(enable = "avx2")]
pub(in super::super) fn vertical(source: Rows<'_>, first: usize, axis: &Axis, place: usize, out: &mut [u8]) {
    for (place, out) in (place..).zip(out.chunks_exact_mut(source.len())) {
        let (start, weights) = axis.taps(place);
        let source = source.between(start - first, start - first + weights.len());
        match (Short::of(weights), weights.len()) {
            (Short::Zero, _) => out.fill(0),
            (Short::One, _) => out.copy_from_slice(source.row(0)),
            (Short::Bytes, 2) => two_short_taps(source, weights, out),
            (Short::Bytes, _) => short_taps(source, weights, out),
            (Short::No, 1 | 2) => match Lerp::of(weights) {
                Some(lerp) => lerp::row(source.row(0), source.row(1), lerp, out),
                None => two_taps(source, axis, place, out),
            },
            (Short::No, _) => taps(source, axis, place, out),
        }
    }
}

/// Two taps of short weights.
#[inline]
#[target_feature(enable = "avx2")]
fn two_short_taps(source: Rows<'_>, weights: &[i32], out: &mut [u8]) {
    let weights = _mm256_set1_epi16(pair(weights[0], weights[1]));
    let (first, second) = (source.row(0), source.row(1));
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let (first, second) = (load(&first[block * BLOCK..]), load(&second[block * BLOCK..]));
        let low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(first, second), weights);
        let high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(first, second), weights);
        store(out, short_bytes(low, high));
    }
}

/// Any number of taps of short weights.
#[inline]
#[target_feature(enable = "avx2")]
fn short_taps(source: Rows<'_>, weights: &[i32], out: &mut [u8]) {
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let mut low = _mm256_set1_epi16(0);
        let mut high = low;
        for (index, weights) in weights.chunks(2).enumerate() {
            let first = load(&source.row(2 * index)[block * BLOCK..]);
            let (second, weights) = match weights {
                [one, other] => (load(&source.row(2 * index + 1)[block * BLOCK..]), pair(*one, *other)),
                _ => (first, pair(weights[0], 0)),
            };
            let weights = _mm256_set1_epi16(weights);
            low = _mm256_add_epi16(low, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(first, second), weights));
            high = _mm256_add_epi16(high, _mm256_maddubs_epi16(_mm256_unpackhi_epi8(first, second), weights));
        }
        store(out, short_bytes(low, high));
    }
}

/// The bytes that sums with short weights stand for.
#[inline]
#[target_feature(enable = "avx2")]
fn short_bytes(low: __m256i, high: __m256i) -> __m256i {
    // `vpmulhrsw` shifts the product right by 15, rounded.
    let shift = _mm256_set1_epi16(1 << (15 - SHORT));
    _mm256_packus_epi16(_mm256_mulhrs_epi16(low, shift), _mm256_mulhrs_epi16(high, shift))
}

/// The halves of the weights of the taps `2 * pair` and the one behind it.
#[inline]
#[target_feature(enable = "avx2")]
fn weights(axis: &Axis, pair: usize, place: usize) -> Halves {
    let half = |half| {
        let word = axis.words(2 * pair / QUAD, 2 * pair % QUAD + half, place)[0];
        _mm256_set1_epi32(word.cast_signed())
    };
    [half(0), half(1)]
}

/// One or two taps.
#[inline]
#[target_feature(enable = "avx2")]
fn two_taps(source: Rows<'_>, axis: &Axis, place: usize, out: &mut [u8]) {
    let zero = _mm256_setzero_si256();
    let weights = weights(axis, 0, place);
    let (first, second) = (source.row(0), source.row(source.count() - 1));
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let (first, second) = (load(&first[block * BLOCK..]), load(&second[block * BLOCK..]));
        let (low, high) = (_mm256_unpacklo_epi8(first, second), _mm256_unpackhi_epi8(first, second));
        let a = values(dot(_mm256_unpacklo_epi8(low, zero), weights));
        let b = values(dot(_mm256_unpackhi_epi8(low, zero), weights));
        let c = values(dot(_mm256_unpacklo_epi8(high, zero), weights));
        let d = values(dot(_mm256_unpackhi_epi8(high, zero), weights));
        store(out, _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)));
    }
}

/// Any number of taps.
#[inline]
#[target_feature(enable = "avx2")]
fn taps(source: Rows<'_>, axis: &Axis, place: usize, out: &mut [u8]) {
    let zero = _mm256_setzero_si256();
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let mut sums = [half(); 4];
        for first in (0..source.count()).step_by(2) {
            let weights = weights(axis, first / 2, place);
            // A tap behind the last one has weight 0.
            let [a, b] =
                [first, (first + 1).min(source.count() - 1)].map(|row| load(&source.row(row)[block * BLOCK..]));
            let (low, high) = (_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b));
            add_dot(&mut sums[0], _mm256_unpacklo_epi8(low, zero), weights);
            add_dot(&mut sums[1], _mm256_unpackhi_epi8(low, zero), weights);
            add_dot(&mut sums[2], _mm256_unpacklo_epi8(high, zero), weights);
            add_dot(&mut sums[3], _mm256_unpackhi_epi8(high, zero), weights);
        }
        let [a, b, c, d] = sums.map(|sums| values(sums));
        store(out, _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)));
    }
}
