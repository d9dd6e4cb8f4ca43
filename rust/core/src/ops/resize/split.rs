//! Weights of 22 binary places and more, cut into parts that vector instructions multiply with pixels. The parts of
//! four taps fill a few words of 32 bits; sums of products with each part, shifted and added, are the exact sums.

use super::axis::QUAD;

/// How a back-end wants its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Three words, of the digits of four weights to the base 256, highest first: each of -128 to 127.
    Digits,
    /// Four words, each a pair of 16-bit halves of two weights: high and low of the first two, of the last two. A
    /// weight is `high << 11 | low`.
    Halves,
}

impl Split {
    /// Places below those of the high half.
    pub(super) const LOW: u32 = 11;

    /// Words for four weights.
    pub(super) fn words(self) -> usize {
        match self {
            Self::Digits => 3,
            Self::Halves => 4,
        }
    }

    /// The words of four weights; there are [`Split::words`] of them.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    pub(super) fn apply(self, weights: [i32; QUAD]) -> [u32; 4] {
        match self {
            Self::Digits => digits(weights),
            Self::Halves => halves(weights),
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once for each back-end")]
#[allow(clippy::cast_sign_loss, reason = "bits")]
fn digits(weights: [i32; QUAD]) -> [u32; 4] {
    // Adding half a digit to each and taking it away without borrowing is what makes them signed.
    let [a, b, c, d] = weights.map(|weight| (weight.wrapping_add(0x80_8080) ^ 0x80_8080) as u32);
    let word = |shift: u32| {
        (a >> shift & 0xFF) | (b >> shift & 0xFF) << 8 | (c >> shift & 0xFF) << 16 | (d >> shift & 0xFF) << 24
    };
    [word(16), word(8), word(0), 0]
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once for each back-end")]
#[allow(clippy::cast_sign_loss, reason = "bits")]
fn halves(weights: [i32; QUAD]) -> [u32; 4] {
    let high = weights.map(|weight| (weight >> Split::LOW) as u32 & 0xFFFF);
    let low = weights.map(|weight| weight as u32 & ((1 << Split::LOW) - 1));
    [high[0] | high[1] << 16, low[0] | low[1] << 16, high[2] | high[3] << 16, low[2] | low[3] << 16]
}
