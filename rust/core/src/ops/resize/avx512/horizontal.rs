//! The horizontal pass: 16 bytes of the result at a time, for all rows.
//!
//! The pixels that 16 neighbouring results are made of lie within a window of 64 or 128 bytes. One permutation puts
//! the four bytes of each result into its word of 32 bits. Where the image shrinks so much that the window is too
//! small, fewer results are made at a time.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_cvtusepi32_epi8, _mm512_max_epi32, _mm512_mullo_epi32, _mm512_permutex2var_epi8,
    _mm512_permutexvar_epi8, _mm512_permutexvar_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_srai_epi32,
    _mm512_sub_epi32,
};

use super::super::axis::{Axis, PRECISION, QUAD};
use super::super::rows::Rows;
use super::memory::{load, load_words, store_16};
use super::{Sums, add_dot, dot, half, total};

/// Results of one permutation.
const LANES: usize = 16;

/// Bytes in a register.
const WINDOW: usize = 64;

/// Rows that share a look at the weights where there are more than four taps.
const ROWS: usize = 4;

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
pub(in super::super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    let width = axis.length * CHANNELS;
    let rows = out.len() / width;
    let mut at = 0;
    while at < width {
        let group = Group::<CHANNELS>::new(axis, first, at);
        match (axis.taps <= QUAD, group.wide) {
            (true, false) => group.few_taps::<false>(source, axis, out),
            (true, true) => group.few_taps::<true>(source, axis, out),
            (false, wide) => {
                let mut row = 0;
                while row < rows {
                    row += match (rows - row >= ROWS, wide) {
                        (true, false) => group.many_taps::<ROWS, false>(source, axis, row, out),
                        (true, true) => group.many_taps::<ROWS, true>(source, axis, row, out),
                        (false, false) => group.many_taps::<1, false>(source, axis, row, out),
                        (false, true) => group.many_taps::<1, true>(source, axis, row, out),
                    };
                }
            }
        }
        at += group.lanes;
    }
}

/// Neighbouring bytes of the result.
struct Group<const CHANNELS: usize> {
    /// Place of the first of them in a row of the result.
    at: usize,
    /// How many there are.
    lanes: usize,
    /// Where their window begins in a row of the image.
    offset: usize,
    /// Whether it has 128 bytes and not 64.
    wide: bool,
    /// Which pixel, counted from that of `at`, each is of.
    pixels: __m512i,
    /// Place in the window of the four bytes of each.
    taps: __m512i,
}

impl<const CHANNELS: usize> Group<CHANNELS> {
    /// As many as fit from `at` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[allow(clippy::cast_possible_wrap, reason = "starts are below 2^24")]
    fn new(axis: &Axis, first: usize, at: usize) -> Self {
        let (place, phase) = (at / CHANNELS, at % CHANNELS);
        let quad = (axis.taps.clamp(1, QUAD) - 1) * CHANNELS + CHANNELS;
        // Whole pixels that 16 bytes can be parts of, or fewer.
        let mut pixels = ((phase + LANES - 1) / CHANNELS + 1).min(axis.length - place);
        let (start, span) = loop {
            let starts = &axis.starts[place..][..pixels];
            let (low, high) =
                starts.iter().fold((u32::MAX, 0), |(low, high), &start| (low.min(start), high.max(start)));
            let span = (high - low) as usize * CHANNELS + quad;
            if span <= 2 * WINDOW {
                break (low, span);
            }
            pixels = pixels.div_ceil(2);
        };
        let pattern = load_words(if CHANNELS == 1 { &PIXELS_OF_1 } else { &PIXELS_OF_3[phase] });
        let channel = load_words(if CHANNELS == 1 { &CHANNELS_OF_1 } else { &CHANNELS_OF_3[phase] });
        let starts = _mm512_permutexvar_epi32(pattern, load_words(&axis.starts[place..]));
        let steps = _mm512_sub_epi32(starts, _mm512_set1_epi32(start as i32));
        let bytes = _mm512_mullo_epi32(steps, _mm512_set1_epi32(CHANNELS as i32));
        let bytes = _mm512_add_epi32(bytes, channel);
        // The same byte four times, then one pixel on for each tap.
        let taps = _mm512_mullo_epi32(bytes, _mm512_set1_epi32(0x0101_0101));
        let taps = _mm512_add_epi32(taps, _mm512_set1_epi32(0x0302_0100 * CHANNELS as i32));
        Self {
            at,
            lanes: (pixels * CHANNELS - phase).min(LANES),
            offset: (start as usize - first) * CHANNELS,
            wide: span > WINDOW,
            pixels: pattern,
            taps,
        }
    }

