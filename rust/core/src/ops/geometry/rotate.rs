//! The matrices of `PIL.Image.rotate` and of torchvision's `affine` on PIL images.

#![allow(clippy::many_single_char_names, reason = "Pillow's names of the six coefficients, and coordinates")]

use super::affine::Matrix;

/// What `PIL.Image.rotate` comes down to for an angle and a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ops) enum Rotation {
    /// So many quarter turns counter-clockwise (0 to 3), which move pixels and change none.
    Turns(usize),
    /// An affine transform to an image of this size.
    Affine {
        /// From output to input.
        matrix: Matrix,
        /// Rows of the output.
        height: usize,
        /// Columns of the output.
        width: usize,
    },
}

/// `PIL.Image.rotate(angle, expand=…, center=…)` of an image of `height` × `width`: `angle` in degrees
/// counter-clockwise, `center` as (x, y) in pixels from the upper left corner (`None` is the middle). With `expand` the
/// output holds all of the rotated image.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an image of finite size")]
#[allow(clippy::float_cmp, reason = "exact angles are special")]
pub(in crate::ops) fn rotation(
    height: usize,
    width: usize,
    angle: f64,
    expand: bool,
    center: Option<[f64; 2]>,
) -> Rotation {
    let angle = angle.rem_euclid(360.0);
    if center.is_none() {
        if angle == 0.0 {
            return Rotation::Turns(0);
        }
        if angle == 180.0 {
            return Rotation::Turns(2);
        }
        if (angle == 90.0 || angle == 270.0) && (expand || width == height) {
            return Rotation::Turns(if angle == 90.0 { 1 } else { 3 });
        }
    }
    let (w, h) = (width as f64, height as f64);
    let [center_x, center_y] = center.unwrap_or([w / 2.0, h / 2.0]);
    let (sin, cos) = {
        let angle = -angle.to_radians();
        (angle.sin(), angle.cos())
    };
    let (sin, cos) = (round_to_15_decimals(sin), round_to_15_decimals(cos));
    let mut matrix = [cos, sin, 0.0, -sin, cos, 0.0];
    let [x, y] = apply(&matrix, -center_x, -center_y);
    matrix[2] = x + center_x;
    matrix[5] = y + center_y;
    if !expand {
        return Rotation::Affine { matrix, height, width };
    }
    let corners = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]].map(|[x, y]| apply(&matrix, x, y));
    let [new_width, new_height] = [0, 1].map(|axis| {
        let along = corners.map(|corner| corner[axis]);
        let (least, most) = (along.into_iter().reduce(f64::min), along.into_iter().reduce(f64::max));
        most.unwrap_or(0.0).ceil() - least.unwrap_or(0.0).floor()
    });
    let [x, y] = apply(&matrix, -(new_width - w) / 2.0, -(new_height - h) / 2.0);
    matrix[2] = x;
    matrix[5] = y;
    Rotation::Affine { matrix, height: new_height as usize, width: new_width as usize }
}

fn apply([a, b, c, d, e, f]: &Matrix, x: f64, y: f64) -> [f64; 2] {
    [a * x + b * y + c, d * x + e * y + f]
}

/// Python's `round(value, 15)` of a value in -1…1: the closest number of 15 decimals, ties to even, and the `f64`
/// closest to that.
fn round_to_15_decimals(value: f64) -> f64 {
    const SCALE: f64 = 1e15;
    let product = value * SCALE;
    // What the multiplication rounded away, exactly.
    let rest = value.mul_add(SCALE, -product);
    let below = product.floor();
    // Below 2^50 both differences are exact, and the sign of a rounded sum is that of the sum.
    let beyond_half = (product - below - 0.5) + rest;
    let is_odd = below % 2.0 != 0.0;
    let whole = if beyond_half > 0.0 || (beyond_half == 0.0 && is_odd) { below + 1.0 } else { below };
    (whole / SCALE).copysign(value)
}

/// The parameters of torchvision's `affine`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ops) struct AffineParameters {
    /// In degrees, clockwise.
    pub angle: f64,
    /// By how many pixels to the right and down.
    pub translate: [f64; 2],
    /// By what factor, above 0.
    pub scale: f64,
    /// Along x and along y, in degrees.
    pub shear: [f64; 2],
    /// (x, y) in pixels from the upper left corner; the middle is (width / 2, height / 2).
    pub center: [f64; 2],
}

/// torchvision's `_get_inverse_affine_matrix`: what its `affine` hands to Pillow.
#[must_use]
pub(in crate::ops) fn inverse_affine_matrix(parameters: &AffineParameters) -> Matrix {
    let AffineParameters { angle, translate: [tx, ty], scale, shear, center: [cx, cy] } = *parameters;
    let rot = angle.to_radians();
    let [sx, sy] = shear.map(f64::to_radians);
    // Rotation · shear along y · shear along x; its determinant is 1.
    let a = (rot - sy).cos() / sy.cos();
    let b = -(rot - sy).cos() * sx.tan() / sy.cos() - rot.sin();
    let c = (rot - sy).sin() / sy.cos();
    let d = -(rot - sy).sin() * sx.tan() / sy.cos() + rot.cos();
    let mut matrix = [d, -b, 0.0, -c, a, 0.0].map(|value| value / scale);
    matrix[2] += matrix[0] * (-cx - tx) + matrix[1] * (-cy - ty);
    matrix[5] += matrix[3] * (-cx - tx) + matrix[4] * (-cy - ty);
    matrix[2] += cx;
    matrix[5] += cy;
    matrix
}
