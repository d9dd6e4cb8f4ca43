//! `PIL.Image.transform(size, AFFINE, matrix, resample, fillcolor)`: Pillow's `Geometry.c`, 8 bits per channel.
//!
//! Nearest has three ways there, and they round differently: a pure scaling adds up positions in `f64`, anything else
//! in 16.16 fixed point, and in `f64` again where the corners do not fit into that. Each is repeated here in its order
//! of operations; bilinear and bicubic are in `interpolate`.

#![allow(clippy::many_single_char_names, reason = "Pillow's names of the six coefficients, and coordinates")]

use super::interpolate;
use crate::ops::image::{Image, ImageMut};
use crate::ops::simd::Simd;
use crate::ops::versions::simd;

/// `[a, b, c, d, e, f]`: the output pixel (x, y) shows the input at (a·x + b·y + c, d·x + e·y + f), all of them positions
/// of pixel centres, in pixels from the upper left corner.
pub(in crate::ops) type Matrix = [f64; 6];

/// What a position between pixels shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Interpolation {
    /// The pixel it lies in.
    Nearest,
    /// A mean of 2 × 2 pixels.
    Bilinear,
    /// A cubic through 4 × 4 pixels.
    Bicubic,
}

/// Writes the transform of `image` to `out`, of any size and as many channels; positions outside `image` become `fill`
/// (one value per channel).
///
/// # Panics
/// If the two differ in channels, have another number than 1 or 3, or `pixels` is no whole image.
pub(in crate::ops) fn affine(
    image: Image<'_>,
    matrix: &Matrix,
    interpolation: Interpolation,
    fill: [u8; 3],
    out: &mut ImageMut<'_>,
) {
    affine_with(simd(), image, matrix, interpolation, fill, out);
}

/// [`affine`] by one back-end.
pub(super) fn affine_with(
    simd: Simd,
    image: Image<'_>,
    matrix: &Matrix,
    interpolation: Interpolation,
    fill: [u8; 3],
    out: &mut ImageMut<'_>,
) {
    assert_eq!(image.channels, out.channels, "channels of input and output");
    match image.channels {
        1 => affine_of(simd, [fill[0]], image, matrix, interpolation, out),
        3 => affine_of(simd, fill, image, matrix, interpolation, out),
        other => panic!("{other} channels; allowed: 1 or 3"),
    }
}

fn affine_of<const C: usize>(
    simd: Simd,
    fill: [u8; C],
    image: Image<'_>,
    matrix: &Matrix,
    interpolation: Interpolation,
    out: &mut ImageMut<'_>,
) {
    let (pixels, _) = image.pixels.as_chunks::<C>();
    let (out_pixels, _) = out.pixels.as_chunks_mut::<C>();
    assert_eq!(pixels.len(), image.height * image.width, "pixels of the input");
    assert!(u32::try_from(pixels.len()).is_ok_and(|len| len < u32::MAX / 4), "an image of less than 2^30 pixels");
    assert_eq!(out_pixels.len(), out.height * out.width, "pixels of the output");
    if out_pixels.is_empty() {
        return;
    }
    let source = Source { pixels, height: image.height, width: image.width };
    match interpolation {
        Interpolation::Nearest if matrix[1] == 0.0 && matrix[3] == 0.0 => {
            out_pixels.fill(fill);
            scale(&source, matrix, out_pixels, out.width);
        }
        Interpolation::Nearest if fits_fixed_point(matrix, out.height, out.width) => {
            fixed_point(simd, &source, matrix, fill, out_pixels, out.width);
        }
        Interpolation::Nearest => floating_point(&source, matrix, fill, out_pixels, out.width),
        Interpolation::Bilinear => interpolate::bilinear(simd, &source, matrix, fill, out_pixels, out.width),
        Interpolation::Bicubic => interpolate::bicubic(simd, &source, matrix, fill, out_pixels, out.width),
    }
}

/// The image that is looked at.
#[derive(Debug)]
pub(super) struct Source<'a, const C: usize> {
    pub(super) pixels: &'a [[u8; C]],
    pub(super) height: usize,
    pub(super) width: usize,
}

/// The pixel that a position lies in, if it is in `0..size`. Written so that a NaN is in none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "in 0..size")]
fn whole(position: f64, size: usize) -> Option<usize> {
    (position >= 0.0 && position < size as f64).then_some(position as usize)
}

/// Columns whose positions are worked out together, on the stack.
const COLUMNS: usize = 32;

