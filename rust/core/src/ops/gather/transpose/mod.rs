//! Views of one channel whose rows are columns in memory, in C order: tiles of 16 x 16 values.
//!
//! To interleave each line of a tile with the one eight lines on rotates the bits of a value's number, line and column in
//! one, by one; after four times line and column have changed places.

#[cfg(target_arch = "x86_64")]
mod x86;

use crate::ops::simd::Simd;
use crate::ops::versions::simd;
use crate::ops::view::View;

/// Values along an axis of a tile.
pub(super) const TILE: usize = 16;

type Line = [u8; TILE];

/// The same line of `N` tiles.
trait Lines<const N: usize>: Copy {
    fn load(lines: [Line; N]) -> Self;

    /// The values of this line and another one in turns, in each tile.
    fn interleaved(self, other: Self) -> [Self; 2];

    fn store(self) -> [Line; N];
}

/// Copies a view whose rows are columns; false if it is too small, or has no axis along which values are neighbours.
///
/// # Panics
/// If `view` is not inside `bytes`, or `out` is not of its size.
pub(super) fn transpose(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    transpose_with(simd(), bytes, view, out)
}

#[allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]
fn transpose_with(simd: Simd, bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    let Some(tiles) = Tiles::new(bytes, view, out) else { return false };
    match simd {
        // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => unsafe { x86::avx512(tiles) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => unsafe { x86::avx2(tiles) },
        _ => tiles.copy::<[Line; 1], 1>(),
    }
    true
}

/// The tiles of a view that is inside `bytes`, and `out` as large as it.
struct Tiles<'a> {
    bytes: &'a [u8],
    view: &'a View,
    out: &'a mut [u8],
    /// The axis along which values are neighbours in memory, and the other one that is not the last.
    along: usize,
    across: usize,
}

impl<'a> Tiles<'a> {
    fn new(bytes: &'a [u8], view: &'a View, out: &'a mut [u8]) -> Option<Self> {
        let along = (0..2).find(|&axis| view.step[axis].abs() == 1 && view.len[axis] >= TILE)?;
        assert!(view.is_inside(bytes.len()) && out.len() == view.pixels(), "the view is inside, and the copy as large");
        (view.len[2] >= TILE).then_some(Self { bytes, view, out, along, across: 1 - along })
    }

    /// Copies all tiles, `N` at a time; the last ones of an axis overlap those before.
    #[inline(always)]
    fn copy<L: Lines<N>, const N: usize>(mut self) {
        let Self { view, along, across, .. } = self;
        let [down, right] = [view.len[along], view.len[2]].map(|len| len.div_ceil(TILE));
        let count = down * right;
        for other in 0..view.len[across] {
            for first in (0..count).step_by(N) {
                let starts = std::array::from_fn(|tile| {
                    let number = (first + tile).min(count - 1);
                    let [line, x] = [number % down * TILE, number / down * TILE];
                    [line.min(view.len[along] - TILE), x.min(view.len[2] - TILE)]
                });
                self.copy_tiles::<L, N>(other, starts);
            }
        }
    }

    /// Copies tiles of one plane, which begin at these positions of `along` and of the last axis.
    #[inline(always)]
    fn copy_tiles<L: Lines<N>, const N: usize>(&mut self, other: usize, starts: [[usize; 2]; N]) {
        let Self { view, along, across, .. } = *self;
        let packed = View::packed(view.len, 1);
        let forwards = view.step[along] > 0;
        let (mut from, mut to) = ([0; N], [0; N]);
        for tile in 0..N {
            let [start, x] = starts[tile];
            // Where neighbours run backwards, a tile is read forwards from its end, and its lines come out last first.
            let mut at = [0, 0, x];
            at[along] = if forwards { start } else { start + TILE - 1 };
            at[across] = other;
            from[tile] = view.byte_at(at);
            to[tile] = packed.byte_at(at);
        }
        let down = if forwards { packed.step[along] } else { -packed.step[along] };
        let mut lines = [L::load([[0; TILE]; N]); TILE];
        for line in &mut lines {
            let mut read = [[0; TILE]; N];
            for tile in 0..N {
                let place = self.bytes.as_ptr().wrapping_add(from[tile]).cast::<Line>();
                #[allow(unsafe_code, reason = "half of the time would go into bounds")]
                // SAFETY: these are sixteen values of the view, neighbours in memory, and it is inside `bytes`.
                let values = unsafe { place.read_unaligned() };
                read[tile] = values;
                from[tile] = from[tile].wrapping_add_signed(view.step[2]);
            }
            *line = L::load(read);
        }
        for line in turned(turned(turned(turned(lines)))) {
            for (tile, line) in line.store().into_iter().enumerate() {
                let place = self.out.as_mut_ptr().wrapping_add(to[tile]).cast::<Line>();
                #[allow(unsafe_code, reason = "as above")]
                // SAFETY: these are sixteen values of a row of the packed view, and `out` is as large as it.
                unsafe {
                    place.write_unaligned(line);
                }
                to[tile] = to[tile].wrapping_add_signed(down);
            }
        }
    }
}

/// One of four steps, spelled out: a loop would keep the lines in memory.
#[rustfmt::skip]
#[allow(clippy::many_single_char_names, reason = "lines of a tile")]
#[inline(always)]
fn turned<L: Lines<N>, const N: usize>([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [L; TILE]) -> [L; TILE] {
    let ([a, i], [b, j], [c, k], [d, l]) = (a.interleaved(i), b.interleaved(j), c.interleaved(k), d.interleaved(l));
    let ([e, m], [f, n], [g, o], [h, p]) = (e.interleaved(m), f.interleaved(n), g.interleaved(o), h.interleaved(p));
    [a, i, b, j, c, k, d, l, e, m, f, n, g, o, h, p]
}

/// One tile, in plain Rust.
impl Lines<1> for [Line; 1] {
    #[inline(always)]
    fn load(lines: Self) -> Self {
        lines
    }

    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        let ([first], [second]) = (self, other);
        [0, TILE / 2].map(|half| [std::array::from_fn(|at| [first, second][at % 2][half + at / 2])])
    }

    #[inline(always)]
    fn store(self) -> Self {
        self
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
            for simd in Simd::available() {
                let mut out = vec![0; bytes.len()];
                assert!(transpose_with(simd, &bytes, &view, &mut out) && out == expected, "{view:?}, {simd:?}");
            }
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
