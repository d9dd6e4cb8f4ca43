//! What one axis of a resize needs: for each place of the result, which places of the image with which weights.

use super::filter::Filter;
use super::lerp::Pairs;
use super::split::Split;
use crate::ops::simd::Simd;

/// Weights have this many binary places, as in `Resample.c`: 32 bits less 8 of the pixel and 2 for overshoot.
pub(super) const PRECISION: u32 = 32 - 8 - 2;

/// Half of the last place that is kept, for rounding.
pub(super) const HALF: i32 = 1 << (PRECISION - 1);

/// Weights are stored in groups of this many taps.
pub(super) const QUAD: usize = 4;

/// Entries that may be read behind the last one, so that kernels can load whole vectors.
pub(super) const PADDING: usize = 32;

/// Places that are computed together, so that compilers use vectors.
const LANES: usize = 8;

/// Starts and weights of the taps of each place of the result. Rebuilding it reuses its memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Axis {
    /// Length of the result.
    pub(super) length: usize,
    /// The most taps that any place has; 0 if all results are 0.
    pub(super) taps: usize,
    /// The part of the image's axis that any tap reads: (first, one behind the last); never nothing.
    pub(super) reach: (usize, usize),
    /// First tap of each place, in pixels; [`PADDING`] more entries.
    pub(super) starts: Vec<u32>,
    /// Number of taps of each place.
    pub(super) counts: Vec<u32>,
    /// `stride` weights for each place; those behind its taps are 0.
    weights: Vec<i32>,
    stride: usize,
    /// Of the places that are computed together: for each tap, their weights before and after rounding.
    exact: Vec<[f64; LANES]>,
    rounded: Vec<[i32; LANES]>,
    /// For each four taps, each word of [`Split`]: that word of every place, and [`PADDING`] more.
    words: Vec<u32>,
    /// Words for each four taps.
    split: usize,
    /// What all results are interpolated between, if they are.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "others multiply whole weights"))]
    pairs: Pairs,
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "others multiply whole weights"))]
    is_linear: bool,
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

    /// Bytes of what it has in memory.
    pub(super) fn bytes(&self) -> usize {
        let Self { starts, counts, weights, exact, rounded, words, pairs, .. } = self;
        size_of_val(&starts[..])
            + size_of_val(&counts[..])
            + size_of_val(&weights[..])
            + size_of_val(&exact[..])
            + size_of_val(&rounded[..])
            + size_of_val(&words[..])
            + pairs.bytes()
    }

    /// Looks for a quicker way to go along rows: whether all results are interpolated between two pixels.
    #[allow(unsafe_code, reason = "a call of what a processor may lack")]
    #[cfg_attr(not(target_arch = "x86_64"), allow(clippy::unused_self, reason = "others have no quicker way"))]
    pub(super) fn pair_up(&mut self, simd: Simd) {
        match simd {
            // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => unsafe { self.pair_up_avx512() },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => unsafe { self.pair_up_avx2() },
            _ => {}
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vbmi")]
    fn build_avx512(&mut self, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        self.build_with(Some(Split::Digits), filter, from, part, to);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vbmi")]
    fn pair_up_avx512(&mut self) {
        self.pair_up_with();
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn pair_up_avx2(&mut self) {
        self.pair_up_with();
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    #[cfg(any(test, target_arch = "x86_64"))]
    fn pair_up_with(&mut self) {
        let (weights, _) = self.weights.as_chunks::<QUAD>();
        self.is_linear =
            self.stride == QUAD && self.taps <= 2 && self.pairs.build(&self.starts[..self.length], weights);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn build_avx2(&mut self, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        self.build_with(Some(Split::Halves), filter, from, part, to);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    fn build_with(&mut self, split: Option<Split>, filter: Filter, from: usize, part: [f32; 2], to: usize) {
        // One loop for each filter and split, in which they are constants.
        match filter {
            Filter::Nearest | Filter::Box => self.fill(split, Filter::Box, from, part, to),
            Filter::Bilinear => self.fill(split, Filter::Bilinear, from, part, to),
            Filter::Hamming => self.fill(split, Filter::Hamming, from, part, to),
            Filter::Bicubic => self.fill(split, Filter::Bicubic, from, part, to),
            Filter::Lanczos => self.fill(split, Filter::Lanczos, from, part, to),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end and filter")]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "lengths are below 2^24"
    )]
    fn fill(&mut self, split: Option<Split>, filter: Filter, from: usize, [first, last]: [f32; 2], to: usize) {
        let scale = f64::from(last - first) / to as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let per_pixel = 1.0 / filter_scale;
        self.length = to;
        self.taps = 0;
        self.resize(split, (2 * support.ceil() as usize + 1).next_multiple_of(QUAD));
        for block in (0..to).step_by(LANES) {
            let mut centers = [0.0; LANES];
            let mut starts = [0; LANES];
            let mut counts = [0; LANES];
            for lane in 0..LANES {
                centers[lane] = f64::from(first) + (f64::from((block + lane) as i32) + 0.5) * scale;
                starts[lane] = truncated(centers[lane] - support + 0.5).max(0);
                let end = truncated(centers[lane] + support + 0.5).min(from as i32);
                counts[lane] = (end - starts[lane]).max(0);
            }
            let most = counts.iter().fold(0, |most, &count| most.max(count));
            let most = self.stride.min(most as usize);
            let mut sums = [0.0; LANES];
            for (tap, exact) in self.exact[..most].iter_mut().enumerate() {
                // One operation at a time on all lanes is what compilers recognise.
                let mut x = [0.0; LANES];
                for lane in 0..LANES {
                    x[lane] = (f64::from(starts[lane] + tap as i32) - centers[lane] + 0.5) * per_pixel;
                }
                let mut weights = [0.0; LANES];
                for lane in 0..LANES {
                    weights[lane] = filter.weight(x[lane]);
                }
                for lane in 0..LANES {
                    exact[lane] = if (tap as i32) < counts[lane] { weights[lane] } else { 0.0 };
                }
                for lane in 0..LANES {
                    sums[lane] += exact[lane];
                }
            }
            let divisors = sums.map(|sum| if sum == 0.0 { 1.0 } else { sum });
            // Taps of weight 0 at the end change nothing and cost time.
            let mut used = [0; LANES];
            for (tap, (rounded, exact)) in self.rounded.iter_mut().zip(&self.exact[..most]).enumerate() {
                let mut scaled = [0.0; LANES];
                for lane in 0..LANES {
                    scaled[lane] = exact[lane] / divisors[lane] * f64::from(1 << PRECISION);
                }
                for lane in 0..LANES {
                    rounded[lane] = truncated(scaled[lane] + 0.5_f64.copysign(scaled[lane]));
                }
                for lane in 0..LANES {
                    used[lane] = if rounded[lane] == 0 { used[lane] } else { tap as u32 + 1 };
                }
            }
            self.rounded[most..].fill([0; LANES]);
            self.starts[block..][..LANES].copy_from_slice(&starts.map(i32::cast_unsigned));
            self.store(block, &used);
            if let Some(split) = split {
                self.store_words(split, block);
            }
        }
        // A place without taps may be the first or last; no start is outside of what is read.
        let (first, last) = self.find_reach();
        for start in &mut self.starts[..to] {
            *start = (*start).clamp(first, last);
        }
        self.reach = (first as usize, last as usize);
    }

    fn find_reach(&self) -> (u32, u32) {
        let mut reach = (u32::MAX, 0);
        for (&start, &count) in self.starts.iter().zip(&self.counts) {
            if count > 0 {
                reach = (reach.0.min(start), reach.1.max(start + count));
            }
        }
        if reach.1 == 0 { (0, 1) } else { reach }
    }

    /// Makes room; what there was is overwritten.
    fn resize(&mut self, split: Option<Split>, stride: usize) {
        self.stride = stride;
        self.starts.resize(self.length + PADDING, 0);
        self.counts.resize(self.length, 0);
        self.weights.resize(self.length * stride, 0);
        self.exact.resize(stride, [0.0; LANES]);
        self.rounded.resize(stride, [0; LANES]);
        self.split = split.map_or(0, Split::words);
        self.words.resize(stride / QUAD * self.split * (self.length + PADDING), 0);
    }

    /// Stores the rounded weights and numbers of taps of the places from `block` on.
    #[inline]
    fn store(&mut self, block: usize, used: &[u32; LANES]) {
        let counts = &mut self.counts[block..];
        let weights = self.weights[block * self.stride..].chunks_exact_mut(self.stride);
        for (lane, ((count, weights), &used)) in counts.iter_mut().zip(weights).zip(used).enumerate() {
            *count = used;
            self.taps = self.taps.max(used as usize);
            for (weight, rounded) in weights.iter_mut().zip(&self.rounded) {
                *weight = rounded[lane];
            }
        }
    }

    /// Stores the words of the weights of the places from `block` on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    fn store_words(&mut self, split: Split, block: usize) {
        let stride = self.length + PADDING;
        let (quads, _) = self.rounded.as_chunks::<QUAD>();
        for (words, [a, b, c, d]) in self.words.chunks_exact_mut(split.words() * stride).zip(quads) {
            let mut values = [[0; LANES]; 4];
            for lane in 0..LANES {
                let word = split.apply([a[lane], b[lane], c[lane], d[lane]]);
                for (values, word) in values.iter_mut().zip(word) {
                    values[lane] = word;
                }
            }
            for (words, values) in words.chunks_exact_mut(stride).zip(values) {
                words[block..][..LANES].copy_from_slice(&values);
            }
        }
    }

    /// The pairs of pixels that all results are interpolated between, if they are.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn pairs(&self) -> Option<&Pairs> {
        self.is_linear.then_some(&self.pairs)
    }

    /// A word of the split weights of the taps from `QUAD * quad` on: that of `place`, of those behind it, and
    /// [`PADDING`] more.
    #[inline]
    #[cfg(target_arch = "x86_64")]
    pub(super) fn words(&self, quad: usize, word: usize, place: usize) -> &[u32] {
        &self.words[(quad * self.split + word) * (self.length + PADDING) + place..]
    }

    /// First tap and weights of a place of the result.
    pub(super) fn taps(&self, place: usize) -> (usize, &[i32]) {
        let weights = &self.weights[place * self.stride..][..self.counts[place] as usize];
        (self.starts[place] as usize, weights)
    }
}

/// What a cast in C makes of `x`, for magnitudes below 2^31: vectors have no quick instruction for Rust's cast.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once for each back-end")]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are the integer")]
fn truncated(x: f64) -> i32 {
    // 1.5 * 2^52: a sum with it has the integer in its low bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    (x.trunc() + SHIFT).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_by_uneven_factors_is_interpolated_in_16_bits() {
        let is_linear = |filter, from: u16, to| {
            let mut axis = Axis::default();
            axis.build(Simd::Scalar, filter, from.into(), [0.0, f32::from(from)], to);
            axis.pair_up_with();
            axis.is_linear
        };
        assert!(is_linear(Filter::Bilinear, 165, 224));
        assert!(is_linear(Filter::Bilinear, 27, 28));
        // Weights of 7 places, of a half, of more than two taps.
        assert!(!is_linear(Filter::Bilinear, 28, 224));
        assert!(!is_linear(Filter::Bilinear, 192, 224));
        assert!(!is_linear(Filter::Bilinear, 225, 224));
        assert!(!is_linear(Filter::Bicubic, 165, 224));
    }
}
