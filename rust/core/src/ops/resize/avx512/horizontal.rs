//! The horizontal pass: 16 bytes of the result at a time, for all rows.
//!
//! The pixels that 16 neighbouring results are made of lie within a window of 64 or 128 bytes. One permutation puts
//! the four bytes of each result into its word of 32 bits. Where the image shrinks so much that the window is too
//! small, fewer results are made at a time.

use std::arch::x86_64::{
    __m512i, _mm512_abs_epi8, _mm512_add_epi8, _mm512_add_epi32, _mm512_and_si512, _mm512_andnot_si512,
    _mm512_dpbusd_epi32, _mm512_movepi8_mask, _mm512_movm_epi8, _mm512_mullo_epi32, _mm512_or_si512,
    _mm512_packs_epi32, _mm512_packus_epi16, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8,
    _mm512_permutexvar_epi32, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi32, _mm512_srai_epi32,
    _mm512_sub_epi32, _mm512_test_epi32_mask,
};

use super::super::axis::{Axis, PRECISION, QUAD};
use super::super::lanes::{channels, pixels, words};
use super::super::rows::Rows;
use super::super::short::SHORT;
use super::lerp;
use super::memory::{ROWS, load_rows, load_words, store_rows, store_some_rows};
use super::{Sums, add_dot, dot, half, total};

/// Results of one permutation.
const LANES: usize = 16;

/// Bytes in a register.
const WINDOW: usize = 64;

/// Groups of four taps whose weights are kept at hand for all rows.
const KEPT: usize = 6;

/// One or two registers for each of [`ROWS`] rows: 64 bytes, and the next 64.
type Windows = [[__m512i; ROWS]; 2];

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
pub(in super::super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    if axis.taps == 0 {
        return out.fill(0);
    }
    if let Some(pairs) = axis.pairs() {
        return lerp::horizontal::<CHANNELS>(source, first, axis, pairs, out);
    }
    let mut at = 0;
    while at < axis.length * CHANNELS {
        let group = Group::<CHANNELS>::new(axis, first, at);
        match (group.wide, group.is_short(axis)) {
            (false, false) => group.rows::<false, false>(source, axis, out),
            (false, true) => group.rows::<false, true>(source, axis, out),
            (true, false) => group.rows::<true, false>(source, axis, out),
            (true, true) => group.rows::<true, true>(source, axis, out),
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
    /// Whether it holds all taps and not only the first four.
    whole: bool,
    /// Which pixel, counted from that of `at`, each is of.
    pixels: __m512i,
    /// Place in the window of the four bytes of each.
    taps: __m512i,
}

impl<const CHANNELS: usize> Group<CHANNELS> {
    /// As many as fit from `at` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "starts are below 2^24")]
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
        let all = span - quad + axis.taps * CHANNELS;
        let whole = all <= 2 * WINDOW;
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
            wide: if whole { all > WINDOW } else { span > WINDOW },
            whole,
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

    /// Whether all weights are bytes with [`SHORT`] places.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn is_short(&self, axis: &Axis) -> bool {
        (0..axis.taps.div_ceil(QUAD)).all(|quad| {
            let [high, middle, low] = self.weights(axis, quad);
            let rest = _mm512_or_si512(low, _mm512_and_si512(middle, _mm512_set1_epi8(0x7F)));
            // Below 64 doubling them fits.
            let high = _mm512_andnot_si512(_mm512_set1_epi8(0x3F), _mm512_abs_epi8(high));
            _mm512_test_epi32_mask(_mm512_or_si512(rest, high), _mm512_set1_epi32(-1)) == 0
        })
    }

    /// The weights; the first of three as bytes with [`SHORT`] places, where [`Group::is_short`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn weights_as<const BYTES: bool>(&self, axis: &Axis, quad: usize) -> Sums {
        let [high, middle, low] = self.weights(axis, quad);
        if !BYTES {
            return [high, middle, low];
        }
        // The middle digit is 0, or half a place of the high one taken away.
        let half = _mm512_movm_epi8(_mm512_movepi8_mask(middle));
        [_mm512_add_epi8(_mm512_add_epi8(high, high), half), middle, low]
    }

    /// Makes this part of all rows.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
    fn rows<const WIDE: bool, const BYTES: bool>(&self, source: Rows<'_>, axis: &Axis, out: &mut [u8]) {
        let width = axis.length * CHANNELS;
        let rows = out.len() / width;
        let quads = axis.taps.div_ceil(QUAD);
        // Bytes of groups behind this one may be overwritten, for their turn comes later.
        let len = if self.at + LANES <= width { LANES } else { self.lanes };
        let mut kept = [half(); KEPT];
        for (quad, kept) in kept.iter_mut().enumerate().take(quads) {
            *kept = self.weights_as::<BYTES>(axis, quad);
        }
        for first in (0..rows).step_by(ROWS) {
            // The last rows are made together with some before them, once more.
            let first = first.min(rows.saturating_sub(ROWS));
            let image = &source.onward(first)[self.offset..];
            let mut windows = load_windows::<WIDE>(image, source.pitch());
            let values = if !BYTES && quads == 1 {
                permuted::<WIDE>(windows, self.taps).map(|pixels| _mm512_srai_epi32::<PRECISION>(dot(pixels, kept[0])))
            } else {
                let mut sums = [if BYTES { [_mm512_set1_epi32(1 << (SHORT - 1)); 3] } else { half() }; ROWS];
                for quad in 0..quads {
                    let weights = if quad < KEPT { kept[quad] } else { self.weights_as::<BYTES>(axis, quad) };
                    let taps = self.taps_of(quad);
                    if !self.whole && quad > 0 {
                        let image = &image[(quad * QUAD * CHANNELS).min(image.len())..];
                        windows = load_windows::<WIDE>(image, source.pitch());
                    }
                    for (sums, pixels) in sums.iter_mut().zip(permuted::<WIDE>(windows, taps)) {
                        if BYTES {
                            sums[0] = _mm512_dpbusd_epi32(sums[0], pixels, weights[0]);
                        } else {
                            add_dot(sums, pixels, weights);
                        }
                    }
                }
                sums.map(|sums| {
                    if BYTES {
                        _mm512_srai_epi32::<SHORT>(sums[0])
                    } else {
                        _mm512_srai_epi32::<PRECISION>(total(sums))
                    }
                })
            };
            let values = by_rows(values);
            let out = &mut out[first * width + self.at..];
            if rows < ROWS {
                store_some_rows(out, width, len, values, rows);
            } else {
                store_rows(out, width, len, values);
            }
        }
    }

    /// Place in the window of four taps of each byte.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a whole window has 128 bytes")]
    fn taps_of(&self, quad: usize) -> __m512i {
        if self.whole {
            _mm512_add_epi8(self.taps, _mm512_set1_epi8((quad * QUAD * CHANNELS) as i8))
        } else {
            self.taps
        }
    }
}

