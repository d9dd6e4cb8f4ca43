//! The two passes, by the back-end that is asked for.

use super::axis::Axis;
use super::rows::Rows;
use super::scalar;
use crate::ops::simd::Simd;

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
pub(super) fn horizontal<const CHANNELS: usize>(
    simd: Simd,
    source: Rows<'_>,
    first: usize,
    axis: &Axis,
    out: &mut [u8],
) {
    match simd {
        _ => scalar::horizontal::<CHANNELS>(source, first, axis, out),
    }
}

/// Makes `axis.length` rows of the rows of `source`, whose first row is the `first` of the axis.
pub(super) fn vertical(simd: Simd, source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    match simd {
        _ => scalar::vertical(source, first, axis, out),
    }
}