    /// The digits of the weights of four taps of each byte.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn weights(&self, axis: &Axis, quad: usize) -> Sums {
        let word = |word| load_words(axis.words(quad, word, self.at / CHANNELS));
        [word(0), word(1), word(2)].map(|words| _mm512_permutexvar_epi32(self.pixels, words))
    }

    /// Four taps of each byte.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn gather<const WIDE: bool>(&self, row: &[u8], quad: usize) -> __m512i {
        let window = row.get(self.offset + quad * QUAD * CHANNELS..).unwrap_or(&[]);
        if WIDE {
            let next = load(window.get(WINDOW..).unwrap_or(&[]));
            _mm512_permutex2var_epi8(load(window), self.taps, next)
        } else {
            _mm512_permutexvar_epi8(self.taps, load(window))
        }
    }

    /// Writes the bytes that sums stand for.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn store(&self, sums: __m512i, row: &mut [u8]) {
        let values = _mm512_max_epi32(_mm512_srai_epi32::<PRECISION>(sums), _mm512_setzero_si512());
        store_16(&mut row[self.at..], self.lanes, _mm512_cvtusepi32_epi8(values));
    }

    /// All rows, where no pixel has more than four taps.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
    fn few_taps<const WIDE: bool>(&self, source: Rows<'_>, axis: &Axis, out: &mut [u8]) {
        if axis.taps == 0 {
            return out.fill(0);
        }
        let weights = self.weights(axis, 0);
        for (index, out) in out.chunks_exact_mut(axis.length * CHANNELS).enumerate() {
            self.store(dot(self.gather::<WIDE>(source.row(index), 0), weights), out);
        }
    }

    /// `N` rows from `first` on; returns `N`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
    fn many_taps<const N: usize, const WIDE: bool>(
        &self,
        source: Rows<'_>,
        axis: &Axis,
        first: usize,
        out: &mut [u8],
    ) -> usize {
        let rows: [&[u8]; N] = std::array::from_fn(|row| source.row(first + row));
        let mut sums = [half(); N];
        for quad in 0..axis.taps.div_ceil(QUAD) {
            let weights = self.weights(axis, quad);
            for (sums, row) in sums.iter_mut().zip(rows) {
                add_dot(sums, self.gather::<WIDE>(row, quad), weights);
            }
        }
        let width = axis.length * CHANNELS;
        for (sums, out) in sums.into_iter().zip(out[first * width..].chunks_exact_mut(width)) {
            self.store(total(sums), out);
        }
        N
    }
}

const PIXELS_OF_1: [u32; LANES] = pixels(0, 1);
const PIXELS_OF_3: [[u32; LANES]; 3] = [pixels(0, 3), pixels(1, 3), pixels(2, 3)];
const CHANNELS_OF_1: [u32; LANES] = channels(0, 1);
const CHANNELS_OF_3: [[u32; LANES]; 3] = [channels(0, 3), channels(1, 3), channels(2, 3)];

/// The pixel of each byte, where the first byte is the `phase`-th of a pixel.
const fn pixels(phase: u32, channels: u32) -> [u32; LANES] {
    let mut table = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        table[lane] = (phase + lane as u32) / channels;
        lane += 1;
    }
    table
}

/// The channel of each byte, where the first byte is the `phase`-th of a pixel.
const fn channels(phase: u32, channels: u32) -> [u32; LANES] {
    let mut table = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        table[lane] = (phase + lane as u32) % channels;
        lane += 1;
    }
    table
}
