//! Short rows of bytes, four at a time: what is stored is as long as can be, so few stores wait for those of the batch.

#![allow(unsafe_code, reason = "loads and stores of parts of registers")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_maskz_loadu_epi8, _mm512_loadu_si512, _mm512_mask_storeu_epi8, _mm512_permutex2var_epi8,
    _mm512_storeu_si512,
};

use super::SHORT;
use crate::ops::gather::halves::joined;
use crate::ops::view::View;

/// Bytes of a register.
const REGISTER: usize = 64;

/// Rows that are joined.
const ROWS: usize = 4;

/// For rows of each length, forwards and backwards: where the bytes of `ROWS` rows come from, of registers that hold `SHORT`
/// of each.
static POSITIONS: [[[[u8; REGISTER]; 2]; SHORT + 1]; 2] = positions();

const fn positions() -> [[[[u8; REGISTER]; 2]; SHORT + 1]; 2] {
    let mut positions = [[[[0; REGISTER]; 2]; SHORT + 1]; 2];
    let mut len = 1;
    while len <= SHORT {
        let mut at = 0;
        while at < ROWS * len {
            let (row, column) = (at / len, at % len);
            let (forwards, backwards) = (row * SHORT + column, row * SHORT + len - 1 - column);
            let place = (at / REGISTER, at % REGISTER);
            #[allow(clippy::cast_possible_truncation, reason = "below 128")]
            {
                positions[0][len][place.0][place.1] = forwards as u8;
                positions[1][len][place.0][place.1] = backwards as u8;
            }
            at += 1;
        }
        len += 1;
    }
    positions
}

/// Copies a view whose rows are 1 to [`SHORT`] bytes that run forwards or backwards through memory.
///
/// # Panics
/// If `view` is not inside `bytes`, `out` is not of its size, or its rows are others.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn join(bytes: &[u8], view: &View, out: &mut [u8]) {
    let [depth, height, width] = view.len;
    assert!(view.is_inside(1, bytes.len()) && out.len() == view.pixels(), "the view is inside, and the copy as large");
    assert!((1..=SHORT).contains(&width) && view.step[2].abs() == 1, "short rows that run along memory");
    let runs_backwards = view.step[2] < 0;
    let order = &POSITIONS[usize::from(runs_backwards)][width];
    // SAFETY: 64 bytes are read of arrays of as many.
    let order = order.each_ref().map(|positions| unsafe { _mm512_loadu_si512(positions.as_ptr().cast()) });
    let before = if runs_backwards { width - 1 } else { 0 };
    let mask = u32::MAX >> (SHORT - width);
    let mut left = out;
    for plane in 0..depth {
        let mut row = bytes.as_ptr().wrapping_add(view.byte(0, plane) - before);
        let mut next = |mask| {
            // SAFETY: these are the bytes of a row, which is inside `bytes`, or none; those that are not in the mask are not
            // read.
            let values = unsafe { _mm256_maskz_loadu_epi8(mask, row.cast()) };
            row = row.wrapping_offset(view.step[1]);
            values
        };
        for _ in 0..height / ROWS {
            let joined = join_rows([next(mask), next(mask), next(mask), next(mask)], order);
            left = put(joined, ROWS * width, left);
        }
        let rest = height % ROWS;
        if rest > 0 {
            let there = |number: usize| if number < rest { mask } else { 0 };
            let joined = join_rows([next(mask), next(there(1)), next(there(2)), next(0)], order);
            left = put(joined, rest * width, left);
        }
    }
}

/// The bytes of four rows in this order.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn join_rows([first, second, third, fourth]: [__m256i; ROWS], order: [__m512i; 2]) -> [__m512i; 2] {
    let [low, high] = [joined(first, second), joined(third, fourth)];
    order.map(|order| _mm512_permutex2var_epi8(low, order, high))
}

/// Stores so many bytes, and returns what is behind them: more may be written to it, to be overwritten.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn put(joined: [__m512i; 2], len: usize, out: &mut [u8]) -> &mut [u8] {
    for (half, values) in joined.into_iter().enumerate() {
        let from = half * REGISTER;
        if out.len() >= 2 * REGISTER {
            // SAFETY: there is room for both registers.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().add(from).cast(), values) };
        } else if let Some(place @ [_, ..]) = out[..len].get_mut(from..) {
            let mask = u64::MAX >> (REGISTER - place.len().min(REGISTER));
            // SAFETY: the bytes of the mask are those of `place`, or the first of them.
            unsafe { _mm512_mask_storeu_epi8(place.as_mut_ptr().cast(), mask, values) };
        }
    }
    &mut out[len..]
}
