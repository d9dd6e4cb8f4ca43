//! Views of one channel whose rows are columns in memory, in C order: tiles of 16 x 16 values.
//!
//! To interleave each line of a tile with the one eight lines on rotates the bits of a value's number, line and column in
//! one, by one; after four times line and column have changed places.

#[cfg(target_arch = "x86_64")]
use super::super::simd::Simd;
use super::super::view::View;

/// Values along an axis of a tile.
pub(super) const TILE: usize = 16;

type Line = [u8; TILE];

/// Where the tiles of a view are.
struct Tiles<'a> {
    bytes: &'a [u8],
    view: &'a View,
    /// The axis along which values are neighbours in memory, and the other one that is not the last.
    along: usize,
    across: usize,
}

/// Copies a view whose rows are columns; false if it is too small, or has no axis along which values are neighbours.
pub(super) fn transpose(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    let along = (0..2).find(|&axis| view.step[axis].abs() == 1 && view.len[axis] >= TILE);
    let Some(along) = along.filter(|_| view.len[2] >= TILE) else { return false };
    let tiles = Tiles { bytes, view, along, across: 1 - along };
    #[cfg(target_arch = "x86_64")]
    if matches!(Simd::get(), Ok(Simd::Avx2 | Simd::Avx512)) {
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
        unsafe {
            avx2::all(&tiles, out);
        }
        return true;
    }
    tiles.all(out, portable);
    true
}

impl Tiles<'_> {
    /// Copies all tiles, two at a time, which lie along the axis of neighbours.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for several instruction sets")]
    fn all(&self, out: &mut [u8], transpose: impl Fn(&mut [[Line; 2]; TILE])) {
        let Self { bytes, view, along, across } = *self;
        let width = view.len[2];
        let row_of = |axis: usize| if axis == 0 { view.len[1] * width } else { width };
        let forwards = view.step[along] > 0;
        // Where neighbours run backwards, a tile is read forwards from its end, and its lines come out last first.
        let nearest = |start: usize| if forwards { start } else { start + TILE - 1 };
        for other in 0..view.len[across] {
            let plane = view.byte(across, other);
            for pair in (0..tiles(view.len[along]).len()).step_by(2) {
                let starts = [pair, pair + 1].map(|tile| (tile * TILE).min(view.len[along] - TILE));
                let near =
                    starts.map(|start| plane.wrapping_add_signed(view.step[along] * nearest(start).cast_signed()));
                for x in tiles(width) {
                    let x = (x * TILE).min(width - TILE);
                    let mut lines = [[[0; TILE]; 2]; TILE];
                    for (lane, lines) in lines.iter_mut().enumerate() {
                        let step = view.step[2] * (x + lane).cast_signed();
                        for (line, near) in lines.iter_mut().zip(near) {
                            *line = *bytes[near.wrapping_add_signed(step)..].first_chunk().expect("the view is inside");
                        }
                    }
                    transpose(&mut lines);
                    for (lane, lines) in lines.into_iter().enumerate() {
                        let lane = if forwards { lane } else { TILE - 1 - lane };
                        for (line, start) in lines.into_iter().zip(starts) {
                            let at = other * row_of(across) + (start + lane) * row_of(along) + x;
                            *out[at..].first_chunk_mut().expect("the view is as large") = line;
                        }
                    }
                }
            }
        }
    }
}

/// The tiles of an axis; the last one overlaps the one before.
fn tiles(len: usize) -> std::ops::Range<usize> {
    0..len.div_ceil(TILE)
}

/// Transposes two tiles.
fn portable(lines: &mut [[Line; 2]; TILE]) {
    for _ in 0..TILE.ilog2() {
        let mut next = [[[0; TILE]; 2]; TILE];
        for pair in 0..TILE / 2 {
            for tile in 0..2 {
                [next[2 * pair][tile], next[2 * pair + 1][tile]] =
                    interleaved(lines[pair][tile], lines[pair + TILE / 2][tile]);
            }
        }
        *lines = next;
    }
}

/// The values of two lines in turns.
fn interleaved(first: Line, second: Line) -> [Line; 2] {
    [0, TILE / 2].map(|half| std::array::from_fn(|lane| [first, second][lane % 2][half + lane / 2]))
}

/// A register holds a line of each of two tiles.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{__m256i, _mm256_setzero_si256, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8};

    use bytemuck::must_cast;

    use super::{Line, TILE, Tiles};

    #[target_feature(enable = "avx2")]
    pub(super) fn all(tiles: &Tiles<'_>, out: &mut [u8]) {
        // A function compiled for more than the baseline is no `Fn`; a closure inside one is compiled like it.
        tiles.all(out, |lines| transpose(lines));
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn transpose(lines: &mut [[Line; 2]; TILE]) {
        let mut now: [__m256i; TILE] = lines.map(must_cast);
        for _ in 0..TILE.ilog2() {
            let mut next = [_mm256_setzero_si256(); TILE];
            for pair in 0..TILE / 2 {
                next[2 * pair] = _mm256_unpacklo_epi8(now[pair], now[pair + TILE / 2]);
                next[2 * pair + 1] = _mm256_unpackhi_epi8(now[pair], now[pair + TILE / 2]);
            }
            now = next;
        }
        *lines = now.map(must_cast);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All back-ends, on a view whose neighbours run forwards and on one whose run backwards.
    #[test]
    fn equals_a_walk() {
        let bytes: Vec<u8> = (0..40 * 28 * 19usize).map(|at| (at * 167 % 253).to_le_bytes()[0]).collect();
        for (turns, axes) in [(1, [0, 2]), (3, [0, 2]), (1, [1, 2]), (3, [1, 2])] {
            let mut view = View::packed([40, 28, 19], 1);
            view.rot90(turns, axes);
            let walk =
                |first: usize| (0..view.len[2]).map(move |x| first.wrapping_add_signed(view.step[2] * x.cast_signed()));
            let expected: Vec<u8> = view.rows().flat_map(walk).map(|at| bytes[at]).collect();
            let mut out = vec![0; bytes.len()];
            assert!(transpose(&bytes, &view, &mut out) && out == expected, "{view:?}");
            out.fill(0);
            let along = axes[0];
            Tiles { bytes: &bytes, view: &view, along, across: 1 - along }.all(&mut out, portable);
            assert!(out == expected, "{view:?}, portable");
        }
    }

    #[test]
    fn small_views_are_left_to_others() {
        let bytes = [0; 20 * 20 * 15];
        for (len, turns) in [([20, 20, 15], 1), ([15, 20, 20], 1), ([20, 20, 15], 0)] {
            let mut view = View::packed(len, 1);
            view.rot90(turns, [0, 2]);
            assert!(!transpose(&bytes, &view, &mut [0; 20 * 20 * 15]), "{len:?}, {turns} turns");
        }
    }
}
