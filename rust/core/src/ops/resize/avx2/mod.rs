//! Both passes for AVX2.
//!
//! Weights are cut into halves of 16 bits, and `vpmaddwd` multiplies two pixels by two halves and adds them up: two of
//! them make 8 exact sums of two taps.

mod horizontal;
mod lerp;
mod memory;
mod vertical;

pub(super) use horizontal::horizontal;
pub(super) use vertical::vertical;

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_slli_epi32, _mm256_srai_epi32,
};

use super::axis::{HALF, PRECISION};
use super::split::Split;

/// High and low half; of weights, or of sums.
type Halves = [__m256i; 2];

/// The sums to begin with: half of the last place, for rounding.
#[inline]
#[target_feature(enable = "avx2")]
fn half() -> Halves {
    [_mm256_set1_epi32(0), _mm256_set1_epi32(HALF)]
}

/// Products of two pixels each with two weights each, summed; with half of the last place for rounding.
#[inline]
#[target_feature(enable = "avx2")]
fn dot(pixels: __m256i, weights: Halves) -> Halves {
    let low = _mm256_madd_epi16(pixels, weights[1]);
    [_mm256_madd_epi16(pixels, weights[0]), _mm256_add_epi32(low, _mm256_set1_epi32(HALF))]
}

/// Adds products of two pixels each with two weights each.
#[inline]
#[target_feature(enable = "avx2")]
fn add_dot(sums: &mut Halves, pixels: __m256i, weights: Halves) {
    sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(pixels, weights[0]));
    sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(pixels, weights[1]));
}

/// The values that sums stand for, not yet clipped.
#[inline]
#[target_feature(enable = "avx2")]
fn values([high, low]: Halves) -> __m256i {
    const LOW: i32 = Split::LOW.cast_signed();
    const PLACES: i32 = PRECISION.cast_signed();
    _mm256_srai_epi32::<PLACES>(_mm256_add_epi32(_mm256_slli_epi32::<LOW>(high), low))
}
