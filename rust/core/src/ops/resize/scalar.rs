//! Both passes in plain Rust: the reference that the other back-ends are held to.

use super::axis::{Axis, HALF, PRECISION};
use super::rows::Rows;

/// Columns that the vertical pass works on at a time.
const BLOCK: usize = 64;

/// Makes rows of `axis.length` pixels of the rows of `source`, one after another in `out`; `first` is the place
/// on the axis where `source` begins.
pub(super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    for (index, out) in out.chunks_exact_mut(axis.length * CHANNELS).enumerate() {
        let (pixels, _) = source.row(index).as_chunks::<CHANNELS>();
        let (out, _) = out.as_chunks_mut::<CHANNELS>();
        for (place, out) in out.iter_mut().enumerate() {
            let (start, weights) = axis.taps(place);
            let mut sums = [HALF; CHANNELS];
            for (pixel, weight) in pixels[start.saturating_sub(first)..].iter().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            *out = sums.map(clip);
        }
    }
}

/// Makes rows of the result from the `place`-th on, as many as `out` holds, of the rows of `source`, whose first row is the
/// `first` of the axis.
pub(super) fn vertical(source: Rows<'_>, first: usize, axis: &Axis, place: usize, out: &mut [u8]) {
    for (place, out) in (place..).zip(out.chunks_exact_mut(source.len())) {
        let (start, weights) = axis.taps(place);
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let mut sums = [HALF; BLOCK];
            for (tap, weight) in weights.iter().enumerate() {
                let row = &source.row(start - first + tap)[block * BLOCK..];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += i32::from(*value) * weight;
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = clip(sum);
            }
        }
    }
}

/// The pixel that a rounded sum stands for.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 255")]
fn clip(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}