/// The bytes that windows of [`ROWS`] rows begin with. What is behind a row is multiplied by 0.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load_windows<const WIDE: bool>(image: &[u8], pitch: usize) -> Windows {
    let windows = load_rows(image, pitch);
    [windows, if WIDE { load_rows(&image[WINDOW.min(image.len())..], pitch) } else { windows }]
}

/// Bytes at `taps` of each window.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn permuted<const WIDE: bool>([mut windows, next]: Windows, taps: __m512i) -> [__m512i; ROWS] {
    for (window, next) in windows.iter_mut().zip(next) {
        *window =
            if WIDE { _mm512_permutex2var_epi8(*window, taps, next) } else { _mm512_permutexvar_epi8(taps, *window) };
    }
    windows
}

/// Clips values of [`ROWS`] rows to bytes, those of a row together. (Narrowing each row by itself with `vpmovusdb`
/// takes several times as long.)
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn by_rows([a, b, c, d]: [__m512i; ROWS]) -> __m512i {
    let mixed = _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    // Each fourth word is of the same row.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_permutexvar_epi32(order, mixed)
}

const PIXELS_OF_1: [u32; LANES] = words(pixels(0, 1));
const PIXELS_OF_3: [[u32; LANES]; 3] = [words(pixels(0, 3)), words(pixels(1, 3)), words(pixels(2, 3))];
const CHANNELS_OF_1: [u32; LANES] = words(channels(0, 1));
const CHANNELS_OF_3: [[u32; LANES]; 3] = [words(channels(0, 3)), words(channels(1, 3)), words(channels(2, 3))];
