//! Views whose rows are columns in memory, in C order: tiles of 16 x 16 or 8 x 8 pixels, or planes of four tiles.

#[cfg(target_arch = "x86_64")]
pub(in crate::ops) mod x86;

use bytemuck::Pod;

use crate::ops::simd::Simd;
use crate::ops::versions::simd;
use crate::ops::view::View;

/// Pixels along an axis of the largest tiles.
pub(super) const TILE: usize = 16;

/// Lines of tiles that are `SIDE` lines high.
trait Transpose<const SIDE: usize>: Copy {
    /// The columns.
    fn transposed(lines: [Self; SIDE]) -> [Self; SIDE];
}

/// The same line of `N` tiles of `SIDE` x `SIDE` pixels.
trait Lines<Pixel, const N: usize, const SIDE: usize>: Transpose<SIDE> {
    fn load(lines: [&[Pixel; SIDE]; N]) -> Self;

    /// Stores the line of a tile.
    fn store(self, tile: usize, to: &mut [Pixel; SIDE]);
}

/// Copies a view of 1 or 3 channels whose rows are columns; false if it is too small, or has no axis along which pixels are
/// neighbours, or if this back-end has no tiles of so many channels.
///
/// # Panics
/// If `view` is not inside `bytes`, or `out` is not of its size.
pub(super) fn transpose(bytes: &[u8], view: &View, channels: usize, out: &mut [u8]) -> bool {
    transpose_with(simd(), bytes, view, channels, out)
}

#[allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]
fn transpose_with(simd: Simd, bytes: &[u8], view: &View, channels: usize, out: &mut [u8]) -> bool {
    let Some(tiles) = Tiles::new(bytes, view, channels, out) else { return false };
    match (simd, channels) {
        // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        (Simd::Avx512, 1) => unsafe { x86::avx512(tiles) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Simd::Avx2, 1) => unsafe { x86::avx2(tiles) },
        (_, 1) => tiles.copy::<u8, Bytes, 1, 16>(),
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Simd::Avx512, 3) => unsafe { x86::avx512_rgb(tiles) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Simd::Avx2, 3) => unsafe { x86::avx2_rgb(tiles) },
        _ => return false,
    }
    true
}

/// The tiles of a view that is inside `bytes`, and `out` as large as it.
struct Tiles<'a> {
    bytes: &'a [u8],
    view: &'a View,
    channels: usize,
    out: &'a mut [u8],
    /// The axis along which pixels are neighbours in memory, and the other one that is not the last.
    along: usize,
    across: usize,
}

impl<'a> Tiles<'a> {
    fn new(bytes: &'a [u8], view: &'a View, channels: usize, out: &'a mut [u8]) -> Option<Self> {
        let along = (0..2).find(|&axis| view.step[axis].unsigned_abs() == channels && view.len[axis] >= TILE)?;
        let is_inside = view.is_inside(channels, bytes.len());
        assert!(is_inside && out.len() == view.pixels() * channels, "the view is inside, and the copy as large");
        (view.len[2] >= TILE).then_some(Self { bytes, view, channels, out, along, across: 1 - along })
    }

    /// Copies all tiles, `N` at a time; the last ones of an axis overlap those before.
    #[inline(always)]
    fn copy<Pixel: Pod, L: Lines<Pixel, N, SIDE>, const N: usize, const SIDE: usize>(mut self) {
        let Self { view, channels, along, across, .. } = self;
        const { assert!(SIDE <= TILE && align_of::<Pixel>() == 1, "tiles fit, wherever they begin") }
        assert_eq!(size_of::<Pixel>(), channels, "bytes of a pixel");
        let [down, right] = [view.len[along], view.len[2]].map(|len| len.div_ceil(SIDE));
        let count = down * right;
        for other in 0..view.len[across] {
            for first in (0..count).step_by(N) {
                let starts = std::array::from_fn(|tile| {
                    let number = (first + tile).min(count - 1);
                    let [line, x] = [number % down * SIDE, number / down * SIDE];
                    [line.min(view.len[along] - SIDE), x.min(view.len[2] - SIDE)]
                });
                self.copy_tiles::<Pixel, L, N, SIDE>(other, starts);
            }
        }
    }

