//! Operations that look at one value at a time, `PIL.ImageOps` for most: 256 answers per channel.

#![allow(clippy::inline_always, reason = "compiled once per back-end")]

use super::histogram::Histogram;
use crate::ops::versions::simd;
use crate::ops::whole;

/// What each value of a channel becomes.
pub(in crate::ops) type Table = [u8; 256];

/// Every value as it is.
pub(in crate::ops) const IDENTITY: Table = {
    let mut table = [0; 256];
    let mut value = 0u8;
    while value < 255 {
        value += 1;
        table[value as usize] = value;
    }
    table
};

/// The table of a function.
#[must_use]
#[inline(always)]
pub(in crate::ops) fn from_fn(answer: impl Fn(u8) -> u8) -> Table {
    let mut table = IDENTITY;
    for value in &mut table {
        *value = answer(*value);
    }
    table
}

/// One table for `first`, then `second`.
#[must_use]
pub(in crate::ops) fn then(first: &Table, second: &Table) -> Table {
    first.map(|value| second[usize::from(value)])
}

/// `ImageOps.invert`.
#[must_use]
pub(in crate::ops) fn invert() -> Table {
    from_fn(|value| !value)
}

/// `ImageOps.posterize`: keeps the upper `bits` bits, 1 to 8.
///
/// # Panics
/// If `bits` is beyond 8.
#[must_use]
pub(in crate::ops) fn posterize(bits: u32) -> Table {
    assert!(bits <= 8, "{bits} bits; allowed: 1 to 8");
    let mask = !(0xFFu32 >> bits).to_le_bytes()[0];
    from_fn(|value| value & mask)
}

/// `ImageOps.solarize`: inverts values of at least `threshold`.
#[must_use]
pub(in crate::ops) fn solarize(threshold: f64) -> Table {
    from_fn(|value| if f64::from(value) < threshold { value } else { !value })
}

/// `ImageOps.autocontrast` of a channel with these extrema: stretched to 0…255.
#[must_use]
pub(in crate::ops) fn autocontrast((low, high): (u8, u8)) -> Table {
    if high <= low {
        return IDENTITY;
    }
    let scale = 255.0 / f64::from(high - low);
    let mut table = [0; 256];
    stretch(simd(), scale, -f64::from(low) * scale, &mut table);
    table
}

versions!(pub(super) stretch(scale: f64, offset: f64, table: &mut Table) = stretch_body);

#[inline(always)]
fn stretch_body(scale: f64, offset: f64, table: &mut Table) {
    for (slot, value) in table.iter_mut().zip(IDENTITY) {
        *slot = whole::byte(f64::from(value) * scale + offset);
    }
}

/// `ImageOps.equalize` of a channel with this histogram.
#[must_use]
pub(in crate::ops) fn equalize(histogram: &Histogram) -> Table {
    let last = histogram.iter().rev().find(|&&count| count > 0).copied().unwrap_or(0);
    let step = (histogram.iter().sum::<u32>() - last) / 255;
    // Pillow also leaves a channel of one value alone; its step is 0 as well.
    if step == 0 {
        return IDENTITY;
    }
    let mut before = step / 2;
    let sums = histogram.map(|count| {
        let sum = before;
        before += count;
        sum
    });
    let mut table = [0; 256];
    divide(simd(), &sums, step, &mut table);
    table
}

versions!(pub(super) divide(sums: &[u32; 256], step: u32, table: &mut Table) = divide_body);

/// Quotients of 32-bit numbers are exact in `f64` once truncated, and its division vectorises.
#[inline(always)]
fn divide_body(sums: &[u32; 256], step: u32, table: &mut Table) {
    let step = f64::from(step);
    for (&sum, slot) in sums.iter().zip(table) {
        *slot = whole::byte(f64::from(sum) / step);
    }
}
