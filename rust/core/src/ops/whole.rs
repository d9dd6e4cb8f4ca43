//! Whole numbers out of floating-point ones, in a way that vectorises: Rust's own conversions saturate, lane by lane.
//!
//! Where floating-point numbers are 1 apart, adding one rounds to a whole number and leaves it in the low bits.

#![allow(clippy::inline_always, reason = "part of kernels that are compiled once per back-end")]

/// The whole number below a value in ±2^31, as `f64` and as `i32`. Other values give any number.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are the number")]
pub(super) fn floor(value: f64) -> (f64, i32) {
    // In 2^52…2^53, where negative numbers stay too.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let rounded = (value + SHIFT) - SHIFT;
    let floor = if rounded > value { rounded - 1.0 } else { rounded };
    (floor, (floor + SHIFT).to_bits() as i32)
}

/// A value without its fraction, or the nearest end of 0…255.
#[inline(always)]
pub(super) fn byte(value: f64) -> u8 {
    floor(value.clamp(0.0, 255.0)).1.to_le_bytes()[0]
}

/// As [`byte`], of an `f32`.
#[inline(always)]
pub(super) fn byte_of_f32(value: f32) -> u8 {
    // In 2^23…2^24.
    const SHIFT: f32 = 8_388_608.0;
    let value = value.clamp(0.0, 255.0);
    let rounded = (value + SHIFT) - SHIFT;
    let floor = if rounded > value { rounded - 1.0 } else { rounded };
    (floor + SHIFT).to_bits().to_le_bytes()[0]
}

/// A value in 0…255 rounded to a whole number, ties to even.
#[inline(always)]
pub(super) fn rounded(value: f32) -> u8 {
    // In 2^23…2^24.
    const SHIFT: f32 = 8_388_608.0;
    (value.clamp(0.0, 255.0) + SHIFT).to_bits().to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "whole numbers are exact")]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversions to be matched")]
    fn floors_like_the_standard_library() {
        for whole in [-3, -1, 0, 1, 2, 127, 254, 255, 256, 1 << 30] {
            for beside in [-0.5, -1e-9, 0.0, 1e-9, 0.25, 0.5, 0.75] {
                let value = f64::from(whole) + beside;
                let expected = value.floor();
                assert_eq!(floor(value), (expected, expected as i32), "{value}");
                assert_eq!(byte(value), value as u8, "{value}");
                assert_eq!(byte_of_f32(value as f32), value as f32 as u8, "{value}");
            }
        }
        assert_eq!([0.5, 1.5, 2.4, 254.6, 255.4, -0.2].map(rounded), [0, 2, 2, 255, 255, 0]);
        assert_eq!(floor(-1e-300), (-1.0, -1));
        assert_eq!([byte(-1e300), byte(1e300), byte_of_f32(-1e30), byte_of_f32(1e30)], [0, 255, 0, 255]);
    }
}
