//! The six filters of Pillow.

use std::f64::consts::PI;

/// How a pixel of the result is made of pixels of the image; Pillow's `Image.Resampling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// The pixel at the centre.
    Nearest,
    /// The mean of the pixels covered.
    Box,
    /// A triangle; the mean of a wider area where the image gets smaller.
    Bilinear,
    /// As sharp as [`Filter::Bilinear`], without its sawtooth on edges.
    Hamming,
    /// A cubic with a = -0.5.
    Bicubic,
    /// A truncated sinc of three lobes.
    Lanczos,
}

impl Filter {
    /// Half the width of the filter at scale 1, in pixels.
    pub(super) fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The weight at `x` pixels from the centre: the very operations of `Resample.c`, in its order.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end and filter")]
    pub(super) fn weight(self, x: f64) -> f64 {
        match self {
            Self::Nearest | Self::Box => f64::from(x > -0.5 && x <= 0.5),
            Self::Bilinear => triangle(x),
            Self::Hamming => hamming(x.abs()),
            Self::Bicubic => cubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

#[inline]
fn triangle(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 { 1.0 - x } else { 0.0 }
}

#[inline]
fn hamming(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x >= 1.0 {
        return 0.0;
    }
    let x = x * PI;
    // C computes with the float constants as doubles.
    x.sin() / x * (f64::from(0.54f32) + f64::from(0.46f32) * x.cos())
}

#[allow(clippy::suboptimal_flops, reason = "the rounding of the reference")]
#[inline]
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

#[inline]
fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    x.sin() / x
}
