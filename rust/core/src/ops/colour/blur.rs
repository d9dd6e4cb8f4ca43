//! torchvision's `gaussian_blur` on `uint8`: `float32` weights, the image mirrored at its border, rounded to even.

#![allow(clippy::inline_always, reason = "compiled once per back-end")]

use crate::ops::image::{Image, ImageMut};
use crate::ops::versions::simd;
use crate::ops::whole;

/// torchvision's `_get_gaussian_kernel1d`: fills `weights`, of odd length, with a bell of this standard deviation in
/// pixels (above 0), in `float32`. They add up to 1.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "kernels are short; float32 is meant")]
pub(in crate::ops) fn weights(sigma: f64, weights: &mut [f32]) {
    let half = (weights.len() as f32 - 1.0) * 0.5;
    for (i, weight) in weights.iter_mut().enumerate() {
        let x = (i as f32 - half) / sigma as f32;
        *weight = (-0.5 * (x * x)).exp();
    }
    let sum: f32 = weights.iter().sum();
    for weight in weights {
        *weight /= sum;
    }
}

/// Floats of scratch that [`gaussian_blur`] needs for an image.
#[must_use]
pub(in crate::ops) fn scratch_len(image: Image<'_>, kernel_width: usize) -> usize {
    let row = image.width * image.channels;
    // One row with its mirrored ends, and as many blurred rows as the image has.
    row + (kernel_width - 1) * image.channels + image.height * row
}

/// Blurs `image` with the outer product of `along_y` and `along_x`, both of odd length. torchvision convolves with that
/// product at once, in an order that its library chooses; here rows come first and columns second, so a value that lies
/// within some 1e-4 of a half may be rounded the other way (±1).
///
/// # Panics
/// If the sizes of the images or of `scratch` do not fit, or a length is even, or half of it is not below the image's
/// (there would be nothing to mirror).
pub(in crate::ops) fn gaussian_blur(
    image: Image<'_>,
    along_x: &[f32],
    along_y: &[f32],
    scratch: &mut [f32],
    out: &mut ImageMut<'_>,
) {
    let Image { height, width, channels, .. } = image;
    assert_eq!([height, width, channels], [out.height, out.width, out.channels], "axes");
    assert!(along_x.len() % 2 == 1 && along_y.len() % 2 == 1, "kernels of odd length");
    let (half_x, half_y) = (along_x.len() / 2, along_y.len() / 2);
    assert!(half_x < width && half_y < height, "kernels less than twice as long as the image");
    convolve(simd(), image, along_x, along_y, scratch, out.pixels);
}

versions!(pub(super) convolve(
    image: Image<'_>, along_x: &[f32], along_y: &[f32], scratch: &mut [f32], out: &mut [u8],
) = convolve_body);

#[inline(always)]
fn convolve_body(image: Image<'_>, along_x: &[f32], along_y: &[f32], scratch: &mut [f32], out: &mut [u8]) {
    let Image { pixels, height, width, channels } = image;
    let (half_x, half_y) = (along_x.len() / 2, along_y.len() / 2);
    let row_len = width * channels;
    let (padded, blurred) = scratch.split_at_mut(row_len + 2 * half_x * channels);
    for (row, blurred) in pixels.chunks_exact(row_len).zip(blurred.chunks_exact_mut(row_len)) {
        let middle = &mut padded[half_x * channels..][..row_len];
        middle.iter_mut().zip(row).for_each(|(to, &from)| *to = f32::from(from));
        for x in 1..=half_x {
            for channel in 0..channels {
                padded[(half_x - x) * channels + channel] = f32::from(row[x * channels + channel]);
                padded[(half_x + width - 1 + x) * channels + channel] =
                    f32::from(row[(width - 1 - x) * channels + channel]);
            }
        }
        blurred.fill(0.0);
        for (x, &weight) in along_x.iter().enumerate() {
            add(blurred, &padded[x * channels..][..row_len], weight);
        }
    }
    // The row above its use is dead by now: sums of columns go there.
    let sums = &mut padded[..row_len];
    for (y, out) in out.chunks_exact_mut(row_len).enumerate() {
        sums.fill(0.0);
        for (i, &weight) in along_y.iter().enumerate() {
            let y = mirrored(y + i, half_y, height);
            add(sums, &blurred[y * row_len..][..row_len], weight);
        }
        out.iter_mut().zip(&*sums).for_each(|(to, &sum)| *to = whole::rounded(sum));
    }
}

/// The row `position` - `half`, mirrored at the centres of the first and the last row.
#[inline(always)]
fn mirrored(position: usize, half: usize, len: usize) -> usize {
    let row = position.abs_diff(half);
    row.min(2 * (len - 1) - row.min(2 * (len - 1)))
}

#[inline(always)]
fn add(sums: &mut [f32], values: &[f32], weight: f32) {
    sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value * weight);
}
