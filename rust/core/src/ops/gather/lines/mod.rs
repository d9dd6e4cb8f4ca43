//! Views whose rows run forwards or backwards through memory.

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::TILE;
#[cfg(target_arch = "x86_64")]
use crate::ops::simd::Simd;
use crate::ops::versions::simd;
use crate::ops::view::View;

/// From so many bytes on, rows are copied by the system's `memcpy`.
const LONG: usize = 64;

/// Up to so many bytes, a row is copied at once.
const SHORT: usize = 32;

/// Copies rows of bytes that run forwards or backwards through memory; false if the view has no such rows.
pub(super) fn lines(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    if view.len[2] < TILE || view.step[2].abs() != 1 {
        return false;
    }
    match simd() {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: `simd` says that the processor has these instructions.
        Simd::Avx512 if view.len[2] <= SHORT => unsafe { avx512::join(bytes, view, out) },
        simd => copy(simd, bytes, view, out),
    }
    true
}

versions!(copy(bytes: &[u8], view: &View, out: &mut [u8]) = copy_body);

#[inline(always)]
fn copy_body(bytes: &[u8], view: &View, out: &mut [u8]) {
    match (view.step[2] > 0, view.len[2]) {
        (true, LONG..) => {
            for (row, first) in out.chunks_exact_mut(view.len[2]).zip(view.rows()) {
                row.copy_from_slice(&bytes[first..][..view.len[2]]);
            }
        }
        (true, ..=SHORT) => each_line::<true, SHORT>(bytes, view, out),
        (false, ..=SHORT) => each_line::<false, SHORT>(bytes, view, out),
        (true, _) => each_line::<true, TILE>(bytes, view, out),
        (false, _) => each_line::<false, TILE>(bytes, view, out),
    }
}

/// So many values at a time, the last of which overlap those before: for rows too short for calls of `memcpy`, and backwards.
/// A shorter row comes with what lies beside it, over which the next one is written.
#[inline(always)]
fn each_line<const FORWARDS: bool, const AT_ONCE: usize>(bytes: &[u8], view: &View, out: &mut [u8]) {
    let width = view.len[2];
    let mut at = 0;
    for depth in 0..view.len[0] {
        let mut first = view.byte(0, depth);
        for _ in 0..view.len[1] {
            let from = if FORWARDS { Some(first) } else { (first + 1).checked_sub(AT_ONCE) };
            let block = from.and_then(|from| bytes.get(from..)?.first_chunk::<AT_ONCE>());
            match (block, out[at..].first_chunk_mut::<AT_ONCE>()) {
                (Some(block), Some(place)) if width <= AT_ONCE => {
                    let mut values = *block;
                    if !FORWARDS {
                        values.reverse();
                    }
                    *place = values;
                }
                _ => {
                    let line = if FORWARDS { &bytes[first..first + width] } else { &bytes[first + 1 - width..=first] };
                    by_tiles::<FORWARDS>(line, &mut out[at..at + width]);
                }
            }
            at += width;
            first = first.wrapping_add_signed(view.step[1]);
        }
    }
}

/// Sixteen values at a time, the last of which overlap those before.
#[inline(always)]
fn by_tiles<const FORWARDS: bool>(line: &[u8], row: &mut [u8]) {
    let width = line.len();
    let mut start = 0;
    loop {
        let from = if FORWARDS { start } else { width - TILE - start };
        let mut values: [u8; TILE] = *line[from..].first_chunk().expect("inside the row");
        if !FORWARDS {
            values.reverse();
        }
        *row[start..].first_chunk_mut().expect("inside the row") = values;
        if start + TILE == width {
            break;
        }
        start = (start + TILE).min(width - TILE);
    }
}
