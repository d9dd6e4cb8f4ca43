//! Reading and writing slices of any length.

#![allow(unsafe_code, reason = "vectors are read and written through pointers")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_extract_epi32, _mm256_loadu_si256, _mm256_setr_m128i,
    _mm256_storeu_si256,
};

/// The first 32 bytes, or 0 where there are not as many.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load(bytes: &[u8]) -> __m256i {
    let mut padded = [0; 32];
    let bytes = bytes.first_chunk::<32>().unwrap_or_else(|| {
        padded[..bytes.len()].copy_from_slice(bytes);
        &padded
    });
    // SAFETY: 32 bytes are read of an array of 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Writes the first 32 bytes, or as many as there are.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store(bytes: &mut [u8], value: __m256i) {
    if let Some(bytes) = bytes.first_chunk_mut::<32>() {
        // SAFETY: 32 bytes are written to an array of 32 bytes.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
    } else {
        let mut padded = [0; 32];
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(padded.as_mut_ptr().cast(), value) }
        bytes.copy_from_slice(&padded[..bytes.len()]);
    }
}

/// The first 16 bytes, or 0 where there are not as many.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_16(bytes: &[u8]) -> __m128i {
    let mut padded = [0; 16];
    let bytes = bytes.first_chunk::<16>().unwrap_or_else(|| {
        padded[..bytes.len()].copy_from_slice(bytes);
        &padded
    });
    // SAFETY: 16 bytes are read of an array of 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The first eight words of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_halves(halves: &[u16]) -> __m128i {
    let halves: &[u16; 8] = halves.first_chunk().expect("tables are padded");
    // SAFETY: 16 bytes are read of an array of 16 bytes.
    unsafe { _mm_loadu_si128(halves.as_ptr().cast()) }
}

/// 16 bytes from `AT` on.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_16_at<const AT: usize>(bytes: &[u8; 32]) -> __m128i {
    const { assert!(AT + 16 <= 32, "reads behind the end") };
    // SAFETY: 16 bytes from `AT` on are still within the array.
    unsafe { _mm_loadu_si128(bytes.as_ptr().add(AT).cast()) }
}

/// The first of 32 bytes, as many as there are, and zeros.
#[cold]
pub(super) fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    let len = bytes.len().min(32);
    padded[..len].copy_from_slice(&bytes[..len]);
    padded
}

/// Writes the first 16 bytes, or as many as there are.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_16(bytes: &mut [u8], value: __m128i) {
    if let Some(bytes) = bytes.first_chunk_mut::<16>() {
        // SAFETY: 16 bytes are written to an array of 16 bytes.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    } else {
        let mut padded = [0; 16];
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(padded.as_mut_ptr().cast(), value) }
        bytes.copy_from_slice(&padded[..bytes.len()]);
    }
}

/// Rows that are read and written together.
pub(super) const ROWS: usize = 4;

/// The first 16 bytes of each of [`ROWS`] rows that are `pitch` bytes apart, two to a vector, or 0 where there are not
/// as many.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_rows(bytes: &[u8], pitch: usize) -> [__m256i; ROWS / 2] {
    if bytes.len() < (ROWS - 1) * pitch + 16 {
        return load_last_rows(bytes, pitch);
    }
    let start = bytes.as_ptr();
    // SAFETY: 16 bytes from 3 * pitch on are still within the slice, as was just checked; the others are before them.
    let [a, b, c, d] = unsafe {
        [
            _mm_loadu_si128(start.cast()),
            _mm_loadu_si128(start.add(pitch).cast()),
            _mm_loadu_si128(start.add(2 * pitch).cast()),
            _mm_loadu_si128(start.add(3 * pitch).cast()),
        ]
    };
    [_mm256_setr_m128i(a, b), _mm256_setr_m128i(c, d)]
}

#[cold]
#[target_feature(enable = "avx2")]
fn load_last_rows(bytes: &[u8], pitch: usize) -> [__m256i; ROWS / 2] {
    let row = |row: usize| load_16(&bytes[(row * pitch).min(bytes.len())..]);
    [_mm256_setr_m128i(row(0), row(1)), _mm256_setr_m128i(row(2), row(3))]
}

/// Writes the first `len` of the four bytes that each of `count` rows has: in the words 0, 4, 1 and 5.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_rows(bytes: &mut [u8], pitch: usize, len: usize, rows: __m256i, count: usize) {
    if len < 4 || count < ROWS || bytes.len() < (ROWS - 1) * pitch + 4 {
        return store_some_rows(bytes, pitch, len, rows, count);
    }
    let [a, b, c, d] = words(rows);
    let start = bytes.as_mut_ptr();
    // SAFETY: 4 bytes from 3 * pitch on are still within the slice, as was just checked; the others are before.
    unsafe {
        start.cast::<i32>().write_unaligned(a);
        start.add(pitch).cast::<i32>().write_unaligned(b);
        start.add(2 * pitch).cast::<i32>().write_unaligned(c);
        start.add(3 * pitch).cast::<i32>().write_unaligned(d);
    }
}

#[cold]
#[target_feature(enable = "avx2")]
fn store_some_rows(bytes: &mut [u8], pitch: usize, len: usize, rows: __m256i, count: usize) {
    for (row, word) in words(rows).into_iter().take(count).enumerate() {
        bytes[row * pitch..][..len].copy_from_slice(&word.to_le_bytes()[..len]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn words(rows: __m256i) -> [i32; ROWS] {
    [
        _mm256_extract_epi32::<0>(rows),
        _mm256_extract_epi32::<4>(rows),
        _mm256_extract_epi32::<1>(rows),
        _mm256_extract_epi32::<5>(rows),
    ]
}
