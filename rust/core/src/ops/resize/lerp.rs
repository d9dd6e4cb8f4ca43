//! Linear interpolation: two taps whose weights add up to 1, as bilinear resizes have that do not shrink an image.
//!
//! With w the smaller of the two weights, and d what the other pixel is more than the nearer one, the result is the nearer
//! pixel plus floor((d * w + half) / 2^22). For that 16 bits are enough: let w = 2^6 * h + l with -32 <= l < 32; then,
//! because floors of quotients by whole numbers can be nested, it is floor((d * h + floor(d * l / 2^6) + 2^15) / 2^16), the
//! upper half of d * h and a carry out of the lower one.

use super::axis::{PADDING, PRECISION, QUAD};
use super::short::SHORT;

/// Places of the low part of a weight.
const LOW: u32 = PRECISION - 16;

/// The smaller of two weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lerp {
    /// h.
    pub(super) high: i16,
    /// l * 2^10, so that the upper half of a product with it is floor(d * l / 2^6).
    pub(super) low: i16,
    /// Whether the second of the two pixels is the nearer one.
    pub(super) is_second: bool,
}

impl Lerp {
    /// If the weights are two, add up to 1, and are not so near to a half that the high part is too long.
    #[inline]
    pub(super) fn of(weights: &[i32]) -> Option<Self> {
        let &[first, second] = weights else { return None };
        Self::fits(first, second).then(|| Self::parts(first, second))
    }

    /// Whether two weights can be taken apart.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    pub(super) fn fits(first: i32, second: i32) -> bool {
        let smaller = first.min(second);
        first + second == 1 << PRECISION && (0..(1 << (PRECISION - 1)) - (1 << (LOW - 1))).contains(&smaller)
    }

    /// The parts of two weights that fit.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    #[allow(clippy::cast_possible_truncation, reason = "both are of 16 bits if the weights fit")]
    pub(super) fn parts(first: i32, second: i32) -> Self {
        let smaller = first.min(second);
        let high = (smaller + (1 << (LOW - 1))) >> LOW;
        let low = (smaller - (high << LOW)) << (16 - LOW);
        Self { high: high as i16, low: low as i16, is_second: second > first }
    }
}

/// For each place of the result, two pixels (the low bits of their places) and the parts of the weight of the second; and
/// [`PADDING`] more, so that kernels can load whole vectors. Neighbouring results are made of neighbouring pixels.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs {
    pub(super) near: Vec<u16>,
    pub(super) far: Vec<u16>,
    pub(super) high: Vec<u16>,
    pub(super) low: Vec<u16>,
}

impl Pairs {
    /// Bytes of what they have in memory.
    pub(super) fn bytes(&self) -> usize {
        [&self.near, &self.far, &self.high, &self.low].map(|list| size_of_val(&list[..])).iter().sum()
    }

    /// From the first tap of each place and the weights of up to two. False if there is a place whose weights do not fit or
    /// that is farther from the one before than two pixels are; or if all weights are so short that they need not be taken
    /// apart.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    #[allow(clippy::cast_possible_truncation, reason = "the low bits")]
    pub(super) fn build(&mut self, starts: &[u32], weights: &[[i32; QUAD]]) -> bool {
        let mut bits = 0;
        let mut fit = true;
        for &[first, second, ..] in weights {
            bits |= second;
            fit &= Lerp::fits(first, second);
        }
        let are_near = starts.windows(2).fold(true, |near, pair| near & (pair[1].wrapping_sub(pair[0]) <= 1));
        if !fit || !are_near || bits.trailing_zeros() >= PRECISION - SHORT {
            return false;
        }
        for list in [&mut self.near, &mut self.far, &mut self.high, &mut self.low] {
            list.resize(starts.len() + PADDING, 0);
        }
        let lists = self.near.iter_mut().zip(&mut self.far).zip(self.high.iter_mut().zip(&mut self.low));
        for (((near, far), (high, low)), (&start, &[first, second, ..])) in lists.zip(starts.iter().zip(weights)) {
            let lerp = Lerp::parts(first, second);
            let is_second = u32::from(lerp.is_second);
            *near = (start + is_second) as u16;
            *far = (start + 1 - is_second) as u16;
            *high = lerp.high.cast_unsigned();
            *low = lerp.low.cast_unsigned();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i32 = 1 << PRECISION;

    /// What vectors compute, for one pixel.
    fn apply(lerp: Lerp, [first, second]: [u8; 2]) -> u8 {
        let (near, far) = if lerp.is_second { (second, first) } else { (first, second) };
        let step = i32::from(far) - i32::from(near);
        let product = step * i32::from(lerp.high);
        let least = (1 << 15) - ((step * i32::from(lerp.low)) >> 16);
        let carry = i32::from(product & 0xFFFF >= least);
        let value = i32::from(near) + (product >> 16) + carry;
        u8::try_from(value).expect("between the two")
    }

    #[test]
    fn equals_the_sum_of_products() {
        let steps = (0..3000).map(|step| step * 1399 % ONE);
        let edges = [0, 1, 31, 32, 33, 95, 96, ONE / 2 - 33, ONE / 2 + 33, ONE - 33, ONE - 1];
        let mut found = 0;
        for weight in steps.chain(edges) {
            let weights = [ONE - weight, weight];
            let Some(lerp) = Lerp::of(&weights) else { continue };
            found += 1;
            for (first, second) in (0..=255).step_by(5).flat_map(|first| (0..=255).map(move |second| (first, second))) {
                let sum = i32::from(first) * weights[0] + i32::from(second) * weights[1] + ONE / 2;
                assert_eq!(i32::from(apply(lerp, [first, second])), sum >> PRECISION, "{weights:?} {first} {second}");
            }
        }
        assert!(found > 2990, "{found} of 3011 weights");
    }

    #[test]
    fn other_weights_are_left_to_others() {
        for weights in [&[ONE][..], &[ONE + 5, -5], &[7, ONE - 8], &[ONE / 2, ONE / 2], &[1, ONE - 2, 1]] {
            assert_eq!(Lerp::of(weights), None, "{weights:?}");
        }
    }
}
