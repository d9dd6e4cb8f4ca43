//! Registers of AVX-512 from those of AVX2.

use std::arch::x86_64::{__m256i, __m512i, _mm512_castsi256_si512, _mm512_inserti64x4};

/// Both in one.
#[inline]
#[target_feature(enable = "avx512f")]
pub(in crate::ops) fn joined(low: __m256i, high: __m256i) -> __m512i {
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}
