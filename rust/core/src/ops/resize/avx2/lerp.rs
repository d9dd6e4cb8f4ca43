//! Linear interpolation, as [`super::super::lerp`] explains: 16 values in a register, where exact sums of products with whole
//! weights have 8.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_cmpeq_epi16, _mm256_maddubs_epi16, _mm256_max_epu16, _mm256_mulhi_epi16,
    _mm256_mullo_epi16, _mm256_packs_epi16, _mm256_set1_epi16, _mm256_sub_epi16, _mm256_unpackhi_epi8,
    _mm256_unpacklo_epi8,
};

use super::super::lerp::Lerp;
use super::memory::{load, store};

/// Bytes in a register.
const BLOCK: usize = 32;

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
