//! Planes of up to 32 x 32 bytes, each in sixteen registers: half of the loads and stores of as many tiles.

use std::arch::x86_64::{
    __m512i, _mm256_mask_storeu_epi8, _mm256_maskz_loadu_epi8, _mm256_setzero_si256, _mm256_storeu_si256,
    _mm512_castsi512_si256, _mm512_extracti64x4_epi64, _mm512_loadu_si512, _mm512_permutexvar_epi8,
};

use super::super::{TILE, Transpose};
use super::bytes::Avx512;
use crate::ops::gather::halves::joined;
use crate::ops::view::View;

/// The most bytes of a row.
pub(in crate::ops) const MOST: usize = 2 * TILE;

/// The planes of a view whose rows are columns in memory. Used by functions only that are compiled for AVX-512 F, BW, VL and VBMI,
/// into which it is inlined: rows stay in registers.
pub(in crate::ops) struct Planes<'a> {
    bytes: &'a [u8],
    view: &'a View,
    /// The axis along which pixels are neighbours in memory, and the one that counts planes.
    along: usize,
    across: usize,
    /// Where the bytes of lines go, and those of a line, which is a column of the plane.
    order: __m512i,
    mask: u32,
}

impl<'a> Planes<'a> {
    /// Of a view of `bytes`, whose pixels are neighbours along an axis that is not the last.
    ///
    /// # Panics
    /// If it is not inside, its pixels are no neighbours, or rows or columns are shorter than [`TILE`] or longer than [`MOST`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
    pub(in crate::ops) fn new(bytes: &'a [u8], view: &'a View, along: usize) -> Self {
        assert!(view.is_inside(1, bytes.len()) && view.step[along].abs() == 1, "inside, and neighbours");
        let [down, right] = [view.len[along], view.len[2]];
        assert!([down, right].iter().all(|len| (TILE..=MOST).contains(len)), "a plane that fits");
        let order = order(down, view.step[along] < 0);
        // SAFETY: 64 bytes are read of an array of as many.
        let order = unsafe { _mm512_loadu_si512(order.as_ptr().cast()) };
        Self { bytes, view, along, across: 1 - along, order, mask: u32::MAX >> (MOST - down) }
    }

    /// The rows of a plane, two in each register, with zeros from column `WIDTH` on; behind the last row and column is anything.
    #[inline(always)]
    pub(in crate::ops) fn rows<const WIDTH: usize>(&self, plane: usize) -> [Avx512; TILE] {
        let Self { bytes, view, along, across, order, mask } = *self;
        assert!(plane < view.len[across], "plane {plane} of {}", view.len[across]);
        let mut first = [0; 3];
        first[across] = plane;
        // What runs backwards is read forwards from its end.
        first[along] = if view.step[along] < 0 { view.len[along] - 1 } else { 0 };
        let first = bytes.as_ptr().wrapping_add(view.byte_at(first));
        let line = |x: usize| {
            let from = first.wrapping_offset(view.step[2] * x.min(view.len[2] - 1).cast_signed());
            // SAFETY: see the type; these are pixels of the view, neighbours in memory, and it is inside `bytes`; those behind
            // them, which are not in the mask, are not read.
            unsafe { if x < WIDTH { _mm256_maskz_loadu_epi8(mask, from.cast()) } else { _mm256_setzero_si256() } }
        };
        let mut lines = [Avx512(order); TILE];
        for (x, lines) in lines.iter_mut().enumerate() {
            // SAFETY: see the type.
            *lines = Avx512(unsafe { _mm512_permutexvar_epi8(order, joined(line(x), line(x + TILE))) });
        }
        Transpose::transposed(lines)
    }

    /// Copies all rows to `out`, in C order, one every `pitch` bytes, between which may be anything then.
    ///
    /// # Panics
    /// If rows are longer, or `out` is not of so many bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
    pub(in crate::ops) fn copy(&self, out: &mut [u8], pitch: usize) {
        let Self { view, along, across, .. } = *self;
        let [depth, height, width] = view.len;
        assert!(width <= pitch && out.len() == depth * height * pitch, "a row every {pitch} bytes");
        let mask = u32::MAX >> (MOST - width);
        let steps = [height * pitch, pitch];
        for plane in 0..view.len[across] {
            let rows = self.rows::<MOST>(plane);
            let is_narrow = pitch < MOST && plane + 1 == view.len[across];
            let to = out.as_mut_ptr().wrapping_add(plane * steps[across]);
            let store = |row: usize| {
                let to = to.wrapping_add(row * steps[along]);
                let pair = rows[row / 2].0;
                let values = if row.is_multiple_of(2) {
                    _mm512_castsi512_si256(pair)
                } else {
                    _mm512_extracti64x4_epi64::<1>(pair)
                };
                if is_narrow {
                    // SAFETY: these are the bytes of a row, for each of which there are `pitch`.
                    unsafe { _mm256_mask_storeu_epi8(to.cast(), mask, values) };
                } else {
                    // SAFETY: as above; what is behind them belongs to rows that are stored later, of at least as many bytes.
                    unsafe { _mm256_storeu_si256(to.cast(), values) };
                }
            };
            // Two loops of few operations: they are unrolled, and rows stay in registers.
            (0..TILE).for_each(store);
            (TILE..MOST).take(view.len[along] - TILE).for_each(store);
        }
    }
}

/// Where the bytes of four tiles come from, of two lines of `MOST` pixels, the first `len` of them in their order or the
/// opposite one: each tile's in a part of the register that is transposed by itself, so that those of a row end up side by side,
/// and so do two rows.
fn order(len: usize, is_reversed: bool) -> [u8; 64] {
    std::array::from_fn(|at| {
        let (tile, column) = (at / TILE, at % TILE);
        let (line, column) = (tile % 2, 2 * column + tile / 2);
        let column = if is_reversed { (len - 1).saturating_sub(column) } else { column };
        #[allow(clippy::cast_possible_truncation, reason = "below 64")]
        let at = (line * MOST + column) as u8;
        at
    })
}
