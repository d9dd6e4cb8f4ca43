//! Views whose rows run forwards or backwards through memory.

use super::TILE;
use crate::ops::versions::simd;
use crate::ops::view::View;

/// From so many bytes on, rows are copied by the system's `memcpy`.
const LONG: usize = 64;

/// Copies rows of bytes that run forwards or backwards through memory; false if the view has no such rows.
pub(super) fn lines(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    if view.len[2] < TILE || view.step[2].abs() != 1 {
        return false;
    }
    copy(simd(), bytes, view, out);
    true
}

versions!(copy(bytes: &[u8], view: &View, out: &mut [u8]) = copy_body);

#[inline(always)]
fn copy_body(bytes: &[u8], view: &View, out: &mut [u8]) {
    if view.step[2] > 0 && view.len[2] >= LONG {
        for (row, first) in out.chunks_exact_mut(view.len[2]).zip(view.rows()) {
            row.copy_from_slice(&bytes[first..][..view.len[2]]);
        }
    } else if view.step[2] > 0 {
        each_line::<true>(bytes, view, out);
    } else {
        each_line::<false>(bytes, view, out);
    }
}

/// Sixteen values at a time, the last of which overlap those before: for rows too short for calls of `memcpy`, and backwards.
#[inline(always)]
fn each_line<const FORWARDS: bool>(bytes: &[u8], view: &View, out: &mut [u8]) {
    let width = view.len[2];
    let mut rows = out.chunks_exact_mut(width);
    for depth in 0..view.len[0] {
        let mut first = view.byte(0, depth);
        for row in rows.by_ref().take(view.len[1]) {
            let line = if FORWARDS { &bytes[first..first + width] } else { &bytes[first + 1 - width..=first] };
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
            first = first.wrapping_add_signed(view.step[1]);
        }
    }
}
