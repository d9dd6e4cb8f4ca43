//! RGB to grey and back: `convert("L")` and `convert("RGB")` of Pillow's `Convert.c`.

#![allow(clippy::inline_always, reason = "compiled once per back-end")]

use crate::ops::versions::simd;

/// Luma of ITU-R 601-2 in Pillow's 16-bit fixed point, rounded.
#[allow(clippy::cast_possible_truncation, reason = "the weights add up to 2^16")]
#[inline(always)]
pub(super) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471 + 0x8000) >> 16) as u8
}

/// `convert("L")` of RGB pixels.
pub(in crate::ops) fn from_rgb(pixels: &[u8], out: &mut [u8]) {
    from_rgb_version(simd(), pixels, out);
}

versions!(pub(super) from_rgb_version(pixels: &[u8], out: &mut [u8]) = from_rgb_body);

#[inline(always)]
fn from_rgb_body(pixels: &[u8], out: &mut [u8]) {
    for (grey, &pixel) in out.iter_mut().zip(pixels.as_chunks::<3>().0) {
        *grey = luma(pixel);
    }
}

/// `convert("RGB")` of grey pixels.
pub(in crate::ops) fn to_rgb(pixels: &[u8], out: &mut [u8]) {
    for (out, &grey) in out.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        *out = [grey; 3];
    }
}

/// Greys of RGB pixels, three times each, in place: torchvision's `to_grayscale(image, 3)`.
pub(in crate::ops) fn repeat_in_place(pixels: &mut [u8]) {
    repeat_version(simd(), pixels);
}

versions!(pub(super) repeat_version(pixels: &mut [u8]) = repeat_body);

#[inline(always)]
fn repeat_body(pixels: &mut [u8]) {
    for pixel in pixels.as_chunks_mut::<3>().0 {
        *pixel = [luma(*pixel); 3];
    }
}

/// The sum of an image's greys.
pub(super) fn sum(pixels: &[u8], channels: usize) -> u64 {
    sum_version(simd(), pixels, channels)
}

versions!(pub(super) sum_version(pixels: &[u8], channels: usize) -> u64 = sum_body);

#[inline(always)]
fn sum_body(pixels: &[u8], channels: usize) -> u64 {
    // A block's sum fits 32 bits, which vectorise better.
    if channels == 3 {
        let blocks = pixels.as_chunks::<3>().0.chunks(1 << 16);
        blocks.map(|block| u64::from(block.iter().map(|&pixel| u32::from(luma(pixel))).sum::<u32>())).sum()
    } else {
        pixels.chunks(1 << 16).map(|block| u64::from(block.iter().map(|&value| u32::from(value)).sum::<u32>())).sum()
    }
}
