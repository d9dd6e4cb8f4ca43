//! Pillow's `bilinear_filter*` and `bicubic_filter*` of `Geometry.c`: `f64` throughout, in Pillow's order of operations,
//! and truncated, not rounded, at the end.
//!
//! Positions are worked out for some columns of a row at once, then the pixels around them are collected, and then
//! all columns are interpolated: loops over arrays of fixed length, which compilers vectorise.

#![allow(clippy::many_single_char_names, reason = "Pillow's names of the six coefficients, and coordinates")]
#![allow(clippy::inline_always, reason = "compiled once per back-end")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "sizes are below 2^30")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positions inside an image, and bytes")]

use super::affine::{Matrix, Source};
use crate::ops::whole;

/// Columns whose positions are worked out together, on the stack.
const COLUMNS: usize = 32;

/// Positions of some columns of a row of the output.
struct Positions {
    is_inside: [bool; COLUMNS],
    /// The pixel to the upper left: -1 and more; anything if not inside.
    x: [i32; COLUMNS],
    y: [i32; COLUMNS],
    /// How far the position is beyond that, in 0…1.
    dx: [f64; COLUMNS],
    dy: [f64; COLUMNS],
}

impl Positions {
    /// Those of columns from `first` on, in row `y`.
    #[inline(always)]
    #[allow(clippy::needless_bitwise_bool, reason = "no branches")]
    fn new<const C: usize>(source: &Source<'_, C>, matrix: &Matrix, first: usize, y: usize) -> Self {
        let [a, b, c, d, e, f] = *matrix;
        let (width, height) = (source.width as f64, source.height as f64);
        let y = y as f64 + 0.5;
        let (of_y_in_x, of_y_in_y) = (b * y, e * y);
        let mut positions = Self {
            is_inside: [false; COLUMNS],
            x: [0; COLUMNS],
            y: [0; COLUMNS],
            dx: [0.0; COLUMNS],
            dy: [0.0; COLUMNS],
        };
        for i in 0..COLUMNS {
            let x = f64::from((first + i) as i32) + 0.5;
            let (x, y) = (a * x + of_y_in_x + c, d * x + of_y_in_y + f);
            // NaN is not inside.
            positions.is_inside[i] = (x >= 0.0) & (x < width) & (y >= 0.0) & (y < height);
            (positions.x[i], positions.dx[i]) = split(x - 0.5);
            (positions.y[i], positions.dy[i]) = split(y - 0.5);
        }
        positions
    }
}

/// The whole number below a value, and what is left.
#[inline(always)]
fn split(value: f64) -> (i32, f64) {
    let (below, bits) = whole::floor(value);
    (bits, value - below)
}

impl<const C: usize> Source<'_, C> {
    /// A pixel, its first channel in the lowest byte.
    #[inline(always)]
    fn packed(&self, index: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes[..C].copy_from_slice(&self.pixels[index]);
        u32::from_le_bytes(bytes)
    }
}

/// Interpolates at every position inside: `N` × `N` pixels around it, `neighbours` away from the one to the upper left,
/// and the `mean` of their values along rows, then of those means along the column.
#[inline(always)]
fn interpolate<const C: usize, const N: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    (out, width): (&mut [[u8; C]], usize),
    neighbours: [i32; N],
    mean: impl Fn([f64; N], f64) -> f64,
) {
    let (last_row, last_column) = (source.height as i32 - 1, source.width as i32 - 1);
    for (y, row) in out.chunks_exact_mut(width).enumerate() {
        for (chunk, row) in row.chunks_mut(COLUMNS).enumerate() {
            let positions = Positions::new(source, matrix, chunk * COLUMNS, y);
            let Positions { is_inside, x, y, dx, dy } = &positions;
            if !is_inside.contains(&true) {
                row.fill(fill);
                continue;
            }
            // Beyond the image, its nearest pixels are meant.
            let (mut starts_of_rows, mut columns) = ([[0; COLUMNS]; N], [[0; COLUMNS]; N]);
            for (neighbour, by) in neighbours.into_iter().enumerate() {
                for i in 0..COLUMNS {
                    starts_of_rows[neighbour][i] = y[i].saturating_add(by).clamp(0, last_row) * (last_column + 1);
                    columns[neighbour][i] = x[i].saturating_add(by).clamp(0, last_column);
                }
            }
            let mut pixels = [[[0; COLUMNS]; N]; N];
            for (pixels, row) in pixels.iter_mut().zip(&starts_of_rows) {
                for (pixels, column) in pixels.iter_mut().zip(&columns) {
                    for i in 0..COLUMNS {
                        pixels[i] = source.packed((row[i] + column[i]) as usize);
                    }
                }
            }
            let mut means = [0; COLUMNS];
            for channel in 0..C {
                let mut along_rows = [[0.0; COLUMNS]; N];
                for (along_row, row) in along_rows.iter_mut().zip(&pixels) {
                    for i in 0..COLUMNS {
                        let mut values = [0.0; N];
                        for (value, pixels) in values.iter_mut().zip(row) {
                            *value = f64::from((pixels[i] >> (8 * channel) & 255) as i32);
                        }
                        along_row[i] = mean(values, dx[i]);
                    }
                }
                for i in 0..COLUMNS {
                    let mut values = [0.0; N];
                    for (value, along_row) in values.iter_mut().zip(&along_rows) {
                        *value = along_row[i];
                    }
                    means[i] |= u32::from(whole::byte(mean(values, dy[i]))) << (8 * channel);
                }
            }
            for (i, pixel) in row.iter_mut().enumerate() {
                let mean = means[i].to_le_bytes();
                *pixel = if is_inside[i] { std::array::from_fn(|channel| mean[channel]) } else { fill };
            }
        }
    }
}

versions!(pub(super) bilinear<const C: usize>(
    source: &Source<'_, C>, matrix: &Matrix, fill: [u8; C], out: &mut [[u8; C]], width: usize,
) = bilinear_body);

#[inline(always)]
fn bilinear_body<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    interpolate(source, matrix, fill, (out, width), [0, 1], linear);
}

versions!(pub(super) bicubic<const C: usize>(
    source: &Source<'_, C>, matrix: &Matrix, fill: [u8; C], out: &mut [[u8; C]], width: usize,
) = bicubic_body);

#[inline(always)]
fn bicubic_body<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    interpolate(source, matrix, fill, (out, width), [-1, 0, 1, 2], cubic);
}

/// Pillow's `BILINEAR`.
#[inline(always)]
fn linear([a, b]: [f64; 2], d: f64) -> f64 {
    a + (b - a) * d
}

/// Pillow's `BICUBIC`: the value at `d` between the second and the third of four.
#[inline(always)]
fn cubic([v1, v2, v3, v4]: [f64; 4], d: f64) -> f64 {
    let p2 = -v1 + v3;
    let p3 = 2.0 * (v1 - v2) + v3 - v4;
    let p4 = -v1 + v2 - v3 + v4;
    v2 + d * (p2 + d * (p3 + d * p4))
}
