//! What the last pass does to sixteen values at a time, once per back-end: interleaved bytes come in, elements of the
//! batch go out, and the formulas between are written once.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use bytemuck::Pod;
use half::{bf16, f16};

#[cfg(target_arch = "x86_64")]
pub(super) use self::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use self::avx512::{Avx512, Lanes};
pub(super) use self::portable::Portable;

/// Values handled at a time.
pub(super) const BLOCK: usize = 16;

/// `float32` values that a formula is applied to: a single one, or a block.
pub(super) trait Floats: Copy {
    /// The same value everywhere.
    fn splat(value: f32) -> Self;

    /// `self * factor + term`, rounded once.
    fn mul_add(self, factor: Self, term: Self) -> Self;
}

impl Floats for f32 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self.mul_add(factor, term)
    }
}

/// The floats of a block, in the registers of a back-end.
pub(super) trait Block: Floats {
    fn from_floats(values: [f32; BLOCK]) -> Self;

    fn from_bytes(values: [u8; BLOCK]) -> Self;

    fn to_f32(self) -> [f32; BLOCK];

    /// To nearest, ties to even.
    fn to_f16(self) -> [f16; BLOCK];

    /// To nearest, ties to even. What is finite stays so unless it rounds to infinity; NaN is not allowed.
    fn to_bf16(self) -> [bf16; BLOCK];

    /// The bytes of sixteen pixels in the order of the destination: by channel, or (`INTERLEAVED`) by pixel; pixels in
    /// their order or (`FORWARDS` false) in the opposite one. A single channel is repeated.
    fn arranged<const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
        pixels: &[[u8; STORED]; BLOCK],
    ) -> [[u8; BLOCK]; 3];

    /// Stores elements past the caches, as [`super::stores::Stores`] explains, if they are as aligned as that needs.
    fn stream<T: Pod>(to: &mut [T; BLOCK], elements: [T; BLOCK]);
}

/// As [`Block::arranged`], which is not needed where that order is memory's.
#[inline(always)]
pub(super) fn arranged<B: Block, const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
    pixels: &[[u8; STORED]; BLOCK],
) -> [[u8; BLOCK]; 3] {
    if const { FORWARDS && INTERLEAVED == (STORED == 3) } {
        let parts = pixels.as_flattened().as_chunks().0;
        return [parts[0], parts[1 % STORED], parts[2 % STORED]];
    }
    B::arranged::<STORED, FORWARDS, INTERLEAVED>(pixels)
}

/// Which of the bytes of sixteen pixels of `stored` channels is the `lane`-th of the `third`-th sixteen of the
/// destination.
const fn source(stored: usize, forwards: bool, interleaved: bool, third: usize, lane: usize) -> usize {
    let (pixel, channel) = if interleaved {
        let at = third * BLOCK + lane;
        (at / 3, at % 3)
    } else {
        (lane, third)
    };
    (if forwards { pixel } else { BLOCK - 1 - pixel }) * stored + channel % stored
}
