//! Lines of one tile of RGB pixels in one register.

use std::arch::x86_64::{
    __m256i, _mm_blend_epi32, _mm_loadu_si128, _mm_setr_epi8, _mm_srli_si128, _mm_storeu_si128, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_permute2x128_si256, _mm256_set_m128i, _mm256_shuffle_epi8, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm512_loadu_si512, _mm512_mask_storeu_epi8,
    _mm512_maskz_loadu_epi8, _mm512_permutexvar_epi8,
};

use super::super::{Interleave, Lines, Transpose};
use super::bytes;

/// Eight pixels of four bytes. Used by functions only that are compiled for AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256i);

impl Lines<[u8; 3], 1, 8> for Avx2 {
    #[inline(always)]
    fn load([line]: [&[[u8; 3]; 8]; 1]) -> Self {
        let bytes = line.as_flattened();
        // SAFETY: see the type; sixteen bytes are read from each of two places of 24 bytes, 8 bytes apart.
        unsafe {
            let first = _mm_loadu_si128(bytes.as_ptr().cast());
            let last = _mm_loadu_si128(bytes[8..].as_ptr().cast());
            let from_start = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
            let to_end = _mm_setr_epi8(4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
            Self(_mm256_shuffle_epi8(_mm256_set_m128i(last, first), _mm256_set_m128i(to_end, from_start)))
        }
    }

    #[inline(always)]
    fn store(self, _tile: usize, to: &mut [[u8; 3]; 8]) {
        let bytes = to.as_flattened_mut();
        // SAFETY: see the type; sixteen bytes are written to each of two places of 24 bytes, 8 bytes apart.
        unsafe {
            let from_start = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
            let to_end = _mm_setr_epi8(-1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14);
            let packed = _mm256_shuffle_epi8(self.0, _mm256_set_m128i(to_end, from_start));
            let (first, last) = (_mm256_castsi256_si128(packed), _mm256_extracti128_si256::<1>(packed));
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), first);
            let last = _mm_blend_epi32::<1>(last, _mm_srli_si128::<8>(first));
            _mm_storeu_si128(bytes[8..].as_mut_ptr().cast(), last);
        }
    }
}

impl Transpose<8> for Avx2 {
    #[rustfmt::skip]
    #[allow(clippy::many_single_char_names, reason = "lines of a tile")]
    #[inline(always)]
    fn transposed([a, b, c, d, e, f, g, h]: [Self; 8]) -> [Self; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (a.with_three(b, c, d), e.with_three(f, g, h));
        let halves = |first: Self, second: Self| {
            // SAFETY: see the type.
            unsafe { [
                Self(_mm256_permute2x128_si256::<0x20>(first.0, second.0)),
                Self(_mm256_permute2x128_si256::<0x31>(first.0, second.0)),
            ] }
        };
        let ([a, e], [b, f], [c, g], [d, h]) = (halves(a, e), halves(b, f), halves(c, g), halves(d, h));
        [a, b, c, d, e, f, g, h]
    }
}

impl Avx2 {
    /// Of four lines, in each half: the first pixels, the second, the third and the fourth.
    #[inline(always)]
    fn with_three(self, second: Self, third: Self, fourth: Self) -> [Self; 4] {
        // SAFETY: see the type.
        unsafe {
            let low = [_mm256_unpacklo_epi32(self.0, second.0), _mm256_unpacklo_epi32(third.0, fourth.0)];
            let high = [_mm256_unpackhi_epi32(self.0, second.0), _mm256_unpackhi_epi32(third.0, fourth.0)];
            [
                Self(_mm256_unpacklo_epi64(low[0], low[1])),
                Self(_mm256_unpackhi_epi64(low[0], low[1])),
                Self(_mm256_unpacklo_epi64(high[0], high[1])),
                Self(_mm256_unpackhi_epi64(high[0], high[1])),
            ]
        }
    }
}

/// A tile of each channel. Used by functions only that are compiled for AVX-512 F, BW, VL and VBMI.
#[derive(Clone, Copy)]
pub(super) struct Avx512(bytes::Avx512);

/// Bytes of a line of sixteen pixels, as a mask.
const LINE: u64 = (1 << 48) - 1;

/// Where the bytes of channels one behind the other are among those of pixels; and the reverse.
const PLACES: [[u8; 64]; 2] = {
    let mut places = [[0; 64]; 2];
    let mut at = 0;
    while at < 48 {
        let pixel = at % 16 * 3 + at / 16;
        #[allow(clippy::cast_possible_truncation, reason = "below 48")]
        {
            places[0][at] = pixel as u8;
            places[1][pixel] = at as u8;
        }
        at += 1;
    }
    places
};

impl Interleave for Avx512 {
    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        self.0.interleaved(other.0).map(Self)
    }
}

impl Lines<[u8; 3], 1, 16> for Avx512 {
    #[inline(always)]
    fn load([line]: [&[[u8; 3]; 16]; 1]) -> Self {
        // SAFETY: see the type; only the bytes of the line are read of it.
        unsafe {
            let pixels = _mm512_maskz_loadu_epi8(LINE, line.as_ptr().cast());
            Self(bytes::Avx512(_mm512_permutexvar_epi8(_mm512_loadu_si512(PLACES[0].as_ptr().cast()), pixels)))
        }
    }

    #[inline(always)]
    fn store(self, _tile: usize, to: &mut [[u8; 3]; 16]) {
        // SAFETY: see the type; only the bytes of the line are written.
        unsafe {
            let pixels = _mm512_permutexvar_epi8(_mm512_loadu_si512(PLACES[1].as_ptr().cast()), self.0.0);
            _mm512_mask_storeu_epi8(to.as_mut_ptr().cast(), LINE, pixels);
        }
    }
}