/// Pillow's `ImagingScaleAffine`: no rotation, so a column of the output shows one column of the input. `out` holds the
/// fill already.
fn scale<const C: usize>(source: &Source<'_, C>, matrix: &Matrix, out: &mut [[u8; C]], width: usize) {
    let mut x_position = matrix[2] + matrix[0] * 0.5;
    for first in (0..width).step_by(COLUMNS) {
        let mut columns = [0; COLUMNS];
        let mut known = 0..0;
        for (x, column) in columns.iter_mut().enumerate().take(width - first) {
            if let Some(position) = whole(x_position, source.width) {
                *column = position;
                if known.is_empty() {
                    known.start = x;
                }
                known.end = x + 1;
            }
            x_position += matrix[0];
        }
        // Positions move one way only, so those inside the image have no gap.
        let columns = &columns[known.clone()];
        let Some(&start) = columns.first() else { continue };
        let is_a_run = columns.iter().enumerate().all(|(x, &column)| column == start + x);
        let mut y_position = matrix[5] + matrix[4] * 0.5;
        for row in out.chunks_exact_mut(width) {
            if let Some(y) = whole(y_position, source.height) {
                let from = &source.pixels[y * source.width..][..source.width];
                let row = &mut row[first..][known.clone()];
                if is_a_run {
                    row.copy_from_slice(&from[start..start + columns.len()]);
                } else {
                    for (pixel, &column) in row.iter_mut().zip(columns) {
                        *pixel = from[column];
                    }
                }
            }
            y_position += matrix[4];
        }
    }
}

/// Pillow's `check_fixed` at the four corners of the output.
#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn fits_fixed_point(matrix: &Matrix, height: usize, width: usize) -> bool {
    let [a, b, c, d, e, f] = matrix;
    [(0, 0), (width, height), (0, height), (width, 0)].into_iter().all(|(x, y)| {
        let (x, y) = (x as f64, y as f64);
        (x * a + y * b + c).abs() < 32768.0 && (x * d + y * e + f).abs() < 32768.0
    })
}

/// A position in 16.16 fixed point, rounded as Pillow does.
#[allow(clippy::cast_possible_truncation, reason = "the corners fit, so what is used does")]
fn fixed(value: f64) -> i32 {
    (value * 65536.0 + 0.5).floor() as i32
}

versions!(fixed_point<const C: usize>(
    source: &Source<'_, C>, matrix: &Matrix, fill: [u8; C], out: &mut [[u8; C]], width: usize,
) = fixed_point_body);

/// Pillow's `affine_fixed`. Where to look is worked out for many columns at once, then looked up.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once per back-end")]
#[allow(clippy::needless_bitwise_bool, reason = "no branches")]
#[allow(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "negative is outside"
)]
fn fixed_point_body<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    let [a, b, c, d, e, f] = *matrix;
    let (x_step, y_step) = (fixed(a), fixed(d));
    let (x_next, y_next) = (fixed(b), fixed(e));
    let (source_height, source_width) = (source.height as u32, source.width as u32);
    let mut row_x = fixed(c + a * 0.5 + b * 0.5);
    let mut row_y = fixed(f + d * 0.5 + e * 0.5);
    for row in out.chunks_exact_mut(width) {
        for (i, row) in row.chunks_mut(COLUMNS).enumerate() {
            let first = (i * COLUMNS) as i32;
            let mut indices = [0; COLUMNS];
            for (i, index) in (0..).zip(&mut indices) {
                let x = (row_x.wrapping_add(x_step.wrapping_mul(first + i)) >> 16) as u32;
                let y = (row_y.wrapping_add(y_step.wrapping_mul(first + i)) >> 16) as u32;
                let is_inside = (x < source_width) & (y < source_height);
                let inside = y.wrapping_mul(source_width).wrapping_add(x);
                *index = if is_inside { inside } else { u32::MAX };
            }
            for (pixel, &index) in row.iter_mut().zip(&indices) {
                *pixel = source.pixels.get(index as usize).copied().unwrap_or(fill);
            }
        }
        row_x = row_x.wrapping_add(x_next);
        row_y = row_y.wrapping_add(y_next);
    }
}

/// The rest of Pillow's `ImagingTransformAffine`: coordinates beyond ±32768.
fn floating_point<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    let [a, b, c, d, e, f] = *matrix;
    let mut row_x = c + b * 0.5 + a * 0.5;
    let mut row_y = f + e * 0.5 + d * 0.5;
    for row in out.chunks_exact_mut(width) {
        let (mut x, mut y) = (row_x, row_y);
        for pixel in row {
            *pixel = match (whole(x, source.width), whole(y, source.height)) {
                (Some(x), Some(y)) => source.pixels[y * source.width + x],
                _ => fill,
            };
            x += a;
            y += d;
        }
        row_x += b;
        row_y += e;
    }
}
