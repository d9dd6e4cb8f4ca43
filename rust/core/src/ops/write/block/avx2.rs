//! Two vectors of eight floats.

#![allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _MM_FROUND_TO_NEAREST_INT, _mm_loadu_si128, _mm_or_si128, _mm_setzero_si128,
    _mm_shuffle_epi8, _mm_stream_si128, _mm_unpackhi_epi64, _mm256_add_epi32, _mm256_and_si256, _mm256_castps_si256,
    _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_cvtps_ph, _mm256_fmadd_ps, _mm256_loadu_si256,
    _mm256_packus_epi32, _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_srli_epi32,
    _mm256_stream_si256,
};

use bytemuck::{Pod, must_cast};
use half::{bf16, f16};

use super::{BLOCK, Block, Floats, source};

/// Used by functions only that are compiled for AVX2, FMA and F16C.
#[derive(Clone, Copy)]
pub(in crate::ops::write) struct Avx2([__m256; 2]);

impl Floats for Avx2 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see the type.
        Self([unsafe { _mm256_set1_ps(value) }; 2])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        let ([low, high], [low_factor, high_factor], [low_term, high_term]) = (self.0, factor.0, term.0);
        // SAFETY: see the type.
        Self(unsafe { [_mm256_fmadd_ps(low, low_factor, low_term), _mm256_fmadd_ps(high, high_factor, high_term)] })
    }
}

impl Block for Avx2 {
    #[inline(always)]
    fn from_floats(values: [f32; BLOCK]) -> Self {
        Self(must_cast(values))
    }

    #[inline(always)]
    fn from_bytes(values: [u8; BLOCK]) -> Self {
        // SAFETY: see the type.
        Self(unsafe { floats(must_cast(values)) })
    }

    #[inline(always)]
    fn to_f32(self) -> [f32; BLOCK] {
        must_cast(self.0)
    }

    #[inline(always)]
    fn to_f16(self) -> [f16; BLOCK] {
        // SAFETY: see the type.
        unsafe { f16s(self.0) }
    }

    #[inline(always)]
    fn to_bf16(self) -> [bf16; BLOCK] {
        // SAFETY: see the type.
        unsafe { bf16s(self.0) }
    }

    #[inline(always)]
    fn arranged<const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
        pixels: &[[u8; STORED]; BLOCK],
    ) -> [[u8; BLOCK]; 3] {
        // SAFETY: see the type.
        unsafe { shuffled::<STORED>(pixels, const { &masks(STORED, FORWARDS, INTERLEAVED) }) }
    }

    #[inline(always)]
    fn stream<T: Pod>(to: &mut [T; BLOCK], elements: [T; BLOCK]) {
        let (to, from) = (to.as_mut_ptr(), elements.as_ptr());
        // SAFETY: see the type; each part is inside both arrays, and its place is aligned to its length.
        unsafe {
            match BLOCK * size_of::<T>() {
                bytes @ (32 | 64) if to.addr().is_multiple_of(32) => {
                    for part in 0..bytes / 32 {
                        let value = _mm256_loadu_si256(from.cast::<__m256i>().add(part));
                        _mm256_stream_si256(to.cast::<__m256i>().add(part), value);
                    }
                }
                16 if to.addr().is_multiple_of(16) => _mm_stream_si128(to.cast(), _mm_loadu_si128(from.cast())),
                _ => to.cast::<[T; BLOCK]>().write(elements),
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn floats(bytes: __m128i) -> [__m256; 2] {
    let high = _mm_unpackhi_epi64(bytes, bytes);
    [_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(high))]
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
fn f16s([low, high]: [__m256; 2]) -> [f16; BLOCK] {
    must_cast([low, high].map(|floats| _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(floats)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn bf16s([low, high]: [__m256; 2]) -> [bf16; BLOCK] {
    let packed = _mm256_packus_epi32(upper(low), upper(high));
    must_cast(_mm256_permute4x64_epi64::<0b11_01_10_00>(packed))
}

/// The upper half of the bits, after adding half of what the lower one can hold.
#[inline]
#[target_feature(enable = "avx2")]
fn upper(floats: __m256) -> __m256i {
    let bits = _mm256_castps_si256(floats);
    let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
    let rounding = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    _mm256_srli_epi32::<16>(_mm256_add_epi32(bits, rounding))
}

/// For each third of the destination and each sixteen bytes of the source: where its bytes go. 0x80 gives 0.
const fn masks(stored: usize, forwards: bool, interleaved: bool) -> [[[u8; BLOCK]; 3]; 3] {
    let mut masks = [[[0x80; BLOCK]; 3]; 3];
    let mut at = 0;
    while at < 3 * BLOCK {
        let from = source(stored, forwards, interleaved, at / BLOCK, at % BLOCK);
        #[allow(clippy::cast_possible_truncation, reason = "below 16")]
        let byte = (from % BLOCK) as u8;
        masks[at / BLOCK][from / BLOCK][at % BLOCK] = byte;
        at += 1;
    }
    masks
}

#[inline]
#[target_feature(enable = "ssse3")]
fn shuffled<const STORED: usize>(pixels: &[[u8; STORED]; BLOCK], masks: &[[[u8; BLOCK]; 3]; 3]) -> [[u8; BLOCK]; 3] {
    let (parts, _) = pixels.as_flattened().as_chunks::<BLOCK>();
    let mut thirds = [[0; BLOCK]; 3];
    // Loops and no closures: those would be calls.
    for (third, masks) in thirds.iter_mut().zip(masks) {
        let mut bytes = _mm_setzero_si128();
        for (part, mask) in parts.iter().zip(masks) {
            bytes = _mm_or_si128(bytes, _mm_shuffle_epi8(must_cast(*part), must_cast(*mask)));
        }
        *third = must_cast(bytes);
    }
    thirds
}
