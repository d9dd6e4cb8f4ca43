//! One vector of sixteen floats.

#![allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]

use std::arch::x86_64::{
    __m512, __m512i, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_loadu_si128, _mm_stream_si128,
    _mm256_loadu_si256, _mm256_stream_si256, _mm512_add_epi32, _mm512_and_si512, _mm512_castps_si512,
    _mm512_cvtepi32_epi8, _mm512_cvtepi32_epi16, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_cvtps_ph,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_permutexvar_epi8, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_srli_epi32, _mm512_storeu_ps, _mm512_storeu_si512, _mm512_stream_si512,
};

use bytemuck::{Pod, must_cast};
use half::{bf16, f16};

use super::{BLOCK, Block, Floats, source};
use crate::ops::write::convert::Values;

/// Used by functions only that are compiled for AVX-512 F, BW, VL and VBMI.
#[derive(Clone, Copy)]
pub(in crate::ops::write) struct Avx512(__m512);

impl Floats for Avx512 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }
}

/// Sixteen pixel values of 32 bits. Used as [`Avx512`].
#[derive(Clone, Copy)]
pub(in crate::ops::write) struct Lanes(pub __m512i);

impl Values<Avx512> for Lanes {
    #[inline(always)]
    fn bytes(self) -> [u8; BLOCK] {
        // SAFETY: see the type.
        must_cast(unsafe { _mm512_cvtepi32_epi8(self.0) })
    }

    #[inline(always)]
    fn floats(self) -> Avx512 {
        // SAFETY: see the type.
        Avx512(unsafe { _mm512_cvtepi32_ps(self.0) })
    }
}

impl Block for Avx512 {
    #[inline(always)]
    fn from_floats(values: [f32; BLOCK]) -> Self {
        // SAFETY: see the type; 64 bytes are read of an array of 64.
        Self(unsafe { _mm512_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    fn from_bytes(values: [u8; BLOCK]) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(must_cast(values))) })
    }

    #[inline(always)]
    fn to_f32(self) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        // SAFETY: see the type; 64 bytes are written to an array of 64.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), self.0) };
        values
    }

    #[inline(always)]
    fn to_f16(self) -> [f16; BLOCK] {
        // SAFETY: see the type.
        must_cast(unsafe { _mm512_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
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
        unsafe { permuted::<STORED>(pixels, const { positions(STORED, FORWARDS, INTERLEAVED) }) }
    }

    #[inline(always)]
    fn stream<T: Pod>(to: &mut [T; BLOCK], elements: [T; BLOCK]) {
        let (to, from) = (to.as_mut_ptr(), elements.as_ptr());
        // SAFETY: see the type; both arrays have as many bytes as the vector, and the place is aligned to them.
        unsafe {
            match BLOCK * size_of::<T>() {
                64 if to.addr().is_multiple_of(64) => _mm512_stream_si512(to.cast(), _mm512_loadu_si512(from.cast())),
                32 if to.addr().is_multiple_of(32) => _mm256_stream_si256(to.cast(), _mm256_loadu_si256(from.cast())),
                16 if to.addr().is_multiple_of(16) => _mm_stream_si128(to.cast(), _mm_loadu_si128(from.cast())),
                _ => to.cast::<[T; BLOCK]>().write(elements),
            }
        }
    }
}

/// The upper half of the bits, after adding half of what the lower one can hold.
#[inline]
#[target_feature(enable = "avx512f")]
fn bf16s(floats: __m512) -> [bf16; BLOCK] {
    let bits = _mm512_castps_si512(floats);
    let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
    let rounding = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
    must_cast(_mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(_mm512_add_epi32(bits, rounding))))
}

/// Where each byte of the destination comes from; the last sixteen are nothing.
const fn positions(stored: usize, forwards: bool, interleaved: bool) -> [[u8; BLOCK]; 4] {
    let mut positions = [[0; BLOCK]; 4];
    let mut at = 0;
    while at < 3 * BLOCK {
        #[allow(clippy::cast_possible_truncation, reason = "below 48")]
        let byte = source(stored, forwards, interleaved, at / BLOCK, at % BLOCK) as u8;
        positions[at / BLOCK][at % BLOCK] = byte;
        at += 1;
    }
    positions
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn permuted<const STORED: usize>(pixels: &[[u8; STORED]; BLOCK], positions: [[u8; BLOCK]; 4]) -> [[u8; BLOCK]; 3] {
    let mut bytes = [[0; BLOCK]; 4];
    bytes[..STORED].copy_from_slice(pixels.as_flattened().as_chunks().0);
    // SAFETY: 64 bytes are read of arrays of 64, and written to one.
    unsafe {
        let permuted = _mm512_permutexvar_epi8(
            _mm512_loadu_si512(positions.as_ptr().cast()),
            _mm512_loadu_si512(bytes.as_ptr().cast()),
        );
        _mm512_storeu_si512(bytes.as_mut_ptr().cast(), permuted);
    }
    let [first, second, third, _] = bytes;
    [first, second, third]
}
