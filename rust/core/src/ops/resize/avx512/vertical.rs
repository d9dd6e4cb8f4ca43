//! The vertical pass: 64 bytes of a row of the result at a time.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi16, _mm512_maddubs_epi16, _mm512_mask_blend_epi16, _mm512_mulhrs_epi16, _mm512_packs_epi32,
    _mm512_packus_epi16, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_slli_epi32, _mm512_srai_epi32,
    _mm512_unpackhi_epi8, _mm512_unpackhi_epi16, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};

use super::super::axis::{Axis, PRECISION, QUAD};
use super::super::lerp::Lerp;
use super::super::rows::Rows;
use super::super::short::{SHORT, Short, pair};
use super::lerp;
use super::memory::{load, store};
use super::{Sums, add_dot, dot, half, total};

/// Bytes in a register.
const BLOCK: usize = 64;

/// Makes rows of the result from the `place`-th on, as many as `out` holds, of the rows of `source`, whose first row is the
/// `first` of the axis.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
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
            (Short::No, 3 | 4) => four_taps(source, axis, place, out),
            (Short::No, _) => taps(source, axis, place, out),
        }
    }
}

/// Two taps of short weights.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn two_short_taps(source: Rows<'_>, weights: &[i32], out: &mut [u8]) {
    let weights = _mm512_set1_epi16(pair(weights[0], weights[1]));
    let (first, second) = (source.row(0), source.row(1));
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let (first, second) = (load(&first[block * BLOCK..]), load(&second[block * BLOCK..]));
        let low = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(first, second), weights);
        let high = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(first, second), weights);
        store(out, short_bytes(low, high));
    }
}

/// Any number of taps of short weights.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn short_taps(source: Rows<'_>, weights: &[i32], out: &mut [u8]) {
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let mut low = _mm512_set1_epi16(0);
        let mut high = low;
        for (index, weights) in weights.chunks(2).enumerate() {
            let first = load(&source.row(2 * index)[block * BLOCK..]);
            let (second, weights) = match weights {
                [one, other] => (load(&source.row(2 * index + 1)[block * BLOCK..]), pair(*one, *other)),
                _ => (first, pair(weights[0], 0)),
            };
            let weights = _mm512_set1_epi16(weights);
            low = _mm512_add_epi16(low, _mm512_maddubs_epi16(_mm512_unpacklo_epi8(first, second), weights));
            high = _mm512_add_epi16(high, _mm512_maddubs_epi16(_mm512_unpackhi_epi8(first, second), weights));
        }
        store(out, short_bytes(low, high));
    }
}

/// The bytes that sums with short weights stand for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn short_bytes(low: __m512i, high: __m512i) -> __m512i {
    // `vpmulhrsw` shifts the product right by 15, rounded.
    let shift = _mm512_set1_epi16(1 << (15 - SHORT));
    _mm512_packus_epi16(_mm512_mulhrs_epi16(low, shift), _mm512_mulhrs_epi16(high, shift))
}

/// The digits of the weights of four taps, in every word.
#[inline]
#[target_feature(enable = "avx512f")]
fn weights(axis: &Axis, quad: usize, place: usize) -> Sums {
    let word = |word| _mm512_set1_epi32(axis.words(quad, word, place)[0].cast_signed());
    [word(0), word(1), word(2)]
}

/// One or two taps: words of 32 bits hold the taps of two neighbouring bytes, and are multiplied once for each.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn two_taps(source: Rows<'_>, axis: &Axis, place: usize, out: &mut [u8]) {
    const ODD: u32 = 0xAAAA_AAAA;
    let even = weights(axis, 0, place);
    let odd = even.map(|weights| _mm512_slli_epi32::<16>(weights));
    let (first, second) = (source.row(0), source.row(source.count() - 1));
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let (first, second) = (load(&first[block * BLOCK..]), load(&second[block * BLOCK..]));
        let [low, high] = [_mm512_unpacklo_epi8(first, second), _mm512_unpackhi_epi8(first, second)].map(|pixels| {
            let even = _mm512_srai_epi32::<PRECISION>(dot(pixels, even));
            let odd = _mm512_srai_epi32::<{ PRECISION - 16 }>(dot(pixels, odd));
            _mm512_mask_blend_epi16(ODD, even, odd)
        });
        store(out, _mm512_packus_epi16(low, high));
    }
}

/// Three or four taps.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn four_taps(source: Rows<'_>, axis: &Axis, place: usize, out: &mut [u8]) {
    let weights = weights(axis, 0, place);
    // A fourth tap has weight 0 if there are three.
    let [a, b, c, d] = [source.row(0), source.row(1), source.row(2), source.row(source.count() - 1)];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let at = block * BLOCK;
        let pixels = transposed([load(&a[at..]), load(&b[at..]), load(&c[at..]), load(&d[at..])]);
        let [a, b, c, d] = pixels.map(|pixels| _mm512_srai_epi32::<PRECISION>(dot(pixels, weights)));
        store(out, _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)));
    }
}

/// Any number of taps.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn taps(source: Rows<'_>, axis: &Axis, place: usize, out: &mut [u8]) {
    let quads = source.count().div_ceil(QUAD);
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let mut sums = [half(); 4];
        for quad in 0..quads {
            let weights = weights(axis, quad, place);
            // Taps behind the last one have weight 0.
            let row = |tap: usize| load(&source.row((quad * QUAD + tap).min(source.count() - 1))[block * BLOCK..]);
            for (sums, pixels) in sums.iter_mut().zip(transposed([row(0), row(1), row(2), row(3)])) {
                add_dot(sums, pixels, weights);
            }
        }
        let [a, b, c, d] = sums.map(|sums| _mm512_srai_epi32::<PRECISION>(total(sums)));
        store(out, _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)));
    }
}

/// Words of 32 bits of one byte of each of four rows, in the order that packing undoes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transposed([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (low, high) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
    let (low_2, high_2) = (_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(low, low_2),
        _mm512_unpackhi_epi16(low, low_2),
        _mm512_unpacklo_epi16(high, high_2),
        _mm512_unpackhi_epi16(high, high_2),
    ]
}
