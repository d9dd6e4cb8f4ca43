//! Lines of several tiles of bytes in one register.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_set_m128i, _mm256_unpackhi_epi8,
    _mm256_unpacklo_epi8, _mm512_extracti32x4_epi32, _mm512_unpackhi_epi8, _mm512_unpacklo_epi8,
};

use bytemuck::must_cast;

use super::super::{Interleave, Lines};
use crate::ops::gather::halves::joined;

/// Used by functions only that are compiled for AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256i);

impl Interleave for Avx2 {
    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        // SAFETY: see the type.
        unsafe { [Self(_mm256_unpacklo_epi8(self.0, other.0)), Self(_mm256_unpackhi_epi8(self.0, other.0))] }
    }
}

impl Lines<u8, 2, 16> for Avx2 {
    #[inline(always)]
    fn load([first, second]: [&[u8; 16]; 2]) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_set_m128i(must_cast(*second), must_cast(*first)) })
    }

    #[inline(always)]
    fn store(self, tile: usize, to: &mut [u8; 16]) {
        // SAFETY: see the type.
        *to = must_cast(unsafe {
            if tile == 0 { _mm256_castsi256_si128(self.0) } else { _mm256_extracti128_si256::<1>(self.0) }
        });
    }
}

/// Used by functions only that are compiled for AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Avx512(pub __m512i);

impl Interleave for Avx512 {
    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        // SAFETY: see the type.
        unsafe { [Self(_mm512_unpacklo_epi8(self.0, other.0)), Self(_mm512_unpackhi_epi8(self.0, other.0))] }
    }
}

impl Lines<u8, 4, 16> for Avx512 {
    #[inline(always)]
    fn load([first, second, third, fourth]: [&[u8; 16]; 4]) -> Self {
        let (Avx2(low), Avx2(high)) = (Avx2::load([first, second]), Avx2::load([third, fourth]));
        // SAFETY: see the type.
        Self(unsafe { joined(low, high) })
    }

    #[inline(always)]
    fn store(self, tile: usize, to: &mut [u8; 16]) {
        // SAFETY: see the type.
        *to = must_cast(unsafe {
            match tile {
                0 => _mm512_extracti32x4_epi32::<0>(self.0),
                1 => _mm512_extracti32x4_epi32::<1>(self.0),
                2 => _mm512_extracti32x4_epi32::<2>(self.0),
                _ => _mm512_extracti32x4_epi32::<3>(self.0),
            }
        });
    }
}
