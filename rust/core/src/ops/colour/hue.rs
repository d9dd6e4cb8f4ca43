//! torchvision's `adjust_hue` on PIL images: to HSV and back through Pillow's `Convert.c`, with 8 bits in between.

#![allow(clippy::inline_always, reason = "compiled once per back-end")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, and float32 where C has it")]

use crate::ops::versions::simd;
use crate::ops::whole;

/// What torchvision adds to the hue, for a factor in -0.5…0.5: `uint8(int32(factor · 255))`.
#[must_use]
pub(in crate::ops) fn shift(factor: f64) -> u8 {
    (factor * 255.0) as i32 as u8
}

/// Pixels that are turned together, on the stack.
const BLOCK: usize = 32;

/// The red, green and blue (or hue, saturation and value) of a block of pixels.
type Planes = [[u8; BLOCK]; 3];

/// Turns the hue of RGB pixels by [`shift`], in place. Even a shift of 0 rounds, as Pillow's way to HSV and back does.
pub(in crate::ops) fn adjust(pixels: &mut [u8], shift: u8) {
    adjust_version(simd(), pixels, shift);
}

versions!(pub(super) adjust_version(pixels: &mut [u8], shift: u8) = adjust_body);

#[inline(always)]
fn adjust_body(pixels: &mut [u8], shift: u8) {
    for pixels in pixels.as_chunks_mut::<3>().0.chunks_mut(BLOCK) {
        let mut planes = [[0; BLOCK]; 3];
        for (i, pixel) in pixels.iter().enumerate() {
            for channel in 0..3 {
                planes[channel][i] = pixel[channel];
            }
        }
        let mut hsv = to_hsv(&planes);
        for hue in &mut hsv[0] {
            *hue = hue.wrapping_add(shift);
        }
        let planes = to_rgb(&hsv);
        for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = [planes[0][i], planes[1][i], planes[2][i]];
        }
    }
}

/// Pillow's `rgb2hsv_row`, which follows Python's `colorsys`, without its branches: loops over arrays of fixed length,
/// which compilers vectorise.
#[inline(always)]
fn to_hsv(rgb: &Planes) -> Planes {
    let mut hsv = [[0; BLOCK]; 3];
    for i in 0..BLOCK {
        let [red, green, blue] = [rgb[0][i], rgb[1][i], rgb[2][i]];
        let max = red.max(green).max(blue);
        let min = red.min(green).min(blue);
        // Grey has no hue and no saturation; dividing by 1 keeps its numbers finite: 0.
        let range = f32::from((max - min).max(1));
        let saturation = f32::from(max - min) / f32::from(max.max(1));
        let [of_red, of_green, of_blue] = [red, green, blue].map(|value| f32::from(max - value) / range);
        // In C, the constants make these f64 before they are rounded to f32 again.
        let after_green = (2.0 + f64::from(of_red) - f64::from(of_blue)) as f32;
        let after_blue = (4.0 + f64::from(of_green) - f64::from(of_red)) as f32;
        let sixths = if green == max { after_green } else { after_blue };
        let sixths = if red == max { of_blue - of_green } else { sixths };
        // At least 5/6, below 2: `fmod` by 1 is one subtraction, and exact.
        let turns = f64::from(sixths) / 6.0 + 1.0;
        let hue = (if turns >= 1.0 { turns - 1.0 } else { turns }) as f32;
        hsv[0][i] = whole::byte(f64::from(hue) * 255.0);
        hsv[1][i] = whole::byte(f64::from(saturation) * 255.0);
        hsv[2][i] = max;
    }
    hsv
}

/// Pillow's `hsv2rgb`, without branches either; without saturation, all three are the value.
#[inline(always)]
#[allow(clippy::needless_bitwise_bool, reason = "no branches")]
fn to_rgb(hsv: &Planes) -> Planes {
    let mut rgb = [[0; BLOCK]; 3];
    for i in 0..BLOCK {
        let [hue, saturation, value] = [hsv[0][i], hsv[1][i], hsv[2][i]];
        let sixths = f64::from(hue) * 6.0 / 255.0;
        let (below, sector) = whole::floor(sixths);
        let beyond = (sixths - below) as f32;
        let saturation = (f64::from(saturation) / 255.0) as f32;
        let [p, q, t] = [
            1.0 - f64::from(saturation),
            1.0 - f64::from(saturation * beyond),
            1.0 - f64::from(saturation) * (1.0 - f64::from(beyond)),
        ]
        // C rounds halves up; what it rounds is never the one number just below a half.
        .map(|by| whole::byte(f64::from(value) * by + 0.5));
        let pick = |is_value: bool, is_p: bool, is_q: bool| {
            if is_value {
                value
            } else if is_p {
                p
            } else if is_q {
                q
            } else {
                t
            }
        };
        // Sector 6 is sector 0 again.
        let sector = if sector == 6 { 0 } else { sector };
        rgb[0][i] = pick((sector == 0) | (sector == 5), (sector == 2) | (sector == 3), sector == 1);
        rgb[1][i] = pick((sector == 1) | (sector == 2), sector >= 4, sector == 3);
        rgb[2][i] = pick((sector == 3) | (sector == 4), sector <= 1, sector == 5);
    }
    rgb
}
