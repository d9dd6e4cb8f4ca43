//! `PIL.ImageEnhance`: an image is blended with a degenerate version of itself, 0 being the degenerate, 1 the image, and
//! more an exaggeration of it. The arithmetic is that of Pillow's `Blend.c`: `float`, truncated.

#![allow(clippy::inline_always, reason = "compiled once per back-end")]

use super::grey;
use super::tables::{self, Table};
use crate::ops::image::{Image, ImageMut};
use crate::ops::versions::simd;
use crate::ops::whole;

/// Pillow's `ImagingBlend` for one value: from `degenerate` (`factor` 0) to `value` (`factor` 1), and beyond.
#[inline(always)]
fn blend(degenerate: u8, value: u8, factor: f32) -> u8 {
    let degenerate = f32::from(degenerate);
    let blended = degenerate + factor * (f32::from(value) - degenerate);
    whole::byte_of_f32(blended)
}

/// `ImageEnhance.Brightness`: the degenerate image is black.
#[must_use]
pub(in crate::ops) fn brightness(factor: f32) -> Table {
    tables::from_fn(|value| blend(0, value, factor))
}

/// `ImageEnhance.Contrast`: the degenerate image is grey, of the mean that [`mean_grey`] gives.
#[must_use]
pub(in crate::ops) fn contrast(mean_grey: u8, factor: f32) -> Table {
    tables::from_fn(|value| blend(mean_grey, value, factor))
}

/// The mean of an image in grey, rounded, as `ImageEnhance.Contrast` finds it; 0 for an empty image.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is one")]
pub(in crate::ops) fn mean_grey(pixels: &[u8], channels: usize) -> u8 {
    let count = (pixels.len() / channels.max(1)) as u64;
    // Floor of sum / count + 0.5, in whole numbers.
    (2 * grey::sum(pixels, channels) + count).checked_div(2 * count).unwrap_or(0) as u8
}

/// `ImageEnhance.Color` in place: the degenerate image is grey. Images of one channel are grey already.
pub(in crate::ops) fn colour(pixels: &mut [u8], channels: usize, factor: f32) {
    if channels == 3 {
        colour_of_rgb(simd(), pixels, factor);
    }
}

versions!(pub(super) colour_of_rgb(pixels: &mut [u8], factor: f32) = colour_body);

#[inline(always)]
fn colour_body(pixels: &mut [u8], factor: f32) {
    for pixel in pixels.as_chunks_mut::<3>().0 {
        let grey = grey::luma(*pixel);
        *pixel = [blend(grey, pixel[0], factor), blend(grey, pixel[1], factor), blend(grey, pixel[2], factor)];
    }
}

/// `ImageEnhance.Sharpness`: the degenerate image is smoothed by Pillow's `SMOOTH` filter, but for its outermost pixels.
///
/// # Panics
/// If the sizes of the images do not fit.
pub(in crate::ops) fn sharpness(image: Image<'_>, factor: f32, out: &mut ImageMut<'_>) {
    assert_eq!([image.height, image.width, image.channels], [out.height, out.width, out.channels], "axes");
    out.pixels.copy_from_slice(image.pixels);
    let Image { pixels, height, width, channels } = image;
    // Pillow does not filter what is smaller than the filter.
    if height < 3 || width < 3 {
        return;
    }
    let row_len = width * channels;
    for y in 1..height - 1 {
        let rows = [y - 1, y, y + 1].map(|y| &pixels[y * row_len..][..row_len]);
        let out = &mut out.pixels[y * row_len + channels..][..row_len - 2 * channels];
        smooth_row(simd(), rows, channels, factor, out);
    }
}

versions!(pub(super) smooth_row(rows: [&[u8]; 3], channels: usize, factor: f32, out: &mut [u8]) = smooth_row_body);

/// One row without its first and last pixel: nine neighbours, the middle one five times, by 13. Pillow computes in
/// `float`, whose error is far from what a sum of whole numbers by 13 is away from a half: whole numbers give the same.
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is one")]
#[inline(always)]
fn smooth_row_body([above, row, below]: [&[u8]; 3], channels: usize, factor: f32, out: &mut [u8]) {
    let len = out.len();
    let [a0, a1, a2] = [0, 1, 2].map(|x| &above[x * channels..][..len]);
    let [b0, b1, b2] = [0, 1, 2].map(|x| &row[x * channels..][..len]);
    let [c0, c1, c2] = [0, 1, 2].map(|x| &below[x * channels..][..len]);
    for i in 0..len {
        let ring = u16::from(a0[i])
            + u16::from(a1[i])
            + u16::from(a2[i])
            + u16::from(b0[i])
            + u16::from(b2[i])
            + u16::from(c0[i])
            + u16::from(c1[i])
            + u16::from(c2[i]);
        let degenerate = (ring + 5 * u16::from(b1[i]) + 6) / 13;
        out[i] = blend(degenerate as u8, b1[i], factor);
    }
}
