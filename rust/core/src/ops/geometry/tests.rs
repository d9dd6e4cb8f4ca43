//! Against values computed with Pillow 13.0.0, torchvision 0.29.2, torch 2.15.0 and NumPy 2.4.6, and by property.

use proptest::prelude::*;

use super::affine::{Interpolation, Matrix, affine, affine_with};
use super::rotate::{AffineParameters, Rotation, inverse_affine_matrix, rotation};
use super::volume;
use crate::ops::image::{Image, ImageMut};
use crate::ops::simd::Simd;

const NEAREST: Interpolation = Interpolation::Nearest;
const BILINEAR: Interpolation = Interpolation::Bilinear;
const BICUBIC: Interpolation = Interpolation::Bicubic;

/// `(60·y + 37·x + 83·channel) mod 256`, 4 rows of 5 pixels.
fn pattern(channels: usize) -> Vec<u8> {
    let pixels = (0..4).flat_map(|y| (0..5).map(move |x| 60 * y + 37 * x));
    pixels.flat_map(|pixel| (0..channels).map(move |channel| ((pixel + 83 * channel) % 256).to_le_bytes()[0])).collect()
}

fn image(pixels: &[u8], height: usize, width: usize) -> Image<'_> {
    Image { pixels, height, width, channels: pixels.len() / (height * width) }
}

fn transformed(
    image: Image<'_>,
    matrix: &Matrix,
    interpolation: Interpolation,
    fill: [u8; 3],
    (height, width): (usize, usize),
) -> Vec<u8> {
    let mut pixels = vec![0; height * width * image.channels];
    affine(
        image,
        matrix,
        interpolation,
        fill,
        &mut ImageMut { pixels: &mut pixels, height, width, channels: image.channels },
    );
    pixels
}

fn rotated(image: Image<'_>, angle: f64, expand: bool, interpolation: Interpolation, fill: [u8; 3]) -> Vec<u8> {
    let Rotation::Affine { matrix, height, width } = rotation(image.height, image.width, angle, expand, None) else {
        panic!("no quarter turn");
    };
    transformed(image, &matrix, interpolation, fill, (height, width))
}

#[test]
fn rotates_as_pillow() {
    let (grey, rgb) = (pattern(1), pattern(3));
    let (grey, rgb) = (image(&grey, 4, 5), image(&rgb, 4, 5));
    for (interpolation, expected) in [
        (NEAREST, [9, 74, 111, 208, 208, 37, 97, 134, 231, 12, 60, 97, 194, 231, 35, 120, 120, 217, 254, 9]),
        (BILINEAR, [9, 69, 113, 175, 168, 23, 85, 147, 192, 19, 56, 118, 180, 174, 57, 107, 152, 214, 228, 9]),
        (BICUBIC, [9, 57, 107, 193, 171, 18, 78, 155, 228, 8, 53, 117, 171, 207, 31, 97, 157, 229, 235, 9]),
    ] {
        assert_eq!(rotated(grey, 30.0, false, interpolation, [9; 3]), expected, "{interpolation:?}");
    }
    for (interpolation, first, last) in [
        (NEAREST, [1, 2, 3, 254, 81, 164, 217, 44, 127], [111, 194, 21, 74, 157, 240, 1, 2, 3]),
        (BILINEAR, [1, 2, 3, 160, 96, 179, 229, 68, 139], [98, 181, 121, 58, 141, 224, 1, 2, 3]),
        (BICUBIC, [1, 2, 3, 151, 111, 189, 255, 68, 140], [97, 186, 121, 48, 131, 255, 1, 2, 3]),
    ] {
        let out = rotated(rgb, 200.0, false, interpolation, [1, 2, 3]);
        assert_eq!((&out[..9], &out[51..]), (&first[..], &last[..]), "{interpolation:?}");
    }
    let expanded = [
        0, 0, 0, 0, 148, 0, 0, 0, 0, 69, 113, 175, 168, 0, 0, 23, 85, 147, 192, 19, 0, 0, 56, 118, 180, 174, 57, 72, 0,
        107, 152, 214, 228, 0, 0, 0, 0, 180, 0, 0, 0, 0,
    ];
    assert_eq!(rotated(grey, 30.0, true, BILINEAR, [0; 3]), expanded);
}

#[test]
fn scales_and_leaves_fixed_point_as_pillow() {
    let grey = pattern(1);
    let grey = image(&grey, 4, 5);
    let scaled = transformed(grey, &[0.7, 0.0, -0.6, 0.0, 1.2, 0.1], NEAREST, [7; 3], (3, 6));
    assert_eq!(scaled, [7, 0, 37, 37, 74, 111, 7, 60, 97, 97, 134, 171, 7, 180, 217, 217, 254, 35]);
    let far = transformed(grey, &[1.0, 1e5, -5e4, 0.25, 0.0, 1.5], NEAREST, [7; 3], (2, 3));
    assert_eq!(far, [60, 97, 194, 7, 7, 7]);
}

