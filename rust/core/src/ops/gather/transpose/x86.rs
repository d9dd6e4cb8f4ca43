//! Lines of several tiles in one register.

#![allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_set_m128i, _mm256_unpackhi_epi8,
    _mm256_unpacklo_epi8, _mm512_castsi256_si512, _mm512_extracti32x4_epi32, _mm512_inserti64x4, _mm512_unpackhi_epi8,
    _mm512_unpacklo_epi8,
};

use bytemuck::must_cast;

use super::{Line, Lines, Tiles};

#[target_feature(enable = "avx2")]
pub(super) fn avx2(tiles: Tiles<'_>) {
    tiles.copy::<Avx2, 2>();
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn avx512(tiles: Tiles<'_>) {
    tiles.copy::<Avx512, 4>();
}

/// Used by functions only that are compiled for AVX2.
#[derive(Clone, Copy)]
struct Avx2(__m256i);

impl Lines<2> for Avx2 {
    #[inline(always)]
    fn load([first, second]: [Line; 2]) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_set_m128i(must_cast(second), must_cast(first)) })
    }

    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        // SAFETY: see the type.
        unsafe { [Self(_mm256_unpacklo_epi8(self.0, other.0)), Self(_mm256_unpackhi_epi8(self.0, other.0))] }
    }

    #[inline(always)]
    fn store(self) -> [Line; 2] {
        // SAFETY: see the type.
        unsafe { [must_cast(_mm256_castsi256_si128(self.0)), must_cast(_mm256_extracti128_si256::<1>(self.0))] }
    }
}

/// Used by functions only that are compiled for AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
struct Avx512(__m512i);

impl Lines<4> for Avx512 {
    #[inline(always)]
    fn load([first, second, third, fourth]: [Line; 4]) -> Self {
        let (Avx2(low), Avx2(high)) = (Avx2::load([first, second]), Avx2::load([third, fourth]));
        // SAFETY: see the type.
        Self(unsafe { _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high) })
    }

    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        // SAFETY: see the type.
        unsafe { [Self(_mm512_unpacklo_epi8(self.0, other.0)), Self(_mm512_unpackhi_epi8(self.0, other.0))] }
    }

    #[inline(always)]
    fn store(self) -> [Line; 4] {
        // SAFETY: see the type.
        unsafe {
            [
                must_cast(_mm512_extracti32x4_epi32::<0>(self.0)),
                must_cast(_mm512_extracti32x4_epi32::<1>(self.0)),
                must_cast(_mm512_extracti32x4_epi32::<2>(self.0)),
                must_cast(_mm512_extracti32x4_epi32::<3>(self.0)),
            ]
        }
    }
}
