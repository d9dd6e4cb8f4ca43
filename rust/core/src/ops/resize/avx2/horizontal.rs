//! The horizontal pass: one pixel, or four grey ones, of four rows at a time.
//!
//! Each half of a register has a window of 16 bytes of one row, out of which permutations take pairs of taps.

use std::arch::x86_64::{
    __m256i, _mm256_broadcastsi128_si256, _mm256_packs_epi32, _mm256_packus_epi16, _mm256_set1_epi32,
    _mm256_shuffle_epi8,
};

use super::super::axis::{Axis, QUAD};
use super::super::rows::Rows;
use super::memory::{ROWS, load_16, load_rows, store_rows};
use super::{Halves, add_dot, half, values};

/// Bytes of a row in a register.
const WINDOW: usize = 16;

/// Sums of a row in a register.
const LANES: usize = 4;

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[target_feature(enable = "avx2")]
pub(in super::super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    let mut place = 0;
    while place < axis.length {
        let group = Group::<CHANNELS>::new(axis, first, place);
        group.rows(source, axis, out);
        place += group.places;
    }
}

/// Neighbouring pixels of the result.
struct Group<const CHANNELS: usize> {
    /// The first of them.
    place: usize,
    /// How many there are.
    places: usize,
    /// Where their window begins in a row of the image.
    offset: usize,
    /// Where in the window the first two and the last two of four taps of each sum are.
    taps: [__m256i; 2],
}

impl<const CHANNELS: usize> Group<CHANNELS> {
    /// As many as fit from `place` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(clippy::cast_possible_truncation, reason = "places in a window are below 16")]
    fn new(axis: &Axis, first: usize, place: usize) -> Self {
        let mut places = (LANES / CHANNELS).min(axis.length - place);
        let start = loop {
            let starts = &axis.starts[place..][..places];
            let (low, high) =
                starts.iter().fold((u32::MAX, 0), |(low, high), &start| (low.min(start), high.max(start)));
            if (high - low) as usize * CHANNELS + QUAD * CHANNELS <= WINDOW {
                break low;
            }
            places = places.div_ceil(2);
        };
        // Zero-extended to 16 bits: permutations write 0 where the highest bit is set.
        let mut taps = [[0x80; WINDOW]; 2];
        for lane in 0..places * CHANNELS {
            let byte = (axis.starts[place + lane / CHANNELS] - start) as usize * CHANNELS + lane % CHANNELS;
            for tap in 0..QUAD {
                taps[tap / 2][lane * 4 + tap % 2 * 2] = (byte + tap * CHANNELS) as u8;
            }
        }
        Self {
            place,
            places,
            offset: (start as usize - first) * CHANNELS,
            taps: taps.map(|taps| _mm256_broadcastsi128_si256(load_16(&taps))),
        }
    }

    /// Makes this part of all rows.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn rows(&self, source: Rows<'_>, axis: &Axis, out: &mut [u8]) {
        let width = axis.length * CHANNELS;
        let rows = out.len() / width;
        let quads = axis.taps.div_ceil(QUAD);
        let at = self.place * CHANNELS;
        // Bytes of pixels behind these may be overwritten, for their turn comes later.
        let len = if at + LANES <= width { LANES } else { self.places * CHANNELS };
        for first in (0..rows).step_by(ROWS) {
            // The last rows are made together with some before them, once more.
            let first = first.min(rows.saturating_sub(ROWS));
            let image = source.onward(first);
            let mut sums = [half(); ROWS / 2];
            for quad in 0..quads {
                let weights = [self.weights(axis, quad, 0), self.weights(axis, quad, 1)];
                let image = &image[(self.offset + quad * QUAD * CHANNELS).min(image.len())..];
                for (sums, window) in sums.iter_mut().zip(load_rows(image, source.pitch())) {
                    add_dot(sums, _mm256_shuffle_epi8(window, self.taps[0]), weights[0]);
                    add_dot(sums, _mm256_shuffle_epi8(window, self.taps[1]), weights[1]);
                }
            }
            let words = _mm256_packs_epi32(values(sums[0]), values(sums[1]));
            let bytes = _mm256_packus_epi16(words, words);
            store_rows(&mut out[first * width + at..], width, len, bytes, rows.min(ROWS));
        }
    }

    /// The halves of the weights of the first (0) or last (1) two of four taps of each sum.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn weights(&self, axis: &Axis, quad: usize, pair: usize) -> Halves {
        let half = |half| {
            let words = axis.words(quad, pair * 2 + half, self.place);
            if CHANNELS == 1 {
                _mm256_broadcastsi128_si256(load_16(bytemuck::cast_slice(&words[..LANES])))
            } else {
                _mm256_set1_epi32(words[0].cast_signed())
            }
        };
        [half(0), half(1)]
    }
}
