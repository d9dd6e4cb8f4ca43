//! Eight places at a time, with AVX-512 (VBMI and VBMI2).
#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_add_epi8, _mm512_add_epi64, _mm512_and_si512, _mm512_castsi512_si128,
    _mm512_cmpeq_epi64_mask, _mm512_cvtepu8_epi64, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
    _mm512_multishift_epi64_epi8, _mm512_permutexvar_epi8, _mm512_sad_epu8, _mm512_set1_epi8, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_sllv_epi64, _mm512_srli_epi64, _mm512_srlv_epi64,
    _mm512_sub_epi64, _mm512_zextsi128_si512, _pdep_u64,
};
use std::ops::Range;

use super::{complete, find_with};

/// Bytes that hold the code lengths of all places of a word, and a bit offset before them.
const WINDOW: usize = 16;

pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("bmi2")
}

pub(super) fn find_block(bytes: &[u8], bits: Range<usize>) -> Option<usize> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi2")]
    fn with_avx512(bytes: &[u8], bits: Range<usize>) -> Option<usize> {
        find_with(bytes, bits, |bytes, at, word, places| match bytes.get(at / 8..).and_then(<[u8]>::first_chunk) {
            Some(window) => complete_eights(window, (at % 8) as u64, word, places),
            None => complete(bytes, at, word, places),
        })
    }
    assert!(is_available(), "AVX-512 VBMI2");
    // SAFETY: the processor has what the function is compiled for.
    unsafe { with_avx512(bytes, bits) }
}

/// As [`complete`], of the word at a bit of `window`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi2")]
fn complete_eights(window: &[u8; WINDOW], bit: u64, word: u64, mut places: u64) -> u64 {
    // SAFETY: it is as long as what is read.
    let window = _mm512_zextsi128_si512(unsafe { _mm_loadu_si128(window.as_ptr().cast()) });
    let word = of_all(word);
    let mut complete = 0;
    while places != 0 {
        let eight = _pdep_u64(0xff, places);
        let index = _mm512_cvtepu8_epi64(_mm512_castsi512_si128(_mm512_maskz_compress_epi8(eight, load(&NUMBERS))));
        // How many lengths there are, and where they begin: behind 17 bits of the header.
        let few = _mm512_and_si512(_mm512_srlv_epi64(word, _mm512_add_epi64(index, of_all(13))), of_all(15));
        let len = _mm512_add_epi64(of_all(12), _mm512_add_epi64(few, _mm512_add_epi64(few, few)));
        let kept = _mm512_sub_epi64(_mm512_sllv_epi64(of_all(1), len), of_all(1));
        let begin = _mm512_add_epi64(index, of_all(bit + 17));
        let first_byte = _mm512_shuffle_epi8(_mm512_srli_epi64::<3>(begin), load(&FIRST_OF_EIGHT));
        let bytes = _mm512_permutexvar_epi8(_mm512_add_epi8(first_byte, load(&OF_EIGHT)), window);
        let lens = _mm512_srlv_epi64(bytes, _mm512_and_si512(begin, of_all(7)));
        let space = space(_mm512_and_si512(lens, kept));
        let found = _mm512_cmpeq_epi64_mask(space, of_all(128));
        complete |= _pdep_u64(found.into(), eight);
        places &= !eight;
    }
    complete
}

/// The space, of 128, that up to 19 code lengths of three bits take.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn space(lens: __m512i) -> __m512i {
    let of_some = |shifts: &[u8; 64]| {
        let lens = _mm512_multishift_epi64_epi8(load(shifts), lens);
        _mm512_shuffle_epi8(load(&SPACE), _mm512_and_si512(lens, _mm512_set1_epi8(7)))
    };
    // No more than 64 each.
    let sum = _mm512_add_epi8(of_some(&SHIFTS[0]), _mm512_add_epi8(of_some(&SHIFTS[1]), of_some(&SHIFTS[2])));
    _mm512_sad_epu8(sum, _mm512_setzero_si512())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: they are as many as are read.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn of_all(value: u64) -> __m512i {
    _mm512_set1_epi64(value.cast_signed())
}

static NUMBERS: [u8; 64] = steps(64, 1, 0, u8::MAX);
/// The position of each byte in its group of eight.
static OF_EIGHT: [u8; 64] = steps(8, 1, 0, u8::MAX);
/// The first byte of each group of eight, in 16 bytes.
static FIRST_OF_EIGHT: [u8; 64] = {
    let mut table = [0; 64];
    let mut at = 0;
    while at < 64 {
        table[at] = at as u8 & 8;
        at += 1;
    }
    table
};
/// Where the code lengths of each group of eight begin; behind the last there are zeros.
static SHIFTS: [[u8; 64]; 3] = [steps(8, 3, 0, 57), steps(8, 3, 24, 57), steps(8, 3, 48, 57)];
/// The space of a code length, in 16 bytes.
static SPACE: [u8; 64] = {
    let mut table = [0; 64];
    let mut at = 0;
    while at < 64 {
        table[at] = if at % 16 == 0 || at % 16 > 7 { 0 } else { 128 >> (at % 16) };
        at += 1;
    }
    table
};

/// Groups of `len` numbers, `step` apart, from `first` on and no larger than `most`.
const fn steps(len: usize, step: u8, first: u8, most: u8) -> [u8; 64] {
    let mut table = [0; 64];
    let mut at = 0;
    while at < 64 {
        let number = first + step * (at % len) as u8;
        table[at] = if number < most { number } else { most };
        at += 1;
    }
    table
}
