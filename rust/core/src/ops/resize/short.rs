//! Weights that need not all of their places: where images grow by small factors, most do not.

use super::axis::PRECISION;

/// Binary places of weights that fit a signed byte.
pub(super) const SHORT: u32 = 7;

/// What is special about the weights of one place of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// There are none.
    Zero,
    /// There is one, and it is 1.
    One,
    /// All are signed bytes with [`SHORT`] binary places, and sums of products with pixels fit 16 bits.
    Bytes,
    /// Nothing.
    No,
}

impl Short {
    /// Looks at the weights.
    pub(super) fn of(weights: &[i32]) -> Self {
        match weights {
            [] => return Self::Zero,
            [weight] if *weight == 1 << PRECISION => return Self::One,
            _ => {}
        }
        let shift = PRECISION - SHORT;
        let all = weights.iter().fold(0, |bits, weight| bits | weight);
        let sum: i32 = weights.iter().map(|weight| (weight >> shift).abs()).sum();
        let fits = |weight: &i32| i8::try_from(weight >> shift).is_ok();
        if all.trailing_zeros() >= shift && sum <= 1 << SHORT && weights.iter().all(fits) {
            Self::Bytes
        } else {
            Self::No
        }
    }
}

/// Up to four weights of [`Short::Bytes`] as bytes; 0 for those there are not.
#[allow(clippy::cast_possible_truncation, reason = "what `Short::of` has checked")]
pub(super) fn four(weights: &[i32]) -> [u8; 4] {
    let byte = |weight: &i32| ((weight >> (PRECISION - SHORT)) as i8).cast_unsigned();
    std::array::from_fn(|tap| weights.get(tap).map_or(0, byte))
}

/// Two weights of [`Short::Bytes`] as two bytes.
#[allow(clippy::cast_possible_truncation, reason = "what `Short::of` has checked")]
pub(super) fn pair(first: i32, second: i32) -> i16 {
    let byte = |weight: i32| (weight >> (PRECISION - SHORT)) as i8;
    i16::from_le_bytes([byte(first).cast_unsigned(), byte(second).cast_unsigned()])
}
