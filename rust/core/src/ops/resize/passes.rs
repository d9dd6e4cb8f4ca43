//! The two passes, by the back-end that is asked for.

use super::axis::Axis;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::rows::Rows;
use super::scalar;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::ops::simd::Simd;

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[allow(unsafe_code, reason = "calls of what a processor may lack")]
pub(super) fn horizontal<const CHANNELS: usize>(
    simd: Simd,
    source: Rows<'_>,
    first: usize,
    axis: &Axis,
    out: &mut [u8],
) {
    match simd {
        // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => unsafe { avx512::horizontal::<CHANNELS>(source, first, axis, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => unsafe { avx2::horizontal::<CHANNELS>(source, first, axis, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Simd::Neon => unsafe { neon::horizontal::<CHANNELS>(source, first, axis, out) },
        _ => scalar::horizontal::<CHANNELS>(source, first, axis, out),
    }
}

/// Makes rows of the result from the `place`-th on, as many as `out` holds, of the rows of `source`, whose first row is the
/// `first` of the axis.
#[allow(unsafe_code, reason = "calls of what a processor may lack")]
pub(super) fn vertical(simd: Simd, source: Rows<'_>, first: usize, axis: &Axis, place: usize, out: &mut [u8]) {
    match simd {
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => unsafe { avx512::vertical(source, first, axis, place, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => unsafe { avx2::vertical(source, first, axis, place, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Simd::Neon => unsafe { neon::vertical(source, first, axis, place, out) },
        _ => scalar::vertical(source, first, axis, place, out),
    }
}
