//! Pillow's `bilinear_filter*` and `bicubic_filter*` of `Geometry.c`: `f64` throughout, in Pillow's order of operations,
//! and truncated, not rounded, at the end.

#![allow(clippy::many_single_char_names, reason = "Pillow's names of the six coefficients, and coordinates")]

use super::affine::{Matrix, Source};

/// A position inside the image: the pixel to the upper left of it (from -1), and how far it is beyond that in 0…1.
struct Position {
    x: isize,
    y: isize,
    dx: f64,
    dy: f64,
}

impl<const C: usize> Source<'_, C> {
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
    fn position(&self, x: f64, y: f64) -> Option<Position> {
        // NaN is not inside.
        let is_inside = x >= 0.0 && x < self.width as f64 && y >= 0.0 && y < self.height as f64;
        is_inside.then(|| {
            let ((x, dx), (y, dy)) = (split(x - 0.5), split(y - 0.5));
            Position { x, y, dx, dy }
        })
    }

    /// The index of row `y`, or of the nearest one.
    #[allow(clippy::cast_sign_loss, reason = "clamped at 0")]
    fn row(&self, y: isize) -> usize {
        (y.max(0) as usize).min(self.height - 1) * self.width
    }

    /// Column `x`, or the nearest one.
    #[allow(clippy::cast_sign_loss, reason = "clamped at 0")]
    fn column(&self, x: isize) -> usize {
        (x.max(0) as usize).min(self.width - 1)
    }
}

/// The whole number below a value of at least -0.5, and what is left.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "positions in an image")]
fn split(value: f64) -> (isize, f64) {
    let whole = if value < 0.0 { -1 } else { value as i32 };
    (whole as isize, value - f64::from(whole))
}

/// Calls `pixel_at` with the position of each pixel of the output; what it returns is written.
#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn for_each_pixel<const C: usize>(
    matrix: &Matrix,
    out: &mut [[u8; C]],
    width: usize,
    pixel_at: impl Fn(f64, f64) -> [u8; C],
) {
    let [a, b, c, d, e, f] = *matrix;
    for (y, row) in out.chunks_exact_mut(width).enumerate() {
        let y = y as f64 + 0.5;
        let (of_y_in_x, of_y_in_y) = (b * y, e * y);
        for (x, pixel) in row.iter_mut().enumerate() {
            let x = x as f64 + 0.5;
            *pixel = pixel_at(a * x + of_y_in_x + c, d * x + of_y_in_y + f);
        }
    }
}

pub(super) fn bilinear<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    for_each_pixel(matrix, out, width, |x, y| {
        let Some(Position { x, y, dx, dy }) = source.position(x, y) else { return fill };
        let (upper, lower) = (source.row(y), source.row(y + 1));
        let (left, right) = (source.column(x), source.column(x + 1));
        let corners = [upper + left, upper + right, lower + left, lower + right].map(|index| source.pixels[index]);
        std::array::from_fn(|channel| {
            let [upper_left, upper_right, lower_left, lower_right] = corners.map(|corner| f64::from(corner[channel]));
            let upper = upper_left + (upper_right - upper_left) * dx;
            let lower = lower_left + (lower_right - lower_left) * dx;
            truncate(upper + (lower - upper) * dy)
        })
    });
}

pub(super) fn bicubic<const C: usize>(
    source: &Source<'_, C>,
    matrix: &Matrix,
    fill: [u8; C],
    out: &mut [[u8; C]],
    width: usize,
) {
    for_each_pixel(matrix, out, width, |x, y| {
        let Some(Position { x, y, dx, dy }) = source.position(x, y) else { return fill };
        let columns = [x - 1, x, x + 1, x + 2].map(|x| source.column(x));
        let rows = [y - 1, y, y + 1, y + 2].map(|y| source.row(y));
        std::array::from_fn(|channel| {
            let along_rows =
                rows.map(|row| cubic(columns.map(|column| f64::from(source.pixels[row + column][channel])), dx));
            truncate(cubic(along_rows, dy))
        })
    });
}

/// Pillow's `BICUBIC`: the value at `d` between the second and the third of four.
fn cubic([v1, v2, v3, v4]: [f64; 4], d: f64) -> f64 {
    let p2 = -v1 + v3;
    let p3 = 2.0 * (v1 - v2) + v3 - v4;
    let p4 = -v1 + v2 - v3 + v4;
    v2 + d * (p2 + d * (p3 + d * p4))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "truncation that saturates is meant")]
fn truncate(value: f64) -> u8 {
    value as u8
}
