//! Both passes for AVX-512 with VBMI and VNNI.
//!
//! Weights are cut into three digits to the base 256, and `vpdpbusd` multiplies four pixels by four digits and adds
//! them up: three of them, with shifts between, make 16 exact sums of four taps.

mod horizontal;
mod lerp;
mod memory;
mod vertical;

pub(super) use horizontal::horizontal;
pub(super) use vertical::vertical;

use std::arch::x86_64::{__m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_set1_epi32, _mm512_slli_epi32};

use super::axis::HALF;

/// Sums of products of pixels with each digit, highest first.
type Sums = [__m512i; 3];

/// Products of four pixels each with four weights each, summed; with half of the last place for rounding.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn dot(pixels: __m512i, [high, middle, low]: Sums) -> __m512i {
    let sum = _mm512_dpbusd_epi32(_mm512_set1_epi32(HALF >> 16), pixels, high);
    let sum = _mm512_dpbusd_epi32(_mm512_slli_epi32::<8>(sum), pixels, middle);
    _mm512_dpbusd_epi32(_mm512_slli_epi32::<8>(sum), pixels, low)
}

/// The sums to begin with: half of the last place, for rounding.
#[inline]
#[target_feature(enable = "avx512f")]
fn half() -> Sums {
    [_mm512_set1_epi32(HALF >> 16), _mm512_set1_epi32(0), _mm512_set1_epi32(0)]
}

/// Adds products of four pixels each with four weights each.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_dot(sums: &mut Sums, pixels: __m512i, weights: Sums) {
    for (sum, weights) in sums.iter_mut().zip(weights) {
        *sum = _mm512_dpbusd_epi32(*sum, pixels, weights);
    }
}

/// What the sums of digits amount to.
#[inline]
#[target_feature(enable = "avx512f")]
fn total([high, middle, low]: Sums) -> __m512i {
    let sum = _mm512_add_epi32(_mm512_slli_epi32::<8>(high), middle);
    _mm512_add_epi32(_mm512_slli_epi32::<8>(sum), low)
}
