//! What one axis of a resize needs: for each place of the result, which places of the image with which weights.

use super::filter::Filter;
use super::split::Split;
use crate::ops::simd::Simd;

/// Weights have this many binary places, as in `Resample.c`: 32 bits less 8 of the pixel and 2 for overshoot.
pub(super) const PRECISION: u32 = 32 - 8 - 2;

/// Half of the last place that is kept, for rounding.
pub(super) const HALF: i32 = 1 << (PRECISION - 1);

/// Weights are stored in groups of this many taps.
pub(super) const QUAD: usize = 4;

/// Entries that may be read behind the last one, so that kernels can load whole vectors.
pub(super) const PADDING: usize = 16;

/// Starts and weights of the taps of each place of the result. Rebuilding it reuses its memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Axis {
    /// Length of the result.
    pub(super) length: usize,
    /// The most taps that any place has; 0 if all results are 0.
    pub(super) taps: usize,
    /// First tap of each place, in pixels; [`PADDING`] more entries.
    pub(super) starts: Vec<u32>,
    /// Number of taps of each place.
    pub(super) counts: Vec<u32>,
    /// `stride` weights for each place; those behind its taps are 0.
    weights: Vec<i32>,
    stride: usize,
    /// Weights before they are rounded, of one place.
    exact: Vec<f64>,
    /// For each four taps, each word of [`Split`]: that word of every place, and [`PADDING`] more.
    words: Vec<u32>,
    /// Words for each four taps.
    split: usize,
}

impl Axis {
    /// Computes the taps for the part from `first` to `last` (pixels, as Pillow's box) of an axis of `from` pixels, to
    /// be `to` pixels long.
    #[allow(unsafe_code, reason = "calls of what a processor may lack")]
    pub(super) fn build(&mut self, simd: Simd, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        match simd {
            // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => unsafe { self.build_avx512(filter, from, part, to) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => unsafe { self.build_avx2(filter, from, part, to) },
            _ => self.build_with(None, filter, from, part, to),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vbmi")]
    fn build_avx512(&mut self, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        self.build_with(Some(Split::Digits), filter, from, part, to);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn build_avx2(&mut self, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        self.build_with(Some(Split::Halves), filter, from, part, to);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    fn build_with(&mut self, split: Option<Split>, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        // One loop for each filter, in which it is a constant.
        match filter {
            Filter::Nearest | Filter::Box => self.fill(Filter::Box, from, part, to),
            Filter::Bilinear => self.fill(Filter::Bilinear, from, part, to),
            Filter::Hamming => self.fill(Filter::Hamming, from, part, to),
            Filter::Bicubic => self.fill(Filter::Bicubic, from, part, to),
            Filter::Lanczos => self.fill(Filter::Lanczos, from, part, to),
        }
        match split {
            Some(Split::Digits) => self.split(Split::Digits),
            Some(Split::Halves) => self.split(Split::Halves),
            None => {}
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end and filter")]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "lengths are below 2^24; the casts to integers truncate as those of the reference"
    )]
    fn fill(&mut self, filter: Filter, from: usize, [first, last]: [f32; 2], to: usize) {
        let scale = f64::from(last - first) / to as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let per_pixel = 1.0 / filter_scale;
        self.stride = (2 * support.ceil() as usize + 1).next_multiple_of(QUAD);
        self.length = to;
        self.taps = 0;
        self.starts.clear();
        self.counts.clear();
        self.exact.resize(self.stride, 0.0);
        self.weights.clear();
        self.weights.resize(to * self.stride, 0);
        for (place, weights) in self.weights.chunks_exact_mut(self.stride).enumerate() {
            let center = f64::from(first) + (place as f64 + 0.5) * scale;
            let start = ((center - support + 0.5) as i32).max(0);
            let end = ((center + support + 0.5) as i32).min(from as i32);
            let mut count = (end - start).max(0) as usize;
            let (exact, _) = self.exact.as_chunks_mut::<QUAD>();
            let exact = &mut exact[..count.div_ceil(QUAD)];
            let mut sum = 0.0;
            for (quad, exact) in exact.iter_mut().enumerate() {
                for (lane, exact) in exact.iter_mut().enumerate() {
                    let tap = (quad * QUAD + lane) as i32;
                    let weight = filter.weight((f64::from(start + tap) - center + 0.5) * per_pixel);
                    *exact = if tap < count as i32 { weight } else { 0.0 };
                }
                for exact in exact {
                    sum += *exact;
                }
            }
            let divisor = if sum == 0.0 { 1.0 } else { sum };
            let (quads, _) = weights.as_chunks_mut::<QUAD>();
            for (weights, exact) in quads.iter_mut().zip(exact) {
                for (weight, exact) in weights.iter_mut().zip(exact) {
                    let scaled = *exact / divisor * f64::from(1 << PRECISION);
                    *weight = (if *exact < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32;
                }
            }
            // Taps of weight 0 at either end change nothing and cost time.
            while count > 0 && weights[count - 1] == 0 {
                count -= 1;
            }
            let mut skipped = 0;
            if count > 0 && weights[0] == 0 {
                skipped = weights.iter().take_while(|&&weight| weight == 0).count();
                weights.copy_within(skipped..count, 0);
                count -= skipped;
                weights[count..count + skipped].fill(0);
            }
            let before = self.starts.last().copied().unwrap_or(0);
            self.starts.push(if count == 0 { before } else { start as u32 + skipped as u32 });
            self.counts.push(count as u32);
            self.taps = self.taps.max(count);
        }
        // A place without taps may be the first; no start is before what is read.
        let (reach, _) = self.reach();
        self.starts.iter_mut().for_each(|start| *start = (*start).max(reach as u32));
        self.starts.resize(to + PADDING, 0);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    fn split(&mut self, split: Split) {
        let stride = self.length + PADDING;
        let quads = self.taps.div_ceil(QUAD);
        self.split = split.words();
        self.words.clear();
        self.words.resize(quads * self.split * stride, 0);
        for (quad, words) in self.words.chunks_exact_mut(self.split * stride).enumerate() {
            for (place, weights) in self.weights.chunks_exact(self.stride).enumerate() {
                let (weights, _) = weights.as_chunks::<QUAD>();
                for (words, word) in words.chunks_exact_mut(stride).zip(split.apply(weights[quad])) {
                    words[place] = word;
                }
            }
        }
    }

    /// A word of the split weights of the taps from `QUAD * quad` on: that of `place`, of those behind it, and
    /// [`PADDING`] more.
    #[inline]
    pub(super) fn words(&self, quad: usize, word: usize, place: usize) -> &[u32] {
        &self.words[(quad * self.split + word) * (self.length + PADDING) + place..]
    }

    /// First tap and weights of a place of the result.
    pub(super) fn taps(&self, place: usize) -> (usize, &[i32]) {
        let weights = &self.weights[place * self.stride..][..self.counts[place] as usize];
        (self.starts[place] as usize, weights)
    }

    /// The part of the image's axis that any tap reads: (first, one behind the last); never
    /// nothing.
    pub(super) fn reach(&self) -> (usize, usize) {
        let places = (0..self.length).map(|place| self.taps(place)).filter(|(_, weights)| !weights.is_empty());
        places
            .fold(None, |reach, (start, weights)| {
                let (first, last) = reach.unwrap_or((start, 0));
                Some((first.min(start), last.max(start + weights.len())))
            })
            .unwrap_or((0, 1))
    }
}
