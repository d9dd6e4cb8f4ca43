//! torchvision's `adjust_hue` on PIL images: to HSV and back through Pillow's `Convert.c`, with 8 bits in between.

/// What torchvision adds to the hue, for a factor in -0.5…0.5: `uint8(int32(factor · 255))`.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "negative shifts wrap around")]
pub fn shift(factor: f64) -> u8 {
    (factor * 255.0) as i32 as u8
}

/// Turns the hue of RGB pixels by [`shift`], in place. Even a shift of 0 rounds, as Pillow's way to HSV and back does.
pub fn adjust(pixels: &mut [u8], shift: u8) {
    for pixel in pixels.as_chunks_mut::<3>().0 {
        let [hue, saturation, value] = to_hsv(*pixel);
        *pixel = to_rgb([hue.wrapping_add(shift), saturation, value]);
    }
}

/// Pillow's `rgb2hsv_row`, which follows Python's `colorsys`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "truncation that saturates is meant")]
fn to_hsv([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let max = red.max(green).max(blue);
    let min = red.min(green).min(blue);
    if min == max {
        return [0, 0, max];
    }
    let range = f32::from(max - min);
    let saturation = range / f32::from(max);
    let [of_red, of_green, of_blue] = [red, green, blue].map(|value| f32::from(max - value) / range);
    // In C, the constants make these f64 before they are rounded to f32 again.
    let sixths = if red == max {
        of_blue - of_green
    } else if green == max {
        (2.0 + f64::from(of_red) - f64::from(of_blue)) as f32
    } else {
        (4.0 + f64::from(of_green) - f64::from(of_red)) as f32
    };
    let hue = ((f64::from(sixths) / 6.0 + 1.0) % 1.0) as f32;
    [(f64::from(hue) * 255.0) as u8, (f64::from(saturation) * 255.0) as u8, max]
}

/// Pillow's `hsv2rgb`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "truncation that saturates is meant")]
fn to_rgb([hue, saturation, value]: [u8; 3]) -> [u8; 3] {
    if saturation == 0 {
        return [value; 3];
    }
    let sixths = f64::from(hue) * 6.0 / 255.0;
    let sector = sixths as u8;
    let beyond = (sixths - f64::from(sector)) as f32;
    let saturation = (f64::from(saturation) / 255.0) as f32;
    let scaled = |by: f64| (f64::from(value) * by).round() as u8;
    let p = scaled(1.0 - f64::from(saturation));
    let q = scaled(1.0 - f64::from(saturation * beyond));
    let t = scaled(1.0 - f64::from(saturation) * (1.0 - f64::from(beyond)));
    match sector % 6 {
        0 => [value, t, p],
        1 => [q, value, p],
        2 => [p, value, t],
        3 => [p, q, value],
        4 => [t, p, value],
        _ => [value, p, q],
    }
}
