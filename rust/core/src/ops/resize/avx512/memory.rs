//! Reading and writing slices of any length.

#![allow(unsafe_code, reason = "vectors are read and written through pointers")]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_mask_storeu_epi8, _mm_storeu_si128, _mm256_mask_storeu_epi8, _mm256_storeu_si256,
    _mm512_castsi512_si128, _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_mask_storeu_epi8,
    _mm512_maskz_loadu_epi8, _mm512_storeu_si512,
};

/// The first 64 bytes, or 0 where there are not as many.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn load(bytes: &[u8]) -> __m512i {
    if let Some(bytes) = bytes.first_chunk::<64>() {
        // SAFETY: 64 bytes are read of an array of 64 bytes.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    } else {
        // SAFETY: the mask has a bit for each byte there is, and bytes without a bit are not touched.
        unsafe { _mm512_maskz_loadu_epi8((1 << bytes.len()) - 1, bytes.as_ptr().cast()) }
    }
}

/// Writes the first 64 bytes, or as many as there are.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn store(bytes: &mut [u8], value: __m512i) {
    if let Some(bytes) = bytes.first_chunk_mut::<64>() {
        // SAFETY: 64 bytes are written to an array of 64 bytes.
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
    } else {
        // SAFETY: the mask has a bit for each byte there is, and bytes without a bit are not touched.
        unsafe { _mm512_mask_storeu_epi8(bytes.as_mut_ptr().cast(), (1 << bytes.len()) - 1, value) }
    }
}

/// Writes the first `len` of 16 bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn store_16(bytes: &mut [u8], len: usize, value: __m128i) {
    let bytes = &mut bytes[..len];
    if let Some(bytes) = bytes.first_chunk_mut::<16>() {
        // SAFETY: 16 bytes are written to an array of 16 bytes.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    } else {
        // SAFETY: the mask has a bit for each byte there is, and bytes without a bit are not touched.
        unsafe { _mm_mask_storeu_epi8(bytes.as_mut_ptr().cast(), (1 << bytes.len()) - 1, value) }
    }
}

/// The first 16 words.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_words(words: &[u32]) -> __m512i {
    let words: &[u32; 16] = words.first_chunk().expect("tables are padded");
    // SAFETY: 64 bytes are read of an array of 64 bytes.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

/// The first 32 words of 16 bits.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_halves(halves: &[u16]) -> __m512i {
    let halves: &[u16; 32] = halves.first_chunk().expect("tables are padded");
    // SAFETY: 64 bytes are read of an array of 64 bytes.
    unsafe { _mm512_loadu_si512(halves.as_ptr().cast()) }
}

/// Writes the first `len` of 32 bytes to each of [`ROWS`] rows that are `pitch` bytes apart, or to the first `count` of them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn store_rows_32(bytes: &mut [u8], pitch: usize, len: usize, rows: [__m256i; ROWS], count: usize) {
    if len < 32 || count < ROWS || bytes.len() < (ROWS - 1) * pitch + 32 {
        for (row, values) in rows.into_iter().take(count).enumerate() {
            store_32(&mut bytes[row * pitch..][..len], values);
        }
        return;
    }
    for (row, values) in rows.into_iter().enumerate() {
        // SAFETY: 32 bytes from 3 * pitch on are still within the slice, as was just checked; the others are before them.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().add(row * pitch).cast(), values) }
    }
}

/// Writes the first 32 bytes, or as many as there is room for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn store_32(bytes: &mut [u8], value: __m256i) {
    if let Some(bytes) = bytes.first_chunk_mut::<32>() {
        // SAFETY: 32 bytes are written to an array of 32 bytes.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
    } else {
        // SAFETY: the mask has a bit for each byte there is, and bytes without a bit are not touched.
        unsafe { _mm256_mask_storeu_epi8(bytes.as_mut_ptr().cast(), (1 << bytes.len()) - 1, value) }
    }
}

/// Rows that are read and written together.
pub(super) const ROWS: usize = 4;

/// The first 64 bytes of each of [`ROWS`] rows that are `pitch` bytes apart, or 0 where there are not as many.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn load_rows(bytes: &[u8], pitch: usize) -> [__m512i; ROWS] {
    if bytes.len() < (ROWS - 1) * pitch + 64 {
        let [second, third, fourth] = [1, 2, 3].map(|row| (row * pitch).min(bytes.len()));
        return [load(bytes), load(&bytes[second..]), load(&bytes[third..]), load(&bytes[fourth..])];
    }
    let start = bytes.as_ptr();
    // SAFETY: 64 bytes from 3 * pitch on are still within the slice, as was just checked; the others are before them.
    unsafe {
        [
            _mm512_loadu_si512(start.cast()),
            _mm512_loadu_si512(start.add(pitch).cast()),
            _mm512_loadu_si512(start.add(2 * pitch).cast()),
            _mm512_loadu_si512(start.add(3 * pitch).cast()),
        ]
    }
}

/// Writes the `row`-th 16 bytes of a vector to the `row`-th of [`ROWS`] rows that are `pitch` bytes apart; `len` of
/// them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn store_rows(bytes: &mut [u8], pitch: usize, len: usize, rows: __m512i) {
    if len < 16 || bytes.len() < (ROWS - 1) * pitch + 16 {
        return store_some_rows(bytes, pitch, len, rows, ROWS);
    }
    let start = bytes.as_mut_ptr();
    // SAFETY: 16 bytes from 3 * pitch on are still within the slice, as was just checked; the others are before them.
    unsafe {
        _mm_storeu_si128(start.cast(), _mm512_castsi512_si128(rows));
        _mm_storeu_si128(start.add(pitch).cast(), _mm512_extracti32x4_epi32::<1>(rows));
        _mm_storeu_si128(start.add(2 * pitch).cast(), _mm512_extracti32x4_epi32::<2>(rows));
        _mm_storeu_si128(start.add(3 * pitch).cast(), _mm512_extracti32x4_epi32::<3>(rows));
    }
}

/// As [`store_rows`], of the first `count` rows only.
#[cold]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn store_some_rows(bytes: &mut [u8], pitch: usize, len: usize, rows: __m512i, count: usize) {
    let parts = [
        _mm512_castsi512_si128(rows),
        _mm512_extracti32x4_epi32::<1>(rows),
        _mm512_extracti32x4_epi32::<2>(rows),
        _mm512_extracti32x4_epi32::<3>(rows),
    ];
    for (row, part) in parts.into_iter().take(count).enumerate() {
        store_16(&mut bytes[row * pitch..], len, part);
    }
}