    /// Copies tiles of one plane, which begin at these positions of `along` and of the last axis.
    #[inline(always)]
    fn copy_tiles<Pixel: Pod, L: Lines<Pixel, N, SIDE>, const N: usize, const SIDE: usize>(
        &mut self,
        other: usize,
        starts: [[usize; 2]; N],
    ) {
        let Self { view, along, across, .. } = *self;
        let packed = View::packed(view.len, size_of::<Pixel>());
        let forwards = view.step[along] > 0;
        let (mut from, mut to) = ([0; N], [0; N]);
        for tile in 0..N {
            let [start, x] = starts[tile];
            // Where neighbours run backwards, a tile is read forwards from its end, and its lines come out last first.
            let mut at = [0, 0, x];
            at[along] = if forwards { start } else { start + SIDE - 1 };
            at[across] = other;
            from[tile] = view.byte_at(at);
            to[tile] = packed.byte_at(at);
        }
        let down = if forwards { packed.step[along] } else { -packed.step[along] };
        let none = [Pixel::zeroed(); SIDE];
        let mut lines = [L::load([&none; N]); SIDE];
        for line in &mut lines {
            let mut read = [&none; N];
            for tile in 0..N {
                let place = self.bytes.as_ptr().wrapping_add(from[tile]).cast::<[Pixel; SIDE]>();
                #[allow(unsafe_code, reason = "half of the time would go into bounds")]
                // SAFETY: these are pixels of the view, neighbours in memory, and it is inside `bytes`.
                let values = unsafe { &*place };
                read[tile] = values;
                from[tile] = from[tile].wrapping_add_signed(view.step[2]);
            }
            *line = L::load(read);
        }
        for line in L::transposed(lines) {
            for (tile, to) in to.iter_mut().enumerate() {
                let place = self.out.as_mut_ptr().wrapping_add(*to).cast::<[Pixel; SIDE]>();
                #[allow(unsafe_code, reason = "as above")]
                // SAFETY: these are pixels of a row of the packed view, and `out` is as large as it.
                let place = unsafe { &mut *place };
                line.store(tile, place);
                *to = to.wrapping_add_signed(down);
            }
        }
    }
}

/// What sixteen lines of sixteen bytes are transposed by.
trait Interleave: Copy {
    /// The values of this line and another one in turns.
    fn interleaved(self, other: Self) -> [Self; 2];
}

/// To interleave each line of a tile with the one eight lines on rotates the bits of a value's number, line and column in
/// one, by one; after four times line and column have changed places.
impl<L: Interleave> Transpose<16> for L {
    #[inline(always)]
    fn transposed(lines: [Self; 16]) -> [Self; 16] {
        interleaved(interleaved(interleaved(interleaved(lines))))
    }
}

/// Spelled out: a loop would keep the lines in memory.
#[rustfmt::skip]
#[allow(clippy::many_single_char_names, reason = "lines of a tile")]
#[inline(always)]
fn interleaved<L: Interleave>([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [L; 16]) -> [L; 16] {
    let ([a, i], [b, j], [c, k], [d, l]) = (a.interleaved(i), b.interleaved(j), c.interleaved(k), d.interleaved(l));
    let ([e, m], [f, n], [g, o], [h, p]) = (e.interleaved(m), f.interleaved(n), g.interleaved(o), h.interleaved(p));
    [a, i, b, j, c, k, d, l, e, m, f, n, g, o, h, p]
}

/// A line of one tile, in plain Rust.
#[derive(Clone, Copy)]
struct Bytes([u8; 16]);

impl Interleave for Bytes {
    #[inline(always)]
    fn interleaved(self, other: Self) -> [Self; 2] {
        [0, 8].map(|half| Self(std::array::from_fn(|at| [self, other][at % 2].0[half + at / 2])))
    }
}

impl Lines<u8, 1, 16> for Bytes {
    #[inline(always)]
    fn load([line]: [&[u8; 16]; 1]) -> Self {
        Self(*line)
    }

    #[inline(always)]
    fn store(self, _tile: usize, to: &mut [u8; 16]) {
        *to = self.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All back-ends, on views whose neighbours run forwards and on those whose run backwards; in tiles, and as whole planes.
    #[test]
    fn equals_a_walk() {
        let bytes: Vec<u8> = (0..40 * 28 * 28 * 3usize).map(|at| (at * 167 % 253).to_le_bytes()[0]).collect();
        let turns = [(1, [0, 2]), (3, [0, 2]), (1, [1, 2]), (3, [1, 2])];
        let sizes = [[40, 28, 19], [28, 28, 28], [16, 32, 17], [32, 16, 31]];
        let cases = [1, 3].into_iter().flat_map(|channels| sizes.map(|len| (channels, len)));
        for ((channels, len), (turns, axes)) in cases.flat_map(|case| turns.map(|turn| (case, turn))) {
            let bytes = &bytes[..len.iter().product::<usize>() * channels];
            let mut view = View::packed(len, channels);
            view.rot90(turns, axes);
            let row =
                |first: usize| (0..view.len[2]).map(move |x| first.wrapping_add_signed(view.step[2] * x.cast_signed()));
            let pixels = view.rows().flat_map(row);
            let expected: Vec<u8> = pixels.flat_map(|at| bytes[at..at + channels].iter().copied()).collect();
            for simd in Simd::available() {
                let mut out = vec![0; expected.len()];
                let has_tiles = transpose_with(simd, bytes, &view, channels, &mut out);
                assert_eq!(
                    has_tiles,
                    channels == 1 || cfg!(target_arch = "x86_64") && simd != Simd::Scalar,
                    "{view:?}, {simd:?}"
                );
                assert!(!has_tiles || out == expected, "{view:?}, {simd:?}");
            }
        }
    }

    #[test]
    fn small_views_are_left_to_others() {
        let bytes = [0; 20 * 20 * 15];
        for (len, turns) in [([20, 20, 15], 1), ([15, 20, 20], 1), ([20, 20, 15], 0)] {
            let mut view = View::packed(len, 1);
            view.rot90(turns, [0, 2]);
            assert!(!transpose(&bytes, &view, 1, &mut [0; 20 * 20 * 15]), "{len:?}, {turns} turns");
        }
    }
}
