//! Planes of up to 32 x 32 bytes, each in sixteen registers: half of the loads and stores of as many tiles.

use std::arch::x86_64::{
    __m256i, _mm256_mask_storeu_epi8, _mm256_maskz_loadu_epi8, _mm256_storeu_si256, _mm512_castsi512_si256,
    _mm512_extracti64x4_epi64, _mm512_loadu_si512, _mm512_permutexvar_epi8,
};

use super::super::{TILE, Tiles, Transpose};
use super::bytes::Avx512;
use crate::ops::gather::halves::joined;
use crate::ops::view::View;

/// The most bytes of a row.
pub(super) const MOST: usize = 2 * TILE;

/// Copies all planes.
///
/// # Panics
/// If rows or columns are longer than [`MOST`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn copy(tiles: Tiles<'_>) {
    let Tiles { bytes, view, out, along, across, .. } = tiles;
    let packed = View::packed(view.len, 1);
    let [down, right] = [view.len[along], view.len[2]];
    assert!(down <= MOST && right <= MOST, "a plane that fits");
    let [line_mask, row_mask] = [down, right].map(|len| u32::MAX >> (MOST - len));
    // What runs backwards is read forwards from its end.
    let runs_backwards = view.step[along] < 0;
    let order = order(down, runs_backwards);
    // SAFETY: 64 bytes are read of an array of as many.
    let order = unsafe { _mm512_loadu_si512(order.as_ptr().cast()) };
    for other in 0..view.len[across] {
        let at = |along_at: usize, x: usize| {
            let mut at = [0, 0, x];
            (at[along], at[across]) = (along_at, other);
            at
        };
        let first = bytes.as_ptr().wrapping_add(view.byte_at(at(if runs_backwards { down - 1 } else { 0 }, 0)));
        let line = |x: usize| {
            // Behind the last column, any will do.
            let from = first.wrapping_offset(view.step[2] * x.min(right - 1).cast_signed());
            // SAFETY: these are pixels of the view, neighbours in memory, and it is inside `bytes`; those behind them, which are
            // not in the mask, are not read.
            unsafe { _mm256_maskz_loadu_epi8(line_mask, from.cast()) }
        };
        let mut lines = [Avx512(order); TILE];
        for (x, lines) in lines.iter_mut().enumerate() {
            *lines = Avx512(_mm512_permutexvar_epi8(order, joined(line(x), line(x + TILE))));
        }
        let rows = Transpose::transposed(lines);
        let to = out.as_mut_ptr().wrapping_add(packed.byte_at(at(0, 0)));
        let is_last = other + 1 == view.len[across];
        let store = |row: usize, values: __m256i| {
            let to = to.wrapping_offset(packed.step[along] * row.cast_signed());
            if is_last {
                // SAFETY: these are the pixels of a row of the packed view, and `out` is as large as it.
                unsafe { _mm256_mask_storeu_epi8(to.cast(), row_mask, values) };
            } else {
                // SAFETY: as above; what is behind the row belongs to rows that are stored later, of at least as many bytes.
                unsafe { _mm256_storeu_si256(to.cast(), values) };
            }
        };
        for (row, rows) in rows.iter().enumerate() {
            store(row, _mm512_castsi512_si256(rows.0));
        }
        for (row, rows) in rows.iter().enumerate().take(down - TILE) {
            store(row + TILE, _mm512_extracti64x4_epi64::<1>(rows.0));
        }
    }
}

/// Where the bytes of four tiles come from, of two lines of `MOST` pixels, the first `len` of them in their order or the
/// opposite one: each tile's in a part of the register that is transposed by itself, so that those of a row end up side by side.
fn order(len: usize, is_reversed: bool) -> [u8; 64] {
    std::array::from_fn(|at| {
        let (tile, column) = (at / TILE, at % TILE);
        let (line, column) = (tile % 2, tile / 2 * TILE + column);
        let column = if is_reversed { (len - 1).saturating_sub(column) } else { column };
        #[allow(clippy::cast_possible_truncation, reason = "below 64")]
        let at = (line * MOST + column) as u8;
        at
    })
}