#[test]
fn quarter_turns_are_no_transforms() {
    for (angle, expand, height, turns) in
        [(0.0, false, 4, 0), (-360.0, false, 4, 0), (180.0, false, 4, 2), (90.0, true, 4, 1), (-90.0, false, 5, 3)]
    {
        assert_eq!(rotation(height, 5, angle, expand, None), Rotation::Turns(turns), "{angle}");
    }
    assert!(matches!(rotation(4, 5, 90.0, false, None), Rotation::Affine { .. }));
    assert!(matches!(rotation(5, 5, 90.0, false, Some([0.0, 0.0])), Rotation::Affine { .. }));
}

#[test]
#[allow(clippy::float_cmp, reason = "exactness is the point")]
fn the_matrix_of_affine_is_that_of_torchvision() {
    let matrix = inverse_affine_matrix(&AffineParameters {
        angle: 10.0,
        translate: [1.0, -2.0],
        scale: 1.25,
        shear: [5.0, -3.0],
        center: [2.5, 2.0],
    });
    let expected = [
        0.772_080_061_779_344_1,
        0.207_209_199_904_789_64,
        -0.202_280_216_227_704_2,
        -0.180_207_812_018_417_5,
        0.780_565_790_115_309_9,
        2.630_727_342_064_461_5,
    ];
    assert_eq!(matrix, expected);
}

#[test]
fn volumes_are_sampled_as_torch_samples_them() {
    let voxels: Vec<u8> = (0..8).collect();
    let theta = [[0.9, 0.1, 0.0, 0.1], [0.0, 1.0, -0.2, 0.0], [0.1, 0.0, 0.8, 0.0]];
    let mut out = [0.0; 8];
    volume::affine(&voxels, [2; 3], &theta, &mut out, [2; 3]);
    let expected = [0.5, 1.8, 2.16, 2.916, 3.15, 4.32, 5.4, 5.94];
    assert!(out.iter().zip(expected).all(|(out, expected)| (out - expected).abs() < 1e-5), "{out:?}");
}

#[test]
fn nonsense_is_outside() {
    let grey = pattern(1);
    for value in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
        for position in 0..6 {
            let mut matrix = [1.0, 0.5, 0.0, 0.5, 1.0, 0.0];
            matrix[position] = value;
            for interpolation in [NEAREST, BILINEAR, BICUBIC] {
                assert_eq!(transformed(image(&grey, 4, 5), &matrix, interpolation, [7; 3], (3, 2)), [7; 6]);
            }
        }
    }
    for value in [f32::NAN, f32::INFINITY, -1e30, 1e30] {
        let mut out = [1.0; 1];
        volume::affine(&[9u8], [1; 3], &[[1.0, 0.0, 0.0, value]; 3], &mut out, [1; 3]);
        assert!(out[0].abs() < f32::EPSILON);
    }
    assert!(transformed(image(&grey, 4, 5), &[1.0; 6], BILINEAR, [7; 3], (0, 2)).is_empty());
}

#[test]
fn an_empty_image_is_all_fill() {
    let nothing = Image { pixels: &[], height: 0, width: 3, channels: 3 };
    for interpolation in [NEAREST, BILINEAR, BICUBIC] {
        for shear in [0.0, 0.5] {
            let matrix = [1.0, shear, 0.0, 0.0, 1.0, 0.0];
            assert_eq!(transformed(nothing, &matrix, interpolation, [7; 3], (1, 2)), [7; 6]);
        }
    }
    let mut out = [1.0; 2];
    volume::affine::<u8>(&[], [0, 1, 1], &[[1.0; 4]; 3], &mut out, [1, 1, 2]);
    assert!(out.iter().all(|value| value.abs() < f32::EPSILON));
}

fn interpolations() -> impl Strategy<Value = Interpolation> {
    prop_oneof![Just(NEAREST), Just(BILINEAR), Just(BICUBIC)]
}

proptest! {
    #[test]
    fn back_ends_agree(
        (height, width, channels) in (1usize..9, 1usize..80, prop_oneof![Just(1usize), Just(3)]),
        matrix in prop::array::uniform6(-2.0..2.0),
        shift in -40.0..40.0,
        interpolation in interpolations(),
        seed in any::<u8>(),
    ) {
        let pixels: Vec<u8> = (0..height * width * channels).map(|i| (i * i + 7 * i).to_le_bytes()[0] ^ seed).collect();
        let source = Image { pixels: &pixels, height, width, channels };
        let matrix = [matrix[0], matrix[1], matrix[2] + shift, matrix[3], matrix[4], matrix[5] * 3.0];
        let outcome = |simd| {
            let mut out = vec![0; pixels.len()];
            let mut target = ImageMut { pixels: &mut out, height, width, channels };
            affine_with(simd, source, &matrix, interpolation, [1, 2, 3], &mut target);
            out
        };
        let reference = outcome(Simd::Scalar);
        for simd in Simd::available() {
            prop_assert_eq!(&outcome(simd), &reference);
        }
    }

    #[test]
    fn the_identity_changes_nothing(
        (height, width, channels) in (1usize..40, 1usize..40, prop_oneof![Just(1usize), Just(3)]),
        interpolation in interpolations(),
    ) {
        let pixels: Vec<u8> = (0..height * width * channels).map(|i| (i * 31).to_le_bytes()[0]).collect();
        let source = Image { pixels: &pixels, height, width, channels };
        let out = transformed(source, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], interpolation, [0; 3], (height, width));
        prop_assert_eq!(out, pixels);
    }
}
