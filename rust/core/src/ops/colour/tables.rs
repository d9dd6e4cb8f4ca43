//! Operations that look at one value at a time, `PIL.ImageOps` for most: 256 answers per channel.

use super::histogram::Histogram;

/// What each value of a channel becomes.
pub type Table = [u8; 256];

/// The table of a function.
#[must_use]
pub fn from_fn(answer: impl Fn(u8) -> u8) -> Table {
    let mut table = [0; 256];
    for (value, slot) in (0..=u8::MAX).zip(&mut table) {
        *slot = answer(value);
    }
    table
}

/// One table for `first`, then `second`.
#[must_use]
pub fn then(first: &Table, second: &Table) -> Table {
    first.map(|value| second[usize::from(value)])
}

/// Looks every value up, in place: in one table, or in one per channel of interleaved pixels.
///
/// # Panics
/// If there are neither 1 nor 3 tables.
pub fn apply(pixels: &mut [u8], tables: &[Table]) {
    match tables {
        [table] => {
            for value in pixels {
                *value = table[usize::from(*value)];
            }
        }
        [red, green, blue] => {
            for pixel in pixels.as_chunks_mut::<3>().0 {
                let [r, g, b] = pixel.map(usize::from);
                *pixel = [red[r], green[g], blue[b]];
            }
        }
        other => panic!("{} tables; allowed: 1 or 3", other.len()),
    }
}

/// Leaves values as they are.
#[must_use]
pub fn identity() -> Table {
    from_fn(|value| value)
}

/// `ImageOps.invert`.
#[must_use]
pub fn invert() -> Table {
    from_fn(|value| !value)
}

/// `ImageOps.posterize`: keeps the upper `bits` bits, 1 to 8.
///
/// # Panics
/// If `bits` is beyond 8.
#[must_use]
pub fn posterize(bits: u32) -> Table {
    assert!(bits <= 8, "{bits} bits; allowed: 1 to 8");
    let mask = !(0xFFu32 >> bits).to_le_bytes()[0];
    from_fn(|value| value & mask)
}

/// `ImageOps.solarize`: inverts values of at least `threshold`.
#[must_use]
pub fn solarize(threshold: f64) -> Table {
    from_fn(|value| if f64::from(value) < threshold { value } else { !value })
}

/// `ImageOps.autocontrast` of a channel with these extrema: stretched to 0…255.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "truncation that saturates is meant")]
pub fn autocontrast((low, high): (u8, u8)) -> Table {
    if high <= low {
        return identity();
    }
    let scale = 255.0 / f64::from(high - low);
    let offset = -f64::from(low) * scale;
    from_fn(|value| (f64::from(value) * scale + offset) as u8)
}

/// `ImageOps.equalize` of a channel with this histogram.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "truncation that saturates is meant")]
pub fn equalize(histogram: &Histogram) -> Table {
    let last = histogram.iter().rev().find(|&&count| count > 0).copied().unwrap_or(0);
    let step = (histogram.iter().sum::<u32>() - last) / 255;
    // Pillow also leaves a channel of one value alone; its step is 0 as well.
    if step == 0 {
        return identity();
    }
    let mut before = step / 2;
    // Quotients of 32-bit numbers are exact in f64 once truncated, and its division vectorises.
    let sums = histogram.map(|count| {
        let sum = before;
        before += count;
        f64::from(sum)
    });
    let step = f64::from(step);
    sums.map(|sum| (sum / step) as u8)
}
