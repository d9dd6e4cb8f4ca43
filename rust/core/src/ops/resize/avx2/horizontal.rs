//! The horizontal pass: one pixel, or four grey ones, of four rows at a time.
//!
//! Each half of a register has a window of 16 bytes of one row, out of which permutations take pairs of taps.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_broadcastsi128_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_packs_epi32, _mm256_packus_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_shuffle_epi8,
    _mm256_srai_epi32,
};

use super::super::axis::{Axis, QUAD};
use super::super::rows::Rows;
use super::super::short::{SHORT, Short, four};
use super::lerp;
use super::memory::{ROWS, load_16, load_rows, store_rows};
use super::{Halves, add_dot, half, values};

/// Bytes of a row in a register.
const WINDOW: usize = 16;

/// Sums of a row in a register.
const LANES: usize = 4;

/// Groups of four short taps at most.
const KEPT: usize = 8;

const PLACES: i32 = SHORT.cast_signed();

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[target_feature(enable = "avx2")]
pub(in super::super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    if axis.taps == 0 {
        return out.fill(0);
    }
    if let Some(pairs) = axis.pairs() {
        return lerp::horizontal::<CHANNELS>(source, first, axis, pairs, out);
    }
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
    /// Where in the window four taps of each sum are, not zero-extended.
    bytes: __m256i,
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
        let (taps, bytes) = if CHANNELS == 1 {
            let mut lanes = [0; LANES];
            for (lane, tap) in lanes.iter_mut().zip(&axis.starts[place..][..places]) {
                *lane = (tap - start) as u8;
            }
            (taps(lanes, 1), bytes(lanes, 1))
        } else {
            // The three channels of one pixel; the fourth sum is not used.
            const { (taps([0, 1, 2, 2], 3), bytes([0, 1, 2, 2], 3)) }
        };
        Self {
            place,
            places,
            offset: (start as usize - first) * CHANNELS,
            taps: taps.map(|taps| _mm256_broadcastsi128_si256(load_16(&taps))),
            bytes: _mm256_broadcastsi128_si256(load_16(&bytes)),
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
        if self.is_short(axis) {
            return self.short_rows(source, axis, out, len);
        }
        let weights = [self.weights(axis, 0, 0), self.weights(axis, 0, 1)];
        for first in (0..rows).step_by(ROWS) {
            // The last rows are made together with some before them, once more.
            let first = first.min(rows.saturating_sub(ROWS));
            let image = source.onward(first);
            let mut sums = [half(); ROWS / 2];
            self.add_quad(&mut sums, image, source.pitch(), weights, axis.taps);
            for quad in 1..quads {
                let weights = [self.weights(axis, quad, 0), self.weights(axis, quad, 1)];
                let image = &image[(quad * QUAD * CHANNELS).min(image.len())..];
                self.add_quad(&mut sums, image, source.pitch(), weights, axis.taps - quad * QUAD);
            }
            let words = _mm256_packs_epi32(values(sums[0]), values(sums[1]));
            let bytes = _mm256_packus_epi16(words, words);
            store_rows(&mut out[first * width + at..], width, len, bytes, rows.min(ROWS));
        }
    }

    /// Whether all weights are bytes with [`SHORT`] places; and not too many.
    fn is_short(&self, axis: &Axis) -> bool {
        let mut places = self.place..self.place + self.places;
        axis.taps <= KEPT * QUAD && places.all(|place| Short::of(axis.taps(place).1) == Short::Bytes)
    }

    /// Makes this part of all rows, where [`Self::is_short`]; `len` bytes of each may be written.
    #[target_feature(enable = "avx2")]
    fn short_rows(&self, source: Rows<'_>, axis: &Axis, out: &mut [u8], len: usize) {
        let width = axis.length * CHANNELS;
        let rows = out.len() / width;
        let zero = _mm256_set1_epi32(0);
        let mut weights = [zero; KEPT];
        let quads = axis.taps.div_ceil(QUAD);
        for (quad, weights) in weights.iter_mut().enumerate().take(quads) {
            let mut words = [[0; QUAD]; LANES];
            for (lane, word) in words.iter_mut().enumerate() {
                let place = self.place + (lane / CHANNELS).min(self.places - 1);
                let (_, taps) = axis.taps(place);
                *word = four(&taps[(quad * QUAD).min(taps.len())..]);
            }
            *weights = _mm256_broadcastsi128_si256(load_16(words.as_flattened()));
        }
        for first in (0..rows).step_by(ROWS) {
            // The last rows are made together with some before them, once more.
            let first = first.min(rows.saturating_sub(ROWS));
            let image = &source.onward(first)[self.offset..];
            let mut sums = [zero; ROWS / 2];
            for (quad, &weights) in weights[..quads].iter().enumerate() {
                let windows = load_rows(&image[(quad * QUAD * CHANNELS).min(image.len())..], source.pitch());
                for (sum, window) in sums.iter_mut().zip(windows) {
                    let products = _mm256_maddubs_epi16(_mm256_shuffle_epi8(window, self.bytes), weights);
                    *sum = _mm256_add_epi16(*sum, products);
                }
            }
            let values = sums.map(|sum| {
                let sum = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
                _mm256_srai_epi32::<PLACES>(_mm256_add_epi32(sum, _mm256_set1_epi32(1 << (PLACES - 1))))
            });
            let words = _mm256_packs_epi32(values[0], values[1]);
            let bytes = _mm256_packus_epi16(words, words);
            let at = self.place * CHANNELS;
            store_rows(&mut out[first * width + at..], width, len, bytes, rows.min(ROWS));
        }
    }

    /// Adds four taps; `count` taps are left.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn add_quad(&self, sums: &mut [Halves; ROWS / 2], image: &[u8], pitch: usize, weights: [Halves; 2], count: usize) {
        let windows = load_rows(&image[self.offset.min(image.len())..], pitch);
        add_dot(&mut sums[0], _mm256_shuffle_epi8(windows[0], self.taps[0]), weights[0]);
        add_dot(&mut sums[1], _mm256_shuffle_epi8(windows[1], self.taps[0]), weights[0]);
        if count > 2 {
            add_dot(&mut sums[0], _mm256_shuffle_epi8(windows[0], self.taps[1]), weights[1]);
            add_dot(&mut sums[1], _mm256_shuffle_epi8(windows[1], self.taps[1]), weights[1]);
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

/// Where in a window the first two and the last two of four taps of each sum are, if their first taps are at `lanes`
/// and taps `step` bytes apart. Permutations write 0 where the highest bit is set: bytes become 16 bits.
#[allow(clippy::cast_possible_truncation, reason = "places in a window are below 16")]
const fn taps(lanes: [u8; LANES], step: u8) -> [[u8; WINDOW]; 2] {
    let mut taps = [[0x80; WINDOW]; 2];
    let mut index = 0;
    while index < LANES * QUAD {
        let (lane, tap) = (index / QUAD, index % QUAD);
        taps[tap / 2][lane * 4 + tap % 2 * 2] = lanes[lane] + tap as u8 * step;
        index += 1;
    }
    taps
}

/// As [`taps`], four taps of each sum after one another.
#[allow(clippy::cast_possible_truncation, reason = "places in a window are below 16")]
const fn bytes(lanes: [u8; LANES], step: u8) -> [u8; WINDOW] {
    let mut bytes = [0; WINDOW];
    let mut index = 0;
    while index < LANES * QUAD {
        bytes[index] = lanes[index / QUAD] + (index % QUAD) as u8 * step;
        index += 1;
    }
    bytes
}
